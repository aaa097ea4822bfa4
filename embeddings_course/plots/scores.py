"""Scores and curves: what was measured, over seeds and against chance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from embeddings_course.plots.style import BLUE, GREEN, GREY, ORANGE, PURPLE, RED, SKY, closed


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
    return closed(figure)


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
    return closed(figure)


def intervals(
    panels: Mapping[str, Mapping[str, tuple[float, float, float]]],
    *,
    label: str,
    chance: Mapping[str, float] | None = None,
    highlight: str | None = None,
) -> Figure:
    """Show scores with their intervals: a panel each collection, one below the other.

    Parameters
    ----------
    panels : mapping of str to mapping of str to (score, low, high)
        By title, then by method: what was measured, from 0 to 1, and the ends of its interval. The
        first method is drawn on top.
    label : str
        What the scores are.
    chance : mapping of str to float, optional
        Where a blind guess would be, by title, drawn as a line.
    highlight : str, optional
        The method that the figure is about.
    """
    counts = [len(rows) for rows in panels.values()]
    figure, axes = plt.subplots(
        len(panels), 1, figsize=(6.6, 0.27 * sum(counts) + 0.35 * len(panels) + 0.4),
        sharex=True, squeeze=False, height_ratios=[count + 0.4 for count in counts],
    )  # fmt: skip
    for ax, (title, rows) in zip(axes[:, 0], panels.items(), strict=True):
        for place, (name, (score, low, high)) in enumerate(rows.items()):
            color = BLUE if name == highlight else GREY
            ax.plot([low, high], [place, place], color=color, linewidth=3, alpha=0.6)
            ax.plot(score, place, "D" if name == highlight else "o", color=color, ms=7)
            ax.text(1.1, place, f"{score:.2f}", ha="right", va="center")
        ax.set_yticks(range(len(rows)), rows)
        ax.set(xlim=(0, 1.11), ylim=(len(rows) - 0.4, -0.6))
        ax.set_xticks(np.arange(0, 1.1, 0.2))
        ax.set_title(title, loc="left")
        ax.grid(axis="x", color=GREY, alpha=0.2, linewidth=0.8)
        if chance is not None:
            ax.axvline(chance[title], color=GREY, linestyle=":", linewidth=1.5)
    axes[-1, 0].set_xlabel(f"{label}; the dotted line is chance" if chance else label)
    return closed(figure)


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
    return closed(figure)


_RING: dict[str, Any] = {"color": GREY, "marker": "o", "ms": 17, "mfc": "none", "mew": 1.3}
_AT_RIGHT = {"textcoords": "offset points", "ha": "right", "va": "bottom", "fontsize": 8}


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
    looks: dict[str, dict[str, Any]] = {
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
                ax.plot(mean, row, linestyle="", zorder=4, **_RING)
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
    return closed(figure)


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
    return closed(figure)


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
    return closed(figure)
