"""Numbers with the words that they count."""

from __future__ import annotations


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
