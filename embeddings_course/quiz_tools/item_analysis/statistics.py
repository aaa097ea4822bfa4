"""Difficulty, discrimination, and the index D of each question."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from embeddings_course.quiz.answer_records import Record
from embeddings_course.quiz.question_types import NumericQuestion, Question, SingleChoice
from embeddings_course.quiz.rendering import version_with
from embeddings_course.quiz.scoring import score
from embeddings_course.quiz.typed_numbers import read_number, show_number
from embeddings_course.quiz_tools.item_statistics import item_rest_correlation, upper_lower_index

_WRONG_NUMBERS = 5
# Sets of numbers that are tried to find the one that a person was shown.
_LARGEST_VARIETY = 20_000

_ValuesOf = Callable[[Question, Record], Mapping[str, float]]


@dataclass(frozen=True)
class ChoiceCount:
    """How many persons took a choice."""

    key: str
    text: str
    right: bool
    count: int


@dataclass(frozen=True)
class WrongNumber:
    """How many persons gave a wrong number.

    ``shown`` is the number, with the variables' values where there are any. All numbers that one
    known mistake leads to count as one: then ``shown`` is the mistake's number or formula, and
    ``known`` is true.
    """

    shown: str
    known: bool
    count: int


@dataclass(frozen=True)
class ItemStatistics:
    """What the answers say about one question.

    Attributes
    ----------
    id, kind : str
        The question.
    persons : int
        Records that were looked at: the sum of the next four.
    answered : int
        With an answer that was scored. All statistics below are over these.
    omitted : int
        With no answer.
    earlier : int
        With an answer to an earlier wording, or to numbers that are not shown any more. Not scored.
    unreadable : int
        With something that is not an answer, such as a choice that does not exist. Not scored.
    difficulty : float or None
        Mean score, 0 to 1; None if nobody answered.
    discrimination : float or None
        Item-rest correlation, -1 to 1; None where it is not defined.
    undefined : str
        Why it is not defined, otherwise empty.
    upper_lower : float or None
        The index D, -1 to 1. None with fewer than 3 answers, or if all who answered have the same
        total.
    chance : float or None
        The difficulty that blind guesses would give; single choice only.
    choices : tuple of ChoiceCount
        In the order of the file; empty for numbers.
    wrong_numbers : tuple of WrongNumber
        The five most frequent; empty for choices.
    """

    id: str
    kind: str
    persons: int
    answered: int
    omitted: int
    earlier: int
    unreadable: int
    difficulty: float | None
    discrimination: float | None
    undefined: str
    upper_lower: float | None
    chance: float | None
    choices: tuple[ChoiceCount, ...]
    wrong_numbers: tuple[WrongNumber, ...]


def analyse(
    questions: Sequence[Question],
    records: Sequence[Record],
    *,
    values_of: _ValuesOf | None = None,
) -> list[ItemStatistics]:
    """Compute the statistics of each question.

    Everybody who answered a question counts for it. On the other questions, what they omitted, or
    what could not be scored, counts 0: in the sum that the question is correlated with, and in the
    total that ranks them for D.

    For D the upper and the lower group have 27 % of those who answered, rounded to whole persons.
    The total includes the question itself, so D flatters questions of short quizzes; the item-rest
    correlation does not. Where several persons share the total at a group's border, each of them
    enters with the same fraction of a person, so that the group's size is right and no order of
    records matters.

    Parameters
    ----------
    questions : sequence of Question
        As they are now.
    records : sequence of Record, length n
        One a person.
    values_of : callable, optional
        Returns the variables' values that a record's person was shown. Default: found from the
        version that the answer names, which tells numbers apart.

    Returns
    -------
    list of ItemStatistics
        One a question, in their order.
    """
    columns = [_outcomes(question, records, values_of) for question in questions]
    # What was not scored is NaN.
    scores = np.array([[outcome.points for outcome in column] for column in columns])
    scores = scores.reshape(len(questions), len(records)).T  # [persons, questions]
    totals = np.nansum(scores, axis=1)
    return [
        _statistics(question, column, scores[:, number], totals, alone=len(questions) == 1)
        for number, (question, column) in enumerate(zip(questions, columns, strict=True))
    ]


@dataclass(frozen=True)
class _Outcome:
    """What became of one person's answer; what was not scored has NaN points."""

    state: str
    points: float = math.nan
    answer: str | tuple[str, ...] = ()
    values: Mapping[str, float] = field(default_factory=dict)


