"""Scores and curves: what was measured, over seeds and against chance."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from embeddings_course.plots.style import BLUE, GREEN, GREY, ORANGE, PURPLE, RED, SKY, closed
from embeddings_course.uncertainty import standard_error


def scores(
    rows: Mapping[str, Sequence[float]],
    *,
    label: str,
    chance: float | None = None,
    highlight: str | None = None,
    intervals: Mapping[str, tuple[float, float]] | None = None,
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
    intervals : mapping of str to (low, high), optional
        An interval of each mean, drawn as a line in place of the dots.
    """
    figure, ax = plt.subplots(figsize=(8.4, 0.5 * len(rows) + 0.9))
    _bars(ax, rows, highlight, chance, intervals)
    ax.invert_yaxis()
    ax.set_xlabel(label)
    return closed(figure)


def _bars(
    ax: Axes,
    rows: Mapping[str, Sequence[float]],
    highlight: str | None,
    chance: float | None,
    intervals: Mapping[str, tuple[float, float]] | None = None,
    end: float = 1.15,  # from 1 on there is room for the means
) -> None:
    for place, (name, values) in enumerate(rows.items()):
        mean = np.mean(values)
        ax.barh(place, mean, color=BLUE if name == highlight else GREY, height=0.6, alpha=0.85)
        if intervals is None:
            ax.plot(values, np.full(len(values), place), "o", color=ORANGE, ms=4, mew=0)
        else:
            ax.plot(intervals[name], [place, place], color=ORANGE, linewidth=2)
        ax.text(end - 0.01, place, f"{mean:.2f}", ha="right", va="center")
    ax.set_yticks(range(len(rows)), rows)
    ax.set_xlim(0, end)
    ax.set_xticks(np.arange(0, 1.1, 0.2 if end < 1.3 else 0.5))
    if chance is not None:
        ax.axvline(chance, color=GREY, linestyle=":", linewidth=1.5)
        ax.annotate("chance", (chance, -0.45), ha="left", va="bottom")


