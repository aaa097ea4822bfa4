"""The graded quiz: drawn from a pool, answered without a key in reach, graded by nbgrader.

What a student's notebook reads is ``questions.json``, which this module writes without any key. The
keys stand in hidden tests, which nbgrader takes out of what students get. A student's answers are
in ``answers.json`` beside the notebook and, once collected, in a cell of the notebook as well;
either is enough. Answers under another id count where ``typed-ids.json`` beside nbgrader's folders
says so, which an instructor writes.
"""

from __future__ import annotations

import json
import os
import pprint
import random
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import fill, indent
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from embeddings_course._shared.notebook_display import has_live_kernel, with_view
from embeddings_course.quiz.answer_records import GivenAnswer, Record, parse_record, read_record
from embeddings_course.quiz.markdown import fill_in
from embeddings_course.quiz.notebook_quiz import (
    RecordKeeper,
    display_with_hint,
    make_widget,
    notebook_folder,
    styled,
)
from embeddings_course.quiz.question_files import (
    QuestionFile,
    QuizError,
    parse_question,
)
from embeddings_course.quiz.question_types import (
    LEVELS,
    NumericQuestion,
    Question,
    digest,
    draw_values,
    example,
    shuffled_choices,
)
from embeddings_course.quiz.rendering import Item, graded_html, version_with
from embeddings_course.quiz.scoring import score
from embeddings_course.quiz.typed_numbers import compute, read_number, show_number

QUESTIONS = "questions.json"
ANSWERS = "answers.json"
# Beside nbgrader's folders, by a student's id: what was typed instead. An instructor writes it.
TYPED_IDS = "typed-ids.json"
# How a submission's reason begins; whoever grades a class looks for it in what tests print.
NO_ANSWERS = "No answers that can be graded:"


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class ShownChoice(_Model):
    """A choice without any sign of whether it is right."""

    key: str
    text: str


class ShownQuestion(_Model):
    """All of a question that its students may have. There is no field for a key or feedback."""

    id: str
    version: str
    kind: Literal["single", "multiple", "numeric"]
    stem: str
    choices: Annotated[tuple[ShownChoice, ...], Field(strict=False)] = ()
    variables: dict[str, Annotated[tuple[float, ...], Field(strict=False)]] = Field(
        default_factory=dict
    )
    unit: str | None = None

    def item(self, seed: str) -> Item:
        """Return what a person with this seed sees."""
        values = draw_values(self.id, self.variables, seed)
        return Item(
            id=self.id,
            version=version_with(self.version, values),
            kind=self.kind,
            stem=fill_in(self.stem, {name: show_number(value) for name, value in values.items()}),
            choices=tuple((choice.key, choice.text) for choice in self.choices),
            unit=self.unit,
        )


class Sheet(_Model):
    """The content of ``questions.json``."""

    format: Literal[1] = 1
    quiz: str
    term: str
    questions: Annotated[tuple[ShownQuestion, ...], Field(strict=False)]

    def items(self, student: str) -> list[Item]:
        """Return what a student sees: numbers follow from the term and the student's id."""
        return [shown.item(student_seed(self.term, student)) for shown in self.questions]


def student_seed(term: str, student: str) -> str:
    """Return what decides a student's numbers; capitals and spaces around an id do not matter."""
    return f"{term}\0{student.strip().casefold()}"


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
                f"{pool.path} has {len(pool.questions)} questions: {count} cannot be drawn. "
                f"Choose a --count from 1 to {len(pool.questions)}."
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
        common = {
            "id": question.id,
            "version": question.version,
            "kind": question.kind,
            "stem": question.stem,
        }
        if isinstance(question, NumericQuestion):
            more = {"variables": dict(question.variables), "unit": question.unit}
        else:
            order = shuffled_choices(question, term)
            more = {"choices": tuple(ShownChoice(key=c.key, text=c.text) for c in order)}
        shown.append(ShownQuestion(**common, **more))
    return Sheet(quiz=quiz, term=term, questions=tuple(shown))


