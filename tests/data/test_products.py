"""Drawn products: known factors, none of which tells anything about another."""

from itertools import combinations

import numpy as np
import pytest
from scipy.stats import chi2_contingency

from embeddings_course.data import products
from embeddings_course.data.products import COLOURS, KINDS, LINES, TURNS
from helpers.refusals import raises

FACTORS = {"kind": KINDS, "colour": COLOURS, "line": LINES, "turn": TURNS, "damaged": (False, True)}


@pytest.fixture(scope="module")
def many():
    return products.draw(4000, seed=1)


def test_every_factor_takes_all_its_values(many):
    for factor, values in FACTORS.items():
        assert len(np.unique(getattr(many, factor))) == len(values)
    assert abs(many.damaged.mean() - 0.2) < 0.03


@pytest.mark.parametrize(("one", "other"), list(combinations(FACTORS, 2)))
def test_no_factor_tells_anything_about_another(many, one, other):
    table = np.zeros((len(FACTORS[one]), len(FACTORS[other])))
    first, second = getattr(many, one).astype(int), getattr(many, other).astype(int)
    np.add.at(table, (first, second), 1)
    assert chi2_contingency(table).pvalue > 0.001


def test_more_products_change_none_of_those_before():
    few, more = products.draw(40, seed=3), products.draw(300, seed=3)
    for factor in FACTORS:
        assert np.array_equal(getattr(few, factor), getattr(more, factor)[:40])
    assert few.ids == more.ids[:40]
    assert np.array_equal(few.images[:40], more.images[:40])


def test_another_seed_gives_other_products_and_the_same_seed_the_same():
    one, same, other = (products.draw(50, seed=seed) for seed in (0, 0, 1))
    assert np.array_equal(one.images, same.images)
    assert not np.array_equal(one.images, other.images)
    assert not set(one.ids) & set(other.ids)


def test_second_photograph_shows_the_same_product_another_way(many):
    again = products.photograph_again(many, seed=1)
    for factor in ("kind", "colour", "line", "damaged"):
        assert np.array_equal(getattr(many, factor), getattr(again, factor))
    assert again.ids == many.ids
    assert abs((again.turn == many.turn).mean() - 1 / len(TURNS)) < 0.03
    assert not np.array_equal(again.images, many.images)


def test_colour_is_seen_in_the_picture():
    """The mean colour of what is not grey has the hue that the truth names."""
    drawn = products.draw(600, damaged=0, seed=2)
    pixels = drawn.images.reshape(len(drawn), -1, 3).astype(float)
    spread = pixels.max(axis=2) - pixels.min(axis=2)
    weight = (spread > 60)[:, :, None]
    mean = (pixels * weight).sum(axis=1) / weight.sum(axis=1)
    assert (mean[drawn.colour == COLOURS.index("red")].argmax(axis=1) == 0).all()
    assert (mean[drawn.colour == COLOURS.index("green")].argmax(axis=1) == 1).all()
    assert (mean[drawn.colour == COLOURS.index("blue")].argmax(axis=1) == 2).all()


def test_crack_is_all_that_damage_changes():
    sound, broken = (products.draw(60, damaged=share, seed=4) for share in (0, 1))
    assert not sound.damaged.any()
    assert broken.damaged.all()
    differ = (np.abs(sound.images.astype(int) - broken.images) > 3).any(axis=3)  # [n, 32, 32]
    share = differ.mean(axis=(1, 2))
    assert (share > 0.005).all()
    assert (share < 0.2).all()
    assert (broken.images[differ].mean() < sound.images[differ].mean() - 30).all()


def test_receipts_hold_two_products_of_one_line_apart_from_noise(many):
    pairs = products.bought_together(many, n_pairs=5000, noise=0, seed=0)
    assert (many.line[pairs[:, 0]] == many.line[pairs[:, 1]]).all()
    assert (pairs[:, 0] != pairs[:, 1]).all()
    kinds = many.kind[pairs]
    assert abs((kinds[:, 0] == kinds[:, 1]).mean() - 1 / len(KINDS)) < 0.03
    noisy = products.bought_together(many, n_pairs=5000, noise=1, seed=0)
    assert (noisy[:, 0] != noisy[:, 1]).all()
    one_line = (many.line[noisy[:, 0]] == many.line[noisy[:, 1]]).mean()
    assert abs(one_line - 1 / len(LINES)) < 0.03


def test_predictions_name_objectives_of_the_page_that_tests_them():
    assert set(products.predicted_winners().values()) <= {
        "what it is",
        "bought together",
        "same product",
        "redraw it",
    }


def test_arrays_cannot_be_changed_by_accident(many):
    with pytest.raises(ValueError, match="read-only"):
        many.images[0] = 0
    with pytest.raises(ValueError, match="read-only"):
        products.bought_together(many, n_pairs=3)[0] = 0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: products.draw(0), ("integer-out-of-range", "n", "0", "1")),
        (lambda: products.draw(2.5), ("integer-out-of-range", "n", "2.5")),
        (lambda: products.draw(True), ("integer-out-of-range", "n", "True")),
        (lambda: products.draw(5, seed=-1), ("integer-out-of-range", "seed", "-1")),
        (
            lambda: products.draw(5, damaged=1.5),
            ("number-out-of-range", "damaged", "1.5", "0", "1"),
        ),
        (lambda: products.draw(5, damaged=float("nan")), ("number-out-of-range", "damaged", "nan")),
        (
            lambda: products.photograph_again(products.draw(5), seed="x"),
            ("integer-out-of-range", "seed", "'x'"),
        ),
        (
            lambda: products.bought_together(products.draw(90), n_pairs=0),
            ("integer-out-of-range", "n_pairs", "0"),
        ),
        (
            lambda: products.bought_together(products.draw(90), n_pairs=9, noise=-0.1),
            ("number-out-of-range", "noise"),
        ),
        (
            lambda: products.bought_together(products.draw(1), n_pairs=1),
            ("product-line-of-one",),
        ),
    ],
)
def test_impossible_settings_are_refused_with_a_reason(call, message):
    with raises(ValueError, *message):
        call()
