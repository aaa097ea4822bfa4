"""What tests take is noted, and the longest files come first in the next run."""

from types import SimpleNamespace

import pytest

from helpers.durations import LONG, Durations, LongestFirst, recorded
from helpers.repository import ROOT


def order(seconds, *names):
    items = [SimpleNamespace(nodeid=name) for name in names]
    LongestFirst(seconds).pytest_collection_modifyitems(items)
    return [item.nodeid for item in items]


def test_files_come_in_the_order_of_their_seconds_and_stay_whole():
    seconds = {"a.py::one": 2, "b.py::one": 1, "b.py::two": 3, "c.ipynb::Cell 0": 3}
    found = order(seconds, "a.py::one", "b.py::one", "b.py::two", "c.ipynb::Cell 0", "d.py::new")
    assert found == ["b.py::one", "b.py::two", "c.ipynb::Cell 0", "a.py::one", "d.py::new"]


def test_long_files_that_have_not_run_here_come_before_all_others_and_only_then():
    last, first = f"{LONG[1]}::x", f"{LONG[0]}::x"
    assert order({"a.py::one": 99}, "a.py::one", last, first) == [first, last, "a.py::one"]
    assert order({"a.py::one": 99, last: 1}, last, "a.py::one") == ["a.py::one", last]


def test_the_files_that_are_known_to_be_long_are_there():
    assert [file for file in LONG if not (ROOT / file).is_file()] == []


@pytest.fixture
def run(tmp_path):
    """Let a run of some tests be noted: ``run({name: (set-up, call)})``; return the table."""
    table, record = tmp_path / "table.txt", tmp_path / "work" / "times.json"

    def noted(tests):
        durations = Durations(table, record)
        for name, phases in tests.items():
            for when, duration in zip(("setup", "call"), phases, strict=True):
                report = SimpleNamespace(nodeid=name, when=when, duration=duration)
                durations.pytest_runtest_logreport(report)
        durations.pytest_sessionfinish()
        return table.read_text(encoding="utf-8")

    noted.record = record
    return noted


def test_the_table_names_the_slowest_tests_and_adds_up_their_files(run):
    table = run({"a.py::one": (0.5, 1.5), "b.py::one": (0, 1), "b.py::two": (0, 4)})
    shown = [line.split() for line in table.splitlines()]
    assert shown[1:4] == [
        ["4.0", "0.0", "b.py::two"],
        ["2.0", "0.5", "a.py::one"],
        ["1.0", "0.0", "b.py::one"],
    ]
    assert ["5.0", "2", "b.py"] in shown
    assert ["2.0", "1", "a.py"] in shown


def test_a_run_of_some_tests_forgets_no_others(run):
    run({"a.py::one": (0, 2), "b.py::one": (0, 1)})
    run({"a.py::one": (1, 2)})
    assert recorded(run.record) == {"a.py::one": 3, "b.py::one": 1}
    run.record.write_text("{", encoding="utf-8")
    assert recorded(run.record) == {}


def test_continuous_integration_prints_the_slowest(monkeypatch, tmp_path):
    durations, printed = Durations(tmp_path / "table.txt", tmp_path / "times.json"), []
    for number in range(30):
        report = SimpleNamespace(nodeid=f"{number}.py::one", when="call", duration=number)
        durations.pytest_runtest_logreport(report)
    reporter = SimpleNamespace(write_line=printed.append)
    monkeypatch.delenv("CI", raising=False)
    durations.pytest_terminal_summary(reporter)
    assert printed == []
    monkeypatch.setenv("CI", "true")
    durations.pytest_terminal_summary(reporter)
    assert printed[1].split() == ["29.0", "0.0", "29.py::one"]
    assert sum(".py::one" in line for line in printed) == 20