def sheet_json(shown: Sheet) -> str:
    """Return the text of ``questions.json``."""
    content = shown.model_dump(exclude_defaults=True) | {"format": shown.format}
    return json.dumps(content, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def read_sheet(path: Path) -> Sheet:
    """Read ``questions.json``.

    Raises
    ------
    QuizError
        If it is missing or not what ``course quiz draw`` wrote.
    """
    try:
        return Sheet.model_validate(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise QuizError(
            [f"{path} is missing. It comes with the assignment: fetch the assignment again."]
        ) from None
    except (OSError, ValueError, ValidationError):
        raise QuizError(
            [f"{path} is damaged. Fetch the assignment again; your answers are in {ANSWERS}."]
        ) from None


# What a student's notebook calls ------------------------------------------------------------------


def graded_quiz(*, folder: str | Path | None = None) -> GradedQuiz:
    """Show the assignment's questions, and keep the answers in ``answers.json``.

    Parameters
    ----------
    folder : path, optional
        The assignment's folder. Default: the notebook's.

    Raises
    ------
    QuizError
        If the questions are missing or damaged.
    """
    place = Path(folder or notebook_folder())
    return GradedQuiz(read_sheet(place / QUESTIONS), place / ANSWERS)


class GradedQuiz:
    """A graded quiz, as a notebook shows it: answers are recorded, nothing is said to them.

    Parameters
    ----------
    shown : Sheet
        The questions.
    record : Path
        Where the answers are kept.
    """

    def __init__(self, shown: Sheet, record: Path):
        self.sheet = shown
        self.record = record

    def __repr__(self) -> str:
        return f"Graded quiz {self.sheet.quiz!r}: {len(self.sheet.questions)} questions"

    def html(self, student: str) -> str:
        """Return what this student is asked; without an id, what to do first."""
        items = self.sheet.items(student) if student else []
        return graded_html(self.sheet.quiz, items, student=student)

    def versions(self, student: str) -> dict[str, set[str]]:
        """Return the versions on show, by id of the question."""
        return {shown.id: {shown.version} for shown in self.sheet.items(student)}

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Any:
        if not has_live_kernel():
            return {"text/plain": repr(self)}
        # A hub knows who its users are; elsewhere a student says so.
        empty = Record(quiz=self.sheet.quiz, student=os.environ.get("JUPYTERHUB_USER", "")[:200])
        keeper = RecordKeeper(self.record, empty, writes=not _is_source(self.record.parent))
        keeper.record = keeper.record.brought_up_to(self.versions(keeper.record.student))
        widget = make_widget(self.html(keeper.record.student), keeper)

        def change_student(change: dict) -> None:
            """Show this student's numbers; answers to other numbers are kept as earlier ones."""
            record = keeper.record.model_copy(update={"student": change["new"]})
            keeper.record = record.brought_up_to(self.versions(change["new"]))
            widget.show(self.html(change["new"]))

        widget.observe(change_student, names=["student"])
        hint = f"<p>{self!r}. Run this cell in a notebook to answer them.</p>"
        return with_view(widget, {"text/plain": repr(self), "text/html": styled(hint)})

    def _ipython_display_(self) -> None:
        display_with_hint(self, self.record.name)


def _is_source(folder: Path) -> bool:
    """Say whether this is the instructor's copy, which nbgrader hands out with all beside it."""
    return folder.parent.name == "source"


_COLLECT_CELL = '''\
def collected():
    """Your answers, for your instructor. Do not write here: run this cell when you are done."""
{body}


collect(collected)'''


def collect(collected: Callable[[], Any], *, folder: str | Path | None = None) -> None:
    """Write the answers into the cell that calls this, so that the notebook alone holds them.

    The cell is replaced by one whose function ``collected`` returns the answers. While nbgrader
    runs the notebook nothing is written.

    Parameters
    ----------
    collected : callable
        The function in the cell, as it is.
    folder : path, optional
        The assignment's folder. Default: the notebook's.
    """
    if not has_live_kernel():
        return
    place = Path(folder or notebook_folder())
    try:
        record = read_record(place / ANSWERS)
        shown = read_sheet(place / QUESTIONS)
    except QuizError as error:
        print(f"Nothing was collected. {error}")
        return
    if record is None or not record.answers:
        print("There are no answers yet: answer the questions above, then run this cell again.")
        return
    from IPython import get_ipython

    answers = pprint.pformat(record.model_dump(exclude={"earlier"}), width=88, sort_dicts=False)
    body = "    return " + answers.replace("\n", "\n    " + " " * len("return "))
    get_ipython().set_next_input(_COLLECT_CELL.format(body=body), replace=True)
    open_ = [shown.id for shown in shown.questions if shown.id not in record.answers]
    print(
        f"Collected {len(record.answers)} answers of {record.student or 'nobody'} to "
        f"{len(shown.questions)} questions. Save the notebook, then submit it together with "
        f"{ANSWERS}." + (f" {len(open_)} are still open." if open_ else "")
    )
    if wrong := _no_numbers(shown, record):
        print(wrong)


def _no_numbers(shown: Sheet, record: Record) -> str:
    """Say which answers should be numbers and are none."""
    places = []
    for place, asked in enumerate(shown.questions, start=1):
        given = record.answers.get(asked.id)
        if asked.kind == "numeric" and given is not None and not _is_number(given, asked.unit):
            places.append(str(place))
    if not places:
        return ""
    if len(places) == 1:
        return f"Not a number, so it cannot be graded: question {places[0]}."
    return f"Not numbers, so they cannot be graded: questions {', '.join(places)}."


def _is_number(given: GivenAnswer, unit: str | None) -> bool:
    try:
        read_number("".join(given.answer), unit)
    except ValueError:
        return False
    return True


def check_answered(
    number: int,
    collected: Callable[[], Any] | None = None,
    *,
    folder: str | Path | None = None,
) -> None:
    """Fail if a question has no answer that can be graded; the visible test of each question.

    nbgrader's Validate runs it for students. It does not know what is right. While nbgrader grades
    it does nothing, as the hidden test that follows says more.

    Parameters
    ----------
    number : int
        The question's place, from 1.
    collected : callable, optional
        The notebook's function that returns the collected answers.
    folder : path, optional
        The assignment's folder. Default: the current one.

    Raises
    ------
    CheckFailed
        With a sentence that says what to do.
    """
    if os.environ.get("NBGRADER_EXECUTION") == "autograde":
        return
    from embeddings_course.exercises import CheckFailed

    place = Path(folder or Path.cwd())
    try:
        shown = read_sheet(place / QUESTIONS)
        record, _ = submitted_record(place, shown.quiz, collected)
    except QuizError as error:
        raise CheckFailed(
            f"question {number} has no answer: {error} Answer the questions above, and save."
        ) from None
    if not record.student.strip():
        raise CheckFailed("your student id is missing: type it above the questions")
    asked = shown.questions[number - 1]
    given = record.answers.get(asked.id)
    if given is None or not "".join(given.answer).strip():
        raise CheckFailed(f"question {number} is not answered yet")
    if asked.kind == "numeric" and not _is_number(given, asked.unit):
        raise CheckFailed(
            f"question {number}: {''.join(given.answer)!r} is no number, so it cannot be graded"
        )


# What the instructor's cells call -----------------------------------------------------------------


def right_answers(
    answers: Mapping[str, Sequence[str] | str], *, folder: str | Path | None = None
) -> dict[str, Any]:
    """Make the record of a student who knows everything; for the solution region.

    Parameters
    ----------
    answers : mapping
        By id of the question: the keys of the right choices, or the formula of the right number.
    """
    shown = read_sheet(Path(folder or Path.cwd()) / QUESTIONS)
    student = _folders_student(Path(folder or Path.cwd())) or ""
    given = {}
    for asked in shown.questions:
        right = answers[asked.id]
        seed = student_seed(shown.term, student)
        if asked.kind == "numeric":
            right = repr(compute(right, draw_values(asked.id, asked.variables, seed)))
        given[asked.id] = GivenAnswer(
            version=asked.item(seed).version,
            answer=right if isinstance(right, str) else tuple(right),
        )
    return Record(quiz=shown.quiz, student=student, answers=given).model_dump()


@dataclass(frozen=True)
class Submission:
    """What a student submitted: the record that counts, or why there is none."""

    record: Record | None
    problem: str = ""


def find_answers(
    collected: Callable[[], Any] | None = None, *, folder: str | Path | None = None
) -> Submission:
    """Find a submission's answers, say which count, and what was found that does not.

    A hidden test calls this before any other: `collected` is a student's code, and the keys come
    into the kernel with the tests that follow.

    Parameters
    ----------
    collected : callable, optional
        The notebook's function that returns the collected answers.
    folder : path, optional
        The submission's folder. Default: the current one.

    Returns
    -------
    Submission
        Whatever the files hold; nothing is raised.
    """
    place = Path(folder or Path.cwd())
    try:
        shown = read_sheet(place / QUESTIONS)
        record, notes = submitted_record(place, shown.quiz, collected)
    except QuizError as error:
        _say(str(error))
        return Submission(None, str(error))
    for note in notes:
        _say(note)
    _say(f"{len(record.answers)} of {len(shown.questions)} questions were answered.")
    _say(_no_numbers(shown, record))
    return Submission(record)


def _say(*texts: str) -> None:
    """Print texts in lines that feedback shows whole, which does not break them."""
    for line in "\n".join(texts).splitlines():
        print(fill(line, 88, replace_whitespace=False, break_on_hyphens=False))


def grade(
    question: Mapping[str, Any],
    submission: Submission | None,
    *,
    points: float,
    folder: str | Path | None = None,
) -> float:
    """Grade one answer of the student whose folder this is; called in a hidden test.

    Says in a sentence each what was right, what was wrong, and why there are no points where there
    are none. Whatever a student's files hold, it returns points and raises nothing.

    Parameters
    ----------
    question : mapping
        The question with its key, as in the pool.
    submission : Submission or None
        What ``find_answers`` returned. None, if its cell is missing: then the file is read.
    points : float
        What a right answer earns.
    folder : path, optional
        The submission's folder. Default: the current one.

    Returns
    -------
    float
        From 0 to `points`, rounded to two digits.
    """
    place = Path(folder or Path.cwd())
    try:
        asked = parse_question(dict(question))
        shown = read_sheet(place / QUESTIONS)
        if type(submission) is Submission and type(submission.record) is Record:
            record = submission.record
            _check_owner(record, shown.quiz, place, "the submission")
        elif type(submission) is Submission:
            raise QuizError([submission.problem])
        else:
            record, _ = submitted_record(place, shown.quiz)
        return _grade(asked, shown, record, points)
    except QuizError as error:
        _say(f"0 points. {error}")
    except Exception as error:  # whatever it is, the other questions must be graded
        _say(
            f"0 points: grading failed with {type(error).__name__}: {error}. Tell your instructor."
        )
    return 0.0


def submitted_record(
    folder: Path, quiz: str, collected: Callable[[], Any] | None = None
) -> tuple[Record, list[str]]:
    """Find the answers that count: the file's where it is valid, otherwise the notebook's.

    Parameters
    ----------
    folder : Path
        The submission's folder. Its parent's name is the student's id while nbgrader grades.
    quiz : str
        The assignment's quiz.
    collected : callable, optional
        The notebook's function that returns the collected answers.

    Returns
    -------
    Record, list of str
        The record that counts, and what there is to say about the one that does not.

    Raises
    ------
    QuizError
        If neither is valid, with the reasons for both.
    """
    found: list[tuple[str, Record]] = []
    problems = []
    for where, read in (
        (ANSWERS, lambda: _from_file(folder)),
        ("the notebook", lambda: _from_cell(collected)),
    ):
        try:
            record = read()
            if record is None:
                absent = f"there is no {where}" if where == ANSWERS else f"{where} holds no answers"
                problems.append(absent)
                continue
            _check_owner(record, quiz, folder, where)
            found.append((where, record))
        except QuizError as error:
            problems.append(str(error))
    if not found:
        raise QuizError([f"{NO_ANSWERS} {'; '.join(problems)}."])
    (where, record), *others = found
    notes = [f"The answers in {where} count."]
    student = _folders_student(folder)
    if student is not None and not _is_same_id(record.student, student):
        notes.append(
            f"They are made out to {record.student!r}, and count for {student!r}, with the "
            f"numbers of the questions that {record.student!r} has."
        )
    for problem in problems:
        missing = problem.startswith("there is no ")
        notes.append(f"T{problem[1:]}." if missing else f"Not used: {problem}.")
    for _, lost in others:  # only the notebook's can come second
        differ = {
            id
            for id in {*record.answers, *lost.answers}
            if _bare(record.answers.get(id)) != _bare(lost.answers.get(id))
        }
        if differ:
            notes.append(
                f"The notebook has other answers, which do not count, to: "
                f"{', '.join(sorted(differ))}."
            )
    return record, notes


def _bare(given: GivenAnswer | None) -> Any:
    if given is None or isinstance(given.answer, str):
        return given and given.answer
    return frozenset(given.answer)


def _from_file(folder: Path) -> Record | None:
    return read_record(folder / ANSWERS)


def _from_cell(collected: Callable[[], Any] | None) -> Record | None:
    if not callable(collected):
        return None
    try:
        content = collected()
    except NotImplementedError:  # the cell was never run: it is as it was released
        return None
    except Exception as error:  # it is the student's cell
        raise QuizError([f"the notebook's cell failed with {type(error).__name__}"]) from None
    try:
        text = content if isinstance(content, str) else json.dumps(content)
    except (TypeError, ValueError, RecursionError):
        raise QuizError(["the notebook's cell does not return answers"]) from None
    return parse_record(text, "the notebook's cell")


def _check_owner(record: Record, quiz: str, folder: Path, where: str) -> None:
    student = _folders_student(folder)
    if record.quiz != quiz:
        raise QuizError([f"{where} holds answers to {record.quiz!r}, not to {quiz!r}"])
    if student is None:
        return
    if not record.student.strip():
        raise QuizError([f"{where} names no student; this submission is from {student!r}"])
    if _is_same_id(record.student, student):
        return
    typed = _typed_ids(folder.resolve().parents[2] / TYPED_IDS).get(student, [])
    bare = bare_name(record.student)
    if not any(
        _is_same_id(record.student, name) or bare == bare_name(name) != "" for name in typed
    ):
        raise QuizError(
            [f"{where} is made out to {record.student!r}, but this submission is from {student!r}"]
        )


def _is_same_id(one: str, other: str) -> bool:
    return one.strip().casefold() == other.strip().casefold()


def bare_name(text: str) -> str:
    """Return the letters and digits of an id, a name or an address, without accents and capitals.

    >>> bare_name("30 210042"), bare_name("Müller, Zoë")
    ('30210042', 'mullerzoe')
    """
    text = unicodedata.normalize("NFKD", text.casefold())
    return "".join(sign for sign in text if sign.isalnum())


def _typed_ids(path: Path) -> dict[str, list[str]]:
    """Read what students typed, or may have typed, in place of their ids, by id."""
    try:
        typed = json.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError):
        typed = None
    if isinstance(typed, dict):
        typed = {id: [each] if isinstance(each, str) else each for id, each in typed.items()}
    if not isinstance(typed, dict) or not all(
        isinstance(names, list) and all(isinstance(name, str) for name in names)
        for names in typed.values()
    ):
        raise QuizError(
            [f"{path.name} cannot be read: it must hold the typed id for each student's id"]
        )
    return typed


def _folders_student(folder: Path) -> str | None:
    """Return whose folder this is while nbgrader grades: autograded/<student>/<assignment>."""
    folder = folder.resolve()
    if (
        os.environ.get("NBGRADER_EXECUTION") == "autograde"
        or folder.parents[1].name == "autograded"
    ):
        return folder.parent.name
    return None


def _grade(asked: Question, shown: Sheet, record: Record, points: float) -> float:
    values = asked.variant(student_seed(shown.term, record.student))
    _say(example(asked, asked.stem, values), "")
    given = record.answers.get(asked.id)
    if given is None:
        _say("Not answered.")
        return 0.0
    if given.version != version_with(asked.version, values):
        _say(
            "This answer was given to an earlier wording or to other numbers of the question. It "
            "is graded as it stands; if that seems unfair, ask your instructor."
        )
    try:
        earned = score(asked, given.answer, values)
    except ValueError as error:
        _say(f"The answer cannot be graded: {str(error).rstrip('.')}.")
        return 0.0
    worth = round(points * earned.points, 2)
    partly = f"Partly right: {worth:g} of {points:g} point{'s' * (points != 1)}."
    verdict = {0.0: "Not right.", 1.0: "Right."}.get(earned.points, partly)
    _say(verdict, *earned.feedback)
    if isinstance(asked, NumericQuestion):
        right = compute(asked.answer, values)
        shown_right = f"{show_number(right)} {asked.unit or ''}".rstrip()
        _say(f"You answered {given.answer}. The right number: {shown_right}")
        if earned.points == 0:  # how to come to it
            _say(*score(asked, repr(right), values).feedback)
    return worth


# What an instructor draws -------------------------------------------------------------------------


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
                    f"{path} is there already and differs from what would be written. It may be "
                    "another term's, which students are working on, or changed by hand: "
                    "--force replaces it."
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
    from nbformat import v4

    def cell(kind, id, source, *, grade=False, solution=False, points=None):
        settings = {
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
        cell("code", "collect", _COLLECT_CELL.format(body=solution), solution=True),
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
