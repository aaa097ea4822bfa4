"""Quizzes: one bank of questions for the book's pages, for JupyterLab and for the gradebook."""

from embeddings_course.quiz.bank import QuizError
from embeddings_course.quiz.display import quiz
from embeddings_course.quiz.graded import collect, graded_quiz

__all__ = ["QuizError", "collect", "graded_quiz", "quiz"]
