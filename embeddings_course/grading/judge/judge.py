"""The judge's kernel: a test's call of a student's function goes to the student's kernel.

No code of a student's runs in this process. What comes from the other one is made into values by
:mod:`embeddings_course.grading.judge.wire`, and into sentences here; nothing of it is run.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

import torch

from embeddings_course import exercises
from embeddings_course.grading.judge.channel import Address, Channel, Gone
from embeddings_course.grading.judge.quiz_answers import returning
from embeddings_course.grading.judge.wire import (
    MOST_BYTES,
    Decoder,
    Encoder,
    NotAMessage,
    pack,
    text_in,
    unpack,
)

# The first byte of what the judge sends to the grader between both: a call, with the milliseconds
# that it may take; what a function gave that the student's code called back; that the answer to a
# call is there; that what came was not one.
CALL, CALLED_BACK, DONE, NOT_AN_ANSWER = b"C", b"B", b"D", b"N"
# And of what the judge gets: a message of the student's kernel, or why there will be none.
MESSAGE, NONE = b"M", b"X"

_PROBLEMS = {"", "missing", "no function", "stub", "error", "time", "nothing"}
_MOST_LINES, _MOST_LENT = 40, 30
_LONGEST_NAME, _LONGEST_PRINTED = 100, 2_000
# A function is told when its time is over, by its own process, which may not care. Seconds after
# that until its answer is too late: arguments and results take time to go over as well.
_LEEWAY = 3.0


class _OtherKernel:
    """What calls functions of the student's, in place of :func:`exercises.call`."""

    def __init__(self, channel: Channel):
        self._channel = channel
        self._functions: list[Callable[..., Any]] = []

    def close(self) -> None:
        self._channel.close()

    def __call__(
        self,
        namespace: dict[str, Any],
        name: str,
        arguments: tuple,
        keywords: Mapping[str, Any],
        seconds: float,
    ) -> exercises.Called:
        self._functions = []
        encoder = Encoder(functions=self._functions)
        head = {
            "name": name,
            "arguments": [encoder.encode(each) for each in arguments],
            "keywords": {name: encoder.encode(each) for name, each in keywords.items()},
            "seconds": seconds,
        }
        limit = int(1000 * seconds).to_bytes(8, "little")
        end = time.monotonic() + seconds + _LEEWAY
        try:
            self._channel.send(CALL + limit + pack(head, encoder.body))
            while True:
                said = self._channel.receive(MOST_BYTES + 1)
                if said[:1] != MESSAGE:
                    return exercises.Called("gone", said=said[1:].decode("utf-8", "replace"))
                head, body = unpack(said[1:])
                now = time.monotonic()
                if "function" not in head:
                    late = now > end
                    called = _called(head, body, arguments)
                    self._channel.send(DONE)
                    return exercises.Called("time", printed=called.printed) if late else called
                answer = self._call_back(head, body)
                end += time.monotonic() - now  # the test's own time
                self._channel.send(CALLED_BACK + answer)
        except NotAMessage as problem:
            self._channel.send(NOT_AN_ANSWER)
            why = f"what came from the notebook's kernel is not a result: {problem}"
            return exercises.Called("gone", said=why)
        except Gone:
            return exercises.Called("gone", said="the notebook's kernel cannot be asked any more")

    def _call_back(self, head: Mapping[str, Any], body: memoryview) -> bytes:
        """Call a function of the test's for the student's code."""
        number, arguments, keywords = (head.get(x) for x in ("function", "arguments", "keywords"))
        if type(number) is not int or not 0 <= number < len(self._functions):
            raise NotAMessage("it calls a function that it was not given")
        if type(arguments) is not list or type(keywords) is not dict:
            raise NotAMessage("it calls a function without arguments")
        decoder = Decoder(body)
        given = [decoder.decode(each) for each in arguments]
        named = {name: decoder.decode(each) for name, each in keywords.items()}
        encoder = Encoder(functions=self._functions)
        try:
            return pack(
                {"value": encoder.encode(self._functions[number](*given, **named))}, encoder.body
            )
        except Exception as error:  # the student's code gets it, as if it had been raised there
            return pack({"raised": type(error).__name__, "said": str(error)[:1_000]})


def _called(head: Mapping[str, Any], body: memoryview, arguments: tuple) -> exercises.Called:
    """Read what came of a call.

    Raises
    ------
    NotAMessage
        If it cannot be read.
    """
    problem = head.get("problem")
    if problem not in _PROBLEMS:
        raise NotAMessage("it does not say what came of the call")
    decoder = Decoder(body)
    return exercises.Called(
        problem,
        value=decoder.decode(head.get("value")) if problem == "" else None,
        after=_after(decoder, head.get("after"), arguments) if problem == "" else (),
        error=text_in(head, "error", _LONGEST_NAME),
        said=text_in(head, "said"),
        is_value_error=problem == "error" and head.get("is_value_error") is True,
        lines=_texts(head, "lines", _MOST_LINES),
        printed=text_in(head, "printed", _LONGEST_PRINTED),
        lent=_texts(head, "lent", _MOST_LENT),
    )


def _after(decoder: Decoder, entries: Any, arguments: tuple) -> tuple:
    """Return what the arguments are now; those that nobody can change are the judge's own."""
    if type(entries) is not list or len(entries) != len(arguments):
        raise NotAMessage("it does not say what the arguments are now")
    found = []
    for entry, argument in zip(entries, arguments, strict=True):
        if isinstance(argument, torch.nn.Module):
            found.append(decoder.report(entry, argument))
        elif entry is None or isinstance(argument, exercises.Kept):
            found.append(argument)
        else:
            found.append(decoder.decode(entry))
    return tuple(found)


def _texts(head: Mapping[str, Any], name: str, most: int) -> tuple[str, ...]:
    texts = head.get(name)
    if type(texts) is not list:
        return ()
    return tuple(text_in({"": each}, "", 400) for each in texts[:most])


_current: list[_OtherKernel] = []


def begin(place: str, word: str) -> None:
    """Let calls of this process's tests go to the student's kernel, for one test.

    Parameters
    ----------
    place, word : str
        Those of the address at which the grader waits.
    """
    for each in _current:
        each.close()
    _current[:] = [_OtherKernel(Address(place, word).connect())]
    exercises._caller = _current[0]


def lend_answers(text: str | None) -> None:
    """Let the tests of a quiz find what a student's notebook holds, as data.

    Parameters
    ----------
    text : str or None
        Of :func:`embeddings_course.grading.judge.quiz_answers.collected_text`.
    """
    from IPython import get_ipython

    get_ipython().user_ns["collected"] = returning(text)
