"""A course as nbgrader knows it: its folders, its settings, its gradebook."""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from embeddings_course._shared.console import printable
from embeddings_course._shared.messages import Message
from embeddings_course.environment.course_folder import CONFIGURATION
from embeddings_course.environment.lock import Lock
from embeddings_course.grading.errors import GradingError

GRADEBOOK = "COURSE_GRADEBOOK"
"""A variable of the environment: the gradebook's address, which may hold a password."""
TYPED_IDS = "typed-ids.json"  # as embeddings_course.quiz.graded_answers reads it
# glob takes brackets, stars and question marks for patterns; a URL ends at a question mark, and
# holds escaped characters.
_NOT_LITERAL = re.compile(r"[\[\]*?]|%[0-9A-Fa-f]{2}")


@dataclass(frozen=True)
class Course:
    """A course as its ``nbgrader_config.py`` describes it."""

    root: Path
    config: Any
    db_url: str

    def folder(self, step: str, student: str, assignment: str) -> Path:
        """Return where nbgrader has a student's files at a step, such as ``submitted``."""
        return Path(self.api.coursedir.format_path(self.step(step), student, assignment))

    def handed_in(self, assignment: str) -> dict[str, Path]:
        """Return the folders of those who handed in an assignment, by the student's id.

        What is there in place of a folder counts, too: of a link to itself, or a file, grading
        says that it cannot be read.
        """
        found = self._folders(assignment)
        return {name: folder for name, folder in found.items() if _can_be_an_id(name)}

    def unnamed(self, assignment: str) -> list[str]:
        """Return the names of folders that hold the assignment and cannot be a student's id."""
        return [repr(name) for name in self._folders(assignment) if not _can_be_an_id(name)]

    def _folders(self, assignment: str) -> dict[str, Path]:
        marker = f"student-{secrets.token_hex(16)}"  # which no folder of the course is called
        parts = self.folder("submitted", marker, assignment).parts
        if marker not in parts:
            raise GradingError(
                Message(
                    "structure-without-student",
                    "c.CourseDirectory.directory_structure in nbgrader_config.py names no folder "
                    "{student_id}: each student needs a folder of that name.",
                )
            )
        place = parts.index(marker)
        base = Path(*parts[:place])
        found = {}
        for student in sorted(base.iterdir()) if base.is_dir() else []:
            inner = [student.name if part == marker else part for part in parts[place + 1 :]]
            folder = student.joinpath(*inner)
            if os.path.lexists(folder) and not student.name.startswith("."):
                found[student.name] = folder
        return found

    def step(self, step: str) -> str:
        """Return the name that the course gives to a step's folder."""
        return getattr(self.api.coursedir, f"{step}_directory")

    @property
    def grading(self) -> Path:
        """Where grades, the reports and copies of the gradebook are: the owner's, once made."""
        return self.root / "grading"

    def lock(self, assignment: str, what: str) -> Lock:
        """Return what only one command at a time may hold that writes grades of an assignment.

        Parameters
        ----------
        assignment : str
            Whose grades are written.
        what : str
            Who writes them, for those who find it locked: "`course grade hw`".
        """
        self.make_private(self.grading)
        return Lock(self.grading / f"{assignment}.lock", what)

    def make_private(self, folder: Path) -> None:
        """Make a folder that holds grades or students' work, and those above it that are missing.

        Only their owner may enter them, or the group as well if the settings say ``groupshared``.
        A folder that is there stays as it is.
        """
        missing = []
        for each in (folder, *folder.parents):
            if each.is_dir():
                break
            missing.append(each)
        for each in reversed(missing):
            with contextlib.suppress(FileExistsError):  # another command was first
                each.mkdir(mode=0o700)
                if self._shared:
                    each.chmod(0o2770)

    @property
    def _shared(self) -> bool:
        return bool(self.api.coursedir.groupshared)

    @property
    def api(self) -> Any:
        """nbgrader, with the course's settings."""
        from nbgrader.apps import NbGraderAPI

        return NbGraderAPI(config=self.config)

    def gradebook(self) -> Any:
        """Open the gradebook; a new file is the owner's, or the group's under ``groupshared``."""
        import sqlalchemy
        from nbgrader.api import Gradebook

        url = sqlalchemy.make_url(self.db_url)
        file = url.database if url.get_backend_name() == "sqlite" else None
        if file and not Path(file).exists():
            with contextlib.suppress(OSError):  # SQLite says what is wrong
                Path(file).touch(0o660 if self._shared else 0o600)
        return Gradebook(self.db_url, self.api.coursedir.course_id)


