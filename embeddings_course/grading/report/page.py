"""The page of a graded class: one HTML file that works by double click, with the network off.

Style, script and pictures are in it, and it asks no host for anything. All that students had a hand
in (ids, names, and the sentences about what they handed in) is escaped, and the page's own policy
lets no script run but its own. ``assets/page.html.j2`` is what it looks like; what it says is
worked out here.
"""

from __future__ import annotations

import base64
import hashlib
import itertools
import re
import statistics
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from jinja2 import Environment
from markupsafe import Markup, escape

from embeddings_course._shared.text import counted
from embeddings_course.grading.report.class_results import (
    Exercise,
    Report,
    Result,
    Student,
    in_words,
    percent,
    plain,
    problems,
)
from embeddings_course.grading.report.exercise_statistics import analyse, look_at
from embeddings_course.grading.safe_templates import safe_templates, shown
from embeddings_course.grading.submissions.status import NOT_GRADED
from embeddings_course.quiz_tools.item_statistics import ENOUGH_TO_CORRELATE, SAME

# Groups of the attention list that are longer are folded.
_MOST_AT_ONCE = 12
_ASSETS = Path(__file__).parent / "assets"


def to_html(report: Report) -> str:
    """Write the page: one HTML file that needs no other."""
    students = report.students
    return (
        _templates()
        .get_template("page.html.j2")
        .render(
            report=report,
            # Neither is anything that somebody else wrote.
            style=Markup((_ASSETS / "report.css").read_text(encoding="utf-8")),
            script=Markup((_ASSETS / "report.js").read_text(encoding="utf-8")),
            place={student.id: number for number, student in enumerate(students)},
            states=list(report.states),
            counts=Counter(student.state for student in students),
            totals=[student.total for student in students if student.total is not None],
            marked=_marked(students),
            groups=[group for group in _groups(report) if group.students],
            choices=_choices(report),
            penalties=any(student.penalty for student in students),
            remarks=look_at(analyse(report)),
            figures=list(_figures(report)),
        )
    )


def _templates() -> Environment:
    """Return what fills in the templates of the report."""
    templates = safe_templates(_ASSETS)
    templates.filters |= {"breakable": _breakable, "plain": plain}
    templates.globals |= {
        "counted": counted,
        "digest": _digest,
        "in_words": in_words,
        "labels": _labels,
        "late_hours": _late_hours,
        "mean": statistics.mean,
        "median": statistics.median,
        "most_at_once": _MOST_AT_ONCE,
        "problems": problems,
        "share_lost": _share_lost,
    }
    return templates


def _breakable(name: str) -> Markup:
    """Return a name that may go on in a new line after a hyphen, an underscore or a slash."""
    return Markup(re.sub(r"([-_/])(?=.)", r"\1<wbr>", str(escape(shown(name)))))


