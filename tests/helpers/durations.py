"""How long tests take: a table after each run, and the longest files first in the next one.

Processes that run tests side by side get a file at a time. A long file that comes last leaves the
others without work, so files are given in the order of the seconds that their tests took when they
last ran. Who has run none yet goes by `LONG`.
"""

import json
import os
from collections import Counter
from pathlib import Path

import pytest

MOST = 40  # tests in the table
SHOWN = 20  # tests, and files, in what continuous integration prints: its files are gone afterwards

# Files that take a minute or more, the longest first. The times of this machine count before it.
LONG = (
    "tests/grading/test_grade.py",
    "tests/grading/test_hostile.py",
    "tests/book/test_book_access.py",
    "tests/book_build/test_book_build.py",
    "tests/book/test_book_claims.py",
    "tests/quiz/test_quiz_notebook.py",
    "tests/quiz/test_quiz_graded.py",
    "tests/book/test_book_pages.py",
    "tests/environment/test_systems.py",
    "tests/grading/test_neighbours.py",
    "tests/grading/test_sandbox.py",
    "tests/controls/test_controls.py",
)


def recorded(file: Path) -> dict[str, float]:
    """Read the seconds that each test took when it last ran."""
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def file_of(name: str) -> str:
    """Return the file of a test by its id: ``tests/data/test_photos.py::test_size``."""
    return name.partition("::")[0]


class LongestFirst:
    """Orders tests by what their files take; those of a file keep their order."""

    def __init__(self, seconds: dict[str, float]):
        self.seconds = seconds

    @pytest.hookimpl(trylast=True)  # when it is known which tests run
    def pytest_collection_modifyitems(self, items):
        files = Counter()
        for item in items:
            files[file_of(item.nodeid)] += self.seconds.get(item.nodeid, 0)
        for file in LONG:  # before all that are known, and the first of them before the others
            if file in files and not files[file]:
                files[file] = 1e6 - LONG.index(file)
        items.sort(key=lambda item: -files[file_of(item.nodeid)])


class Durations:
    """Adds up what tests take, from set-up to tear-down, and writes it down in the end."""

    def __init__(self, table: Path, record: Path):
        self.table = table
        self.record = record
        self.seconds = Counter()
        self.set_up = Counter()
        self.processes = Counter()

    def pytest_runtest_logreport(self, report):
        self.seconds[report.nodeid] += report.duration
        self.processes[getattr(report, "worker_id", "this one")] += report.duration
        if report.when == "setup":
            self.set_up[report.nodeid] = report.duration

    def pytest_sessionfinish(self):
        if not self.seconds:
            return
        self.record.parent.mkdir(parents=True, exist_ok=True)
        taken = {name: round(seconds, 3) for name, seconds in self.seconds.items()}
        self.record.write_text(json.dumps(recorded(self.record) | taken), encoding="utf-8")
        self.table.write_text("\n".join(self._lines()) + "\n", encoding="utf-8")

    def pytest_terminal_summary(self, terminalreporter):
        if self.seconds and os.environ.get("CI"):
            for line in self._lines(SHOWN, SHOWN):
                terminalreporter.write_line(line)

    def _lines(self, most=MOST, most_files=None):
        yield f"The slowest of {len(self.seconds)} tests: seconds, and those of them to set it up"
        for name, seconds in self.seconds.most_common(most):
            yield f"{seconds:8.1f} {self.set_up[name]:8.1f}  {name}"
        yield "\nFiles: seconds, number of tests"
        files, tests = Counter(), Counter(map(file_of, self.seconds))
        for name, seconds in self.seconds.items():
            files[file_of(name)] += seconds
        for file, seconds in files.most_common(most_files):
            yield f"{seconds:8.1f} {tests[file]:8}  {file}"
        yield "\nProcesses: seconds; they should have about the same"
        for process, seconds in sorted(self.processes.items()):
            yield f"{seconds:8.1f}  {process}"
