"""Counting company: which word stands near which, and vectors from these counts without training.

A table of counts says how often two words stand near each other. Positive pointwise mutual
information (Church and Hanks, 1990, https://aclanthology.org/J90-1003) turns a count into how much
more often than by chance that is. A truncated singular value decomposition of this table gives each
word a short vector (Levy, Goldberg and Dagan, 2015, https://aclanthology.org/Q15-1016).

>>> counts = np.array([[0, 4, 0, 0], [4, 0, 0, 0], [0, 0, 0, 2], [0, 0, 2, 0]])
>>> ppmi(counts, power=1).toarray().round(2).tolist()[0]
[0.0, 1.1, 0.0, 0.0]
>>> svd_vectors(ppmi(counts), 2).shape
(4, 2)
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import svds

from embeddings_course._shared.messages import Message
from embeddings_course._shared.validation import require_integer, require_number
from embeddings_course.data.apidocs import Corpus


def window_counts(text: Corpus, window: int = 5) -> Any:
    """Count which words stand near each other in a text.

    Two words of one piece at most `window` places apart make a pair. Near ones count more: at
    distance ``d`` a pair counts ``1 - (d - 1) / window``, as often as skip-gram draws it when it
    makes each window shorter at random.

    Parameters
    ----------
    text : Corpus
    window : int
        At least 1.

    Returns
    -------
    scipy.sparse.csr_array, float64 [word, word]
        Symmetric.

    Raises
    ------
    ValueError
        If `window` is not an integer of 1 or more.
    """
    require_integer("window", window, 1)
    shape = (len(text.words), len(text.words))
    piece, counts = text.piece, sparse.csr_array(shape)
    for distance in range(1, window + 1):
        first = np.flatnonzero(piece[:-distance] == piece[distance:])
        places = text.ids[first], text.ids[first + distance]
        weight = np.full(len(first), 1 - (distance - 1) / window)
        counts = counts + sparse.coo_array((weight, places), shape=shape).tocsr()
    return counts + counts.T


def ppmi(counts: Any, power: float = 0.75) -> Any:
    """Return how much more often than by chance each pair occurs, as a logarithm, and at least 0.

    With ``n`` the counts, the entry of row ``i`` and column ``j`` is ``log(n_ij / expected)``,
    where ``expected`` is the sum of row ``i`` times the share of ``j`` among all contexts. Pairs
    that occur less often than that, or never, get 0.

    Parameters
    ----------
    counts : array or scipy sparse array [n, m]
        Not negative.
    power : float
        From 0 to 1. The share of a context follows from its sum to this power. Below 1, rare
        contexts weigh less; 0.75 is what negative sampling uses.

    Returns
    -------
    scipy.sparse.csr_array, float64 [n, m]
        Without stored zeros.

    Raises
    ------
    ValueError
        If a count is negative or not finite, all are zero, or `power` is out of range.
    """
    require_number("power", power, 0, 1)
    table = sparse.coo_array(counts, dtype=np.float64)
    if not np.isfinite(table.data).all() or (table.data < 0).any():
        raise ValueError(
            Message("count-not-a-count", "Counts must be finite numbers that are not negative.")
        )
    table.sum_duplicates()
    table.eliminate_zeros()
    if not table.nnz:
        raise ValueError(Message("counts-all-zero", "All counts are zero: nothing was counted."))
    row, column = table.coords
    share = table.sum(axis=0) ** power
    expected = table.sum(axis=1)[row] * share[column] / share.sum()
    information = np.log(np.maximum(table.data / expected, 1))
    found = sparse.csr_array((information, (row, column)), shape=table.shape)
    found.eliminate_zeros()
    return found


def svd_vectors(matrix: Any, dim: int, power: float = 0.5) -> np.ndarray:
    """Return a short vector for each row of a table: its truncated singular value decomposition.

    With ``U S V`` the decomposition, the vectors are ``U S**power``, restricted to the `dim`
    largest singular values. Their signs are fixed: the largest number of each column is positive.

    Parameters
    ----------
    matrix : array or scipy sparse array [n, m]
    dim : int
        How many numbers; at least 1 and below both n and m.
    power : float
        From 0 to 1. With 0.5, rows and columns share the singular values evenly.

    Returns
    -------
    float32 array [n, dim]
        By falling singular value.

    Raises
    ------
    ValueError
        If `dim` or `power` is out of range, or a number of the table is not finite.
    """
    require_number("power", power, 0, 1)
    table = sparse.csr_array(matrix, dtype=np.float64)
    require_integer("dim", dim, 1, min(table.shape) - 1)
    if not np.isfinite(table.data).all():
        raise ValueError(
            Message("table-not-finite", "The table holds a number that is not finite (NaN or inf).")
        )
    # The start decides about no more than the last digits; without one it would be random.
    start = np.random.default_rng(0).random(min(table.shape))
    left, singular, _ = svds(table, k=dim, v0=start)
    order = np.argsort(-singular)
    vectors = left[:, order] * singular[order] ** power
    largest = vectors[np.abs(vectors).argmax(axis=0), np.arange(dim)]
    return (vectors * np.sign(largest)).astype(np.float32)
