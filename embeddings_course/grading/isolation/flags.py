"""Says in words what a notebook's code did, and names the student's line that did it.

>>> from nbformat.v4 import new_code_cell
>>> ran = {2: new_code_cell("import os\\nos.system('ls')", execution_count=2)}
>>> attempted(("started", "ls", "In[2]", 2), ran)
('noted', "Cell In[2], line 2: `os.system('ls')` started another program: ls.")
>>> replaced(["os.system"], {3: new_code_cell("os.system = print")})
['Cell In[3], line 1: `os.system = print` replaced os.system.']
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from nbformat import NotebookNode
from nbgrader.utils import is_locked

from embeddings_course.grading.isolation.watch import HARMFUL, HARMLESS

_MOST_NAMES = 3
_LONGEST_LINE = 120
_LONGEST_WHAT = 200
# What a notebook writes to reach what has no name of its own.
_REACHED_BY = {
    "IPython.transformers": r"transform",
    "IPython.printers": r"for_type|type_printers",
    "IPython.events": r"events|register",
    "IPython.socket": r"pub_socket",
}


def attempted(attempt: Sequence[Any], ran: Mapping[int, NotebookNode]) -> tuple[str, str] | None:
    """Say what code did.

    Parameters
    ----------
    attempt : sequence
        The fields of an :class:`~embeddings_course.grading.isolation.watch.Attempt`. They come
        from the kernel, so they may be anything.
    ran : mapping of int to NotebookNode
        The cells that ran, by their number.

    Returns
    -------
    tuple of str and str, or None
        ``"suspicious"`` or ``"noted"``, and a sentence; None if it is not an attempt, or if a cell
        of the instructor's made it.
    """
    try:
        kind, what, where, line = attempt
        words = {**HARMFUL, **HARMLESS}[kind].format(_short(what, _LONGEST_WHAT))
        line = int(line)
    except (TypeError, ValueError, KeyError):
        return None
    number = re.fullmatch(r"In\[(\d{1,6})\]", str(where))
    cell = ran.get(int(number[1])) if number else None
    if cell is not None and is_locked(cell):
        return None
    who = _place(int(number[1]), line, cell) if number else ""
    if not who:
        who = f"{_short(where, 80)}, line {line}:" if where else "The code"
    return "suspicious" if kind in HARMFUL else "noted", f"{who} {words.removesuffix(': ')}."


def replaced(names: Sequence[str], ran: Mapping[int, NotebookNode]) -> list[str]:
    """Say which line of the student's has put something else in the place of what tests use.

    Parameters
    ----------
    names : sequence of str
        Dotted names of what was replaced.
    ran : mapping of int to NotebookNode
        The cells that ran, by their number.

    Returns
    -------
    list of str
        A sentence for each such line; one without a line for what no line names.
    """
    found: dict[str, list[str]] = {}
    for name in names[:_MOST_NAMES]:
        found.setdefault(_replaces(name, ran), []).append(name)
    if len(found) > 1 and "" in found:  # what a module has goes with the module
        unplaced = found.pop("")
        found[next(iter(found))] += unplaced
    said = []
    for who, those in found.items():
        listed = ", ".join(_short(name, 80) for name in those)
        said.append(f"{who or 'The code'} replaced {listed}")
    if len(names) > _MOST_NAMES:
        said[-1] += " and others"
    return [f"{sentence}." for sentence in said]


def _replaces(name: str, ran: Mapping[int, NotebookNode]) -> str:
    last = name.rpartition(".")[2]
    mentions = re.compile(_REACHED_BY.get(name, rf"\b{re.escape(last)}\b"))
    cells = [(number, ran[number]) for number in sorted(ran, reverse=True)]
    cells = [(number, cell) for number, cell in cells if not is_locked(cell)]
    for number, cell in cells:
        for line in _assignments(cell.source, name, last):
            return _place(number, line, cell)
    for number, cell in cells:
        for line, text in enumerate(cell.source.splitlines(), 1):
            if mentions.search(text):
                return _place(number, line, cell)
    return ""


def _assignments(source: str, name: str, last: str) -> Iterator[int]:
    """Give the lines that assign to an attribute, or to an entry, of a name."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for part in ast.walk(tree):
        if isinstance(part, (ast.Attribute, ast.Subscript)) and isinstance(
            part.ctx, (ast.Store, ast.Del)
        ):
            key: object = part.attr if isinstance(part, ast.Attribute) else part.slice
            key = key.value if isinstance(key, ast.Constant) else key
            if key in (name, last):
                yield part.lineno
        elif isinstance(part, ast.Call) and getattr(part.func, "id", "") in ("setattr", "delattr"):
            given = [each.value for each in part.args if isinstance(each, ast.Constant)]
            if last in given:
                yield part.lineno


def _place(number: int, line: int, cell: NotebookNode | None) -> str:
    who = f"Cell In[{number}], line {line}"
    lines = cell.source.splitlines() if cell is not None else []
    text = _short(lines[line - 1].strip(), _LONGEST_LINE) if 0 < line <= len(lines) else ""
    return f"{who}: `{text}`" if text else f"{who}"


def _short(text: Any, most: int) -> str:
    """Text on one line that is safe to show, and not too long."""
    line = " ".join(str(text).split())
    line = "".join(sign if sign.isprintable() else "?" for sign in line[: most + 1])
    return line if len(line) <= most else f"{line[: most - 3]}..."
