"""The other Pythons of this machine: a newcomer with each of them gets the book."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT, copy_of_repository

from embeddings_course.environment import NEWEST, OLDEST
from embeddings_course.page_cache import pages_at_once

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
from embeddings_course import page_cache
from embeddings_course.book import pages
from embeddings_course.execution import execute_pages

root = Path.cwd()
names = [page.with_suffix("").as_posix() for page in pages(root)]
names = [name for name in names if "import apidocs" in (root / f"{name}.md").read_text("utf-8")]
assert len(names) > 3, names
execute_pages(
    root, names, root / "_build" / "cache", environment=page_cache.kernel_environment(root),
    timeout=600, jobs=page_cache.pages_at_once(), report=print,
)
"""


def others() -> dict[str, Path]:
    """Find the promised Pythons of this machine, but for the running version."""
    found = {}
    for minor in range(OLDEST[1], NEWEST[1] + 1):
        name = f"3.{minor}"
        places = [shutil.which(f"python{name}")]
        places += (Path.home() / ".pyenv" / "versions").glob(f"{name}.*/bin/python")
        for place in filter(None, places):
            asked = [place, "-c", "import ensurepip, sys; print('%d.%d' % sys.version_info[:2])"]
            said = subprocess.run(asked, capture_output=True, text=True)
            if said.returncode == 0 and said.stdout.strip() == name:
                found[name] = Path(place)
    found.pop("{}.{}".format(*sys.version_info[:2]), None)
    return found


def drawn() -> str:
    """Choose one of them by the commit, so that every commit is tried with the same one again."""
    asked = ["git", "rev-parse", "HEAD"]
    commit = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    names = sorted(others())
    return names[int(commit, 16) % len(names)]


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
        assert "failed" not in said


@pytest.fixture
def clone(request, tmp_path):
    """A clone for a Python; it goes at once, since its environment takes gigabytes."""
    yield Clone(tmp_path / "course", others()[request.param])
    shutil.rmtree(tmp_path / "course")


@pytest.mark.parametrize("clone", sorted(others()), indirect=True)
def test_a_newcomer_gets_the_book_and_the_unit_tests_pass(clone, request):
    if request.config.getoption("pythons") != "all":
        pytest.skip("only the drawn Python is tried, in a short form")
    assert "The book is ready" in clone.course("book")
    ran = (clone.root / "_build" / "html" / "book" / "what-ran.html").read_text("utf-8")
    assert clone.inside("-c", "import platform; print(platform.python_version())").strip() in ran
    clone.reads_and_passes()


@pytest.mark.parametrize("clone", [drawn()] if others() else [], indirect=True)
def test_the_drawn_python_installs_reads_and_runs_the_pages_that_read_documentation(clone, request):
    if request.config.getoption("pythons") != "drawn":
        pytest.skip("every Python is tried with the whole book")
    assert "questions: fine" in clone.course("quiz", "check")  # needs the environment, and makes it
    clone.reads_and_passes()
    clone.inside("-c", PAGES)
