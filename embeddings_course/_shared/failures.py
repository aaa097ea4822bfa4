"""What went wrong with files, in a sentence for a person, and where all of it can be read."""

from __future__ import annotations

import os
import tempfile
import traceback


def explained(error: OSError) -> str:
    """Say what an OSError is about; some of them hold no file, others nothing but a text."""
    if error.strerror and error.filename is not None:
        return f"{error.strerror}: {error.filename}"
    if error.args and isinstance(error.args[0], list):  # shutil.Error: what could not be copied
        found = [str(each[-1]) if isinstance(each, tuple) else str(each) for each in error.args[0]]
        more = f" and {len(found) - 3} more" if len(found) > 3 else ""
        return "; ".join(found[:3]) + more
    return str(error) or type(error).__name__


def keep_traceback() -> str:
    """Write what went wrong, in full, to a file of its own; say in a sentence where that is."""
    try:
        handle, name = tempfile.mkstemp(prefix="course-error-", suffix=".log")
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as log:
            traceback.print_exc(file=log)
    except OSError:  # the disk is full, most likely, and that is what was said
        return "There was no room for a file with the details."
    return f"The details are in {name}"
