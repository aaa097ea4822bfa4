"""Deadlines, extensions and published solutions, as the instructor's guide says."""

import nbformat
from nbgrader.api import Gradebook

from grading.classroom import RIGHT, Class


def test_late_is_late_unless_there_is_an_extension_and_solutions_can_be_published(tmp_path):
    course = Class(tmp_path / "course")
    course.release()
    course.is_due("2026-01-01 12:00:00 UTC")
    for student in ("ann", "bob", "cleo"):
        path = course.hands_in(student)
        day = 1 if student == "cleo" else 2
        (path.parent / "timestamp.txt").write_text(f"2026-01-0{day} 11:00:00 UTC")
    url = f"sqlite:///{course.root / 'gradebook.db'}"
    status, said = course.grade()
    assert status == 0, said
    assert "ann: late by 23.0 hours" in said
    with Gradebook(url) as book:
        book.grant_extension("hw", "bob", days=3)
    course.grade("--force")
    late = {student: record["late_seconds"] for student, record in course.records().items()}
    assert late == {"ann": 23 * 3600, "bob": 0, "cleo": 0}
    assert course.scores() == dict.fromkeys(late, 5.5)

    course.nbgrader("generate_solution", "hw")
    solved = nbformat.read(course.root / "solution" / "hw" / "hw.ipynb", as_version=4)
    assert RIGHT in "\n".join(cell.source for cell in solved.cells)
