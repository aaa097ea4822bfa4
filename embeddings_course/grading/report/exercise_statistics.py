"""What a class's points say about the exercises."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from embeddings_course.grading.report.class_results import Exercise, Report, percent, plain
from embeddings_course.quiz_tools.item_statistics import (
    ENOUGH_TO_CORRELATE,
    FEW_RECORDS,
    SAME,
    chance_in_words,
    is_easy,
    is_hard,
    item_rest_correlation,
    meaning_of,
    moved_by_chance,
)


@dataclass(frozen=True)
class ExerciseStatistics:
    """What the class's points say about one exercise.

    Attributes
    ----------
    exercise : Exercise
        Which.
    counted : int
        Submissions of which all cells were run, and that wait for nobody's points on it.
    mean, all_points, no_points : float or None
        Mean share of the points, and the shares of students with all and with none: 0 to 1. None
        if nobody counts.
    discrimination : float or None
        Item-rest correlation, -1 to 1; None where it is not defined.
    undefined : str
        Why it is not defined, otherwise empty.
    never : tuple of str
        Cells worth points on which nobody has any, though somebody has points on another one.
    """

    exercise: Exercise
    counted: int
    mean: float | None
    all_points: float | None
    no_points: float | None
    discrimination: float | None
    undefined: str
    never: tuple[str, ...]


def analyse(report: Report) -> list[ExerciseStatistics]:
    """Compute what the points say about each exercise.

    Submissions whose kernel died or that timed out do not count: their zeros after that say nothing
    about the exercises. The rest, with which an exercise is correlated, is all other exercises that
    wait for nobody's points.
    """
    students = [s for s in report.students if s.state == "graded" and s.cells]
    results = [[student.result(exercise) for exercise in report.exercises] for student in students]
    points = np.array(
        [[math.nan if r is None or r.waiting else r.points for r in row] for row in results]
    ).reshape(len(students), len(report.exercises))  # [students, exercises]
    complete = ~np.isnan(points).any(axis=0)
    found = []
    for number, exercise in enumerate(report.exercises):
        there = ~np.isnan(points[:, number])
        others = complete.copy()
        others[number] = False
        scores, rest = points[there, number], points[there][:, others].sum(axis=1)
        r, undefined = item_rest_correlation(scores, rest)
        if not others.any():
            r, undefined = None, "there is nothing else to compare with"
        counted = [student for student, counts in zip(students, there, strict=True) if counts]
        top = exercise.max_score
        never = [
            cell
            for cell, worth in exercise.cells.items()
            if worth > 0
            and scores.any()
            and not any(s.cells[cell].points for s in counted if cell in s.cells)
        ]
        found.append(
            ExerciseStatistics(
                exercise=exercise,
                counted=len(scores),
                mean=float(scores.mean() / top) if len(scores) else None,
                all_points=float((scores >= top - SAME).mean()) if len(scores) else None,
                no_points=float((scores <= SAME).mean()) if len(scores) else None,
                discrimination=r,
                undefined=undefined,
                never=tuple(never),
            )
        )
    return found


def look_at(found: Sequence[ExerciseStatistics]) -> list[str]:
    """Name the exercises that deserve a look, and why.

    They are those that (nearly) everybody or (nearly) nobody has the points of, that have a test
    which nobody passes, or in which those who do well on the rest do no better. With fewer than
    three submissions nothing is said of an exercise, and with fewer than ten a negative correlation
    is told only where chance alone hardly makes it.

    Returns
    -------
    list of str
        Sentences, in the order of the exercises. With fewer than 10 submissions the first one says
        that all this means little.
    """
    counted = max((item.counted for item in found), default=0)
    if counted < ENOUGH_TO_CORRELATE:
        return [
            f"Fewer than {ENOUGH_TO_CORRELATE} submissions were graded to the end: too few to say "
            "anything about the exercises."
        ]
    said = []
    if counted < FEW_RECORDS:
        said.append(
            f"Only {counted} submissions were graded to the end: with fewer than {FEW_RECORDS} all "
            "this says little."
        )
    for item in found:
        if item.counted >= ENOUGH_TO_CORRELATE:
            said += [f"{item.exercise.name}: {what}." for what in _remarks(item)]
    return said


def _remarks(item: ExerciseStatistics) -> Iterator[str]:
    if item.mean is None:
        return
    if item.all_points == 1:
        yield "everybody has all points, so it tells nobody apart"
    elif item.no_points == 1:
        yield (
            "nobody has a point; look whether its tests pass with the solution, and whether it "
            "says what they expect"
        )
    elif is_easy(item.mean):
        yield f"nearly everybody has all points ({percent(item.mean)} of them on average)"
    elif is_hard(item.mean):
        yield (
            f"nearly nobody has points ({percent(item.mean)} of them on average); look whether it "
            "says what its tests expect"
        )
    for cell in item.never:
        yield (
            f"nobody earns a point in {cell}, which is worth {plain(item.exercise.cells[cell])}; "
            "look whether it tests what was asked for"
        )
    r = item.discrimination
    meaning = meaning_of(r, extreme=is_easy(item.mean) or is_hard(item.mean))
    if r is None or not meaning:
        return
    if item.counted >= FEW_RECORDS or r < -moved_by_chance(item.counted):
        yield (
            f"{meaning} (item-rest correlation {r:.2f}; "
            f"{chance_in_words(item.counted, 'submissions')})"
        )
