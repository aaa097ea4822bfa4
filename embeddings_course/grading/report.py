"""The report of a graded class: a page for a person, and a table for a spreadsheet."""

from __future__ import annotations

import csv
import io
import os
from pathlib import Path

from embeddings_course.grading.course import Course
from embeddings_course.grading.report_page import to_html
from embeddings_course.grading.results import Report, Result, printable, problems, read_report

__all__ = ["Report", "read_report", "to_csv", "to_html", "write_report"]

# What a spreadsheet takes for the beginning of a formula; the wide ones are East Asian keyboards'.
_FORMULA = tuple("=+-@＝＋－＠")  # noqa: RUF001


def to_csv(report: Report) -> str:
    """Write a table with a row for each student; what is not known stays empty.

    ``total`` is after the penalty. A text that a spreadsheet would take for a formula, as it begins
    with = + - or @, gets an apostrophe in front; numbers stay numbers. Points that a person has
    still to give are missing from the exercises named in ``needs grading``, and from the total.
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
                *(_known(result) for result in results),
                *(" ".join(getattr(record, kind)) for kind in ("repaired", "suspicious")),
                " ".join(problems(student)),
            ]
        )
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([_cell(cell) for cell in row] for row in rows)
    return text.getvalue()


def _known(result: Result | None) -> float | None:
    """Return the points, or None: what waits for a person is no zero."""
    return None if result is None or (result.waiting and not result.points) else result.points


def _cell(value: object) -> object:
    if isinstance(value, float):
        return f"{round(value, 4):.10g}"
    shown = printable(value or "")
    return f"'{shown}" if shown.startswith(_FORMULA) else shown


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
