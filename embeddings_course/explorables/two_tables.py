"""Two tables of vectors whose dot products stay, while their axes are turned and stretched."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np

from embeddings_course._shared.html_table import html_table
from embeddings_course._shared.messages import Message
from embeddings_course.explorables.explorable import Explorable

PREPARED = ((0, 1), (40, 1), (40, 4))  # degrees, stretch


def transformed(u: Any, v: Any, angle: float, stretch: float) -> tuple[np.ndarray, np.ndarray]:
    """Return both tables after their axes were turned, and the first one stretched for `u`.

    With ``A`` the map, ``u`` is multiplied by ``A`` and ``v`` by its transposed inverse, so all dot
    products of a row of ``u`` and one of ``v`` stay.

    Parameters
    ----------
    u, v : float array [n, 2], [m, 2]
    angle : float
        In degrees.
    stretch : float
        Of the first axis; above 0.

    Returns
    -------
    tuple of float array [n, 2], [m, 2]
    """
    turn = np.radians(angle)
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    return u @ rotation * [stretch, 1], v @ rotation / [stretch, 1]


def pair_loss(u: Any, v: Any, real: Any, made_up: Any) -> float:
    """Return the loss of skip-gram on some words and contexts.

    Parameters
    ----------
    u, v : float array [n, d], [m, d]
    real, made_up : float array [n, m]
        How often each pair is real, and how often it is made up.
    """
    score = u @ v.T
    return float((real * np.logaddexp(0, -score) + made_up * np.logaddexp(0, score)).sum())


def two_tables(
    u: Any,
    v: Any,
    *,
    names: Sequence[str],
    contexts: Sequence[str],
    real: Any,
    made_up: Any,
    caption: str,
) -> Explorable:
    """Show two tables of two numbers per row, with axes to turn and to stretch.

    Parameters
    ----------
    u, v : float array [n, 2], [m, 2]
        Vectors of words, and of contexts. Three decimals are kept.
    names, contexts : sequence of str
        What the rows are called; two of each at least.
    real, made_up : float array [n, m]
        How often each pair is real, and how often it is made up: for the loss.
    caption : str
        What to do and to see.

    Returns
    -------
    Explorable

    Raises
    ------
    ValueError
        If shapes do not fit, or a number is not finite.
    """
    u, v = (np.round(np.asarray(each, dtype=np.float64), 3) for each in (u, v))
    real, made_up = (np.asarray(each, dtype=np.float64) for each in (real, made_up))
    n, m = len(names), len(contexts)
    shapes = u.shape, v.shape, real.shape, made_up.shape
    if min(n, m) < 2 or shapes != ((n, 2), (m, 2), (n, m), (n, m)):
        raise ValueError(
            Message(
                "two-tables-mismatch",
                f"{n} names and {m} contexts, two or more of each, need arrays [{n}, 2], "
                f"[{m}, 2], [{n}, {m}] and [{n}, {m}]; they are {shapes}.",
            )
        )
    if not all(np.isfinite(each).all() for each in (u, v, real, made_up)):
        raise ValueError(
            Message("two-tables-not-finite", "A number is not finite (NaN or infinity).")
        )
    rows = []
    for angle, stretch in PREPARED:
        mine, theirs = transformed(u, v, angle, stretch)
        cosine = mine[0] @ mine[1] / np.linalg.norm(mine[0]) / np.linalg.norm(mine[1])
        numbers = (pair_loss(mine, theirs, real, made_up), mine[0] @ theirs[0], mine[0, 0], cosine)
        state = f"turned by {angle}\u00b0, stretched {stretch} to 1"
        rows.append([state, *(f"{number:.2f}" for number in numbers)])
    heads = [
        "",
        "loss",
        f"score of {names[0]} with {contexts[0]}",
        f"first number of {names[0]}",
        f"cosine of {names[0]} and {names[1]}",
    ]
    data = {
        "u": u.tolist(),
        "v": v.tolist(),
        "names": list(names),
        "contexts": list(contexts),
        "real": real.tolist(),
        "made_up": made_up.tolist(),
    }
    fallback = html_table(escape(caption), heads, rows, classes="explorable-tables", named=True)
    return Explorable("two_tables", caption, fallback, data)
