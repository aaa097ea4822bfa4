"""A board to show in class: what each student's answer was measured to achieve.

A test says what it has measured in the last line that it prints, as in
``Measured: recall@1 0.915, bytes 108, seconds 0.0123``. The first number orders the board. Only a
test that has passed counts, in whole or in part: nothing that a student's code prints comes after
what the test says.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import nbformat

from embeddings_course.grading.course import Course
from embeddings_course.grading.report.class_results import Report, read_report
from embeddings_course.grading.safe_templates import safe_templates
from embeddings_course.grading.submission_record import write_at_once

_ASSETS = Path(__file__).parent / "assets"
_LINE = re.compile(r"Measured: (?P<all>[^\n]{1,300})")
_ONE = re.compile(r"(?P<what>[\w@ ]{1,40}) (?P<number>-?[\d.]{1,20}(?:e-?\d+)?)")


@dataclass(frozen=True)
class Row:
    """One student's line of a board.

    Attributes
    ----------
    who : str
        Name or id, or a letter where names are left out.
    measured : mapping of str to float
        Each number by what it is.
    """

    who: str
    measured: Mapping[str, float]


def measured(notebook: nbformat.NotebookNode) -> dict[str, float]:
    """Return what the tests of a graded notebook say that they have measured."""
    found: dict[str, float] = {}
    for cell in notebook.cells:
        marks = cell.metadata.get("nbgrader", {})
        if cell.cell_type != "code" or not marks.get("grade") or marks.get("solution"):
            continue
        if any(output.output_type == "error" for output in cell.outputs):
            continue
        printed = "".join(
            output.get("text", "") for output in cell.outputs if output.output_type == "stream"
        )
        line = _LINE.fullmatch(printed.rstrip().rpartition("\n")[2])
        for part in line["all"].split(", ") if line else ():
            if (one := _ONE.fullmatch(part)) and math.isfinite(number := _float(one["number"])):
                found[one["what"]] = number
    return found


def _float(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def rows_of(course: Course, report: Report, *, anonymous: bool = False) -> list[Row]:
    """Return the lines of a board, the largest first number first.

    Parameters
    ----------
    course : Course
        Where the graded notebooks are.
    report : Report
        Of the assignment.
    anonymous : bool
        Whether letters stand for names. Who knows only the class list cannot tell whose they are.
    """
    rows = []
    for student in report.students:
        path = _graded(course, student.id, report.assignment)
        try:
            found = measured(nbformat.read(path, as_version=4))
        except (OSError, ValueError, AttributeError, KeyError, TypeError):
            continue
        if found:
            rows.append((Row(student.name or student.id, found), student.id))
    # Equal ones in an order that is none of the class list's.
    rows.sort(key=lambda row: (-next(iter(row[0].measured.values())), _digest(row[1])))
    if not anonymous:
        return [row for row, _ in rows]
    return [Row(_letters(place), row.measured) for place, (row, _) in enumerate(rows)]


def to_html(assignment: str, rows: Sequence[Row]) -> str:
    """Write a board as one page that needs no other file."""
    columns = list(dict.fromkeys(what for row in rows for what in row.measured))
    template = safe_templates(_ASSETS).get_template("board.html.j2")
    return template.render(assignment=assignment, rows=rows, columns=columns)


def write_board(course: Course, assignment: str, *, anonymous: bool = False) -> Path | None:
    """Write ``grading/NAME-board.html``.

    Parameters
    ----------
    course : Course
        The course.
    assignment : str
        Its name.
    anonymous : bool
        Whether letters stand for names.

    Returns
    -------
    Path or None
        The page; None where no test has measured anything. An earlier board is removed then.

    Raises
    ------
    GradingError
        If the assignment was never graded.
    OSError
        If the file cannot be written.
    """
    rows = rows_of(course, read_report(course, assignment), anonymous=anonymous)
    page = course.root / "grading" / f"{assignment}-board.html"
    if not rows:
        page.unlink(missing_ok=True)
        return None
    write_at_once(page, to_html(assignment, rows))
    return page


def _graded(course: Course, student: str, assignment: str) -> Path:
    folders = course.api.coursedir
    folder = folders.format_path(folders.autograded_directory, student, assignment)
    return Path(folder) / f"{assignment}.ipynb"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def _letters(place: int) -> str:
    """Return A to Z, then AA and so on."""
    letters = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
