"""Figures show what they are given, and tell right from wrong without colour."""

import numpy as np
import pytest

from embeddings_course import plots

ROWS = {"trained": [[0.8], [0.5], [0.1]], "chance": [[0.2], [0.4], [0.1]]}
INTERVALS = {
    "trained": [(0.7, 0.9), (0.4, 0.6), (0.0, 0.2)],
    "chance": [(0.1, 0.3), (0.3, 0.5), (0.0, 0.2)],
}


def drawn(ax):
    return [sorted(line.get_xdata()) for line in ax.lines if len(set(line.get_ydata())) == 1]


def test_score_pairs_have_a_panel_for_each_condition_and_a_line_for_each_interval():
    figure = plots.score_pairs(ROWS, titles=("a", "b", "c"), label="", intervals=INTERVALS)
    assert [ax.get_title() for ax in figure.axes] == ["a", "b", "c"]
    for side, ax in enumerate(figure.axes):
        for name in ROWS:
            assert pytest.approx(INTERVALS[name][side]) in drawn(ax)


def test_scores_show_a_dot_for_each_seed_unless_there_are_intervals():
    rows = {"trained": [0.7, 0.9], "chance": [0.2, 0.3]}
    (ax,) = plots.scores(rows, label="").axes
    assert pytest.approx([0.7, 0.9]) in drawn(ax)
    (ax,) = plots.scores(rows, label="", intervals={"trained": (0.6, 1), "chance": (0, 1)}).axes
    assert pytest.approx([0.6, 1]) in drawn(ax)
    assert pytest.approx([0.7, 0.9]) not in drawn(ax)


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
        panels, labels=["recall@1", "recall@1"], references=[None, 0.1], highlight="network"
    )
    above, below = figure.axes
    assert [tick.get_text() for tick in above.get_yticklabels()] == ["network", "pixels"]
    assert [list(line.get_xdata()) for line in above.lines] == [
        [0.7, 0.9], [0.7, 0.9], [0.8], [0.1, 0.3], [0.1, 0.3], [0.2],
    ]  # fmt: skip
    assert list(below.lines[-1].get_xdata()) == [0.1, 0.1]
    assert below.get_xlabel() == "recall@1"


def test_panels_of_one_scale_share_one_axis_and_others_do_not():
    panels = {name: {"network": (0.8, 0.7, 0.9)} for name in ("frames", "goods")}
    above, below = plots.intervals(panels, labels=["recall@1"] * 2).axes
    assert above.get_xlim() == below.get_xlim()
    assert above.get_xlabel() == "" and below.get_xlabel() == "recall@1"
    above, below = plots.intervals(panels, labels=["recall@1", "accuracy"]).axes
    assert not above.get_shared_x_axes().joined(above, below)


def test_pictures_on_a_map_keep_their_places_and_are_drawn_as_pictures():
    places = np.array([[0.0, 0.0], [4.0, 1.0], [2.0, 3.0]])
    (ax,) = plots.picture_map(places, [np.zeros((8, 8, 3), np.uint8)] * 3).axes
    middles = [np.reshape(image.get_extent(), (2, 2)).mean(axis=1) for image in ax.images]
    np.testing.assert_allclose(middles, places)
