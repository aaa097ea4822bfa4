"""Grades as a table of one line for each student and assignment."""

from __future__ import annotations

from embeddings_course.grading.lms.grade_export.grades import Grades

TIDY = (
    "assignment",
    "duedate",
    "timestamp",
    "student_id",
    "last_name",
    "first_name",
    "email",
    "raw_score",
    "late_submission_penalty",
    "score",
    "max_score",
    "state",
)
"""Columns of the table: those of nbgrader's export, and the state from ``grading/NAME.json``."""


def tidy_rows(grades: Grades) -> list[list[object]]:
    """Return a row for each student and assignment, as ``TIDY`` names its cells."""
    rows: list[list[object]] = []
    for name in grades.assignments:
        for student in grades.students:
            grade = grades.grades[student.id, name]
            due, time = grades.due_dates[name], grade.timestamp
            rows.append([
                name,
                str(due) if due else None,
                str(time) if time else None,
                student.id,
                student.last_name,
                student.first_name,
                student.email,
                grade.raw_score,
                grade.penalty,
                grade.score,
                grades.max_scores[name],
                grade.state,
            ])  # fmt: skip
    return rows
