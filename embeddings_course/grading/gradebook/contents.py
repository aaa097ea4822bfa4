"""Who and what is in a gradebook, without making or changing one.

nbgrader's own ``Gradebook`` makes a data base where there is none, and writes the course's id into
one of another course. What looks before it writes looks here.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from embeddings_course._shared.messages import Message
from embeddings_course.grading.course import Course
from embeddings_course.grading.errors import GradingError
from embeddings_course.quiz.graded_answers import bare_name

# What nbgrader calls a course that nobody named.
_UNNAMED = frozenset({"", "default_course"})


@dataclass(frozen=True)
class Student:
    """A student, with the fields that nbgrader has for one; an empty text is an unknown value."""

    id: str
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    lms_user_id: str = ""

    @property
    def full_name(self) -> str:
        """First and last name, as far as they are known."""
        return f"{self.first_name} {self.last_name}".strip()


@dataclass(frozen=True)
class Contents:
    """What a gradebook holds; nothing at all if there is none."""

    exists: bool
    courses: frozenset[str] = frozenset()
    students: tuple[Student, ...] = ()
    assignments: tuple[str, ...] = ()


def students_with_points(gradebook: Any, assignment: str) -> set[str]:
    """Return who has points on an assignment, be it 0; an extension alone gives none."""
    from nbgrader.api import Assignment, Grade, SubmittedAssignment, SubmittedNotebook
    from sqlalchemy import or_

    rows = (
        gradebook.db.query(SubmittedAssignment.student_id)
        .join(SubmittedNotebook, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
        .join(Grade, Grade.notebook_id == SubmittedNotebook.id)
        .join(Assignment, SubmittedAssignment.assignment_id == Assignment.id)
        .filter(Assignment.name == assignment)
        .filter(or_(Grade.auto_score.isnot(None), Grade.manual_score.isnot(None)))
        .distinct()
    )
    return {student for (student,) in rows}


def other_names(gradebook: Any, student_id: str) -> list[str]:
    """Return what else a student may have typed for an id, and nobody else in the gradebook.

    Parameters
    ----------
    gradebook : nbgrader.api.Gradebook
        An open one.
    student_id : str
        Whose names.

    Returns
    -------
    list of str
        Id, e-mail address, number of the platform, first and last name in either order, as
        :func:`~embeddings_course.quiz.graded_answers.bare_name` writes them; none that two
        students have.
    """
    from nbgrader.api import Student as Enrolled

    columns = [Enrolled.__table__.c[field] for field in Student.__dataclass_fields__]
    owners: dict[str, set[str]] = defaultdict(set)
    for row in gradebook.db.query(*columns):
        student = Student(*(value or "" for value in row))
        names = [student.id, student.email, student.lms_user_id]
        if student.first_name and student.last_name:
            names += [student.full_name, f"{student.last_name} {student.first_name}"]
        for name in filter(None, map(bare_name, names)):
            owners[name].add(student.id)
    return sorted(name for name, ids in owners.items() if ids == {student_id})


def shown_url(course: Course) -> str:
    """Return the address of the gradebook as it may be shown: a file, or without a password."""
    import sqlalchemy

    try:
        url = sqlalchemy.make_url(course.db_url)
        if url.get_backend_name() == "sqlite":
            return str(url.database)
        # Some write it behind the question mark.
        hidden = {name: "hidden" for name in url.query if "pass" in name.lower()}
        return url.update_query_dict(hidden).render_as_string(hide_password=True)
    except sqlalchemy.exc.SQLAlchemyError:
        return "that --db or the settings name"


def look(course: Course) -> Contents:
    """Read what a gradebook holds.

    Parameters
    ----------
    course : Course
        Whose gradebook.

    Returns
    -------
    Contents
        Students sorted by id, assignments by name.

    Raises
    ------
    GradingError
        If it cannot be read, or is not a gradebook.
    """
    import sqlalchemy
    from nbgrader.api import Assignment
    from nbgrader.api import Course as Named
    from nbgrader.api import Student as Enrolled

    try:
        url = sqlalchemy.make_url(course.db_url)
        local = url.get_backend_name() == "sqlite"
        if local and not Path(url.database or "").exists():
            return Contents(exists=False)
        engine = sqlalchemy.create_engine(url)
        try:
            with engine.connect() as connection:
                tables = set(sqlalchemy.inspect(connection).get_table_names())
                if not tables:
                    return Contents(exists=False)
                if not {"student", "assignment"} <= tables:
                    raise GradingError(
                        f"{shown_url(course)} is a data base, but no gradebook of nbgrader: name "
                        "another one with --db."
                    )
                columns = sqlalchemy.select(*(
                    Enrolled.__table__.c[field] for field in Student.__dataclass_fields__
                ))  # fmt: skip
                students = [
                    Student(*(value or "" for value in row)) for row in connection.execute(columns)
                ]
                names = connection.scalars(sqlalchemy.select(Assignment.__table__.c.name)).all()
                courses: list[str] = []
                if "course" in tables:
                    ids = sqlalchemy.select(Named.__table__.c.id)
                    courses = list(connection.scalars(ids).all())
        finally:
            engine.dispose()
    except (sqlalchemy.exc.SQLAlchemyError, ImportError, OSError) as error:
        reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        raise GradingError(
            Message(
                "gradebook-unreadable",
                f"The gradebook {shown_url(course)} cannot be read ({reason}): look whether it is "
                "the right one; one of an older nbgrader needs `nbgrader db upgrade`.",
            )
        ) from error
    return Contents(
        True,
        frozenset(courses) - _UNNAMED,
        tuple(sorted(students, key=lambda student: student.id)),
        tuple(sorted(names)),
    )


def look_at_own(course: Course) -> Contents:
    """Read what a gradebook holds, and refuse one of another course.

    Raises
    ------
    GradingError
        As :func:`look`; and if the gradebook says that it belongs to another course.
    """
    contents = look(course)
    ours = course.api.coursedir.course_id
    if contents.courses and ours not in _UNNAMED and ours not in contents.courses:
        raise GradingError(
            Message(
                "gradebook-of-another-course",
                f"The gradebook {shown_url(course)} is of the course "
                f"{', '.join(sorted(contents.courses))}, not of {ours}: name the right one with "
                "--db, or the right folder with --course.",
            )
        )
    return contents
