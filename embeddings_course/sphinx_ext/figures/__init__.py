"""Sphinx extension: figures that can be read on any screen, light or dark, and enlarged.

A figure that a cell drew as SVG goes into the page itself, where its text has the colour and font
of the theme. Figures have one layout. On a narrow screen they keep the width at which their letters
can be read, and scroll inside themselves; a button shows one alone, as large as the window.
"""

from __future__ import annotations

import re
from html import escape
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

from embeddings_course.plots.style import TEXT
from embeddings_course.sphinx_ext._page_assets import load_where_needed

ASSETS = Path(__file__).parent / "assets"
_WIDTH = re.compile(r'width="([\d.]+)pt" height="[\d.]+pt"')
_ROUNDED = re.compile(r"(\d+\.\d\d)\d+")
_FONT = re.compile(r"(font(?:-family)?: ?[^;\"]*?)(?:'DejaVu Sans'[^;\"]*)")
_POINTS = re.compile(r'(<g[^>]*)>\s*((?:<use [^>]*style="([^"]*)"/>\s*){2,})</g>')
_USES = re.compile(r'(?:xlink:href="|url\()#([^")]+)')


def for_page(svg: str, alt: str) -> str:
    """Turn a file of matplotlib into markup of a page.

    Parameters
    ----------
    svg : str
        What ``embeddings_course.plots.style.drawing`` returns.
    alt : str
        What the figure shows, for those who do not see it.

    Returns
    -------
    str
        The drawing in the theme's colour and font, lighter by the digits that nobody sees.
    """
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"\s*<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = _POINTS.sub(_same_style_once, svg)
    used = set(_USES.findall(svg))
    svg = re.sub(r' id="([^"]+)"', lambda found: found[0] if found[1] in used else "", svg)
    svg = re.sub(r"\n\s+", "\n", _ROUNDED.sub(r"\1", svg)).replace(TEXT, "currentColor")
    svg = _FONT.sub(r"\1inherit", svg)
    # As many pixels as at 80 per inch: the width of the text for a figure of 8.4 inches.
    width = float(_WIDTH.search(svg)[1]) / 72 * 80  # type: ignore[index]  # matplotlib has it
    told = f'class="figure-drawing" role="img" aria-label="{escape(alt)}"'
    svg = _WIDTH.sub(f'{told} style="max-width: {width:.0f}px"', svg, count=1)
    return f'<div class="figure-frame pst-scrollable-table-container">{svg}</div>'


def _same_style_once(found: re.Match[str]) -> str:
    start, points, style = found.groups()
    attribute = f' style="{style}"'
    if points.count(attribute) != points.count("<use "):
        return found[0]
    return f"{start}{attribute}>{points.replace(attribute, '')}</g>"


class IntoThePage(SphinxPostTransform):
    """Replaces references to drawings of cells by the drawings."""

    default_priority = 205  # after the choice of formats, before pictures are copied

    def run(self, **kwargs: object) -> None:
        """Do it for one page."""
        if self.app.builder.format != "html":
            return
        for node in list(self.document.findall(nodes.image)):
            path = Path(self.app.srcdir, node["uri"])
            if path.suffix == ".svg" and "jupyter_execute" in path.parts and path.is_file():
                markup = for_page(path.read_text("utf-8"), node.get("alt", ""))
                node.replace_self(nodes.raw("", markup, format="html"))


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.add_post_transform(IntoThePage)
    load_where_needed(app, ASSETS, "figures", "cell_output")
    return {"parallel_read_safe": True, "parallel_write_safe": True}
