"""Drawings are part of the page: in its colours, readable on a phone, and said in words."""

import re
import shutil
from collections import Counter
from xml.etree import ElementTree

import pytest

from embeddings_course.book_build.drawings import read_drawing
from embeddings_course.book_build.page_notebooks import plain_markdown
from helpers.browser import DESKTOP, PHONE, barriers
from helpers.built_book import FRONT_MATTER
from helpers.refusals import raises
from helpers.repository import ROOT

PAGES = ROOT / "book"
NAMES = sorted(path.stem for path in (PAGES / "drawings").glob("*.svg"))
SVG = "{http://www.w3.org/2000/svg}"
WIDTH = 360  # of each drawing, so that a phone shows it as it was drawn
LEAST = 12  # of its letters, of which a phone leaves more than eleven pixels
BARE = '<svg xmlns="http://www.w3.org/2000/svg">{}</svg>'
WORDS = "<title>Dot</title><desc>One dot.</desc>"


def test_each_drawing_is_on_one_page():
    pages = "\n".join(path.read_text(encoding="utf-8") for path in PAGES.glob("*.md"))
    assert Counter(re.findall(r"^```\{drawing\} (\S+)$", pages, re.MULTILINE)) == Counter(NAMES)
    assert len(NAMES) >= 15


@pytest.mark.parametrize("name", NAMES)
def test_letters_take_the_colour_of_the_text_and_are_large_enough(name):
    drawing = read_drawing(PAGES, name)
    root = ElementTree.fromstring(drawing.text)
    assert root.get("viewBox").split()[2] == str(WIDTH)
    assert "style" not in drawing.text, "styles would hold for the whole page"
    assert root.get("fill") == "currentColor"
    within = {text for tag in ("text", "tspan") for text in root.iter(f"{SVG}{tag}")}
    above = {group for group in root.iter(f"{SVG}g") if within & set(group.iter())}
    assert within, "a drawing without words is not understood"
    for part in within | above:
        assert part.get("fill", "currentColor") in ("currentColor", "none"), part.attrib
        assert not {"color", "fill-opacity", "opacity"} & set(part.attrib) or part in above - within
        assert float(part.get("font-size", LEAST)) >= LEAST, part.text
    for text in within:
        of = [group for group in above if text in set(group.iter())]
        assert all(group.get("fill") is None and group.get("opacity") is None for group in of)


def test_ids_are_unique_on_a_page_and_found():
    page = "".join(read_drawing(PAGES, name).inline() for name in NAMES)
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids)) > 2 * len(NAMES)
    used = set(re.findall(r"url\(#([^)]+)\)", page))
    used |= {name for names in re.findall(r'labelledby="([^"]+)"', page) for name in names.split()}
    assert used == set(ids)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (None, "drawing-missing"),
        ("<svg", "drawing-malformed"),
        (BARE.format("<title>Dot</title>"), "drawing-wordless"),
        (BARE.format("<title>Dot</title><desc> </desc>"), "drawing-wordless"),
    ],
)
def test_a_drawing_that_pages_cannot_show_is_refused(tmp_path, text, code):
    (tmp_path / "drawings").mkdir()
    (tmp_path / "drawings" / "another.svg").touch()
    if text:
        (tmp_path / "drawings" / "dot.svg").write_text(text)
    with raises(ValueError, code, "dot.svg"):
        read_drawing(tmp_path, "dot")


def test_a_notebook_shows_the_file_with_its_words(tmp_path):
    (tmp_path / "drawings").mkdir()
    (tmp_path / "drawings" / "dot.svg").write_text(BARE.format(WORDS))
    shown = plain_markdown("```{drawing} dot\nOne dot,\nalone.\n```", tmp_path / "page.md")
    assert shown == "![One dot.](drawings/dot.svg)\n\n*One dot, alone.*"


MEASURE = f"""() => [...document.querySelectorAll("figure.drawing")].map((figure) => {{
    const svg = figure.querySelector("svg");
    const box = svg.getBoundingClientRect();
    const texts = [...svg.querySelectorAll("text")];
    const size = (text) => parseFloat(getComputedStyle(text).fontSize) * box.width / {WIDTH};
    const out = (text) => {{
        const at = text.getBoundingClientRect();
        return at.left < box.left - 1 || at.right > box.right + 1 || at.bottom > box.bottom + 1;
    }};
    const letters = [...svg.querySelectorAll("text, tspan")].map(size);
    const cut = texts.filter(out).map((text) => text.textContent);
    return [figure.id, Math.min(...letters), cut];
}})"""


def test_all_drawings_on_one_page_are_readable_light_and_dark(small_book, tab):
    folder = small_book.root / "book"
    shutil.copytree(PAGES / "drawings", folder / "drawings", dirs_exist_ok=True)
    shutil.copy(PAGES / "assets" / "course.css", folder / "assets")
    drawn = "\n\n".join(f"```{{drawing}} {name}\nLook at {name}.\n```" for name in NAMES)
    (folder / "one.md").write_text(f"{FRONT_MATTER}\n# One\n\n{'word ' * 200}\n\n{drawn}\n")
    small_book.toc("one")
    small_book.render()
    minutes = re.search(r"About (\d+) minutes", small_book.text("one"))
    assert int(minutes[1]) >= 5, "drawings take time to look at"

    tab.goto((small_book.html / "book" / "one.html").as_uri())
    for screen, least in ((DESKTOP, 12), (PHONE, 11)):
        tab.set_viewport_size(screen)
        found = tab.evaluate(MEASURE)
        assert [name for name, _, _ in found] == [f"drawing-{name}" for name in NAMES]
        assert not [name for name, letters, _ in found if letters < least], screen
        assert not [(name, cut) for name, _, cut in found if cut], screen
        assert tab.evaluate("document.documentElement.scrollWidth") <= screen["width"]
    colours = """() => ["figure.drawing text", "article p:not(.reading-time)"].map((of) => {
        const { fill, color } = getComputedStyle(document.querySelector(of));
        return of.endsWith("text") ? fill : color;
    })"""
    for scheme in ("light", "dark"):
        tab.emulate_media(color_scheme=scheme)
        drawn, written = tab.evaluate(colours)
        assert drawn == written, scheme
        assert not barriers(tab, "article"), scheme
    assert not tab.wrong
