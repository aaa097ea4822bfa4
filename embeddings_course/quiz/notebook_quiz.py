"""Quizzes in notebooks: a live widget where a kernel runs, plain HTML wherever a notebook is read.

A `Quiz` is not a widget itself. It always gives HTML, which needs no kernel, and in a notebook with
a kernel also the view of a widget with the same script as the book's pages. When pages of the book
are executed it gives a placeholder, which ``embeddings_course.sphinx_ext.quizzes`` fills in: so a
question can be changed without running pages again.
"""

from __future__ import annotations

import json
import os
import time
from functools import cache
from pathlib import Path
from typing import Any

from embeddings_course._shared.notebook_display import (
    display_alive,
    has_live_kernel,
    module,
    with_view,
)
from embeddings_course.quiz.answer_records import Record, read_record, set_aside, write_record
from embeddings_course.quiz.question_files import Part, QuizError, bank_folder, load_questions
from embeddings_course.quiz.question_types import Question
from embeddings_course.quiz.rendering import item, practice_html, variants

ASSETS = Path(__file__).parent / "assets"

# Unlike anything that a person writes into a page.
PLACEHOLDER = '<div data-course-quiz="{name}"></div>'


def quiz(name: str, *, seed: str = "", folder: str | Path | None = None) -> Quiz:
    """Show a quiz of the practice bank.

    In a notebook the answers are kept in ``<name>.quiz.json`` beside it, and come back when the
    cell is run again.

    Parameters
    ----------
    name : str
        A file of the bank, without its suffix: ``"images"``.
    seed : str
        Another order of the choices, and other numbers where a question has several sets.
    folder : path, optional
        Where to keep the answers. Default: the notebook's folder.

    Raises
    ------
    QuizError
        If there is no such quiz, or something is wrong with its questions.
    """
    path = bank_folder() / f"{name}.yml"
    if not path.is_file():
        known = ", ".join(sorted(file.stem for file in bank_folder().glob("*.yml"))) or "none"
        raise QuizError([f"There is no quiz {name!r}. There are: {known}."])
    file = load_questions(path)
    folder = Path(folder or notebook_folder())
    return Quiz(name, file.questions, seed=seed, folder=folder, parts=file.parts)


class Quiz:
    """Questions of the practice bank, as a notebook shows them.

    Parameters
    ----------
    name : str
        Names the record.
    questions : tuple of Question
        In the order to show.
    seed : str
        Decides the order of choices and the first numbers.
    folder : Path
        Where the record is kept.
    parts : tuple of Part
        Headings over the questions.
    """

    def __init__(
        self,
        name: str,
        questions: tuple[Question, ...],
        *,
        seed: str,
        folder: Path,
        parts: tuple[Part, ...] = (),
    ):
        self.name = name
        self.questions = questions
        self.parts = parts
        self.seed = seed
        self.record = folder / f"{name}.quiz.json"

    def __repr__(self) -> str:
        return f"Quiz {self.name!r}: {len(self.questions)} questions"

    def html(self) -> str:
        """Return the quiz as it can be read anywhere, its answers under a fold."""
        return practice_html(self.name, self.questions, seed=self.seed, parts=self.parts)

    def versions(self) -> dict[str, set[str]]:
        """Return the versions that are on show, by id of the question."""
        return {
            question.id: {
                item(question, values).version for values in variants(question, self.seed)
            }
            for question in self.questions
        }

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Any:
        if os.environ.get("COURSE_BOOK_BUILD"):
            return {"text/plain": repr(self), "text/html": PLACEHOLDER.format(name=self.name)}
        readable = {"text/plain": repr(self), "text/html": styled(self.html())}
        if not has_live_kernel():
            return readable
        keeper = RecordKeeper(self.record, Record(quiz=self.name))
        keeper.record = keeper.record.brought_up_to(self.versions())
        return with_view(make_widget(self.html(), keeper), readable)

    def _ipython_display_(self) -> None:
        display_with_hint(self, self.record.name)


