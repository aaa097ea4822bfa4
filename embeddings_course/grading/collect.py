"""``course collect``: the zip file of a learning platform goes to ``submitted/STUDENT/NAME/``.

The whole zip is looked at first. If anything in it is wrong, every problem is said and nothing is
written. Else nbgrader's own ``zip_collect`` puts the files where they belong.

Names of files that are known, each also inside one more folder:

- Canvas, *Download Submissions*: ``lovelaceada_LATE_12345_67890_token-embeddings-1.ipynb``, made of
  the student's name, the mark if late, the student's and the file's number, and the file's name,
  with ``-1`` or more if it was handed in again;
- Moodle, *Download all submissions*: ``Ada Lovelace_1234567_assignsubmission_file/…``, the name and
  the participant's number, as a folder or as the beginning of the file's name;
- plain: ``STUDENT/NAME.ipynb``, ``STUDENT/NAME/NAME.ipynb``, ``STUDENT_NAME.ipynb`` and
  ``STUDENT_…_NAME.ipynb``.

Platforms' numbers are looked up as ``lms_user_id`` in the gradebook, then as ids; then names are
compared.
"""

from __future__ import annotations

import contextlib
import copy
import hashlib
import logging
import re
import shlex
import shutil
import stat
import struct
import tempfile
import unicodedata
import zipfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from embeddings_course.environment import Lock
from embeddings_course.grading.course import Course
from embeddings_course.grading.files import MAX_BYTES
from embeddings_course.grading.gradebook import Contents, Student, look_at_own, shown_url
from embeddings_course.grading.record import GradingError
from embeddings_course.grading.words import counted
from embeddings_course.quiz.graded import ANSWERS, QUESTIONS
from embeddings_course.quiz.records import may_be_answers

MOST_MEMBERS = 50_000
MOST_BYTES = 2_000_000_000
"""Of all files of a zip together, unpacked."""

TIMES = ("auto", "zip", "none")

_ARCHIVES = (".zip", ".gz", ".tgz", ".tar", ".bz2", ".xz", ".7z", ".rar")
_RUBBISH = frozenset({"__MACOSX", ".ipynb_checkpoints", "__pycache__", "Thumbs.db", "desktop.ini"})
_CANVAS = re.compile(r"(?P<name>.+?)(?P<late>_LATE)?_(?P<number>\d+)_(?P<file>\d+)_(?P<rest>.+)")
_MOODLE = re.compile(
    r"(?P<name>[^/]+)_(?P<number>\d+)_assignsubmission_file(?:_?/(?P<path>.+)|_(?P<rest>[^/]+))"
)
_AGAIN = re.compile(r"(?P<stem>.+)-(?P<count>\d{1,3})")
_MOST_NAMED = 5
# Platforms give all files of a zip the time at which it was packed.
_PACKING_SECONDS = {True: 3600, False: 600}


@dataclass(frozen=True)
class Collected:
    """What became of a zip: students' ids, sorted, and lines for the instructor.

    ``new`` had nothing before, ``replaced`` something else, ``unchanged`` the same. ``absent`` are
    on the class list and have handed in nothing, now or before; ``earlier`` only before.
    """

    new: tuple[str, ...]
    replaced: tuple[str, ...]
    unchanged: tuple[str, ...]
    absent: tuple[str, ...]
    earlier: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _File:
    """A file of the zip, whose it is, and where it goes in the student's folder.

    ``version`` orders files of one student for one place; the greatest is the newest.
    """

    member: str
    info: zipfile.ZipInfo
    student: str
    place: str
    version: tuple
    time: datetime | None
    late: bool
    platform: bool
    digest: str = ""


@dataclass(frozen=True)
class _Match:
    """What the name of a file says."""

    form: str
    number: str
    name: str
    rest: str
    attachment: int = 0
    late: bool = False
    time: str = ""


class _Problems(list):
    """Sentences about what is wrong, each said once."""

    def say(self, sentence: str) -> None:
        if sentence not in self:
            self.append(sentence)


