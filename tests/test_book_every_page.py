"""Every page on every screen: complete, light, without barriers, and never to be scrolled sideways.

All tests share one look at the book (`visits.py`).
"""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import visits as visits_module
from conftest import ROOT, barriers
from PIL import Image
from visits import SCREENS, Visits, same_page

from embeddings_course.quiz.notebook_quiz import ASSETS
from embeddings_course.quiz.question_files import load_bank
from embeddings_course.quiz.rendering import practice_html

BANK = load_bank(ROOT / "book" / "quizzes")
HEAVIEST = 1_500_000  # bytes, everything that a page loads


@pytest.fixture(scope="module")
def visits(html, browser, request):
    return Visits(html, browser, again=request.config.getoption("--all-pages"))


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
def test_axe_finds_no_barrier_on_any_page_light_or_dark(visits, screen):
    for name, page in visits.on(screen).items():
        assert {*SCREENS[screen].schemes} <= {*page.barriers}, f"{name} was not looked at"
        found = {scheme: page.barriers[scheme] for scheme in SCREENS[screen].schemes}
        assert not any(found.values()), (name, found)


@pytest.mark.parametrize("screen", ["desktop", "phone"])
def test_axe_finds_no_barrier_in_answered_quizzes(html, visits, screen):
    seen = visits.on(screen)
    quizzes = {
        name for name in chapters(seen) if 'class="quiz"' in (html / name).read_text("utf-8")
    }
    assert {Path(name).stem for name in quizzes} >= set(BANK)
    for name in quizzes:
        assert seen[name].answered == len(seen[name].questions) > 0, name
        found = {scheme: seen[name].barriers[f"{scheme}, answered"] for scheme in ("light", "dark")}
        assert not any(found.values()), (name, found)


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


@pytest.fixture
def small(browser, tmp_path):
    """A book of one page in which nothing is wrong, and its visits as by a new run of tests."""
    book = tmp_path / "html"
    shutil.copytree(ASSETS, book)
    questions = BANK["knowledge-check"].questions[:2]
    page = PAGE.replace("QUIZ", practice_html("knowledge-check", questions))
    for name, text in (("page.html", page), ("style.css", STYLE), ("script.js", SCRIPT)):
        (book / name).write_text(text, encoding="utf-8")
    Image.new("RGB", (40, 40), "grey").save(book / "picture.png")

    def visit(screen="desktop", **options):
        """Return what is seen of the page, and whether it was opened for that."""
        visits = Visits(book, browser, tmp_path / "work" / "seen.json", **options)
        return visits.on(screen)["page.html"], bool(visits.opened)

    seen, opened = visit()
    assert seen.fine and opened, seen
    assert seen.answered == len(seen.questions) == 2
    return book, visit


def change(path, old, new):
    """Put something else into a file, or at its end."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new) if old else text + new, encoding="utf-8")


def test_a_page_that_was_fine_is_not_opened_again_unless_that_is_asked_for(small):
    _, visit = small
    seen, opened = visit()
    assert not opened
    assert visit(again=True) == (seen, True)
    for screen in SCREENS:
        assert visit(screen)[1] == (screen != "desktop"), "each screen for itself"
        assert not visit(screen)[1]


def test_a_page_that_was_only_built_again_is_not_opened(small):
    book, visit = small
    change(book / "page.html", "?v=01234567", "?v=89abcdef")
    change(book / "page.html", "id7", "id9")
    seen, opened = visit()
    assert seen.fine and not opened


def test_ids_that_are_the_same_stay_the_same_whatever_they_are():
    page = '<p id="id{}"><a href="#id{}">'
    assert same_page(page.format(7, 7)) == same_page(page.format(9, 9))
    assert same_page(page.format(7, 7)) != same_page(page.format(7, 9))


IMAGE = "addEventListener('load', () => document.querySelector('main').append(new Image()));"
# What becomes of a file of the small book, and where that is seen.
WRONG = {
    "page": ("page.html", ' lang="en"', "", lambda seen: seen.barriers["light"]),
    "alt": ("page.html", ' alt="A grey square."', "", lambda seen: seen.bare),
    "style": ("style.css", "", "p a { color: #eee }", lambda seen: seen.barriers["light"]),
    "dark": (
        "style.css", "", "html[data-theme=dark] p a { color: #222 }",
        lambda seen: seen.barriers["dark"] and not seen.barriers["light"],
    ),
    "answered": (
        "quiz.css", "", ".quiz-status { color: #eee }",
        lambda seen: seen.barriers["light, answered"] and not seen.barriers["light"],
    ),
    "answered, dark": (
        "quiz.css", "", "html[data-theme=dark] .quiz-status { color: #222 }",
        lambda seen: seen.barriers["dark, answered"] and not seen.barriers["dark"],
    ),
    "script": ("script.js", "", IMAGE, lambda seen: seen.barriers["light"] and seen.broken),
    "host": ("script.js", "", "fetch('https://example.org/');", lambda seen: seen.wrong),
    "error": ("script.js", "", "nothing.at_all();", lambda seen: seen.wrong),
    "gone": ("page.html", "picture.png", "gone.png", lambda seen: seen.wrong and seen.broken),
    "outside": ("page.html", "style.css", "../style.css", lambda seen: seen.wrong),
    "answering": (
        "quiz.js", "", "addEventListener('submit', () => { nothing.at_all(); });",
        lambda seen: seen.wrong,
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", WRONG)
def test_after_a_change_a_page_is_looked_at_and_what_is_wrong_is_seen(small, what):
    book, visit = small
    file, old, new, found = WRONG[what]
    (book.parent / "style.css").write_text("")
    before = (book / file).read_text(encoding="utf-8")
    change(book / file, old, new)
    for _ in range(2):  # what was wrong is never kept
        seen, opened = visit()
        assert opened
        assert found(seen), seen
        assert not seen.fine
    (book / file).write_text(before, encoding="utf-8")
    seen, opened = visit()
    assert seen.fine and not opened


@pytest.mark.parametrize("screen", SCREENS)
def test_after_a_change_of_a_picture_a_page_that_it_makes_too_wide_is_seen(small, screen):
    book, visit = small
    visit(screen)
    Image.new("RGB", (2000, 40), "grey").save(book / "picture.png")
    seen, opened = visit(screen)
    assert opened
    assert seen.sideways > 0


@pytest.mark.parametrize("what", ["AXE_SCRIPT", "COLOURS", "SCREENS"])
def test_after_a_change_of_how_pages_are_looked_at_they_are(small, monkeypatch, what):
    _, visit = small
    other = {
        "AXE_SCRIPT": "// the next version",
        "COLOURS": ["color-contrast"],
        "SCREENS": SCREENS | {"desktop": replace(SCREENS["desktop"], scale=2)},
    }
    monkeypatch.setattr(visits_module, what, other[what])
    assert visit()[1]


def test_a_page_that_is_no_more_is_forgotten(small, browser):
    book, visit = small
    visit("zoom")
    store = book.parent / "work" / "seen.json"
    assert len(json.loads(store.read_text(encoding="utf-8"))) == 2
    Visits(book, browser, store, pages=lambda _: []).on("zoom")
    assert json.loads(store.read_text(encoding="utf-8")) == {}


def test_a_store_that_cannot_be_read_is_written_again(small):
    book, visit = small
    (book.parent / "work" / "seen.json").write_text("{", encoding="utf-8")
    assert visit()[1]
    assert not visit()[1]
