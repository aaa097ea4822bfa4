"""``course collect``: the zip file of a learning platform goes to ``submitted/STUDENT/NAME/``.

The whole zip is looked at first. If anything in it is wrong, every problem is said and nothing is
written, or what it is about is left out, if that is asked. Else nbgrader's own ``zip_collect`` puts
the files where they belong.

Names of files that are known, each also inside one more folder:

- Canvas, *Download Submissions*: ``lovelaceada_LATE_12345_67890_token-embeddings-1.ipynb``, made of
  the student's name, the mark if late, the student's and the file's number, and the file's name,
  with ``-1`` or more if it was handed in again;
- Moodle, *Download all submissions*: ``Ada Lovelace_1234567_assignsubmission_file/…``, the name and
  the participant's number, as a folder or as the beginning of the file's name; before the name may
  be the group's, or the user name; a team's name where teams hand in;
- Blackboard: ``NAME_ada_attempt_2027-03-01-23-59-00_token-embeddings.ipynb``;
- Brightspace: ``123-456 - Ada Lovelace - Mar 1, 2027 1159 PM/…``;
- Sakai: ``Lovelace, Ada(ada)/Submission attachment(s)/…``;
- Gradescope: ``submission_123/…``, with ``submission_metadata.yml`` that says whose it is;
- GitHub Classroom: ``NAME-ada/…``; Teams: ``Ada Lovelace/Version 2/…``;
- plain: ``STUDENT/NAME.ipynb``, ``STUDENT/NAME/NAME.ipynb``, ``STUDENT_NAME.ipynb`` and
  ``STUDENT_…_NAME.ipynb``.

Platforms' numbers are looked up as ``lms_user_id`` in the gradebook, then as ids; then names are
compared. Moodle's numbers are of one assignment: its grading worksheet says whose they are, and
when each student handed in.
"""

from __future__ import annotations

import contextlib
import copy
import functools
import hashlib
import logging
import os
import re
import shlex
import shutil
import stat
import struct
import tempfile
import zipfile
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, tzinfo
from pathlib import Path, PurePosixPath

from dateutil.tz import tzlocal

from embeddings_course._shared.failures import explained
from embeddings_course._shared.folders import MOST_LEVELS, remove, walk
from embeddings_course._shared.text import counted
from embeddings_course.grading.course import Course
from embeddings_course.grading.gradebook.contents import Contents, Student, look_at_own, shown_url
from embeddings_course.grading.lms.downloads import Match, outside, read_names, spelt, unfit
from embeddings_course.grading.lms.moodle_worksheet import Worksheet, read_worksheet
from embeddings_course.grading.lms.names import People, plain
from embeddings_course.grading.submission_record import GradingError
from embeddings_course.grading.submissions.files import MAX_BYTES, MAX_FILE_BYTES
from embeddings_course.grading.submissions.times import UnclearTime, read_time, read_zone
from embeddings_course.quiz.answer_records import may_be_answers
from embeddings_course.quiz.graded import ANSWERS, QUESTIONS

MOST_MEMBERS = 50_000
MOST_BYTES = 2_000_000_000
"""Of all files of a zip together, unpacked."""
_MOST_BYTES_OF_A_PATH = 1_000  # the course's own folders come on top
_MOST_BYTES_OF_A_NAME = 200

TIMES = ("auto", "zip", "none")
LEFT_OUT = "left-out.txt"
"""Where it is written down that a student's work came and was not collected."""

_ARCHIVES = (".zip", ".gz", ".tgz", ".tar", ".bz2", ".xz", ".7z", ".rar")
_RUBBISH = frozenset({"__MACOSX", "__pycache__", "Thumbs.db", "desktop.ini"})
_CHECKPOINTS = ".ipynb_checkpoints"  # better than nothing, where there is no other notebook
_AGAIN = re.compile(r"(?P<stem>.+)-(?P<count>\d{1,3})")
_COUNTED = ("Canvas", "Moodle", "Teams")
_IN_NAMES = "Times are the platform's, taken to be in {zone} where they name no zone."
_METADATA = "submission_metadata.yml"  # Gradescope's
_MOST_NAMED = 5
# Platforms give all files of a zip the time at which it was packed.
_PACKING_SECONDS = {True: 3600, False: 600}


