"""Put the assignment's cells in their order, and those that are missing in their places."""

from __future__ import annotations

import re
from collections.abc import Sequence

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

from embeddings_course.grading.submissions.expected_cells import Expected
from embeddings_course.grading.submissions.sentences import listed


def in_order(
    kept: list[tuple[NotebookNode, Expected | None]],
    expected: Sequence[Expected],
    older: dict[int, str],
    said: list[str],
) -> list[tuple[NotebookNode, Expected | None]]:
    """Sort the expected cells, each with the student's cells that follow it.

    `older` has the name of the expected cell for each other version of it, by the cell's identity.
    An older version of an answer still comes before the one that is graded.
    """
    place = {cell.name: number for number, cell in enumerate(expected)}
    groups: list[tuple[int, list[tuple[NotebookNode, Expected | None]]]] = [(-1, [])]
    for cell, owner in kept:
        if owner is not None:
            groups.append((place[owner.name], []))
        groups[-1][1].append((cell, owner))
    places = [number for number, _ in groups]
    if places == sorted(places):
        return kept
    stayed = _longest_rising(places)
    names = [expected[number].name for number in sorted(set(places) - stayed)]
    said.append(f"Cells had been moved: {listed(names)}.")
    first = [each for each in kept if id(each[0]) in older]
    result = []
    for number, group in sorted(groups, key=lambda group: group[0]):
        if number >= 0:
            result += [each for each in first if older[id(each[0])] == expected[number].name]
        result += [each for each in group if id(each[0]) not in older]
    return result


def _longest_rising(numbers: list[int]) -> set[int]:
    """Longest subsequence that rises: what was not moved."""
    best: list[list[int]] = []
    for number in numbers:
        before = max((run for run in best if run[-1] < number), key=len, default=[])
        best.append([*before, number])
    longest: list[int] = max(best, key=len)
    return set(longest)


def add_missing(
    kept: list[tuple[NotebookNode, Expected | None]],
    expected: Sequence[Expected],
    notebook: NotebookNode,
    said: list[str],
) -> None:
    """Put in what is missing, and say so."""
    there = {owner.name for _, owner in kept if owner is not None}
    used = {cell.get("id") for cell, _ in kept}
    previous = -1
    for cell in expected:
        if cell.name not in there:
            place = _place_for(cell, kept, previous)
            source = cell.source if cell.locked else cell.released_source
            new = new_cell(cell.cell_type, source, cell.name, notebook, used)
            new.metadata.update({"deletable": False, "nbgrader": NotebookNode(cell.marks)})
            if cell.locked:
                new.metadata["editable"] = False
            kept.insert(place, (new, cell))
            said.append(f"The {cell.called} was missing and was put back.")
        previous = next(n for n, (_, owner) in enumerate(kept) if owner is cell)


def _place_for(
    cell: Expected, kept: list[tuple[NotebookNode, Expected | None]], previous: int
) -> int:
    """Where a missing cell goes, after the expected cell at `previous` and before the next one.

    A stub goes before the student's own cells, so that it replaces none of their functions; a test
    goes after them.
    """
    end = next(
        (n for n in range(previous + 1, len(kept)) if kept[n][1] is not None),
        len(kept),
    )
    code = [n for n in range(previous + 1, end) if kept[n][0].cell_type == "code"]
    if cell.cell_type == "markdown":
        return end
    if cell.grade and not cell.solution:
        return code[-1] + 1 if code else previous + 1
    if previous >= 0:
        return previous + 1
    return code[0] if code else end


def new_cell(
    cell_type: str,
    source: str,
    name: str,
    notebook: NotebookNode,
    used: set[str | None] | None = None,
) -> NotebookNode:
    """Make a cell with an id that no other has."""
    cell = new_code_cell(source) if cell_type == "code" else new_markdown_cell(source)
    if used is None:
        used = {each.get("id") for each in notebook.cells}
    stem = re.sub(r"[^a-zA-Z0-9_-]", "-", name)[:50] or "cell"
    numbered = (f"{stem}-{number}" for number in range(2, len(used) + 3))
    cell.id = next(each for each in (stem, *numbered) if each not in used)
    used.add(cell.id)
    if (notebook.get("nbformat", 4), notebook.get("nbformat_minor", 5)) < (4, 5):
        del cell["id"]
    return cell
