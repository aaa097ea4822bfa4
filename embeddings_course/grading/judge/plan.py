"""In which kernel each cell of a submission is run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from nbformat import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.utils import is_grade, is_locked, is_solution

from embeddings_course.grading.judge.separable import Separation, separate
from embeddings_course.grading.submissions.expected_cells import grade_id


class Way(Enum):
    """How a submission is graded."""

    TWO_KERNELS = "the tests in a kernel of their own, which asks the student's"
    ANSWERS_ONLY = "the tests in a kernel of their own; nothing of the student's is run"
    ONE_KERNEL = "the tests in the student's kernel, whose names they use"


@dataclass(frozen=True)
class Plan:
    """How a submission is graded, and what the judge runs.

    Attributes
    ----------
    way : Way
        How.
    tests, given : dict of int to str
        The judge's cells, by their place in the notebook, as the gradebook has them. Given cells
        that use something of the student's are not among them.
    separation : Separation
        What tests use of the student's.
    """

    way: Way
    tests: Mapping[int, str] = field(default_factory=dict)
    given: Mapping[int, str] = field(default_factory=dict)
    separation: Separation = field(default_factory=lambda: Separation(frozenset(), {}))


def plan(nb: NotebookNode, about: Mapping[str, Any], *, is_quiz: bool = False) -> Plan:
    """Find out how a submission is to be graded.

    Parameters
    ----------
    nb : NotebookNode
        The submission, with its cells repaired.
    about : mapping
        What nbgrader says of it: where its gradebook is, and the names of assignment and notebook.
    is_quiz : bool
        Whether it is a quiz of the course's, whose answers are data.
    """
    texts = _texts(about)
    cells = {
        index: cell
        for index, cell in enumerate(nb.cells)
        if cell.cell_type == "code"
        and is_locked(cell)
        and not is_solution(cell)
        and (texts is None or grade_id(cell) in texts)
    }
    sources = {
        index: cell.source if texts is None else texts[str(grade_id(cell))]
        for index, cell in cells.items()
    }
    tests = {index: sources[index] for index in cells if is_grade(cells[index])}
    given = {index: sources[index] for index in cells if index not in tests}
    found = separate(
        [(str(index), text) for index, text in given.items()],
        [(str(index), text) for index, text in tests.items()],
    )
    if not found.possible or not tests:
        return Plan(Way.ONE_KERNEL, separation=found)
    given = {index: text for index, text in given.items() if str(index) in found.given}
    way = Way.ANSWERS_ONLY if is_quiz and not found.calls else Way.TWO_KERNELS
    return Plan(way, tests, given, found)


def tests_with_students_names(gradebook: Gradebook, assignment: str) -> dict[str, list[str]]:
    """Return the tests of an assignment that cannot be run in a kernel of their own.

    Parameters
    ----------
    gradebook : Gradebook
        An open one that knows the assignment.
    assignment : str
        Its name, and its notebook's.

    Returns
    -------
    dict of str to list of str
        What they use of the student's, by their names.
    """
    notebook = gradebook.find_notebook(assignment, assignment)
    graded = {cell.name for cell in notebook.grade_cells}
    answers = {cell.name for cell in notebook.solution_cells}
    cells = [
        (cell.name, cell.source or "")
        for cell in notebook.source_cells
        if cell.locked and cell.cell_type == "code" and cell.name not in answers
    ]
    found = separate(
        [cell for cell in cells if cell[0] not in graded],
        [cell for cell in cells if cell[0] in graded],
    )
    return found.names


def in_one_kernel(names: Mapping[str, Sequence[str]]) -> str:
    """Say what tests in the student's kernel mean, and what to do; nothing if there are none.

    Parameters
    ----------
    names : mapping
        What :func:`tests_with_students_names` returned.
    """
    if not names:
        return ""
    test, used = next(iter(names.items()))
    others = f" (and {len(names) - 1} more)" if len(names) > 1 else ""
    return (
        f"The test {test}{others} uses names of the student's code directly: "
        f"{', '.join(used[:3])}. So all tests run in one kernel with it, where it can forge "
        "points. Let tests call it by `attempt` (Tests that can be trusted, in the guide for "
        "teaching), and they run in a kernel of their own."
    )


def _texts(about: Mapping[str, Any]) -> dict[str, str] | None:
    """Return the texts of the cells that the gradebook knows; None without a gradebook."""
    if not about.get("db_url"):
        return None
    with Gradebook(about["db_url"]) as gradebook:
        notebook = gradebook.find_notebook(about["notebook"], about["assignment"])
        return {cell.name: cell.source or "" for cell in notebook.source_cells if cell.locked}
