"""QTI 1.2 in a zip file, as Canvas reads it, written by text2qti."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Sequence

from embeddings_course._shared.messages import Message
from embeddings_course.quiz.markdown import to_html
from embeddings_course.quiz.question_files import QuestionFile, QuizError
from embeddings_course.quiz.question_types import Choice, MultipleChoice, NumericQuestion, Question
from embeddings_course.quiz_tools.export.question_parts import (
    digits,
    filled,
    number_and_tolerance,
    ordered_choices,
    stem,
)

# Where a date must stand and none is meant: the earliest that a zip file can hold.
_NO_DATE = (1980, 1, 1)


def qti_zip(files: Sequence[QuestionFile]) -> bytes:
    """Let text2qti write the files, with our own HTML in them.

    Its Markdown is another dialect than ours. So it gets a name in the place of each text, and the
    texts come in when it has built its questions. Identifiers that it derives then follow from ids
    and keys: a second import replaces the questions of the first.
    """
    try:
        from text2qti.config import Config
        from text2qti.qti import QTI
        from text2qti.quiz import Quiz
        from text2qti.xml_imsmanifest import imsmanifest
    except ImportError:
        raise QuizError(
            [
                Message(
                    "export-text2qti-missing",
                    "The format qti needs text2qti, which is not installed. Install what "
                    "instructors need: pip install '.[instructor]'.",
                )
            ]
        ) from None
    texts: dict[str, str] = {}
    lines = [f"Quiz title: {', '.join(f.name for f in files if f.questions)}"]
    lines += ["Shuffle answers: true", ""]
    for file in files:
        orders = ordered_choices(file)
        for question in file.questions:
            lines += _qti_source(question, orders.get(question.id, []), texts)
    quiz = Quiz("\n".join(lines), config=Config())

    def picture(latex: str, *, block: bool) -> str:
        return quiz.md.latex_to_canvas_img(" ".join(latex.split()))

    def html(name: str) -> str:
        made = to_html(texts[name], formula=picture)
        return quiz.md.xml_escape(made, squotes=False, dquotes=False)

    for question in quiz.questions_and_delims:
        question.question_html_xml = html(question.question_raw)
        if question.feedback_raw:
            question.feedback_html_xml = html(question.feedback_raw)
        for choice in question.choices:
            choice.choice_html_xml = html(choice.choice_raw)
            if choice.feedback_raw:
                choice.feedback_html_xml = html(choice.feedback_raw)
    qti = QTI(quiz)
    qti.imsmanifest_xml = imsmanifest(
        manifest_identifier=qti.manifest_identifier,
        assessment_identifier=qti.assessment_identifier,
        dependency_identifier=qti.dependency_identifier,
        images={},
        date="-".join(f"{part:02}" for part in _NO_DATE),
    )
    return _same_zip(qti.zip_bytes())


def _qti_source(question: Question, choices: Iterable[Choice], texts: dict[str, str]) -> list[str]:
    """Write one question as text2qti reads it, with names for texts; put the texts in `texts`."""

    def name(part: str, markdown: str) -> str:
        texts[f"{question.id}{part}"] = markdown
        return f"{question.id}{part}"

    lines = [f"Title: {question.id}", f"1. {name('', stem(question))}"]
    if isinstance(question, NumericQuestion):
        if question.feedback:
            lines.append(f"... {name('.feedback', filled(question, question.feedback))}")
        number, tolerance = number_and_tolerance(question)
        lines.append(f"= {digits(number)} +- {digits(tolerance)}")
    marks = ("[ ]", "[*]") if isinstance(question, MultipleChoice) else ("a)", "*a)")
    for choice in choices:
        lines.append(f"{marks[choice.correct]} {name(f'.{choice.key}', choice.text)}")
        if choice.feedback:
            lines.append(f"... {name(f'.{choice.key}.feedback', choice.feedback)}")
    return [*lines, ""]


def _same_zip(content: bytes) -> bytes:
    """Pack a zip file again, so that time, platform and compressor leave no trace in it."""
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(packed, "w") as new:
        for name in old.namelist():
            entry = zipfile.ZipInfo(name, (*_NO_DATE, 0, 0, 0))
            entry.create_system = 3  # Unix, wherever it is written
            entry.external_attr = (0o40755 if name.endswith("/") else 0o100644) << 16
            new.writestr(entry, old.read(name))
    return packed.getvalue()
