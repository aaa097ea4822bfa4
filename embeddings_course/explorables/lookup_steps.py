"""An embedding layer to look rows up in, and to train step by step with five optimisers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from embeddings_course._shared.html_table import html_table
from embeddings_course._shared.messages import Message
from embeddings_course.explorables.explorable import Explorable

OPTIMISERS = ("SGD", "SGD with momentum", "SGD with weight decay", "Adam", "SparseAdam")
PREPARED = ([1, 4], [6])  # what two steps look up
RATE, MOMENTUM, DECAY, BETAS, TINY = 0.1, 0.9, 0.1, (0.9, 0.999), 1e-8


def train_rows(weights: Any, steps: Sequence[Sequence[int]], optimiser: str) -> list[np.ndarray]:
    """Return an embedding layer's weights after each step, as torch's optimisers make them.

    The loss is the sum of the squares of all numbers that a step looks up. The learning rate is
    0.1, momentum 0.9 and weight decay 0.1; Adam has its usual settings.

    Parameters
    ----------
    weights : float array [row, dim]
    steps : sequence of sequence of int
        The rows that each step looks up, each once.
    optimiser : str
        One of ``OPTIMISERS``.

    Returns
    -------
    list of float array [row, dim]
    """
    weights = np.array(weights, dtype=np.float64)
    mean, square = np.zeros_like(weights), np.zeros_like(weights)
    found = []
    for number, ids in enumerate(steps, 1):
        asked = np.isin(np.arange(len(weights)), ids)[:, None]  # [row, 1]
        gradient = 2 * weights * asked
        if optimiser.endswith("Adam"):
            for old, new, beta in zip((mean, square), (gradient, gradient**2), BETAS, strict=True):
                changed = beta * old + (1 - beta) * new
                old[:] = np.where(asked | (optimiser == "Adam"), changed, old)
            first, second = (1 - beta**number for beta in BETAS)
            step = mean / first / (np.sqrt(square / second) + TINY)
            step = np.where(asked | (optimiser == "Adam"), step, 0)
        elif optimiser == "SGD with momentum":
            step = mean = MOMENTUM * mean + gradient
        else:
            step = gradient + DECAY * weights * (optimiser == "SGD with weight decay")
        weights = weights - RATE * step
        found.append(weights)
    return found


def lookup_steps(weights: Any, *, caption: str) -> Explorable:
    """Show an embedding layer: rows to look up, the product, and steps of training.

    Parameters
    ----------
    weights : float array [row, dim]
        Seven rows at least.
    caption : str
        What to do and to see.

    Returns
    -------
    Explorable

    Raises
    ------
    ValueError
        If `weights` has another shape, or a number that is not finite.
    """
    weights = np.asarray(weights, dtype=np.float64)
    most = max(max(ids) for ids in PREPARED)
    if weights.ndim != 2 or len(weights) <= most or not np.isfinite(weights).all():
        raise ValueError(
            Message(
                "lookup-weights-shape",
                f"weights must be finite numbers [row, dim] with more than {most} rows; "
                f"their shape is {weights.shape}.",
            )
        )
    rows = []
    for optimiser in OPTIMISERS:
        before, cells = weights, [optimiser]
        for after in train_rows(weights, PREPARED, optimiser):
            moved = np.flatnonzero((after != before).any(axis=1))
            cells.append(", ".join(map(str, moved)))
            before = after
        rows.append(cells)
    heads = ["", *(f"step that looks up {' and '.join(map(str, ids))}" for ids in PREPARED)]
    fallback = html_table("Rows that move", heads, rows, classes="explorable-steps", named=True)
    data = {"weights": weights.tolist(), "optimisers": list(OPTIMISERS), "chosen": PREPARED[0]}
    return Explorable("lookup_steps", caption, fallback, data)
