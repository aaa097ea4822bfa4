"""People as learning platforms write them, found in the class list.

>>> plain("Seán  O'Connor") == plain("Seán OConnor"), plain("Weiß, Tom")
(True, 'weiss tom')
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence

from embeddings_course.grading.gradebook.contents import Student

# What Moodle takes out of the names of files, and the apostrophes that people type.
_TAKEN_OUT = re.compile(r"[\x00-\x1f\x7f&<>\"`|':\\/\u2018\u2019\u02bc\u00b4]")


def plain(name: str) -> str:
    """Return a name without what platforms change of it: capitals, forms of letters, spaces.

    Parameters
    ----------
    name : str
        As it is on the class list or in a zip file.
    """
    text = unicodedata.normalize("NFKC", _TAKEN_OUT.sub("", name))
    text = _TAKEN_OUT.sub("", text).casefold()
    return " ".join(re.split(r"[\s_,]+", text)).strip()


def squeezed(name: str) -> str:
    """Return a name as Canvas has it in names of files: letters and digits alone."""
    return re.sub(r"[\W_]", "", unicodedata.normalize("NFKC", name).casefold())


class People:
    """A class list, to look people up in."""

    def __init__(self, students: Sequence[Student]) -> None:
        """Index the students."""
        self.students = tuple(students)
        self._ids = {each.id: (each.id,) for each in students}
        self._numbers = _index((each.lms_user_id, each.id) for each in students)
        self._mails = _index((each.email.casefold(), each.id) for each in students)
        self._names = _index((plain(name), each.id) for each in students for name in _orders(each))
        self._plain_ids = _index((plain(each.id), each.id) for each in students)
        unnumbered = [each for each in students if not each.lms_user_id]
        self._squeezed = _index(
            (squeezed(name), each.id) for each in unnumbered for name in _orders(each)
        )
        self._squeezed_ids = _index((squeezed(each.id), each.id) for each in unnumbered)

    def by_number(self, number: str, *, platform: bool = True) -> tuple[str, ...]:
        """Return the student that a number means: a platform's own first, or an id first."""
        first, second = (self._numbers, self._ids) if platform else (self._ids, self._numbers)
        return first.get(number) or second.get(number) or ()

    def by_key(self, text: str) -> tuple[str, ...]:
        """Return the student that an id, a platform's number or an e-mail address means."""
        mail = text.casefold()
        return self.by_number(text, platform=False) or self._mails.get(mail) or ()

    def by_name(self, name: str) -> tuple[str, ...]:
        """Return who has a name, first or last name first."""
        return self._names.get(plain(name), ())

    def by_any(self, text: str) -> tuple[str, ...]:
        """Return the student that an id, an address or a name means."""
        return self.by_key(text) or self.by_name(text) or self._plain_ids.get(plain(text)) or ()

    def by_squeezed(self, name: str) -> tuple[str, ...]:
        """Return the student that Canvas' form of a name means.

        A student with a number from Canvas is not one with another number.
        """
        short = squeezed(name)
        return self._squeezed.get(short) or self._squeezed_ids.get(short) or ()


def _orders(student: Student) -> tuple[str, ...]:
    if not student.full_name:
        return ()
    return (
        f"{student.first_name} {student.last_name}",
        f"{student.last_name} {student.first_name}",
    )


def _index(pairs: Iterable[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = defaultdict(list)
    for key, student in pairs:
        if key and student not in found[key]:
            found[key].append(student)
    return {key: tuple(students) for key, students in found.items()}
