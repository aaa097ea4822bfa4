"""What is known about the grading of one student's submission.

The preprocessors say what they found by :func:`note`. What grades one submission in a process
of its own, as ``course grade`` does, collects it with :func:`collect`.
"""

from __future__ import annotations

import contextlib
import json
import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from embeddings_course._shared.console import printable
from embeddings_course._shared.messages import Message
from embeddings_course._shared.whole_file import write_whole

# Grading came to an end, whatever the points.
ENDED = ("graded", "kernel-died", "timed-out")
# What was handed in is not to be graded: it is not a notebook, or that of another assignment.
NOTHING_TO_GRADE = ("unreadable", "other-assignment")
STATES = (*ENDED, *NOTHING_TO_GRADE, "missing", "failed")
_KINDS = ("repaired", "suspicious", "problems", "noted", "out_of_time")
_MOST_SENTENCES = 20
_MOST_OF_THE_KERNEL = 10  # a student's code can make it say anything
_LONGEST_SENTENCE = 2_000
_MOST_MEMORY = 2**50
_MOST_POINTS = 10**9
_MOST_SECONDS = 10**10


@dataclass
class Notes:
    """What was found while one submission was graded, each as a sentence.

    ``repaired`` is what tools or students did to the notebook and grading put right. ``suspicious``
    asks somebody to look: a result may be forged, or the code reached for what is not the
    student's. ``noted`` is what code did that hurts nobody, such as starting a program.
    ``problems`` are what a person must know before the points are trusted.
    """

    state: str = "graded"
    repaired: list[str] = field(default_factory=list)
    suspicious: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    noted: list[str] = field(default_factory=list)
    peak_memory: int = 0
    out_of_time: list[str] = field(default_factory=list)


@dataclass
class Record(Notes):
    """All that is kept of one submission.

    ``state`` is one of:

    - ``graded``: all cells were run.
    - ``kernel-died``: the kernel ended before the last cell. Points earned before are kept.
    - ``timed-out``: the kernel had to be ended, or the time for the whole submission was over.
    - ``unreadable``: there is no notebook that can be read.
    - ``other-assignment``: it is the notebook of another assignment of the course.
    - ``missing``: nothing was handed in.
    - ``failed``: grading itself failed; ``problems`` says why.

    ``score`` is None unless grading came to an end: a broken submission is not an honest zero.
    ``seconds`` is wall-clock time, ``peak_memory`` the kernel's, in bytes, when last asked.
    ``out_of_time`` names the cells that took too long.
    """

    score: float | None = None
    max_score: float | None = None
    late_seconds: float = 0.0
    seconds: float = 0.0
    submission: str = ""


@dataclass
class _Collected:
    """What is collected, and what the kernel itself has said meanwhile."""

    notes: Notes
    by_kernel: list[str] = field(default_factory=list)


_collected: list[_Collected] = []


def note(kind: str, sentence: str, *, state: str | None = None) -> None:
    """Say what was found; without :func:`collect` nobody listens.

    Parameters
    ----------
    kind : {"repaired", "suspicious", "problems", "noted", "out_of_time"}
        What it is; of what ran out of time, the name of a cell.
    sentence : str
        In words, for the instructor.
    state : str, optional
        The state that the submission has from now on.
    """
    for collected in _collected[-1:]:
        _add(getattr(collected.notes, kind), sentence, _MOST_SENTENCES)
        if state is not None:
            collected.notes.state = state


def note_of_kernel(sentence: str) -> None:
    """Say what a kernel finds suspicious; it comes after what the grader found, and takes no room.

    Parameters
    ----------
    sentence : str
        As the kernel said it.
    """
    for collected in _collected[-1:]:
        _add(collected.by_kernel, sentence, _MOST_OF_THE_KERNEL)


def note_memory(size: int) -> None:
    """Say how many bytes the kernel has used at most so far."""
    for collected in _collected[-1:]:
        collected.notes.peak_memory = max(collected.notes.peak_memory, size)


def _add(sentences: list[str], sentence: str, most: int) -> None:
    sentence = _shortened(sentence)
    if sentence not in sentences and len(sentences) < most:
        sentences.append(sentence)


@contextlib.contextmanager
def collect(notes: Notes) -> Iterator[Notes]:
    """Collect what is said by :func:`note` meanwhile."""
    collected = _Collected(notes)
    _collected.append(collected)
    try:
        yield notes
    finally:
        _collected.remove(collected)
        notes.suspicious += [each for each in collected.by_kernel if each not in notes.suspicious]


