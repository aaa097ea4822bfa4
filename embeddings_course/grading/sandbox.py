"""A sandbox for kernels, made with bubblewrap: no network, and nothing to see but what it needs.

Visible and read-only are the system's programs and libraries, Python, its environment and this
package. The home folder, the working directory and temporary files are in memory, of bounded size,
and gone with the kernel, and so is every process that it started.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import embeddings_course
from embeddings_course.grading import fork_server
from embeddings_course.grading.kernel import GIVEN, MEMORY, PROCESSES

GIGABYTE = 1024**3
# What a process of a submission may use at most, and what each folder of files in memory holds.
MOST_MEMORY = 4 * GIGABYTE
MOST_FILES = 256 * 1024**2

_PACKAGE = Path(embeddings_course.__file__).resolve().parent
_SYSTEM = ("/bin", "/lib", "/lib32", "/lib64", "/sbin")
_SETTINGS = (
    "/etc/alternatives",
    "/etc/fonts",
    "/etc/group",
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/etc/nsswitch.conf",
    "/etc/passwd",
    "/sys/devices/system/cpu",  # torch looks there for what the processor can do
)
_FOR_ANY_KERNEL = {
    "MKL_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    MEMORY: str(MOST_MEMORY),
    "NBGRADER_EXECUTION": "autograde",
    # An editable installation may be found by its entry in site-packages only.
    "PYTHONPATH": str(_PACKAGE.parent),
    "PYTHONDONTWRITEBYTECODE": "1",
}
_OTHERS = {"darwin": "macOS", "win32": "Windows"}
# A file in the folder of a submission: see `write_kernel`.
PARENT = "kernel-parent"


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
    trial = subprocess.run(
        [
            program,
            *_isolation(),
            *_system(),
            *_empty(),
            "--remount-ro",
            "/",
            "--",
            "/usr/bin/env",
            "true",
        ],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
    )
    if trial.returncode == 0:
        return None
    said = trial.stderr.strip().splitlines()
    return f"bubblewrap does not work here ({said[-1] if said else 'it says nothing'})"


@contextlib.contextmanager
def process_group() -> Iterator[Path | None]:
    """Make a control group of the system in which not many processes fit, where that is possible.

    It is for root, who does not have the system's usual limit.

    Yields
    ------
    Path or None
        The file that takes the numbers of the group's processes.
    """
    group = None
    if os.name != "nt" and os.geteuid() == 0:
        for place in (Path("/sys/fs/cgroup/pids"), Path("/sys/fs/cgroup")):
            trial = place / f"course-grade-{os.getpid()}"
            try:
                trial.mkdir()
                (trial / "pids.max").write_text(str(PROCESSES))
            except OSError:  # read-only, as in most containers, or without this controller
                with contextlib.suppress(OSError):
                    trial.rmdir()
                continue
            group = trial
            break
    try:
        yield group / "cgroup.procs" if group else None
    finally:
        for _ in range(50 if group else 0):  # until the last process has gone
            try:
                group.rmdir()
                break
            except OSError:
                time.sleep(0.1)


def write_kernel(
    jupyter: Path,
    scratch: Path,
    working: Path,
    *,
    sandboxed: bool,
    group: Path | None = None,
    beside: Path | None = None,
    server: Path | None = None,
) -> None:
    """Describe the kernel ``python3`` to Jupyter so that it is the one that grades.

    Parameters
    ----------
    jupyter : Path
        A folder for ``JUPYTER_PATH``.
    scratch : Path
        A folder of this submission alone. In ``scratch/run`` Jupyter and the kernel meet.
    working : Path
        What is copied into the working directory, which has the same last two names: the
        student's and the assignment's.
    sandboxed : bool
        Whether to put the kernel into the sandbox.
    group : Path, optional
        What :func:`process_group` gave.
    beside : Path, optional
        A file that the sandbox has two folders above the working directory, if it exists.
    server : Path, optional
        Where a fork server listens whose copies are kernels, for the sandbox. The number of the
        process that looks after such a kernel is then in ``scratch/PARENT``.
    """
    command = [sys.executable, "-m", "embeddings_course.grading.kernel", "-f", "{connection_file}"]
    environ: dict[str, str] = {}
    inside = Path("/submission", *working.parts[-2:])
    if not sandboxed:
        home = scratch / "home"
        home.mkdir(exist_ok=True)
        # Windows looks for a person's folder in USERPROFILE.
        homes = dict.fromkeys(("HOME", "USERPROFILE"), str(home))
        environ = _FOR_ANY_KERNEL | homes | {"IPYTHONDIR": str(home / ".ipython")}
    elif server is None:
        command = [*_sandbox(scratch, working, inside, beside), "--", *command]
    else:
        command = fork_server.command(
            server,
            _sandbox(scratch, working, inside, beside),
            environment(),
            inside,
            scratch / PARENT,
            group,
        )
    if group is not None:
        command = ["/bin/sh", "-c", 'echo $$ > "$0" && exec "$@"', str(group), *command]
    folder = jupyter / "kernels" / "python3"
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


def _sandbox(scratch: Path, working: Path, inside: Path, beside: Path | None) -> list[str]:
    run = str(scratch / "run")
    prefixes = sorted({sys.base_prefix, sys.prefix, str(_PACKAGE)}, key=len)
    # Where the environment was made by a link, both ends of it are needed.
    prefixes += [os.path.realpath(path) for path in prefixes]
    command = [str(shutil.which("bwrap")), *_isolation(), *_system()]
    # First what is empty: the environment itself may lie in a folder for temporary files.
    command += _empty()
    for path in dict.fromkeys(prefixes):
        if not path.startswith("/usr/"):
            command += ["--ro-bind", path, path]
    command += ["--bind", run, run, "--ro-bind", str(working), "/given"]
    if beside is not None and beside.exists():
        command += ["--ro-bind", str(beside), f"/{beside.name}"]
    command += ["--dir", str(inside), "--chdir", str(inside), "--remount-ro", "/"]
    for name, value in environment().items():
        command += ["--setenv", name, value]
    return command


def _empty() -> list[str]:
    command = []
    for place in ("/tmp", "/home/student", "/submission", "/dev/shm"):
        command += ["--size", str(MOST_FILES), "--tmpfs", place]
    return command


def _isolation() -> list[str]:
    isolation = ["--unshare-all", "--die-with-parent", "--new-session"]
    return [*isolation, "--cap-drop", "ALL", "--clearenv", "--hostname", "sandbox"]


def _system() -> list[str]:
    command = ["--ro-bind", "/usr", "/usr", "--proc", "/proc", "--dev", "/dev"]
    for path in _SYSTEM:
        if Path(path).is_symlink():
            command += ["--symlink", str(Path(path).readlink()), path]
        elif Path(path).is_dir():
            command += ["--ro-bind", path, path]
    for path in _SETTINGS:
        command += ["--ro-bind-try", path, path]
    return command
