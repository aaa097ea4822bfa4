"""The search names sections, and quotes a line of each around the words; on disk, too."""

import shutil

import pytest

from helpers.browser import barriers
from helpers.built_book import FRONT_MATTER
from helpers.repository import ROOT

ONE = """
# Page one

A first line that says nothing of it.

## On hubs

Some items are in many lists. These **hubs** turn up again & again, and a < b.

```python
walrus = 1
```

## On otters

Nothing about the others.
"""
GLOSSARY = """
# Glossary

```{glossary}
hub
  An item in far more lists than chance would put it.

otter
  An animal.
```
"""


@pytest.fixture
def asked(small_book, tab):
    """Ask the built book's search; return what it shows."""
    folder = small_book.root / "book"
    shutil.copy(ROOT / "book" / "assets" / "course.css", folder / "assets")
    (folder / "one.md").write_text(FRONT_MATTER + ONE)
    (folder / "glossary.md").write_text(GLOSSARY)
    small_book.toc("one", "glossary")
    small_book.render()

    def ask(words):
        tab.goto((small_book.html / "search.html").as_uri() + f"?q={words}")
        tab.wait_for_function("document.querySelector('.search-summary')?.textContent")
        shown = tab.locator("#search-results li").all()
        return {
            item.locator("a").get_attribute("href"): [
                item.locator("a").inner_text(),
                *[line.inner_text() for line in item.locator("p").all()],
                *[mark.inner_text() for mark in item.locator("mark").all()],
            ]
            for item in shown
        }

    return ask


def test_results_are_sections_with_a_line_around_the_words(asked, tab):
    found = asked("hubs")
    title, line, marked = found["book/one.html#on-hubs"]
    assert title == "Page one \N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK} On hubs"
    assert line.startswith("Some items") and line.endswith("again & again, and a < b.")
    assert marked == "hubs"
    assert not barriers(tab)

    title, line = asked("hub")["book/glossary.html#term-hub"][:2]
    assert title == "Glossary \N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK} hub"
    assert line == "An item in far more lists than chance would put it."

    assert list(asked("walrus")) == ["book/one.html"], "code has no line, and is found still"
    assert not asked("%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E%20qqq")
    assert not tab.wrong
