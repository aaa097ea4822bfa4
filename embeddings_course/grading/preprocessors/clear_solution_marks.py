"""What published solutions leave out, beside what nbgrader itself can leave out."""

from __future__ import annotations

import re
from typing import Any

from nbformat import NotebookNode
from nbgrader.preprocessors import NbGraderPreprocessor

_MARK = re.compile(r"^[^\S\n]*#+ (?:BEGIN|END) SOLUTION[^\S\n]*(?:\n|\Z)", re.M)


class ClearSolutionMarks(NbGraderPreprocessor):
    """Take out the lines between which nbgrader finds a solution, and keep the solution."""

    def preprocess_cell(self, cell: NotebookNode, resources: Any, index: int) -> tuple:
        """Clean one cell."""
        cell.source = _MARK.sub("", cell.source).rstrip("\n")
        return cell, resources
