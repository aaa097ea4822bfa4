"""Tables in CSV files that a spreadsheet opens, and that do nothing in it but show themselves."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

# A spreadsheet takes what begins so for a formula, and runs it; the wide ones are East Asian
# keyboards'.
_FORMULA = tuple("=+-@\t\r＝＋－＠")  # noqa: RUF001


def csv_text(header: Sequence[str], rows: Iterable[Sequence[object]], *, decimals: int = 6) -> str:
    """Write a table as the text of a CSV file.

    Parameters
    ----------
    header, rows : sequence of str, iterable of sequences
        Numbers stay numbers, None is an empty cell. A text that a spreadsheet would take for a
        formula gets an apostrophe before it.
    decimals : int
        How many a number has at most: no traces of sums of tenths.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    for row in (header, *rows):
        writer.writerow([_cell(value, decimals) for value in row])
    return text.getvalue()


def _cell(value: object, decimals: int) -> object:
    if value is None:
        return ""
    if isinstance(value, float):
        # No points after the point where there are none.
        return f"{round(value, decimals):.{decimals}f}".rstrip("0").rstrip(".")
    return harmless(value) if isinstance(value, str) else value


def harmless(text: str) -> str:
    """Return a text with an apostrophe before what a spreadsheet would take for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text
