"""``course students``: the class list goes into the gradebook.

A list is a CSV file in one of three forms, told apart by their headers:

- nbgrader's own fields: ``id``, and as many as you like of ``first_name``, ``last_name``,
  ``email``, ``lms_user_id``;
- the gradebook export of Canvas (*Grades*, *Export*): ``Student`` (or ``LastName`` and
  ``FirstName``), ``ID``, ``SIS User ID``, ``SIS Login ID``, ``Section``, then anything. ``ID``
  becomes the ``lms_user_id``, by which downloads of submissions name students;
- a list of Moodle in English, German, French or Spanish, from *Grades*, *Export*, *Plain text
  file*, or from the page of participants: ``First name``, ``Last name`` or ``Surname``, and one at
  least of ``ID number``, ``Username`` and ``Email address``. The grading worksheet of an assignment
  will do, too: ``Full name`` is split at its last space, which is a guess, so it replaces no name
  that the gradebook has. Its ``Identifier``, as in ``Participant 1234567``, is of that assignment
  only.

A student's id names a folder. In an export of Canvas it is the ``SIS Login ID``, else the
``SIS User ID``, else the ``ID``; in one of Moodle the ``ID number``, else the ``Username``, else
the ``Email address``: the one that has the ids of students in the gradebook, else the first that is
filled in at all. It is the same for everybody: a student without one is recognised by the e-mail
address or the platform's number, if the gradebook has it, and else the list is refused.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from embeddings_course._shared.messages import Message
from embeddings_course._shared.text import counted
from embeddings_course.grading.csv_files import Row, Table, folded, read_table
from embeddings_course.grading.errors import GradingError
from embeddings_course.grading.gradebook.contents import Student
from embeddings_course.grading.gradebook.enrol import FIELDS, MOST_SHOWN, some
from embeddings_course.grading.lms.moodle import PEOPLE, columns_in

LONGEST = 128
"""Characters that nbgrader's gradebook keeps of a field."""
_CANVAS_IDS = ("SIS Login ID", "SIS User ID", "ID")
_MOODLE_IDS = ("ID number", "Username", "Email address")
# In Moodle's worksheet, where a list of one's own has an id.
_PARTICIPANT = re.compile(r"[^\W\d][^\d]{4,}\d+")
# What spreadsheets make of long numbers, of whole ones, of what does not fit, of what is text.
_SPREADSHEET = re.compile(
    r"\d+([.,]\d+)?E\+\d+|\d+[.,]\d+E\d+|\d+[.,]0+|#+|#[A-Z]+[/!?][A-Z0?]*|'\d.*|=.*",
    re.IGNORECASE,
)
_EXACT_DIGITS = 15
"""So many digits of a number are kept by a spreadsheet; those after them become zeros."""
# Not in names of folders everywhere; brackets have a meaning where nbgrader looks for folders.
_NO_FOLDER = re.compile(r'[<>:"|?*\[\]\x00-\x1f\x7f]')
_UNSEEN = ("Cf", "Zl", "Zp")  # of zero width, for the direction of a text, for the end of a line
_EXPECTED = (
    f"id and, if you like, {', '.join(FIELDS[1:])}; or an export of Canvas (Student, ID, SIS User "
    "ID, SIS Login ID, Section) or Moodle (First name, Last name, ID number, Email address; in "
    "English, German, French or Spanish)"
)


@dataclass(frozen=True)
class ClassList:
    """A class list that was read, and the lines about what it leaves out.

    ``guessed`` are the ids of those whose first and last name were split by a guess.
    """

    students: tuple[Student, ...]
    form: str
    notes: tuple[str, ...] = ()
    guessed: frozenset[str] = frozenset()


