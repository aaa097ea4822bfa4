"""The report of a graded class: a page for a person, and a table for a spreadsheet."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from embeddings_course._shared.csv_files import csv_text
from embeddings_course._shared.text import printable
from embeddings_course.grading.course import Course
from embeddings_course.grading.gradebook.late_penalties import renew_penalties
from embeddings_course.grading.report.class_results import Report, Result, problems, read_report
from embeddings_course.grading.report.page import to_html
from embeddings_course.grading.submission_record import write_at_once

__all__ = ["Report", "read_report", "to_csv", "to_html", "write_report"]


def to_csv(report: Report) -> str:
    """Write a table with a row for each student; what is not known stays empty.

    ``total`` is after the penalty. A text that a spreadsheet would take for a formula, as it begins
    with = + - or @, gets an apostrophe in front; numbers stay numbers. Points that a person has
    still to give are missing from the exercises named in ``needs grading``, and from the total.
    """
    heads = ["id", "name", "state", "total", "max", "late hours", "penalty", "needs grading"]
    heads += [exercise.name for exercise in report.exercises]
    heads += ["repaired", "suspicious", "noted", "problems"]
    rows: list[list[str | float | None]] = []
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
                *(_known(result) for result in results),
                *(" ".join(getattr(record, kind)) for kind in ("repaired", "suspicious", "noted")),
                " ".join(problems(student)),
            ]
        )
    return csv_text([printable(head) for head in heads], map(_shown, rows), decimals=4)


def _shown(cells: Sequence[str | float | None]) -> list[str | float]:
    return [cell if isinstance(cell, float) else printable(cell or "") for cell in cells]


def _known(result: Result | None) -> float | None:
    """Return the points, or None: what waits for a person is not a zero."""
    return None if result is None or (result.waiting and not result.points) else result.points


def write_report(course: Course, assignment: str, *, say: Callable[[str], None] = print) -> Path:
    """Write ``grading/NAME.html`` and ``grading/NAME.csv``, each at once.

    Penalties for lateness are worked out again first, and ``say`` gets what changed.

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
    report = read_report(course, assignment)  # which refuses what must not be written to
    if changed := renew_penalties(course, assignment):
        for sentence in changed:
            say(f"  {sentence}")
        report = read_report(course, assignment)
    page = course.root / "grading" / f"{assignment}.html"
    # Spreadsheets take a table for UTF-8 if a byte order mark says so.
    write_at_once(page.with_suffix(".csv"), "\ufeff" + to_csv(report))
    write_at_once(page, to_html(report))
    return page
