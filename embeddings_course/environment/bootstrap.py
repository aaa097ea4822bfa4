"""The course's Python environment, ``.venv`` in the repository's root: made, and kept up to date.

Only the standard library, no annotations, no f-strings: whatever Python a person happens to start
must be able to read this file, so that it can say which Python is needed.
"""

import hashlib
import os
import shutil
import subprocess
import sys

from embeddings_course.environment.lock import Lock

OLDEST = (3, 11)
NEWEST = (3, 13)

COMMANDS = (
    "book",
    "pdf",
    "check",
    "test",
    "test-slow",
    "coverage",
    "lab",
    "assignments",
    "bundle",
    "doctor",
    "students",
    "collect",
    "grade",
    "report",
    "feedback",
    "grades",
    "demo-class",
    "links",
    "notebooks",
    "quiz",
    "bench",
    "clean",
)

# What pip and venv say, and the sentence that it means.
_SIGNS = (
    (
        ("No space left on device", "Errno 28", "WinError 112", "Disk quota exceeded"),
        "The disk is full: the packages need 3 GB (on Linux, with the CUDA build of torch, 7 GB; "
        "README.md has the small CPU build). Free some space and run the same command again.",
    ),
    (
        (
            "NewConnectionError",
            "NameResolutionError",
            "ConnectTimeoutError",
            "ReadTimeoutError",
            "ProxyError",
            "Max retries exceeded",
            "(from versions: none)",
        ),
        "The packages could not be downloaded: no network, or a proxy or package index that does "
        "not answer. Run the same command again when it does; it goes on from here.",
    ),
    (
        ("because ensurepip is not", "No module named venv", "No module named ensurepip"),
        "This Python cannot make environments. On Debian and Ubuntu, `sudo apt install "
        "python3-venv` brings what is missing.",
    ),
)

# pip asks nobody, and does not try for minutes where there is no network.
_PIP_SETTINGS = {
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    "PIP_NO_INPUT": "1",
    "PIP_PROGRESS_BAR": "off",
    "PIP_RETRIES": "2",
}


class EnvironmentProblem(Exception):
    """Why there is no environment, and what to do: one or two sentences for the person."""


def check_command(arguments):
    """Stop before anything is installed if there is no such command.

    Raises
    ------
    EnvironmentProblem
        With all commands that there are.
    """
    if not arguments or arguments[0] not in COMMANDS:
        raise EnvironmentProblem(
            "usage: python -m embeddings_course COMMAND, where COMMAND is one of {}. "
            "COMMAND --help says more.".format(", ".join(COMMANDS))
        )


def python_problem(version):
    """Say why the course does not work with a version of Python.

    Parameters
    ----------
    version : tuple of int
        As in ``sys.version_info``.

    Returns
    -------
    str or None
        A sentence that says what to do, or None if the version is fine.
    """
    if OLDEST <= tuple(version[:2]) <= NEWEST:
        return None
    return (
        "This is Python {}.{}, too {} for the course: it needs Python {}.{} to {}.{}. "
        "Install one of them and name it, for example `make book PYTHON=python3.12` or "
        "`python3.12 -m embeddings_course book`.".format(
            version[0],
            version[1],
            "old" if tuple(version[:2]) < OLDEST else "new",
            *(OLDEST + NEWEST),
        )
    )


def venv_python(root):
    """Return the path of the environment's Python, whether it exists or not."""
    if os.name == "nt":
        return root / ".venv" / "Scripts" / "python.exe"
    return root / ".venv" / "bin" / "python"


def is_complete(root):
    """Say whether the environment is there and up to date; installs and starts nothing."""
    return venv_python(root).exists() and _read(_stamp(root)) == _digest(root)


