"""What the checks of an assignment say when they have run: a line each, and a sum at the end.

A check cell says in its first line which check it is, and what it is worth:

- ``# Exercise 2, check 3: 2 points``
- ``# Exercise 2, check 3: 2 points, more inputs when graded`` if the cell has hidden tests as well
- ``# Exercise 2, check 3: 2 points, tried when graded`` if all of its tests are hidden

The lines are for the student who writes. Grading neither prints nor reads them.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import Any

from embeddings_course import exercises

NONE_HIDDEN, SOME_HIDDEN, ALL_HIDDEN = "", "more inputs when graded", "tried when graded"
_FIRST_LINE = re.compile(
    rf"# Exercise (\d+), check (\d+): ([\d.]+) points?(?:, ({SOME_HIDDEN}|{ALL_HIDDEN}))?"
)


@dataclass(frozen=True)
class Check:
    """A check cell, by its first line.

    Attributes
    ----------
    exercise, number : int
        Which exercise, and which of its checks.
    points : float
        What it is worth.
    hidden : str
        ``NONE_HIDDEN``, ``SOME_HIDDEN`` or ``ALL_HIDDEN``.
    """

    exercise: int
    number: int
    points: float
    hidden: str = NONE_HIDDEN

    @property
    def first_line(self) -> str:
        """The line with which the cell begins."""
        about = f", {self.hidden}" if self.hidden else ""
        return f"# {self.name}: {_points(self.points)}{about}"

    @property
    def name(self) -> str:
        """What students call it."""
        return f"Exercise {self.exercise}, check {self.number}"

    def passed(self) -> str:
        """Return what the cell says when it has run without an error."""
        points = _points(self.points)
        if self.hidden == ALL_HIDDEN:
            return f"{self.name}: more inputs are tried when graded, {points}."
        if self.hidden == SOME_HIDDEN:
            return f"{self.name}: right so far, more inputs are tried when graded, {points}."
        return f"{self.name}: right, {points}."


def check_of(source: str) -> Check | None:
    """Return which check a cell is.

    >>> check_of("# Exercise 2, check 3: 1 point, tried when graded")
    Check(exercise=2, number=3, points=1.0, hidden='tried when graded')
    >>> check_of("x = 1") is None
    True

    Parameters
    ----------
    source : str
        The cell.
    """
    found = _FIRST_LINE.fullmatch(source.partition("\n")[0].strip())
    if found is None:
        return None
    exercise, number, points, hidden = found.groups()
    return Check(int(exercise), int(number), float(points), hidden or NONE_HIDDEN)


_results: dict[tuple[int, int], tuple[Check, bool]] = {}


def follow_checks() -> None:
    """Let each check cell of this notebook say what came of it.

    Where a cell holds no hidden tests, and students see all of its inputs, messages give the right
    values from now on. Does nothing outside IPython.
    """
    from IPython import get_ipython

    shell = get_ipython()
    _results.clear()
    if shell is None:
        return
    # Registered twice, a function is called once.
    shell.events.register("pre_run_cell", _before)
    shell.events.register("post_run_cell", _after)


def points_so_far(*, tried: float, when_graded: float) -> None:
    """Add up the checks that have run since the kernel started.

    Parameters
    ----------
    tried : float
        Points of the notebook's checks that hold tests.
    when_graded : float
        Points of those whose tests are all hidden.
    """
    if _is_graded():
        return
    ran = [(check, right) for check, right in _results.values() if check.hidden != ALL_HIDDEN]
    right = sum(check.points for check, is_right in ran if is_right)
    more = sum(check.points for check, is_right in ran if is_right and check.hidden)
    to_come = f"; {_number(when_graded)} more are tried when graded" if when_graded else ""
    print(f"{_number(right)} of {_points(tried)} tried are right{to_come}.")
    if wrong := _listed([check for check, is_right in ran if not is_right]):
        print(f"Not right yet: {wrong}.")
    if (left := tried - sum(check.points for check, _ in ran)) > 0:
        print(f"Checks for {_points(left)} have not run since the kernel started.")
    if more:
        print(f"Of those that are right, {_number(more)} depend on further inputs when graded.")


def _before(info: Any) -> None:
    check = check_of(info.raw_cell or "")
    exercises.show_expected(check is not None and "BEGIN HIDDEN TESTS" not in info.raw_cell)


def _after(result: Any) -> None:
    exercises.show_expected(False)
    check = check_of(getattr(result.info, "raw_cell", None) or "")
    if check is None:
        return
    _results[check.exercise, check.number] = check, bool(result.success)
    if result.success and not _is_graded():
        print(check.passed())


def _is_graded() -> bool:
    return os.environ.get("NBGRADER_EXECUTION") == "autograde"


def _listed(checks: list[Check]) -> str:
    by_exercise: dict[int, list[int]] = {}
    for check in sorted(checks, key=lambda each: (each.exercise, each.number)):
        by_exercise.setdefault(check.exercise, []).append(check.number)
    return "; ".join(
        f"exercise {exercise}, check{'s' * (len(numbers) > 1)} {_and(numbers)}"
        for exercise, numbers in by_exercise.items()
    )


def _and(numbers: list[int]) -> str:
    *first, last = map(str, numbers)
    return f"{', '.join(first)} and {last}" if first else last


def _points(points: float) -> str:
    return f"{_number(points)} point{'s' * (points != 1)}"


def _number(points: float) -> str:
    return f"{points:g}"