def read_class_list(
    path: Path, *, known: Sequence[Student] = (), id_column: str | None = None
) -> ClassList:
    """Read a class list.

    Parameters
    ----------
    path : Path
        A CSV file in one of the forms above.
    known : sequence of Student
        Who is in the gradebook: the ids are looked for among theirs.
    id_column : str, optional
        The column that has the ids in an export of Canvas or Moodle. Default: as said above.

    Returns
    -------
    ClassList
        In the order of the file.

    Raises
    ------
    GradingError
        If the header is another, there are no rows, a quotation mark is not closed, or an id is
        missing, twice on the list, rewritten by a spreadsheet, or cannot be the name of a folder.
    """
    table = read_table(path, line_breaks=False)
    _refuse_double_columns(table, path)
    moodle = _moodle_columns(table)
    notes: list[str] = []
    guessed: set[int] = set()
    if table.column("SIS Login ID") or table.column("SIS User ID"):
        form, listed = "Canvas", _of_canvas(table, path, notes, guessed)
        columns = [name for each in _CANVAS_IDS if (name := table.column(each))]
    elif moodle:
        form, listed = "Moodle", _of_moodle(table, moodle, guessed)
        columns = [moodle[each] for each in _MOODLE_IDS if each in moodle]
    else:
        form, listed, columns = "nbgrader", _as_it_is(table, path), []
    if not listed:
        raise GradingError(
            Message(
                "class-list-empty",
                f"{path} has a header and no students below it: give it a row for each student.",
            )
        )
    if columns:
        column = _id_column(table, [row for row, _ in listed], columns, path, known, id_column)
        listed = _with_ids(listed, column, columns, path, known, notes)
    elif id_column is not None:
        raise GradingError(
            Message(
                "id-column-not-needed",
                f"{path} is not an export of Canvas or Moodle, so its ids are in the column id: "
                "leave out --id-column.",
            )
        )
    _check(listed, path)
    return ClassList(
        tuple(student for _, student in listed),
        form,
        (*notes, *_spaces(listed, path)),
        frozenset(student.id for row, student in listed if row.number in guessed),
    )


def id_problem(student_id: str) -> Message | None:
    """Say why a text cannot be a student's id, as the end of a sentence; None if it can."""
    if not student_id.strip():
        return Message("id-empty", "is empty")
    if student_id != student_id.strip():
        return Message("id-with-outer-space", "begins or ends with a space")
    if "/" in student_id or "\\" in student_id:
        return Message("id-with-slash", "holds a slash")
    if student_id.startswith("."):
        return Message("id-begins-with-dot", "begins with a dot")
    if found := _NO_FOLDER.search(student_id):
        return Message("id-with-odd-character", f"holds the character {found[0]!r}")
    if unseen := [sign for sign in student_id if unicodedata.category(sign) in _UNSEEN]:
        return Message(
            "id-with-unseen-character",
            f"holds a character that nobody sees, U+{ord(unseen[0]):04X}",
        )
    if len(student_id) > LONGEST:
        return Message("id-too-long", f"has more than {LONGEST} characters")
    return None


# The three forms ----------------------------------------------------------------------------------
def _wrong_header(table: Table, path: Path) -> GradingError:
    return GradingError(
        Message(
            "class-list-columns",
            f"{path} has the columns {', '.join(table.header) or '(none)'}; expected are "
            f"{_EXPECTED}.",
        )
    )


def _refuse_double_columns(table: Table, path: Path) -> None:
    read = {*FIELDS, *_CANVAS_IDS, "Student", "LastName", "FirstName", *PEOPLE}
    read = {folded(name) for name in read.union(*PEOPLE.values())}
    seen: set[str] = set()
    for name in table.header:
        if folded(name) in read & seen:
            raise GradingError(
                Message(
                    "column-repeated",
                    f"{path} has the column {name} twice, and nobody can tell which is right: "
                    "take one out.",
                )
            )
        seen.add(folded(name))


def _as_it_is(table: Table, path: Path) -> list[tuple[Row, Student]]:
    columns = {field: table.column(field) for field in FIELDS}
    fields = {folded(field) for field in FIELDS}
    unknown = [name for name in table.header if name and folded(name) not in fields]
    if columns["id"] is None or unknown:
        raise _wrong_header(table, path)
    listed = []
    for row in table.rows:
        values = {field: row.get(name) for field, name in columns.items() if name}
        # Spaces at its ends are said, not taken away: elsewhere the id may have them too.
        listed.append((row, Student(**values | {"id": row.cells.get(columns["id"], "")})))
    return listed


