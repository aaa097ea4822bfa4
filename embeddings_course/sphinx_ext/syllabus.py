"""Sphinx directive ``{syllabus}``: which page teaches what, and what asks for it.

Everything is read when the book is built: pages and their objectives, ``claims.yml``, the practice
questions, and the exercises of the assignments as students get them. An exercise is a cell that
begins ``## Exercise 2: Title (5 points)`` and has a line ``*Claims: one, another*``.

``{syllabus} overview`` counts, ``{syllabus} plan`` spreads the course over weeks,
``{syllabus} assignments`` leads from exercises to pages and ``{syllabus} pages`` from pages to
exercises.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective

from embeddings_course.book_build.claims import Claim, read_claims
from embeddings_course.quiz.question_files import load_bank
from embeddings_course.quiz.question_types import LEVELS, Question
from embeddings_course.sphinx_ext.reading_time import NO_PROSE, page_minutes, question_minutes

MINUTES_A_WEEK = 75

_OBJECTIVES = re.compile(r"After this page you can\n\n((?:- .*\n(?:  .*\n)*)+)")
_EXERCISE = re.compile(r"## Exercise (\d+): (.+) \((\d+) points?\)$", re.MULTILINE)
_CLAIMS = re.compile(r"^\*Claims?: (.+)\*$", re.MULTILINE)
_MINUTES = re.compile(r"(\d+)(?:\s+to\s+(\d+))?\s+minutes")


@dataclass(frozen=True)
class Exercise:
    """A part of an assignment, with points, and the claims that it is about."""

    number: int
    title: str
    points: int
    claims: tuple[str, ...]


@dataclass(frozen=True)
class Assignment:
    """What students hand in; `minutes` is the middle of what its introduction says it takes."""

    name: str
    title: str
    points: int
    minutes: float
    exercises: tuple[Exercise, ...]
    questions: int


@dataclass(frozen=True)
class Page:
    """A page that teaches: its name, title, part of the book, objectives and questions."""

    name: str
    title: str
    part: str
    objectives: tuple[str, ...]
    questions: tuple[Question, ...]


@dataclass(frozen=True)
class Course:
    """All that a syllabus is made of, each in its order in the book."""

    pages: tuple[Page, ...]
    claims: tuple[Claim, ...]
    assignments: tuple[Assignment, ...]

    def page_of(self, claim: str) -> str:
        """Return the name of the page that runs a claim."""
        return next(each.page for each in self.claims if each.id == claim)

    def pages_of(self, exercise: Exercise) -> list[str]:
        """Return the names of the pages that an exercise belongs to, in reading order."""
        wanted = {self.page_of(claim) for claim in exercise.claims}
        return [page.name for page in self.pages if page.name in wanted]

    def questions_on(self, claim: str) -> list[Question]:
        """Return the practice questions about a claim, of all pages."""
        return [each for page in self.pages for each in page.questions if each.claim == claim]

    def exercises_on(self, claim: str) -> list[tuple[Assignment, Exercise]]:
        """Return the exercises that are about a claim."""
        return [
            (assignment, exercise)
            for assignment in self.assignments
            for exercise in assignment.exercises
            if claim in exercise.claims
        ]


@dataclass(frozen=True)
class Week:
    """What a week of a term holds: pages to read, exercises that these make possible, deadlines."""

    pages: tuple[Page, ...]
    exercises: tuple[tuple[Assignment, Exercise], ...]
    due: tuple[Assignment, ...]


def read_course(root: Path) -> Course:
    """Read the parts of a syllabus from a copy of the course.

    Parameters
    ----------
    root : Path
        The folder with ``_toc.yml``, ``book/`` and ``assignments/``.

    Raises
    ------
    ValueError
        If a page with questions has no objectives, a claim is on none of the pages, or an
        assignment does not say what it is about; the sentence says which and what to write.
    """
    claims = tuple(read_claims(root / "book" / "claims.yml"))
    pages = tuple(_read_pages(root))
    names = {page.name for page in pages}
    for claim in claims:
        if claim.page not in names:
            raise ValueError(
                f"The claim {claim.id} runs on {claim.page}, which is no page with objectives or "
                "questions in _toc.yml: correct `page` in claims.yml."
            )
    known = {claim.id for claim in claims}
    notebooks = sorted((root / "assignments").glob("*/*.ipynb"))
    assignments = [read_assignment(path, known) for path in notebooks]
    place = {claim.id: number for number, claim in enumerate(claims)}

    def first_claim(assignment: Assignment) -> int:
        asked = [place[claim] for each in assignment.exercises for claim in each.claims]
        return min(asked, default=len(place))

    return Course(pages, claims, tuple(sorted(assignments, key=first_claim)))


def _read_pages(root: Path) -> list[Page]:
    from sphinx_external_toc.parsing import parse_toc_yaml

    bank = load_bank(root / "book" / "quizzes")
    contents = parse_toc_yaml(root / "_toc.yml")
    found = []
    for part in contents.root.subtrees:
        for item in part.items:
            path = root / f"{item}.md"
            text = path.read_text(encoding="utf-8")
            listed = _OBJECTIVES.search(text)
            if listed is None and path.stem in bank:
                raise ValueError(
                    f"{item}.md has questions, but no objectives: write a list under the line "
                    "'After this page you can'."
                )
            if listed is None:
                continue  # a page to look things up in
            objectives = re.findall(r"^- (.*\n(?:  .*\n)*)", listed[1], re.MULTILINE)
            questions = bank[path.stem].questions if path.stem in bank else ()
            found.append(
                Page(
                    name=path.stem,
                    title=re.search(r"^# (.+)$", text, re.MULTILINE)[1],
                    part=part.caption or "",
                    objectives=tuple(" ".join(each.split()) for each in objectives),
                    questions=tuple(questions),
                )
            )
    return found


def read_assignment(path: Path, claims: set[str]) -> Assignment:
    """Read what an assignment asks for from the notebook that students get.

    Parameters
    ----------
    path : Path
        The notebook, in a folder of its name. A ``questions.json`` beside it makes it a quiz.
    claims : set of str
        The ids that exercises may name.

    Raises
    ------
    ValueError
        If an exercise names no claim or an unknown one, if the points of the headings are not those
        of the cells, or if the introduction does not say how many minutes it takes.
    """
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    texts = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"]
    name = path.stem
    exercises = []
    for text in texts:
        heading = _EXERCISE.match(text)
        if heading is None:
            continue
        where = f"{path.parent.name}/{path.name}, exercise {heading[1]}"
        line = _CLAIMS.search(text)
        if line is None:
            raise ValueError(f"{where} names no claim: write a line '*Claims: id, id*' under it.")
        named = tuple(claim.strip() for claim in line[1].split(","))
        for claim in named:
            if claim not in claims:
                raise ValueError(
                    f"{where} names the claim {claim!r}, which claims.yml does not have: "
                    "correct it in source/ and run make assignments."
                )
        exercises.append(Exercise(int(heading[1]), heading[2], int(heading[3]), named))
    marks = [cell["metadata"].get("nbgrader", {}) for cell in cells]
    points = int(sum(mark.get("points", 0) for mark in marks if mark.get("grade")))
    if exercises and points != sum(exercise.points for exercise in exercises):
        raise ValueError(
            f"{path.name}: the headings of its exercises promise "
            f"{sum(exercise.points for exercise in exercises)} points, its cells give {points}: "
            "correct the headings in source/."
        )
    asked = path.with_name("questions.json")
    questions = len(json.loads(asked.read_text("utf-8"))["questions"]) if asked.exists() else 0
    stated = _MINUTES.search(texts[0])
    if stated is None and not questions:
        raise ValueError(
            f"{path.name} does not say how long it takes: write '60 to 90 minutes' or the like in "
            "its first cell."
        )
    least, most = (stated[1], stated[2] or stated[1]) if stated else (0, 0)
    minutes = (int(least) + int(most)) / 2 or question_minutes(questions)
    title = re.search(r"^# (.+)$", texts[0], re.MULTILINE)[1]
    return Assignment(name, title, points, minutes, tuple(exercises), questions)


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
        Week(*map(tuple, week))
        for week in zip(weeks, possible, due, strict=True)
    ]  # fmt: skip


def _numbered(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _by_level(questions: Sequence[Question]) -> str:
    levels = Counter(question.level for question in questions)
    total = _numbered(len(questions), "practice question")
    return (
        f"{total}: {', '.join(f'{levels[level]} {level}' for level in LEVELS if levels.get(level))}"
    )


def _hours(minutes: float) -> str:
    halves = max(1, round(minutes / 30))
    shown = f"{halves // 2}½".removeprefix("0") if halves % 2 else f"{halves // 2}"
    return f"{shown} hour" + ("s" if halves > 2 else "")


class syllabus_part(nodes.General, nodes.Element):
    """Stands where something follows that needs to know how long pages take."""


class syllabus_minutes(nodes.Inline, nodes.Element):
    """Stands for how long a page takes."""


class Syllabus(SphinxDirective):
    """``{syllabus} WHAT``: a part of the syllabus, made from the whole course."""

    required_arguments = 1
    option_spec: ClassVar = {"minutes-a-week": directives.positive_int}

    def run(self) -> list[nodes.Node]:
        """Make the part that the argument names."""
        kind = directives.choice(self.arguments[0], ("overview", "plan", "assignments", "pages"))
        root = Path(self.env.srcdir)
        try:
            course = read_course(root)
        except ValueError as error:
            raise ExtensionError(str(error)) from error
        read = [root / "_toc.yml", *(root / "assignments").glob("*/*")]
        read += [*(root / "book").glob("*.*"), *(root / "book" / "quizzes").glob("*.yml")]
        for path in read:
            self.env.note_dependency(str(path))
        if kind == "assignments":
            return [self._assignment(course, each) for each in course.assignments]
        if kind == "pages":
            parts = dict.fromkeys(page.part for page in course.pages)
            return [self._part(course, part) for part in parts]
        week = self.options.get("minutes-a-week", MINUTES_A_WEEK)
        return [syllabus_part(kind=kind, course=course, minutes_a_week=week)]

    def _section(self, title: str, name: str, content: list[nodes.Node]) -> nodes.section:
        section = nodes.section(ids=[nodes.make_id(f"syllabus {name}")], classes=["syllabus-part"])
        heading = self.parse_text_to_nodes(title)[0]
        return section.__iadd__([nodes.title("", "", *heading.children), *content])

    def _card(self, *content: nodes.Node) -> nodes.container:
        return nodes.container("", *content, classes=["syllabus-card", NO_PROSE])

    def _part(self, course: Course, part: str) -> nodes.section:
        pages = [page for page in course.pages if page.part == part]
        return self._section(part, part, [self._page(course, page) for page in pages])

    def _page(self, course: Course, page: Page) -> nodes.section:
        about = nodes.paragraph(classes=["syllabus-about"])
        about += [
            syllabus_minutes(page=page.name),
            nodes.Text(f", with {_by_level(page.questions)}."),
        ]
        lines = ["After it you can", "", *(f"- {each}" for each in page.objectives), ""]
        for claim in course.claims:
            if claim.page != page.name:
                continue
            graded = [
                f"{{ref}}`{assignment.title}, exercise {exercise.number} <{_anchor(assignment)}>`: "
                f"{exercise.title} "
                f"({_numbered(exercise.points, 'point')})"
                for assignment, exercise in course.exercises_on(claim.id)
            ]
            lines += [
                f"{{ref}}`{claim.id} <claim-{claim.id}>`",
                f": {claim.sentence}",
                "",
                *(f"  - {each}" for each in graded or ["no exercise"]),
                f"  - {_by_level(course.questions_on(claim.id))}",
                "",
            ]
        content = self.parse_text_to_nodes("\n".join(lines))
        title = f"{{doc}}`{page.title} </book/{page.name}>`"
        section = self._section(title, page.name, [self._card(about, *content)])
        section["classes"] = ["syllabus-page"]
        return section

    def _assignment(self, course: Course, assignment: Assignment) -> nodes.section:
        path = f"`assignments/{assignment.name}/{assignment.name}.ipynb`"
        lines = [f"{_length(assignment)}, in {path}.", ""]
        for exercise in assignment.exercises:
            pages = ", ".join(f"{{doc}}`/book/{name}`" for name in course.pages_of(exercise))
            ids = ", ".join(f"{{ref}}`{claim} <claim-{claim}>`" for claim in exercise.claims)
            lines += [
                f"Exercise {exercise.number}: {exercise.title} "
                f"({_numbered(exercise.points, 'point')})",
                f": {pages}. Claims: {ids}.",
                "",
            ]
        section = self._section(
            assignment.title,
            assignment.name,
            [self._card(*self.parse_text_to_nodes("\n".join(lines)))],
        )
        place = _anchor(assignment)
        section["ids"] = [place]
        labels = self.env.domains["std"]  # so that {ref} finds it
        labels.note_hyperlink_target(place, self.env.docname, place, assignment.title)
        return section


def _anchor(assignment: Assignment) -> str:
    return nodes.make_id(f"assignment {assignment.name}")


def _length(assignment: Assignment) -> str:
    counted = (
        _numbered(len(assignment.exercises), "exercise")
        if assignment.exercises
        else f"{_numbered(assignment.questions, 'question')} on all parts"
    )
    points = _numbered(assignment.points, "point")
    return f"{counted}, {points}, about {assignment.minutes:.0f} minutes"


def _resolve(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Fill in what follows from how long pages take; all of them have been read by now."""

    def minutes(name: str) -> int:
        return page_minutes(app, f"book/{name}")

    def link(page: str, text: str, place: str = "") -> nodes.reference:
        uri = app.builder.get_relative_uri(docname, f"book/{page}") + place
        return nodes.reference("", text, refuri=uri, internal=True)

    for node in list(doctree.findall(syllabus_minutes)):
        unit = "minute" if minutes(node["page"]) == 1 else "minutes"
        node.replace_self(nodes.Text(f"About {minutes(node['page'])} {unit}"))
    for node in list(doctree.findall(syllabus_part)):
        course = node["course"]
        times = {page.name: minutes(page.name) for page in course.pages}
        if node["kind"] == "plan":
            weeks = term_plan(course, times, minutes_a_week=node["minutes_a_week"])
            made = _plan(weeks, times, link)
        else:
            made = _overview(course, times, link)
        node.replace_self(nodes.container("", made, classes=["syllabus-card", NO_PROSE]))


