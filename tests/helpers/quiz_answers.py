"""Answers to the repository's graded quiz: right ones unless something else is asked for."""

from embeddings_course.grading.demo_class.quiz_answers import NAME, DrawnQuiz
from embeddings_course.quiz.question_files import load_questions
from helpers.repository import ROOT

QUIZ = DrawnQuiz(ROOT / "source")
POOL = load_questions(ROOT / "source" / f"{NAME}.pool.yml")
SHEET = QUIZ.sheet
TERM = SHEET.term
IDS = [shown.id for shown in SHEET.questions]
KEY = QUIZ.key


def answer(id, student, *, texts=None, number=None, wrong=False):
    """One answer as a record has it, also the choices with some texts, or a number as typed."""
    given = QUIZ.answer(id, student, wrong=wrong)
    if texts is not None:
        keys = {choice.text: choice.key for choice in KEY[id].choices}
        return given | {"answer": [keys[text] for text in texts]}
    return given | {"answer": number} if number else given


def record(student, answers=None, **changes):
    if answers is None:
        answers = {id: answer(id, student) for id in IDS}
    return QUIZ.record(student, answers) | changes
