"""Tables in CSV files: read as spreadsheets and learning platforms write them, written for both."""

from __future__ import annotations

import codecs
import csv
import io
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from embeddings_course._shared.csv_files import csv_text
from embeddings_course._shared.messages import Message
from embeddings_course.grading.errors import GradingError
from embeddings_course.grading.submission_record import write_at_once

MOST_BYTES = 50_000_000
"""A larger file is not a table of a class."""

_DELIMITERS = (",", ";", "\t")
_LONG = 40
_ENCODINGS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True)
class Row:
    """A row: the line of the file at which it begins, counted from 1, and its cells by column."""

    number: int
    cells: dict[str, str]

    def get(self, column: str | None) -> str:
        """Return a cell without the spaces at its ends; empty if there is no such column."""
        return "" if column is None else self.cells.get(column, "").strip()


@dataclass(frozen=True)
class Table:
    """A header and the rows below it that are not empty."""

    header: tuple[str, ...]
    rows: tuple[Row, ...]

    def column(self, *names: str) -> str | None:
        """Return how the header spells the first of some columns, whatever the case; or None."""
        spelt = {folded(each): each for each in reversed(self.header)}
        return next((spelt[folded(name)] for name in names if folded(name) in spelt), None)


def folded(name: str) -> str:
    """Return what is compared of a column's name: no case, no kinds of space, nothing unseen."""
    name = unicodedata.normalize("NFKC", name)
    name = "".join(sign for sign in name if unicodedata.category(sign) != "Cf")
    name = name.replace("\u2019", "'").replace("\u2010", "-")
    return " ".join(name.casefold().replace("_", " ").split())


def read_table(path: Path, *, line_breaks: bool = True) -> Table:
    """Read a CSV file: UTF-8 or UTF-16, with commas, semicolons or tabs.

    Parameters
    ----------
    path : Path
        The file.
    line_breaks : bool
        Whether a cell may have some. In a table of short texts, a line break in a cell means that a
        quotation mark was not closed, and that the cell has swallowed the rows below it.

    Returns
    -------
    Table
        Names of columns without the spaces at their ends; cells as they are.

    Raises
    ------
    GradingError
        If there is no such file, it is not a table, or its quotation marks are not in pairs.
    """
    text = _text(path)
    first, _, rest = text.partition("\n")
    above = 0
    delimiters: tuple[str, ...] = _DELIMITERS
    if first.strip().lower().startswith("sep="):  # Excel's own way to name the delimiter
        text, delimiters, above = rest, (first.strip()[4:] or "\t",), 1
    delimiter = max(delimiters, key=lambda each: _width(text, each))
    records = _records(text, delimiter, path, above)
    if not records:
        raise GradingError(
            Message(
                "table-empty", f"{path} is empty: it needs a header and a row for each student."
            )
        )
    if not line_breaks:
        _refuse_line_breaks(records, path)
    header = tuple(cell.strip() for cell in records[0][1])
    rows = []
    for number, cells in records[1:]:
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) > len(header) and any(cell.strip() for cell in cells[len(header) :]):
            raise GradingError(
                Message(
                    "row-with-more-cells",
                    f"Row {number} of {path} has {len(cells)} cells, but its header only "
                    f"{len(header)}: put cells that hold a comma or semicolon between quotation "
                    f"marks.",
                )
            )
        found: dict[str, str] = {}
        for name, cell in zip(header, cells, strict=False):
            found.setdefault(name, cell)
        rows.append(Row(number, found))
    return Table(header, tuple(rows))


def write_table(
    path: Path,
    header: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    marked: bool = False,
) -> None:
    """Write a CSV file in UTF-8, `marked` as such or not, at once: no reader sees half of it.

    Numbers stay numbers, None is an empty cell. A text that a spreadsheet would take for a formula
    gets an apostrophe before it.
    """
    write_at_once(path, ("\ufeff" if marked else "") + csv_text(header, rows))


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise GradingError(
                f"{path} has {path.stat().st_size / 1e6:.0f} MB: it is not a table of a class. "
                "Name the CSV file."
            )
        data = path.read_bytes()
    except OSError as error:
        raise GradingError(
            f"{path} cannot be read ({error.strerror}): name a CSV file that is there."
        ) from error
    if data.startswith(b"PK\x03\x04"):
        raise GradingError(
            Message(
                "table-is-workbook",
                f"{path} is a workbook or another zip archive, not a CSV file: save it as "
                "“CSV UTF-8” in your spreadsheet.",
            )
        )
    encoding = next((each for mark, each in _ENCODINGS if data.startswith(mark)), "utf-8")
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise GradingError(
            Message(
                "table-not-utf-8",
                f"{path} is not text in UTF-8 (byte {error.start}): save it as “CSV UTF-8” in your "
                "spreadsheet.",
            )
        ) from error


def _records(text: str, delimiter: str, path: Path, above: int) -> list[tuple[int, list[str]]]:
    """Return the cells of each row, and the line at which it begins below `above` others."""
    found, start = [], above + 1
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        for cells in reader:
            found.append((start, cells))
            start = above + reader.line_num + 1
    except csv.Error as error:
        raise GradingError(
            Message(
                "quote-not-closed",
                f"Line {start} of {path} has a quotation mark that is not closed, or one inside "
                f"of a cell that is not doubled ({error}): close it, or take it out. Nothing was "
                "read.",
            )
        ) from error
    except TypeError as error:
        raise GradingError(
            f"{path} is not a CSV file ({error}): save it as “CSV UTF-8” in your spreadsheet."
        ) from error
    return found


def _refuse_line_breaks(records: Sequence[tuple[int, list[str]]], path: Path) -> None:
    for number, cells in records:
        for place, cell in enumerate(cells):
            if "\n" in cell or "\r" in cell:
                name = records[0][1][place].strip() if place < len(records[0][1]) else ""
                column = f" in the column {name}" if name and number != records[0][0] else ""
                shown = " ".join(cell.split())
                shown = shown if len(shown) <= _LONG else f"{shown[:_LONG]}…"
                raise GradingError(
                    Message(
                        "cell-over-lines",
                        f"Line {number} of {path} has a cell{column} that goes on in the next line "
                        f"({shown}), as if a quotation mark was not closed: close it, or take the "
                        "line break out. Nothing was read.",
                    )
                )


def _width(text: str, delimiter: str) -> int:
    """Return how many columns the header has if cells are separated so."""
    try:
        return len(next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), []))
    except (csv.Error, TypeError):
        return 0
