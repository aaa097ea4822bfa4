"""Time to read, and what a reader has read: kept in the browser, and nowhere else."""

import gzip
import json
import re

import pytest

from embeddings_course.quiz.question_files import load_bank
from embeddings_course.sphinx_ext.reading_time import LEAST_WORDS, reading_minutes
from helpers.browser import barriers
from helpers.built_book import pages
from helpers.repository import ROOT

BANK = load_bank(ROOT / "book" / "quizzes")
QUESTIONS = sum(len(file.questions) for file in BANK.values())
SCRIPT = ROOT / "book" / "assets" / "reader.js"


def test_code_pictures_and_questions_take_time_beside_the_words():
    bare = reading_minutes(1000)
    assert bare == 5
    for more in ("cells", "pictures", "questions"):
        assert reading_minutes(1000, **{more: 10}) > bare, more


@pytest.mark.parametrize(
    ("words", "minutes"),
    [(LEAST_WORDS - 1, 0), (LEAST_WORDS, 1), (1800, 9), (2400, 10), (2600, 15), (9000, 45)],
)
def test_long_times_are_rounded_as_they_are_guesses_and_short_pages_have_none(words, minutes):
    assert reading_minutes(words) == minutes


def test_each_chapter_says_under_its_title_how_long_it_takes(html):
    shown = {
        path.relative_to(html).with_suffix("").as_posix(): re.search(
            r'</h1>\s*<p class="reading-time">About (\d+) minutes?(?:, <a[^<]*</a>)?</p>',
            path.read_text("utf-8"),
        )
        for path in pages(html)
    }
    for name in set(BANK) - {"knowledge-check"}:
        minutes = shown[f"book/{name}"]
        assert minutes, name
        assert 5 <= int(minutes[1]) <= 45, name
    for name in ("book/knowledge-check", "search", "genindex"):
        assert not shown[name], f"{name} has no prose to speak of"


def counts(page) -> str:
    """What the start page counts, shown or not: two zeros are not."""
    return page.locator(".reader-summary p").first.text_content()


def tick(page, name) -> bool:
    return page.locator(f".bd-docs-nav a[href$='{name}.html'] .reader-tick").is_visible()


def button(page):
    return page.get_by_role("button", name="I have read this page")


def address(html, name) -> str:
    return (html / "book" / f"{name}.html").as_uri()


def answer_all(page) -> None:
    """Check every question of the page with whatever comes first."""
    page.evaluate(
        "document.querySelectorAll('.quiz-form:not([hidden])').forEach((form) => {"
        " form.querySelector('input').click();"
        " if (form.elements.number) form.elements.number.value = '1';"
        " form.requestSubmit(); })"
    )


def test_a_page_marked_as_read_is_ticked_everywhere_and_counted_until_it_is_forgotten(html, tab):
    tab.goto(address(html, "index"))
    assert counts(tab) == f"0 of {len(BANK)} pages read, 0 of {QUESTIONS} questions right."
    assert not tab.locator(".reader-summary").is_visible(), "two zeros greet nobody"
    tab.goto(address(html, "why"))
    assert button(tab).get_attribute("aria-pressed") == "false"
    button(tab).click()
    assert button(tab).get_attribute("aria-pressed") == "true"
    tab.goto(address(html, "lookup"))
    assert tick(tab, "why")
    assert not tick(tab, "words")
    link = tab.get_by_role("link", name="Why event codes need geometry ✓ (read)").or_(
        tab.get_by_role("link", name="Why event codes need geometry (read)")
    )
    assert link.first.is_visible(), "a screen reader says it, too"
    tab.goto(address(html, "index"))
    assert counts(tab).startswith(f"1 of {len(BANK)} pages read")
    assert tab.locator(".reader-summary").is_visible()
    tab.goto(address(html, "why"))
    button(tab).click()  # a mistake
    tab.goto(address(html, "index"))
    assert counts(tab).startswith("0 of")
    assert not tab.wrong


def test_a_page_counts_as_read_when_all_its_questions_are_checked_unless_one_says_no(html, tab):
    tab.goto(address(html, "lookup"))
    answer_all(tab)
    assert button(tab).get_attribute("aria-pressed") == "true"
    right = tab.locator(".quiz-status strong").all_inner_texts().count("Right.")
    tab.goto(address(html, "index"))
    assert tick(tab, "lookup")
    assert counts(tab) == f"1 of {len(BANK)} pages read, {right} of {QUESTIONS} questions right."
    tab.goto(address(html, "lookup"))
    button(tab).click()
    tab.reload()
    assert button(tab).get_attribute("aria-pressed") == "false"


