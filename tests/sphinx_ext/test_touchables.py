"""The first control is two steps from the top of its page, and choices survive a reload."""

import shutil

import pytest

from helpers.browser import barriers
from helpers.repository import ROOT

CONTROL = """\
from embeddings_course.controls import Choice, explore

explore(
    lambda colour, size: f"<p>{colour} and {size}</p>",
    caption="A thing",
    colour=Choice(["red", "blue"]),
    size=Choice(["small", "large"]),
)
"""
MAP = """\
import numpy as np

from embeddings_course.maps import show_map

at = np.random.default_rng(0).normal(size=(9, 3))
states = {f"step {n}": at * (1 + n) for n in range(7)}
show_map(states, [f"thing {n}" for n in range(9)], caption="Things", alt="Points.")
"""

# The theme's own scripts need the storage.
OFF = """\
for (const name of ["getItem", "setItem"]) {
    const plain = Storage.prototype[name];
    Storage.prototype[name] = function (key, ...value) {
        if (key.startsWith("embeddings-course/choices")) throw Error("off");
        return plain.call(this, key, ...value);
    };
}
"""


@pytest.fixture
def page(small_book, tab):
    """A page with a control and a map; the other page has none."""
    shutil.copy(ROOT / "book" / "assets" / "course.css", small_book.root / "book" / "assets")
    small_book.page("one", f"{CONTROL}```\n\n```{{code-cell}} python\n{MAP}")
    small_book.render()
    tab.goto((small_book.html / "book" / "one.html").as_uri())
    return tab


def test_the_keyboard_reaches_the_first_control_and_choices_are_kept(page, small_book):
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the first control"
    assert not barriers(page)
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('.control') !== null")
    assert "first-control" not in small_book.text("two")
    assert "choices.js" not in small_book.text("two")

    page.get_by_label("blue").check()
    page.get_by_label("large").check()
    slider = page.locator(".map input[type=range]")
    slider.fill("2")
    page.reload()
    page.wait_for_function("document.querySelector('.map input[type=range]')?.value === '2'")
    assert page.locator(".control-result").inner_text() == "blue and large"
    assert page.locator(".map-value").inner_text() == "step 2"

    # What is kept may be damaged, or of an earlier version of the page.
    for damaged in ('"x"', "{", '[["range"]]', '[["radio", true]]', "null"):
        page.evaluate(
            "text => Object.keys(sessionStorage).forEach((key) => sessionStorage[key] = text)",
            damaged,
        )
        page.reload()
        page.wait_for_function("document.querySelector('.map input[type=range]')")
        page.wait_for_timeout(50)
        assert page.locator(".control-result").inner_text() == "red and small", damaged

    page.add_init_script(OFF)
    page.reload()
    page.get_by_label("blue").check()
    assert page.locator(".control-result").inner_text() == "blue and small"
    assert not page.wrong
