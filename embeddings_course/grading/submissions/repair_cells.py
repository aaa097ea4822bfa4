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
from collections import defaultdict
from collections.abc import Iterable, Sequence

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

from embeddings_course.grading.submissions.expected_cells import (
    Expected,
    even_text,
    fingerprint,
    grade_id,
    marks_fingerprint,
    marks_of,
)

_MOST_SENTENCES = 20
_KINDS = {"code": "a code cell", "markdown": "a text cell", "raw": "a raw cell"}
_DEFINES = re.compile(r"^(?:async\s+def|def|class)\s+(\w+)", re.MULTILINE)
# With these tags nbclient does not run a cell, or takes its errors for wanted ones.
_HARMFUL_TAGS = ("skip-execution", "raises-exception")


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
    chosen, dropped = _match(cells, expected, {even_text(text) for text in plain}, said)
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
            kept.append((_new_cell(owner.cell_type, theirs, owner.name + "-text", notebook), None))
    for some, what in ((unmarked, "were lost"), (remarked, "had been changed")):
        if some:
            said.append(f"nbgrader's marks {what} and were put back: {_listed(some)}.")
    kept = _in_order(kept, expected, older, said)
    missing: list[str] = []
    _add_missing(kept, expected, notebook, missing)
    notebook.cells = [cell for cell, _ in kept]
    # A summary shows the first: what was deleted tells more than what a tool did to marks.
    return notebook, _at_most([*missing, *said]), _at_most(suspicious)


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
            if not _holds_nothing(cell, answers[name]) or cell.get("attachments"):
                return False
        elif name is None and cell.cell_type == "code" and even_text(cell.source) not in given:
            defined |= _defined(cell.source)
    wanted = set().union(*(_defined(cell.released_source) for cell in answers.values()))
    return not defined & wanted


def _defined(source: str) -> set[str]:
    """Names that code gives to functions, classes and values at its outermost level."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return set(_DEFINES.findall(source))
    found = set()
    for part in tree.body:
        if isinstance(part, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            found.add(part.name)
        else:
            stored = (each for each in ast.walk(part) if isinstance(each, ast.Name))
            found |= {each.id for each in stored if isinstance(each.ctx, ast.Store)}
    return found


def _is_released(cell: NotebookNode, expected: Expected) -> bool:
    """Whether a cell says what students got, now or earlier."""
    if even_text(cell.source) in (even_text(expected.released_source), even_text(expected.source)):
        return True
    return bool(expected.earlier) and fingerprint(cell.source) in expected.earlier


def _holds_nothing(cell: NotebookNode, expected: Expected) -> bool:
    """Whether a copy of an expected cell holds nothing of the student's."""
    return _is_released(cell, expected) or not (expected.locked or even_text(cell.source))


def _match(
    cells: list[NotebookNode], expected: Sequence[Expected], plain: set[str], said: list[str]
) -> tuple[dict[str, int], set[int]]:
    """Find each expected cell, and the copies of cells that can go.

    Returns
    -------
    chosen : dict
        The number of the cell, by the expected cell's name.
    dropped : set of int
        Numbers of copies that hold nothing of the student's.
    """
    claims = _claims(cells, expected)
    chosen: dict[str, int] = {}
    dropped: set[int] = set()
    for cell in expected:
        claimants = claims[cell.name]
        if not claimants:
            continue
        number = _best(cells, claimants, cell)
        chosen[cell.name] = number
        others = [other for other in claimants if other != number]
        # Copies without work go: a second stub would replace the answer.
        dropped |= {other for other in others if _holds_nothing(cells[other], cell)}
        if others:
            count = "twice" if len(others) == 1 else f"{len(others) + 1} times"
            said.append(f"The {cell.called} was there {count}; one of them is graded.")
    free = set(range(len(cells))) - {number for found in claims.values() for number in found}
    for cell in expected:
        if cell.locked and cell.name not in chosen:
            same = [number for number in sorted(free) if _is_released(cells[number], cell)]
            gap = _gap(cell, expected, chosen, len(cells))
            if same and even_text(cell.released_source):
                number = next((number for number in same if number in gap), same[0])
                chosen[cell.name] = number
                free.remove(number)
    _find_answers(cells, expected, plain, chosen, free)
    return chosen, dropped


