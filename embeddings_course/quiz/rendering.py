"""What a person sees of questions: stems with numbers filled in, choices in order, as HTML.

An ``Item`` holds what is asked and nothing of what is right, so that it can go to students as it
is. A ``Key`` holds the rest, and practice quizzes show it.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from embeddings_course._shared.text import counted
from embeddings_course.quiz.markdown import split_first, to_html, to_inline_html
from embeddings_course.quiz.question_files import Part
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

SECONDS_A_QUESTION = 45


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


def question_minutes(questions: int) -> int:
    """Estimate how many minutes questions take, one at least."""
    return max(1, round(questions * SECONDS_A_QUESTION / 60))


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
    parts: Sequence[Part] = (),
    claim_url: Callable[[str], str | None] = lambda claim: None,
    page_title: Callable[[str], str] = lambda claim: "",
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
    parts : sequence of Part
        Headings over the questions. With them, there is a result for each part.
    claim_url : callable
        Returns the address of the cell that shows a claim, or None.
    page_title : callable
        Returns the title of the page with that cell, which a result leads to.
    """
    orders = arrange(questions, seed)
    groups = _groups(questions, parts)
    headings = {group[0].id: _heading(part, len(group)) for part, group in groups}
    blocks = [_how_long(len(questions))] if groups else []
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
        blocks.append(headings.get(question.id, ""))
        blocks.append(_question(question.id, forms))
    if groups:
        blocks.append(_result(groups, claim_url, page_title))
    foot = (
        '<p class="quiz-foot"><strong class="quiz-score"></strong>'
        '<button type="button" class="quiz-again" hidden>Start again</button>'
        '<span class="quiz-note"></span></p>'
    )
    return _quiz(name, "practice", [*filter(None, blocks), foot])


_Groups = list[tuple[Part, list[Question]]]


def _groups(questions: Sequence[Question], parts: Sequence[Part]) -> _Groups:
    """Put the questions below the parts that they belong to."""
    begins = {part.first: part for part in parts}
    groups: _Groups = []
    for question in questions:
        if part := begins.get(question.id):
            groups.append((part, []))
        if groups:
            groups[-1][1].append(question)
    return groups


def _how_long(questions: int) -> str:
    minutes = counted(question_minutes(questions), "minute")
    return f'<p class="quiz-about">{counted(questions, "question")}, about {minutes}.</p>'


def _heading(part: Part, questions: int) -> str:
    return f'<h2 class="quiz-part">{to_inline_html(part.title)}</h2>{_how_long(questions)}'


def _result(
    groups: _Groups,
    claim_url: Callable[[str], str | None],
    page_title: Callable[[str], str],
) -> str:
    """Make the list of parts, whose points and pages to read again the script fills in."""
    lines = []
    for part, group in groups:
        pages: dict[str, tuple[str, list[str]]] = {}
        for question in group:
            address, title = claim_url(question.claim), page_title(question.claim)
            if address and title:
                page = address.partition("#")[0]
                pages.setdefault(page, (title, []))[1].append(question.id)
        links = "".join(
            f'<a class="quiz-page" href="{escape(page)}" data-questions="{" ".join(ids)}" hidden>'
            f"{escape(title)}</a> "
            for page, (title, ids) in pages.items()
        )
        ids = " ".join(question.id for question in group)
        again = f'<span class="quiz-reread" hidden>Read again: {links}</span>' if links else ""
        lines.append(
            f'<li data-questions="{ids}"><strong>{to_inline_html(part.title)}:</strong> '
            f'<span class="quiz-points"></span> {again}</li>'
        )
    return (
        '<section class="quiz-result" hidden><h2>Your result by topic</h2>'
        f"<ul>{''.join(lines)}</ul></section>"
    )


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
