"""Copy a submission's other files, and nothing that is a link, too large or a module of Python.

>>> shadowed_module("json.py"), shadowed_module("utils.py")
('json', None)
"""

from __future__ import annotations

import functools
import importlib.metadata
import os
import shutil
import stat
import sys
from collections.abc import Collection
from pathlib import Path

from embeddings_course.grading.submissions.handed_in_folder import (
    HANDED_IN,
    entries_of,
    unused_name,
    walk_files,
)
from embeddings_course.grading.submissions.read_notebook import NO_FOLLOW, kind_of, shown_name
from embeddings_course.grading.submissions.sentences import at_most

MAX_FILE_BYTES = 200_000_000
MAX_TOTAL_BYTES = 1_000_000_000
MAX_WORKING_BYTES = 200_000_000
"""Of the other files where the notebook runs: the sandbox has room for some more."""
MAX_FILES = 10_000
"""Of the other files of a submission."""
# Some distributions install such names by mistake; a student's own file may have them.
_HARMLESS = frozenset(
    {"benchmarks", "bin", "common", "config", "conftest", "data", "doc", "docs", "examples"}
    | {"helper", "helpers", "main", "model", "models", "mycode", "samples", "scripts", "setup"}
    | {"solution", "solutions", "src", "test", "tests", "tools", "util", "utils"}
)
# Imported by Python or Jupyter, if they are there, before anything else is run.
_STARTED = frozenset(
    {"sitecustomize", "usercustomize", "ipython_config", "ipython_kernel_config", "jupyter_config"}
)
_SOURCES = (".py", ".pyc", ".pyd", ".so")


def working_copy(folder: str | Path, target: str | Path) -> list[str]:
    """Copy a submission's other files to the folder in which its notebook will run.

    Files that Python would import in place of its own modules, or of the course's libraries, are
    left out, as are notebooks and links.

    Parameters
    ----------
    folder : path
        With the submission's files.
    target : path
        Made if it is not there.

    Returns
    -------
    list of str
        A sentence for each file that was left out.
    """
    folder, target = Path(folder), Path(target)
    notes: list[str] = []
    target.mkdir(parents=True, exist_ok=True)
    blocked = set()
    for path in entries_of(folder):
        module = shadowed_module(path.name)
        is_folder = path.is_dir() and not path.is_symlink()
        if module is None or (is_folder and not _holds_code(path)):
            continue
        blocked.add(path.name)
        shown, would = shown_name(path.name), f"have replaced the module {module}"
        if module in _STARTED:
            would = "have been run unasked"
        notes.append(f"{shown} was left out: it would {would}.")
    most = MAX_WORKING_BYTES
    copy_others(folder, target, notes, timestamp=True, without=blocked, most_bytes=most)
    return at_most(notes)


def shadowed_module(name: str) -> str | None:
    """Name the module of Python, or of the course's libraries, that a file or folder would replace.

    Parameters
    ----------
    name : str
        Of a file or folder in the kernel's working directory.

    Returns
    -------
    str or None
        None if it replaces none.
    """
    stem, dot, _ = name.partition(".")
    if dot and not name.endswith(_SOURCES):
        return None
    return stem if stem in _modules() else None


@functools.cache
def _modules() -> frozenset[str]:
    installed = {each.split("/")[0] for each in importlib.metadata.packages_distributions()}
    own = __name__.partition(".")[0]
    return (frozenset(sys.stdlib_module_names) | installed | {own} | _STARTED) - _HARMLESS


def _holds_code(path: Path) -> bool:
    """Whether a folder can be imported: one that holds only data replaces no module."""
    return any(each.name.endswith(_SOURCES) for each, _ in walk_files(path))


def copy_others(
    folder: Path,
    target: Path,
    notes: list[str],
    *,
    timestamp: bool,
    without: Collection[str] = (),
    most_bytes: int | None = None,
) -> None:
    """Copy all files but notebooks, and say in ``notes`` which were left out."""
    total = number = 0
    most_bytes = most_bytes or MAX_TOTAL_BYTES
    for path, status in walk_files(folder, notes=notes):
        inner = path.relative_to(folder)
        shown = shown_name(str(inner))
        name = path.name.lower()
        if inner.parts[0] in without or name.endswith(".ipynb") or HANDED_IN in name:
            continue
        if len(inner.parts) == 1 and name == "timestamp.txt" and not timestamp:
            continue
        if not stat.S_ISREG(status.st_mode):
            notes.append(f"{shown} was left out: it is {kind_of(status.st_mode)}.")
            continue
        if status.st_size > MAX_FILE_BYTES:
            notes.append(f"{shown} was left out: it has {status.st_size / 1e6:.0f} MB.")
            continue
        if total + status.st_size > most_bytes or number >= MAX_FILES:
            notes.append("Files were left out: there were too many, or they were too large.")
            return
        try:
            destination = target / inner
            destination.parent.mkdir(parents=True, exist_ok=True)
            if os.path.lexists(destination):
                destination.unlink()
            with (
                os.fdopen(os.open(path, os.O_RDONLY | NO_FOLLOW), "rb") as source,
                destination.open("xb") as copy,
            ):
                if not stat.S_ISREG(os.fstat(source.fileno()).st_mode):
                    raise OSError(0, "it is not a file any more")
                shutil.copyfileobj(source, copy)
            os.utime(destination, ns=(status.st_atime_ns, status.st_mtime_ns))
        except OSError as error:
            notes.append(f"{shown} was left out: {error.strerror or type(error).__name__}.")
            continue
        total, number = total + status.st_size, number + 1


def defuse(folder: Path, notes: list[str]) -> None:
    """Replace links and the like, which nbgrader would follow, by files that say what was there."""
    for path, status in list(walk_files(folder)):
        if stat.S_ISREG(status.st_mode):
            continue
        shown, what = shown_name(str(path.relative_to(folder))), kind_of(status.st_mode)
        to = f" to {path.readlink()}" if stat.S_ISLNK(status.st_mode) else ""
        kept = path if HANDED_IN in path.name else unused_name(path)
        path.unlink()
        kept.write_text(f"{what}{to}\n", encoding="utf-8", errors="replace")
        notes.append(f"{shown} was taken away: it was {what}.")
