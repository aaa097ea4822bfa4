"""``course students``: the class list goes into the gradebook.

A list is a CSV file in one of three forms, told apart by their headers:

- nbgrader's own fields: ``id``, and as many as you like of ``first_name``, ``last_name``,
  ``email``, ``lms_user_id``;
- the gradebook export of Canvas (*Grades*, *Export*): ``Student`` (or ``LastName`` and
  ``FirstName``), ``ID``, ``SIS User ID``, ``SIS Login ID``, ``Section``, then anything. ``ID``
  becomes the ``lms_user_id``, by which downloads of submissions name students;
- a list of Moodle, from *Grades*, *Export*, *Plain text file*, or from the page of participants:
  ``First name``, ``Last name`` or ``Surname``, and one at least of ``ID number``, ``Username`` and
  ``Email address``. The grading worksheet of an assignment will do, too: ``Full name`` is split at
  its last space. Its ``Identifier``, as in ``Participant 1234567``, is of that assignment only.

A student's id names a folder. In an export of Canvas it is the ``SIS Login ID``, else the
``SIS User ID``, else the ``ID``; in one of Moodle the ``ID number``, else the ``Username``, else
the ``Email address``: the first in which nobody's cell is empty.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path

from embeddings_course.grading.course import Course, back_up
from embeddings_course.grading.gradebook import Student, look_at_own, shown_url
from embeddings_course.grading.record import GradingError
from embeddings_course.grading.tables import Row, Table, read_table
from embeddings_course.grading.words import counted

FIELDS = tuple(field.name for field in fields(Student))
LONGEST = 128
"""Characters that nbgrader's gradebook keeps of a field."""
MOST_SHOWN = 5

_CANVAS_IDS = ("SIS Login ID", "SIS User ID", "ID")
_MOODLE_IDS = ("ID number", "Username", "Email address")
# Not in names of folders everywhere; brackets have a meaning where nbgrader looks for folders.
_NO_FOLDER = re.compile(r'[<>:"|?*\[\]\x00-\x1f\x7f]')
_EXPECTED = (
    f"id and, if you like, {', '.join(FIELDS[1:])}; or an export of Canvas (Student, ID, SIS User "
    "ID, SIS Login ID, Section) or Moodle (First name, Last name, ID number, Email address)"
)


@dataclass(frozen=True)
class ClassList:
    """A class list that was read, and the lines about what it leaves out."""

    students: tuple[Student, ...]
    form: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Enrolment:
    """What became of each student: ids, sorted.

    ``not_listed`` are those in the gradebook who are not on the list; ``differences`` are the
    fields that are others now, by the id of each who changed.
    """

    added: tuple[str, ...]
    changed: tuple[str, ...]
    unchanged: tuple[str, ...]
    not_listed: tuple[str, ...]
    differences: dict[str, tuple[str, ...]]


def read_class_list(path: Path) -> ClassList:
    """Read a class list.

    Parameters
    ----------
    path : Path
        A CSV file in one of the forms above.

    Returns
    -------
    ClassList
        In the order of the file.

    Raises
    ------
    GradingError
        If the header is another, there are no rows, an id is twice on the list or missing, or
        cannot be the name of a folder.
    """
    table = read_table(path)
    if table.column("SIS Login ID") or table.column("SIS User ID"):
        form, listed, notes = "Canvas", *_of_canvas(table, path)
    elif any(table.column(each) for each in _MOODLE_IDS) and not table.column("id"):
        form, listed, notes = "Moodle", _of_moodle(table, path), ()
    else:
        form, listed, notes = "nbgrader", _as_it_is(table, path), ()
    if not listed:
        raise GradingError(
            f"{path} has a header and no students below it: give it a row for each student."
        )
    _check(listed, path)
    return ClassList(
        tuple(student for _, student in listed), form, (*notes, *_spaces(listed, path))
    )


def id_problem(student_id: str) -> str | None:
    """Say why a text cannot be a student's id, as the end of a sentence; None if it can."""
    if not student_id.strip():
        return "is empty"
    if student_id != student_id.strip():
        return "begins or ends with a space"
    if "/" in student_id or "\\" in student_id:
        return "holds a slash"
    if student_id.startswith("."):
        return "begins with a dot"
    if found := _NO_FOLDER.search(student_id):
        return f"holds the character {found[0]!r}"
    if len(student_id) > LONGEST:
        return f"has more than {LONGEST} characters"
    return None


def enrol(
    course: Course, students: Sequence[Student], *, say: Callable[[str], None] = print
) -> Enrolment:
    """Put students into the gradebook; nobody is removed, and no value by an empty cell.

    Parameters
    ----------
    course : Course
        Whose gradebook; made if there is none.
    students : sequence of Student
        The class list.
    say : callable
        Gets a line about the copy of the gradebook that is made first.

    Raises
    ------
    GradingError
        If the gradebook is of another course or cannot be read. Nothing was changed then.
    """
    from nbgrader.api import InvalidEntry
    from nbgrader.api import Student as Enrolled
    from sqlalchemy.exc import SQLAlchemyError

    contents = look_at_own(course)
    before = {student.id: student for student in contents.students}
    added, changed, unchanged = [], [], []
    differences = {}
    for student in students:
        if student.id not in before:
            added.append(student)
            continue
        known = {field: value for field, value in asdict(student).items() if value}
        merged = replace(before[student.id], **known)
        others = tuple(
            field for field, value in asdict(before[student.id]).items()
            if value != getattr(merged, field)
        )  # fmt: skip
        if others:
            changed.append(merged)
            differences[student.id] = others
        else:
            unchanged.append(merged)
    if added or changed:
        back_up(course, course.root / "grading" / "backups", say)
        try:
            with course.gradebook() as gradebook:
                for student in added:
                    values = {field: value or None for field, value in asdict(student).items()}
                    gradebook.db.add(Enrolled(**values))
                for student in changed:
                    enrolled = gradebook.find_student(student.id)
                    for field in FIELDS[1:]:
                        setattr(enrolled, field, getattr(student, field) or None)
                gradebook.db.commit()  # all or nobody
        except (SQLAlchemyError, InvalidEntry) as error:
            reason = str(getattr(error, "orig", None) or error).splitlines()[0]
            raise GradingError(
                f"The gradebook {shown_url(course)} cannot be written ({reason}): end what else "
                "uses it, or look at its permissions. Nobody was enrolled."
            ) from error
    listed = {student.id for student in students}
    return Enrolment(
        *(tuple(sorted(each.id for each in group)) for group in (added, changed, unchanged)),
        tuple(sorted(set(before) - listed)),
        dict(sorted(differences.items())),
    )