def collect(
    course: Course,
    assignment: str,
    path: Path,
    *,
    pattern: str | None = None,
    times: str = "auto",
) -> Collected:
    r"""Unpack what students handed in.

    Parameters
    ----------
    course : Course
        Where; its gradebook holds the class list.
    assignment : str
        What it is.
    path : Path
        The zip file as downloaded.
    pattern : str, optional
        A regular expression for names that are not known: it must match a whole path in the zip and
        have groups ``student_id`` and ``file_id``; ``timestamp`` is optional. For example
        ``(?P<student_id>\w+) - (?P<file_id>.+)``.
    times : {"auto", "zip", "none"}
        Whether the files' dates in the zip become ``timestamp.txt``. By ``auto``, they do unless
        they are all about the same: then they say when the zip was packed.

    Returns
    -------
    Collected
        What was done.

    Raises
    ------
    GradingError
        If anything is wrong with the zip, a sentence a line. Nothing was written then.
    EnvironmentProblem
        If the assignment is being graded.
    """
    contents = look_at_own(course)
    known = _known_assignments(course, contents)
    named = _pattern(pattern)
    if not contents.students:
        raise GradingError(
            f"The gradebook {shown_url(course)} has no students: enrol the class first, with "
            "`course students CLASSLIST.csv`. Nothing was collected."
        )
    with _opened(path) as archive, tempfile.TemporaryDirectory(prefix="course-collect-") as scratch:
        problems = _Problems()
        members, notes = _members(archive, _extensions(course), path, problems)
        _refuse(problems)
        matches = _matches(members, named, contents.students, assignment)
        _check_matches(matches, members, named, problems, assignment)
        stamps = _stamps(archive) if named is None else {}
        files = _files(matches, members, stamps, contents, known, assignment, problems)
        people = {
            match.name: _whose(match, contents.students) for match in matches.values() if match
        }
        nobody = people and all(isinstance(whose, tuple) for whose in people.values())
        if nobody and assignment not in known:
            problems[:] = [
                f"Nobody in {path.name} ({counted(len(people), 'student')}) is in the gradebook "
                f"{shown_url(course)}, nor is an assignment {assignment}: name the gradebook of "
                "this course with --db, or its folder with --course."
            ]
        elif assignment not in known:
            problems.insert(0, (
                f"There is no assignment {assignment}: name one of {', '.join(known) or 'none'}."
            ))  # fmt: skip
        _refuse(problems)
        files = _with_digests(files, archive, path, problems)
        chosen = _chosen(files, assignment, problems, notes)
        if not chosen and not problems:
            problems.say(f"{path.name} holds no notebooks: download the submissions again.")
        _refuse(problems)
        dates = _dates(chosen, times, notes)
        made = _through_nbgrader(course, assignment, chosen, archive, dates, Path(scratch))
        done = _published(course, assignment, made, contents.students, notes)
    more = (*_without_answers(course, assignment, chosen), *_late(course, assignment, chosen))
    return replace(done, notes=(*done.notes, *more))


def _refuse(problems: Sequence[str]) -> None:
    if problems:
        raise GradingError("\n".join([*problems, "Nothing was collected."]))


# The zip ------------------------------------------------------------------------------------------


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
        raise GradingError(
            f"{path} is no zip file, or not a whole one ({error}): download it again. Nothing was "
            "collected."
        ) from error
    except OSError as error:
        raise GradingError(
            f"{path} cannot be read ({error.strerror}): name the zip file that you downloaded. "
            "Nothing was collected."
        ) from error
    with archive:
        yield archive


def _extensions(course: Course) -> tuple[str, ...]:
    from nbgrader.plugins import FileNameCollectorPlugin

    return tuple(FileNameCollectorPlugin(config=course.config).valid_ext)


