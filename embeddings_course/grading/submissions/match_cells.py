"""Find which cell of a notebook is which of the assignment, whatever became of its marks."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from nbformat import NotebookNode

from embeddings_course.grading.submissions.expected_cells import (
    Expected,
    even_text,
    fingerprint,
    grade_id,
)

DEFINES = re.compile(r"^(?:async\s+def|def|class)\s+(\w+)", re.MULTILINE)


def is_released(cell: NotebookNode, expected: Expected) -> bool:
    """Whether a cell says what students got, now or earlier."""
    if even_text(cell.source) in (even_text(expected.released_source), even_text(expected.source)):
        return True
    return bool(expected.earlier) and fingerprint(cell.source) in expected.earlier


def holds_nothing(cell: NotebookNode, expected: Expected) -> bool:
    """Whether a copy of an expected cell holds nothing of the student's."""
    return is_released(cell, expected) or not (expected.locked or even_text(cell.source))


def match_cells(
    cells: list[NotebookNode], expected: Sequence[Expected], plain: set[str], said: list[str]
) -> tuple[dict[str, int], set[int]]:
    """Find each expected cell, and the copies of cells that can go.

    Returns
    -------
    chosen : dict
        The number of the cell, by the expected cell's name.
    dropped : set of int
        Numbers of copies that hold nothing of the student's.
    """
    claims = _claims(cells, expected)
    chosen: dict[str, int] = {}
    dropped: set[int] = set()
    for cell in expected:
        claimants = claims[cell.name]
        if not claimants:
            continue
        number = _best(cells, claimants, cell)
        chosen[cell.name] = number
        others = [other for other in claimants if other != number]
        # Copies without work go: a second stub would replace the answer.
        dropped |= {other for other in others if holds_nothing(cells[other], cell)}
        if others:
            count = "twice" if len(others) == 1 else f"{len(others) + 1} times"
            said.append(f"The {cell.called} was there {count}; one of them is graded.")
    free = set(range(len(cells))) - {number for found in claims.values() for number in found}
    for cell in expected:
        if cell.locked and cell.name not in chosen:
            same = [number for number in sorted(free) if is_released(cells[number], cell)]
            gap = _gap(cell, expected, chosen, len(cells))
            if same and even_text(cell.released_source):
                number = next((number for number in same if number in gap), same[0])
                chosen[cell.name] = number
                free.remove(number)
    _find_answers(cells, expected, plain, chosen, free)
    return chosen, dropped


def _claims(cells: list[NotebookNode], expected: Sequence[Expected]) -> dict[str, list[int]]:
    """Numbers of the cells that say that they are an expected one, by their marks or their id."""
    names = {cell.name for cell in expected}
    claims: dict[str, list[int]] = defaultdict(list)
    for number, cell in enumerate(cells):
        if (name := grade_id(cell)) in names:
            claims[name].append(number)
    by_id = {cell.get("id"): number for number, cell in enumerate(cells)}
    for name in sorted(names):
        own = by_id.get(name)
        if claims[name] or own is None:
            continue
        other = grade_id(cells[own])
        if other not in names:
            claims[name].append(own)
        elif any(cells[rival].get("id") == other for rival in claims[other]):
            # It was given the mark of a cell that is still there.
            claims[other].remove(own)
            claims[name].append(own)
    return claims


def _best(cells: list[NotebookNode], claimants: list[int], expected: Expected) -> int:
    own = [number for number in claimants if cells[number].get("id") == expected.name]
    if expected.locked:
        pristine = [number for number in claimants if is_released(cells[number], expected)]
        return (own or pristine or claimants)[0]
    blank = ("", even_text(expected.released_source))
    written = [number for number in claimants if even_text(cells[number].source) not in blank]
    return (written or own or claimants)[-1]


def _gap(
    expected: Expected, all_expected: Sequence[Expected], chosen: dict[str, int], length: int
) -> range:
    """Numbers between the neighbours of a cell that were found; all if these were moved."""
    place = all_expected.index(expected)
    before = [chosen[cell.name] for cell in all_expected[:place] if cell.name in chosen]
    after = [chosen[cell.name] for cell in all_expected[place + 1 :] if cell.name in chosen]
    first, last = (before or [-1])[-1], (after or [length])[0]
    return range(first + 1, last) if first < last else range(length)


def _find_answers(
    cells: list[NotebookNode],
    expected: Sequence[Expected],
    plain: set[str],
    chosen: dict[str, int],
    free: set[int],
) -> None:
    """Find the answers whose marks and ids are lost, by what they define and where they stand."""
    lost = [cell for cell in expected if not cell.locked and cell.name not in chosen]
    gaps = {cell.name: _gap(cell, expected, chosen, len(cells)) for cell in lost}
    written = {
        number for number in free if (text := even_text(cells[number].source)) and text not in plain
    }
    search = _Search(cells, chosen, written)
    # What a cell defines tells the most: first within its gap, then anywhere.
    for cell in lost:
        search.by_definitions(cell, gaps[cell.name])
    for cell in lost:
        search.by_definitions(cell, range(len(cells)))
    for cell in lost:
        gap = gaps[cell.name]
        search.by_place(cell, gap, [other for other in lost if gaps[other.name] == gap])


@dataclass(frozen=True)
class _Search:
    """Fills in `chosen`, by the names of expected cells, with the numbers of cells still free."""

    cells: list[NotebookNode]
    chosen: dict[str, int]
    free: set[int]

    def _take(self, cell: Expected, number: int) -> None:
        self.chosen[cell.name] = number
        self.free.remove(number)

    def _candidates(self, cell: Expected, among: range) -> list[int]:
        kind = cell.cell_type
        return [n for n in sorted(self.free) if n in among and self.cells[n].cell_type == kind]

    def by_definitions(self, cell: Expected, among: range) -> None:
        """Take for a cell of code the one that defines the most of what its release defines."""
        wanted = set(DEFINES.findall(cell.released_source)) if cell.cell_type == "code" else set()
        if cell.name in self.chosen or not wanted:
            return
        shared = {
            number: len(wanted & set(DEFINES.findall(self.cells[number].source)))
            for number in self._candidates(cell, among)
        }
        if any(shared.values()):
            self._take(cell, max(shared, key=lambda number: (shared[number], number)))

    def by_place(self, cell: Expected, gap: range, beside: Sequence[Expected]) -> None:
        """Take what stands in a cell's gap, if there is as much as there is expected `beside` it.

        Of a text that is alone there, the longest.
        """
        if cell.name in self.chosen:
            return
        rivals = [
            other
            for other in beside
            if other.name not in self.chosen and other.cell_type == cell.cell_type
        ]
        found = self._candidates(cell, gap)
        if len(found) == len(rivals):
            for rival, number in zip(rivals, found, strict=True):
                self._take(rival, number)
        elif len(rivals) == 1 and found and cell.cell_type == "markdown":
            self._take(cell, max(found, key=lambda number: len(self.cells[number].source)))