def validated(record: Record) -> Record:
    """Return a record that can be written, read and shown, whatever it holds.

    Parameters
    ----------
    record : Record
        Of one submission.

    Returns
    -------
    Record
        With sentences that are printable, of bounded length and number. If something else is not
        what it must be, a record of the state ``failed`` that says what.
    """
    wrong = list(_wrong(record))
    if wrong:
        say = f"What was written down of it is not valid ({'; '.join(wrong)}): grade it again."
        return Record(state="failed", problems=[say])
    sentences: dict[str, Any] = {kind: _bounded(getattr(record, kind)) for kind in _KINDS}
    return replace(record, **sentences)


def _wrong(record: Record) -> Iterator[str]:
    """Say which parts of a record are not what they must be."""
    if record.state not in STATES:
        yield "state is none of the states"
    for kind in _KINDS:
        said = getattr(record, kind)
        if not isinstance(said, list) or not all(isinstance(each, str) for each in said):
            yield f"{kind} is not a list of sentences"
    if not isinstance(record.submission, str) or printable(record.submission) != record.submission:
        yield "submission is not a digest"
    limits = {
        "peak_memory": (0, _MOST_MEMORY),
        "score": (-_MOST_POINTS, _MOST_POINTS),
        "max_score": (0, _MOST_POINTS),
        "late_seconds": (-_MOST_SECONDS, _MOST_SECONDS),
        "seconds": (0, _MOST_SECONDS),
    }
    for name, (least, most) in limits.items():
        value = getattr(record, name)
        if value is None and name in ("score", "max_score"):
            continue
        is_number = isinstance(value, (int, float)) and math.isfinite(_as_float(value))
        if not is_number or not least <= value <= most:
            yield f"{name} is not a number from {least:g} to {most:g}"


def _as_float(value: float) -> float:
    try:
        return float(value)
    except OverflowError:  # a whole number of any length
        return math.inf


def _bounded(sentences: list[str]) -> list[str]:
    most = _MOST_SENTENCES + _MOST_OF_THE_KERNEL
    if len(sentences) <= most:
        return [_shortened(each) for each in sentences]
    kept = [_shortened(each) for each in sentences[: most - 1]]
    return [*kept, f"and {len(sentences) - len(kept)} more"]


def _shortened(sentence: str) -> str:
    sentence = printable(sentence[: 2 * _LONGEST_SENTENCE])
    return (
        sentence if len(sentence) <= _LONGEST_SENTENCE else f"{sentence[: _LONGEST_SENTENCE - 1]}…"
    )


def read_records(path: Path) -> dict[str, Record]:
    """Read the records of an assignment; without a file there are none.

    A record that is not valid, as an earlier version may have written it, is one of the state
    ``failed``.

    Raises
    ------
    ValueError
        If the file is not such a file.
    """
    if not path.exists():
        return {}
    try:
        text = path.read_text(encoding="utf-8")
        students = json.loads(text, parse_int=_whole_number)["students"]
        return {student: _read(values) for student, values in students.items()}
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise ValueError(
            Message(
                "grading-record-damaged",
                f"{path} is not what `course grade` writes ({error}): move it away and grade "
                f"again.",
            )
        ) from error


def _whole_number(digits: str) -> float:
    """Read a whole number; Python refuses one of more than 4300 digits, and with it the file."""
    return int(digits) if len(digits) <= 30 else math.inf


def _read(values: dict[str, Any]) -> Record:
    known = {each.name for each in fields(Record)}
    if not isinstance(values, dict) or not values.keys() <= known:
        say = "What was written down of it is not what this version writes: grade it again."
        return Record(state="failed", problems=[say])
    return validated(Record(**values))


def write_records(path: Path, records: dict[str, Record], **about: Any) -> None:
    """Write the records of an assignment, at once: a reader never sees half of them.

    What cannot be kept of one student is no reason to lose the others: see :func:`validated`.
    """
    students = {student: asdict(validated(records[student])) for student in sorted(records)}
    text = json.dumps({**about, "students": students}, indent=1, ensure_ascii=False)
    write_at_once(path, f"{text}\n")


def write_at_once(path: Path, text: str) -> None:
    """Write a file in UTF-8 so that a reader never sees half of it, whatever goes wrong."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, text)
