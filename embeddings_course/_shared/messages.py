"""Sentences for people, each with a code by which programs and tests know it."""

from __future__ import annotations

from collections.abc import Iterator


class Message(str):
    """A sentence that says what is wrong, with a code that stays when its wording improves.

    >>> error = ValueError(Message("batch-empty", "The batch is empty."))
    >>> str(error), codes(error)
    ('The batch is empty.', ['batch-empty'])

    Parameters
    ----------
    code : str
        A name for the problem, in lower case, with hyphens. Each has one place in the package.
    sentence : str
        What people read.
    """

    code: str

    def __new__(cls, code: str, sentence: str) -> Message:
        message = super().__new__(cls, sentence)
        message.code = code
        return message

    def within(self, before: str = "", after: str = "") -> Message:
        """Return the sentence with words around it, and the same code."""
        return Message(self.code, f"{before}{self}{after}")

    def __getnewargs__(self) -> tuple[str, str]:  # type: ignore[override]  # str has one
        return self.code, str(self)


def codes(problem: object) -> list[str]:
    """Return the codes of an error's messages, and of those of the error that caused it.

    Parameters
    ----------
    problem : object
        An exception, a message, or a collection of these; whatever else has no code.
    """
    return list(_codes(problem))


def _codes(problem: object) -> Iterator[str]:
    if isinstance(problem, Message):
        yield problem.code
    elif isinstance(problem, BaseException):
        yield from _codes(problem.args)
        yield from _codes(getattr(problem, "problems", ()))  # of a QuizError
        yield from _codes(problem.__cause__)
    elif isinstance(problem, list | tuple):
        for each in problem:
            yield from _codes(each)
