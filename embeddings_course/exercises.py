"""How test cells of assignments call what a student wrote, and how they say what is wrong.

>>> def double(x):
...     return 2 * x
>>> attempt({"double": double}, "double", 3, on="the number 3").close(6)
>>> attempt({"double": double}, "double", 3, on="the number 3").close(7)
Traceback (most recent call last):
    ...
embeddings_course.exercises.CheckFailed: double, on the number 3: the number is wrong, yours is 6.

Where a student sees all inputs of a test cell (:func:`show_expected`), a message tells the right
value, too.

A test cell asks for values and properties. It neither knows nor cares how they were computed: a
tensor, an array or a list will do, with or without gradients, in any precision. What a student's
cell did to the notebook, an overwritten ``torch`` for example, is undone for the call.
"""

from __future__ import annotations

import builtins
import contextlib
import copy
import ctypes
import difflib
import importlib
import inspect
import io
import linecache
import os
import random
import re
import signal
import textwrap
import threading
import time
import traceback
import types
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from embeddings_course._shared.messages import Message

# What notebooks call modules. A name that a student has given to something else is lent back.
_MODULES = {
    "F": "torch.nn.functional",
    "math": "math",
    "nn": "torch.nn",
    "np": "numpy",
    "plt": "matplotlib.pyplot",
    "torch": "torch",
    "torchvision": "torchvision",
}
_PLAIN = (bool, int, float, np.generic, np.ndarray, torch.Tensor)
_MOST_PRINTED = 2_000  # letters
_MOST_EXPECTED = 60  # letters of a right result that a message gives as a whole
_MOST_LINES = 40
# What batch normalisation changes whenever it runs in training mode.
_RUNNING = ("running_mean", "running_var", "num_batches_tracked")

# References of our own: code of a student's that replaces these replaces them for itself.
_asarray, _isclose, _isfinite, _deepcopy = np.asarray, np.isclose, np.isfinite, copy.deepcopy


_expected_is_shown = False


def show_expected(shown: bool) -> None:
    """Say whether messages may tell what is right, because the running cell's inputs are in sight.

    Parameters
    ----------
    shown : bool
        True while a test cell runs that has no hidden tests.
    """
    global _expected_is_shown
    _expected_is_shown = shown


class CheckFailed(AssertionError):
    """What a check found. Notebooks show its sentence, and where the student's own code failed.

    The frames of this module would stand above it otherwise, and nobody would read on.

    Parameters
    ----------
    sentence : str
        What is wrong.
    lines : sequence of str
        Where an error went through the student's cells, in words, the outermost first.
    """

    def __init__(self, sentence: str, lines: Sequence[str] = ()) -> None:
        super().__init__(sentence)
        self.lines = tuple(lines)

    def _render_traceback_(self) -> list[str]:
        return [*self.lines, f"{type(self).__name__}: {self}"]


@dataclass(frozen=True)
class Kept:
    """What a function returned, where that stays with the student's code: it can be handed back.

    Where tests run in a process of their own, this stands for what is neither a number, nor a text,
    nor a collection of these: a function, for example, or a network.
    """

    number: int
    words: str


@dataclass(frozen=True)
class Called:
    """What came of a call, wherever the student's code runs.

    Attributes
    ----------
    problem : str
        Empty if the function returned something. Otherwise ``"missing"`` or ``"no function"``,
        ``"stub"`` for one that is as it was released, ``"error"``, ``"time"``, ``"nothing"`` for
        one that returned nothing, or ``"gone"`` if the student's kernel cannot answer any more.
    value : object
        What it returned.
    after : tuple
        The arguments, after the call.
    error, said : str
        Of an error: the name of its class, and its words. Otherwise `said` is what explains the
        problem.
    is_value_error : bool
        Whether the error is a ValueError.
    lines : tuple of str
        Where the error went through the student's cells.
    printed : str
        What the function printed, as far as it is shown.
    lent : tuple of str
        Names that the notebook has overwritten, and that were put back for the call.
    cause : BaseException or None
        The error itself, where it was raised in this process.
    """

    problem: str = ""
    value: Any = field(default=None, repr=False)
    after: tuple = field(default=(), repr=False)
    error: str = ""
    said: str = ""
    is_value_error: bool = False
    lines: tuple[str, ...] = ()
    printed: str = ""
    lent: tuple[str, ...] = ()
    cause: BaseException | None = field(default=None, repr=False)