def _members(
    archive: zipfile.ZipFile, extensions: Sequence[str], path: Path, problems: _Problems
) -> tuple[dict[str, zipfile.ZipInfo], list[str]]:
    """Return the files that may be collected, by a name of their own, and notes on the others.

    Two members may have one name: the key of the second has a number after a NUL.
    """
    infos = archive.infolist()
    total = sum(info.file_size for info in infos)
    if len(infos) > MOST_MEMBERS or total > MOST_BYTES:
        problems.say(
            f"{path.name} unpacks to {counted(len(infos), 'file')} with {total / 1e6:.0f} MB, "
            f"more than {MOST_MEMBERS} or {MOST_BYTES / 1e6:.0f} MB: look for what is so large, "
            "take it out and pack the zip again."
        )
        return {}, []
    found: dict[str, zipfile.ZipInfo] = {}
    left_out = []
    for info in infos:
        name = info.orig_filename.replace("\\", "/")
        shown = _shown(name)
        parts = name.split("/")
        mode = info.external_attr >> 16
        if name.startswith("/") or re.match(r"[A-Za-z]:", name) or ".." in parts or "\0" in name:
            problems.say(
                f"{shown} would be unpacked outside of its folder: no platform makes such a zip; "
                "ask where it comes from, and download it again."
            )
            continue
        if stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
            kind = "a link" if stat.S_ISLNK(mode) else "not a file"
            problems.say(f"{shown} is {kind}: take it out and pack the zip again.")
            continue
        if info.is_dir() or name.endswith("/"):
            continue
        if any(part in _RUBBISH or part.startswith("._") for part in parts):
            continue
        if parts[-1].startswith("."):
            continue
        if info.flag_bits & 1:
            problems.say(
                f"{shown} is encrypted: unpack the zip with its password and pack it without one."
            )
            continue
        # Browsers and systems change endings.
        if notebook := re.fullmatch(r"(.+)\.ipynb(\.txt)?", name, re.IGNORECASE):
            name = f"{notebook[1]}.ipynb"
        suffix = PurePosixPath(name).suffix
        if suffix.lower() in _ARCHIVES:
            problems.say(
                f"{shown} is an archive inside the zip: unpack it, put the notebook in its place "
                "under the same beginning of the name, and pack the zip again."
            )
            continue
        if suffix not in extensions:
            left_out.append(name)
            continue
        if info.file_size > MAX_BYTES:
            problems.say(
                f"{shown} has {info.file_size / 1e6:.0f} MB, and the most that is graded is "
                f"{MAX_BYTES / 1e6:.0f} MB: take it out and ask for one without outputs."
            )
            continue
        key = name
        while key in found:
            key += "\0"
        found[key] = info
    notes = []
    left_out = [name for name in left_out if PurePosixPath(name).name != "timestamp.txt"]
    if left_out:
        notes.append(
            f"Left out, as only {' and '.join(extensions)} are collected: {_some(left_out)}."
        )
    if not found and not problems:
        problems.say(
            f"{path.name} holds no file with the ending {' or '.join(extensions)}: download the "
            "submissions of this assignment, or see c.FileNameCollectorPlugin.valid_ext."
        )
    return found, notes


def _with_digests(
    files: Sequence[_File], archive: zipfile.ZipFile, path: Path, problems: _Problems
) -> list[_File]:
    """Read every file once, before anything is written: a damaged one is found here."""
    done = []
    for file in files:
        digest, size = hashlib.sha256(), 0
        info = file.info
        try:
            with archive.open(info) as source:
                while block := source.read(1 << 20):
                    size += len(block)
                    digest.update(block)
                    if size > info.file_size:
                        raise zipfile.BadZipFile("larger than it says")
        except (zipfile.BadZipFile, NotImplementedError, EOFError, ValueError, OSError) as error:
            problems.say(
                f"{_shown(file.member)} cannot be unpacked ({error or type(error).__name__}): "
                f"download {path.name} again."
            )
            continue
        except Exception as error:  # zlib.error and its like, of each method of compression
            problems.say(f"{_shown(file.member)} is damaged ({error}): download {path.name} again.")
            continue
        done.append(replace(file, digest=digest.hexdigest()))
    return done


def _shown(name: str) -> str:
    """Return a name that can be printed, whatever somebody has put into it."""
    text = "".join(each if each.isprintable() else "?" for each in name.rstrip("\0"))
    return text if len(text) <= 120 else f"{text[:117]}…"


def _some(names: Iterable[str]) -> str:
    names = [_shown(name) for name in names]
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return f"{', '.join(names[:_MOST_NAMED])}{more}"


