"""A graded class on one page: who needs a person, who has what, and which exercises look odd.

The page is one HTML file that works by double click: style, script and pictures are in it, and it
asks no host for anything. All that students had a hand in (ids, names, and the sentences about what
they handed in) is escaped, and the page's own policy lets no script run but its own.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import html
import io
import itertools
import json
import math
import os
import re
import statistics
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np

from embeddings_course.grading.course import Course
from embeddings_course.grading.record import ENDED, GradingError, Record, read_records

NOT_GRADED = "not-graded"
# In the order of the page, each in words.
_STATES = {
    "graded": "graded",
    "kernel-died": "kernel died",
    "timed-out": "timed out",
    "unreadable": "unreadable",
    "failed": "grading failed",
    NOT_GRADED: "not graded yet",
    "missing": "not handed in",
}
_LONGEST_SENTENCE = 500
# Groups of the attention list that are longer are folded.
_MOST_AT_ONCE = 12
# What makes a spreadsheet take a cell for a formula, the wide forms of East Asian keyboards too.
_FORMULA = re.compile(r"[=+\-@\t\r\n＝＋－＠]")  # noqa: RUF001
# Points that differ by less are the same.
_SAME = 1e-9


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
        As in :class:`~embeddings_course.grading.record.Record`, or ``not-graded``: handed in, but
        not graded by `course grade`.
    record : Record
        What grading found.
    cells : mapping of str to Result
        Points of each graded cell; empty unless grading came to an end.
    penalty : float
        Points that are taken off for lateness, 0 or more.
    total : float or None
        The points that are left, or None: a broken submission is no honest zero.
    earlier : float or None
        Points that the gradebook has from an earlier submission, where this one has no score.
    feedback, notebook : str
        Addresses relative to the report; empty if there are no such files.
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

    ``exercises`` are in the order of the notebook, ``students`` in that of their ids.
    """

    course: str
    assignment: str
    exercises: tuple[Exercise, ...]
    students: tuple[Student, ...]
    written: datetime

    @property
    def max_score(self) -> float:
        """Return the points of all exercises."""
        return sum(exercise.max_score for exercise in self.exercises)


@dataclass(frozen=True)
class ExerciseStatistics:
    """What the class's points say about one exercise.

    Attributes
    ----------
    exercise : Exercise
        Which.
    counted : int
        Submissions of which all cells were run, and that wait for nobody's points on it.
    mean, all_points, no_points : float or None
        Mean share of the points, and the shares of students with all and with none: 0 to 1. None
        if nobody counts.
    discrimination : float or None
        Item-rest correlation, -1 to 1; None where it is not defined.
    undefined : str
        Why it is not defined, otherwise empty.
    never : tuple of str
        Cells worth points on which nobody has any, though somebody has points on another one.
    """

    exercise: Exercise
    counted: int
    mean: float | None
    all_points: float | None
    no_points: float | None
    discrimination: float | None
    undefined: str
    never: tuple[str, ...]


