"""The student's kernel while a test runs: it calls functions, and sends what they return.

It runs where the student's code does, which can make it do anything. Whatever it sends is taken for
an answer of the student's and for nothing else.
"""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from embeddings_course import exercises
from embeddings_course.grading.judge.channel import Address, Channel, Gone
from embeddings_course.grading.judge.wire import (
    MOST_BYTES,
    Decoder,
    Encoder,
    NotAMessage,
    pack,
    unpack,
)

# What functions returned and what has no kind on the wire, by the number that stands for it there.
_kept: dict[int, Any] = {}


def serve(place: str, word: str) -> None:
    """Call functions of the notebook, as the judge asks, until the test is over.

    Parameters
    ----------
    place, word : str
        Those of the address at which the grader waits.
    """
    # That of the statement which calls this. IPython's shell of the moment may be another: a
    # notebook can open one, and get_ipython() is a name that it can give to something else.
    namespace = sys._getframe(1).f_globals
    namespace.pop("_course_serve", None)  # this function
    channel = Address(place, word).connect()
    try:
        while True:
            _serve_one(namespace, channel)
    except Gone:
        return
    finally:
        channel.close()


def _serve_one(namespace: dict[str, Any], channel: Channel) -> None:
    head, body = unpack(channel.receive(MOST_BYTES))
    if "arguments" not in head:  # what somebody waited for whose time was over
        return
    back = _CallingBack(channel)
    try:
        decoder = Decoder(body, kept=_kept.__getitem__, function=back.function)
        arguments = tuple(decoder.decode(each) for each in head["arguments"])
        keywords = {name: decoder.decode(each) for name, each in head["keywords"].items()}
        called = exercises.call(
            namespace, head["name"], arguments, keywords, float(head["seconds"])
        )
        reply = _reply(called, [_is_shared(each) for each in head["arguments"]])
    except KeyboardInterrupt:  # the time was over, and the function did not care
        reply = _reply(exercises.Called("time"), [])
    with contextlib.suppress(KeyboardInterrupt), _undisturbed():
        channel.send(reply)


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """Let signals wait until messages have gone over: half of one would spoil all that follow."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    waiting: list[int] = []
    kinds = [getattr(signal, name) for name in ("SIGINT", "SIGALRM") if hasattr(signal, name)]
    before = {each: signal.getsignal(each) for each in kinds}
    for each in kinds:
        signal.signal(each, lambda number, _: waiting.append(number))
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
        if waiting:
            signal.raise_signal(waiting[0])


def _is_shared(entry: Any) -> bool:
    """Say whether an argument is something that the judge asks nothing about afterwards."""
    return isinstance(entry, dict) and bool(entry.keys() & {"function", "kept"})


def _reply(called: exercises.Called, shared: list[bool]) -> bytes:
    """Return a message about what came of a call."""
    encoder = Encoder(keep=_keep)
    head: dict[str, Any] = {
        "problem": called.problem,
        "error": called.error,
        "said": called.said,
        "is_value_error": called.is_value_error,
        "lines": list(called.lines),
        "printed": called.printed,
        "lent": list(called.lent),
        "value": _encoded(encoder, called.value),
        "after": [
            None if same else _after(encoder, each)
            for same, each in zip(shared, called.after, strict=False)
        ],
    }
    return pack(head, encoder.body)


def _after(encoder: Encoder, argument: Any) -> Any:
    import torch

    if isinstance(argument, torch.nn.Module):
        return encoder.report(argument)
    return _encoded(encoder, argument)


def _encoded(encoder: Encoder, value: Any) -> Any:
    try:
        return encoder.encode(value)
    except Exception:  # too much of it, or a tensor without numbers: it stays here
        with contextlib.suppress(Exception):
            return {"kept": [_keep(value), exercises.describe(value)[:200]]}
        return {"kept": [_keep(value), f"a {type(value).__name__[:100]}"]}


def _keep(value: Any) -> int:
    number = len(_kept)
    _kept[number] = value
    return number


class _CallingBack:
    """Functions of the judge's, as the student's code sees them."""

    def __init__(self, channel: Channel):
        self._channel = channel
        self._one_at_a_time = threading.Lock()

    def function(self, number: int) -> Callable[..., Any]:
        """Return what calls the judge's function of a number."""

        def function(*arguments: Any, **keywords: Any) -> Any:
            return self._call(number, arguments, keywords)

        return function

    def _call(self, number: int, arguments: tuple, keywords: Mapping[str, Any]) -> Any:
        encoder = Encoder(keep=_keep)
        head = {
            "function": number,
            "arguments": [_encoded(encoder, each) for each in arguments],
            "keywords": {name: _encoded(encoder, each) for name, each in keywords.items()},
        }
        with self._one_at_a_time, _undisturbed():
            self._channel.send(pack(head, encoder.body))
            try:
                head, body = unpack(self._channel.receive(MOST_BYTES))
            except (Gone, NotAMessage):
                raise RuntimeError("the test is over") from None
        if "raised" in head:
            import builtins

            kind: Any = getattr(builtins, str(head["raised"]), RuntimeError)
            raise kind(head["said"])
        return Decoder(body, kept=_kept.__getitem__, function=self.function).decode(head["value"])
