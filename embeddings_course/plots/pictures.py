"""Pictures side by side, and what was found for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from embeddings_course.plots.style import GREEN, RED, closed


def _picture(ax: Axes, image: np.ndarray, title: str = "") -> None:
    ax.imshow(image, interpolation="antialiased")
    ax.set(xticks=[], yticks=[])
    ax.set_title(title, fontsize=8, pad=3)
    ax.spines[:].set_visible(False)


def wall(
    images: Sequence[np.ndarray],
    titles: Sequence[str] | None = None,
    *,
    columns: int = 7,
    split: bool = False,
) -> Figure:
    """Show pictures side by side.

    Parameters
    ----------
    images : sequence of uint8 arrays [h, w, 3]
        Pictures of any sizes.
    titles : sequence of str, optional
        One for each picture.
    columns : int
        Pictures in a row.
    split : bool
        Whether to draw a line down the middle of each picture.
    """
    rows = -(-len(images) // columns)
    figure, axes = plt.subplots(rows, columns, figsize=(8.4, 8.4 / columns * rows * 1.12))
    for ax in np.ravel(axes):
        ax.axis("off")
    for n, image in enumerate(images):
        ax = np.ravel(axes)[n]
        ax.axis("on")
        _picture(ax, image, titles[n] if titles is not None else "")
        if split:
            ax.axvline(image.shape[1] / 2 - 0.5, color="white", linewidth=1.5)
    return closed(figure)


def neighbours(
    queries: np.ndarray,
    found: np.ndarray,
    right: np.ndarray,
    *,
    labels: Sequence[str] | None = None,
) -> Figure:
    """Show queries, each with what was found for it, nearest first.

    Parameters
    ----------
    queries : uint8 array [n, h, w, 3]
        One row of the figure each.
    found : uint8 array [n, k, h, w, 3]
        The neighbours, nearest first.
    right : bool array [n, k]
        Right ones get a green frame and a tick, wrong ones a dashed red frame and a cross.
    labels : sequence of str, optional
        Names of the queries.
    """
    n, k = right.shape
    figure, axes = plt.subplots(n, k + 1, figsize=(8.4, 8.4 / (k + 1) * n * 1.05), squeeze=False)
    for row in range(n):
        _picture(axes[row, 0], queries[row], labels[row] if labels is not None else "")
        for column in range(k):
            ax = axes[row, column + 1]
            ok = bool(right[row, column])
            _picture(ax, found[row, column], "✓" if ok else "✗")
            ax.title.set(color=GREEN if ok else RED, fontsize=10)
            ax.spines[:].set(
                visible=True,
                color=GREEN if ok else RED,
                linewidth=2.5,
                linestyle="-" if ok else (0, (3, 2)),
            )
    return closed(figure)


def answers(
    query: np.ndarray, found: Mapping[str, np.ndarray], titles: Mapping[str, Sequence[str]]
) -> Figure:
    """Show what several embeddings find for one query: a row an embedding, nearest first.

    Parameters
    ----------
    query : uint8 array [h, w, 3]
        Shown at the left, once.
    found : mapping of str to uint8 array [k, h, w, 3]
        By embedding, its nearest pictures.
    titles : mapping of str to sequence of str, length k
        By embedding, a few words under each picture.
    """
    k = len(next(iter(found.values())))
    figure, axes = plt.subplots(len(found), k + 2, figsize=(8.4, 1.28 * len(found)))
    for ax in axes[:, :2].flat:
        ax.axis("off")
    middle = axes[(len(found) - 1) // 2, 0]
    middle.axis("on")
    _picture(middle, query, "query")
    for row, (name, pictures) in enumerate(found.items()):
        axes[row, 1].text(1, 0.5, name.replace(" ", "\n"), ha="right", va="center", fontsize=9)
        for ax, picture, words in zip(axes[row, 2:], pictures, titles[name], strict=True):
            _picture(ax, picture)
            ax.set_xlabel(words.replace(", ", "\n"), fontsize=6.5, labelpad=2)
    return closed(figure)
