"""Pairs, analogies and questions, fixed before anything was trained on the text."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np

from embeddings_course._shared.messages import Message
from embeddings_course._shared.validation import require_integer
from embeddings_course.data.apidocs.corpus import Corpus
from embeddings_course.data.apidocs.docstrings import read_listed


@dataclass(frozen=True)
class Analogy:
    """``a`` is to ``b`` as ``c`` is to ``d``, and the kind of likeness that is meant."""

    a: str
    b: str
    c: str
    d: str
    kind: str


@dataclass(frozen=True)
class Question:
    """Something a person asks, in other words than the documentation's.

    Attributes
    ----------
    text : str
        What is asked.
    kind : "plain" or "reworded"
        Plain ones are asked as they come to mind. Of reworded ones no word but the likes of "of"
        and "how" stands in a passage that answers, so a search by words has nothing to go by.
    answers : tuple of str, not empty
        Names of the entries that answer; finding one of them is enough.
    """

    text: str
    kind: str
    answers: tuple[str, ...]


_FIXED = read_listed("pairs.toml")

RELATED: tuple[tuple[str, str], ...] = tuple((a, b) for a, b in _FIXED["related"])
"""Pairs of words that belong together, fixed before any vector was trained."""

ANALOGIES: tuple[Analogy, ...] = tuple(
    Analogy(a, b, c, d, kind=group["kind"])
    for group in _FIXED["analogies"]
    for a, b, c, d in group["words"]
)
"""Analogies, fixed before any vector was trained."""

QUESTIONS: tuple[Question, ...] = tuple(
    Question(each["text"], kind, tuple(each["answers"]))
    for kind, group in read_listed("questions.toml").items()
    for each in group
)
"""Questions in a person's own words, fixed before any method had ranked a passage for them."""


def related_pairs(words: Collection[str] | None = None) -> tuple[tuple[str, str], ...]:
    """Return the related pairs, or those of which both words are in a vocabulary.

    Parameters
    ----------
    words : collection of str, optional
        A vocabulary, such as :attr:`Corpus.words`.

    Returns
    -------
    tuple of (str, str), in the order of the file ``pairs.toml``.
    """
    known = None if words is None else set(words)
    return tuple(pair for pair in RELATED if known is None or known.issuperset(pair))


def random_pairs(text: Corpus, *, per_pair: int = 20, seed: int = 0) -> tuple[tuple[str, str], ...]:
    """Draw pairs of words that occur about as often as the related ones: what chance looks like.

    For each word of a related pair a partner of like frequency is drawn: its place in the
    vocabulary, which is sorted by count, is at most a quarter (and 5 places) away.

    Parameters
    ----------
    text : Corpus
    per_pair : int
        Random pairs for each related pair that the vocabulary holds; at least 1.
    seed : int

    Returns
    -------
    tuple of (str, str)
        Two different words each, never a related pair; ``per_pair`` in a row belong to one pair.

    Raises
    ------
    ValueError
        If ``per_pair`` is not an integer of 1 or more, or the vocabulary is smaller than 100 words.
    """
    require_integer("per_pair", per_pair, 1)
    if len(text.words) < 100:
        raise ValueError(
            Message(
                "vocabulary-too-small",
                f"The vocabulary has {len(text.words)} words; random pairs need at least 100. "
                "Choose a smaller min_count.",
            )
        )
    rng = np.random.default_rng(seed)
    index = text.index
    related = {frozenset(pair) for pair in RELATED}
    drawn: list[tuple[str, str]] = []
    for pair in related_pairs(text.words):
        ends = [
            (int(place / 1.25) - 5, int(place * 1.25) + 6)
            for place in (index[word] for word in pair)
        ]
        wanted = len(drawn) + per_pair
        while len(drawn) < wanted:
            places = [rng.integers(max(low, 0), min(high, len(text.words))) for low, high in ends]
            found = (text.words[places[0]], text.words[places[1]])
            if found[0] != found[1] and frozenset(found) not in related:
                drawn.append(found)
    return tuple(drawn)


def analogies(words: Collection[str] | None = None) -> tuple[Analogy, ...]:
    """Return the analogies, or those of which all four words are in a vocabulary.

    Parameters
    ----------
    words : collection of str, optional
        A vocabulary, such as :attr:`Corpus.words`.

    Returns
    -------
    tuple of Analogy, in the order of the file ``pairs.toml``.
    """
    known = None if words is None else set(words)
    return tuple(
        each
        for each in ANALOGIES
        if known is None or known.issuperset((each.a, each.b, each.c, each.d))
    )


def questions(names: Collection[str] | None = None) -> tuple[Question, ...]:
    """Return the questions, or those that one of the named entries answers.

    Parameters
    ----------
    names : collection of str, optional
        Names of the entries that can be found, such as those of :class:`Passages`.

    Returns
    -------
    tuple of Question
        In the order of the file ``questions.toml``; ``answers`` holds only what is among
        the names.

    Raises
    ------
    ValueError
        If `names` is a single string.
    """
    if isinstance(names, str):
        raise ValueError(
            Message(
                "entry-names-one-text",
                f"names is the string {names!r}; it must be a list of names of entries.",
            )
        )
    if names is None:
        return QUESTIONS
    known = set(names)
    kept = (
        replace(each, answers=tuple(name for name in each.answers if name in known))
        for each in QUESTIONS
    )
    return tuple(each for each in kept if each.answers)
