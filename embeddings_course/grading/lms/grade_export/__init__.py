"""``course grades export``: points for Canvas, for Moodle, or as a table of one line each.

Points are those after the penalty for lateness, as nbgrader's own export has them. A submission
that is missing, cannot be read, or could not be graded is not a zero: its cell is empty.
"""

from embeddings_course.grading.lms.grade_export.grades import Grade, Grades, read_grades
from embeddings_course.grading.lms.grade_export.write import FORMATS, export

__all__ = ["FORMATS", "Grade", "Grades", "export", "read_grades"]
