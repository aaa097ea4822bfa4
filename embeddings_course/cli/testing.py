"""``course check``, ``test``, ``test-slow`` and ``coverage``: how contributors test a change."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click

from embeddings_course.book_build.execute_pages import kernel_command
from embeddings_course.book_build.page_cache import code_of, kernel_environment
from embeddings_course.cli import book
from embeddings_course.cli.options import PASSES_ON, PackageCommand, passes_on, run_program

# Not python3: kernels that tests start themselves must not run as if a book were being built.
_CHECK_KERNEL = "course-book"
_EVERYTHING = ("book", "instructor", "test")
# Of the computer's, for each process that runs tests: a page that one checks may need 2.5 GB.
_MEMORY_EACH, _MOST_AT_ONCE = 4e9, 8
# What pytest's status says.
_FAILED, _NO_TESTS = 1, 5


@click.command(cls=PackageCommand, extras=_EVERYTHING, context_settings=PASSES_ON)
@passes_on
@click.pass_obj
def check(root: Path, arguments: tuple[str, ...]) -> int:
    """Check style and imports and run the unit tests, in minutes.

    Arguments that it does not know go to pytest, for the unit tests.
    """
    style = root / "tests" / "project" / "test_style.py"
    if status := run_program([*_pytest(root), str(style)]):
        return status
    unit = ["-m", "unit", "-n", str(tests_at_once()), "--ignore", str(style), str(root / "tests")]
    return run_program([*_pytest(root), *unit, *arguments], env=_one_thread_each(os.environ))


@click.command(cls=PackageCommand, extras=_EVERYTHING, context_settings=PASSES_ON)
@passes_on
@click.pass_obj
def test(root: Path, arguments: tuple[str, ...]) -> int:
    """Build the book, then run every check.

    Arguments that it does not know go to pytest. If files are named, only those are run; otherwise
    everything is, in parallel, one process per file.
    """
    book.build(root)
    command = [*_pytest(root), *nbval_options(root)]
    jupyter = root / "_build" / "work" / "jupyter"
    paths = [str(jupyter), *filter(None, [os.environ.get("JUPYTER_PATH")])]
    environ = {**os.environ, "JUPYTER_PATH": os.pathsep.join(paths)}
    if _names_files(arguments):
        command += ["-m", "not slow"]
    else:
        command += [*_side_by_side(root), str(root / "_build" / "jupyter_execute")]
        environ = _one_thread_each(environ)
    with _check_kernel(root, jupyter):
        return run_program([*command, *arguments], env=environ)


@click.command(cls=PackageCommand, extras=_EVERYTHING, context_settings=PASSES_ON)
@passes_on
@click.pass_obj
def coverage(root: Path, arguments: tuple[str, ...]) -> int:
    """Run the tests, and list the branches of the tools that none of them takes.

    Arguments that it does not know go to pytest. If files are named, only those are run; otherwise
    the book is built, and everything is run but slow tests and notebooks.
    """
    tests = _pytest(root)[1:]
    if _names_files(arguments):
        tests += ["-m", "not slow"]
    else:
        book.build(root)
        tests += _side_by_side(root)
    settings = ["--rcfile", str(root / "pyproject.toml")]
    data = root / "_build" / "work" / "coverage"
    shutil.rmtree(data, ignore_errors=True)
    data.mkdir(parents=True)
    environ = {**os.environ, "COVERAGE_FILE": str(data / "data")}
    measure = [sys.executable, "-m", "coverage"]
    status = run_program(
        [*measure, "run", *settings, *tests, *arguments], env=_one_thread_each(environ)
    )
    # Also when tests failed: the status says so, and what they went through is measured.
    for step in (["combine", "--quiet"], ["report"]):
        failed = run_program([*measure, *step, *settings], env=environ, cwd=root)
        status = status or failed
    return status


@click.command("test-slow", cls=PackageCommand, extras=_EVERYTHING, context_settings=PASSES_ON)
@passes_on
@click.pass_obj
def test_slow(root: Path, arguments: tuple[str, ...]) -> int:
    """Run the tests that take minutes each.

    Arguments that it does not know go to pytest.
    """
    if _names_files(arguments):
        return run_program([*_pytest(root), "-m", "slow", *arguments])
    command = [*_pytest(root), str(root / "tests"), *arguments]
    # Two files at a time, as each leaves cores idle for long: while it installs something, grades
    # the last submission, or waits for a time limit.
    most = run_program([*command, "-m", "slow and not alone", "-n", "2", "--dist", "loadfile"])
    if most not in (0, _FAILED, _NO_TESTS):  # interrupted, for example
        return most
    alone = run_program([*command, "-m", "slow and alone"])
    # With options like -k one of the two may have nothing to run.
    return most if alone == _NO_TESTS or most == _FAILED else alone


def _names_files(arguments: Sequence[str]) -> bool:
    return any(re.search(r"\.(py|ipynb)(::|$)", argument) for argument in arguments)


def _pytest(root: Path) -> list[str]:
    return [sys.executable, "-m", "pytest", "--rootdir", str(root)]


def _side_by_side(root: Path) -> list[str]:
    """Return the arguments for all tests that are not slow, one process per file."""
    # In the order of tests/helpers/durations.py: with a long file last, one would wait for it.
    order = ["--dist", "loadfile", "--no-loadscope-reorder"]
    return ["-m", "not slow", "-n", str(tests_at_once()), *order, str(root / "tests")]


def tests_at_once() -> int:
    """Return how many processes run tests side by side on this machine.

    One more than there are cores, as a test waits for a browser, a server or a kernel one second in
    four; fewer where memory is short.
    """
    import psutil  # readers need none

    memory = int(psutil.virtual_memory().total / _MEMORY_EACH)
    return max(1, min((os.cpu_count() or 1) + 1, memory, _MOST_AT_ONCE))


def _one_thread_each(environ: os._Environ | dict[str, str]) -> dict[str, str]:
    """Return an environment for processes side by side, or each would want all cores."""
    return {"OMP_NUM_THREADS": "1", **environ}


def nbval_options(root: Path) -> list[str]:
    """Return the options under which pytest compares notebooks with what they show when run."""
    rules = root / "tests" / "book" / "nbval.cfg"
    return ["--nbval", "--nbval-sanitize-with", str(rules), "--nbval-kernel-name", _CHECK_KERNEL]


@contextmanager
def _check_kernel(root: Path, jupyter: Path) -> Iterator[None]:
    """Describe a kernel that runs as pages do when the book is built."""
    folder = jupyter / "kernels" / _CHECK_KERNEL
    folder.mkdir(parents=True, exist_ok=True)
    environ = kernel_environment(root)
    notebooks = sorted((root / "_build" / "jupyter_execute").rglob("*.ipynb"))
    code = [cell for path in notebooks for cell in code_of(path)]
    with kernel_command(code, {**os.environ, **environ}) as command:
        spec = {
            "argv": command,
            "display_name": "Pages of the course, when they are checked",
            "language": "python",
            "env": environ,
        }
        (folder / "kernel.json").write_text(json.dumps(spec), encoding="utf-8")
        yield
