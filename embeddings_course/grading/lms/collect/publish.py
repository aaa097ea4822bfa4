"""Put collected files where grading looks for them, and keep what was there before."""

from __future__ import annotations

import contextlib
import copy
import hashlib
import logging
import os
import re
import shlex
import shutil
import stat
import zipfile
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path, PurePosixPath

from embeddings_course._shared.failures import explained
from embeddings_course._shared.folders import remove, walk
from embeddings_course.grading.course import Course
from embeddings_course.grading.errors import GradingError
from embeddings_course.grading.gradebook.contents import Student
from embeddings_course.grading.lms.collect.findings import Problems, shown_name, some
from embeddings_course.grading.lms.collect.zip_file import ZippedFile
from embeddings_course.grading.lms.downloads import unfit
from embeddings_course.grading.submissions.copy_files import MAX_FILE_BYTES
from embeddings_course.quiz.answer_records import may_be_answers
from embeddings_course.quiz.graded_sheet import ANSWERS, QUESTIONS

LEFT_OUT = "left-out.txt"
"""Where it is written down that a student's work came and was not collected."""


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


def without_answers(course: Course, assignment: str, chosen: Sequence[ZippedFile]) -> Iterator[str]:
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


class _Said(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


def through_nbgrader(
    course: Course,
    assignment: str,
    chosen: Sequence[ZippedFile],
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
            f"nbgrader's zip_collect took nothing of {some(lost)}: look at "
            "c.FileNameCollectorPlugin in nbgrader_config.py. Nothing was collected."
        )
    return made


def _inside(folder: Path, target: Path) -> Path:
    """Return a place to write to, and make sure that it is in a folder, whatever the system."""
    if not target.resolve().is_relative_to(folder.resolve()):
        raise GradingError(
            f"{shown_name(str(target))} would be written outside of its folder: ask where the zip "
            "comes from. Nothing was collected."
        )
    return target


def without_notebook(
    course: Course,
    assignment: str,
    chosen: Sequence[ZippedFile],
    wrong: dict[str, dict[str, zipfile.ZipInfo]],
    lost: dict[str, list[str]],
    made: dict[str, Path],
    archive: zipfile.ZipFile,
    scratch: Path,
    problems: Problems,
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
        found[student] = tuple(dict.fromkeys(map(shown_name, names)))
        before = course.folder("submitted", student, assignment)
        if student not in made and any(path.suffix == ".ipynb" for path, _ in walk(before)):
            notes.append(
                f"{student}: what came this time is not a notebook ({', '.join(found[student])}); "
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


def publish(
    course: Course,
    assignment: str,
    made: dict[str, Path],
    students: Sequence[Student],
    without: Collection[str],
    notes: list[str],
) -> Collected:
    """Put the folders where they belong; what was there before is kept outside of it."""
    new: list[str] = []
    replaced: list[str] = []
    unchanged: list[str] = []
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

    def having_answers(students: Collection[str]) -> tuple[str, ...]:
        return tuple(sorted(student for student in students if student not in without))

    return Collected(
        new=having_answers(new),
        replaced=having_answers(replaced),
        unchanged=having_answers(unchanged),
        absent=having_answers(absent),
        earlier=having_answers(earlier),
        notes=tuple(notes),
    )


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
