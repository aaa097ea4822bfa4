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
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any, TypeVar

from embeddings_course.environment import explained
from embeddings_course.folders import remove
from embeddings_course.grading.record import Record, collect

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
_PRELOADED = ["embeddings_course.grading.submission", "embeddings_course.grading.preprocessors"]

Task = TypeVar("Task")
Work = Callable[[Task, Path, Record], None]


def start_server() -> None:
    """Load what graders need, in the background, so that the first one finds it loaded."""
    if os.name != "nt":
        from multiprocessing.forkserver import ensure_running

        _context()
        ensure_running()


def _context() -> Any:
    # Not fork: a process that has threads must not be copied.
    context = multiprocessing.get_context("spawn" if os.name == "nt" else "forkserver")
    if os.name != "nt":
        context.set_forkserver_preload(_PRELOADED)
    return context


def run_all(work: Work, tasks: Sequence[Task], jobs: int) -> Iterator[tuple[Task, Record]]:
    """Do some work on each task, a process each, and yield what is known of it when it is done.

    Parameters
    ----------
    work : callable
        ``work(task, scratch, record)`` fills in the record; it may use the folder `scratch`.
    tasks : sequence
        What to work on.
    jobs : int
        How many at a time.

    Yields
    ------
    task, record
        In the order in which they are done. Closing the generator ends what is running.
    """
    context = _context()
    base = Path(tempfile.mkdtemp(prefix=f"course-grade-{os.getpid()}-", dir=_short_tmp()))
    waiting = list(reversed(tasks))
    again: list[tuple[float, Task]] = []  # when, and what
    tries: Counter[Task] = Counter()
    running: dict[Connection, tuple[Task, Any, Path, float]] = {}
    leaving: list[tuple[Any, Path, float]] = []  # these are done, and about to end
    try:
        while waiting or again or running:
            now = time.monotonic()
            waiting[:0] = reversed([task for when, task in again if when <= now])
            again = [(when, task) for when, task in again if when > now]
            while waiting and len(running) + len(leaving) < jobs:
                task = waiting.pop()
                scratch = Path(tempfile.mkdtemp(prefix="", dir=base))
                mine, theirs = context.Pipe(duplex=False)
                process = context.Process(target=_work, args=(work, task, scratch, theirs))
                _start(process)
                theirs.close()
                tries[task] += 1
                running[mine] = (task, process, scratch, time.monotonic())
            ended = [process.sentinel for process, _, _ in leaving]
            patience = 1 if leaving or again else 5
            for connection in wait([*running, *ended], timeout=patience):
                if connection not in running:
                    continue
                task, process, scratch, began = running.pop(connection)
                record = _received(connection, process)
                leaving.append((process, scratch, time.monotonic()))
                if record.state == "failed" and tries[task] < _TRIES:
                    again.append((time.monotonic() + _PAUSE, task))
                    continue
                record.seconds = round(time.monotonic() - began, 2)
                yield task, record
            leaving = [each for each in leaving if not _has_left(*each)]
            for _, process, _, began in running.values():
                if time.monotonic() - began > _PATIENCE:
                    _end(process)
    finally:
        for process in (*(each[1] for each in running.values()), *(each[0] for each in leaving)):
            _end(process)
        _remove(base)


def _start(process: Any) -> None:
    """Start a process; a machine that a submission has filled gets a moment to recover."""
    for wait_seconds in (1, 5, 20):
        try:
            return process.start()
        except (EOFError, OSError):
            time.sleep(wait_seconds)
    return process.start()


def sweep() -> None:
    """Remove what runs left that were killed."""
    for folder in Path(_short_tmp() or tempfile.gettempdir()).glob("course-grade-*-*"):
        number = folder.name.split("-")[2]
        if number.isdigit() and not Path(f"/proc/{number}").exists() and Path("/proc").is_dir():
            _remove(folder)


def _remove(folder: Path) -> None:
    """Remove what a submission has filled; what cannot be removed is left to the next run."""
    with contextlib.suppress(OSError):
        remove(folder)


def _short_tmp() -> str | None:
    # Names of sockets may have a hundred letters.
    return "/tmp" if os.name != "nt" and os.access("/tmp", os.W_OK) else None


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


def _work(work: Work, task: Task, scratch: Path, connection: Connection) -> None:
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
            work(task, scratch, record)
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
    wait([multiprocessing.parent_process().sentinel])
    os.killpg(0, signal.SIGKILL)
