"""Tables in CSV files: read as spreadsheets and learning platforms write them, written for both."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from embeddings_course.grading.record import GradingError, write_at_once

MOST_BYTES = 50_000_000
"""A larger file is no table of a class."""

_DELIMITERS = (",", ";", "\t")
_ENCODINGS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# A spreadsheet takes what begins so for a formula, and runs it; the wide ones are East Asian
# keyboards'.
_FORMULA = tuple("=+-@\t\r＝＋－＠")  # noqa: RUF001


@dataclass(frozen=True)
class Row:
    """A row: its number in the file, counted from 1 with the header, and its cells by column."""

    number: int
    cells: dict[str, str]

    def get(self, column: str) -> str:
        """Return a cell without the spaces at its ends, or an empty text."""
        return self.cells.get(column, "").strip()


@dataclass(frozen=True)
class Table:
    """A header and the rows below it that are not empty."""

    header: tuple[str, ...]
    rows: tuple[Row, ...]

    def column(self, name: str) -> str | None:
        """Return how the header spells a column, whatever the case; None if there is none."""
        found = [each for each in self.header if each.casefold() == name.casefold()]
        return found[0] if found else None


def read_table(path: Path) -> Table:
    """Read a CSV file: UTF-8 or UTF-16, with commas, semicolons or tabs.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    Table
        Names of columns without the spaces at their ends; cells as they are.

    Raises
    ------
    GradingError
        If there is no such file, or it is no table.
    """
    text = _text(path)
    first, _, rest = text.partition("\n")
    if first.strip().lower().startswith("sep="):  # Excel's own way to name the delimiter
        text, delimiters = rest, (first.strip()[4:] or "\t",)
    else:
        delimiters = _DELIMITERS
    lines = max((_parsed(text, delimiter, path) for delimiter in delimiters), key=_width)
    if not lines:
        raise GradingError(f"{path} is empty: it needs a header and a row for each student.")
    header = tuple(cell.strip() for cell in lines[0])
    rows = []
    for number, cells in enumerate(lines[1:], start=2):
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) > len(header) and any(cell.strip() for cell in cells[len(header) :]):
            raise GradingError(
                f"Row {number} of {path} has {len(cells)} cells, but its header only "
                f"{len(header)}: put cells that hold a comma or semicolon between quotation marks."
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
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow([_cell(each) for each in header])
    writer.writerows([_cell(each) for each in row] for row in rows)
    write_at_once(path, ("\ufeff" if marked else "") + buffer.getvalue())


def _cell(value: object) -> object:
    if value is None:
        return ""
    if isinstance(value, float):
        # No traces of sums of tenths, and no points after the point where there are none.
        return f"{round(value, 6):.6f}".rstrip("0").rstrip(".")
    return harmless(value) if isinstance(value, str) else value


def harmless(text: str) -> str:
    """Return a text with an apostrophe before what a spreadsheet would take for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise GradingError(
                f"{path} has {path.stat().st_size / 1e6:.0f} MB: it is no table of a class. "
                "Name the CSV file."
            )
        data = path.read_bytes()
    except OSError as error:
        raise GradingError(
            f"{path} cannot be read ({error.strerror}): name a CSV file that is there."
        ) from error
    if data.startswith(b"PK\x03\x04"):
        raise GradingError(
            f"{path} is a workbook or another zip archive, not a CSV file: save it as "
            "“CSV UTF-8” in your spreadsheet."
        )
    encoding = next((each for mark, each in _ENCODINGS if data.startswith(mark)), "utf-8")
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise GradingError(
            f"{path} is no text in UTF-8 (byte {error.start}): save it as “CSV UTF-8” in your "
            "spreadsheet."
        ) from error


def _parsed(text: str, delimiter: str, path: Path) -> list[list[str]]:
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except (csv.Error, TypeError) as error:
        raise GradingError(
            f"{path} is no CSV file ({error}): save it as “CSV UTF-8” in your spreadsheet."
        ) from error


def _width(lines: list[list[str]]) -> int:
    return len(lines[0]) if lines else 0
