"""The documentation as a text of words, and as passages to find."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from embeddings_course._shared.messages import Message
from embeddings_course._shared.validation import require_integer
from embeddings_course.data.apidocs.docstrings import LIBRARIES, Entry, checked_libraries, entries
from embeddings_course.data.apidocs.words import WORD, prose, sentences, tokens

UNITS = ("sentence", "entry")


@dataclass(frozen=True)
class Corpus:
    """A text as numbers: one array of word ids, and where each piece of it begins.

    Attributes
    ----------
    words : tuple of str, length V
        The vocabulary, most frequent word first; words of equal count in alphabetical order.
    counts : int64 array [V]
        How often each word occurs in ``ids``.
    ids : int64 array [N]
        The text, word after word: ``words[ids[i]]`` is the i-th. Words outside the vocabulary are
        left out, so their neighbours stand next to each other.
    starts : int64 array [P + 1]
        Piece ``p`` is ``ids[starts[p]:starts[p + 1]]``; a piece is a sentence or a whole entry.
        The last number is N. No piece is empty.
    entry : int64 array [P]
        The entry that each piece comes from: an index into ``entries``.
    entries : tuple of Entry
        The entries that were read.
    """

    words: tuple[str, ...]
    counts: np.ndarray
    ids: np.ndarray
    starts: np.ndarray
    entry: np.ndarray
    entries: tuple[Entry, ...]

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def index(self) -> dict[str, int]:
        """Word to id, the other way round of ``words``."""
        return {word: n for n, word in enumerate(self.words)}

    @property
    def piece(self) -> np.ndarray:
        """Int64 array [N]: the piece that each word stands in."""
        return np.repeat(np.arange(len(self.starts) - 1), np.diff(self.starts))


@dataclass(frozen=True)
class Passages:
    """Questions with known answers: the first paragraph of an entry, and the rest of it.

    Attributes
    ----------
    entries : tuple of Entry, length n
        Entries whose summary and body are both unlike all the others'.
    queries : tuple of str, length n
        The summary of each as prose.
    texts : tuple of str, length n
        The body of each as prose, without the words of the entry's own name: a search cannot cheat
        by looking for the name.
    """

    entries: tuple[Entry, ...]
    queries: tuple[str, ...]
    texts: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.entries)


def vocabulary(libraries: Sequence[str] = LIBRARIES, *, min_count: int = 5) -> dict[str, int]:
    """Count the words of the documentation.

    Parameters
    ----------
    libraries : sequence of str
        Which of :data:`LIBRARIES`; all by default.
    min_count : int
        Words that occur less often are left out; at least 1.

    Returns
    -------
    dict from word to count, most frequent first; words of equal count in alphabetical order.

    Raises
    ------
    ValueError
        As for :func:`entries`, for a ``min_count`` that is not an integer of 1 or more, and if no
        word occurs that often.
    """
    return _vocabulary(_sentences(checked_libraries(libraries)), min_count)


def corpus(
    libraries: Sequence[str] = LIBRARIES, *, min_count: int = 5, unit: str = "sentence"
) -> Corpus:
    """Return the documentation as one array of word ids.

    Parameters
    ----------
    libraries : sequence of str
        Which of :data:`LIBRARIES`; all by default.
    min_count : int
        Words that occur less often are left out; at least 1.
    unit : "sentence" or "entry"
        What a piece of the corpus is.

    Returns
    -------
    Corpus

    Raises
    ------
    ValueError
        As for :func:`vocabulary`, and for an unknown unit.
    """
    if unit not in UNITS:
        raise ValueError(
            Message("unit-unknown", f"unit is {unit!r}; it must be 'sentence' or 'entry'.")
        )
    libraries = checked_libraries(libraries)
    split = _sentences(libraries)
    counted = _vocabulary(split, min_count)
    index = {word: n for n, word in enumerate(counted)}
    pieces: list[list[int]] = []
    origin: list[int] = []
    for number, of_entry in enumerate(split):
        found = [[index[word] for word in words if word in index] for words in of_entry]
        if unit == "entry":
            found = [[word for words in found for word in words]]
        found = [words for words in found if words]
        pieces += found
        origin += [number] * len(found)
    return Corpus(
        words=tuple(counted),
        counts=np.array(list(counted.values()), np.int64),
        ids=np.array([word for words in pieces for word in words], np.int64),
        starts=np.cumsum([0, *map(len, pieces)], dtype=np.int64),
        entry=np.array(origin, np.int64),
        entries=entries(libraries),
    )


def passages(libraries: Sequence[str] = LIBRARIES, *, least_words: int = 20) -> Passages:
    """Return questions about the documentation with the passage that answers each.

    Parameters
    ----------
    libraries : sequence of str
        Which of :data:`LIBRARIES`; all by default.
    least_words : int
        Passages of fewer words, names taken out, are left out; at least 1.

    Returns
    -------
    Passages
        Of entries with the same summary, or the same passage, only the first is there: there is one
        right answer to each query.

    Raises
    ------
    ValueError
        As for :func:`entries`, for a ``least_words`` that is not an integer of 1 or more, and if no
        passage is that long.
    """
    require_integer("least_words", least_words, 1)
    chosen: list[tuple[Entry, str, str]] = []
    seen: set[str] = set()
    for each in entries(libraries):
        query = " ".join(prose(each.summary).split())
        text = _without_name(prose(each.body), each.name)
        asked, answered = " ".join(tokens(query)), " ".join(WORD.findall(text.lower()))
        if answered.count(" ") + 1 < least_words or not asked or seen & {asked, answered}:
            continue
        seen |= {asked, answered}
        chosen.append((each, query, text))
    if not chosen:
        raise ValueError(
            Message(
                "passages-too-short",
                f"No passage has {least_words} words or more; choose a smaller least_words.",
            )
        )
    return Passages(*(tuple(column) for column in zip(*chosen, strict=True)))


@cache
def _sentences(libraries: tuple[str, ...]) -> tuple[list[list[str]], ...]:
    return tuple(_split(each) for each in entries(libraries))


@cache
def _split(entry: Entry) -> list[list[str]]:
    return sentences(entry.text)


def _vocabulary(split: tuple[list[list[str]], ...], min_count: int) -> dict[str, int]:
    require_integer("min_count", min_count, 1)
    counter = Counter(word for of_entry in split for words in of_entry for word in words)
    kept = [(word, count) for word, count in counter.items() if count >= min_count]
    if not kept:
        raise ValueError(
            Message(
                "words-too-rare",
                f"No word occurs {min_count} times or more; choose a min_count of "
                f"{max(counter.values())} or less.",
            )
        )
    return dict(sorted(kept, key=lambda item: (-item[1], item[0])))


def _without_name(text: str, name: str) -> str:
    last = name.rpartition(".")[2]
    whole = rf"(?<![\w])(?:[\w.]+\.)?{re.escape(last)}(?![\w])"
    return re.sub(whole, " ", text, flags=re.IGNORECASE)
