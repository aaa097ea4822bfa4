"""Metrics are those worked out by hand, and bad input is refused instead of measured."""

import doctest

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from embeddings_course import metrics
from embeddings_course.metrics import (
    ari,
    auc,
    cosines,
    hit_at_k,
    mean_average_precision,
    mean_reciprocal_rank,
    ndcg_at_k,
    nearest,
    nmi,
    pair_auc,
    precision_at_k,
    recall_at_k,
    relevance,
)
from helpers.refusals import raises

RELEVANT = np.array([[1, 0, 1, 0], [0, 1, 0, 0], [0, 0, 0, 0], [0, 0, 0, 1]], dtype=bool)


def test_examples_in_the_docstring_hold():
    assert doctest.testmod(metrics).failed == 0


def test_cosines_are_those_of_the_definition_and_a_zero_vector_has_none():
    a = np.array([[3.0, 4.0], [0.0, 0.0], [-1.0, 0.0]])
    b = np.array([[1.0, 0.0], [0.0, 2.0]])
    assert cosines(a, b) == pytest.approx(np.array([[0.6, 0.8], [0, 0], [-1, 0]]))
    assert cosines(a)[1, 1] == 0
    assert cosines(np.array([[1e-3, 7e5]])).max() <= 1


def test_nearest_comes_first_and_ties_go_to_the_lower_row():
    collection = np.array([[0.0, 1.0], [1.0, 1.0], [2.0, 2.0], [1.0, 0.0]])
    assert nearest(np.array([[1.0, 1.0]]), collection, 4).tolist() == [[1, 2, 0, 3]]
    assert nearest(np.zeros((1, 2)), collection, 3).tolist() == [[0, 1, 2]]
    assert nearest(collection[:2], collection, 1).tolist() == [[0], [1]]


def test_retrieval_metrics_are_those_counted_by_hand():
    assert [hit_at_k(RELEVANT, k) for k in (1, 2, 3, 4)] == [0.25, 0.5, 0.5, 0.75]
    assert [recall_at_k(RELEVANT, k) for k in (1, 2, 3, 4)] == [0.25, 0.5, 0.5, 0.75]
    assert [precision_at_k(RELEVANT, k) for k in (1, 2, 4)] == [0.25, 0.25, 0.25]
    assert mean_reciprocal_rank(RELEVANT) == pytest.approx((1 + 1 / 2 + 0 + 1 / 4) / 4)


def test_metrics_of_rankings_with_several_right_items_are_those_counted_by_hand():
    total = [2, 1, 3, 2]  # of the second query's items one, of the third's none were found
    second, third, fourth = 1 / np.log2(3), 1 / 2, 1 / np.log2(5)
    by_hand = [(1 + third) / (1 + second), second, 0, fourth / (1 + second)]
    assert ndcg_at_k(RELEVANT, 4, total) == pytest.approx(np.mean(by_hand))
    assert ndcg_at_k(RELEVANT, 1, total) == pytest.approx(1 / 4)
    average_precisions = [(1 + 2 / 3) / 2, 1 / 2, 0, (1 / 4) / 2]
    assert mean_average_precision(RELEVANT, total) == pytest.approx(np.mean(average_precisions))


def test_a_perfect_ranking_scores_one_and_one_right_item_gives_the_reciprocal_rank():
    perfect = np.array([[1, 1, 0], [1, 0, 0], [1, 1, 1]], dtype=bool)
    assert ndcg_at_k(perfect, 3, [2, 1, 5]) == 1
    assert mean_average_precision(perfect, [2, 1, 3]) == 1
    one = np.array([[0, 1, 0], [0, 0, 1], [1, 0, 0], [0, 0, 0]], dtype=bool)
    assert mean_average_precision(one, [1] * 4) == mean_reciprocal_rank(one)


def test_how_many_items_are_right_is_checked():
    for metric in (
        lambda total: ndcg_at_k(RELEVANT, 2, total),
        lambda total: mean_average_precision(RELEVANT, total),
    ):
        with raises(ValueError, "totals-mismatch", 4):
            metric([1, 2])
        with raises(ValueError, "totals-mismatch", 4):
            metric([1.0, 2.0, 1.0, 1.0])
        with raises(ValueError, "total-below-found", 0, 2):
            metric([1, 1, 1, 1])
        with raises(ValueError, "total-below-found", 2):
            metric([2, 1, 0, 1])


def test_relevance_compares_labels():
    found = np.array([[0, 2], [1, 0]])
    assert relevance(found, ["a", "b"], ["a", "b", "a"]).tolist() == [[True, True], [True, False]]


def test_auc_counts_ties_half_and_is_the_share_of_ordered_pairs():
    assert auc([2, 3], [1]) == 1
    assert auc([1], [2, 3]) == 0
    assert auc([1, 2, 3], [2]) == pytest.approx((0 + 0.5 + 1) / 3)
    rng = np.random.default_rng(0)
    a, b = rng.normal(0.5, 1, 60).round(1), rng.normal(0, 1, 40).round(1)
    a, b = a.astype(np.float32), b.astype(np.float32)
    counted = (a[:, None] > b).mean() + 0.5 * (a[:, None] == b).mean()
    assert auc(a, b) == pytest.approx(counted)


