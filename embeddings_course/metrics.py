"""Metrics over embeddings: thin over scikit-learn, strict about what they are given.

All take arrays. Vectors are float ``[n, d]``, one row an item. What is not finite, empty or of the
wrong length is refused with a sentence, because a wrong number looks like a right one.

Zero vectors have no direction. Here their cosine with everything, themselves included, is 0. Among
equally near neighbours the one of the lower row comes first; in an AUC a tie counts half.

>>> vectors = np.array([[1.0, 0.0], [1.0, 0.1], [0.0, 1.0], [0.1, 1.0]])
>>> pair_auc(vectors, ["pick", "pick", "jam", "jam"])
1.0
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score
from sklearn.metrics.pairwise import cosine_similarity

from embeddings_course._shared.messages import Message

# Scores are compared as float32, so that a difference in the last digits, which changes from one
# machine to another, is not taken for one.
_SCORE = np.float32


def cosines(a: np.ndarray, b: np.ndarray | None = None) -> np.ndarray:
    """Return the cosine of each row of `a` with each row of `b`.

    Parameters
    ----------
    a : float array [n, d]
        Vectors.
    b : float array [m, d], optional
        Others. Default: `a`.

    Returns
    -------
    float32 array [n, m]
        From -1 to 1; 0 where a vector is zero.

    Raises
    ------
    ValueError
        If there are no vectors, a number in them is not finite, or their lengths differ.
    """
    a = _vectors(a, "a")
    b = a if b is None else _vectors(b, "b")
    if a.shape[1] != b.shape[1]:
        raise ValueError(
            Message(
                "vectors-of-different-spaces",
                f"Vectors of {a.shape[1]} numbers cannot be compared with vectors of {b.shape[1]}: "
                "both sides must come from the same space.",
            )
        )
    return cosine_similarity(a, b).astype(_SCORE).clip(-1, 1)


def nearest(queries: np.ndarray, collection: np.ndarray, k: int) -> np.ndarray:
    """Find the `k` rows of a collection that are nearest to each query by cosine, exactly.

    Parameters
    ----------
    queries : float array [n, d]
        What to look for. A query that is itself in the collection is found too, usually first.
    collection : float array [m, d]
        Where to look.
    k : int
        How many to return, from 1 to m.

    Returns
    -------
    int64 array [n, k]
        Rows of the collection, nearest first; of equally near ones the lower row first.

    Raises
    ------
    ValueError
        If `k` is below 1 or above m, or as in ``cosines``.
    """
    similar = cosines(queries, collection)
    if not 1 <= k <= similar.shape[1]:
        raise ValueError(
            Message(
                "k-above-collection",
                f"k is {k}, but the collection has {similar.shape[1]} vectors: choose k from 1 to "
                f"{similar.shape[1]}.",
            )
        )
    return np.argsort(-similar, axis=1, kind="stable")[:, :k]


def relevance(
    found: np.ndarray, query_labels: Sequence[object], collection_labels: Sequence[object]
) -> np.ndarray:
    """Say of each neighbour whether it carries the label of its query.

    Parameters
    ----------
    found : int array [n, k]
        Rows of the collection, as ``nearest`` returns them.
    query_labels : sequence, length n
        Labels, or ids, of the queries.
    collection_labels : sequence, length m
        The same of the collection.

    Returns
    -------
    bool array [n, k]
        Input of the metrics below.

    Raises
    ------
    ValueError
        If the lengths do not fit or a row is not in the collection.
    """
    found = np.asarray(found)
    asked, known = np.asarray(query_labels), np.asarray(collection_labels)
    if found.ndim != 2 or 0 in found.shape:
        raise ValueError(
            Message(
                "neighbours-wrong-shape",
                f"Neighbours must be [query, k] and not empty, not {found.shape}.",
            )
        )
    if len(asked) != len(found):
        raise ValueError(
            Message(
                "query-labels-mismatch",
                f"There are {len(found)} queries, but {len(asked)} labels of queries.",
            )
        )
    if found.min() < 0 or found.max() >= len(known):
        raise ValueError(
            Message(
                "labels-too-few",
                f"Row {found.max()} was found, but the collection has {len(known)} labels: one for "
                "each vector is needed.",
            )
        )
    return known[found] == asked[:, None]


def hit_at_k(relevant: np.ndarray, k: int) -> float:
    """Return the share of queries with at least one relevant item among the first `k`.

    Where one item is relevant to each query, this is recall@k. Papers on learned metrics call it
    recall@k wherever they use it (Jegou, Douze and Schmid, 2011,
    https://doi.org/10.1109/TPAMI.2010.57); elsewhere recall is the share of all relevant items that
    were found.

    Parameters
    ----------
    relevant : bool array [n, at least k]
        As ``relevance`` returns it.
    k : int
        How many items to look at.

    Raises
    ------
    ValueError
        If `k` is below 1 or above the number of items given, or `relevant` is not a bool array.
    """
    return float(_first(relevant, k).any(axis=1).mean())


def recall_at_k(relevant: np.ndarray, k: int) -> float:
    """Return the same as ``hit_at_k``, under the name that it has for learned metrics."""
    return hit_at_k(relevant, k)


def precision_at_k(relevant: np.ndarray, k: int) -> float:
    """Return the share of relevant ones among the first `k` neighbours, averaged over queries.

    It cannot reach 1 where fewer than `k` items are relevant. Parameters as in ``hit_at_k``.
    """
    return float(_first(relevant, k).mean())


def mean_reciprocal_rank(relevant: np.ndarray) -> float:
    """Return the mean over queries of one over the place of the first relevant neighbour.

    A query without any among the neighbours given counts 0 (Voorhees, 1999, TREC-8), so the number
    depends on how many were looked at.

    Parameters
    ----------
    relevant : bool array [n, k]
        As ``relevance`` returns it.
    """
    relevant = _relevant(relevant)
    first = relevant.argmax(axis=1) + 1  # [n], places from 1
    return float(np.where(relevant.any(axis=1), 1 / first, 0).mean())


def ndcg_at_k(relevant: np.ndarray, k: int, total: Sequence[int]) -> float:
    """Return the mean over queries of the normalised discounted cumulative gain of the first `k`.

    A relevant item in place p counts 1 / log2(p + 1): all of it in the first place, less further
    down. The sum is divided by that of the best possible ranking, so 1 is perfect (Järvelin and
    Kekäläinen, 2002, https://doi.org/10.1145/582415.582418).

    Parameters
    ----------
    relevant : bool array [n, at least k]
        As ``relevance`` returns it.
    k : int
        How many items to look at.
    total : sequence of int, length n
        How many items of the whole collection are relevant to each query.

    Raises
    ------
    ValueError
        As for ``hit_at_k``, or if `total` has another length or is less than what was found.
    """
    found = _first(relevant, k)
    counts = _total(relevant, total)
    discount = 1 / np.log2(np.arange(k) + 2)  # [k], places from 1
    best = discount.cumsum()[np.minimum(counts, k) - 1]  # [n]
    return float((found @ discount / best).mean())


def mean_average_precision(relevant: np.ndarray, total: Sequence[int]) -> float:
    """Return the mean over queries of the average precision.

    The average precision of a ranking is the precision at the place of each relevant item, averaged
    over all relevant items; one that is not among the items given counts 0 (Voorhees and Harman,
    2005, TREC). With one relevant item per query this is the mean reciprocal rank.

    Parameters
    ----------
    relevant : bool array [n, k]
        As ``relevance`` returns it: rankings of the whole collection, or their first k.
    total : sequence of int, length n
        How many items of the whole collection are relevant to each query.

    Raises
    ------
    ValueError
        If `relevant` is not a bool array, or `total` has another length or is less than what was
        found.
    """
    found = _relevant(relevant)
    counts = _total(found, total)
    precision = found.cumsum(axis=1) / np.arange(1, found.shape[1] + 1)  # [n, k]
    return float(((precision * found).sum(axis=1) / counts).mean())


def auc(related: Sequence[float], unrelated: Sequence[float]) -> float:
    """Return how often a related pair scores higher than an unrelated one; a tie counts half.

    0.5 is chance, 1 means that every related pair is closer than every unrelated one. This is the
    area under the ROC curve (Hanley and McNeil, 1982, https://doi.org/10.1148/radiology.143.1.7063747).

    Parameters
    ----------
    related, unrelated : sequence of float
        Scores of the pairs, such as cosines. Their numbers may differ.

    Raises
    ------
    ValueError
        If one of them is empty or holds a number that is not finite.
    """
    sides = []
    for name, given in (("related", related), ("unrelated", unrelated)):
        scores = np.asarray(given, dtype=_SCORE).ravel()
        if not len(scores):
            raise ValueError(
                Message(
                    "pairs-missing",
                    f"There are no {name} pairs: an AUC compares two sets of pairs.",
                )
            )
        if not np.isfinite(scores).all():
            raise ValueError(
                Message(
                    "pair-score-not-finite", f"A score of the {name} pairs is not a finite number."
                )
            )
        sides.append(scores)
    near, far = map(np.sort, sides)
    # Not sklearn's roc_auc_score, which finds the same in thirty times the time.
    beaten, not_above = (np.searchsorted(far, near, side) for side in ("left", "right"))
    return float((beaten.sum() + not_above.sum()) / (2 * len(near) * len(far)))


def pair_auc(vectors: np.ndarray, labels: Sequence[object]) -> float:
    """Return how often two items of one label are closer than two of different labels.

    Every pair of different items counts once; close is by cosine. Memory grows with n²: 5,000 items
    need about half a gigabyte.

    Parameters
    ----------
    vectors : float array [n, d]
        The items.
    labels : sequence, length n
        What each one is.

    Raises
    ------
    ValueError
        If the lengths do not fit, all labels are the same, no two are, or as in ``cosines``.
    """
    similar = cosines(vectors)
    if len(labels) != len(similar):
        raise ValueError(
            Message(
                "labels-mismatch", f"There are {len(similar)} vectors, but {len(labels)} labels."
            )
        )
    _, numbers = np.unique(np.asarray(labels), return_inverse=True)
    upper = np.triu(np.ones(similar.shape, dtype=bool), k=1)  # each pair once
    same = (numbers[:, None] == numbers)[upper]
    scores = similar[upper]
    if same.all() or not same.any():
        needs = "An AUC over pairs needs pairs of one label and pairs of different labels; here "
        if same.all():
            raise ValueError(Message("labels-all-alike", f"{needs}all labels are the same."))
        raise ValueError(Message("labels-all-different", f"{needs}no two labels are the same."))
    return auc(scores[same], scores[~same])


def ari(labels: Sequence[object], clusters: Sequence[object]) -> float:
    """Return the adjusted Rand index of a clustering against the truth: 1 is equal, 0 is chance.

    (Hubert and Arabie, 1985, https://doi.org/10.1007/BF01908075.) It can be below 0.

    Parameters
    ----------
    labels, clusters : sequence, length n
        The truth and what was found; names of clusters do not matter.

    Raises
    ------
    ValueError
        If they are empty or of different lengths.
    """
    return float(adjusted_rand_score(*_same_length(labels, clusters)))


def nmi(labels: Sequence[object], clusters: Sequence[object]) -> float:
    """Return the normalised mutual information of a clustering and the truth, from 0 to 1.

    It is not adjusted for chance: many small clusters raise it. Parameters and errors as in
    ``ari``.
    """
    return float(normalized_mutual_info_score(*_same_length(labels, clusters)))


def _vectors(vectors: np.ndarray, name: str) -> np.ndarray:
    vectors = np.asarray(vectors)
    if vectors.ndim != 2 or 0 in vectors.shape:
        raise ValueError(
            Message(
                "vectors-wrong-shape",
                f"{name} must be vectors [n, d] and not empty, not {vectors.shape}.",
            )
        )
    try:
        finite = np.isfinite(vectors)
    except TypeError:
        raise ValueError(
            Message("vectors-not-numbers", f"{name} must hold numbers, not {vectors.dtype}.")
        ) from None
    if not finite.all():
        row = int(np.flatnonzero(~finite.all(axis=1))[0])
        raise ValueError(
            Message(
                "vectors-not-finite",
                f"Row {row} of {name} holds a number that is not finite (NaN or inf).",
            )
        )
    return vectors.astype(np.float64)


def _relevant(relevant: np.ndarray) -> np.ndarray:
    relevant = np.asarray(relevant)
    if relevant.ndim != 2 or 0 in relevant.shape or relevant.dtype != bool:
        raise ValueError(
            Message(
                "relevance-wrong-type",
                "Relevance must be a bool array [query, k] that is not empty, as relevance() "
                f"returns it, not {relevant.dtype} {relevant.shape}.",
            )
        )
    return relevant


def _first(relevant: np.ndarray, k: int) -> np.ndarray:
    relevant = _relevant(relevant)
    if not 1 <= k <= relevant.shape[1]:
        raise ValueError(
            Message(
                "k-above-neighbours",
                f"k is {k}, but {relevant.shape[1]} neighbours were looked at: choose k from 1 to "
                f"{relevant.shape[1]}.",
            )
        )
    return relevant[:, :k]


def _total(relevant: np.ndarray, total: Sequence[int]) -> np.ndarray:
    counts = np.asarray(total)
    if counts.shape != (len(relevant),) or counts.dtype.kind not in "iu":
        raise ValueError(
            Message(
                "totals-mismatch",
                f"total must be {len(relevant)} integers, the number of relevant items of each "
                f"query, not {counts.dtype} {counts.shape}.",
            )
        )
    below = np.flatnonzero(counts < np.maximum(np.asarray(relevant).sum(axis=1), 1))
    if len(below):
        row = int(below[0])
        raise ValueError(
            Message(
                "total-below-found",
                f"total says that {counts[row]} items are relevant to query {row}, but it must be "
                f"at least 1, and {int(np.asarray(relevant)[row].sum())} are among those given.",
            )
        )
    return counts


def _same_length(labels: Sequence[object], clusters: Sequence[object]) -> tuple:
    if len(labels) != len(clusters) or not len(labels):
        raise ValueError(
            Message(
                "clusters-mismatch",
                f"There are {len(labels)} labels and {len(clusters)} clusters: both must be one "
                "for each item, and there must be items.",
            )
        )
    return labels, clusters
