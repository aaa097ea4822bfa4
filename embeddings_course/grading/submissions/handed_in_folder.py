"""What is in a folder that somebody else made, and how files make room for others in it."""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Iterator
from pathlib import Path

from embeddings_course._shared.folders import walk
from embeddings_course.grading.submissions.read_notebook import shown_name

HANDED_IN = ".handed-in"
CHECKPOINTS = ".ipynb_checkpoints"
_LEFT_OUT = frozenset({".git", CHECKPOINTS, "__pycache__"})


def walk_files(
    folder: Path, hidden: Collection[str] = (), notes: list[str] | None = None
) -> Iterator[tuple[Path, os.stat_result]]:
    """Give everything in a folder but folders; say what was not looked into."""

    def trouble(path: Path, why: str) -> None:
        if notes is not None and path != folder:
            notes.append(f"{shown_name(str(path.relative_to(folder)))} was left out: it {why}.")

    def enters(path: Path) -> bool:
        return path.name not in _LEFT_OUT or path.name in hidden

    for path, status in walk(folder, enters=enters, trouble=trouble):
        if not stat.S_ISDIR(status.st_mode):
            yield path, status


def entries_of(folder: Path) -> list[Path]:
    """Return what is in a folder, sorted; nothing if it cannot be read."""
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []


def unused_name(path: Path) -> Path:
    """Name under which something is kept that has to make room."""
    kept = path.with_name(path.name + HANDED_IN)
    number = 2
    while os.path.lexists(kept):
        kept = path.with_name(f"{path.name}{HANDED_IN}.{number}")
        number += 1
    return kept


def write_whole(path: Path, data: bytes) -> None:
    """Write a file so that it is there whole or not at all."""
    new = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        new.write_bytes(data)
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)
