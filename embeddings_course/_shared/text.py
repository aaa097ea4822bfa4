"""Texts for people: on one line, with numbers in words, and lists that have an end.

Names, sentences and names of files come from submissions and from class lists. A terminal obeys
what is among them: it clears the screen, takes another title, or turns the direction of the text.

>>> printable("Ada\\x1b[2J\\u202e Lovelace\\n")
'Ada�[2J� Lovelace'
"""

from __future__ import annotations

from collections.abc import Iterable

# They join or part letters, in Persian and in Hindi for example, and have no width.
_JOINERS = "\u200c\u200d"


def printable(text: str) -> str:
    """Return a text as one line, without what a terminal or a page would obey instead of show.

    Parameters
    ----------
    text : str
        Of any origin.

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


def counted(count: float, one: str, many: str | None = None) -> str:
    """Write a number with its words: ``1 file is``, ``3 files are``.

    Parameters
    ----------
    count : float
        How many.
    one : str
        The words for one of them, such as ``file is``.
    many : str, optional
        The words for any other number. Default: the same with an ``s``.
    """
    return f"{count:g} {one if count == 1 else many or f'{one}s'}"


def listed(items: Iterable[object], most: int | None = None, *, last: str = "") -> str:
    """Name things in a row: ``a, b and 3 more``.

    Parameters
    ----------
    items : iterable
        What to name, each by its ``str``.
    most : int, optional
        How many to name; of further ones only the number is said. Default: all.
    last : str, optional
        The word before the last, such as ``and``, where all are named. Default: a comma.

    >>> listed("abcde", 2), listed("abc", last="or"), listed("abc", 3)
    ('a, b and 3 more', 'a, b or c', 'a, b, c')
    """
    named = [str(item) for item in items]
    if most is not None and len(named) > most:
        return f"{', '.join(named[:most])} and {len(named) - most} more"
    if last and len(named) > 1:
        return f"{', '.join(named[:-1])} {last} {named[-1]}"
    return ", ".join(named)
