"""Drawing a term's graded quiz from a pool, and writing the assignment: only authors do."""

from __future__ import annotations

import json
import pprint
import random
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from textwrap import indent
from typing import Any

from embeddings_course._shared.messages import Message
from embeddings_course.quiz.graded import COLLECT_CELL
from embeddings_course.quiz.graded_sheet import QUESTIONS, Sheet, ShownChoice, ShownQuestion
from embeddings_course.quiz.question_files import QuestionFile, QuizError
from embeddings_course.quiz.question_types import (
    LEVELS,
    NumericQuestion,
    Question,
    digest,
    shuffled_choices,
)


def draw(pool: QuestionFile, *, term: str, count: int) -> list[Question]:
    """Choose a term's questions, and their order.

    Each level gets its share of the pool, so that one term is about as hard as another.

    Parameters
    ----------
    pool : QuestionFile
        The pool.
    term : str
        The seed: the same term draws the same questions from the same pool.
    count : int
        How many.

    Raises
    ------
    QuizError
        If the pool has fewer questions than asked for, or the count is below 1.
    """
    if not 1 <= count <= len(pool.questions):
        raise QuizError(
            [
                Message(
                    "draw-count-impossible",
                    f"{pool.path} has {len(pool.questions)} questions: {count} cannot be drawn. "
                    f"Choose a --count from 1 to {len(pool.questions)}.",
                )
            ]
        )
    chance = random.Random(digest(f"{term}\0draw"))
    levels: dict[str, list[Question]] = defaultdict(list)
    # Sorted: the order of the file, which an instructor may change, must not matter.
    for question in sorted(pool.questions, key=lambda question: question.id):
        levels[question.level].append(question)
    chosen: list[Question] = []
    for place, level in enumerate(LEVELS):
        # What is still to be chosen is spread over what is left, so that rounding adds up.
        left = sum(len(levels[later]) for later in LEVELS[place:])
        share = round((count - len(chosen)) * len(levels[level]) / left) if left else 0
        chosen += chance.sample(levels[level], share)
    chance.shuffle(chosen)
    return chosen


def sheet(quiz: str, questions: Sequence[Question], *, term: str) -> Sheet:
    """Make what students get: no key, no feedback, and choices in an order that tells nothing."""
    shown = []
    for question in questions:
        common: dict[str, Any] = {
            "id": question.id,
            "version": question.version,
            "kind": question.kind,
            "stem": question.stem,
        }
        if isinstance(question, NumericQuestion):
            more: dict[str, Any] = {"variables": dict(question.variables), "unit": question.unit}
        else:
            order = shuffled_choices(question, term)
            more = {"choices": tuple(ShownChoice(key=c.key, text=c.text) for c in order)}
        shown.append(ShownQuestion(**common, **more))
    return Sheet(quiz=quiz, term=term, questions=tuple(shown))


