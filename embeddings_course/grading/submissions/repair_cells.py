"""Repair the cells of a notebook that was handed in, by what nbgrader's gradebook holds of them.

Students' tools move, copy, retype and delete cells, and some drop what nbgrader keeps in a cell's
metadata. After :func:`repair_cells` every cell of the assignment is there once, in its place and
with its marks; tests and given cells say what they said when the assignment was released; and what
the student wrote is where the student wrote it. All functions are pure.

>>> import nbformat
>>> test = Expected(
...     "add_basics", "code", "assert add(1, 1) == 2", "assert add(1, 1) == 2",
...     locked=True, solution=False, grade=True, task=False, points=1.0, checksum=None,
... )
>>> notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("def add(a, b): ...")])
>>> repaired, sentences, suspicious = repair_cells(notebook, [test])
>>> [cell.source for cell in repaired.cells]
['def add(a, b): ...', 'assert add(1, 1) == 2']
>>> sentences
['The test cell add_basics was missing and was put back.']
"""

from __future__ import annotations

import ast
import copy
import itertools
import re
from collections.abc import Iterable, Sequence

from nbformat import NotebookNode

from embeddings_course._shared.syntax import parse
from embeddings_course.grading.submissions.expected_cells import (
    Expected,
    even_text,
    grade_id,
    marks_fingerprint,
    marks_of,
)
from embeddings_course.grading.submissions.match_cells import (
    DEFINES,
    holds_nothing,
    is_released,
    match_cells,
)
from embeddings_course.grading.submissions.order_cells import add_missing, in_order, new_cell
from embeddings_course.grading.submissions.sentences import at_most, listed

_KINDS = {"code": "a code cell", "markdown": "a text cell", "raw": "a raw cell"}
# With the first tag nbclient does not run a cell. The second is in what students get: there, the
# next cells run after one that fails.
_SKIP, _RUN_ON = "skip-execution", "raises-exception"


def repair_cells(
    notebook: NotebookNode, expected: Sequence[Expected], *, plain: Iterable[str] = ()
) -> tuple[NotebookNode, list[str], list[str]]:
    """Make a notebook one that nbgrader can grade, and keep all that the student wrote.

    Parameters
    ----------
    notebook : NotebookNode
        Of format 4, as :func:`~embeddings_course.grading.submissions.read_notebook.read_notebook`
        gives it. It is left as it is.
    expected : sequence of Expected
        The assignment's cells in their order.
    plain : iterable of str
        The texts of the released notebook's other cells, if known: no such cell is then taken for
        an answer whose marks are lost.

    Returns
    -------
    notebook : NotebookNode
        The repaired copy. nbgrader's ``OverwriteCells`` has nothing to change in it.
    repaired : list of str
        A sentence for each repair; none for a notebook in order.
    suspicious : list of str
        A sentence for each test whose lines the student had changed, with the first one that
        differs. Nothing is said where a cell has a text that students got earlier: it was the
        instructor who changed it. Lines that were only added, and changes of given cells, are
        repairs.
    """
    notebook = copy.deepcopy(notebook)
    said: list[str] = []
    suspicious: list[str] = []
    cells = list(notebook.cells)
    chosen, dropped = match_cells(cells, expected, {even_text(text) for text in plain}, said)
    owners = {number: cell for cell in expected if (number := chosen.get(cell.name)) is not None}
    kept: list[tuple[NotebookNode, Expected | None]] = []
    names = {cell.name for cell in expected}
    older: dict[int, str] = {}
    unmarked: list[str] = []
    remarked: list[str] = []
    for number, cell in enumerate(cells):
        owner = owners.get(number)
        if number in dropped:
            continue
        kept.append((cell, owner))
        if owner is None:
            if (name := grade_id(cell)) in names:
                older[id(cell)] = name
            _demote(cell, names, said)
            continue
        theirs = _restore(cell, owner, unmarked, remarked, said, suspicious)
        if theirs is not None:
            kept.append((new_cell(owner.cell_type, theirs, owner.name + "-text", notebook), None))
    for some, what in ((unmarked, "were lost"), (remarked, "had been changed")):
        if some:
            said.append(f"nbgrader's marks {what} and were put back: {listed(some)}.")
    kept = in_order(kept, expected, older, said)
    missing: list[str] = []
    add_missing(kept, expected, notebook, missing)
    notebook.cells = [cell for cell, _ in kept]
    # A summary shows the first: what was deleted tells more than what a tool did to marks.
    return notebook, at_most([*missing, *said]), at_most(suspicious)


