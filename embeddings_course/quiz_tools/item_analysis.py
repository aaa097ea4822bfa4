"""Item analysis: what a class's answers say about the questions, not about the students.

The terms are those of classical test theory:

- The **difficulty** of a question, also called its facility, is the mean score from 0 to 1 of those
  who answered it. A difficult question has a low difficulty; the name is old and cannot be helped.
- Its **discrimination** is the item-rest correlation: Pearson's correlation between the score on
  the question and the sum of the scores on all others. Those who know more should do better on it.
- The **upper-lower index** D is how much better the 27 % with the highest totals do on it than the
  27 % with the lowest (Kelley, 1939, https://doi.org/10.1037/h0057123).
"""

from __future__ import annotations

import csv
import io
import itertools
import math
import os
import re
import stat
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from embeddings_course._shared.console import printable
from embeddings_course._shared.folders import walk
from embeddings_course.quiz.answer_records import Record, may_be_answers, read_record
from embeddings_course.quiz.question_files import NumericQuestion, Question, QuizError, SingleChoice
from embeddings_course.quiz.rendering import version_with
from embeddings_course.quiz.scoring import score
from embeddings_course.quiz.typed_numbers import read_number, show_number

if TYPE_CHECKING:
    from matplotlib.figure import Figure
from embeddings_course.quiz_tools.item_statistics import (
    FEW_RECORDS,
    NEAR_ZERO,
    NEARLY_NONE_RIGHT,
    chance_in_words,
    is_easy,
    is_hard,
    item_rest_correlation,
    meaning_of,
    upper_lower_index,
)

# A wrong choice that nobody takes means something from so many answers on.
ENOUGH_FOR_DISTRACTORS = 30
MANY_OMITTED = 0.2
_WRONG_NUMBERS = 5
# Sets of numbers that are tried to find the one that a person was shown.
_LARGEST_VARIETY = 20_000
_ValuesOf = Callable[[Question, Record], Mapping[str, float]]


@dataclass(frozen=True)
class Collected:
    """Records of one quiz, one a person, and what could not be used.

    ``paths[n]`` is where ``records[n]`` came from; ``problems`` are sentences.
    """

    quiz: str
    records: tuple[Record, ...]
    paths: tuple[Path, ...]
    problems: tuple[str, ...]


def collect_records(folder: Path, quiz: str, *, graded: bool | None = None) -> Collected:
    """Find the records of a quiz anywhere below a folder.

    Practice records are named ``<quiz>.quiz.json``, graded ones ``answers.json`` or, as copies are,
    ``answers (1).json``. Of two records of one student the newer by file time counts, of equally
    old ones the first by path. Students are told apart by the id in the record, but for capitals
    and spaces around it, and where it is empty, as in practice, by the folder that the record is
    in. Links to folders are not followed.

    Parameters
    ----------
    folder : Path
        Where to begin.
    quiz : str
        The quiz, or the assignment.
    graded : bool, optional
        Whether to look for graded records only, or for practice records only. Default: both.

    Returns
    -------
    Collected
        In the order of paths. Whatever could not be used, and why, is in ``problems``; files of one
        other quiz share a sentence.

    Raises
    ------
    QuizError
        If there is no such folder.
    """
    if not folder.is_dir():
        raise QuizError([f"{folder} is not a folder: name one that has records below it."])

    def wanted(name: str) -> bool:
        practice = name == f"{quiz}.quiz.json" and graded in (None, False)
        return practice or (may_be_answers(name) and graded in (None, True))

    problems: list[str] = []
    others: dict[str, list[str]] = {}
    found: dict[tuple[str, str], tuple[int, Path, Record]] = {}
    for path in _walk(folder, wanted, problems):
        place = _place(path, folder)
        try:
            record, time = _read(path)
        except QuizError as error:
            # It names the file without its folder.
            problems.append(f"{_place(path.parent, folder, '/')}{error}.")
            continue
        if record.quiz != quiz:
            others.setdefault(record.quiz, []).append(place)
        elif not record.answers and not record.earlier:
            problems.append(f"{place} holds no answers.")
        else:
            student = record.student.strip().casefold()
            person = ("id", student) if student else ("folder", str(path.parent))
            if person not in found:
                found[person] = (time, path, record)
                continue
            other_time, other, _ = found[person]
            newer, older = (path, other) if time > other_time else (other, path)
            if newer is path:
                found[person] = (time, path, record)
            who = f"student {record.student.strip()!r}" if student else "the same person"
            problems.append(
                f"{_place(older, folder)} is not used: {_place(newer, folder)} is of {who} too "
                f"and {'newer' if time != other_time else 'as old'}."
            )
    for other, places in others.items():
        more = f" and {len(places) - 1} more" if len(places) > 1 else ""
        verb = "hold" if more else "holds"
        problems.append(f"{places[0]}{more} {verb} answers to another quiz, {other!r}.")
    kept = sorted(found.values(), key=lambda entry: entry[1])
    return Collected(
        quiz=quiz,
        records=tuple(record for _, _, record in kept),
        paths=tuple(path for _, path, _ in kept),
        problems=tuple(_printable(problem) for problem in problems),
    )


