"""What is known about a graded class: each student's points, and what they say about exercises.

It is read from what `course grade` wrote down and from the gradebook as it is now, so that points
which a person gave since count.
"""

from __future__ import annotations

import json
import os
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from embeddings_course._shared.messages import Message
from embeddings_course.grading.course import Course
from embeddings_course.grading.errors import GradingError
from embeddings_course.grading.gradebook.contents import look_at_own, shown_url
from embeddings_course.grading.gradebook.late_penalties import read_lateness
from embeddings_course.grading.judge.plan import in_one_kernel, tests_with_students_names
from embeddings_course.grading.submission_record import ENDED, Record
from embeddings_course.grading.submissions.status import NOT_GRADED, Standing, read_standings

# In the order of a report, each in words.
STATES = {
    "graded": "graded",
    "kernel-died": "kernel died",
    "timed-out": "timed out",
    "unreadable": "unreadable",
    "other-assignment": "another assignment",
    "failed": "grading failed",
    NOT_GRADED: "not graded yet",
    "missing": "not handed in",
}


@dataclass(frozen=True)
class Result:
    """Points on a cell or an exercise.

    ``waiting`` is true where a person has still to give points, ``by_hand`` where one has.
    """

    points: float
    waiting: bool = False
    by_hand: bool = False


@dataclass(frozen=True)
class Exercise:
    """An exercise, with the graded cells that belong to it."""

    name: str
    cells: Mapping[str, float]

    @property
    def max_score(self) -> float:
        """Return the points of all its cells."""
        return sum(self.cells.values())


@dataclass(frozen=True)
class Student:
    """What is known about one student's submission.

    Attributes
    ----------
    id, name : str
        As in the gradebook; the name may be empty.
    state : str
        As in :class:`~embeddings_course.grading.submissions.status.Standing`.
    record : Record
        What grading found.
    cells : mapping of str to Result
        Points of each graded cell; empty unless grading came to an end.
    penalty : float
        Points that are taken off for lateness, 0 or more.
    total : float or None
        The points that are left, or None: a broken submission is not an honest zero.
    earlier : float or None
        Points that the gradebook has from an earlier submission, where this one has no score.
    feedback, notebook : str
        Addresses relative to the report; empty if there are no such files.
    changed : bool
        Whether something else has been handed in since it was graded.
    """

    id: str
    name: str
    state: str
    record: Record
    cells: Mapping[str, Result] = field(default_factory=dict)
    penalty: float = 0.0
    total: float | None = None
    earlier: float | None = None
    feedback: str = ""
    notebook: str = ""
    changed: bool = False

    @property
    def waiting(self) -> bool:
        """Say whether a person has still to give points."""
        return any(result.waiting for result in self.cells.values())

    def result(self, exercise: Exercise) -> Result | None:
        """Return the points on an exercise, or None if there are none."""
        found = [self.cells[cell] for cell in exercise.cells if cell in self.cells]
        if not found:
            return None
        return Result(
            sum(result.points for result in found),
            any(result.waiting for result in found),
            any(result.by_hand for result in found),
        )


@dataclass(frozen=True)
class Report:
    """An assignment of a class.

    ``exercises`` are in the order of the notebook, ``students`` in that of their ids. ``unnamed``
    are folders in the place of a student's whose names cannot be an id. ``one_kernel`` says what it
    means if tests run in one kernel with the student's code; it is empty where they do not.
    """

    course: str
    assignment: str
    exercises: tuple[Exercise, ...]
    students: tuple[Student, ...]
    written: datetime
    unnamed: tuple[str, ...] = ()
    one_kernel: str = ""

    @property
    def states(self) -> dict[str, str]:
        """Return the states that there are, each in words, in the order of the report."""
        there = dict.fromkeys(student.state for student in self.students)
        known = [state for state in STATES if state in there]
        return {state: in_words(state) for state in dict.fromkeys([*known, *there])}

    @property
    def max_score(self) -> float:
        """Return the points of all exercises."""
        return sum(exercise.max_score for exercise in self.exercises)


