"""Search by words, and rankings fused.

>>> passages = [["a", "filter", "for", "images"], ["an", "image", "of", "a", "cup"]]
>>> bm25([["filter", "images"], ["cup"]], passages).argmax(axis=1)
array([0, 1])
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer

from embeddings_course._shared.messages import Message


def bm25(
    queries: Sequence[Sequence[str]],
    passages: Sequence[Sequence[str]],
    *,
    k1: float = 1.2,
    b: float = 0.75,
) -> np.ndarray:
    """Score passages for queries by the words that they share, rare words counting more.

    BM25 (Robertson and Zaragoza, 2009, https://doi.org/10.1561/1500000019), with the idf of the
    search engine Lucene, which has one added in its logarithm, so that no word counts less than
    nothing.

    Parameters
    ----------
    queries : sequence of lists of words, length n
        A word that no passage has counts nothing.
    passages : sequence of lists of words, length m
        How rare a word is, and how long passages are, is counted here.
    k1 : float
        How much a further occurrence of a word adds; with 0 nothing.
    b : float
        How much a passage's length counts, from 0 to 1.

    Returns
    -------
    float64 array [n, m]
        0 where a query and a passage have no word in common.

    Raises
    ------
    ValueError
        If there are no queries, or no passage has a word.
    """
    counter, count = _counted(queries, passages)  # sparse [passage, word]
    found_in = count.getnnz(axis=0)  # [word], in how many passages
    idf = np.log(1 + (len(passages) - found_in + 0.5) / (found_in + 0.5))
    length = np.asarray(count.sum(axis=1)).ravel()  # [passage]
    damping = k1 * (1 - b + b * length / length.mean())  # [passage]
    count.data *= (k1 + 1) / (count.data + damping.repeat(np.diff(count.indptr)))
    return (counter.transform(queries) @ count.multiply(idf).T).toarray()


def tf_idf(queries: Sequence[Sequence[str]], passages: Sequence[Sequence[str]]) -> np.ndarray:
    """Score passages for queries by the cosine of their TF-IDF vectors, as scikit-learn has them.

    Parameters
    ----------
    queries, passages : sequences of lists of words, lengths n and m
        As for ``bm25``.

    Returns
    -------
    float64 array [n, m]
        From 0, no word in common, to 1.

    Raises
    ------
    ValueError
        As for ``bm25``.
    """
    _counted(queries, passages)
    weights = TfidfVectorizer(analyzer=list, sublinear_tf=True).fit(passages)
    return (weights.transform(queries) @ weights.transform(passages).T).toarray()


def reciprocal_rank_fusion(*scores: np.ndarray, constant: float = 60) -> np.ndarray:
    """Fuse several searches: one over place plus 60, added up over the searches.

    Scores of different kinds need not be comparable, because only places count (Cormack, Clarke and
    Büttcher, 2009, https://doi.org/10.1145/1571941.1572114).

    Parameters
    ----------
    *scores : float arrays [n, m]
        What each search says of each passage; more is better. Of equal scores, as float32, the
        lower row comes first.
    constant : float
        Added to each place. The larger, the less it counts whether a place is the first or third.

    Returns
    -------
    float64 array [n, m]
        Fused scores.

    Raises
    ------
    ValueError
        If there is nothing to fuse, or shapes differ.
    """
    shapes = {np.shape(each) for each in scores}
    if len(shapes) != 1:
        raise ValueError(
            Message(
                "rankings-of-different-items",
                f"Scores of one shape are needed to fuse searches, not {sorted(shapes)}.",
            )
        )
    return np.sum([1 / (constant + _places(each)) for each in scores], axis=0)


def _places(scores: np.ndarray) -> np.ndarray:
    """Return the place of each passage, from 1."""
    order = np.argsort(-np.asarray(scores, np.float32), axis=-1, kind="stable")
    return np.argsort(order, axis=-1, kind="stable") + 1


def _counted(queries: Sequence[Sequence[str]], passages: Sequence[Sequence[str]]) -> tuple:
    if not len(queries) or not any(len(passage) for passage in passages):
        raise ValueError(
            Message(
                "nothing-to-search",
                f"There are {len(queries)} queries, and {sum(map(bool, passages))} of "
                f"{len(passages)} passages have words: at least one of each is needed.",
            )
        )
    counter = CountVectorizer(analyzer=list)
    return counter, counter.fit_transform(passages).astype(float)
