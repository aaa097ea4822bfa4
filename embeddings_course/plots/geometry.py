"""Vectors, the cosines between them, and points in the plane."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from embeddings_course.plots.style import BLUE, ORANGE, closed


def vectors(matrix: np.ndarray, labels: Sequence[str]) -> Figure:
    """Show vectors as strips of colour, one number a cell, dark ones small.

    Parameters
    ----------
    matrix : float array [n, d]
        The vectors.
    labels : sequence of str, length n
        What each one is of.
    """
    n = len(matrix)
    figure, axes = plt.subplots(n, 1, figsize=(8.4, 0.62 * n), squeeze=False)
    top = np.quantile(matrix, 0.995)
    for ax, vector, label in zip(axes[:, 0], matrix, labels, strict=True):
        ax.imshow(vector[None, :], aspect="auto", cmap="viridis", vmin=0, vmax=top)
        ax.set(xticks=[], yticks=[])
        ax.set_ylabel(label, rotation=0, ha="right", va="center")
        ax.spines[:].set_visible(False)
    axes[-1, 0].set_xlabel(f"{matrix.shape[1]} numbers")
    return closed(figure)


def cosine_matrices(matrices: Mapping[str, np.ndarray]) -> Figure:
    """Show matrices of cosines side by side, items in the same order in each.

    Parameters
    ----------
    matrices : mapping of str to float array [n, n]
        By title. Purple is alike, brown opposite, white unrelated; all share one scale, -1 to 1.
    """
    figure, axes = plt.subplots(
        1, len(matrices), figsize=(8.4, 8.4 / len(matrices) + 0.3), squeeze=False
    )
    for ax, (title, matrix) in zip(axes[0], matrices.items(), strict=True):
        drawn = ax.imshow(matrix, cmap="PuOr", vmin=-1, vmax=1, interpolation="antialiased")
        ax.set(xticks=[], yticks=[], title=title)
    figure.colorbar(drawn, ax=axes, label="cosine", shrink=0.75, aspect=30)
    return closed(figure)


def cosine_histograms(
    panels: Mapping[str, Mapping[str, np.ndarray]],
) -> Figure:
    """Show how the cosines of two kinds of pairs are spread, a panel for each embedding.

    Parameters
    ----------
    panels : mapping of str to mapping of str to float array [n]
        By title, the cosines by kind of pair; the first kind should be to the right.
    """
    figure, axes = plt.subplots(
        1, len(panels), figsize=(8.4, 2.7), sharex=True, sharey=True, squeeze=False
    )
    bins, narrow = np.linspace(-1, 1, 41), len(panels) > 3
    for ax, (title, kinds) in zip(axes[0], panels.items(), strict=True):
        for (kind, cosine), color, hatch in zip(
            kinds.items(), (BLUE, ORANGE), ("", "////"), strict=False
        ):
            share = np.full(len(cosine), 1 / len(cosine))
            ax.hist(
                cosine, bins, weights=share, color=color, alpha=0.55, hatch=hatch, label=kind,
                edgecolor=color, histtype="stepfilled",
            )  # fmt: skip
        ax.set(title=title, xlabel="cosine", xticks=[-1, 0, 1] if narrow else [-1, -0.5, 0, 0.5, 1])
    axes[0, 0].set_ylabel("share of pairs")
    if narrow:
        figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    else:
        axes[0, -1].legend()
    return closed(figure)


def scatters(
    panels: Mapping[str, np.ndarray],
    *,
    columns: int = 4,
) -> Figure:
    """Show points in the plane, a panel each, axes without numbers and of one scale each.

    Parameters
    ----------
    panels : mapping of str to float array [n, 2]
        By title, the points.
    columns : int
        Panels in a row.
    """
    rows = -(-len(panels) // columns)
    figure, axes = plt.subplots(
        rows, columns, figsize=(8.4, 8.4 / columns * rows * 1.1), squeeze=False
    )
    for ax in axes.flat[len(panels) :]:
        ax.axis("off")
    for ax, (title, points) in zip(axes.flat, panels.items(), strict=False):
        ax.plot(*points.T, "o", color=BLUE, ms=3, mew=0, alpha=0.75)
        ax.set(xticks=[], yticks=[])
        ax.set_aspect("equal", adjustable="datalim")
        ax.set_title(title)
        ax.spines[:].set_visible(True)
    return closed(figure)
