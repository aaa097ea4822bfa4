"""The book's figures: one style, readable with any colour vision, on light and on dark pages.

Backgrounds are transparent and every label has one grey that stands out from white and from the
book's dark page alike, so one picture serves both. Colours are those of Okabe and Ito (2008);
no figure tells right from wrong by colour alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

GREY = "#7b7b7b"
BLUE, ORANGE, GREEN, RED, PURPLE, SKY = (
    "#0072B2",
    "#E69F00",
    "#009E73",
    "#D55E00",
    "#CC79A7",
    "#56B4E9",
)
"""Okabe and Ito's colours; ``GREEN`` marks what is right and ``RED`` what is wrong."""

STYLE = {
    "figure.dpi": 120,
    "figure.facecolor": "none",
    "figure.constrained_layout.use": True,
    "savefig.facecolor": "none",
    "savefig.transparent": True,
    "axes.facecolor": "none",
    "axes.edgecolor": GREY,
    "axes.labelcolor": GREY,
    "axes.titlecolor": GREY,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.prop_cycle": mpl.cycler(color=[BLUE, ORANGE, GREEN, RED, PURPLE, SKY]),
    "text.color": GREY,
    "xtick.color": GREY,
    "ytick.color": GREY,
    "legend.frameon": False,
    "font.size": 10,
    "axes.titlesize": 10,
    "image.interpolation": "nearest",
}


def use_style() -> None:
    """Give all figures that follow the book's style."""
    mpl.rcParams.update(STYLE)


def _closed(figure: Figure) -> Figure:
    """Take the figure from pyplot, so that a notebook shows it once: where its cell returns it."""
    plt.close(figure)
    return figure


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
    return _closed(figure)


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
    return _closed(figure)


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
        ax.set_ylabel(label, rotation=0, ha="right", va="center", fontsize=9)
        ax.spines[:].set_visible(False)
    axes[-1, 0].set_xlabel(f"{matrix.shape[1]} numbers")
    return _closed(figure)


def scores(
    rows: Mapping[str, Sequence[float]],
    *,
    label: str,
    chance: float | None = None,
    highlight: str | None = None,
) -> Figure:
    """Show one bar a method: the mean over seeds, and each seed as a dot.

    Parameters
    ----------
    rows : mapping of str to sequence of float
        Method and its scores, one a seed. The first row is drawn on top.
    label : str
        What the scores are.
    chance : float, optional
        Where a blind guess would be, drawn as a line.
    highlight : str, optional
        The row that the figure is about.
    """
    figure, ax = plt.subplots(figsize=(8.4, 0.5 * len(rows) + 0.9))
    _bars(ax, rows, highlight, chance)
    ax.invert_yaxis()
    ax.set_xlabel(label)
    return _closed(figure)


def _bars(
    ax: Axes, rows: Mapping[str, Sequence[float]], highlight: str | None, chance: float | None
) -> None:
    for place, (name, values) in enumerate(rows.items()):
        mean = np.mean(values)
        ax.barh(place, mean, color=BLUE if name == highlight else GREY, height=0.6, alpha=0.85)
        ax.plot(values, np.full(len(values), place), "o", color=ORANGE, ms=4, mew=0)
        ax.text(1.14, place, f"{mean:.2f}", ha="right", va="center")
    ax.set_yticks(range(len(rows)), rows)
    ax.set_xlim(0, 1.15)  # from 1 on there is room for the means
    ax.set_xticks(np.arange(0, 1.1, 0.2))
    if chance is not None:
        ax.axvline(chance, color=GREY, linestyle=":", linewidth=1.5)
        ax.annotate("chance", (chance, -0.45), ha="left", va="bottom", fontsize=8)


