"""How assignments call what students wrote: right in any form, and a sentence for a mistake."""

import random
import signal
import sys
import threading
import time
import warnings

import nbformat
import numpy as np
import pytest
import torch
from nbclient import NotebookClient

from embeddings_course.exercises import attempt, keep_builtins, refuses, see
from helpers.refusals import raises


def run(source, name, *arguments, **options):
    """Attempt a function of a small notebook; gives the answer and the notebook's names."""
    notebook = {"np": np, "torch": torch}
    exec(source, notebook)
    options.setdefault("on", "the example")
    return attempt(notebook, name, *arguments, **options)


def refused(source, *arguments, **options):
    with pytest.raises(AssertionError) as caught:
        run(source, "f", *arguments, **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    "expression",
    [
        "torch.tensor([1.0, 2.0])",
        "torch.tensor([1.0, 2.0], requires_grad=True)",
        "torch.tensor([1.0, 2.0]).bfloat16()",
        "torch.tensor([1.0, 2.0]).to_sparse()",
        "np.array([1, 2])",
        "[torch.tensor(1.0), np.float32(2)]",
        "(1, 2.0)",
    ],
)
def test_numbers_are_right_in_whatever_form_they_come(expression):
    run(f"def f(): return {expression}", "f").close([1.0, 2.0])


@pytest.mark.parametrize("value", ["3", "[3.0]", "torch.tensor([[3.0]])", "np.int64(3)"])
def test_a_single_number_may_come_in_a_box(value):
    run(f"def f(): return {value}", "f").close(3.0)


def test_messages_tell_place_and_shape_and_never_the_right_number():
    answer = run("def f(): return np.array([[1.0, 2.0], [3.0, 4.5]])", "f", on="two rows")
    with raises(AssertionError, "numbers-wrong", "1", "4", "cosines", "[1, 1]") as caught:
        answer.close([[1, 2], [3, 8.25]], what="cosine")
    assert "f, on two rows:" in str(caught.value)
    assert "8.25" not in str(caught.value)
    with raises(AssertionError, "result-wrong-shape", "[4]", "[2, 2]"):
        answer.close([1, 2, 3, 4])


@pytest.mark.parametrize("value", ["'text'", "{'a': 1}", "[[1], [1, 2]]", "[None]", "[1 + 2j]"])
def test_what_is_no_numbers_is_named(value):
    answer = run(f"def f(): return {value}", "f")
    with raises(AssertionError, "result-not-numbers"):
        answer.numbers()


def test_numbers_that_are_not_finite_are_refused():
    answer = run("def f(): return [1.0, float('nan'), float('inf')]", "f")
    with raises(AssertionError, "result-not-finite", "2", "3"):
        answer.numbers()


@pytest.mark.parametrize("value", ["['a', 'b']", "('a', 'b')", "np.array(['a', 'b'])"])
def test_entries_are_the_same_in_whatever_sequence(value):
    run(f"def f(): return {value}", "f").same(["a", "b"])


@pytest.mark.parametrize(
    "value, shown",
    [
        ("0.7123", "0.7123"),
        ("torch.tensor([2 / 3])", "0.6667"),
        ("12345", "12345"),
        ("True", "True"),
    ],
)
def test_a_single_wrong_number_is_told(value, shown):
    with raises(AssertionError, "number-wrong", "recall") as caught:
        run(f"def f(): return {value}", "f").close(0.25, what="recall")
    assert str(caught.value).endswith(f"yours is {shown}.")


@pytest.mark.parametrize(
    "value, shown",
    [
        *[
            ("'b'", "'b'"),
            ("np.int64(3)", "3"),
            ("['a']", "a list that begins with a str of length 1"),
        ],
        *[("{}", "a dict of length 0"), ("torch.ones(2)", "a tensor of shape [2]")],
    ],
)
def test_a_single_wrong_entry_is_told(value, shown):
    with pytest.raises(AssertionError) as caught:
        run(f"def f(): return {value}", "f").same("a", what="name")
    assert str(caught.value) == f"f, on the example: the name is wrong, yours is {shown}."


