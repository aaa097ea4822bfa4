"""The answers to a graded quiz: which of a submission count, and what each earns.

They are in ``answers.json`` beside the notebook and, once collected, in a cell of the notebook as
well; either is enough. Answers under another id count where ``typed-ids.json`` beside nbgrader's
folders says so, which an instructor writes.
"""

from __future__ import annotations

import json
import os
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import fill
from typing import Any

from embeddings_course._shared.messages import Message
from embeddings_course.quiz.answer_records import GivenAnswer, Record, parse_record, read_record
from embeddings_course.quiz.graded_sheet import ANSWERS, QUESTIONS, Sheet, read_sheet, student_seed
from embeddings_course.quiz.question_files import QuizError, parse_question
from embeddings_course.quiz.question_types import (
    NumericQuestion,
    Question,
    SingleChoice,
    draw_values,
    example,
)
from embeddings_course.quiz.rendering import version_with
from embeddings_course.quiz.scoring import score
from embeddings_course.quiz.typed_numbers import compute, read_number, show_number

# Beside nbgrader's folders, by a student's id: what was typed instead. An instructor writes it.
TYPED_IDS = "typed-ids.json"
# How a submission's reason begins; grading looks for it in what tests print.
NO_ANSWERS = "No answers that can be graded:"


def no_numbers(shown: Sheet, record: Record) -> str:
    """Say which answers should be numbers and are none."""
    places = []
    for place, asked in enumerate(shown.questions, start=1):
        given = record.answers.get(asked.id)
        if asked.kind == "numeric" and given is not None and not is_number(given, asked.unit):
            places.append(str(place))
    if not places:
        return ""
    if len(places) == 1:
        return f"Not a number, so it cannot be graded: question {places[0]}."
    return f"Not numbers, so they cannot be graded: questions {', '.join(places)}."


def is_number(given: GivenAnswer, unit: str | None) -> bool:
    """Say whether an answer can be read as a number."""
    try:
        read_number("".join(given.answer), unit)
    except ValueError:
        return False
    return True


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
            right = repr(compute(str(right), draw_values(asked.id, asked.variables, seed)))
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
    _say(no_numbers(shown, record))
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
    refused: list[QuizError] = []
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
            refused.append(error)
    if not found:
        none = Message("answers-not-gradable", f"{NO_ANSWERS} {'; '.join(problems)}.")
        raise QuizError([none]) from next(iter(refused), None)
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
            [
                Message(
                    "answers-of-another-student",
                    f"{where} is made out to {record.student!r}, but this submission is from "
                    f"{student!r}",
                )
            ]
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
            [
                Message(
                    "typed-ids-unreadable",
                    f"{path.name} cannot be read: it must hold the typed id for each student's id",
                )
            ]
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
    lead = "You chose: " if isinstance(asked, SingleChoice) else ""
    _say(verdict, *(f"{lead}{said}" for said in earned.feedback))
    if isinstance(asked, SingleChoice) and earned.points < 1:
        best = score(asked, tuple(asked.correct)).feedback
        _say(*(f"The right choice: {said}" for said in best))
    if isinstance(asked, NumericQuestion):
        right = compute(asked.answer, values)
        shown_right = f"{show_number(right)} {asked.unit or ''}".rstrip()
        _say(f"You answered {given.answer}. The right number: {shown_right}")
        if earned.points == 0:  # how to come to it
            _say(*score(asked, repr(right), values).feedback)
    return worth
