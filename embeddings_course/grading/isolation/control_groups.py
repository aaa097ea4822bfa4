"""Control groups of Linux: what all processes of one submission may take together.

They can be made by root, where the system leaves them writable. Elsewhere the grader adds up what
the processes take, and each submission has processors of its own.
"""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_MOUNTED = Path("/sys/fs/cgroup")
# Of the first version. Those in a group share the processor as one, however many they are.
_CONTROLLERS = ("pids", "memory", "cpu")


@dataclass(frozen=True)
class ControlGroup:
    """A group: one folder of the system, or one of each controller in the first version."""

    folders: tuple[Path, ...]

    @property
    def entrances(self) -> list[str]:
        """The files that take the numbers of processes."""
        return [str(folder / "cgroup.procs") for folder in self.folders]

    def processes(self) -> list[int]:
        """Return the numbers of its processes."""
        return [int(word) for word in (self.folders[0] / "cgroup.procs").read_text().split()]

    def out_of_memory(self) -> bool:
        """Return whether the system has ended one of its processes for want of memory."""
        for folder in self.folders:
            for name in ("memory.events", "memory.oom_control"):
                with contextlib.suppress(OSError):
                    found = re.search(r"^oom_kill (\d+)$", (folder / name).read_text(), re.M)
                    if found and int(found[1]):
                        return True
        return False


@contextlib.contextmanager
def control_group(
    name: str, *, memory: int, processes: int, mounted: Path = _MOUNTED
) -> Iterator[ControlGroup | None]:
    """Make a group for a while.

    Parameters
    ----------
    name : str
        A name that no other group has.
    memory : int
        Bytes that its processes may use, with their files in memory.
    processes : int
        How many there may be, with their threads.
    mounted : Path, optional
        Where the system shows its groups.

    Yields
    ------
    ControlGroup or None
        None where none can be made that bounds both.
    """
    folders = _folders(name, memory, processes, mounted)
    try:
        yield ControlGroup(folders) if folders else None
    finally:
        _remove(folders)


def remove_control_groups(prefix: str, mounted: Path = _MOUNTED) -> None:
    """Remove what a run left that was killed; `prefix` is how the names of its groups begin."""
    for place in _places(mounted):
        _remove(tuple(place.glob(f"{prefix}*")))


def _places(mounted: Path) -> list[Path]:
    """Return where groups can be made: a folder, or one of each controller, or none."""
    if (mounted / "cgroup.controllers").exists():
        return [mounted]
    return [mounted / name for name in _CONTROLLERS if (mounted / name / "cgroup.procs").exists()]


def _folders(name: str, memory: int, processes: int, mounted: Path) -> tuple[Path, ...]:
    settings = {
        "pids.max": processes,
        "memory.max": memory,
        "memory.swap.max": 0,
        "memory.limit_in_bytes": memory,
        "memory.memsw.limit_in_bytes": memory,
    }
    made: list[Path] = []
    bounded = set()
    for place in _places(mounted):
        with contextlib.suppress(OSError):  # the whole system's may have them on, and often has
            (place / "cgroup.subtree_control").write_text("+cpu +memory +pids")
        try:
            (place / name).mkdir()
        except OSError:  # read-only, as in most containers and for ordinary users
            continue
        made.append(place / name)
        for setting, value in settings.items():
            if (place / name / setting).exists():
                with contextlib.suppress(OSError):
                    (place / name / setting).write_text(str(value))
                    bounded.add(setting.partition(".")[0])
    if bounded == {"pids", "memory"}:
        return tuple(made)
    _remove(tuple(made))
    return ()


def _remove(folders: tuple[Path, ...]) -> None:
    for folder in folders:
        for _ in range(50):  # until the last process has gone
            try:
                folder.rmdir()
                break
            except FileNotFoundError:
                break
            except OSError:
                time.sleep(0.1)
