"""Picks of a warehouse: what the model sees, the truth behind it, and splits that leak nothing."""

import doctest
from dataclasses import FrozenInstanceError, fields

import numpy as np
import pytest

from embeddings_course.data import picks
from embeddings_course.data.picks import operator_picks, shuffled, split
from helpers.refusals import raises

SMALL = {"n_operators": 80, "n_products": 60, "n_families": 5, "picked": (12, 25)}


@pytest.fixture(scope="module")
def warehouse():
    return operator_picks()


@pytest.fixture(scope="module")
def parts(warehouse):
    return split(warehouse.pairs, held_out=5)


def same(first, second, names):
    return [np.array_equal(getattr(first, name), getattr(second, name)) for name in names]


def as_set(pairs):
    return {tuple(pair) for pair in np.asarray(pairs).tolist()}


# The simulator


def test_a_warehouse_has_operators_products_families_and_a_truth_for_each(warehouse):
    assert len(warehouse.operators) == len(set(warehouse.operators)) == 600
    assert len(warehouse.products) == len(set(warehouse.products)) == 480
    assert len(warehouse.families) == len(set(warehouse.families)) == 12
    assert warehouse.pairs.dtype == warehouse.family.dtype == np.int64
    assert warehouse.family.shape == warehouse.popularity.shape == (480,)
    assert warehouse.taste.shape == (600, 12)
    assert warehouse.rate.shape == (600, 480)
    assert warehouse.popularity.sum() == pytest.approx(1)
    assert np.allclose(warehouse.taste.sum(axis=1), 1)
    assert np.allclose(warehouse.rate.sum(axis=1), 1)
    assert len(warehouse) == len(warehouse.pairs)
    assert np.array_equal(np.bincount(warehouse.family), np.full(12, 40))


def test_picks_are_a_set_of_as_many_products_an_operator_as_asked_for(warehouse):
    assert len(as_set(warehouse.pairs)) == len(warehouse.pairs)
    counts = np.bincount(warehouse.pairs[:, 0], minlength=600)
    assert counts.min() == 30
    assert counts.max() == 60
    assert counts.mean() == pytest.approx(45, abs=1.5)
    assert np.array_equal(warehouse.pairs, np.unique(warehouse.pairs, axis=0))  # order says nothing


def test_every_product_is_picked_on_many_seeds():
    for seed in range(12):
        assert np.bincount(operator_picks(seed=seed).pairs[:, 1], minlength=480).min() >= 3


def test_the_rate_is_taste_times_popularity_and_noise_goes_by_popularity_alone(warehouse):
    wanted = warehouse.taste[:, warehouse.family] * warehouse.popularity
    wanted /= wanted.sum(axis=1, keepdims=True)
    assert np.allclose(warehouse.rate, 0.9 * wanted + 0.1 * warehouse.popularity)


def test_the_first_order_goes_by_the_rate():
    # With one pick each nothing is left out yet, so picks are plain draws.
    one = operator_picks(
        n_operators=20_000, n_products=12, n_families=3, picked=(1, 1), concentration=1.0
    )
    times = np.bincount(one.pairs[:, 1], minlength=12)
    assert np.abs(times / 20_000 - one.rate.mean(axis=0)).max() < 0.01
    likely = one.rate.argmax(axis=1)
    hit = (one.pairs[:, 1] == likely).mean()
    assert hit == pytest.approx(one.rate.max(axis=1).mean(), abs=0.01)


def test_popular_products_are_picked_more_and_more_so_by_those_with_the_taste(warehouse):
    times = np.bincount(warehouse.pairs[:, 1], minlength=480)
    assert np.corrcoef(np.log(times), np.log(warehouse.popularity))[0, 1] > 0.9
    user, item = warehouse.pairs.T
    share = warehouse.taste[user, warehouse.family[item]].mean()
    assert share > 3 / 12  # at random it would be one in twelve


