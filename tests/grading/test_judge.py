"""What the judge may run, what it asks, and what stands between it and the student's kernel."""

import json
import socket
import threading
import time

import numpy as np
import pytest

from embeddings_course import exercises
from embeddings_course.exercises import Called, CheckFailed, attempt, refuses
from embeddings_course.grading.judge import judge, relay, student
from embeddings_course.grading.judge.channel import Channel, Gone, TooSlow, Waiting
from embeddings_course.grading.judge.quiz_answers import NO_DATA, collected_text, returning
from embeddings_course.grading.judge.relay import HAS_ENDED, Relay
from embeddings_course.grading.judge.separable import separate
from embeddings_course.grading.judge.wire import pack
from helpers.refusals import raises

ASKS = "from embeddings_course.exercises import attempt\n"
IMPORTS = "import numpy as np\nrows = np.eye(3)"


@pytest.mark.parametrize(
    "test",
    [
        ASKS + "attempt(globals(), 'f', rows, on='rows').close(np.eye(3))",
        "def _hidden():\n    other = rows + 1\n    return lambda x: x + other\n_hidden()(1)",
        "for k in range(3):\n    assert [k for k in rows] and sum(map(len, ['a']))",
        "%matplotlib inline\nprint(rows)",
        "class Case:\n    rows = rows\n    def go(self):\n        return self.rows",
        "try:\n    1 / 0\nexcept ZeroDivisionError as error:\n    print(error)",
        "globals().get('collected')",
        "def f(x\n",
    ],
)
def test_a_test_that_uses_what_is_given_can_be_run_apart(test):
    found = separate([("given", IMPORTS)], [("t", test)])
    assert found.possible and found.given == {"given"}, found.names


@pytest.mark.parametrize(
    ("test", "names"),
    [
        ("assert f(3) == 6", ["f"]),
        ("def _hidden():\n    return [f(x) for x in rows]\n_hidden()", ["f"]),
        ("globals()['f'](3)", ["f"]),
        ("globals().get('f')", ["f"]),
        ("globals()[name]", ["globals()[...]", "name"]),
        ("eval('f(3)')", ["eval(...)"]),
        ("exec('f(3)')", ["exec(...)"]),
        ("%time f(3)", ["run_line_magic(...)"]),
        ("%%time\nf(3)", ["run_cell_magic(...)"]),
        ("from os import *\nf", ["f", "from os import *"]),
        ("vars()", ["vars(...)"]),
    ],
)
def test_a_test_that_uses_the_students_names_is_named_with_them(test, names):
    assert separate([("given", IMPORTS)], [("t", test), ("u", "rows")]).names == {"t": names}


def test_a_given_cell_that_uses_the_students_names_is_not_run_by_the_judge():
    given = [("given", IMPORTS), ("see", "drawn = draw(rows)"), ("more", "twice = 2 * drawn")]
    found = separate(given, [("t", "print(rows)")])
    assert found.possible and found.given == {"given"}
    assert separate(given, [("t", "print(twice)")]).names == {"t": ["twice"]}
    assert separate([], [("t", ASKS + "attempt(globals(), 'f', on='x')")]).calls
    assert not separate([], [("t", "from graded import grade\ngrade({})")]).calls


SOLVED = (
    "def collected():\n    'Words.'\n    from embeddings_course.quiz.graded import {0}\n\n"
    "    answers = {{'q': ['a']}}\n    return {0}(answers)"
)
COLLECTED = "def collected():\n    'Words.'\n    return {}\n\n\ncollect(collected)"


@pytest.mark.parametrize(
    ("sources", "text"),
    [
        ([], None),
        (["x = 3"], None),
        (["def collected():\n    raise NotImplementedError"], None),
        ([COLLECTED.format({"quiz": "a", "answers": {}})], '{"quiz": "a", "answers": {}}'),
        ([COLLECTED.format(1), COLLECTED.format(2)], "2"),
        ([COLLECTED.format("open('/etc/passwd').read()")], NO_DATA),
        ([COLLECTED.format("{1: object}")], NO_DATA),
        (["def collected():\n    import os\n    os.abort()\n    return 3"], NO_DATA),
        (["def collected():\n    return {1}"], NO_DATA),
        (["def collected(:"], None),
        ([SOLVED.format("right_answers")], 'keys: {"q": ["a"]}'),
        ([SOLVED.format("print")], NO_DATA),
        (["collected = 3\n" + "#" * 2_000_000], NO_DATA),
    ],
)
def test_answers_in_a_cell_are_read_and_nothing_is_run(sources, text):
    assert collected_text(sources) == text


def test_what_a_cell_holds_is_returned_as_by_its_function():
    assert returning('{"a": 1}')() == {"a": 1}
    with pytest.raises(NotImplementedError):
        returning(None)()
    with pytest.raises(TypeError):
        json.dumps(returning(NO_DATA)())


# Messages -----------------------------------------------------------------------------------------


def joined():
    one, other = socket.socketpair()
    return Channel(one), Channel(other)


