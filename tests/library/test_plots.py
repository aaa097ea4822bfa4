"""Figures show what they were given, and tell right from wrong without colour."""

import numpy as np

from embeddings_course import plots


def test_methods_are_shown_side_by_side_with_marks():
    picture = np.zeros((2, 4, 4, 3), np.uint8)
    found = {name: np.zeros((2, 3, 4, 4, 3), np.uint8) for name in ("pixels", "network")}
    right = {"pixels": np.zeros((2, 3), bool), "network": np.ones((2, 3), bool)}
    figure = plots.neighbours_by_method(picture, found, right, labels=["watch", "lamp"])
    shown = [ax for ax in figure.axes if ax.images]
    assert len(shown) == 2 * (1 + 3 + 3)
    titles = [ax.get_title() for ax in shown]
    assert titles[:7] == ["watch", "✗", "✗", "✗", "✓", "✓", "✓"]
    assert titles[7] == "lamp"
    words = [text.get_text() for ax in figure.axes for text in ax.texts]
    assert words == ["pixels", "network"]


def test_intervals_are_drawn_where_they_are():
    panels = {
        "frames": {"network": (0.8, 0.7, 0.9), "pixels": (0.2, 0.1, 0.3)},
        "goods": {"network": (0.9, 0.85, 0.95)},
    }
    figure = plots.intervals(
        panels, label="recall@1", chance={"frames": 0.05, "goods": 0.1}, highlight="network"
    )
    above, below = figure.axes
    assert [tick.get_text() for tick in above.get_yticklabels()] == ["network", "pixels"]
    assert [list(line.get_xdata()) for line in above.lines] == [
        [0.7, 0.9], [0.8], [0.1, 0.3], [0.2], [0.05, 0.05],
    ]  # fmt: skip
    assert [text.get_text() for text in below.texts] == ["0.90"]
    assert "chance" in below.get_xlabel()