# Reading ------------------------------------------------------------------------------------------


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
    import sqlalchemy
    from nbgrader.api import MissingEntry

    path = course.root / "grading" / f"{assignment}.json"
    if not path.is_file():
        known = sorted(other.stem for other in path.parent.glob("*.json"))
        graded = f" Graded so far: {', '.join(known)}." if known else ""
        raise GradingError(
            f"{assignment} was never graded here: there is no {path}. Run "
            f"`course grade {assignment}` first.{graded}"
        )
    try:
        records = read_records(path)
    except ValueError as error:
        raise GradingError(str(error)) from error
    url = sqlalchemy.make_url(course.db_url)
    # Opening a gradebook would make one.
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
        raise GradingError(
            f"There is no gradebook {url.database}, which has the points: name the one that "
            f"{assignment} was graded with by --db."
        )
    try:
        with course.gradebook() as gradebook:
            book = _read_gradebook(gradebook, assignment)
    except MissingEntry as error:
        shown = url.render_as_string(hide_password=True)
        raise GradingError(
            f"The gradebook {shown} does not know {assignment}: name the one that it was graded "
            "with by --db."
        ) from error
    # nbgrader reads all its settings each time that it is asked for its folders.
    folders = course.api.coursedir
    handed_in = _handed_in(folders, assignment)
    ids = sorted({*records, *book.names, *book.cells, *handed_in}, key=_natural)
    students = (
        _student(course.root, folders, assignment, id, records.get(id), book, id in handed_in)
        for id in ids
    )
    return Report(
        course=folders.course_id,
        assignment=assignment,
        exercises=_exercises(folders, assignment, book),
        students=tuple(students),
        written=datetime.now().astimezone(),
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
    from nbgrader.api import (
        BaseCell,
        Grade,
        Notebook,
        SubmittedAssignment,
        SubmittedNotebook,
    )

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
        waiting = bool(needs_person) or (auto is None and manual is None)
        cells.setdefault(student, {})[notebook, cell] = Result(float(score), waiting, by_hand)
    penalties = Counter()
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
    record: Record | None,
    book: _Book,
    handed_in: bool,
) -> Student:
    state = record.state if record is not None else "missing"
    if state == "missing" and handed_in:
        state = NOT_GRADED
    known = Student(id, book.names.get(id, ""), state, record or Record(state="missing"))
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


def _handed_in(folders: Any, assignment: str) -> set[str]:
    marker = "STUDENT"
    parts = _folder(folders, "submitted", marker, assignment).parts
    place = parts.index(marker)
    base = Path(*parts[:place])
    return {
        folder.name
        for folder in (base.iterdir() if base.is_dir() else ())
        if not folder.name.startswith(".") and folder.joinpath(*parts[place + 1 :]).is_dir()
    }


def _exercises(folders: Any, assignment: str, book: _Book) -> tuple[Exercise, ...]:
    """Group the graded cells, in the order of the source notebook where it is at hand.

    Tests are named after the solution that they test: those of `lookup` are `lookup_<part>`. Where
    an assignment does not keep to this, an exercise is what comes before the last underscore.
    """
    order = _order(_folder(folders, "source", ".", assignment), book)
    grouped: dict[str, dict[str, float]] = {}
    for cell in sorted(
        book.max_scores, key=lambda cell: order.get(cell, (1, 0, _natural(cell[1])))
    ):
        notebook, name = cell
        tested = [
            solution
            for where, solution in book.solutions
            if where == notebook and (name == solution or name.startswith(f"{solution}_"))
        ]
        exercise = max(tested, key=len) if tested else name.rpartition("_")[0] or name
        group = grouped.setdefault(book.key((notebook, exercise)), {})
        group[book.key(cell)] = book.max_scores[cell]
    found = (Exercise(name, cells) for name, cells in grouped.items())
    # Cells without points check something but give nothing.
    return tuple(exercise for exercise in found if exercise.max_score > 0)


def _order(folder: Path, book: _Book) -> dict[tuple[str, str], tuple]:
    order = {}
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


# Statistics ---------------------------------------------------------------------------------------


def analyse(report: Report) -> list[ExerciseStatistics]:
    """Compute what the points say about each exercise.

    Submissions whose kernel died or that timed out do not count: their zeros after that say nothing
    about the exercises. The rest, with which an exercise is correlated, is all other exercises that
    wait for nobody's points.
    """
    from embeddings_course.quiz.report import item_rest_correlation

    students = [student for student in report.students if student.state == "graded"]
    results = [[student.result(exercise) for exercise in report.exercises] for student in students]
    points = np.array(
        [[math.nan if r is None or r.waiting else r.points for r in row] for row in results]
    ).reshape(len(students), len(report.exercises))  # [students, exercises]
    complete = ~np.isnan(points).any(axis=0)
    found = []
    for number, exercise in enumerate(report.exercises):
        there = ~np.isnan(points[:, number])
        others = complete.copy()
        others[number] = False
        scores, rest = points[there, number], points[there][:, others].sum(axis=1)
        r, undefined = item_rest_correlation(scores, rest)
        if not others.any():
            r, undefined = None, "there is nothing else to compare with"
        counted = [student for student, counts in zip(students, there, strict=True) if counts]
        top = exercise.max_score
        never = [
            cell
            for cell, worth in exercise.cells.items()
            if worth > 0
            and scores.any()
            and not any(s.cells[cell].points for s in counted if cell in s.cells)
        ]
        found.append(
            ExerciseStatistics(
                exercise=exercise,
                counted=len(scores),
                mean=float(scores.mean() / top) if len(scores) else None,
                all_points=float((scores >= top - _SAME).mean()) if len(scores) else None,
                no_points=float((scores <= _SAME).mean()) if len(scores) else None,
                discrimination=r,
                undefined=undefined,
                never=tuple(never),
            )
        )
    return found


