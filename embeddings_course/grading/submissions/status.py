"""How each submission stands now: what grading wrote down, held against what has been handed in."""

from __future__ import annotations

import hashlib
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from embeddings_course._shared.folders import walk
from embeddings_course.grading.course import Course, typed_id
from embeddings_course.grading.errors import GradingError
from embeddings_course.grading.submission_record import (
    ENDED,
    NOTHING_TO_GRADE,
    Record,
    read_records,
)
from embeddings_course.quiz.graded_sheet import QUESTIONS

NOT_GRADED = "not-graded"
_MOST_FILES = 20_000


@dataclass(frozen=True)
class Standing:
    """What is known of one student's submission.

    Attributes
    ----------
    state : str
        As in :class:`~embeddings_course.grading.submission_record.Record`, or ``not-graded``:
        handed in, but not graded by `course grade`.
    record : Record or None
        What grading wrote down, if it ever met this student.
    changed : bool
        Whether something else has been handed in since it was graded.
    """

    state: str = "missing"
    record: Record | None = None
    changed: bool = False


def read_standings(course: Course, assignment: str) -> dict[str, Standing]:
    """Return the status of every student who was graded or has handed in since.

    Raises
    ------
    GradingError
        If what grading wrote down cannot be read.
    """
    try:
        records = read_records(course.root / "grading" / f"{assignment}.json")
    except ValueError as error:
        raise GradingError(str(error)) from error
    handed_in = course.handed_in(assignment)
    now = digests(course, assignment, handed_in)
    found = {}
    for student in sorted({*records, *handed_in}):
        record = records.get(student)
        state = record.state if record is not None else "missing"
        if state == "missing" and student in handed_in:
            state = NOT_GRADED
        changed = (
            record is not None
            and record.state in (*ENDED, *NOTHING_TO_GRADE)
            and student in now
            and _handed_in_part(record.submission) not in ("", _handed_in_part(now[student]))
        )
        found[student] = Standing(state, record, changed)
    return found


def digests(course: Course, assignment: str, handed_in: Mapping[str, Path]) -> dict[str, str]:
    """Return what each grade follows from: the assignment, the submission, and a mistyped id.

    The assignment is its tests and points in the gradebook, and the files in ``source/``.
    """
    source = course.folder("source", ".", assignment)
    released = hashlib.sha256(f"{_digest(source)}{_tests(course, assignment)}".encode()).hexdigest()
    is_quiz = (source / QUESTIONS).exists()
    found = {}
    for student, path in handed_in.items():
        found[student] = f"{released[:16]}-{_digest(path)[:16]}"
        if is_quiz and (typed := typed_id(course.root, student)) is not None:
            found[student] += f"-{typed}"
    return found


def _handed_in_part(digest: str) -> str:
    return digest.partition("-")[2]


def _digest(folder: Path) -> str:
    digest = hashlib.sha256()
    found = sorted(walk(folder), key=lambda each: each[0].parts)
    for path, state in found[:_MOST_FILES]:
        name = path.relative_to(folder)
        digest.update(f"{name}\0{state.st_mode}\0{state.st_size}\0".encode(
            errors="surrogateescape"
        ))  # fmt: skip
        if stat.S_ISREG(state.st_mode) and state.st_size < 10**8:
            try:
                digest.update(path.read_bytes())
            except (OSError, MemoryError):  # grading says so, of this submission alone
                digest.update(b"\0unreadable")
    return digest.hexdigest()


def _tests(course: Course, assignment: str) -> str:
    """Return a digest of what the gradebook has of an assignment."""
    from nbgrader.api import MissingEntry

    with course.gradebook() as gradebook:
        try:
            notebooks = gradebook.find_assignment(assignment).notebooks
        except MissingEntry:
            return ""
        cells = [
            (notebook.name, cell.name, cell.source)
            for notebook in notebooks
            for cell in notebook.source_cells
        ]
        points = [
            (notebook.name, cell.name, cell.max_score)
            for notebook in notebooks
            for cell in (*notebook.grade_cells, *notebook.task_cells)
        ]
    return hashlib.sha256(repr((sorted(cells), sorted(points))).encode()).hexdigest()