def _outcomes(
    question: Question, records: Sequence[Record], values_of: _ValuesOf | None
) -> list[_Outcome]:
    """Score all answers to one question."""
    variables = getattr(question, "variables", {})
    every = itertools.product(*(dict.fromkeys(numbers) for numbers in variables.values()))
    sets = (dict(zip(variables, numbers, strict=True)) for numbers in every)
    by_version = {
        version_with(question.version, values): values
        for values in itertools.islice(sets, _LARGEST_VARIETY)
    }
    outcomes = []
    values: Mapping[str, float] | None
    for record in records:
        given = record.answers.get(question.id)
        # Blank, or no choice taken: the same as no answer.
        if given is None or not "".join(given.answer).strip():
            before = any(old.question == question.id for old in record.earlier)
            outcomes.append(_Outcome("earlier" if before else "omitted"))
            continue
        if values_of is not None and variables:
            shown = values_of(question, record)
            current = given.version == version_with(question.version, shown)
            values = shown if current else None
        else:
            values = by_version.get(given.version)
        if values is None:
            outcomes.append(_Outcome("earlier"))
            continue
        try:
            points = score(question, given.answer, values).points
        except ValueError:
            outcomes.append(_Outcome("unreadable"))
            continue
        outcomes.append(_Outcome("answered", points, given.answer, values))
    return outcomes


def _statistics(
    question: Question,
    outcomes: Sequence[_Outcome],
    scores: np.ndarray,
    totals: np.ndarray,
    *,
    alone: bool,
) -> ItemStatistics:
    """Compute what follows from the scores on one question and the totals, both [persons]."""
    states = Counter(outcome.state for outcome in outcomes)
    scored = [outcome for outcome in outcomes if outcome.state == "answered"]
    answered = ~np.isnan(scores)
    scores, totals = scores[answered], totals[answered]
    discrimination, undefined = item_rest_correlation(scores, totals - scores)
    if alone:
        undefined = "it is the only question"
    taken: Counter[str] = Counter()
    wrong: Counter[tuple[str, bool]] = Counter()
    if isinstance(question, NumericQuestion):
        wrong.update(_named(question, outcome) for outcome in scored if outcome.points < 1)
    else:
        taken.update(key for outcome in scored for key in outcome.answer)
    frequent = sorted(wrong.items(), key=lambda entry: (-entry[1], entry[0]))[:_WRONG_NUMBERS]
    return ItemStatistics(
        id=question.id,
        kind=question.kind,
        persons=len(outcomes),
        answered=states["answered"],
        omitted=states["omitted"],
        earlier=states["earlier"],
        unreadable=states["unreadable"],
        difficulty=float(scores.mean()) if len(scores) else None,
        discrimination=discrimination,
        undefined=undefined,
        upper_lower=upper_lower_index(scores, totals),
        chance=1 / len(question.choices) if isinstance(question, SingleChoice) else None,
        choices=tuple(
            ChoiceCount(choice.key, choice.text, choice.correct, taken[choice.key])
            for choice in getattr(question, "choices", ())
        ),
        wrong_numbers=tuple(WrongNumber(*name, count) for name, count in frequent),
    )


def _named(question: NumericQuestion, outcome: _Outcome) -> tuple[str, bool]:
    """Return what a wrong number is listed as, and whether a known mistake leads to it."""
    number = read_number("".join(outcome.answer), question.unit)
    if mistake := question.mistake(number, outcome.values):
        formula = mistake.answer
        return (formula if isinstance(formula, str) else show_number(formula)), True
    values = ", ".join(f"{name} = {show_number(value)}" for name, value in outcome.values.items())
    return f"{show_number(number)}{f' for {values}' if values else ''}", False