def test_messages_come_whole_one_after_the_other():
    one, other = joined()
    one.send(b"first")
    one.send(b"")
    threading.Thread(target=one.send, args=(b"x" * 5_000_000,)).start()
    assert other.receive(100) == b"first" and other.receive(100) == b""
    assert len(other.receive(10**7)) == 5_000_000
    one.close()
    with pytest.raises(Gone):
        other.receive(100)


def test_half_a_message_waits_for_the_other_half_and_not_for_ever():
    one, other = socket.socketpair()
    channel = Channel(other)
    one.sendall((4).to_bytes(8, "little") + b"ab")
    with pytest.raises(TooSlow):
        channel.receive(10, time.monotonic() + 0.05)
    one.sendall(b"cd")
    assert channel.receive(10, time.monotonic() + 5) == b"abcd"
    one.sendall((10**15).to_bytes(8, "little"))
    with raises(Gone, "channel-message-too-large", "1,000,000,000,000,000"):
        channel.receive(10)


def test_only_who_says_the_word_is_let_in(tmp_path):
    waiting = Waiting(tmp_path)
    for said in (b"", b"x", b"0" * 32, b"y" * 1000):
        stranger = socket.socket(socket.AF_UNIX)
        stranger.connect(waiting.address.place)
        stranger.sendall(said)
        stranger.close()
    with pytest.raises(TooSlow):
        waiting.accept(0.5)
    friend = waiting.address.connect()
    channel = waiting.accept(5)
    friend.send(b"hello")
    assert channel.receive(10) == b"hello"
    waiting.close()
    assert list(tmp_path.iterdir()) == []


# Both sides, in this process ----------------------------------------------------------------------


class Both:
    """A judge, a student's side and what is between them; both sides are threads."""

    def __init__(self, folder, source):
        self.namespace = {"np": np}
        exec(source, self.namespace)
        self.relay = Relay(folder, folder)

    def begin(self):
        """Let calls of this process go to the student's side."""
        place, word = self.relay.student.place, self.relay.student.word
        call = compile(f"serve({place!r}, {word!r})", "a cell", "exec")
        self.namespace["serve"] = student.serve
        self.serving = threading.Thread(target=exec, args=(call, self.namespace), daemon=True)
        self.serving.start()
        judge.begin(self.relay.judge.place, self.relay.judge.word)
        assert self.relay.open(5)


@pytest.fixture
def both(tmp_path, monkeypatch):
    """Let `attempt` go to a notebook with some code: ``both(source)``."""
    monkeypatch.setattr(exercises, "_caller", exercises.call)
    made = []

    def make(source):
        made.append(Both(tmp_path, source))
        made[0].begin()
        return made[0]

    yield make
    for each in made:
        each.relay.close()
        each.serving.join(10)
        assert not each.serving.is_alive()
    assert list(tmp_path.iterdir()) == []


SOURCES = [
    "def f(x):\n    return 2 * x",
    "def f(x):\n    print('seen', x)\n    return x",
    "def f(x):\n    print('seen')",
    "def f(x):\n    return [x, 'a', None]",
    "def f(x):\n    return lambda: 3",
    "def f(x):\n    raise ValueError('must be positive.')",
    "def f(x):\n    raise ValueError",
    "def f(x):\n    raise KeyError('k')",
    "def f(x):\n    return undefined",
    "def f(x):\n    raise NotImplementedError",
    "def f(x):\n    raise NotImplementedError('later')",
    "def f(x):\n    x += 1\n    return x",
    "def f():\n    return 1",
    "def g(x):\n    return 1",
    "f = 3",
    "np = 3\ndef f(x):\n    return np.asarray(x) * 2",
    "sum = 0\ndef f(x):\n    return sum(x)",
    "class Odd(Exception):\n    def __str__(self):\n        1 / 0\n\ndef f(x):\n    raise Odd",
    "def f(x):\n    raise SystemExit(3)",
    "def f(x, depth=0):\n    return f(x, depth + 1)",
]


def outcomes(namespace, capsys):
    """Say what tests say of a function, with what is printed meanwhile."""
    found = []

    def note(check):
        try:
            check()
            said = "fine"
        except CheckFailed as failure:
            said = [str(failure), *failure.lines]
        except RecursionError:
            said = "too deep"
        found.append((said, capsys.readouterr().out))

    array = np.arange(3.0)
    note(lambda: attempt(namespace, "f", array, on="three numbers").close([0, 2, 4]))
    note(lambda: attempt(namespace, "f", array, on="three numbers").same([0, 2, 4]))
    note(lambda: attempt(namespace, "f", array, on="three numbers").inputs_unchanged())
    note(lambda: attempt(namespace, "f", 3, on="the number 3").close(6))
    note(lambda: refuses(namespace, "f", -1, on="a negative number"))
    return found


@pytest.mark.parametrize("source", SOURCES, ids=range(len(SOURCES)))
def test_tests_say_the_same_of_one_kernel_and_of_two(both, source, capsys):
    here = {"np": np}
    exec(source, here)
    in_one = outcomes(here, capsys)
    both(source)
    assert outcomes({"np": np}, capsys) == in_one


