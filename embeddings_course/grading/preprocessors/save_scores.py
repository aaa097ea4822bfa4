"""Write the points of a notebook into the gradebook, all of them or none."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from nbformat.notebooknode import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.preprocessors import SaveAutoGrades
from nbgrader.utils import is_solution
from traitlets import Unicode

from embeddings_course.grading.preprocessors.written_answers import (
    answers_in_file,
    answers_of,
    tested_answers,
)
from embeddings_course.grading.submission_record import note


class SaveScores(SaveAutoGrades):
    """Write the points of a notebook into the gradebook, all of them or none.

    nbgrader keeps the time of an earlier submission where the one that it grades has none. Here it
    is forgotten, and the penalty with it.

    nbgrader asks for a person again wherever one has given points. Here these points stand, if the
    answer is still the one that the person saw, which is that of the notebook as it was graded
    before; those on a test stand if the test gives as many by itself as before, too. What was
    waiting goes on waiting. Extra points stay in any case, and where the answer has changed since,
    this is noted, when it is first graded.
    """

    earlier = Unicode(
        "", help="Folder of the submission as it was graded before; without it everything waits."
    ).tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        """Save one notebook's points."""
        about = resources["nbgrader"]
        self.notebook_id = about["notebook"]
        self.assignment_id = about["assignment"]
        self.student_id = about["student"]
        self._now = answers_of(nb)
        self._before = answers_in_file(Path(self.earlier), self.notebook_id) if self.earlier else {}
        self._extra: Counter[str] = Counter()
        self.gradebook = Gradebook(about["db_url"])
        with self.gradebook:
            session = self.gradebook.db
            commit, session.commit = session.commit, session.flush
            try:
                for index, cell in enumerate(nb.cells):
                    self.preprocess_cell(cell, resources, index)
                if not self._stated_time(resources):
                    found = self.gradebook.find_submission(self.assignment_id, self.student_id)
                    found.timestamp = None
                commit()
            finally:
                session.commit = commit
        for exercise, points in self._extra.items():
            note(
                "problems",
                f"{exercise}: {points:g} extra point{'s were' if points != 1 else ' was'} given "
                "for an earlier answer; look whether this still holds.",
            )
        return nb, resources

    def _stated_time(self, resources: Any) -> Any:
        courses = self.parent.parent.coursedir  # of the converter, of its exporter
        return courses.get_existing_timestamp(resources["metadata"]["path"])

    def _add_score(self, cell: NotebookNode, resources: Any) -> None:
        """Save one cell's points, and say whether a person has to look."""
        name = cell.metadata.nbgrader["grade_id"]
        grade = self.gradebook.find_grade(
            name, self.notebook_id, self.assignment_id, self.student_id
        )
        given = grade.manual_score is not None and not grade.needs_manual_grade
        auto_score = grade.auto_score
        super()._add_score(cell, resources)
        answers = [name] if is_solution(cell) else tested_answers(name, self._now)
        same = bool(answers) and all(self._now[each] == self._before.get(each) for each in answers)
        by_itself = is_solution(cell) or grade.auto_score == auto_score
        if given and same and by_itself:
            grade.needs_manual_grade = False
        if grade.extra_credit and self._before and not same:
            self._extra[answers[0] if len(answers) == 1 else name] += grade.extra_credit