def _walk(folder: Path, wanted: Callable[[str], bool], problems: list[str]) -> Iterator[Path]:
    """Yield what has such a name, folders among it, in order; say where it could not look."""

    def trouble(path: Path, why: str) -> None:
        problems.append(f"The folder {_place(path, folder)} {why}.")

    for path, status in walk(folder, trouble=trouble):
        if wanted(path.name):
            yield path
        # Of pathlib's the answer can be an error, where a link leads to what is not readable.
        elif stat.S_ISLNK(status.st_mode) and os.path.isdir(path):  # noqa: PTH112
            problems.append(f"{_place(path, folder)} is a link to a folder and is not followed.")


def _read(path: Path) -> tuple[Record, int]:
    """Read a record and its file time in nanoseconds."""
    try:
        # Devices and pipes could be read without end.
        if path.exists() and not path.is_file():
            what = "a folder" if path.is_dir() else "not a file"
            raise QuizError([f"{path.name} is {what}, not a record of answers"])
        time = path.stat().st_mtime_ns
    except OSError as error:
        raise QuizError([f"{path.name} cannot be read: {error.strerror}"]) from None
    record = read_record(path)
    if record is None:  # it was deleted just now
        raise QuizError([f"{path.name} is not there any more"])
    return record, time


def _place(path: Path, folder: Path, end: str = "") -> str:
    relative = path.relative_to(folder).as_posix()
    return "" if end and relative == "." else f"{relative}{end}"


def _printable(sentence: str) -> str:
    """Keep what a file brings in from breaking lines or filling the screen."""
    shown = printable(sentence)
    return shown if len(shown) <= 400 else f"{shown[:300]} … {shown[-80:]}"


@dataclass(frozen=True)
class ChoiceCount:
    """How many persons took a choice."""

    key: str
    text: str
    right: bool
    count: int


@dataclass(frozen=True)
class WrongNumber:
    """How many persons gave a wrong number.

    ``shown`` is the number, with the variables' values where there are any. All numbers that one
    known mistake leads to count as one: then ``shown`` is the mistake's number or formula, and
    ``known`` is true.
    """

    shown: str
    known: bool
    count: int


@dataclass(frozen=True)
class ItemStatistics:
    """What the answers say about one question.

    Attributes
    ----------
    id, kind : str
        The question.
    persons : int
        Records that were looked at: the sum of the next four.
    answered : int
        With an answer that was scored. All statistics below are over these.
    omitted : int
        With no answer.
    earlier : int
        With an answer to an earlier wording, or to numbers that are not shown any more. Not scored.
    unreadable : int
        With something that is no answer: no number, or a choice that does not exist. Not scored.
    difficulty : float or None
        Mean score, 0 to 1; None if nobody answered.
    discrimination : float or None
        Item-rest correlation, -1 to 1; None where it is not defined.
    undefined : str
        Why it is not defined, otherwise empty.
    upper_lower : float or None
        The index D, -1 to 1. None with fewer than 3 answers, or if all who answered have the same
        total.
    chance : float or None
        The difficulty that blind guesses would give; single choice only.
    choices : tuple of ChoiceCount
        In the order of the file; empty for numbers.
    wrong_numbers : tuple of WrongNumber
        The five most frequent; empty for choices.
    """

    id: str
    kind: str
    persons: int
    answered: int
    omitted: int
    earlier: int
    unreadable: int
    difficulty: float | None
    discrimination: float | None
    undefined: str
    upper_lower: float | None
    chance: float | None
    choices: tuple[ChoiceCount, ...]
    wrong_numbers: tuple[WrongNumber, ...]