class _OutOfTime(BaseException):
    """Raised in a student's function; no ``except Exception`` of theirs takes it for an error."""


@dataclass(frozen=True)
class Answer:
    """What a student's function returned, with the words for the input that it got."""

    name: str
    on: str
    value: Any
    before: tuple = field(repr=False, default=())
    after: tuple = field(repr=False, default=())

    def must(self, condition: Any, what: str) -> None:
        """Fail unless a condition holds.

        Parameters
        ----------
        condition : bool
            What must hold.
        what : str
            The property in words, as a sentence about the result: "each row must have length 1".

        Raises
        ------
        CheckFailed
            If it does not hold.
        """
        if not bool(condition):
            self._fail(Message("property-missing", f"{what.rstrip('.')}."))

    def numbers(self, shape: Sequence[int] | None = None, *, finite: bool = True) -> np.ndarray:
        """Return the result as an array, whatever kind of numbers it is.

        Parameters
        ----------
        shape : sequence of int, optional
            The shape that it must have.
        finite : bool
            Whether infinite numbers and NaN are refused.

        Returns
        -------
        ndarray
            Of integers, booleans or float64.

        Raises
        ------
        CheckFailed
            If the result is something else, or of another shape.
        """
        array = self._array(self.value)
        if shape is not None and array.shape != tuple(shape):
            self._fail(
                Message(
                    "result-wrong-shape",
                    f"expected {_shape(tuple(shape))}, got {_shape(array.shape)}.",
                )
            )
        if finite and array.size and not _isfinite(array).all():
            count = int((~_isfinite(array)).sum())
            self._fail(
                Message(
                    "result-not-finite", f"{count} of {array.size} numbers are infinite or NaN."
                )
            )
        return array

    def close(
        self, expected: Any, *, rtol: float = 1e-4, atol: float = 1e-5, what: str = "number"
    ) -> None:
        """Fail unless the result has the expected shape and, up to rounding, the expected numbers.

        The message tells which place is wrong and what stands there. It tells what should only
        where all inputs are in sight.

        Parameters
        ----------
        expected : array-like
            The right numbers.
        rtol, atol : float
            Relative and absolute tolerance, as in :func:`numpy.isclose`.
        what : str
            What the numbers are, in the singular.

        Raises
        ------
        CheckFailed
            If they differ.
        """
        expected = _asarray(_detached(expected))
        # A number in a box of one is taken for the number.
        single = expected.ndim == 0 and np.size(_detached_or_none(self.value)) == 1
        array = self.numbers(None if single else expected.shape).reshape(expected.shape)
        wrong = ~_isclose(
            array.astype(np.float64), expected.astype(np.float64), rtol=rtol, atol=atol
        )
        if not wrong.any():
            return
        if expected.ndim == 0:
            self._fail(
                Message(
                    "number-wrong",
                    f"the {what} is wrong, {_should(_show(expected))}yours is {_show(array)}.",
                )
            )
        place = tuple(int(n) for n in np.argwhere(wrong)[0])
        where = ", ".join(map(str, place))
        self._fail(
            Message(
                "numbers-wrong",
                f"{int(wrong.sum())} of {wrong.size} {what}s are wrong, the first at [{where}], "
                f"where {_should(_show(expected[place]))}yours is {_show(array[place])}.",
            )
        )

    def same(self, expected: Any, *, what: str = "entry") -> None:
        """Fail unless the result has exactly the expected entries: ids, names, truth values.

        Lists, tuples, arrays and tensors with the same entries in the same order are the same.

        Parameters
        ----------
        expected : sequence
            The right entries.
        what : str
            What an entry is, in the singular.

        Raises
        ------
        CheckFailed
            If they differ.
        """
        got, right = _entries(self.value), _entries(expected)
        if not isinstance(right, list):
            if isinstance(got, list) or got != right:
                self._fail(
                    Message(
                        "entry-wrong",
                        f"the {what} is wrong, {_should(repr(right))}yours is "
                        f"{_name(self.value, got)}.",
                    )
                )
            return
        if not isinstance(got, list):
            self._fail(
                Message(
                    "result-not-list",
                    f"expected a list of {len(right)}, got {describe(self.value)}.",
                )
            )
        if len(got) != len(right):
            self._fail(
                Message("result-wrong-length", f"expected {_size(right)}, got {_size(got)}.")
            )
        wrong = [n for n, (a, b) in enumerate(zip(got, right, strict=True)) if a != b]
        if wrong:
            self._fail(
                Message(
                    "entries-wrong",
                    f"{len(wrong)} of {len(right)} are wrong, the first is the {what} at "
                    f"{wrong[0]}, where {_should(repr(right[wrong[0]]))}yours is "
                    f"{got[wrong[0]]!r}.",
                )
            )

    def inputs_unchanged(self) -> None:
        """Fail if the function changed what it was given.

        Raises
        ------
        CheckFailed
            If an argument is no longer what it was.
        """
        for number, (old, new) in enumerate(zip(self.before, self.after, strict=True)):
            if not _equal(old, new):
                self._fail(
                    Message("input-changed", f"the function changed its input number {number + 1}.")
                )

    def network_unchanged(self, place: int = 0, *, instead: str = "call .eval() first") -> None:
        """Fail if the function changed a network that it was given.

        Parameters
        ----------
        place : int
            Which argument is the network, from 0.
        instead : str
            What to do about statistics that change while a network runs in training mode.

        Raises
        ------
        CheckFailed
            If its layers, its numbers, what of it can be trained, its hooks or its modes are no
            longer what they were. The message names the first that is not.
        """
        old, new = self.before[place], self.after[place]
        if _layers(old) != _layers(new):
            self._fail(
                Message("network-layers", "the network must keep its head and all its layers.")
            )
        if changed := _changed_numbers(old, new):
            ran = [name for name in changed if name.rpartition(".")[2] in _RUNNING]
            name, others = (ran or changed)[0], len(changed) - 1
            more = f" and {others} more" if others else ""
            why = f"the network ran in training mode; {instead}"
            why = why if ran else "the network's numbers must stay what they were"
            self._fail(Message("network-numbers", f"{name}{more} changed: {why}."))
        for name, parameter in old.named_parameters():
            if parameter.requires_grad != new.get_parameter(name).requires_grad:
                self._fail(
                    Message(
                        "network-gradients",
                        f"{name}.requires_grad is no longer {parameter.requires_grad}: leave it "
                        "as it was.",
                    )
                )
        for name, layer in old.named_modules():
            if _hooks(layer) != _hooks(new.get_submodule(name)):
                self._fail(
                    Message(
                        "network-hook",
                        f"a hook was left on {_module(name)}: call .remove() on what "
                        "registering it returned.",
                    )
                )
        modes = {name: layer.training for name, layer in old.named_modules()}
        wrong = [name for name in modes if new.get_submodule(name).training != modes[name]]
        if wrong:
            self._fail(
                Message(
                    "network-mode",
                    f"{len(wrong)} of {len(modes)} modules are not in the mode they were in, the "
                    f"first is {_module(wrong[0])}, whose .training was {modes[wrong[0]]}.",
                )
            )

    def _array(self, value: Any) -> np.ndarray:
        try:
            array = _asarray(_detached(value))
        except (TypeError, ValueError):
            array = np.empty(0, dtype=object)
        if array.dtype.kind not in "biuf":
            self._fail(
                Message(
                    "result-not-numbers",
                    f"expected numbers, as a tensor, an array or a list, got {describe(value)}.",
                )
            )
        return array if array.dtype.kind in "biu" else array.astype(np.float64)

    def _fail(self, reason: Message) -> None:
        raise CheckFailed(reason.within(f"{self.name}, on {self.on}: "))