@dataclass(frozen=True)
class Collected:
    """What became of a zip: students' ids, sorted, and lines for the instructor.

    ``new`` had nothing before, ``replaced`` something else, ``unchanged`` the same. ``absent`` are
    on the class list and have handed in nothing, now or before; ``earlier`` only before.
    ``no_notebook`` handed in something else, named here; if they had nothing before, it is kept in
    their folder, so that nobody takes them for absent.
    """

    new: tuple[str, ...]
    replaced: tuple[str, ...]
    unchanged: tuple[str, ...]
    absent: tuple[str, ...]
    earlier: tuple[str, ...]
    notes: tuple[str, ...]
    no_notebook: dict[str, tuple[str, ...]] = field(default_factory=dict)


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
class _Owner:
    """Whose a file is: ``students``, several if it is a team's; else whose it ``may_be``."""

    students: tuple[str, ...] = ()
    may_be: tuple[str, ...] = ()
    conflict: str = ""


class _Problems(list):
    """Sentences about what is wrong, each said once.

    What is about one file or student can be left out; the sentence is a note then.
    """

    def __init__(self, *, leave_out: bool) -> None:
        super().__init__()
        self.leave_out = leave_out
        self.left_out: list[str] = []
        self._of_all = False

    def say(self, sentence: str) -> None:
        self._of_all = True
        if sentence not in self:
            self.append(sentence)

    def say_of_one(self, sentence: str) -> None:
        said = self.left_out if self.leave_out else self
        if sentence not in said:
            said.append(sentence)

    def refuse(self) -> None:
        """Stop if there are any."""
        if self:
            can = not self._of_all and not self.leave_out
            way = " --leave-out collects the rest and names what it leaves out." if can else ""
            raise GradingError("\n".join([*self, f"Nothing was collected.{way}"]))


@dataclass
class _Members:
    """The files of a zip: what may be collected, other files, and what cannot be taken at all.

    Two members may have one name: the key of the second has a number of NULs at its end.
    """

    found: dict[str, zipfile.ZipInfo] = field(default_factory=dict)
    others: dict[str, zipfile.ZipInfo] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    stamps: dict[str, datetime] = field(default_factory=dict)


