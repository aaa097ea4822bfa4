"""The directive ``{syllabus}`` and the parts of a page that it makes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar, Protocol

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective

from embeddings_course._shared.text import counted
from embeddings_course.quiz.question_types import LEVELS, Question
from embeddings_course.sphinx_ext.reading_time import NO_PROSE, page_minutes
from embeddings_course.sphinx_ext.syllabus.course_outline import (
    Assignment,
    Course,
    Page,
    read_course,
)
from embeddings_course.sphinx_ext.syllabus.term_plan import MINUTES_A_WEEK, Week, term_plan


class _Link(Protocol):
    """Makes a link to a page of the book, or to a place on it."""

    def __call__(self, page: str, text: str, place: str = "") -> nodes.reference: ...


def _by_level(questions: Sequence[Question]) -> str:
    levels: Counter[str] = Counter(question.level for question in questions)
    total = counted(len(questions), "practice question")
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
                f"({counted(exercise.points, 'point')})"
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
                f"({counted(exercise.points, 'point')})",
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
    what = (
        counted(len(assignment.exercises), "exercise")
        if assignment.exercises
        else f"{counted(assignment.questions, 'question')} on all parts"
    )
    points = counted(assignment.points, "point")
    return f"{what}, {points}, about {assignment.minutes:.0f} minutes"


def fill_in_minutes(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Fill in what follows from how long pages take; all of them have been read by now."""

    def minutes(name: str) -> int:
        return page_minutes(app, f"book/{name}")

    def link(page: str, text: str, place: str = "") -> nodes.reference:
        uri = app.builder.get_relative_uri(docname, f"book/{page}") + place
        return nodes.reference("", text, refuri=uri, internal=True)

    for place in list(doctree.findall(syllabus_minutes)):
        unit = "minute" if minutes(place["page"]) == 1 else "minutes"
        place.replace_self(nodes.Text(f"About {minutes(place['page'])} {unit}"))
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


def _plan(weeks: list[Week], times: Mapping[str, int], link: _Link) -> nodes.definition_list:
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


def _overview(course: Course, times: Mapping[str, int], link: _Link) -> nodes.definition_list:
    alone = [claim for claim in course.claims if not course.exercises_on(claim.id)]
    with_code = [each for each in course.assignments if each.exercises]
    quizzes = [each for each in course.assignments if each.questions]
    questions = [question for page in course.pages for question in page.questions]
    reading = f"{counted(len(course.pages), 'page')}, about {_hours(sum(times.values()))}"
    exercises = [exercise for each in with_code for exercise in each.exercises]
    code = (
        f"{counted(len(with_code), 'assignment')} with {counted(len(exercises), 'exercise')} "
        f"and {sum(each.points for each in with_code)} points, about "
        f"{_hours(sum(each.minutes for each in with_code))}"
    )
    quiz = ", ".join(f"{each.title}: {counted(each.questions, 'question')}" for each in quizzes)
    rows = [
        ("To read", reading),
        ("What it shows", f"{counted(len(course.claims), 'claim')}, each run and asserted"),
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
