"""Runs a source notebook with other answers in place of the solutions, and scores it as nbgrader does."""

from __future__ import annotations

import copy
import logging
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbgrader.preprocessors import ClearSolutions
from nbgrader.utils import determine_grade
from traitlets.config import Config

from embeddings_course.book_build.execute_pages import kernel_command, own_kernel

FOLDER = Path(__file__).parent
SOURCE = FOLDER.parent.parent / "source"
SETTINGS = {"NBGRADER_EXECUTION": "autograde", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


def read_source(assignment: str) -> nbformat.NotebookNode:
    """Read an assignment's notebook with solutions."""
    return nbformat.read(SOURCE / assignment / f"{assignment}.ipynb", as_version=4)


def without_solutions(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Return what a student hands in who has done nothing, hidden tests included."""
    stub = Config()
    exec(  # the course's own settings, as nbgrader reads them
        (SOURCE.parent / "nbgrader_config.py").read_text(encoding="utf-8"),
        {"get_config": lambda: stub, "__file__": str(SOURCE.parent / "nbgrader_config.py")},
    )
    return ClearSolutions(config=stub).preprocess(copy.deepcopy(notebook), {})[0]


@contextmanager
def kernels(notebooks: Iterable[nbformat.NotebookNode]) -> Iterator[type]:
    """Provide a manager of kernels that have imported what some notebooks import."""
    code = [cell.source for each in notebooks for cell in each.cells if cell.cell_type == "code"]
    with kernel_command(code, {**os.environ, **SETTINGS}) as command:
        yield own_kernel(command)


def scores(notebook: nbformat.NotebookNode, folder: Path, kernel: type) -> dict[str, float]:
    """Run a notebook as nbgrader does and return the points of each test cell.

    Parameters
    ----------
    notebook : NotebookNode
        Its outputs are filled in.
    folder : Path
        Where it runs.
    kernel : type
        What :func:`kernels` provides.
    """
    client = NotebookClient(
        notebook,
        timeout=30,
        interrupt_on_timeout=True,
        allow_errors=True,
        kernel_manager_class=kernel,
        resources={"metadata": {"path": str(folder)}},
    )
    client.execute(env={**os.environ, **SETTINGS})
    log = logging.getLogger("graders")
    return {
        cell.metadata.nbgrader.grade_id: determine_grade(cell, log)[0]
        for cell in notebook.cells
        if cell.cell_type == "code" and cell.metadata.get("nbgrader", {}).get("grade")
    }