def score_pairs(
    rows: Mapping[str, tuple[Sequence[float], Sequence[float]]],
    *,
    titles: tuple[str, str],
    label: str,
    chance: float | None = None,
) -> Figure:
    """Show the scores of the same rows under two conditions, side by side.

    Parameters
    ----------
    rows : mapping of str to two sequences of float
        Name, and its scores over seeds under either condition. The first row is the reference: a
        dashed line shows its mean.
    titles : two str
        The conditions.
    label : str
        What the scores are.
    chance : float, optional
        Where a blind guess would be.
    """
    figure, axes = plt.subplots(1, 2, figsize=(8.4, 0.42 * len(rows) + 1.1), sharey=True)
    for side, (ax, title) in enumerate(zip(axes, titles, strict=True)):
        _bars(ax, {name: values[side] for name, values in rows.items()}, next(iter(rows)), chance)
        ax.axvline(np.mean(next(iter(rows.values()))[side]), color=BLUE, ls="--", lw=1, zorder=0)
        ax.set(title=title, xlabel=label)
    axes[0].invert_yaxis()
    return _closed(figure)


def loss_and_geometry(
    runs: Mapping[str, Sequence[tuple[Sequence[float], Sequence[float]]]], *, every: int
) -> Figure:
    """Show what training does to the loss and to the geometry, one above the other.

    Parameters
    ----------
    runs : mapping of str to sequence of (losses, aucs)
        By name, one pair a seed: the loss of each step, and the AUC of steps 0, every, 2 every, …
    every : int
        Steps between two values of the AUC.
    """
    figure, (above, below) = plt.subplots(2, 1, figsize=(8.4, 5.2), sharex=True)
    styles = [(BLUE, "-"), (ORANGE, "--")]
    for (name, seeds), (color, line) in zip(runs.items(), styles, strict=False):
        for losses, aucs in seeds:
            above.plot(losses, color=color, linestyle=line, linewidth=0.8, alpha=0.7)
            steps = np.arange(len(aucs)) * every
            below.plot(steps, aucs, color=color, linestyle=line, linewidth=1.2, alpha=0.8)
        above.plot([], color=color, linestyle=line, label=name)
    below.axhline(0.5, color=GREY, linestyle=":", linewidth=1.5)
    below.annotate("chance", (1, 0.5), (0, 4), xycoords=("axes fraction", "data"), **_AT_RIGHT)
    above.set(ylabel="loss")
    above.legend()
    below.set(ylabel="AUC of families", xlabel="training step", ylim=(0.4, 1.03))
    return _closed(figure)


_AT_RIGHT = {"textcoords": "offset points", "ha": "right", "va": "bottom", "fontsize": 8}


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
    return _closed(figure)


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
    return _closed(figure)


