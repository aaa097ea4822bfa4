"""The picture of the house: boxes for rooms, arrows for imports, as SVG inside the page."""

from __future__ import annotations

from html import escape

from embeddings_course._shared.text import counted
from embeddings_course.sphinx_ext.house.layout import (
    Arrow,
    Item,
    Passage,
    arrows_down,
    neighbours_in_a_row,
    ordered,
    placed,
    rows_of,
)
from embeddings_course.sphinx_ext.house.rooms import House

_WIDTH = 720.0
_MARGIN = 12.0
_LETTER = 7.3  # width of one, in a font of fixed width at the size of the boxes' text
_BOX = 32.0
_BETWEEN = 40.0  # from row to row
_LABEL = 32.0  # above the first row of a part
_PART = 34.0  # from part to part
_GAP = 13.0
_PASSAGE = 6.0
_PORT = 13.0
_TIPS = 14.0  # more room beside rooms that import each other


def described(house: House) -> str:
    """Say in words what the picture shows."""
    said = []
    for room in house.rooms:
        others = sorted(house.imports[room])
        if others:
            said.append(f"{room} imports {', '.join(others)}")
    rest = [room for room in house.rooms if not house.imports[room]]
    said.append(f"{', '.join(rest)} import none")
    return (
        f"{counted(len(house.rooms), 'room')} of the package in layers, each with arrows to the "
        f"rooms that it imports. On top: {', '.join(house.entrances)}. Below, the tools: "
        f"{', '.join(house.tools)}. At the bottom, the library: {', '.join(house.library)}. "
        f"{'; '.join(said)}."
    )


def svg(house: House) -> str:
    """Draw a house.

    Returns
    -------
    str
        An ``svg`` element with alt text. Its colours are classes of the book's style sheet.
    """
    return _Drawing(house).svg()


