"""Answers to the graded quiz that was drawn last, as students' records hold them.

What is right is read from the hidden tests in ``source/``: the pool may be an instructor's own.
"""

import ast
from pathlib import Path

import nbformat

from embeddings_course.quiz.graded_sheet import read_sheet, student_seed
from embeddings_course.quiz.question_files import load_questions, parse_question
from embeddings_course.quiz.question_types import NumericQuestion
from embeddings_course.quiz.typed_numbers import compute

NAME = "knowledge-check"
_SOURCE = Path(__file__).resolve().parent.parent / "source"
POOL = load_questions(_SOURCE / f"{NAME}.pool.yml")
SHEET = read_sheet(_SOURCE / NAME / "questions.json")
TERM = SHEET.term
IDS = [shown.id for shown in SHEET.questions]


def drawn_questions(notebook):
    """Read the questions with their keys from the first argument of each hidden test's grade()."""
    for cell in nbformat.read(notebook, as_version=4).cells:
        if not cell.metadata.get("nbgrader", {}).get("grade_id", "").startswith("question-"):
            continue
        for node in ast.walk(ast.parse(cell.source)):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "grade":
                yield parse_question(ast.literal_eval(node.args[0]))


KEY = {question.id: question for question in drawn_questions(_SOURCE / NAME / f"{NAME}.ipynb")}


def answer(id, student, *, texts=None, number=None, wrong=False):
    """One answer as a record has it; the right one unless something else is asked for."""
    question = KEY[id]
    shown = next(shown for shown in SHEET.questions if shown.id == id)
    given = {"version": shown.item(student_seed(TERM, student)).version, "checked": False}
    if isinstance(question, NumericQuestion):
        values = question.variant(student_seed(TERM, student))
        right = compute(question.answer, values)
        return given | {"answer": number or repr((right * 2 or 1.0) if wrong else right)}
    keys = {choice.text: choice.key for choice in question.choices}
    if texts is not None:
        return given | {"answer": [keys[text] for text in texts]}
    return given | {
        "answer": [c.key for c in question.choices if c.correct != wrong][: 1 if wrong else 9]
    }


def record(student, answers=None, **changes):
    made = {"format": 1, "quiz": NAME, "student": student}
    made["answers"] = {id: answer(id, student) for id in IDS} if answers is None else answers
    return made | changes