def _entry(term: str, *paragraphs: list[nodes.Node]) -> nodes.definition_list_item:
    told = nodes.definition("", *(nodes.paragraph("", "", *parts) for parts in paragraphs))
    return nodes.definition_list_item("", nodes.term("", term), told)


def _plan(weeks: list[Week], times: Mapping[str, int], link) -> nodes.definition_list:
    made = nodes.definition_list(classes=["syllabus-plan"])
    for number, week in enumerate(weeks, start=1):
        reading: list[nodes.Node] = []
        for page in week.pages:
            reading += [nodes.Text(", " if reading else "Read "), link(page.name, page.title)]
        spent = sum(times[page.name] for page in week.pages)
        paragraphs = [[*reading, nodes.Text(f": about {5 * round(spent / 5)} minutes.")]]
        for assignment in dict.fromkeys(assignment for assignment, _ in week.exercises):
            now = [exercise for each, exercise in week.exercises if each == assignment]
            share = sum(exercise.points for exercise in now) / assignment.points
            numbers = ", ".join(str(exercise.number) for exercise in now)
            about = max(5, 5 * round(assignment.minutes * share / 5))
            word = "Exercise" if len(now) == 1 else "Exercises"
            to_do = f"{word} {numbers} of {assignment.title}: about {about} minutes."
            paragraphs.append([nodes.Text(to_do)])
        for assignment in week.due:
            what = f"{assignment.title} is due: {_length(assignment)} in all."
            paragraphs.append([nodes.strong("", what)])
        made += _entry(f"Week {number}", *paragraphs)
    return made