def test_popularity_is_zipfs_and_has_nothing_to_do_with_families(warehouse):
    ranked = np.sort(warehouse.popularity)[::-1]
    assert np.allclose(ranked, ranked[0] / np.arange(1, 481))
    differences = []
    for seed in range(40):
        some = operator_picks(**SMALL, seed=seed)
        logs = np.log(some.popularity)
        groups = [logs[some.family == n].mean() for n in range(5)]
        differences.append(np.var(groups, ddof=1) / (logs.var(ddof=1) / 12))
    assert np.mean(differences) == pytest.approx(1, abs=0.3)  # as means of 12 drawn at random


def test_names_say_nothing_about_families_or_popularity(warehouse):
    assert warehouse.products == tuple(sorted(warehouse.products))
    assert (warehouse.family[:-1] == warehouse.family[1:]).mean() == pytest.approx(1 / 12, abs=0.05)
    place = np.arange(480)
    assert abs(np.corrcoef(place, np.log(warehouse.popularity))[0, 1]) < 0.15


def test_a_small_concentration_makes_specialists_and_a_large_one_none():
    narrow, wide = (
        operator_picks(**SMALL, concentration=value).taste.max(axis=1).mean()
        for value in (0.05, 50)
    )
    assert narrow > 0.8
    assert wide < 0.3


def test_with_nothing_but_noise_nobody_has_a_taste():
    noise = operator_picks(**SMALL, noise=1.0)
    assert np.allclose(noise.rate, noise.popularity)


def test_more_picks_or_more_noise_leave_the_warehouse_as_it_is():
    first = operator_picks(**SMALL)
    second = operator_picks(**{**SMALL, "picked": (20, 30)}, noise=0.5)
    assert all(same(first, second, ("family", "popularity", "taste")))
    assert len(first) != len(second)


def test_the_same_seed_gives_the_same_picks_and_another_seed_others():
    first, again, other = (operator_picks(**SMALL, seed=seed) for seed in (3, 3, 4))
    assert all(same(first, again, [field.name for field in fields(picks.Picks)]))
    drawn = ("pairs", "family", "popularity", "taste", "rate")
    assert not any(same(first, other, drawn))


def test_the_global_random_state_is_neither_read_nor_changed():
    np.random.seed(1)  # noqa: NPY002
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    first = operator_picks(**SMALL)
    held = split(first.pairs).held_out
    mixed = shuffled(first.pairs)
    assert np.array_equal(before, np.random.get_state()[1])  # noqa: NPY002
    np.random.seed(2)  # noqa: NPY002
    assert np.array_equal(first.pairs, operator_picks(**SMALL).pairs)
    assert np.array_equal(held, split(first.pairs).held_out)
    assert np.array_equal(mixed, shuffled(first.pairs))


def test_picks_and_splits_cannot_be_changed_by_accident(warehouse, parts):
    for array in (warehouse.pairs, warehouse.rate, parts.train, parts.held_out, parts.picked):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0
    with pytest.raises(FrozenInstanceError):
        warehouse.noise = 0.0


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"n_operators": 1}, ("integer-out-of-range", "n_operators", "1", "2")),
        ({"n_operators": 2.5}, ("integer-out-of-range", "n_operators", "2.5", "2")),
        ({"n_products": 3}, ("integer-out-of-range", "n_products", "3", "4")),
        (
            {"n_products": 10},
            ("pick-families-too-many", "n_products", "10", "12", "24"),
        ),
        ({"n_families": 1}, ("integer-out-of-range", "n_families", "1", "2", "12")),
        ({"n_families": 481}, ("integer-out-of-range", "n_families", "481", "2", "12")),
        ({"n_families": True}, ("integer-out-of-range", "n_families", "True", "2", "12")),
        ({"picked": (0, 5)}, ("integer-out-of-range", "0", "1", "240")),
        ({"picked": (9, 5)}, ("integer-out-of-range", "5", "9", "240")),
        ({"picked": (30, 300)}, ("integer-out-of-range", "300", "30", "240")),
        ({"picked": 30}, ("picked-not-two-integers", "picked", "30")),
        ({"picked": (30,)}, ("picked-not-two-integers", "picked", "(30,)")),
        ({"concentration": 0}, ("number-out-of-range", "concentration", "0", "0.001", "1000")),
        ({"zipf": -1}, ("number-out-of-range", "zipf", "-1", "0", "5")),
        ({"noise": -0.1}, ("number-out-of-range", "noise", "-0.1", "0", "1")),
        ({"noise": float("nan")}, ("number-out-of-range", "noise", "nan", "0", "1")),
        ({"noise": "much"}, ("number-out-of-range", "noise", "'much'", "0", "1")),
        ({"noise": True}, ("number-out-of-range", "noise", "True", "0", "1")),
        ({"seed": -1}, ("integer-out-of-range", "seed", "-1", "0")),
    ],
)
def test_impossible_settings_are_refused_with_a_sentence(settings, message):
    with raises(ValueError, *message):
        operator_picks(**settings)


