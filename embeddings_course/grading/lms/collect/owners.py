"""Whose a file is: by the class list, Moodle's worksheet and Gradescope's metadata."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from embeddings_course.grading.gradebook.contents import Student
from embeddings_course.grading.lms.collect.zip_file import METADATA
from embeddings_course.grading.lms.downloads import Match
from embeddings_course.grading.lms.moodle_worksheet import Worksheet
from embeddings_course.grading.lms.names import People, plain


@dataclass(frozen=True)
class Owner:
    """Whose a file is: ``students``, several if it is a team's; else whose it ``may_be``."""

    students: tuple[str, ...] = ()
    may_be: tuple[str, ...] = ()
    conflict: str = ""


class Register:
    """Whose files are: by the class list, Moodle's worksheet and Gradescope's metadata."""

    def __init__(
        self,
        students: Sequence[Student],
        sheet: Worksheet | None,
        submitters: dict[str, tuple[tuple[tuple[str, ...], ...], str]],
    ) -> None:
        self.people = People(students)
        self.sheet = sheet
        self._submitters = submitters
        self._found: dict[tuple[str, str, str], Owner] = {}

    def owner(self, match: Match) -> Owner:
        """Return whose a file is."""
        key = (match.form, match.number, match.name)
        if key not in self._found:
            self._found[key] = self._owner(match)
        return self._found[key]

    def students(self, match: Match | None) -> tuple[str, ...]:
        """Return the students whose a file is; nobody if it is not known."""
        return self.owner(match).students if match else ()

    def known(self, matches: dict[str, Match | None]) -> int:
        """Return of how many files it is known whose they are."""
        return sum(bool(self.students(match)) for match in matches.values())

    def time(self, match: Match) -> str:
        """Return when a file was handed in, as the platform writes it."""
        return match.time or self._submitters.get(match.name, ((), ""))[1]

    def _owner(self, match: Match) -> Owner:
        if match.form == "Gradescope":
            return self._of_submitters(match.name)
        if match.form == "Moodle" and self.sheet is not None:
            return self._of_worksheet(match, self.sheet)
        people = self.people
        if match.form in ("pattern", "plain", "GitHub Classroom", "Blackboard", "Teams"):
            return _one(people.by_any(match.name))
        if match.form == "Brightspace":  # its numbers are of its own
            return _one(people.by_any(match.name))
        if match.form == "Sakai":
            return _one(people.by_key(match.number) or people.by_name(match.name))
        by_number = people.by_number(match.number)
        if match.form == "Canvas":
            return _one(by_number or people.by_squeezed(match.name))
        by_name = people.by_name(match.name) or self._by_user_name(match.name)
        if len(by_number) == len(by_name) == 1 and by_number != by_name:
            return Owner(
                conflict=f"{match.label}: by the number it is {by_number[0]} in the class list, by "
                f"the name {by_name[0]}. Moodle's numbers are of one assignment: take them out of "
                "lms_user_id, or name Moodle's grading worksheet with --worksheet FILE.csv."
            )
        return _one(by_number or by_name or people.by_any(match.name))

    def _by_user_name(self, name: str) -> tuple[str, ...]:
        """Find who has both the user name and the name of such as ``ada Ada Lovelace``."""
        user, _, rest = name.partition(" ")
        found = self.people.by_key(user)
        return found if rest and found and found == self.people.by_name(rest) else ()

    def _of_submitters(self, submission: str) -> Owner:
        persons = self._submitters.get(submission, ((), ""))[0]
        found: list[str] = []
        for keys in persons:
            ids = next(filter(None, map(self.people.by_any, keys)), ())
            if len(ids) != 1:
                return Owner(may_be=ids)
            found += ids
        return Owner(tuple(dict.fromkeys(found)))

    def _of_worksheet(self, match: Match, sheet: Worksheet) -> Owner:
        team = sheet.teams.get(plain(match.name), ())
        if team and match.number not in sheet.entries:
            return Owner(tuple(each.students[0] for each in team if len(each.students) == 1))
        entry = sheet.entries.get(match.number)
        if entry is None:
            return Owner()
        if entry.name and not match.is_blind and plain(entry.name) not in plain(match.name):
            return Owner(
                conflict=f"{match.label} is {entry.name} in the worksheet: it is of another "
                "assignment than the zip. Download both from the same one."
            )
        return _one(entry.students)


def _one(ids: tuple[str, ...]) -> Owner:
    return Owner(ids) if len(ids) == 1 else Owner(may_be=ids)


def about_strangers(strangers: dict[str, Match], register: Register) -> str:
    """Name who is not on the class list, and say how they get there, or why they need not."""
    forms = {match.form for match in strangers.values()} - {"plain", "pattern"}
    form = f" (read as {forms.pop()}'s)" if len(forms) == 1 else ""
    sheet = register.sheet
    said = f"{len(strangers)} not in the class list{form}: {', '.join(strangers)}."
    if any(match.is_blind for match in strangers.values()):
        if sheet is not None and sheet.nameless:
            return (
                f"{said} The worksheet names nobody, as the assignment is marked blind: let Moodle "
                "reveal identities, and download the worksheet again; the numbers stay."
            )
        return (
            f"{said} This is how Moodle names participants where marking is blind: name its "
            "grading worksheet, downloaded after identities were revealed, with --worksheet "
            "FILE.csv."
        )
    if form.endswith("Gradescope's)"):
        return f"{said} Whose they are is in {METADATA}, which belongs into the zip."
    said += (
        " Enrol them with `course students CLASSLIST.csv` (lms_user_id is the number), or take "
        "their files out of the zip."
    )
    if form.endswith("Moodle's)") and sheet is None:
        said += (
            " If these are teams, or have something before their names, Moodle's grading worksheet "
            "says whose they are: --worksheet FILE.csv."
        )
    return said
