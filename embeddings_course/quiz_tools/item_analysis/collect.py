"""Finding the records of a quiz, and saying what of them cannot be used."""

from __future__ import annotations

import os
import stat
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from embeddings_course._shared.folders import walk
from embeddings_course._shared.messages import Message
from embeddings_course._shared.text import listed, printable
from embeddings_course.quiz.answer_records import Record, may_be_answers, read_record
from embeddings_course.quiz.question_files import QuizError
from embeddings_course.quiz.question_types import Question


@dataclass(frozen=True)
class Collected:
    """Records of one quiz, one a person, and what could not be used.

    ``paths[n]`` is where ``records[n]`` came from; ``problems`` are sentences.
    """

    quiz: str
    records: tuple[Record, ...]
    paths: tuple[Path, ...]
    problems: tuple[str, ...]


def collect_records(folder: Path, quiz: str, *, graded: bool | None = None) -> Collected:
    """Find the records of a quiz anywhere below a folder.

    Practice records are named ``<quiz>.quiz.json``, graded ones ``answers.json`` or, as copies are,
    ``answers (1).json``. Of two records of one student the newer by file time counts, of equally
    old ones the first by path. Students are told apart by the id in the record, but for capitals
    and spaces around it, and where it is empty, as in practice, by the folder that the record is
    in. Links to folders are not followed.

    Parameters
    ----------
    folder : Path
        Where to begin.
    quiz : str
        The quiz, or the assignment.
    graded : bool, optional
        Whether to look for graded records only, or for practice records only. Default: both.

    Returns
    -------
    Collected
        In the order of paths. Whatever could not be used, and why, is in ``problems``; files of one
        other quiz share a sentence.

    Raises
    ------
    QuizError
        If there is no such folder.
    """
    if not folder.is_dir():
        raise QuizError(
            [
                Message(
                    "records-folder-missing",
                    f"{folder} is not a folder: name one that has records below it.",
                )
            ]
        )

    def wanted(name: str) -> bool:
        practice = name == f"{quiz}.quiz.json" and graded in (None, False)
        return practice or (may_be_answers(name) and graded in (None, True))

    problems: list[str] = []
    others: dict[str, list[str]] = {}
    found: dict[tuple[str, str], tuple[int, Path, Record]] = {}
    for path in _walk(folder, wanted, problems):
        place = _place(path, folder)
        try:
            record, time = _read(path)
        except QuizError as error:
            # It names the file without its folder.
            problems.append(f"{_place(path.parent, folder, '/')}{error}.")
            continue
        if record.quiz != quiz:
            others.setdefault(record.quiz, []).append(place)
        elif not record.answers and not record.earlier:
            problems.append(f"{place} holds no answers.")
        else:
            student = record.student.strip().casefold()
            person = ("id", student) if student else ("folder", str(path.parent))
            if person not in found:
                found[person] = (time, path, record)
                continue
            other_time, other, _ = found[person]
            newer, older = (path, other) if time > other_time else (other, path)
            if newer is path:
                found[person] = (time, path, record)
            who = f"student {record.student.strip()!r}" if student else "the same person"
            problems.append(
                f"{_place(older, folder)} is not used: {_place(newer, folder)} is of {who} too "
                f"and {'newer' if time != other_time else 'as old'}."
            )
    for another, places in others.items():
        verb = "hold" if len(places) > 1 else "holds"
        problems.append(f"{listed(places, 1)} {verb} answers to another quiz, {another!r}.")
    kept = sorted(found.values(), key=lambda entry: entry[1])
    return Collected(
        quiz=quiz,
        records=tuple(record for _, _, record in kept),
        paths=tuple(path for _, path, _ in kept),
        problems=tuple(_printable(problem) for problem in problems),
    )


def _walk(folder: Path, wanted: Callable[[str], bool], problems: list[str]) -> Iterator[Path]:
    """Yield what has such a name, folders among it, in order; say where it could not look."""

    def trouble(path: Path, why: str) -> None:
        problems.append(f"The folder {_place(path, folder)} {why}.")

    for path, status in walk(folder, trouble=trouble):
        if wanted(path.name):
            yield path
        # Of pathlib's the answer can be an error, where a link leads to what is not readable.
        elif stat.S_ISLNK(status.st_mode) and os.path.isdir(path):  # noqa: PTH112
            problems.append(f"{_place(path, folder)} is a link to a folder and is not followed.")


def _read(path: Path) -> tuple[Record, int]:
    """Read a record and its file time in nanoseconds."""
    try:
        # Devices and pipes could be read without end.
        if path.exists() and not path.is_file():
            what = "a folder" if path.is_dir() else "not a file"
            raise QuizError([f"{path.name} is {what}, not a record of answers"])
        time = path.stat().st_mtime_ns
    except OSError as error:
        raise QuizError([f"{path.name} cannot be read: {error.strerror}"]) from None
    record = read_record(path)
    if record is None:  # it was deleted just now
        raise QuizError([f"{path.name} is not there any more"])
    return record, time


def _place(path: Path, folder: Path, end: str = "") -> str:
    relative = path.relative_to(folder).as_posix()
    return "" if end and relative == "." else f"{relative}{end}"


def _printable(sentence: str) -> str:
    """Keep what a file brings in from breaking lines or filling the screen."""
    shown = printable(sentence)
    return shown if len(shown) <= 400 else f"{shown[:300]} … {shown[-80:]}"


def left_out(questions: Sequence[Question], records: Sequence[Record]) -> list[str]:
    """Say which answers belong to no question, because it was removed or renamed."""
    known = {question.id for question in questions}
    unknown = Counter(id for record in records for id in record.answers if id not in known)
    if not unknown:
        return []
    named = listed([f"{id[:60]} ({count})" for id, count in unknown.most_common()], 5)
    return [
        _printable(f"Answers to questions that the quiz does not have are not counted: {named}.")
    ]
