"""The files of a zip: which may be collected, and whether they can be unpacked."""

from __future__ import annotations

import contextlib
import hashlib
import re
import stat
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, tzinfo
from pathlib import Path, PurePosixPath

from embeddings_course._shared.folders import MOST_LEVELS
from embeddings_course._shared.text import counted
from embeddings_course.grading.course import Course
from embeddings_course.grading.errors import GradingError
from embeddings_course.grading.lms.collect.findings import Problems, shown_name, some
from embeddings_course.grading.lms.downloads import outside
from embeddings_course.grading.submissions.parse_dates import UnclearTime, read_time
from embeddings_course.grading.submissions.read_notebook import MAX_BYTES

MOST_MEMBERS = 50_000
MOST_BYTES = 2_000_000_000
"""Of all files of a zip together, unpacked."""
_MOST_BYTES_OF_A_PATH = 1_000  # the course's own folders come on top
_MOST_BYTES_OF_A_NAME = 200
_ARCHIVES = (".zip", ".gz", ".tgz", ".tar", ".bz2", ".xz", ".7z", ".rar")
_RUBBISH = frozenset({"__MACOSX", "__pycache__", "Thumbs.db", "desktop.ini"})
CHECKPOINTS = ".ipynb_checkpoints"  # better than nothing, where there is no other notebook
METADATA = "submission_metadata.yml"  # Gradescope's


@dataclass(frozen=True)
class ZippedFile:
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


@dataclass
class Members:
    """The files of a zip: what may be collected, other files, and what cannot be taken at all.

    Two members may have one name: the key of the second has a number of NULs at its end.
    """

    found: dict[str, zipfile.ZipInfo] = field(default_factory=dict)
    others: dict[str, zipfile.ZipInfo] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    stamps: dict[str, datetime] = field(default_factory=dict)


@contextlib.contextmanager
def opened(path: Path) -> Iterator[zipfile.ZipFile]:
    """Open a zip, and close it afterwards."""
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
        raise GradingError(
            f"{path} is not a zip file, or not a whole one ({error}): download it again. Nothing "
            "was collected."
        ) from error
    except OSError as error:
        raise GradingError(
            f"{path} cannot be read ({error.strerror}): name the zip file that you downloaded. "
            "Nothing was collected."
        ) from error
    with archive:
        yield archive


def extensions_of(course: Course) -> tuple[str, ...]:
    """Return the endings of the files that are collected."""
    from nbgrader.plugins import FileNameCollectorPlugin

    return tuple(FileNameCollectorPlugin(config=course.config).valid_ext)


def check_size(infos: Sequence[zipfile.ZipInfo], path: Path, problems: Problems) -> None:
    """Refuse what would fill the disk."""
    total = sum(info.file_size for info in infos)
    if len(infos) > MOST_MEMBERS or total > MOST_BYTES:
        problems.say(
            f"{path.name} unpacks to {counted(len(infos), 'file')} with {total / 1e6:.0f} MB, "
            f"more than {MOST_MEMBERS} or {MOST_BYTES / 1e6:.0f} MB: look for what is so large, "
            "take it out and pack the zip again."
        )


def members_of(
    archive: zipfile.ZipFile,
    infos: Sequence[zipfile.ZipInfo],
    names: Sequence[str],
    extensions: Sequence[str],
    path: Path,
    clock: tzinfo,
    problems: Problems,
    notes: list[str],
) -> Members:
    """Sort the files of a zip."""
    members = Members()
    too_long: list[str] = []
    for info, name in zip(infos, names, strict=True):
        shown = shown_name(name)
        parts = name.split("/")
        if outside(name):
            problems.say_of_one(
                f"{shown} would be unpacked outside of its folder: no platform makes such a zip; "
                "ask where it comes from, and download it again."
            )
        elif wrong := _of_no_file(info):
            problems.say_of_one(f"{shown} {wrong}")
            members.refused.append(name)
        elif info.is_dir() or name.endswith("/") or _is_rubbish(parts):
            continue
        elif not _fits(parts):
            too_long.append(name)
        elif wrong := _of_no_use(info, name):
            problems.say_of_one(f"{shown} {wrong}")
            members.refused.append(name)
        elif parts[-1] == "timestamp.txt":
            _read_stamp(archive, info, name, clock, members, notes)
        else:
            _sort_in(info, name, extensions, members, problems)
    if too_long:
        notes.append(
            f"Left out, as the name is too long, or lies in more than {MOST_LEVELS} folders: "
            f"{some(too_long)}."
        )
    if not members.found and not problems:
        problems.say(
            f"{path.name} holds no file with the ending {' or '.join(extensions)}: download the "
            "submissions of this assignment, or see c.FileNameCollectorPlugin.valid_ext."
        )
    return members


