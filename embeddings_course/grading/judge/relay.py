"""The grader between two kernels: it passes messages on, and ends a call that takes too long.

It never reads what the student's kernel says. It counts its bytes and its seconds.
"""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from pathlib import Path

from embeddings_course.grading.judge.channel import Address, Channel, Gone, TooSlow, Waiting
from embeddings_course.grading.judge.judge import (
    CALL,
    CALLED_BACK,
    MESSAGE,
    NONE,
    NOT_AN_ANSWER,
)
from embeddings_course.grading.judge.wire import MOST_BYTES

# A function is told when its time is over, by its own process. Seconds after that until the kernel
# is interrupted, and until it is ended.
_BEFORE_INTERRUPT, _BEFORE_END = 3.0, 5.0
# Why no test can call a function any more: what a check says after the input, without a full stop.
HAS_ENDED = "the notebook's kernel has ended"
WAS_NOT_A_RESULT = "what came from the notebook's kernel was not a result"
_HEAD = 9  # bytes before a call's message: its kind, and its limit


class Relay:
    """What passes between the judge's kernel and the student's while one test runs.

    Parameters
    ----------
    judges, students : Path
        Folders for the sockets of the two.
    seen_as : tuple of Path, optional
        What the two kernels call these folders.

    Attributes
    ----------
    wish : str or None
        What the kernel of the student's is to be: ``"interrupted"`` or ``"ended"``. Whoever looks
        after the kernels does it and takes the wish away.
    reason : str
        Why the student's kernel cannot be asked any more; empty while it can.
    forged : bool
        Whether something came that is not an answer to a call.
    """

    def __init__(
        self, judges: Path, students: Path, seen_as: tuple[Path | None, Path | None] = (None, None)
    ):
        self._waiting = (Waiting(judges, seen_as[0]), Waiting(students, seen_as[1]))
        self.wish: str | None = None
        self.reason = ""
        self.forged = False
        self._over = threading.Event()
        self._channels: list[Channel] = []
        self._thread: threading.Thread | None = None

    @property
    def judge(self) -> Address:
        """Where the judge's kernel connects."""
        return self._waiting[0].address

    @property
    def student(self) -> Address:
        """Where the student's kernel connects."""
        return self._waiting[1].address

    def open(self, seconds: float) -> bool:
        """Wait for both kernels, and begin to pass messages on.

        Returns
        -------
        bool
            False if one of them did not come.
        """
        try:
            for waiting in self._waiting:
                self._channels.append(waiting.accept(seconds))
        except TooSlow:
            return False
        self._thread = threading.Thread(target=self._pass_on, daemon=True)
        self._thread.start()
        return True

    def close(self) -> None:
        """End the conversation; a call that goes on is not waited for."""
        self._over.set()
        for channel in self._channels:
            channel.close()
        for waiting in self._waiting:
            waiting.close()
        if self._thread is not None:
            self._thread.join()

    def _pass_on(self) -> None:
        judge, student = self._channels
        with suppress(Gone):
            while True:
                asked = judge.receive(MOST_BYTES + _HEAD)
                if asked[:1] == CALL:
                    self._call(asked, judge, student)

    def _call(self, asked: bytes, judge: Channel, student: Channel) -> None:
        """See one call through, with all that the function called back."""
        seconds = int.from_bytes(asked[1:_HEAD], "little") / 1000
        end = time.monotonic() + seconds + _BEFORE_INTERRUPT
        message = asked[_HEAD:]
        while not self.reason:
            try:
                student.send(message, _BEFORE_END + seconds)
                answer = self._answer(student, end)
            except Gone:
                self.reason = HAS_ENDED
                break
            except TooSlow:
                self.reason = (
                    f"no result within {seconds:g} seconds, and the function did not let itself "
                    "be interrupted"
                )
                self.wish = None if self._over.is_set() else "ended"
                break
            judge.send(MESSAGE + answer)
            said = judge.receive(MOST_BYTES + 1)
            if said[:1] == NOT_AN_ANSWER:
                self.forged = True
                self.reason = WAS_NOT_A_RESULT
                return
            if said[:1] != CALLED_BACK:
                return
            message = said[1:]
        judge.send(NONE + self.reason.encode())

    def _answer(self, student: Channel, end: float) -> bytes:
        """Return the next message of the student's kernel; interrupt it if none comes."""
        try:
            return student.receive(MOST_BYTES, max(end, time.monotonic() + 1))
        except TooSlow:
            if self._over.is_set():
                raise
        self.wish = "interrupted"
        return student.receive(MOST_BYTES, time.monotonic() + _BEFORE_END)
