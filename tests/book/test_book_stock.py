"""The whole book by Jupyter Book's own command: the same pages, and all that makes them whole."""

import pytest

from helpers.built_book import alike, pages, stock
from helpers.repository import ROOT

pytestmark = pytest.mark.slow


def test_every_page_is_as_make_book_made_it(html, tmp_path):
    done = stock(ROOT, "build", ".", "--path-output", tmp_path)
    assert done.returncode == 0, done.stdout
    assert "WARNING" not in done.stdout
    there = tmp_path / "_build" / "html"
    names = [page.relative_to(html) for page in pages(html)]
    assert names == [page.relative_to(there) for page in pages(there)]
    different = [
        name
        for name in names
        if alike((html / name).read_text("utf-8")) != alike((there / name).read_text("utf-8"))
    ]
    assert not different
    index = (there / "book" / "index.html").read_text("utf-8")
    assert "reading-time" in index
    assert '"book/images": {"images": ' in index, "the list of pages that count for progress"
