"""Any word's neighbours, and arithmetic on words, over several kinds of vectors side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import numpy as np

from embeddings_course import metrics
from embeddings_course._shared.html_table import html_table
from embeddings_course._shared.messages import Message
from embeddings_course.explorables.explorable import Explorable, packed

SHOWN = 8  # neighbours of each kind
SIGNS = {1: (1,), 4: (1, -1, 1)}


def word_vectors(
    words: Sequence[str],
    kinds: Mapping[str, Any],
    *,
    examples: Sequence[Sequence[str]],
    caption: str,
) -> Explorable:
    """Show the nearest words of any word, or of ``b - a + c``, for several kinds of vectors.

    The page holds the vectors in bytes, so a cosine on show may differ by .01 from that of the
    vectors themselves.

    Parameters
    ----------
    words : sequence of str, length n
        Each once, the most frequent first.
    kinds : mapping of str to float array [n, dim]
        By the name of the kind.
    examples : sequence of sequence of str
        What to show first, and to offer: ``["row"]`` each, or ``["maximum", "minimum", "lower",
        "upper"]`` each, where the last word is what a list of riddles expects.
    caption : str
        What to do and to see.

    Returns
    -------
    Explorable

    Raises
    ------
    ValueError
        If a word of an example is not known, their lengths differ or are neither 1 nor 4, a kind
        has not one row per word, or a row is zero or not finite.
    """
    lengths = {len(example) for example in examples}
    if len(lengths) != 1 or not lengths <= set(SIGNS):
        raise ValueError(
            Message(
                "word-examples-lengths",
                f"Examples must all have 1 word, or all 4; they have {sorted(lengths)}.",
            )
        )
    index = {word: number for number, word in enumerate(words)}
    for word in (word for example in examples for word in example):
        if word not in index:
            raise ValueError(
                Message("word-example-unknown", f"{word!r} is in the examples, not in the words.")
            )
    rows = {name: _in_bytes(name, vectors, len(words)) for name, vectors in kinds.items()}
    ids = [[index[word] for word in example] for example in examples]
    data = {
        "words": list(words),
        "kinds": [{"name": name, "vectors": packed(each)} for name, each in rows.items()],
        "examples": ids,
        "shown": SHOWN,
    }
    fallback = "".join(_table(words, rows, example) for example in ids)
    return Explorable("word_vectors", caption, fallback, data)


def _in_bytes(name: str, vectors: Any, n: int) -> np.ndarray:
    vectors = np.asarray(vectors, dtype=np.float64)
    if vectors.ndim != 2 or len(vectors) != n:
        raise ValueError(
            Message(
                "word-vectors-mismatch",
                f"{name!r} must have a row for each of the {n:,} words; "
                f"its shape is {vectors.shape}.",
            )
        )
    largest = np.abs(vectors).max(axis=1, keepdims=True)
    if not np.isfinite(largest).all() or not largest.all():
        raise ValueError(
            Message(
                "word-vector-without-direction", f"A row of {name!r} is zero, or is not finite."
            )
        )
    return np.round(vectors / largest * 127).astype(np.int8)


def _table(words: Sequence[str], rows: Mapping[str, np.ndarray], ids: Sequence[int]) -> str:
    """Write what the script shows for an example, the words of the question left out."""
    signs = SIGNS[len(ids)]
    asked = ids[: len(signs)]
    columns = []
    for vectors in rows.values():
        units = vectors / np.linalg.norm(vectors.astype(np.float64), axis=1, keepdims=True)
        cosine = metrics.cosines((np.array(signs) @ units[asked])[None], units)[0]
        order = [i for i in np.argsort(-cosine, kind="stable") if i not in asked][:SHOWN]
        columns.append([f"{escape(words[i])} {cosine[i]:.2f}" for i in order])
    question = ("{}" if len(asked) == 1 else "{} \u2212 {} + {}").format(*(words[i] for i in asked))
    return html_table(
        f"Nearest to <strong>{escape(question)}</strong>",
        ["Rank", *rows],
        [[str(rank), *cells] for rank, cells in enumerate(zip(*columns, strict=True), 1)],
        classes="explorable-words",
    )