def _can_be_an_id(name: str) -> bool:
    """Say whether a gradebook, a page and a terminal can hold a name."""
    return printable(name) == name


def check_folder(root: Path) -> None:
    """Refuse a course in a folder whose path nbgrader does not take literally.

    It looks for files with patterns, and the address of its gradebook is a URL.

    Raises
    ------
    GradingError
        If there is such a character.
    """
    if found := _NOT_LITERAL.search(str(root.resolve())):
        raise GradingError(
            Message(
                "course-folder-name",
                f"The course is in {root.resolve()}, and nbgrader does not take {found[0]} in "
                "the path of a folder for what it is, so it would not find notebooks or the "
                "gradebook: rename the folder, without brackets, stars, question marks or percent "
                "signs.",
            )
        )


def open_course(root: Path, db_url: str | None = None) -> Course:
    """Read a course's settings.

    Parameters
    ----------
    root : Path
        The folder with ``nbgrader_config.py``.
    db_url : str, optional
        Another gradebook than the configured one. Default: what the variable `COURSE_GRADEBOOK`
        of the environment says, else the settings.

    Raises
    ------
    GradingError
        If the folder holds no course, if nbgrader cannot work in it, or if the gradebook has no
        address that can be read.
    """
    from traitlets.config import PyFileConfigLoader

    if not (root / CONFIGURATION).exists():
        raise GradingError(
            Message(
                "course-not-here",
                f"{root} holds no {CONFIGURATION}: run this in the folder of the course, or name "
                "it with --course.",
            )
        )
    check_folder(root)
    # nbgrader calls alembic, which is beside Python whether the environment is active or not.
    scripts = str(Path(sys.executable).parent)
    if scripts not in os.environ.get("PATH", "").split(os.pathsep):
        os.environ["PATH"] = os.pathsep.join([scripts, os.environ.get("PATH", "")])
    config = PyFileConfigLoader(CONFIGURATION, path=str(root)).load_config()
    config.CourseDirectory.root = str(root.resolve())
    if db_url := db_url or os.environ.get(GRADEBOOK):
        config.CourseDirectory.db_url = db_url
    course = Course(root.resolve(), config, "")
    url = course.api.coursedir.db_url
    _check_address(url)
    if url.startswith("sqlite:///") and "?" not in url:
        url += "?timeout=60"  # seconds that a writer waits for another
    config.CourseDirectory.db_url = url
    return Course(root.resolve(), config, url)


def _check_address(url: str) -> None:
    """Refuse what SQLAlchemy would read wrongly, and then show with a part of the password."""
    import sqlalchemy

    try:
        readable = "@" not in (sqlalchemy.make_url(url).host or "")
    except (sqlalchemy.exc.ArgumentError, ValueError):
        readable = False
    if not readable:
        raise GradingError(
            "The address of the gradebook (not shown, as it may hold a password) cannot be read: "
            f"--db, {GRADEBOOK} or c.CourseDirectory.db_url must be like sqlite:////folder/file.db "
            "or postgresql://user:password@host/name. In a user's name and a password, write "
            "%40 for @, %3A for :, %2F for / and %25 for %."
        )


def typed_id(root: Path, student: str) -> dict[str, str] | str | None:
    """Return what an instructor wrote about one student's mistyped id, for the graded quiz.

    Returns
    -------
    dict, str or None
        The typed id by the student's; a word that is no such thing if nobody can read what was
        written; None if there is nothing about this student.
    """
    try:
        typed = json.loads((root / TYPED_IDS).read_text(encoding="utf-8-sig"))
        if not isinstance(typed, dict):
            return "unreadable"
        return {student: typed[student]} if student in typed else None
    except FileNotFoundError:
        return None
    except (OSError, ValueError):  # the quiz says what is wrong with it
        return "unreadable"


def lend_typed_id(root: Path, student: str, target: Path, names: Sequence[str] = ()) -> None:
    """Write that to a folder in which the graded quiz looks for it, and the student's other names.

    Parameters
    ----------
    root : Path
        The folder in which an instructor wrote it.
    student : str
        Whose.
    target : Path
        Gets the file, if there is anything to write.
    names : sequence of str
        Of :func:`embeddings_course.grading.gradebook.contents.other_names`.
    """
    lent: Any = typed_id(root, student)
    given = [] if lent is None else lent[student] if isinstance(lent, dict) else None
    given = [given] if isinstance(given, str) else given
    if names and isinstance(given, list):  # of anything else the quiz says what is wrong
        lent = {student: [*given, *(name for name in names if name not in given)]}
    if lent is not None:
        (target / TYPED_IDS).write_text(json.dumps(lent), encoding="utf-8")
