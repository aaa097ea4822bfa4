"""What names of files say: the assignment and student of each, and which is the newest."""

from __future__ import annotations

import re
import zipfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, tzinfo
from pathlib import Path, PurePosixPath

from embeddings_course._shared.text import counted
from embeddings_course.grading.course import Course
from embeddings_course.grading.errors import GradingError
from embeddings_course.grading.gradebook.contents import Contents, shown_url
from embeddings_course.grading.lms.collect.download_times import time_in_name
from embeddings_course.grading.lms.collect.findings import Problems, shown_name, some
from embeddings_course.grading.lms.collect.owners import Owner, Register, about_strangers
from embeddings_course.grading.lms.collect.zip_file import (
    CHECKPOINTS,
    METADATA,
    Members,
    ZippedFile,
)
from embeddings_course.grading.lms.downloads import Match, unfit

_AGAIN = re.compile(r"(?P<stem>.+)-(?P<count>\d{1,3})")
_COUNTED = ("Canvas", "Moodle", "Teams")
_STAMPED = ("plain", "Sakai")  # a file beside the others says when they were handed in


def notebooks_among(names: Sequence[str]) -> list[str]:
    """Return the names that end as a notebook's does."""
    return [each for each in names if re.search(r"\.ipynb(\.txt)?$", each, re.IGNORECASE)]


def compiled_pattern(pattern: str | None) -> re.Pattern[str] | None:
    """Compile the pattern that an instructor gave, which needs two groups."""
    if pattern is None:
        return None
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise GradingError(
            f"--pattern is not a regular expression ({error}): see "
            "https://docs.python.org/3/howto/regex.html. Nothing was collected."
        ) from error
    if missing := {"student_id", "file_id"} - set(compiled.groupindex):
        raise GradingError(
            f"--pattern has no group {' and none '.join(sorted(missing))}: it needs both "
            "(?P<student_id>…) and (?P<file_id>…). Nothing was collected."
        )
    return compiled


def known_assignments(course: Course, contents: Contents) -> list[str]:
    """Return the names of assignments, from the gradebook and from folders."""
    known = set(contents.assignments)
    for step in ("source", "release"):
        folder = course.folder(step, ".", "NAME").parent
        if folder.is_dir():
            known |= {each.parent.name for each in folder.glob("*/*.ipynb")}
    return sorted(known)


def check_matches(
    matches: dict[str, Match | None],
    pattern: re.Pattern[str] | None,
    problems: Problems,
    assignment: str,
) -> None:
    """Say which names are of no form that is known."""
    unknown = [member for member, match in matches.items() if match is None]
    if unknown and pattern is not None:
        problems.say_of_one(
            f"--pattern matches {len(matches) - len(unknown)} of {len(matches)} names, but not "
            f"{some(unknown)}: it must match the whole path."
        )
    elif unknown:
        problems.say_of_one(
            f"{len(unknown)} of {counted(len(matches), 'name is', 'names are')} of no known form: "
            f"{some(unknown)}. "
            f"Expected is STUDENT_..._{assignment}.ipynb, STUDENT/{assignment}.ipynb, or what "
            "Canvas and Moodle make; rename them, or say what they look like with --pattern REGEX, "
            r"for example '(?P<student_id>[^_]+)_(?P<file_id>.+)'."
        )


def say_of_nobody(
    matches: dict[str, Match | None],
    register: Register,
    assignment: str,
    known: Sequence[str],
    path: Path,
    course: Course,
    problems: Problems,
) -> None:
    """Say that zip and gradebook have nothing in common, or that there is no such assignment."""
    if assignment in known:
        return
    found = [match for match in matches.values() if match]
    if found and not register.known(matches):
        count = len({match.label for match in found})
        problems[:] = []
        problems.say(
            f"Nobody in {path.name} ({counted(count, 'student')}) is in the gradebook "
            f"{shown_url(course)}, nor is an assignment {assignment}: name the gradebook of "
            "this course with --db, or its folder with --course."
        )
    else:
        problems.say(
            f"There is no assignment {assignment}: name one of {', '.join(known) or 'none'}."
        )
    problems.refuse()


def files_of(
    matches: dict[str, Match | None],
    members: Members,
    register: Register,
    known: Sequence[str],
    assignment: str,
    clock: tzinfo,
    problems: Problems,
    notes: list[str],
    lost: dict[str, list[str]],
) -> list[ZippedFile]:
    """Return whose file each is and where it goes, and say what is wrong with it."""
    files: list[ZippedFile] = []
    others: dict[str, list[str]] = defaultdict(list)
    for member, match, owner in _owned(matches, register, problems):
        place = PurePosixPath(match.rest)
        if why := unfit(match.rest):
            problems.say_of_one(
                f"{shown_name(member)} {why}: not every system can keep it. Rename it and pack the "
                "zip again."
            )
            _lose(lost, owner, place)
            continue
        place, count = _first_name(place, assignment, known)
        if place.suffix == ".ipynb" and place.stem in known and place.stem != assignment:
            others[place.stem].append(member)
            _lose(lost, owner, place)
            continue
        version: tuple = (count, match.count) if match.form in _COUNTED else ()
        if match.form in _STAMPED:
            time = _time_of_stamp(member, match, members)
        elif said := register.time(match):
            time = time_in_name(said, member, match.form, clock, problems, notes)
            version = (time or datetime.min,)
        else:
            time = None
        for student in owner.students:
            of_row = register.sheet.time(student) if register.sheet else None
            files.append(
                ZippedFile(
                    member,
                    members.found[member],
                    student,
                    place.as_posix(),
                    version,
                    of_row or time,
                    match.late,
                    match.form in ("Canvas", "Moodle"),
                )
            )
    for name, found in others.items():
        problems.say_of_one(
            f"{counted(len(found), 'file is', 'files are')} of the assignment {name}, not of "
            f"{assignment}, {some(found[:1])} for example: name that assignment, or take "
            f"{'it' if len(found) == 1 else 'them'} out of the zip."
        )
    return files


