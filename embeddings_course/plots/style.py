"""The one style of all figures, and its colours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import matplotlib.pyplot as plt
from matplotlib.figure import Figure
from matplotlib.rcsetup import cycler

if TYPE_CHECKING:
    from matplotlib.typing import RcKeyType

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

STYLE: dict[RcKeyType, Any] = {
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
    "axes.prop_cycle": cycler(color=[BLUE, ORANGE, GREEN, RED, PURPLE, SKY]),
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


def closed(figure: Figure) -> Figure:
    """Take the figure from pyplot, so that a notebook shows it once: where its cell returns it."""
    plt.close(figure)
    return figure