def read_report(course: Course, assignment: str) -> Report:
    """Read what `course grade` wrote down, and the gradebook as it is now.

    Points are the gradebook's, so those that a person gave in Formgrader count. Those of a
    submission that could not be graded are an earlier one's and count for nothing.

    Parameters
    ----------
    course : Course
        Where.
    assignment : str
        What.

    Raises
    ------
    GradingError
        If the assignment was never graded, or its records or the gradebook cannot be read.
    """
    path = course.root / "grading" / f"{assignment}.json"
    if not path.is_file():
        known = sorted(
            other.stem
            for other in path.parent.glob("*.json")
            if not other.stem.endswith(".released")
        )
        graded = f" Graded so far: {', '.join(known)}." if known else ""
        raise GradingError(
            Message(
                "report-never-graded",
                f"{assignment} was never graded here: there is no {path}. Run "
                f"`course grade {assignment}` first.{graded}",
            )
        )
    contents = look_at_own(course)
    if not contents.exists:
        raise GradingError(
            Message(
                "report-gradebook-missing",
                f"There is no gradebook {shown_url(course)}, which has the points: name the one "
                f"that {assignment} was graded with by --db.",
            )
        )
    if assignment not in contents.assignments:
        raise GradingError(
            Message(
                "report-assignment-unknown",
                f"The gradebook {shown_url(course)} does not know {assignment}: name the one "
                "that it was graded with by --db.",
            )
        )
    standings = read_standings(course, assignment)
    with course.gradebook() as gradebook:
        book = _read_gradebook(gradebook, assignment)
        one_kernel = in_one_kernel(tests_with_students_names(gradebook, assignment))
    for student, late in read_lateness(course, assignment).items():
        record = standings.get(student, Standing()).record
        if record is not None:  # deadlines may be others than when it was graded
            record.late_seconds = late.seconds
    # nbgrader reads all its settings each time that it is asked for its folders.
    folders = course.api.coursedir
    ids = sorted({*standings, *book.names, *book.cells}, key=_natural)
    students = (
        _student(course.root, folders, assignment, id, standings.get(id, Standing()), book)
        for id in ids
    )
    return Report(
        course=folders.course_id,
        assignment=assignment,
        exercises=_exercises(folders, assignment, book),
        students=tuple(students),
        written=datetime.now().astimezone(),
        unnamed=tuple(course.unnamed(assignment)),
        one_kernel=one_kernel,
    )


@dataclass(frozen=True)
class _Book:
    """What the gradebook has of an assignment; cells are ``(notebook, grade_id)``."""

    names: Mapping[str, str]
    max_scores: Mapping[tuple[str, str], float]
    solutions: frozenset[tuple[str, str]]
    cells: Mapping[str, Mapping[tuple[str, str], Result]]
    penalties: Mapping[str, float]

    def key(self, cell: tuple[str, str]) -> str:
        """Return how a cell is called: with its notebook if there are several."""
        several = len({notebook for notebook, _ in self.max_scores}) > 1
        return "/".join(cell) if several else cell[1]


