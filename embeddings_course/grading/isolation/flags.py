"""Says in words what a notebook's code did, and names the student's line that did it.

>>> from nbformat.v4 import new_code_cell
>>> ran = {2: new_code_cell("import os\\nos.system('ls')", execution_count=2)}
>>> attempted(("started", "ls", "In[2]", 2), ran)
('noted', "Cell In[2], line 2: `os.system('ls')` started another program: ls.")
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from nbformat import NotebookNode
from nbgrader.utils import is_locked

from embeddings_course.grading.isolation.watch import HARMFUL, HARMLESS, MOST

_LETTERS = re.compile(r"'([A-Za-z0-9+/]*={0,2})'")
_MOST_MEMORY = 2**50
_MOST_ATTEMPTS = 10 * MOST
_LONGEST_LINE = 120
_LONGEST_WHAT = 200


def read_seen(said: str) -> tuple[int, list[Any]]:
    """Read what a kernel says of itself: a student's code can make it say anything.

    Parameters
    ----------
    said : str
        What :func:`embeddings_course.grading.isolation.watched_kernel.seen` returned, as shown.

    Returns
    -------
    int, list
        The most memory that was used, in bytes, and what should be attempts.

    Raises
    ------
    ValueError, TypeError, RecursionError, MemoryError
        If it is no such answer.
    """
    text = _LETTERS.fullmatch(said)
    if text is None:
        raise ValueError("not an answer")
    memory, attempts = json.loads(base64.b64decode(text[1]))
    if type(memory) is not int or not 0 <= memory < _MOST_MEMORY:
        raise ValueError("not a size of memory")
    if type(attempts) is not list:
        raise ValueError("not attempts")
    return memory, attempts[:_MOST_ATTEMPTS]


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
