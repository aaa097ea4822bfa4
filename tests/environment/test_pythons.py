"""The other Pythons of this machine: a newcomer with each of them gets the book."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from embeddings_course.book_build.page_cache import pages_at_once
from embeddings_course.environment.bootstrap import NEWEST, OLDEST
from helpers.drawing import number_of_commit
from helpers.repository import copy_of_repository

pytestmark = pytest.mark.slow

# What is read of the documentation: the words, sentence by sentence, and whose they are.
READ = """\
import hashlib
from embeddings_course.data import apidocs
found = [(e.name, e.kind, e.summary, apidocs.sentences(e.text)) for e in apidocs.entries()]
print(hashlib.sha256(repr(found).encode()).hexdigest(), len(found))
"""
PAGES = """\
from pathlib import Path
from embeddings_course.book_build import page_cache
from embeddings_course.book_build.build import pages
from embeddings_course.book_build.execute_pages import execute_pages

root = Path.cwd()
names = [page.with_suffix("").as_posix() for page in pages(root)]
names = [name for name in names if "import apidocs" in (root / f"{name}.md").read_text("utf-8")]
assert len(names) > 3, names
execute_pages(
    root, names, root / "_build" / "cache", environment=page_cache.kernel_environment(root),
    timeout=600, jobs=page_cache.pages_at_once(), report=print,
)
"""


PROMISED = [f"3.{minor}" for minor in range(OLDEST[1], NEWEST[1] + 1)]
HERE = "{}.{}".format(*sys.version_info[:2])


def found(name: str) -> Path | None:
    """Find a Python of this machine that works."""
    places = [shutil.which(f"python{name}")]
    places += (Path.home() / ".pyenv" / "versions").glob(f"{name}.*/bin/python")
    for place in filter(None, places):
        asked = [place, "-c", "import ensurepip, sys; print('%d.%d' % sys.version_info[:2])"]
        said = subprocess.run(asked, capture_output=True, text=True)
        if said.returncode == 0 and said.stdout.strip() == name:
            return Path(place)
    return None


def drawn() -> str | None:
    """Choose one of the other Pythons by the commit: the same commit is tried with the same one."""
    names = [name for name in PROMISED if name != HERE and found(name)]
    return names[number_of_commit() % len(names)] if names else None


class Clone:
    """A copy of the repository that nothing has been installed for."""

    def __init__(self, root, python):
        self.root = copy_of_repository(root)
        self.python = python
        self.environ = {
            name: value
            for name, value in os.environ.items()
            if name not in ("VIRTUAL_ENV", "PYTHONPATH", "JUPYTER_PATH", "PYTEST_ADDOPTS")
            and not name.startswith("PYTEST_")
        }
        for command in (["init", "--quiet"], ["add", "--all"]):  # tests ask git what there is
            subprocess.run(["git", *command], cwd=self.root, check=True)

    def run(self, *command):
        done = subprocess.run(
            list(map(str, command)), cwd=self.root, env=self.environ, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout[-6000:]
        return done.stdout

    def course(self, *arguments):
        """Run a command as the README says: it makes the environment."""
        return self.run(self.python, "-m", "embeddings_course", *arguments)

    def inside(self, *arguments):
        """Run the environment's Python."""
        return self.run(self.root / ".venv" / "bin" / "python", *arguments)

    def reads_and_passes(self):
        """Say that the documentation reads as here, and that the unit tests pass."""
        here = subprocess.run([sys.executable, "-c", READ], capture_output=True, text=True)
        assert self.inside("-c", READ) == here.stdout
        unit = ["-m", "unit", "-q", "-n", pages_at_once(), "-p", "no:cacheprovider"]
        said = self.inside("-m", "pytest", *unit, "tests")
        assert "passed" in said


@pytest.fixture
def clone(tmp_path):
    """Make a clone for a Python: ``clone(name)``; it goes at once, as it takes gigabytes."""

    def make(name):
        python = found(name)
        if python is None or name == HERE:
            pytest.skip(f"Python {name} runs this, or is not there")
        return Clone(tmp_path / "course", python)

    yield make
    shutil.rmtree(tmp_path / "course", ignore_errors=True)


@pytest.mark.parametrize("name", PROMISED)
def test_a_newcomer_gets_the_book_and_the_unit_tests_pass(clone, name, request):
    if request.config.getoption("draw"):
        pytest.skip("only the drawn Python is tried, in a short form")
    there = clone(name)
    assert "The book is ready" in there.course("book")
    ran = (there.root / "_build" / "html" / "book" / "what-ran.html").read_text("utf-8")
    assert there.inside("-c", "import platform; print(platform.python_version())").strip() in ran
    there.reads_and_passes()


def test_the_drawn_python_installs_reads_and_runs_the_pages_that_read_documentation(clone, request):
    if not request.config.getoption("draw"):
        pytest.skip("every Python is tried with the whole book")
    name = drawn()
    if name is None:
        pytest.skip("this machine has no other Python")
    there = clone(name)
    assert "questions: fine" in there.course("quiz", "check")  # needs the environment: makes it
    there.reads_and_passes()
    there.inside("-c", PAGES)
