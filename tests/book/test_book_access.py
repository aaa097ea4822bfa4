"""What test_book_every_page.py leaves out: colours of code, and what is said of accessibility."""

import re

import pytest

from helpers.browser import COLOURS, barriers
from helpers.repository import ROOT


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colours_of_code_stand_out_from_their_background(html, tab, scheme):
    tab.emulate_media(color_scheme=scheme)
    tab.goto((html / "book" / "images.html").as_uri())
    assert tab.locator(".highlight pre span").count() > 100
    assert not barriers(tab, ".highlight", but="nothing", runOnly=COLOURS)


def test_each_check_that_the_statement_names_is_there():
    page = (ROOT / "book" / "accessibility.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\|.*\|$", page, re.MULTILINE)[2:]
    assert len(rows) > 10
    for row in rows:
        files = re.findall(r"`(tests/[^`]*)`", row)
        assert files, f"says not where it is checked: {row}"
        for file in files:
            text = (ROOT / file).read_text(encoding="utf-8")
            assert re.search("browser|tab|visits", text), f"{file} opens no page"
