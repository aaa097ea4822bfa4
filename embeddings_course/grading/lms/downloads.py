"""What the names of files say in the zip files that learning platforms make.

Each form is a regular expression, and one line of ``FORMS``; a download is read in the form, and
from the folder, in which most of its files are somebody's.
"""

from __future__ import annotations

import re
import struct
import zipfile
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from embeddings_course.grading.lms.names import People

FORMS = tuple(
    (form, re.compile(expression))
    for form, expression in (
        (
            "Moodle",
            r"(?P<name>[^/]+?)(?:_(?P<number>\d+))?_assignsubmission_(?:file|onlinetext)"
            r"(?:_?/(?P<path>.+)|_(?P<rest>[^/]+))",
        ),
        (
            "Sakai",
            r"(?P<name>[^/]+?) ?\((?P<number>[^/()]+)\)/Submission attachment\(s\)/(?P<rest>.+)",
        ),
        (
            "Brightspace",
            r"(?P<number>\d+-\d+) - (?P<name>[^/]+?) - (?P<time>[^/]*?\d{4}[^/]*?)"
            r"(?:/| - )(?P<rest>.+)",
        ),
        (
            "Blackboard",
            r"(?P<name>[^/]+)_attempt_(?P<time>\d{4}(?:-\d\d){5})_(?P<rest>[^/]+)",
        ),
        ("Gradescope", r"(?P<name>submission_\d+)/(?P<rest>.+)"),
        ("Teams", r"(?P<name>[^/]+)/Version (?P<count>\d+)/(?P<rest>.+)"),
        (
            "Canvas",
            r"(?P<name>[^/]+?)(?P<late>_LATE)?_(?P<number>\d+)_(?P<count>\d+)_(?P<rest>[^/]+)",
        ),
        (
            "Canvas",
            r"(?P<name>[^/]+?)(?P<late>_LATE)?_(?P<number>\d+)_(?:question_\d+_)?"
            r"(?P<rest>text\.html)",
        ),
    )
)
# The folder that GitHub Classroom's command line clones into.
_CLASSROOM = re.compile(r"^[^/]+-submissions/")
# What Moodle writes in place of a name where graders are not to know whose work they see.
_BLIND = re.compile(r"participante?|teilnehmer([\W_]?in(nen)?)?|teilnehmende", re.IGNORECASE)
# No names on Windows, whatever comes after a dot.
_RESERVED = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])", re.IGNORECASE)
# Systems that do not say in which code page a name is. Names in UTF-8 are known by their bytes.
_CODE_PAGES = ("cp437", "cp1252", "cp850", "mac_roman")
_LEAST_ALIKE = 2


@dataclass(frozen=True)
class Match:
    """What the name of a file says; ``count`` is the greater, the newer the file is."""

    form: str
    number: str
    name: str
    rest: str
    count: int = 0
    late: bool = False
    time: str = ""

    @property
    def is_blind(self) -> bool:
        """Whether there is a word such as Participant where a name would be."""
        return self.form == "Moodle" and _BLIND.fullmatch(self.name) is not None

    @property
    def label(self) -> str:
        """Whom it names, in words."""
        has_number = self.number not in ("", self.name)
        return f"{self.name} (number {self.number})" if has_number else self.name


def read_names(
    names: Iterable[str],
    others: Iterable[str],
    *,
    pattern: re.Pattern[str] | None,
    people: People,
    assignment: str,
    is_known: Callable[[Match], bool],
) -> dict[str, Match | None]:
    """Read names, in the folder or one further in, whichever says more.

    Parameters
    ----------
    names : iterable of str
        Of the files that count; two may be the same but for NULs at the end.
    others : iterable of str
        Of files that are read in the same way, without a say in which.
    pattern : re.Pattern, optional
        A form of the instructor's own, in place of all others.
    people : People
        The class list.
    assignment : str
        What was handed in.
    is_known : callable
        Says whether a match is somebody's.

    Returns
    -------
    dict
        A match by each name, None where it has no known form.
    """
    names, others = list(names), list(others)

    def read(outer: str, wanted: Collection[str]) -> dict[str, Match | None]:
        return {
            each: _match(each.rstrip("\0").removeprefix(outer), pattern, people, assignment)
            for each in wanted
        }

    def worth(matches: dict[str, Match | None]) -> tuple[int, int, int]:
        found = [match for match in matches.values() if match]
        return (
            sum(map(is_known, found)),
            sum(match.form != "plain" for match in found),
            len({match.label for match in found}),
        )

    outers = [""]
    while pattern is None:
        inner = [each.removeprefix(outers[-1]) for each in names]
        folders = {each.partition("/")[0] for each in inner}
        if len(folders) != 1 or not all("/" in each for each in inner):
            break
        outers.append(f"{outers[-1]}{folders.pop()}/")
    outer = max(outers, key=lambda each: worth(_alike(read(each, names), people)))
    return _alike(read(outer, [*names, *others]), people)


