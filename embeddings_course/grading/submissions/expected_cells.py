"""The cells of an assignment as the gradebook holds them, and how texts and marks are compared."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nbformat import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.nbgraderformat import SCHEMA_VERSION
from nbgrader.preprocessors import ClearHiddenTests
from nbgrader.preprocessors.clearmarkingscheme import ClearMarkScheme
from traitlets.config import Config


@dataclass(frozen=True)
class Expected:
    """A cell of the assignment, as the gradebook holds it.

    Attributes
    ----------
    name : str
        Its ``grade_id``.
    cell_type : str
        ``"code"`` or ``"markdown"``.
    source, released_source : str
        What is graded, with hidden tests, and what students got, without them.
    locked : bool
        Whether students have nothing to write in it.
    solution, grade, task : bool
        What nbgrader takes it for. A written answer that a person grades is both of the first.
    points : float or None
        None if it is not graded.
    checksum : str or None
        nbgrader's, of the cell with `source`.
    earlier : collection of str
        The :func:`fingerprint` of each text that students got, and of each set of marks, before
        those of now.
    """

    name: str
    cell_type: str
    source: str
    released_source: str
    locked: bool
    solution: bool
    grade: bool
    task: bool
    points: float | None
    checksum: str | None
    earlier: Collection[str] = frozenset()

    @property
    def called(self) -> str:
        """What sentences call it: "test cell lookup_basics"."""
        if self.task:
            return f"task cell {self.name}"
        if self.solution:
            return f"answer cell {self.name}"
        return f"{'test' if self.grade else 'given'} cell {self.name}"

    @property
    def marks(self) -> dict[str, Any]:
        """What nbgrader's part of the cell's metadata must be."""
        marks: dict[str, Any] = {
            "cell_type": self.cell_type,
            "grade": self.grade,
            "grade_id": self.name,
            "locked": self.locked,
            "schema_version": SCHEMA_VERSION,
            "solution": self.solution,
            "task": self.task,
        }
        if self.checksum is not None:
            marks["checksum"] = self.checksum
        if self.points is not None:
            marks["points"] = int(self.points) if self.points.is_integer() else self.points
        return marks


def expected_cells(
    gradebook: Gradebook,
    assignment: str,
    notebook: str,
    order: Sequence[str],
    *,
    earlier: Mapping[str, Collection[str]] | None = None,
    config: Config | None = None,
) -> list[Expected]:
    """List the cells that the gradebook knows of a notebook.

    Parameters
    ----------
    gradebook : Gradebook
        An open one, in which the assignment was generated.
    assignment, notebook : str
        Their names.
    order : sequence of str
        The ``grade_id`` of each cell in the order of the source notebook, as the gradebook keeps
        none. Cells that it does not name come last.
    earlier : mapping of str to collection of str, optional
        The fingerprints of the texts and marks that a cell has had, by its ``grade_id``.
    config : Config, optional
        nbgrader's, should it name other marks for hidden tests than nbgrader's own.

    Returns
    -------
    list of Expected
        In that order.

    Raises
    ------
    nbgrader.api.MissingEntry
        If the gradebook has no such notebook.
    """
    entry = gradebook.find_notebook(notebook, assignment)
    graded = {cell.name: float(cell.max_score) for cell in entry.grade_cells}
    tasks = {cell.name: float(cell.max_score) for cell in entry.task_cells}
    solutions = {cell.name for cell in entry.solution_cells}
    place = {name: number for number, name in enumerate(order)}
    cells = [
        Expected(
            name=cell.name,
            cell_type=cell.cell_type,
            source=cell.source or "",
            released_source=released_text(cell.source or "", config),
            locked=bool(cell.locked),
            solution=cell.name in solutions,
            grade=cell.name in graded,
            task=cell.name in tasks,
            points=graded.get(cell.name, tasks.get(cell.name)),
            checksum=cell.checksum,
            earlier=(earlier or {}).get(cell.name, frozenset()),
        )
        for cell in entry.source_cells
    ]
    return sorted(cells, key=lambda cell: place.get(cell.name, len(place)))


def released_text(source: str, config: Config | None = None) -> str:
    """Return what students get of a cell: its text without hidden tests."""
    cell = NotebookNode(source=source)
    try:
        ClearHiddenTests(config=config)._remove_hidden_test_region(cell)
        ClearMarkScheme(config=config)._remove_mark_scheme_region(cell)
    except RuntimeError:  # the marks of a region are not in pairs, so nothing was hidden
        return source
    return cell.source


def even_text(text: Any) -> str:
    """Text without what tools change about it: line ends, and white space before them."""
    lines = (text if isinstance(text, str) else "").splitlines()
    return "\n".join(line.rstrip() for line in lines).strip("\n")


def fingerprint(text: str) -> str:
    """Return a hash of a cell's text, whatever tools did to its white space."""
    return hashlib.sha256(even_text(text).encode(errors="surrogatepass")).hexdigest()


def marks_of(cell: NotebookNode) -> dict[str, Any]:
    """Return what nbgrader's part of a cell's metadata holds; nothing if there is none."""
    marks = cell.metadata.get("nbgrader")
    return marks if isinstance(marks, dict) else {}


def grade_id(cell: NotebookNode) -> str | None:
    """Return the id under which nbgrader knows a cell, if it has one."""
    name = marks_of(cell).get("grade_id")
    return name if isinstance(name, str) else None


def marks_fingerprint(marks: Mapping[str, Any]) -> str:
    """Return a hash of what nbgrader's part of a cell's metadata says, without its checksum."""
    kept = sorted((str(key), repr(value)) for key, value in marks.items() if key != "checksum")
    return hashlib.sha256(repr(kept).encode(errors="surrogatepass")).hexdigest()