def score_pairs(
    rows: Mapping[str, Sequence[Sequence[float]]],
    *,
    titles: Sequence[str],
    label: str,
    chance: float | None = None,
    intervals: Mapping[str, Sequence[tuple[float, float]]] | None = None,
) -> Figure:
    """Show the scores of the same rows under two or more conditions, side by side.

    Parameters
    ----------
    rows : mapping of str to sequences of float
        Name, and its scores over seeds under each condition. The first row is the reference: a
        dashed line shows its mean.
    titles : sequence of str
        The conditions.
    label : str
        What the scores are.
    chance : float, optional
        Where a blind guess would be.
    intervals : mapping of str to sequence of (low, high), optional
        By name, an interval of the mean under each condition, drawn in place of the dots.
    """
    size = (8.4, 0.42 * len(rows) + 1.3)
    figure, axes = plt.subplots(1, len(titles), figsize=size, sharey=True)
    first = next(iter(rows))
    for side, (ax, title) in enumerate(zip(axes, titles, strict=True)):
        of_side = {name: values[side] for name, values in rows.items()}
        lines = None if intervals is None else {name: intervals[name][side] for name in rows}
        _bars(ax, of_side, first, chance, lines, end=1.15 if len(titles) < 3 else 1.4)
        ax.axvline(np.mean(of_side[first]), color=BLUE, ls="--", lw=1, zorder=0)
        ax.set(title=textwrap.fill(title, 54 // len(titles)), xlabel=label)
    axes[0].invert_yaxis()
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
_AT_RIGHT = {"textcoords": "offset points", "ha": "right", "va": "bottom"}


def task_winners(
    scores: Mapping[str, Mapping[str, Sequence[float]]],
    *,
    chance: Mapping[str, float],
    predicted: Mapping[str, str] | None = None,
    faint: Sequence[str] = (),
) -> Figure:
    """Show which embedding wins which task, and by how much: a row a task, a mark an embedding.

    The line through a mark is one standard error over seeds on either side.

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
            mean, error = np.mean(values), _error(values)
            look, thick = looks[name], 3 if name == best else 1.2
            ax.plot([mean - error, mean + error], [row, row], color=look["color"], linewidth=thick)
            ax.plot(mean, row, linestyle="", zorder=3, **look)
            if predicted is not None and predicted[task] == name:
                ax.plot(mean, row, linestyle="", zorder=4, **_RING)
        rivals = [
            np.mean(values) for name, values in of_names.items() if name not in (best, *faint)
        ]
        ahead = np.mean(of_names[best]) - max(rivals)
        ax.plot(1.06, row, linestyle="", clip_on=False, **looks[best])
        ax.annotate(best, (1.1, row - 0.02), va="bottom", fontweight="bold")
        ax.annotate(f"ahead by {ahead:.2f}", (1.1, row + 0.04), va="top")
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
    ax.annotate("winner", (1.1, -0.58), va="bottom", annotation_clip=False)
    ax.tick_params(axis="y", length=0)
    figure.legend(loc="outside lower center", ncols=3)
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
        ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.2), ncols=2)
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
        once for each seed. The band is one standard error over seeds on either side of the mean;
        measured once, a place has none. A method has the same look in all panels.
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
    size = (8.4, 3.4 if len(panels) == 1 else 3.7)
    figure, axes = plt.subplots(1, len(panels), figsize=size, sharey=True, squeeze=False)
    for ax, (title, of_panel) in zip(axes[0], panels.items(), strict=True):
        for name, measured in of_panel.items():
            look, places = names.index(name) % len(colors), sorted(measured)
            mean = np.array([np.mean(measured[place]) for place in places])
            error = np.array([_error(measured[place]) for place in places])
            if error.any():
                band = {"color": colors[look], "alpha": 0.2, "linewidth": 0}
                ax.fill_between(places, mean - error, mean + error, **band)
            ax.plot(
                places, mean, color=colors[look], marker=marks[look], linestyle=dashes[look],
                label=name, ms=6,
            )  # fmt: skip
        if chance is not None:
            ax.axhline(chance, color=GREY, linestyle=":", linewidth=1.5)
            place = {"xycoords": ("axes fraction", "data"), "textcoords": "offset points"}
            ax.annotate("chance", (1, chance), (-2, 2), ha="right", va="bottom", **place)
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
        looks = {
            name: handle
            for ax in axes[0]
            for handle, name in zip(*ax.get_legend_handles_labels(), strict=True)
        }
        order = [looks[name] for name in names]  # below both, where no line is hidden
        figure.legend(order, names, loc="outside lower center", ncols=3)
    return closed(figure)


def intervals(
    panels: Mapping[str, Mapping[str, tuple[float, float, float]]],
    *,
    labels: Sequence[str],
    references: Sequence[float | None] | None = None,
    highlight: str | None = None,
) -> Figure:
    """Show means as dots, each with its interval: a row for each, panels one below the other.

    Parameters
    ----------
    panels : mapping of str to mapping of str to three floats
        By title, then by row: the mean and the ends of its interval, such as
        :class:`embeddings_course.uncertainty.Interval`. The first row is drawn on top.
    labels : sequence of str
        What the axis of each panel is. Where it is the same for all, they share one axis.
    references : sequence of float or None, optional
        A value for each panel that an interval may or may not hold, drawn as a line: 0 for a
        difference.
    highlight : str, optional
        The row that the figure is about.
    """
    shared = len(set(labels)) == 1
    heights = [len(rows) + (1.2 if shared else 1.9) for rows in panels.values()]
    figure, axes = plt.subplots(
        len(panels),
        1,
        figsize=(8.4, 0.36 * sum(heights) + 0.3),
        squeeze=False,
        height_ratios=heights,
        sharex=shared,
    )
    parts = zip(axes[:, 0], panels.items(), labels, references or [None] * len(panels), strict=True)
    for ax, (title, rows), label, reference in parts:
        for place, (name, (mean, low, high)) in enumerate(rows.items()):
            color = ORANGE if name == highlight else BLUE
            ax.plot([low, high], [place, place], color=color, linewidth=3, solid_capstyle="butt")
            ax.plot([low, high], [place, place], "|", color=color, ms=11, mew=1.5)
            ax.plot(mean, place, "o", color=color, ms=8)
        if reference is not None:
            ax.axvline(reference, color=GREY, linestyle=":", linewidth=1.5, zorder=0)
        ax.set_yticks(range(len(rows)), rows)
        ax.set(title=title, ylim=(len(rows) - 0.4, -0.6))
        if not shared or ax is axes[-1, 0]:
            ax.set_xlabel(label)
    return closed(figure)


def _error(values: float | Sequence[float]) -> float:
    """Standard error over seeds, 0 for what was measured once."""
    measured = np.atleast_1d(values)
    return standard_error(measured) if len(measured) > 1 else 0.0
