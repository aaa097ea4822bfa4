"""Picks of a warehouse, simulated: which operator has picked which product, and the truth of it.

Operators are the users and products the items. Every product belongs to a family and has a
popularity, drawn apart from each other, so that each family has popular products and rare ones.
Every operator has a *taste*: shares of the families that add up to 1, most of them close to
nothing. An order that an operator gets is for a product in proportion to taste x popularity; with
probability ``noise`` it goes by popularity alone, whatever the family.

Noted is only **whether** an operator has picked a product, never how often, and nobody says what
they dislike: this is *implicit feedback*. A pair that is absent is unknown.

Nothing is downloaded or measured: all of it is drawn from ``seed``. The names of operators and
products tell nothing about families.

>>> picks = operator_picks(n_operators=60, n_products=48, n_families=4, picked=(10, 20))
>>> picks.taste.shape, picks.pairs.shape[1], len(picks.products)
((60, 4), 2, 48)
>>> parts = split(picks.pairs, held_out=3)
>>> parts.picked.shape, parts.held_out.shape
((60, 48), (60, 3))
>>> len(parts.train) + parts.held_out.size == len(picks.pairs)
True
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from embeddings_course._shared.messages import Message
from embeddings_course._shared.validation import require_integer, require_number

FAMILIES: tuple[str, ...] = (
    "adhesives",
    "batteries",
    "bearings",
    "cables",
    "fasteners",
    "filters",
    "gloves",
    "hoses",
    "labels",
    "lamps",
    "paints",
    "valves",
)
"""Names of the product families. They are labels only."""


@dataclass(frozen=True)
class Picks:
    """Who has picked what, and the truth about how that came about.

    Attributes
    ----------
    operators : tuple of str, length n_operators
        Names of the users, such as U001. An operator's id is its place.
    products : tuple of str, length n_products
        Names of the items, such as P001. A product's id is its place.
    families : tuple of str, length n_families
        Names of the product families.
    pairs : int64 array [n_pairs, 2]
        The picks: ids of operator and product, each pair once, in order of the ids.
    family : int64 array [n_products]
        Truth: the family of each product, an index into ``families``.
    popularity : float64 array [n_products]
        Truth: the share of a product in all orders if nobody had a taste; sums to 1.
    taste : float64 array [n_operators, n_families]
        Truth: how much an operator works in each family; each row sums to 1.
    rate : float64 array [n_operators, n_products]
        Truth: the probability that an order of this operator is for this product, noise included;
        each row sums to 1. No model can rank an operator's other picks better than this does, but
        by luck.
    noise : float
        Truth: the probability that an order goes by popularity alone.
    """

    operators: tuple[str, ...]
    products: tuple[str, ...]
    families: tuple[str, ...]
    pairs: np.ndarray
    family: np.ndarray
    popularity: np.ndarray
    taste: np.ndarray
    rate: np.ndarray
    noise: float

    def __len__(self) -> int:
        return len(self.pairs)


@dataclass(frozen=True)
class Split:
    """Interactions to train with, and some of each user held out.

    Attributes
    ----------
    train : int64 array [n_train, 2]
        Ids of user and item. Each user and each item occurs at least once.
    held_out : int64 array [n_users, k]
        Items of each user that are kept from training, by rising id.
    picked : bool array [n_users, n_items]
        Whether the pair is one to train with. Held-out pairs are False, as unknown ones are.
    """

    train: np.ndarray
    held_out: np.ndarray
    picked: np.ndarray


def operator_picks(
    *,
    n_operators: int = 600,
    n_products: int = 480,
    n_families: int = 12,
    picked: tuple[int, int] = (30, 60),
    concentration: float = 0.2,
    zipf: float = 1.0,
    noise: float = 0.1,
    seed: int = 0,
) -> Picks:
    """Simulate which operators of a warehouse have picked which products.

    Products are dealt to families at random, as evenly as can be. The popularity of the r-th
    product of all is proportional to 1/r^zipf, and the ranks are drawn apart from the families. A
    taste is drawn from a symmetric Dirichlet distribution. An operator gets one order after the
    other, for products that are not picked yet, until the number of different products is reached.

    Families, popularity and tastes depend on ``(seed, n_operators, n_products, n_families)``,
    ``concentration`` and ``zipf`` alone: more picks or more noise change none of them.

    Parameters
    ----------
    n_operators : int
        At least 2.
    n_products : int
        At least 4, and two for each family.
    n_families : int
        From 2 to 12.
    picked : two int
        The fewest and the most different products an operator has picked; every number between
        them is equally likely. At least 1, and at most half of the products: who has picked nearly
        all has no taste left to see.
    concentration : float
        Above 0. Small: each operator works in one family or two; large: all in all families alike.
    zipf : float
        Not negative. At 0 all products are equally popular.
    noise : float
        From 0 to 1. At 1 nobody has a taste, and popularity is all there is.
    seed : int
        Not negative. Another seed gives another warehouse.

    Returns
    -------
    Picks
        The pairs, and the truth about them. Its arrays are read-only.

    Raises
    ------
    ValueError
        For a number out of range, for fewer than two products a family, or if a product was
        picked by nobody.
    """
    for name, value, least, most in (
        ("n_operators", n_operators, 2, None),
        ("n_families", n_families, 2, len(FAMILIES)),
        ("n_products", n_products, 4, None),
        ("seed", seed, 0, None),
    ):
        require_integer(name, value, least, most)
    if n_products < 2 * n_families:
        raise ValueError(
            Message(
                "pick-families-too-many",
                f"n_products is {n_products}; {n_families} families of two products or more need "
                f"at least {2 * n_families}.",
            )
        )
    for name, share, low, high in (
        ("concentration", concentration, 1e-3, 1e3),
        ("zipf", zipf, 0, 5),
        ("noise", noise, 0, 1),
    ):
        require_number(name, share, low, high)
    fewest, most = _fewest_and_most(picked, n_products)

    # One stream for the world and one for the orders, so that these do not change it.
    world, orders = (np.random.default_rng([seed, part]) for part in range(2))
    family = world.permutation(np.arange(n_products) % n_families)
    popularity = world.permutation(np.arange(1, 1 + n_products) ** -float(zipf))
    popularity /= popularity.sum()
    taste = world.dirichlet(np.full(n_families, float(concentration)), n_operators)

    wanted = taste[:, family] * popularity  # [operator, product]
    wanted /= wanted.sum(axis=1, keepdims=True)
    rate = (1 - noise) * wanted + noise * popularity
    # The k highest of log(rate) + Gumbel noise are k draws one after the other without putting
    # back (Yellott, 1977).
    with np.errstate(divide="ignore"):
        keys = np.log(rate) + orders.gumbel(size=rate.shape)
    ranks = (-keys).argsort(axis=1).argsort(axis=1)
    counts = orders.integers(fewest, most, endpoint=True, size=n_operators)
    pairs = np.argwhere(ranks < counts[:, None]).astype(np.int64)

    products = _names("P", n_products)
    times = np.bincount(pairs[:, 1], minlength=n_products)
    if not times.all():
        raise ValueError(
            Message(
                "product-never-picked",
                f"Nobody has picked product {products[int(times.argmin())]}, and "
                f"{(times == 0).sum()} "
                f"of {n_products} are like it; ask for more operators or picks, fewer products, "
                "or a lower zipf.",
            )
        )
    return Picks(
        operators=_names("U", n_operators),
        products=products,
        families=FAMILIES[:n_families],
        **_read_only(pairs=pairs, family=family, popularity=popularity, taste=taste, rate=rate),
        noise=float(noise),
    )


def split(
    pairs: np.ndarray,
    *,
    held_out: int = 5,
    users: Sequence[str] | None = None,
    items: Sequence[str] | None = None,
    seed: int = 0,
) -> Split:
    """Hold out some interactions of each user, drawn at random; each item stays in training.

    Every set of a user's interactions is equally likely to be held out, with one exception: an item
    that would have none left to train with gets one back, and another interaction of that user is
    held out in its place, drawn at random too.

    Parameters
    ----------
    pairs : int array [n, 2]
        Ids of user and item, both counted from 0; each pair once. Your own, or ``Picks.pairs``.
    held_out : int
        How many to hold out for each user, at least 1. Every user must have more than these.
    users, items : sequence of str, optional
        Names by id: they say how many there are, and errors use them. Default: as many as the
        highest id says.
    seed : int
        Not negative. Another seed holds out others.

    Returns
    -------
    Split
        Its arrays are read-only.

    Raises
    ------
    ValueError
        If the pairs are not ids ``[n, 2]``, one is there twice or has no name; if a user or an item
        has no interaction, or a user too few; if items cannot all stay in training.
    """
    require_integer("held_out", held_out, 1)
    require_integer("seed", seed, 0)
    pairs = _checked(pairs, users, items)
    user, item = pairs.T
    counts = np.bincount(user)
    few = int(counts.argmin())
    if counts[few] <= held_out:
        raise ValueError(
            Message(
                "picks-user-too-small",
                f"{_called('user', few, users)} has {_times(counts[few])}, too few to hold out "
                f"{held_out} and train with another; hold out fewer, or leave out such users.",
            )
        )
    rng = np.random.default_rng([seed, 2])
    order = np.lexsort((rng.random(len(pairs)), user))  # by user, at random within each
    place = np.arange(len(pairs)) - np.repeat(np.cumsum(counts) - counts, counts)
    held = np.zeros(len(pairs), bool)
    held[order[place < held_out]] = True

    left = np.bincount(item[~held], minlength=item.max() + 1)
    for lost in np.flatnonzero(left == 0):
        exchanges = _exchanges(int(lost), user, item, held, left, rng)
        if not exchanges:
            alone = _called("item", int(lost), items)
            raise ValueError(
                Message(
                    "picks-item-held-out",
                    f"{alone} cannot have an interaction left to train with if all other items "
                    f"have one and {held_out} are held out for each user; hold out fewer, or leave "
                    "out items with few interactions.",
                )
            )
        for back, out in exchanges:
            held[back], held[out] = False, True
            left[item[back]] += 1
            left[item[out]] -= 1
    rows = np.lexsort((item, user))
    kept = rows[held[rows]]
    picked = np.zeros((len(counts), len(left)), bool)
    picked[user[~held], item[~held]] = True
    arrays = _read_only(
        train=pairs[~held], held_out=item[kept].reshape(len(counts), held_out), picked=picked
    )
    return Split(**arrays)


def shuffled(pairs: np.ndarray, *, seed: int = 0) -> np.ndarray:
    """Shuffle who has picked what: a control in which popularity is left and taste is gone.

    Every user keeps the number of interactions, and every item too; no pair is there twice. Pairs
    of interactions exchange their items, at random, about twenty times for each interaction.

    Parameters
    ----------
    pairs : int array [n, 2]
        Ids of user and item, both counted from 0; each pair once.
    seed : int
        Not negative.

    Returns
    -------
    int64 array [n, 2]
        Others, in the same order of users.

    Raises
    ------
    ValueError
        As in ``split``.
    """
    require_integer("seed", seed, 0)
    pairs = _checked(pairs, None, None).copy()
    rng = np.random.default_rng([seed, 3])
    user, item = pairs[:, 0], pairs[:, 1]
    there = np.zeros((user.max() + 1, item.max() + 1), bool)
    there[user, item] = True
    for _ in range(40):  # in each round every interaction is in at most one exchange
        order = rng.permutation(len(pairs))
        first, second = order[: len(order) // 2], order[len(order) - len(order) // 2 :]
        free = ~there[user[first], item[second]] & ~there[user[second], item[first]]
        first, second = first[free], second[free]
        # Two exchanges of one round may want the same pair; only one of them gets it.
        wanted = np.concatenate([user[first], user[second]]) * there.shape[1]
        wanted += np.concatenate([item[second], item[first]])
        _, where, times = np.unique(wanted, return_inverse=True, return_counts=True)
        alone = (times[where] == 1).reshape(2, -1).all(axis=0)
        first, second = first[alone], second[alone]
        there[user[first], item[first]] = there[user[second], item[second]] = False
        item[first], item[second] = item[second], item[first].copy()
        there[user[first], item[first]] = there[user[second], item[second]] = True
    return pairs


def _exchanges(
    lost: int,
    user: np.ndarray,
    item: np.ndarray,
    held: np.ndarray,
    left: np.ndarray,
    rng: np.random.Generator,
) -> list[tuple[int, int]]:
    """Return which rows to take back and which to hold out instead, so that `lost` is in training.

    What is held out instead can be the last one of its item, which then needs an exchange as well.
    The shortest chain is found, breadth first, if there is any: none means that it cannot be done.
    """
    came: dict[int, tuple[int, int]] = {}
    queue = [lost]
    for wanted in queue:
        for back in rng.permutation(np.flatnonzero((item == wanted) & held)):
            for out in rng.permutation(np.flatnonzero((user == user[back]) & ~held)):
                other = int(item[out])
                if other == lost or other in came:
                    continue
                came[other] = (int(back), int(out))
                if left[other] > 1:
                    chain = []
                    while other != lost:
                        chain.append(came[other])
                        other = int(item[came[other][0]])
                    return chain
                queue.append(other)
    return []


def _fewest_and_most(picked: tuple[int, int], n_products: int) -> tuple[int, int]:
    if isinstance(picked, tuple | list) and len(picked) == 2:
        fewest, most = picked
        require_integer("the fewest picks", fewest, 1, n_products // 2)
        require_integer("the most picks", most, fewest, n_products // 2)
        return fewest, most
    raise ValueError(
        Message(
            "picked-not-two-integers",
            f"picked is {picked!r}; it must be two integers, the fewest and the most.",
        )
    )


def _names(letter: str, count: int) -> tuple[str, ...]:
    digits = max(3, len(str(count)))
    return tuple(f"{letter}{number:0{digits}d}" for number in range(1, 1 + count))


def _read_only(**arrays: np.ndarray) -> dict[str, np.ndarray]:
    for array in arrays.values():
        array.setflags(write=False)
    return arrays


def _called(kind: str, id: int, names: Sequence[str] | None) -> str:
    return f"{kind.capitalize()} {id if names is None else repr(str(names[id]))}"


def _times(count: int) -> str:
    return "1 interaction" if count == 1 else f"{count} interactions"


def _checked(
    pairs: np.ndarray, users: Sequence[str] | None, items: Sequence[str] | None
) -> np.ndarray:
    """Return the pairs as int64, or say what is wrong with them."""
    pairs = np.asarray(pairs)
    if pairs.ndim != 2 or pairs.shape[1] != 2 or not len(pairs):
        raise ValueError(
            Message(
                "pairs-wrong-shape",
                f"Pairs must be [n, 2], a user and an item each, and not empty, not {pairs.shape}.",
            )
        )
    if not np.issubdtype(pairs.dtype, np.integer):
        raise ValueError(
            Message(
                "pairs-not-integers",
                f"Pairs must be integers, ids that count from 0, not {pairs.dtype}; "
                "np.unique(names, return_inverse=True) makes ids of names.",
            )
        )
    if pairs.min() < 0:
        row = int(np.flatnonzero((pairs < 0).any(axis=1))[0])
        raise ValueError(
            Message(
                "pairs-negative-id",
                f"Row {row} of the pairs has the id {pairs[row].min()}; ids must count from 0.",
            )
        )
    pairs = pairs.astype(np.int64)
    for column, kind, names in ((0, "user", users), (1, "item", items)):
        ids = pairs[:, column]
        if names is not None and ids.max() >= len(names):
            row = int(ids.argmax())
            raise ValueError(
                Message(
                    "pairs-id-without-name",
                    f"Row {row} of the pairs has the {kind} {ids[row]}, but there are {len(names)} "
                    f"names of {kind}s: one for each id is needed.",
                )
            )
        times = np.bincount(ids, minlength=0 if names is None else len(names))
        if not times.all():
            raise ValueError(
                Message(
                    "pairs-id-without-interaction",
                    f"{_called(kind, int(times.argmin()), names)} has no interaction, so there is "
                    f"nothing to learn about it; leave such {kind}s out and count ids again from "
                    f"0.",
                )
            )
    unique, first, counts = np.unique(pairs, axis=0, return_index=True, return_counts=True)
    if len(unique) < len(pairs):
        twice = pairs[first[counts > 1].min()]
        raise ValueError(
            Message(
                "pairs-repeated",
                f"{_called('user', twice[0], users)} and "
                f"{_called('item', twice[1], items).lower()} "
                "are paired more than once; what counts is whether, not how often: "
                "np.unique(pairs, axis=0) drops the repeats.",
            )
        )
    return pairs
