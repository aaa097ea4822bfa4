"""Where points lie in the plane: two numbers for vectors of many, in one state after the other."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from embeddings_course import metrics
from embeddings_course._shared.messages import Message

METHODS = ("pca", "tsne")

_STEPS = 400  # of the first state's descent
_MORE_STEPS = 900  # of all further ones together, each of which begins where the last has ended,
_LEAST_STEPS = 40  # and of each of them at least
_EXAGGERATED = 1 / 3  # of the first state's, in which pairs pull four times as strongly
_NEIGHBOURS = 10.0  # the perplexity: about how many others pull at a point


def places(states: Sequence[np.ndarray], method: str = "pca") -> np.ndarray:
    """Place the same items in the plane, once for each state of their vectors.

    Lengths of vectors do not count, as they do not for cosines. What follows is comparable from
    state to state: the two axes of a plane have no meaning, so a picture may be turned or mirrored
    freely, and each is turned to lie as closely as it can on the next.

    ``"pca"`` keeps the two directions in which the vectors vary most (Hotelling, 1933), and turns
    each state onto the one after it (orthogonal Procrustes; Schönemann, 1966). ``"tsne"`` keeps
    neighbours together (van der Maaten and Hinton, 2008). There the first state begins at its
    PCA, and each further one where the state before it has ended: so a point moves only as far as
    its vector's neighbours have changed. Clumps can appear in t-SNE where there are none.

    Nothing is drawn at random.

    Parameters
    ----------
    states : sequence of float array [n, d]
        The same n items in each, at least two of them; d may differ.
    method : "pca" or "tsne"
        How to place them.

    Returns
    -------
    float array [state, n, 2]
        Each state fills the square from 0 to 1, along both axes.

    Raises
    ------
    ValueError
        For an unknown method, no state, states with different numbers of vectors, fewer than two
        vectors, or a number that is not finite.
    """
    if method not in METHODS:
        raise ValueError(
            Message(
                "map-method-unknown",
                f"places is {method!r}; it must be 'pca', 'tsne', or arrays [n, 2] of your own.",
            )
        )
    if not len(states):
        raise ValueError(Message("map-without-states", "There is no state to place points in."))
    similar = [metrics.cosines(vectors).astype(np.float64) for vectors in states]
    counts = {len(each) for each in similar}
    if len(counts) > 1:
        raise ValueError(
            Message(
                "map-states-mismatch",
                "All states need vectors of the same items, but their numbers differ: "
                f"{', '.join(str(len(each)) for each in similar)}.",
            )
        )
    if min(counts) < 2:
        raise ValueError(
            Message("map-too-few-points", "A map needs at least 2 points, but there is 1 vector.")
        )
    found = _turned([_pca(each) for each in similar])
    if method == "tsne":
        found = _tsne(similar, found[0])
    return np.stack([filled(each) for each in found])


def filled(points: np.ndarray) -> np.ndarray:
    """Stretch points so that they fill the square from 0 to 1 along both axes."""
    low, high = points.min(axis=0), points.max(axis=0)
    return np.where(high > low, (points - low) / np.where(high > low, high - low, 1), 0.5)


def on_grid(points: np.ndarray, columns: int) -> np.ndarray:
    """Move points to the middles of cells, one to a cell, all together as little as they can.

    The grid is as wide as `columns` cells and three quarters as high. Cells that stay free are the
    gaps between groups.

    Parameters
    ----------
    points : float array [n, 2]
        From 0 to 1. There must be n cells at least.
    columns : int
        Cells in a row.

    Returns
    -------
    float array [n, 2]
    """
    from scipy.optimize import linear_sum_assignment

    rows = rows_of(columns)
    across, down = np.meshgrid((np.arange(columns) + 0.5) / columns, (np.arange(rows) + 0.5) / rows)
    cells = np.column_stack([across.ravel(), down.ravel()])
    far = ((points[:, None] - cells) ** 2).sum(axis=2)  # [n, cell]
    return cells[linear_sum_assignment(far)[1]]


def rows_of(columns: int) -> int:
    """Return how many rows a grid has, in a box of four to three."""
    return max(1, round(0.75 * columns))


def columns_for(n: int) -> int:
    """Return how wide a grid must be for n pictures, with half as many free cells."""
    columns = 1
    while columns * rows_of(columns) < 1.5 * n:
        columns += 1
    return columns


def _pca(cosine: np.ndarray) -> np.ndarray:
    """Return the first two principal components of unit vectors with these dot products."""
    n = len(cosine)
    center = np.eye(n) - 1 / n
    values, vectors = np.linalg.eigh(center @ cosine @ center)
    found = vectors[:, -2:][:, ::-1] * np.sqrt(values[-2:][::-1].clip(0))  # [n, 2]
    furthest = np.abs(found).argmax(axis=0)  # an axis may point either way: let it be positive
    return found * np.where(found[furthest, [0, 1]] < 0, -1, 1)


def _turned(states: list[np.ndarray]) -> list[np.ndarray]:
    """Turn and mirror each state so that it lies as closely as it can on the next one."""
    found = states[-1:]
    for points in states[-2::-1]:
        left, _, right = np.linalg.svd(points.T @ found[0])
        found.insert(0, points @ left @ right)
    return found


def _tsne(similar: list[np.ndarray], points: np.ndarray) -> list[np.ndarray]:
    points = points / (points.std() or 1) * 1e-2
    found = []
    for number, cosine in enumerate(similar):
        pull = _pulls(cosine)
        if number:  # A stronger pull would move what has found its place already.
            points = _descend(points, pull, max(_LEAST_STEPS, _MORE_STEPS // len(similar)))
        else:
            first = round(_EXAGGERATED * _STEPS)
            points = _descend(_descend(points, 4 * pull, first), pull, _STEPS - first)
        found.append(points)
    return found


def _pulls(cosine: np.ndarray) -> np.ndarray:
    """Return how strongly each pair is pulled together; all add up to one.

    A point's neighbours get shares that fall with their distance, as fast as leaves about
    ``_NEIGHBOURS`` of them: that speed is found by halving.
    """
    n = len(cosine)
    distance = np.where(np.eye(n, dtype=bool), np.inf, 1 - cosine)
    wanted = np.log(min(_NEIGHBOURS, (n - 1) / 2 + 0.5))
    low, high = np.full((n, 1), -3.0), np.full((n, 1), 7.0)  # powers of ten
    for _ in range(30):
        middle = (low + high) / 2
        shares = np.exp(-(distance - distance.min(axis=1, keepdims=True)) * 10**middle)
        shares /= shares.sum(axis=1, keepdims=True)
        entropy = -(shares * np.log(shares.clip(1e-300))).sum(axis=1, keepdims=True)
        low, high = (
            np.where(entropy > wanted, middle, low),
            np.where(entropy > wanted, high, middle),
        )
    return (shares + shares.T) / (2 * n)


def _descend(points: np.ndarray, pull: np.ndarray, steps: int) -> np.ndarray:
    """Move points along the gradient of t-SNE: pairs pull, and all points push each other away."""
    points, pull = points.astype(np.float32), pull.astype(np.float32)
    speed, gain = np.zeros_like(points), np.ones_like(points)
    for _ in range(steps):
        squares = (points**2).sum(axis=1)
        near = -2 * points @ points.T  # [n, n]; in place, which takes half the time
        near += squares[:, None] + 1
        near += squares
        np.reciprocal(near, out=near)
        np.fill_diagonal(near, 0)
        force = near * (-1 / near.sum())
        force += pull
        force *= near
        gradient = 4 * (force.sum(axis=1)[:, None] * points - force @ points)
        gain = np.where(speed * gradient < 0, gain + 0.2, gain * 0.8).clip(0.01)
        speed = 0.8 * speed - 50 * gain * gradient
        points = points + speed
    return points - points.mean(axis=0)
