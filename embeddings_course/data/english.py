"""English words and sentences for published encoders, fixed before any encoder had seen them.

The file ``english.toml`` holds them. It was written before the first result and is not edited to
fit one.

>>> RELATED[0]
('king', 'queen')
>>> two_senses = SENSES[0]
>>> two_senses.word, two_senses.names, two_senses.sentences[0][1]
('bank', ('of money', 'of a river'), 'The bank refused him a loan.')
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib.resources import files


@dataclass(frozen=True)
class TwoSenses:
    """A word with two senses, and sentences in which it has one of them.

    Attributes
    ----------
    word : str
        The word as it is in each sentence, once, in lower case.
    names : two str
        The senses in a few words.
    sentences : two tuples of str, of one length
        The sentences of either sense.
    """

    word: str
    names: tuple[str, str]
    sentences: tuple[tuple[str, ...], tuple[str, ...]]


_FIXED = tomllib.loads((files(__package__) / "english.toml").read_text(encoding="utf-8"))

RELATED: tuple[tuple[str, str], ...] = tuple((a, b) for a, b in _FIXED["related"])
"""Pairs of words that belong together."""


def _two_senses(listed: dict) -> TwoSenses:
    word = listed["word"]
    (one, first), (other, second) = ((k, v) for k, v in listed.items() if k != "word")
    return TwoSenses(word, (one, other), (tuple(first), tuple(second)))


SENSES: tuple[TwoSenses, ...] = tuple(_two_senses(listed) for listed in _FIXED["senses"])
"""Words with two senses."""
