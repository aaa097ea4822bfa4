"""How long the book takes: page by page from nothing, and once more when nothing has changed."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from embeddings_course.book_build.build import Book, build_book

# A build from nothing should take little longer than the cells of all pages, one after another.
_AIM = 1.2


def measure_builds(root: Path, build: Callable[[Path], Book] = build_book) -> str:
    """Build the book from nothing, then again, and return what that took as Markdown tables.

    Parameters
    ----------
    root : Path
        The repository. Pages that are kept executed there, and what they trained, are removed.
    build : callable
        Builds the book for the first time.

    Returns
    -------
    str
        Seconds for each page and each build, and the ratios that matter.
    """
    for name in ("work", "vectors"):  # executed pages, and what they trained
        shutil.rmtree(root / "_build" / name, ignore_errors=True)
    cold, again = build(root), build_book(root)
    in_cells = sum(run.in_cells for run in cold.runs)
    pages = [f"| {run.name} | {run.seconds:.1f} | {run.in_cells:.1f} |" for run in cold.runs]
    return "\n".join(
        [
            "| page | seconds | in its cells |",
            "| --- | --- | --- |",
            *pages,
            "",
            "| build | seconds | ratio | aim |",
            "| --- | --- | --- | --- |",
            f"| cold / all cells one after another | {cold.seconds:.0f} "
            f"| {cold.seconds / in_cells:.2f} | {_AIM} |",
            f"| second, nothing changed / cold | {again.seconds:.1f} "
            f"| {again.seconds / cold.seconds:.3f} | |",
        ]
    )
