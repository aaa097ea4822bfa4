"""Find the notebook to grade: it may have another name, be in another folder, or come twice."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from nbformat import NotebookNode
from nbgrader.utils import compute_checksum, is_solution

from embeddings_course._shared.messages import Message
from embeddings_course.grading.submissions.copy_files import MAX_TOTAL_BYTES
from embeddings_course.grading.submissions.handed_in_folder import (
    CHECKPOINTS,
    HANDED_IN,
    walk_files,
)
from embeddings_course.grading.submissions.read_notebook import (
    LARGE_BYTES,
    NO_FOLLOW,
    UnreadableNotebook,
    bytes_of,
    is_fine,
    parsed,
    shown_name,
)

_MOST_NAMED = 5
_ARCHIVES = (".zip", ".gz", ".7z", ".rar")


class AnotherAssignment(UnreadableNotebook):
    """What was handed in is the notebook of another assignment; the message says of which."""


@dataclass(frozen=True)
class _Candidate:
    path: Path
    size: int
    notebook: NotebookNode
    notes: list[str]
    # 2: work on this assignment; 1: code, but nothing says of which assignment; 0: blank.
    standing: int

    def is_fine(self) -> bool:
        small = self.size <= LARGE_BYTES
        return small and not self.notes and is_fine(bytes_of(self.path))

    @property
    def work(self) -> tuple[tuple[str, str], ...]:
        """What the student wrote, to tell whether two are the same."""
        cells = [cell for cell in self.notebook.cells if is_solution(_marked(cell))]
        cells = cells or [cell for cell in self.notebook.cells if cell.cell_type == "code"]
        return tuple((_id_of(cell), cell.source.strip()) for cell in cells)


def choose(
    folder: Path,
    name: str,
    grade_ids: frozenset[str],
    notes: list[str],
    other: Callable[[NotebookNode], str | None],
) -> _Candidate:
    """Return the notebook of a submission that holds its work."""

    def look_whose(candidate: _Candidate) -> None:
        if grade_ids and _belongs(candidate.notebook, grade_ids):
            return
        if (assignment := other(candidate.notebook)) is not None:
            shown = shown_name(str(candidate.path.relative_to(folder)))
            raise AnotherAssignment(
                f"{shown} is the notebook of {assignment}: {name} was not handed in. Ask the "
                "student for it."
            )

    right = folder / f"{name}.ipynb"
    exact, problem = _exact(right, grade_ids)
    if exact is not None and exact.standing == 2:
        return exact
    found = _look_through(folder, right, grade_ids)
    if group := _best(exact, found):
        chosen = group[0]
        look_whose(chosen)
        _refuse_different_work(group, folder)
        if chosen is not exact:
            shown = shown_name(str(chosen.path.relative_to(folder)))
            reason = problem or f"{right.name} holds no work."
            notes.append(f"{shown} was graded. {reason}")
        return chosen
    if right.name in problem and os.path.lexists(right):
        raise UnreadableNotebook(problem)
    if found.problems:
        raise UnreadableNotebook(found.problems[0])
    for candidate in found.passed_over:
        look_whose(candidate)
    raise UnreadableNotebook(
        Message(
            "notebook-missing",
            f"There is no {right.name}, nor another notebook of it.{_what_is_there(folder)}",
        )
    )


def _exact(right: Path, grade_ids: frozenset[str]) -> tuple[_Candidate | None, str]:
    """Return the notebook of the right name, or why it cannot be read."""
    try:
        return _candidate(right, grade_ids), ""
    except UnreadableNotebook as error:
        return None, error.args[0]


@dataclass(frozen=True)
class _Found:
    """Notebooks beside the one of the right name, those nearest to its name and place first."""

    others: list[_Candidate] = field(default_factory=list)
    checkpoints: list[_Candidate] = field(default_factory=list)
    # Of another assignment, as it seems.
    passed_over: list[_Candidate] = field(default_factory=list)
    # Why those cannot be read that have a name like the right one.
    problems: list[str] = field(default_factory=list)


def _look_through(folder: Path, right: Path, grade_ids: frozenset[str]) -> _Found:
    found = _Found()
    for path in _other_files(folder, right):
        try:
            candidate = _candidate(path, grade_ids)
        except UnreadableNotebook as error:
            if _resembles(path, right.stem):
                found.problems.append(error.args[0])
            continue
        if not _is_meant(candidate.notebook, path, right.stem, grade_ids):
            found.passed_over.append(candidate)
        elif CHECKPOINTS in path.parts:
            found.checkpoints.append(candidate)
        else:
            found.others.append(candidate)
    return found


def _best(exact: _Candidate | None, found: _Found) -> list[_Candidate]:
    """Return the notebooks that come first by their standing, name and place; none is better."""
    named = [] if exact is None else [exact]
    ranked = (
        [each for each in found.others if each.standing == 2],
        [each for each in named if each.standing == 1],
        [each for each in found.others if each.standing == 1],
        [each for each in found.checkpoints if each.standing == 2],
        named,
        found.others[:1],
        found.checkpoints[:1],
    )
    return next(filter(None, ranked), [])


def _refuse_different_work(group: Sequence[_Candidate], folder: Path) -> None:
    works = {each.work for each in group}
    if len(works) > 1:
        names = sorted(shown_name(str(each.path.relative_to(folder))) for each in group)
        raise UnreadableNotebook(
            f"There are {len(works)} notebooks with different work, "
            f"{', '.join(names[:_MOST_NAMED])}: keep one and grade again."
        )


def _what_is_there(folder: Path) -> str:
    """Say what was handed in, where no notebook was, and where one may be."""
    files = [path for path, _ in walk_files(folder)]
    handed_in = [
        shown_name(path.name)
        for path in files
        if path.name != "timestamp.txt" and HANDED_IN not in path.name
    ]
    more = f" and {len(handed_in) - _MOST_NAMED} more" if len(handed_in) > _MOST_NAMED else ""
    what = f" Handed in was {', '.join(handed_in[:_MOST_NAMED])}{more}." if handed_in else ""
    archives = [path for path in files if path.suffix.lower() in _ARCHIVES]
    if not archives:
        return what
    return f"{what} Perhaps it is in {shown_name(archives[0].name)}, which nobody unpacked."


def _candidate(path: Path, grade_ids: frozenset[str]) -> _Candidate:
    data = bytes_of(path)
    notebook, notes = parsed(data, shown_name(path.name))
    return _Candidate(path, len(data), notebook, notes, _standing(notebook, grade_ids))


def _other_files(folder: Path, right: Path) -> list[Path]:
    """Files that may be the notebook, those nearest to its name and place first."""
    found = []
    for path, status in walk_files(folder, hidden=(CHECKPOINTS,)):
        own = HANDED_IN in str(path.relative_to(folder))
        if path == right or own or not stat.S_ISREG(status.st_mode):
            continue
        if ".ipynb" in path.name.lower() or _may_be_json(path):
            key = (not _resembles(path, right.stem), len(path.parts), len(path.name), str(path))
            found.append((key, path, status.st_size))
    total, paths = 0, []
    for _, path, size in sorted(found)[:200]:
        total += size
        if total <= MAX_TOTAL_BYTES:
            paths.append(path)
    return paths


def _may_be_json(path: Path) -> bool:
    try:
        with os.fdopen(os.open(path, os.O_RDONLY | NO_FOLLOW), "rb") as file:
            head = file.read(4000)
    except OSError:
        return False
    head = head.replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    return head.startswith(b"{") and (b'"cells"' in head or b'"nbformat' in head)


def _simple(name: str) -> str:
    name = re.sub(r"\.(ipynb|json|txt|bak|html?)(?=\.|$)", "", name.lower())
    return re.sub(r"[^a-z0-9]+", "-", name).strip("-")


def _resembles(path: Path, name: str) -> bool:
    """Whether a file's name is the notebook's with something added, or no name at all."""
    simple = _simple(path.name)
    return _simple(name) in simple or re.match(r"untitled", simple) is not None


def _marked(cell: NotebookNode) -> NotebookNode:
    """A cell whose marks are a mapping, as nbgrader takes them to be."""
    if isinstance(cell.metadata.get("nbgrader"), dict):
        return cell
    return NotebookNode(cell | {"metadata": {}})


def _id_of(cell: NotebookNode) -> str:
    name = _marked(cell).metadata.get("nbgrader", {}).get("grade_id")
    return name if isinstance(name, str) else ""


def _graded(notebook: NotebookNode) -> set[str]:
    return {name for cell in notebook.cells if (name := _id_of(cell))}


def _is_meant(notebook: NotebookNode, path: Path, name: str, grade_ids: frozenset[str]) -> bool:
    if grade_ids and _belongs(notebook, grade_ids):
        return True
    return _resembles(path, name) and not (grade_ids and _graded(notebook))


def _belongs(notebook: NotebookNode, grade_ids: frozenset[str]) -> bool:
    """Whether a notebook is of the assignment, going by the marks or, without any, by the ids."""
    names = _graded(notebook)
    of = min(len(names), len(grade_ids)) if names else len(grade_ids)
    names = names or {cell.id for cell in notebook.cells}
    return bool(names & grade_ids) and 2 * len(names & grade_ids) >= of


def _standing(notebook: NotebookNode, grade_ids: frozenset[str]) -> int:
    marked = [cell for cell in notebook.cells if is_solution(_marked(cell))]
    if grade_ids:
        marked = [cell for cell in marked if _id_of(cell) in grade_ids]
    if marked:
        return 2 if any(map(_was_written, marked)) else 0
    written = [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]
    if not written:
        return 0
    # Without marks nothing says what the release was, so that this counts as work.
    return 2 if grade_ids and _belongs(notebook, grade_ids) else 1


def _was_written(cell: NotebookNode) -> bool:
    try:
        return cell.metadata.nbgrader["checksum"] != compute_checksum(cell)
    except Exception:  # marks that are damaged
        return True