def analyse(
    questions: Sequence[Question],
    records: Sequence[Record],
    *,
    values_of: _ValuesOf | None = None,
) -> list[ItemStatistics]:
    """Compute the statistics of each question.

    Whoever answered a question counts for it. On the other questions, what they omitted, or what
    could not be scored, counts 0: in the sum that the question is correlated with, and in the total
    that ranks them for D.

    For D the upper and the lower group have 27 % of those who answered, rounded to whole persons.
    The total includes the question itself, so D flatters questions of short quizzes; the item-rest
    correlation does not. Where several persons share the total at a group's border, each of them
    enters with the same fraction of a person, so that the group's size is right and no order of
    records matters.

    Parameters
    ----------
    questions : sequence of Question
        As they are now.
    records : sequence of Record, length n
        One a person.
    values_of : callable, optional
        Returns the variables' values that a record's person was shown. Default: found from the
        version that the answer names, which tells numbers apart.

    Returns
    -------
    list of ItemStatistics
        One a question, in their order.
    """
    columns = [_outcomes(question, records, values_of) for question in questions]
    # What was not scored is NaN.
    scores = np.array([[outcome.points for outcome in column] for column in columns])
    scores = scores.reshape(len(questions), len(records)).T  # [persons, questions]
    totals = np.nansum(scores, axis=1)
    return [
        _statistics(question, column, scores[:, number], totals, alone=len(questions) == 1)
        for number, (question, column) in enumerate(zip(questions, columns, strict=True))
    ]


@dataclass(frozen=True)
class _Outcome:
    """What became of one person's answer; what was not scored has NaN points."""

    state: str
    points: float = math.nan
    answer: str | tuple[str, ...] = ()
    values: Mapping[str, float] = field(default_factory=dict)


def _outcomes(
    question: Question, records: Sequence[Record], values_of: _ValuesOf | None
) -> list[_Outcome]:
    """Score all answers to one question."""
    variables = getattr(question, "variables", {})
    every = itertools.product(*(dict.fromkeys(numbers) for numbers in variables.values()))
    sets = (dict(zip(variables, numbers, strict=True)) for numbers in every)
    by_version = {
        version_with(question.version, values): values
        for values in itertools.islice(sets, _LARGEST_VARIETY)
    }
    outcomes = []
    for record in records:
        given = record.answers.get(question.id)
        # Blank, or no choice taken: the same as no answer.
        if given is None or not "".join(given.answer).strip():
            before = any(old.question == question.id for old in record.earlier)
            outcomes.append(_Outcome("earlier" if before else "omitted"))
            continue
        if values_of is not None and variables:
            values = values_of(question, record)
            current = given.version == version_with(question.version, values)
        else:
            values = by_version.get(given.version)
            current = values is not None
        if not current:
            outcomes.append(_Outcome("earlier"))
            continue
        try:
            points = score(question, given.answer, values).points
        except ValueError:
            outcomes.append(_Outcome("unreadable"))
            continue
        outcomes.append(_Outcome("answered", points, given.answer, values))
    return outcomes