def _of_canvas(
    table: Table, path: Path, notes: list[str], guessed: set[int]
) -> list[tuple[Row, Student]]:
    """Read who is on the list, still without ids; ``guessed`` gets rows whose names were split."""
    name, first, last, lms = map(table.column, ("Student", "FirstName", "LastName", "ID"))
    if lms is None or (name is None and (first is None or last is None)):
        raise _wrong_header(table, path)
    listed = []
    for row in table.rows:
        shown = row.get(name) if name else f"{row.get(last)}, {row.get(first)}"
        if not row.get(lms):  # "Points Possible", and marks of columns that are not posted
            continue
        if shown in ("Student, Test", "Test Student"):
            notes.append(f"Left out: “{shown}”, which is Canvas' own way to look at a course.")
            continue
        shown = shown.removeprefix("'")
        family, comma, given = (part.strip() for part in shown.partition(","))
        if not comma:
            given, _, family = (part.strip() for part in shown.rpartition(" "))
            guessed.add(row.number)
        listed.append((row, Student("", given, family, lms_user_id=row.get(lms))))
    return listed


def _moodle_columns(table: Table) -> dict[str, str]:
    """Return how the header spells Moodle's columns, by their English names; {} if it has others.

    In some languages the first column of Moodle's worksheet is called ID; no student has that id.
    """
    columns = columns_in(table, PEOPLE)
    named = "Full name" in columns or {"First name", "Last name"} <= columns.keys()
    if not named or not any(name in columns for name in _MOODLE_IDS):
        return {}
    own = table.column("id")
    if own is not None and not all(_PARTICIPANT.fullmatch(row.get(own)) for row in table.rows):
        return {}
    return columns


def _of_moodle(
    table: Table, columns: dict[str, str], guessed: set[int]
) -> list[tuple[Row, Student]]:
    """Read who is on the list, still without ids; ``guessed`` gets rows whose names were split."""
    listed = []
    for row in table.rows:
        if {"First name", "Last name"} <= columns.keys():
            given, family = row.get(columns["First name"]), row.get(columns["Last name"])
        else:
            given, _, family = row.get(columns["Full name"]).rpartition(" ")
            guessed.add(row.number)
        mail = row.get(columns["Email address"]) if "Email address" in columns else ""
        listed.append((row, Student("", given.strip(), family, mail)))
    return listed


# Their ids ----------------------------------------------------------------------------------------
def _id_column(
    table: Table,
    rows: Sequence[Row],
    columns: Sequence[str],
    path: Path,
    known: Sequence[Student],
    wanted: str | None,
) -> str:
    """Return the column of the ids: the one asked for, the gradebook's, the first filled in."""
    if wanted is not None:
        if (column := table.column(wanted)) is None:
            raise GradingError(
                Message(
                    "id-column-unknown",
                    f"{path} has no column {wanted}; it has "
                    f"{', '.join(filter(None, table.header))}.",
                )
            )
        return column
    ids = {student.id.casefold() for student in known}
    filled = [column for column in columns if any(row.get(column) for row in rows)]
    return max(
        filled or columns[:1],
        key=lambda column: sum(row.get(column).casefold() in ids for row in rows),
    )


