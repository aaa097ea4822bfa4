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
from pathlib import Path

from embeddings_course.grading.cells import expected_cells, fingerprint, marks_fingerprint
from embeddings_course.grading.course import Course
from embeddings_course.grading.record import GradingError, write_at_once


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
        Hashes as :func:`~embeddings_course.grading.cells.fingerprint` makes them of texts, and
        :func:`~embeddings_course.grading.cells.marks_fingerprint` of marks, by the cell's
        ``grade_id``.

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