def collect(
    course: Course,
    assignment: str,
    path: Path,
    *,
    pattern: str | None = None,
    times: str = "auto",
    worksheet: Path | None = None,
    zone: str | None = None,
    leave_out: bool = False,
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
        have groups ``student_id``, which is an id, a platform's number, an e-mail address or a
        name, and ``file_id``; ``timestamp`` is optional. For example
        ``(?P<student_id>\w+) - (?P<file_id>.+)``.
    times : {"auto", "zip", "none"}
        Whether the files' dates in the zip become ``timestamp.txt``. By ``auto``, they do unless
        they are all about the same: then they say when the zip was packed. With a worksheet they do
        not.
    worksheet : Path, optional
        Moodle's grading worksheet of the assignment: whose numbers are, and when they handed in.
    zone : str, optional
        The time zone of times that name none, ``UTC`` or a place. Default: this machine's.
    leave_out : bool
        Whether to leave out single files and unknown students, and name them, instead of refusing
        the zip.

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
    clock = _clock(zone)
    sheet = read_worksheet(worksheet, contents.students, clock) if worksheet else None
    problems = _Problems(leave_out=leave_out)
    notes: list[str] = []
    with _opened(path) as archive, tempfile.TemporaryDirectory(prefix="course-collect-") as scratch:
        infos = archive.infolist()
        _check_size(infos, path, problems)
        problems.refuse()
        register = _Register(contents.students, sheet, _submitters(archive, notes))
        reader = functools.partial(
            read_names,
            pattern=named,
            people=register.people,
            assignment=assignment,
            is_known=lambda match: bool(register.owner(match).students),
        )
        names = spelt(infos, lambda each: register.known(reader(_notebooks(each), ())))
        members = _members(archive, infos, names, _extensions(course), path, clock, problems, notes)
        problems.refuse()
        matches = reader(members.found, [*members.others, *members.refused])
        wanted = {key: matches[key] for key in members.found}
        _check_matches(wanted, named, problems, assignment)
        _say_of_nobody(wanted, register, assignment, known, path, course, problems)
        lost: dict[str, list[str]] = defaultdict(list)
        files = _files(wanted, members, register, known, assignment, clock, problems, notes, lost)
        problems.refuse()
        files = _with_digests(files, archive, path, problems, lost)
        chosen = _chosen(files, assignment, problems, notes, lost)
        for name in members.refused:
            for student in register.students(matches[name]):
                lost[student].append(PurePosixPath(name.rstrip("\0")).name)
        wrong = _wrong(members.others, matches, register, chosen)
        _say_of_others(members.others, wrong, _extensions(course), notes)
        if not chosen and not problems:
            problems.say(f"{path.name} holds no notebooks: download the submissions again.")
        problems.refuse()
        dates = _dates(chosen, times, notes, sheet, clock)
        made = _through_nbgrader(course, assignment, chosen, archive, dates, Path(scratch))
        without = _without_notebook(
            course, assignment, chosen, wrong, lost, made, archive, Path(scratch), problems, notes
        )
        done = _published(course, assignment, made, contents.students, without, notes)
    more = (*_without_answers(course, assignment, chosen), *_late(course, assignment, chosen))
    left = tuple(f"Left out: {sentence}" for sentence in problems.left_out)
    return replace(done, notes=(*left, *done.notes, *more), no_notebook=without)


def _clock(zone: str | None) -> tzinfo:
    if zone is None:
        return tzlocal()
    try:
        return read_zone(zone)
    except ValueError as error:
        raise GradingError(f"--zone: {error}. Nothing was collected.") from error


def _zone_in_words(clock: tzinfo) -> str:
    """Say which zone times without one were taken to be in."""
    if not isinstance(clock, tzlocal):
        return f"the zone of --zone ({datetime.now(clock).tzname()} today)"
    return (
        f"this machine's zone, {datetime.now().astimezone().tzname()} today (--zone names another)"
    )


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


def _notebooks(names: Sequence[str]) -> list[str]:
    return [each for each in names if re.search(r"\.ipynb(\.txt)?$", each, re.IGNORECASE)]


def _check_size(infos: Sequence[zipfile.ZipInfo], path: Path, problems: _Problems) -> None:
    total = sum(info.file_size for info in infos)
    if len(infos) > MOST_MEMBERS or total > MOST_BYTES:
        problems.say(
            f"{path.name} unpacks to {counted(len(infos), 'file')} with {total / 1e6:.0f} MB, "
            f"more than {MOST_MEMBERS} or {MOST_BYTES / 1e6:.0f} MB: look for what is so large, "
            "take it out and pack the zip again."
        )


def _members(
    archive: zipfile.ZipFile,
    infos: Sequence[zipfile.ZipInfo],
    names: Sequence[str],
    extensions: Sequence[str],
    path: Path,
    clock: tzinfo,
    problems: _Problems,
    notes: list[str],
) -> _Members:
    """Sort the files of a zip."""
    members = _Members()
    too_long: list[str] = []
    for info, name in zip(infos, names, strict=True):
        shown = _shown(name)
        parts = name.split("/")
        mode = info.external_attr >> 16
        suffix = PurePosixPath(name).suffix
        if outside(name):
            problems.say_of_one(
                f"{shown} would be unpacked outside of its folder: no platform makes such a zip; "
                "ask where it comes from, and download it again."
            )
            continue
        if stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
            kind = "a link" if stat.S_ISLNK(mode) else "not a file"
            problems.say_of_one(f"{shown} is {kind}: take it out and pack the zip again.")
            members.refused.append(name)
            continue
        if info.is_dir() or name.endswith("/"):
            continue
        if any(part in _RUBBISH or part.startswith("._") for part in parts):
            continue
        if parts[-1].startswith("."):
            continue
        if not _fits(parts):
            too_long.append(name)
            continue
        kept = _CHECKPOINTS not in parts
        if ":" in name:
            problems.say_of_one(
                f"{shown} holds a colon, which leads to another drive or file on Windows: rename "
                "it and pack the zip again."
            )
            members.refused.append(name)
            continue
        if info.flag_bits & 1:
            problems.say_of_one(
                f"{shown} is encrypted: unpack the zip with its password and pack it without one."
            )
            members.refused.append(name)
            continue
        if parts[-1] == "timestamp.txt":
            with contextlib.suppress(Exception):  # damaged in whatever way, it says nothing
                folder = name.rpartition("/")[0]
                said = archive.read(info)[:200].decode("utf-8-sig").strip()
                try:  # Sakai writes digits alone, in its own zone; nbgrader's times are in UTC
                    members.stamps[folder] = read_time(said, clock if said.isdigit() else UTC)
                except UnclearTime as error:
                    notes.append(f"{shown} was not used: {error}.")
            continue
        # Browsers and systems change endings.
        if notebook := re.fullmatch(r"(.+)\.ipynb(\.txt)?", name, re.IGNORECASE):
            name, suffix = f"{notebook[1]}.ipynb", ".ipynb"
        if suffix.lower() in _ARCHIVES:
            problems.say_of_one(
                f"{shown} is an archive inside the zip: unpack it, put the notebook in its place "
                "under the same beginning of the name, and pack the zip again."
            )
        elif suffix in extensions and info.file_size > MAX_BYTES:
            problems.say_of_one(
                f"{shown} has {info.file_size / 1e6:.0f} MB, and the most that is graded is "
                f"{MAX_BYTES / 1e6:.0f} MB: take it out and ask for one without outputs."
            )
            members.refused.append(name)
            continue
        group = members.found if suffix in extensions and kept else members.others
        key = name
        while key in group:
            key += "\0"
        group[key] = info
    if too_long:
        notes.append(
            f"Left out, as the name is too long, or lies in more than {MOST_LEVELS} folders: "
            f"{_some(too_long)}."
        )
    if not members.found and not problems:
        problems.say(
            f"{path.name} holds no file with the ending {' or '.join(extensions)}: download the "
            "submissions of this assignment, or see c.FileNameCollectorPlugin.valid_ext."
        )
    return members


def _submitters(
    archive: zipfile.ZipFile, notes: list[str]
) -> dict[str, tuple[tuple[tuple[str, ...], ...], str]]:
    """Return what Gradescope says of each submission: keys of each who handed in, and when."""
    import yaml

    infos = [info for info in archive.infolist() if PurePosixPath(info.filename).name == _METADATA]
    found = {}
    try:
        # Times stay as they are written.
        said = yaml.load(archive.read(infos[0]), Loader=yaml.BaseLoader) if infos else {}
        for submission, about in said.items():
            keys = tuple(
                tuple(filter(None, map(person.get, (":sid", ":email", ":name"))))
                for person in about[":submitters"]
            )
            found[submission] = (keys, about.get(":created_at") or "")
    except Exception as error:  # whatever it is, the numbers of submissions say nothing without it
        notes.append(f"{_METADATA} cannot be read ({type(error).__name__}).")
    return found


def _fits(parts: Sequence[str]) -> bool:
    """Say whether systems can hold a path: one that is too long must not end the whole run."""
    sizes = [len(part.encode(errors="surrogatepass")) for part in parts]
    fits = max(sizes) <= _MOST_BYTES_OF_A_NAME and sum(sizes) <= _MOST_BYTES_OF_A_PATH
    return fits and len(parts) <= MOST_LEVELS


def _with_digests(
    files: Sequence[_File],
    archive: zipfile.ZipFile,
    path: Path,
    problems: _Problems,
    lost: dict[str, list[str]],
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
            problems.say_of_one(
                f"{_shown(file.member)} cannot be unpacked ({error or type(error).__name__}): "
                f"download {path.name} again."
            )
            lost[file.student].append(PurePosixPath(file.place).name)
            continue
        except Exception as error:  # zlib.error and its like, of each method of compression
            problems.say_of_one(
                f"{_shown(file.member)} is damaged ({error}): download {path.name} again."
            )
            lost[file.student].append(PurePosixPath(file.place).name)
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


class _Register:
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
        self._found: dict[tuple[str, str, str], _Owner] = {}

    def owner(self, match: Match) -> _Owner:
        key = (match.form, match.number, match.name)
        if key not in self._found:
            self._found[key] = self._owner(match)
        return self._found[key]

    def students(self, match: Match | None) -> tuple[str, ...]:
        return self.owner(match).students if match else ()

    def known(self, matches: dict[str, Match | None]) -> int:
        """Return of how many files it is known whose they are."""
        return sum(bool(self.students(match)) for match in matches.values())

    def time(self, match: Match) -> str:
        """Return when a file was handed in, as the platform writes it."""
        return match.time or self._submitters.get(match.name, ((), ""))[1]

    def _owner(self, match: Match) -> _Owner:
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
            return _Owner(
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

    def _of_submitters(self, submission: str) -> _Owner:
        persons = self._submitters.get(submission, ((), ""))[0]
        found = []
        for keys in persons:
            ids = next(filter(None, map(self.people.by_any, keys)), ())
            if len(ids) != 1:
                return _Owner(may_be=ids)
            found += ids
        return _Owner(tuple(dict.fromkeys(found)))

    def _of_worksheet(self, match: Match, sheet: Worksheet) -> _Owner:
        team = sheet.teams.get(plain(match.name), ())
        if team and match.number not in sheet.entries:
            return _Owner(tuple(each.students[0] for each in team if len(each.students) == 1))
        entry = sheet.entries.get(match.number)
        if entry is None:
            return _Owner()
        if entry.name and not match.is_blind and plain(entry.name) not in plain(match.name):
            return _Owner(
                conflict=f"{match.label} is {entry.name} in the worksheet: it is of another "
                "assignment than the zip. Download both from the same one."
            )
        return _one(entry.students)


def _one(ids: tuple[str, ...]) -> _Owner:
    return _Owner(ids) if len(ids) == 1 else _Owner(may_be=ids)


def _known_assignments(course: Course, contents: Contents) -> list[str]:
    known = set(contents.assignments)
    for step in ("source", "release"):
        folder = course.folder(step, ".", "NAME").parent
        if folder.is_dir():
            known |= {each.parent.name for each in folder.glob("*/*.ipynb")}
    return sorted(known)


def _check_matches(
    matches: dict[str, Match | None],
    pattern: re.Pattern[str] | None,
    problems: _Problems,
    assignment: str,
) -> None:
    unknown = [member for member, match in matches.items() if match is None]
    if unknown and pattern is not None:
        problems.say_of_one(
            f"--pattern matches {len(matches) - len(unknown)} of {len(matches)} names, but not "
            f"{_some(unknown)}: it must match the whole path."
        )
    elif unknown:
        problems.say_of_one(
            f"{len(unknown)} of {counted(len(matches), 'name is', 'names are')} of no known form: "
            f"{_some(unknown)}. "
            f"Expected is STUDENT_..._{assignment}.ipynb, STUDENT/{assignment}.ipynb, or what "
            "Canvas and Moodle make; rename them, or say what they look like with --pattern REGEX, "
            r"for example '(?P<student_id>[^_]+)_(?P<file_id>.+)'."
        )


def _say_of_nobody(
    matches: dict[str, Match | None],
    register: _Register,
    assignment: str,
    known: Sequence[str],
    path: Path,
    course: Course,
    problems: _Problems,
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


def _files(
    matches: dict[str, Match | None],
    members: _Members,
    register: _Register,
    known: Sequence[str],
    assignment: str,
    clock: tzinfo,
    problems: _Problems,
    notes: list[str],
    lost: dict[str, list[str]],
) -> list[_File]:
    files: list[_File] = []
    strangers: dict[str, Match] = {}
    twins: dict[str, tuple[str, ...]] = {}
    others: dict[str, list[str]] = defaultdict(list)
    for member, match in matches.items():
        if match is None:
            continue
        owner = register.owner(match)
        if owner.conflict:
            problems.say(owner.conflict)
        elif owner.may_be:
            twins[_shown(match.label)] = owner.may_be
        elif not owner.students:
            strangers[_shown(match.label)] = match
        if not owner.students:
            continue
        place = PurePosixPath(match.rest)
        if why := unfit(match.rest):
            problems.say_of_one(
                f"{_shown(member)} {why}: not every system can keep it. Rename it and pack the zip "
                "again."
            )
            _lose(lost, owner, place)
            continue
        # A platform's own mark that a file was handed in again.
        again = _AGAIN.fullmatch(place.stem)
        count = 0
        if again and again["stem"] in (assignment, "answers", *known) and place.stem not in known:
            place, count = place.with_name(f"{again['stem']}{place.suffix}"), int(again["count"])
        if place.suffix == ".ipynb" and place.stem in known and place.stem != assignment:
            others[place.stem].append(member)
            _lose(lost, owner, place)
            continue
        version: tuple = (count, match.count) if match.form in _COUNTED else ()
        time = None
        folder = member.rpartition("/")[0]
        if match.form == "plain":
            time = members.stamps.get(folder)
        elif match.form == "Sakai":
            time = members.stamps.get(folder.partition("/Submission attachment(s)")[0])
        elif said := register.time(match):
            time = _time_in_name(said, member, match.form, clock, problems, notes)
            version = (time or datetime.min,)
        for student in owner.students:
            of_row = register.sheet.time(student) if register.sheet else None
            files.append(
                _File(
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
    if strangers:
        problems.say_of_one(_about_strangers(strangers, register))
    for label, ids in twins.items():
        problems.say_of_one(
            f"{label} may be {' or '.join(ids)}: give them the platform's number as lms_user_id, "
            "with `course students CLASSLIST.csv`, or name Moodle's grading worksheet with "
            "--worksheet FILE.csv."
        )
    for name, found in others.items():
        problems.say_of_one(
            f"{counted(len(found), 'file is', 'files are')} of the assignment {name}, not of "
            f"{assignment}, {_some(found[:1])} for example: name that assignment, or take "
            f"{'it' if len(found) == 1 else 'them'} out of the zip."
        )
    return files


def _lose(lost: dict[str, list[str]], owner: _Owner, place: PurePosixPath) -> None:
    for student in owner.students:
        lost[student].append(place.name)


def _about_strangers(strangers: dict[str, Match], register: _Register) -> str:
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
        return f"{said} Whose they are is in {_METADATA}, which belongs into the zip."
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


def _time_in_name(
    said: str, member: str, form: str, clock: tzinfo, problems: _Problems, notes: list[str]
) -> datetime | None:
    try:
        time = read_time(said, clock)
        if (note := _IN_NAMES.format(zone=_zone_in_words(clock))) not in notes:
            notes.append(note)
        return time
    except UnclearTime as error:
        if form == "pattern":
            problems.say(
                f"The group timestamp of --pattern takes {_shown(said)!r} out of {_shown(member)}: "
                f"{error}."
            )
        else:
            notes.append(f"{_shown(member)}: its time was not used, as {error}.")
    return None


def _chosen(
    files: Sequence[_File],
    assignment: str,
    problems: _Problems,
    notes: list[str],
    lost: dict[str, list[str]],
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
            problems.say_of_one(
                f"{student} handed in {place} twice with different work, and nothing says which is "
                f"newer: {_some(file.member for file in newest)}. Take one out of the zip."
            )
            lost[student].append(PurePosixPath(place).name)
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
            problems.say_of_one(
                f"{student} handed in {len(different)} different notebooks, none of them called "
                f"{assignment}.ipynb: {_some(f.member for f in different.values())}. Rename the "
                "right one, or take the others out of the zip."
            )
            chosen = [file for file in chosen if file.student != student]
            lost[student] += [PurePosixPath(file.place).name for file in different.values()]
    return chosen


def _wrong(
    others: dict[str, zipfile.ZipInfo],
    matches: dict[str, Match | None],
    register: _Register,
    chosen: Sequence[_File],
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


def _say_of_others(
    others: dict[str, zipfile.ZipInfo],
    wrong: dict[str, dict[str, zipfile.ZipInfo]],
    extensions: Sequence[str],
    notes: list[str],
) -> None:
    said = [info for files in wrong.values() for info in files.values()]
    left_out = [name for name, info in others.items() if info not in said]
    left_out = [
        name
        for name in left_out
        if PurePosixPath(name).name != _METADATA and _CHECKPOINTS not in name.split("/")
    ]
    if left_out:
        notes.append(
            f"Left out, as only {' and '.join(extensions)} are collected: {_some(left_out)}."
        )


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


def _dates(
    chosen: Sequence[_File],
    times: str,
    notes: list[str],
    sheet: Worksheet | None,
    clock: tzinfo,
) -> dict[str, datetime]:
    """Return when each student handed in, in UTC, as far as zip and worksheet know."""
    zone = _zone_in_words(clock)
    said = {file.student for file in chosen if file.time}
    if sheet is not None:
        notes.append(f"Times are the worksheet's, taken to be in {zone}.")
        if untimed := sorted({file.student for file in chosen} - said):
            notes.append(
                f"The worksheet has no time for {', '.join(untimed)}, so they do not count as "
                "late: it may be older than the zip. Download both at once."
            )
    found: dict[str, datetime] = {}
    for file in chosen:
        date = file.time if file.student in said else _date(file.info, clock)
        if date is not None:
            found[file.student] = max(date, found.get(file.student, date))
    packed = {student: date for student, date in found.items() if student not in said}
    if times == "none" or not packed or sheet is not None:
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
        f"dates without a time zone were taken to be in {zone}. --times none leaves them out."
    )
    return found


def _date(info: zipfile.ZipInfo, clock: tzinfo) -> datetime | None:
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
        return datetime(*info.date_time, tzinfo=clock).astimezone(UTC).replace(tzinfo=None)
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
        target = _inside(extracted, extracted / file.student / when / file.place)
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


def _inside(folder: Path, target: Path) -> Path:
    """Return a place to write to, and make sure that it is in a folder, whatever the system."""
    if not target.resolve().is_relative_to(folder.resolve()):
        raise GradingError(
            f"{_shown(str(target))} would be written outside of its folder: ask where the zip "
            "comes from. Nothing was collected."
        )
    return target


def _without_notebook(
    course: Course,
    assignment: str,
    chosen: Sequence[_File],
    wrong: dict[str, dict[str, zipfile.ZipInfo]],
    lost: dict[str, list[str]],
    made: dict[str, Path],
    archive: zipfile.ZipFile,
    scratch: Path,
    problems: _Problems,
    notes: list[str],
) -> dict[str, tuple[str, ...]]:
    """Keep what those handed in who handed in no notebook, and return its names.

    Their folders are not empty then, so nobody takes them for absent: to grading it is a submission
    that cannot be read. Who handed in a notebook before keeps that.
    """
    having = {file.student for file in chosen if file.place.endswith(".ipynb")}
    answers: dict[str, list[str]] = defaultdict(list)
    for file in chosen:
        answers[file.student].append(PurePosixPath(file.place).name)
    found = {}
    for student in sorted({*wrong, *lost, *answers} - having):
        names = [PurePosixPath(place).name for place in wrong.get(student, ())]
        names += [*lost.get(student, ()), *answers.get(student, ())]
        found[student] = tuple(dict.fromkeys(map(_shown, names)))
        before = course.folder("submitted", student, assignment)
        if student not in made and any(path.suffix == ".ipynb" for path, _ in walk(before)):
            notes.append(
                f"{student}: what came this time is no notebook ({', '.join(found[student])}); "
                "what was handed in before stays."
            )
            continue
        folder = made.setdefault(student, scratch / "without" / student)
        folder.mkdir(parents=True, exist_ok=True)
        for place, info in wrong.get(student, {}).items():
            if unfit(place) is None and info.file_size <= MAX_FILE_BYTES:
                target = _inside(folder, folder / place)
                target.parent.mkdir(parents=True, exist_ok=True)
                with contextlib.suppress(Exception):  # a damaged one is named, all the same
                    target.write_bytes(archive.read(info))
        if not any(folder.iterdir()):
            text = "".join(f"{name}\n" for name in found[student])
            (folder / LEFT_OUT).write_text(f"Handed in, and not collected:\n{text}", "utf-8")
    return found


def _published(
    course: Course,
    assignment: str,
    made: dict[str, Path],
    students: Sequence[Student],
    without: Collection[str],
    notes: list[str],
) -> Collected:
    """Put the folders where they belong; what was there before is kept outside of it."""
    new, replaced, unchanged = [], [], []
    with course.lock(assignment, f"`course collect {assignment}`"):
        for student, folder in made.items():
            place = course.folder("submitted", student, assignment)
            try:
                there = not _is_empty(place)
                timed = (folder / "timestamp.txt").exists()
                if there and _content(place, timed) == _content(folder, timed):
                    unchanged.append(student)
                    continue
                course.make_private(place.parent)
                beside = place.parent / f".{place.name}.new"
                remove(beside)
                shutil.copytree(folder, beside)
                if there:
                    now = datetime.now()
                    kept = course.grading / "before" / assignment
                    course.make_private(kept)
                    before = kept / f"{student}-{now:%Y-%m-%d-%H%M%S-%f}"
                    place.rename(before)
                    was, now_is = shlex.quote(str(before)), shlex.quote(str(place))
                    notes.append(
                        f"{student}: what was handed in before is in {before}. To put it back: "
                        f"rm -r {now_is} && mv {was} {now_is}"
                    )
                else:
                    remove(place)
                beside.rename(place)
                (replaced if there else new).append(student)
            except OSError as error:  # of this student alone
                notes.append(
                    f"{student}: NOT collected, as {place} cannot be replaced "
                    f"({explained(error)}). What was there is still there; collect again when "
                    "this is put right."
                )
    rest = [student.id for student in students if student.id not in made]
    earlier = [
        student
        for student in rest
        if any(course.folder("submitted", student, assignment).glob("*"))
    ]
    absent = [student for student in rest if student not in earlier and student not in without]
    new, replaced, unchanged, earlier = (
        [student for student in group if student not in without]
        for group in (new, replaced, unchanged, earlier)
    )
    groups = (new, replaced, unchanged, absent, earlier)
    return Collected(*(tuple(sorted(group)) for group in groups), tuple(notes))


def _is_empty(folder: Path) -> bool:
    """Say whether nothing was handed in before: an empty folder is nothing."""
    if not os.path.lexists(folder):
        return True
    if folder.is_symlink() or not folder.is_dir():
        return False
    with os.scandir(folder) as entries:
        return not any(entries)


def _content(folder: Path, timed: bool) -> dict[str, str]:
    """Return what a folder holds; the time at which it was handed in only where that is asked."""
    content = {}

    def unknown(path: Path, why: str) -> None:
        content[path.relative_to(folder).as_posix()] = why

    for path, status in walk(folder, trouble=unknown):
        name = path.relative_to(folder).as_posix()
        if stat.S_ISLNK(status.st_mode):
            content[name] = "a link"
        elif stat.S_ISREG(status.st_mode) and (timed or name != "timestamp.txt"):
            try:
                content[name] = hashlib.sha256(path.read_bytes()).hexdigest()
            except OSError as error:
                unknown(path, f"cannot be read: {error.strerror}")
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
    if without := collected.no_notebook:
        named = ", ".join(f"{student} ({', '.join(files)})" for student, files in without.items())
        say(f"{len(without)} handed in no notebook: {named}.")
    if collected.earlier:
        say(f"Handed in before, but not in this zip: {', '.join(collected.earlier)}.")
    if collected.absent:
        say(f"Handed in nothing: {', '.join(collected.absent)}.")
    else:
        say("Everybody on the class list has handed in something.")
