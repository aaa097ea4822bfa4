"""Results as tables: HTML in the book and in JupyterLab, aligned text in a terminal.

Numbers are rounded to what is printed, the best of a column is marked by a sign and not by colour
alone, and what a number may be off by is small, after a ±.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from html import escape
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from embeddings_course._shared.html_table import html_table
from embeddings_course._shared.messages import Message
from embeddings_course.uncertainty import Interval, plus_minus

__all__ = ["ResultTable", "Value", "result_table", "show_table"]

Value: TypeAlias = "str | float | Interval | Sequence[float] | np.ndarray | None"
"""What a cell may hold: a text, a number, an interval, numbers over seeds, or nothing."""


class _Cell(NamedTuple):
    text: str
    small: str = ""  # after the number: how far it may be off
    number: float | None = None  # as shown: what looks equal is equal
    best: bool = False

    def html(self) -> str:
        text = escape(re.sub(r"^-(?=[\d.])", "\u2212", self.text))
        small = f" <small>{escape(self.small)}</small>" if self.small else ""
        if not self.best:
            return text + small
        return f'<span role="img" aria-label="best">\u2605</span> <strong>{text}</strong>{small}'

    def plain(self) -> str:
        return f"{'* ' if self.best else ''}{self.text} {self.small}".rstrip()


class ResultTable:
    """A table of results. A notebook shows it as HTML, and ``print`` as text.

    Attributes
    ----------
    caption : str
        What the table shows.
    """

    def __init__(
        self, caption: str, heads: list[str], rows: dict[str, list[_Cell]], notes: list[str]
    ) -> None:
        self.caption, self._heads, self._rows, self._notes = caption, heads, rows, notes

    def _repr_html_(self) -> str:
        notes = f" <small>{escape(' '.join(self._notes))}</small>" if self._notes else ""
        rows = [
            [escape(name), *(cell.html() for cell in cells)] for name, cells in self._rows.items()
        ]
        columns = enumerate(zip(*self._rows.values(), strict=True), start=1)
        words = {place for place, cells in columns if all(cell.number is None for cell in cells)}
        table = html_table(
            escape(self.caption) + notes,
            self._heads,
            rows,
            classes="result-table",
            named=True,
            words=words,
        )
        # The style is for JupyterLab, the class for the book.
        return (
            '<div class="results pst-scrollable-table-container" style="overflow-x: auto">'
            f"{table}</div>"
        )

    def __repr__(self) -> str:
        lines = [self._heads]
        lines += [[name, *(cell.plain() for cell in cells)] for name, cells in self._rows.items()]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        drawn = [
            "  ".join(
                text.rjust(width) if place else text.ljust(width)
                for place, (text, width) in enumerate(zip(line, widths, strict=True))
            ).rstrip()
            for line in lines
        ]
        notes = [note.replace("\u2605", "*") for note in self._notes]
        return "\n".join([self.caption, *drawn, *notes])


def result_table(
    rows: Mapping[str, Mapping[str, Value]],
    *,
    caption: str,
    corner: str = "",
    spec: str | Mapping[str, str] = ".2f",
    highest: Collection[str] = (),
    lowest: Collection[str] = (),
    aside: Collection[str] = (),
) -> ResultTable:
    """Make a table of results.

    Parameters
    ----------
    rows : mapping of str to mapping of str to Value
        By name of the row, by heading of the column: what goes there. The columns are those of all
        rows, in the order in which they turn up; what a row lacks stays empty. Several numbers are
        shown as their mean ± one standard error, an interval with its ends, whole numbers with
        commas.
    caption : str
        What the table shows.
    corner : str
        What the names of the rows are.
    spec : str, or mapping of str to str
        How numbers are written, in all columns or by heading (``".2f"`` for a heading that is not
        there). Nothing is shown as minus zero.
    highest, lowest : collection of str
        Headings of columns whose highest or lowest number is marked. What looks equal, as written,
        is marked too; where all are equal, nothing is.
    aside : collection of str
        Rows that do not compete, such as chance or one that knows the truth.

    Raises
    ------
    ValueError
        If there are no rows or no columns, if a heading or row is named that is not there, or if a
        number is not finite.

    Examples
    --------
    >>> result_table(
    ...     {"trained": {"AUC": [0.9, 0.92], "rows": 1200}, "random": {"AUC": [0.5, 0.5]}},
    ...     caption="Codes of one family",
    ...     highest=["AUC"],
    ... )
    Codes of one family
                       AUC   rows
    trained  * 0.91 ± 0.01  1,200
    random    0.50 ± <0.01
    * = highest of its column. ±: one standard error.
    """
    heads = list(dict.fromkeys(head for cells in rows.values() for head in cells))
    if not heads:
        raise ValueError(
            Message(
                "table-without-rows", "A table needs a row with something in it, but rows is empty."
            )
        )
    known = {*heads, *rows}
    for named in (*highest, *lowest, *aside, *(spec if isinstance(spec, Mapping) else ())):
        if named not in known:
            raise ValueError(
                Message(
                    "table-name-unknown",
                    f"{named!r} is the name of no column and no row. "
                    f"There are: {', '.join(map(str, known))}.",
                )
            )
    specs = spec if isinstance(spec, Mapping) else dict.fromkeys(heads, spec)
    made = {
        str(name): [_cell(cells.get(head), specs.get(head, ".2f")) for head in heads]
        for name, cells in rows.items()
    }
    notes = []
    for wanted, better, word in ((highest, max, "highest"), (lowest, min, "lowest")):
        for place in sorted(heads.index(head) for head in wanted):
            competing = [name for name in made if name not in aside]
            found = {name: made[name][place].number for name in competing}
            numbers = [number for number in found.values() if number is not None]
            if len(set(numbers)) > 1:
                top = better(numbers)
                for name in competing:
                    made[name][place] = made[name][place]._replace(best=found[name] == top)
                notes.append(word)
    said = [f"\u2605 = {' or '.join(dict.fromkeys(notes))} of its column."] if notes else []
    cells = [cell for line in made.values() for cell in line]
    said += ["\u00b1: one standard error."] if any("\u00b1" in c.small for c in cells) else []
    said += ["In brackets: a 95 % interval."] if any(" to " in c.small for c in cells) else []
    return ResultTable(caption, [corner, *heads], made, [" ".join(said)] if said else [])


def show_table(rows: Mapping[str, Mapping[str, Value]], **options: Any) -> None:
    """Show a table of results at once, wherever in a cell; the arguments of ``result_table``."""
    from IPython.display import display

    display(result_table(rows, **options))


def _cell(value: Value, spec: str) -> _Cell:
    if value is None or isinstance(value, str):
        return _Cell(value or "")
    if isinstance(value, bool | np.bool_):
        return _Cell("yes" if value else "no")
    # Never minus zero: the rounded digits of what is almost nothing differ between machines.
    spec = re.sub(r"^(\D?[+ ]?)(?=\.\d+[fe%])", r"\1z", spec)
    if isinstance(value, Interval):
        mean, low, high = (format(each, spec) for each in value)
        return _Cell(mean, f"({low} to {high})", _shown(mean))
    if isinstance(value, int | np.integer):
        return _Cell(f"{value:,}", number=float(value))
    if np.ndim(value):
        mean, _, small = plus_minus(np.asarray(value), spec).partition(" ")
        return _Cell(mean, small, _shown(mean))
    if not np.isfinite(value):
        raise ValueError(Message("table-value-not-finite", f"{value} is not a number to show."))
    text = format(value, spec)
    return _Cell(text, number=_shown(text))


def _shown(text: str) -> float:
    return float(text.rstrip("%").replace(",", ""))