def attempt(
    namespace: dict[str, Any],
    name: str,
    /,
    *arguments: Any,
    on: str,
    seconds: float = 10.0,
    **keywords: Any,
) -> Answer:
    """Call a student's function with copies of the arguments.

    Its prints are shown, what it writes to standard error is not, as nbgrader gives no points to a
    cell with such output. Random numbers begin at seed 0, and the notebook's are left alone.

    Parameters
    ----------
    namespace : dict
        The notebook's ``globals()``.
    name : str
        What the function is called.
    *arguments, **keywords
        What it is called with.
    on : str
        The input in words, for messages: "a batch of one".
    seconds : float
        After which the call is given up.

    Returns
    -------
    Answer
        What it returned.

    Raises
    ------
    CheckFailed
        If there is no such function, or it raises an error, takes too long, or prints its result
        instead of returning it. The message says which.
    """
    called = _called(namespace, name, arguments, keywords, seconds)
    if called.problem:
        raise CheckFailed(_sentence(called, name, on, seconds), called.lines) from called.cause
    return Answer(name, on, called.value, arguments, called.after)


def refuses(
    namespace: dict[str, Any], name: str, /, *arguments: Any, on: str, seconds: float = 10.0
) -> None:
    """Fail unless a student's function raises a ValueError with a message.

    Parameters
    ----------
    namespace, name, *arguments, on, seconds
        As for :func:`attempt`.

    Raises
    ------
    CheckFailed
        If it returns, or raises something else.
    """
    called = _called(namespace, name, arguments, {}, seconds)
    if called.problem not in ("", "error", "nothing"):
        raise CheckFailed(_sentence(called, name, on, seconds), called.lines) from called.cause
    if called.is_value_error and called.said.strip():
        return
    if called.is_value_error:
        reason = Message("refusal-without-words", "the ValueError must say what is wrong.")
    elif called.problem == "error":
        reason = Message("refusal-wrong-error", f"expected a ValueError, it raised {called.error}.")
    else:
        returned = called.problem or "something"
        reason = Message("not-refused", f"expected a ValueError, it returned {returned}.")
    raise CheckFailed(reason.within(f"{name}, on {on}: "), called.lines) from called.cause


