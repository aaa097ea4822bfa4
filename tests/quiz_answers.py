"""Answers to the graded quiz of the repository, as students' records hold them."""

from pathlib import Path

from embeddings_course.quiz.bank import NumericQuestion, load_questions
from embeddings_course.quiz.graded import read_sheet, student_seed
from embeddings_course.quiz.numeric import compute

NAME = "knowledge-check"
_SOURCE = Path(__file__).resolve().parent.parent / "source"
POOL = load_questions(_SOURCE / f"{NAME}.pool.yml")
SHEET = read_sheet(_SOURCE / NAME / "questions.json")
TERM = SHEET.term
IDS = [shown.id for shown in SHEET.questions]
KEY = {question.id: question for question in POOL.questions}


def answer(id, student, *, texts=None, number=None, wrong=False):
    """One answer as a record has it; the right one unless something else is asked for."""
    question = KEY[id]
    shown = next(shown for shown in SHEET.questions if shown.id == id)
    given = {"version": shown.item(student_seed(TERM, student)).version, "checked": False}
    if isinstance(question, NumericQuestion):
        values = question.variant(student_seed(TERM, student))
        right = compute(question.answer, values)
        return given | {"answer": number or repr(right * (2 if wrong else 1))}
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