def _of_no_file(info: zipfile.ZipInfo) -> str:
    """Say what is wrong with a member that is neither a file nor a folder."""
    mode = info.external_attr >> 16
    if stat.S_IFMT(mode) in (0, stat.S_IFREG, stat.S_IFDIR):
        return ""
    kind = "a link" if stat.S_ISLNK(mode) else "not a file"
    return f"is {kind}: take it out and pack the zip again."


def _is_rubbish(parts: Sequence[str]) -> bool:
    """Say whether a system left something behind that is nobody's work, or that it hides."""
    rubbish = any(part in _RUBBISH or part.startswith("._") for part in parts)
    return rubbish or parts[-1].startswith(".")


def _of_no_use(info: zipfile.ZipInfo, name: str) -> str:
    """Say what is wrong with a file that cannot be unpacked everywhere."""
    if ":" in name:
        return (
            "holds a colon, which leads to another drive or file on Windows: rename it and pack "
            "the zip again."
        )
    if info.flag_bits & 1:
        return "is encrypted: unpack the zip with its password and pack it without one."
    return ""


def _read_stamp(
    archive: zipfile.ZipFile,
    info: zipfile.ZipInfo,
    name: str,
    clock: tzinfo,
    members: Members,
    notes: list[str],
) -> None:
    """Note when a folder was handed in; a file that is damaged, in whatever way, says nothing."""
    with contextlib.suppress(Exception):
        said = archive.read(info)[:200].decode("utf-8-sig").strip()
        try:  # Sakai writes digits alone, in its own zone; nbgrader's times are in UTC
            time = read_time(said, clock if said.isdigit() else UTC)
            members.stamps[name.rpartition("/")[0]] = time
        except UnclearTime as error:
            notes.append(f"{shown_name(name)} was not used: {error}.")


def _sort_in(
    info: zipfile.ZipInfo,
    name: str,
    extensions: Sequence[str],
    members: Members,
    problems: Problems,
) -> None:
    """Put a file among those that count, or the others; refuse one that is too large."""
    shown, suffix = shown_name(name), PurePosixPath(name).suffix
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
        return
    counts = suffix in extensions and CHECKPOINTS not in name.split("/")
    group = members.found if counts else members.others
    key = name
    while key in group:
        key += "\0"
    group[key] = info


def submitters_of(
    archive: zipfile.ZipFile, notes: list[str]
) -> dict[str, tuple[tuple[tuple[str, ...], ...], str]]:
    """Return what Gradescope says of each submission: keys of each who handed in, and when."""
    import yaml

    infos = [info for info in archive.infolist() if PurePosixPath(info.filename).name == METADATA]
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
        notes.append(f"{METADATA} cannot be read ({type(error).__name__}).")
    return found


def _fits(parts: Sequence[str]) -> bool:
    """Say whether systems can hold a path: one that is too long must not end the whole run."""
    sizes = [len(part.encode(errors="surrogatepass")) for part in parts]
    fits = max(sizes) <= _MOST_BYTES_OF_A_NAME and sum(sizes) <= _MOST_BYTES_OF_A_PATH
    return fits and len(parts) <= MOST_LEVELS


def with_digests(
    files: Sequence[ZippedFile],
    archive: zipfile.ZipFile,
    path: Path,
    problems: Problems,
    lost: dict[str, list[str]],
) -> list[ZippedFile]:
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
                f"{shown_name(file.member)} cannot be unpacked ({error or type(error).__name__}): "
                f"download {path.name} again."
            )
            lost[file.student].append(PurePosixPath(file.place).name)
            continue
        except Exception as error:  # zlib.error and its like, of each method of compression
            problems.say_of_one(
                f"{shown_name(file.member)} is damaged ({error}): download {path.name} again."
            )
            lost[file.student].append(PurePosixPath(file.place).name)
            continue
        done.append(replace(file, digest=digest.hexdigest()))
    return done