def test_a_product_that_nobody_picked_is_named_and_refused():
    with raises(ValueError, "product-never-picked", "480"):
        operator_picks(n_operators=10)
    with raises(ValueError, "product-never-picked"):
        operator_picks(zipf=4.0)


# Splits


def test_training_and_held_out_picks_are_all_picks_and_none_is_in_both(warehouse, parts):
    held = [(user, item) for user, items in enumerate(parts.held_out) for item in items]
    assert len(held) == 600 * 5
    assert not as_set(parts.train) & as_set(held)
    assert as_set(parts.train) | as_set(held) == as_set(warehouse.pairs)


def test_the_table_of_picks_has_training_picks_and_nothing_else(parts):
    assert parts.picked.dtype == bool
    assert as_set(np.argwhere(parts.picked)) == as_set(parts.train)
    assert not np.take_along_axis(parts.picked, parts.held_out, axis=1).any()


def test_each_operator_and_each_product_keeps_a_training_pick_on_many_seeds():
    some = operator_picks(**SMALL)
    for seed in range(20):
        parts = split(some.pairs, held_out=11, seed=seed)
        assert parts.picked.any(axis=1).all()
        assert parts.picked.any(axis=0).all()
        assert parts.held_out.shape == (80, 11)
        assert (np.diff(parts.held_out, axis=1) > 0).all()


def test_any_pick_of_an_operator_is_as_likely_to_be_held_out_as_another():
    pairs = np.array([(user, item) for user in range(2) for item in range(6)])
    counts = np.zeros((2, 6))
    for seed in range(1200):
        held = split(pairs, held_out=2, seed=seed).held_out
        for user in range(2):
            counts[user, held[user]] += 1
    assert np.abs(counts / 1200 - 1 / 3).max() < 0.06


def test_the_order_of_the_pairs_does_not_decide_who_keeps_what():
    pairs = operator_picks(**SMALL).pairs
    first, other = (split(pairs, seed=seed).held_out for seed in (0, 1))
    assert not np.array_equal(first, other)
    backwards = split(pairs[::-1])
    assert as_set(np.argwhere(backwards.picked)) == as_set(backwards.train)


def test_a_product_with_one_pick_always_stays_in_training():
    # Item 9 has one pick, of user 0. As many picks stay as there are items, so all must fit.
    pairs = np.array([(user, item) for user in range(3) for item in range(9)] + [(0, 9)])
    for seed in range(30):
        parts = split(pairs, held_out=6, seed=seed)
        assert parts.picked[0, 9]
        assert parts.picked.any(axis=0).all()


def test_names_set_the_numbers_of_users_and_items():
    pairs = [(0, 0), (0, 1), (1, 0), (1, 1)]
    parts = split(pairs, held_out=1, users=["Ada", "Bo"], items=["bolt", "nut"])
    assert parts.picked.shape == (2, 2)


