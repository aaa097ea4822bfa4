"""What a student wrote, and which of it a test is about."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import nbformat
from nbformat.notebooknode import NotebookNode
from nbgrader.utils import is_solution

from embeddings_course.grading.preprocessors.sanitize import sanitized
from embeddings_course.grading.submissions.expected_cells import fingerprint


def answers_of(nb: NotebookNode) -> dict[str, tuple[str, str]]:
    """Return what a student wrote, text and pictures, by the name of the answer's cell.

    As a person sees it: what was graded before is sanitized, or was not yet.
    """
    return {
        cell.metadata.nbgrader["grade_id"]: (
            fingerprint(cell.source),
            repr(sorted(cell.get("attachments", {}).items())),
        )
        for cell in (sanitized(each) for each in nb.cells if is_solution(each))
    }


def answers_in_file(folder: Path, notebook: str) -> dict[str, tuple[str, str]]:
    """Return the same of a notebook that was graded before; nothing if there is none."""
    try:
        return answers_of(nbformat.read(folder / f"{notebook}.ipynb", as_version=4))
    except Exception:  # gone, or not what grading wrote: then everything waits for a person
        return {}


def tested_answers(name: str, answers: Iterable[str]) -> list[str]:
    """Return the answer that a test is named after, or all of them if it is named after none."""
    found = [each for each in answers if name == each or name.startswith(f"{each}_")]
    return [max(found, key=len)] if found else list(answers)
