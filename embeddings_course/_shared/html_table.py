"""A table as HTML, as everything that shows one writes it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from html import escape


def html_table(
    caption: str,
    heads: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    classes: str,
    named: bool = False,
    words: Collection[int] = (),
) -> str:
    """Write a table with a caption and headings that screen readers announce.

    Parameters
    ----------
    caption : str
        HTML.
    heads : sequence of str
        What the columns are called, as plain text; it is escaped here.
    rows : sequence of sequence of str
        HTML of the cells, as many in each row as there are headings.
    classes : str
        Classes of the table.
    named : bool
        Whether the first cell of a row is its name, and so a heading.
    words : collection of int
        Columns of words, which get the class ``words``.
    """

    def kind(place: int) -> str:
        return ' class="words"' if place in words else ""

    head = "".join(
        f'<th scope="col"{kind(place)}>{escape(text)}</th>' if text else "<td></td>"
        for place, text in enumerate(heads)
    )
    body = []
    for row in rows:
        cells = [f"<td{kind(place)}>{text}</td>" for place, text in enumerate(row)]
        if named:
            cells[0] = f'<th scope="row">{row[0]}</th>'
        body.append(f"<tr>{''.join(cells)}</tr>")
    return (
        f'<table class="{classes}"><caption>{caption}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(body)}</tbody></table>"
    )
