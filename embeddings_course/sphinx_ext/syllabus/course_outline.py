"""What a syllabus is made of: pages, claims, assignments and their exercises, read from a copy."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from embeddings_course._shared.messages import Message
from embeddings_course.book_build.claims import Claim, read_claims
from embeddings_course.quiz.question_files import load_bank
from embeddings_course.quiz.question_types import Question
from embeddings_course.quiz.rendering import question_minutes

_OBJECTIVES = re.compile(r"After this page you can\n\n((?:- .*\n(?:  .*\n)*)+)")
_EXERCISE = re.compile(r"## Exercise (\d+): (.+) \((\d+) points?\)$", re.MULTILINE)
_CLAIMS = re.compile(r"^\*Claims?: (.+)\*$", re.MULTILINE)  # where the cell's metadata has none
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
                Message(
                    "claim-page-unknown",
                    f"The claim {claim.id} runs on {claim.page}, which is not a page with "
                    "objectives or questions in _toc.yml: correct `page` in claims.yml.",
                )
            )
    known = {claim.id for claim in claims}
    notebooks = sorted((root / "assignments").glob("*/*.ipynb"))
    assignments = [read_assignment(path, known) for path in notebooks]
    place = {claim.id: number for number, claim in enumerate(claims)}

    def first_claim(assignment: Assignment) -> int:
        asked = [place[claim] for each in assignment.exercises for claim in each.claims]
        return min(asked, default=len(place))

    return Course(pages, claims, tuple(sorted(assignments, key=first_claim)))


def _title(text: str, file: str) -> str:
    found = re.search(r"^# (.+)$", text, re.MULTILINE)
    if found is None:
        raise ValueError(
            Message("page-without-title", f"{file} has no title: begin it with a line '# Title'.")
        )
    return found[1]


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
                    Message(
                        "page-without-objectives",
                        f"{item}.md has questions, but no objectives: write a list under the line "
                        "'After this page you can'.",
                    )
                )
            if listed is None:
                continue  # a page to look things up in
            objectives = re.findall(r"^- (.*\n(?:  .*\n)*)", listed[1], re.MULTILINE)
            questions = bank[path.stem].questions if path.stem in bank else ()
            found.append(
                Page(
                    name=path.stem,
                    title=_title(text, path.name),
                    part=part.caption or "",
                    objectives=tuple(" ".join(each.split()) for each in objectives),
                    questions=tuple(questions),
                )
            )
    return found


def claims_of(cell: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the ids of the claims that an exercise is about, by its cell's metadata.

    Parameters
    ----------
    cell : mapping
        The cell with the exercise's task, as a notebook's file holds it.
    """
    if named := cell["metadata"].get("claims"):
        return tuple(named)
    line = _CLAIMS.search("".join(cell["source"]))
    return tuple(claim.strip() for claim in line[1].split(",")) if line else ()


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
    prose = [cell for cell in cells if cell["cell_type"] == "markdown"]
    texts = ["".join(cell["source"]) for cell in prose]
    name = path.stem
    exercises = []
    for cell, text in zip(prose, texts, strict=True):
        heading = _EXERCISE.match(text)
        if heading is None:
            continue
        where = f"{path.parent.name}/{path.name}, exercise {heading[1]}"
        named = claims_of(cell)
        if not named:
            raise ValueError(
                Message(
                    "exercise-without-claim",
                    f'{where} names no claim: write "claims": ["id"] into the metadata of its '
                    "cell in source/.",
                )
            )
        for claim in named:
            if claim not in claims:
                raise ValueError(
                    Message(
                        "exercise-claim-unknown",
                        f"{where} names the claim {claim!r}, which claims.yml does not have: "
                        "correct it in source/ and run make assignments.",
                    )
                )
        exercises.append(Exercise(int(heading[1]), heading[2], int(heading[3]), named))
    marks = [cell["metadata"].get("nbgrader", {}) for cell in cells]
    points = int(sum(mark.get("points", 0) for mark in marks if mark.get("grade")))
    if exercises and points != sum(exercise.points for exercise in exercises):
        raise ValueError(
            Message(
                "exercise-points-mismatch",
                f"{path.name}: the headings of its exercises promise "
                f"{sum(exercise.points for exercise in exercises)} points, its cells give "
                f"{points}: correct the headings in source/.",
            )
        )
    asked = path.with_name("questions.json")
    questions = len(json.loads(asked.read_text("utf-8"))["questions"]) if asked.exists() else 0
    stated = _MINUTES.search(texts[0])
    if stated is None and not questions:
        raise ValueError(
            Message(
                "assignment-without-time",
                f"{path.name} does not say how long it takes: write '60 to 90 minutes' or the "
                "like in its first cell.",
            )
        )
    least, most = (stated[1], stated[2] or stated[1]) if stated else (0, 0)
    minutes = (int(least) + int(most)) / 2 or question_minutes(questions)
    title = _title(texts[0], path.name)
    return Assignment(name, title, points, minutes, tuple(exercises), questions)