def _statistics(
    question: Question,
    outcomes: Sequence[_Outcome],
    scores: np.ndarray,
    totals: np.ndarray,
    *,
    alone: bool,
) -> ItemStatistics:
    """Compute what follows from the scores on one question and the totals, both [persons]."""
    states = Counter(outcome.state for outcome in outcomes)
    scored = [outcome for outcome in outcomes if outcome.state == "answered"]
    answered = ~np.isnan(scores)
    scores, totals = scores[answered], totals[answered]
    discrimination, undefined = item_rest_correlation(scores, totals - scores)
    if alone:
        undefined = "it is the only question"
    taken, wrong = Counter(), Counter()
    if isinstance(question, NumericQuestion):
        wrong.update(_named(question, outcome) for outcome in scored if outcome.points < 1)
    else:
        taken.update(key for outcome in scored for key in outcome.answer)
    frequent = sorted(wrong.items(), key=lambda entry: (-entry[1], entry[0]))[:_WRONG_NUMBERS]
    return ItemStatistics(
        id=question.id,
        kind=question.kind,
        persons=len(outcomes),
        answered=states["answered"],
        omitted=states["omitted"],
        earlier=states["earlier"],
        unreadable=states["unreadable"],
        difficulty=float(scores.mean()) if len(scores) else None,
        discrimination=discrimination,
        undefined=undefined,
        upper_lower=upper_lower_index(scores, totals),
        chance=1 / len(question.choices) if isinstance(question, SingleChoice) else None,
        choices=tuple(
            ChoiceCount(choice.key, choice.text, choice.correct, taken[choice.key])
            for choice in getattr(question, "choices", ())
        ),
        wrong_numbers=tuple(WrongNumber(*name, count) for name, count in frequent),
    )


def _named(question: NumericQuestion, outcome: _Outcome) -> tuple[str, bool]:
    """Return what a wrong number is listed as, and whether a known mistake leads to it."""
    number = read_number(outcome.answer, question.unit)
    if mistake := question.mistake(number, outcome.values):
        formula = mistake.answer
        return (formula if isinstance(formula, str) else show_number(formula)), True
    values = ", ".join(f"{name} = {show_number(value)}" for name, value in outcome.values.items())
    return f"{show_number(number)}{f' for {values}' if values else ''}", False


def left_out(questions: Sequence[Question], records: Sequence[Record]) -> list[str]:
    """Say which answers belong to no question, because it was removed or renamed."""
    known = {question.id for question in questions}
    unknown = Counter(id for record in records for id in record.answers if id not in known)
    if not unknown:
        return []
    named = ", ".join(f"{id[:60]} ({count})" for id, count in unknown.most_common(5))
    more = f" and {len(unknown) - 5} more" if len(unknown) > 5 else ""
    return [
        _printable(
            f"Answers to questions that the quiz does not have are not counted: {named}{more}."
        )
    ]


def look_at(
    statistics: Sequence[ItemStatistics], numbers: Mapping[str, str] | None = None
) -> list[str]:
    """Name the questions that deserve a look, and why.

    They are those that

    - more than 95 % of the points are earned on, or hardly any: less than blind guessing earns, for
      a single choice, otherwise less than 10 %;
    - have a discrimination below 0.1;
    - have a wrong choice that is taken more often than a right one, or, with 30 answers or more,
      a wrong choice that nobody takes;
    - more than 20 % omitted, or nobody answered.

    With fewer than 10 records the first sentence says that all this means little.

    Parameters
    ----------
    statistics : sequence of ItemStatistics
        What ``analyse`` returns.
    numbers : mapping of str to str, optional
        What a graded quiz calls a question, such as ``question-3``, by its id.

    Returns
    -------
    list of str
        Sentences, in the order of the questions.
    """
    persons = max((item.persons for item in statistics), default=0)
    if not persons:
        return ["There are no records yet."]
    said = []
    if persons < FEW_RECORDS:
        said.append(
            f"There {'is 1 record' if persons == 1 else f'are {persons} records'} only: with fewer "
            f"than {FEW_RECORDS} all numbers here say little."
        )
    for item in statistics:
        said += [f"{_numbered(item, numbers)}: {what}." for what in _remarks(item)]
    return said


def _numbered(item: ItemStatistics, numbers: Mapping[str, str] | None) -> str:
    number = (numbers or {}).get(item.id)
    return f"{item.id} ({number})" if number else item.id


