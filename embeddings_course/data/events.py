"""The scanner log of a warehouse, simulated: event codes that behave alike, and the truth of it.

A *shift* is a walk over behaviour families: after each family comes one of three others, one of
them usually. Each step emits one of the family's codes, popular ones more often. With probability
``noise`` it is a code of any family instead. Two codes of one family need never meet, but they
have the same neighbours in time.

Every code also has a home zone, drawn apart from its family, and every step notes the zone that
scanned it. So a model that learns what follows what can find the families, and one that learns
where a code is scanned can find the zones. The names of codes tell neither.

Nothing is downloaded or measured: all of it is drawn from ``seed``, and the families, the graph
and the zones have nothing to do with a real warehouse.

>>> log = scanner_log(n_shifts=600)
>>> log.shifts.shape, len(log.codes), len(log.families)
((600, 100), 2400, 24)
>>> a17, a18, z93 = (log.id_of(code) for code in ("A17", "A18", "Z93"))
>>> bool(log.family[a17] == log.family[a18]), bool(log.family[a17] == log.family[z93])
(True, False)
>>> bool(log.zone[a17] == log.zone[a18]), bool(log.zone[a17] == log.zone[z93])
(False, True)
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from string import ascii_uppercase

import numpy as np

from embeddings_course._shared.messages import Message
from embeddings_course._shared.validation import require_integer, require_number

FAMILIES: tuple[str, ...] = (
    "belt start",
    "belt stop",
    "jam",
    "jam cleared",
    "label print",
    "label reprint",
    "weight check",
    "weight mismatch",
    "tote arrival",
    "tote departure",
    "pick confirmed",
    "short pick",
    "put away",
    "replenishment",
    "stock count",
    "damaged item",
    "unreadable barcode",
    "manual entry",
    "sorter divert",
    "sorter miss",
    "door open",
    "door closed",
    "battery low",
    "battery swap",
)
"""Names of the behaviour families. They are labels only: which follows which is drawn."""

ZONES: tuple[str, ...] = ("receiving", "high rack", "picking", "packing", "sorting", "dispatch")
"""Names of the zones."""

FOLLOW: tuple[float, ...] = (0.6, 0.3, 0.1)
"""How often each of a family's followers comes next."""

ANCHORS: tuple[str, ...] = ("A17", "A18", "Z93")
"""Codes that every log has. The first two share the family, the first and the last the zone."""

_TWO_DIGITS = tuple(f"{letter}{n:02d}" for letter in ascii_uppercase for n in range(100))
_THREE_DIGITS = tuple(f"{letter}{n}" for letter in ascii_uppercase for n in range(100, 1000))


@dataclass(frozen=True)
class ScannerLog:
    """Shifts of event codes, and the truth about how they came about.

    Attributes
    ----------
    codes : tuple of str, length n_codes
        Names, a letter and two or three digits, in alphabetical order. A code's id is its place.
    families : tuple of str, length n_families
        Names of the families.
    zones : tuple of str, length 6
        Names of the zones.
    shifts : int64 array [n_shifts, length]
        The log itself: code ids, each row one shift in order of time.
    scanned_in : int64 array [n_shifts, length]
        Zone of the scanner that logged the step: an index into ``zones``.
    family : int64 array [n_codes]
        Truth: the family of each code, an index into ``families``.
    zone : int64 array [n_codes]
        Truth: the home zone of each code, an index into ``zones``.
    popularity : float64 array [n_codes]
        Truth: how often a code stands for its family; sums to 1 over each family.
    step_family : int64 array [n_shifts, length]
        Truth: the family that the walk was in. Where noise struck, the code need not be of it.
    transition : float64 array [n_families, n_families]
        Truth: probability that the column's family follows the row's. Rows and columns sum to 1.
    noise : float
        Truth: the probability of noise.
    """

    codes: tuple[str, ...]
    families: tuple[str, ...]
    zones: tuple[str, ...]
    shifts: np.ndarray
    scanned_in: np.ndarray
    family: np.ndarray
    zone: np.ndarray
    popularity: np.ndarray
    step_family: np.ndarray
    transition: np.ndarray
    noise: float

    def __len__(self) -> int:
        return len(self.shifts)

    def id_of(self, code: str) -> int:
        """Return the id of a code.

        Raises
        ------
        ValueError
            If the log has no such code.
        """
        place = bisect_left(self.codes, code)
        if place == len(self.codes) or self.codes[place] != code:
            raise ValueError(
                Message(
                    "event-code-unknown",
                    f"There is no code {code!r} in this log; it has {len(self.codes)}, "
                    f"from {self.codes[0]} to {self.codes[-1]}.",
                )
            )
        return place


