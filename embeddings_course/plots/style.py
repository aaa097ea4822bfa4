"""The one style of all figures, and its colours."""

from __future__ import annotations

import io
from functools import partial
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import matplotlib.pyplot as plt
from matplotlib.figure import Figure
from matplotlib.rcsetup import cycler

if TYPE_CHECKING:
    from matplotlib.typing import RcKeyType

GREY = "#7b7b7b"  # of what is drawn: bars and lines that are not the point
TEXT = "#757575"  # of letters and axes; in a page they have the colour of its text
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
    "axes.edgecolor": TEXT,
    "axes.labelcolor": TEXT,
    "axes.titlecolor": TEXT,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.prop_cycle": cycler(color=[BLUE, ORANGE, GREEN, RED, PURPLE, SKY]),
    "text.color": TEXT,
    "xtick.color": TEXT,
    "ytick.color": TEXT,
    "legend.frameon": False,
    "font.size": 11,  # of 8.4 inches' width: 12 px where the book's text is 670 px wide
    "axes.titlesize": 11,
    "legend.fontsize": 11,
    "xtick.labelsize": 11,
    "ytick.labelsize": 11,
    "image.interpolation": "nearest",
    "svg.fonttype": "none",  # text stays text
    "svg.hashsalt": "embeddings",  # the same drawing is the same file
}


def use_style() -> None:
    """Give all figures that follow the book's style."""
    mpl.rcParams.update(STYLE)


def closed(figure: Figure) -> Figure:
    """Take the figure from pyplot, so that a notebook shows it once: where its cell returns it.

    A notebook gets a vector graphic with text in it, or a picture where photographs or matrices are
    in the figure.
    """
    plt.close(figure)
    # An attribute of the object goes before what the kernel has registered for all figures.
    setattr(figure, "_ipython_display_", partial(_show, figure))  # noqa: B010
    return figure


def drawing(figure: Figure) -> str:
    """Return a new figure as SVG: what is drawn in the same way is the same text, byte for byte."""
    file = io.StringIO()
    with mpl.rc_context(STYLE):
        figure.savefig(file, format="svg", bbox_inches="tight", metadata={"Date": None})
    return file.getvalue()


def _show(figure: Figure) -> None:
    from IPython.display import display

    said = {"text/plain": repr(figure)}
    if any(ax.images for ax in figure.axes):
        file = io.BytesIO()
        figure.savefig(file, format="png", bbox_inches="tight")
        display({"image/png": file.getvalue(), **said}, raw=True)
    else:
        display({"image/svg+xml": drawing(figure), **said}, raw=True)
