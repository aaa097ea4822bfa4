"""The page of a graded class: one HTML file that works by double click, with the network off.

Style, script and pictures are in it, and it asks no host for anything. All that students had a hand
in (ids, names, and the sentences about what they handed in) is escaped, and the page's own policy
lets no script run but its own.
"""

from __future__ import annotations

import base64
import hashlib
import html
import itertools
import re
import statistics
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from embeddings_course._shared.console import printable
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
from embeddings_course.grading.submissions.status import NOT_GRADED
from embeddings_course.quiz_tools.item_statistics import ENOUGH_TO_CORRELATE, SAME

_LONGEST_SENTENCE = 500
# Groups of the attention list that are longer are folded.
_MOST_AT_ONCE = 12


def to_html(report: Report) -> str:
    """Write the page: one HTML file that needs no other."""
    assets = Path(__file__).parent / "assets"
    style = (assets / "report.css").read_text(encoding="utf-8")
    script = (assets / "report.js").read_text(encoding="utf-8")
    policy = (
        f"default-src 'none'; base-uri 'none'; form-action 'none'; style-src '{_digest(style)}'; "
        f"script-src '{_digest(script)}'"
    )
    title = _escape(f"{report.assignment}: grading report")
    return "\n".join(
        [
            "<!DOCTYPE html>",
            '<html lang="en">',
            "<head>",
            '<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="referrer" content="no-referrer">',
            f"<title>{title}</title>",
            f"<style>{style}</style>",
            "</head>",
            "<body>",
            *_heading(report),
            "<main>",
            *_attention(report),
            *_table(report),
            *_exercise_section(report),
            "</main>",
            f"<script>{script}</script>",
            "</body>",
            "</html>",
            "",
        ]
    )