def test_right_answers_are_counted_and_not_twice(html, tab):
    name = "knowledge-check"
    tab.goto(address(html, name))
    questions = [question for question in BANK[name].questions if question.kind == "single"]
    for question in questions:
        key = next(choice.key for choice in question.choices if choice.correct)
        form = tab.locator(f"[data-id='{question.id}'] .quiz-form")
        form.locator(f"[value='{key}']").check()
        for _ in range(2):
            form.get_by_role("button", name="Check").click()
    tab.goto(address(html, "index"))
    assert f"{len(questions)} of {QUESTIONS} questions right." in counts(tab)


def test_forgetting_asks_first_and_then_leaves_nothing(html, tab):
    tab.goto(address(html, "lookup"))
    answer_all(tab)
    tab.goto(address(html, "index"))
    before = counts(tab)
    tab.get_by_text("How this is counted").click()
    forget = tab.get_by_role("button", name="Forget my progress")
    tab.once("dialog", lambda dialog: dialog.dismiss())
    forget.click()
    assert counts(tab) == before
    tab.once("dialog", lambda dialog: dialog.accept())
    forget.click()
    assert counts(tab) == f"0 of {len(BANK)} pages read, 0 of {QUESTIONS} questions right."
    assert not forget.is_visible()
    assert tab.evaluate("document.activeElement.textContent") == counts(tab), "focus is not lost"
    tab.goto(address(html, "lookup"))
    assert tab.locator(".quiz input:checked").count() == 0
    assert not tick(tab, "why")


def test_keyboard_alone_marks_a_page_and_axe_finds_no_barrier_in_either_state(html, tab):
    tab.goto(address(html, "why"))
    button(tab).focus()
    tab.keyboard.press("Enter")
    assert button(tab).get_attribute("aria-pressed") == "true"
    style = button(tab).evaluate("b => getComputedStyle(b).outlineStyle")
    assert style == "solid", "where the focus is can be seen"
    for scheme in ("light", "dark"):
        tab.emulate_media(color_scheme=scheme)
        assert not barriers(tab, ".reader-page")
    tab.goto(address(html, "index"))
    tab.get_by_text("How this is counted").click()
    assert not barriers(tab, ".reader-summary")
    assert not barriers(tab, ".bd-docs-nav")


def test_page_that_may_not_store_anything_says_so_and_offers_no_button(browser, html):
    context = browser.new_context()
    page = context.new_page()
    page.add_init_script("Object.defineProperty(window, 'localStorage', {get() { throw 1 }})")
    page.goto(address(html, "why"))
    assert not button(page).is_visible()
    assert "does not let the page remember" in page.locator(".reader-page").inner_text()
    page.goto(address(html, "index"))
    assert page.locator(".reader-summary").inner_text() == ""
    context.close()


def test_damaged_notes_are_taken_for_none(html, tab):
    tab.goto(address(html, "why"))
    tab.evaluate("localStorage.setItem('embeddings-course/read', '{')")
    tab.evaluate("localStorage.setItem('embeddings-course/quiz/why', 'null')")
    tab.goto(address(html, "index"))
    assert counts(tab).startswith("0 of")
    assert not tab.wrong


def test_without_a_script_nothing_is_there_that_could_not_work(browser, html):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    for name in ("index", "why"):
        page.goto(address(html, name))
        assert page.locator(".reader-page, .reader-summary > *, .reader-tick").count() == 0
    context.close()


def test_script_is_small_classic_and_on_every_page(html):
    assert len(gzip.compress(SCRIPT.read_bytes(), 9)) <= 3 * 1024
    for path in pages(html):
        text = path.read_text(encoding="utf-8")
        assert re.search(r'<script src="[^"]*_static/reader\.js[^"]*"></script>', text), path.name
        listed = json.loads(re.search(r"const coursePages = (.*?);</script>", text)[1])
        assert {name: len(file.questions) for name, file in BANK.items()} == {
            quiz: count for quizzes in listed.values() for quiz, count in quizzes.items()
        }