def look_at(found: Sequence[ExerciseStatistics]) -> list[str]:
    """Name the exercises that deserve a look, and why.

    They are those that (nearly) everybody or (nearly) nobody has the points of, that have a test
    which nobody passes, or in which those who do well on the rest do no better. With fewer than
    three submissions nothing is said of an exercise.

    Returns
    -------
    list of str
        Sentences, in the order of the exercises. With fewer than 10 submissions the first one says
        that all this means little.
    """
    from embeddings_course.quiz.report import ENOUGH_TO_CORRELATE, FEW_RECORDS

    counted = max((item.counted for item in found), default=0)
    if counted < ENOUGH_TO_CORRELATE:
        return [
            f"Fewer than {ENOUGH_TO_CORRELATE} submissions were graded to the end: too few to say "
            "anything about the exercises."
        ]
    said = []
    if counted < FEW_RECORDS:
        said.append(
            f"Only {counted} submissions were graded to the end: with fewer than {FEW_RECORDS} all "
            "this says little."
        )
    for item in found:
        if item.counted >= ENOUGH_TO_CORRELATE:
            said += [f"{item.exercise.name}: {what}." for what in _remarks(item)]
    return said


def _remarks(item: ExerciseStatistics) -> Iterator[str]:
    from embeddings_course.quiz.report import NEAR_ZERO, NEARLY_ALL_RIGHT, NEARLY_NONE_RIGHT

    if item.all_points == 1:
        yield "everybody has all points, so it tells nobody apart"
    elif item.no_points == 1:
        yield (
            "nobody has a point; look whether its tests pass with the solution, and whether it "
            "says what they expect"
        )
    elif item.mean > NEARLY_ALL_RIGHT:
        yield f"nearly everybody has all points ({_percent(item.mean)} of them on average)"
    elif item.mean < NEARLY_NONE_RIGHT:
        yield (
            f"nearly nobody has points ({_percent(item.mean)} of them on average); look whether it "
            "says what its tests expect"
        )
    for cell in item.never:
        yield (
            f"nobody earns a point in {cell}, which is worth {_number(item.exercise.cells[cell])}; "
            "look whether it tests what was asked for"
        )
    r = item.discrimination
    extreme = not NEARLY_NONE_RIGHT <= item.mean <= NEARLY_ALL_RIGHT
    if r is not None and (r < 0 or (r < NEAR_ZERO and not extreme)):
        meaning = (
            "those who do well on the rest do worse here"
            if r < 0
            else "it has nothing to do with the rest"
        )
        yield (
            f"{meaning} (item-rest correlation {r:.2f}; with {item.counted} submissions chance "
            f"alone moves it by about {1.96 / math.sqrt(item.counted):.2f} either way)"
        )


# Tables -------------------------------------------------------------------------------------------