def test_entries_that_differ_are_counted():
    answer = run("def f(): return ['a', 'x', 'y']", "f")
    with raises(AssertionError, "entries-wrong", "2", "3", "1", "'x'"):
        answer.same(["a", "b", "c"], what="id")
    with raises(AssertionError, "result-wrong-length", "2", "3"):
        answer.same(["a", "x"])


HOSTILE = """
class Any:
    def __eq__(self, other): return True
    def __len__(self): return 2
    def __array__(self, *a, **k): return np.array([1.0, 2.0])
class Sub(np.ndarray):
    def __eq__(self, other): return True
"""


@pytest.mark.parametrize("value", ["Any()", "[Any(), Any()]"])
def test_an_object_that_equals_everything_earns_nothing(value):
    answer = run(f"{HOSTILE}\ndef f(): return {value}", "f")
    for check in (answer.close, answer.same):
        with pytest.raises(AssertionError):
            check([1.0, 2.0])


def test_missing_overwritten_and_unwritten_functions_are_told_apart():
    assert "There is no function 'f'. Run the cell" in refused("g = 1")
    assert "f is an int and no function any more" in refused("f = 3")
    stub = "def f():\n    raise NotImplementedError()"
    assert refused(stub) == "f is not written yet."
    assert refused(f"@torch.no_grad()\n{stub}") == "f is not written yet."


NOT_IMPLEMENTED = {
    "torch.nn.functional.logsigmoid(torch.tensor([1]))": "log_sigmoid",
    "torch.nn.Module()(1)": 'missing the required "forward" function',
    "next(iter(torch.utils.data.Sampler()))": "it raised",
    "(_ for _ in ()).throw(NotImplementedError('later'))": "NotImplementedError: later",
}


@pytest.mark.parametrize("body", NOT_IMPLEMENTED)
def test_what_torch_does_not_implement_is_no_unwritten_function(body):
    message = refused(f"def f(): return {body}")
    assert "it raised " in message
    assert "not written" not in message
    assert NOT_IMPLEMENTED[body] in message
    notebook = {"torch": torch}
    exec(f"def f(): return {body}", notebook)
    with raises(AssertionError, "refusal-wrong-error"):
        refuses(notebook, "f", on="a bad input")


def test_a_name_that_is_not_known_reminds_of_the_first_cell():
    message = refused("def f(): return nowhere.ones(2)")
    assert message.endswith(
        "NameError: name 'nowhere' is not defined. "
        "Has the first cell been run since the kernel started?"
    )
    assert "first cell" not in refused("def f():\n    x += 1\n    return x")


def test_printing_instead_of_returning_gets_a_hint(capsys):
    message = refused("def f(): print(42)")
    assert "returned nothing. It printed something: a function hands its result over" in message
    assert "42" in capsys.readouterr().out
    assert refused("def f(): pass").endswith("it returned nothing.")


def test_errors_are_told_in_one_sentence_with_the_input_and_keep_their_cause():
    with raises(AssertionError, "function-raised", "an empty batch", "ZeroDivisionError") as c:
        run("def f(x): return 1 / x", "f", 0, on="an empty batch")
    assert isinstance(c.value.__cause__, ZeroDivisionError)
    assert "SystemExit" in refused("import sys\ndef f(): sys.exit()")


LOOPS = {
    "plain": "while True: pass",
    "catching": "while True:\n        try:\n            while True: pass\n"
    "        except Exception: pass",
    "sleeping": "import time; time.sleep(60)",
    "translating": "import time\n    try:\n        time.sleep(60)\n"
    "    except BaseException as error: raise RuntimeError('not traceable') from error",
}


@pytest.mark.parametrize("loop", LOOPS)
def test_what_takes_for_ever_is_given_up(loop):
    start = time.monotonic()
    assert "no result within 0.2 seconds" in refused(f"def f():\n    {LOOPS[loop]}", seconds=0.2)
    assert time.monotonic() - start < 10


