"""A sandbox for kernels, made with bubblewrap: no network, and nothing to see but what it needs.

Visible and read-only are the system's programs and libraries, Python, its environment and this
package. The home folder, the working directory and temporary files are in memory, of bounded size,
and gone with the kernel, and so is every process that it started.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

import embeddings_course
from embeddings_course.grading.isolation import fork_server, system_calls
from embeddings_course.grading.isolation.watched_kernel import GIVEN, MEMORY

GIGABYTE = 1024**3
# What one submission may take of a machine: its processes, and its files, which are in memory.
MOST_MEMORY = 3 * GIGABYTE
# Files go into folders of these sizes, in MB.
_FOLDERS = {"/tmp": 128, "/home/student": 64, "/submission": 256, "/dev/shm": 128}
# The folder where kernel and grader meet holds nothing but sockets.
_MEETING_BYTES = 1024**2
MOST_OF_PROCESSES = MOST_MEMORY - sum(_FOLDERS.values()) * 1024**2 - _MEETING_BYTES
# Names in such a folder take memory, too.
_OF_A_NAME = 1_000

_PACKAGE = Path(embeddings_course.__file__).resolve().parent
_SYSTEM = ("/bin", "/lib", "/lib32", "/lib64", "/sbin")
_SETTINGS = (
    "/etc/alternatives",
    "/etc/fonts",
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/etc/nsswitch.conf",
    "/sys/devices/system/cpu",  # torch looks there for what the processor can do
)
_FOR_ANY_KERNEL = {
    "MKL_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    MEMORY: str(MOST_OF_PROCESSES),
    "NBGRADER_EXECUTION": "autograde",
    # An editable installation may be found by its entry in site-packages only.
    "PYTHONPATH": str(_PACKAGE.parent),
    "PYTHONDONTWRITEBYTECODE": "1",
}
# What of an environment programs need. An installation may keep passwords beside them.
_OF_AN_ENVIRONMENT = (
    "bin",
    "include",
    "lib",
    "lib32",
    "lib64",
    "libexec",
    "pyvenv.cfg",
    "share",
)
_OTHERS = {"darwin": "macOS", "win32": "Windows"}
# A file in the folder of a submission: see `write_kernel`.
PARENT = "kernel-parent"
# Jupyter's names of the two kernels. The first is what notebooks name.
STUDENTS, JUDGES = "python3", "course-judge"


def way_to_one() -> str:
    """Say how to get a sandbox on this system, or where to grade if it has none."""
    tells = "`course doctor` in it says whether the sandbox works there."
    if sys.platform == "win32":
        return f"Grade in WSL2 (`wsl --install`), or in another virtual machine with Linux; {tells}"
    if sys.platform != "linux":
        return (
            "Grade in a virtual machine with Linux, or in a Linux container that may make "
            f"namespaces; {tells}"
        )
    return (
        "Install bubblewrap (`sudo apt install bubblewrap` or the like); where it is not allowed, "
        "grade in a virtual machine."
    )


@cache
def reason_against() -> str | None:
    """Return why there is no sandbox on this machine, or None where there is one."""
    if sys.platform != "linux":
        return f"bubblewrap needs Linux, and this is {_OTHERS.get(sys.platform, sys.platform)}"
    program = shutil.which("bwrap")
    if program is None:
        return "bubblewrap (the program bwrap) is not installed"
    options = [*_isolation(), *_system(), *_empty(), "--remount-ro", "/"]
    trial = subprocess.run(
        [program, *options, "--", "/usr/bin/env", "true"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        env={},
    )
    if trial.returncode == 0:
        return None
    said = trial.stderr.strip().splitlines()
    return f"bubblewrap does not work here ({said[-1] if said else 'it says nothing'})"


def write_kernel(
    jupyter: Path,
    name: str,
    scratch: Path,
    working: Path,
    *,
    sandboxed: bool,
    meeting: Path,
    entrances: Sequence[str] = (),
    processors: Iterable[int] | None = None,
    beside: Path | None = None,
    server: Path | None = None,
) -> None:
    """Describe a kernel to Jupyter, for one submission.

    Parameters
    ----------
    jupyter : Path
        A folder for ``JUPYTER_PATH``.
    name : str
        What Jupyter calls the kernel: ``STUDENTS``, or ``JUDGES``.
    scratch : Path
        A folder of this kernel alone. In ``scratch/run`` Jupyter leaves its connection file.
    working : Path
        What is copied into the working directory, which has the same last two names: the
        student's and the assignment's.
    sandboxed : bool
        Whether to put the kernel into the sandbox.
    meeting : Path
        Where the sockets of a kernel in the sandbox are to be. In the sandbox it is a folder in
        memory. Outside it becomes a link to that; it must not exist, and its name must be short.
    entrances : sequence of str, optional
        Those of a control group.
    processors : iterable of int, optional
        The only ones that the kernel and its processes use.
    beside : Path, optional
        A file that the sandbox has two folders above the working directory, if it exists.
    server : Path, optional
        Where a fork server listens whose copies are kernels, for the sandbox. The number of the
        process that looks after such a kernel is then in ``scratch/PARENT``.
    """
    environ: dict[str, str] = {}
    if sandboxed:
        inside = Path("/submission", *working.parts[-2:])
        user = f"student:x:{os.getuid()}:{os.getgid()}::/home/student:/bin/sh\n"
        command = fork_server.command(
            {
                "server": str(server) if server else None,
                "sandbox": str(shutil.which("bwrap")),
                "options": _sandbox(scratch, working, inside, beside, meeting),
                "files": {"/etc/passwd": user, "/etc/group": f"student:x:{os.getgid()}:\n"},
                "filter": base64.b64encode(system_calls.program()).decode(),
                "environ": environment(),
                "folder": str(inside),
                "meeting": str(meeting),
                "pid_file": str(scratch / PARENT),
                "entrances": list(entrances),
                "processors": list(processors) if processors else None,
            }
        )
    else:
        home = scratch / "home"
        home.mkdir(exist_ok=True)
        command = [sys.executable, "-m", fork_server.KERNEL, "-f", "{connection_file}"]
        # Windows looks for a person's folder in USERPROFILE.
        homes = dict.fromkeys(("HOME", "USERPROFILE"), str(home))
        environ = _FOR_ANY_KERNEL | homes | {"IPYTHONDIR": str(home / ".ipython")}
    folder = jupyter / "kernels" / name
    folder.mkdir(parents=True, exist_ok=True)
    spec = {
        "argv": command,
        "display_name": "Submissions, when they are graded",
        "language": "python",
        "interrupt_mode": "message",
        "env": environ,
    }
    (folder / "kernel.json").write_text(json.dumps(spec), encoding="utf-8")


def environment() -> dict[str, str]:
    """Return the whole environment of a kernel in the sandbox."""
    return _FOR_ANY_KERNEL | {
        "HOME": "/home/student",
        "LANG": "C.UTF-8",
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), "/usr/bin", "/bin"]),
        "USER": "student",
        GIVEN: "/given",
    }


def files_in_memory(meeting: Path) -> int:
    """Return how many bytes the files take in a sandbox; 0 if there is none with this folder."""
    total = 0
    for place in (*_FOLDERS, str(meeting)):
        with contextlib.suppress(OSError):
            root = str(meeting.readlink()).removesuffix(str(meeting))
            found = os.statvfs(f"{root}{place}")
            total += (found.f_blocks - found.f_bfree) * found.f_frsize
            total += (found.f_files - found.f_ffree) * _OF_A_NAME
    return total


def _sandbox(
    scratch: Path, working: Path, inside: Path, beside: Path | None, meeting: Path
) -> list[str]:
    run = str(scratch / "run")
    prefixes = sorted({sys.base_prefix, sys.prefix}, key=len)
    # Where the environment was made by a link, both ends of it are needed.
    prefixes += [os.path.realpath(path) for path in prefixes]
    options = [*_isolation(), *_system()]
    # First what is empty: the environment itself may lie in a folder for temporary files.
    options += _empty()
    sealed = ["/"]
    for prefix in dict.fromkeys(prefixes):
        if Path(prefix).is_relative_to("/usr"):
            if Path(prefix, "pip.conf").exists():
                options += ["--ro-bind", "/dev/null", f"{prefix}/pip.conf"]
            continue
        sealed.append(prefix)
        options += ["--tmpfs", prefix]
        for path in (Path(prefix, name) for name in _OF_AN_ENVIRONMENT):
            if path.exists():
                options += ["--ro-bind", str(path), str(path)]
    for package in dict.fromkeys((str(_PACKAGE), os.path.realpath(_PACKAGE))):
        options += ["--ro-bind", package, package]
    options += ["--ro-bind", run, run, "--ro-bind", str(working), "/given"]
    options += ["--size", str(_MEETING_BYTES), "--tmpfs", str(meeting)]
    if beside is not None and beside.exists():
        options += ["--ro-bind", str(beside), f"/{beside.name}"]
    options += ["--dir", str(inside), "--chdir", str(inside)]
    for folder in sealed:
        options += ["--remount-ro", folder]
    for name, value in environment().items():
        options += ["--setenv", name, value]
    return options


def _empty() -> list[str]:
    options = []
    for place, size in _FOLDERS.items():
        options += ["--size", str(size * 1024**2), "--tmpfs", place]
    return options


def _isolation() -> list[str]:
    isolation = ["--unshare-all", "--die-with-parent", "--new-session"]
    if "--disable-userns" in _help():  # since 0.8
        isolation += ["--unshare-user", "--disable-userns"]
    return [*isolation, "--cap-drop", "ALL", "--clearenv", "--hostname", "sandbox"]


@cache
def _help() -> str:
    program = str(shutil.which("bwrap"))
    return subprocess.run([program, "--help"], capture_output=True, text=True, env={}).stdout


def _system() -> list[str]:
    options = ["--ro-bind", "/usr", "/usr", "--proc", "/proc", "--dev", "/dev"]
    for path in _SYSTEM:
        if Path(path).is_symlink():
            options += ["--symlink", str(Path(path).readlink()), path]
        elif Path(path).is_dir():
            options += ["--ro-bind", path, path]
    for path in _SETTINGS:
        options += ["--ro-bind-try", path, path]
    return options