def test_auc_is_that_of_scikit_learn_with_ties_too():
    rng = np.random.default_rng(0)
    for related, unrelated in ((50, 70), (1, 500), (500, 1)):
        a, b = rng.integers(0, 20, related) / 7, rng.integers(0, 20, unrelated) / 7
        truth = np.repeat([1, 0], [related, unrelated])
        assert auc(a, b) == pytest.approx(roc_auc_score(truth, np.concatenate([a, b])))


def test_pair_auc_takes_each_pair_once_and_no_item_with_itself():
    vectors = np.array([[1.0, 0], [1, 0.2], [0, 1], [1, 0.1]])
    labels = ["a", "a", "b", "b"]
    c = cosines(vectors)
    assert pair_auc(vectors, labels) == auc(
        [c[0, 1], c[2, 3]], [c[0, 2], c[0, 3], c[1, 2], c[1, 3]]
    )


def test_pair_auc_of_random_vectors_is_chance_and_rotation_changes_nothing():
    rng = np.random.default_rng(0)
    vectors, labels = rng.normal(size=(400, 16)), rng.integers(0, 8, 400)
    assert pair_auc(vectors, labels) == pytest.approx(0.5, abs=0.02)
    turned = vectors @ np.linalg.qr(rng.normal(size=(16, 16)))[0]
    assert pair_auc(turned, labels) == pytest.approx(pair_auc(vectors, labels), abs=1e-5)


def test_clusterings_are_compared_without_their_names():
    assert ari([0, 0, 1, 1], ["x", "x", "y", "y"]) == 1
    assert nmi([0, 0, 1, 1], [5, 5, 3, 3]) == pytest.approx(1)
    # Two pairs each, none in common: (0 - 4/6) / (2 - 4/6).
    assert ari([0, 0, 1, 1], [0, 1, 0, 1]) == pytest.approx(-0.5)
    assert nmi([0, 0, 1, 1], [0, 1, 0, 1]) == pytest.approx(0)


NAN = np.array([[1.0, 2.0], [np.nan, 1.0]])
FINE = np.eye(2)


@pytest.mark.parametrize(
    ("call", "complaint"),
    [
        (lambda: cosines(NAN), ("vectors-not-finite", "1", "a")),
        (lambda: cosines(FINE, NAN), ("vectors-not-finite", "1", "b")),
        (lambda: cosines(np.full((2, 2), np.inf)), ("vectors-not-finite", "0", "a")),
        (lambda: cosines(np.zeros((0, 3))), ("vectors-wrong-shape", "(0, 3)")),
        (lambda: cosines(np.zeros(3)), ("vectors-wrong-shape", "[n, d]")),
        (lambda: cosines(np.array([["a"]])), ("vectors-not-numbers",)),
        (lambda: cosines(FINE, np.eye(3)), ("vectors-of-different-spaces", "2", "3")),
        (lambda: nearest(FINE, FINE, 3), ("k-above-collection", "k", "3", "2")),
        (lambda: nearest(FINE, FINE, 0), ("k-above-collection", "1", "2")),
        (lambda: relevance([[0], [1]], ["a"], ["a", "b"]), ("query-labels-mismatch", "2", "1")),
        (lambda: relevance([[0], [2]], ["a", "b"], ["a", "b"]), ("labels-too-few", "2")),
        (
            lambda: relevance(np.zeros((0, 2), int), [], ["a"]),
            ("neighbours-wrong-shape",),
        ),
        (lambda: recall_at_k(RELEVANT, 5), ("k-above-neighbours", "k", "5", "4")),
        (lambda: precision_at_k(RELEVANT, 0), ("k-above-neighbours", "1", "4")),
        (lambda: recall_at_k(RELEVANT.astype(int), 1), ("relevance-wrong-type",)),
        (
            lambda: mean_reciprocal_rank(RELEVANT[:0]),
            ("relevance-wrong-type",),
        ),
        (lambda: auc([], [1]), ("pairs-missing", "related")),
        (lambda: auc([1], [np.nan]), ("pair-score-not-finite", "unrelated")),
        (lambda: pair_auc(FINE, ["a"]), ("labels-mismatch", "2", "1")),
        (lambda: pair_auc(FINE, ["a", "a"]), ("labels-all-alike",)),
        (lambda: pair_auc(FINE, ["a", "b"]), ("labels-all-different",)),
        (lambda: pair_auc(FINE[:1], ["a"]), ("labels-all-alike",)),
        (lambda: ari([], []), ("clusters-mismatch",)),
        (lambda: nmi([1, 2], [1]), ("clusters-mismatch", "2", "1")),
    ],
)
def test_what_cannot_be_measured_is_refused_in_a_sentence(call, complaint):
    with raises(ValueError, *complaint):
        call()