def to_csv(report: Report) -> str:
    """Write a table with a row for each student; what is not known stays empty.

    ``total`` is after the penalty. A text that a spreadsheet would take for a formula, as it begins
    with = + - @ or a control character, gets an apostrophe in front; numbers stay numbers. Points
    that a person has still to give are missing from the exercises named in ``needs grading``.
    """
    heads = ["id", "name", "state", "total", "max", "late hours", "penalty", "needs grading"]
    heads += [exercise.name for exercise in report.exercises]
    heads += ["repaired", "suspicious", "problems"]
    rows: list[list[object]] = [heads]
    for student in report.students:
        ended, record = student.total is not None, student.record
        results = [student.result(exercise) for exercise in report.exercises]
        waiting = [
            exercise.name
            for exercise, result in zip(report.exercises, results, strict=True)
            if result is not None and result.waiting
        ]
        rows.append(
            [
                student.id,
                student.name,
                student.state,
                student.total,
                report.max_score,
                record.late_seconds / 3600 if ended else None,
                student.penalty if ended else None,
                "; ".join(waiting),
                *(None if result is None else result.points for result in results),
                *(" ".join(getattr(record, kind)) for kind in ("repaired", "suspicious")),
                " ".join(_problems(student)),
            ]
        )
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([_cell(cell) for cell in row] for row in rows)
    return text.getvalue()


def _cell(value: object) -> object:
    if isinstance(value, float):
        return f"{round(value, 4):g}" if abs(value) < 1e5 else value
    if not isinstance(value, str):
        return value
    return f"'{_printable(value)}" if _FORMULA.match(value.lstrip(" ")) else _printable(value)


def _problems(student: Student) -> list[str]:
    said = list(student.record.problems)
    if student.earlier is not None:
        said.append(
            f"The gradebook has {_number(student.earlier)} points of an earlier submission, and "
            "`nbgrader export` exports them."
        )
    return said


def _printable(text: str) -> str:
    """Keep what students bring in from breaking lines, or turning the direction of the text."""
    line = " ".join(text.split())
    return "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in line)


def _number(value: float) -> str:
    return f"{round(value, 2) + 0:.2f}".rstrip("0").rstrip(".")


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


# The page -----------------------------------------------------------------------------------------


def to_html(report: Report) -> str:
    """Write the page: one HTML file that needs no other."""
    here = Path(__file__)
    style = here.with_name("report.css").read_text(encoding="utf-8")
    script = here.with_name("report.js").read_text(encoding="utf-8")
    policy = (
        f"default-src 'none'; base-uri 'none'; form-action 'none'; style-src '{_digest(style)}'; "
        f"script-src '{_digest(script)}'"
    )
    title = _escape(f"{report.assignment}: the class")
    return "\n".join(
        [
            "<!DOCTYPE html>",
            '<html lang="en">',
            "<head>",
            '<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="referrer" content="no-referrer">',
            f"<title>{title}</title>",
            f"<style>{style}</style>",
            "</head>",
            "<body>",
            *_heading(report),
            "<main>",
            *_attention(report),
            *_table(report),
            *_exercise_section(report),
            "</main>",
            f"<script>{script}</script>",
            "</body>",
            "</html>",
            "",
        ]
    )


