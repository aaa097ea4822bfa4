"""Quizzes in the built book: by mouse, by keyboard, without a script, read aloud, reloaded."""

import gzip
import re

import pytest

from embeddings_course.quiz.notebook_quiz import ASSETS
from embeddings_course.quiz.question_files import load_bank
from embeddings_course.quiz.rendering import practice_html
from helpers.browser import DESKTOP, PHONE, barriers
from helpers.repository import ROOT

BANK = load_bank(ROOT / "book" / "quizzes")
NAME = "knowledge-check"

EVERY_KIND = """\
parts:
  - {title: Choices, first: one}
  - {title: Numbers, first: number}
questions:
  - id: one
    claim: some-claim
    level: recall
    kind: single
    stem: |
      Which is $\\sqrt{4}$?

      ```python
      x ** 0.5
      ```
    choices:
      - {text: two, correct: true, feedback: Since $2^2 = 4$.}
      - {text: four, feedback: That is `4`.}
      - {text: sixteen, feedback: That is the square.}
  - id: some
    claim: some-claim
    level: understand
    kind: multiple
    stem: Which are even?
    choices:
      - {text: two, correct: true, feedback: Twice one.}
      - {text: three, feedback: Not twice a whole number.}
      - {text: eight, correct: true, feedback: Twice four.}
      - {text: nine, feedback: Odd as well.}
  - id: number
    claim: some-claim
    level: apply
    kind: numeric
    stem: How many bytes have {{rows}} numbers of four bytes?
    variables: {rows: [10, 20, 30]}
    answer: rows * 4
    tolerance: 1%
    unit: bytes
    feedback: Four times {{rows}} is {{answer}}.
    mistakes: [{answer: rows, feedback: That counts numbers.}]
"""


@pytest.fixture
def every_kind(tab, tmp_path):
    """A page with a quiz that has a question of each kind, as a book of another theme has it."""
    (tmp_path / "quizzes").mkdir()
    (tmp_path / "quizzes" / "every.yml").write_text(EVERY_KIND, encoding="utf-8")
    file = load_bank(tmp_path / "quizzes")["every"]
    quiz = practice_html(
        "every",
        file.questions,
        parts=file.parts,
        claim_url=lambda claim: f"other.html#claim-{claim}",
        page_title=lambda claim: "The other page",
    )
    page = tmp_path / "page.html"
    page.write_text(
        "<!doctype html><html lang=en><meta charset=utf-8><title>Page</title>"
        f"<link rel=stylesheet href='{(ASSETS / 'quiz.css').as_uri()}'>"
        f"<main><h1>Page</h1>{quiz}</main>"
        f"<script src='{(ASSETS / 'quiz.js').as_uri()}'></script>",
        encoding="utf-8",
    )
    tab.goto(page.as_uri())
    return tab


def question(page, number):
    return page.locator(".quiz-question").nth(number)


def form(page, number):
    return question(page, number).locator(".quiz-form:visible")


def status(page, number):
    return form(page, number).locator(".quiz-status").inner_text()


def take(page, number, *texts):
    for text in texts:
        form(page, number).get_by_label(text, exact=True).check()


def check(page, number):
    form(page, number).get_by_role("button", name="Check").click()


def score(page):
    return page.locator(".quiz-score").inner_text()


def right_choice(id):
    return next(choice for choice in BANK[NAME][id].choices if choice.correct)


def plain(markdown):
    return re.sub(r"[*`$\\]", "", markdown)


