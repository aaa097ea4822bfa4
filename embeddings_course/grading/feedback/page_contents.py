"""What a page of feedback says above the notebook: points, the first failed check, what waits."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbformat import NotebookNode
from nbgrader.utils import is_grade, is_locked, is_solution, is_task

from embeddings_course._shared.text import counted
from embeddings_course.grading.feedback.marks import Mark, Marks
from embeddings_course.grading.preprocessors.hide_tests import NOT_SHOWN
from embeddings_course.grading.report.class_results import exercise_of, plain

_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_HEADING = re.compile(r"^#{1,4} +(.+?) *#*$", re.M)
_POINTS = re.compile(r"\s*\(\s*\d+(?:\.\d+)? points?\s*\)\s*$")
# Where a student's own line failed, as embeddings_course.exercises says it.
_OWN_LINE = re.compile(r"In \S+, line \d+ of its cell: .*")
# How the graded quiz begins what it says after the question itself.
_VERDICT = re.compile(
    r"^(?:Right\.|Not right\.|Not answered\.|Partly right: |The answer cannot be graded: |0 points"
    r"|This answer was given to an earlier wording)",
    re.M,
)
_NEW_PARAGRAPH = re.compile(
    r"\n(?=Right: |Right\.|Not right|Partly right: |Missed: |You answered |You chose: "
    r"|The right choice: |The right number: )"
)


@dataclass(frozen=True)
class ExerciseResult:
    """A row of the table.

    Attributes
    ----------
    title : str
        The exercise's heading, or its name.
    place : str
        The id on the page of the cell to look at; empty if there is none.
    points, max_score : float
        What was earned, and what there was to earn.
    waiting, by_hand : bool
        Whether a person has still to give points, or has given some.
    said : str
        The sentence of the first check that failed, or a person's comment.
    line : str
        Where the student's own code failed, in words; often empty.
    """

    title: str
    place: str
    points: float
    max_score: float
    waiting: bool = False
    by_hand: bool = False
    said: str = ""
    line: str = ""

    @property
    def state(self) -> str:
        """Return how it went, in a word or two."""
        if self.waiting:
            return "not graded yet"
        if self.points >= self.max_score - 1e-9:
            return "all points"
        return "some points" if self.points > 1e-9 else "no points"


@dataclass(frozen=True)
class PageContents:
    """All that the head of a page says."""

    assignment: str
    student: str
    marks: Marks
    exercises: tuple[ExerciseResult, ...]
    notes: tuple[str, ...] = ()
    key: str = ""

    @property
    def total(self) -> float:
        """Return the points after the penalty, as grades are exported."""
        return max(0.0, self.marks.points - self.marks.penalty)

    @property
    def waiting(self) -> tuple[ExerciseResult, ...]:
        """Return the exercises to which a person has still to give points."""
        return tuple(each for each in self.exercises if each.waiting)


def page_contents(
    nb: NotebookNode,
    marks: Marks,
    *,
    assignment: str,
    student: str,
    titles: Mapping[str, str],
    key: str = "",
) -> PageContents:
    """Work out what a page says, and mark the notebook's cells with their places on it.

    Parameters
    ----------
    nb : NotebookNode
        As it was graded, without hidden tests. Cells get ``metadata.feedback``, with ``place`` and,
        for a question of the quiz, what was asked and said.
    marks : Marks
        The gradebook's.
    assignment, student : str
        What and whose it is.
    titles : mapping of str to str
        Headings of exercises, by their names: see :func:`exercise_titles`.
    key : str
        What the page follows from.
    """
    solutions = [_name(cell) for cell in nb.cells if is_solution(cell)]
    grouped: dict[str, list[NotebookNode]] = {}
    notes: list[str] = []
    for number, cell in enumerate(nb.cells):
        if not (is_grade(cell) or is_solution(cell) or is_task(cell)):
            continue
        cell.metadata["feedback"] = {"place": f"cell-{number}"}
        if is_question(cell):
            cell.metadata["feedback"]["question"] = _question(cell, marks)
        elif not marks.cells.get(_name(cell), Mark(0, 0)).max_score and is_locked(cell):
            notes += [" ".join(_printed(cell).split())] if _is_of_quiz(nb) else []
        grouped.setdefault(exercise_of(_name(cell), solutions), []).append(cell)
    rows = (_row(name, cells, marks, titles) for name, cells in grouped.items())
    exercises = tuple(row for row in rows if row.max_score > 0 or row.points)
    return PageContents(assignment, student, marks, exercises, tuple(filter(None, notes)), key)


def exercise_titles(source: Path) -> dict[str, str]:
    """Return the headings of exercises, by their names.

    Parameters
    ----------
    source : Path
        The instructor's notebook. If it is not there, there are no headings: those in a student's
        notebook may have been moved or changed.

    Returns
    -------
    dict of str to str
        Without the points, which a page shows anyway.
    """
    try:
        cells = json.loads(source.read_text(encoding="utf-8"))["cells"]
        titles, heading = {}, ""
        for cell in cells:
            marks = cell["metadata"].get("nbgrader", {})
            if marks.get("solution") or marks.get("task"):
                titles[marks["grade_id"]] = heading
            elif cell["cell_type"] == "markdown":
                heading = _last_heading("".join(cell["source"])) or heading
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}
    return {name: title for name, title in titles.items() if title}


def _last_heading(text: str) -> str:
    found = _HEADING.findall(text)
    return _POINTS.sub("", found[-1]) if found else ""


def is_question(cell: NotebookNode) -> bool:
    """Say whether a test is that of a question of the graded quiz."""
    text = "from embeddings_course.quiz.graded import check_answered"
    return bool(is_grade(cell) and is_locked(cell) and text in cell.source)


def _is_of_quiz(nb: NotebookNode) -> bool:
    return any(map(is_question, nb.cells))


def _name(cell: NotebookNode) -> str:
    return str(cell.metadata.nbgrader["grade_id"])


def _row(
    name: str, cells: Sequence[NotebookNode], marks: Marks, titles: Mapping[str, str]
) -> ExerciseResult:
    found = [(cell, marks.cells[_name(cell)]) for cell in cells if _name(cell) in marks.cells]
    lost = next((pair for pair in found if pair[1].points < pair[1].max_score - 1e-9), None)
    said, line = _failure(*lost) if lost else ("", "")
    comments = [marks.comments[_name(c)] for c in cells if _name(c) in marks.comments]
    answer = next((cell for cell in cells if is_solution(cell) or is_task(cell)), None)
    at = lost[0] if lost else answer or (cells[0] if cells else None)
    return ExerciseResult(
        titles.get(name) or _in_words(name),
        at.metadata["feedback"]["place"] if at is not None else "",
        sum(mark.points for _, mark in found),
        sum(mark.max_score for _, mark in found),
        any(mark.waiting for _, mark in found),
        any(mark.by_hand for _, mark in found),
        " ".join([said, *comments]).strip(),
        line,
    )


def _in_words(name: str) -> str:
    words = name.replace("-", " ").replace("_", " ").strip() or name
    return f"{words[0].upper()}{words[1:]}"


def _failure(cell: NotebookNode, mark: Mark) -> tuple[str, str]:
    """Say what failed in a test, and where in the student's own code."""
    if mark.waiting or is_solution(cell) or is_task(cell):
        return "", ""
    if is_question(cell):
        return str(cell.metadata["feedback"]["question"]["verdict"]), ""
    errors = [each for each in cell.get("outputs", []) if each.output_type == "error"]
    if not errors:
        return f"A check gives {plain(mark.points)} of {counted(mark.max_score, 'point')}.", ""
    text = "\n".join(_ANSI.sub("", line) for line in errors[-1].traceback)
    lines = text.splitlines()
    own = [line for line in lines if _OWN_LINE.fullmatch(line)]
    said = "\n".join(line for line in lines if line not in own)
    said = said.removeprefix("CheckFailed: ") or f"{errors[-1].ename}: {errors[-1].evalue}"
    return said, own[-1] if own else ""


def _printed(cell: NotebookNode) -> str:
    streams = [each.text for each in cell.get("outputs", []) if each.output_type == "stream"]
    return "".join(streams).replace(NOT_SHOWN, "").strip()


def _question(cell: NotebookNode, marks: Marks) -> dict[str, Any]:
    """Return what was asked, and what was said to the answer, in Markdown."""
    text = _printed(cell)
    found = _VERDICT.search(text)
    asked, said = (text[: found.start()], text[found.start() :]) if found else (text, "")
    mark = marks.cells.get(_name(cell), Mark(0, 0))
    # A sentence about earlier numbers comes before the verdict itself.
    verdicts = [each for each in said.splitlines() if _VERDICT.match(each)]
    return {
        "asked": asked.strip(),
        "said": _NEW_PARAGRAPH.sub("\n\n", said).strip(),
        "verdict": verdicts[-1] if verdicts else "",
        "title": _in_words(_name(cell)),
        "points": plain(mark.points),
        "max_score": plain(mark.max_score),
    }