# Whose file it is ---------------------------------------------------------------------------------


def _pattern(pattern: str | None) -> re.Pattern[str] | None:
    if pattern is None:
        return None
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise GradingError(
            f"--pattern is no regular expression ({error}): see "
            "https://docs.python.org/3/howto/regex.html. Nothing was collected."
        ) from error
    if missing := {"student_id", "file_id"} - set(compiled.groupindex):
        raise GradingError(
            f"--pattern has no group {' and none '.join(sorted(missing))}: it needs both "
            "(?P<student_id>…) and (?P<file_id>…). Nothing was collected."
        )
    return compiled


def _matches(
    members: dict[str, zipfile.ZipInfo],
    pattern: re.Pattern[str] | None,
    students: Sequence[Student],
    assignment: str,
) -> dict[str, _Match | None]:
    """Return what each name says, in the folder or one further in, whichever says more."""
    ids = sorted((student.id for student in students), key=len, reverse=True)
    names = {key: key.rstrip("\0") for key in members}

    def read(outer: str) -> dict[str, _Match | None]:
        return {
            key: _match(name.removeprefix(outer), pattern, ids, assignment)
            for key, name in names.items()
        }

    def worth(matches: dict[str, _Match | None]) -> int:
        return sum(
            match is not None and not isinstance(_whose(match, students), tuple)
            for match in matches.values()
        )

    best = read("")
    outer = ""
    while (
        pattern is None
        and len(folders := {name.removeprefix(outer).partition("/")[0] for name in names.values()})
        == 1
        and all("/" in name.removeprefix(outer) for name in names.values())
    ):
        outer += f"{folders.pop()}/"
        further = read(outer)
        if worth(further) > worth(best):
            best = further
    return best


def _match(
    name: str, pattern: re.Pattern[str] | None, ids: Sequence[str], assignment: str
) -> _Match | None:
    if pattern is not None:
        found = pattern.fullmatch(name)
        if found is None or not found["student_id"] or not found["file_id"]:
            return None
        rest = found["file_id"]
        if PurePosixPath(rest).suffix != PurePosixPath(name).suffix:
            rest += PurePosixPath(name).suffix
        time = found.groupdict().get("timestamp") or ""
        return _Match("pattern", found["student_id"], found["student_id"], rest, time=time)
    if found := _MOODLE.fullmatch(name):
        rest = found["path"] or found["rest"]
        return _Match("Moodle", found["number"], found["name"], rest)
    parts = name.split("/")
    if len(parts) == 1 and (found := _CANVAS.fullmatch(name)):
        late = found["late"] is not None
        return _Match(
            "Canvas", found["number"], found["name"], found["rest"], int(found["file"]), late
        )
    if len(parts) > 1:
        inner = parts[2:] if len(parts) > 2 and parts[1] == assignment else parts[1:]
        return _Match("plain", parts[0], parts[0], "/".join(inner))
    stem, suffix = PurePosixPath(name).stem, PurePosixPath(name).suffix
    for ending in (assignment, "answers"):
        if found := re.fullmatch(
            rf"(?P<who>.+)_(?P<rest>{re.escape(ending)}(?:-\d{{1,3}})?)", stem
        ):
            who = next((id for id in ids if f"{found['who']}_".startswith(f"{id}_")), None)
            who = who or found["who"].partition("_")[0]
            return _Match("plain", who, who, f"{found['rest']}{suffix}")
    return None


def _whose(match: _Match, students: Sequence[Student]) -> str | tuple[str, ...]:
    """Return the id of the student whom a name means, or the ids that it may mean: none or many."""
    number, name = match.number, match.name
    if match.form == "pattern" or match.form == "plain":
        found = [each.id for each in students if number == each.id]
        found = found or [each.id for each in students if number == each.lms_user_id != ""]
    else:
        found = [each.id for each in students if number == each.lms_user_id != ""]
        found = found or [each.id for each in students if number == each.id]
    if not found and match.form != "pattern":
        plain = _plain_canvas if match.form == "Canvas" else _plain
        # Whoever has a number that Canvas gave is not somebody with another one. Moodle numbers
        # participants anew for each assignment.
        numbered = match.form == "Canvas"
        free = [each for each in students if not (numbered and each.lms_user_id)]
        found = [
            each.id
            for each in free
            if plain(name)
            in {
                plain(f"{each.first_name} {each.last_name}") if each.full_name else None,
                plain(f"{each.last_name} {each.first_name}") if each.full_name else None,
            }
        ]
        found = found or [each.id for each in free if plain(name) == plain(each.id)]
    return found[0] if len(found) == 1 else tuple(found)