class RecordKeeper:
    """Reads a record, and writes it whenever an answer changes; says what happened.

    Parameters
    ----------
    path : Path
        The record's file. What is there and cannot be read is renamed, never overwritten.
    empty : Record
        What to begin with where there is none.
    writes : bool
        Whether there may be a file at all.
    """

    def __init__(self, path: Path, empty: Record, *, writes: bool = True):
        self.path = path
        self.writes = writes
        self.problem = ""
        self.record = empty
        if not writes:
            return
        try:
            self.record = read_record(path) or empty
            if self.record.quiz != empty.quiz:
                raise QuizError(
                    [f"{path.name} holds answers to another quiz, {self.record.quiz!r}"]
                )
        except QuizError as error:
            self.record = empty
            self.problem = str(error)
            try:
                self.problem += f". It is kept as {set_aside(path).name}."
            except OSError as trouble:
                self.problem += f", and cannot be renamed: {trouble.strerror}."

    def answers(self) -> dict[str, dict]:
        """Return the answers as the widget holds them: plain lists, which go through JSON."""
        return json.loads(self.record.model_dump_json(include={"answers"}))["answers"]

    def welcome(self) -> str:
        """Return what to say before anything was answered in this run of the cell."""
        if not self.writes:
            return (
                "This is the instructor's copy: answers are not saved, or students would get them."
            )
        said = [self.problem] if self.problem else []
        if self.record.answers:
            said.append(f"Your answers from {self.path.name} are back.")
        else:
            said.append(f"Your answers are saved in {self.path.name}, beside this notebook.")
        if earlier := len({old.question for old in self.record.earlier}):
            answers = "1 answer belongs" if earlier == 1 else f"{earlier} answers belong"
            said.append(
                f"{answers} to an earlier wording or to other numbers of a question; the file "
                "keeps what you answered then."
            )
        return " ".join(said)

    def save(self, record: Record) -> tuple[str, bool]:
        """Write a changed record; return a sentence, and whether it went well."""
        self.record = record
        if not self.writes:
            return self.welcome(), True
        try:
            write_record(self.path, record)
        except OSError as error:
            return f"NOT saved: {self.path} cannot be written: {error.strerror}.", False
        return f"Saved in {self.path.name} at {time.strftime('%H:%M:%S')}.", True


def notebook_folder() -> Path:
    """Return the folder of the running notebook, as far as the program that runs it says.

    Jupyter's servers name the notebook in a variable. Elsewhere the kernel starts in its folder.
    """
    named = Path(os.environ.get("JPY_SESSION_NAME", ""))
    if named.is_absolute() and named.suffix == ".ipynb" and named.parent.is_dir():
        return named.parent
    return Path.cwd()


def styled(html: str) -> str:
    """Put the style before a quiz that stands alone."""
    return f"<style>{(ASSETS / 'quiz.css').read_text(encoding='utf-8')}</style>\n{html}"


def make_widget(html: str, keeper: RecordKeeper) -> Any:
    """Make the widget that shows a quiz and keeps its record."""
    widget = _widget_class()(
        html=html,
        answers=keeper.answers(),
        student=keeper.record.student,
        saved={"text": keeper.welcome(), "problem": bool(keeper.problem), "n": 0},
    )
    widget.keep(keeper)
    return widget


def display_with_hint(shown: Any, file: str) -> None:
    """Display a quiz, and where it is alive say what helps when it no longer is."""
    display_alive(
        shown,
        "An error instead of the quiz, or no answer from it? That happens after a restart of "
        f"the kernel: run this cell again. Your answers are in {file}.",
    )


@cache
def _widget_class() -> type:
    # Only a live notebook needs these imports.
    import anywidget
    import traitlets

    class QuizWidget(anywidget.AnyWidget):
        """A quiz on show. ``answers`` and ``student`` come from the person, the rest goes there."""

        _esm = module(ASSETS / "quiz.js", ASSETS / "live.js")
        _css = (ASSETS / "quiz.css").read_text("utf-8")
        html = traitlets.Unicode().tag(sync=True)
        answers = traitlets.Dict().tag(sync=True)
        student = traitlets.Unicode().tag(sync=True)
        saved = traitlets.Dict().tag(sync=True)

        def keep(self, keeper: RecordKeeper) -> None:
            """Write every change from now on."""
            self._keeper = keeper
            self.observe(self._save, names=["answers"])

        def show(self, html: str) -> None:
            """Show other questions, with the answers that the record has to them."""
            self.answers = self._keeper.answers()
            self._say(*self._keeper.save(self._keeper.record))
            self.html = html

        def _save(self, change: dict) -> None:
            record = self._keeper.record
            try:
                changed = Record.model_validate(
                    {**record.model_dump(), "answers": change["new"], "student": self.student}
                )
            except ValueError:
                text, fine = "NOT saved: the page sent something that is not an answer.", False
            else:
                text, fine = self._keeper.save(changed)
            self._say(text, fine)

        def _say(self, text: str, fine: bool) -> None:
            number = self.saved["n"] + 1  # so that it changes even within one second
            self.saved = {"text": text, "problem": not fine, "n": number}

    return QuizWidget
