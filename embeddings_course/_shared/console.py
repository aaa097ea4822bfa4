"""What is shown to a person in a terminal.

Names, sentences and names of files come from submissions and from class lists. A terminal obeys
what is among them: it clears the screen, takes another title, or turns the direction of the text.

>>> printable("Ada\\x1b[2J\\u202e Lovelace\\n")
'Ada�[2J� Lovelace'
"""

from __future__ import annotations

import sys
from typing import TextIO

# They join or part letters, in Persian and in Hindi for example, and have no width.
_JOINERS = "\u200c\u200d"


def printable(text: str) -> str:
    """Return a text as one line, without what a terminal or a page would obey instead of show.

    Parameters
    ----------
    text : str
        From whomever.

    Returns
    -------
    str
        Control characters, also those for the direction of the text, and halves of characters are
        replaced, and white space is a space.
    """
    line = " ".join(text.split())
    return "".join(
        sign if sign.isprintable() or sign in _JOINERS else "\N{REPLACEMENT CHARACTER}"
        for sign in line
    )


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
