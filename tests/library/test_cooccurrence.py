"""Counts, PPMI and its SVD are those worked out by hand, and bad input is refused."""

import numpy as np
import pytest
from scipy import sparse

from embeddings_course.cooccurrence import ppmi, svd_vectors, window_counts
from embeddings_course.data.apidocs import Corpus
from helpers.refusals import raises


def text(ids, starts):
    words = tuple("abcdefgh"[: max(ids) + 1])
    return Corpus(
        words=words,
        counts=np.bincount(ids),
        ids=np.array(ids),
        starts=np.array(starts),
        entry=np.zeros(len(starts) - 1, np.int64),
        entries=(),
    )


def test_pairs_are_counted_in_both_directions_near_ones_more_and_never_across_sentences():
    counts = window_counts(text([0, 1, 2, 0, 3], [0, 3, 5]), window=2).toarray()
    expected = np.zeros((4, 4))
    expected[0, 1] = expected[1, 2] = expected[0, 3] = 1
    expected[0, 2] = 1 / 2
    assert np.allclose(counts, expected + expected.T)


def test_a_word_beside_itself_counts_once_from_each_side():
    assert window_counts(text([0, 0, 1], [0, 3]), window=1).toarray()[0, 0] == 2


def test_ppmi_is_the_logarithm_of_observed_over_expected_and_never_below_zero():
    counts = np.array([[8.0, 1.0, 0.0], [1.0, 4.0, 1.0], [0.0, 1.0, 2.0]])
    share = counts.sum(axis=0) ** 0.75
    expected = counts.sum(axis=1)[:, None] * share / share.sum()
    by_hand = np.log(np.maximum(counts / expected, 1))
    assert by_hand.min() == 0
    assert np.allclose(ppmi(counts).toarray(), by_hand)
    assert np.allclose(ppmi(sparse.csr_array(counts)).toarray(), by_hand)
    assert (ppmi(counts).data > 0).all()


def test_where_pairs_occur_as_by_chance_there_is_no_information():
    assert ppmi(np.outer([1, 2, 3], [4, 5, 6]), power=1).nnz == 0


def test_vectors_of_full_width_but_one_give_the_table_back_where_it_has_that_rank():
    rng = np.random.default_rng(0)
    half = rng.random((6, 3))
    table = half @ half.T  # symmetric, of rank 3, no negative eigenvalue
    vectors = svd_vectors(table, 3)
    assert vectors.dtype == np.float32
    assert np.allclose(vectors @ vectors.T, table, atol=1e-5)


def test_singular_values_fall_and_power_zero_leaves_them_out():
    table = np.diag([1.0, 4.0, 9.0, 0.5])
    lengths = np.linalg.norm(svd_vectors(table, 3), axis=0)
    assert lengths == pytest.approx([3, 2, 1])
    assert np.linalg.norm(svd_vectors(table, 3, power=0), axis=0) == pytest.approx([1, 1, 1])


def test_the_same_table_gives_the_same_vectors():
    table = np.random.default_rng(1).random((30, 20))
    assert np.array_equal(svd_vectors(table, 5), svd_vectors(sparse.csr_array(table), 5))


def test_bad_input_is_refused():
    with raises(ValueError, "integer-out-of-range", "window", 0):
        window_counts(text([0, 1], [0, 2]), window=0)
    with raises(ValueError, "count-not-a-count"):
        ppmi([[1, -1], [0, 1]])
    with raises(ValueError, "count-not-a-count"):
        ppmi([[1, np.nan], [0, 1]])
    with raises(ValueError, "counts-all-zero"):
        ppmi(np.zeros((2, 2)))
    with raises(ValueError, "number-out-of-range", "power", 2):
        ppmi(np.ones((2, 2)), power=2)
    with raises(ValueError, "integer-out-of-range", "dim", 3, 2):
        svd_vectors(np.ones((3, 4)), 3)
    with raises(ValueError, "table-not-finite"):
        svd_vectors(np.diag([1, np.inf, 2]), 1)
