"""Moodle's grading worksheet: whose number is whose in a download, and when each handed in.

Moodle numbers participants per assignment, so a folder's number says nothing without this file
(*Assignment*, *Submissions*, *Actions*, *Download grading worksheet*). Its columns are known in
English, German, French and Spanish.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from pathlib import Path

from embeddings_course.grading.csv_files import Row, read_table
from embeddings_course.grading.errors import GradingError
from embeddings_course.grading.gradebook.contents import Student
from embeddings_course.grading.lms.moodle import PEOPLE, WORK, columns_in
from embeddings_course.grading.lms.names import People, plain
from embeddings_course.grading.submissions.parse_dates import UnclearTime, read_time

_TIME = "Last modified (submission)"
_KEYS = {"ID number": "ID number", "Username": "user name", "Email address": "e-mail address"}


@dataclass(frozen=True)
class Entry:
    """A row: a number, whose it is in the class list, if anybody's, and when they handed in."""

    number: str
    name: str
    students: tuple[str, ...]
    group: str = ""
    time: datetime | None = None


@dataclass(frozen=True)
class Worksheet:
    """Entries by their numbers; ``nameless`` if the worksheet is of blind marking."""

    entries: dict[str, Entry]
    nameless: bool = False
    teams: dict[str, tuple[Entry, ...]] = field(default_factory=dict)

    def time(self, student: str) -> datetime | None:
        """Return when a student handed in, in UTC."""
        return next(
            (each.time for each in self.entries.values() if each.students == (student,)), None
        )


def read_worksheet(path: Path, students: Sequence[Student], zone: tzinfo) -> Worksheet:
    """Read a grading worksheet, and find its rows in the class list.

    Parameters
    ----------
    path : Path
        The CSV file as Moodle gave it.
    students : sequence of Student
        The class list.
    zone : tzinfo
        Of its times, which name none.

    Returns
    -------
    Worksheet
        Rows of people who are not on the class list have no student.

    Raises
    ------
    GradingError
        If it is something else, a time cannot be read for certain, a number is there twice, or it
        contradicts the class list: a sentence per row.
    """
    table = read_table(path)
    columns = columns_in(table, PEOPLE | WORK)
    if "Identifier" not in columns or not columns.keys() & {_TIME, "Full name"}:
        raise GradingError(
            f"{path} has the columns {', '.join(table.header[:12]) or '(none)'}; expected is "
            "Moodle's grading worksheet, with Identifier, Full name and Last modified "
            "(submission): download it from the assignment, under Submissions. Nothing was "
            "collected."
        )
    people = People(students)
    problems: list[str] = []
    entries: dict[str, Entry] = {}
    teams: dict[str, list[Entry]] = {}
    owners: dict[str, str] = {}
    for row in table.rows:
        values = dict.fromkeys([*PEOPLE, *WORK], "")
        values |= {name: row.get(column) for name, column in columns.items()}
        whole = f"{values['First name']} {values['Last name']}".strip()
        values["Full name"] = values["Full name"] or whole
        shown = f"Row {row.number} of {path.name} ({values['Full name'] or values['Identifier']})"
        entry = _entry(row, values, people, zone, shown, problems)
        if entry is None:
            continue
        if entry.number in entries:
            problems.append(f"{shown}: the number {entry.number} is there twice.")
            continue
        entries[entry.number] = entry
        if entry.group:
            teams.setdefault(plain(entry.group), []).append(entry)
        if len(entry.students) == 1:
            [student] = entry.students
            if student in owners:
                problems.append(f"{shown} is {student} by the class list, as is {owners[student]}.")
            owners[student] = shown
    if problems:
        raise GradingError("\n".join([
            *problems,
            "Correct the class list with `course students`, or download the worksheet again. "
            "Nothing was collected.",
        ]))  # fmt: skip
    named = bool(columns.keys() & {"Full name", "First name", *_KEYS})
    return Worksheet(
        entries,
        not named or not any(each.name or each.students for each in entries.values()),
        {name: tuple(members) for name, members in teams.items()},
    )


def _entry(
    row: Row,
    values: dict[str, str],
    people: People,
    zone: tzinfo,
    shown: str,
    problems: list[str],
) -> Entry | None:
    number = re.search(r"(\d+)$", values["Identifier"])
    if number is None:
        problems.append(f"{shown} has no number under Identifier.")
        return None
    time = None
    if values[_TIME].strip("-\u2013 "):
        try:
            time = read_time(values[_TIME], zone)
        except UnclearTime as error:
            problems.append(f"{shown}, when it was handed in: {error}.")
    # Each key that names a student must name the same one.
    found = {
        words: ids
        for key, words in _KEYS.items()
        if values[key] and (ids := people.by_key(values[key]))
    }
    if values["Full name"] and (ids := people.by_name(values["Full name"])):
        found["name"] = ids
    said = {ids for ids in found.values() if len(ids) == 1}
    if len(said) > 1:
        whose = ", ".join(
            f"the {words} is {ids[0]}'s" for words, ids in found.items() if ids in said
        )
        problems.append(f"{shown} contradicts the class list: {whose} there.")
    students = said.pop() if said else next(iter(found.values()), ())
    return Entry(number[1], values["Full name"], students, values["Group"], time)