class _Drawing:
    """Places and sizes in one picture."""

    def __init__(self, house: House) -> None:
        self.house = house
        rows = rows_of(house)
        self.arrows = arrows_down(house, rows)
        self.beside = neighbours_in_a_row(house, rows)
        self.rows = ordered(rows, self.arrows, self.beside)
        self.widths: dict[Item, float] = {
            item: _PASSAGE if isinstance(item, Passage) else _LETTER * len(item) + 16
            for row in self.rows
            for item in row
        }
        level = {room for pair in self.beside for room in pair}
        spaces = {
            item: wide + (_TIPS if item in level else 0) for item, wide in self.widths.items()
        }
        inner = _WIDTH - 2 * _MARGIN
        self.at = placed(self.rows, self.arrows, spaces, width=inner, gap=_GAP)
        self.row_of = {room: n for n, row in enumerate(rows) for room in row}
        self.tops: list[float] = []
        self.parts: list[tuple[str, float, float]] = []
        self._stack()

    def _stack(self) -> None:
        y = 1.0
        for label, rooms in (
            ("", self.house.entrances),
            ("the tools: what the course command runs", self.house.tools),
            ("the library: what pages and assignments import", self.house.library),
        ):
            numbers = sorted({self.row_of[room] for room in rooms if room in self.row_of})
            if not numbers:
                continue
            start = y
            y += _LABEL if label else 0
            for _ in numbers:
                self.tops.append(y)
                y += _BOX + _BETWEEN
            y -= _BETWEEN - (12 if label else 0)
            if label:
                self.parts.append((label, start, y))
            y += _PART
        self.bottom = y - _PART

    def _x(self, row: int, item: Item) -> float:
        return _MARGIN + self.at[row][item]

    def svg(self) -> str:
        slabs, height = self._slabs()
        shapes = [self._part(start, end) for _, start, end in self.parts]
        shapes += [self._room(room) for row in self.rows for room in row if isinstance(room, str)]
        shapes += [self._label(label, start) for label, start, _ in self.parts]
        text = escape(described(self.house), quote=True)
        return (
            f'<svg class="house-picture" role="img" aria-label="{text}" '
            f'viewBox="0 0 {_WIDTH:g} {height:g}" xmlns="http://www.w3.org/2000/svg">'
            '<defs><marker id="house-tip" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" '
            'markerHeight="7" orient="auto-start-reverse"><path d="M0 0 10 5 0 10z"/></marker>'
            "</defs>"
            f"{''.join(shapes)}{slabs}</svg>"
        )

    def _part(self, start: float, end: float) -> str:
        return (
            f'<rect class="house-part" x="0.5" y="{start:g}" width="{_WIDTH - 1:g}" '
            f'height="{end - start:g}" rx="8"/>'
        )

    def _label(self, label: str, start: float) -> str:
        """Name a part, on the side on which fewer arrows come in."""
        n = next(number for number, top in enumerate(self.tops) if top >= start)
        entering = [
            self._x(n, arrow.items[n - self.row_of[arrow.source]])
            for arrow in self.arrows
            if 0 < n - self.row_of[arrow.source] < len(arrow.items)
        ]
        long = 6 * len(label)
        left = sum(x < long for x in entering) <= sum(x > _WIDTH - long for x in entering)
        x, anchor = (_MARGIN, "start") if left else (_WIDTH - _MARGIN, "end")
        return (
            f'<text class="house-label" x="{x:g}" y="{start + 16:g}" '
            f'text-anchor="{anchor}">{escape(label)}</text>'
        )

    def _slabs(self) -> tuple[str, float]:
        """Foundations, as wide as the house, with what their sign means."""
        y, shapes = self.bottom + 8, []
        for room in self.house.foundations:
            shapes.append(
                f'<g class="house-room house-foundation" data-room="{escape(room)}">'
                f'<rect x="0.5" y="{y:g}" width="{_WIDTH - 1:g}" height="{_BOX:g}" rx="5"/>'
                f'<text x="{_WIDTH / 2:g}" y="{y + 21:g}" text-anchor="middle">{escape(room)}'
                '<tspan class="house-label" dx="10">imported by every room with a thick lower edge'
                "</tspan></text></g>"
            )
            y += _BOX + 8
        return "".join(shapes), y - 7

    def _room(self, room: str) -> str:
        n = self.row_of[room]
        x, y, w = self._x(n, room), self.tops[n], self.widths[room]
        stands = any(each in self.house.imports[room] for each in self.house.foundations)
        foot = f'<path class="house-foot" d="M{x - w / 2 + 3:.1f} {y + _BOX:g}h{w - 6:.1f}"/>'
        arrows = [self._arrow(arrow) for arrow in self.arrows if arrow.source == room]
        arrows += [self._level(a, b) for a, b in self.beside if a == room]
        return (
            f'<g class="house-room" data-room="{escape(room)}">{"".join(arrows)}'
            f'<rect x="{x - w / 2:.1f}" y="{y:g}" width="{w:.1f}" height="{_BOX:g}" rx="5"/>'
            f"{foot if stands else ''}"
            f'<text x="{x:.1f}" y="{y + 20.5:g}" text-anchor="middle">{escape(room)}</text></g>'
        )

    def _arrow(self, arrow: Arrow) -> str:
        n = self.row_of[arrow.source]
        x, y = self._port(arrow, 0), self.tops[n] + _BOX
        path = [f"M{x:.1f} {y:g}"]
        for step in range(1, len(arrow.items)):
            last = step == len(arrow.items) - 1
            to_x = self._port(arrow, step) if last else self._x(n + step, arrow.items[step])
            to_y = self.tops[n + step] - (1 if last else 0)
            half = (to_y - y) / 2
            path.append(f"C{x:.1f} {y + half:g} {to_x:.1f} {to_y - half:g} {to_x:.1f} {to_y:g}")
            x, y = to_x, to_y
            if not last:
                y += _BOX
                path.append(f"V{y:g}")
        return (
            f'<path class="house-arrow" data-from="{escape(arrow.source)}" '
            f'data-to="{escape(arrow.target)}" d="{"".join(path)}" marker-end="url(#house-tip)"/>'
        )

    def _port(self, arrow: Arrow, end: int) -> float:
        """Where an arrow leaves its room, or arrives: side by side, in the order of the others."""
        room = arrow.source if end == 0 else arrow.target
        n = self.row_of[room]
        near = 1 if end == 0 else -1
        ends = [each for each in self.arrows if (each.source, each.target)[end != 0] == room]
        ends.sort(key=lambda each: self._x(n + near, each.items[1 if end == 0 else -2]))
        step = min(_PORT, (self.widths[room] - 16) / max(1, len(ends)))
        return self._x(n, room) + (ends.index(arrow) - (len(ends) - 1) / 2) * step

    def _level(self, source: str, target: str) -> str:
        """Draw an arrow between two rooms that import each other, once, with two tips."""
        n, m = self.row_of[source], self.row_of[target]
        both = source in self.house.imports[target]
        if both and source > target:
            return ""
        back = 'marker-start="url(#house-tip)" ' if both else ""
        x, to = self._x(n, source), self._x(m, target)
        side = 1 if to > x else -1
        x += side * self.widths[source] / 2
        to -= side * self.widths[target] / 2
        y, to_y = self.tops[n] + _BOX / 2, self.tops[m] + _BOX / 2
        return (
            f'<path class="house-arrow" data-from="{escape(source)}" data-to="{escape(target)}" '
            f'd="M{x:.1f} {y:g}L{to:.1f} {to_y:g}" {back}marker-end="url(#house-tip)"/>'
        )
