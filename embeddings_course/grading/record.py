"""What is known about the grading of one student's submission.

The preprocessors say what they found by :func:`note`. Whoever grades one submission in a process
of its own, as ``course grade`` does, collects it with :func:`collect`.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from embeddings_course.whole_file import write_whole

# Grading came to an end, whatever the points.
ENDED = ("graded", "kernel-died", "timed-out")
STATES = (*ENDED, "unreadable", "missing", "failed")
_MOST_SENTENCES = 20


class GradingError(Exception):
    """Why nothing was graded: a sentence or two for the instructor."""


_collected: list[Notes] = []


@dataclass
class Notes:
    """What was found while one submission was graded, each as a sentence."""

    state: str = "graded"
    repaired: list[str] = field(default_factory=list)
    suspicious: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    peak_memory: int = 0


@dataclass
class Record(Notes):
    """All that is kept of one submission.

    ``state`` is one of:

    - ``graded``: all cells were run.
    - ``kernel-died``: the kernel ended before the last cell. Points earned before are kept.
    - ``timed-out``: the kernel had to be ended, or the time for the whole submission was over.
    - ``unreadable``: there is no notebook that can be read.
    - ``missing``: nothing was handed in.
    - ``failed``: grading itself failed; ``problems`` says why.

    ``score`` is None unless grading came to an end: a broken submission is no honest zero.
    ``seconds`` is wall-clock time, ``peak_memory`` the kernel's, in bytes, when last asked.
    """

    score: float | None = None
    max_score: float | None = None
    late_seconds: float = 0.0
    seconds: float = 0.0
    submission: str = ""


def note(kind: str, sentence: str, *, state: str | None = None) -> None:
    """Say what was found; without :func:`collect` nobody listens.

    Parameters
    ----------
    kind : {"repaired", "suspicious", "problems"}
        What it is.
    sentence : str
        In words, for the instructor.
    state : str, optional
        The state that the submission has from now on.
    """
    for notes in _collected[-1:]:
        sentences = getattr(notes, kind)
        if sentence not in sentences and len(sentences) < _MOST_SENTENCES:
            sentences.append(sentence)
        if state is not None:
            notes.state = state


def note_memory(size: int) -> None:
    """Say how many bytes the kernel has used at most so far."""
    for notes in _collected[-1:]:
        notes.peak_memory = max(notes.peak_memory, size)


@contextlib.contextmanager
def collect(notes: Notes) -> Iterator[Notes]:
    """Collect what is said by :func:`note` meanwhile."""
    _collected.append(notes)
    try:
        yield notes
    finally:
        _collected.remove(notes)


def read_records(path: Path) -> dict[str, Record]:
    """Read the records of an assignment; without a file there are none.

    Raises
    ------
    ValueError
        If the file is not such a file.
    """
    if not path.exists():
        return {}
    try:
        students = json.loads(path.read_text(encoding="utf-8"))["students"]
        return {student: Record(**values) for student, values in students.items()}
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ValueError(
            f"{path} is not what `course grade` writes ({error}): move it away and grade again."
        ) from error


def write_records(path: Path, records: dict[str, Record], **about: Any) -> None:
    """Write the records of an assignment, at once: a reader never sees half of them."""
    students = {student: asdict(records[student]) for student in sorted(records)}
    text = json.dumps({**about, "students": students}, indent=1, ensure_ascii=False)
    write_at_once(path, f"{text}\n")


def write_at_once(path: Path, text: str) -> None:
    """Write a file in UTF-8 so that a reader never sees half of it, whatever goes wrong."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, text)
