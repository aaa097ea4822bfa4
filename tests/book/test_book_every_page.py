"""Every page on every screen: complete, light, without barriers, and never to be scrolled sideways.

All tests share one look at the book (`visits.py`).
"""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from unittest.mock import Mock

import pytest
from PIL import Image

from embeddings_course.quiz.notebook_quiz import ASSETS
from embeddings_course.quiz.question_files import load_bank
from embeddings_course.quiz.rendering import practice_html
from helpers import visits as visits_module
from helpers.browser import barriers
from helpers.repository import ROOT
from helpers.visits import SCREENS, Seen, Visits, same_page

BANK = load_bank(ROOT / "book" / "quizzes")
HEAVIEST = 1_500_000  # bytes, everything that a page loads


@pytest.fixture(scope="module")
def visits(html, browser, request):
    return Visits(html, browser, again=request.config.getoption("--everything"))


def chapters(seen: dict) -> dict:
    return {name: page for name, page in seen.items() if name.startswith("book/")}


@pytest.mark.parametrize("screen", SCREENS)
def test_every_page_opens_from_disk_complete_and_asks_no_other_host(visits, screen):
    seen = visits.on(screen)
    assert len(chapters(seen)) >= 5
    for name, page in seen.items():
        assert not page.broken, f"{name}: images that did not load: {page.broken}"
        assert not page.wrong, f"{name}: {page.wrong}"


@pytest.mark.parametrize("screen", SCREENS)
def test_no_page_scrolls_sideways(visits, screen):
    wide = {name: page.sideways for name, page in visits.on(screen).items() if page.sideways > 0}
    assert not wide, "pixels by which pages are wider than the window"


def test_every_picture_says_what_it_shows(visits):
    bare = {name: page.bare for name, page in visits.on("desktop").items() if page.bare}
    assert not bare, "pictures without alt text"


@pytest.mark.parametrize("screen", ["desktop", "phone"])
def test_no_page_weighs_more_than_one_and_a_half_megabytes(html, visits, screen):
    weights = {}
    for name, page in visits.on(screen).items():
        assert len(page.files) > 10
        weights[name] = sum((html / file).stat().st_size for file in page.files)
    print(*(f"{weights[name]:9,} {name}" for name in sorted(weights, key=weights.get)), sep="\n")
    assert max(weights.values()) <= HEAVIEST, weights


@pytest.mark.parametrize("screen", ["desktop", "phone", "zoom"])
def test_axe_finds_no_barrier_on_any_page_light_or_dark_answered_or_not(visits, screen):
    for name, page in visits.on(screen).items():
        looks = SCREENS[screen].looks(bool(page.questions))
        assert looks and looks == {*page.barriers}, f"{name} was not looked at"
        assert not any(page.barriers.values()), (name, page.barriers)


@pytest.mark.parametrize("screen", ["desktop", "phone"])
def test_axe_has_looked_at_every_quiz_when_it_was_answered(html, visits, screen):
    seen = visits.on(screen)
    quizzes = {
        name for name in chapters(seen) if 'class="quiz"' in (html / name).read_text("utf-8")
    }
    assert {Path(name).stem for name in quizzes} >= set(BANK)
    for name in quizzes:
        assert seen[name].answered == len(seen[name].questions) > 0, name
        assert {"light, answered", "dark, answered"} <= {*seen[name].barriers}, name


def test_every_question_of_the_bank_is_on_a_page_and_links_to_the_cell_that_shows_it(html, visits):
    shown = {}
    for name, page in visits.on("desktop").items():
        for id in page.questions:
            assert id not in shown, f"{id} is on two pages"
            shown[id] = name
        for address in page.keys:
            file, _, anchor = address.partition("#")
            assert f'id="{anchor}"' in (html / file).read_text(encoding="utf-8"), address
    assert set(shown) == {asked.id for file in BANK.values() for asked in file.questions}


# What follows shows that what is wrong is seen, and that a page is looked at after every change.


@pytest.mark.parametrize("screen", ["desktop", "phone", "zoom"])
def test_axe_finds_a_barrier_that_is_there(html, browser, screen):
    context = browser.new_context(viewport=SCREENS[screen].size)
    page = context.new_page()
    page.goto((html / "search.html").as_uri())
    page.evaluate("document.querySelector('main').append(new Image())")
    assert "image-alt" in " ".join(barriers(page))
    context.close()


