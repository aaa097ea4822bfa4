"""The scanner log: what the model sees, the truth behind it, and that names give nothing away."""

import doctest
import re
from dataclasses import FrozenInstanceError, fields

import numpy as np
import pytest

from embeddings_course.data import events
from helpers.refusals import raises


@pytest.fixture(scope="module")
def log():
    return events.scanner_log()


def same(first, second, names):
    return [np.array_equal(getattr(first, name), getattr(second, name)) for name in names]


def test_the_log_has_thousands_of_codes_and_a_truth_for_each(log):
    assert len(log.codes) == len(set(log.codes)) == 2400
    assert log.codes == tuple(sorted(log.codes))
    assert all(re.fullmatch(r"[A-Z]\d{2,3}", code) for code in log.codes)
    assert len(log.families) == len(set(log.families)) == 24
    assert len(log.zones) == len(set(log.zones)) == 6
    for array in (log.shifts, log.scanned_in, log.step_family):
        assert array.shape == (2400, 100)
        assert array.dtype == np.int64
    for array in (log.family, log.zone):
        assert array.shape == (2400,)
        assert array.dtype == np.int64
    assert set(log.family.tolist()) == set(range(24))
    assert set(log.zone.tolist()) == set(range(6))
    assert len(log) == 2400


def test_a17_and_a18_behave_alike_and_z93_does_not_on_every_seed():
    for seed in range(5):
        small = events.scanner_log(n_codes=200, n_shifts=100, min_count=0, seed=seed)
        a17, a18, z93 = (small.id_of(code) for code in events.ANCHORS)
        assert small.codes[a17] == "A17"
        assert small.family[a17] == small.family[a18] != small.family[z93]
        assert small.zone[a17] == small.zone[z93] != small.zone[a18]


def test_a_code_that_is_not_in_the_log_is_refused_with_a_sentence(log):
    with raises(ValueError, "event-code-unknown", "'A1'", "2400"):
        log.id_of("A1")
    with raises(ValueError, "event-code-unknown", "'ZZ'"):
        log.id_of("ZZ")


def test_families_follow_each_other_as_the_transition_matrix_says(log):
    counts = np.zeros((24, 24))
    np.add.at(counts, (log.step_family[:, :-1], log.step_family[:, 1:]), 1)
    assert np.abs(counts / counts.sum(axis=1, keepdims=True) - log.transition).max() < 0.02


def test_each_family_has_three_followers_never_itself_and_all_are_visited_equally(log):
    assert np.allclose(np.sort(log.transition, axis=1)[:, -3:], [0.1, 0.3, 0.6])
    assert np.array_equal(np.count_nonzero(log.transition, axis=1), np.full(24, 3))
    assert not log.transition.diagonal().any()
    assert np.allclose(log.transition.sum(axis=0), 1)
    shares = np.bincount(log.step_family.ravel()) / log.step_family.size
    assert np.abs(shares * 24 - 1).max() < 0.05


def test_every_family_can_be_reached_from_every_other():
    for n_families in (4, 5, 24):
        small = events.scanner_log(n_codes=60, n_families=n_families, n_shifts=99, min_count=0)
        steps = np.linalg.matrix_power((small.transition > 0) + np.eye(n_families), n_families)
        assert (steps > 0).all()


def test_codes_are_of_the_family_of_their_step_but_for_the_noise(log):
    # One in 24 of the families drawn by noise is the right one by luck.
    misplaced = (log.family[log.shifts] != log.step_family).mean()
    assert misplaced == pytest.approx(0.1 * 23 / 24, abs=0.003)
    strays = (log.zone[log.shifts] != log.scanned_in).mean()
    assert strays == pytest.approx(0.1 * 5 / 6, abs=0.003)


def test_without_noise_every_step_is_in_its_place():
    clean = events.scanner_log(n_codes=200, n_shifts=100, noise=0)
    assert np.array_equal(clean.family[clean.shifts], clean.step_family)
    assert np.array_equal(clean.zone[clean.shifts], clean.scanned_in)


def test_with_nothing_but_noise_codes_say_nothing():
    noise = events.scanner_log(n_codes=200, n_shifts=600, noise=1)
    assert (noise.family[noise.shifts] == noise.step_family).mean() == pytest.approx(
        1 / 24, abs=0.01
    )
    assert (noise.zone[noise.shifts] == noise.scanned_in).mean() == pytest.approx(1 / 6, abs=0.01)


