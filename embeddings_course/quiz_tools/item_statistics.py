"""What scores say about a question or an exercise, and from where on it deserves a look.

Quizzes (:mod:`embeddings_course.quiz_tools.item_analysis`) and the report of a graded class both
use it.
"""

from __future__ import annotations

import math

import numpy as np

# The share of persons in the upper and in the lower group.
GROUP = 0.27
# Pearson's correlation of two persons is 1 or -1 whatever they answered.
ENOUGH_TO_CORRELATE = 3
# With fewer records all numbers of a report say little.
FEW_RECORDS = 10
NEARLY_ALL_RIGHT = 0.95
# For questions at which nobody can guess well; single choices have their chance.
NEARLY_NONE_RIGHT = 0.1
NEAR_ZERO = 0.1
# Scores that differ by less are the same.
SAME = 1e-9


def item_rest_correlation(scores: np.ndarray, rest: np.ndarray) -> tuple[float | None, str]:
    """Correlate the scores on a question with those on the rest of the quiz.

    Parameters
    ----------
    scores, rest : float array [n]
        Of the same persons: on the question, and summed over all others.

    Returns
    -------
    float or None, str
        Pearson's correlation, or None and why it is not defined.
    """
    if len(scores) < ENOUGH_TO_CORRELATE:
        return None, f"fewer than {ENOUGH_TO_CORRELATE} answers"
    # Sums of thirds differ in their last digits, and such a difference is none.
    if np.ptp(scores) < SAME:
        return None, "everybody has the same score on it"
    if np.ptp(rest) < SAME:
        return None, "everybody has the same score on the rest"
    return float(np.corrcoef(scores, rest)[0, 1]), ""


def upper_lower_index(scores: np.ndarray, totals: np.ndarray) -> float | None:
    """Compute D: the mean score of the upper 27 % less that of the lower 27 %.

    Groups have 27 % of the persons, rounded, and one at least. Where persons share the total at a
    group's border, each of them enters with the same fraction of a person.

    Parameters
    ----------
    scores : float array [n]
        On the question.
    totals : float array [n]
        By which persons are ranked.

    Returns
    -------
    float or None
        From -1 to 1; None with fewer than 3 persons, or if all have the same total.
    """
    if len(scores) < ENOUGH_TO_CORRELATE or np.ptp(totals) < SAME:
        return None
    size = max(1, math.floor(GROUP * len(scores) + 0.5))
    totals = np.round(totals / SAME)
    upper, lower = _group(totals, size), _group(-totals, size)
    return float((upper - lower) @ scores / size)


def _group(totals: np.ndarray, size: int) -> np.ndarray:
    """Return by how much each person is in the group of the highest totals: [n], sum `size`."""
    border = np.sort(totals)[-size]
    above, at = totals > border, totals == border
    return above + at * (size - above.sum()) / at.sum()


def is_easy(mean: float) -> bool:
    """Say whether nearly everybody is right, or has all points."""
    return mean > NEARLY_ALL_RIGHT


def is_hard(mean: float, least: float = NEARLY_NONE_RIGHT) -> bool:
    """Say whether nearly nobody is right; ``least`` is what blind guessing earns, if it earns."""
    return mean < least


def meaning_of(correlation: float | None, *, extreme: bool) -> str:
    """Say what an item-rest correlation means that deserves a look; nothing of any other.

    Parameters
    ----------
    correlation : float or None
        From -1 to 1; None where it is not defined.
    extreme : bool
        Whether the question is so easy or so hard that it cannot correlate with anything.
    """
    if correlation is None or correlation >= NEAR_ZERO or (correlation >= 0 and extreme):
        return ""
    if correlation < 0:
        return "those who do well on the rest do worse here"
    return "it has nothing to do with the rest"


def moved_by_chance(count: int) -> float:
    """Return how far chance alone moves a correlation of so many pairs, 19 times of 20."""
    return 1.96 / math.sqrt(count)


def chance_in_words(count: int, what: str) -> str:
    """Say how far chance alone moves a correlation; ``what`` there is ``count`` of."""
    return (
        f"with {count} {what} chance alone moves it by about {moved_by_chance(count):.2f} either "
        "way"
    )
