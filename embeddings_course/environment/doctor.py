"""``course doctor``: is everything there that a term needs, and how to get what is not."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from embeddings_course._shared.text import counted, listed
from embeddings_course.environment.browsers import browser_found
from embeddings_course.environment.optional_packages import missing, pip_line
from embeddings_course.grading.isolation import sandbox

_NEEDED = ("torch", "torchvision", "nbgrader", "jupyterlab", "ipywidgets", "anywidget")
# What extras are for that grading does without, and a package of each whose version is shown.
_NOT_FOR_GRADING = {"book": ("build the book", "jupyter-book"), "test": ("test it", "nbval")}
# What holds grades, students' work or solutions.
_PRIVATE = ("gradebook.db", "grading", "submitted", "autograded", "feedback", "source")
_FREE_DISK = 6 * sandbox.GIGABYTE
_FREE_MEMORY = 4 * sandbox.GIGABYTE
_SECONDS = 120


@dataclass(frozen=True)
class Finding:
    """What one check found.

    ``state`` is ``ok``, ``note`` (it works without) or ``missing``; ``remedy`` says how to get what
    is not ok.
    """

    state: str
    what: str
    remedy: str = ""

    def __str__(self) -> str:
        line = f"{self.state:8} {self.what}"
        return f"{line}\n{'':9}{self.remedy}" if self.remedy else line


def examine(root: Path, folder: Path, db_url: str | None = None) -> Iterator[Finding]:
    """Check the installation and a course; nothing is written.

    Parameters
    ----------
    root : Path
        The folder that holds the package, with ``requirements.txt`` in a clone.
    folder : Path
        The course: a folder with ``nbgrader_config.py``.
    db_url : str, optional
        Another gradebook than the configured one.

    Yields
    ------
    Finding
        As soon as it is known. A check that fails itself is a finding, too.
    """
    checks: tuple[Callable[[], Iterator[Finding]], ...] = (
        _python,
        lambda: _copy(root, folder),
        lambda: _packages(root),
        _torchvision,
        _weights,
        lambda: _course(folder, db_url),
        lambda: _readers(folder),
        _extensions,
        _sandbox,
        _browser,
        lambda: _room(folder),
    )
    for check in checks:
        try:
            yield from check()
        except Exception as error:  # whatever it is, the other checks go on
            why = (str(error) or type(error).__name__).splitlines()[0]
            yield Finding("missing", f"a check failed: {why}", "Install the course again.")


def _python() -> Iterator[Finding]:
    from embeddings_course.environment.bootstrap import python_problem

    version = ".".join(map(str, sys.version_info[:3]))
    problem = python_problem(sys.version_info)
    yield Finding("missing" if problem else "ok", f"Python {version}", problem or "")


def _copy(root: Path, folder: Path) -> Iterator[Finding]:
    copy = (folder / "embeddings_course").is_dir() and folder.resolve() != root.resolve()
    if copy:
        yield Finding(
            "missing",
            f"the active environment belongs to another copy of the course, {root}",
            f"Commands would run what lies there: activate the environment of {folder}, .venv, "
            "which `make book` makes.",
        )
    else:
        yield Finding("ok", f"the course's package comes from {root}")


def _packages(root: Path) -> Iterator[Finding]:
    pins = _pins(root / "requirements.txt")
    for name in _NEEDED:
        yield _version(name, pins)
    for extra, (purpose, name) in _NOT_FOR_GRADING.items():
        if absent := missing(extra):
            yield Finding(
                "note",
                f"to {purpose}, not installed: {', '.join(absent)}",
                f"Grading does without. `{pip_line(extra)}` installs it, or `make book`.",
            )
        else:
            yield _version(name, pins)


def _version(name: str, pins: Mapping[str, str]) -> Finding:
    try:
        version = metadata.version(name)
    except metadata.PackageNotFoundError:
        return Finding(
            "missing",
            f"{name} is not installed",
            f"`make book` installs it, or `{pip_line('instructor')}`.",
        )
    pinned = pins.get(name, version)
    if version.partition("+")[0] == pinned:
        return Finding("ok", f"{name} {version}")
    return Finding(
        "note",
        f"{name} {version}, and the course was tested with {pinned}",
        f"`pip install {name}=={pinned}`, or `make book`, which installs all of them.",
    )


def _pins(path: Path) -> dict[str, str]:
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    return dict(re.findall(r"^([\w.-]+)==([\w.]+)", text, re.MULTILINE))


def _torchvision() -> Iterator[Finding]:
    found = _run("import torchvision; print('works')")
    if "works" in found.stdout:
        yield Finding("ok", "torch and torchvision work together")
        return
    said = found.stderr.strip().splitlines()
    yield Finding(
        "missing",
        f"torchvision cannot be loaded ({said[-1][:200] if said else 'no reason given'})",
        "torch and torchvision must be of the same build: install both in one command, with the "
        "versions of requirements.txt.",
    )


def _weights() -> Iterator[Finding]:
    from embeddings_course.backbones import SHIPPED, load_backbone

    whole = []
    for name in SHIPPED:
        try:
            load_backbone(name)
        except Exception as error:
            yield Finding("missing", f"the weights of {name}: {str(error).splitlines()[0]}")
        else:
            whole.append(name)
    if whole:
        yield Finding("ok", f"the weights of {listed(whole, last='and')} are whole")


def _course(folder: Path, db_url: str | None) -> Iterator[Finding]:
    from embeddings_course.grading.course import CONFIGURATION, open_course
    from embeddings_course.grading.errors import GradingError
    from embeddings_course.grading.gradebook.contents import look_at_own, shown_url

    try:
        course = open_course(folder, db_url)
    except GradingError as error:
        there = (folder / CONFIGURATION).exists()
        yield Finding(
            "missing", f"no course: {error}", "" if there else "Name its folder with --course."
        )
        return
    except Exception as error:
        yield Finding(
            "missing",
            f"{folder / CONFIGURATION} cannot be read ({error})",
            "Correct it; `git diff nbgrader_config.py` shows what was changed.",
        )
        return
    yield Finding("ok", f"nbgrader reads {folder / CONFIGURATION}")
    if not os.access(folder, os.W_OK):
        yield Finding("missing", f"{folder} cannot be written to", "Grade in a copy of your own.")
    try:
        contents = look_at_own(course)
    except GradingError as error:
        yield Finding("missing", f"gradebook: {error}", "Name the right one with --db.")
        return
    if contents.exists:
        yield Finding(
            "ok",
            f"gradebook {shown_url(course)}: {counted(len(contents.students), 'student')}, "
            f"{counted(len(contents.assignments), 'assignment')}",
        )
    else:
        yield Finding(
            "note", "no gradebook yet", "`course students CLASSLIST.csv` makes one with your class."
        )


def _readers(folder: Path) -> Iterator[Finding]:
    """Say what others who share the machine can read, where the system knows such rights."""
    if os.name == "nt" or not folder.is_dir():
        return
    folder = folder.resolve()
    if not all(each.stat().st_mode & stat.S_IXOTH for each in (folder, *folder.parents)):
        return  # nobody else comes so far
    found = [folder / name for name in _PRIVATE]
    open_ = [each.name for each in found if each.exists() and each.stat().st_mode & stat.S_IROTH]
    if open_:
        yield Finding(
            "note",
            f"everybody who uses this machine can read {', '.join(open_)}",
            f"If you share it: `chmod go-rwx {shlex.quote(str(folder))}` keeps the whole course to "
            "yourself.",
        )


def _extensions() -> Iterator[Finding]:
    for kind, command in (("server", ["server", "extension"]), ("lab", ["labextension"])):
        listed = subprocess.run(
            [sys.executable, "-m", "jupyter", *command, "list"],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_SECONDS,
        )
        lines = [
            line for line in (listed.stdout + listed.stderr).splitlines() if "nbgrader" in line
        ]
        on = any("enabled" in line and "disabled" not in line for line in lines)
        yield Finding(
            "ok" if on else "missing",
            f"nbgrader in JupyterLab, {kind} side",
            "" if on else f"`jupyter {' '.join(command)} enable nbgrader`, or reinstall nbgrader.",
        )


def _sandbox() -> Iterator[Finding]:
    reason = sandbox.reason_against()
    if reason is None:
        yield Finding("ok", "the sandbox for grading works (bubblewrap)")
        return
    yield Finding(
        "note",
        f"no sandbox for grading: {reason}",
        f"Without it what students hand in runs with your rights. {sandbox.way_to_one()}",
    )


def _browser() -> Iterator[Finding]:
    if found := browser_found():
        yield Finding("ok", f"a browser for the tests ({found})")
    else:
        yield Finding(
            "note",
            "no Chromium, Chrome or Edge",
            "Only `make test` needs one: it skips these tests.",
        )


def _room(folder: Path) -> Iterator[Finding]:
    import psutil

    for what, free, least, remedy in (
        ("disk", shutil.disk_usage(folder).free, _FREE_DISK, "Make room before you grade a class."),
        (
            "memory",
            psutil.virtual_memory().available,
            _FREE_MEMORY,
            "Close programs, or grade with --jobs 1.",
        ),
    ):
        low = free < least
        words = f"{free / sandbox.GIGABYTE:.0f} GB of {what} are free"
        yield Finding("note" if low else "ok", words, remedy if low else "")


def _run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        errors="replace",
        timeout=_SECONDS,
    )
