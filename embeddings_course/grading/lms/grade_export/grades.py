"""Each student's points and state, from the gradebook and from what grading wrote down."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from embeddings_course._shared.messages import Message
from embeddings_course._shared.text import counted
from embeddings_course.grading.course import Course
from embeddings_course.grading.errors import GradingError
from embeddings_course.grading.gradebook.contents import (
    Contents,
    Student,
    look_at_own,
    shown_url,
    students_with_points,
)
from embeddings_course.grading.gradebook.late_penalties import renew_penalties
from embeddings_course.grading.submission_record import ENDED
from embeddings_course.grading.submissions.status import NOT_GRADED, Standing, read_standings


@dataclass(frozen=True)
class Grade:
    """What one student has for one assignment; points are None unless there are some.

    ``has_problem`` is true where grading came to an end, but with a problem, as when a quiz had no
    answers.
    """

    student: Student
    assignment: str
    state: str
    raw_score: float | None = None
    penalty: float | None = None
    score: float | None = None
    timestamp: datetime | None = None
    needs_manual_grade: bool = False
    has_problem: bool = False


@dataclass(frozen=True)
class Grades:
    """All grades of some assignments."""

    assignments: tuple[str, ...]
    max_scores: dict[str, float]
    due_dates: dict[str, datetime | None]
    students: tuple[Student, ...]
    grades: dict[tuple[str, str], Grade]

    def score(self, student: str, assignment: str) -> float | None:
        """Return a student's points after the penalty, None for an empty cell."""
        return self.grades[student, assignment].score


def read_grades(
    course: Course,
    assignments: Sequence[str] = (),
    *,
    missing_as_zero: bool = False,
    partial: bool = False,
    say: Callable[[str], None] = print,
) -> Grades:
    """Read grades from the gradebook, and the state of each submission from ``grading/``.

    Penalties for lateness are worked out again first: points may have changed since grading.

    Parameters
    ----------
    course : Course
        Whose.
    assignments : sequence of str
        Which; by default all of which something is graded.
    missing_as_zero : bool
        Whether who has handed in nothing, or nothing that can be read, has 0 points. A submission
        whose grading failed, or that is of another assignment, has none in either case.
    partial : bool
        Whether to take the points so far where a person has not graded an answer yet.
    say : callable
        Gets a line for each penalty that is another one now, and one about what has been handed
        in since it was graded.

    Raises
    ------
    GradingError
        If there is no gradebook, no such assignment, nothing graded, or an answer that a person
        must still grade.
    """
    contents = look_at_own(course)
    if not contents.exists:
        raise GradingError(
            Message(
                "gradebook-missing",
                f"There is no gradebook {shown_url(course)}: grade first, with `course grade "
                f"NAME`.",
            )
        )
    if unknown := [name for name in assignments if name not in contents.assignments]:
        raise GradingError(
            Message(
                "assignment-not-in-gradebook",
                f"There is no assignment {', '.join(unknown)} in the gradebook "
                f"{shown_url(course)}; it has {', '.join(contents.assignments) or 'none'}.",
            )
        )
    names = list(dict.fromkeys(assignments or contents.assignments))
    for name in names:
        for sentence in renew_penalties(course, name):
            say(f"{name}: {sentence}")
    grades: dict[tuple[str, str], Grade] = {}
    max_scores, due_dates, since = {}, {}, {}
    with course.gradebook() as gradebook:
        for name in names:
            assignment = gradebook.find_assignment(name)
            max_scores[name], due_dates[name] = assignment.max_score, assignment.duedate
            standings = read_standings(course, name)
            found = _grades(gradebook, name, standings, contents, missing_as_zero)
            grades |= {(grade.student.id, name): grade for grade in found}
            since[name] = _handed_in_since(standings, found)
    graded = {grade.assignment for grade in grades.values() if grade.state in ENDED}
    empty = [name for name in names if name not in graded]
    if not graded or (assignments and empty):
        raise GradingError(
            Message(
                "nothing-graded",
                f"Nothing of {', '.join(empty) or 'any assignment'} has been graded: run `course "
                f"grade {empty[0] if empty else 'NAME'}` first.",
            )
        )
    names = [name for name in names if name in graded]
    for name in names:
        if who := since[name]:
            say(
                f"{name}: {counted(len(who), 'student has', 'students have')} handed in since it "
                f"was graded: {', '.join(who[:10])}{' and others' if len(who) > 10 else ''}. Run "
                f"`course grade {name}` first."
            )
    waiting = [
        grade for grade in grades.values() if grade.needs_manual_grade and grade.assignment in names
    ]
    if waiting and not partial:
        who = sorted({f"{grade.student.id} ({grade.assignment})" for grade in waiting})
        more = f" and {len(who) - 5} more" if len(who) > 5 else ""
        raise GradingError(
            Message(
                "grading-by-hand-open",
                f"{counted(len(who), 'submission waits', 'submissions wait')} for a person to "
                f"grade {'it' if len(who) == 1 else 'them'}: {', '.join(who[:5])}{more}. "
                "Do it in the formgrader (`jupyter lab`, Nbgrader, Formgrader), or take the "
                "points so far with --partial.",
            )
        )
    return Grades(tuple(names), max_scores, due_dates, contents.students, grades)


def _grades(
    gradebook: Any,
    name: str,
    standings: Mapping[str, Standing],
    contents: Contents,
    missing_as_zero: bool,
) -> list[Grade]:
    submissions = {each.student_id: each for each in gradebook.assignment_submissions(name)}
    scored = students_with_points(gradebook, name)
    grades = []
    for student in contents.students:
        submission = submissions.get(student.id)
        standing = standings.get(student.id, Standing())
        state, record = standing.state, standing.record
        # nbgrader alone writes nothing else down. An extension makes a submission, too, before
        # anything is handed in.
        if record is None and student.id in scored:
            state = "graded"
        if state in ENDED and submission is not None:
            raw, penalty = submission.score, submission.late_submission_penalty
            grades.append(Grade(
                student, name, state, raw, penalty, max(0.0, raw - penalty), submission.timestamp,
                bool(submission.needs_manual_grade), bool(record and record.problems),
            ))  # fmt: skip
        elif missing_as_zero and state in ("missing", "unreadable"):
            grades.append(Grade(student, name, state, 0.0, 0.0, 0.0))
        else:
            grades.append(Grade(student, name, "missing" if state in ENDED else state))
    return grades


def _handed_in_since(standings: Mapping[str, Standing], grades: Sequence[Grade]) -> list[str]:
    """Name those whose points are not, or not yet, of what they have handed in."""
    graded = {grade.student.id for grade in grades if grade.state != NOT_GRADED}
    return [
        student
        for student, standing in standings.items()
        if standing.changed or (standing.state == NOT_GRADED and student not in graded)
    ]
