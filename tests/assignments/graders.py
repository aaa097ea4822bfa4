"""Run a source notebook with different answers, and score it as nbgrader does."""

from __future__ import annotations

import copy
import hashlib
import json
import logging
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbgrader.preprocessors import ClearSolutions
from nbgrader.utils import determine_grade
from traitlets.config import Config

from embeddings_course.book_build.execute_pages import kernel_command, own_kernel
from embeddings_course.book_build.page_cache import page_key
from embeddings_course.grading.demo_class.exercise_answers import read_answers, with_answers
from embeddings_course.grading.judge.plan import Way
from embeddings_course.grading.preprocessors import RunNotebook

FOLDER = Path(__file__).parent
SOURCE = FOLDER.parent.parent / "source"
ASSIGNMENTS = sorted(path.name for path in FOLDER.iterdir() if (SOURCE / path.name).is_dir())
KNOWN = SOURCE.parent / "_build" / "work" / "graders.json"
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


@dataclass(frozen=True)
class Verdict:
    """What became of a test cell: its points, and what it said to the student."""

    points: float
    said: str


def in_one_kernel(
    notebook: nbformat.NotebookNode, folder: Path, kernel: type
) -> dict[str, Verdict]:
    """Run a notebook as nbgrader does and return what became of each test cell.

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
    return _verdicts(notebook)


def in_two_kernels(
    notebook: nbformat.NotebookNode, folder: Path, kernel: type
) -> dict[str, Verdict]:
    """Run a notebook as the course's grader does: tests in a kernel that has no code of students.

    Parameters
    ----------
    notebook, folder, kernel
        As for :func:`in_one_kernel`.
    """
    grader = RunNotebook(kernel_manager_class=kernel, timeout=30)
    grader.preprocess(notebook, {"metadata": {"path": str(folder)}})
    assert grader.way is Way.TWO_KERNELS
    return _verdicts(notebook)


def _verdicts(notebook: nbformat.NotebookNode) -> dict[str, Verdict]:
    log = logging.getLogger("graders")
    return {
        cell.metadata.nbgrader.grade_id: Verdict(determine_grade(cell, log)[0], _said(cell))
        for cell in notebook.cells
        if cell.cell_type == "code" and cell.metadata.get("nbgrader", {}).get("grade")
    }


def _said(cell: nbformat.NotebookNode) -> str:
    """Return the errors of a cell, without where they were raised."""
    errors = [output for output in cell.outputs if output.output_type == "error"]
    return "\n".join(f"{error.ename}: {error.evalue}" for error in errors)


def answers(assignment: str) -> dict[str, list]:
    """Return the answers that a grader is tried with, by exercise."""
    return {path.stem: read_answers(path) for path in sorted((FOLDER / assignment).glob("*.py"))}


def batches(assignment: str) -> list[dict]:
    """Return these answers such that each notebook carries one for every exercise."""
    given = answers(assignment)
    most = max(map(len, given.values()))
    return [{name: some[n] for name, some in given.items() if n < len(some)} for n in range(most)]


def notebooks(assignment: str) -> list[nbformat.NotebookNode]:
    """Return what is handed in: the solutions, the stubs, and a notebook for each batch."""
    source = read_source(assignment)
    codes = [{name: answer.code for name, answer in batch.items()} for batch in batches(assignment)]
    return [source, without_solutions(source), *(with_answers(source, code) for code in codes)]


def key_of(notebook: nbformat.NotebookNode) -> str:
    """Return a digest of all that the verdicts on a notebook follow from."""
    code = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    about = [page_key(SOURCE.parent, code, SETTINGS), notebook.cells]
    about.append(Path(__file__).read_text(encoding="utf-8"))
    return hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()


def known(assignment: str) -> dict[str, dict[str, Verdict]]:
    """Return the verdicts of notebooks that were run and got what is due, by key."""
    return {
        key: {cell: Verdict(*verdict) for cell, verdict in verdicts.items()}
        for key, verdicts in _read_known().get(assignment, {}).items()
    }


def keep(assignment: str, found: Mapping[str, Mapping[str, Verdict]]) -> None:
    """Keep the verdicts on all notebooks of an assignment."""
    entries = {
        key: {cell: astuple(verdict) for cell, verdict in verdicts.items()}
        for key, verdicts in found.items()
    }
    KNOWN.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(_read_known() | {assignment: entries}, indent=1)
    KNOWN.write_text(text, encoding="utf-8")


def _read_known() -> dict:
    try:
        return json.loads(KNOWN.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