# The three forms ----------------------------------------------------------------------------------


def _wrong_header(table: Table, path: Path) -> GradingError:
    return GradingError(
        f"{path} has the columns {', '.join(table.header) or '(none)'}; expected are {_EXPECTED}."
    )


def _as_it_is(table: Table, path: Path) -> list[tuple[Row, Student]]:
    columns = {field: table.column(field) for field in FIELDS}
    unknown = [name for name in table.header if name and name.casefold() not in FIELDS]
    if columns["id"] is None or unknown:
        raise _wrong_header(table, path)
    listed = []
    for row in table.rows:
        values = {field: row.get(name) for field, name in columns.items() if name}
        # Spaces at its ends are said, not taken away: elsewhere the id may have them too.
        listed.append((row, Student(**values | {"id": row.cells.get(columns["id"], "")})))
    return listed


def _of_canvas(table: Table, path: Path) -> tuple[list[tuple[Row, Student]], list[str]]:
    name, first, last, lms = map(table.column, ("Student", "FirstName", "LastName", "ID"))
    if lms is None or (name is None and (first is None or last is None)):
        raise _wrong_header(table, path)
    rows, notes = [], []
    for row in table.rows:
        shown = row.get(name) if name else f"{row.get(last)}, {row.get(first)}"
        if not row.get(lms):  # "Points Possible", and marks of columns that are not posted
            continue
        if shown in ("Student, Test", "Test Student"):
            notes.append(f"Left out: “{shown}”, which is Canvas' own way to look at a course.")
            continue
        rows.append((row, shown))
    column = _full_column(table, [row for row, _ in rows], _CANVAS_IDS)
    listed = []
    for row, shown in rows:
        shown = shown.removeprefix("'")
        family, comma, given = (part.strip() for part in shown.partition(","))
        if not comma:
            given, _, family = (part.strip() for part in shown.rpartition(" "))
        listed.append((row, Student(
            row.cells.get(column, ""), given, family, lms_user_id=row.get(lms)
        )))  # fmt: skip
    return listed, notes


def _of_moodle(table: Table, path: Path) -> list[tuple[Row, Student]]:
    first, full, mail = map(table.column, ("First name", "Full name", "Email address"))
    last = table.column("Last name") or table.column("Surname")
    if full is None and (first is None or last is None):
        raise _wrong_header(table, path)
    column = _full_column(table, table.rows, _MOODLE_IDS)
    listed = []
    for row in table.rows:
        if first and last:
            given, family = row.get(first), row.get(last)
        else:
            given, _, family = row.get(full).rpartition(" ")
        listed.append((row, Student(
            row.cells.get(column, ""),
            given,
            family,
            row.get(mail) if mail else "",
        )))  # fmt: skip
    return listed


def _full_column(table: Table, rows: Sequence[Row], names: Sequence[str]) -> str:
    """Return the first column in which each row has something, or the first that there is."""
    found = [column for name in names if (column := table.column(name))]
    full = [name for name in found if all(row.get(name) for row in rows)]
    return (full or found)[0]


def _check(listed: Sequence[tuple[Row, Student]], path: Path) -> None:
    seen: dict[str, tuple[Row, str]] = {}
    for row, student in listed:
        if problem := id_problem(student.id):
            raise GradingError(
                f"Row {row.number} of {path}: the id {student.id!r} {problem}, so it cannot be the "
                "name of a folder; change it there."
            )
        for field in FIELDS[1:]:
            if len(getattr(student, field)) > LONGEST:
                raise GradingError(
                    f"Row {row.number} of {path}: {field} has more than {LONGEST} characters, "
                    "which is all that the gradebook keeps; shorten it."
                )
        # On many disks, folders that differ in case only are one.
        other, spelt = seen.setdefault(student.id.casefold(), (row, student.id))
        if other is not row:
            case = "" if spelt == student.id else f" ({spelt}, but for capitals)"
            raise GradingError(
                f"Rows {other.number} and {row.number} of {path} have the same id {student.id}"
                f"{case}: each student needs one of their own."
            )


def _spaces(listed: Sequence[tuple[Row, Student]], path: Path) -> Iterator[str]:
    """Warn of ids that make a folder, but a troublesome one."""
    spaced = [(row, student.id) for row, student in listed if re.search(r"\s", student.id)]
    if spaced:
        shown = ", ".join(f"{id!r} (row {row.number})" for row, id in spaced[:MOST_SHOWN])
        more = f" and {len(spaced) - MOST_SHOWN} more" if len(spaced) > MOST_SHOWN else ""
        yield (
            f"{counted(len(spaced), 'id')} in {path.name} with a space: {shown}{more}. Commands "
            "need quotation marks around such an id, and in the graded quiz students must type it "
            "with just that space: better take ids without, before the first work comes in."
        )