@pytest.mark.parametrize("tab", [DESKTOP, PHONE], ids=["desktop", "phone"], indirect=True)
def test_answering_by_mouse_gives_feedback_and_a_score(html, tab):
    tab.goto((html / "book" / f"{NAME}.html").as_uri())
    first, second = BANK[NAME].questions[:2]
    wrong = next(choice for choice in first.choices if not choice.correct)
    form(tab, 0).locator(f"[value='{wrong.key}']").check()
    assert status(tab, 0) == "", "no feedback before it is asked for"
    check(tab, 0)
    assert status(tab, 0).startswith("Not right.")
    assert plain(wrong.feedback)[:40] in status(tab, 0)
    form(tab, 1).locator(f"[value='{right_choice(second.id).key}']").check()
    check(tab, 1)
    assert status(tab, 1).startswith("Right.")
    assert score(tab) == f"Score: 1 of {len(BANK[NAME].questions)}."
    # Another try at the first.
    form(tab, 0).locator(f"[value='{right_choice(first.id).key}']").check()
    assert status(tab, 0) == ""
    check(tab, 0)
    assert score(tab) == f"Score: 2 of {len(BANK[NAME].questions)}."
    assert not tab.wrong


def test_answers_and_score_are_there_after_a_reload_until_one_starts_again(html, tab):
    tab.goto((html / "book" / f"{NAME}.html").as_uri())
    assert not tab.get_by_role("button", name="Start again").is_visible()
    first = BANK[NAME].questions[0]
    form(tab, 0).locator(f"[value='{right_choice(first.id).key}']").check()
    check(tab, 0)
    form(tab, 1).locator("input").nth(2).check()  # answered, but not checked
    tab.reload()
    assert (
        form(tab, 0).locator("input:checked").get_attribute("value") == right_choice(first.id).key
    )
    assert status(tab, 0).startswith("Right.")
    assert form(tab, 1).locator("input").nth(2).is_checked()
    assert status(tab, 1) == ""
    assert score(tab) == f"Score: 1 of {len(BANK[NAME].questions)}."
    tab.once("dialog", lambda dialog: dialog.dismiss())
    tab.get_by_role("button", name="Start again").click()
    assert score(tab) == f"Score: 1 of {len(BANK[NAME].questions)}.", (
        "asked first, and the answer was no"
    )
    tab.once("dialog", lambda dialog: dialog.accept())
    tab.get_by_role("button", name="Start again").click()
    for page in ("before", "after"):
        assert tab.locator(".quiz input:checked").count() == 0, page
        assert score(tab) == f"Score: 0 of {len(BANK[NAME].questions)}.", page
        assert not tab.locator(".quiz-key").first.is_visible(), page
        tab.reload()
    assert not tab.wrong


def focused(page):
    """What the element with the focus is called, or what stands beside it."""
    return page.evaluate(
        "(document.activeElement.closest('label') || document.activeElement).innerText"
    ).strip()


def test_keyboard_alone_answers_checks_and_opens_the_explanations(every_kind):
    page = every_kind
    page.keyboard.press("Tab")  # into the radio buttons, where arrows choose
    page.keyboard.press("ArrowDown")
    while focused(page) != "two":
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    assert focused(page) == "Check"
    page.keyboard.press("Enter")
    assert status(page, 0).startswith("Right.")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert form(page, 0).locator("details").get_attribute("open") is not None
    # Past the link to the cell, through the check boxes, where the space bar chooses.
    for _ in range(5):
        page.keyboard.press("Tab")
        if focused(page) in ("two", "eight"):
            page.keyboard.press("Space")
    page.keyboard.press("Enter")
    assert status(page, 1).startswith("Right.")
    while "Your answer" not in focused(page):
        page.keyboard.press("Tab")
    rows = int(re.search(r"have (\d+) numbers", form(page, 2).inner_text())[1])
    page.keyboard.type(str(rows * 4))
    page.keyboard.press("Enter")
    assert status(page, 2).startswith("Right.")
    assert score(page) == "Score: 3 of 3."


def test_multiple_choice_says_what_was_missed_and_gives_part_of_the_point(every_kind):
    take(every_kind, 1, "two", "three")
    check(every_kind, 1)
    said = status(every_kind, 1)
    assert said.startswith("Not right."), "one right and one wrong of two each: nothing is left"
    assert "Missed: eight\nTwice four." in re.sub(r"\n+", "\n", said)
    assert "Not right: three" in said
    form(every_kind, 1).get_by_label("three").uncheck()
    check(every_kind, 1)
    assert status(every_kind, 1).startswith("Partly right: 0.5 of 1 point.")
    assert score(every_kind) == "Score: 0.5 of 3."


