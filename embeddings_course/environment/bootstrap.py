"""The course's Python environment, ``.venv`` in the repository's root: made, repaired, checked.

Only the standard library, no annotations, no f-strings: whatever Python a person happens to start
must be able to read this file, so that it can say which Python is needed.
"""

import errno
import getpass
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
import traceback

OLDEST = (3, 11)
NEWEST = (3, 13)

COMMANDS = (
    "book",
    "test",
    "test-slow",
    "lab",
    "assignments",
    "bundle",
    "doctor",
    "students",
    "collect",
    "grade",
    "report",
    "grades",
    "demo-class",
    "links",
    "notebooks",
    "quiz",
    "bench",
    "clean",
)

# These work wherever the package is installed.
NEED_NO_REPOSITORY = ("doctor", "students", "collect", "grade", "report", "grades")

FREE_BYTES = 3 * 1000**3
FREE_BYTES_FOR_UPDATE = 500 * 1000**2

_NO_NETWORK = (
    "NewConnectionError",
    "NameResolutionError",
    "ConnectTimeoutError",
    "ReadTimeoutError",
    "ProxyError",
    "Failed to establish a new connection",
    "Temporary failure in name resolution",
    "getaddrinfo failed",
    "nodename nor servname provided",
    "Max retries exceeded",
    "Network is unreachable",
    "Connection refused",
    "(from versions: none)",
)
_DISK_FULL = ("No space left on device", "Errno 28", "WinError 112", "Disk quota exceeded")


class EnvironmentProblem(Exception):
    """Why there is no environment, and what to do: one or two sentences for the person."""


def explained(error):
    """Say what an OSError is about; some of them hold no file, others nothing but a text."""
    if error.strerror and error.filename is not None:
        return "{}: {}".format(error.strerror, error.filename)
    if error.args and isinstance(error.args[0], list):  # shutil.Error: what could not be copied
        found = [str(each[-1]) if isinstance(each, tuple) else str(each) for each in error.args[0]]
        more = " and {} more".format(len(found) - 3) if len(found) > 3 else ""
        return "{}{}".format("; ".join(found[:3]), more)
    return str(error) or type(error).__name__


def keep_traceback():
    """Write what went wrong, in full, to a file of its own; say in a sentence where that is."""
    try:
        handle, name = tempfile.mkstemp(prefix="course-error-", suffix=".log")
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as log:
            traceback.print_exc(file=log)
    except OSError:  # the disk is full, most likely, and that is what was said
        return "There was no room for a file with the details."
    return "The details are in {}".format(name)


