"""The kernel in which submissions run: an IPython kernel that is bounded and watched.

``python -m embeddings_course.grading.isolation.watched_kernel -f CONNECTION_FILE``

It limits its own memory and files before any code of a student runs, and has it watched
(:mod:`embeddings_course.grading.isolation.watch`). What runs in one process can deceive whatever
looks from inside it, so this is for detection. Protection is the sandbox around it.
"""

from __future__ import annotations

import os
import sys
import types
from pathlib import Path
from typing import Any

GIVEN = "COURSE_GRADING_GIVEN"  # a folder whose files are copied into the working directory
MEMORY = "COURSE_GRADING_MEMORY"  # bytes
PROCESSES = 1024  # threads among them

_FILE_BYTES = 200 * 1024**2
_OPEN_FILES = 4096  # what is sent and not read waits in memory
# How deep functions may call each other, and how many of these calls an error shows.
_DEEPEST, _SHOWN_FRAMES = 100_000, 100
_state: dict[str, Any] = {}


def attempts() -> list[tuple[str, str, str, int]]:
    """Return what code of the notebook did so far: the fields of each attempt."""
    return [tuple(attempt) for attempt in _state["watch"].attempts] if "watch" in _state else []


def remember() -> None:
    """Remember how the shell shows values, before any code of a student runs."""
    shell = _shell()
    formatter = shell.display_formatter.formatters["text/plain"]
    _state["printers"] = (formatter, dict(formatter.type_printers), formatter.float_format)
    _state["handler"] = vars(shell).get("CustomTB")


def set_aside() -> bool:
    """Take away, while a test runs, what the notebook has set up for its own cells.

    A format for numbers would change points that are shown, a handler of errors would hide those of
    a test, and what is called before each cell has no business there.

    Returns
    -------
    bool
        Whether there is something for :func:`put_back`.
    """
    shell = _shell()
    formatter, printers, number = _state["printers"]
    handler = vars(shell).get("CustomTB")
    mine = [
        (functions, list(functions))
        for functions in shell.events.callbacks.values()
        if any(map(_is_of_a_notebook, functions))
    ]
    _state["aside"] = (
        dict(formatter.type_printers),
        formatter.float_format,
        shell.custom_exceptions,
        handler,
        mine,
    )
    some = bool(mine) or handler is not _state["handler"] or formatter.float_format != number
    some |= formatter.type_printers != printers
    formatter.type_printers = dict(printers)
    formatter.float_format = number
    shell.custom_exceptions, shell.CustomTB = (), _state["handler"]
    for functions, _ in mine:
        functions[:] = [each for each in functions if not _is_of_a_notebook(each)]
    return some


def put_back() -> None:
    """Give the notebook back what :func:`set_aside` took."""
    shell, formatter = _shell(), _state["printers"][0]
    printers, number, exceptions, handler, mine = _state.pop("aside")
    formatter.type_printers, formatter.float_format = printers, number
    shell.custom_exceptions, shell.CustomTB = exceptions, handler
    for functions, before in mine:
        functions[:] = before


def seen() -> str:
    """Return, in letters, the most memory that was used so far, in bytes, and the attempts."""
    import base64
    import json

    return base64.b64encode(json.dumps([peak_memory(), attempts()]).encode()).decode()


def _shell() -> Any:
    """Return the shell that runs cells, whatever others a notebook starts."""
    kernel = sys.modules.get("ipykernel.kernelapp")
    app = getattr(getattr(kernel, "IPKernelApp", None), "_instance", None)
    return getattr(app, "shell", None)


def _is_written_in(function: Any) -> bool:
    """Whether a function was written in a cell."""
    file = getattr(getattr(function, "__code__", None), "co_filename", "")
    return "ipykernel_" in file or file.startswith("<ipython")


def _is_of_a_notebook(function: Any) -> bool:
    """Whether a function was written in a cell, or does not say where."""
    return not hasattr(function, "__code__") or _is_written_in(function)


def peak_memory() -> int:
    """Return the most memory that this process has used so far, in bytes; 0 where unknown."""
    try:
        import resource
    except ImportError:  # Windows
        return 0
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def main() -> None:
    """Start the kernel."""
    # The current directory holds files of a student: nothing may be imported from there yet.
    sys.path[:] = [entry for entry in sys.path if entry not in ("", str(Path.cwd()))]
    _limit()
    from ipykernel.kernelapp import IPKernelApp

    app = IPKernelApp.instance()
    app.initialize()
    # `exit()` would end the kernel a tenth of a second later, whatever runs then.
    assert app.shell is not None, "it has been initialised"
    app.shell.unobserve_all("exit_now")
    _shorten_recursion(app.shell)
    if GIVEN in os.environ:
        import shutil

        shutil.copytree(os.environ.pop(GIVEN), Path.cwd(), dirs_exist_ok=True)
    from embeddings_course.grading.isolation.watch import Watch

    _state["watch"] = Watch(Path.cwd(), app.shell)
    app.start()


def _limit() -> None:
    try:
        import resource
    except ImportError:  # Windows
        return
    os.nice(5)  # the process that looks after this one must get a turn
    limits = {"RLIMIT_CORE": 0, "RLIMIT_FSIZE": _FILE_BYTES, "RLIMIT_NOFILE": _OPEN_FILES}
    if GIVEN in os.environ:  # elsewhere, all of a person's programs count
        limits["RLIMIT_NPROC"] = PROCESSES
    if MEMORY in os.environ:
        # Not RLIMIT_AS: torch reserves far more addresses than it uses.
        limits["RLIMIT_DATA"] = int(os.environ.pop(MEMORY))
    for name, limit in limits.items():
        kind = getattr(resource, name, None)
        if kind is None:
            continue
        _, hard = resource.getrlimit(kind)
        if hard != resource.RLIM_INFINITY:
            limit = min(limit, hard)
        try:
            resource.setrlimit(kind, (limit, limit))
        except (OSError, ValueError):  # a system that does not know this one
            continue


def _shorten_recursion(shell: Any) -> None:
    """Let endless recursion end, and be shown, within seconds.

    A recursion limit of a billion fills the memory with calls, and IPython takes milliseconds to
    show each of them.
    """
    set_limit = sys.setrecursionlimit

    def setrecursionlimit(limit: int, /) -> None:
        set_limit(min(limit, _DEEPEST) if isinstance(limit, int) else limit)

    sys.setrecursionlimit = setrecursionlimit
    shown = shell.InteractiveTB.structured_traceback

    def structured_traceback(kind: Any, error: Any, *given: Any, **named: Any) -> Any:
        each = error
        for _ in range(10):  # the error, and those that it came from
            if isinstance(each, BaseException):
                _shorten(each.__traceback__)
                each = each.__cause__ or each.__context__
        return shown(kind, error, *given, **named)

    shell.InteractiveTB.structured_traceback = structured_traceback


def _shorten(traceback: types.TracebackType | None) -> None:
    """Take out the middle of a long traceback."""
    frames = []
    while traceback is not None:
        frames.append(traceback)
        traceback = traceback.tb_next
    if len(frames) > _SHOWN_FRAMES:
        frames[_SHOWN_FRAMES // 2].tb_next = frames[-_SHOWN_FRAMES // 2]


if __name__ == "__main__":
    # The module that the grader asks must be this one.
    sys.modules["embeddings_course.grading.isolation.watched_kernel"] = sys.modules["__main__"]
    main()