def _remarks(item: ItemStatistics) -> Iterator[str]:
    if item.omitted > MANY_OMITTED * item.persons:
        yield f"{item.omitted} of {item.persons} gave no answer"
    if not item.answered:
        yield "no answer could be scored"
        return
    easy = is_easy(item.difficulty)
    least = NEARLY_NONE_RIGHT if item.chance is None else item.chance
    hard = is_hard(item.difficulty, least)
    if easy:
        yield (
            f"nearly everybody is right (difficulty {item.difficulty:.2f}), so it tells nobody "
            "apart; that is fine for a question that opens a quiz"
        )
    if hard:
        yield (
            f"nearly nobody is right: difficulty {item.difficulty:.2f}, "
            + ("blind guessing gives " if item.chance else "the limit is ")
            + f"{least:.2f}; look whether the right answer is marked as right"
        )
    r = item.discrimination
    if meaning := meaning_of(r, extreme=easy or hard):
        kind = "negative" if r < 0 else "near zero"
        yield (
            f"the discrimination is {kind}, {r:.2f}: {meaning}; "
            f"{chance_in_words(item.answered, 'answers')}"
        )
    yield from _remarks_on_choices(item)


def _remarks_on_choices(item: ItemStatistics) -> Iterator[str]:
    if not item.choices:
        return
    rarest = min((choice for choice in item.choices if choice.right), key=lambda c: c.count)
    for choice in item.choices:
        if choice.right:
            continue
        if choice.count > rarest.count:
            right = "the right one" if item.kind == "single" else "a right one"
            yield (
                f"the wrong choice {_short(choice.text)!r} is taken more often than {right}, "
                f"{choice.count} times against {rarest.count}"
            )
    idle = [choice for choice in item.choices if not choice.right and not choice.count]
    if idle and item.answered >= ENOUGH_FOR_DISTRACTORS:
        several = "s" if len(idle) > 1 else ""
        named = ", ".join(repr(_short(choice.text)) for choice in idle)
        yield (
            f"nobody of {item.answered} takes the wrong choice{several} {named}: a misconception "
            "that people have would distract better"
        )


