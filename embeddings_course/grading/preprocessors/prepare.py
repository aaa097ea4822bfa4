"""Find the notebook of a submission, and see whether its answers and its time can be right."""

from __future__ import annotations

from pathlib import Path

from embeddings_course.grading.submission_record import note
from embeddings_course.grading.submissions.answer_files import prepare_answers
from embeddings_course.grading.submissions.hand_in_time import doubtful_time
from embeddings_course.grading.submissions.prepare_submission import prepare


def prepare_in_place(assignment: str, student: str, notebooks: list[str]) -> None:
    """Find the notebook of a submission that nbgrader is about to grade: its pre-convert hook.

    Parameters
    ----------
    assignment, student : str
        nbgrader's; not used, as both may be patterns.
    notebooks : list of str
        Paths of the submission's notebooks. It is changed to hold the one to grade.
    """
    folder = Path(notebooks[0]).parent
    for sentence in prepare(folder, folder.name):
        note("repaired", sentence)
    for sentence in doubtful_time(folder, folder.name):
        note("problems", sentence)
    for kind, sentences in zip(("repaired", "problems"), prepare_answers(folder), strict=True):
        for sentence in sentences:
            note(kind, sentence)
    notebooks[:] = [str(folder / f"{folder.name}.ipynb")]
