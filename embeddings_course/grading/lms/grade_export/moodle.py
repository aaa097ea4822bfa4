"""Grades as Moodle imports them: by names, id numbers and e-mail addresses."""

from __future__ import annotations

from embeddings_course.grading.lms.grade_export.grades import Grades


def for_moodle(grades: Grades, notes: list[str]) -> tuple[list[str], list[list[object]]]:
    """Return the header and the rows that Moodle imports."""
    mails = [student for student in grades.students if student.email]
    header = ["First name", "Last name", "ID number", *(["Email address"] if mails else [])]
    if mails and len(mails) < len(grades.students):
        without = [student.id for student in grades.students if not student.email]
        notes.append(
            f"Without an e-mail address: {', '.join(without)}. Let Moodle map by ID number."
        )
    rows = []
    for student in grades.students:
        row: list[object] = [student.first_name, student.last_name, student.id]
        if mails:
            row.append(student.email)
        rows.append([*row, *(grades.score(student.id, name) for name in grades.assignments)])
    return [*header, *grades.assignments], rows
