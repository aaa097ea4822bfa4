"""What nbgrader does to a submission, step by step; ``nbgrader_config.py`` names these classes.

They make grading right, so ``nbgrader autograde`` and ``course grade`` give the same points.
"""

from embeddings_course.grading.preprocessors.hide_tests import HideTests
from embeddings_course.grading.preprocessors.prepare import prepare_in_place
from embeddings_course.grading.preprocessors.repair import RepairCells
from embeddings_course.grading.preprocessors.run_notebook import RunNotebook
from embeddings_course.grading.preprocessors.save_scores import SaveScores

__all__ = ["HideTests", "RepairCells", "RunNotebook", "SaveScores", "prepare_in_place"]
