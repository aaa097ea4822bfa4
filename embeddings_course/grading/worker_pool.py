"""Work on submissions in processes of their own: one that dies costs its own submission only."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import sys
import tempfile
import threading
import time
import warnings
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any, TypeVar

from embeddings_course._shared.failures import explained
from embeddings_course._shared.folders import remove
from embeddings_course.environment.lock import Lock, LockedError
from embeddings_course.grading.errors import GradingError
from embeddings_course.grading.isolation.control_groups import remove_control_groups
from embeddings_course.grading.submission_record import Record, collect

# A submission's own limit ends it; this is for a grader that hangs.
_PATIENCE = 1200.0
# How long a process may take to end when its work is done.
_LEAVING = 10.0
# Before what failed is tried again: another submission may have been the reason.
_PAUSE = 5.0
# Bytes that one process may use. Kernels have a limit of their own.
_MOST_MEMORY = 3 * 1024**3
# What failed for no reason of its own is tried again.
_TRIES = 3
_AGAIN = "It ran out of time while others were graded, and was graded once more, alone."
_NEW, _PREFIX = "course-new-", "course-grade-"
# Names of sockets may have a hundred letters; the rest is for what is in a run's folder.
_SHORT, _LONGEST = 70, 75
_PRELOADED = ["embeddings_course.grading.preloaded"]

Task = TypeVar("Task")


@dataclass(frozen=True)
class Place:
    """Where one task is worked on.

    ``scratch`` is an empty folder of its own, ``meeting`` a path with a short name, for sockets,
    ``name`` a name that nothing else has, and ``processors`` those of which the code may use one
    or all: None if there are not enough for each task to have its own.
    """

    scratch: Path
    meeting: Path
    name: str
    processors: tuple[int, ...] | None


Work = Callable[[Task, Place, Record], None]


def start_server() -> None:
    """Load what graders need, in the background, so that the first one finds it loaded."""
    if os.name != "nt":
        from multiprocessing.forkserver import ensure_running

        _context()
        ensure_running()


def _context() -> Any:
    if os.name != "nt" and len(tempfile.gettempdir()) > _LONGEST:
        raise GradingError(
            f"The folder for temporary files, {tempfile.gettempdir()}, has too long a name for the "
            f"sockets in it: set TMPDIR to one of at most {_LONGEST} letters. Nothing was graded."
        )
    # Not fork: a process that has threads must not be copied.
    context = multiprocessing.get_context("spawn" if os.name == "nt" else "forkserver")
    if os.name != "nt":
        context.set_forkserver_preload(_PRELOADED)
    return context


def run_all(
    work: Work, tasks: Sequence[Task], jobs: int, say: Callable[[str], None] = print
) -> Generator[tuple[Task, Record], None, None]:
    """Do some work on each task, a process each, and yield what is known of it when it is done.

    Each has processors of its own, if there are enough. What ran out of time while others ran is
    done once more at the end, alone, and only the second record counts.

    Parameters
    ----------
    work : callable
        ``work(task, place, record)`` fills in the record.
    tasks : sequence
        What to work on.
    jobs : int
        How many at a time.
    say : callable
        Gets a line when something is done once more.

    Yields
    ------
    task, record
        In the order in which they are done. Closing the generator ends what is running.
    """
    with contextlib.ExitStack() as stack:
        base = stack.enter_context(_own_folder(Path(tempfile.gettempdir())))
        short = base
        if len(str(base)) > _SHORT and os.name != "nt":
            short = stack.enter_context(_own_folder(Path("/tmp")))
        slow = yield from _run_all(work, tasks, jobs, base, short)
        if slow:
            say(
                f"{len(slow)} ran out of time while others were graded: graded once more, alone, "
                "one after the other."
            )
        for task in slow:
            yield from _run_all(work, [task], 1, base, short, again=True)


def _run_all(
    work: Work, tasks: Sequence[Task], jobs: int, base: Path, short: Path, *, again: bool = False
) -> Generator[tuple[Task, Record], None, list[Task]]:
    """Do the same in some folders; return the tasks that ran out of time while others ran."""
    context = _context()
    waiting = list(reversed(tasks))
    retries: list[tuple[float, Task]] = []  # when, and what
    tries: Counter[Task] = Counter()
    running: dict[Connection, _Running] = {}
    leaving: list[_Leaving] = []
    accompanied: set[Task] = set()
    slow: list[Task] = []
    try:
        while waiting or retries or running:
            now = time.monotonic()
            waiting[:0] = reversed([task for when, task in retries if when <= now])
            retries = [(when, task) for when, task in retries if when > now]
            while waiting and len(running) + len(leaving) < jobs:
                task = waiting.pop()
                slot = min(set(range(jobs)) - {each.slot for each in running.values()})
                scratch = Path(tempfile.mkdtemp(prefix="", dir=base))
                place = Place(
                    scratch,
                    short / f"{scratch.name}-meet",
                    f"{base.name}-{scratch.name}",
                    _processors(slot, jobs),
                )
                mine, theirs = context.Pipe(duplex=False)
                process = context.Process(target=_work, args=(work, task, place, theirs))
                _start(process)
                theirs.close()
                tries[task] += 1
                running[mine] = _Running(task, process, scratch, time.monotonic(), slot)
                if len(running) > 1:
                    accompanied.update(each.task for each in running.values())
            for connection in _ready(running, leaving, timeout=1 if leaving or retries else 5):
                ended = running.pop(connection)
                record = _received(connection, ended.process)
                leaving.append((ended.process, ended.scratch, time.monotonic()))
                if record.state == "failed" and tries[ended.task] < _TRIES:
                    retries.append((time.monotonic() + _PAUSE, ended.task))
                elif record.out_of_time and ended.task in accompanied:
                    slow.append(ended.task)
                else:
                    if again:
                        record.problems.insert(0, _AGAIN)
                    record.seconds = round(time.monotonic() - ended.began, 2)
                    yield ended.task, record
            leaving = [each for each in leaving if not _has_left(*each)]
            _end_hanging(running.values())
    finally:
        _end_all(running.values(), leaving)
    return slow


@dataclass(frozen=True)
class _Running:
    """A task at work: its process, its folder, when it began, and its place among the jobs."""

    task: Any
    process: Any
    scratch: Path
    began: float
    slot: int


_Leaving = tuple[Any, Path, float]
"""A process that is done, its folder, and since when."""


def _ready(
    running: dict[Connection, _Running], leaving: Sequence[_Leaving], *, timeout: float
) -> list[Connection]:
    """Wait until something ends, or some seconds; return the connections of what is done."""
    ended = [process.sentinel for process, _, _ in leaving]
    ready = wait([*running, *ended], timeout=timeout)
    return [each for each in running if each in ready]


def _end_hanging(running: Iterable[_Running]) -> None:
    for each in running:
        if time.monotonic() - each.began > _PATIENCE:
            _end(each.process)


def _end_all(running: Iterable[_Running], leaving: Iterable[_Leaving]) -> None:
    for process in (*(each.process for each in running), *(each[0] for each in leaving)):
        _end(process)


def _processors(slot: int, jobs: int) -> tuple[int, ...] | None:
    """Return the processors of one of some tasks that run at a time."""
    if not hasattr(os, "sched_getaffinity"):
        return None
    all_of_them = sorted(os.sched_getaffinity(0))
    return tuple(all_of_them[slot::jobs]) if len(all_of_them) >= jobs else None


def _start(process: Any) -> None:
    """Start a process; a machine that a submission has filled gets a moment to recover."""
    for wait_seconds in (1, 5, 20):
        try:
            process.start()
            return
        except (EOFError, OSError):
            time.sleep(wait_seconds)
    process.start()


@contextlib.contextmanager
def _own_folder(parent: Path) -> Iterator[Path]:
    """Make a folder for a while; as long as its file ``lock`` is locked, it is in use."""
    new = Path(tempfile.mkdtemp(prefix=f"{_NEW}{os.getpid()}-", dir=parent))
    folder = new.with_name(f"{_PREFIX}{new.name.removeprefix(_NEW)}")
    if os.name == "nt":  # a folder with an open file keeps its name there
        new.rename(folder)
        new = folder
    try:
        with Lock(new / "lock", "A run"):
            new.rename(folder)  # under this name it is locked, or left behind
            yield folder
    finally:
        _forget(folder)


def sweep() -> None:
    """Remove what runs left that were killed.

    Whether one has ended its lock tells, not its number: in another container that may be any
    process's, or nobody's.
    """
    for parent in {Path(tempfile.gettempdir()), Path("/tmp")}:
        for folder in parent.glob(f"{_PREFIX}*"):
            with contextlib.suppress(OSError, LockedError), Lock(folder / "lock", "A run"):
                _forget(folder)


def _remove(folder: Path) -> None:
    """Remove what a submission has filled; what cannot be removed is left to the next run."""
    with contextlib.suppress(OSError):
        remove(folder)


def _forget(folder: Path) -> None:
    remove_control_groups(folder.name)
    _remove(folder)


def _received(connection: Connection, process: Any) -> Record:
    try:
        record = connection.recv()
    except (EOFError, OSError):
        process.join(10)
        code = process.exitcode
        why = f"by signal {-code}" if code is not None and code < 0 else f"with status {code}"
        record = Record(state="failed")
        record.problems.append(f"The process that graded it ended {why}: grade it again.")
    connection.close()
    return record


def _has_left(process: Any, scratch: Path, since: float) -> bool:
    """Say whether a process that is done has ended, and remove its folder if so."""
    if process.is_alive():
        if time.monotonic() - since < _LEAVING:
            return False
        _end(process)  # something keeps it, and the class must not wait
    process.join(1)
    _remove(scratch)
    return True


def _end(process: Any) -> None:
    """End a grader with what it started: kernels die with it, sandboxed or not."""
    if process.pid is None or not process.is_alive():
        return
    if os.name == "nt":
        process.terminate()
    else:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        process.join(5)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    process.join(5)


def _work(work: Work, task: Task, place: Place, connection: Connection) -> None:
    """Work on one task; runs in a process of its own."""
    if os.name != "nt":
        os.setsid()  # so that Ctrl-C reaches the run, and not its parts
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
        threading.Thread(target=_end_with_the_run, daemon=True).start()
        _limit_memory()
    warnings.simplefilter("ignore")  # SQLAlchemy's, about nbgrader
    record = Record()
    try:
        with collect(record):
            work(task, place, record)
    except Exception as error:  # one submission's trouble must not be another's
        record.state = "failed"
        record.score = None
        record.problems.append(_why(error))
    connection.send(record)
    connection.close()


def _limit_memory() -> None:
    """Limit what this process may use; programs that it starts may raise the limit again."""
    import resource

    if sys.platform == "linux":
        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        most = _MOST_MEMORY if hard == resource.RLIM_INFINITY else min(_MOST_MEMORY, hard)
        resource.setrlimit(resource.RLIMIT_DATA, (most, hard))


def _why(error: Exception) -> str:
    """Say in a sentence why a submission could not be graded."""
    if isinstance(error, MemoryError):
        return f"It takes more than the {_MOST_MEMORY / 1024**3:g} GB of memory that it may use."
    if isinstance(error, RecursionError):
        return "Something in it is nested too deep."
    said = explained(error) if isinstance(error, OSError) else str(error)
    return f"{type(error).__name__}: {said[:500]}"


def _end_with_the_run() -> None:
    """End this process when the run was killed; its kernel ends with it."""
    run = multiprocessing.parent_process()
    assert run is not None, "the run starts this process"
    wait([run.sentinel])
    os.killpg(0, signal.SIGKILL)
