"""Files that are written whole or not at all, and readable by those their owner wants."""

from __future__ import annotations

import os
import secrets
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from embeddings_course._shared.messages import Message

# Windows keeps others from replacing a file that a program has open. Programs that look at every
# new file, such as virus scanners, have it open for a moment.
_PATIENCE = (0.1, 0.2, 0.4, 0.8)


def write_whole(path: Path, content: str | bytes) -> None:
    """Replace a file at once: a reader never sees half of it, whatever goes wrong meanwhile.

    Parameters
    ----------
    path : Path
        Its folder must exist. The new file is as readable as the umask allows, and as the file
        before it was.
    content : str or bytes
        Text is written in UTF-8, with the ends of lines that it has.

    Raises
    ------
    OSError
        If it cannot be written. The file before is there still, and nothing else.
    """
    with writing_whole(path) as file:
        file.write(content.encode() if isinstance(content, str) else content)


@contextmanager
def writing_whole(path: Path) -> Iterator[BinaryIO]:
    """Open a file that replaces another when the block ends well, as :func:`write_whole` does."""
    # Not by tempfile, whose files only their owner may read: here the system applies the umask.
    new = path.with_name(f".{path.name}.{secrets.token_hex(6)}.new")
    try:
        with new.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        made = stat.S_IMODE(new.stat().st_mode)
        before = stat.S_IMODE(path.stat().st_mode) if path.exists() else made
        if made & before != made:
            new.chmod(made & before)
        _replace(new, path)
    finally:
        new.unlink(missing_ok=True)


def _replace(new: Path, path: Path) -> None:
    for seconds in _PATIENCE if os.name == "nt" else ():
        try:
            new.replace(path)
            return
        except PermissionError:
            time.sleep(seconds)
    try:
        new.replace(path)
    except PermissionError as error:
        if os.name != "nt":
            raise
        why = Message(
            "file-held-by-another-program",
            "Another program has this file open, or it is read-only; close it there and try again",
        )
        raise PermissionError(error.errno, why, str(path)) from None
