"""The report as Markdown."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from embeddings_course._shared.text import counted
from embeddings_course.quiz_tools.item_analysis.remarks import look_at, numbered
from embeddings_course.quiz_tools.item_analysis.statistics import ItemStatistics


def to_markdown(
    statistics: Sequence[ItemStatistics],
    *,
    title: str,
    problems: Sequence[str] = (),
    numbers: Mapping[str, str] | None = None,
) -> str:
    """Write a report: what to look at, a table of all questions, and what was answered.

    Parameters
    ----------
    statistics : sequence of ItemStatistics
        What ``analyse`` returns.
    title : str
        The quiz.
    problems : sequence of str
        Sentences about what could not be used.
    numbers : mapping of str to str, optional
        As for ``look_at``.

    Returns
    -------
    str
        Markdown with tables as GitHub and JupyterLab read them.
    """
    persons = max((item.persons for item in statistics), default=0)
    lines = [f"# Item analysis: {_escape(title)}", ""]
    lines += [f"{counted(persons, 'record')}.", ""]
    lines += ["## Questions to look at", ""]
    lines += [f"- {_escape(line)}" for line in look_at(statistics, numbers)] or ["None stands out."]
    lines += ["", "## All questions", ""]
    lines += [
        "| question | kind | answered | omitted | earlier | unreadable | difficulty "
        "| discrimination | D |",
        "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for item in statistics:
        discrimination = _two(item.discrimination) or f"- ({item.undefined})"
        lines.append(
            f"| {numbered(item, numbers)} | {item.kind} | {item.answered} | {item.omitted} "
            f"| {item.earlier} | {item.unreadable} | {_two(item.difficulty) or '-'} "
            f"| {discrimination} | {_two(item.upper_lower) or '-'} |"
        )
    lines += [
        "",
        "Difficulty is the mean score, from 0 to 1, of those who answered: high is easy. "
        "Discrimination is the correlation of the score with the sum of the scores on all other "
        "questions. D is the mean score of the 27 % with the highest totals less that of the 27 % "
        "with the lowest. Earlier: answers to another wording or to other numbers, not scored. In "
        "practice the last answer counts, often given after reading the explanation of another.",
        "",
        "## Answers",
    ]
    for item in statistics:
        heads = ["choice", "", "taken", "share"] if item.choices else ["wrong number", "", "given"]
        rows = [
            [_cell(c.text), "right" if c.right else "", str(c.count), _share(c.count, item)]
            for c in item.choices
        ] or [
            [f"`{n.shown}`", "known mistake" if n.known else "", str(n.count)]
            for n in item.wrong_numbers
        ]
        lines += ["", f"### {item.id}", ""]
        if not rows:
            lines.append("No wrong numbers.")
            continue
        lines += [_row(heads), _row(["---", "---", *["---:"] * (len(heads) - 2)])]
        lines += [_row(row) for row in rows]
    if problems:
        lines += ["", "## Not used", "", *(f"- {_escape(line)}" for line in problems)]
    return "\n".join(lines) + "\n"


def _two(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


def _share(count: int, item: ItemStatistics) -> str:
    return f"{100 * count / item.answered:.0f} %" if item.answered else "-"


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", r"\|")


def _escape(text: str) -> str:
    """Keep what names and files bring in from being read as Markdown or HTML."""
    return re.sub(r"([\\`*_\[\]<>|#&$])", r"\\\1", text)
