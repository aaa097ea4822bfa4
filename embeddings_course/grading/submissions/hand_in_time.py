"""What ``timestamp.txt`` says of when something was handed in, and whether it can be right."""

from __future__ import annotations

import contextlib
import datetime
import os
from pathlib import Path

from nbgrader.utils import parse_utc

from embeddings_course.grading.submissions.parse_dates import UnclearTime, read_time
from embeddings_course.grading.submissions.read_notebook import bytes_of

AS_IT_IS, _ASIDE = "as it is", "aside"


def doubtful_time(folder: str | Path, name: str, handed_in: str | Path | None = None) -> list[str]:
    """Look whether a submission's ``timestamp.txt`` can be right: lateness follows from it.

    Parameters
    ----------
    folder : path
        A folder that :func:`prepare` has prepared.
    name : str
        Of the notebook, without its ending.
    handed_in : path, optional
        What it was prepared from, if that is another folder.

    Returns
    -------
    list of str
        A sentence if it cannot, or hardly; nothing if there is no such file.
    """
    path, notebook = Path(folder) / "timestamp.txt", Path(folder) / f"{name}.ipynb"
    try:
        if handed_in is not None:
            stated_time(Path(handed_in) / "timestamp.txt")
        stated = stated_time(path)
    except Exception as error:
        return [
            "timestamp.txt cannot be read, so nobody knows whether this was late: "
            f"{_why_no_time(error)}. Correct it, or delete it if this was on time, and grade again."
        ]
    if stated is None:
        return []
    now = datetime.datetime.now(datetime.UTC).replace(tzinfo=None)
    day = datetime.timedelta(days=1)
    status = notebook.stat()
    last = datetime.datetime.fromtimestamp(status.st_mtime, datetime.UTC).replace(tzinfo=None)
    together = abs(path.stat().st_mtime - status.st_mtime) < 60
    unknown = together or came_just_now(status)
    if stated - now > day:
        return [
            f"timestamp.txt says {stated:%Y-%m-%d}, which is still to come: correct or delete it, "
            "and grade again."
        ]
    if last - stated > day and not unknown:
        return [
            f"timestamp.txt says {stated:%Y-%m-%d}, but the notebook was last changed on "
            f"{last:%Y-%m-%d}: look which is right, as lateness follows from timestamp.txt."
        ]
    return []


def came_just_now(status: os.stat_result) -> bool:
    """Say whether a file has the time at which it was put there, so nobody knows when it is of."""
    return abs(status.st_ctime - status.st_mtime) < 60


def state_of_timestamp(folder: Path, notes: list[str]) -> datetime.datetime | str:
    """Say what to do with ``timestamp.txt``: leave it, put it aside, or write it as this time.

    It is written again where nbgrader would read another time than what it says.
    """
    path = folder / "timestamp.txt"
    try:
        stated = stated_time(path)
    except Exception as error:  # dateutil raises many kinds
        notes.append(f"timestamp.txt was put aside: {_why_no_time(error)}.")
        return _ASIDE
    if stated is None:
        return AS_IT_IS
    with contextlib.suppress(Exception):
        if parse_utc(path.read_text().strip()) == stated:
            return AS_IT_IS
    return stated


def _why_no_time(error: Exception) -> str:
    return str(error) if isinstance(error, UnclearTime) else "it holds no date"


def stated_time(path: Path) -> datetime.datetime | None:
    """Return the time that ``timestamp.txt`` states, in UTC, or None if there is none."""
    if not os.path.lexists(path):
        return None
    written = bytes_of(path, 1000).decode("utf-8").strip()
    return read_time(written) if written else None
