"""Which texts and points of an assignment's cells students have ever been given.

When an instructor corrects a test, or gives it other points, submissions still hold what was
released before, and the gradebook keeps only the newest. So `course grade` writes down, each time,
a hash of every cell's released text, and of nbgrader's marks with its points, in
``grading/NAME.released.json``; nothing is ever taken out. What is in that file is the instructor's
own: it makes nobody suspicious, and needs no repair. Comparing with it is exact, whatever
the size of the class; a text that many submissions share could also have been passed on among
students. It works from the second time on that an assignment is graded, which an appeal always is.
What was released and replaced before the first time is not known.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from embeddings_course.grading.course import Course
from embeddings_course.grading.errors import GradingError
from embeddings_course.grading.submission_record import write_at_once
from embeddings_course.grading.submissions.expected_cells import (
    expected_cells,
    fingerprint,
    grade_id,
    marks_fingerprint,
    released_text,
)


def released_file(root: Path, assignment: str) -> Path:
    """Return where this is kept, in a course's folder."""
    return root / "grading" / f"{assignment}.released.json"


def read_released(path: Path, notebook: str) -> dict[str, frozenset[str]]:
    """Read the hashes of the texts and marks that a notebook's cells have had.

    Parameters
    ----------
    path : Path
        As :func:`released_file` names it. Without such a file nothing is known.
    notebook : str
        Its name.

    Returns
    -------
    dict of str to frozenset of str
        Hashes, as `fingerprint` of :mod:`embeddings_course.grading.submissions.repair_cells` makes
        them of texts and its `marks_fingerprint` of marks, by the cell's ``grade_id``.

    Raises
    ------
    GradingError
        If the file is not such a file.
    """
    found = _read(path).get(notebook, {})
    return {name: frozenset(hashes) for name, hashes in found.items()}


def note_released(course: Course, assignment: str) -> None:
    """Add what the gradebook holds now to what students have been given.

    Raises
    ------
    GradingError
        If the file that is there is not such a file. It is left as it is.
    """
    path = released_file(course.root, assignment)
    known = _read(path)
    before = json.dumps(known)
    with course.gradebook() as gradebook:
        for notebook in gradebook.find_assignment(assignment).notebooks:
            cells = known.setdefault(notebook.name, {})
            for cell in expected_cells(gradebook, assignment, notebook.name, []):
                for now in (fingerprint(cell.released_source), marks_fingerprint(cell.marks)):
                    if now not in cells.setdefault(cell.name, []):
                        cells[cell.name].append(now)
    if json.dumps(known) != before:
        write_at_once(path, json.dumps({"format": 1, "notebooks": known}, indent=1) + "\n")


@dataclass(frozen=True)
class Release:
    """What an assignment's notebook is known by: its cells' ids, and hashes of their texts."""

    ids: set[str] = field(default_factory=set)
    texts: set[str] = field(default_factory=set)

    def cells_in(self, notebook: NotebookNode) -> int:
        """Count the cells of a notebook that are of this assignment, by mark or by text."""
        return sum(
            (grade_id(cell) or cell.get("id")) in self.ids or fingerprint(cell.source) in self.texts
            for cell in notebook.cells
            if cell.source.strip()
        )


def known_releases(course: Course) -> dict[str, Release]:
    """Return what is known of each assignment, from the gradebook and the course's folders."""
    found: dict[str, Release] = {}
    with course.gradebook() as gradebook:
        for assignment in gradebook.assignments:
            release = found.setdefault(assignment.name, Release())
            for notebook in assignment.notebooks:
                for cell in expected_cells(gradebook, assignment.name, notebook.name, []):
                    release.ids.add(cell.name)
                    release.texts.add(fingerprint(cell.released_source))
    for step in ("release", "source"):
        for path in course.folder(step, ".", "NAME").parent.glob("*/*.ipynb"):
            try:
                cells = nbformat.read(path, as_version=4).cells
            except Exception:  # whatever lies there, it is not what students were given
                continue
            release = found.setdefault(path.parent.name, Release())
            release.ids.update(filter(None, map(grade_id, cells)))
            release.texts.update(fingerprint(released_text(cell.source)) for cell in cells)
    for release in found.values():
        release.texts.discard(fingerprint(""))
    return found


def other_assignment(
    notebook: NotebookNode, assignment: str, releases: Mapping[str, Release]
) -> str | None:
    """Name the assignment that a notebook is of, if it is another one.

    Parameters
    ----------
    notebook : NotebookNode
        What was handed in.
    assignment : str
        What it was handed in as.
    releases : mapping of str to Release
        All assignments, as :func:`known_releases` gives them.

    Returns
    -------
    str or None
        The one that at least half of the notebook's cells are of, or of which it has at least half
        of the cells, and more than twice as many as of its own; None if there is none.
    """
    counts = {name: release.cells_in(notebook) for name, release in releases.items()}
    own = counts.pop(assignment, 0)
    if not counts:
        return None
    best = max(counts, key=lambda name: counts[name])
    written = sum(bool(cell.source.strip()) for cell in notebook.cells)
    most = max(1, min(written, len(releases[best].ids)) / 2)
    return best if counts[best] >= most and counts[best] > 2 * own else None


def _read(path: Path) -> dict[str, dict[str, list[str]]]:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    try:
        notebooks = json.loads(text)["notebooks"]
        for cells in notebooks.values():
            for name, hashes in cells.items():
                if not isinstance(hashes, list) or not all(isinstance(h, str) for h in hashes):
                    raise ValueError(f"{name} has something else than hashes")
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise GradingError(
            f"{path} is not what `course grade` writes ({error}): move it away and grade again."
        ) from error
    return notebooks
