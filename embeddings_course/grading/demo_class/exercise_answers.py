"""Answers to the exercises of an assignment, right and wrong ones, and notebooks that hold them."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import nbformat

_HEAD = re.compile(
    r"^# %% (?P<kind>right|wrong): (?P<title>[^|\n]+?)(?: \| loses: (?P<loses>.+))?$", re.M
)


@dataclass(frozen=True)
class GivenAnswer:
    """An answer to an exercise: code, and the test cells in which it must lose points."""

    exercise: str
    title: str
    code: str
    loses: frozenset[str]


def read_answers(path: Path) -> list[GivenAnswer]:
    """Read the answers of one exercise; the file's name is the exercise's."""
    text = path.read_text(encoding="utf-8")
    heads = list(_HEAD.finditer(text))
    if (
        not heads
        or text[: heads[0].start()].strip()
        or len(heads) != len(re.findall("^# %%", text, re.M))
    ):
        raise ValueError(
            f"{path}: each answer begins with '# %% right: TITLE' or "
            "'# %% wrong: TITLE | loses: CELL, CELL'."
        )
    answers = []
    for head, following in zip(heads, [*heads[1:], None], strict=True):
        loses = frozenset(filter(None, re.split(r",\s*", head["loses"] or "")))
        if (head["kind"] == "wrong") != bool(loses):
            raise ValueError(
                f"{path}, {head['title']!r}: a wrong answer loses, a right one does not."
            )
        code = text[head.end() : following.start() if following else None].strip()
        answers.append(GivenAnswer(path.stem, head["title"], code, loses))
    return answers


def exercises(notebook: nbformat.NotebookNode) -> dict[str, dict[str, float]]:
    """Points of the test cells of each exercise with code: ``{exercise: {test cell: points}}``."""
    found: dict[str, dict[str, float]] = {}
    for cell in notebook.cells:
        about = cell.metadata.get("nbgrader", {})
        if cell.cell_type == "code" and about.get("solution") and not about.get("grade"):
            found[about["grade_id"]] = {}
        elif cell.cell_type == "code" and about.get("grade"):
            found[about["grade_id"].split("_")[0]][about["grade_id"]] = float(about["points"])
    return found


def with_answers(
    notebook: nbformat.NotebookNode, answers: Mapping[str, str]
) -> nbformat.NotebookNode:
    """Put code in place of the solutions of the exercises that are named."""
    changed = copy.deepcopy(notebook)
    for cell in changed.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id")
        if name in answers:
            cell.source = answers[name]
    return changed
