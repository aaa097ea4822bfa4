"""Which processes a kernel has started."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

import psutil

# Linux knows the children of each thread.
_CHILDREN = Path("/proc/thread-self/children")


def descendants(parents: list[int]) -> list[int]:
    """Return the numbers of all processes that some have started, directly or not."""
    found: list[int] = []
    waiting = list(parents)
    while waiting:
        pid = waiting.pop()
        try:
            # To look at all processes of a machine, as psutil does, would take long on a large one.
            for thread in os.scandir(f"/proc/{pid}/task"):
                listed = Path(thread.path, "children").read_text(encoding="ascii").split()
                waiting += map(int, listed)
                found += map(int, listed)
        except (FileNotFoundError, ProcessLookupError):  # it has ended, or there is no such file
            if not _CHILDREN.exists():
                with contextlib.suppress(psutil.Error):
                    children = psutil.Process(pid).children(recursive=True)
                    found += [child.pid for child in children]
    return found
