"""After each exercise students see what their own function achieves, or what is missing."""

import os

import pytest
from nbclient import NotebookClient

from assignments.graders import read_source, without_solutions
from embeddings_course.grading.demo_class.exercise_answers import exercises

SEEN = {
    "backbone-features": set(exercises(read_source("backbone-features"))),
    "photo-search": {"embed"},
}


def run(notebook):
    """Run a notebook without its checks, as in JupyterLab, and return what can be seen."""
    notebook.cells = [
        cell for cell in notebook.cells if not cell.metadata.get("nbgrader", {}).get("grade")
    ]
    client = NotebookClient(notebook, timeout=120, kernel_name="python3")
    client.execute(env={**os.environ, "NBGRADER_EXECUTION": "", "OMP_NUM_THREADS": "1"})
    cells = {cell.id.removeprefix("see-"): cell for cell in notebook.cells if "see-" in cell.id}
    return {name: seen(cell) for name, cell in cells.items()}


def seen(cell):
    """Return what a cell says, and whether it shows a picture."""
    said = "".join(output.get("text", "") for output in cell.outputs)
    kinds = {kind for output in cell.outputs for kind in output.get("data", {})}
    return " ".join(said.split()), bool(kinds & {"image/png", "image/svg+xml"})


@pytest.mark.parametrize("assignment", SEEN)
def test_each_function_that_works_gets_its_picture(assignment):
    found = run(read_source(assignment))
    for exercise in SEEN[assignment]:
        said, picture = found[exercise]
        assert picture and "Nothing to see yet" not in said, f"{exercise}: {said}"


@pytest.mark.parametrize("assignment", SEEN)
def test_while_nothing_is_written_each_cell_says_so_and_the_notebook_goes_on(assignment):
    found = run(without_solutions(read_source(assignment)))
    for exercise in SEEN[assignment]:
        said, picture = found[exercise]
        assert not picture and said.startswith("Nothing to see yet. ")
        assert said.endswith("is not written yet."), f"{exercise}: {said}"


def test_pictures_are_no_part_of_what_is_graded():
    for name in SEEN:
        for cell in read_source(name).cells:
            assert "nbgrader" not in cell.metadata or not cell.id.startswith("see-")