PAGE = """\
<!doctype html><html lang="en"><meta charset="utf-8"><title>A page</title>
<link rel="stylesheet" href="style.css?v=01234567"><link rel="stylesheet" href="quiz.css">
<script src="script.js"></script><script src="quiz.js" defer></script>
<main><h1>A page</h1>
<p id="id7"><a href="#id7">A link to this paragraph</a></p>
<article><img src="picture.png" alt="A grey square."></article>
QUIZ</main></html>
"""
STYLE = "html[data-theme=dark] { background: #111; color: #eee } a { color: inherit }\n"
SCRIPT = """\
const dark = matchMedia("(prefers-color-scheme: dark)");
const show = () => { document.documentElement.dataset.theme = dark.matches ? "dark" : "light"; };
dark.addEventListener("change", show);
show();
"""


def write_book(book: Path, *changes: tuple[str, str, str]) -> None:
    """Write a book of one page in which nothing is wrong, but for what is changed in its files."""
    shutil.copytree(ASSETS, book, dirs_exist_ok=True)
    questions = BANK["knowledge-check"].questions[:2]
    page = PAGE.replace("QUIZ", practice_html("knowledge-check", questions))
    for name, text in (("page.html", page), ("style.css", STYLE), ("script.js", SCRIPT)):
        (book / name).write_text(text, encoding="utf-8")
    Image.new("RGB", (40, 40), "grey").save(book / "picture.png")
    for name, old, new in changes:
        text = (book / name).read_text(encoding="utf-8")
        assert old in text
        changed = text.replace(old, new) if old else text + new
        (book / name).write_text(changed, encoding="utf-8")


WIDE = ("style.css", "", "img { width: 2000px }")
DARK = "html[data-theme=dark]"
WRONG = [
    WIDE,
    ("page.html", ' lang="en"', ""),
    ("page.html", "</article>", "</article><article><img src='picture.png'></article>"),
    ("page.html", "</h1>", "</h1><img src='gone.png' alt='A picture that is gone.'>"),
    ("page.html", "<link", "<link rel='stylesheet' href='../outside.css'><link"),
    ("style.css", "", f"{DARK} p a {{ color: #222 }}"),
    ("quiz.css", "", f".quiz-status {{ color: #eee }} {DARK} .quiz-status {{ color: #222 }}"),
    ("script.js", "", "fetch('https://example.org/');"),
    ("script.js", "", "setTimeout(() => { throw Error('a script that fails'); });"),
    ("quiz.js", "", "addEventListener('submit', () => { throw Error('an answer that fails'); });"),
]


@pytest.mark.parametrize("screen", SCREENS)
def test_whatever_is_wrong_on_a_page_is_seen(browser, tmp_path, screen):
    book = tmp_path / "html"
    (tmp_path / "outside.css").touch()
    write_book(book, *WRONG)
    seen = Visits(book, browser, tmp_path / "seen.json").on(screen)["page.html"]
    assert not seen.fine
    assert seen.sideways > 0
    assert len(seen.bare) == 1
    assert seen.broken == [(book / "gone.png").as_uri()]
    wrong = " ".join(seen.wrong)
    for said in ("gone.png", "outside.css", "https://example.org/", "a script that fails"):
        assert said in wrong, said
    found = {look: " ".join(lines) for look, lines in seen.barriers.items()}
    assert {*found} == SCREENS[screen].looks(quiz=True)
    whole = [look for look in found if "," not in look] or [*found]  # the others are at the quiz
    for look in whole:
        if look.startswith("light"):
            assert "html-has-lang" in found[look] and "image-alt" in found[look]
            assert "A link to this paragraph" not in found[look]
        else:
            assert "A link to this paragraph" in found[look]
    for look in found:
        assert ("<strong>Right.</strong>" in found[look]) == look.endswith("answered")
    assert ("an answer that fails" in wrong) == bool(SCREENS[screen].answered)


def test_a_page_that_was_without_barriers_is_looked_at_when_its_style_has_changed(
    browser, tmp_path
):
    def visit():
        visits = Visits(tmp_path / "html", browser, tmp_path / "seen.json")
        return visits.on("desktop")["page.html"], bool(visits.opened)

    write_book(tmp_path / "html")
    seen, opened = visit()
    assert seen.fine and opened, seen
    assert seen.answered == len(seen.questions) == 2
    assert visit() == (seen, False)
    write_book(tmp_path / "html", ("style.css", "", "p a { color: #eee }"))
    seen, opened = visit()
    assert opened and "color-contrast" in str(seen.barriers["light"])


