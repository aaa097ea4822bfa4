"""``course grades export``: points for Canvas, for Moodle, or as a table of one line each.

Points are those after the penalty for lateness, as nbgrader's own export has them. A submission
that is missing, cannot be read, or could not be graded is no zero: its cell is empty.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from embeddings_course._shared.text import counted
from embeddings_course.grading.course import Course
from embeddings_course.grading.csv_files import Row, Table, read_table, write_table
from embeddings_course.grading.gradebook.contents import (
    Contents,
    Student,
    look_at_own,
    shown_url,
    students_with_points,
)
from embeddings_course.grading.gradebook.late_penalties import renew_penalties
from embeddings_course.grading.submission_record import ENDED, GradingError
from embeddings_course.grading.submissions.status import NOT_GRADED, Standing, read_standings

FORMATS = ("canvas", "moodle", "csv")
TIDY = (
    "assignment",
    "duedate",
    "timestamp",
    "student_id",
    "last_name",
    "first_name",
    "email",
    "raw_score",
    "late_submission_penalty",
    "score",
    "max_score",
    "state",
)
"""Columns of the table: those of nbgrader's export, and the state from ``grading/NAME.json``."""

_CANVAS = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")
# Columns that Canvas may put among them.
_CANVAS_ALSO = ("LastName", "FirstName", "Integration ID", "Root Account")
_POINTS = "points possible"


@dataclass(frozen=True)
class Grade:
    """What one student has for one assignment; points are None unless there are some.

    ``has_problem`` is true where grading came to an end, but with a problem, as when a quiz had no
    answers.
    """

    student: Student
    assignment: str
    state: str
    raw_score: float | None = None
    penalty: float | None = None
    score: float | None = None
    timestamp: datetime | None = None
    needs_manual_grade: bool = False
    has_problem: bool = False


@dataclass(frozen=True)
class Grades:
    """All grades of some assignments."""

    assignments: tuple[str, ...]
    max_scores: dict[str, float]
    due_dates: dict[str, datetime | None]
    students: tuple[Student, ...]
    grades: dict[tuple[str, str], Grade]

    def score(self, student: str, assignment: str) -> float | None:
        """Return a student's points after the penalty, None for an empty cell."""
        return self.grades[student, assignment].score


def read_grades(
    course: Course,
    assignments: Sequence[str] = (),
    *,
    missing_as_zero: bool = False,
    partial: bool = False,
    say: Callable[[str], None] = print,
) -> Grades:
    """Read grades from the gradebook, and the state of each submission from ``grading/``.

    Penalties for lateness are worked out anew first: points may have changed since grading.

    Parameters
    ----------
    course : Course
        Whose.
    assignments : sequence of str
        Which; by default all of which something is graded.
    missing_as_zero : bool
        Whether who has handed in nothing, or nothing that can be read, has 0 points. A submission
        whose grading failed, or that is of another assignment, has none in either case.
    partial : bool
        Whether to take the points so far where a person has not graded an answer yet.
    say : callable
        Gets a line for each penalty that is another one now, and one about what has been handed
        in since it was graded.

    Raises
    ------
    GradingError
        If there is no gradebook, no such assignment, nothing graded, or an answer that a person
        must still grade.
    """
    contents = look_at_own(course)
    if not contents.exists:
        raise GradingError(
            f"There is no gradebook {shown_url(course)}: grade first, with `course grade NAME`."
        )
    if unknown := [name for name in assignments if name not in contents.assignments]:
        raise GradingError(
            f"There is no assignment {', '.join(unknown)} in the gradebook {shown_url(course)}; "
            f"it has {', '.join(contents.assignments) or 'none'}."
        )
    names = list(dict.fromkeys(assignments or contents.assignments))
    for name in names:
        for sentence in renew_penalties(course, name):
            say(f"{name}: {sentence}")
    grades: dict[tuple[str, str], Grade] = {}
    max_scores, due_dates, since = {}, {}, {}
    with course.gradebook() as gradebook:
        for name in names:
            assignment = gradebook.find_assignment(name)
            max_scores[name], due_dates[name] = assignment.max_score, assignment.duedate
            standings = read_standings(course, name)
            found = _grades(gradebook, name, standings, contents, missing_as_zero)
            grades |= {(grade.student.id, name): grade for grade in found}
            since[name] = _handed_in_since(standings, found)
    graded = {grade.assignment for grade in grades.values() if grade.state in ENDED}
    empty = [name for name in names if name not in graded]
    if not graded or (assignments and empty):
        raise GradingError(
            f"Nothing of {', '.join(empty) or 'any assignment'} has been graded: run `course "
            f"grade {empty[0] if empty else 'NAME'}` first."
        )
    names = [name for name in names if name in graded]
    for name in names:
        if who := since[name]:
            say(
                f"{name}: {counted(len(who), 'student has', 'students have')} handed in since it "
                f"was graded: {', '.join(who[:10])}{' and others' if len(who) > 10 else ''}. Run "
                f"`course grade {name}` first."
            )
    waiting = [
        grade for grade in grades.values() if grade.needs_manual_grade and grade.assignment in names
    ]
    if waiting and not partial:
        who = sorted({f"{grade.student.id} ({grade.assignment})" for grade in waiting})
        more = f" and {len(who) - 5} more" if len(who) > 5 else ""
        raise GradingError(
            f"{counted(len(who), 'submission waits', 'submissions wait')} for a person to grade "
            f"{'it' if len(who) == 1 else 'them'}: {', '.join(who[:5])}{more}. "
            "Do it in the formgrader (`jupyter lab`, Nbgrader, Formgrader), or take the points so "
            "far with --partial."
        )
    return Grades(tuple(names), max_scores, due_dates, contents.students, grades)