def _plain(name: str) -> str:
    """Return a name without what platforms change of it: capitals, forms of letters, spaces."""
    text = unicodedata.normalize("NFKC", name).casefold()
    return " ".join(re.split(r"[\s_,]+", text)).strip()


def _plain_canvas(name: str) -> str:
    return re.sub(r"[\W_]", "", unicodedata.normalize("NFKC", name).casefold())


def _known_assignments(course: Course, contents: Contents) -> list[str]:
    known = set(contents.assignments)
    for step in ("source", "release"):
        folder = course.folder(step, ".", "NAME").parent
        if folder.is_dir():
            known |= {each.parent.name for each in folder.glob("*/*.ipynb")}
    return sorted(known)


def _check_matches(
    matches: dict[str, _Match | None],
    members: dict[str, zipfile.ZipInfo],
    pattern: re.Pattern[str] | None,
    problems: _Problems,
    assignment: str,
) -> None:
    unknown = [member for member, match in matches.items() if match is None]
    if unknown and pattern is not None:
        problems.say(
            f"--pattern matches {len(members) - len(unknown)} of {len(members)} names, but not "
            f"{_some(unknown)}: it must match the whole path."
        )
    elif unknown:
        problems.say(
            f"{len(unknown)} of {counted(len(members), 'name is', 'names are')} of no known form: "
            f"{_some(unknown)}. "
            f"Expected is STUDENT_..._{assignment}.ipynb, STUDENT/{assignment}.ipynb, or what "
            "Canvas and Moodle make; rename them, or say what they look like with --pattern REGEX, "
            r"for example '(?P<student_id>[^_]+)_(?P<file_id>.+)'."
        )


def _files(
    matches: dict[str, _Match | None],
    members: dict[str, zipfile.ZipInfo],
    stamps: dict[str, datetime],
    contents: Contents,
    known: Sequence[str],
    assignment: str,
    problems: _Problems,
) -> list[_File]:
    files, strangers, twins = [], {}, {}
    others: dict[str, list[str]] = defaultdict(list)
    for member, match in matches.items():
        if match is None:
            continue
        whose = _whose(match, contents.students)
        if isinstance(whose, tuple):
            label = match.name
            if match.number != label:
                label = f"{label} (number {match.number})"
            (twins if whose else strangers)[_shown(label)] = whose
            continue
        place = PurePosixPath(match.rest)
        # A platform's own mark that a file was handed in again.
        again = _AGAIN.fullmatch(place.stem)
        count = 0
        if again and again["stem"] in (assignment, "answers", *known) and place.stem not in known:
            place, count = place.with_name(f"{again['stem']}{place.suffix}"), int(again["count"])
        if place.suffix == ".ipynb" and place.stem in known and place.stem != assignment:
            others[place.stem].append(member)
            continue
        platform = match.form in ("Canvas", "Moodle")
        time = stamps.get(member.rpartition("/")[0]) if match.form == "plain" else None
        version = (count, match.attachment) if platform else ()
        if match.time:
            time = _parsed_time(match.time, member, problems)
            version = (time or datetime.min,)
        files.append(
            _File(
                member,
                members[member],
                whose,
                place.as_posix(),
                version,
                time,
                match.late,
                platform,
            )
        )
    if strangers:
        problems.say(
            f"{len(strangers)} not in the class list: {_some(strangers)}. Enrol them with `course "
            "students CLASSLIST.csv` (lms_user_id is the number), or take their files out of the "
            "zip."
        )
    for label, ids in twins.items():
        problems.say(
            f"{label} may be {' or '.join(ids)}: give them the platform's number as lms_user_id, "
            "with `course students CLASSLIST.csv`."
        )
    for name, found in others.items():
        problems.say(
            f"{counted(len(found), 'file is', 'files are')} of the assignment {name}, not of "
            f"{assignment}, {_some(found[:1])} for example: name that assignment, or take "
            f"{'it' if len(found) == 1 else 'them'} out of the zip."
        )
    return files