def ensure(root, out, run=None, version=None):
    """Make or repair the environment where needed.

    Parameters
    ----------
    root : Path
        The repository.
    out : file
        Where progress goes.
    run : callable, optional
        ``run(command, log)`` runs a command, adds what it says to the log file and returns its
        exit status.
    version : tuple of int, optional
        Python's version. Default: the running one.

    Returns
    -------
    Path
        The environment's Python.

    Raises
    ------
    EnvironmentProblem
        If this Python is too old or too new, the disk is full, the network cannot be reached, or
        pip fails for another reason.
    LockedError
        If another process is installing.
    """
    # A complete environment does not care which Python looks for it.
    if is_complete(root):
        return venv_python(root)
    problem = python_problem(version or sys.version_info)
    if problem:
        raise EnvironmentProblem(problem)
    try:
        with Lock(root / "_build" / "install.lock", "Another installation"):
            _install(root, out, run or _run)
    except OSError as error:
        raise EnvironmentProblem(explain(str(error))) from error
    return venv_python(root)


def explain(output):
    """Turn what a failed installation said into one or two sentences."""
    for signs, sentence in _SIGNS:
        if any(sign in output for sign in signs):
            return sentence
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if line.lower().startswith("error:")]
    last = (errors or lines or ["pip said nothing"])[-1]
    return "The packages could not be installed: {}".format(last)


def _install(root, out, run):
    log = root / "_build" / "install.log"
    log.write_bytes(b"")
    folder = root / ".venv"
    pip = [str(venv_python(root)), "-m", "pip", "install"]
    steps = [
        [*pip, "-r", str(root / "requirements.txt")],
        [*pip, "--no-deps", "--no-build-isolation", "-e", str(root)],
    ]
    if _is_usable(root):
        if _stamp(root).exists():
            _stamp(root).unlink()
        _drop_half_installed(folder)
    else:
        if folder.is_dir():
            out.write("The environment in .venv does not work here: making a new one.\n")
            shutil.rmtree(str(folder))
        steps.insert(0, [sys.executable, "-m", "venv", str(folder)])
    out.write("Installing the course's packages into .venv; the first time takes minutes.\n")
    out.flush()
    for command in steps:
        if run(command, log) != 0:
            raise EnvironmentProblem("{} The log: {}".format(explain(_read(log)), log))
    _stamp(root).write_bytes(_digest(root).encode("utf-8"))
    out.write("The environment is ready.\n")


def _is_usable(root):
    """Say whether ``.venv`` has pip, a Python of the right age, and is where it was made."""
    folder = root / ".venv"
    # `command = ... -m venv FOLDER`. Scripts in it hold that path, too.
    made = " {}".format(folder)
    if not any(line.endswith(made) for line in _read(folder / "pyvenv.cfg").splitlines()):
        return False
    check = "import pip, sys; sys.exit(not {} <= sys.version_info[:2] <= {})".format(OLDEST, NEWEST)
    try:
        command = [str(venv_python(root)), "-c", check]
        return subprocess.call(command, stderr=subprocess.DEVNULL) == 0
    except OSError:
        return False


def _drop_half_installed(folder):
    """Forget packages whose installation was killed, or pip would take them for complete.

    pip writes a package's RECORD last.
    """
    for packages in [*folder.glob("lib/python*/site-packages"), folder / "Lib" / "site-packages"]:
        for info in packages.glob("*.dist-info"):
            if not (info / "RECORD").exists():
                shutil.rmtree(str(info))


def _run(command, log):
    with log.open("ab") as file:
        return subprocess.call(
            command,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            env=dict(_PIP_SETTINGS, **os.environ),
        )


def _digest(root):
    """Return what identifies a complete environment: its contents, its Python and its folder."""
    parts = [str(root), os.path.realpath(str(venv_python(root)))]
    for name in ("requirements.txt", "pyproject.toml", ".venv/pyvenv.cfg"):
        parts.append(_read(root / name))
    return hashlib.sha256("\0".join(parts).encode("utf-8")).hexdigest()


def _stamp(root):
    return root / ".venv" / "course-environment"


def _read(path):
    try:
        return path.read_bytes().decode("utf-8", "replace")
    except OSError:
        return ""
