"""The report as tables for a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from embeddings_course.quiz_tools.item_analysis.statistics import ItemStatistics


def to_csv(statistics: Sequence[ItemStatistics]) -> str:
    """Write a table with a row for each question; what is not defined stays empty."""
    heads = [
        *("id", "kind", "persons", "answered", "omitted", "earlier", "unreadable"),
        *("difficulty", "discrimination", "upper_lower", "chance"),
    ]
    rows = ([_rounded(getattr(item, head)) for head in heads] for item in statistics)
    return _csv(heads, rows)


def answers_to_csv(statistics: Sequence[ItemStatistics]) -> str:
    """Write a table with a row for each choice, and for each frequent wrong number."""
    rows = []
    for item in statistics:
        rows += [[item.id, c.key, c.text, int(c.right), c.count] for c in item.choices]
        rows += [[item.id, "", n.shown, 0, n.count] for n in item.wrong_numbers]
    return _csv(["id", "key", "answer", "right", "count"], rows)


def _rounded(value: object) -> object:
    return round(value, 4) if isinstance(value, float) else value


def _csv(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(heads)
    writer.writerows(rows)
    return text.getvalue()