def _stamps(archive: zipfile.ZipFile) -> dict[str, datetime]:
    """Return what ``timestamp.txt`` says in each folder: nbgrader's exchange writes it there."""
    from nbgrader.utils import parse_utc

    found = {}
    for info in archive.infolist():
        folder, _, name = info.orig_filename.replace("\\", "/").rpartition("/")
        if name == "timestamp.txt" and info.file_size < 200 and not info.flag_bits & 1:
            with contextlib.suppress(Exception):  # damaged in whatever way, it says nothing
                found[folder] = parse_utc(archive.read(info).decode().strip())
    return found


def _parsed_time(text: str, member: str, problems: _Problems) -> datetime | None:
    from nbgrader.utils import parse_utc

    for form in (text, re.sub(r"(\d{4}-\d\d-\d\d)\D(\d\d)\D(\d\d)\D(\d\d)", r"\1 \2:\3:\4", text)):
        with contextlib.suppress(ValueError, OverflowError):
            return parse_utc(form)
    problems.say(
        f"The group timestamp of --pattern takes {_shown(text)!r} out of {_shown(member)}, which "
        "is no date: let it match one, such as 2027-03-01-23-59-00."
    )
    return None


def _chosen(
    files: Sequence[_File], assignment: str, problems: _Problems, notes: list[str]
) -> list[_File]:
    """Return one file for each place in each student's folder: the newest."""
    groups: dict[tuple[str, str], list[_File]] = defaultdict(list)
    for file in files:
        groups[file.student, file.place].append(file)
    chosen = []
    for (student, place), same in sorted(groups.items()):
        same.sort(key=lambda file: file.version)
        newest = [file for file in same if file.version == same[-1].version]
        if len({file.digest for file in newest}) > 1:
            problems.say(
                f"{student} handed in {place} twice with different work, and nothing says which is "
                f"newer: {_some(file.member for file in newest)}. Take one out of the zip."
            )
            continue
        chosen.append(newest[-1])
        older = {f.member for f in same if f.digest != newest[-1].digest}
        if older:
            notes.append(
                f"{student}: took {_shown(newest[-1].member)}, the newest; left out "
                f"{_some(sorted(older))}. To have another one, take the newest out of the zip and "
                "collect it again."
            )
    books: dict[str, dict[str, _File]] = defaultdict(dict)
    for file in chosen:
        if file.place.endswith(".ipynb"):
            books[file.student].setdefault(file.digest, file)
    right = {file.student for file in chosen if file.place == f"{assignment}.ipynb"}
    for student, different in books.items():
        if len(different) > 1 and student not in right:
            problems.say(
                f"{student} handed in {len(different)} different notebooks, none of them called "
                f"{assignment}.ipynb: {_some(f.member for f in different.values())}. Rename the "
                "right one, or take the others out of the zip."
            )
    without = sorted({file.student for file in chosen} - set(books))
    if without:
        notes.append(f"Without a notebook: {', '.join(without)}.")
    return chosen


def _without_answers(course: Course, assignment: str, chosen: Sequence[_File]) -> Iterator[str]:
    """Name those who handed in the notebook of a graded quiz, and not the file of its answers."""
    having = {file.student for file in chosen if may_be_answers(file.place)}
    quiz = (course.folder("source", ".", assignment) / QUESTIONS).exists()
    without = sorted({file.student for file in chosen if file.place.endswith(".ipynb")} - having)
    if without and (having or quiz):
        yield (
            f"Without {ANSWERS}: {', '.join(without)}. Their answers count only if they ran the "
            "cell that writes them into the notebook; else ask for the file, which lies beside the "
            "notebook, add it to the zip and collect again."
        )


