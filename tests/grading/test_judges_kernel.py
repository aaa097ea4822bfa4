"""A test has points if its kernel says that it went well, and for no other reason."""

import math
import signal
import threading

import pytest
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat.v4 import new_code_cell, new_notebook, new_output

from embeddings_course.grading.judge.kernel import JudgesKernel
from embeddings_course.grading.judge.plan import Plan, Way
from embeddings_course.grading.judge.student import _undisturbed
from embeddings_course.grading.preprocessors import RunNotebook
from embeddings_course.grading.submission_record import Record, collect

ERROR = {"status": "error", "ename": "KeyError", "evalue": "'a'"}


def run(monkeypatch, *, reply=None, outputs=(), raised=None, source="check()"):
    """Run a test of which nbclient knows this; return its errors, and whether that was all."""

    def execute_cell(self, cell, index, **settings):
        cell.outputs = list(outputs)
        if reply is not None:
            self.on_cell_executed(cell=cell, cell_index=index, execute_reply={"content": reply})
        if raised is not None:
            raise raised

    monkeypatch.setattr(JudgesKernel, "execute_cell", execute_cell)
    cell = new_code_cell(source)
    why = JudgesKernel(new_notebook(cells=[cell]), None).run_test(cell, 0)
    return [each.ename for each in cell.outputs if each.output_type == "error"], why


def test_a_test_that_went_well_has_no_error(monkeypatch):
    assert run(monkeypatch, reply={"status": "ok"}) == ([], "")
    assert run(monkeypatch, source="\n") == ([], ""), "an empty cell is not run"


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (ERROR, "KeyError"),
        ({"status": "error", "ename": "CellTimeoutError", "evalue": ""}, "CellTimeoutError"),
        ({"status": "aborted"}, "NotRun"),
        (None, "NotRun"),
    ],
)
def test_without_a_good_reply_a_test_has_failed(monkeypatch, reply, expected):
    assert run(monkeypatch, reply=reply) == ([expected], "")


def test_an_error_that_is_there_is_not_said_twice(monkeypatch):
    there = new_output("error", ename="CheckFailed", evalue="wrong", traceback=[])
    assert run(monkeypatch, reply=ERROR, outputs=[there]) == (["CheckFailed"], "")


@pytest.mark.parametrize("raised", [DeadKernelError("dead"), CellTimeoutError("late", 30)])
@pytest.mark.parametrize("reply", [None, {"status": "ok"}])
def test_a_kernel_that_is_lost_fails_its_test_and_runs_no_other(monkeypatch, raised, reply):
    errors, why = run(monkeypatch, reply=reply, raised=raised)
    assert errors == ["NotRun"]
    assert why


@pytest.mark.parametrize("name", ["CellTimeoutError", "NameError"])
def test_only_a_given_cell_that_ran_out_of_time_is_a_reason_to_grade_again(monkeypatch, name):
    def execute_cell(self, cell, index, **settings):
        cell.outputs = [new_output("error", ename=name, evalue="", traceback=[])]

    monkeypatch.setattr(JudgesKernel, "execute_cell", execute_cell)
    cell = new_code_cell("x = 1", metadata={"nbgrader": {"grade_id": "inputs"}})
    notebook = new_notebook(cells=[cell])
    grader = RunNotebook()
    grader._plan = Plan(Way.TWO_KERNELS, given={0: "x = 1"})
    grader._begun, grader._end, grader._why_ended, grader._exercises = True, math.inf, None, []
    grader._run = lambda cell, index: None
    with collect(record := Record()):
        grader._run_in_two(JudgesKernel(notebook, None), cell, 0)
    assert record.out_of_time == (["the cell inputs"] if name == "CellTimeoutError" else [])
    assert notebook.cells == [cell]


@pytest.mark.skipif(not hasattr(signal, "SIGALRM"), reason="there is no such signal")
def test_an_alarm_waits_until_a_message_has_gone_over():
    said = []

    def alarm(*_):
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, alarm)
    try:
        with pytest.raises(TimeoutError), _undisturbed():
            signal.raise_signal(signal.SIGALRM)
            said.append("all of it")
        assert said == ["all of it"]
        assert signal.getsignal(signal.SIGALRM) is alarm
    finally:
        signal.signal(signal.SIGALRM, before)


def test_a_thread_leaves_signals_alone():
    handler = signal.getsignal(signal.SIGINT)
    seen = []

    def talk():
        with _undisturbed():
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=talk)
    thread.start()
    thread.join()
    assert seen == [handler]
