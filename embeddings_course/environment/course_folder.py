"""Which course a command works on: that of the current folder, as git finds its repository.

A command about a course (its class, its assignments, its graded quiz) works on the nearest folder
with settings of nbgrader. A command about the package (the book, the bundle) works on the copy that
the package was installed from, and refuses in a folder that belongs to another course: what it
writes would land where nobody looks for it.

The settings of a course are a program, and on a shared machine anybody can put one into ``/tmp``.
So above the current folder a course counts only if it belongs to the person who runs the command,
and nothing above the home folder does.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from embeddings_course._shared.messages import Message

CONFIGURATION = "nbgrader_config.py"


class ElsewhereError(Exception):
    """Why a command does not work here: a sentence for the person."""


def course_folder(root: Path, here: Path | None = None) -> Path:
    """Return the course that a command is about.

    Parameters
    ----------
    root : Path
        The copy that the package comes from.
    here : Path, optional
        Default: the current folder.

    Returns
    -------
    Path
        The nearest folder at or above `here` that has settings of nbgrader; `root` if there is
        none.

    Raises
    ------
    ElsewhereError
        If that folder may be somebody else's trap.
    """
    here = (here or Path.cwd()).resolve()
    for folder in (here, *here.parents):
        if not (folder / CONFIGURATION).is_file():
            continue
        if folder != root.resolve() and (objection := _objection(folder, here)):
            raise ElsewhereError(
                objection.within(
                    f"{folder} holds a course, but ",
                    " The settings of a course are a program, so nothing of it was run.",
                )
            )
        return folder
    return root


def require_own(root: Path, command: str, here: Path | None = None) -> None:
    """Stop a command about the package in a folder that belongs to another course.

    Raises
    ------
    ElsewhereError
        If the nearest course at or above `here` is not `root`, or may be a trap.
    """
    course = course_folder(root, here)
    if course.resolve() != root.resolve():
        _, _, name = command.partition(" ")
        raise ElsewhereError(
            Message(
                "course-is-another",
                f"{course} holds another course than {root}, which the active environment "
                f"belongs to, and `{command}` works on the latter: run it there. In a copy of the "
                "repository, "
                f"`python -m embeddings_course {name}` uses the copy's own environment.",
            )
        )


def _objection(folder: Path, here: Path) -> Message | None:
    """Say why the settings of a folder at or above the current one are not run unasked."""
    settings = folder / CONFIGURATION
    if folder == here:
        # A folder that somebody works in was chosen; a file that somebody else left there was not.
        if _is_open(folder) and not _is_own(settings) and _owner(settings) != _owner(folder):
            return Message(
                "course-in-open-folder",
                f"anybody can write to that folder, and {CONFIGURATION} in it is somebody else's. "
                "If you trust it, put a copy that you own in its place, or name the folder with "
                "--course.",
            )
        return None
    way = f"If you trust it, run the command in {folder} itself"
    home = _home()
    if home is not None and here.is_relative_to(home) and not folder.is_relative_to(home):
        return Message("course-above-home", f"it lies above your home folder. {way}.")
    if not hasattr(os, "geteuid") and folder.parent == folder:
        return Message("course-at-the-top", f"others may be able to write there. {way}.")
    foreign = [path for path in (folder, settings) if not _is_own(path)]
    if foreign:
        return Message(
            "course-of-another-person",
            f"{foreign[0]} does not belong to you. {way}, or become the owner.",
        )
    return None


def _home() -> Path | None:
    try:
        return Path.home().resolve()
    except RuntimeError:  # nobody knows
        return None


def _owner(path: Path) -> int | None:
    """Return the number of a path's owner, of a link's own and not of where it leads."""
    return path.lstat().st_uid if os.path.lexists(path) else None


def _is_own(path: Path) -> bool:
    """Say whether a path belongs to the person, as far as the system tells; or is not there."""
    return not hasattr(os, "geteuid") or _owner(path) in (None, os.geteuid())


def _is_open(folder: Path) -> bool:
    """Say whether everybody on this machine may write to a folder."""
    return hasattr(os, "geteuid") and bool(folder.stat().st_mode & stat.S_IWOTH)