def _grades(
    gradebook: Any,
    name: str,
    standings: Mapping[str, Standing],
    contents: Contents,
    missing_as_zero: bool,
) -> list[Grade]:
    submissions = {each.student_id: each for each in gradebook.assignment_submissions(name)}
    scored = students_with_points(gradebook, name)
    grades = []
    for student in contents.students:
        submission = submissions.get(student.id)
        standing = standings.get(student.id, Standing())
        state, record = standing.state, standing.record
        # nbgrader alone writes nothing else down. An extension makes a submission, too, before
        # anything is handed in.
        if record is None and student.id in scored:
            state = "graded"
        if state in ENDED and submission is not None:
            raw, penalty = submission.score, submission.late_submission_penalty
            grades.append(Grade(
                student, name, state, raw, penalty, max(0.0, raw - penalty), submission.timestamp,
                bool(submission.needs_manual_grade), bool(record and record.problems),
            ))  # fmt: skip
        elif missing_as_zero and state in ("missing", "unreadable"):
            grades.append(Grade(student, name, state, 0.0, 0.0, 0.0))
        else:
            grades.append(Grade(student, name, "missing" if state in ENDED else state))
    return grades


def _handed_in_since(standings: Mapping[str, Standing], grades: Sequence[Grade]) -> list[str]:
    """Name those whose points are not, or not yet, of what they have handed in."""
    graded = {grade.student.id for grade in grades if grade.state != NOT_GRADED}
    return [
        student
        for student, standing in standings.items()
        if standing.changed or (standing.state == NOT_GRADED and student not in graded)
    ]


def export(
    grades: Grades, form: str, output: Path, *, roster: Path | None = None
) -> tuple[str, ...]:
    """Write grades to a CSV file.

    Parameters
    ----------
    grades : Grades
        From :func:`read_grades`.
    form : {"canvas", "moodle", "csv"}
        ``canvas``: the columns by which Canvas knows students, taken from its own export, and one
        for each assignment, under Canvas' own name for it if the roster has it. ``moodle``: names,
        ``ID number``, ``Email address`` if there are any, and one for each assignment. ``csv``:
        one line for each student and assignment, with the columns of ``TIDY``.
    output : Path
        The file.
    roster : Path, optional
        Canvas' export of its gradebook, which ``canvas`` needs.

    Returns
    -------
    tuple of str
        Lines about who is left out, and why cells are empty.

    Raises
    ------
    GradingError
        If the roster is missing or is something else. Nothing was written then.
    """
    notes: list[str] = []
    if form == "canvas":
        header, rows = _for_canvas(grades, roster, output, notes)
    elif roster is not None:
        raise GradingError(f"--roster goes with --format canvas, not with {form}: leave it out.")
    elif form == "moodle":
        header, rows = _for_moodle(grades, notes)
    else:
        header, rows = list(TIDY), _tidy(grades)
    # Spreadsheets take a table for UTF-8 if a byte order mark says so; platforms need none.
    write_table(output, header, rows, marked=form == "csv")
    for name in grades.assignments:
        notes += _zeros(grades, name)
        empty: dict[str, list[str]] = {}
        for student in grades.students:
            grade = grades.grades[student.id, name]
            if grade.score is None:
                empty.setdefault(grade.state, []).append(student.id)
        notes += [
            f"{name}: no points for {len(who)} {state}: {', '.join(who[:10])}"
            f"{' and others' if len(who) > 10 else ''}."
            for state, who in sorted(empty.items())
        ]
        waiting = [s.id for s in grades.students if grades.grades[s.id, name].needs_manual_grade]
        if waiting:
            notes.append(
                f"{name}: points so far only, as a person has yet to grade {len(waiting)}: "
                f"{', '.join(waiting[:10])}{' and others' if len(waiting) > 10 else ''}."
            )
        zeros = [
            student.id
            for student in grades.students
            if (grade := grades.grades[student.id, name]).has_problem and grade.raw_score == 0
        ]
        if zeros:
            notes.append(
                f"{name}: 0 points, but with a problem that the report names: "
                f"{', '.join(zeros[:10])}{' and others' if len(zeros) > 10 else ''}."
            )
    return tuple(notes)