def _digest(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _escape(text: str) -> str:
    line = printable(text)
    if len(line) > _LONGEST_SENTENCE:
        line = f"{line[: _LONGEST_SENTENCE - 1].rstrip()}…"
    return html.escape(line)


def _heading(report: Report) -> Iterator[str]:
    students = report.students
    states = Counter(student.state for student in students)
    yield "<header>"
    yield f"<h1><bdi>{_escape(report.assignment)}</bdi> <small>grading report</small></h1>"
    yield (
        f"<p>{counted(len(students), 'student')}, "
        f"{counted(len(report.exercises), 'exercise')}, "
        f"{plain(report.max_score)} points. Course <bdi>{_escape(report.course)}</bdi>, written "
        f'<time datetime="{report.written.isoformat(timespec="minutes")}">'
        f"{report.written:%Y-%m-%d %H:%M}</time>.</p>"
    )
    yield '<ul class="counts">'
    for state, words in report.states.items():
        yield f'<li class="{_escape(state)}"><b>{states[state]}</b> {_escape(words)}</li>'
    yield "</ul>"
    totals = [student.total for student in students if student.total is not None]
    if totals:
        mean, median = statistics.mean(totals), statistics.median(totals)
        yield (
            f"<p>Totals of the {len(totals)} with a score: mean {plain(mean)}, median "
            f"{plain(median)}, from {plain(min(totals))} to {plain(max(totals))}.</p>"
        )
    marks = {
        "late": sum(_late_hours(student) > 0 for student in students),
        "repaired": sum(bool(student.record.repaired) for student in students),
        "suspicious": sum(bool(student.record.suspicious) for student in students),
        "noted": sum(bool(student.record.noted) for student in students),
        "graded with a problem": sum(map(_has_problem, students)),
        "with points that a person has still to give": sum(s.waiting for s in students),
    }
    named = [f"{count} {words}" for words, count in marks.items() if count]
    if named:
        yield f"<p>{'; '.join(named)}.</p>"
    yield (
        '<nav aria-label="On this page"><a href="#attention">Needs attention</a> '
        '<a href="#students">Students</a> <a href="#exercises">Exercises</a></nav>'
    )
    yield "</header>"


def _late_hours(student: Student) -> float:
    return max(0.0, student.record.late_seconds / 3600) if student.total is not None else 0.0


def _has_problem(student: Student) -> bool:
    """Say whether all cells were run, and a person must know something all the same."""
    return student.state == "graded" and bool(problems(student))


_WHY = {
    "failed": "Grading itself failed, so there is no score. Grade again, or look at what was "
    "handed in.",
    "unreadable": "There is no notebook that can be read, so there is no score, which is no zero.",
    "other-assignment": "What was handed in is the notebook of another assignment, so there is no "
    "score, which is no zero. Ask for the right one.",
    "kernel-died": "The kernel ended before the last cell. Points earned before are kept.",
    "timed-out": "The kernel had to be ended, or the time for the whole submission was over. "
    "Points earned before are kept.",
    NOT_GRADED: "Handed in, but not graded here yet: run the command that grades.",
}


def _attention(report: Report) -> Iterator[str]:
    """List who needs a person, by reason."""
    rows = {student.id: number for number, student in enumerate(report.students)}

    def link(student: Student) -> str:
        name = f" (<bdi>{_escape(student.name)}</bdi>)" if student.name else ""
        return f'<a href="#s{rows[student.id]}"><bdi>{_escape(student.id)}</bdi></a>{name}'

    yield '<section aria-labelledby="attention"><h2 id="attention">Needs attention</h2>'
    groups = [group for group in _groups(report) if group.students]
    for title, why, students, sentences in groups:
        yield f"<details{' open' if len(students) <= _MOST_AT_ONCE else ''}>"
        yield f"<summary><h3>{_escape(title)} <b>({len(students)})</b></h3></summary><p>{why}</p>"
        said = {student.id: sentences(student) for student in students}
        if silent := [link(student) for student in students if not said[student.id]]:
            yield f'<p class="names">{", ".join(silent)}.</p>'
        if told := [student for student in students if said[student.id]]:
            yield "<ul>"
            for student in told:
                words = " ".join(f"<bdi>{_escape(sentence)}</bdi>" for sentence in said[student.id])
                yield f"<li>{link(student)}: {words}</li>"
            yield "</ul>"
        yield "</details>"
    if report.unnamed:
        yield f"<h3>Not a student’s folder <b>({len(report.unnamed)})</b></h3>"  # noqa: RUF001
        names = ", ".join(f"<bdi>{_escape(name)}</bdi>" for name in report.unnamed)
        yield f"<p>Such a name cannot be an id: rename the folder, and grade again. {names}</p>"
    elif not groups:
        yield f"<p>Nobody: {'all were graded' if rows else 'there are no students yet'}.</p>"
    yield "</section>"


class _Group(NamedTuple):
    """Students who need a person for the same reason."""

    title: str
    why: str
    students: list[Student]
    sentences: Callable[[Student], Sequence[str]]


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
        "Known to the gradebook, but nothing was handed in. There is no score, which is no zero.",
        [s for s in students if s.state == "missing"],
        problems,
    )


def _capital(words: str) -> str:
    return f"{words[0].upper()}{words[1:]}"


def _table(report: Report) -> Iterator[str]:
    penalties, states = any(student.penalty for student in report.students), list(report.states)
    yield '<section aria-labelledby="students"><h2 id="students">Students</h2>'
    yield from _controls(report)
    if not report.students:
        yield "<p>There are no students yet.</p></section>"
        return
    yield (
        '<div class="scroll" role="region" tabindex="0" aria-label="Table of students">'
        '<table id="class"><thead><tr>'
    )
    yield _head("Student", kind="text")
    yield _head("State", kind="text")
    yield _head("Total", f"of {plain(report.max_score)}")
    for exercise in report.exercises:
        yield _head(_breakable(exercise.name), f"of {plain(exercise.max_score)}")
    yield _head("Late", "hours")
    if penalties:
        yield _head("Penalty", "points")
    yield _head("Suspicious")
    yield _head("Noted")
    yield _head("Repaired")
    yield _head("Time", "s")
    yield _head("Memory", "MB")
    yield '<th scope="col" class="files">Files</th></tr></thead><tbody>'
    for number, student in enumerate(report.students):
        yield _row(report, number, student, states, penalties)
    yield "</tbody></table></div>"
    yield (
        '<p class="key">Totals are after late penalties. Shaded cells have lost points, those '
        "with the stronger shade all of them. “No score” is no zero. Noted is what code did that "
        "hurts nobody, such as starting a program.</p></section>"
    )


