"""Give a notebook its points, for a page of feedback; refuse while answers wait for a person."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nbformat.notebooknode import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.converters.base import NbGraderException
from nbgrader.preprocessors import GetGrades
from traitlets import Bool

from embeddings_course._shared.messages import Message
from embeddings_course._shared.text import listed
from embeddings_course.grading.feedback.marks import Marks, read_marks
from embeddings_course.grading.feedback.page_contents import exercise_titles, page_contents


class TellPoints(GetGrades):
    """Give a notebook its points, and say in ``resources`` what its page has on top.

    A page that shows an answer with 0 points only because nobody has read it yet would be wrong, so
    there is none, unless the settings say ``partial``.
    """

    partial = Bool(
        False, help="Write pages also where a person has still to give points, which they say."
    ).tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        """Read one notebook's points."""
        about = resources["nbgrader"]
        nb, resources = super().preprocess(nb, resources)
        student, notebook = about["student"], about["notebook"]
        with Gradebook(about["db_url"]) as gradebook:
            found = read_marks(gradebook, about["assignment"], student)
        marks = found.get((student, notebook), Marks({}, {}))  # where nothing gives points
        converter: Any = self.parent.parent  # of the exporter
        folders = converter.coursedir
        path = Path(resources["metadata"]["path"], f"{notebook}.ipynb")
        source = folders.format_path(folders.source_directory, ".", about["assignment"])
        page = page_contents(
            nb,
            marks,
            assignment=about["assignment"],
            student=student,
            titles=exercise_titles(Path(source) / f"{notebook}.ipynb"),
            key=marks.digest(path),
        )
        if page.waiting and not self.partial:
            raise NbGraderException(
                Message(
                    "feedback-answers-wait",
                    f"There is no page for {student}, as a person has still to give points for "
                    f"{listed([each.title for each in page.waiting], 5, last='and')}: do so in "
                    "Formgrader, or write it anyway with --TellPoints.partial=True.",
                )
            )
        about["page"] = page
        return nb, resources
