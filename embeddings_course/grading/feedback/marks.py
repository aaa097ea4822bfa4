"""What the gradebook has for a student's cells: points, who gave them, and comments."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

import embeddings_course

_ASSETS = Path(__file__).parent / "assets"


@dataclass(frozen=True)
class Mark:
    """The points of one graded cell.

    ``waiting`` is true where a person has still to give points, ``by_hand`` where one has.
    """

    points: float
    max_score: float
    waiting: bool = False
    by_hand: bool = False


@dataclass(frozen=True)
class Marks:
    """What the gradebook has of one student's notebook; cells and comments by ``grade_id``."""

    cells: Mapping[str, Mark]
    comments: Mapping[str, str]
    penalty: float = 0.0
    name: str = ""
    seconds_late: float = 0.0

    @property
    def points(self) -> float:
        """Return the points of all cells, before the penalty."""
        return sum(mark.points for mark in self.cells.values())

    @property
    def max_score(self) -> float:
        """Return the points that there were to earn."""
        return sum(mark.max_score for mark in self.cells.values())

    @property
    def waiting(self) -> bool:
        """Say whether a person has still to give points."""
        return any(mark.waiting for mark in self.cells.values())

    def digest(self, notebook: Path) -> str:
        """Return what a page of feedback follows from, as a short text.

        Parameters
        ----------
        notebook : Path
            The notebook as it was graded.
        """
        found = hashlib.sha256(embeddings_course.__version__.encode())
        for path in (*sorted(_ASSETS.iterdir()), notebook):
            found.update(path.read_bytes())
        cells = sorted((name, astuple(mark)) for name, mark in self.cells.items())
        said = (cells, sorted(self.comments.items()), self.penalty, self.name, self.seconds_late)
        found.update(repr(said).encode(errors="surrogateescape"))
        return found.hexdigest()[:32]


def read_marks(
    gradebook: Any, assignment: str, student: str | None = None
) -> dict[tuple[str, str], Marks]:
    """Read what the gradebook has of an assignment.

    Parameters
    ----------
    gradebook : nbgrader.api.Gradebook
        An open one.
    assignment : str
        Which.
    student : str, optional
        Only this one's. Default: everybody's.

    Returns
    -------
    dict
        By the student's id and the notebook's name.
    """
    from nbgrader.api import (
        BaseCell,
        Comment,
        Grade,
        Notebook,
        SubmittedAssignment,
        SubmittedNotebook,
    )
    from nbgrader.api import Student as Enrolled

    entry = gradebook.find_assignment(assignment)
    worth = {
        (notebook.name, cell.name): float(cell.max_score)
        for notebook in entry.notebooks
        for cell in (*notebook.grade_cells, *notebook.task_cells)
    }

    def rows(of: Any, *columns: Any) -> Iterable[Any]:
        # One query for a class: objects would take one for each grade.
        found = (
            gradebook.db.query(
                SubmittedAssignment.student_id, Notebook.name, BaseCell.name, *columns
            )
            .select_from(of)
            .join(BaseCell, of.cell_id == BaseCell.id)
            .join(SubmittedNotebook, of.notebook_id == SubmittedNotebook.id)
            .join(Notebook, SubmittedNotebook.notebook_id == Notebook.id)
            .join(SubmittedAssignment, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
            .filter(SubmittedAssignment.assignment_id == entry.id)
        )
        return found if student is None else found.filter(SubmittedAssignment.student_id == student)

    cells: dict[tuple[str, str], dict[str, Mark]] = defaultdict(dict)
    given = (Grade.score, Grade.auto_score, Grade.manual_score, Grade.extra_credit)
    for who, notebook, cell, score, auto, manual, extra, needs in rows(
        Grade, *given, Grade.needs_manual_grade
    ):
        most = worth.get((notebook, cell), 0.0)
        waiting = most > 0 and (bool(needs) or (auto is None and manual is None))
        by_hand = manual is not None or bool(extra)
        cells[who, notebook][cell] = Mark(float(score), most, waiting, by_hand)
    comments: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    for who, notebook, cell, comment in rows(Comment, Comment.comment):
        if comment:
            comments[who, notebook][cell] = comment
    enrolled = gradebook.db.query(Enrolled)
    if student is not None:
        enrolled = enrolled.filter(Enrolled.id == student)
    names = {
        each.id: " ".join(filter(None, (each.first_name, each.last_name))) for each in enrolled
    }
    penalties, late = _lateness(gradebook, assignment, student, due=bool(entry.duedate))
    return {
        key: Marks(found, comments[key], penalties[key], names.get(key[0], ""), late[key[0]])
        for key, found in cells.items()
    }


def _lateness(
    gradebook: Any, assignment: str, student: str | None, *, due: bool
) -> tuple[Mapping[tuple[str, str], float], Mapping[str, float]]:
    """Return the penalty of each notebook, and how late each student was, in seconds."""
    submissions = (
        gradebook.assignment_submissions(assignment)
        if student is None
        else [gradebook.find_submission(assignment, student)]
    )
    penalties: dict[tuple[str, str], float] = defaultdict(float)
    late: dict[str, float] = defaultdict(float)
    for each in submissions:
        # nbgrader adds an extension even to a deadline that is not there.
        late[each.student_id] = float(each.total_seconds_late) if due else 0.0
        for notebook in each.notebooks:
            penalty = float(notebook.late_submission_penalty or 0)
            penalties[each.student_id, notebook.name] = penalty
    return penalties, late
