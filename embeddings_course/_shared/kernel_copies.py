"""Kernels that are copies of one process, which has imported what they would import.

Importing torch and scikit-learn takes seconds of each page's minute. So it is done once for a
build, in a process that runs no cell, and each page's kernel is a copy of that process. A copy is
as good as a kernel of its own: nothing that one page does reaches another.

Two programs take part, both in this file:

``python -m embeddings_course._shared.kernel_copies SOCKET PARENT MODULE ...``
    is the server. It runs no code of pages.
``python -I -S kernel_copies.py SOCKET -f CONNECTION_FILE ...``
    stands for one kernel, as Jupyter sees it: it asks the server for a copy of itself, passes
    signals on, and ends when the copy ends. When it is killed, or its starter ends, so does
    the copy. Where no server helps, it becomes a kernel that imports everything itself.

:mod:`embeddings_course.grading.isolation.fork_server` puts copies of such a server into sandboxes.
Only the standard library is imported at the top, since what stands for a kernel has to start
quickly.
"""

from __future__ import annotations

import atexit
import ctypes
import json
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import tempfile
from contextlib import contextmanager, suppress
from functools import cache, partial
from pathlib import Path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from typing import Any, NoReturn

# How long the server may take to load what it is told.
PATIENCE = 120.0
# Seconds after which a kernel's stand-in notices that who started it has ended.
_TICK = 1.0
# From linux/prctl.h.
_SET_PDEATHSIG = 1
_LAUNCHER = ["-m", "ipykernel_launcher"]
_PASSED_ON = (signal.SIGINT, signal.SIGTERM)


# In the process that wants kernels ----------------------------------------------------------------


def possible() -> bool:
    """Return whether kernels can be copies on this system."""
    return sys.platform == "linux" and hasattr(os, "pidfd_open")


