"""What controls show: tables as HTML, every text in them escaped."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

from embeddings_course._shared.html_table import html_table
from embeddings_course._shared.messages import Message


def neighbours_html(
    query: str,
    names: Sequence[str],
    cosines: Sequence[float],
    *,
    notes: Sequence[str] | None = None,
    same: Sequence[bool] | None = None,
    name: str = "Name",
    note: str = "Note",
) -> str:
    """Make a table of nearest neighbours: rank, name, cosine with a bar, and perhaps a note.

    Parameters
    ----------
    query : str
        What they are neighbours of; stands above the table.
    names : sequence of str, length n
        The nearest first.
    cosines : sequence of float, length n
        Cosines with the query, from -1 to 1. A bar is as long as its cosine, and a negative one has
        an empty bar; the number stands beside it.
    notes : sequence of str, length n, optional
        What else to say about each, such as its family.
    same : sequence of bool, length n, optional
        Whether each is of the query's kind; those get a tick and the word "same".
    name, note : str
        The headings of the columns.

    Returns
    -------
    str
        HTML. Its style comes with the controls, and it can be read without.

    Raises
    ------
    ValueError
        If the lists differ in length or are empty, or a cosine is none.

    Examples
    --------
    >>> "<td>column</td>" in neighbours_html("row", ["column"], [0.91])
    True
    """
    if not len(names):
        raise ValueError(
            Message("neighbours-empty", "There are no neighbours to show: names is empty.")
        )
    lists = {"names": names, "cosines": cosines, "notes": notes, "same": same}
    lengths = {key: len(values) for key, values in lists.items() if values is not None}
    if len(set(lengths.values())) > 1:
        told = ", ".join(f"{key} {length}" for key, length in lengths.items())
        raise ValueError(
            Message(
                "neighbour-lists-mismatch",
                f"All lists must have the same length, but theirs are: {told}.",
            )
        )
    noted = notes is not None or same is not None
    rows = []
    for number, (neighbour, cosine) in enumerate(zip(names, cosines, strict=True)):
        cells = [str(number + 1), escape(str(neighbour)), _bar(cosine)]
        if noted:
            parts = [escape(str(notes[number]))] if notes is not None else []
            parts += (
                ["<strong>\u2713&nbsp;same</strong>"] if same is not None and same[number] else []
            )
            cells.append(" ".join(parts))
        rows.append(cells)
    heads = ["Rank", name, "Cosine", *([note] if noted else [])]
    caption = f"Nearest to <strong>{escape(str(query))}</strong>"
    return html_table(caption, heads, rows, classes="control-neighbours")


def _bar(cosine: float) -> str:
    cosine = float(cosine)
    if not math.isfinite(cosine) or abs(cosine) > 1 + 1e-3:
        raise ValueError(
            Message("cosine-out-of-range", f"{cosine} is not a cosine, which is between -1 and 1.")
        )
    number = f"{round(cosine, 2) + 0.0:.2f}".replace("-", "\u2212")
    part = round(100 * min(max(cosine, 0), 1))
    return f'<span class="control-bar" style="--part: {part}%"></span> {number}'
