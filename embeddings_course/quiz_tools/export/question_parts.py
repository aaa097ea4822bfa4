"""Parts of questions as other systems take them: texts, numbers, and what a choice is worth."""

from __future__ import annotations

from decimal import Decimal
from html import escape

from embeddings_course.quiz.markdown import to_html
from embeddings_course.quiz.question_files import QuestionFile
from embeddings_course.quiz.question_types import (
    Choice,
    MultipleChoice,
    NumericQuestion,
    Question,
    SingleChoice,
    example,
)
from embeddings_course.quiz.rendering import arrange
from embeddings_course.quiz.typed_numbers import compute


def right_and_wrong(question: MultipleChoice) -> tuple[int, int]:
    """Count the right and the wrong choices."""
    right = len(question.correct)
    return right, len(question.choices) - right


def filled(question: Question, text: str) -> str:
    """Put the numbers that everybody gets into a text."""
    return example(question, text, question.variant(""))


def stem(question: Question) -> str:
    """Return the stem; other systems have no place for the unit, so it stands below."""
    unit = getattr(question, "unit", None)
    stem = filled(question, question.stem)
    return f"{stem}\n\nUnit: {unit}" if unit else stem


def ordered_choices(file: QuestionFile) -> dict[str, list[Choice]]:
    """Order choices as the pages do; in a file the right one often stands first."""
    return arrange(file.questions)


def number_and_tolerance(question: NumericQuestion) -> tuple[float, float]:
    """Return the right number and the largest distance from it, without the noise of computing."""
    number = compute(question.answer, question.variant(""))
    tolerance = question.tolerance
    if isinstance(tolerance, str):
        tolerance = abs(number) * float(tolerance.rstrip("% ")) / 100
    return float(f"{number:.12g}"), float(f"{tolerance:.12g}")


def wrong_numbers(question: NumericQuestion) -> list[tuple[float, str]]:
    """Return the known wrong numbers and what to say to each."""
    values = question.variant("")
    return [
        (compute(mistake.answer, values), filled(question, mistake.feedback))
        for mistake in question.mistakes
    ]


def digits(value: float) -> str:
    """Write a number without exponent, which not every reader of GIFT knows."""
    return f"{Decimal(f'{value:.12g}'):f}"


def percent_worth(question: SingleChoice | MultipleChoice, choice: Choice) -> str:
    """Return what a choice is worth, in the percentages that Moodle knows: 33.33333, not 33.3.

    Moodle adds up what was taken, and gives nothing below zero: that is our own rule.
    """
    if isinstance(question, SingleChoice):
        return "100" if choice.correct else "0"
    right, wrong = right_and_wrong(question)
    worth = 100 / right if choice.correct else -100 / wrong
    return f"{worth:.5f}".rstrip("0").rstrip(".")


def _tex(latex: str, *, block: bool) -> str:
    """Write a formula for MathJax, which reads the text of the page after its tags."""
    opening, closing = (r"\[", r"\]") if block else (r"\(", r"\)")
    return f"{opening}{escape(latex.strip(), quote=False)}{closing}"


def tex_html(text: str) -> str:
    """Turn Markdown into HTML with formulas for MathJax."""
    return to_html(text, formula=_tex)


def tags_of(question: Question) -> tuple[str, str]:
    """Return claim and level as tags."""
    return f"claim:{question.claim}", f"level:{question.level}"
