"""Find the answers to a graded quiz, whatever a browser or a system has called their file.

What is downloaded twice is ``answers (1).json``, a copy is ``answers - Copy.json`` or ``answers -
Kopie.json``, Windows may add ``.txt``: so a file is known by what it holds, not by its name.
"""

from __future__ import annotations

import shutil
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from embeddings_course.grading.submissions.handed_in_folder import unused_name, walk_files
from embeddings_course.grading.submissions.read_notebook import (
    UnreadableNotebook,
    bytes_of,
    shown_name,
)
from embeddings_course.quiz.answer_records import (
    LARGEST_BYTES,
    GivenAnswer,
    may_be_answers,
    parse_record,
)
from embeddings_course.quiz.graded_sheet import ANSWERS, QUESTIONS, read_sheet
from embeddings_course.quiz.question_files import QuizError

# A record of practice is another quiz's, even where both have one name.
_PRACTICE = ".quiz.json"
_MOST_FILES = 200


@dataclass(frozen=True)
class _Found:
    """A file of answers to the questions that were asked."""

    path: Path
    shown: str
    student: str
    answers: dict[str, Any]

    def holds_all_of(self, other: _Found) -> bool:
        return self.student == other.student and other.answers.items() <= self.answers.items()


def prepare_answers(folder: Path) -> tuple[list[str], list[str]]:
    """Put a quiz's answers where its tests look for them: into ``answers.json``.

    Nothing happens if the file of this name holds answers, or no file does. Of several files, one
    that holds the answers of all others counts. What has to make room is kept, with ``.handed-in``
    after its name.

    Parameters
    ----------
    folder : Path
        A submission to any assignment, with the files that come with the assignment.

    Returns
    -------
    list of str, list of str
        A sentence about a file that was taken, and one about files that a person has to look at.
    """
    if not (folder / QUESTIONS).is_file():
        return [], []
    try:
        sheet = read_sheet(folder / QUESTIONS)
    except QuizError:  # its tests say so
        return [], []
    asked = {question.id for question in sheet.questions}
    right = folder / ANSWERS
    found = [each for path in _files(folder) if (each := _read(path, folder, sheet.quiz, asked))]
    if not found:
        return [], []
    # On many disks, Answers.json is this file.
    exact = next((each for each in found if right.exists() and each.path.samefile(right)), None)
    fullest = [each for each in found if all(map(each.holds_all_of, found))]
    if exact in fullest:
        return [], []
    if not fullest:
        names = ", ".join(each.shown for each in found)
        what = f"There are {len(found)} files with different answers, {names}"
        if exact is not None:
            return [], [f"{what}: those of {ANSWERS} count. Look which the student means."]
        return [], [f"{what}: keep one, called {ANSWERS}, and grade again."]
    chosen = fullest[0]
    why = f"There is no {ANSWERS}."
    if exact is not None:
        why = f"It has all answers of {ANSWERS}, and more."
    elif right.exists():
        why = f"{ANSWERS} holds no answers."
    if right.exists():
        right.rename(unused_name(right))
    shutil.copyfile(chosen.path, right)
    return [f"The answers in {chosen.shown} count. {why}"], []


def _files(folder: Path) -> list[Path]:
    """Return what may hold answers: the file of the right name first, then the nearest to it."""
    found = []
    for path, status in walk_files(folder):
        name = path.name.lower()
        known = ".handed-in" in name or name.endswith((".ipynb", _PRACTICE)) or name == QUESTIONS
        if known or not stat.S_ISREG(status.st_mode) or status.st_size > LARGEST_BYTES:
            continue
        if ".json" in name or name.endswith(".txt"):
            inner = path.relative_to(folder)
            near = path != folder / ANSWERS, not may_be_answers(name), len(inner.parts)
            found.append((*near, str(inner), path))
    return [path for *_, path in sorted(found)[:_MOST_FILES]]


def _read(path: Path, folder: Path, quiz: str, asked: set[str]) -> _Found | None:
    try:
        record = parse_record(bytes_of(path, LARGEST_BYTES), path.name)
    except (QuizError, UnreadableNotebook):
        return None
    answers = {id: _bare(given) for id, given in record.answers.items() if id in asked}
    if record.quiz != quiz or not answers:
        return None
    shown = shown_name(path.relative_to(folder).as_posix())
    return _Found(path, shown, record.student.strip().casefold(), answers)


def _bare(given: GivenAnswer) -> str | frozenset[str]:
    return given.answer if isinstance(given.answer, str) else frozenset(given.answer)