def test_number_may_be_typed_as_people_do_and_a_known_mistake_is_explained(every_kind):
    page = every_kind
    rows = int(re.search(r"have (\d+) numbers", form(page, 2).inner_text())[1])
    answers = [
        ("", "Answer first"),
        ("forty", "forty is not a number"),
        ("1,000", "can be read in two ways"),
        (str(rows), "Not right."),
        (f"{rows * 4 * 1.02:.1f}", "Not right."),
        (f"{rows * 4} bits", "is not a number"),
        (f"{rows * 4} bytes", "Right."),
        (f"{rows * 8}/2", "Right."),
        (f" {rows * 4 * 1.005:.1f} ".replace(".", ","), "Right."),
    ]
    for typed, said in answers:
        form(page, 2).locator("[name=number]").fill(typed)
        check(page, 2)
        assert said in status(page, 2), typed
        assert ("That counts numbers." in status(page, 2)) == (typed == str(rows))
    assert f"Four times {rows} is {rows * 4}." in status(page, 2)


def test_a_wrong_number_gets_a_hint_and_a_second_one_the_worked_solution(every_kind):
    page = every_kind
    rows = int(re.search(r"have (\d+) numbers", form(page, 2).inner_text())[1])
    solution = f"Worked solution: {rows * 4} bytes"
    hints = [
        (rows * 4000, "their place is not"),
        (rows * 4 * 1.05, "Close"),
        (-rows * 4, "sign"),
        (rows * 6, "Too large."),
        (rows * 90, "Too large, by far."),
        (rows * 1.5, "Too small."),
        (0, "Too small."),
    ]
    for number, hint in hints:
        page.reload()
        page.evaluate("localStorage.clear()")
        page.reload()
        form(page, 2).locator("[name=number]").fill(f"{number:g}")
        check(page, 2)
        assert hint in status(page, 2), number
        assert str(rows * 4) not in re.sub(r"[^ ]*\d{3,}[^ ]*", "", status(page, 2))
        assert solution not in status(page, 2)
        assert not form(page, 2).locator(".quiz-key").is_visible()
        check(page, 2)
        assert solution not in status(page, 2), "the same number is no second try"
    form(page, 2).locator("[name=number]").fill("1.5")
    check(page, 2)
    assert solution in status(page, 2)
    assert f"Four times {rows} is {rows * 4}." in status(page, 2)
    assert form(page, 2).locator(".quiz-key").is_visible()


def test_result_by_topic_leads_to_the_pages_of_what_is_not_right_yet(every_kind):
    page = every_kind
    assert page.locator("h2").all_inner_texts()[:2] == ["Choices", "Numbers"]
    assert "2 questions, about 2 minutes." in page.locator(".quiz-about").all_inner_texts()
    result = page.locator(".quiz-result")
    choices, numbers = (result.locator("li").nth(number) for number in (0, 1))
    link = choices.get_by_role("link", name="The other page")
    assert not result.is_visible()
    take(page, 0, "two")
    check(page, 0)
    assert "1 of 2, 1 not checked yet." in choices.inner_text()
    assert not link.is_visible() and "Read again" not in choices.inner_text()
    take(page, 1, "three")
    check(page, 1)
    assert "1 of 2." in choices.inner_text() and "Read again" in choices.inner_text()
    assert link.is_visible() and link.get_attribute("href") == "other.html"
    assert "0 of 1, 1 not checked yet." in numbers.inner_text()
    assert not barriers(page)
    page.reload()
    assert link.is_visible(), "after a reload, too"
    form(page, 1).get_by_label("three").uncheck()
    take(page, 1, "two", "eight")
    check(page, 1)
    assert "2 of 2." in choices.inner_text() and not link.is_visible()