# When it was handed in ----------------------------------------------------------------------------


def _dates(chosen: Sequence[_File], times: str, notes: list[str]) -> dict[str, datetime]:
    """Return when each student handed in, in UTC, as far as the zip knows."""
    said = {file.student for file in chosen if file.time}
    found: dict[str, datetime] = {}
    for file in chosen:
        date = file.time if file.student in said else _date(file.info)
        if date is not None:
            found[file.student] = max(date, found.get(file.student, date))
    packed = {student: date for student, date in found.items() if student not in said}
    if times == "none" or not packed:
        return {student: found[student] for student in said}
    span = (max(packed.values()) - min(packed.values())).total_seconds()
    platform = any(file.platform for file in chosen)
    same = span <= _PACKING_SECONDS[platform] and (platform or len(packed) > 1)
    if times == "auto" and same:
        about = f"{max(packed.values()):%Y-%m-%d %H:%M}"
        notes.append(
            f"No timestamp.txt, so nobody counts as late: all dates in the zip are about {about} "
            "UTC, when it was packed. --times zip would write them for everybody, and everybody "
            "would be late if that was after the deadline."
        )
        return {student: found[student] for student in said}
    notes.append(
        "timestamp.txt holds the files' dates in the zip, as the platform gives no other time; "
        "dates without a time zone were taken to be this machine's. --times none leaves them out."
    )
    return found


def _date(info: zipfile.ZipInfo) -> datetime | None:
    """Return a file's date in UTC without a zone, as nbgrader keeps dates."""
    extra = info.extra
    while len(extra) >= 4:
        kind, size = struct.unpack("<HH", extra[:4])
        if kind == 0x5455 and size >= 5 and extra[4] & 1:  # seconds since 1970, in UTC
            seconds = struct.unpack("<i", extra[5:9])[0]
            return datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None)
        extra = extra[4 + size :]
    if info.date_time[:3] == (1980, 1, 1):  # what stands for no date
        return None
    try:
        return datetime(*info.date_time).astimezone(UTC).replace(tzinfo=None)
    except (ValueError, OverflowError, OSError):
        return None


def _late(course: Course, assignment: str, chosen: Sequence[_File]) -> Iterator[str]:
    """Say who was late by Canvas' mark, and where to write when they handed in."""
    late = sorted({file.student for file in chosen if file.late})
    if not late:
        return
    yield f"Late, says Canvas: {', '.join(late)}."
    places = {
        student: course.folder("submitted", student, assignment) / "timestamp.txt"
        for student in late
    }
    if untimed := [place for place in places.values() if not place.exists()]:
        yield (
            "They lose points for it only if you write down when they handed in, as Canvas shows "
            "it. Put in date, time and zone (UTC, or a place such as Europe/Berlin):"
        )
    for place in untimed:
        yield f"  echo '2027-03-02 09:00:00 UTC' > {shlex.quote(str(place))}"


# Writing ------------------------------------------------------------------------------------------


