"""The ways through the book: a choice on the start page that "next" follows, kept on the device."""

import gzip
import json
import re
from html import unescape

import pytest

from embeddings_course.book_build.build import BookError
from embeddings_course.book_build.build import pages as pages_in_order
from embeddings_course.book_build.reading_paths import ReadingPath, Stop, electives, read_paths
from embeddings_course.quiz.notebook_quiz import PLACEHOLDER
from embeddings_course.quiz.question_files import load_bank
from embeddings_course.sphinx_ext.reading_paths import length
from helpers.browser import PHONE, barriers
from helpers.refusals import raises
from helpers.repository import ROOT

BOOK = ROOT / "book"
BANK = load_bank(BOOK / "quizzes")
PATHS = {path.id: path for path in read_paths(BOOK / "paths.yml")}
ORDER = [page.stem for page in pages_in_order(ROOT)]
SCRIPT = BOOK / "assets" / "paths.js"
STOPS = [(path.id, stop) for path in PATHS.values() for stop in path.stops]

QUIZ = """
```{code-cell} python
from IPython.display import HTML, display

display(HTML('PLACEHOLDER'))
```
"""
QUESTION = (
    "questions:\n- {id: NAME, claim: one, level: recall, kind: numeric, stem: What, answer: 1,"
    " tolerance: 0, feedback: One.}\n"
)
SHORT = """\
- {id: short, title: The short one, about: Little., pages: [{page: two, until: The rest}, {page: four}]}
- {id: all, title: All & more, about: Much.}
"""  # noqa: E501


@pytest.mark.parametrize(("path", "stop"), STOPS, ids=lambda each: getattr(each, "page", each))
def test_each_stop_of_a_path_is_a_page_with_that_heading_and_so_many_questions(path, stop):
    assert stop.page in ORDER
    headings = re.findall(r"^## (.+)$", (BOOK / f"{stop.page}.md").read_text("utf-8"), re.M)
    assert stop.until in ("", *headings)
    assert (stop.questions or 0) <= len(BANK[stop.page].questions if stop.page in BANK else ())


def test_paths_keep_the_order_of_the_book_in_what_teaches():
    for path in PATHS.values():
        teaching = [stop.page for stop in path.stops if stop.page in BANK]
        assert teaching == sorted(teaching, key=ORDER.index)
        assert len(set(teaching)) == len(teaching)
    assert not PATHS["everything"].stops


def test_an_elective_has_questions_and_is_on_no_list():
    path = ReadingPath("a", "A", "", (Stop("one"), Stop("two", until="x")))
    assert electives([path, ReadingPath("b", "B", "")], ["one", "two", "three"]) == {"three"}
    assert electives([ReadingPath("b", "B", "")], ["one"]) == set()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("- {id: a, title: A, about: B, pages: [{page: one, upto: x}]}", "path-malformed"),
        ("- {id: a, about: B}", "path-malformed"),
        ("- {id: a, until: Why?}", "path-malformed"),
        ("a: b", "path-malformed"),
        ("- &a {id: a, title: A, about: B}\n- {id: a, title: C, about: D}", "path-twice"),
    ],
)
def test_what_is_wrong_with_a_list_of_paths_is_told(tmp_path, text, code):
    file = tmp_path / "paths.yml"
    file.write_text(text)
    with raises(ValueError, code, "paths.yml"):
        read_paths(file)


def test_lengths_are_said_as_roughly_as_they_are_known():
    assert [length(minutes) for minutes in (58, 187, 620)] == [
        "about 60 minutes",
        "about 3 hours",
        "about 10½ hours",
    ]