def _digest(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _escape(text: str) -> str:
    line = _printable(text)
    if len(line) > _LONGEST_SENTENCE:
        line = f"{line[: _LONGEST_SENTENCE - 1].rstrip()}…"
    return html.escape(line)


def _count(number: int, one: str, several: str) -> str:
    return f"{number} {one if number == 1 else several}"


def _heading(report: Report) -> Iterator[str]:
    students = report.students
    states = Counter(student.state for student in students)
    yield "<header>"
    yield f"<h1><bdi>{_escape(report.assignment)}</bdi></h1>"
    yield (
        f"<p>{_count(len(students), 'student', 'students')}, "
        f"{_count(len(report.exercises), 'exercise', 'exercises')}, "
        f"{_number(report.max_score)} points. Course <bdi>{_escape(report.course)}</bdi>, written "
        f'<time datetime="{report.written.isoformat(timespec="minutes")}">'
        f"{report.written:%Y-%m-%d %H:%M}</time>.</p>"
    )
    yield '<ul class="counts">'
    for state, words in _STATES.items():
        if states[state]:
            yield f'<li class="{state}"><b>{states[state]}</b> {words}</li>'
    yield "</ul>"
    totals = [student.total for student in students if student.total is not None]
    if totals:
        mean, median = statistics.mean(totals), statistics.median(totals)
        yield (
            f"<p>Totals of the {len(totals)} with a score: mean {_number(mean)}, median "
            f"{_number(median)}, from {_number(min(totals))} to {_number(max(totals))}.</p>"
        )
    marks = {
        "late": sum(_late_hours(student) > 0 for student in students),
        "repaired": sum(bool(student.record.repaired) for student in students),
        "suspicious": sum(bool(student.record.suspicious) for student in students),
        "with points that a person has still to give": sum(s.waiting for s in students),
    }
    named = [f"{count} {words}" for words, count in marks.items() if count]
    if named:
        yield f"<p>{'; '.join(named)}.</p>"
    yield (
        '<nav aria-label="On this page"><a href="#attention">Needs attention</a> '
        '<a href="#students">Students</a> <a href="#exercises">Exercises</a></nav>'
    )
    yield "</header>"


def _late_hours(student: Student) -> float:
    return max(0.0, student.record.late_seconds / 3600) if student.total is not None else 0.0


_WHY = {
    "failed": "Grading itself failed, so there is no score. Grade again, or look at what was "
    "handed in.",
    "unreadable": "There is no notebook that can be read, so there is no score, which is no zero.",
    "kernel-died": "The kernel ended before the last cell. Points earned before are kept.",
    "timed-out": "The kernel had to be ended, or the time for the whole submission was over. "
    "Points earned before are kept.",
    NOT_GRADED: "Handed in, but not graded here yet: run the command that grades.",
}


def _attention(report: Report) -> Iterator[str]:
    """List who needs a person, by reason."""
    rows = {student.id: number for number, student in enumerate(report.students)}

    def link(student: Student) -> str:
        return (
            f'<a href="#s{rows[student.id]}"><bdi>{_escape(student.id)}</bdi></a>{_named(student)}'
        )

    def told(students: Sequence[Student], sentences: Mapping[str, Sequence[str]]) -> Iterator[str]:
        yield "<ul>"
        for student in students:
            said = " ".join(f"<bdi>{_escape(line)}</bdi>" for line in sentences[student.id])
            yield f"<li>{link(student)}{': ' if said else ''}{said}</li>"
        yield "</ul>"

    def listed(students: Sequence[Student]) -> Iterator[str]:
        yield f'<p class="names">{", ".join(link(student) for student in students)}.</p>'

    yield '<section aria-labelledby="attention"><h2 id="attention">Needs attention</h2>'
    before = len(rows)
    quiet = True
    for state, why in _WHY.items():
        students = [student for student in report.students if student.state == state]
        if students:
            quiet = False
            sentences = {student.id: _problems(student) for student in students}
            body = told(students, sentences)
            yield from _group(_capital(_STATES[state]), len(students), why, body)
    students = [student for student in report.students if student.record.suspicious]
    if students:
        quiet = False
        sentences = {student.id: student.record.suspicious for student in students}
        why = "The points are what the tests gave. Look at the notebook before you trust them."
        yield from _group("Suspicious", len(students), why, told(students, sentences))
    for exercise in report.exercises:
        students = [
            student
            for student in report.students
            if (result := student.result(exercise)) is not None and result.waiting
        ]
        if students:
            quiet = False
            why = "A person gives these points, in Formgrader. Totals are without them so far."
            title = f"To grade by hand: {_escape(exercise.name)}"
            yield from _group(title, len(students), why, listed(students))
    students = [student for student in report.students if student.state == "missing"]
    if students:
        quiet = False
        earlier = [student for student in students if _problems(student)]
        why = "Known to the gradebook, but nothing was handed in. No score, which is no zero."
        body = [*listed(students), *told(earlier, {s.id: _problems(s) for s in earlier})]
        yield from _group(
            _capital(_STATES["missing"]), len(students), why, body if earlier else body[:1]
        )
    if quiet:
        yield f"<p>Nobody: {'all were graded' if before else 'there are no students yet'}.</p>"
    yield "</section>"


def _named(student: Student) -> str:
    return f" <span>(<bdi>{_escape(student.name)}</bdi>)</span>" if student.name else ""


def _capital(words: str) -> str:
    return f"{words[0].upper()}{words[1:]}"


def _group(title: str, count: int, why: str, body: Iterable[str]) -> Iterator[str]:
    yield f"<details{' open' if count <= _MOST_AT_ONCE else ''}>"
    yield f"<summary><h3>{title} <b>({count})</b></h3></summary>"
    yield f"<p>{why}</p>"
    yield from body
    yield "</details>"


def _table(report: Report) -> Iterator[str]:
    penalties = any(student.penalty for student in report.students)
    yield '<section aria-labelledby="students"><h2 id="students">Students</h2>'
    yield from _controls(report)
    if not report.students:
        yield "<p>There are no students yet.</p></section>"
        return
    yield (
        '<div class="scroll" role="region" tabindex="0" aria-label="Table of students">'
        '<table id="class"><thead><tr>'
    )
    yield '<th scope="col" data-sort="text">Student</th><th scope="col" data-sort="text">State</th>'
    top = _number(report.max_score)
    yield f'<th scope="col" data-sort="number">Total <small>of {top}</small></th>'
    for exercise in report.exercises:
        yield (
            f'<th scope="col" data-sort="number">{_breakable(exercise.name)} '
            f"<small>of {_number(exercise.max_score)}</small></th>"
        )
    yield '<th scope="col" data-sort="number">Late <small>hours</small></th>'
    if penalties:
        yield '<th scope="col" data-sort="number">Penalty <small>points</small></th>'
    yield '<th scope="col" data-sort="number">Suspicious</th>'
    yield '<th scope="col" data-sort="number">Repaired</th>'
    yield '<th scope="col" data-sort="number">Time <small>s</small></th>'
    yield '<th scope="col" data-sort="number">Memory <small>MB</small></th>'
    yield '<th scope="col">Files</th></tr></thead><tbody>'
    for number, student in enumerate(report.students):
        yield _row(report, number, student, penalties)
    yield "</tbody></table></div>"
    yield (
        '<p class="key">Totals are after late penalties. A shaded cell has lost points: lightly '
        "some, darkly all. “No score” is no zero.</p></section>"
    )


def _breakable(name: str) -> str:
    return re.sub(r"([-_/])(?=.)", r"\1<wbr>", _escape(name))


def _controls(report: Report) -> Iterator[str]:
    """Yield what the script shows when it runs; without it there are no dead controls."""
    states = {student.state for student in report.students}
    choices = [(state, _capital(words)) for state, words in _STATES.items() if state in states]
    marks = {mark for student in report.students for mark in _marks(student)}
    choices += [(mark, words) for mark, words in _MARKS.items() if mark in marks]
    yield '<form class="controls" hidden role="search" aria-label="Students">'
    yield '<label>Search <input type="search" id="search" autocomplete="off"></label>'
    yield '<label>Show <select id="show"><option value="">everybody</option>'
    yield from (f'<option value="{value}">{words}</option>' for value, words in choices)
    yield '</select></label><output id="shown"></output></form>'


_MARKS = {
    "waiting": "To grade by hand",
    "suspicious": "Suspicious",
    "repaired": "Repaired",
    "late": "Late",
}


def _marks(student: Student) -> list[str]:
    there = {
        "waiting": student.waiting,
        "suspicious": bool(student.record.suspicious),
        "repaired": bool(student.record.repaired),
        "late": _late_hours(student) > 0,
    }
    return [mark for mark, holds in there.items() if holds]


def _row(report: Report, number: int, student: Student, penalties: bool) -> str:
    record, words = student.record, _STATES.get(student.state, student.state)
    name = f"<small><bdi>{_escape(student.name)}</bdi></small>" if student.name else ""
    cells = [f'<th scope="row"><bdi>{_escape(student.id)}</bdi>{name}</th>']
    order = list(_STATES).index(student.state) if student.state in _STATES else len(_STATES)
    said = _folded(_escape(words), _problems(student))
    cells.append(f'<td class="state" data-v="{order}">{said}</td>')
    if student.total is None:
        cells.append('<td class="none">no score</td>')
    else:
        so_far = " <small>so far</small>" if student.waiting else ""
        value = f' data-v="{student.total:g}"' if so_far else ""
        cells.append(f'<td class="total"{value}>{_number(student.total)}{so_far}</td>')
    cells += [_points(student.result(exercise), exercise) for exercise in report.exercises]
    late = _late_hours(student)
    cells.append(f"<td>{f'{late:.1f}' if late > 0 else ''}</td>")
    if penalties:
        cells.append(f"<td>{_number(student.penalty) if student.penalty else ''}</td>")
    for sentences in (record.suspicious, record.repaired):
        shown = _folded(str(len(sentences)), sentences) if sentences else ""
        cells.append(f'<td data-v="{len(sentences)}">{shown}</td>' if shown else "<td></td>")
    cells.append(f"<td>{f'{record.seconds:.1f}' if record.seconds else ''}</td>")
    cells.append(f"<td>{f'{record.peak_memory / 1e6:.0f}' if record.peak_memory else ''}</td>")
    who = _escape(student.id)
    links = [
        f'<a href="{html.escape(address)}" aria-label="{words} of {who}">{words}</a>'
        for words, address in (("feedback", student.feedback), ("notebook", student.notebook))
        if address
    ]
    cells.append(f'<td class="files">{" ".join(links)}</td>')
    marks = " ".join([student.state, *_marks(student)])
    return f'<tr id="s{number}" data-is="{html.escape(marks)}">{"".join(cells)}</tr>'


def _folded(summary: str, sentences: Sequence[str]) -> str:
    if not sentences:
        return summary
    said = "".join(f"<li><bdi>{_escape(sentence)}</bdi></li>" for sentence in sentences)
    return f"<details><summary>{summary}</summary><ul>{said}</ul></details>"


def _points(result: Result | None, exercise: Exercise) -> str:
    if result is None:
        return "<td>–</td>"  # noqa: RUF001
    shown, value = _number(result.points), f' data-v="{result.points:g}"'
    if result.waiting:
        earned = f"{shown} " if result.points or result.by_hand else ""
        return f"<td{value}>{earned}<small>to grade</small></td>"
    lost = ""
    if result.points < exercise.max_score - _SAME:
        lost = ' class="some"' if result.points > _SAME else ' class="all"'
    if result.by_hand:
        return f"<td{lost}{value}>{shown} <small>by hand</small></td>"
    return f"<td{lost}>{shown}</td>"


def _exercise_section(report: Report) -> Iterator[str]:
    yield '<section aria-labelledby="exercises"><h2 id="exercises">Exercises</h2>'
    found = analyse(report)
    yield "<h3>Worth a look</h3>"
    said = look_at(found)
    if said:
        yield "<ul>"
        yield from (f"<li>{_escape(sentence)}</li>" for sentence in said)
        yield "</ul>"
    else:
        yield "<p>None stands out.</p>"
    yield "<h3>Points</h3>"
    yield (
        "<p>How many students have how many points. Totals count everybody with a score; exercises "
        "count submissions of which all cells were run, without those that wait for a person’s "  # noqa: RUF001
        "points. The item-rest correlation tells whether those who do well on the rest do well "
        "here; negative ones are odd.</p>"
    )
    yield '<div class="figures">'
    totals = [student.total for student in report.students if student.total is not None]
    if totals and report.max_score > 0:
        yield _figure(
            "Total", totals, report.max_score, [f"mean {_number(statistics.mean(totals))}"]
        )
    graded = [student for student in report.students if student.state == "graded"]
    for item in found:
        results = (student.result(item.exercise) for student in graded)
        points = [r.points for r in results if r is not None and not r.waiting]
        if not points:
            yield (
                f"<figure><figcaption><b>{_breakable(item.exercise.name)}</b><br>No points yet."
                "</figcaption></figure>"
            )
            continue
        r = item.discrimination
        facts = [
            f"mean {_number(item.mean * item.exercise.max_score)}",
            f"all points {_percent(item.all_points)}",
            f"none {_percent(item.no_points)}",
            f"item-rest correlation {f'{r:.2f}' if r is not None else f'– ({item.undefined})'}",  # noqa: RUF001
        ]
        yield _figure(item.exercise.name, points, item.exercise.max_score, facts)
    yield "</div></section>"


def _figure(title: str, values: Sequence[float], top: float, facts: Sequence[str]) -> str:
    """Draw a histogram, with all that it shows in words."""
    bars = histogram(values, top)
    highest = max(count for _, count in bars)
    width, height, above, below = 240, 70, 14, 16
    step = width / len(bars)
    drawn = []
    for place, (_, count) in enumerate(bars):
        tall = count / highest * height
        x, y = place * step, above + height - tall
        if count:
            drawn.append(
                f'<rect x="{x + 1:.1f}" y="{y:.1f}" width="{step - 2:.1f}" height="{tall:.1f}"/>'
                f'<text x="{x + step / 2:.1f}" y="{y - 3:.1f}">{count}</text>'
            )
    base = above + height
    drawn.append(f'<path d="M0 {base}.5H{width}"/>')
    drawn.append(f'<text class="from" x="0" y="{base + 12}">0</text>')
    drawn.append(f'<text class="to" x="{width}" y="{base + 12}">{_number(top)}</text>')
    words = ", ".join(f"{label}: {count}" for label, count in bars if count)
    spoken = f"{_escape(title)}, students by points. {words}."
    return (
        f"<figure><figcaption><b>{_breakable(title)}</b> <small>of {_number(top)}, "
        f"{len(values)} counted</small></figcaption>"
        f'<svg role="img" aria-label="{spoken}" viewBox="0 0 {width} {base + below}">'
        f"{''.join(drawn)}</svg><p>{_escape('; '.join(facts))}</p></figure>"
    )


def histogram(values: Sequence[float], top: float) -> list[tuple[str, int]]:
    """Count values: one bar for each number of points where these are few, else ten ranges.

    Parameters
    ----------
    values : sequence of float
        Points, 0 or more; what is above `top` counts for the last bar.
    top : float
        The most points, above 0.

    Returns
    -------
    list of (str, int)
        What a bar stands for, and how many values it has.
    """
    whole = top <= 10 and all(float(value).is_integer() for value in (*values, top))
    if whole:
        counts = Counter(int(min(max(value, 0), top)) for value in values)
        return [(str(points), counts[points]) for points in range(int(top) + 1)]
    counts = Counter(min(int(max(value, 0) / top * 10 + _SAME), 9) for value in values)
    edges = [_number(top * place / 10) for place in range(11)]
    labels = [f"{low} to below {high}" for low, high in itertools.pairwise(edges)]
    labels[-1] = f"{edges[-2]} to {edges[-1]}"
    return [(label, counts[place]) for place, label in enumerate(labels)]


# Writing ------------------------------------------------------------------------------------------


def write_report(course: Course, assignment: str) -> Path:
    """Write ``grading/NAME.html`` and ``grading/NAME.csv``, each at once.

    Returns
    -------
    Path
        The page.

    Raises
    ------
    GradingError
        If the assignment was never graded, or what was written down cannot be read.
    OSError
        If the files cannot be written.
    """
    report = read_report(course, assignment)
    page = course.root / "grading" / f"{assignment}.html"
    # Spreadsheets take a table for UTF-8 if a byte order mark says so.
    _write(page.with_suffix(".csv"), "\ufeff" + to_csv(report))
    return _write(page, to_html(report))


def _write(path: Path, text: str) -> Path:
    new = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        new.write_text(text, encoding="utf-8", newline="")
        return new.replace(path)
    finally:
        new.unlink(missing_ok=True)
