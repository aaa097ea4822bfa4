"""The bank of questions for other systems: Moodle XML, GIFT, QTI for Canvas, and plain JSON.

Most formats have a place for less than the bank holds. ``SURVIVES`` says what becomes of each
feature in each format; ``export`` returns what that means for the questions at hand.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from embeddings_course._shared.messages import Message
from embeddings_course._shared.text import listed
from embeddings_course._shared.whole_file import write_whole
from embeddings_course.quiz.question_files import QuestionFile, QuizError
from embeddings_course.quiz_tools.export.gift import gift_text
from embeddings_course.quiz_tools.export.json import JSON_VERSION, json_text
from embeddings_course.quiz_tools.export.losses import (
    FORMATS,
    SURVIVES,
    changes,
    survival_table,
    without_refused,
)
from embeddings_course.quiz_tools.export.moodle import moodle_xml
from embeddings_course.quiz_tools.export.qti import qti_zip

__all__ = ["FORMATS", "JSON_VERSION", "SURVIVES", "export", "survival_table"]


def export(files: Sequence[QuestionFile], format: str, out: Path) -> list[str]:
    """Write questions to one file that another system can read.

    Nothing is written unless all of it can be. The same questions give the same bytes.

    Parameters
    ----------
    files : sequence of QuestionFile
        Their questions, in this order.
    format : str
        ``"moodle"`` (Moodle XML), ``"gift"``, ``"qti"`` (QTI 1.2 as Canvas reads it, zipped) or
        ``"json"``.
    out : Path
        The file; it is replaced if it is there. ``FORMATS`` has the usual suffix of each format.

    Returns
    -------
    list of str
        What the format has no place for or shows otherwise: one sentence a feature, with the
        questions that it concerns.

    Raises
    ------
    QuizError
        If the format is unknown, no question is left to write, ``text2qti`` is missing, or the file
        cannot be written.
    """
    if format not in FORMATS:
        raise QuizError(
            [
                Message(
                    "export-format-unknown",
                    f"The format {format!r} is unknown. Choose {listed(FORMATS, last='or')} with "
                    "--format.",
                )
            ]
        )
    if not any(file.questions for file in files):
        raise QuizError(
            [
                Message(
                    "export-empty", "There are no questions to export. Name a quiz that has some."
                )
            ]
        )
    said: list[str] = []
    if format == "qti":
        files, said = without_refused(files)
    content = {"moodle": moodle_xml, "gift": gift_text, "qti": qti_zip, "json": json_text}[format](
        files
    )
    _replace_file(out, content)
    return said + changes(files, format)


def _replace_file(path: Path, content: bytes) -> None:
    """Write a file at once: who is interrupted leaves the file before, or none."""
    try:
        write_whole(path, content)
    except OSError as error:
        raise QuizError(
            [
                Message(
                    "export-place-impossible",
                    f"{path} cannot be written: {error.strerror}. Choose another file with --out.",
                )
            ]
        ) from None
