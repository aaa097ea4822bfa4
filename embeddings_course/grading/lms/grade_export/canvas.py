"""Grades as Canvas imports them: by its own columns, taken from its export."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from pathlib import Path

from embeddings_course._shared.messages import Message
from embeddings_course.grading.csv_files import Row, Table, read_table
from embeddings_course.grading.errors import GradingError
from embeddings_course.grading.gradebook.contents import Student
from embeddings_course.grading.lms.grade_export.grades import Grades

_CANVAS = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")
# Columns that Canvas may put among them.
_CANVAS_ALSO = ("LastName", "FirstName", "Integration ID", "Root Account")
_POINTS = "points possible"


def for_canvas(
    grades: Grades, roster: Path | None, output: Path, notes: list[str]
) -> tuple[list[str], list[list[object]]]:
    """Return the header and the rows that Canvas imports."""
    if roster is None:
        raise GradingError(
            Message(
                "canvas-needs-roster",
                "Canvas knows students by numbers of its own: export its gradebook (Grades, "
                "Export) and name the file with --roster.",
            )
        )
    if output.resolve() == roster.resolve():
        raise GradingError(f"{output} is the roster itself: name another --output.")
    table = read_table(roster)
    identity, login, sis = _identity(table, roster)
    possible = _possible(table, roster)
    titles = _titles(table, grades.assignments, roster, notes)
    _compare_points(possible, titles, grades, notes)
    points = [grades.max_scores[name] for name in titles]
    number = table.column("ID")
    rows: list[list[object]] = [
        ["    Points Possible", *[None] * (len(identity) - 1), *points],
    ]
    found, strangers = set(), []
    for row in table.rows:
        who = row.get(identity[0]).removeprefix("'")
        if not row.get(number) or _is_points(row) or who in ("Student, Test", "Test Student"):
            continue
        student = _student(row, number, login, sis, grades.students)
        # What Canvas itself has put before a formula is not to be there twice.
        cells: list[object] = [row.get(name).removeprefix("'") or None for name in identity]
        if student is None:
            strangers.append(who)
            scores: list[float | None] = [None] * len(titles)
        else:
            if student.id in found:
                raise GradingError(
                    f"{roster} has {student.id} in two rows, the second being {row.number}: "
                    "export Canvas' gradebook again, or look at lms_user_id in the class list."
                )
            found.add(student.id)
            scores = [grades.score(student.id, name) for name in grades.assignments]
        rows.append([*cells, *scores])
    if strangers:
        notes.append(f"On Canvas' roster, but not in the gradebook: {'; '.join(strangers)}.")
    if absent := [student.id for student in grades.students if student.id not in found]:
        notes.append(f"Not on Canvas' roster, and so not in the file: {', '.join(absent)}.")
    if not found:
        raise GradingError(
            f"Nobody on {roster} is in the gradebook: its column ID must be the students' "
            "lms_user_id here, or SIS Login ID or SIS User ID their id; `course students` takes "
            "the same file."
        )
    return [*identity, *titles.values()], rows


def _possible(table: Table, roster: Path) -> Row:
    """Return the row that says how many points Canvas gives."""
    row = next(filter(_is_points, table.rows), None)
    if row is None:
        raise GradingError(
            f"{roster} has no row “Points Possible” below its header, as Canvas' own export does: "
            "export the gradebook again (Grades, Export), and do not edit the file."
        )
    return row


def _compare_points(
    possible: Row, titles: dict[str, str], grades: Grades, notes: list[str]
) -> None:
    """Say for which assignments Canvas gives other points than the gradebook."""
    for name, title in titles.items():
        there = possible.get(title)
        if there and _number(there) != grades.max_scores[name]:
            notes.append(
                f"Canvas gives {there} points for {title}, the gradebook here "
                f"{grades.max_scores[name]:g}: set Canvas' points to that, or grades will look "
                "better or worse than they are."
            )


def _identity(table: Table, roster: Path) -> tuple[list[str], str | None, str | None]:
    """Return the columns that say who a student is, as the roster has them, in its order."""
    known = {name.casefold() for name in (*_CANVAS, *_CANVAS_ALSO)}
    columns = [name for name in table.header if name.casefold() in known]
    have = {name.casefold() for name in columns}
    named = "student" in have or {"lastname", "firstname"} <= have
    # Who may not see the numbers of the university gets an export without them.
    if not named or not {"id", "sis login id", "section"} <= have:
        raise GradingError(
            Message(
                "roster-columns",
                f"{roster} has the columns {', '.join(table.header[:8]) or '(none)'}; expected is "
                f"Canvas' export of its gradebook, with {', '.join(_CANVAS)}: export it again "
                "(Grades, Export).",
            )
        )
    return columns, table.column("SIS Login ID"), table.column("SIS User ID")


def _is_points(row: Row) -> bool:
    return any(cell.strip().casefold() == _POINTS for cell in list(row.cells.values())[:1])


def _titles(table: Table, names: Sequence[str], roster: Path, notes: list[str]) -> dict[str, str]:
    """Return Canvas' title of each assignment, ``Name (12345)``, or our name for a new one.

    A title spelt as our name is comes first; else the one that differs in capitals, hyphens,
    underscores and spaces only, if there is exactly one and no other assignment wants it.
    """
    stems = {
        title: stem
        for title in table.header
        for stem, opened, number in [title.rpartition(" (")]
        if opened and number.removesuffix(")").isdigit()
    }
    exact = {
        name: [title for title, stem in stems.items() if stem.casefold() == name.casefold()]
        for name in names
    }
    taken = {title for found in exact.values() for title in found}
    titles = {}
    for name in names:
        found = exact[name] or [
            title
            for title, stem in stems.items()
            if title not in taken and _squeezed(stem) == _squeezed(name)
        ]
        wanted = [other for other in names if _squeezed(other) == _squeezed(name)]
        if len(found) == 1 and (exact[name] or wanted == [name]):
            titles[name] = found[0]
            if not exact[name]:
                notes.append(f"{name} goes to {found[0]}, Canvas' assignment.")
            continue
        titles[name] = name
        if found:
            notes.append(
                f"{roster.name} has {' and '.join(found)}, and nothing says which is {name}, so "
                "Canvas will make a new assignment of it: rename the others there and export its "
                "gradebook again."
            )
        else:
            near = ", ".join(_near(name, stems))
            notes.append(
                f"No column of {roster.name} is called {name}, so Canvas will make a new "
                f"assignment of it{f'; near: {near}' if near else ''}."
            )
    return titles


def _near(name: str, stems: dict[str, str]) -> list[str]:
    """Return up to three titles that look like a name."""
    like = difflib.SequenceMatcher(b=_squeezed(name))
    close = {}
    for title, stem in stems.items():
        like.set_seq1(_squeezed(stem))
        close[title] = like.ratio()
    return [
        title for title in sorted(close, key=close.__getitem__, reverse=True) if close[title] >= 0.6
    ][:3]


def _squeezed(name: str) -> str:
    return re.sub(r"[-_\s]+", "", name).casefold()


def _student(
    row: Row, number: str | None, login: str | None, sis: str | None, students: Sequence[Student]
) -> Student | None:
    for student in students:
        if student.lms_user_id and student.lms_user_id == row.get(number):
            return student
    for column in (login, sis, number):
        for student in students:
            if column and student.id == row.get(column):
                return student
    for student in students:
        if login and student.email and student.email.casefold() == row.get(login).casefold():
            return student
    return None


def _number(text: str) -> float | None:
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return None
