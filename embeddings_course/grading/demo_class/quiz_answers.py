"""Answers to the graded quiz that was drawn last, as students' records hold them.

What is right is read from the hidden tests in ``source/``: the pool may be an instructor's own.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import nbformat

from embeddings_course._shared.syntax import parse
from embeddings_course.quiz.graded_sheet import QUESTIONS, read_sheet, student_seed
from embeddings_course.quiz.question_files import parse_question
from embeddings_course.quiz.question_types import NumericQuestion, Question
from embeddings_course.quiz.typed_numbers import compute

NAME = "knowledge-check"


class DrawnQuiz:
    """A quiz with its keys, as ``course quiz draw`` left it in a folder for sources.

    Attributes
    ----------
    sheet : Sheet
        What students get of it.
    key : dict of str to Question
        The questions with their keys, by id.
    """

    def __init__(self, source: Path):
        folder = source / NAME
        self.sheet = read_sheet(folder / QUESTIONS)
        self.key = {each.id: each for each in _with_keys(folder / f"{NAME}.ipynb")}
        self._shown = {shown.id: shown for shown in self.sheet.questions}

    def answer(self, id: str, student: str, *, wrong: bool = False) -> dict[str, Any]:
        """Return a right or a wrong answer, as a record has it."""
        question = self.key[id]
        seed = student_seed(self.sheet.term, student)
        given = {"version": self._shown[id].item(seed).version, "checked": False}
        if isinstance(question, NumericQuestion):
            right = compute(question.answer, question.variant(seed))
            return given | {"answer": repr((right * 2 or 1.0) if wrong else right)}
        keys = [choice.key for choice in question.choices if choice.correct != wrong]
        return given | {"answer": keys[: 1 if wrong else None]}

    def record(self, student: str, answers: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
        """Return the record of a student's answers."""
        return {"format": 1, "quiz": NAME, "student": student, "answers": dict(answers)}


def _with_keys(notebook: Path) -> Iterator[Question]:
    """Read the questions with their keys from the first argument of each hidden test's grade()."""
    for cell in nbformat.read(notebook, as_version=4).cells:
        if not cell.metadata.get("nbgrader", {}).get("grade_id", "").startswith("question-"):
            continue
        for node in ast.walk(parse(cell.source)):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "grade":
                yield parse_question(ast.literal_eval(node.args[0]))
