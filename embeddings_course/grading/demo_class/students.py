"""Twenty-four invented students: what they solve, and what they do to their notebooks."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass

import nbformat
from nbformat.v4 import new_code_cell

CODE = "reuse-and-alignment"
WRITTEN = "justification"
Edit = Callable[[nbformat.NotebookNode], None]


@dataclass(frozen=True)
class Student:
    """An invented student, and what becomes of both assignments.

    ``solved`` exercises are right, ``wrong`` ones are among those that graders are tested with,
    the rest is untouched. ``edit`` then changes the notebook, ``spoil`` the file. ``right`` is how
    many questions of the quiz are answered rightly; None hands in no quiz. Without ``hands_in``
    there is no notebook either.
    """

    id: str
    first_name: str
    last_name: str
    about: str
    solved: int = 8
    wrong: int = 0
    right: int | None = 16
    words: str = "I recommend `redraw`: damage is the expensive mistake, and it fits into memory."
    hands_in: bool = True
    late: bool = False
    edit: Edit | None = None
    spoil: Callable[[bytes], bytes] | None = None
    file: str = f"{CODE}.ipynb"
    typed_id: str | None = None


def cell_of(notebook: nbformat.NotebookNode, name: str) -> nbformat.NotebookNode:
    """Return the cell with an id."""
    return next(cell for cell in notebook.cells if cell.id == name)


def _begin_with(code: str) -> Edit:
    def edit(notebook: nbformat.NotebookNode) -> None:
        notebook.cells.insert(1, new_code_cell(code, id="first"))

    return edit


def _answer(name: str, code: str) -> Edit:
    def edit(notebook: nbformat.NotebookNode) -> None:
        cell_of(notebook, name).source = code

    return edit


def _delete_tests(notebook: nbformat.NotebookNode) -> None:
    gone = ("kmeans-step_move", "cell-search_cost")
    notebook.cells = [cell for cell in notebook.cells if cell.id not in gone]


def _copy_a_test(notebook: nbformat.NotebookNode) -> None:
    place = notebook.cells.index(cell_of(notebook, "near-duplicates_pairs"))
    notebook.cells.insert(place, copy.deepcopy(notebook.cells[place]))
    notebook.cells[place].id = "copied"


def _weaken_a_test(notebook: nbformat.NotebookNode) -> None:
    cell_of(notebook, "compare-spaces_basics").source = "assert True"


def _delete_and_weaken(notebook: nbformat.NotebookNode) -> None:
    _begin_with(_DELETES)(notebook)
    _weaken_a_test(notebook)


_REPLACES = """\
import numpy as np
import torch
np.isclose = lambda *given, **more: True
torch.allclose = lambda *given, **more: True"""
_STEALS = """\
import glob, socket
found = glob.glob("/*/source/*/*.ipynb") + glob.glob("../../../source/*/*.ipynb")
socket.create_connection(("example.org", 80), timeout=3)"""
_DELETES = """\
import pathlib, shutil
for place in pathlib.Path.cwd().parents[:2]:
    shutil.rmtree(place, ignore_errors=True)"""

STUDENTS = (
    Student("s01", "Amal", "Haddad", "everything right", right=20),
    Student("s02", "Bo", "Lindqvist", "everything right", right=19),
    Student("s03", "Chidi", "Okafor", "everything right", right=18),
    Student("s04", "Dana", "Reyes", "one exercise left out", solved=7, right=17),
    Student("s05", "Elif", "Kaya", "one wrong answer", solved=7, wrong=1, right=15),
    Student("s06", "Finn", "O'Brien", "two wrong answers", solved=6, wrong=2, right=14),
    Student("s07", "Gita", "Rao", "the second half left out", solved=4, right=12),
    Student("s08", "Hugo", "Martín", "half of it wrong", solved=4, wrong=4, right=9),
    Student("s09", "Ines", "Ferreira", "three exercises", solved=3, wrong=1, right=11),
    Student("s10", "Jun", "Park", "everything wrong", solved=0, wrong=8, right=6),
    Student("s11", "Kofi", "Mensah", "all but two, no words", solved=6, words="", right=13),
    Student("s12", "Lena", "Weiß", "handed in untouched", solved=0, words="", right=0),
    Student("s13", "Mateo", "Silva", "late", late=True, right=17),
    Student("s14", "Nora", "Berg", "late, and half done", solved=4, late=True, right=10),
    Student("s15", "Omar", "Aziz", "nothing handed in", hands_in=False, right=None),
    Student("s16", "Pia", "Rossi", "the quiz only", hands_in=False, right=16),
    Student("s17", "Quinn", "Baker", "deleted two test cells", edit=_delete_tests),
    Student("s18", "Rosa", "Nowak", "copied a test cell", edit=_copy_a_test, solved=7),
    Student(
        "s19", "Sven", "Dahl", "the upload broke off", spoil=lambda text: text[: len(text) // 2]
    ),
    Student(
        "s20",
        "Tara",
        "Singh",
        "ends its kernel in the fourth exercise",
        edit=_answer("adjusted-rand", "import os\nos._exit(1)"),
        typed_id="S-20",
    ),
    Student(
        "s21",
        "Umar",
        "Sheikh",
        "the browser renamed it; wants it back",
        file=f"{CODE} (1).ipynb",
        spoil=lambda text: b"\xef\xbb\xbf" + text,
    ),
    Student(
        "s22", "Vera", "Koch", "makes everything close", solved=2, wrong=6,
        edit=_begin_with(_REPLACES),
    ),
    Student("s23", "Will", "Stone", "looks for solutions", edit=_begin_with(_STEALS), solved=5),
    Student("s24", "Xenia", "Popa", "deletes what it can, weakens a test", right=20, solved=6,
            edit=_delete_and_weaken),
)  # fmt: skip
