"""The figure of a report."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from embeddings_course.quiz_tools.item_analysis.statistics import ItemStatistics
from embeddings_course.quiz_tools.item_statistics import NEAR_ZERO

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def plot(statistics: Sequence[ItemStatistics]) -> Figure:
    """Show difficulty and discrimination of each question, a row a question.

    A short line marks what blind guessing would give. A discrimination below 0.1 is an open
    diamond, any other a dot.
    """
    # Here, as reports of grades need the numbers only, and matplotlib writes into the home folder.
    import matplotlib as mpl
    from matplotlib.figure import Figure

    from embeddings_course.plots import BLUE, GREY, ORANGE, STYLE

    with mpl.rc_context(STYLE):
        # Not by pyplot, which would keep the figure and the style for whatever comes next.
        figure = Figure(figsize=(8.4, 0.28 * len(statistics) + 1.1))
        left, right = figure.subplots(1, 2, sharey=True)
        for place, item in enumerate(statistics):
            if item.difficulty is not None:
                left.barh(place, item.difficulty, color=BLUE, height=0.6, alpha=0.85)
                left.text(1.14, place, f"{item.difficulty:.2f}", ha="right", va="center")
            if item.chance is not None:
                left.plot([item.chance] * 2, [place - 0.42, place + 0.42], color=GREY, lw=2)
            r = item.discrimination
            if r is None:
                right.text(0.15, place, "not defined", ha="left", va="center", fontsize=8)
            elif r < NEAR_ZERO:
                right.plot(r, place, "D", color=ORANGE, mfc="none", ms=6, mew=1.5)
            else:
                right.plot(r, place, "o", color=BLUE, ms=6)
        left.set(xlim=(0, 1.15), xticks=np.arange(0, 1.1, 0.2), xlabel="difficulty (mean score)")
        left.set_yticks(range(len(statistics)), [item.id for item in statistics])
        left.set_ylim(len(statistics) - 0.4, -0.6)
        right.axvline(0, color=GREY, lw=1, zorder=0)
        right.axvline(NEAR_ZERO, color=GREY, lw=1, ls=":", zorder=0)
        right.set(xlim=(-1.05, 1.05), xlabel="discrimination (item-rest correlation)")
        right.tick_params(axis="y", length=0)
        # Ticks take their style when they are made, which is when they are drawn first.
        figure.draw_without_rendering()
    return figure
