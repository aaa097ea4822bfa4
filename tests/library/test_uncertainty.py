"""Intervals are about the unit that is drawn, and say so where there is nothing to be sure of."""

import numpy as np
import pytest

from embeddings_course.uncertainty import (
    Interval,
    bootstrap,
    plus_minus,
    resamples,
    standard_error,
)
from helpers.refusals import raises


def test_the_standard_error_is_the_sample_deviation_over_the_root_of_n():
    assert standard_error([1, 2, 3]) == pytest.approx(1 / np.sqrt(3))
    assert standard_error(np.array([True, False])) == pytest.approx(np.sqrt(0.5) / np.sqrt(2))


def test_a_single_value_has_no_error_and_is_shown_without_one():
    with raises(ValueError, "one-value-no-error", "(n = 1)"):
        standard_error([0.7])
    assert plus_minus([0.7]) == "0.70 (n = 1)"


def test_an_error_too_small_for_its_decimals_is_not_shown_as_zero():
    assert plus_minus([0.7, 0.701]) == "0.70 ± <0.01"
    assert plus_minus([1, 1, 1], ".3f") == "1.000 ± <0.001"
    assert plus_minus([0.5, 0.7], "+.2f") == "+0.60 ± 0.10"
    assert plus_minus([12.0, 14.0], ".0f") == "13 ± 1"


def test_an_interval_is_formatted_number_by_number():
    assert f"{Interval(0.5, 0.25, 0.75):+.2f}" == "+0.50 (95 % +0.25 to +0.75)"
    assert str(Interval(0.5, 0.25, 0.75)) == "0.50 (95 % 0.25 to 0.75)"
    assert f"{Interval(0.5, 0.25, 0.75)}" == "0.50 (95 % 0.25 to 0.75)"


def test_each_drawing_has_as_many_units_as_there_are_and_a_seed_repeats_it():
    drawn = resamples(7, draws=50, seed=3)
    assert drawn.shape == (50, 7)
    assert (drawn.sum(axis=1) == 7).all()
    assert np.array_equal(drawn, resamples(7, draws=50, seed=3))
    assert not np.array_equal(drawn, resamples(7, draws=50, seed=4))
    assert drawn.mean(axis=0) == pytest.approx(np.ones(7), abs=0.6)


def test_the_interval_is_that_of_the_normal_law_where_that_holds():
    values = np.random.default_rng(0).normal(size=400)
    mean, low, high = bootstrap(values)
    assert mean == pytest.approx(values.mean())
    assert [low, high] == pytest.approx(
        mean + np.array([-1.96, 1.96]) * standard_error(values), abs=0.01
    )


def test_values_of_one_group_are_drawn_together():
    values = np.random.default_rng(0).normal(size=40)
    alone, copied = bootstrap(values), np.repeat(values, 9)
    # Copies of the same values are no news.
    assert bootstrap(copied, np.repeat(range(40), 9)) == pytest.approx(alone)
    # Taken for independent, they would be.
    many = bootstrap(copied)
    assert many.high - many.low < (alone.high - alone.low) / 2


def test_groups_may_have_names_and_different_sizes():
    values, groups = [1.0, 0.0, 0.0, 1.0, 1.0], ["b", "a", "b", "c", "c"]
    mean, low, high = bootstrap(values, groups, draws=500)
    assert mean == pytest.approx(0.6)
    drawn = resamples(3, draws=500)  # units in the order of their names
    means = (drawn @ [0, 1, 2]) / (drawn @ [1, 2, 2])
    assert (low, high) == pytest.approx(tuple(np.quantile(means, (0.025, 0.975))))


def test_a_paired_difference_is_surer_than_its_parts():
    rng = np.random.default_rng(0)
    hard = rng.normal(size=200)
    mine, other = hard + 0.2 + 0.1 * rng.normal(size=200), hard + 0.1 * rng.normal(size=200)
    alone, paired = (bootstrap(mine), bootstrap(other)), bootstrap(mine - other)
    assert alone[0].low < alone[1].high  # they overlap
    assert paired.low > 0


def test_what_cannot_be_drawn_from_is_refused():
    with raises(ValueError, "units-too-few", 1, 2):
        bootstrap([0.5])
    with raises(ValueError, "units-too-few", 1):
        bootstrap([0.5, 0.7], groups=["one", "one"])
    with raises(ValueError, "groups-mismatch", 2, 3):
        bootstrap([0.5, 0.7], groups=[1, 2, 3])
    with raises(ValueError, "integer-out-of-range", "draws"):
        resamples(5, draws=0)
    for values in ([], np.zeros((2, 2)), 0.5):
        with raises(ValueError, "measurements-wrong-shape"):
            bootstrap(values)
    for call in (standard_error, plus_minus, bootstrap):
        with raises(ValueError, "measurement-not-finite"):
            call([0.5, np.nan])