def is_unanswered(
    notebook: NotebookNode, expected: Sequence[Expected], *, plain: Iterable[str] = ()
) -> bool:
    """Say whether a student has answered nothing.

    Every answer cell is as it was released, or empty, and no cell of the student's own defines what
    the answers define.

    Parameters
    ----------
    notebook : NotebookNode
        As :func:`repair_cells` returns it.
    expected : sequence of Expected
        The assignment's cells. One without answer cells leaves nothing to say.
    plain : iterable of str
        The texts of the released notebook's other cells.
    """
    answers = {cell.name: cell for cell in expected if cell.solution}
    if not answers:
        return False
    given = {even_text(text) for text in plain}
    defined: set[str] = set()
    for cell in notebook.cells:
        name = grade_id(cell)
        if name in answers:
            if not holds_nothing(cell, answers[name]) or cell.get("attachments"):
                return False
        elif name is None and cell.cell_type == "code" and even_text(cell.source) not in given:
            defined |= _defined(cell.source)
    wanted = set().union(*(_defined(cell.released_source) for cell in answers.values()))
    return not defined & wanted


def _defined(source: str) -> set[str]:
    """Names that code gives to functions, classes and values at its outermost level."""
    try:
        tree = parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return set(DEFINES.findall(source))
    found = set()
    for part in tree.body:
        if isinstance(part, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            found.add(part.name)
        else:
            stored = (each for each in ast.walk(part) if isinstance(each, ast.Name))
            found |= {each.id for each in stored if isinstance(each.ctx, ast.Store)}
    return found


def _demote(cell: NotebookNode, names: set[str], said: list[str]) -> None:
    """Make a cell one that nbgrader knows nothing of."""
    marks, name = marks_of(cell), grade_id(cell)
    cell.metadata.pop("nbgrader", None)
    if name not in names and any(
        marks.get(mark) for mark in ("grade", "solution", "locked", "task")
    ):
        shown = re.sub(r"[^\w-]", "?", name or "no name", flags=re.ASCII)[:40]
        said.append(f"The cell {shown} is none of this assignment's; it is a plain cell now.")


def _restore(
    cell: NotebookNode,
    expected: Expected,
    unmarked: list[str],
    remarked: list[str],
    said: list[str],
    suspicious: list[str],
) -> str | None:
    """Give a cell its type, its marks and, if it is locked, its source.

    Returns
    -------
    str or None
        What a student wrote into a locked cell that is not a test, for which a place must be found.
    """
    if cell.cell_type != expected.cell_type:
        was, now = _KINDS.get(cell.cell_type, "another"), _KINDS[expected.cell_type]
        said.append(f"The {expected.called} had become {was}; it is {now} again.")
        _retype(cell, expected.cell_type)
    if grade_id(cell) != expected.name:
        unmarked.append(expected.name)
    elif not _is_marked_as_released(cell, expected):
        remarked.append(expected.name)
    cell.metadata["nbgrader"] = NotebookNode(expected.marks)
    tags = cell.metadata.get("tags")
    if isinstance(tags, list) and expected.locked:
        if _SKIP in tags:
            suspicious.append(f"The {expected.called} had a tag that keeps it from being run.")
        cell.metadata["tags"] = [tag for tag in tags if tag not in (_SKIP, _RUN_ON)]
    elif tags is not None and not isinstance(tags, list):
        del cell.metadata["tags"]
    if not expected.locked:
        return None
    handed_in, changed = cell.source, not is_released(cell, expected)
    cell.source = expected.source
    if not changed:
        return None
    difference, altered = _difference(handed_in, expected)
    if expected.grade and altered:
        suspicious.append(f"The {expected.called} was changed: {difference}.")
        return None
    # To print something in a test, or to read a file from another place, is honest.
    follows = not expected.grade and bool(even_text(handed_in))
    more = ", and what was written there follows it" if follows else ""
    said.append(f"The {expected.called} had been changed: {difference}. It was put back{more}.")
    return handed_in if follows else None


def _is_marked_as_released(cell: NotebookNode, expected: Expected) -> bool:
    """Whether a cell has the marks that students got, now or earlier.

    The checksum is another there if tests are hidden.
    """
    marks = marks_of(cell)
    released = {marks_fingerprint(expected.marks), *expected.earlier}
    return marks_fingerprint(marks) in released and isinstance(marks.get("checksum", ""), str)


def _difference(handed_in: str, expected: Expected) -> tuple[str, bool]:
    """Say where a text differs from what students got, and whether more than lines were added.

    Line ends, and white space before them, do not count.
    """
    theirs, ours = (even_text(text).splitlines() for text in (handed_in, expected.released_source))
    rest = iter(theirs)
    altered = not all(line in rest for line in ours)  # each after the one before
    pairs = itertools.zip_longest(theirs, ours)
    place = next((number for number, (their, our) in enumerate(pairs) if their != our), 0)
    if place >= len(theirs):
        return f"it ends before line {place + 1}", altered
    line = theirs[place].strip()
    shown = "".join(sign if sign.isprintable() else "?" for sign in line[:80])
    return f"its line {place + 1} says `{shown}{'...' if len(line) > 80 else ''}`", altered


def _retype(cell: NotebookNode, cell_type: str) -> None:
    cell.cell_type = cell_type
    if cell_type == "code":
        cell.pop("attachments", None)
        cell.outputs, cell.execution_count = [], None
    else:
        cell.pop("outputs", None)
        cell.pop("execution_count", None)
