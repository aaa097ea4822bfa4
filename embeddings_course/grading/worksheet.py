"""Moodle's grading worksheet: whose number is whose in a download, and when each handed in.

Moodle numbers participants per assignment, so a folder's number says nothing without this file
(*Assignment*, *Submissions*, *Actions*, *Download grading worksheet*). Its columns are known in
English, German, French and Spanish.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from pathlib import Path

from embeddings_course.grading.gradebook import Student
from embeddings_course.grading.names import People, plain
from embeddings_course.grading.record import GradingError
from embeddings_course.grading.tables import Row, Table, read_table
from embeddings_course.grading.times import UnclearTime, read_time

COLUMNS = {
    "identifier": ("Identifier", "ID", "Identifikator", "Identifiant", "Identificador"),
    "name": ("Full name", "Vollständiger Name", "Nom complet", "Nombre completo"),
    "first": ("First name", "Vorname", "Prénom", "Nombre"),
    "last": ("Last name", "Surname", "Nachname", "Nom de famille", "Nom", "Apellido(s)"),
    "id_number": (
        "ID number", "ID-Nummer", "Matrikelnummer", "Numéro d'identification", "Número de ID",
        "Número de identificación",
    ),
    "username": ("Username", "Anmeldename", "Nom d'utilisateur", "Nombre de usuario"),
    "email": (
        "Email address", "E-Mail-Adresse", "E-Mail", "Adresse de courriel", "Adresse e-mail",
        "Dirección de correo", "Dirección de correo electrónico", "Correo electrónico",
    ),
    "group": ("Group", "Gruppe", "Groupe", "Grupo"),
    "time": (
        "Last modified (submission)", "Zuletzt geändert (Abgabe)",
        "Dernière modification (travail remis)", "Última modificación (entrega)",
        "Última modificación (envío)",
    ),
}  # fmt: skip
"""How Moodle calls a column in each of the languages."""

_KEYS = {"id_number": "ID number", "username": "user name", "email": "e-mail address"}


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
    columns = {key: _column(table, names) for key, names in COLUMNS.items()}
    if columns["identifier"] is None or not (columns["time"] or columns["name"]):
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
        values = {key: row.get(column) if column else "" for key, column in columns.items()}
        values["name"] = values["name"] or f"{values['first']} {values['last']}".strip()
        shown = f"Row {row.number} of {path.name} ({values['name'] or values['identifier']})"
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
    named = any(columns[key] for key in ("name", "first", *_KEYS))
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
    number = re.search(r"(\d+)$", values["identifier"])
    if number is None:
        problems.append(f"{shown} has no number under Identifier.")
        return None
    time = None
    if values["time"].strip("-\u2013 "):
        try:
            time = read_time(values["time"], zone)
        except UnclearTime as error:
            problems.append(f"{shown}, when it was handed in: {error}.")
    # Each key that names a student must name the same one.
    found = {
        words: ids
        for key, words in _KEYS.items()
        if values[key] and (ids := people.by_key(values[key]))
    }
    if values["name"] and (ids := people.by_name(values["name"])):
        found["name"] = ids
    said = {ids for ids in found.values() if len(ids) == 1}
    if len(said) > 1:
        whose = ", ".join(
            f"the {words} is {ids[0]}'s" for words, ids in found.items() if ids in said
        )
        problems.append(f"{shown} contradicts the class list: {whose} there.")
    students = said.pop() if said else next(iter(found.values()), ())
    return Entry(number[1], values["name"], students, values["group"], time)


def _column(table: Table, names: Sequence[str]) -> str | None:
    wanted = [_folded(name) for name in names]
    found = [
        (wanted.index(_folded(each)), each) for each in table.header if _folded(each) in wanted
    ]
    return min(found)[1] if found else None


def _folded(name: str) -> str:
    """Return a header as it compares: no-break spaces and curled apostrophes are common there."""
    text = unicodedata.normalize("NFKC", name).replace("\u2019", "'").casefold()
    return " ".join(text.split())
