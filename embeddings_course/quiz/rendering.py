"""What a person sees of questions: stems with numbers filled in, choices in order, as HTML.

An ``Item`` holds what is asked and nothing of what is right, so that it can go to students as it
is. A ``Key`` holds the rest, and practice quizzes show it.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from embeddings_course.quiz.markdown import split_first, to_html, to_inline_html
from embeddings_course.quiz.question_types import (
    Choice,
    NumericQuestion,
    Question,
    SingleChoice,
    digest,
    example,
    shuffled_choices,
)
from embeddings_course.quiz.typed_numbers import compute, show_number

# Sets of numbers that a practice question offers, at most.
VARIANTS = 4


@dataclass(frozen=True)
class Item:
    """One question as it is shown: Markdown with all numbers filled in, and no key.

    ``version`` tells wordings and numbers apart; ``choices`` are pairs of key and text.
    """

    id: str
    version: str
    kind: str
    stem: str
    choices: tuple[tuple[str, str], ...] = ()
    unit: str | None = None


@dataclass(frozen=True)
class Explanation:
    """What to say to one choice, or to one number and those within `margin` of it."""

    right: bool
    text: str
    feedback: str
    key: str = ""
    number: float = 0.0
    margin: float = 0.0


@dataclass(frozen=True)
class Key:
    """What is right about an item, and where the course shows it."""

    claim: str
    explanations: tuple[Explanation, ...]


def version_with(version: str, values: Mapping[str, float]) -> str:
    """Return the version of a question with these numbers in it."""
    if not values:
        return version
    return f"{version}-{digest(repr(sorted((n, float(v)) for n, v in values.items())))[:6]}"


def arrange(questions: Sequence[Question], seed: str = "") -> dict[str, list[Choice]]:
    """Order the choices of practice questions, so that the right ones stand in all places alike.

    Returns
    -------
    dict of str to list of Choice
        By id of the question; numeric questions are left out.
    """
    orders = {}
    places: dict[int, list[int]] = {}
    for question in questions:
        if isinstance(question, NumericQuestion):
            continue
        order = shuffled_choices(question, seed)
        if isinstance(question, SingleChoice):
            left = places.setdefault(len(order), [])
            if not left:
                left += range(len(order))
                random.Random(digest(f"{seed}\0{question.id}\0places")).shuffle(left)
            right = next(choice for choice in order if choice.correct)
            order.remove(right)
            order.insert(left.pop(), right)
        orders[question.id] = order
    return orders


def variants(question: Question, seed: str = "") -> list[dict[str, float]]:
    """Return the different sets of numbers that practice offers; the first follows from `seed`."""
    found = []
    for number in range(5 * VARIANTS):
        values = question.variant(f"{seed}#{number}" if number else seed)
        if values not in found:
            found.append(values)
    return found[:VARIANTS]


def item(question: Question, values: Mapping[str, float], order: Sequence[Choice] = ()) -> Item:
    """Make the item of a question with these numbers and this order of its choices."""
    return Item(
        id=question.id,
        version=version_with(question.version, values),
        kind=question.kind,
        stem=example(question, question.stem, values),
        choices=tuple((choice.key, choice.text) for choice in order),
        unit=getattr(question, "unit", None),
    )


def key(question: Question, values: Mapping[str, float], order: Sequence[Choice] = ()) -> Key:
    """Make the key that belongs to ``item`` of the same arguments."""
    if not isinstance(question, NumericQuestion):
        choices = (
            Explanation(choice.correct, choice.text, choice.feedback or "", key=choice.key)
            for choice in order
        )
        return Key(question.claim, tuple(choices))
    numbers = [(True, question.answer, question.feedback or "")]
    numbers += [(False, mistake.answer, mistake.feedback) for mistake in question.mistakes]
    unit = f" {question.unit}" if question.unit else ""
    told = []
    for right, formula, feedback in numbers:
        number = compute(formula, values)
        told.append(
            Explanation(
                right,
                show_number(number) + unit,
                example(question, feedback, values),
                number=number,
                margin=question.margin(values),
            )
        )
    return Key(question.claim, tuple(told))


_HOW = {
    "single": "Choose one answer.",
    "multiple": "Choose all answers that are right.",
    "numeric": "Type a number.",
}


def practice_html(
    name: str,
    questions: Sequence[Question],
    *,
    seed: str = "",
    claim_url: Callable[[str], str | None] = lambda claim: None,
) -> str:
    """Make the HTML of a practice quiz: readable without a script, alive with ``quiz.js``.

    Parameters
    ----------
    name : str
        The quiz, under which answers are remembered.
    questions : sequence of Question
        In the order to show.
    seed : str
        Decides the order of choices and the first numbers.
    claim_url : callable
        Returns the address of the cell that shows a claim, or None.
    """
    orders = arrange(questions, seed)
    blocks = []
    for number, question in enumerate(questions, start=1):
        order = orders.get(question.id, ())
        forms = []
        for place, values in enumerate(variants(question, seed)):
            shown, known = item(question, values, order), key(question, values, order)
            label = f"{name}-{number}-{place}"
            forms.append(
                f'<form class="quiz-form" data-version="{shown.version}" autocomplete="off"'
                f"{' hidden' if place else ''}>"
                f"{_fieldset(shown, label, f'Question {number} of {len(questions)}')}"
                '<p class="quiz-buttons"><button type="submit" hidden>Check</button>'
                '<button type="button" class="quiz-other" hidden>Other numbers</button></p>'
                '<div class="quiz-status" role="status"></div>'
                f"{_key(known, shown.kind, claim_url(known.claim))}</form>"
            )
        blocks.append(_question(question.id, forms))
    foot = (
        '<p class="quiz-foot"><strong class="quiz-score"></strong>'
        '<button type="button" class="quiz-again" hidden>Start again</button>'
        '<span class="quiz-note"></span></p>'
    )
    return _quiz(name, "practice", [*blocks, foot])


def graded_html(name: str, items: Sequence[Item], *, student: str) -> str:
    """Make the HTML of a graded quiz: it records answers, and says nothing to them."""
    who = (
        '<form class="quiz-student" autocomplete="off"><label>Your student id, as your instructor '
        f'has it <input type="text" name="student" maxlength="200" value="{escape(student)}">'
        '</label><div class="quiz-status" role="status"></div></form>'
    )
    blocks = []
    for number, shown in enumerate(items, start=1):
        form = (
            f'<form class="quiz-form" data-version="{shown.version}" autocomplete="off">'
            f"{_fieldset(shown, f'{name}-{number}', f'Question {number} of {len(items)}')}"
            '<div class="quiz-status" role="status"></div></form>'
        )
        blocks.append(_question(shown.id, [form]))
    foot = (
        '<p class="quiz-foot"><strong class="quiz-score"></strong>'
        '<span class="quiz-note" role="status"></span></p>'
    )
    return _quiz(name, "graded", [who, *blocks, foot])


def _quiz(name: str, mode: str, parts: Sequence[str]) -> str:
    opening = f'<div class="quiz" data-quiz="{escape(name)}" data-mode="{mode}">'
    return "\n".join([opening, *parts, "</div>"])


def _question(id: str, forms: Sequence[str]) -> str:
    return f'<div class="quiz-question" data-id="{escape(id)}">' + "\n".join(forms) + "</div>"


def _fieldset(shown: Item, label: str, number: str) -> str:
    first, rest = split_first(shown.stem)
    more = f'<div class="quiz-more" id="{label}-more">{to_html(rest)}</div>' if rest else ""
    described = f' aria-describedby="{label}-more"' if rest else ""
    inputs = _number_input(shown) if shown.kind == "numeric" else _choices(shown, label)
    return (
        f'<fieldset{described}><legend><span class="quiz-number">{number}</span> '
        f"{to_inline_html(first)}</legend>{more}"
        f'<p class="quiz-how">{_HOW[shown.kind]}</p>{inputs}</fieldset>'
    )


def _choices(shown: Item, label: str) -> str:
    kind = "radio" if shown.kind == "single" else "checkbox"
    return "".join(
        f'<label class="quiz-choice"><input type="{kind}" name="{label}" value="{value}">'
        f"<span>{to_inline_html(text)}</span></label>"
        for value, text in shown.choices
    )


def _number_input(shown: Item) -> str:
    unit = allowed = ""
    if shown.unit:
        unit = f' <span class="quiz-unit">{to_inline_html(shown.unit)}</span>'
        allowed = f' data-unit="{escape(shown.unit)}"'
    return (
        '<label class="quiz-typed"><span class="quiz-label">Your answer</span> '
        f'<input type="text" inputmode="decimal" name="number" maxlength="200" size="14"'
        f"{allowed}>{unit}"
        "</label>"
    )


def _key(known: Key, kind: str, url: str | None) -> str:
    lines = []
    for told in known.explanations:
        data = f'data-key="{told.key}"'
        if kind == "numeric":
            data = f'data-number="{told.number!r}" data-margin="{told.margin!r}"'
        verdict = "Right" if told.right else "Not right"
        lines.append(
            f"<li {data}{' data-right' if told.right else ''}><strong>{verdict}:</strong> "
            f'<span class="quiz-text">{to_inline_html(told.text)}</span>'
            f'<div class="quiz-why">{to_html(told.feedback)}</div></li>'
        )
    shows = f'<p><a href="{escape(url)}">The cell that shows it</a></p>' if url else ""
    return (
        '<details class="quiz-key"><summary>Answer and explanations</summary>'
        f"<ul>{''.join(lines)}</ul>{shows}</details>"
    )