def _read_gradebook(gradebook: Any, assignment: str) -> _Book:
    from nbgrader.api import BaseCell, Grade, Notebook, SubmittedAssignment, SubmittedNotebook

    entry = gradebook.find_assignment(assignment)
    names = {
        student.id: " ".join(filter(None, (student.first_name, student.last_name)))
        for student in gradebook.students
    }
    max_scores, solutions = {}, set()
    for notebook in entry.notebooks:
        for cell in (*notebook.grade_cells, *notebook.task_cells):
            max_scores[notebook.name, cell.name] = float(cell.max_score)
        solutions |= {(notebook.name, cell.name) for cell in notebook.solution_cells}
    # One query for a class: objects would take a query for each grade.
    rows = (
        gradebook.db.query(
            SubmittedAssignment.student_id,
            Notebook.name,
            BaseCell.name,
            Grade.score,
            Grade.auto_score,
            Grade.manual_score,
            Grade.extra_credit,
            Grade.needs_manual_grade,
        )
        .select_from(Grade)
        .join(BaseCell, Grade.cell_id == BaseCell.id)
        .join(SubmittedNotebook, Grade.notebook_id == SubmittedNotebook.id)
        .join(Notebook, SubmittedNotebook.notebook_id == Notebook.id)
        .join(SubmittedAssignment, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
        .filter(SubmittedAssignment.assignment_id == entry.id)
    )
    cells: dict[str, dict[tuple[str, str], Result]] = {}
    for student, notebook, cell, score, auto, manual, extra, needs_person in rows:
        by_hand = manual is not None or bool(extra)
        worth = max_scores.get((notebook, cell), 0) > 0  # or there are no points to wait for
        waiting = worth and (bool(needs_person) or (auto is None and manual is None))
        cells.setdefault(student, {})[notebook, cell] = Result(float(score), waiting, by_hand)
    penalties: dict[str, float] = defaultdict(float)
    for student, penalty in (
        gradebook.db.query(
            SubmittedAssignment.student_id, SubmittedNotebook.late_submission_penalty
        )
        .select_from(SubmittedNotebook)
        .join(SubmittedAssignment, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
        .filter(SubmittedAssignment.assignment_id == entry.id)
    ):
        penalties[student] += float(penalty or 0)
    return _Book(names, max_scores, frozenset(solutions), cells, penalties)


def _student(
    root: Path,
    folders: Any,
    assignment: str,
    id: str,
    standing: Standing,
    book: _Book,
) -> Student:
    state, record = standing.state, standing.record or Record(state="missing")
    known = Student(id, book.names.get(id, ""), state, record, changed=standing.changed)
    points = book.cells.get(id, {})
    if state not in ENDED:
        # An extension alone makes empty grades.
        earlier = sum(result.points for result in points.values())
        return replace(known, earlier=earlier if earlier else None)
    if not points:  # another gradebook, or an emptied one
        return replace(known, total=known.record.score)

    def address(step: str, suffix: str) -> str:
        file = _folder(folders, step, id, assignment) / f"{assignment}{suffix}"
        return _address(file, root / "grading") if file.is_file() else ""

    raw, penalty = sum(result.points for result in points.values()), book.penalties.get(id, 0.0)
    return replace(
        known,
        cells={book.key(cell): result for cell, result in points.items()},
        penalty=penalty,
        total=max(0.0, raw - penalty),  # as `nbgrader export` has it
        feedback=address("feedback", ".html"),
        notebook=address("autograded", ".ipynb"),
    )


def _folder(folders: Any, step: str, student: str, assignment: str) -> Path:
    name = getattr(folders, f"{step}_directory")
    return Path(folders.format_path(name, student, assignment))


def _address(file: Path, seen_from: Path) -> str:
    try:
        relative = os.path.relpath(file, seen_from)
    except ValueError:  # on another drive
        return file.resolve().as_uri()
    return quote(os.fsencode(Path(relative).as_posix()))


def _exercises(folders: Any, assignment: str, book: _Book) -> tuple[Exercise, ...]:
    """Group the graded cells, in the order of the source notebook where it is at hand."""
    order = _order(_folder(folders, "source", ".", assignment), book)
    grouped: dict[str, dict[str, float]] = {}
    for cell in sorted(
        book.max_scores, key=lambda cell: order.get(cell, (1, 0, _natural(cell[1])))
    ):
        notebook, name = cell
        solutions = [solution for where, solution in book.solutions if where == notebook]
        exercise = exercise_of(name, solutions)
        group = grouped.setdefault(book.key((notebook, exercise)), {})
        group[book.key(cell)] = book.max_scores[cell]
    found = (Exercise(name, cells) for name, cells in grouped.items())
    # Cells without points check something but give nothing.
    return tuple(exercise for exercise in found if exercise.max_score > 0)


def exercise_of(cell: str, solutions: Iterable[str]) -> str:
    """Return the exercise to which a graded cell belongs.

    Tests are named after the solution that they test: those of `lookup` are `lookup_<part>`. Where
    an assignment does not keep to this, an exercise is what comes before the last underscore.

    Parameters
    ----------
    cell : str
        The cell's ``grade_id``.
    solutions : iterable of str
        Those of the cells in which students answer.
    """
    tested = [each for each in solutions if cell == each or cell.startswith(f"{each}_")]
    return max(tested, key=len) if tested else cell.rpartition("_")[0] or cell


def _order(folder: Path, book: _Book) -> dict[tuple[str, str], tuple]:
    order: dict[tuple[str, str], tuple] = {}
    for number, notebook in enumerate(sorted({notebook for notebook, _ in book.max_scores})):
        try:
            text = (folder / f"{notebook}.ipynb").read_text(encoding="utf-8")
            cells = json.loads(text)["cells"]
            ids = [cell["metadata"].get("nbgrader", {}).get("grade_id") for cell in cells]
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            continue
        order |= {(notebook, id): (0, number, (place,)) for place, id in enumerate(ids) if id}
    return order


def _natural(text: str) -> tuple:
    """Return a key that sorts `question-2` before `question-10`."""
    parts = re.split(r"([0-9]+)", text)
    return (*((0, int(p), "") if p.isdigit() else (1, 0, p.casefold()) for p in parts), text)


def problems(student: Student) -> list[str]:
    """Say what is wrong with a submission, or with what the gradebook has of it."""
    said = list(student.record.problems)
    if student.changed:
        said.append("Something else has been handed in since it was graded: grade again.")
    if student.earlier is not None:
        said.append(
            f"The gradebook has {plain(student.earlier)} points of an earlier submission, and "
            "`nbgrader export` exports them."
        )
    if student.state in ENDED and not student.cells:
        said.append("The gradebook has no points of it: the total is what grading wrote down.")
    return said


def in_words(state: str) -> str:
    """Say a state in words."""
    return STATES.get(state, state.replace("-", " "))


def plain(value: float) -> str:
    """Write a number with two digits at most after the point."""
    return f"{round(value, 2) + 0:.2f}".rstrip("0").rstrip(".")


def percent(share: float) -> str:
    """Write a share from 0 to 1."""
    return f"{100 * share:.0f} %"