def _digest(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _marked(students: Sequence[Student]) -> list[str]:
    """Count those whom a column of the table says something about."""
    marks = {
        "late": sum(_late_hours(student) > 0 for student in students),
        "repaired": sum(bool(student.record.repaired) for student in students),
        "suspicious": sum(bool(student.record.suspicious) for student in students),
        "noted": sum(bool(student.record.noted) for student in students),
        "graded with a problem": sum(map(_has_problem, students)),
        "with points that a person has still to give": sum(s.waiting for s in students),
    }
    return [f"{count} {words}" for words, count in marks.items() if count]


def _late_hours(student: Student) -> float:
    return max(0.0, student.record.late_seconds / 3600) if student.total is not None else 0.0


def _has_problem(student: Student) -> bool:
    """Say whether all cells were run, and a person must know something all the same."""
    return student.state == "graded" and bool(problems(student))


_WHY = {
    "failed": "Grading itself failed, so there is no score. Grade again, or look at what was "
    "handed in.",
    "unreadable": "There is no notebook that can be read, so there is no score: it is not a zero.",
    "other-assignment": "What was handed in is the notebook of another assignment, so there is no "
    "score: it is not a zero. Ask for the right one.",
    "kernel-died": "The kernel ended before the last cell. Points earned before are kept.",
    "timed-out": "The kernel had to be ended, or the time for the whole submission was over. "
    "Points earned before are kept.",
    NOT_GRADED: "Handed in, but not graded here yet: run the command that grades.",
}


class _Group(NamedTuple):
    """Students who need a person for the same reason."""

    title: str
    why: str
    students: list[Student]
    sentences: Callable[[Student], Sequence[str]]

    @property
    def told(self) -> list[Student]:
        """Return those of whom there is more to say than that they are here."""
        return [student for student in self.students if self.sentences(student)]

    @property
    def silent(self) -> list[Student]:
        """Return the others."""
        return [student for student in self.students if not self.sentences(student)]


def _groups(report: Report) -> Iterator[_Group]:
    students = report.students
    quiet = {"graded", "missing"}
    for state in [*_WHY, *(state for state in report.states if state not in {*_WHY, *quiet})]:
        title, why = _capital(in_words(state)), _WHY.get(state, "Something went wrong.")
        yield _Group(title, why, [s for s in students if s.state == state], problems)
    yield _Group(
        "Graded, with a problem",
        "All cells were run. Look at the sentence before you trust the points, zeros above all.",
        [s for s in students if _has_problem(s)],
        problems,
    )
    yield _Group(
        "Suspicious",
        "A result may be forged, or the code reached for what is not the student’s. The points are "  # noqa: RUF001
        "what the tests gave. Look at the lines that are named before you trust them.",
        [s for s in students if s.record.suspicious],
        lambda student: student.record.suspicious,
    )
    for exercise in report.exercises:
        yield _Group(
            f"To grade by hand: {exercise.name}",
            "A person gives these points, in Formgrader. Totals are without them so far.",
            [s for s in students if (result := s.result(exercise)) and result.waiting],
            lambda student: (),
        )
    yield _Group(
        _capital(in_words("missing")),
        "Known to the gradebook, but nothing was handed in. There is no score: it is not a zero.",
        [s for s in students if s.state == "missing"],
        problems,
    )


def _capital(words: str) -> str:
    return f"{words[0].upper()}{words[1:]}"


def _choices(report: Report) -> list[tuple[str, str]]:
    """Return by what the table can be narrowed down: what rows are labelled, and in words."""
    choices = [(state, _capital(words)) for state, words in report.states.items()]
    marks = {mark for student in report.students for mark in _marks(student)}
    return choices + [(mark, words) for mark, words in _MARKS.items() if mark in marks]


_MARKS = {
    "waiting": "To grade by hand",
    "suspicious": "Suspicious",
    "problem": "Graded, with a problem",
    "noted": "Noted",
    "repaired": "Repaired",
    "late": "Late",
}


def _marks(student: Student) -> list[str]:
    there = {
        "waiting": student.waiting,
        "suspicious": bool(student.record.suspicious),
        "problem": _has_problem(student),
        "noted": bool(student.record.noted),
        "repaired": bool(student.record.repaired),
        "late": _late_hours(student) > 0,
    }
    return [mark for mark, holds in there.items() if holds]


def _labels(student: Student) -> str:
    return " ".join([student.state, *_marks(student)])


def _share_lost(result: Result, exercise: Exercise) -> str:
    """Say whether some or all points are lost; nothing if none are."""
    if result.points >= exercise.max_score - SAME:
        return ""
    return "some" if result.points > SAME else "all"


@dataclass(frozen=True)
class _Bar:
    """A bar of a histogram: what it counts, and where it is."""

    label: str
    count: int
    x: float
    y: float
    tall: float


@dataclass(frozen=True)
class _Figure:
    """A histogram, with all that it shows in words; without bars there are no points yet."""

    title: str
    top: float
    count: int = 0
    facts: tuple[str, ...] = ()
    bars: tuple[_Bar, ...] = ()
    width: int = 240
    base: int = 84

    @property
    def step(self) -> float:
        """Return how far apart bars are."""
        return self.width / len(self.bars)

    @property
    def single(self) -> bool:
        """Say whether each bar is one number of points, which fits below it."""
        return "to" not in self.bars[0].label

    @property
    def words(self) -> str:
        """Return the counts as a sentence has them."""
        return ", ".join(f"{bar.label}: {bar.count}" for bar in self.bars if bar.count)


def _figures(report: Report) -> Iterator[_Figure]:
    """Draw how many students have how many points: in total, and on each exercise."""
    totals = [student.total for student in report.students if student.total is not None]
    if totals and report.max_score > 0:
        mean, median = statistics.mean(totals), statistics.median(totals)
        facts = [f"mean {plain(mean)}", f"median {plain(median)}"]
        yield _figure("Total", totals, report.max_score, facts)
    graded = [student for student in report.students if student.state == "graded"]
    for item in analyse(report):
        results = (student.result(item.exercise) for student in graded)
        points = [r.points for r in results if r is not None and not r.waiting]
        if item.mean is None or item.all_points is None or item.no_points is None:
            yield _Figure(item.exercise.name, item.exercise.max_score)
            continue
        r = item.discrimination
        facts = [
            f"mean {plain(item.mean * item.exercise.max_score)}",
            f"all points {percent(item.all_points)}",
            f"none {percent(item.no_points)}",
        ]
        if r is not None:
            facts.append(f"item-rest correlation {r:.2f}")
        elif item.counted >= ENOUGH_TO_CORRELATE:
            facts.append(f"no item-rest correlation: {item.undefined}")
        yield _figure(item.exercise.name, points, item.exercise.max_score, facts)


def _figure(title: str, values: Sequence[float], top: float, facts: Sequence[str]) -> _Figure:
    counts = histogram(values, top)
    figure, height = _Figure(title, top), 70
    highest, step = max(count for _, count in counts), figure.width / len(counts)
    bars = []
    for place, (label, count) in enumerate(counts):
        tall = count / highest * height
        bars.append(_Bar(label, count, place * step, figure.base - tall, tall))
    return replace(figure, count=len(values), facts=tuple(facts), bars=tuple(bars))


def histogram(values: Sequence[float], top: float) -> list[tuple[str, int]]:
    """Count values: one bar for each number of points where these are few, else ten ranges.

    Parameters
    ----------
    values : sequence of float
        Points, 0 or more; what is above `top` counts for the last bar.
    top : float
        The most points, above 0.

    Returns
    -------
    list of (str, int)
        What a bar stands for, and how many values it has.
    """
    whole = top <= 10 and all(float(value).is_integer() for value in (*values, top))
    if whole:
        counts = Counter(int(min(max(value, 0), top)) for value in values)
        return [(str(points), counts[points]) for points in range(int(top) + 1)]
    counts = Counter(min(int(max(value, 0) / top * 10 + SAME), 9) for value in values)
    edges = [plain(top * place / 10) for place in range(11)]
    labels = [f"{low} to below {high}" for low, high in itertools.pairwise(edges)]
    labels[-1] = f"{edges[-2]} to {edges[-1]}"
    return [(label, counts[place]) for place, label in enumerate(labels)]
