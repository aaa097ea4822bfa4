"""What a network has computed once, kept on disk: vectors by the content they were made from."""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np

from embeddings_course._shared.messages import Message

logger = logging.getLogger(__name__)


class VectorCache:
    """Vectors of one network in one SQLite file. Trouble with the file costs time, never a result.

    Used by several threads at once, therefore the lock; and by several processes, which SQLite
    sorts out.

    Parameters
    ----------
    folder : str or Path
        Where the file lies; made if need be.
    name : str
        What decides the vectors, as a name for the file: a digest.
    dim : int
        Length of a vector.

    Raises
    ------
    ValueError
        If the folder cannot be made.
    """

    def __init__(self, folder: str | Path, name: str, dim: int) -> None:
        folder = Path(folder)
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ValueError(
                Message(
                    "cache-folder-impossible",
                    f"The cache folder {folder} cannot be made ({error.strerror}). "
                    "Give another folder, or cache=None.",
                )
            ) from error
        self.path = folder / f"{name}.sqlite"
        self.dim = dim
        self.lock = threading.Lock()
        self.connection: sqlite3.Connection | None = None
        with self.lock:
            self._open()

    def get(self, key: bytes) -> np.ndarray | None:
        """Return the vector stored under a key, if there is a sound one."""
        with self.lock:
            row = self._do(
                lambda db: db.execute("SELECT v FROM vectors WHERE k = ?", [key]).fetchone()
            )
        if row is None:
            return None
        if not isinstance(row[0], bytes) or len(row[0]) != 4 * self.dim:
            logger.warning("A damaged vector in the cache %s is computed again.", self.path)
            return None
        return np.frombuffer(row[0], "<f4")

    def put(self, keys: list[bytes], vectors: np.ndarray) -> None:
        """Store the vectors of a batch at once: an interrupted run keeps them."""
        rows = [
            (key, vector.astype("<f4").tobytes()) for key, vector in zip(keys, vectors, strict=True)
        ]

        def insert(db: sqlite3.Connection) -> None:
            with db:
                db.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?)", rows)

        with self.lock:
            self._do(insert)

    def close(self) -> None:
        with self.lock:
            if self.connection is not None:
                self.connection.close()
            self.connection = None

    def _open(self) -> None:
        for attempt in range(2):
            try:
                # The readers' threads share the connection behind the lock.
                self.connection = sqlite3.connect(self.path, timeout=60, check_same_thread=False)
                # After a power cut the file may be damaged. It is then set aside like any other.
                self.connection.execute("PRAGMA synchronous = OFF")
                self.connection.execute(
                    "CREATE TABLE IF NOT EXISTS vectors (k BLOB PRIMARY KEY, v BLOB) WITHOUT ROWID"
                )
                self.connection.execute("SELECT k, v FROM vectors LIMIT 1").fetchall()
                return
            except sqlite3.Error as error:
                if attempt or not self._set_aside(error):
                    self._give_up(error)
                    return

    def _do(self, action: Callable[[sqlite3.Connection], tuple | None]) -> tuple | None:
        if self.connection is None:
            return None
        try:
            return action(self.connection)
        except sqlite3.Error as error:
            # OperationalError: locked for a minute, disk full and the like; the file is sound.
            if isinstance(error, sqlite3.OperationalError) or not self._set_aside(error):
                self._give_up(error)
            else:
                self._open()
            return None

    def _set_aside(self, error: sqlite3.Error) -> bool:
        if self.connection is not None:
            self.connection.close()
        self.connection = None
        if "locked" in str(error) or not self.path.exists():
            return False
        aside = self.path.with_suffix(".damaged")
        with suppress(OSError):
            self.path.replace(aside)
            logger.warning(
                "The cache %s cannot be read (%s). It is now %s; its vectors are computed again.",
                self.path,
                error,
                aside.name,
            )
            return True
        return False

    def _give_up(self, error: sqlite3.Error) -> None:
        if self.connection is not None:
            self.connection.close()
        self.connection = None
        logger.warning("The cache %s cannot be used (%s); this run goes without.", self.path, error)