def to_markdown(
    statistics: Sequence[ItemStatistics],
    *,
    title: str,
    problems: Sequence[str] = (),
    numbers: Mapping[str, str] | None = None,
) -> str:
    """Write a report: what to look at, a table of all questions, and what was answered.

    Parameters
    ----------
    statistics : sequence of ItemStatistics
        What ``analyse`` returns.
    title : str
        The quiz.
    problems : sequence of str
        Sentences about what could not be used.
    numbers : mapping of str to str, optional
        As for ``look_at``.

    Returns
    -------
    str
        Markdown with tables as GitHub and JupyterLab read them.
    """
    persons = max((item.persons for item in statistics), default=0)
    lines = [f"# Item analysis: {_escape(title)}", ""]
    lines += [f"{persons} record{'' if persons == 1 else 's'}.", ""]
    lines += ["## Questions to look at", ""]
    lines += [f"- {_escape(line)}" for line in look_at(statistics, numbers)] or ["None stands out."]
    lines += ["", "## All questions", ""]
    lines += [
        "| question | kind | answered | omitted | earlier | unreadable | difficulty "
        "| discrimination | D |",
        "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for item in statistics:
        discrimination = _two(item.discrimination) or f"- ({item.undefined})"
        lines.append(
            f"| {_numbered(item, numbers)} | {item.kind} | {item.answered} | {item.omitted} "
            f"| {item.earlier} | {item.unreadable} | {_two(item.difficulty) or '-'} "
            f"| {discrimination} | {_two(item.upper_lower) or '-'} |"
        )
    lines += [
        "",
        "Difficulty is the mean score, from 0 to 1, of those who answered: high is easy. "
        "Discrimination is the correlation of the score with the sum of the scores on all other "
        "questions. D is the mean score of the 27 % with the highest totals less that of the 27 % "
        "with the lowest. Earlier: answers to another wording or to other numbers, not scored. In "
        "practice the last answer counts, often given after reading the explanation of another.",
        "",
        "## Answers",
    ]
    for item in statistics:
        heads = ["choice", "", "taken", "share"] if item.choices else ["wrong number", "", "given"]
        rows = [
            [_cell(c.text), "right" if c.right else "", str(c.count), _share(c.count, item)]
            for c in item.choices
        ] or [
            [f"`{n.shown}`", "known mistake" if n.known else "", str(n.count)]
            for n in item.wrong_numbers
        ]
        lines += ["", f"### {item.id}", ""]
        if not rows:
            lines.append("No wrong numbers.")
            continue
        lines += [_row(heads), _row(["---", "---", *["---:"] * (len(heads) - 2)])]
        lines += [_row(row) for row in rows]
    if problems:
        lines += ["", "## Not used", "", *(f"- {_escape(line)}" for line in problems)]
    return "\n".join(lines) + "\n"


def to_csv(statistics: Sequence[ItemStatistics]) -> str:
    """Write a table with a row for each question; what is not defined stays empty."""
    heads = [
        *("id", "kind", "persons", "answered", "omitted", "earlier", "unreadable"),
        *("difficulty", "discrimination", "upper_lower", "chance"),
    ]
    rows = ([_rounded(getattr(item, head)) for head in heads] for item in statistics)
    return _csv(heads, rows)


def answers_to_csv(statistics: Sequence[ItemStatistics]) -> str:
    """Write a table with a row for each choice, and for each frequent wrong number."""
    rows = []
    for item in statistics:
        rows += [[item.id, c.key, c.text, int(c.right), c.count] for c in item.choices]
        rows += [[item.id, "", n.shown, 0, n.count] for n in item.wrong_numbers]
    return _csv(["id", "key", "answer", "right", "count"], rows)


def plot(statistics: Sequence[ItemStatistics]) -> Figure:
    """Show difficulty and discrimination of each question, a row a question.

    A short line marks what blind guessing would give. A discrimination below 0.1 is an open
    diamond, any other a dot.
    """
    # Here, as reports of grades need the numbers only, and matplotlib writes into the home folder.
    import matplotlib as mpl
    from matplotlib.figure import Figure

    from embeddings_course.plots import BLUE, GREY, ORANGE, STYLE

    with mpl.rc_context(STYLE):
        # Not by pyplot, which would keep the figure and the style for whatever comes next.
        figure = Figure(figsize=(8.4, 0.28 * len(statistics) + 1.1))
        left, right = figure.subplots(1, 2, sharey=True)
        for place, item in enumerate(statistics):
            if item.difficulty is not None:
                left.barh(place, item.difficulty, color=BLUE, height=0.6, alpha=0.85)
                left.text(1.14, place, f"{item.difficulty:.2f}", ha="right", va="center")
            if item.chance is not None:
                left.plot([item.chance] * 2, [place - 0.42, place + 0.42], color=GREY, lw=2)
            r = item.discrimination
            if r is None:
                right.text(0.15, place, "not defined", ha="left", va="center", fontsize=8)
            elif r < NEAR_ZERO:
                right.plot(r, place, "D", color=ORANGE, mfc="none", ms=6, mew=1.5)
            else:
                right.plot(r, place, "o", color=BLUE, ms=6)
        left.set(xlim=(0, 1.15), xticks=np.arange(0, 1.1, 0.2), xlabel="difficulty (mean score)")
        left.set_yticks(range(len(statistics)), [item.id for item in statistics])
        left.set_ylim(len(statistics) - 0.4, -0.6)
        right.axvline(0, color=GREY, lw=1, zorder=0)
        right.axvline(NEAR_ZERO, color=GREY, lw=1, ls=":", zorder=0)
        right.set(xlim=(-1.05, 1.05), xlabel="discrimination (item-rest correlation)")
        right.tick_params(axis="y", length=0)
        # Ticks take their style when they are made, which is when they are drawn first.
        figure.draw_without_rendering()
    return figure


def _two(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


def _rounded(value: object) -> object:
    return round(value, 4) if isinstance(value, float) else value


def _share(count: int, item: ItemStatistics) -> str:
    return f"{100 * count / item.answered:.0f} %" if item.answered else "-"


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 60 else f"{line[:59].rstrip()}…"


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", r"\|")


def _escape(text: str) -> str:
    """Keep what names and files bring in from being read as Markdown or HTML."""
    return re.sub(r"([\\`*_\[\]<>|#&$])", r"\\\1", text)


def _csv(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(heads)
    writer.writerows(rows)
    return text.getvalue()