@dataclass(frozen=True)
class Stoppages:
    """Windows of events, each with its outcome, and the truth about both.

    Attributes
    ----------
    train, test : int64 array [n_train, window], [n_test, window]
        Code ids, each row some events in order of time.
    train_stopped, test_stopped : int64 array [n_train], [n_test]
        1 if the line stopped within the next hour, else 0.
    train_risk, test_risk : float64 array [n_train], [n_test]
        Truth: the probability of that stop. No model can rank windows better than this does.
    severity : float64 array [n_families]
        Truth: how much a family contributes to a stop; mean 0, standard deviation 1.
    """

    train: np.ndarray
    train_stopped: np.ndarray
    train_risk: np.ndarray
    test: np.ndarray
    test_stopped: np.ndarray
    test_risk: np.ndarray
    severity: np.ndarray


def scanner_log(
    *,
    n_codes: int = 2400,
    n_families: int = 24,
    n_shifts: int = 2400,
    length: int = 100,
    noise: float = 0.1,
    min_count: int = 10,
    seed: int = 0,
) -> ScannerLog:
    """Simulate the log of a warehouse's scanners.

    Codes are dealt to families at random, as evenly as can be; within a family the popularity of
    the r-th code is proportional to 1/r (Zipf's law). A shift starts in any family and walks along
    ``transition``, in which each family has three followers, comes after three others, and is
    visited as often as any other. A step emits a code of its family; with probability ``noise``,
    of a family drawn at random. Apart from that, a step is scanned in the code's home zone; with
    probability ``noise``, in a zone drawn at random.

    Codes, families, zones, popularity and transitions depend on ``(seed, n_codes, n_families)``
    alone: more shifts, longer ones or more noise change none of them.

    Parameters
    ----------
    n_codes : int
        At least two for each family, at most 26,000.
    n_families : int
        From 4 to 24.
    n_shifts : int
        At least 1.
    length : int
        Steps in a shift, at least 2.
    noise : float
        From 0 to 1. At 1 the codes say nothing about families or zones.
    min_count : int
        Every code occurs at least this often, not negative: that many places of its family are
        kept for it, and popularity decides about the rest.
    seed : int
        Not negative. Another seed gives another warehouse.

    Returns
    -------
    ScannerLog
        The shifts, and the truth about them. Its arrays are read-only.

    Raises
    ------
    ValueError
        For a number out of range, too few codes for the families, or too few steps for
        ``min_count``.
    """
    for name, value, least, most in (
        ("n_families", n_families, 1 + len(FOLLOW), len(FAMILIES)),
        ("n_codes", n_codes, 2 * (1 + len(FOLLOW)), len(_TWO_DIGITS) + len(_THREE_DIGITS)),
        ("n_shifts", n_shifts, 1, None),
        ("length", length, 2, None),
        ("min_count", min_count, 0, None),
        ("seed", seed, 0, None),
    ):
        require_integer(name, value, least, most)
    require_number("noise", noise, 0, 1)
    if n_codes < 2 * n_families:
        raise ValueError(
            Message(
                "event-families-too-many",
                f"n_codes is {n_codes}; {n_families} families of two codes or more need at least "
                f"{2 * n_families}.",
            )
        )

    # One stream for each part of the world, so that the log's size changes none of the others.
    world, walk, emission, scan = (np.random.default_rng([seed, part]) for part in range(4))
    codes = _names(n_codes, world)
    a17, a18, z93 = (codes.index(code) for code in ANCHORS)
    family = _deal(n_codes, n_families, world)
    while family[a17] != family[a18] or family[a17] == family[z93]:
        family = _deal(n_codes, n_families, world)
    zone = _deal(n_codes, len(ZONES), world)
    while zone[a17] == zone[a18] or zone[a17] != zone[z93]:
        zone = _deal(n_codes, len(ZONES), world)
    transition = _draw_transition(n_families, world)
    popularity = np.empty(n_codes)
    for index in range(n_families):
        members = world.permutation(np.flatnonzero(family == index))
        weights = 1 / np.arange(1, 1 + len(members))
        popularity[members] = weights / weights.sum()

    step_family = _walk(transition, n_shifts, length, walk)
    shown = _disturb(step_family, n_families, noise, emission)
    shifts = _emit(shown, family, popularity, min_count, emission)
    scanned_in = _disturb(zone[shifts], len(ZONES), noise, scan)
    for array in (shifts, scanned_in, family, zone, popularity, step_family, transition):
        array.setflags(write=False)
    return ScannerLog(
        codes=codes,
        families=FAMILIES[:n_families],
        zones=ZONES,
        shifts=shifts,
        scanned_in=scanned_in,
        family=family,
        zone=zone,
        popularity=popularity,
        step_family=step_family,
        transition=transition,
        noise=float(noise),
    )


