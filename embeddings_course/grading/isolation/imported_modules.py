"""Which modules code imports: kernels load them early, and functions in them are watched."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from nbformat import NotebookNode

from embeddings_course._shared.syntax import parse


def imported_modules(cells: Iterable[NotebookNode], *, parts: bool = False) -> set[str]:
    """Return the names of the modules that code cells import, by their text.

    Parameters
    ----------
    cells : iterable of cells
        Those with magics are left out.
    parts : bool
        Whether to return, too, what is imported from modules. That may be modules or not.
    """
    found: set[str] = set()
    for cell in cells:
        if cell.cell_type != "code":
            continue
        try:
            tree = parse(cell.source)
        except SyntaxError:  # magics
            continue
        for part in ast.walk(tree):
            if isinstance(part, ast.Import):
                found.update(alias.name for alias in part.names)
            elif isinstance(part, ast.ImportFrom) and part.module:
                found.add(part.module)
                if parts:
                    found.update(f"{part.module}.{alias.name}" for alias in part.names)
    return found
