"""Quizzes: one bank of questions for the book's pages, for JupyterLab and for the gradebook."""

from embeddings_course.quiz.graded import collect, graded_quiz
from embeddings_course.quiz.notebook_quiz import quiz
from embeddings_course.quiz.question_files import QuizError

__all__ = ["QuizError", "collect", "graded_quiz", "quiz"]