def _with_ids(
    listed: Sequence[tuple[Row, Student]],
    column: str,
    columns: Sequence[str],
    path: Path,
    known: Sequence[Student],
    notes: list[str],
) -> list[tuple[Row, Student]]:
    """Give everybody the id of the column; a row without one may be of somebody who is known."""
    complete, missing = [], []
    for row, student in listed:
        student_id = row.cells.get(column, "")
        if not student_id.strip():
            same = {each.id for each in known if _has_mail_or_number_of(each, student)}
            if len(same) == 1:
                student_id = same.pop()
                notes.append(
                    f"Row {row.number} has no {column}: {student.full_name} is {student_id} in the "
                    "gradebook, with the same e-mail address or number."
                )
            else:
                missing.append(f"{row.number} ({student.full_name or 'no name'})")
        complete.append((row, replace(student, id=student_id)))
    if missing:
        full = [
            name for name in columns if name != column and all(row.get(name) for row, _ in listed)
        ]
        other = f", or take another column for everybody: --id-column {full[0]!r}" if full else ""
        raise GradingError(
            Message(
                "class-ids-missing",
                f"{path} has no {column}, which is the others' id, in row {some(missing)}: fill it "
                f"in, or take the row out (a teacher's, perhaps){other}. Nobody was enrolled.",
            )
        )
    notes.append(f"The students' id is what the column {column} holds.")
    return complete


def _has_mail_or_number_of(known: Student, student: Student) -> bool:
    mail = student.email.casefold()
    return bool(mail and mail == known.email.casefold()) or bool(
        student.lms_user_id and student.lms_user_id == known.lms_user_id
    )


def _check(listed: Sequence[tuple[Row, Student]], path: Path) -> None:
    seen: dict[str, tuple[Row, str]] = {}
    numbers: dict[str, Row] = {}
    _refuse_rewritten(listed, path)
    for row, student in listed:
        if problem := id_problem(student.id):
            raise GradingError(
                problem.within(
                    f"Row {row.number} of {path}: the id {student.id!r} ",
                    ", so it cannot be the name of a folder; change it there.",
                )
            )
        for field in FIELDS[1:]:
            if len(getattr(student, field)) > LONGEST:
                raise GradingError(
                    f"Row {row.number} of {path}: {field} has more than {LONGEST} characters, "
                    "which is all that the gradebook keeps; shorten it."
                )
        # On many disks, folders that differ in case only are one.
        same = unicodedata.normalize("NFC", student.id).casefold()
        other, spelt = seen.setdefault(same, (row, student.id))
        if other is not row:
            but = "capitals" if spelt.casefold() == student.id.casefold() else "stored accents"
            case = "" if spelt == student.id else f" ({spelt}, but for {but})"
            raise GradingError(
                Message(
                    "class-ids-repeated",
                    f"Rows {other.number} and {row.number} of {path} have the same id {student.id}"
                    f"{case}: each student needs one of their own.",
                )
            )
        number = student.lms_user_id
        if number and (before := numbers.setdefault(number, row)) is not row:
            raise GradingError(
                Message(
                    "class-number-repeated",
                    f"Rows {before.number} and {row.number} of {path} have the same number of the "
                    f"platform (lms_user_id), {number}: it is of one person; correct it, or "
                    "leave it out.",
                )
            )


def _refuse_rewritten(listed: Sequence[tuple[Row, Student]], path: Path) -> None:
    """Refuse numbers that a spreadsheet has changed: the true ones cannot be told from them."""
    for field, what in (("id", "the id"), ("lms_user_id", "the platform's number")):
        values = [(row.number, getattr(student, field).strip()) for row, student in listed]
        wrong = [each for each in values if _SPREADSHEET.fullmatch(each[1])]
        long = [each for each in values if each[1].isdecimal() and len(each[1]) > _EXACT_DIGITS]
        if len(long) > 1 and not any(value[_EXACT_DIGITS:].strip("0") for _, value in long):
            wrong = wrong or long
        if wrong:
            number, value = wrong[0]
            more = f", and {len(wrong) - 1} more like it" if len(wrong) > 1 else ""
            raise GradingError(
                Message(
                    "class-number-rewritten",
                    f"Row {number} of {path}: {what} {value!r} is what a spreadsheet makes of a "
                    f"number when it opens a file{more}; the true one cannot be told from it. "
                    "Export the list again and enrol that file before a spreadsheet saves it, or "
                    "import it there with the column as text (in Excel: Data, From Text/CSV). "
                    "Nobody was enrolled.",
                )
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