class Lock:
    """Lets one process at a time do something; a killed process leaves nothing locked.

    The operating system holds the lock as long as the file is open, here or in a child process
    that got its ``fileno()``.

    Parameters
    ----------
    path : Path
        The lock file. It stays behind and means nothing by itself.
    what : str
        What this process does, for whoever finds it locked: ``"Another build"``.

    Raises
    ------
    EnvironmentProblem
        On entering, if another process holds the lock.
    """

    def __init__(self, path, what):
        self.path = path
        self.what = what
        self.file = None

    def __enter__(self):
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.file = self.path.open("a+", encoding="utf-8", errors="replace")
        try:
            self._acquire()
        except OSError as error:
            if error.errno not in (errno.EAGAIN, errno.EACCES, errno.EDEADLK):
                raise
            self.file.seek(0)
            holder = self.file.read().splitlines()
            self.file.close()
            # Whoever has just got the lock may not have written yet.
            if len(holder) != 4 or not "".join(holder).isprintable():
                holder = ["unknown", "somebody", "a moment ago", self.what]
            raise EnvironmentProblem(
                "{3} is running in this folder (process {0} of {1}, since {2}). Wait until it has "
                "ended, or end it, then run the command again.".format(*holder)
            ) from None
        self.file.seek(0)
        self.file.truncate()
        since = time.strftime("%Y-%m-%d %H:%M:%S")
        self.file.write("\n".join([str(os.getpid()), _user(), since, self.what]))
        self.file.flush()
        return self

    def __exit__(self, *_):
        self.file.close()

    def fileno(self):
        """Return the file descriptor that holds the lock."""
        return self.file.fileno()

    def _acquire(self):
        if os.name == "nt":
            import msvcrt

            # Far behind the text, because Windows keeps others from reading what is locked.
            self.file.seek(1 << 30)
            msvcrt.locking(self.file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(self.file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _user():
    try:
        return getpass.getuser()
    except Exception:  # of what kind depends on the system and on Python's age
        return "somebody"


def check_command(root, arguments):
    """Stop before anything is installed if a command cannot be run anyway.

    Raises
    ------
    EnvironmentProblem
        If there is no such command, or `root` is no clone of the repository.
    """
    if not arguments or arguments[0] not in COMMANDS:
        raise EnvironmentProblem(
            "usage: python -m embeddings_course COMMAND, where COMMAND is one of {}. "
            "COMMAND --help says more.".format(", ".join(COMMANDS))
        )
    if arguments[0] not in NEED_NO_REPOSITORY and not (root / "_toc.yml").is_file():
        raise EnvironmentProblem(
            "{} is an installed package, not a clone of the course: {} needs the repository's "
            "book/ and assignments/. Run it in a clone.".format(root, arguments[0])
        )


def python_problem(version):
    """Say why a Python version does not do.

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


def digest(root):
    """Return what identifies a complete environment: its contents, its Python and its place."""
    parts = [str(root), os.path.realpath(str(venv_python(root)))]
    for name in ("requirements.txt", "pyproject.toml", ".venv/pyvenv.cfg"):
        parts.append(_read(root / name))
    return hashlib.sha256("\0".join(parts).encode("utf-8")).hexdigest()


def is_complete(root):
    """Say whether the environment is there and up to date; installs and starts nothing."""
    return venv_python(root).exists() and _read(_stamp(root)) == digest(root)


def ensure(root, out, run=None, free=None, version=None):
    """Make or repair the environment where needed.

    Parameters
    ----------
    root : Path
        The repository.
    out : file
        Where progress goes.
    run : callable, optional
        ``run(command, log, out)`` runs a command, writes what it says to the log file and returns
        its exit status and its output.
    free : callable, optional
        ``free(path)`` returns the free bytes of a disk.
    version : tuple of int, optional
        Python's version. Default: the running one.

    Returns
    -------
    Path
        The environment's Python.

    Raises
    ------
    EnvironmentProblem
        If this Python is too old or too new, a module of it or disk space is missing, the
        network cannot be reached, or pip fails for another reason.
    """
    # A complete environment does not care which Python looks for it.
    if is_complete(root):
        return venv_python(root)
    problem = python_problem(version or sys.version_info)
    if problem:
        raise EnvironmentProblem(problem)
    with Lock(root / "_build" / "install.lock", "Another installation"):
        _install(root, out, run or _run, free or _free_bytes)
    return venv_python(root)


def explain(output):
    """Turn what a failed pip said into one sentence."""
    if any(sign in output for sign in _DISK_FULL):
        return "The disk is full. Free some space and run the same command again."
    if any(sign in output for sign in _NO_NETWORK):
        return (
            "The packages could not be downloaded: no network, or a proxy or package index that "
            "does not answer. Run the same command again when it does; it goes on from here."
        )
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if line.lower().startswith("error:")]
    last = (errors or lines or ["pip said nothing"])[-1]
    return "The packages could not be installed: {}".format(last)


def clean(root):
    """Remove what the course built, but no person's work.

    Returns
    -------
    list of Path
        What was removed. The ``_build/lab`` of earlier versions stays: notebooks that a person
        edited are in it.
    """
    removed = []
    for path in sorted((root / "_build").glob("*")):
        if path.name == "lab":
            continue
        if path.is_dir():
            shutil.rmtree(str(path))
        else:
            path.unlink()
        removed.append(path)
    return removed


def _install(root, out, run, free):
    log = root / "_build" / "install.log"
    log.write_bytes(b"")
    folder = root / ".venv"
    usable = folder.is_dir() and _is_usable(root)
    if not usable and folder.is_dir():
        out.write("The environment in .venv does not work here any more: making it anew.\n")
        shutil.rmtree(str(folder))
    _check_disk(root, free)
    if not usable:
        _check_venv_module()
        _step(run, [sys.executable, "-m", "venv", str(folder)], "Making .venv", log, out)
    if _stamp(root).exists():
        _stamp(root).unlink()
    _drop_half_installed(root)
    pip = [str(venv_python(root)), "-m", "pip", "install"]
    pip += ["--disable-pip-version-check", "--no-input", "--progress-bar", "off"]
    # Without a network pip would try for minutes. Who has set these variables knows better.
    if not ("PIP_DEFAULT_TIMEOUT" in os.environ or "PIP_TIMEOUT" in os.environ):
        pip += ["--timeout", "15"]
    if "PIP_RETRIES" not in os.environ:
        pip += ["--retries", "2"]
    requirements = str(root / "requirements.txt")
    out.write("Installing the course's packages into .venv. The first time takes minutes.\n")
    _step(run, [*pip, "-r", requirements], "Installing the packages", log, out)
    own = [*pip, "--no-deps", "--no-build-isolation", "-e", str(root)]
    _step(run, own, "Installing the course", log, out)
    out.write("The environment is ready.\n")
    _stamp(root).write_bytes(digest(root).encode("utf-8"))


def _step(run, command, what, log, out):
    status, output = run(command, log, out)
    if status != 0:
        raise EnvironmentProblem("{} failed. {} The log: {}".format(what, explain(output), log))


def _is_usable(root):
    """Say whether ``.venv`` works, is where it was made, and has a Python of the right age."""
    folder = root / ".venv"
    config = {}
    for line in _read(folder / "pyvenv.cfg").splitlines():
        key, _, value = line.partition("=")
        config[key.strip()] = value.strip()
    # It ends with the folder. Scripts and the course's own entry hold that path, too.
    made_by = config.get("command", str(folder))
    if not made_by.endswith((str(folder), os.path.realpath(str(folder)))):
        return False
    try:
        # With pip, because an interrupted `python -m venv` leaves an environment without it.
        check = "import pip, sys; print('%d.%d' % sys.version_info[:2])"
        said = subprocess.check_output(
            [str(venv_python(root)), "-c", check], stderr=subprocess.STDOUT
        )
        said = said.decode("utf-8", "replace").strip()
    except (OSError, subprocess.CalledProcessError):
        return False
    if not config.get("version", config.get("version_info", said)).startswith(said + "."):
        return False  # The system's Python was replaced by another under its feet.
    return python_problem(tuple(int(part) for part in said.split("."))) is None


def _site_packages(root):
    folders = (root / ".venv" / "lib").glob("python*/site-packages")
    return [*folders, root / ".venv" / "Lib" / "site-packages"]


def _drop_half_installed(root):
    """Forget packages whose installation was killed, or pip would take them for complete.

    pip writes a package's RECORD last.
    """
    for folder in _site_packages(root):
        for info in folder.glob("*.dist-info"):
            if not (info / "RECORD").exists():
                shutil.rmtree(str(info))


def _check_disk(root, free):
    has_torch = any((folder / "torch").is_dir() for folder in _site_packages(root))
    needed = FREE_BYTES_FOR_UPDATE if has_torch else FREE_BYTES
    found = free(root)
    if found < needed:
        raise EnvironmentProblem(
            "Only {:.1f} GB are free on the disk of {}; installing needs at least {:.1f} GB "
            "(on Linux with the CUDA build of torch 6 GB, see README.md for the small CPU build). "
            "Free some space and run the same command again.".format(
                found / 1e9, root, needed / 1e9
            )
        )


def _check_venv_module():
    try:
        import ensurepip  # noqa: F401
        import venv  # noqa: F401
    except ImportError:
        raise EnvironmentProblem(
            "This Python cannot make environments: its venv or ensurepip module is missing. "
            "On Debian and Ubuntu, `sudo apt install python{0}.{1}-venv` brings them.".format(
                *sys.version_info[:2]
            )
        ) from None


def _free_bytes(path):
    return shutil.disk_usage(str(path)).free


def _run(command, log, out):
    """Run a command; on a terminal, one line shows what it is doing."""
    live = hasattr(out, "isatty") and out.isatty()
    width = shutil.get_terminal_size().columns - 1
    environ = dict(os.environ, PYTHONUNBUFFERED="1")
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        universal_newlines=True,
        env=environ,
        errors="replace",
    )
    lines = []
    try:
        with log.open("a", encoding="utf-8") as file:
            for line in process.stdout:
                lines.append(line)
                file.write(line)
                if live and line.strip():
                    out.write("\r{:<{}}".format(line.strip()[:width], width))
                    out.flush()
        process.wait()
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait()
        if live:
            out.write("\r{}\r".format(" " * width))
    return process.returncode, "".join(lines)


def _stamp(root):
    return root / ".venv" / "course-environment"


def _read(path):
    try:
        return path.read_bytes().decode("utf-8", "replace")
    except OSError:
        return ""
