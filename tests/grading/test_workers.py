"""Work on submissions in processes of their own."""

import atexit
import os
import signal
import time

import pytest

from embeddings_course.grading import worker_pool
from embeddings_course.grading.worker_pool import run_all


def work(task, place, record):
    name, _, folder = task.partition(" ")
    if name == "hangs-at-exit":
        # What an extension module may do when Python ends.
        atexit.register(time.sleep, 600)
    elif name == "ignores-signals":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        atexit.register(time.sleep, 600)
    elif name == "takes-memory":
        held = [bytearray(10**9) for _ in range(20)]
        del held
    elif name == "nests":
        here = os.open(place.scratch, os.O_RDONLY)
        for _ in range(3000):
            os.mkdir("d", dir_fd=here)
            inner = os.open("d", os.O_RDONLY, dir_fd=here)
            os.close(here)
            here = inner
        os.close(here)
    elif name == "is-nested":
        work(task, place, record)
    elif name == "fails":
        with open(folder, "a") as file:  # noqa: PTH123
            file.write(f"{time.monotonic()}\n")
        raise ValueError("no reason")
    else:
        record.score = 1.0


def run(*tasks, jobs=2):
    began = time.monotonic()
    return [(task, record, time.monotonic() - began) for task, record in run_all(work, tasks, jobs)]


@pytest.fixture(autouse=True)
def shorter(monkeypatch):
    monkeypatch.setattr(worker_pool, "_LEAVING", 2.0)
    monkeypatch.setattr(worker_pool, "_PAUSE", 1.0)


@pytest.mark.skipif(os.name == "nt", reason="signals")
@pytest.mark.parametrize("name", ["hangs-at-exit", "ignores-signals"])
def test_a_process_that_does_not_end_keeps_nobody_waiting(name):
    done = run(name, "fine", "fine too", jobs=1)
    assert [task for task, _, _ in done] == [name, "fine", "fine too"]
    assert all(record.state == "graded" for _, record, _ in done)
    assert done[-1][2] < 60


def test_others_are_worked_on_while_one_waits_to_be_tried_again(tmp_path, monkeypatch):
    monkeypatch.setattr(worker_pool, "_PAUSE", 5.0)
    log = tmp_path / "times"
    done = {task: (record, at) for task, record, at in run(f"fails {log}", "fine", jobs=1)}
    record, at = done[f"fails {log}"]
    assert record.state == "failed" and record.problems == ["ValueError: no reason"]
    times = [float(line) for line in log.read_text().splitlines()]
    assert len(times) == 3 and times[1] - times[0] >= 5
    assert done["fine"][1] < at


@pytest.mark.skipif(not os.path.isdir("/proc"), reason="Linux limits it")  # noqa: PTH112
def test_memory_of_a_grader_is_limited(monkeypatch):
    monkeypatch.setattr(worker_pool, "_TRIES", 1)
    done = {task: record for task, record, _ in run("takes-memory", "fine")}
    assert done["fine"].state == "graded"
    assert done["takes-memory"].state == "failed"
    assert done["takes-memory"].problems == [
        "It takes more than the 3 GB of memory that it may use."
    ]


@pytest.mark.skipif(os.name == "nt", reason="needs dir_fd")
def test_folders_nested_without_end_are_removed(monkeypatch):
    made = []
    real = worker_pool.tempfile.mkdtemp
    monkeypatch.setattr(
        worker_pool.tempfile, "mkdtemp", lambda **given: made.append(real(**given)) or made[-1]
    )
    done = {task: record for task, record, _ in run("nests", "is-nested", "fine")}
    assert done["nests"].state == done["fine"].state == "graded"
    assert done["is-nested"].problems == ["Something in it is nested too deep."]
    folders = [folder for folder in made if worker_pool._PREFIX in folder]
    assert folders and not any(os.path.lexists(folder) for folder in folders)
