"""Where boxes and arrows go, so that arrows point down and few of them cross.

This is the method of Sugiyama, Tagawa and Toda (1981, https://doi.org/10.1109/TSMC.1981.4308636):
rooms get rows, arrows over several rows get a place in each of them, each row is put in the order
that crosses least, and then everything moves towards what it is connected with.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from embeddings_course.sphinx_ext.house.rooms import House

MOST_IN_A_ROW = 6
_STARTS = 60
_SWEEPS = 12
_STRAIGHT = 8  # how much more an arrow is pulled by itself than by its ends
_EVEN = 1.5  # how much a room is pulled to where it would be if its row were spread evenly


@dataclass(frozen=True)
class Passage:
    """The place in a row through which an arrow goes down."""

    source: str
    target: str


Item = str | Passage


@dataclass(frozen=True)
class Arrow:
    """An arrow from one row to a lower one.

    Attributes
    ----------
    source, target : str
        The rooms at its ends.
    items : tuple
        What it touches in each row, from the top: a room, passages, a room.
    """

    source: str
    target: str
    items: tuple[Item, ...]


def rows_of(house: House) -> list[list[str]]:
    """Put rooms into rows, from the top: each above what it imports, but for rooms in a circle.

    Foundations have no row; they are drawn below all.
    """
    left_out = set(house.foundations)
    rows = [list(house.entrances)] if house.entrances else []
    for part in (house.tools, house.library):
        rooms = [room for room in part if room not in left_out]
        rows += _ranked(rooms, house)
    return rows


def _ranked(rooms: Sequence[str], house: House) -> list[list[str]]:
    """Rows of one part of the house."""
    inner = {room: house.imports[room] & set(rooms) for room in rooms}
    reach = {room: _reachable(room, inner) for room in rooms}
    circle = {
        room: {other for other in reach[room] if room in reach[other]} | {room} for room in rooms
    }
    depth: dict[str, int] = {}

    def rank(room: str) -> int:
        if room not in depth:
            below = set().union(*(inner[each] for each in circle[room])) - circle[room]
            depth[room] = 1 + max(map(rank, sorted(below)), default=-1)
        return depth[room]

    tied = [room for room in rooms if inner[room] or any(room in inner[other] for other in rooms)]
    rows: list[list[str]] = [[] for _ in range(1 + max(map(rank, tied), default=0))]
    for room in tied:
        rows[rank(room)].append(room)
    # What has no arrow within its part goes where there is room: imported from above, high up.
    free = [room for room in rooms if room not in tied]
    free.sort(key=lambda room: -len(house.importers(room)))
    while len(free) + len(tied) > MOST_IN_A_ROW * len(rows):
        rows.append([])
    for room in free:
        shortest = min(len(row) for row in rows)
        highest = max(index for index, row in enumerate(rows) if len(row) <= shortest + 1)
        fits = (
            highest if house.importers(room) else min(range(len(rows)), key=lambda i: len(rows[i]))
        )
        rows[fits].append(room)
    return [part for row in reversed(rows) if row for part in _parts(row)]


def _parts(row: Sequence[str]) -> list[list[str]]:
    """Divide a row that is too long for the picture into even ones."""
    count = math.ceil(len(row) / MOST_IN_A_ROW)
    size = math.ceil(len(row) / count)
    return [list(row[start : start + size]) for start in range(0, len(row), size)]


def _reachable(room: str, inner: Mapping[str, frozenset[str]]) -> set[str]:
    found: set[str] = set()
    waiting = [room]
    while waiting:
        for each in inner[waiting.pop()]:
            if each not in found:
                found.add(each)
                waiting.append(each)
    return found


def arrows_down(house: House, rows: Sequence[Sequence[str]]) -> list[Arrow]:
    """Return the arrows between rows, each with a passage through every row between its ends."""
    row_of = {room: number for number, row in enumerate(rows) for room in row}
    found = []
    for source in row_of:
        for target in sorted(house.imports[source]):
            if target in row_of and row_of[target] > row_of[source]:
                between = [Passage(source, target)] * (row_of[target] - row_of[source] - 1)
                found.append(Arrow(source, target, (source, *between, target)))
    return found


def neighbours_in_a_row(house: House, rows: Sequence[Sequence[str]]) -> list[tuple[str, str]]:
    """Return the arrows within a row, or upwards: those of rooms that import each other."""
    row_of = {room: number for number, row in enumerate(rows) for room in row}
    return [
        (source, target)
        for source in row_of
        for target in sorted(house.imports[source])
        if row_of.get(target, len(rows)) <= row_of[source]
    ]


def _with_passages(
    rows: Sequence[Sequence[str]], arrows: Sequence[Arrow], row_of: dict[str, int]
) -> tuple[list[list[Item]], list[list[tuple[Item, Item]]]]:
    """Return rows with the passages that arrows take, and what is joined to the row below each."""
    full: list[list[Item]] = [list(row) for row in rows]
    down: list[list[tuple[Item, Item]]] = [[] for _ in rows]
    for arrow in arrows:
        for step, item in enumerate(arrow.items):
            number = row_of[arrow.source] + step
            if isinstance(item, Passage):
                full[number].append(item)
            if step + 1 < len(arrow.items):
                down[number].append((item, arrow.items[step + 1]))
    return full, down


def ordered(
    rows: Sequence[Sequence[str]],
    arrows: Sequence[Arrow],
    beside: Sequence[tuple[str, str]],
) -> list[list[Item]]:
    """Put each row, passages included, in an order in which few arrows cross.

    Parameters
    ----------
    rows : sequence of sequence of str
        Rooms, from the top.
    arrows : sequence
        From :func:`arrows_down`.
    beside : sequence of pairs
        Rooms of one row that should be side by side.
    """
    row_of = {room: number for number, row in enumerate(rows) for room in row}
    full, down = _with_passages(rows, arrows, row_of)

    def cost(order: list[list[Item]]) -> tuple[int, float]:
        place = [{item: index for index, item in enumerate(row)} for row in order]
        crossings = sum(
            (place[n][a] - place[n][c]) * (place[n + 1][b] - place[n + 1][d]) < 0
            for n, pairs in enumerate(down[:-1])
            for a, b in pairs
            for c, d in pairs
        )
        apart = sum(
            abs(place[row_of[a]][a] - place[row_of[b]][b]) - 1
            for a, b in beside
            if row_of[a] == row_of[b]
        )
        share = [{item: (i + 0.5) / len(row) for i, item in enumerate(row)} for row in order]
        length = sum(
            abs(share[n][a] - share[n + 1][b])
            for n, pairs in enumerate(down[:-1])
            for a, b in pairs
        )
        return crossings + 8 * apart, length

    chance = random.Random(1)
    best = full
    for _ in range(_STARTS):
        order = [chance.sample(row, len(row)) for row in full]
        for sweep in range(_SWEEPS):
            downwards = sweep % 2 == 0
            numbers = range(1, len(order)) if downwards else range(len(order) - 2, -1, -1)
            for n in numbers:
                other = order[n - 1] if downwards else order[n + 1]
                share = {item: (i + 0.5) / len(other) for i, item in enumerate(other)}
                pairs = down[n - 1] if downwards else [(b, a) for a, b in down[n]]
                middle = {}
                for i, item in enumerate(order[n]):
                    ties = [share[a] for a, b in pairs if b == item]
                    middle[item] = sum(ties) / len(ties) if ties else (i + 0.5) / len(order[n])
                order[n] = sorted(order[n], key=middle.__getitem__)
            if cost(order) < cost(best):
                best = [list(row) for row in order]
    return best


def placed(
    rows: Sequence[Sequence[Item]],
    arrows: Sequence[Arrow],
    widths: Mapping[Item, float],
    *,
    width: float,
    gap: float,
) -> list[dict[Item, float]]:
    """Return where the middle of each item is, from the left, for each row.

    Parameters
    ----------
    rows, arrows : sequence
        From :func:`ordered` and :func:`arrows_down`.
    widths : mapping
        How wide each item is.
    width : float
        How wide the picture is.
    gap : float
        What is between two items at least.
    """
    row_of = {item: n for n, row in enumerate(rows) for item in row if isinstance(item, str)}
    ties: list[dict[Item, list[tuple[int, Item]]]] = [{item: [] for item in row} for row in rows]
    for arrow in arrows:
        for step in range(len(arrow.items) - 1):
            n = row_of[arrow.source] + step
            ties[n][arrow.items[step]].append((n + 1, arrow.items[step + 1]))
            ties[n + 1][arrow.items[step + 1]].append((n, arrow.items[step]))

    def put(n: int, wanted: Sequence[float]) -> dict[Item, float]:
        return dict(zip(rows[n], _spread(rows[n], wanted, widths, width, gap), strict=True))

    even = [[width * (i + 0.5) / len(row) for i in range(len(row))] for row in rows]
    at = [put(n, wanted) for n, wanted in enumerate(even)]
    for _ in range(60):
        for n in [*range(len(rows)), *range(len(rows) - 2, -1, -1)]:
            wanted = []
            for item, alone in zip(rows[n], even[n], strict=True):
                pulls: list[tuple[float, float]] = [
                    (at[m][other], _STRAIGHT if {type(item), type(other)} == {Passage} else 1)
                    for m, other in ties[n][item]
                ]
                if isinstance(item, str):
                    pulls.append((alone, _EVEN))
                weight = sum(each for _, each in pulls)
                wanted.append(sum(place * each for place, each in pulls) / weight)
            at[n] = put(n, wanted)
    return at


def _spread(
    row: Sequence[Item],
    wanted: Sequence[float],
    widths: Mapping[Item, float],
    width: float,
    gap: float,
) -> list[float]:
    """Move items as little as possible so that they keep their order and their distances."""
    offsets, edge = [], 0.0
    for item in row:
        offsets.append(edge + widths[item] / 2)
        edge += widths[item] + gap
    room = max(0.0, width - (edge - gap))
    # Without their widths the items only have to be in order: blocks of equal places.
    blocks: list[list[float]] = []  # sum and count of each
    for place, offset in zip(wanted, offsets, strict=True):
        blocks.append([place - offset, 1])
        while len(blocks) > 1 and blocks[-2][0] / blocks[-2][1] > blocks[-1][0] / blocks[-1][1]:
            total, count = blocks.pop()
            blocks[-1][0] += total
            blocks[-1][1] += count
    free = [total / count for total, count in blocks for _ in range(int(count))]
    return [min(max(each, 0.0), room) + offset for each, offset in zip(free, offsets, strict=True)]