def _owned(
    matches: dict[str, Match | None], register: Register, problems: Problems
) -> Iterator[tuple[str, Match, Owner]]:
    """Yield the files that are somebody's; then say of the others why they are nobody's."""
    strangers: dict[str, Match] = {}
    twins: dict[str, tuple[str, ...]] = {}
    for member, match in matches.items():
        if match is None:
            continue
        owner = register.owner(match)
        if owner.conflict:
            problems.say(owner.conflict)
        elif owner.may_be:
            twins[shown_name(match.label)] = owner.may_be
        elif not owner.students:
            strangers[shown_name(match.label)] = match
        if owner.students:
            yield member, match, owner
    if strangers:
        problems.say_of_one(about_strangers(strangers, register))
    for label, ids in twins.items():
        problems.say_of_one(
            f"{label} may be {' or '.join(ids)}: give them the platform's number as lms_user_id, "
            "with `course students CLASSLIST.csv`, or name Moodle's grading worksheet with "
            "--worksheet FILE.csv."
        )


def _first_name(
    place: PurePosixPath, assignment: str, known: Sequence[str]
) -> tuple[PurePosixPath, int]:
    """Return a place without a platform's mark that it was handed in again, and how often it was.

    The number behind a name is such a mark only if the name alone is that of an assignment, or of
    answers, and the whole is not.
    """
    again = _AGAIN.fullmatch(place.stem)
    if again and again["stem"] in (assignment, "answers", *known) and place.stem not in known:
        return place.with_name(f"{again['stem']}{place.suffix}"), int(again["count"])
    return place, 0


def _time_of_stamp(member: str, match: Match, members: Members) -> datetime | None:
    """Return what the ``timestamp.txt`` of a file's folder says, or for Sakai of the one above."""
    folder = member.rpartition("/")[0]
    if match.form == "Sakai":
        folder = folder.partition("/Submission attachment(s)")[0]
    return members.stamps.get(folder)


def _lose(lost: dict[str, list[str]], owner: Owner, place: PurePosixPath) -> None:
    for student in owner.students:
        lost[student].append(place.name)


def newest_of(
    files: Sequence[ZippedFile],
    assignment: str,
    problems: Problems,
    notes: list[str],
    lost: dict[str, list[str]],
) -> list[ZippedFile]:
    """Return one file for each place in each student's folder: the newest."""
    groups: dict[tuple[str, str], list[ZippedFile]] = defaultdict(list)
    for file in files:
        groups[file.student, file.place].append(file)
    chosen = []
    for (student, place), same in sorted(groups.items()):
        same.sort(key=lambda file: file.version)
        newest = [file for file in same if file.version == same[-1].version]
        if len({file.digest for file in newest}) > 1:
            problems.say_of_one(
                f"{student} handed in {place} twice with different work, and nothing says which is "
                f"newer: {some(file.member for file in newest)}. Take one out of the zip."
            )
            lost[student].append(PurePosixPath(place).name)
            continue
        chosen.append(newest[-1])
        older = {f.member for f in same if f.digest != newest[-1].digest}
        if older:
            notes.append(
                f"{student}: took {shown_name(newest[-1].member)}, the newest; left out "
                f"{some(sorted(older))}. To have another one, take the newest out of the zip and "
                "collect it again."
            )
    books: dict[str, dict[str, ZippedFile]] = defaultdict(dict)
    for file in chosen:
        if file.place.endswith(".ipynb"):
            books[file.student].setdefault(file.digest, file)
    right = {file.student for file in chosen if file.place == f"{assignment}.ipynb"}
    for student, different in books.items():
        if len(different) > 1 and student not in right:
            problems.say_of_one(
                f"{student} handed in {len(different)} different notebooks, none of them called "
                f"{assignment}.ipynb: {some(f.member for f in different.values())}. Rename the "
                "right one, or take the others out of the zip."
            )
            chosen = [file for file in chosen if file.student != student]
            lost[student] += [PurePosixPath(file.place).name for file in different.values()]
    return chosen


def wrong_files(
    others: dict[str, zipfile.ZipInfo],
    matches: dict[str, Match | None],
    register: Register,
    chosen: Sequence[ZippedFile],
) -> dict[str, dict[str, zipfile.ZipInfo]]:
    """Return the other files of students who handed in no notebook, by their places."""
    having = {file.student for file in chosen if file.place.endswith(".ipynb")}
    found: dict[str, dict[str, zipfile.ZipInfo]] = defaultdict(dict)
    for member, info in others.items():
        match = matches[member]
        for student in register.students(match):
            if match and student not in having:
                found[student][match.rest] = info
    return found


def say_of_others(
    others: dict[str, zipfile.ZipInfo],
    wrong: dict[str, dict[str, zipfile.ZipInfo]],
    extensions: Sequence[str],
    notes: list[str],
) -> None:
    """Name the files that nobody collects."""
    said = [info for files in wrong.values() for info in files.values()]
    left_out = [name for name, info in others.items() if info not in said]
    left_out = [
        name
        for name in left_out
        if PurePosixPath(name).name != METADATA and CHECKPOINTS not in name.split("/")
    ]
    if left_out:
        notes.append(
            f"Left out, as only {' and '.join(extensions)} are collected: {some(left_out)}."
        )
