"""What lateness costs, worked out again from what the gradebook and the settings say now.

A penalty follows from points, deadlines, extensions and settings, and all of them may change after
grading: by a person in formgrader, by ``nbgrader db``, in ``nbgrader_config.py``. nbgrader writes
the penalty down once, when it grades. Whatever hands out points asks here first.
"""

from __future__ import annotations

import contextlib
import logging
import math
from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from embeddings_course._shared.messages import Message
from embeddings_course._shared.text import counted
from embeddings_course.grading.errors import GradingError

if TYPE_CHECKING:
    from embeddings_course.grading.course import Course


@dataclass(frozen=True)
class Lateness:
    """How late a submission was, in seconds, and the points that this takes off."""

    seconds: float = 0.0
    penalty: float = 0.0


def read_lateness(course: Course, assignment: str) -> dict[str, Lateness]:
    """Return what the gradebook has of each submission, by the student's id."""
    with course.gradebook() as gradebook:
        return {
            submission.student_id: Lateness(
                _seconds_late(submission), float(submission.late_submission_penalty or 0)
            )
            for submission in gradebook.assignment_submissions(assignment)
        }


def renew_penalties(
    course: Course,
    assignment: str,
    students: Collection[str] | None = None,
    *,
    locked: bool = False,
) -> tuple[str, ...]:
    """Let nbgrader write down what lateness costs now; no notebook is run.

    Parameters
    ----------
    course : Course
        Whose gradebook and settings.
    assignment : str
        What was handed in.
    students : collection of str, optional
        Only these.
    locked : bool
        Whether the caller holds the assignment's lock already. Else it is taken where there is
        something to write.

    Returns
    -------
    tuple of str
        A sentence for each penalty that is another one now.

    Raises
    ------
    GradingError
        If a penalty cannot be worked out or written.
    LockedError
        If another command writes grades of the same assignment.
    """
    before = read_lateness(course, assignment)
    chosen = [
        student
        for student, was in before.items()
        if (was.seconds or was.penalty) and (students is None or student in students)
    ]
    if not chosen:
        return ()
    what = f"`course report` or `course grades export`, which writes penalties of {assignment},"
    with contextlib.nullcontext() if locked else course.lock(assignment, what):
        _assign(course, assignment, chosen)
    after = read_lateness(course, assignment)
    return tuple(
        f"{student}: late by {after[student].seconds / 3600:.1f} hours, which now takes off "
        f"{counted(after[student].penalty, 'point')} (before: {before[student].penalty:g})."
        for student in sorted(chosen)
        if not math.isclose(after[student].penalty, before[student].penalty, abs_tol=1e-9)
    )


def _assign(course: Course, assignment: str, students: Collection[str]) -> None:
    import nbformat
    from nbgrader.preprocessors import AssignLatePenalties

    step = AssignLatePenalties(config=course.config)
    step.log.setLevel(logging.ERROR)
    with course.gradebook() as gradebook:
        notebooks = [notebook.name for notebook in gradebook.find_assignment(assignment).notebooks]
    for student in students:
        for notebook in notebooks:
            about = {"notebook": notebook, "assignment": assignment, "student": student}
            try:
                step.preprocess(
                    nbformat.v4.new_notebook(), {"nbgrader": about | {"db_url": course.db_url}}
                )
            except Exception as error:  # the settings may name any class, and a data base is locked
                reason = (str(error) or type(error).__name__).splitlines()[0]
                raise GradingError(
                    Message(
                        "penalty-impossible",
                        f"What lateness takes off {student}'s {assignment} cannot be written down "
                        f"({type(error).__name__}: {reason}): look at c.AssignLatePenalties in "
                        "nbgrader_config.py, and whether something else writes to the gradebook.",
                    )
                ) from error


def _seconds_late(submission: Any) -> float:
    # nbgrader adds an extension even to a deadline that is not there.
    return float(submission.total_seconds_late) if submission.assignment.duedate else 0.0