def test_functions_of_a_test_are_called_back_and_their_errors_arrive(both):
    both(
        "def f(g, x):\n    return [g(x), g(value=2), g(g)]\n"
        "def h(g):\n    try:\n        return g()\n"
        "    except ValueError as error:\n        return str(error)"
    )
    calls = []

    def g(*given, value=1):
        calls.append((given, value))
        return np.full(2, value)

    answer = attempt({}, "f", g, np.ones(2), on="a function")
    answer.close([[1, 1], [2, 2], [1, 1]])
    assert len(calls) == 3 and calls[1] == ((), 2)

    def fails():
        raise ValueError("not this one")

    assert attempt({}, "h", fails, on="a function that fails").value == "not this one"


def test_what_stays_with_the_student_can_be_handed_back(both):
    both("def make(n):\n    return lambda x: x + n\ndef use(f, x):\n    return f(x)")
    made = attempt({}, "make", 3, on="3").value
    attempt({}, "use", made, 4, on="the function and 4").close(7)


def test_a_dictionary_that_a_function_fills_is_seen_filled(both):
    both("def f(cache):\n    cache[b'key'] = np.ones(3)\n    return len(cache)")
    answer = attempt({}, "f", {}, on="an empty cache")
    assert answer.after[0][b"key"].sum() == 3


@pytest.fixture
def hurried(monkeypatch):
    """Let calls that take too long be ended soon."""
    monkeypatch.setattr(relay, "_BEFORE_INTERRUPT", 0.1)
    monkeypatch.setattr(relay, "_BEFORE_END", 0.3)


class Wrong:
    """A student's side that says whatever it is told to, to each call."""

    def __init__(self, folder, say):
        self.relay = Relay(folder, folder)
        self.channel = self.relay.student.connect()
        judge.begin(self.relay.judge.place, self.relay.judge.word)
        assert self.relay.open(5)
        threading.Thread(target=self._answer, args=(say,), daemon=True).start()

    def _answer(self, say):
        try:
            while True:
                self.channel.receive(10**9)
                say(self.channel)
        except Gone:
            pass


def reply(**changes):
    head = {"problem": "", "value": 6, "after": [3], "error": "", "said": "", "lines": []}
    return pack(head | {"printed": "", "lent": [], "is_value_error": False} | changes)


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"nonsense" * 10,
        reply(problem="fine"),
        reply(after=[]),
        reply(after=3),
        reply(value={"pickled": [0, 0]}),
        reply(value={"function": 0}),
        pack({"function": 0, "arguments": [], "keywords": {}}),
        pack({"function": "x", "arguments": [], "keywords": {}}),
        pack({"function": 0}),
    ],
)
def test_what_is_not_an_answer_costs_this_test_and_is_told(tmp_path, monkeypatch, message):
    monkeypatch.setattr(exercises, "_caller", exercises.call)
    wrong = Wrong(tmp_path, lambda channel: channel.send(message))
    for _ in range(2):
        with raises(CheckFailed, "kernel-gone", "f, on 3"):
            attempt({}, "f", 3, on="3")
    wrong.relay.close()
    assert wrong.relay.forged


@pytest.mark.parametrize("half", [b"", (100).to_bytes(8, "little") + b"half"])
def test_a_call_that_nobody_answers_is_ended(tmp_path, monkeypatch, hurried, half):
    monkeypatch.setattr(exercises, "_caller", exercises.call)
    wrong = Wrong(tmp_path, lambda channel: channel._socket.sendall(half))
    with raises(CheckFailed, "kernel-gone", "0.2"):
        attempt({}, "f", 3, on="3", seconds=0.2)
    assert wrong.relay.wish == "ended"
    wrong.relay.close()


def test_a_kernel_that_ends_says_so_in_each_later_call(tmp_path, monkeypatch):
    monkeypatch.setattr(exercises, "_caller", exercises.call)
    wrong = Wrong(tmp_path, lambda channel: channel.close())
    for _ in range(2):
        with raises(CheckFailed, "kernel-gone", f"f, on 3: {HAS_ENDED}"):
            attempt({}, "f", 3, on="3")
    wrong.relay.close()


def test_what_a_kernel_says_in_words_is_short_and_whole(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(exercises, "_caller", exercises.call)
    long = "\ud800" * 100_000
    said = reply(problem="error", error=long, said=long, lines=[long] * 1000, printed=long)
    wrong = Wrong(tmp_path, lambda channel: channel.send(said))
    with pytest.raises(CheckFailed) as caught:
        attempt({}, "f", 3, on="3")
    told = [str(caught.value), *caught.value.lines, capsys.readouterr().out]
    assert sum(map(len, told)) < 20_000
    assert json.dumps(told).encode("utf-8") and "\ud800" not in "".join(told)
    wrong.relay.close()


def test_both_kernels_must_come(tmp_path):
    empty = Relay(tmp_path, tmp_path)
    assert not empty.open(0.1)
    empty.close()
    assert list(tmp_path.iterdir()) == []


def test_a_call_says_what_came_of_it():
    assert Called().problem == "" and Called("gone", said="x").said == "x"
