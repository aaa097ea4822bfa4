"""Figures show what they are given."""

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
