"""Rankings side by side: every text is escaped, ticks are words, and lists that do not fit fail."""

import doctest

import pytest

from embeddings_course.controls import ranking_table, rankings_html
from helpers.refusals import raises


def test_places_run_down_and_a_tick_says_what_it_means():
    html = rankings_html(
        "<u>", {"<a>": [("<x>", True), ("y", False)], "b": [("y", False), ("z", True)]}, tick="<ok>"
    )
    assert not any(bad in html for bad in ("<u>", "<a>", "<x>", "<ok>"))
    assert html.count("\u2713&nbsp;&lt;ok&gt;") == 2
    first, second = html.split("<tbody>")[1].split("</tr>")[:2]
    assert first.startswith("<tr><td>1</td><td>&lt;x&gt; <strong>")
    assert second.startswith("<tr><td>2</td><td>y</td><td>z <strong>")


def test_the_example_holds():
    assert doctest.testmod(ranking_table).attempted
    assert not doctest.testmod(ranking_table).failed


@pytest.mark.parametrize("rankings", [{}, {"a": []}, {"a": [("x", True)], "b": []}])
def test_rankings_that_do_not_fit_are_refused(rankings):
    with raises(ValueError, "rankings-mismatch"):
        rankings_html("u", rankings)