def task_winners(
    scores: Mapping[str, Mapping[str, Sequence[float]]],
    *,
    chance: Mapping[str, float],
    predicted: Mapping[str, str] | None = None,
    faint: Sequence[str] = (),
) -> Figure:
    """Show which embedding wins which task, and by how much: a row a task, a mark an embedding.

    Parameters
    ----------
    scores : mapping of str to mapping of str to sequence of float
        By task, then by embedding, one score a seed, from 0 to 1.
    chance : mapping of str to float
        What a blind guess scores, by task.
    predicted : mapping of str to str, optional
        The embedding that was expected to win, by task. It gets a ring.
    faint : sequence of str
        Embeddings that are baselines, drawn small and grey, and never named as the winner.
    """
    names = list(next(iter(scores.values())))
    looks = {
        name: {"color": color, "marker": marker, "ms": 9}
        for name, color, marker in zip(
            [name for name in names if name not in faint],
            (BLUE, ORANGE, GREEN, RED, PURPLE, SKY),
            "osD^vP",
            strict=False,
        )
    }
    looks |= {
        name: {"color": GREY, "marker": marker, "ms": 7}
        for name, marker in zip(faint, "x+12", strict=False)
    }
    figure, ax = plt.subplots(figsize=(8.4, 0.62 * len(scores) + 1.3))
    for row, (task, of_names) in enumerate(scores.items()):
        ax.plot([0, 1], [row, row], color=GREY, linewidth=0.6, alpha=0.5, zorder=0)
        ax.plot(
            [chance[task]] * 2, [row - 0.3, row + 0.3], color=GREY, linestyle=":", linewidth=1.5
        )
        best = max(
            (name for name in names if name not in faint), key=lambda n: np.mean(of_names[n])
        )
        for name, values in of_names.items():
            mean, spread = np.mean(values), np.std(values)
            look, thick = looks[name], 3 if name == best else 1.2
            ax.plot(
                [mean - spread, mean + spread], [row, row], color=look["color"], linewidth=thick
            )
            ax.plot(mean, row, linestyle="", zorder=3, **look)
            if predicted is not None and predicted[task] == name:
                ring = {"color": GREY, "marker": "o", "ms": 17, "mfc": "none", "mew": 1.3}
                ax.plot(mean, row, linestyle="", zorder=4, **ring)
        rivals = [
            np.mean(values) for name, values in of_names.items() if name not in (best, *faint)
        ]
        ahead = np.mean(of_names[best]) - max(rivals)
        ax.plot(1.06, row, linestyle="", clip_on=False, **looks[best])
        ax.annotate(best, (1.1, row - 0.02), va="bottom", fontweight="bold")
        ax.annotate(f"ahead by {ahead:.2f}", (1.1, row + 0.04), va="top", fontsize=8)
    for name, look in looks.items():
        ax.plot([], linestyle="", label=name, **look)
    if predicted is not None:
        ax.plot([], linestyle="", label="predicted", color=GREY, marker="o", ms=13, mfc="none")
    ax.plot([], color=GREY, linestyle=":", label="chance")
    ax.set(
        yticks=range(len(scores)),
        xlim=(-0.03, 1.42),
        xlabel="score",
        ylim=(len(scores) - 0.5, -0.6),
    )
    ax.set_yticklabels(scores)
    ax.set_xticks(np.arange(0, 1.1, 0.2))
    ax.annotate("winner", (1.1, -0.58), va="bottom", fontsize=8, annotation_clip=False)
    ax.tick_params(axis="y", length=0)
    figure.legend(loc="outside lower center", ncols=4, fontsize=8)
    return _closed(figure)


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
    return _closed(figure)


def sound_steps(
    wave: np.ndarray,
    rate: int,
    pictures: Mapping[str, tuple[np.ndarray, Sequence[float]]],
    *,
    times: Sequence[float],
) -> Figure:
    """Show a sound and what is made of it, one below the other, over one time axis.

    Parameters
    ----------
    wave : float array [samples]
        The sound.
    rate : int
        Samples a second.
    pictures : mapping of str to (float array [rows, frames], sequence of float)
        By title: numbers, low frequencies first, and the frequency in Hz of each row. Each picture
        has a scale of its own, as its numbers may be of any unit; the bar says which.
    times : sequence of float, length frames
        The middle of each frame, in seconds.
    """
    count = 1 + len(pictures)
    figure, axes = plt.subplots(count, 1, figsize=(8.4, 1.75 * count), sharex=True)
    axes[0].plot(np.arange(len(wave)) / rate, wave, linewidth=0.4, color=BLUE)
    axes[0].set(title="the wave", xlim=(0, len(wave) / rate))
    for ax, (title, (picture, frequencies)) in zip(axes[1:], pictures.items(), strict=True):
        drawn = _spectrogram(ax, picture, frequencies, times)
        ax.set(title=title, ylabel="Hz")
        figure.colorbar(drawn, ax=ax, pad=0.01, aspect=12)
    axes[-1].set_xlabel("seconds")
    return _closed(figure)


