"""Put right what happened to the cells that nbgrader knows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
from nbformat.notebooknode import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.preprocessors import NbGraderPreprocessor

from embeddings_course._shared.console import printable
from embeddings_course.grading.submission_record import note
from embeddings_course.grading.submissions.expected_cells import expected_cells
from embeddings_course.grading.submissions.released_texts import read_released, released_file
from embeddings_course.grading.submissions.repair_cells import is_unanswered, repair_cells
from embeddings_course.quiz.graded_sheet import QUESTIONS

UNANSWERED = (
    "Nothing was answered: all answer cells are as they were released, or empty. Ask the student "
    "whether the right file was handed in."
)


class RepairCells(NbGraderPreprocessor):
    """Put right what happened to the cells that nbgrader knows."""

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        """Repair one notebook."""
        about = resources["nbgrader"]
        source = self._source(about)
        order, plain = _of_the_source(source / f"{about['notebook']}.ipynb")
        root = Path(self.parent.parent.coursedir.root)  # of the converter, of its exporter
        earlier = read_released(released_file(root, about["assignment"]), about["notebook"])
        with Gradebook(about["db_url"]) as gradebook:
            expected = expected_cells(
                gradebook, about["assignment"], about["notebook"], order, earlier=earlier
            )
        nb, repaired, suspicious = repair_cells(nb, expected, plain=plain)
        # Answers to a quiz are in a file, and the quiz itself says whether it has any.
        if not (source / QUESTIONS).exists() and is_unanswered(nb, expected, plain=plain):
            note("problems", UNANSWERED)
        for kind, sentences in (("repaired", repaired), ("suspicious", suspicious)):
            for sentence in sentences:
                note(kind, sentence)
                self.log.warning("%s", printable(sentence))
        return nb, resources

    def _source(self, about: dict[str, str]) -> Path:
        courses = self.parent.parent.coursedir
        return Path(courses.format_path(courses.source_directory, ".", about["assignment"]))


def _of_the_source(path: Path) -> tuple[list[str], list[str]]:
    """Return the ids of the instructor's cells in their order, and the texts of those without.

    The gradebook keeps neither.
    """
    order, plain = [], []
    for cell in nbformat.read(path, as_version=4).cells if path.exists() else []:
        name = cell.metadata.get("nbgrader", {}).get("grade_id")
        order.append(name) if name else plain.append(cell.source)
    return order, plain