def test_time_limit_without_the_signal(monkeypatch):
    from embeddings_course import exercises

    monkeypatch.delattr(exercises.signal, "setitimer")
    assert "no result within 0.2 seconds" in refused("def f():\n    while True: pass", seconds=0.2)
    run("def f(): return 1", "f").close(1)
    before = threading.active_count()
    run("def f(): return 1", "f")
    assert threading.active_count() == before


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="Windows has no such signal")
def test_an_alarm_after_the_function_has_returned_does_no_harm(monkeypatch):
    """The alarm comes when the function has returned and the timer has not been stopped yet."""
    real = signal.setitimer

    def setitimer(which, seconds, *interval):
        if seconds == 0:
            signal.raise_signal(signal.SIGALRM)
        return real(which, seconds, *interval)

    monkeypatch.setattr(signal, "setitimer", setitimer)
    before = signal.getsignal(signal.SIGALRM)
    try:
        run("def f(): return 1", "f").close(1)
        assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
        assert signal.getsignal(signal.SIGALRM) == before
    finally:
        real(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize("by", ["signal", "thread"])
def test_what_ends_in_the_moment_in_which_its_time_is_over_leaves_nothing_running(by, monkeypatch):
    if by == "thread" and hasattr(signal, "setitimer"):
        monkeypatch.delattr(signal, "setitimer")
    elif by == "signal" and not hasattr(signal, "setitimer"):
        pytest.skip("Windows has no such signal")
    source = "import time\ndef f(end):\n    while time.monotonic() < end: pass\n    return 1"
    threads = threading.active_count()
    for number in range(150):
        seconds = 0.004 + (number % 10) * 1e-5
        try:
            run(source, "f", time.monotonic() + 0.004, seconds=seconds).close(1)
        except AssertionError as error:
            assert "no result within" in str(error)
        for _ in range(1000):  # where an error asked for too late would be raised
            pass
        if by == "signal":
            assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
            assert signal.getsignal(signal.SIGALRM) in (signal.SIG_DFL, signal.SIG_IGN)
    assert threading.active_count() == threads


def test_the_thread_raises_again_what_was_caught(monkeypatch):
    if hasattr(signal, "setitimer"):
        monkeypatch.delattr(signal, "setitimer")
    source = (
        "import time\ndef f():\n    end = time.monotonic() + 30\n"
        "    for _ in range(2):\n        try:\n"
        "            while time.monotonic() < end: pass\n        except BaseException: pass\n"
        "    while time.monotonic() < end: pass"
    )
    start = time.monotonic()
    assert "no result within 0.2 seconds" in refused(source, seconds=0.2)
    assert time.monotonic() - start < 20


def test_overwritten_modules_and_builtins_are_lent_back_and_then_left_as_they_were(capsys):
    notebook = {"np": np}
    source = "torch = 3\nsum = 0\ndef f():\n    g = lambda: torch.ones(2)\n    return sum(g())"
    exec(source, notebook)
    attempt(notebook, "f", on="anything").close(2.0)
    assert (notebook["torch"], notebook["sum"]) == (3, 0)
    assert "has overwritten sum, torch" in capsys.readouterr().out


def test_warnings_and_progress_bars_of_honest_code_leave_standard_error_empty(capsys):
    source = (
        "import sys, warnings\nfrom tqdm import tqdm\n"
        "def f():\n    warnings.warn('old')\n    print('x', file=sys.stderr)\n"
        "    return [i for i in tqdm(range(3))]"
    )
    run(source, "f").same([0, 1, 2])
    assert capsys.readouterr().err == ""
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        warnings.warn("after", stacklevel=1)
    assert len(seen) == 1, "the notebook's own warnings are as before"


def test_each_call_begins_with_the_same_random_numbers_and_leaves_the_notebooks_alone():
    source = "import random\ndef f(): return [random.random(), np.random.rand(), torch.rand(())]"
    torch.manual_seed(7), random.seed(7), np.random.seed(7)  # noqa: NPY002
    states = torch.get_rng_state(), random.getstate()
    first = run(source, "f").numbers((3,))
    run(source, "f").close(first)
    assert torch.equal(states[0], torch.get_rng_state())
    assert states[1] == random.getstate()


def test_functions_get_copies_and_a_change_of_them_can_be_found():
    ids = torch.tensor([3, 1, 2])
    answer = run("def f(x):\n    x.sort(); x[0] = 9\n    return x", "f", ids)
    assert ids.tolist() == [3, 1, 2]
    with raises(AssertionError, "input-changed", "1"):
        answer.inputs_unchanged()
    run("def f(x): return x + 1", "f", ids).inputs_unchanged()


def test_refusals_must_be_value_errors_with_a_message():
    def refuse(body):
        notebook = {}
        exec(f"def f(x):\n    {body}", notebook)
        refuses(notebook, "f", 1, on="a bad input")

    refuse("raise ValueError('k must be at least 1')")
    for body, problem in {
        "raise ValueError": ("refusal-without-words",),
        "raise KeyError('k')": ("refusal-wrong-error", "KeyError"),
        "return 1": ("not-refused", "something"),
        "pass": ("not-refused", "nothing"),
        "raise NotImplementedError": ("function-not-written",),
    }.items():
        with raises(AssertionError, *problem):
            refuse(body)


def test_ctrl_c_is_no_wrong_answer():
    with pytest.raises(KeyboardInterrupt):
        run("def f(): raise KeyboardInterrupt", "f")
    assert sys.stderr is not None


def test_builtins_that_a_cell_overwrites_are_back_in_the_next():
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell.instance()
    try:
        keep_builtins(shell.user_ns)
        shell.run_cell("sum = 0\ntotal = sum + 1\nmax = lambda *given: 7")
        result = shell.run_cell("(sum([1, 2]), total, max(1, 2))").result
    finally:
        InteractiveShell.clear_instance()
    assert result == (3, 1, 7), "a function of their own is theirs"
    keep_builtins({})


def test_a_notebook_shows_the_sentence_and_the_line_of_the_students_own_code():
    code = "def third(x):\n    return x[2]"
    cells = [code, 'attempt(globals(), "third", [1], on="a list of one").close(1)']
    cells[1] = f"from embeddings_course.exercises import attempt\n{cells[1]}"
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(each) for each in cells])
    NotebookClient(notebook, allow_errors=True, kernel_name="python3").execute()
    (output,) = notebook.cells[1].outputs
    assert output.traceback == [
        "In third, line 2 of its cell: return x[2]",
        "CheckFailed: third, on a list of one: it raised IndexError: list index out of range.",
    ]