@pytest.mark.parametrize(
    ("pairs", "settings", "message"),
    [
        ([], {}, ("pairs-wrong-shape", "[n, 2]", "(0,)")),
        ([(0, 1, 2)], {}, ("pairs-wrong-shape", "(1, 3)")),
        ([(0.0, 1.0)], {}, ("pairs-not-integers", "float64")),
        ([("Ada", "bolt")], {}, ("pairs-not-integers", "np.unique(names, return_inverse=True)")),
        ([(0, 0), (0, -1)], {}, ("pairs-negative-id", "1", "-1", "0")),
        ([(0, 0), (0, 1), (2, 0), (2, 1)], {}, ("pairs-id-without-interaction", "User 1")),
        ([(0, 0), (0, 2)], {}, ("pairs-id-without-interaction", "Item 1")),
        (
            [(0, 0), (0, 1)],
            {"users": ["Ada", "Bo"]},
            ("pairs-id-without-interaction", "'Bo'", "0"),
        ),
        (
            [(0, 0), (0, 1)],
            {"items": ["bolt", "nut", "rod"]},
            ("pairs-id-without-interaction", "'rod'"),
        ),
        (
            [(0, 0), (0, 2)],
            {"items": ["bolt", "nut"]},
            ("pairs-id-without-name", "1", "2"),
        ),
        (
            [(0, 0), (0, 1), (0, 0)],
            {},
            ("pairs-repeated", "0"),
        ),
        (
            [(0, 0), (0, 1), (1, 0)],
            {"held_out": 1},
            ("picks-user-too-small", "1"),
        ),
        (
            [(0, 0), (0, 1), (1, 0), (1, 1), (1, 2)],
            {"held_out": 2, "users": ["Ada", "Bo"]},
            ("picks-user-too-small", "'Ada'", "2"),
        ),
        (
            [(0, 0), (0, 1), (1, 2), (1, 3)],
            {"held_out": 1, "items": ["bolt", "nut", "rod", "cap"]},
            ("picks-item-held-out", "1"),
        ),
        ([(0, 0), (0, 1)], {"held_out": 0}, ("integer-out-of-range", "held_out", "0", "1")),
        ([(0, 0), (0, 1)], {"seed": -1}, ("integer-out-of-range", "seed", "-1", "0")),
    ],
)
def test_ones_own_pairs_are_refused_with_the_user_or_item_named(pairs, settings, message):
    with raises(ValueError, *message):
        split(pairs, **settings)


# The control


def test_shuffling_keeps_every_count_and_nothing_of_who_picked_what(warehouse, parts):
    control = shuffled(parts.train)
    assert len(as_set(control)) == len(control)
    for column in range(2):
        assert np.array_equal(np.bincount(control[:, column]), np.bincount(parts.train[:, column]))
    taste = [
        warehouse.taste[pairs[:, 0], warehouse.family[pairs[:, 1]]].mean()
        for pairs in (parts.train, control)
    ]
    assert taste[0] > 0.2
    assert taste[1] == pytest.approx(1 / 12, abs=0.02)


def test_shuffling_leaves_no_more_of_the_pairs_than_their_counts_explain(parts):
    control = shuffled(parts.train)
    again = shuffled(control, seed=1)
    left, chance = (
        len(as_set(a) & as_set(b)) / len(a) for a, b in ((parts.train, control), (control, again))
    )
    # Two independent shuffles share pairs of popular products; picks share about as many with one.
    assert left == pytest.approx(chance, abs=0.05)


def test_shuffling_checks_pairs_as_a_split_does():
    with raises(ValueError, "pairs-id-without-interaction", "User 1"):
        shuffled([(0, 0), (2, 0)])
    with raises(ValueError, "integer-out-of-range", "seed", "-1"):
        shuffled([(0, 0)], seed=-1)


def test_examples_in_the_docstrings_run():
    found = doctest.testmod(picks)
    assert found.attempted
    assert not found.failed
