"""What an answer is worth, and what to say to it; ``quiz.js`` does the same on the page."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from embeddings_course.quiz.question_types import (
    Choice,
    MultipleChoice,
    NumericQuestion,
    Question,
    example,
)
from embeddings_course.quiz.typed_numbers import read_number

Answer = str | tuple[str, ...]


@dataclass(frozen=True)
class Score:
    """Points from 0 to 1, and sentences in Markdown that say why."""

    points: float
    feedback: tuple[str, ...]


def score(question: Question, answer: Answer, values: Mapping[str, float] | None = None) -> Score:
    """Score one answer.

    A multiple choice earns its share of the right choices taken, less the share of the wrong
    choices taken, and never less than 0: taking everything earns nothing.

    Parameters
    ----------
    question : Question
        With its key.
    answer : str or tuple of str
        What was typed, for a number; otherwise the keys of the choices taken.
    values : mapping of str to float, optional
        The variables' values that were shown. Default: those of ``question.variant("")``.

    Raises
    ------
    ValueError
        If the answer is of the wrong form, is not a number, or names a choice that does not exist.
    """
    if isinstance(question, NumericQuestion):
        return _score_number(question, answer, question.variant("") if values is None else values)
    if isinstance(answer, str) or len(set(answer)) != len(answer):
        raise ValueError("a choice is answered with a list of different choices")
    choices = {choice.key: choice for choice in question.choices}
    if unknown := set(answer) - set(choices):
        raise ValueError(f"there is no choice {', '.join(sorted(unknown))}")
    if not isinstance(question, MultipleChoice) and len(answer) > 1:
        raise ValueError("only one choice can be taken")
    taken = set(answer)
    wrong = set(choices) - question.correct
    said = [_say(choices[key]) for key in answer]
    if isinstance(question, MultipleChoice):
        leads = ["Right" if key in question.correct else "Not right" for key in answer]
        said = [f"{lead}: {text}" for lead, text in zip(leads, said, strict=True)]
        missed = [choices[key] for key in choices if key in question.correct - taken]
        said += [f"Missed: {_say(choice)}" for choice in missed]
    return Score(share(taken, question.correct, wrong), tuple(said))


def share(taken: Collection[str], right: Collection[str], wrong: Collection[str]) -> float:
    """Return the share of right choices taken, less that of wrong ones, at least 0."""
    hits, misses = len({*taken} & {*right}), len({*taken} & {*wrong})
    return max(0.0, hits / len(right) - misses / len(wrong))


def _say(choice: Choice) -> str:
    return f"{choice.text} — {choice.feedback}" if choice.feedback else choice.text


def _score_number(question: NumericQuestion, answer: Answer, values: Mapping[str, float]) -> Score:
    if not isinstance(answer, str):
        raise ValueError("a number is answered with a text")
    given = read_number(answer, question.unit)
    if question.is_right(given, values):
        said = [question.feedback] if question.feedback else []
        return Score(1.0, tuple(example(question, text, values) for text in said))
    mistake = question.mistake(given, values)
    said = [mistake.feedback] if mistake else []
    return Score(0.0, tuple(example(question, text, values) for text in said))
