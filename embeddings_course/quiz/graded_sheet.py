"""What a student's notebook reads of a graded quiz: ``questions.json``, which holds no key."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from embeddings_course._shared.messages import Message
from embeddings_course.quiz.markdown import fill_in
from embeddings_course.quiz.question_files import QuizError
from embeddings_course.quiz.question_types import draw_values
from embeddings_course.quiz.rendering import Item, version_with
from embeddings_course.quiz.typed_numbers import show_number

QUESTIONS = "questions.json"
ANSWERS = "answers.json"


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class ShownChoice(_Model):
    """A choice without any sign of whether it is right."""

    key: str
    text: str


class ShownQuestion(_Model):
    """All of a question that its students may have. There is no field for a key or feedback."""

    id: str
    version: str
    kind: Literal["single", "multiple", "numeric"]
    stem: str
    choices: Annotated[tuple[ShownChoice, ...], Field(strict=False)] = ()
    variables: dict[str, Annotated[tuple[float, ...], Field(strict=False)]] = Field(
        default_factory=dict
    )
    unit: str | None = None

    def item(self, seed: str) -> Item:
        """Return what a person with this seed sees."""
        values = draw_values(self.id, self.variables, seed)
        return Item(
            id=self.id,
            version=version_with(self.version, values),
            kind=self.kind,
            stem=fill_in(self.stem, {name: show_number(value) for name, value in values.items()}),
            choices=tuple((choice.key, choice.text) for choice in self.choices),
            unit=self.unit,
        )


class Sheet(_Model):
    """The content of ``questions.json``."""

    format: Literal[1] = 1
    quiz: str
    term: str
    questions: Annotated[tuple[ShownQuestion, ...], Field(strict=False)]

    def items(self, student: str) -> list[Item]:
        """Return what a student sees: numbers follow from the term and the student's id."""
        return [shown.item(student_seed(self.term, student)) for shown in self.questions]


def student_seed(term: str, student: str) -> str:
    """Return what decides a student's numbers; capitals and spaces around an id do not matter."""
    return f"{term}\0{student.strip().casefold()}"


def read_sheet(path: Path) -> Sheet:
    """Read ``questions.json``.

    Raises
    ------
    QuizError
        If it is missing or not what ``course quiz draw`` wrote.
    """
    try:
        return Sheet.model_validate(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise QuizError(
            [
                Message(
                    "sheet-missing",
                    f"{path} is missing. It comes with the assignment: fetch the assignment again.",
                )
            ]
        ) from None
    except (OSError, ValueError, ValidationError):
        raise QuizError(
            [
                Message(
                    "sheet-damaged",
                    f"{path} is damaged. Fetch the assignment again; your answers are in "
                    f"{ANSWERS}.",
                )
            ]
        ) from None
