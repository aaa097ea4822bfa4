"""The former place of a preprocessor, for the nbgrader_config.py of courses that name it so."""

from embeddings_course.grading.preprocessors.clear_solution_marks import ClearSolutionMarks

__all__ = ["ClearSolutionMarks"]