def test_a_replaced_function_of_numpy_does_not_change_the_verdict(monkeypatch):
    monkeypatch.setattr(np, "isclose", lambda *given, **settings: np.ones(1, dtype=bool))
    monkeypatch.setattr(np, "asarray", lambda *given, **settings: np.zeros(1))
    with raises(AssertionError, "number-wrong"):
        attempt({"double": lambda x: x}, "double", 3, on="3").close(6)


def seen(capsys, source, show):
    """Return what a cell that shows a student's own results prints."""
    notebook = {"np": np, "torch": torch}
    exec(source, notebook)
    assert see(notebook)(show) is None
    return " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("def f(x): return torch.ones(2) * x", "[3. 3.]"),
        ("def f(x): return [torch.tensor(1.0) * x, 2]", "[3. 2.]"),
        ("def f(x): return {'a': x}", "{'a': 3}"),
        ("f = 3", "Nothing to see yet. f is an int and no function any more: something has"),
        ("", "Nothing to see yet. There is no function 'f'."),
        ("def f(x): raise NotImplementedError", "Nothing to see yet. f is not written yet."),
        ("def f(x): return", "Nothing to see yet. f, on these inputs: it returned nothing."),
        ("def f(x): return x / 0", "f, on these inputs: it raised ZeroDivisionError"),
    ],
)
def test_a_result_of_ones_own_is_shown_or_a_sentence_says_what_is_missing(capsys, source, said):
    assert said in seen(capsys, source, lambda f: print(f(3)))


def test_a_result_that_does_not_fit_into_the_picture_ends_nothing(capsys):
    said = seen(capsys, "def f(x): return [1]", lambda f: print(f(3)[5]))
    assert said.startswith("Nothing to see yet. What came back cannot be shown (IndexError: ")
    assert said.endswith("The checks above say what is wrong.")


def test_pictures_of_ones_own_results_cost_grading_no_time(capsys, monkeypatch):
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    assert seen(capsys, "def f(x): return x", lambda f: print(f(3))) == ""