def test_every_code_occurs_as_often_as_promised(log):
    assert np.bincount(log.shifts.ravel(), minlength=2400).min() >= 10
    small = events.scanner_log(n_codes=100, n_shifts=50, min_count=25)
    assert np.bincount(small.shifts.ravel(), minlength=100).min() >= 25


def test_codes_of_a_family_occur_by_their_popularity(log):
    counts = np.bincount(log.shifts.ravel(), minlength=2400)
    for index in range(24):
        members = log.family == index
        assert log.popularity[members].sum() == pytest.approx(1)
        # Ten places of each code are kept for it; the others follow popularity.
        free = counts[members] - 10
        assert np.abs(free / free.sum() - log.popularity[members]).max() < 0.02


def test_names_say_nothing_about_families_or_zones(log):
    for truth, n_values in ((log.family, 24), (log.zone, 6)):
        neighbours = (truth[:-1] == truth[1:]).mean()
        assert neighbours == pytest.approx(1 / n_values, abs=0.03)
        letters = np.array([ord(code[0]) - ord("A") for code in log.codes])
        table = np.zeros((26, n_values))
        np.add.at(table, (letters, truth), 1)
        expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
        freedom = 25 * (n_values - 1)
        chi_squared = ((table - expected) ** 2 / expected).sum()
        assert abs(chi_squared - freedom) < 4 * np.sqrt(2 * freedom)


def test_zones_say_nothing_about_families(log):
    pairs = np.zeros((24, 6))
    np.add.at(pairs, (log.family, log.zone), 1)
    expected = 2400 / 24 / 6
    chi_squared = ((pairs - expected) ** 2 / expected).sum()
    assert abs(chi_squared - 115) < 4 * np.sqrt(2 * 115)


def test_many_codes_need_three_digits():
    big = events.scanner_log(n_codes=3000, n_shifts=400, min_count=1)
    assert len(set(big.codes)) == 3000
    assert sum(len(code) == 4 for code in big.codes) == 400
    assert big.codes[big.id_of("Z93")] == "Z93"


def test_the_same_seed_gives_the_same_log_and_another_seed_another():
    first, again, other = (events.scanner_log(n_codes=200, n_shifts=50, seed=s) for s in (3, 3, 4))
    names = [field.name for field in fields(events.ScannerLog)]
    assert all(same(first, again, names))
    drawn = ("codes", "shifts", "scanned_in", "family", "zone", "popularity", "transition")
    assert not any(same(first, other, drawn))


def test_the_global_random_state_is_neither_read_nor_changed():
    np.random.seed(1)  # noqa: NPY002
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    first = events.scanner_log(n_codes=200, n_shifts=50)
    assert np.array_equal(before, np.random.get_state()[1])  # noqa: NPY002
    np.random.seed(2)  # noqa: NPY002
    assert np.array_equal(first.shifts, events.scanner_log(n_codes=200, n_shifts=50).shifts)


def test_more_shifts_or_more_noise_leave_the_warehouse_as_it_is():
    small = events.scanner_log(n_codes=200, n_shifts=50)
    large = events.scanner_log(n_codes=200, n_shifts=80, length=60, noise=0.5, min_count=0)
    assert all(same(small, large, ("codes", "family", "zone", "popularity", "transition")))


def test_the_log_cannot_be_changed_by_accident(log):
    with pytest.raises(ValueError, match="read-only"):
        log.family[0] = 1
    with pytest.raises(FrozenInstanceError):
        log.noise = 0.0


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"n_codes": 2}, ("integer-out-of-range", "n_codes", "2", "8", "26000")),
        ({"n_codes": 26001}, ("integer-out-of-range", "n_codes", "26001", "8", "26000")),
        ({"n_codes": 2.5}, ("integer-out-of-range", "n_codes", "2.5")),
        ({"n_codes": 20}, ("event-families-too-many", "n_codes", "20", "24", "48")),
        ({"n_families": 3}, ("integer-out-of-range", "n_families", "3", "4", "24")),
        ({"n_families": 3000}, ("integer-out-of-range", "n_families", "3000", "4", "24")),
        ({"n_families": True}, ("integer-out-of-range", "n_families", "True")),
        ({"n_shifts": 0}, ("integer-out-of-range", "n_shifts", "0", "1")),
        ({"length": 1}, ("integer-out-of-range", "length", "1", "2")),
        ({"noise": -0.1}, ("number-out-of-range", "noise", "-0.1", "0", "1")),
        ({"noise": 1.5}, ("number-out-of-range", "noise", "1.5", "0", "1")),
        ({"noise": float("nan")}, ("number-out-of-range", "noise", "nan", "0", "1")),
        ({"noise": "much"}, ("number-out-of-range", "noise", "'much'", "0", "1")),
        ({"min_count": -1}, ("integer-out-of-range", "min_count", "-1", "0")),
        ({"seed": -1}, ("integer-out-of-range", "seed", "-1", "0")),
        (
            {"n_shifts": 10, "length": 50},
            ("event-log-too-short", "n_shifts", "500", "2400", "10", "min_count"),
        ),
    ],
)
def test_impossible_settings_are_refused_with_a_sentence(settings, message):
    with raises(ValueError, *message):
        events.scanner_log(**settings)


