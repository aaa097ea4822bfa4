"""The kinds of questions: what each asks, what is right, and what varies with a seed."""

from __future__ import annotations

import hashlib
import itertools
import math
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    field_validator,
    model_validator,
)

from embeddings_course.quiz.markdown import fill_in, placeholders
from embeddings_course.quiz.typed_numbers import compute, show_number

LEVELS = ("recall", "understand", "apply", "analyse")

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
VariableName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z_]*$")]
Number = Annotated[float, Field(allow_inf_nan=False)]

# Combinations of variables' values that are tried when a question is read: all, or where there are
# more, every pair of values with the first of all others.
_COMBINATIONS = 2000


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Choice(_Model):
    """One of the answers to choose from; ``key`` is its name in pages and records."""

    text: Text
    correct: bool = False
    feedback: Text | None = None

    @property
    def key(self) -> str:
        """A name that follows from the text only: neither from its place nor from ``correct``."""
        return digest(self.text)[:8]


class Mistake(_Model):
    """A wrong number that has a known reason, and what to say to those who answer it."""

    answer: Number | Text
    feedback: Text


class _Question(_Model):
    id: Slug
    claim: Slug
    level: Literal["recall", "understand", "apply", "analyse"]
    stem: Text

    def variant(self, seed: str) -> dict[str, float]:
        """Return the values of the variables for a seed; only numeric questions have any."""
        return {}

    @property
    def version(self) -> str:
        """Changes when what is asked changes, and says nothing about what is right."""
        return digest(self.asked())[:8]

    def asked(self) -> str:
        """Return all that a person sees before answering, as one text, in no telling order."""
        raise NotImplementedError

    def texts(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """Yield each piece of Markdown and its place in the file."""
        yield ("stem",), self.stem


class _ChoiceQuestion(_Question):
    choices: Annotated[tuple[Choice, ...], Field(min_length=2, max_length=9, strict=False)]
    if TYPE_CHECKING:
        kind: str  # a field of those below: here it would come before what they have of their own

    @model_validator(mode="after")
    def _check_choices(self) -> Self:
        texts = [choice.text for choice in self.choices]
        for text in texts:
            if texts.count(text) > 1:
                raise ValueError(f"choices: {text!r} is there twice")
        return self

    @property
    def correct(self) -> frozenset[str]:
        """Keys of the right choices."""
        return frozenset(choice.key for choice in self.choices if choice.correct)

    def asked(self) -> str:
        """Return stem and choices, the choices in an order that does not depend on the file."""
        return "\0".join([self.kind, self.stem, *sorted(choice.text for choice in self.choices)])

    def texts(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """Yield stem, choices and feedback."""
        yield from super().texts()
        for number, choice in enumerate(self.choices):
            yield ("choices", number, "text"), choice.text
            if choice.feedback:
                yield ("choices", number, "feedback"), choice.feedback


class SingleChoice(_ChoiceQuestion):
    """Exactly one choice is right."""

    kind: Literal["single"]

    @model_validator(mode="after")
    def _check_one_correct(self) -> Self:
        count = len(self.correct)
        if count != 1:
            raise ValueError(
                f"choices: a single choice has exactly one right answer, this one has {count}"
                + (" (kind: multiple allows several)" if count else " (correct: true marks it)")
            )
        return self


class MultipleChoice(_ChoiceQuestion):
    """One or more choices are right, and one or more are wrong; partly right answers count."""

    kind: Literal["multiple"]

    @model_validator(mode="after")
    def _check_some_correct(self) -> Self:
        if not 0 < len(self.correct) < len(self.choices):
            raise ValueError("choices: a multiple choice needs a right and a wrong answer at least")
        return self


class NumericQuestion(_Question):
    """A number is asked, within a tolerance; variables give each seed numbers of its own."""

    kind: Literal["numeric"]
    variables: Annotated[
        dict[VariableName, Annotated[tuple[Number, ...], Field(min_length=1, strict=False)]],
        Field(default_factory=dict),
    ]
    answer: Number | Text
    tolerance: Number | Annotated[str, StringConstraints(pattern=r"^\d+(\.\d+)?\s*%$")]
    unit: Text | None = None
    feedback: Text | None = None
    mistakes: Annotated[tuple[Mistake, ...], Field(strict=False)] = ()

    @field_validator("tolerance")
    @classmethod
    def _check_tolerance(cls, tolerance: float | str) -> float | str:
        if not isinstance(tolerance, str) and tolerance < 0:
            raise ValueError(f"a tolerance cannot be below zero: {tolerance:g}")
        return tolerance

    @model_validator(mode="after")
    def _check_formulas(self) -> Self:
        if "answer" in self.variables:
            raise ValueError(
                "variables.answer: {{answer}} is the right number; rename the variable"
            )
        if placeholders(self.unit or ""):
            raise ValueError("unit: is the same for all numbers; say what varies in the stem")
        for place, text in self.texts():
            field = ".".join(str(part) for part in place)
            known = {*self.variables} | (set() if field == "stem" else {"answer"})
            if unknown := placeholders(text) - known:
                raise ValueError(f"{field}: {{{{{unknown.pop()}}}}} is not among the variables")
        for values in self._some_variants():
            try:
                right = compute(self.answer, values)
            except ValueError as error:
                raise ValueError(f"answer: {error}{_for(values)}") from None
            for number, mistake in enumerate(self.mistakes):
                try:
                    wrong = compute(mistake.answer, values)
                except ValueError as error:
                    raise ValueError(f"mistakes.{number}: {error}{_for(values)}") from None
                if abs(wrong - right) <= self.margin(values):
                    raise ValueError(
                        f"mistakes.{number}: {show_number(wrong)} is a right answer{_for(values)}"
                    )
        return self

    def _some_variants(self) -> Iterator[dict[str, float]]:
        first = {name: values[0] for name, values in self.variables.items()}
        varied: Iterable[tuple[str, ...]] = [tuple(self.variables)]
        if math.prod(len(values) for values in self.variables.values()) > _COMBINATIONS:
            varied = itertools.combinations(self.variables, min(2, len(self.variables)))
        for names in varied:
            for values in itertools.product(*(self.variables[name] for name in names)):
                yield first | dict(zip(names, values, strict=True))

    def variant(self, seed: str) -> dict[str, float]:
        """Return the values of the variables for a seed."""
        return draw_values(self.id, self.variables, seed)

    def margin(self, values: Mapping[str, float]) -> float:
        """Return the largest distance from the right answer that is still right."""
        right = compute(self.answer, values)
        if isinstance(self.tolerance, str):
            margin = abs(right) * float(self.tolerance.rstrip("% ")) / 100
        else:
            margin = self.tolerance
        return margin + 1e-9 * abs(right)  # what typing a rounded decimal may cost

    def is_right(self, given: float, values: Mapping[str, float]) -> bool:
        """Say whether a number is within the tolerance, for these values of the variables."""
        return math.isfinite(given) and abs(given - compute(self.answer, values)) <= self.margin(
            values
        )

    def mistake(self, given: float, values: Mapping[str, float]) -> Mistake | None:
        """Return the known mistake that leads to this number, if there is one."""
        for mistake in self.mistakes:
            if abs(given - compute(mistake.answer, values)) <= self.margin(values):
                return mistake
        return None

    def asked(self) -> str:
        """Return stem, unit and the variables' possible values."""
        return "\0".join(
            [self.kind, self.stem, self.unit or "", repr(sorted(self.variables.items()))]
        )

    def texts(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """Yield stem and feedback."""
        yield from super().texts()
        if self.unit:
            yield ("unit",), self.unit
        if self.feedback:
            yield ("feedback",), self.feedback
        for number, mistake in enumerate(self.mistakes):
            yield ("mistakes", number, "feedback"), mistake.feedback


Question = SingleChoice | MultipleChoice | NumericQuestion
KINDS: dict[str, type[_Question]] = {
    "single": SingleChoice,
    "multiple": MultipleChoice,
    "numeric": NumericQuestion,
}


def digest(text: str) -> str:
    """Return the SHA-256 of a text, in hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()


def draw_values(id: str, variables: Mapping[str, Sequence[float]], seed: str) -> dict[str, float]:
    """Choose a value for each variable of a question; needs nothing that students may not have."""
    return {
        name: random.Random(digest(f"{seed}\0{id}\0{name}")).choice(list(values))
        for name, values in variables.items()
    }


def shuffled_choices(question: _ChoiceQuestion, seed: str) -> list[Choice]:
    """Put the choices in an order that follows from the seed and their texts only.

    They are sorted by their keys first: from the order shown and the seed nobody can work back to
    the order in the file, where the right answer often stands first.
    """
    choices = sorted(question.choices, key=lambda choice: choice.key)
    random.Random(digest(f"{seed}\0{question.id}")).shuffle(choices)
    return choices


def example(question: Question, text: str, values: Mapping[str, float]) -> str:
    """Put the values of variables, and the right answer, into a question's text."""
    if not isinstance(question, NumericQuestion):
        return text
    known = {name: show_number(value) for name, value in values.items()}
    if "answer" in placeholders(text):
        known["answer"] = show_number(compute(question.answer, values))
    return fill_in(text, known)


def _for(values: Mapping[str, float]) -> str:
    shown = ", ".join(f"{name} = {show_number(value)}" for name, value in values.items())
    return f", for {shown}" if shown else ""
