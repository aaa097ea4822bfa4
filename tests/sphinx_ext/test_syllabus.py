"""The syllabus: complete, true to what it is made from, and clear about what is wrong with that."""

import json
import re
from html import unescape

import pytest

from embeddings_course.quiz.question_files import load_bank
from embeddings_course.sphinx_ext.syllabus import (
    Assignment,
    Course,
    Exercise,
    Page,
    read_assignment,
    read_course,
    term_plan,
)
from embeddings_course.sphinx_ext.syllabus.course_outline import claims_of
from helpers.browser import DESKTOP, PHONE
from helpers.refusals import raises
from helpers.repository import ROOT

COURSE = read_course(ROOT)
NOTEBOOKS = sorted((ROOT / "assignments").glob("*/*.ipynb"))
TASK = "## Exercise 1: Do it (2 points)\n\n*Claims: one, other*\n"


def notebook(folder, *texts, points=2):
    cells = [{"cell_type": "markdown", "source": text, "metadata": {}} for text in texts]
    marks = {"grade": True, "points": points}
    cells.append({"cell_type": "code", "source": "", "metadata": {"nbgrader": marks}})
    path = folder / "task.ipynb"
    path.write_text(json.dumps({"cells": cells}))
    return path


def test_claims_are_read_from_the_metadata_of_an_exercise():
    task = {"cell_type": "markdown", "source": TASK, "metadata": {"claims": ["a", "b"]}}
    assert claims_of(task) == ("a", "b")
    assert claims_of({**task, "metadata": {}}) == ("one", "other")
    assert claims_of({**task, "source": ["## Exercise 1: Do it\n"], "metadata": {}}) == ()


def test_each_page_with_questions_each_claim_and_each_exercise_is_read():
    assert {page.name for page in COURSE.pages} == set(load_bank(ROOT / "book" / "quizzes"))
    text = "\n".join(
        "".join(cell["source"])
        for path in NOTEBOOKS
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]
    )
    found = [exercise for each in COURSE.assignments for exercise in each.exercises]
    assert len(found) == len(re.findall(r"^## Exercise", text, re.MULTILINE)) > 20
    assert len(COURSE.assignments) == len(NOTEBOOKS)
    for page in COURSE.pages:
        assert len(page.objectives) >= 2, page.name
        assert not [each for each in page.objectives if "\n" in each]


def test_an_assignment_is_read_with_its_points_time_and_claims(tmp_path):
    path = notebook(tmp_path, "# The task\n\nIt takes 20 to\n40 minutes.", TASK)
    exercise = Exercise(1, "Do it", 2, ("one", "other"))
    expected = Assignment("task", "The task", 2, 30, (exercise,), questions=0)
    assert read_assignment(path, {"one", "other"}) == expected


@pytest.mark.parametrize(
    ("intro", "task", "points", "complaint"),
    [
        (
            "# T\n5 minutes",
            TASK.replace("other", "mistyped"),
            2,
            ("exercise-claim-unknown", "1", "'mistyped'"),
        ),
        ("# T\n5 minutes", TASK.partition("*")[0], 2, ("exercise-without-claim", "1")),
        ("# T\n5 minutes", TASK, 3, ("exercise-points-mismatch", "2", "3")),
        ("# T\nsoon done", TASK, 2, ("assignment-without-time", "task.ipynb")),
        ("## T\n5 minutes", TASK, 2, ("page-without-title", "task.ipynb", "'# Title'")),
    ],
)
def test_what_an_assignment_does_not_say_rightly_is_told(tmp_path, intro, task, points, complaint):
    path = notebook(tmp_path, intro, task, points=points)
    with raises(ValueError, *complaint):
        read_assignment(path, {"one", "other"})


def small_course(root, objectives="- do it;\n- do it\n  well.\n", page="first", title="# First"):
    (root / "book" / "quizzes").mkdir(parents=True)
    (root / "assignments").mkdir()
    (root / "_toc.yml").write_text(
        "format: jb-book\nroot: book/index\nparts:\n  - caption: P\n    chapters:\n"
        "      - file: book/first\n      - file: book/other\n"
    )
    (root / "book" / "first.md").write_text(f"{title}\n\nAfter this page you can\n\n{objectives}")
    (root / "book" / "other.md").write_text("# To look things up\n")
    (root / "book" / "claims.yml").write_text(f"- {{id: one, page: {page}, sentence: It is.}}\n")
    (root / "book" / "quizzes" / "first.yml").write_text(
        "questions:\n- {id: q, claim: one, level: recall, kind: numeric, stem: What, answer: 1,"
        " tolerance: 0, feedback: One.}\n"
    )
    return root