def call(
    namespace: dict[str, Any],
    name: str,
    arguments: tuple,
    keywords: Mapping[str, Any],
    seconds: float,
) -> Called:
    """Call a function of this process's notebook with copies of the arguments.

    Parameters
    ----------
    namespace : dict
        The notebook's ``globals()``.
    name : str
        What the function is called.
    arguments, keywords
        What it is called with.
    seconds : float
        After which the call is given up.

    Returns
    -------
    Called
        What came of it. What it wrote to standard error is not kept.
    """
    if name not in namespace:
        return Called("missing")
    function = namespace[name]
    if not callable(function):
        return Called("no function", said=describe(function))
    given, given_by_name = _deepcopy(arguments), _deepcopy(dict(keywords))
    printed = io.StringIO()
    lent: list[str] = []
    began = time.monotonic()
    try:
        with (
            _own_random_state(),
            _lent_names(namespace, function) as lent,
            contextlib.redirect_stdout(printed),
            contextlib.redirect_stderr(io.StringIO()),
            warnings.catch_warnings(),
        ):
            warnings.simplefilter("ignore")
            value = _within(seconds, function, given, given_by_name)
    except _OutOfTime:
        return Called("time", printed=printed.getvalue()[:_MOST_PRINTED])
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        # Libraries that trace code make an error of their own of the one that says it is over.
        if time.monotonic() - began >= seconds:
            return Called("time", printed=printed.getvalue()[:_MOST_PRINTED])
        # One that a program ends with, SystemExit for example, counts as an error too.
        return Called(
            "stub" if _is_stub(function, error) else "error",
            error=type(error).__name__,
            said=_said(error),
            is_value_error=isinstance(error, ValueError),
            lines=tuple(_lines_of_cells(error)),
            printed=printed.getvalue()[:_MOST_PRINTED],
            cause=error,
        )
    return Called(
        "nothing" if value is None else "",
        value,
        given,
        printed=printed.getvalue()[:_MOST_PRINTED],
        lent=tuple(lent),
    )


# What calls a student's function. Where tests run in a process of their own, it asks another one.
_caller = call


def _called(
    namespace: dict[str, Any], name: str, arguments: tuple, keywords: dict, seconds: float
) -> Called:
    """Call a function and show what it printed."""
    called = _caller(namespace, name, arguments, keywords, seconds)
    if called.printed:
        print(called.printed)
    if called.lent and not called.problem:
        lent = ", ".join(called.lent)
        print(f"Note: the notebook has overwritten {lent}; for this call it was undone.")
    return called


