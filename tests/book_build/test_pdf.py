"""The book as one PDF, printed by a real browser: numbers, bookmarks, figures that stay whole."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from embeddings_course.book_build import pdf
from embeddings_course.book_build.build import BookError
from helpers.refusals import raises

PAGE = """\
<html><head></head><body><article class="bd-article">{}</article></body></html>
"""
LINE = "<p>A line of text.</p>"
# As high as half a page, in a place where less than that is left.
FIGURE = (
    '<figure><svg viewBox="0 0 100 80" width="100%"><text y="10">top</text>'
    '<text y="75">bottom</text></svg><figcaption>What to see</figcaption></figure>'
)


@pytest.fixture
def built(tmp_path):
    """A built book of three chapters, the first of which is longer than a page."""
    html = tmp_path / "_build" / "html" / "book"
    html.mkdir(parents=True)
    (tmp_path / "book").mkdir()
    (html.parent / "index.html").touch()
    (tmp_path / "_config.yml").write_text("title: A book\nauthor: Somebody\n", encoding="utf-8")
    (tmp_path / "_toc.yml").write_text(
        "root: book/index\nparts:\n  - caption: A part\n    chapters:\n"
        "      - file: book/one\n      - file: book/two\n"
    )
    pages = {
        "index": '<h1>Start</h1><p>Read <a href="two.html#goal">on</a>.</p>',
        "one": f"<h1>One</h1>{LINE * 22}{FIGURE}<h2>Late</h2>{LINE * 40}",
        "two": f'<h1>Two</h1>{LINE * 60}<h2 id="goal">Goal</h2><p>Here it is.</p>',
    }
    for name, text in pages.items():
        (tmp_path / "book" / f"{name}.md").touch()
        (html / f"{name}.html").write_text(PAGE.format(text), encoding="utf-8")
    return tmp_path


def in_a_thread(function, *arguments):
    """Call a function where Playwright can start once more: it does so once in each thread."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(function, *arguments).result()


@pytest.mark.slow
@pytest.mark.usefixtures("browser")  # or say that there is none
def test_numbers_bookmarks_and_figures_of_a_printed_book(built, tmp_path):
    said = []
    printed = in_a_thread(pdf.print_book, built, tmp_path / "out" / "book.pdf", said.append)
    assert "2 of 3: One" in said
    assert_numbered_and_whole(printed.path)


def assert_numbered_and_whole(path):
    from pypdf import PdfReader

    reader = PdfReader(path)
    texts = [page.extract_text() for page in reader.pages]

    def page_with(words):
        return next(n for n, text in enumerate(texts, start=1) if re.search(words, text))

    # The contents and references name the pages that the chapters are on, and each page its own.
    for title in ("One", "Two"):
        number = page_with(rf"(?m)^{title}\nA line")
        assert re.search(rf"{title}\W*{number}\b", texts[1]), texts[1]
    assert re.search(rf"Read on\s*\(p\.\s*{page_with('Here it is')}\)", texts[2]), texts[2]
    assert page_with("Here it is") > page_with(r"(?m)^Two\nA line")
    assert all(re.search(rf"(?m)^{n}$", text) for n, text in enumerate(texts[1:], start=2))
    assert page_with("top") == page_with("bottom") == page_with("What to see")
    # Bookmarks: a part, its chapters, their sections.
    outline = [each for each in reader.outline if not isinstance(each, list)]
    assert [each.title for each in outline] == ["A book", "Contents", "Start", "A part"]
    chapters = reader.outline[-1]
    assert [each.title for each in chapters if not isinstance(each, list)] == ["One", "Two"]
    goal = chapters[-1][0]
    assert goal.title == "Goal"
    assert reader.get_destination_page_number(goal) + 1 == page_with("Here it is")
    assert reader.metadata.title == "A book"
    assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"], "screen readers need its structure"


def test_without_a_browser_one_sentence_says_what_is_needed(built, tmp_path, monkeypatch):
    monkeypatch.setattr(pdf, "browser_command", lambda: None)
    monkeypatch.setattr(pdf, "_CHANNELS", ())
    with raises(BookError, "pdf-no-browser", "Chromium", "README.md"):
        in_a_thread(pdf.print_book, built, tmp_path / "book.pdf")
    assert not (tmp_path / "book.pdf").exists()
