"""Stock nbgrader, from release to export: each student gets exactly the points that are due."""

import copy
import csv
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook

from assignments.graders import FOLDER, SOURCE, read_source
from embeddings_course.grading.demo_class.exercise_answers import (
    exercises,
    read_answers,
    with_answers,
)

ASSIGNMENTS = sorted(path.name for path in FOLDER.iterdir() if (SOURCE / path.name).is_dir())
# What students really do to a notebook before they hand it in.
OVERWRITTEN = "torch = 3\nnp = None\nsum = 0"


def nbgrader(root, *arguments):
    environ = {"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "HOME": str(root)}
    environ |= {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "nbgrader", *arguments]
    result = subprocess.run(command, cwd=root, env=environ, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr[-3000:]
    return result.stderr


def solved(released, source, names):
    """Put the solutions of some exercises into what students get."""
    answers = {cell.id: cell.source for cell in source.cells if cell.id in names}
    return with_answers(released, answers)


def messy(released, source):
    """Overwrites names, deletes its first answer, prints the second, loops in the third."""
    points = exercises(source)
    first, second, third, *others = points
    notebook = solved(released, source, others)
    cells = {cell.id: cell for cell in notebook.cells}
    names = re.findall(r"^def (\w+)", cells[second].source, re.MULTILINE)
    cells[second].source = "\n".join(f"def {name}(*given): print(given)" for name in names)
    cells[third].source = "while True:\n    pass"
    notebook.cells = [cell for cell in notebook.cells if cell.id != first]
    notebook.cells.insert(2, nbformat.v4.new_code_cell(OVERWRITTEN, id="mess"))
    return notebook, sum(sum(points[name].values()) for name in others)


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A class whose points are known, graded with nbgrader's own commands."""
    root = tmp_path_factory.mktemp("course")
    shutil.copy(SOURCE.parent / "nbgrader_config.py", root)
    due = {}
    for name in ASSIGNMENTS:
        shutil.copytree(SOURCE / name, root / "source" / name)
        nbgrader(root, "generate_assignment", name, "--create")
        released = nbformat.read(root / "assignments" / name / f"{name}.ipynb", as_version=4)
        source = read_source(name)
        points = exercises(source)
        wrong = {exercise: wrong_answer(name, exercise) for exercise in points}
        every_other = list(points)[::2]
        hand_in = {
            "empty": (copy.deepcopy(released), 0),
            "partial": (
                solved(released, source, every_other),
                sum(sum(points[exercise].values()) for exercise in every_other),
            ),
            "perfect": (
                solved(released, source, points),
                sum(sum(cells.values()) for cells in points.values()),
            ),
            "wrong": (
                with_answers(released, {exercise: w.code for exercise, w in wrong.items()}),
                sum(
                    sum(p for cell, p in cells.items() if cell not in wrong[exercise].loses)
                    for exercise, cells in points.items()
                ),
            ),
        }
        # What nbgrader does with a kind of answer it does in all assignments; what their cells
        # say of answers is for test_graders. One of them waits for nbgrader's time limit.
        if name == ASSIGNMENTS[0]:
            hand_in["messy"] = messy(released, source)
        else:
            hand_in = {"partial": hand_in["partial"]}
        for student, (notebook, expected) in hand_in.items():
            folder = root / "submitted" / student / name
            folder.mkdir(parents=True)
            nbformat.write(notebook, folder / f"{name}.ipynb")
            due[student, name] = expected
        nbgrader(root, "autograde", name, "--create")
        nbgrader(root, "generate_feedback", name)
    nbgrader(root, "export")
    return root, due


def wrong_answer(assignment, exercise):
    answers = read_answers(FOLDER / assignment / f"{exercise}.py")
    return next(answer for answer in answers if answer.loses)


def test_every_student_has_exactly_the_points_that_are_due(course):
    root, due = course
    with Gradebook(f"sqlite:///{root / 'gradebook.db'}") as book:
        got = {(student, name): book.find_submission(name, student).score for student, name in due}
    assert got == due
    assert len({student for student, _ in due}) == 5


def test_the_export_says_the_same(course):
    root, due = course
    with (root / "grades.csv").open(encoding="utf-8", newline="") as file:
        rows = {(row["student_id"], row["assignment"]): row for row in csv.DictReader(file)}
    for key, expected in due.items():
        assert float(rows[key]["score"]) == expected


def test_feedback_tells_what_is_wrong(course):
    root, due = course
    name = ASSIGNMENTS[0]
    told = (root / "feedback" / "messy" / name / f"{name}.html").read_text(encoding="utf-8")
    for sentence in (
        "There is no function",
        "a function hands its result over with return",
        "No reply from kernel before timeout",
    ):
        assert sentence in told
    for student, assignment in due:
        assert (root / "feedback" / student / assignment / f"{assignment}.html").exists()


def test_the_written_answer_waits_for_a_person(course):
    root, _ = course
    written = [
        (name, cell.id)
        for name in ASSIGNMENTS
        for cell in read_source(name).cells
        if cell.cell_type == "markdown" and cell.metadata.get("nbgrader", {}).get("grade")
    ]
    assert written
    with Gradebook(f"sqlite:///{root / 'gradebook.db'}") as book:
        for name, cell in written:
            grade = book.find_grade(cell, name, name, "partial")
            assert not grade.needs_manual_grade
            assert grade.score == 0


def test_what_students_get_is_what_nbgrader_makes_and_holds_no_solution(course):
    root, _ = course
    for name in ASSIGNMENTS:
        made = (root / "assignments" / name / f"{name}.ipynb").read_bytes()
        committed = SOURCE.parent / "assignments" / name / f"{name}.ipynb"
        assert made == committed.read_bytes(), f"assignments/{name} is stale: make assignments"
        notebook = nbformat.reads(made.decode(), as_version=4)
        text = "\n".join(cell.source for cell in notebook.cells)
        assert "BEGIN SOLUTION" not in text
        assert "HIDDEN TESTS" not in text
        assert "widgets" not in notebook.metadata
        assert not [cell for cell in notebook.cells if cell.get("outputs")]
        source = "\n".join(cell.source for cell in read_source(name).cells)
        region = re.compile(r"### BEGIN (SOLUTION|HIDDEN TESTS).*?### END \1", re.DOTALL)
        secret = long_lines("\n".join(match[0] for match in region.finditer(source)))
        # What stands outside of these regions as well, students may see.
        secret -= long_lines(region.sub("", source))
        assert len(secret) > 20
        assert not secret & long_lines(text)


def long_lines(text):
    return {line.strip() for line in text.splitlines() if len(line.strip()) > 30}