@contextmanager
def server(
    modules: Sequence[str], environ: Mapping[str, str], *, program: str = __name__
) -> Iterator[Path]:
    """Start a server, and end it afterwards, with all its copies.

    Parameters
    ----------
    modules : sequence of str
        What to import, in this order: ``"torch.nn"``, or ``"torch:nn"`` for what
        ``from torch import nn`` imports. What cannot be imported is left out.
    environ : mapping of str to str
        The whole environment of the server. Libraries read some of it when they are imported.
    program : str
        The module that is the server.

    Yields
    ------
    Path
        The socket to ask at. It answers when the modules are loaded, and they are loaded when it
        is asked for the first time.
    """
    with tempfile.TemporaryDirectory(prefix="course-kernels-", ignore_cleanup_errors=True) as home:
        path = Path(home, "socket")
        listener = socket.socket(socket.AF_UNIX)
        with listener:
            listener.bind(str(path))
            listener.listen(64)
            command = [sys.executable, "-m", program, str(listener.fileno()), str(os.getpid())]
            process = subprocess.Popen(
                [*command, *modules],
                cwd=home,
                env=dict(environ),
                pass_fds=[listener.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,  # Ctrl-C is for the run
            )
        try:
            yield path
        finally:
            process.kill()
            process.wait()


def command(path: Path | None) -> list[str]:
    """Return the command that starts a kernel, as a kernel specification has it.

    Parameters
    ----------
    path : Path or None
        What :func:`server` gave, or None for a kernel that imports everything itself. A server
        that has ended is as good as none.
    """
    start = [*_LAUNCHER] if path is None else ["-I", "-S", __file__, str(path)]
    return [sys.executable, *start, "-f", "{connection_file}"]


# What stands for one kernel -----------------------------------------------------------------------


def _stand_for_a_kernel(path: str, arguments: list[str]) -> int:
    """Have a copy of the server be the kernel; return its exit status when it has ended."""
    parent = os.getppid()
    with socket.socket(socket.AF_UNIX) as asked:
        asked.settimeout(PATIENCE)
        with suppress(OSError, ValueError):
            asked.connect(path)
            request = {"environ": dict(os.environ), "folder": str(Path.cwd())}
            send(asked, request | {"arguments": arguments})
            if receive(asked):
                return _accompany(asked, parent)
    os.execv(sys.executable, [sys.executable, *_LAUNCHER, *arguments])


def _accompany(asked: socket.socket, parent: int) -> int:
    """Let the copy begin, pass signals on, and return its exit status."""
    asked.settimeout(None)
    send(asked, {"begin": True})  # it never does for a stand-in that has lost its patience

    def pass_on(number: int, _: object) -> None:
        with suppress(OSError):
            send(asked, {"signal": number})

    for number in _PASSED_ON:
        signal.signal(number, pass_on)
    while os.getppid() == parent:
        if select.select([asked], [], [], _TICK)[0]:
            return int(receive(asked).get("status", 1))
    return 1


# The server ---------------------------------------------------------------------------------------


def serve(
    listener: socket.socket,
    parent: int,
    modules: Sequence[str],
    look_after: Callable[[socket.socket], int],
) -> NoReturn:
    """Load modules, then copy this process on request, until it is killed.

    Parameters
    ----------
    listener : socket
        Where it is asked.
    parent : int
        With the end of this process the server ends.
    modules : sequence of str
        What to import, as :func:`server` gets it.
    look_after : callable
        What a copy does with the connection to who asked; it returns the copy's exit status.
    """
    import gc
    import importlib

    end_with(parent)
    # The folder this was started in is not a place to import from.
    sys.path[:] = [entry for entry in sys.path if entry not in ("", str(Path.cwd()))]
    for name in ("ipykernel.kernelapp", "ipykernel.ipkernel", *modules):
        with suppress(Exception):  # the notebook will say so itself
            home, _, attribute = name.partition(":")
            module = importlib.import_module(home)
            if attribute and not hasattr(module, attribute):
                importlib.import_module(f"{home}.{attribute}")
    # Copies share the memory of what is not touched, and a collection would touch everything.
    gc.collect()
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the copies
    while True:
        connection, _ = listener.accept()
        # Threads are not copied, and what they were about to do would never happen.
        alone = len(os.listdir("/proc/self/task")) == 1  # noqa: PTH208
        if alone and os.fork() == 0:
            status = 1
            try:
                listener.close()
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                connection.settimeout(PATIENCE)
                status = look_after(connection)
            finally:
                os._exit(status)
        connection.close()


def leave_the_server(connection: socket.socket) -> None:
    """Give up what a copy has of the server but must not share: files, numbers of chance."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in range(3):
        os.dup2(nothing, number)
    connection.detach()
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))
    tempfile.tempdir = None
    # Or all copies would draw the same numbers. Python's own generator does so by itself.
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed()
    if "torch" in sys.modules:
        sys.modules["torch"].default_generator.seed()


def exit_status(waited: int) -> int:
    """Return as a shell does how a process has ended, from what waiting for it gave."""
    code = os.waitstatus_to_exitcode(waited)
    return code if code >= 0 else 128 - code


def _look_after_a_kernel(server: int, connection: socket.socket) -> int:
    """Start a kernel, pass signals on, and tell who asked for it how it ended.

    This process is a copy of the server, and the kernel a copy of this one.
    """
    end_with(server)
    request = receive(connection)
    if not request:
        return 1
    send(connection, {"ready": True})
    if not receive(connection):
        return 1
    connection.settimeout(None)
    parent = os.getpid()
    kernel = os.fork()
    if kernel == 0:
        status = 1
        try:
            _become_a_kernel(connection, request, parent)
            status = 0
        finally:
            os._exit(status)
    opened = os.pidfd_open(kernel)
    either: list[socket.socket | int] = [connection, opened]
    while opened not in (ready := select.select(either, [], [])[0]):
        number = receive(connection).get("signal") if ready else None
        # Without one, who stood for the kernel has gone.
        with suppress(ProcessLookupError):
            os.killpg(kernel, number or signal.SIGKILL)
        if number is None:
            os.kill(kernel, signal.SIGKILL)  # it may have had no group of its own yet
            break
    status = exit_status(os.waitpid(kernel, 0)[1])
    with suppress(OSError):
        send(connection, {"status": status})
    return 0


def _become_a_kernel(connection: socket.socket, request: dict[str, Any], parent: int) -> None:
    """Be a kernel, as one that was started by itself would be, until it ends."""
    os.setsid()
    end_with(parent)
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environ"])
    leave_the_server(connection)
    from importlib.util import find_spec

    from ipykernel.kernelapp import launch_new_instance

    launcher = find_spec("ipykernel_launcher")
    assert launcher is not None and launcher.origin is not None, "ipykernel has it"
    sys.argv = [launcher.origin, *request["arguments"]]

    try:
        launch_new_instance()
    finally:
        # As at the end of a process, but for taking apart what was never this one's alone.
        atexit._run_exitfuncs()


# All ----------------------------------------------------------------------------------------------


@cache
def libc() -> ctypes.CDLL:
    """Return the C library."""
    # Not at import: this module is imported on systems that have no such library.
    return ctypes.CDLL(None, use_errno=True)


def checked(result: int) -> None:
    """Raise the error of a call of the C library that failed."""
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def prctl(option: int, value: int) -> None:
    """Change something about this process."""
    checked(libc().prctl(option, ctypes.c_ulong(value), 0, 0, 0))


def end_with(parent: int) -> None:
    """End this process when its parent does, or now, if that has happened meanwhile."""
    prctl(_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        sys.exit(1)


def send(connection: socket.socket, message: dict[str, Any]) -> None:
    """Send a message, which :func:`receive` returns on the other side."""
    text = json.dumps(message).encode()
    connection.sendall(struct.pack("I", len(text)) + text)


def receive(connection: socket.socket) -> dict[str, Any]:
    """Return the next message; an empty one if the other side has gone."""
    head = connection.recv(4, socket.MSG_WAITALL)
    if len(head) < 4:
        return {}
    text = connection.recv(struct.unpack("I", head)[0], socket.MSG_WAITALL)
    return json.loads(text)


if __name__ == "__main__":
    if sys.argv[1].isdigit():
        listening, starter = socket.socket(fileno=int(sys.argv[1])), int(sys.argv[2])
        end_with(starter)
        select.select([listening], [], [])  # nobody may ever ask
        look_after = partial(_look_after_a_kernel, os.getpid())
        serve(listening, starter, sys.argv[3:], look_after)
    sys.exit(_stand_for_a_kernel(sys.argv[1], sys.argv[2:]))
