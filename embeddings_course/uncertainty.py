"""How sure a number is: standard errors, and bootstrap intervals over the units that vary.

A mean over photographs, questions or seeds would be another one with others of them. How far away
it would be depends on what is taken for the unit: answers about one photograph go together, so the
photographs are drawn, each with all of its answers.

>>> plus_minus([0.81, 0.84, 0.80, 0.86])
'0.83 ± 0.01'
>>> plus_minus([0.81])
'0.81 (n = 1)'
>>> right = np.repeat([1, 1, 0, 1, 0, 1, 1, 0], 5)  # of eight photographs, five answers each
>>> f"{bootstrap(right)}, {bootstrap(right, groups=np.repeat(range(8), 5))}"
'0.62 (95 % 0.47 to 0.75), 0.62 (95 % 0.25 to 0.88)'
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from embeddings_course._shared.messages import Message
from embeddings_course._shared.validation import require_integer


class Interval(NamedTuple):
    """A mean and the interval in which 95 % of the means of other units are expected.

    As a text it says so, with two decimals or in the format that is given, ``f"{interval:+.3f}"``.

    Attributes
    ----------
    mean : float
        Of what was measured.
    low, high : float
        The ends of the interval.
    """

    mean: float
    low: float
    high: float

    def __str__(self) -> str:
        return format(self, "")

    def __format__(self, spec: str) -> str:
        mean, low, high = (format(each, spec or ".2f") for each in self)
        return f"{mean} (95 % {low} to {high})"


def standard_error(values: Sequence[float] | np.ndarray) -> float:
    """Return the standard error of the mean: how far it is expected to be off.

    It is the sample's standard deviation (divided by n - 1) over the root of n. The deviation says
    how far single values lie apart, and stays where it is when more are measured. The standard
    error shrinks.

    Parameters
    ----------
    values : sequence of float, length n
        One for each unit that varies: a seed, a drawing, a question. Of a difference between two
        methods, the differences: one for each unit.

    Raises
    ------
    ValueError
        For fewer than two values, or one that is not finite.
    """
    values = _finite(values)
    if len(values) < 2:
        raise ValueError(
            Message(
                "one-value-no-error",
                "A single value has no standard error: measure at least two units, or show it "
                "as plus_minus does, with (n = 1).",
            )
        )
    return float(values.std(ddof=1) / np.sqrt(len(values)))


def plus_minus(values: Sequence[float] | np.ndarray, spec: str = ".2f") -> str:
    """Return a mean and one standard error of it as a text.

    Parameters
    ----------
    values : sequence of float, length n
        As in ``standard_error``; here, one value is enough.
    spec : str
        How to write the mean, with a fixed number of decimals. The error gets as many.

    Returns
    -------
    str
        ``"0.83 ± 0.01"``; ``"0.81 (n = 1)"`` for one value; ``"0.99 ± <0.01"`` where the error is
        too small for the decimals shown.

    Raises
    ------
    ValueError
        For no values, or one that is not finite.
    """
    values = _finite(values)
    mean = format(values.mean(), spec)
    if len(values) == 1:
        return f"{mean} (n = 1)"
    decimals = len(mean.partition(".")[2])
    error = f"{standard_error(values):.{decimals}f}"
    return f"{mean} ± {error if float(error) else f'<{10**-decimals:.{decimals}f}'}"


def resamples(units: int, *, draws: int = 2000, seed: int = 0) -> np.ndarray:
    """Draw units with replacement, as many as there are, again and again.

    For a bootstrap (Efron, 1979, https://doi.org/10.1214/aos/1176344552) of anything but a mean:
    weigh each unit by how often it was drawn. Means have ``bootstrap``.

    Parameters
    ----------
    units : int
        How many there are, at least two.
    draws : int
        How often to draw.
    seed : int
        Of the drawings. The same seed gives two methods the same drawings.

    Returns
    -------
    int64 array [draws, units]
        How often each unit is in each drawing; rows add up to `units`.

    Raises
    ------
    ValueError
        For fewer than two units, or no drawing.
    """
    require_integer("draws", draws, 1)
    if units < 2:
        raise ValueError(
            Message(
                "units-too-few",
                f"There are {units} units to draw from; a bootstrap needs 2 or more.",
            )
        )
    return np.random.default_rng(seed).multinomial(units, np.full(units, 1 / units), size=draws)


def bootstrap(
    values: Sequence[float] | np.ndarray,
    groups: Sequence[object] | np.ndarray | None = None,
    *,
    draws: int = 2000,
    seed: int = 0,
) -> Interval:
    """Return a mean and its 95 % interval, by drawing its units with replacement.

    The interval holds the middle 95 % of the means of the drawings (Efron, 1979,
    https://doi.org/10.1214/aos/1176344552). It is too narrow below about twenty units, and of
    width zero where all values are equal, which the truth need not be.

    Two methods that were measured on the same units are compared by their differences, one for
    each unit: a paired bootstrap.

    Parameters
    ----------
    values : sequence of float, length n
        What was measured: a score, 0 or 1 for wrong or right, or a difference.
    groups : sequence, length n, optional
        The unit that each value belongs to, such as the photograph that a crop was cut from. Whole
        units are drawn, with all of their values. By default, each value is a unit.
    draws, seed : int
        As in ``resamples``.

    Raises
    ------
    ValueError
        For fewer than two units, groups of another length, or a value that is not finite.
    """
    values = _finite(values)
    unit = np.arange(len(values))
    if groups is not None:
        if len(groups) != len(values):
            raise ValueError(
                Message(
                    "groups-mismatch",
                    f"There are {len(values)} values, but {len(groups)} groups: each value needs "
                    "the unit that it belongs to.",
                )
            )
        unit = np.unique(np.asarray(groups), return_inverse=True)[1]
    sums, sizes = np.bincount(unit, values), np.bincount(unit)
    drawn = resamples(len(sizes), draws=draws, seed=seed)  # [draw, unit]
    low, high = np.quantile((drawn @ sums) / (drawn @ sizes), (0.025, 0.975))
    return Interval(float(values.mean()), float(low), float(high))


def _finite(values: Sequence[float] | np.ndarray) -> np.ndarray:
    values = np.asarray(values, dtype=np.float64)
    if values.ndim != 1 or not len(values):
        raise ValueError(
            Message(
                "measurements-wrong-shape",
                f"Values must be one number for each unit, and not none; these are {values.shape}.",
            )
        )
    if not np.isfinite(values).all():
        raise ValueError(
            Message("measurement-not-finite", "A value is not a finite number (NaN or inf).")
        )
    return values
