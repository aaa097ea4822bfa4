"""Validate for students and formgrader for instructors, in a real browser with a real server."""

import re
import shutil

import nbformat
import pytest
from nbgrader.api import Gradebook

from assignments.graders import read_source
from embeddings_course.grading.demo_class.exercise_answers import exercises, with_answers
from grading.classroom import Class
from helpers.browser import wait_for
from helpers.jupyter_server import open_notebook, serve
from helpers.repository import ROOT

NAME = "reuse-and-alignment"  # the one with an answer in words
QUIZ = "knowledge-check"


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A course with one real assignment that two students have handed in, graded."""
    course = Class(tmp_path_factory.mktemp("term") / "course")
    shutil.copytree(ROOT / "source" / NAME, course.root / "source" / NAME)
    source = read_source(NAME)
    released = nbformat.read(ROOT / "assignments" / NAME / f"{NAME}.ipynb", as_version=4)
    answers = {cell.id: cell.source for cell in source.cells if cell.id in exercises(source)}
    (written,) = (
        cell.id
        for cell in source.cells
        if cell.cell_type == "markdown" and cell.metadata.get("nbgrader", {}).get("grade")
    )
    first = next(iter(answers))
    wrong = answers | {first: answers[first].replace("return ", "return 2 * ")}
    for student, given in (("ann", answers), ("bob", wrong)):
        notebook = with_answers(released, given | {written: "The sequence model, by 0.31."})
        folder = course.root / "submitted" / student / NAME
        folder.mkdir(parents=True)
        nbformat.write(notebook, folder / f"{NAME}.ipynb")
    status, said = course.grade(assignment=NAME)
    assert status == 0, said
    # What the students have themselves, and one who has done nothing yet.
    for student in ("ann", "bob"):
        shutil.copytree(course.root / "submitted" / student, course.root / "work" / student)
    for name in (NAME, QUIZ):
        shutil.copytree(ROOT / "assignments" / name, course.root / "work" / "new" / name)
    course.written = written
    return course


@pytest.fixture(scope="module")
def server(course, tmp_path_factory):
    with serve(course.root, tmp_path_factory.mktemp("home")) as address:
        yield address


@pytest.fixture
def page(browser, server):
    """A tab from which nothing but this machine is reached."""
    context = browser.new_context(viewport={"width": 1280, "height": 1000})
    page = context.new_page()
    page.set_default_timeout(120_000)
    page.route(
        lambda url: not url.startswith((server, "data:", "blob:")), lambda route: route.abort()
    )
    yield page
    context.close()


def validated(page, server, student, name=NAME):
    """Press Validate and return what the dialog says."""
    open_notebook(page, f"{server}/lab/tree/work/{student}/{name}/{name}.ipynb?reset")
    page.get_by_role("button", name="Validate", exact=True).first.click()
    dialog = page.locator(".jp-Dialog", has_text="Validation Results")
    dialog.wait_for()
    return dialog.inner_text()


def test_validate_tells_who_has_done_nothing(page, server):
    said = validated(page, server, "new")
    assert "The following" in said and "failed" in said
    assert "is not written yet" in said


def test_validate_tells_what_is_wrong_in_a_sentence(page, server):
    said = validated(page, server, "bob")
    assert "CheckFailed: probe_scores, on the example by hand" in said
    assert "exercises.py" not in said, "frames of the checks hide what they say"


def test_validate_names_the_questions_of_the_quiz_that_are_not_answered(page, server):
    said = validated(page, server, "new", QUIZ)
    assert "CheckFailed: question 1 has no answer" in said
    assert "CheckFailed: question 20 has no answer" in said


def test_validate_is_content_with_right_answers(page, server):
    assert "Success! Your notebook passes all the tests." in validated(page, server, "ann")


# Of each code cell its number once it has run, its errors, and what it printed. The page draws only
# what is near.
RESULTS = """() => window.jupyterapp.shell.currentWidget.content.widgets
    .filter((cell) => cell.model.type === "code")
    .map(({ model: { executionCount, outputs } }) => ({
        number: executionCount,
        errors: outputs.toJSON().filter((output) => output.output_type === "error"),
        printed: outputs.toJSON().map((output) => output.text || "").flat().join(""),
    }))"""


def run_all(page, server, student):
    """Run a student's notebook by the menu; returns RESULTS once its last cell has run."""
    open_notebook(page, f"{server}/lab/tree/work/{student}/{NAME}/{NAME}.ipynb?reset")
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.locator(".lm-Menu-itemLabel", has_text="Run All Cells").first.click()
    wait_for(lambda: page.evaluate(RESULTS)[-1]["printed"], seconds=300)
    cells = page.evaluate(RESULTS)
    assert [cell["number"] for cell in cells] == list(range(1, len(cells) + 1))
    return cells


def test_a_notebook_runs_from_top_to_bottom_in_jupyterlab(page, server):
    cells = run_all(page, server, "ann")
    assert [cell["errors"] for cell in cells if cell["errors"]] == []
    (before, after) = re.match(
        r"(\d+) of \1 points tried are right; (\d+) more are tried when graded\.\n",
        cells[-1]["printed"],
    ).groups()
    assert int(before) + int(after) == 40


def test_a_notebook_in_which_nothing_is_written_runs_to_its_sum(page, server):
    cells = run_all(page, server, "new")
    assert sum(bool(cell["errors"]) for cell in cells) > 8
    assert cells[-1]["printed"].startswith("0 of ")
    assert "Not right yet: exercise 1, check" in cells[-1]["printed"]


def test_formgrader_lists_the_class_and_takes_a_grade_by_hand(page, server, course):
    page.goto(f"{server}/formgrader/manage_assignments")
    row = page.locator("tr", has_text=NAME)
    row.wait_for()
    assert row.locator("td.num-submissions").inner_text().strip() == "2"
    page.goto(f"{server}/formgrader/manage_submissions/{NAME}")
    for student in ("ann", "bob"):
        page.locator("tr", has_text=student).first.wait_for()

    with Gradebook(f"sqlite:///{course.root / 'gradebook.db'}") as book:
        notebook = book.find_submission_notebook(NAME, NAME, "ann")
        before, number = notebook.score, notebook.id
        assert notebook.needs_manual_grade
    page.goto(f"{server}/formgrader/submissions/{number}/")
    page.wait_for_load_state("load")
    box = page.locator(f"input.score[id='{course.written}']")
    wait_for(lambda: "needs_manual_grade" in box.get_attribute("class"))
    box.fill("4.5")
    box.press("Tab")
    comment = page.locator(f"textarea.comment[id='{course.written}-comment']")
    comment.fill("Name the spread, too.")
    comment.press("Tab")

    def saved():
        with Gradebook(f"sqlite:///{course.root / 'gradebook.db'}") as book:
            notebook = book.find_submission_notebook(NAME, NAME, "ann")
            words = book.find_comment(course.written, NAME, NAME, "ann").comment
            return notebook.score == before + 4.5 and words == "Name the spread, too."

    wait_for(saved, seconds=30)
    page.reload()
    wait_for(lambda: box.input_value() == "4.5")

    # Grading again keeps what a person has given.
    status, said = course.grade("--force", "--students", "ann", assignment=NAME)
    assert status == 0, said
    assert saved()
