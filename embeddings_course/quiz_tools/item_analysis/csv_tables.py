"""The report as tables for a spreadsheet."""

from __future__ import annotations

from collections.abc import Sequence

from embeddings_course._shared.csv_files import csv_text
from embeddings_course.quiz_tools.item_analysis.statistics import ItemStatistics


def to_csv(statistics: Sequence[ItemStatistics]) -> str:
    """Write a table with a row for each question; what is not defined stays empty."""
    heads = [
        *("id", "kind", "persons", "answered", "omitted", "earlier", "unreadable"),
        *("difficulty", "discrimination", "upper_lower", "chance"),
    ]
    rows = ([getattr(item, head) for head in heads] for item in statistics)
    return csv_text(heads, rows, decimals=4)


def answers_to_csv(statistics: Sequence[ItemStatistics]) -> str:
    """Write a table with a row for each choice, and for each frequent wrong number."""
    rows = []
    for item in statistics:
        rows += [[item.id, c.key, c.text, int(c.right), c.count] for c in item.choices]
        rows += [[item.id, "", n.shown, 0, n.count] for n in item.wrong_numbers]
    return csv_text(["id", "key", "answer", "right", "count"], rows)
