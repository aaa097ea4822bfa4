"""Put students into the gradebook, nobody twice."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import asdict, dataclass, fields, replace

from embeddings_course._shared.messages import Message
from embeddings_course._shared.text import counted
from embeddings_course.grading.course import Course
from embeddings_course.grading.csv_files import folded
from embeddings_course.grading.errors import GradingError
from embeddings_course.grading.gradebook.backup import back_up
from embeddings_course.grading.gradebook.contents import Student, look_at_own, shown_url

FIELDS = tuple(field.name for field in fields(Student))
MOST_SHOWN = 5


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


def enrol(
    course: Course,
    students: Sequence[Student],
    *,
    guessed: Collection[str] = (),
    say: Callable[[str], None] = print,
) -> Enrolment:
    """Put students into the gradebook; nobody is removed, and no value by an empty cell.

    Nobody gets a second place in it: who is there under another id is recognised by e-mail address
    and platform's number, and many at once by their names.

    Parameters
    ----------
    course : Course
        Whose gradebook; made if there is none.
    students : sequence of Student
        The class list.
    guessed : collection of str
        Ids of those whose names are guesses, which replace no name that is known.
    say : callable
        Gets a line about the copy of the gradebook that is made first, and about namesakes.

    Raises
    ------
    GradingError
        If the gradebook is of another course or cannot be read, or holds students of the list under
        another id. Nothing was changed then.
    """
    from nbgrader.api import InvalidEntry
    from nbgrader.api import Student as Enrolled
    from sqlalchemy.exc import SQLAlchemyError

    contents = look_at_own(course)
    before = {student.id: student for student in contents.students}
    _refuse_second_ids(students, before, say)
    added, changed, unchanged = [], [], []
    differences = {}
    for student in students:
        if student.id not in before:
            added.append(student)
            continue
        known = {field: value for field, value in asdict(student).items() if value}
        if student.id in guessed and before[student.id].full_name:
            known = {key: known[key] for key in known if key not in ("first_name", "last_name")}
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
                Message(
                    "gradebook-not-writable",
                    f"The gradebook {shown_url(course)} cannot be written ({reason}): end what "
                    "else uses it, or look at its permissions. Nobody was enrolled.",
                )
            ) from error
    listed = {student.id for student in students}
    return Enrolment(
        added=_ids(added),
        changed=_ids(changed),
        unchanged=_ids(unchanged),
        not_listed=tuple(sorted(set(before) - listed)),
        differences=dict(sorted(differences.items())),
    )


def _ids(students: Iterable[Student]) -> tuple[str, ...]:
    return tuple(sorted(student.id for student in students))


def _refuse_second_ids(
    students: Sequence[Student], before: dict[str, Student], say: Callable[[str], None]
) -> None:
    """Refuse a list that would put students into the gradebook a second time."""
    listed = {student.id for student in students}
    others = _NotListed([student for student in before.values() if student.id not in listed])
    added = sum(student.id not in before for student in students)
    found: list[tuple[Student, Student, str]] = []
    namesakes: list[tuple[Student, Student, str]] = []
    for student in students:
        if certain := others.certain(student, is_enrolled=student.id in before):
            found.append((student, *certain))
        elif student.id not in before and (namesake := others.namesake(student)):
            namesakes.append((student, namesake, "by the name"))
    if len(namesakes) > 1 and 2 * len(namesakes) >= added:  # no class has so many
        found += namesakes
    elif not found:
        for student, other, _ in namesakes:
            say(
                f"{student.id} has the name of {other.id}, who is in the gradebook but not on the "
                f"list ({student.full_name}): look whether they are two people."
            )
    if found:
        said = some([f"{student.id} is {other.id} there, {how}" for student, other, how in found])
        raise GradingError(
            Message(
                "class-twice-in-gradebook",
                f"{counted(len(found), 'student')} on the list would be in the gradebook twice: "
                f"{said}. Enrol a list that has the gradebook's ids, or name the column that has "
                "them, with --id-column. If the list's ids are the right ones and nothing is "
                "graded yet, delete the gradebook and enrol the list. Nobody was enrolled.",
            )
        )


class _NotListed:
    """Those in the gradebook whose ids are not on the list, found by all else that is known."""

    def __init__(self, students: Sequence[Student]):
        self._ids = {student.id.casefold(): student for student in students}
        self._mails = {
            mail.casefold(): student
            for student in students
            for mail in (student.id, student.email)
            if "@" in mail
        }
        self._numbers = {student.lms_user_id: student for student in students}
        self._names: dict[str, list[Student]] = defaultdict(list)
        for student in students:
            if student.first_name and student.last_name:
                self._names[folded(student.full_name)].append(student)

    def certain(self, student: Student, *, is_enrolled: bool) -> tuple[Student, str] | None:
        """Return who is the same person, and how that is known."""
        id, mail, number = student.id.casefold(), student.email.casefold(), student.lms_user_id
        if number and number in self._numbers:
            return self._numbers[number], "by the platform's number"
        if is_enrolled:
            return None
        if id in self._ids:
            return self._ids[id], "but for capitals"
        if mail in self._mails or id in self._mails:
            return self._mails.get(mail) or self._mails[id], "by the e-mail address"
        return None

    def namesake(self, student: Student) -> Student | None:
        """Return the only one who has the same name and may be the same person."""
        named = self._names.get(folded(student.full_name), [])
        alike = [other for other in named if _may_be(student, other)]
        return alike[0] if len(alike) == 1 else None


def _may_be(student: Student, other: Student) -> bool:
    """Say whether two of one name may be one person, going by what else is known of both."""
    return all(
        not one or not two or one.casefold() == two.casefold()
        for one, two in (
            (student.email, other.email),
            (student.lms_user_id, other.lms_user_id),
        )
    )


def some(texts: Sequence[str]) -> str:
    """Name the first of several, and say how many more there are."""
    more = [f"and {len(texts) - MOST_SHOWN} more"] if len(texts) > MOST_SHOWN else []
    return ", ".join([*texts[:MOST_SHOWN], *more])