def _match(
    name: str, pattern: re.Pattern[str] | None, people: People, assignment: str
) -> Match | None:
    if pattern is not None:
        found = pattern.fullmatch(name)
        if found is None or not found["student_id"] or not found["file_id"]:
            return None
        rest = found["file_id"]
        if PurePosixPath(rest).suffix != PurePosixPath(name).suffix:
            rest += PurePosixPath(name).suffix
        time = found.groupdict().get("timestamp") or ""
        return Match("pattern", found["student_id"], found["student_id"].strip(), rest, time=time)
    name = _CLASSROOM.sub("", name)
    for form, expression in FORMS:
        if found := expression.fullmatch(name):
            parts = found.groupdict()
            match = Match(
                form,
                parts.get("number") or "",
                parts["name"],
                parts.get("path") or parts["rest"],
                int(parts.get("count") or 0),
                parts.get("late") is not None,
                parts.get("time") or "",
            )
            return _of_blackboard(match, people) if form == "Blackboard" else match
    outer, *inner = name.split("/")
    if inner:
        inner = inner[1:] if len(inner) > 1 and inner[0] == assignment else inner
        match = Match("plain", outer, outer, "/".join(inner))
        cut = outer.removeprefix(f"{assignment}-")
        if cut != outer and not people.by_any(outer):
            return replace(match, form="GitHub Classroom", number=cut, name=cut)
        return match
    stem, suffix = PurePosixPath(name).stem, PurePosixPath(name).suffix
    for ending in (assignment, "answers"):
        if found := re.fullmatch(
            rf"(?P<who>.+)_(?P<rest>{re.escape(ending)}(?:-\d{{1,3}})?)", stem
        ):
            who = _beginning(found["who"], people) or found["who"].partition("_")[0]
            return Match("plain", who, who, f"{found['rest']}{suffix}")
    return None


def _beginning(text: str, people: People) -> str | None:
    ids = [each.id for each in people.students if f"{text}_".startswith(f"{each.id}_")]
    return max(ids, key=len, default=None)


def _of_blackboard(match: Match, people: People) -> Match:
    """Take the user name from behind the assignment's; both may hold underscores."""
    ids = [each.id for each in people.students if f"_{match.name}".endswith(f"_{each.id}")]
    who = max(ids, key=len, default=match.name.rpartition("_")[2])
    return replace(match, number=who, name=who)


def _alike(matches: dict[str, Match | None], people: People) -> dict[str, Match | None]:
    """Take away what Moodle may put before each name: the group's, or the person's user name.

    Either is before all names of a download or before none. So one name alone is never cut:
    Anna-Lena Meyer is not Lena Meyer of a group called Anna.
    """
    names = {match.name for match in matches.values() if match and match.form == "Moodle"}
    names = {name for name in names if not _BLIND.fullmatch(name)}
    if not names or any(people.by_name(name) for name in names):
        return matches
    first = min(names)
    cuts = [
        {each: each[at + 1 :] for each in names}
        for at, letter in enumerate(first)
        if letter == "-" and all(each.startswith(first[: at + 1]) for each in names)
    ]
    # Moodle's user names have no capitals.
    words = {name: name.partition(" ")[0] for name in names}
    if all(word == word.lower() and len(word) < len(name) for name, word in words.items()):
        cuts.append({name: name.partition(" ")[2] for name in names})
    best = max(cuts, key=lambda cut: _known(cut, people), default={})
    if _known(best, people) < _LEAST_ALIKE:
        return matches
    return {
        key: replace(match, name=best[match.name]) if match and match.name in best else match
        for key, match in matches.items()
    }


def _known(cut: dict[str, str], people: People) -> int:
    return len({people.by_name(name) for name in cut.values()} - {()})


# Names themselves ---------------------------------------------------------------------------------


def spelt(infos: Sequence[zipfile.ZipInfo], is_right: Callable[[list[str]], int]) -> list[str]:
    """Return the names of a zip's members, with slashes, as those who packed it meant them.

    Parameters
    ----------
    infos : sequence of ZipInfo
        The members.
    is_right : callable
        Says of how many names it is known whose they are; it decides between code pages.
    """
    said = [_said(info) for info in infos]
    known = [each for each in said if isinstance(each, str)]
    if len(known) == len(said):
        return known
    tried = [
        [each if isinstance(each, str) else each.decode(page, "replace") for each in said]
        for page in _CODE_PAGES
    ]
    return [each.replace("\\", "/") for each in max(tried, key=is_right)]


def _said(info: zipfile.ZipInfo) -> str | bytes:
    """Return a member's name, or its bytes where nothing says in which code page they are."""
    name = info.orig_filename
    if info.flag_bits & 0x800 or name.isascii():
        return name.replace("\\", "/")
    extra = info.extra
    while len(extra) >= 4:  # Info-ZIP and Windows put the name in UTF-8 there
        kind, size = struct.unpack("<HH", extra[:4])
        if kind == 0x7075 and size > 5:
            return extra[9 : 4 + size].decode("utf-8", "replace").replace("\\", "/")
        extra = extra[4 + size :]
    raw = name.encode("cp437")
    try:
        return raw.decode("utf-8").replace("\\", "/")
    except UnicodeDecodeError:
        return raw


def outside(name: str) -> bool:
    """Say whether a member's name leads out of the folder that it is unpacked in."""
    return (
        name.startswith("/")
        or re.match(r"[A-Za-z]:", name) is not None
        or ".." in name.split("/")
        or "\0" in name
    )


def unfit(path: str) -> str | None:
    """Say why a path cannot be written on every system, as the end of a sentence; None if it can.

    On Windows a colon leads to another drive or into a hidden stream, some names are devices, and
    dots and spaces at the end of a name are lost.
    """
    for part in path.split("/"):
        if ":" in part:
            return "holds a colon"
        if part != part.rstrip(". ") and part not in (".", ""):
            return "has a folder or file whose name ends with a dot or space"
        if _RESERVED.fullmatch(part.partition(".")[0].strip()):
            return f"has a folder or file that is called {part}, which is a device on Windows"
    return None