def sheet_json(shown: Sheet) -> str:
    """Return the text of ``questions.json``."""
    content = shown.model_dump(exclude_defaults=True) | {"format": shown.format}
    return json.dumps(content, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def write_assignment(
    pool: QuestionFile,
    folder: Path,
    *,
    term: str,
    count: int,
    points: float = 1,
    force: bool = False,
) -> list[Question]:
    """Draw questions and write the assignment's source: a notebook, and ``questions.json``.

    Parameters
    ----------
    pool : QuestionFile
        Where to draw from; it may lie anywhere.
    folder : Path
        ``source/<name>``. The notebook is ``<name>.ipynb`` in it.
    term, count
        As in ``draw``.
    points : float
        For each question.
    force : bool
        Whether to replace another term's notebook.

    Raises
    ------
    QuizError
        If the pool is too small, a level of it is malformed, or the folder holds another notebook
        and `force` is not set.
    """
    import nbformat

    questions = draw(pool, term=term, count=count)
    name = folder.name
    files = {
        f"{name}.ipynb": nbformat.writes(
            assignment_notebook(name, questions, term=term, points=points)
        )
        + "\n",
        QUESTIONS: sheet_json(sheet(name, questions, term=term)),
    }
    for file, text in files.items():
        path = folder / file
        if path.exists() and path.read_text(encoding="utf-8") != text and not force:
            raise QuizError(
                [
                    Message(
                        "draw-would-overwrite",
                        f"{path} is there already and differs from what would be written. It may "
                        "be another term's, which students are working on, or changed by hand: "
                        "--force replaces it.",
                    )
                ]
            )
    folder.mkdir(parents=True, exist_ok=True)
    for file, text in files.items():
        (folder / file).write_text(text, encoding="utf-8", newline="\n")
    return questions


# What a question takes: reading, thinking, and now and then a sheet of paper.
_MINUTES = 1.75

_INTRODUCTION = """\
# Graded knowledge check

{count} questions, {points} points, about {minutes} minutes. You hand this notebook in. The page
*Knowledge check* in `chapters/` is practice, and nobody collects it.

**First** run the next cell and type your student id, exactly as your instructor has it. Ask, if you
do not know it. The id decides the numbers in your questions, and answers under another id earn
nothing.

Your answers are saved on every change, in `answers.json` beside this notebook, and come back when
you run the cell again. Nothing tells you here whether an answer is right; you can change it until
you submit.

- **Several right answers.** With three right and two wrong choices, each right one that you take
  earns a third of the points, and each wrong one costs half of them. No question earns less than 0.
- **Numbers.** Where a result does not come out even, three digits are enough: 0.714 for five
  sevenths. A fraction such as 5/7 is a number too. The unit beside the field may follow the number.
  A line below the field says how your answer is read, or that it is no number."""

_SUBMIT = """\
When you are done, run the next cell. It writes your answers into this notebook as well, in case the
file `answers.json` gets lost on the way. If you change an answer afterwards, run it again. Then
save, and submit the notebook and `answers.json`."""

_AFTER = """\
## For grading

There is nothing to do here. *Validate*, above the notebook, runs the cells below and names the
questions that have no answer yet. Whether an answer is right they say when it is graded."""


def assignment_notebook(
    name: str, questions: Sequence[Question], *, term: str, points: float
) -> Any:
    """Make nbgrader's source notebook of a graded quiz: keys in hidden tests, nowhere else."""
    from nbformat import NotebookNode, v4

    def cell(
        kind: str,
        id: str,
        source: str,
        *,
        grade: bool = False,
        solution: bool = False,
        points: float | None = None,
    ) -> NotebookNode:
        settings: dict[str, Any] = {
            "grade": grade,
            "grade_id": id,
            "locked": not solution,
            "schema_version": 3,
            "solution": solution,
            "task": False,
        }
        if points is not None:
            settings["points"] = points
        new = v4.new_markdown_cell if kind == "markdown" else v4.new_code_cell
        made = new(source, metadata={"nbgrader": settings})
        made["id"] = id
        return made

    total = points * len(questions)
    introduction = _INTRODUCTION.format(
        count=len(questions),
        points=f"{total:g}",
        minutes=max(5, 5 * round(len(questions) * _MINUTES / 5)),
    )
    right = pprint.pformat(
        {
            asked.id: asked.answer if isinstance(asked, NumericQuestion) else sorted(asked.correct)
            for asked in questions
        },
        width=80,
        sort_dicts=False,
    ).replace("\n", "\n    ")
    solution = (
        "    ### BEGIN SOLUTION\n"
        "    from embeddings_course.quiz.graded import right_answers\n\n"
        f"    answers = {right}\n"
        "    return right_answers(answers)\n"
        "    ### END SOLUTION"
    )
    cells = [
        cell("markdown", "introduction", introduction),
        cell(
            "code",
            "questions",
            "from embeddings_course.quiz import collect, graded_quiz\n\ngraded_quiz()",
        ),
        cell("markdown", "submit", _SUBMIT),
        cell("code", "collect", COLLECT_CELL.format(body=solution), solution=True),
        cell("markdown", "grading", _AFTER),
        cell(
            "code",
            "record",
            "# Whether answers were found\n"
            "### BEGIN HIDDEN TESTS\n"
            "from embeddings_course.quiz.graded import find_answers\n\n"
            'submission = find_answers(globals().get("collected"))\n'
            "### END HIDDEN TESTS",
            grade=True,
            points=0,
        ),
    ]
    for number, asked in enumerate(questions, start=1):
        key = pprint.pformat(
            asked.model_dump(exclude_defaults=True, mode="json"), width=92, sort_dicts=False
        )
        cells.append(
            cell(
                "code",
                f"question-{number}",
                f"# Question {number}\n"
                "from embeddings_course.quiz.graded import check_answered\n\n"
                f'check_answered({number}, globals().get("collected"))\n'
                "### BEGIN HIDDEN TESTS\n"
                "from embeddings_course.quiz.graded import grade\n\n"
                f"grade(\n{indent(key, '    ')},\n"
                f'    globals().get("submission"),\n    points={points:g},\n)\n'
                "### END HIDDEN TESTS",
                grade=True,
                points=points,
            )
        )
    notebook = v4.new_notebook(cells=cells)
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
        "course": {"quiz": name, "term": term},
    }
    return notebook