def test_what_is_done_on_one_page_leaves_nothing_on_the_next(browser, tmp_path):
    """Answers and a dark theme, for which each page has one and the same store."""
    book = tmp_path / "html"
    write_book(book)
    page = (book / "page.html").read_text(encoding="utf-8")
    leaves = "<script>if (localStorage.length) document.images[0].alt = ''</script></main>"
    (book / "page.html").write_text(page.replace("</main>", leaves), encoding="utf-8")
    shutil.copy(book / "page.html", book / "same.html")
    first, second = Visits(book, browser, tmp_path / "seen.json").on("phone").values()
    assert first.fine
    assert second == replace(first, files=second.files)


# What follows is about what is kept; nobody looks at anything.


class Browser:
    version = "1"


@pytest.fixture
def small(tmp_path, monkeypatch):
    """A book of one page that was seen on a desktop, and its visits as by a new run of tests."""
    book, store = tmp_path / "html", tmp_path / "work" / "seen.json"
    write_book(book)
    files = sorted(path.name for path in book.iterdir())

    def see(tab, path, html, screen):
        return Seen(files=files, wrong=["this"] * ("wrong" in path.read_text(encoding="utf-8")))

    def visit(screen="desktop", **options):
        """Return what is seen of the page, and whether it was opened for that."""
        visits = Visits(book, Browser, store, **options)
        return visits.on(screen).get("page.html"), bool(visits.opened)

    monkeypatch.setattr(visits_module, "look", see)
    monkeypatch.setattr(visits_module, "open_tab", Mock())
    assert visit()[1]
    return book, visit


def test_a_page_that_was_fine_is_not_opened_again_unless_that_is_asked_for(small):
    _, visit = small
    seen, opened = visit()
    assert seen.fine and not opened
    assert visit(again=True) == (seen, True)
    for screen in SCREENS:
        assert visit(screen)[1] == (screen != "desktop"), "each screen for itself"
        assert not visit(screen)[1]


def test_a_page_that_was_only_built_again_is_not_opened(small):
    book, visit = small
    write_book(book, ("page.html", "?v=01234567", "?v=89abcdef"), ("page.html", "id7", "id9"))
    assert not visit()[1]


def test_ids_that_are_the_same_stay_the_same_whatever_they_are():
    page = '<p id="id{}"><a href="#id{}">'
    assert same_page(page.format(7, 7)) == same_page(page.format(9, 9))
    assert same_page(page.format(7, 7)) != same_page(page.format(7, 9))


@pytest.mark.parametrize("file", ["page.html", "style.css", "quiz.js", "picture.png"])
def test_a_page_is_opened_when_a_file_has_changed_or_gone_until_it_is_as_before(small, file):
    book, visit = small
    before = (book / file).read_bytes()
    (book / file).write_bytes(before + b" ")
    assert visit()[1]
    assert not visit()[1]
    if file != "page.html":
        (book / file).unlink()
        assert visit()[1]
    (book / file).write_bytes(before)
    assert visit()[1]


def test_a_page_on_which_something_is_wrong_is_opened_every_time(small):
    book, visit = small
    write_book(book, ("page.html", "A link", "A wrong link"))
    for _ in range(2):
        seen, opened = visit()
        assert opened and not seen.fine
    write_book(book)
    assert not visit()[1], "what was known of the page as it was is still known"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("wrong", ["x"]),
        ("broken", ["x"]),
        ("bare", ["x"]),
        ("sideways", 1),
        ("barriers", {"a": "b"}),
    ],
)
def test_everything_that_a_test_may_find_is_wrong(field, value):
    assert Seen().fine
    assert not Seen(**{field: value}).fine


@pytest.mark.parametrize("what", ["AXE_SCRIPT", "COLOURS", "SCREENS", "barriers", "browser"])
def test_a_page_is_opened_when_it_is_looked_at_in_another_way(small, monkeypatch, what):
    _, visit = small
    other = {
        "AXE_SCRIPT": "// the next version",
        "COLOURS": ["color-contrast"],
        "SCREENS": SCREENS | {"desktop": replace(SCREENS["desktop"], scale=2)},
        "barriers": write_book,
    }
    if what == "browser":
        monkeypatch.setattr(Browser, "version", "2")
    else:
        monkeypatch.setattr(visits_module, what, other[what])
    assert visit()[1]


def test_a_page_that_is_no_more_is_forgotten(small):
    book, visit = small
    store = book.parent / "work" / "seen.json"
    visit("zoom")
    assert len(json.loads(store.read_text(encoding="utf-8"))) == 2
    (book / "page.html").unlink()
    visit("zoom")
    assert json.loads(store.read_text(encoding="utf-8")) == {}


def test_a_store_that_cannot_be_read_is_written_again(small):
    book, visit = small
    (book.parent / "work" / "seen.json").write_text("{", encoding="utf-8")
    assert visit()[1]
    assert not visit()[1]
