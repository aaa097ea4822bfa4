"""Attacks on the course's own assignments, which want points without answers.

They are cases of the hostile suite, for which its small assignment has too few kinds of tests.
``attacks/<assignment>/<name>.py`` holds one: what differs from the assignment as it was released,
which earns nothing. Its first line says what it does, and what must come of it::

    # %% attack: the functions of a test are called without end | points: 2 | state: timed-out

Without these, no point is due, and the state is ``graded``; ``any`` asks nothing of it. Cells
follow, each after a line that says where it goes:

``# %% answer: CELL``
    The text of an answer.
``# %% before: CELL``, ``# %% after: CELL``
    A cell of the student's own, next to another one.
``# %% every function``
    The body of each function that the assignment asks for, in answers that the file does not have.
"""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from nbgrader.utils import is_solution

from grading.hostile import Case, Submission

FOLDER = Path(__file__).parent
_CELL = re.compile(r"^# %% (?:(answer|before|after): (\S+)|(every function))$", re.M)
_HEAD = re.compile(r"# %% attack: (?P<title>[^|\n]+)(?P<marks>(?: \| (?:points|state): \S+)*)\n")


def read_attack(path: Path) -> Case:
    """Read an attack.

    Raises
    ------
    ValueError
        If the file does not begin with a title, or a line beginning with "# %%" is not known.
    """
    text = path.read_text(encoding="utf-8")
    head = _HEAD.match(text)
    if not head or len(_CELL.findall(text)) + 1 != len(re.findall("^# %%", text, re.M)):
        raise ValueError(f"{path}: see the docstring of tests/grading/attacks for its parts.")
    marks = {"points": "0", "state": "graded"}
    marks |= dict(re.findall(r"(points|state): (\S+)", head["marks"]))
    cells = list(_cells(text[head.end() :]))
    edit = partial(_edit, cells)
    edit.__name__, edit.__module__ = path.stem, __name__
    return Case(
        title=head["title"].strip(),
        edit=edit,
        state=None if marks["state"] == "any" else marks["state"],
        score=float(marks["points"]),
        suspicious=None,
        repaired=None,
        assignment=path.parent.name,
    )


def _cells(text: str) -> Iterator[tuple[str, str, str]]:
    """Yield the parts of a file: the kind, the name of the cell that is meant, and the text."""
    _, *parts = _CELL.split(text)
    for kind, name, every, code in zip(*(parts[n::4] for n in range(4)), strict=True):
        yield kind or every, name or "", code.strip()


def _edit(cells: list[tuple[str, str, str]], submission: Submission) -> None:
    named = {name for kind, name, _ in cells if kind == "answer"}
    for kind, name, code in cells:
        if kind == "every function":
            for cell in submission.notebook.cells:
                if cell.cell_type == "code" and is_solution(cell) and cell.id not in named:
                    cell.source = _with_body(cell.source, code)
        else:
            getattr(submission, kind)(name, code)


def _with_body(stub: str, body: str) -> str:
    """Give all functions of a stub a body."""
    functions = (node for node in ast.parse(stub).body if isinstance(node, ast.FunctionDef))
    indented = textwrap.indent(body, "    ")
    return "\n\n\n".join(
        f"def {each.name}({ast.unparse(each.args)}):\n{indented}" for each in functions
    )


ATTACKS = [read_attack(path) for path in sorted(FOLDER.glob("*/*.py"))]
