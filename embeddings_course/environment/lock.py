"""A lock that one process at a time holds; a killed process leaves nothing locked.

Like bootstrap.py, only the standard library, and syntax that old Pythons can read.
"""

import errno
import getpass
import os
import sys
import time


class LockedError(Exception):
    """Another process holds the lock: who, since when, and what to do, in two sentences."""


class Lock:
    """Lets one process at a time do something.

    The operating system holds the lock as long as the file is open, here or in a child process
    that got its ``fileno()``.

    Parameters
    ----------
    path : Path
        The lock file. It stays behind and means nothing by itself.
    what : str
        What this process does, for a person who finds it locked: ``"Another build"``.

    Raises
    ------
    LockedError
        On entering, if another process holds the lock.
    """

    def __init__(self, path, what):
        self.path = path
        self.what = what

    def __enter__(self):
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.file = self.path.open("a+", encoding="utf-8", errors="replace")
        try:
            self._acquire()
        except OSError as error:
            if error.errno not in (errno.EAGAIN, errno.EACCES, errno.EDEADLK):
                raise
            self.file.seek(0)
            holder = self.file.read().splitlines()
            self.file.close()
            # A process that has just got the lock may not have written yet.
            if len(holder) != 4 or not "".join(holder).isprintable():
                holder = ["unknown", "somebody", "a moment ago", self.what]
            raise LockedError(
                "{3} is running in this folder (process {0} of {1}, since {2}). Wait until it has "
                "ended, or end it, then run the command again.".format(*holder)
            ) from None
        self.file.seek(0)
        self.file.truncate()
        since = time.strftime("%Y-%m-%d %H:%M:%S")
        self.file.write("\n".join([str(os.getpid()), _user(), since, self.what]))
        self.file.flush()
        return self

    def __exit__(self, *_):
        self.file.close()

    def fileno(self):
        """Return the file descriptor that holds the lock."""
        return self.file.fileno()

    def _acquire(self):
        if sys.platform == "win32":
            import msvcrt

            # Lock a byte far past the text: on Windows a locked range cannot be read by others.
            self.file.seek(1 << 30)
            msvcrt.locking(self.file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(self.file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _user():
    try:
        return getpass.getuser()
    except Exception:  # of what kind depends on the system and on Python's age
        return "somebody"
