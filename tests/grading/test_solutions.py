"""Solutions for students: answers without what is not for them."""

import nbformat

from grading.classroom import RIGHT, Class


def test_published_solutions_show_answers_without_hidden_tests_and_marks(tmp_path):
    course = Class(tmp_path / "course")
    course.release()
    course.nbgrader("generate_solution", "hw")
    made = nbformat.read(course.root / "solution" / "hw" / "hw.ipynb", as_version=4)
    sources = {cell.id: cell.source for cell in made.cells}
    assert sources["double"] == RIGHT
    text = "\n".join(sources.values())
    assert "SOLUTION" not in text and "HIDDEN" not in text and "secret_number" not in text
    assert "assert double(1) == 2" in text