def test_the_smallest_log_there_can_be():
    tiny = events.scanner_log(n_codes=8, n_families=4, n_shifts=1, length=2, min_count=0)
    assert tiny.shifts.shape == (1, 2)
    assert set(events.ANCHORS) <= set(tiny.codes)


def test_stoppages_come_with_windows_outcomes_and_risks(log):
    task = events.stoppages(log, n_train=50, n_test=70, window=8)
    assert task.train.shape == (50, 8)
    assert task.test.shape == (70, 8)
    assert task.train.dtype == task.test.dtype == task.train_stopped.dtype == np.int64
    assert task.train_stopped.shape == task.train_risk.shape == (50,)
    assert task.test_stopped.shape == task.test_risk.shape == (70,)
    assert set(task.test_stopped.tolist()) == {0, 1}
    assert task.severity.shape == (24,)
    assert task.severity.mean() == pytest.approx(0)
    assert task.severity.std() == pytest.approx(1)


def test_a_code_of_a_test_window_never_occurs_in_a_training_window(log):
    task = events.stoppages(log)
    assert not set(task.train.ravel().tolist()) & set(task.test.ravel().tolist())
    mixed = events.stoppages(log, unseen_codes=False)
    assert set(mixed.train.ravel().tolist()) & set(mixed.test.ravel().tolist())


def test_windows_with_unseen_codes_still_show_every_family(log):
    task = events.stoppages(log)
    assert set(log.family[task.train].ravel().tolist()) == set(range(24))
    assert set(log.family[task.test].ravel().tolist()) == set(range(24))


def test_windows_walk_as_the_shifts_do(log):
    task = events.stoppages(log, n_train=20_000)
    before, after = log.family[task.train[:, :-1]], log.family[task.train[:, 1:]]
    counts = np.zeros((24, 24))
    np.add.at(counts, (before, after), 1)
    # A pair of steps is undisturbed with probability 0.9 x 0.9; else any family meets any other.
    expected = 0.81 * log.transition + 0.19 / 24
    assert np.abs(counts / counts.sum(axis=1, keepdims=True) - expected).max() < 0.03


def test_the_line_stops_as_often_as_the_risk_says(log):
    task = events.stoppages(log, n_test=20_000)
    for low in (0.0, 0.2, 0.4, 0.6, 0.8):
        chosen = (task.test_risk >= low) & (task.test_risk < low + 0.2)
        assert task.test_stopped[chosen].mean() == pytest.approx(
            task.test_risk[chosen].mean(), abs=0.03
        )


def test_the_risk_comes_from_the_severities_of_the_families():
    clean = events.scanner_log(n_codes=200, n_shifts=50, noise=0)
    task = events.stoppages(clean, window=9)
    score = task.severity[clean.family[task.test]].sum(axis=1) / 3
    assert np.allclose(task.test_risk, 1 / (1 + np.exp(-3 * score)))


def test_the_same_seed_gives_the_same_stoppages_and_another_seed_others(log):
    first, again, other = (events.stoppages(log, seed=seed) for seed in (1, 1, 2))
    names = [field.name for field in fields(events.Stoppages)]
    assert all(same(first, again, names))
    assert not any(same(first, other, names))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"n_train": 1}, ("integer-out-of-range", "n_train", "1", "2")),
        ({"n_test": 0}, ("integer-out-of-range", "n_test", "0", "2")),
        ({"window": 0}, ("integer-out-of-range", "window", "0", "1")),
        ({"window": 2.0}, ("integer-out-of-range", "window", "2.0")),
        ({"seed": -3}, ("integer-out-of-range", "seed", "-3", "0")),
    ],
)
def test_impossible_stoppages_are_refused_with_a_sentence(log, settings, message):
    with raises(ValueError, *message):
        events.stoppages(log, **settings)


def test_examples_in_the_docstrings_run():
    found = doctest.testmod(events)
    assert found.attempted
    assert not found.failed
