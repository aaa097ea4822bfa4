"""Nobody pays for a neighbour: what one submission takes costs the others no points."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from embeddings_course.environment.lock import Lock
from embeddings_course.grading import preflight, worker_pool
from embeddings_course.grading.isolation import control_groups, sandbox
from embeddings_course.grading.isolation.control_groups import control_group
from embeddings_course.grading.isolation.processes import descendants
from embeddings_course.grading.worker_pool import run_all, sweep
from grading.classroom import RIGHT, Class

# Takes the processor for a good second where nobody else does.
HONEST = f"total = 0\nfor n in range(10**7):\n    total += n\n{RIGHT}"
FULL = 5.5
BUSY = """
import ctypes, os, time
libc = ctypes.CDLL(None)
end = time.time() + 25
for n in range(100):
    if libc.fork() == 0:
        libc.setsid()
        while time.time() < end:
            pass
        os._exit(0)
time.sleep(25)
"""


@pytest.fixture
def needs_sandbox():
    reason = sandbox.reason_against()
    if reason and not os.environ.get("CI"):
        pytest.skip(reason)
    assert reason is None, reason


# Once more, alone ---------------------------------------------------------------------------------


def slow_at_first(task, place, record):
    """Run out of time the first time; say when this began and ended."""
    name, log, minutes = task
    began = time.time()
    time.sleep(0.3)
    said = Path(log).read_text() if Path(log).exists() else ""
    if f"{name} " not in said or minutes == "ever":
        record.out_of_time.append("a cell") if minutes else None
    with Path(log).open("a") as file:
        file.write(f"{name} {began} {time.time()}\n")
    record.score = 1.0


def runs(log):
    return [
        (name, float(began), float(ended))
        for name, began, ended in map(str.split, log.read_text().splitlines())
    ]


def test_what_ran_out_of_time_beside_others_is_done_once_more_alone(tmp_path):
    log, said = tmp_path / "log", []
    wanted = {"ann": "", "bob": "once", "cleo": "ever", "dora": ""}
    tasks = [(name, str(log), minutes) for name, minutes in wanted.items()]
    records = {task[0]: record for task, record in run_all(slow_at_first, tasks, 2, said.append)}
    names = [name for name, *_ in runs(log)]
    assert sorted(names) == ["ann", "bob", "bob", "cleo", "cleo", "dora"]
    assert set(names[-2:]) == {"bob", "cleo"}
    (_, _, first_ended), (_, began, ended), (_, last_began, _) = runs(log)[-3:]
    assert began >= first_ended and last_began >= ended, "one after the other, and after all others"
    assert len(said) == 1 and said[0].startswith("2 ran out of time")
    assert records["bob"].out_of_time == [] and records["cleo"].out_of_time == ["a cell"]
    for name, record in records.items():
        assert any("once more, alone" in each for each in record.problems) == bool(wanted[name])


def test_what_ran_out_of_time_while_it_was_alone_is_not_done_again(tmp_path):
    log, said = tmp_path / "log", []
    tasks = [(name, str(log), "ever") for name in ("ann", "bob")]
    records = dict(run_all(slow_at_first, tasks, 1, said.append))
    assert len(runs(log)) == 2 and not said
    assert all(record.out_of_time and not record.problems for record in records.values())


# Bounds -------------------------------------------------------------------------------------------


def test_each_has_processors_of_its_own_where_there_are_enough(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {2, 3, 5, 7, 8}, raising=False)
    for jobs in range(1, 6):
        given = [worker_pool._processors(slot, jobs) for slot in range(jobs)]
        assert sorted(sum(given, ())) == [2, 3, 5, 7, 8], "none is left over, or given twice"
    assert worker_pool._processors(0, 6) is None


def test_no_more_are_graded_at_a_time_than_their_bounds_allow(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(64)), raising=False)
    for free in (1, 5, 16, 40):
        memory = SimpleNamespace(available=free * sandbox.GIGABYTE)
        monkeypatch.setattr(psutil, "virtual_memory", lambda memory=memory: memory)
        jobs = preflight.jobs_that_fit()
        assert jobs == 1 or jobs * sandbox.MOST_MEMORY <= memory.available
        assert (jobs + 1) * sandbox.MOST_MEMORY > memory.available, "and no fewer"


def test_a_control_group_counts_bounds_and_is_gone_afterwards():
    with control_group("course-grade-test-a", memory=10**8, processes=50) as group:
        if group is None:
            pytest.skip("control groups cannot be made here")
        join = " && ".join(f"echo $$ > {entrance}" for entrance in group.entrances)
        greedy = f"x = bytearray(b'1') * {3 * 10**8}"
        command = ["/bin/sh", "-c", f'{join} && exec "$@"', "sh", sys.executable]
        sleeping = subprocess.Popen([*command, "-c", "import time; time.sleep(60)"])
        end = time.monotonic() + 20
        while sleeping.pid not in group.processes() and time.monotonic() < end:
            time.sleep(0.05)
        assert group.processes() == [sleeping.pid]
        assert not group.out_of_memory()
        assert subprocess.run([*command, "-c", greedy]).returncode == -9
        assert group.out_of_memory()
        sleeping.kill()
        sleeping.wait()
    assert not any(folder.exists() for folder in group.folders)


@pytest.mark.parametrize("version", [1, 2])
def test_a_group_that_bounds_nothing_is_none(tmp_path, version):
    if version == 2:
        (tmp_path / "cgroup.controllers").write_text("cpu memory pids")
    else:
        for name in ("pids", "memory", "cpu"):
            (tmp_path / name).mkdir()
            (tmp_path / name / "cgroup.procs").touch()
    before = sorted(tmp_path.rglob("*"))
    with control_group("mine", memory=1, processes=1, mounted=tmp_path) as group:
        assert group is None
    after = [path for path in sorted(tmp_path.rglob("*")) if path.name != "cgroup.subtree_control"]
    assert after == before


def test_groups_of_a_run_that_was_killed_are_removed(tmp_path):
    (tmp_path / "pids").mkdir()
    (tmp_path / "pids" / "cgroup.procs").touch()
    for name in ("course-grade-1-x-a", "course-grade-2-y-b"):
        (tmp_path / "pids" / name).mkdir()
    control_groups.remove_control_groups("course-grade-1-x", tmp_path)
    assert [path.name for path in (tmp_path / "pids").glob("course-*")] == ["course-grade-2-y-b"]


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="there is no /proc")
def test_processes_are_found_below_a_process_and_nowhere_else():
    tree = "sleep 60 & sh -c 'sleep 60 & wait' & wait"
    shell = subprocess.Popen(["/bin/sh", "-c", tree], start_new_session=True)
    try:
        end = time.monotonic() + 10
        while len(descendants([shell.pid])) < 3 and time.monotonic() < end:
            time.sleep(0.05)
        expected = {child.pid for child in psutil.Process(shell.pid).children(recursive=True)}
        assert set(descendants([shell.pid])) == expected and len(expected) == 3
    finally:
        os.killpg(shell.pid, 9)
        shell.wait()
    assert descendants([shell.pid]) == []


# What runs leave ----------------------------------------------------------------------------------


def test_only_what_no_run_holds_any_more_is_swept(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    # The numbers are of processes that there are not: a container has numbers of its own.
    held, left = (tmp_path / f"course-grade-99999{n}-x" for n in range(2))
    # It has no lock yet, and gets its name when it has.
    begun = tmp_path / "course-new-999993-x"
    for folder in (held, left, begun):
        folder.mkdir()
    (left / "lock").touch()
    with Lock(held / "lock", "A run"):
        sweep()
        assert held.exists() and begun.exists() and not left.exists()
    sweep()
    assert not held.exists()


@pytest.mark.slow
def test_copies_go_where_TMPDIR_says_and_sockets_where_names_are_short(tmp_path, needs_sandbox):
    long = Path(tempfile.mkdtemp(prefix="temporary".ljust(60, "-"), dir="/tmp"))
    course = Class(tmp_path / "course")
    course.hands_in("ann", f"import os\nassert not os.path.exists({str(long)!r} + '/x')\n{RIGHT}")
    seen = set()
    process = course.start("--require-sandbox", TMPDIR=str(long))
    while process.poll() is None:
        seen.update(path.name for path in long.glob("course-grade-*/*/submitted"))
        time.sleep(0.02)
    assert process.returncode == 0, process.stdout.read()
    assert course.records()["ann"]["score"] == FULL
    assert seen == {"submitted"}
    assert not list(long.glob("course-grade-*"))
    assert not list(Path("/tmp").glob(f"course-grade-{process.pid}-*"))
    long.rmdir()


def test_a_folder_for_temporary_files_that_holds_no_sockets_is_refused(tmp_path):
    long = tmp_path / ("temporary-" * 12)
    long.mkdir()
    course = Class(tmp_path / "course")
    course.hands_in("ann")
    status, said = course.grade_apart(TMPDIR=str(long))
    assert status == 1 and "TMPDIR" in said and "at most 75 letters" in said
    assert not (course.root / "grading").exists()


# All of it ----------------------------------------------------------------------------------------


def graded_beside(root, answers, *options):
    course = Class(root)
    with (root / "nbgrader_config.py").open("a") as settings:
        settings.write("c.Execute.timeout = 30\n")
    for student, answer in answers.items():
        course.hands_in(student, answer)
    status, said = course.grade_apart("--require-sandbox", "--jobs", "2", *options, patience=500)
    assert status == 0, said
    return course.records()


@pytest.mark.slow
@pytest.mark.alone
@pytest.mark.skipif(
    not hasattr(os, "sched_getaffinity") or len(os.sched_getaffinity(0)) < 2,
    reason="with one processor, one is graded at a time",
)
def test_busy_processes_take_the_processor_from_nobody(tmp_path, needs_sandbox):
    beside_honest = graded_beside(tmp_path / "a", {"ann": HONEST, "zoe": HONEST})
    beside_busy = graded_beside(tmp_path / "b", {"ann": HONEST, "zoe": BUSY + RIGHT})
    for records in (beside_honest, beside_busy):
        assert records["ann"]["score"] == FULL
        assert not records["ann"]["out_of_time"] and not records["ann"]["problems"]
    # A hundred and one would share a processor: an ordinary second would take more than a minute.
    assert beside_busy["ann"]["seconds"] < 4 * beside_honest["ann"]["seconds"]
