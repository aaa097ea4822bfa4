"""The formats, and what becomes of each feature of a question in each of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeGuard

from embeddings_course._shared.messages import Message
from embeddings_course._shared.text import counted, listed
from embeddings_course.quiz.question_files import QuestionFile, QuizError
from embeddings_course.quiz.question_types import MultipleChoice, NumericQuestion, Question
from embeddings_course.quiz_tools.export.question_parts import (
    filled,
    number_and_tolerance,
    right_and_wrong,
    tex_html,
)

# The formats, and the suffix of the file that each is written to.
FORMATS = {"moodle": ".xml", "gift": ".gift.txt", "qti": ".zip", "json": ".json"}

# Canvas keeps four decimals, and text2qti refuses bounds of a range that would become zero.
_CANVAS_DECIMALS = 4

_YES = "yes"


@dataclass(frozen=True)
class _Feature:
    """Something that questions have; each cell but "yes" says what a format makes of it."""

    name: str
    moodle: str
    gift: str
    qti: str
    concerns: Callable[[Question], bool] = lambda question: True

    def cells(self) -> dict[str, str]:
        return {"moodle": self.moodle, "gift": self.gift, "qti": self.qti, "json": _YES}


def _is_numeric(question: Question) -> TypeGuard[NumericQuestion]:
    return isinstance(question, NumericQuestion)


def _has_formula(question: Question) -> bool:
    # Quotes in a text are escaped, so that only the converter can write this.
    return any('class="math ' in tex_html(filled(question, text)) for _, text in question.texts())


def _is_rounded_by_canvas(question: Question) -> bool:
    if not _is_numeric(question) or _is_refused_by_canvas(question):
        return False
    number, tolerance = number_and_tolerance(question)
    return any(
        abs(bound - round(bound, _CANVAS_DECIMALS)) > 1e-12 * abs(bound)
        for bound in (number - tolerance, number, number + tolerance)
    )


def _is_refused_by_canvas(question: Question) -> bool:
    if not _is_numeric(question):
        return False
    number, tolerance = number_and_tolerance(question)
    return min(abs(number - tolerance), abs(number + tolerance)) < 10**-_CANVAS_DECIMALS


_SHOWN_TO_ALL = "is shown after any answer, not only after a right one"
_IN_STEM = "stands below the question"

_FEATURES = (
    _Feature("Single choice: stem, choices, the right one", _YES, _YES, _YES),
    _Feature("Multiple choice: stem, choices, the right ones, part of the point", _YES, _YES, _YES),
    _Feature("Number: stem, right answer, tolerance", _YES, _YES, _YES),
    _Feature("Lists, tables, code blocks, inline code, links", _YES, _YES, _YES),
    _Feature(
        "Formulas",
        moodle="are TeX, for the site's MathJax filter",
        gift="are TeX, for MathJax",
        qti="are pictures that Canvas draws from TeX",
        concerns=_has_formula,
    ),
    _Feature("Id", _YES, _YES, _YES),
    _Feature(
        "Claim and level",
        moodle="are tags",
        gift="are tags in a comment, which Moodle reads and other systems skip",
        qti="are dropped",
    ),
    _Feature(
        "Feedback for each choice taken",
        _YES,
        _YES,
        _YES,
        concerns=lambda question: not _is_numeric(question),
    ),
    _Feature(
        "Feedback for right choices missed",
        moodle="is dropped",
        gift="is dropped",
        qti="is dropped",
        concerns=lambda question: (
            isinstance(question, MultipleChoice)
            and any(choice.correct and choice.feedback for choice in question.choices)
        ),
    ),
    _Feature(
        "What wrong choices cost, where there are more or fewer of them than right ones",
        _YES,
        _YES,
        qti="follows Canvas: a wrong choice costs as much as a right one earns",
        concerns=lambda question: (
            isinstance(question, MultipleChoice) and len(set(right_and_wrong(question))) == 2
        ),
    ),
    _Feature(
        "Numbers drawn from variables",
        moodle="are the same for everybody",
        gift="are the same for everybody",
        qti="are the same for everybody",
        concerns=lambda question: _is_numeric(question) and bool(question.variables),
    ),
    _Feature(
        "Tolerance in percent",
        moodle="becomes an absolute one",
        gift="becomes an absolute one",
        qti="becomes an absolute one",
        concerns=lambda question: _is_numeric(question) and isinstance(question.tolerance, str),
    ),
    _Feature(
        "Numbers and tolerances of more than four decimals",
        _YES,
        _YES,
        qti="are rounded to four",
        concerns=_is_rounded_by_canvas,
    ),
    _Feature(
        "Numbers whose tolerance begins or ends within 0.0001 of zero",
        _YES,
        _YES,
        qti="cannot be told from zero: the questions are left out",
        concerns=_is_refused_by_canvas,
    ),
    _Feature(
        "Ways to type a number, such as 0,5 and 6,400,000",
        moodle="are those of the site's language",
        gift="are those of the system that reads it",
        qti="are those of Canvas",
        concerns=_is_numeric,
    ),
    _Feature(
        "Unit",
        moodle=f"{_IN_STEM}, and may be typed after the number",
        gift=_IN_STEM,
        qti=_IN_STEM,
        concerns=lambda question: _is_numeric(question) and bool(question.unit),
    ),
    _Feature(
        "Feedback for a number",
        moodle=_SHOWN_TO_ALL,
        gift=_SHOWN_TO_ALL,
        qti=_SHOWN_TO_ALL,
        concerns=lambda question: _is_numeric(question) and bool(question.feedback),
    ),
    _Feature(
        "Feedback for known wrong numbers",
        _YES,
        _YES,
        qti="is dropped",
        concerns=lambda question: _is_numeric(question) and bool(question.mistakes),
    ),
)
_SEVERAL_FILES = _Feature("Division into files", _YES, _YES, qti="is dropped: all are one quiz")

# What becomes of each feature in each format; "yes" where nothing changes.
SURVIVES: dict[str, dict[str, str]] = {
    feature.name: feature.cells() for feature in (*_FEATURES, _SEVERAL_FILES)
}


def survival_table() -> str:
    """Return ``SURVIVES`` as a table in Markdown, one line a feature."""
    rows = [["", *FORMATS], ["---"] * (1 + len(FORMATS))]
    rows += [[name, *(cells[format] for format in FORMATS)] for name, cells in SURVIVES.items()]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows) + "\n"


def without_refused(files: Sequence[QuestionFile]) -> tuple[list[QuestionFile], list[str]]:
    """Leave out the questions that Canvas cannot have, and say which."""
    kept = [
        replace(file, questions=tuple(q for q in file.questions if not _is_refused_by_canvas(q)))
        for file in files
    ]
    feature = next(f for f in _FEATURES if f.concerns is _is_refused_by_canvas)
    refused = [q for file in files for q in file.questions if _is_refused_by_canvas(q)]
    if not any(file.questions for file in kept):
        raise QuizError(
            [
                Message(
                    "export-all-refused",
                    f"There is nothing to export: {feature.name.lower()} cannot go to Canvas, "
                    "and all these questions have them. Choose another format with --format.",
                )
            ]
        )
    count = sum(len(file.questions) for file in files)
    return kept, [_sentence(feature, "qti", refused, of=count)] if refused else []


def changes(files: Sequence[QuestionFile], format: str) -> list[str]:
    """Say what a format has no place for or shows otherwise, a sentence for each feature."""
    questions = [question for file in files for question in file.questions]
    several = len([file for file in files if file.questions]) > 1
    said = []
    for feature in (*_FEATURES, *([_SEVERAL_FILES] if several else [])):
        concerned = [question for question in questions if feature.concerns(question)]
        if concerned and feature.cells()[format] != _YES:
            said.append(_sentence(feature, format, concerned, of=len(questions)))
    return said


def _sentence(feature: _Feature, format: str, questions: Sequence[Question], *, of: int) -> str:
    """Say what a format makes of a feature, and name the questions unless it is all of them."""
    which = counted(len(questions), "question")
    if len(questions) == of > 1:
        which = f"all {which}"
    else:
        which += f": {listed(question.id for question in questions)}"
    return f"{feature.name} ({which}): {feature.cells()[format]}."