def test_the_paths_take_an_hour_half_a_day_and_what_their_pages_say(html):
    start = (html / "book" / "index.html").read_text(encoding="utf-8")
    shown = dict(
        re.findall(r'data-path="([a-z]+)".*?<span>\d+ (?:pages|stops), (about [^<]+)</span>', start)
    )
    assert list(shown) == list(PATHS)
    minutes = {
        name: int(found[1])
        for name in ORDER
        if (page := html / "book" / f"{name}.html").exists()
        and (found := re.search(r"About (\d+) minutes?", page.read_text(encoding="utf-8")))
    }
    whole = [stop.page for stop in PATHS["course"].stops]
    assert shown["course"] == length(sum(minutes[page] for page in whole))
    assert 150 <= sum(minutes[page] for page in whole) <= 210
    assert 50 <= int(re.search(r"about (\d+) minutes", shown["hour"])[1]) <= 70
    everything = sum(minutes[name] for name in BANK if name in minutes)
    assert float(shown["everything"].split()[1].replace("½", ".5")) * 60 >= everything


def test_a_page_off_the_shorter_paths_says_so_and_the_list_of_pages_marks_each(html):
    optional = electives(list(PATHS.values()), list(BANK))
    assert len(optional) > 10
    for name in BANK:
        text = (html / "book" / f"{name}.html").read_text(encoding="utf-8")
        said = re.search(r'class="reading-time">About \d+ minutes?(.*?)</p>', text)
        assert ("elective" in (said[1] if said else "")) == (name in optional), name
    start = (html / "book" / "index.html").read_text(encoding="utf-8")
    marks = dict(re.findall(r'href="([\w-]+)\.html"[^\n]*?path-mark">([^<]+)<', start))
    assert set(marks) == set(BANK) | {stop.page for _, stop in STOPS}
    assert all(("elective" in marks[name]) == (name in optional) for name in marks)
    assert re.fullmatch(r"\d+ min · One hour · The course", marks["training"])


# With a small book, whose pages have a question each.


@pytest.fixture
def walk(small_book):
    """A book of four pages, with a path through two of them."""
    names = ("one", "two", "three", "four")
    quizzes = small_book.root / "book" / "quizzes"
    quizzes.mkdir()
    for name in names:
        small_book.page(name, f"print('{name}')")
        page = small_book.root / "book" / f"{name}.md"
        more = "\n## The rest\n\nMore.\n" + QUIZ.replace(
            "PLACEHOLDER", PLACEHOLDER.format(name=name)
        )
        page.write_text(page.read_text("utf-8") + "\nWords. " * 250 + "\n" + more, "utf-8")
        (quizzes / f"{name}.yml").write_text(QUESTION.replace("NAME", name))
    (small_book.root / "book" / "claims.yml").write_text("- {id: one, page: one, sentence: Is.}\n")
    (small_book.root / "book" / "paths.yml").write_text(SHORT)
    (small_book.root / "book" / "index.md").write_text("# Start\n\n```{paths}\n```\n")
    small_book.toc(*names)
    return small_book


@pytest.fixture
def address(walk):
    walk.render()
    return lambda name: (walk.html / "book" / f"{name}.html").as_uri()


def next_page(tab):
    return tab.locator(".right-next p").all_text_contents()


def test_next_follows_the_path_that_was_clicked_until_another_is(address, tab):
    tab.goto(address("index"))
    assert next_page(tab) == ["next", "Page one"]
    tab.get_by_role("link", name="The short one").click()
    tab.wait_for_url("**/two.html")
    assert next_page(tab) == ["next on the path The short one", "Page four"]
    assert "stop 1 of 2" in tab.locator(".path-line").inner_text()
    tab.locator(".path-stop a").click()
    tab.wait_for_url("**/four.html")
    assert tab.locator(".left-prev p").last.text_content() == "Page two"
    assert tab.locator(".bd-docs-nav .path-here").count() == 2
    tab.goto(address("one"))  # not on it
    assert next_page(tab)[1] == "Page two"
    assert not tab.locator(".path-stop").count()
    tab.locator(".path-line a").click()
    tab.wait_for_url("**/index.html#paths")
    assert tab.locator(".path-button[aria-current] strong").inner_text() == "The short one"
    tab.get_by_role("link", name="All & more").click()
    tab.wait_for_url("**/one.html")
    assert next_page(tab) == ["next", "Page two"]
    assert not tab.locator(".path-line, .path-here").count()
    assert not tab.wrong