def _sentence(called: Called, name: str, on: str, seconds: float) -> Message:
    """Say what kept a function from returning anything."""
    if called.problem == "missing":
        return Message(
            "function-missing",
            f"There is no function {name!r}. Run the cell in which you write it, keep its name, "
            "and see whether that cell ends in an error of its own.",
        )
    if called.problem == "no function":
        return Message(
            "function-overwritten",
            f"{name} is {called.said} and no function any more: something has overwritten it. "
            "Rename that variable, restart the kernel and run all cells.",
        )
    if called.problem == "stub":
        return Message("function-not-written", f"{name} is not written yet.")
    if called.problem == "time":
        return Message(
            "function-too-slow", f"{name}, on {on}: no result within {seconds:g} seconds."
        )
    if called.problem == "nothing":
        hint = " It printed something: a function hands its result over with return." * bool(
            called.printed.strip()
        )
        return Message("function-returned-nothing", f"{name}, on {on}: it returned nothing.{hint}")
    if called.problem == "gone":
        return Message("kernel-gone", f"{name}, on {on}: {called.said}.")
    said = " ".join(called.said.split())[:300].rstrip(".")
    reason = f"{called.error}: {said}" if said else called.error
    hint = _hint_for_a_name(said) if called.error == "NameError" else ""
    return Message("function-raised", f"{name}, on {on}: it raised {reason}.{hint}")


def _hint_for_a_name(said: str) -> str:
    """Say why a name may not be there: it is mistyped, or its cell was not run."""
    quoted = re.search(r"'(\w+)'", said)
    name = quoted[1] if quoted else ""
    long = [each for each in _MODULES if len(each) > 2]
    close = difflib.get_close_matches(name, long, 1, 0.75)
    if close and close != [name]:
        return f" Did you mean {close[0]!r}?"
    return " Has the first cell been run since the kernel started?"


def keep_builtins(namespace: dict[str, Any]) -> None:
    """Put Python's own names back before each cell, should an earlier one have overwritten them.

    After ``sum = 0`` somewhere in a notebook, test cells could not add up. Does nothing outside
    IPython.

    Parameters
    ----------
    namespace : dict
        The notebook's ``globals()``.
    """
    from IPython import get_ipython

    shell = get_ipython()
    if shell is None:
        return

    def put_back(*_: Any) -> None:
        for name in [each for each in namespace if not each.startswith("_")]:
            if hasattr(builtins, name) and not callable(namespace[name]):
                del namespace[name]

    shell.events.register("pre_run_cell", put_back)


def see(namespace: dict[str, Any], *, seconds: float = 20.0) -> Callable[[Callable], None]:
    """Show what a student's own functions achieve: run a function below, and show its figure.

    The parameters of the decorated function are named after functions of the student's. It gets
    stand-ins for them, which call the student's by :func:`attempt` and return arrays, whatever kind
    of numbers those returned. While a function is missing, not written or fails, the cell says so
    in a sentence and the notebook goes on. Nothing is run where a notebook is graded or validated:
    such a cell shows, and tests nothing.

    >>> notebook = {"double": lambda x: 2 * x}
    >>> @see(notebook)
    ... def result(double):
    ...     print(double(3))
    6
    >>> @see(notebook)
    ... def result(triple):
    ...     print(triple(3))
    Nothing to see yet. There is no function 'triple'. Run the cell in which you write it, and keep
    its name.

    Parameters
    ----------
    namespace : dict
        The notebook's ``globals()``.
    seconds : float
        After which a call of a student's function is given up.

    Returns
    -------
    callable
        A decorator, which runs what it decorates at once and leaves None in its place.
    """

    def stand_in(name: str) -> Callable:
        def called(*arguments: Any, **keywords: Any) -> Any:
            answer = attempt(
                namespace, name, *arguments, on="these inputs", seconds=seconds, **keywords
            )
            try:
                return answer.numbers(finite=False)
            except CheckFailed:
                return answer.value

        return called

    def run(show: Callable) -> None:
        if os.environ.get("NBGRADER_EXECUTION"):
            return
        try:
            shown = show(*map(stand_in, inspect.signature(show).parameters))
        except CheckFailed as failed:
            _say(str(failed))
            return
        except NotImplementedError:
            _say("A function that this cell calls is not written yet.")
            return
        except Exception as error:
            _say(
                f"What came back cannot be shown ({type(error).__name__}: {_said(error)[:200]}). "
                "The checks above say what is wrong."
            )
            return
        if shown is not None:
            from IPython.display import display

            display(shown)

    return run


def _say(why: str) -> None:
    print(textwrap.fill(f"Nothing to see yet. {why}", 96))


