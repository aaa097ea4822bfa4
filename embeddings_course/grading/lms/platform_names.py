"""What platforms called each student's work: kept when it is collected, for the way back.

Moodle and Canvas take files of feedback for a whole class in one zip. They know whose a file is by
the names that they gave to the work when it was downloaded, in which they wrote numbers of their
own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from embeddings_course._shared.messages import Message
from embeddings_course.grading.course import Course
from embeddings_course.grading.errors import GradingError
from embeddings_course.grading.submission_record import write_at_once

if TYPE_CHECKING:  # collecting imports this module
    from embeddings_course.grading.lms.collect.zip_file import ZippedFile
    from embeddings_course.grading.lms.moodle_worksheet import Worksheet

# The folder in which Moodle packs a student's files. Where it is the beginning of a file's name
# instead, the name is of the same form.
_MOODLE = re.compile(r"(?P<folder>[^/]+_\d+_assignsubmission_)(?:file|onlinetext)")
_UNSAFE = re.compile(r"[/\\\x00-\x1f\x7f]|^\.")


@dataclass(frozen=True)
class PlatformNames:
    """How platforms name what one student handed in.

    Attributes
    ----------
    moodle : str
        The folder, such as ``Ada Lovelace_1234567_assignsubmission_file_``; empty if unknown.
    canvas : mapping of str to str
        By the file's place in the student's folder, the name that Canvas gave to it, such as
        ``lovelaceada_12345_67890_hw.ipynb``.
    """

    moodle: str = ""
    canvas: Mapping[str, str] = field(default_factory=dict)


def moodle_folder(member: str) -> str:
    """Return the folder of Moodle's in the path of a downloaded file; empty if there is none.

    >>> moodle_folder("all/Ada Lovelace_501_assignsubmission_file_/hw.ipynb")
    'Ada Lovelace_501_assignsubmission_file_'
    """
    found = (_MOODLE.match(part) for part in member.split("/"))
    return next((f"{match['folder']}file_" for match in found if match), "")


def names_of(
    files: Iterable[ZippedFile], sheet: Worksheet | None = None
) -> dict[str, PlatformNames]:
    """Return how the platform of a download names each student's work.

    Parameters
    ----------
    files : iterable of ZippedFile
        What was collected.
    sheet : Worksheet, optional
        Moodle's, which has the numbers also of those who handed in elsewhere. Where teams hand in,
        it has other numbers than the folders, and is not used.
    """
    moodle: dict[str, str] = {}
    canvas: dict[str, dict[str, str]] = {}
    for entry in sheet.entries.values() if sheet and not sheet.teams else ():
        if len(entry.students) == 1:
            name = _UNSAFE.sub("", (entry.name or entry.students[0]).replace("_", " "))
            moodle[entry.students[0]] = f"{name}_{entry.number}_assignsubmission_file_"
    for file in files:
        name = file.member.rstrip("\0").replace("\\", "/")
        if not file.platform:
            continue
        if folder := moodle_folder(name):
            moodle[file.student] = folder
        else:
            canvas.setdefault(file.student, {})[file.place] = name.rpartition("/")[2]
    return {
        student: PlatformNames(moodle.get(student, ""), canvas.get(student, {}))
        for student in {*moodle, *canvas}
    }


def read_platform_names(course: Course, assignment: str) -> dict[str, PlatformNames]:
    """Return what was kept when an assignment was collected, by the student's id.

    Raises
    ------
    GradingError
        If the file is not what `course collect` writes.
    """
    path = _file(course, assignment)
    if not path.exists():
        return {}
    try:
        students = json.loads(path.read_text(encoding="utf-8"))["students"]
        return {
            student: PlatformNames(_name(kept["moodle"]), _names(kept["canvas"]))
            for student, kept in students.items()
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise GradingError(
            Message(
                "platform-names-damaged",
                f"{path} is not what `course collect` writes: move it away, and collect the zip "
                "again.",
            )
        ) from error


def keep_platform_names(
    course: Course, assignment: str, found: Mapping[str, PlatformNames]
) -> None:
    """Write down what platforms call students' work; what is known of others stays.

    Parameters
    ----------
    course : Course
        Where.
    assignment : str
        What was collected.
    found : mapping of str to PlatformNames
        By the student's id. What one platform said before stays where only another one speaks.
    """
    try:
        known = read_platform_names(course, assignment)
    except GradingError:  # what is new replaces it
        known = {}
    for student, names in found.items():
        if any(_UNSAFE.search(name) for name in (names.moodle, *names.canvas.values())):
            continue  # as if it had none
        before = known.get(student, PlatformNames())
        known[student] = PlatformNames(names.moodle or before.moodle, names.canvas or before.canvas)
    kept = {
        student: {"moodle": names.moodle, "canvas": dict(sorted(names.canvas.items()))}
        for student, names in sorted(known.items())
        if names.moodle or names.canvas
    }
    if kept:
        path = _file(course, assignment)
        course.make_private(path.parent)
        write_at_once(path, json.dumps({"students": kept}, indent=1, ensure_ascii=False) + "\n")


def _file(course: Course, assignment: str) -> Path:
    return course.grading / "collected" / f"{assignment}.json"


def _name(text: object) -> str:
    """Return a name that may become one of a file in a zip."""
    if not isinstance(text, str) or _UNSAFE.search(text):
        raise ValueError("not the name of a file")
    return text


def _names(kept: Mapping[str, object]) -> dict[str, str]:
    return {place: _name(name) for place, name in kept.items()}
