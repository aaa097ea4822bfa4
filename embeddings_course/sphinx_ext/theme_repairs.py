"""Sphinx extension: what the theme leaves heavy, or closed to screen readers, is mended at the end.

Pages get the icons that they show, not all two thousand. The theme brings Font Awesome as a script
of one and a half megabytes, more than all else of a page. It also brings the same icons as a font.
The few of them that pages and the theme's own script and style use become a font of some kilobytes
inside a style sheet, which every browser also reads from disk, and the script goes. Should a page
use an icon in another way, the theme's font has it still.

Only the page of the search loads Sphinx's search and the index of all words. The theme loads them
with every page, for results while one types, which this book does not show.

A page with something to touch has a link to it where the theme has its link to the content.

Icons say nothing to a screen reader, what opens a list in the sidebar says which, the sidebar is a
landmark, the empty corner of a table is no header, and the keyboard reaches whatever scrolls
sideways.
"""

from __future__ import annotations

import base64
import re
from io import BytesIO
from pathlib import Path

from sphinx.application import Sphinx

from embeddings_course.sphinx_ext.touchables import FIRST

_SCRIPT = re.compile(r'<script defer src="([^"]*)scripts/fontawesome\.js[^"]*"></script>')
_SEARCH = re.compile(
    r' *<script src="[^"]*(?:_static/searchtools|_static/language_data|searchindex)\.js">'
    r"</script>\n?"
)
_ICON = re.compile(r'(<(?:i|span)) (class="(?:[^" ]+ )*fa[srb-][^"]*")')
_SKIP = '<a href="#main-content">Skip to main content</a>'
_MENDED = (
    # What the theme's script lets the keyboard reach where it is too wide for the window.
    (
        re.compile(r'class="(control-result|math notranslate)'),
        r'class="\1 pst-scrollable-table-container',
    ),
    (
        re.compile(r'(<div id="pst-primary-sidebar")'),
        r'\1 role="complementary" aria-label="Sidebar"',
    ),
    # What opens the list of a page's own pages has an icon, which says nothing.
    (
        re.compile(r'(<a class="[^"]*internal" href="[^"]*">([^<]+)</a><details[^>]*>)<summary>'),
        r'\1<summary aria-label="Pages of \2">',
    ),
    # A list has items; docutils writes a role that is no longer one.
    (re.compile('role="doc-biblioentry"'), 'role="listitem"'),
    (re.compile(r'<th class="head[^"]*">(?:<p></p>)?</th>'), "<td></td>"),
    (_ICON, r'\1 aria-hidden="true" \2'),
)
_NAME = re.compile(r"\bfa-[a-z-]+")
_FONT = Path("vendor") / "fontawesome" / "webfonts" / "fa-solid-900.ttf"
_STYLE = """\
/* The icons that this book shows, of Font Awesome Free (fontawesome.com), SIL OFL 1.1. */
@font-face {{
  font-family: "Font Awesome 6 Free";
  font-weight: 900;
  src: url("data:font/ttf;base64,{font}") format("truetype");
}}
"""


def code_points(names: set[str], style: str) -> set[int]:
    """Look up which characters of the font show these icons and those of the style itself.

    Parameters
    ----------
    names : set of str
        Classes, such as ``fa-bars``.
    style : str
        The theme's style sheet.
    """
    found = set(map(ord, re.findall("[\ue000-\uf8ff]", style)))  # those of admonitions, for example
    escaped = re.findall(r'content:"\\([0-9a-f]+)";[^{}]*Font Awesome', style)
    for rule, character in re.findall(r'([^{}]*)\{content:"\\([0-9a-f]+) ?"\}', style):
        if names & set(_NAME.findall(rule)):
            escaped.append(character)
    return found | {int(character, 16) for character in escaped}


def subset(font: Path, characters: set[int]) -> bytes:
    """Return a TrueType font with these characters only."""
    from fontTools import subset as fonts
    from fontTools.ttLib import TTFont

    chooser = fonts.Subsetter(
        fonts.Options(hinting=False, layout_features=[], recalc_timestamp=False)
    )
    chooser.populate(unicodes=characters)
    with TTFont(font, recalcTimestamp=False) as whole:
        chooser.subset(whole)
        made = BytesIO()
        whole.save(made)
    return made.getvalue()


def _finish(app: Sphinx, problem: Exception | None) -> None:
    static = Path(app.outdir) / "_static"
    if problem or app.builder.format != "html" or not (static / _FONT).exists():
        return
    scripts = [path.read_text("utf-8") for path in static.glob("scripts/*-theme.js")]
    names = {name for script in scripts for name in _NAME.findall(script)}
    for path in Path(app.outdir).rglob("*.html"):
        text = path.read_text("utf-8")
        if not _SCRIPT.search(text):
            continue
        names |= {name for icon in _ICON.finditer(text) for name in _NAME.findall(icon[0])}
        text = _SCRIPT.sub(r'<link rel="stylesheet" href="\1icons.css" />', text)
        if path != Path(app.outdir) / "search.html":
            text = _SEARCH.sub("", text)
        for found, mended in _MENDED:
            text = found.sub(mended, text)
        if f'id="{FIRST}"' in text:
            skip = f'<a href="#{FIRST}">Skip to the first control</a>'
            text = text.replace(_SKIP, f"{_SKIP} {skip}", 1)
        path.write_text(text, "utf-8")
    style = "".join(path.read_text("utf-8") for path in static.glob("styles/*-theme.css"))
    font = subset(static / _FONT, code_points(names, style))
    text = _STYLE.format(font=base64.b64encode(font).decode())
    (static / "icons.css").write_text(text, "utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.connect("build-finished", _finish)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
