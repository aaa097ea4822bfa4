"""A course as nbgrader knows it: its folders, its settings, its gradebook."""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from embeddings_course.grading.record import GradingError
from embeddings_course.place import CONFIGURATION

TYPED_IDS = "typed-ids.json"  # as embeddings_course.quiz.graded reads it
_MOST_BACKUPS = 10


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
        """Return the folders of those who handed in an assignment, by the student's id."""
        marker = "STUDENT"
        parts = self.folder("submitted", marker, assignment).parts
        place = parts.index(marker)
        base = Path(*parts[:place])
        found = {}
        for student in sorted(base.iterdir()) if base.is_dir() else []:
            folder = student.joinpath(*parts[place + 1 :])
            if folder.is_dir() and not student.name.startswith("."):
                found[student.name] = folder
        return found

    def step(self, step: str) -> str:
        """Return the name that the course gives to a step's folder."""
        return getattr(self.api.coursedir, f"{step}_directory")

    @property
    def api(self) -> Any:
        """nbgrader, with the course's settings."""
        from nbgrader.apps import NbGraderAPI

        return NbGraderAPI(config=self.config)

    def gradebook(self) -> Any:
        """Open the gradebook."""
        from nbgrader.api import Gradebook

        return Gradebook(self.db_url, self.api.coursedir.course_id)


def open_course(root: Path, db_url: str | None = None) -> Course:
    """Read a course's settings.

    Parameters
    ----------
    root : Path
        The folder with ``nbgrader_config.py``.
    db_url : str, optional
        Another gradebook than the configured one.

    Raises
    ------
    GradingError
        If the folder holds no course.
    """
    from traitlets.config import PyFileConfigLoader

    if not (root / CONFIGURATION).exists():
        raise GradingError(
            f"{root} holds no {CONFIGURATION}: run this in the folder of the course, or name it "
            "with --course."
        )
    # nbgrader calls alembic, which is beside Python whether the environment is active or not.
    scripts = str(Path(sys.executable).parent)
    if scripts not in os.environ.get("PATH", "").split(os.pathsep):
        os.environ["PATH"] = os.pathsep.join([scripts, os.environ.get("PATH", "")])
    config = PyFileConfigLoader(CONFIGURATION, path=str(root)).load_config()
    config.CourseDirectory.root = str(root.resolve())
    if db_url is not None:
        config.CourseDirectory.db_url = db_url
    course = Course(root.resolve(), config, "")
    url = course.api.coursedir.db_url
    if url.startswith("sqlite:///") and "?" not in url:
        url += "?timeout=60"  # seconds that a writer waits for another
    config.CourseDirectory.db_url = url
    return Course(root.resolve(), config, url)


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
        Of :func:`embeddings_course.grading.gradebook.other_names`.
    """
    lent: Any = typed_id(root, student)
    given = [] if lent is None else lent[student] if isinstance(lent, dict) else None
    given = [given] if isinstance(given, str) else given
    if names and isinstance(given, list):  # of anything else the quiz says what is wrong
        lent = {student: [*given, *(name for name in names if name not in given)]}
    if lent is not None:
        (target / TYPED_IDS).write_text(json.dumps(lent), encoding="utf-8")


def back_up(course: Course, folder: Path, say: Callable[[str], None] = print) -> Path | None:
    """Copy the gradebook, whatever data base it is in, to an SQLite file.

    Returns
    -------
    Path or None
        The copy; None if there was no gradebook yet. The ten newest are kept.
    """
    import sqlalchemy
    from nbgrader.api import Base

    url = sqlalchemy.make_url(course.db_url)
    local = url.get_backend_name() == "sqlite"
    if local and not Path(url.database or "").exists():
        return None
    folder.mkdir(parents=True, exist_ok=True)
    copy = folder / f"gradebook-{datetime.now():%Y-%m-%d-%H%M%S-%f}.db"
    new = copy.with_suffix(".new")
    if local:
        with (
            contextlib.closing(sqlite3.connect(url.database)) as source,
            contextlib.closing(sqlite3.connect(new)) as target,
        ):
            source.backup(target)
    else:
        source, target = sqlalchemy.create_engine(url), sqlalchemy.create_engine(f"sqlite:///{new}")
        tables = [
            table for table in Base.metadata.sorted_tables
            if sqlalchemy.inspect(source).has_table(table.name)
        ]  # fmt: skip
        Base.metadata.create_all(target, tables=tables)
        with source.connect() as reading, target.begin() as writing:
            for table in tables:
                rows = [dict(row) for row in reading.execute(table.select()).mappings()]
                if rows:
                    writing.execute(table.insert(), rows)
        source.dispose()
        target.dispose()
    new.replace(copy)
    for old in sorted(folder.glob("gradebook-*.db"))[:-_MOST_BACKUPS]:
        old.unlink()
    say(f"The gradebook as it was: {copy}")
    return copy
