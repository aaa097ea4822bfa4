"""Rankings side by side as an HTML table, every text in it escaped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from embeddings_course._shared.html_table import html_table
from embeddings_course._shared.messages import Message


def rankings_html(
    title: str, rankings: Mapping[str, Sequence[tuple[str, bool]]], *, tick: str = "right"
) -> str:
    """Make a table of several rankings: places down the side, a column for each ranking.

    Parameters
    ----------
    title : str
        What is ranked, or for whom; stands above the table.
    rankings : mapping of str to sequence of (str, bool)
        By heading: the items, first place first, and whether each gets a tick. All of one length.
    tick : str
        What a tick means; it stands next to it.

    Returns
    -------
    str
        HTML. Its style comes with the controls, and it can be read without.

    Raises
    ------
    ValueError
        If there are no rankings, they are empty, or they differ in length.

    Examples
    --------
    >>> html = rankings_html("U001", {"score": [("P001", True)], "popularity": [("P002", False)]})
    >>> "<td>P002</td>" in html
    True
    """
    lengths = {len(items) for items in rankings.values()}
    if len(lengths) != 1 or lengths == {0}:
        told = ", ".join(f"{name} {len(items)}" for name, items in rankings.items()) or "none"
        raise ValueError(
            Message(
                "rankings-mismatch",
                f"All rankings must have the same length, at least 1, but there are: {told}.",
            )
        )
    mark = f" <strong>\u2713&nbsp;{escape(tick)}</strong>"
    rows = []
    for place, items in enumerate(zip(*rankings.values(), strict=True), start=1):
        cells = (f"{escape(text)}{mark if ticked else ''}" for text, ticked in items)
        rows.append([str(place), *cells])
    classes = "control-neighbours control-rankings"
    return html_table(escape(title), ["Place", *rankings], rows, classes=classes)