def _claims(cells: list[NotebookNode], expected: Sequence[Expected]) -> dict[str, list[int]]:
    """Numbers of the cells that say that they are an expected one, by their marks or their id."""
    names = {cell.name for cell in expected}
    claims: dict[str, list[int]] = defaultdict(list)
    for number, cell in enumerate(cells):
        if (name := grade_id(cell)) in names:
            claims[name].append(number)
    by_id = {cell.get("id"): number for number, cell in enumerate(cells)}
    for name in sorted(names):
        number = by_id.get(name)
        if claims[name] or number is None:
            continue
        other = grade_id(cells[number])
        if other not in names:
            claims[name].append(number)
        elif any(cells[rival].get("id") == other for rival in claims[other]):
            # It was given the mark of a cell that is still there.
            claims[other].remove(number)
            claims[name].append(number)
    return claims


def _best(cells: list[NotebookNode], claimants: list[int], expected: Expected) -> int:
    own = [number for number in claimants if cells[number].get("id") == expected.name]
    if expected.locked:
        pristine = [number for number in claimants if _is_released(cells[number], expected)]
        return (own or pristine or claimants)[0]
    blank = ("", even_text(expected.released_source))
    written = [number for number in claimants if even_text(cells[number].source) not in blank]
    return (written or own or claimants)[-1]


def _gap(
    expected: Expected, all_expected: Sequence[Expected], chosen: dict[str, int], length: int
) -> range:
    """Numbers between the neighbours of a cell that were found; all if these were moved."""
    place = all_expected.index(expected)
    before = [chosen[cell.name] for cell in all_expected[:place] if cell.name in chosen]
    after = [chosen[cell.name] for cell in all_expected[place + 1 :] if cell.name in chosen]
    first, last = (before or [-1])[-1], (after or [length])[0]
    return range(first + 1, last) if first < last else range(length)


def _find_answers(
    cells: list[NotebookNode],
    expected: Sequence[Expected],
    plain: set[str],
    chosen: dict[str, int],
    free: set[int],
) -> None:
    """Find the answers whose marks and ids are lost, by what they define and where they stand."""
    lost = [cell for cell in expected if not cell.locked and cell.name not in chosen]
    gaps = {cell.name: _gap(cell, expected, chosen, len(cells)) for cell in lost}
    free = {
        number for number in free if (text := even_text(cells[number].source)) and text not in plain
    }

    def take(cell: Expected, number: int) -> None:
        chosen[cell.name] = number
        free.remove(number)

    def candidates(cell: Expected, among: range) -> list[int]:
        return [n for n in sorted(free) if n in among and cells[n].cell_type == cell.cell_type]

    # What a cell defines tells the most: first within its gap, then anywhere.
    for everywhere in (False, True):
        for cell in lost:
            wanted = set(_DEFINES.findall(cell.released_source)) if cell.cell_type == "code" else ()
            if cell.name in chosen or not wanted:
                continue
            among = range(len(cells)) if everywhere else gaps[cell.name]
            shared = {
                number: len(wanted & set(_DEFINES.findall(cells[number].source)))
                for number in candidates(cell, among)
            }
            if any(shared.values()):
                take(cell, max(shared, key=lambda number: (shared[number], number)))
    for cell in lost:
        if cell.name in chosen:
            continue
        gap = gaps[cell.name]
        rivals = [
            other
            for other in lost
            if other.name not in chosen
            and other.cell_type == cell.cell_type
            and gaps[other.name] == gap
        ]
        found = candidates(cell, gap)
        if len(found) == len(rivals):
            for rival, number in zip(rivals, found, strict=True):
                take(rival, number)
        elif len(rivals) == 1 and found and cell.cell_type == "markdown":
            take(cell, max(found, key=lambda number: len(cells[number].source)))


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
        What a student wrote into a locked cell that is no test, for which a place must be found.
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
    if isinstance(tags, list) and expected.locked and set(_HARMFUL_TAGS) & set(map(str, tags)):
        cell.metadata["tags"] = [tag for tag in tags if tag not in _HARMFUL_TAGS]
        suspicious.append(f"The {expected.called} had a tag that keeps it from being run.")
    elif tags is not None and not isinstance(tags, list):
        del cell.metadata["tags"]
    if not expected.locked:
        return None
    handed_in, changed = cell.source, not _is_released(cell, expected)
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


