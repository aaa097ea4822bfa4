"""Records of answers: one JSON file a person and quiz, written whole on every change.

A record holds answers only, never what they are worth. An answer names the version of its question,
because a question's text can change after it was answered.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from embeddings_course._shared.messages import Message
from embeddings_course._shared.whole_file import write_whole
from embeddings_course.quiz.question_files import QuizError

FORMAT: Literal[1] = 1
# A record of a hundred questions has some 10 kB; a file of another kind may have anything.
LARGEST_BYTES = 1_000_000

_Name = Annotated[str, StringConstraints(max_length=200)]
_Typed = Annotated[str, StringConstraints(max_length=200)]
_Taken = Annotated[tuple[_Name, ...], Field(max_length=20, strict=False)]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class GivenAnswer(_Model):
    """What was typed, or the keys of the choices taken, and to which version of the question.

    ``checked`` says whether the person asked for its score, which only practice offers.
    """

    version: _Name
    answer: _Typed | _Taken
    checked: bool = False


class EarlierAnswer(GivenAnswer):
    """An answer to a question whose text has changed since."""

    question: _Name


class Record(_Model):
    """All answers of one person to one quiz, by id of the question."""

    format: Literal[1] = FORMAT
    quiz: _Name
    student: _Name = ""
    answers: Annotated[dict[_Name, GivenAnswer], Field(max_length=500)] = Field(
        default_factory=dict
    )
    earlier: Annotated[tuple[EarlierAnswer, ...], Field(max_length=1000, strict=False)] = ()

    def to_json(self) -> str:
        """Return the record as the text of its file."""
        return json.dumps(self.model_dump(), indent=1, ensure_ascii=False) + "\n"

    def brought_up_to(self, versions: Mapping[str, Collection[str]]) -> Record:
        """Move answers to other versions of their questions to ``earlier``; lose none.

        Parameters
        ----------
        versions : mapping of str to collection of str
            The versions now on show, by id of the question.
        """
        now = {
            id: given for id, given in self.answers.items() if given.version in versions.get(id, ())
        }
        moved = [
            EarlierAnswer(question=id, **given.model_dump())
            for id, given in self.answers.items()
            if id not in now
        ]
        # An earlier answer comes back when its wording does.
        back = {
            old.question: GivenAnswer(version=old.version, answer=old.answer, checked=old.checked)
            for old in self.earlier
            if old.version in versions.get(old.question, ()) and old.question not in now
        }
        stays = [
            old
            for old in self.earlier
            if old.question not in back or back[old.question].version != old.version
        ]
        return self.model_copy(
            update={"answers": {**now, **back}, "earlier": (*stays, *moved)[-1000:]}
        )


def parse_record(text: str | bytes, where: str) -> Record:
    """Read a record from the text of its file.

    Parameters
    ----------
    text : str or bytes
        JSON, with or without a byte order mark.
    where : str
        What to call it in messages.

    Raises
    ------
    QuizError
        If it is too large, not JSON, or not a record.
    """
    if len(text) > LARGEST_BYTES:
        raise QuizError([_too_large(where, len(text))])
    try:
        if isinstance(text, bytes):
            wide = text.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
            text = text.decode("utf-16" if wide else "utf-8-sig")
        content = json.loads(text.removeprefix("\ufeff"))
    except (UnicodeDecodeError, RecursionError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise QuizError(
            [Message("record-damaged", f"{where} is damaged: it is not JSON ({reason})")]
        ) from None
    try:
        return Record.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        place = ", ".join(str(part) for part in first["loc"]) or "the whole"
        reason = first["msg"][0].lower() + first["msg"][1:]
        raise QuizError(
            [
                Message(
                    "record-wrong-content", f"{where} is not a record of answers: {place}: {reason}"
                )
            ]
        ) from None


def _too_large(where: str, size: int) -> Message:
    return Message("record-too-large", f"{where} has {size:,} bytes: it is not a record of answers")


def may_be_answers(name: str) -> bool:
    """Say whether a file's name, with or without folders, is ``answers.json`` or made from it.

    >>> may_be_answers("inner/answers (1).json"), may_be_answers("questions.json")
    (True, False)
    """
    name = name.lower().rpartition("/")[2]
    copied = re.fullmatch(r"answers\b.*\.json(\.\w+)?", name) is not None
    return copied and not name.endswith("-checkpoint.json")


def read_record(path: Path) -> Record | None:
    """Read a record, or return None where there is no file.

    Raises
    ------
    QuizError
        If there is something that is not a record.
    """
    try:
        if path.stat().st_size > LARGEST_BYTES:
            size = path.stat().st_size
            raise QuizError([_too_large(path.name, size)])
        return parse_record(path.read_bytes(), path.name)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise QuizError(
            [Message("record-unreadable", f"{path.name} cannot be read: {error.strerror}")]
        ) from None


def write_record(path: Path, record: Record) -> None:
    """Replace a record's file at once: who is killed half-way leaves the file before."""
    write_whole(path, record.to_json())


def set_aside(path: Path) -> Path:
    """Rename a file that is not a record, so that it is kept; return its new name."""
    taken: Iterable[Path] = (path.with_name(f"{path.name}.damaged-{n}") for n in range(1, 1000))
    target = next(name for name in taken if not name.exists())
    path.rename(target)
    return target
