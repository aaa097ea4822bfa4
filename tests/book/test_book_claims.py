"""Claims on real text hold with other libraries than those that happen to be installed."""

import numpy as np
import pytest

from embeddings_course import metrics
from embeddings_course.cooccurrence import ppmi, svd_vectors, window_counts
from embeddings_course.data import apidocs
from embeddings_course.shared_vectors import vectors_from


@pytest.mark.parametrize("left_out", apidocs.LIBRARIES)
def test_training_and_counting_make_neighbours_with_a_library_left_out(left_out):
    libraries = [name for name in apidocs.LIBRARIES if name != left_out]
    text = apidocs.corpus(libraries, min_count=5)
    counted = svd_vectors(ppmi(window_counts(text)), 64)
    counted /= np.maximum(np.linalg.norm(counted, axis=1, keepdims=True), 1e-9)
    index = text.index
    related = apidocs.related_pairs(text.words)
    assert len(related) >= 30
    riddles = apidocs.analogies(text.words)
    assert len(riddles) >= 20
    held = {}
    for name, vectors in {
        "trained": vectors_from("words", libraries=libraries),
        "counted": counted,
    }.items():
        near, chance = (
            [vectors[index[a]] @ vectors[index[b]] for a, b in some]
            for some in (related, apidocs.random_pairs(text))
        )
        assert metrics.auc(near, chance) >= 0.9
        held[name] = 0
        for riddle in riddles:
            a, b, c = (index[word] for word in (riddle.a, riddle.b, riddle.c))
            score = vectors @ (vectors[b] - vectors[a] + vectors[c])
            score[[a, b, c]] = -np.inf
            held[name] += text.words[score.argmax()] == riddle.d
    assert 0 < held["trained"] < held["counted"]  # as on the page: it depends on the vectors


def test_a_text_encoder_beats_chance_by_far_with_a_library_left_out():
    libraries = [name for name in apidocs.LIBRARIES if name != "scipy"]  # the largest
    settings = {"libraries": libraries, "epochs": 4}
    queries, vectors = (vectors_from("text", name, **settings) for name in ("queries", "vectors"))
    assert queries.shape == vectors.shape
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    found = metrics.nearest(queries, vectors, k=10)
    right = metrics.relevance(found, range(len(queries)), range(len(vectors)))
    assert len(vectors) > 400
    assert metrics.recall_at_k(right, 10) > 0.5  # chance is 10 of more than 400