def _in_order(
    kept: list[tuple[NotebookNode, Expected | None]],
    expected: Sequence[Expected],
    older: dict[int, str],
    said: list[str],
) -> list[tuple[NotebookNode, Expected | None]]:
    """Sort the expected cells, each with the student's cells that follow it.

    `older` has the name of the expected cell for each other version of it, by the cell's identity.
    An older version of an answer still comes before the one that is graded.
    """
    place = {cell.name: number for number, cell in enumerate(expected)}
    groups: list[tuple[int, list[tuple[NotebookNode, Expected | None]]]] = [(-1, [])]
    for cell, owner in kept:
        if owner is not None:
            groups.append((place[owner.name], []))
        groups[-1][1].append((cell, owner))
    places = [number for number, _ in groups]
    if places == sorted(places):
        return kept
    stayed = _longest_rising(places)
    names = [expected[number].name for number in sorted(set(places) - stayed)]
    said.append(f"Cells had been moved: {_listed(names)}.")
    first = [each for each in kept if id(each[0]) in older]
    result = []
    for number, group in sorted(groups, key=lambda group: group[0]):
        if number >= 0:
            result += [each for each in first if older[id(each[0])] == expected[number].name]
        result += [each for each in group if id(each[0]) not in older]
    return result


def _longest_rising(numbers: list[int]) -> set[int]:
    """Longest subsequence that rises: what was not moved."""
    best: list[list[int]] = []
    for number in numbers:
        before = max((run for run in best if run[-1] < number), key=len, default=[])
        best.append([*before, number])
    return set(max(best, key=len))


def _add_missing(
    kept: list[tuple[NotebookNode, Expected | None]],
    expected: Sequence[Expected],
    notebook: NotebookNode,
    said: list[str],
) -> None:
    there = {owner.name for _, owner in kept if owner is not None}
    used = {cell.get("id") for cell, _ in kept}
    previous = -1
    for cell in expected:
        if cell.name not in there:
            place = _place_for(cell, kept, previous)
            source = cell.source if cell.locked else cell.released_source
            new = _new_cell(cell.cell_type, source, cell.name, notebook, used)
            new.metadata.update({"deletable": False, "nbgrader": NotebookNode(cell.marks)})
            if cell.locked:
                new.metadata["editable"] = False
            kept.insert(place, (new, cell))
            said.append(f"The {cell.called} was missing and was put back.")
        previous = next(n for n, (_, owner) in enumerate(kept) if owner is cell)


def _place_for(
    cell: Expected, kept: list[tuple[NotebookNode, Expected | None]], previous: int
) -> int:
    """Where a missing cell goes, after the expected cell at `previous` and before the next one.

    A stub goes before the student's own cells, so that it replaces none of their functions; a test
    goes after them.
    """
    end = next(
        (n for n in range(previous + 1, len(kept)) if kept[n][1] is not None),
        len(kept),
    )
    code = [n for n in range(previous + 1, end) if kept[n][0].cell_type == "code"]
    if cell.cell_type == "markdown":
        return end
    if cell.grade and not cell.solution:
        return code[-1] + 1 if code else previous + 1
    if previous >= 0:
        return previous + 1
    return code[0] if code else end


def _new_cell(
    cell_type: str,
    source: str,
    name: str,
    notebook: NotebookNode,
    used: set[str | None] | None = None,
) -> NotebookNode:
    cell = new_code_cell(source) if cell_type == "code" else new_markdown_cell(source)
    if used is None:
        used = {each.get("id") for each in notebook.cells}
    stem = re.sub(r"[^a-zA-Z0-9_-]", "-", name)[:50] or "cell"
    numbered = (f"{stem}-{number}" for number in range(2, len(used) + 3))
    cell.id = next(each for each in (stem, *numbered) if each not in used)
    used.add(cell.id)
    if (notebook.get("nbformat", 4), notebook.get("nbformat_minor", 5)) < (4, 5):
        del cell["id"]
    return cell


def _listed(names: list[str]) -> str:
    more = len(names) - _MOST_SENTENCES
    return ", ".join(names[:_MOST_SENTENCES]) + (f" and {more} more" if more > 0 else "")


def _at_most(sentences: list[str]) -> list[str]:
    more = len(sentences) - _MOST_SENTENCES
    return [*sentences[:_MOST_SENTENCES], f"and {more} more"] if more > 0 else sentences
