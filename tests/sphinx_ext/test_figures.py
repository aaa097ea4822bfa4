"""Figures are text and lines in the theme's colour, can be read on a phone, and enlarged."""

import re

from embeddings_course import plots
from embeddings_course.plots.style import GREY, STYLE, TEXT, drawing
from embeddings_course.sphinx_ext.figures import for_page
from helpers.browser import PHONE, barriers

CELL = """\
---
mystnb:
  image:
    alt: Two <bars> of means.
  figure:
    name: two-bars
    caption: Two bars.
---
from embeddings_course import plots

plots.use_style()
plots.scores({"trained": [0.7, 0.9], "untrained": [0.4, 0.5]}, label="AUC", chance=0.5)"""


def made():
    plots.use_style()
    return drawing(plots.scores({"a & b": [0.7, 0.9], "c": [0.4, 0.5]}, label="AUC", chance=0.5))


def test_the_same_figure_is_the_same_file_and_holds_its_text():
    assert made() == made()
    assert ">AUC</text>" in made() and "a &amp; b" in made()


def test_in_a_page_a_figure_has_the_themes_colour_and_only_the_ids_that_it_uses():
    svg = for_page(made(), 'the "alt"')
    assert TEXT not in svg and "currentColor" in svg and GREY in svg and "DejaVu" not in svg
    assert 'aria-label="the &quot;alt&quot;"' in svg and "metadata" not in svg
    assert 'id="figure_1"' not in svg
    assert len(svg) < len(made())


def test_hatches_and_clips_are_still_there():
    plots.use_style()
    kinds = {"one": [0.1, 0.2], "two": [0.3, 0.4]}
    svg = for_page(drawing(plots.cosine_histograms({"": kinds})), "")
    named = set(re.findall(r"url\(#([^)]+)\)", svg))
    assert "<pattern" in svg and len(named) >= 2
    assert named <= set(re.findall(r' id="([^"]+)"', svg))


def test_letters_are_large_enough_where_the_figure_is_as_wide_as_the_text():
    # 8.4 inches are 670 pixels, so a point is a little more than one of them.
    for size in ("font.size", "axes.titlesize", "legend.fontsize", "xtick.labelsize"):
        assert STYLE[size] * 670 / (8.4 * 72) >= 12


def test_a_figure_is_read_on_a_phone_enlarged_and_closed_by_mouse_and_keyboard(small_book, tab):
    small_book.page("one", CELL)
    small_book.render()
    tab.set_viewport_size(PHONE)
    tab.goto((small_book.html / "book" / "one.html").as_uri())
    drawn = tab.locator("svg.figure-drawing")
    assert drawn.get_attribute("aria-label") == "Two <bars> of means."
    letters = "t => t.getBoundingClientRect().height"
    assert min(drawn.locator("text").nth(n).evaluate(letters) for n in range(5)) >= 11
    assert tab.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    opener, window = tab.get_by_role("button", name="Enlarge"), tab.locator(".figure-window")
    opener.focus()
    tab.keyboard.press("Enter")
    assert window.is_visible() and window.locator("svg").is_visible()
    assert not barriers(tab, ".figure-window")
    tab.keyboard.press("Escape")
    assert window.count() == 0
    assert opener.evaluate("b => b === document.activeElement")
    drawn.click()
    window.get_by_role("button", name="Close").click()
    assert window.count() == 0
    assert not tab.wrong
