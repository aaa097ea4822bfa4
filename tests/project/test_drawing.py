"""What a commit draws of the long tests: a part of each group, and all of it in time."""

from types import SimpleNamespace

import pytest

from helpers.drawing import ONE_IN, not_drawn


def item(test, *mark, drawn=True):
    """Return what pytest collects of a test: with the mark ``drawn``, or without."""
    found = SimpleNamespace(args=mark) if drawn else None
    return SimpleNamespace(
        path="tests/test_one.py", originalname=test, get_closest_marker=lambda _: found
    )


CASES = [item("test_a_case") for _ in range(10)]
PAIR = [item("test_guide", "terms"), item("test_term", "terms")]
ALWAYS = [item("test_always", drawn=False)]
ITEMS = CASES + PAIR + ALWAYS


@pytest.mark.parametrize("commit", range(6))
def test_a_fifth_of_the_cases_one_of_a_pair_and_what_has_no_mark_are_run(commit):
    run = [each for each in ITEMS if each not in not_drawn(ITEMS, commit)]
    assert len(run) == 2 + 1 + 1
    assert ALWAYS[0] in run and sum(each in PAIR for each in run) == 1


def test_commits_draw_everything():
    runs = [not_drawn(ITEMS, commit) for commit in range(2 * ONE_IN)]
    assert all(any(each not in run for run in runs) for each in ITEMS)
