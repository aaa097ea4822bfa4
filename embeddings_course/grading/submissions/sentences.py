"""How many sentences, and how many names in one, are enough for a person."""

from __future__ import annotations

_MOST_SENTENCES = 20


def listed(names: list[str]) -> str:
    """Name the first of several, and say how many more there are."""
    more = len(names) - _MOST_SENTENCES
    return ", ".join(names[:_MOST_SENTENCES]) + (f" and {more} more" if more > 0 else "")


def at_most(sentences: list[str]) -> list[str]:
    """Return the first sentences, and how many more there are."""
    more = len(sentences) - _MOST_SENTENCES
    return [*sentences[:_MOST_SENTENCES], f"and {more} more"] if more > 0 else sentences