def _head(title: str, unit: str = "", *, kind: str = "number") -> str:
    below = f" <small>{unit}</small>" if unit else ""
    return f'<th scope="col" data-sort="{kind}"><span>{title}</span>{below}</th>'


def _breakable(name: str) -> str:
    return re.sub(r"([-_/])(?=.)", r"\1<wbr>", _escape(name))


def _controls(report: Report) -> Iterator[str]:
    """Yield what the script shows when it runs; without it there are no dead controls."""
    choices = [(state, _capital(words)) for state, words in report.states.items()]
    marks = {mark for student in report.students for mark in _marks(student)}
    choices += [(mark, words) for mark, words in _MARKS.items() if mark in marks]
    yield '<form class="controls" hidden role="search" aria-label="Students">'
    yield '<label>Search <input type="search" id="search" autocomplete="off"></label>'
    yield '<label>Show <select id="show"><option value="">everybody</option>'
    for value, words in choices:
        yield f'<option value="{_escape(value)}">{_escape(words)}</option>'
    yield '</select></label><output id="shown"></output></form>'


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


def _row(report: Report, number: int, student: Student, states: list[str], penalties: bool) -> str:
    record = student.record
    name = f"<small><bdi>{_escape(student.name)}</bdi></small>" if student.name else ""
    cells = [f'<th scope="row"><bdi>{_escape(student.id)}</bdi>{name}</th>']
    said = _folded(_escape(in_words(student.state)), problems(student))
    cells.append(f'<td class="state" data-v="{states.index(student.state)}">{said}</td>')
    if student.total is None:
        cells.append('<td class="none">no score</td>')
    else:
        so_far = " <small>so far</small>" if student.waiting else ""
        value = f' data-v="{student.total:g}"' if so_far else ""
        cells.append(f'<td class="total"{value}>{plain(student.total)}{so_far}</td>')
    cells += [_points(student.result(exercise), exercise) for exercise in report.exercises]
    late = _late_hours(student)
    cells.append(f"<td>{f'{late:.1f}' if late > 0 else ''}</td>")
    if penalties:
        cells.append(f"<td>{plain(student.penalty) if student.penalty else ''}</td>")
    for sentences in (record.suspicious, record.noted, record.repaired):
        shown = _folded(str(len(sentences)), sentences) if sentences else ""
        cells.append(f'<td data-v="{len(sentences)}">{shown}</td>' if shown else "<td></td>")
    cells.append(f"<td>{f'{record.seconds:.1f}' if record.seconds else ''}</td>")
    cells.append(f"<td>{f'{record.peak_memory / 1e6:.0f}' if record.peak_memory else ''}</td>")
    who = _escape(student.id)
    links = [
        f'<a href="{html.escape(address)}" aria-label="{words} of {who}">{words}</a>'
        for words, address in (("feedback", student.feedback), ("notebook", student.notebook))
        if address
    ]
    cells.append(f'<td class="files">{" ".join(links)}</td>')
    marks = " ".join([student.state, *_marks(student)])
    return f'<tr id="s{number}" data-is="{_escape(marks)}">{"".join(cells)}</tr>'


def _folded(summary: str, sentences: Sequence[str]) -> str:
    if not sentences:
        return summary
    said = "".join(f"<li><bdi>{_escape(sentence)}</bdi></li>" for sentence in sentences)
    return f"<details><summary>{summary}</summary><ul>{said}</ul></details>"


