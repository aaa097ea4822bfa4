"""Search by words scores as its formula says, and fusion counts places only."""

import doctest

import numpy as np
import pytest

from embeddings_course import text_search
from embeddings_course.text_search import bm25, reciprocal_rank_fusion, tf_idf
from helpers.refusals import raises

PASSAGES = [["a", "cup", "of", "tea"], ["a", "cup", "a", "cup", "cup", "of", "rye"], ["tea"]]


def test_the_example_in_the_docstring_holds():
    assert doctest.testmod(text_search).failed == 0


def test_bm25_is_what_its_formula_gives_by_hand():
    k1, b, mean = 1.2, 0.75, (4 + 7 + 1) / 3

    def by_hand(times, length, found_in):
        idf = np.log(1 + (3 - found_in + 0.5) / (found_in + 0.5))
        return idf * times * (k1 + 1) / (times + k1 * (1 - b + b * length / mean))

    scores = bm25([["cup"], ["tea", "rye"], ["cup", "cup"], ["milk"]], PASSAGES)
    assert scores[0] == pytest.approx([by_hand(1, 4, 2), by_hand(3, 7, 2), 0])
    assert scores[1] == pytest.approx([by_hand(1, 4, 2), by_hand(1, 7, 1), by_hand(1, 1, 2)])
    assert scores[2] == pytest.approx(2 * scores[0])
    assert not scores[3].any()
    assert bm25([["cup"]], PASSAGES, k1=0)[0] == pytest.approx([np.log(1.6)] * 2 + [0])


def test_tf_idf_is_one_for_the_same_text_and_zero_without_a_common_word():
    scores = tf_idf([["tea"], ["milk"]], PASSAGES)
    assert scores[0].argmax() == 2
    assert scores[0, 2] == pytest.approx(1)
    assert not scores[1].any()


def test_fusion_counts_places_and_not_scores():
    one, other = np.array([[9.0, 1.0, 0.5]]), np.array([[0.1, 0.3, 0.2]])
    fused = reciprocal_rank_fusion(one, other)
    by_hand = [1 / 61 + 1 / 63, 1 / 62 + 1 / 61, 1 / 63 + 1 / 62]
    assert fused[0] == pytest.approx(by_hand)
    assert reciprocal_rank_fusion(1000 * one, other) == pytest.approx(fused)
    assert reciprocal_rank_fusion(one, constant=0)[0] == pytest.approx([1, 1 / 2, 1 / 3])


def test_equal_scores_get_the_place_of_their_row():
    assert reciprocal_rank_fusion(np.zeros((1, 3)), constant=0)[0] == pytest.approx([1, 0.5, 1 / 3])


def test_nothing_to_search_or_fuse_is_refused():
    for search in (bm25, tf_idf):
        with raises(ValueError, "nothing-to-search", 0):
            search([], PASSAGES)
        with raises(ValueError, "nothing-to-search", 2):
            search([["cup"]], [[], []])
    with raises(ValueError, "rankings-of-different-items", "(1, 2)", "(1, 3)"):
        reciprocal_rank_fusion(np.zeros((1, 2)), np.zeros((1, 3)))
    with raises(ValueError, "rankings-of-different-items"):
        reciprocal_rank_fusion()