def describe(value: Any) -> str:
    """Say in a few words what a value is: "a tensor of shape [2, 3]", "a dict"."""
    if isinstance(value, Kept):
        return value.words
    if isinstance(value, torch.Tensor | np.ndarray):
        kind = "a tensor" if isinstance(value, torch.Tensor) else "an array"
        return f"{kind} of shape {list(value.shape)}"
    kind = type(value).__name__
    article = "an" if kind[:1].lower() in "aeiou" else "a"
    if isinstance(value, list | tuple) and value:
        return f"{article} {kind} that begins with {describe(value[0])}"
    if isinstance(value, str | list | tuple | dict):
        return f"{article} {kind} of length {len(value)}"
    return f"{article} {kind}"


def _is_stub(function: Any, error: BaseException) -> bool:
    """Say whether an error is that of a function as released, and none that torch raises in it."""
    if type(error) is not NotImplementedError or error.args:
        return False
    code = getattr(inspect.unwrap(function), "__code__", None)
    *_, innermost = traceback.walk_tb(error.__traceback__)
    return innermost[0].f_code is code


def _said(error: BaseException) -> str:
    """Return the words of an error, whatever class of a student's own it is."""
    try:
        return str(error)[:1_000]
    except Exception:
        return ""


def _lines_of_cells(error: BaseException) -> Iterator[str]:
    """Say where an error went through cells, the outermost first."""
    frames = [
        (frame, line)
        for frame, line in traceback.walk_tb(error.__traceback__)
        if "ipykernel_" in frame.f_code.co_filename or frame.f_code.co_filename.startswith("<")
    ]
    # Endless recursion goes through one line a thousand times.
    if len(frames) > _MOST_LINES:
        frames = [*frames[: _MOST_LINES // 2], *frames[-_MOST_LINES // 2 :]]
    for frame, line in frames:
        source = linecache.getline(frame.f_code.co_filename, line).strip()
        yield f"In {frame.f_code.co_name}, line {line} of its cell: {source[:300]}"


def _show(number: np.ndarray) -> str:
    """Write one number: a whole one as it is, another with four digits."""
    value = number.item()
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _name(value: Any, entry: Any) -> str:
    """Write what stands for one entry, or what stands where one should."""
    if isinstance(entry, list) or entry == describe(value):
        return describe(value)
    return repr(entry)[:80]


def _layers(network: torch.nn.Module) -> list[tuple[str, type]]:
    return [(name, type(layer)) for name, layer in network.named_modules()]


def _changed_numbers(old: torch.nn.Module, new: torch.nn.Module) -> list[str]:
    """Return the names of parameters and buffers that are not what they were."""
    was, is_ = old.state_dict(), new.state_dict()
    names = [name for name in was if name not in is_ or not _equal(was[name], is_[name])]
    return names + [name for name in is_ if name not in was]


def _hooks(layer: torch.nn.Module) -> int:
    return len(layer._forward_hooks) + len(layer._forward_pre_hooks)


def _module(name: str) -> str:
    return name or "the network itself"


def _should(right: str) -> str:
    """Write what is right, if students may read it, and if it is short."""
    return f"expected {right}, " * (_expected_is_shown and len(right) <= _MOST_EXPECTED)


def _size(entries: list) -> str:
    """Write how many entries there are: of a table, its rows and columns."""
    lengths = {len(each) if isinstance(each, list) else None for each in entries}
    if len(lengths) == 1 and (each := lengths.pop()) is not None:
        return f"{len(entries)} row{'s' * (len(entries) != 1)} of {each}"
    return f"{len(entries)} in all"


def _shape(shape: tuple[int, ...]) -> str:
    return f"shape {list(shape)}" if shape else "a single number"


def _detached(value: Any) -> Any:
    """Turn tensors in lists into arrays, without gradients, wherever they are stored."""
    if isinstance(value, torch.Tensor):
        # A class of a student's own cannot say what its numbers are.
        if type(value) not in (torch.Tensor, torch.nn.Parameter):
            value = torch.Tensor.as_subclass(value, torch.Tensor)
        tensor = value.detach().cpu()
        if tensor.is_sparse:
            tensor = tensor.to_dense()
        return (tensor.float() if tensor.dtype == torch.bfloat16 else tensor).numpy()
    if isinstance(value, list | tuple):
        return [_detached(each) for each in value]
    if isinstance(value, _PLAIN):
        return value
    raise TypeError(type(value).__name__)


def _detached_or_none(value: Any) -> Any:
    try:
        return _asarray(_detached(value))
    except (TypeError, ValueError):
        return ()


def _entries(value: Any) -> Any:
    """Turn arrays, tensors and tuples into lists; leave single values as plain as they can be."""
    if isinstance(value, torch.Tensor | np.ndarray | np.generic):
        return _detached(value).tolist()
    if isinstance(value, list | tuple | range):
        return [_entries(each) for each in value]
    if type(value) in (bool, int, float, str):
        return value
    return describe(value)  # nothing of a student's own class decides what it equals


def _equal(old: Any, new: Any) -> bool:
    if isinstance(old, torch.Tensor):
        return (
            isinstance(new, torch.Tensor)
            and old.shape == new.shape
            and np.array_equal(_detached(old), _detached(new), equal_nan=old.is_floating_point())
        )
    if isinstance(old, np.ndarray):
        return np.array_equal(old, new, equal_nan=old.dtype.kind == "f")
    if isinstance(old, Mapping):
        return old.keys() == new.keys() and all(_equal(old[key], new[key]) for key in old)
    if isinstance(old, list | tuple):
        return len(old) == len(new) and all(map(_equal, old, new))
    if isinstance(old, bool | int | float | str | bytes):
        return old == new
    return True  # networks and functions: what matters of them is asked for by itself


@contextlib.contextmanager
def _own_random_state() -> Iterator[None]:
    python, numpy = random.getstate(), np.random.get_state()  # noqa: NPY002 - students may use it
    with torch.random.fork_rng(devices=[]):
        random.seed(0)
        np.random.seed(0)  # noqa: NPY002
        torch.default_generator.manual_seed(0)
        try:
            yield
        finally:
            random.setstate(python)
            np.random.set_state(numpy)  # noqa: NPY002


@contextlib.contextmanager
def _lent_names(namespace: dict[str, Any], function: Any) -> Iterator[list[str]]:
    """Give back, while a function runs, the modules and built-ins that the notebook overwrote."""
    used = _names_in(getattr(function, "__code__", None))
    missing = object()
    changed: dict[str, Any] = {}
    for name in used:
        current = namespace.get(name, missing)
        if name in _MODULES and current is not missing:
            module = importlib.import_module(_MODULES[name])
            if current is not module and not isinstance(current, types.ModuleType):
                changed[name], namespace[name] = current, module
        elif current is not missing and hasattr(builtins, name) and not callable(current):
            changed[name] = namespace.pop(name)
    try:
        yield sorted(changed)
    finally:
        namespace.update(changed)


def _names_in(code: types.CodeType | None) -> set[str]:
    if code is None:
        return set()
    inner = [_names_in(each) for each in code.co_consts if isinstance(each, types.CodeType)]
    return set(code.co_names).union(*inner)


def _within(seconds: float, function: Any, arguments: Sequence[Any], keywords: Any) -> Any:
    """Call a function; raise in it once the time is over, and again, should that be caught.

    The call is made here and not in a ``with`` block: on the way out of one, Python runs other
    functions before the limit can be lifted, and time may be over in any of them.
    """
    if not (hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread()):
        return _within_by_thread(seconds, function, arguments, keywords)
    running = True

    def stop(*_: Any) -> None:
        if running:
            raise _OutOfTime

    before = signal.signal(signal.SIGALRM, stop)
    try:
        signal.setitimer(signal.ITIMER_REAL, seconds, 1)
        return function(*arguments, **keywords)
    finally:
        running = False  # an alarm from here on does nothing
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _within_by_thread(
    seconds: float, function: Any, arguments: Sequence[Any], keywords: Any
) -> Any:
    """Do the same where there is no such signal, as on Windows.

    Another thread asks Python to raise the error between two instructions.
    """
    thread, ask = ctypes.c_ulong(threading.get_ident()), ctypes.pythonapi.PyThreadState_SetAsyncExc
    may_ask, over = threading.Lock(), threading.Lock()
    may_ask.acquire()
    over.acquire()

    def watch() -> None:
        patience = seconds
        while not over.acquire(timeout=patience):
            if may_ask.acquire(blocking=False):
                ask(thread, ctypes.py_object(_OutOfTime))
                may_ask.release()
            patience = 1

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        may_ask.release()
        return function(*arguments, **keywords)
    finally:
        # Nobody may ask from now on, and what was asked for is raised here or not at all.
        try:
            may_ask.acquire()
            ask(thread, None)
        except _OutOfTime:
            pass
        over.release()
        watcher.join()
