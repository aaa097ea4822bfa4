"""What is shown to a person in a terminal, in the encoding that it has."""

from __future__ import annotations

import sys
from typing import TextIO

from embeddings_course._shared.text import printable


def say(text: object, *, file: TextIO | None = None) -> None:
    """Print a text of one or more lines for a person, at once.

    What the terminal's encoding lacks becomes a question mark.

    Parameters
    ----------
    text : object
        What to say; spaces at the beginning of a line are kept.
    file : text file, optional
        Where to. Default: standard output.
    """
    file = sys.stdout if file is None else file
    lines = []
    for line in str(text).split("\n"):
        indent = len(line) - len(line.lstrip(" "))
        lines.append(" " * indent + _with_spaces(line[indent:]))
    encoding = getattr(file, "encoding", None) or "utf-8"
    print("\n".join(lines).encode(encoding, "replace").decode(encoding), file=file, flush=True)


def _with_spaces(line: str) -> str:
    """Return a line that is printable, with as many spaces between words as it has."""
    return " ".join(printable(part) for part in line.split(" "))
