"""The weeks of a term: what is read, what can be done, and what is due."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from embeddings_course.sphinx_ext.syllabus.course_outline import Assignment, Course, Exercise, Page

MINUTES_A_WEEK = 75


@dataclass(frozen=True)
class Week:
    """What a week of a term holds: pages to read, exercises that these make possible, deadlines."""

    pages: tuple[Page, ...]
    exercises: tuple[tuple[Assignment, Exercise], ...]
    due: tuple[Assignment, ...]


def term_plan(
    course: Course, minutes: Mapping[str, int], *, minutes_a_week: int = MINUTES_A_WEEK
) -> list[Week]:
    """Spread pages over weeks, in reading order.

    An exercise stands in the week in which the last of its pages is read, and an assignment is due
    in the week of its last exercise; a quiz over the whole course in the last week.

    Parameters
    ----------
    course : Course
        What is to be taught.
    minutes : mapping of str to int
        How long each page takes, by its name.
    minutes_a_week : int
        How much reading a week holds at most; a longer page has a week of its own.
    """
    weeks: list[list[Page]] = [[]]
    for page in course.pages:
        spent = sum(minutes[each.name] for each in weeks[-1])
        if weeks[-1] and spent + minutes[page.name] > minutes_a_week:
            weeks.append([])
        weeks[-1].append(page)
    week_of = {page.name: number for number, week in enumerate(weeks) for page in week}
    possible: list[list[tuple[Assignment, Exercise]]] = [[] for _ in weeks]
    due: list[list[Assignment]] = [[] for _ in weeks]
    for assignment in course.assignments:
        places = []
        for exercise in assignment.exercises:
            places.append(max(week_of[name] for name in course.pages_of(exercise)))
            possible[places[-1]].append((assignment, exercise))
        due[max(places, default=-1)].append(assignment)
    return [
        Week(tuple(pages), tuple(exercises), tuple(assignments))
        for pages, exercises, assignments in zip(weeks, possible, due, strict=True)
    ]
