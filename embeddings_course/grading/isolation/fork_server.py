"""A fork server: one process loads what an assignment imports, and kernels are copies of it.

Loading torch takes longer than many a test. So it is done once for a run, in a process that no
submission can reach, and each kernel is a copy of that process which enters a sandbox of its own
before any code of a student runs. Two programs take part, both in this file:

``python -m embeddings_course.grading.isolation.fork_server SOCKET PARENT MODULE ...``
    is the server. It runs outside of all sandboxes and never runs code of students.
``python -I -S fork_server.py SETTINGS`` (JSON)
    stands for one kernel, as Jupyter sees it: it starts an empty sandbox, asks the server to put a
    copy of itself into it, and ends when that ends. When it is killed, the sandbox goes with it,
    and so does all that is in there. Where no server helps, it starts a kernel the usual way, in
    the same sandbox.

The copying itself is in :mod:`embeddings_course._shared.kernel_copies`, which the build of the book
uses as well. Nothing else but the standard library is imported at the top, since the second program
has to start quickly.
"""

from __future__ import annotations

import base64
import ctypes
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import tempfile
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

if not __package__:  # the second program, which finds nothing but the standard library
    sys.path.append(str(Path(__file__).resolve().parents[3]))

from embeddings_course._shared import kernel_copies
from embeddings_course._shared.kernel_copies import (
    PATIENCE,
    checked,
    end_with,
    libc,
    prctl,
    receive,
    send,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

# From linux/sched.h, linux/prctl.h and linux/capability.h.
_NAMESPACES = {
    "cgroup": 0x02000000,
    "uts": 0x04000000,
    "ipc": 0x08000000,
    "user": 0x10000000,
    "pid": 0x20000000,
    "net": 0x40000000,
    "mnt": 0x00020000,
}
_SET_PDEATHSIG, _SET_DUMPABLE, _CAPBSET_DROP = 1, 4, 24
_SET_NO_NEW_PRIVS, _CAP_AMBIENT, _CAP_AMBIENT_CLEAR_ALL = 38, 47, 4
_SET_SECCOMP, _SECCOMP_MODE_FILTER = 22, 2
_CAPABILITY_VERSION = 0x20080522
KERNEL = "embeddings_course.grading.isolation.watched_kernel"


# In the grader ------------------------------------------------------------------------------------


@contextmanager
def fork_server(modules: Sequence[str], environ: dict[str, str]) -> Iterator[Path]:
    """Start a server, and end it afterwards.

    Parameters
    ----------
    modules : sequence of str
        What to import; what cannot be imported is left out.
    environ : dict of str
        The whole environment of the server. Libraries read some of it when they are imported.

    Yields
    ------
    Path
        The socket to ask at. It answers when the modules are loaded.
    """
    with (
        tempfile.TemporaryDirectory(prefix="course-kernels-", ignore_cleanup_errors=True) as home,
        kernel_copies.server(
            [KERNEL, *modules], {**environ, "HOME": home}, program=__name__
        ) as path,
    ):
        yield path


def command(settings: dict[str, Any]) -> list[str]:
    """Return the command that starts a kernel in a sandbox.

    Parameters
    ----------
    settings : dict
        ``server``: what :func:`fork_server` gave, or None for a kernel that is not a copy.
        ``sandbox`` and ``options``: bubblewrap, and its options. ``files``: texts of files to be
        put into the sandbox, by their paths. ``filter``: for system calls, in base 64. ``environ``
        and ``folder``: the kernel's whole environment, and its working directory. ``meeting``: a
        path that gets a link to the folder of that name in the sandbox. ``pid_file``: gets the
        number of the process whose only child a copied kernel is. ``entrances``: files that take
        numbers of processes. ``processors``: the only ones to use, or None.

    Returns
    -------
    list of str
        With ``{connection_file}`` in the place of the kernel's connection file.
    """
    settings = settings | {"python": sys.executable, "parent": os.getpid()}
    return [sys.executable, "-I", "-S", __file__, json.dumps(settings), "{connection_file}"]


# What stands for one kernel -----------------------------------------------------------------------


def _stand_for_a_kernel(settings: dict[str, Any], connection_file: str) -> int:
    """Start a sandbox with a kernel in it; return its exit status when it has ended."""
    end_with(settings["parent"])
    _bound(settings)
    with suppress(OSError, ValueError):
        if settings["server"] and (status := _copied(settings, connection_file)) is not None:
            return status
    kernel = [settings["python"], "-m", KERNEL, "-f", connection_file]
    with _started(settings, kernel) as (sandbox, _):
        return sandbox.wait()


def _bound(settings: dict[str, Any]) -> None:
    """Put this process, and what it starts, into a control group and on processors of its own."""
    for entrance in settings["entrances"]:
        Path(entrance).write_text(str(os.getpid()))
    if settings["processors"]:
        os.sched_setaffinity(0, settings["processors"])


def _copied(settings: dict[str, Any], connection_file: str) -> int | None:
    """Let the server put a kernel into a new sandbox; None if it could not."""
    # What runs in there keeps the sandbox from ending.
    waiting = ["/bin/sh", "-c", "echo && exec sleep 2147483647"]
    with (
        _started(settings, waiting, stdout=subprocess.PIPE) as (sandbox, pid),
        socket.socket(socket.AF_UNIX) as asked,
    ):
        # Before it says so, it is not complete.
        if pid is None or sandbox.stdout is None or sandbox.stdout.readline() != b"\n":
            return None
        asked.settimeout(PATIENCE)
        asked.connect(settings["server"])
        wanted = ("environ", "folder", "filter", "entrances", "processors")
        request = {name: settings[name] for name in wanted}
        send(asked, request | {"pid": pid, "connection_file": connection_file})
        kernel = receive(asked)
        if "parent" not in kernel:
            return None
        Path(settings["pid_file"]).write_text(str(kernel["parent"]), encoding="utf-8")
        # It begins when its processes can be counted.
        send(asked, {})
        asked.settimeout(None)
        with suppress(OSError, ValueError, KeyError):
            return int(receive(asked)["status"])
        return 1


@contextmanager
def _started(
    settings: dict[str, Any], inside: Sequence[str], stdout: int | None = None
) -> Iterator[tuple[subprocess.Popen[bytes], int | None]]:
    """Start a sandbox; yield its process and the number of the first one inside, if it works.

    Neither its environment nor its command tells anything of the grader: both can be read inside.
    """
    with ExitStack() as stack:

        def given(content: bytes) -> str:
            number = os.memfd_create("given")
            stack.callback(os.close, number)
            opened.append(number)
            os.write(number, content)
            os.lseek(number, 0, os.SEEK_SET)
            return str(number)

        opened: list[int] = []
        options = []
        for path, text in settings["files"].items():
            options += ["--ro-bind-data", given(text.encode()), path]
        if settings["filter"]:
            options += ["--seccomp", given(base64.b64decode(settings["filter"]))]
        reads, writes = os.pipe()
        options += ["--info-fd", str(writes), *settings["options"]]
        told = given(b"".join(os.fsencode(option) + b"\0" for option in options))
        sandbox = subprocess.Popen(
            [settings["sandbox"], "--args", told, "--", *inside],
            env={},
            stdin=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=[*opened, writes],
            stdout=stdout,
        )
        os.close(writes)
        pid = None
        with os.fdopen(reads, "rb") as info, suppress(ValueError, KeyError):
            pid = json.load(info)["child-pid"]
        meeting = Path(settings["meeting"])
        meeting.unlink(missing_ok=True)
        meeting.symlink_to(f"/proc/{pid}/root{meeting}")
        try:
            yield sandbox, pid
        finally:
            sandbox.kill()
            sandbox.wait()


# The server ---------------------------------------------------------------------------------------


def _look_after_a_kernel(connection: socket.socket) -> int:
    """Enter a sandbox, start a kernel there, and tell who asked for it how it ended.

    This process is a copy of the server. It stays outside of the sandbox's process namespace, so
    nothing in there can see it.
    """
    request = receive(connection)
    parent = os.getpid()
    try:
        _bound(request)
        _enter(request["pid"])
        kernel = os.fork()
    except OSError as error:
        send(connection, {"problem": str(error)})
        return 1
    if kernel == 0:
        status = 1
        try:
            _become_a_kernel(connection, request, parent)
            status = 0
        finally:
            os._exit(status)
    connection.settimeout(None)
    status = kernel_copies.exit_status(os.waitpid(kernel, 0)[1])
    with suppress(OSError):
        send(connection, {"status": status})
    return 0


def _enter(pid: int) -> None:
    """Enter the namespaces of a process; what this one starts from then on is in all of them."""
    # Once it is open, it is this process's and no later one's of the same number.
    opened = os.pidfd_open(pid)
    try:
        flags = 0
        for name, flag in _NAMESPACES.items():
            ours, theirs = (Path(f"/proc/{who}/ns/{name}").stat().st_ino for who in ("self", pid))
            flags |= flag if ours != theirs else 0
        checked(libc().setns(opened, flags))
    finally:
        os.close(opened)


def _become_a_kernel(connection: socket.socket, request: dict[str, Any], parent: int) -> None:
    """Give up what the sandbox does not allow, then be a kernel until it ends."""
    prctl(_SET_PDEATHSIG, signal.SIGKILL)
    os.setsid()
    _give_up_capabilities()
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environ"], PWD=request["folder"])
    _filter_system_calls(base64.b64decode(request["filter"]))
    send(connection, {"parent": parent})
    receive(connection)
    kernel_copies.leave_the_server(connection)
    sys.argv = ["ipykernel_launcher", "-f", request["connection_file"]]
    import embeddings_course.grading.isolation.watched_kernel

    embeddings_course.grading.isolation.watched_kernel.main()


def _give_up_capabilities() -> None:
    """Be what bubblewrap makes of a program with ``--cap-drop ALL``, for good."""
    capability = 0
    while libc().prctl(_CAPBSET_DROP, capability, 0, 0, 0) == 0:
        capability += 1
    prctl(_CAP_AMBIENT, _CAP_AMBIENT_CLEAR_ALL)
    header = struct.pack("Ii", _CAPABILITY_VERSION, 0)
    checked(libc().capset(header, bytes(24)))
    prctl(_SET_NO_NEW_PRIVS, 1)
    prctl(_SET_DUMPABLE, 1)  # or /proc/self would be root's
    lines = Path("/proc/self/status").read_text(encoding="ascii", errors="replace").splitlines()
    status = dict(line.split(":\t", 1) for line in lines if ":\t" in line)
    held = [name for name in status if name.startswith("Cap") and int(status[name], 16)]
    if held or status["NoNewPrivs"] != "1":
        raise PermissionError(f"this process could not give up {held}")


def _filter_system_calls(program: bytes) -> None:
    """Load what bubblewrap loads with ``--seccomp``."""
    if program:
        kept = ctypes.create_string_buffer(program, len(program))
        # struct sock_fprog
        pointer = struct.pack("HP", len(program) // 8, ctypes.addressof(kept))
        checked(libc().prctl(_SET_SECCOMP, _SECCOMP_MODE_FILTER, pointer, 0, 0))


if __name__ == "__main__":
    if sys.argv[1].isdigit():
        listening = socket.socket(fileno=int(sys.argv[1]))
        kernel_copies.serve(listening, int(sys.argv[2]), sys.argv[3:], _look_after_a_kernel)
    sys.exit(_stand_for_a_kernel(json.loads(sys.argv[1]), sys.argv[2]))