def test_objectives_of_several_lines_are_read_and_pages_without_any_left_out(tmp_path):
    (page,) = read_course(small_course(tmp_path)).pages
    assert (page.name, page.title, page.part) == ("first", "First", "P")
    assert page.objectives == ("do it;", "do it well.")
    assert [question.id for question in page.questions] == ["q"]


def test_page_without_title_or_objectives_and_claim_without_page_are_told(tmp_path):
    with raises(ValueError, "page-without-objectives", "first.md"):
        read_course(small_course(tmp_path / "a", objectives=""))
    with raises(ValueError, "claim-page-unknown", "one", "other"):
        read_course(small_course(tmp_path / "b", page="other"))
    with raises(ValueError, "page-without-title", "first.md"):
        read_course(small_course(tmp_path / "c", title="First"))


def test_an_exercise_comes_when_all_its_pages_are_read_and_a_quiz_in_the_end():
    class Claim:
        def __init__(self, page):
            self.id = self.page = page

    pages = tuple(Page(name, name, "", (), ()) for name in "abcd")
    both = Exercise(1, "", 1, ("a", "c"))
    early = Exercise(2, "", 1, ("a",))
    code = Assignment("code", "", 2, 10, (both, early), 0)
    quiz = Assignment("quiz", "", 2, 10, (), 5)
    course = Course(pages, tuple(map(Claim, "abcd")), (code, quiz))
    weeks = term_plan(course, {"a": 30, "b": 30, "c": 90, "d": 5}, minutes_a_week=60)
    assert [[page.name for page in week.pages] for week in weeks] == [["a", "b"], ["c"], ["d"]]
    assert [week.exercises for week in weeks] == [((code, early),), ((code, both),), ()]
    assert [week.due for week in weeks] == [(), (code,), (quiz,)]


def article(html, name):
    text = (html / "book" / f"{name}.html").read_text(encoding="utf-8")
    return text[text.index("<article") : text.index("</article")]


def plain(markup):
    return " ".join(unescape(re.sub(r"<[^>]+>", "", markup)).replace("\u2019", "'").split())


def test_the_page_shows_every_claim_exercise_and_page_and_leads_there(html):
    shown = article(html, "syllabus")
    text = plain(shown)
    for page in COURSE.pages:
        assert f'id="syllabus-{page.name}"' in shown
        card = shown[shown.index(f'id="syllabus-{page.name}"') :]
        assert f'href="{page.name}.html' in card[: card.index("</h")]
    for claim in COURSE.claims:
        card = shown[shown.index(f'id="syllabus-{claim.page}"') :].partition("</section>")[0]
        assert f'href="{claim.page}.html#claim-{claim.id}"' in card
        entry = plain(card[card.index(f"#claim-{claim.id}") :].partition("</dd>")[0])
        graded = COURSE.exercises_on(claim.id)
        for assignment, exercise in graded:
            assert f"{assignment.title}, exercise {exercise.number}: " in entry
        assert ("no exercise" in entry) == (not graded)
    for assignment in COURSE.assignments:
        card = shown[shown.index(f'id="assignment-{assignment.name}"') :]
        entries = re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", card.partition("</section>")[0], re.S)
        assert len(entries) == len(assignment.exercises)
        for exercise, (term, told) in zip(assignment.exercises, entries, strict=True):
            assert plain(term).startswith(f"Exercise {exercise.number}: ")
            assert f"({exercise.points} points)" in term
            for name in COURSE.pages_of(exercise):
                assert f'href="{name}.html"' in told
        assert text.count(f"{assignment.title} is due") == 1


def test_times_are_those_that_pages_say_themselves(html):
    shown = article(html, "syllabus")
    for page in COURSE.pages:
        said = re.search(r'class="reading-time">(About \d+ minutes?)[<,]', article(html, page.name))
        if said:
            card = shown[shown.index(f'id="syllabus-{page.name}"') :].partition("</section>")[0]
            assert said[1] in plain(card), page.name


@pytest.mark.parametrize("tab", [DESKTOP, PHONE], ids=["desktop", "phone"], indirect=True)
def test_nothing_on_the_page_is_wider_than_its_card(html, tab):
    tab.goto((html / "book" / "syllabus.html").as_uri())
    assert tab.locator(".syllabus-card").count() > len(COURSE.pages)
    wide = tab.evaluate(
        "[...document.querySelectorAll('.syllabus-card')].filter("
        "c => c.scrollWidth > c.clientWidth).map(c => c.innerText.slice(0, 80))"
    )
    assert not wide