def _points(result: Result | None, exercise: Exercise) -> str:
    if result is None:
        return "<td>–</td>"  # noqa: RUF001
    shown, value = plain(result.points), f' data-v="{result.points:g}"'
    if result.waiting:
        earned = f"{shown} " if result.points or result.by_hand else ""
        return f"<td{value}>{earned}<small>to grade</small></td>"
    lost = ""
    if result.points < exercise.max_score - SAME:
        lost = ' class="some"' if result.points > SAME else ' class="all"'
    if result.by_hand:
        return f"<td{lost}{value}>{shown} <small>by hand</small></td>"
    return f"<td{lost}>{shown}</td>"


def _exercise_section(report: Report) -> Iterator[str]:
    yield '<section aria-labelledby="exercises"><h2 id="exercises">Exercises</h2>'
    found = analyse(report)
    yield "<h3>Worth a look</h3>"
    said = look_at(found)
    if said:
        yield "<ul>"
        yield from (f"<li>{_escape(sentence)}</li>" for sentence in said)
        yield "</ul>"
    else:
        yield "<p>None stands out.</p>"
    yield "<h3>Points</h3>"
    yield (
        "<p>How many students have how many points. Totals count everybody with a score; exercises "
        "count submissions of which all cells were run, without those that wait for a person’s "  # noqa: RUF001
        "points. The item-rest correlation tells whether those who do well on the rest do well "
        "here; negative ones are odd.</p>"
    )
    yield '<div class="figures">'
    totals = [student.total for student in report.students if student.total is not None]
    if totals and report.max_score > 0:
        mean, median = statistics.mean(totals), statistics.median(totals)
        facts = [f"mean {plain(mean)}", f"median {plain(median)}"]
        yield _figure("Total", totals, report.max_score, facts)
    graded = [student for student in report.students if student.state == "graded"]
    for item in found:
        results = (student.result(item.exercise) for student in graded)
        points = [r.points for r in results if r is not None and not r.waiting]
        if not points:
            yield (
                f"<figure><figcaption><b>{_breakable(item.exercise.name)}</b><br>No points yet."
                "</figcaption></figure>"
            )
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
    yield "</div></section>"


def _figure(title: str, values: Sequence[float], top: float, facts: Sequence[str]) -> str:
    """Draw a histogram, with all that it shows in words."""
    bars = histogram(values, top)
    single = "to" not in bars[0][0]
    highest = max(count for _, count in bars)
    width, height, above, below = 240, 70, 14, 16
    step, base = width / len(bars), above + height
    drawn = []
    for place, (label, count) in enumerate(bars):
        tall = count / highest * height
        x, y = place * step, base - tall
        if count:
            drawn.append(
                f'<rect x="{x + 1:.1f}" y="{y:.1f}" width="{step - 2:.1f}" height="{tall:.1f}"/>'
                f'<text x="{x + step / 2:.1f}" y="{y - 3:.1f}">{count}</text>'
            )
        if single:
            drawn.append(f'<text x="{x + step / 2:.1f}" y="{base + 12}">{label}</text>')
    drawn.append(f'<path d="M0 {base}.5H{width}"/>')
    if not single:
        for kind, x, points in (("from", 0, 0), ("", width / 2, top / 2), ("to", width, top)):
            drawn.append(f'<text class="{kind}" x="{x}" y="{base + 12}">{plain(points)}</text>')
    words = ", ".join(f"{label}: {count}" for label, count in bars if count)
    spoken = f"{_escape(title)}, students by points. {words}."
    return (
        f"<figure><figcaption><b>{_breakable(title)}</b> <small>of {plain(top)}, "
        f"{len(values)} counted</small></figcaption>"
        f'<svg role="img" aria-label="{spoken}" viewBox="0 0 {width} {base + below}">'
        f"{''.join(drawn)}</svg><p>{_escape('; '.join(facts))}</p></figure>"
    )


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
