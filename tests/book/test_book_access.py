"""The colours of code, which test_book_every_page.py leaves out: they are the same on all pages."""

import pytest

from helpers.browser import COLOURS, barriers


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colours_of_code_stand_out_from_their_background(html, tab, scheme):
    tab.emulate_media(color_scheme=scheme)
    tab.goto((html / "book" / "images.html").as_uri())
    assert tab.locator(".highlight pre span").count() > 100
    assert not barriers(tab, ".highlight", but="nothing", runOnly=COLOURS)