def spectrograms(
    pictures: Mapping[str, np.ndarray],
    *,
    frequencies: Sequence[float],
    times: Sequence[float],
    low: float,
    high: float,
    columns: int = 3,
) -> Figure:
    """Show spectrograms side by side, all on one scale.

    Parameters
    ----------
    pictures : mapping of str to float array [rows, frames]
        By title, decibels, low frequencies first.
    frequencies : sequence of float, length rows
        Of each row, in Hz, rising.
    times : sequence of float, length frames
        The middle of each frame, in seconds.
    low, high : float
        The ends of the scale, in dB.
    columns : int
        Pictures in a row.
    """
    rows = -(-len(pictures) // columns)
    figure, axes = plt.subplots(
        rows, columns, figsize=(8.4, 2.1 * rows), sharex=True, sharey=True, squeeze=False
    )
    for ax in axes.flat[len(pictures) :]:
        ax.axis("off")
    for ax, (title, picture) in zip(axes.flat, pictures.items(), strict=False):
        drawn = _spectrogram(ax, picture, frequencies, times, low, high)
        ax.set_title(title)
    for ax in axes[-1]:
        ax.set_xlabel("seconds")
    for ax in axes[:, 0]:
        ax.set_ylabel("Hz")
    figure.colorbar(drawn, ax=axes, label="dB", pad=0.01, aspect=30)
    return _closed(figure)


def _spectrogram(
    ax: Axes,
    picture: np.ndarray,
    frequencies: Sequence[float],
    times: Sequence[float],
    low: float | None = None,
    high: float | None = None,
) -> mpl.image.AxesImage:
    hop = times[1] - times[0]
    extent = (times[0] - hop / 2, times[-1] + hop / 2, -0.5, len(picture) - 0.5)
    drawn = ax.imshow(
        picture, origin="lower", aspect="auto", cmap="viridis", extent=extent, vmin=low, vmax=high
    )
    marks, places = [], []
    for mark in (3000, 2000, 1000, 500, 200):
        place = np.interp(mark, frequencies, np.arange(len(frequencies)))
        if mark <= frequencies[-1] and (not places or places[-1] - place > len(picture) / 9):
            marks.append(mark)
            places.append(place)
    ax.set_yticks(places, marks)
    return drawn


def precision_recall(
    curves: Mapping[str, Sequence[tuple[np.ndarray, np.ndarray, np.ndarray]]],
    *,
    chosen: Mapping[str, Sequence[float]] | None = None,
    label: str = "threshold on the cosine",
) -> Figure:
    """Show what a threshold does: at the left against the threshold, at the right against recall.

    Parameters
    ----------
    curves : mapping of str to sequence of (thresholds, precision, recall)
        By way to score pairs, one triple of float arrays [n] a seed, with thresholds rising. The
        left panel shows the first way alone.
    chosen : mapping of str to sequence of float, optional
        Thresholds to mark at the left, by reason, one a seed. At most three reasons.
    label : str
        What the threshold is on.
    """
    figure, (left, right) = plt.subplots(1, 2, figsize=(8.4, 3.6))
    first = next(iter(curves.values()))
    for thresholds, precision, recall in first:
        left.plot(thresholds, precision, color=BLUE, linewidth=1, alpha=0.7)
        left.plot(thresholds, recall, color=ORANGE, linestyle="--", linewidth=1, alpha=0.8)
    left.plot([], color=BLUE, label="precision")
    left.plot([], color=ORANGE, linestyle="--", label="recall")
    for (reason, values), marker in zip((chosen or {}).items(), "v^s", strict=False):
        left.plot(
            values, np.full(len(values), 1.05), marker, color=GREY, ms=6, alpha=0.8, label=reason
        )
    lowest = min(thresholds.min() for thresholds, _, _ in first)
    left.set(xlabel=label, ylim=(0, 1.1), xlim=(max(lowest, 0.4), 1.01))
    left.set_yticks(np.arange(0, 1.1, 0.2))
    grid = np.linspace(0.02, 1, 99)
    lines = zip(
        (BLUE, ORANGE, GREEN, RED, PURPLE), ("-", "--", "-.", ":", (0, (6, 1, 1, 1))), strict=True
    )
    for (name, seeds), (color, style) in zip(curves.items(), lines, strict=False):
        rows = []
        for _, precision, recall in seeds:
            order = np.argsort(recall, kind="stable")
            rows.append(np.interp(grid, recall[order], precision[order]))
        right.plot(grid, np.mean(rows, axis=0), color=color, linestyle=style, label=name)
    right.set(xlabel="recall", ylabel="precision", ylim=(0, 1.1), xlim=(0, 1.02))
    right.set_yticks(np.arange(0, 1.1, 0.2))
    for ax in (left, right):
        ax.legend(fontsize=8, loc="upper center", bbox_to_anchor=(0.5, -0.2), ncols=2)
    return _closed(figure)


def curves(
    panels: Mapping[str, Mapping[str, Mapping[float, float | Sequence[float]]]],
    *,
    x: str,
    y: str,
    logarithmic: str = "x",
    chance: float | None = None,
) -> Figure:
    """Show how something changes along an axis: a line a method through its means over seeds.

    Parameters
    ----------
    panels : mapping of str to mapping of str to mapping of float to float or sequence of float
        By title, then by method: what was measured at each place of the horizontal axis, once or
        once a seed. The band is the standard deviation over seeds on either side of the mean. A
        method has the same look in all panels.
    x, y : str
        What the axes are.
    logarithmic : str
        The axes with a logarithmic scale: ``"x"``, ``"y"``, ``"xy"`` or none.
    chance : float, optional
        Where a blind guess would be, drawn as a line.
    """
    names = list(dict.fromkeys(name for of_panel in panels.values() for name in of_panel))
    colors = (BLUE, ORANGE, GREEN, RED, PURPLE, SKY)
    marks, dashes = "osD^vP", ("-", "--", "-.", ":", "-", "--")
    figure, axes = plt.subplots(1, len(panels), figsize=(8.4, 3.4), sharey=True, squeeze=False)
    for ax, (title, of_panel) in zip(axes[0], panels.items(), strict=True):
        for name, measured in of_panel.items():
            look, places = names.index(name) % len(colors), sorted(measured)
            mean = np.array([np.mean(measured[place]) for place in places])
            spread = np.array([np.std(measured[place]) for place in places])
            if spread.any():
                band = {"color": colors[look], "alpha": 0.2, "linewidth": 0}
                ax.fill_between(places, mean - spread, mean + spread, **band)
            ax.plot(
                places, mean, color=colors[look], marker=marks[look], linestyle=dashes[look],
                label=name, ms=6,
            )  # fmt: skip
        if chance is not None:
            ax.axhline(chance, color=GREY, linestyle=":", linewidth=1.5)
            place = {"xycoords": ("axes fraction", "data"), "textcoords": "offset points"}
            ax.annotate(
                "chance", (1, chance), (-2, 2), ha="right", va="bottom", fontsize=8, **place
            )
        ax.set(title=title, xlabel=x)
        for which, axis in {"x": ax.xaxis, "y": ax.yaxis}.items():
            if which in logarithmic:
                ax.set(**{f"{which}scale": "log"})
                axis.set_major_locator(mpl.ticker.LogLocator(subs=(1, 2, 5)))
                axis.set_major_formatter("{x:,.0f}")
                axis.set_minor_locator(mpl.ticker.NullLocator())
        everywhere = {place for measured in of_panel.values() for place in measured}
        whole = all(float(place).is_integer() for place in everywhere)
        if "x" in logarithmic and whole and len(everywhere) <= 10:
            ax.set_xticks(sorted(everywhere), [f"{place:,g}" for place in sorted(everywhere)])
    axes[0, 0].set_ylabel(y)
    if len(panels) == 1:
        axes[0, 0].legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    else:
        axes[0, -1].legend(loc="best", fontsize=8)
    return _closed(figure)


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
        ax.set_title(title, fontsize=9)
        ax.spines[:].set_visible(True)
    return _closed(figure)