def test_other_numbers_are_offered_and_remembered(every_kind):
    page = every_kind
    stem = form(page, 2).locator("legend").inner_text()
    form(page, 2).get_by_role("button", name="Other numbers").click()
    assert form(page, 2).locator("legend").inner_text() != stem
    assert page.evaluate("document.activeElement.name") == "number"
    rows = int(re.search(r"have (\d+) numbers", form(page, 2).inner_text())[1])
    page.keyboard.type(str(rows * 4))
    page.keyboard.press("Enter")
    assert status(page, 2).startswith("Right.")
    page.reload()
    assert form(page, 2).locator("[name=number]").input_value() == str(rows * 4)
    assert status(page, 2).startswith("Right.")
    assert score(page) == "Score: 1 of 3."


def test_answer_to_an_earlier_wording_is_not_taken_for_one_to_the_new(every_kind, tmp_path):
    take(every_kind, 0, "two")
    check(every_kind, 0)
    file = tmp_path / "page.html"
    version = form(every_kind, 0).get_attribute("data-version")
    file.write_text(file.read_text(encoding="utf-8").replace(version, "00000000"), encoding="utf-8")
    every_kind.reload()
    assert form(every_kind, 0).locator("input:checked").count() == 0
    assert score(every_kind) == "Score: 0 of 3."
    assert "questions have changed: 1 of them" in every_kind.locator(".quiz-note").inner_text()
    # It is kept: the old wording may come back.
    form(every_kind, 1).get_by_label("two").check()
    file.write_text(file.read_text(encoding="utf-8").replace("00000000", version), encoding="utf-8")
    every_kind.reload()
    assert form(every_kind, 0).locator("input:checked").count() == 1


def test_page_that_may_not_store_anything_says_so_and_works(browser, html):
    context = browser.new_context()
    page = context.new_page()
    page.add_init_script("Object.defineProperty(window, 'localStorage', {get() { throw 1 }})")
    page.goto((html / "book" / f"{NAME}.html").as_uri())
    form(page, 0).locator("input").first.check()
    check(page, 0)
    assert status(page, 0)
    assert "does not let the page remember" in page.locator(".quiz-note").inner_text()
    context.close()


def test_without_a_script_questions_can_be_read_and_answers_are_under_a_fold(browser, html):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((html / "book" / f"{NAME}.html").as_uri())
    for number, asked in enumerate(BANK[NAME].questions[:3]):
        text = question(page, number).inner_text()
        assert plain(asked.stem)[:40] in text
        assert plain(asked.choices[0].feedback)[:40] not in text
        question(page, number).locator("summary").click()
        text = question(page, number).inner_text()
        for choice in asked.choices:
            assert plain(choice.feedback)[:40] in text
    assert not page.locator(".quiz button:visible").count(), "a button that can do nothing"
    context.close()


def test_screen_reader_gets_groups_names_and_a_live_region(every_kind):
    page = every_kind
    group = page.get_by_role("group", name="Question 2 of 3 Which are even?")
    assert group.get_by_role("checkbox").count() == 4
    assert group.get_by_role("checkbox", name="eight").count() == 1
    assert page.get_by_role("textbox", name="Your answer").count() == 1
    region = form(page, 1).get_by_role("status")
    assert region.inner_text() == "", "it must be there, empty, before something is said in it"
    take(page, 1, "two")
    check(page, 1)
    assert "Partly right" in region.inner_text()
    described = form(page, 0).locator("fieldset").get_attribute("aria-describedby")
    assert "x ** 0.5" in page.locator(f"#{described}").inner_text()


def test_script_is_small_and_pages_without_a_quiz_do_not_load_it(html):
    script = (ASSETS / "quiz.js").read_bytes()
    assert len(gzip.compress(script, 9)) <= 5 * 1024
    for path in (html / "book").glob("*.html"):
        text = path.read_text(encoding="utf-8")
        assert ("quiz.js" in text) == ('class="quiz"' in text), path.name
        assert "data-course-quiz" not in text, f"{path.name}: a quiz was not filled in"
