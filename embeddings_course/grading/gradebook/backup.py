"""Copy the gradebook before it is changed."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from embeddings_course.grading.course import Course

_MOST_BACKUPS = 10


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
    if local and not (url.database and Path(url.database).exists()):
        return None
    course.make_private(folder)
    copy = folder / f"gradebook-{datetime.now():%Y-%m-%d-%H%M%S-%f}.db"
    new = copy.with_suffix(".new")
    if local:
        with (
            contextlib.closing(sqlite3.connect(str(url.database))) as source,
            contextlib.closing(sqlite3.connect(new)) as target,
        ):
            source.backup(target)
    else:
        server, file = sqlalchemy.create_engine(url), sqlalchemy.create_engine(f"sqlite:///{new}")
        # All tables as they were at one moment, whatever graders write meanwhile.
        at_once = server.execution_options(isolation_level="REPEATABLE READ")
        with at_once.connect() as reading, file.begin() as writing:
            there = set(sqlalchemy.inspect(reading).get_table_names())
            tables = [table for table in Base.metadata.sorted_tables if table.name in there]
            Base.metadata.create_all(writing, tables=tables)
            for table in tables:
                rows = [dict(row) for row in reading.execute(table.select()).mappings()]
                if rows:
                    writing.execute(table.insert(), rows)
        server.dispose()
        file.dispose()
    new.replace(copy)
    for old in sorted(folder.glob("gradebook-*.db"))[:-_MOST_BACKUPS]:
        old.unlink(missing_ok=True)  # another command may have been first
    say(f"The gradebook as it was: {copy}")
    return copy