def _zeros(grades: Grades, name: str) -> list[str]:
    """Name everybody who has a zero only because it was asked for."""
    words = {
        "missing": "who handed in nothing",
        "unreadable": "who handed in something that is no notebook, or cannot be read",
    }
    given = {
        state: [
            student.id
            for student in grades.students
            if (grade := grades.grades[student.id, name]).state == state and grade.score is not None
        ]
        for state in words
    }
    return [
        f"{name}: 0 points, by --missing-as-zero, for {len(who)} {words[state]}: {', '.join(who)}."
        for state, who in given.items()
        if who
    ]


def _tidy(grades: Grades) -> list[list[object]]:
    rows: list[list[object]] = []
    for name in grades.assignments:
        for student in grades.students:
            grade = grades.grades[student.id, name]
            due, time = grades.due_dates[name], grade.timestamp
            rows.append([
                name,
                str(due) if due else None,
                str(time) if time else None,
                student.id,
                student.last_name,
                student.first_name,
                student.email,
                grade.raw_score,
                grade.penalty,
                grade.score,
                grades.max_scores[name],
                grade.state,
            ])  # fmt: skip
    return rows


def _for_moodle(grades: Grades, notes: list[str]) -> tuple[list[str], list[list[object]]]:
    mails = [student for student in grades.students if student.email]
    header = ["First name", "Last name", "ID number", *(["Email address"] if mails else [])]
    if mails and len(mails) < len(grades.students):
        without = [student.id for student in grades.students if not student.email]
        notes.append(
            f"Without an e-mail address: {', '.join(without)}. Let Moodle map by ID number."
        )
    rows = []
    for student in grades.students:
        row: list[object] = [student.first_name, student.last_name, student.id]
        if mails:
            row.append(student.email)
        rows.append([*row, *(grades.score(student.id, name) for name in grades.assignments)])
    return [*header, *grades.assignments], rows


def _for_canvas(
    grades: Grades, roster: Path | None, output: Path, notes: list[str]
) -> tuple[list[str], list[list[object]]]:
    if roster is None:
        raise GradingError(
            "Canvas knows students by numbers of its own: export its gradebook (Grades, Export) "
            "and name the file with --roster."
        )
    if output.resolve() == roster.resolve():
        raise GradingError(f"{output} is the roster itself: name another --output.")
    table = read_table(roster)
    identity, login, sis = _identity(table, roster)
    possible = [row for row in table.rows if _is_points(row)]
    if not possible:
        raise GradingError(
            f"{roster} has no row “Points Possible” below its header, as Canvas' own export does: "
            "export the gradebook again (Grades, Export), and do not edit the file."
        )
    titles = _titles(table, grades.assignments, roster, notes)
    points: list[object] = []
    for name, title in titles.items():
        there = possible[0].get(title)
        if there and _number(there) != grades.max_scores[name]:
            notes.append(
                f"Canvas gives {there} points for {title}, the gradebook here "
                f"{grades.max_scores[name]:g}: set Canvas' points to that, or grades will look "
                "better or worse than they are."
            )
        points.append(grades.max_scores[name])
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


def _identity(table: Table, roster: Path) -> tuple[list[str], str | None, str | None]:
    """Return the columns that say who a student is, as the roster has them, in its order."""
    known = {name.casefold() for name in (*_CANVAS, *_CANVAS_ALSO)}
    columns = [name for name in table.header if name.casefold() in known]
    have = {name.casefold() for name in columns}
    named = "student" in have or {"lastname", "firstname"} <= have
    # Who may not see the numbers of the university gets an export without them.
    if not named or not {"id", "sis login id", "section"} <= have:
        raise GradingError(
            f"{roster} has the columns {', '.join(table.header[:8]) or '(none)'}; expected is "
            f"Canvas' export of its gradebook, with {', '.join(_CANVAS)}: export it again (Grades, "
            "Export)."
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
    row: Row, number: str, login: str | None, sis: str | None, students: Sequence[Student]
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