def test_what_comes_after_the_stop_is_marked_where_it_begins(address, tab):
    tab.goto(address("index"))
    tab.get_by_role("link", name="The short one").click()
    tab.wait_for_url("**/two.html")
    aside = tab.locator(".path-stop")
    assert aside.evaluate("a => a.nextElementSibling.querySelector('h2').textContent").startswith(
        "The rest"
    )


@pytest.mark.parametrize("tab", [PHONE], indirect=True)
def test_by_keyboard_and_touch_at_phone_size_it_is_the_same(address, browser, tab):
    tab.goto(address("index"))
    tab.get_by_role("link", name="The short one").focus()
    outline = tab.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid", "where the focus is can be seen"
    tab.keyboard.press("Enter")
    tab.wait_for_url("**/two.html")
    assert next_page(tab)[1] == "Page four"
    for scheme in ("light", "dark"):
        tab.emulate_media(color_scheme=scheme)
        assert not barriers(tab, ".bd-article")
    tab.goto(address("index"))
    assert not barriers(tab, ".paths")
    assert tab.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    context = browser.new_context(viewport=PHONE, has_touch=True)
    page = context.new_page()
    page.goto(address("index"))
    page.get_by_role("link", name="The short one").tap()
    page.wait_for_url("**/two.html")
    page.locator(".right-next").tap()
    page.wait_for_url("**/four.html")
    context.close()


def test_without_a_script_a_button_is_a_link_and_next_is_the_books_order(address, browser):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address("index"))
    page.get_by_role("link", name="The short one").click()
    page.wait_for_url("**/two.html")
    assert next_page(page) == ["next", "Page three"]
    assert not page.locator(".path-line, .path-stop, .path-here").count()
    context.close()


def test_a_browser_that_may_store_nothing_still_leads_to_the_first_page(address, browser):
    context = browser.new_context()
    page = context.new_page()
    page.add_init_script("Object.defineProperty(window, 'localStorage', {get() { throw 1 }})")
    page.goto(address("index"))
    page.get_by_role("link", name="The short one").click()
    page.wait_for_url("**/two.html")
    assert next_page(page) == ["next", "Page three"]
    context.close()


def test_a_heading_that_is_gone_stops_the_build_and_a_page_that_is_not_in_a_part_does_not(walk):
    toc = (walk.root / "_toc.yml").read_text("utf-8")
    walk.toc("one", "two", "three")  # a part of the book
    walk.render()
    assert "1 stop," in walk.text("index")
    (walk.root / "_toc.yml").write_text(toc)
    (walk.root / "book" / "paths.yml").write_text(SHORT.replace("The rest", "Gone"))
    with raises(BookError, "book-not-built", "two.md", "'Gone'"):
        walk.render()


def test_a_changed_list_changes_every_page_and_a_changed_page_the_start(walk):
    walk.render()
    assert "about 5 minutes" in walk.text("index")
    (walk.root / "book" / "paths.yml").write_text(SHORT.replace("The short one", "Another"))
    page = walk.root / "book" / "four.md"
    page.write_text(page.read_text("utf-8") + "Words. " * 4000, "utf-8")
    walk.render()
    for name in ("one", "index"):
        listed = json.loads(re.search(r"const readingPaths = (.*?);</script>", walk.text(name))[1])
        assert listed["short"]["title"] == "Another"
    assert "about 5 minutes" not in walk.text("index")
    assert "All &amp; more" in walk.text("index") and "All & more" in unescape(walk.text("index"))


def test_the_script_is_small():
    assert len(gzip.compress(SCRIPT.read_bytes(), 9)) <= 2 * 1024
