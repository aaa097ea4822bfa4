"""Which folder a command works on, where there may be several copies of the course.

A command about a course (its class, its assignments, its graded quiz) works on the course of the
current folder, as git works on the repository of the current folder. A command about the package
(the book, the bundle) works on the copy that the package was installed from, and refuses in a
folder that belongs to another one: what it writes would land where nobody looks for it.
"""

from __future__ import annotations

from pathlib import Path

CONFIGURATION = "nbgrader_config.py"


class ElsewhereError(Exception):
    """Why a command does not work here: a sentence for the person."""


def is_copy(folder: Path) -> bool:
    """Say whether a folder is a copy of the repository."""
    return (folder / "_toc.yml").is_file() and (folder / "embeddings_course" / "cli.py").is_file()


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
        The nearest folder at or above `here` that has settings of nbgrader or is a copy of the
        repository; `root` if there is none.
    """
    here = (here or Path.cwd()).resolve()
    return next(
        (
            folder
            for folder in (here, *here.parents)
            if (folder / CONFIGURATION).is_file() or is_copy(folder)
        ),
        root,
    )


def another_copy(root: Path, here: Path | None = None) -> Path | None:
    """Return the copy of the repository that `here` lies in, if it is another than `root`."""
    here = (here or Path.cwd()).resolve()
    inside = next((folder for folder in (here, *here.parents) if is_copy(folder)), root)
    return None if inside.resolve() == root.resolve() else inside


def how_to_change(other: Path) -> str:
    """Say how the environment of another copy becomes the active one."""
    if (other / ".venv").is_dir():
        return f"`source {other}/.venv/bin/activate` activates the one of this folder"
    return (
        f"this folder has none yet: in {other}, `make book` makes it, or the three lines under "
        "Install in book/teaching.md"
    )


def require_own(root: Path, command: str, here: Path | None = None) -> None:
    """Stop a command about the package in a folder that belongs to another copy or course.

    Raises
    ------
    ElsewhereError
        If the nearest course at or above `here` is not `root`.
    """
    if other := another_copy(root, here):
        raise ElsewhereError(
            f"{other} is a copy of the course, but the active environment belongs to another "
            f"copy, {root}, and `course {command}` would work there; {how_to_change(other)}."
        )
    course = course_folder(root, here)
    if course.resolve() != root.resolve():
        raise ElsewhereError(
            f"{course} holds a course of its own, and `course {command}` works on {root}: run it "
            "there."
        )
