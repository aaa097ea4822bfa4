"""Write grades in one of the forms, and say who has none and why."""

from __future__ import annotations

from pathlib import Path

from embeddings_course._shared.messages import Message
from embeddings_course.grading.csv_files import write_table
from embeddings_course.grading.errors import GradingError
from embeddings_course.grading.lms.grade_export.canvas import for_canvas
from embeddings_course.grading.lms.grade_export.grades import Grades
from embeddings_course.grading.lms.grade_export.moodle import for_moodle
from embeddings_course.grading.lms.grade_export.tidy_csv import TIDY, tidy_rows

FORMATS = ("canvas", "moodle", "csv")


def export(
    grades: Grades, form: str, output: Path, *, roster: Path | None = None
) -> tuple[str, ...]:
    """Write grades to a CSV file.

    Parameters
    ----------
    grades : Grades
        From :func:`read_grades`.
    form : {"canvas", "moodle", "csv"}
        ``canvas``: the columns by which Canvas knows students, taken from its own export, and one
        for each assignment, under Canvas' own name for it if the roster has it. ``moodle``: names,
        ``ID number``, ``Email address`` if there are any, and one for each assignment. ``csv``:
        one line for each student and assignment, with the columns of ``TIDY``.
    output : Path
        The file.
    roster : Path, optional
        Canvas' export of its gradebook, which ``canvas`` needs.

    Returns
    -------
    tuple of str
        Lines about who is left out, and why cells are empty.

    Raises
    ------
    GradingError
        If the roster is missing or is something else. Nothing was written then.
    """
    notes: list[str] = []
    if form == "canvas":
        header, rows = for_canvas(grades, roster, output, notes)
    elif roster is not None:
        raise GradingError(
            Message(
                "roster-without-canvas",
                f"--roster goes with --format canvas, not with {form}: leave it out.",
            )
        )
    elif form == "moodle":
        header, rows = for_moodle(grades, notes)
    else:
        header, rows = list(TIDY), tidy_rows(grades)
    # Spreadsheets take a table for UTF-8 if a byte order mark says so; platforms need none.
    write_table(output, header, rows, marked=form == "csv")
    for name in grades.assignments:
        notes += _zeros(grades, name)
        empty: dict[str, list[str]] = {}
        for student in grades.students:
            grade = grades.grades[student.id, name]
            if grade.score is None:
                empty.setdefault(grade.state, []).append(student.id)
        notes += [
            f"{name}: no points for {len(who)} {state}: {', '.join(who[:10])}"
            f"{' and others' if len(who) > 10 else ''}."
            for state, who in sorted(empty.items())
        ]
        waiting = [s.id for s in grades.students if grades.grades[s.id, name].needs_manual_grade]
        if waiting:
            notes.append(
                f"{name}: points so far only, as a person has yet to grade {len(waiting)}: "
                f"{', '.join(waiting[:10])}{' and others' if len(waiting) > 10 else ''}."
            )
        zeros = [
            student.id
            for student in grades.students
            if (grade := grades.grades[student.id, name]).has_problem and grade.raw_score == 0
        ]
        if zeros:
            notes.append(
                f"{name}: 0 points, but with a problem that the report names: "
                f"{', '.join(zeros[:10])}{' and others' if len(zeros) > 10 else ''}."
            )
    return tuple(notes)


def _zeros(grades: Grades, name: str) -> list[str]:
    """Name everybody who has a zero only because it was asked for."""
    words = {
        "missing": "who handed in nothing",
        "unreadable": "who handed in something that is not a notebook, or cannot be read",
    }
    given = {
        state: [
            student.id
            for student in grades.students
            if (grade := grades.grades[student.id, name]).state == state and grade.score is not None
        ]
        for state in words
    }
    return [
        f"{name}: 0 points, by --missing-as-zero, for {len(who)} {words[state]}: {', '.join(who)}."
        for state, who in given.items()
        if who
    ]
