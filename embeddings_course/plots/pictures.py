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
    ax.set_title(title, fontsize=9, pad=3)
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


def picture_map(places: np.ndarray, images: Sequence[np.ndarray]) -> Figure:
    """Show pictures at places in the plane, small ones, so that those that lie together are seen.

    Parameters
    ----------
    places : float array [n, 2]
        Where.
    images : sequence of uint8 arrays [h, w, 3], length n
        What is drawn there, each in a square of the same size.
    """
    wide, tall = 8.4, 6.0
    figure, ax = plt.subplots(figsize=(wide, tall))
    low, high = places.min(axis=0), places.max(axis=0)
    half = np.array([0.03, 0.03 * wide / tall]) * (high - low)
    for (x, y), image in zip(places, images, strict=True):
        ax.imshow(
            image, extent=(x - half[0], x + half[0], y - half[1], y + half[1]), aspect="auto",
            interpolation="antialiased",
        )  # fmt: skip
    (left, bottom), (right, top) = low - 1.2 * half, high + 1.2 * half
    ax.set(xlim=(left, right), ylim=(bottom, top), xticks=[], yticks=[])
    ax.spines[:].set_visible(False)
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
            _marked(axes[row, column + 1], found[row, column], bool(right[row, column]))
    return closed(figure)


def _marked(ax: Axes, image: np.ndarray, right: bool) -> None:
    """Show a picture with a mark for right or wrong, by colour, line and sign."""
    color = GREEN if right else RED
    _picture(ax, image, "✓" if right else "✗")
    ax.title.set(color=color, fontsize=10)
    dashes = "-" if right else (0, (3, 2))
    ax.spines[:].set(visible=True, color=color, linewidth=2.5, linestyle=dashes)


def neighbours_by_method(
    queries: np.ndarray,
    found: Mapping[str, np.ndarray],
    right: Mapping[str, np.ndarray],
    *,
    labels: Sequence[str] | None = None,
) -> Figure:
    """Show queries, each with what several methods found for it, the methods side by side.

    Parameters
    ----------
    queries : uint8 array [n, h, w, 3]
        One row of the figure each, at its left.
    found : mapping of str to uint8 array [n, k, h, w, 3]
        By method, the neighbours, nearest first.
    right : mapping of str to bool array [n, k]
        By method. Marked as in :func:`neighbours`.
    labels : sequence of str, length n, optional
        Names of the queries.
    """
    n, k = next(iter(right.values())).shape
    gap = 0.18  # between two methods, in widths of a picture
    widths = [1.0, *[gap, *[1.0] * k] * len(found)]
    figure, axes = plt.subplots(
        n, len(widths), figsize=(8.4, 8.4 / sum(widths) * n * 1.14 + 0.2),
        width_ratios=widths, squeeze=False,
    )  # fmt: skip
    for ax in axes.flat:
        ax.axis("off")
    columns = [place for place, width in enumerate(widths) if width == 1.0]
    for ax in axes[:, columns].flat:
        ax.axis("on")
    for row in range(n):
        _picture(axes[row, 0], queries[row], labels[row] if labels is not None else "")
        for place, (name, pictures) in enumerate(found.items()):
            first = 1 + place * (k + 1) + 1
            for column in range(k):
                ok = bool(right[name][row, column])
                _marked(axes[row, first + column], pictures[row, column], ok)
            if row == 0:
                above = {"xycoords": "axes fraction", "textcoords": "offset points"}
                axes[0, first].annotate(name, (0, 1), (0, 18), **above)
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
    figure, axes = plt.subplots(len(found), k + 2, figsize=(8.4, 1.5 * len(found)))
    for ax in axes[:, :2].flat:
        ax.axis("off")
    middle = axes[(len(found) - 1) // 2, 0]
    middle.axis("on")
    _picture(middle, query, "query")
    for row, (name, pictures) in enumerate(found.items()):
        axes[row, 1].text(1, 0.5, name.replace(" ", "\n"), ha="right", va="center")
        for ax, picture, words in zip(axes[row, 2:], pictures, titles[name], strict=True):
            _picture(ax, picture)
            ax.set_xlabel(words.replace(", ", "\n"), fontsize=9, labelpad=2)
    return closed(figure)
