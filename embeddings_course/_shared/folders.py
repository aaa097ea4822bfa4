"""Folders that somebody else has filled: looked through and removed, whatever is in them.

A student can hand in folders nested a thousand deep, links that lead round in a circle, pipes and
names that are not in UTF-8. Python's ``Path.rglob``, ``os.walk`` and ``shutil.rmtree`` call
themselves for each level and end in a ``RecursionError``. Nothing here does, or follows a link.
"""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

MOST_ENTRIES = 100_000
"""Files and folders that are looked at in one folder."""
MOST_LEVELS = 50
"""Folders inside of each other; deeper ones are not looked into."""


def walk(
    folder: Path,
    *,
    enters: Callable[[Path], bool] = lambda folder: True,
    trouble: Callable[[Path, str], None] = lambda path, why: None,
) -> Iterator[tuple[Path, os.stat_result]]:
    """Go through everything in a folder, at any depth, without following a link.

    Parameters
    ----------
    folder : Path
        Where to look.
    enters : callable
        Says which folders to look into.
    trouble : callable
        Gets each path that could not be looked at, or was not because of the limits above, and
        why: the end of a sentence that begins with the path.

    Yields
    ------
    path, status
        A file, folder, link or whatever it is, and its ``lstat``. Those of one folder come in the
        order of their names, before what is in the folders among them.
    """
    waiting, seen = [(folder, 0)], 0
    while waiting:
        here, level = waiting.pop()
        try:
            with os.scandir(here) as entries:
                names = sorted(entry.name for entry in entries)
        except OSError as error:
            trouble(here, f"cannot be read: {error.strerror}")
            continue
        inside = []
        for name in names:
            if seen >= MOST_ENTRIES:
                trouble(here, f"holds more than the {MOST_ENTRIES} files that are looked at")
                return
            seen += 1
            path = here / name
            try:
                status = path.lstat()
            except OSError as error:
                trouble(path, f"cannot be read: {error.strerror}")
                continue
            yield path, status
            if stat.S_ISDIR(status.st_mode) and enters(path):
                if level < MOST_LEVELS:
                    inside.append((path, level + 1))
                else:
                    trouble(path, f"is nested more than {MOST_LEVELS} deep")
        waiting += reversed(inside)


def remove(folder: Path) -> None:
    """Remove a folder with all that is in it, at any depth; if it is a link, the link alone.

    Raises
    ------
    OSError
        If something cannot be removed.
    """
    if not os.path.lexists(folder):
        return
    if folder.is_symlink() or not folder.is_dir():
        folder.unlink()
        return
    # A folder inside of a folder is moved up first: so no path gets longer than a system takes.
    with contextlib.suppress(OSError):
        folder.chmod(0o700)
    number = 0
    while True:
        with os.scandir(folder) as entries:
            waiting = [Path(entry.path) for entry in _without_files(entries)]
        if not waiting:
            break
        for path in waiting:
            with os.scandir(path) as entries:
                inner = [Path(entry.path) for entry in _without_files(entries)]
            for each in inner:
                while os.path.lexists(folder / f"{number}"):
                    number += 1
                each.rename(folder / f"{number}")
            path.rmdir()
    folder.rmdir()


def _without_files(entries: Iterator[os.DirEntry[str]]) -> Iterator[os.DirEntry[str]]:
    """Remove everything but folders, which can be opened and moved from then on."""
    for entry in list(entries):
        if entry.is_dir(follow_symlinks=False):
            with contextlib.suppress(OSError):  # of somebody else: what needs it will say so
                os.chmod(entry.path, 0o700)  # noqa: PTH101
            yield entry
        else:
            os.unlink(entry.path)  # noqa: PTH108


@contextlib.contextmanager
def scratch_folder(prefix: str = "course-", place: Path | None = None) -> Iterator[Path]:
    """Make a folder for temporary files, which is removed afterwards as far as that is possible."""
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir=place))
    try:
        yield folder
    finally:
        with contextlib.suppress(OSError):
            remove(folder)