class _Said(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


def _through_nbgrader(
    course: Course,
    assignment: str,
    chosen: Sequence[_File],
    archive: zipfile.ZipFile,
    dates: dict[str, datetime],
    scratch: Path,
) -> dict[str, Path]:
    """Let nbgrader collect the files into a folder of its own; return it for each student."""
    from nbgrader.apps import ZipCollectApp
    from nbgrader.coursedir import CourseDirectory

    extracted = scratch / "extracted"
    for file in chosen:
        date = dates.get(file.student)
        when = f"{date:%Y%m%dT%H%M%S}" if date else "unknown"
        target = extracted / file.student / when / file.place
        target.parent.mkdir(parents=True, exist_ok=True)
        with archive.open(file.info) as source, target.open("wb") as copied:
            shutil.copyfileobj(source, copied)
    config = copy.deepcopy(course.config)
    config.CourseDirectory.submitted_directory = str(scratch / "submitted")
    config.ZipCollectApp.collect_directory_structure = str(scratch / "{collect_step}")
    config.FileNameCollectorPlugin.named_regexp = (
        re.escape(f"{extracted}/").replace("/", r"[/\\]")
        + r"(?P<student_id>[^/\\]+)[/\\](?:(?P<timestamp>\d{8}T\d{6})|unknown)[/\\](?P<file_id>.+)"
    )
    app = ZipCollectApp(config=config)
    said = _Said()
    app.log = logging.Logger("course-collect")
    app.log.addHandler(said)
    app.coursedir = CourseDirectory(parent=app)
    app.coursedir.assignment_id = assignment
    try:
        app.init_plugins()
        app.process_extracted_files()
    except SystemExit as error:
        reason = said.lines[-1] if said.lines else "it gives no reason"
        raise GradingError(
            f"nbgrader's zip_collect refuses: {reason}. Nothing was collected."
        ) from error
    students = sorted({file.student for file in chosen})
    made = {
        student: Path(app.coursedir.format_path(str(scratch / "submitted"), student, assignment))
        for student in students
    }
    if lost := [student for student, folder in made.items() if not folder.is_dir()]:
        raise GradingError(
            f"nbgrader's zip_collect took nothing of {_some(lost)}: look at "
            "c.FileNameCollectorPlugin in nbgrader_config.py. Nothing was collected."
        )
    return made


def _published(
    course: Course,
    assignment: str,
    made: dict[str, Path],
    students: Sequence[Student],
    notes: list[str],
) -> Collected:
    """Put the folders where they belong; what was there before is kept outside of it."""
    grading = course.root / "grading"
    new, replaced, unchanged = [], [], []
    with Lock(grading / f"{assignment}.lock", f"Another run of `course grade {assignment}`"):
        for student, folder in made.items():
            place = course.folder("submitted", student, assignment)
            there = place.is_dir() and any(place.iterdir())
            timed = (folder / "timestamp.txt").exists()
            if there and _content(place, timed) == _content(folder, timed):
                unchanged.append(student)
                continue
            place.parent.mkdir(parents=True, exist_ok=True)
            beside = place.parent / f".{place.name}.new"
            shutil.rmtree(beside, ignore_errors=True)
            shutil.copytree(folder, beside)
            if there:
                now = datetime.now()
                before = grading / "before" / assignment / f"{student}-{now:%Y-%m-%d-%H%M%S-%f}"
                before.parent.mkdir(parents=True, exist_ok=True)
                shutil.move(place, before)
                was, now_is = shlex.quote(str(before)), shlex.quote(str(place))
                notes.append(
                    f"{student}: what was handed in before is in {before}. To put it back: "
                    f"rm -r {now_is} && mv {was} {now_is}"
                )
            elif place.is_dir():
                place.rmdir()
            beside.rename(place)
            (replaced if there else new).append(student)
    rest = [student.id for student in students if student.id not in made]
    earlier = [
        student
        for student in rest
        if any(course.folder("submitted", student, assignment).glob("*"))
    ]
    absent = [student for student in rest if student not in earlier]
    groups = (new, replaced, unchanged, absent, earlier)
    return Collected(*(tuple(sorted(group)) for group in groups), tuple(notes))


def _content(folder: Path, timed: bool) -> dict[str, str]:
    """Return what a folder holds; the time at which it was handed in only where that is asked."""
    content = {}
    for path in folder.rglob("*"):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            content[name] = "a link"
        elif path.is_file() and (timed or name != "timestamp.txt"):
            content[name] = hashlib.sha256(path.read_bytes()).hexdigest()
    return content


def summary(collected: Collected, assignment: str, say: Callable[[str], None] = print) -> None:
    """Say what was done."""
    count = sum(len(group) for group in (collected.new, collected.replaced, collected.unchanged))
    say(
        f"{assignment}: {count} collected, {len(collected.new)} new, {len(collected.replaced)} "
        f"replaced, {len(collected.unchanged)} as before."
    )
    for line in collected.notes:
        say(f"  {line}")
    if collected.earlier:
        say(f"Handed in before, but not in this zip: {', '.join(collected.earlier)}.")
    if collected.absent:
        say(f"Handed in nothing: {', '.join(collected.absent)}.")
    else:
        say("Everybody on the class list has handed in something.")
