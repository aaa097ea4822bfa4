"""Put the notebook of a submission where nbgrader looks for it, with its other files."""

from __future__ import annotations

import datetime
import os
from collections.abc import Callable, Collection
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from embeddings_course.grading.submissions.choose_notebook import choose
from embeddings_course.grading.submissions.copy_files import copy_others, defuse
from embeddings_course.grading.submissions.hand_in_time import (
    AS_IT_IS,
    came_just_now,
    state_of_timestamp,
)
from embeddings_course.grading.submissions.handed_in_folder import unused_name, write_whole
from embeddings_course.grading.submissions.read_notebook import (
    LARGE_BYTES,
    UnreadableNotebook,
    bytes_of,
    kind_of,
    shown_name,
)
from embeddings_course.grading.submissions.sentences import at_most


def prepare(
    folder: str | Path,
    name: str,
    target: str | Path | None = None,
    *,
    grade_ids: Collection[str] | None = None,
    other: Callable[[NotebookNode], str | None] = lambda notebook: None,
) -> list[str]:
    """Put the notebook to be graded where nbgrader looks for it.

    It is ``<name>.ipynb`` if that holds work; else the one notebook of the submission that does,
    under another name or in another folder; else the blank one.

    Parameters
    ----------
    folder : path
        What the student handed in.
    name : str
        Of the notebook, without its ending.
    target : path, optional
        Folder for the notebook and copies of the submission's other files. By default the notebook
        is repaired where it is: whatever has to make room is kept with ``.handed-in`` after its
        name, and nothing is written if all is well.
    grade_ids : collection of str, optional
        Of the assignment's cells: notebooks are then known by their cells, and else by their names.
    other : callable, optional
        Names the assignment that a notebook is of, if it is another one.

    Returns
    -------
    list of str
        A sentence for each repair.

    Raises
    ------
    UnreadableNotebook
        If there is no notebook that can be read, or several with different work, none of which has
        the right name.
    AnotherAssignment
        If all that there is is of another assignment.
    """
    folder = Path(folder)
    if not os.path.isdir(folder):  # noqa: PTH112 - pathlib's answer can be an error
        kind = kind_of(folder.lstat().st_mode) if os.path.lexists(folder) else "nothing"
        raise UnreadableNotebook(f"What was handed in is {kind}, not a folder.")
    notes: list[str] = []
    chosen = choose(folder, name, frozenset(grade_ids or ()), notes, other)
    in_place = target is None or Path(target).resolve() == folder.resolve()
    place = folder if target is None or in_place else Path(target)
    destination = place / f"{name}.ipynb"
    fine = chosen.is_fine()
    if not fine:
        shown = shown_name(chosen.path.name)
        anew = f"{shown} broke the rules of the format and was written anew."
        if chosen.size > LARGE_BYTES:
            anew = f"The outputs of {shown} ({chosen.size / 1e6:.0f} MB) were left out."
        notes += chosen.notes or [anew]
    stamp = state_of_timestamp(folder, notes)
    status = chosen.path.stat()
    if not (in_place and fine and chosen.path == destination):
        data = bytes_of(chosen.path) if fine else nbformat.writes(chosen.notebook).encode()
        place.mkdir(parents=True, exist_ok=True)
        if in_place and os.path.lexists(destination):
            destination.rename(unused_name(destination))
        write_whole(destination, data)
        if not came_just_now(status):  # doubtful_time looks at it
            os.utime(destination, ns=(status.st_mtime_ns, status.st_mtime_ns))
    path = folder / "timestamp.txt"
    written = path.lstat() if stamp != AS_IT_IS else None
    if in_place:
        if stamp != AS_IT_IS:
            path.rename(unused_name(path))
        defuse(folder, notes)
    else:
        copy_others(folder, place, notes, timestamp=stamp == AS_IT_IS)
    if isinstance(stamp, datetime.datetime) and written is not None:
        write_whole(place / path.name, f"{stamp:%Y-%m-%d %H:%M:%S} UTC\n".encode())
        os.utime(place / path.name, ns=(written.st_mtime_ns, written.st_mtime_ns))
    return at_most(notes)
