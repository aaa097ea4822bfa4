"""A socket between a kernel and the grader, which carries one message after another.

Where the system has sockets in files, only who sees the file can connect. Elsewhere a port of this
machine is used, which anybody here can try. So whoever connects says a word first that only the
kernels of one submission get.
"""

from __future__ import annotations

import contextlib
import hmac
import secrets
import socket
import time
from dataclasses import dataclass
from pathlib import Path

from embeddings_course._shared.messages import Message

_WORD_BYTES = 32
_PATIENCE = 10.0  # seconds, for connecting


class Gone(Exception):
    """The other side has gone, or says something that is not a message."""


class TooSlow(Exception):
    """No whole message came in time."""


@dataclass(frozen=True)
class Address:
    """Where the grader waits for a kernel: a file, or a port of this machine, and the word."""

    place: str
    word: str

    def connect(self) -> Channel:
        """Connect, as a kernel does.

        Raises
        ------
        OSError
            If nobody waits there.
        """
        if self.place.isdigit():
            connection = socket.create_connection(("127.0.0.1", int(self.place)), _PATIENCE)
        else:
            connection = socket.socket(socket.AF_UNIX)
            connection.connect(self.place)
        connection.settimeout(None)
        connection.sendall(self.word.encode("ascii"))
        return Channel(connection)


class Waiting:
    """A socket at which the grader waits for one kernel.

    Parameters
    ----------
    folder : Path
        Where its file is, on a system that has such sockets.
    seen_as : Path, optional
        What the kernel calls that folder.
    """

    def __init__(self, folder: Path, seen_as: Path | None = None):
        word = secrets.token_hex(_WORD_BYTES // 2)
        if hasattr(socket, "AF_UNIX"):
            name = secrets.token_hex(4)
            self._file: Path | None = folder / name
            self._listener = socket.socket(socket.AF_UNIX)
            self._listener.bind(str(self._file))
            self.address = Address(str((seen_as or folder) / name), word)
        else:
            self._file = None
            self._listener = socket.socket()
            self._listener.bind(("127.0.0.1", 0))
            self.address = Address(str(self._listener.getsockname()[1]), word)
        self._listener.listen(8)

    def accept(self, seconds: float = _PATIENCE) -> Channel:
        """Return the channel to the first who says the word.

        Raises
        ------
        TooSlow
            If nobody does in time.
        """
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self._listener.settimeout(left)
            try:
                connection, _ = self._listener.accept()
            except TimeoutError:
                break
            channel = Channel(connection)
            with contextlib.suppress(Gone, TooSlow):
                said = channel.receive_exactly(_WORD_BYTES, min(end, time.monotonic() + 2))
                if hmac.compare_digest(said, self.address.word.encode("ascii")):
                    return channel
            channel.close()
        raise TooSlow

    def close(self) -> None:
        """Let nobody connect any more."""
        self._listener.close()
        if self._file is not None:
            with contextlib.suppress(OSError):
                self._file.unlink()


class Channel:
    """Messages over a connected socket."""

    def __init__(self, connection: socket.socket):
        self._socket = connection
        self._found = bytearray()  # what has come and was not returned yet

    def send(self, message: bytes, seconds: float | None = None) -> None:
        """Send a message.

        Raises
        ------
        Gone
            If nobody is there to receive it, or does not within the time.
        """
        try:
            self._socket.settimeout(seconds)
            self._socket.sendall(len(message).to_bytes(8, "little") + message)
        except (OSError, ValueError) as error:
            raise Gone(type(error).__name__) from None

    def receive(self, most: int, end: float | None = None) -> bytes:
        """Return the next message.

        Parameters
        ----------
        most : int
            Bytes that it may have.
        end : float, optional
            Time, by :func:`time.monotonic`, at which it must be complete.

        Raises
        ------
        Gone
            If there is none to come, or a longer one.
        TooSlow
            If the time is over. What has come of the message is kept for the next call.
        """
        self._fill(8, end)
        length = int.from_bytes(self._found[:8], "little")
        if length > most:
            raise Gone(Message("channel-message-too-large", f"a message of {length:,} bytes"))
        self._fill(8 + length, end)
        return self._taken(8 + length)[8:]

    def receive_exactly(self, count: int, end: float | None = None) -> bytes:
        """Return this many bytes; raises as :meth:`receive` does."""
        self._fill(count, end)
        return self._taken(count)

    def _fill(self, count: int, end: float | None) -> None:
        """Wait until this many bytes are there."""
        while len(self._found) < count:
            left = None if end is None else end - time.monotonic()
            if left is not None and left <= 0:
                raise TooSlow
            try:
                self._socket.settimeout(left)
                some = self._socket.recv(min(count - len(self._found), 1 << 20))
            except TimeoutError:
                raise TooSlow from None
            except (OSError, ValueError) as error:
                raise Gone(type(error).__name__) from None
            if not some:
                raise Gone("it has ended")
            self._found += some

    def _taken(self, count: int) -> bytes:
        found = bytes(self._found[:count])
        del self._found[:count]
        return found

    def close(self) -> None:
        """End the connection; who waits for a message at the other side gets none."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