def _overview(course: Course, times: Mapping[str, int], link) -> nodes.definition_list:
    alone = [claim for claim in course.claims if not course.exercises_on(claim.id)]
    with_code = [each for each in course.assignments if each.exercises]
    quizzes = [each for each in course.assignments if each.questions]
    questions = [question for page in course.pages for question in page.questions]
    reading = f"{_numbered(len(course.pages), 'page')}, about {_hours(sum(times.values()))}"
    exercises = [exercise for each in with_code for exercise in each.exercises]
    code = (
        f"{_numbered(len(with_code), 'assignment')} with {_numbered(len(exercises), 'exercise')} "
        f"and {sum(each.points for each in with_code)} points, about "
        f"{_hours(sum(each.minutes for each in with_code))}"
    )
    quiz = ", ".join(f"{each.title}: {_numbered(each.questions, 'question')}" for each in quizzes)
    rows = [
        ("To read", reading),
        ("What it shows", f"{_numbered(len(course.claims), 'claim')}, each run and asserted"),
        ("Graded by exercises", f"{len(course.claims) - len(alone)} of these claims"),
        ("To practise", _by_level(questions)),
        ("To hand in, code", code),
        ("To hand in, questions", quiz),
    ]
    made = nodes.definition_list(classes=["syllabus-overview"])
    for term, text in rows:
        if text:
            made += _entry(term, [nodes.Text(f"{text}.")])
    told: list[nodes.Node] = []
    for claim in alone:
        told += [nodes.Text(", " if told else ""), link(claim.page, claim.id, f"#claim-{claim.id}")]
    if told:
        made += _entry("Claims without an exercise", [*told, nodes.Text(".")])
    return made


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.add_node(syllabus_part)
    app.add_node(syllabus_minutes)
    app.add_directive("syllabus", Syllabus)
    app.connect("doctree-resolved", _resolve)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
