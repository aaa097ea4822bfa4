"""The graded quiz: drawn from a pool, answered without a key in reach, graded by nbgrader.

What a student's notebook reads is ``questions.json``, which ``course quiz draw`` writes without any
key. The keys stand in hidden tests, which nbgrader takes out of what students get. Those tests, in
gradebooks of years ago too, import from here.
"""

from __future__ import annotations

import os
import pprint
from collections.abc import Callable
from pathlib import Path
from typing import Any

from embeddings_course._shared.notebook_display import has_live_kernel, with_view
from embeddings_course.quiz.answer_records import Record, read_record
from embeddings_course.quiz.graded_answers import (
    Submission,
    find_answers,
    grade,
    is_number,
    no_numbers,
    right_answers,
    submitted_record,
)
from embeddings_course.quiz.graded_sheet import ANSWERS, QUESTIONS, Sheet, read_sheet
from embeddings_course.quiz.notebook_quiz import (
    RecordKeeper,
    display_with_hint,
    make_widget,
    notebook_folder,
    styled,
)
from embeddings_course.quiz.question_files import QuizError
from embeddings_course.quiz.rendering import graded_html

__all__ = [
    "GradedQuiz",
    "Submission",
    "check_answered",
    "collect",
    "find_answers",
    "grade",
    "graded_quiz",
    "right_answers",
]


def graded_quiz(*, folder: str | Path | None = None) -> GradedQuiz:
    """Show the assignment's questions, and keep the answers in ``answers.json``.

    Parameters
    ----------
    folder : path, optional
        The assignment's folder. Default: the notebook's.

    Raises
    ------
    QuizError
        If the questions are missing or damaged.
    """
    place = Path(folder or notebook_folder())
    return GradedQuiz(read_sheet(place / QUESTIONS), place / ANSWERS)


class GradedQuiz:
    """A graded quiz, as a notebook shows it: answers are recorded, nothing is said to them.

    Parameters
    ----------
    shown : Sheet
        The questions.
    record : Path
        Where the answers are kept.
    """

    def __init__(self, shown: Sheet, record: Path):
        self.sheet = shown
        self.record = record

    def __repr__(self) -> str:
        return f"Graded quiz {self.sheet.quiz!r}: {len(self.sheet.questions)} questions"

    def html(self, student: str) -> str:
        """Return what this student is asked; without an id, what to do first."""
        items = self.sheet.items(student) if student else []
        return graded_html(self.sheet.quiz, items, student=student)

    def versions(self, student: str) -> dict[str, set[str]]:
        """Return the versions on show, by id of the question."""
        return {shown.id: {shown.version} for shown in self.sheet.items(student)}

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Any:
        if not has_live_kernel():
            return {"text/plain": repr(self)}
        # A hub knows who its users are; elsewhere a student says so.
        empty = Record(quiz=self.sheet.quiz, student=os.environ.get("JUPYTERHUB_USER", "")[:200])
        keeper = RecordKeeper(self.record, empty, writes=not _is_source(self.record.parent))
        keeper.record = keeper.record.brought_up_to(self.versions(keeper.record.student))
        widget = make_widget(self.html(keeper.record.student), keeper)

        def change_student(change: dict) -> None:
            """Show this student's numbers; answers to other numbers are kept as earlier ones."""
            record = keeper.record.model_copy(update={"student": change["new"]})
            keeper.record = record.brought_up_to(self.versions(change["new"]))
            widget.show(self.html(change["new"]))

        widget.observe(change_student, names=["student"])
        hint = f"<p>{self!r}. Run this cell in a notebook to answer them.</p>"
        return with_view(widget, {"text/plain": repr(self), "text/html": styled(hint)})

    def _ipython_display_(self) -> None:
        display_with_hint(self, self.record.name)


def _is_source(folder: Path) -> bool:
    """Say whether this is the instructor's copy, which nbgrader hands out with all beside it."""
    return folder.parent.name == "source"


COLLECT_CELL = '''\
def collected():
    """Your answers, for your instructor. Do not write here: run this cell when you are done."""
{body}


collect(collected)'''


def collect(collected: Callable[[], Any], *, folder: str | Path | None = None) -> None:
    """Write the answers into the cell that calls this, so that the notebook alone holds them.

    The cell is replaced by one whose function ``collected`` returns the answers. While nbgrader
    runs the notebook nothing is written.

    Parameters
    ----------
    collected : callable
        The function in the cell, as it is.
    folder : path, optional
        The assignment's folder. Default: the notebook's.
    """
    if not has_live_kernel():
        return
    place = Path(folder or notebook_folder())
    try:
        record = read_record(place / ANSWERS)
        shown = read_sheet(place / QUESTIONS)
    except QuizError as error:
        print(f"Nothing was collected. {error}")
        return
    if record is None or not record.answers:
        print("There are no answers yet: answer the questions above, then run this cell again.")
        return
    from IPython import get_ipython

    answers = pprint.pformat(record.model_dump(exclude={"earlier"}), width=88, sort_dicts=False)
    body = "    return " + answers.replace("\n", "\n    " + " " * len("return "))
    get_ipython().set_next_input(COLLECT_CELL.format(body=body), replace=True)
    open_ = [shown.id for shown in shown.questions if shown.id not in record.answers]
    print(
        f"Collected {len(record.answers)} answers of {record.student or 'nobody'} to "
        f"{len(shown.questions)} questions. Save the notebook, then submit it together with "
        f"{ANSWERS}." + (f" {len(open_)} are still open." if open_ else "")
    )
    if wrong := no_numbers(shown, record):
        print(wrong)


def check_answered(
    number: int,
    collected: Callable[[], Any] | None = None,
    *,
    folder: str | Path | None = None,
) -> None:
    """Fail if a question has no answer that can be graded; the visible test of each question.

    nbgrader's Validate runs it for students. It does not know what is right. While nbgrader grades
    it does nothing, as the hidden test that follows says more.

    Parameters
    ----------
    number : int
        The question's place, from 1.
    collected : callable, optional
        The notebook's function that returns the collected answers.
    folder : path, optional
        The assignment's folder. Default: the current one.

    Raises
    ------
    CheckFailed
        With a sentence that says what to do.
    """
    if os.environ.get("NBGRADER_EXECUTION") == "autograde":
        return
    from embeddings_course.exercises import CheckFailed

    place = Path(folder or Path.cwd())
    try:
        shown = read_sheet(place / QUESTIONS)
        record, _ = submitted_record(place, shown.quiz, collected)
    except QuizError as error:
        raise CheckFailed(
            f"question {number} has no answer: {error} Answer the questions above, and save."
        ) from None
    if not record.student.strip() and not _is_source(place.resolve()):
        raise CheckFailed("your student id is missing: type it above the questions")
    asked = shown.questions[number - 1]
    given = record.answers.get(asked.id)
    if given is None or not "".join(given.answer).strip():
        raise CheckFailed(f"question {number} is not answered yet")
    if asked.kind == "numeric" and not is_number(given, asked.unit):
        raise CheckFailed(
            f"question {number}: {''.join(given.answer)!r} is not a number, so it cannot be graded"
        )