def stoppages(
    log: ScannerLog,
    *,
    n_train: int = 200,
    n_test: int = 2000,
    window: int = 10,
    unseen_codes: bool = True,
    seed: int = 0,
) -> Stoppages:
    """Make a second task on the codes of a log: will the line stop within the next hour?

    Windows are new walks in the same warehouse, none of them part of ``log.shifts``. Each family
    has a severity, drawn from ``seed``; a window's score is the sum of the severities of the
    families it walked through, divided by the square root of ``window``, and the line stops with
    probability 1 / (1 + exp(-3 score)). So about half of the windows end in a stop.

    Parameters
    ----------
    log : ScannerLog
        The warehouse.
    n_train, n_test : int
        Windows with which to train and to test, at least 2 of each.
    window : int
        Events in a window, at least 1.
    unseen_codes : bool
        If true, one half of each family's codes occurs in training windows alone and the other
        half in test windows alone, as if the labels came from another site with other scanners.
        If false, any code can occur in both.
    seed : int
        Not negative. Another seed gives other severities, windows and outcomes.

    Returns
    -------
    Stoppages
        The windows, their outcomes, and the truth about them.

    Raises
    ------
    ValueError
        For a number out of range.
    """
    for name, value, least in (
        ("n_train", n_train, 2),
        ("n_test", n_test, 2),
        ("window", window, 1),
        ("seed", seed, 0),
    ):
        require_integer(name, value, least)
    rng = np.random.default_rng([seed, 4])
    n_families = len(log.families)
    severity = rng.normal(size=n_families)
    severity = (severity - severity.mean()) / severity.std()

    of_train = np.zeros(len(log.codes), bool)
    for index in range(n_families):
        members = rng.permutation(np.flatnonzero(log.family == index))
        of_train[members[: len(members) // 2]] = True
    everywhere = np.ones(len(log.codes), bool)

    sides = []
    for count, allowed in ((n_train, of_train), (n_test, ~of_train)):
        walked = _walk(log.transition, count, window, rng)
        shown = _disturb(walked, n_families, log.noise, rng)
        popularity = log.popularity * (allowed if unseen_codes else everywhere)
        codes = _emit(shown, log.family, popularity, 0, rng)
        risk = 1 / (1 + np.exp(-3 * severity[walked].sum(axis=1) / np.sqrt(window)))
        sides.append((codes, (rng.random(count) < risk).astype(np.int64), risk))
    (train, train_stopped, train_risk), (test, test_stopped, test_risk) = sides
    return Stoppages(
        train=train,
        train_stopped=train_stopped,
        train_risk=train_risk,
        test=test,
        test_stopped=test_stopped,
        test_risk=test_risk,
        severity=severity,
    )


def _names(n_codes: int, rng: np.random.Generator) -> tuple[str, ...]:
    short = [name for name in _TWO_DIGITS if name not in ANCHORS]
    kept = min(n_codes - len(ANCHORS), len(short))
    chosen = [*ANCHORS, *rng.choice(short, kept, replace=False).tolist()]
    chosen += rng.choice(_THREE_DIGITS, n_codes - len(chosen), replace=False).tolist()
    return tuple(sorted(chosen))


def _deal(n_codes: int, n_hands: int, rng: np.random.Generator) -> np.ndarray:
    return rng.permutation(np.arange(n_codes) % n_hands)


def _draw_transition(n_families: int, rng: np.random.Generator) -> np.ndarray:
    # A sum of permutations visits all families equally often; the first one is a single cycle, so
    # that a walk gets everywhere.
    transition = np.zeros((n_families, n_families))
    everyone = np.arange(n_families)
    circle = rng.permutation(n_families)
    follower = np.empty(n_families, np.int64)
    follower[circle] = np.roll(circle, -1)
    for probability in FOLLOW:
        while (follower == everyone).any() or transition[everyone, follower].any():
            follower = rng.permutation(n_families)
        transition[everyone, follower] = probability
    return transition


def _walk(
    transition: np.ndarray, n_walks: int, length: int, rng: np.random.Generator
) -> np.ndarray:
    walks = np.empty((n_walks, length), np.int64)
    walks[:, 0] = rng.integers(len(transition), size=n_walks)
    followers = np.argsort(-transition, axis=1)[:, : len(FOLLOW)]
    for step in range(1, length):
        choice = rng.choice(len(FOLLOW), n_walks, p=FOLLOW)
        walks[:, step] = followers[walks[:, step - 1], choice]
    return walks


def _disturb(
    values: np.ndarray, n_values: int, noise: float, rng: np.random.Generator
) -> np.ndarray:
    struck = rng.random(values.shape) < noise
    return np.where(struck, rng.integers(n_values, size=values.shape), values)


def _emit(
    shown: np.ndarray,
    family: np.ndarray,
    popularity: np.ndarray,
    min_count: int,
    rng: np.random.Generator,
) -> np.ndarray:
    codes = np.empty(shown.shape, np.int64)
    for index in range(family.max() + 1):
        places = shown == index
        members = np.flatnonzero(family == index)
        kept = np.repeat(members, min_count)
        free = np.count_nonzero(places) - len(kept)
        if free < 0:
            raise ValueError(
                Message(
                    "event-log-too-short",
                    f"n_shifts x length is {shown.size} steps, too few for {len(family)} codes to "
                    f"occur {min_count} times each; ask for more steps, fewer codes or a lower "
                    "min_count.",
                )
            )
        weights = popularity[members] / popularity[members].sum()
        drawn = rng.choice(members, free, p=weights)
        codes[places] = rng.permutation(np.concatenate([kept, drawn]))
    return codes
