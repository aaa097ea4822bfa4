"""GIFT, which Moodle and others read."""

from __future__ import annotations

from collections.abc import Iterable

from embeddings_course.quiz.question_files import QuestionFile
from embeddings_course.quiz.question_types import (
    Choice,
    MultipleChoice,
    NumericQuestion,
    SingleChoice,
)
from embeddings_course.quiz_tools.export.question_parts import (
    digits,
    filled,
    number_and_tolerance,
    ordered_choices,
    percent_worth,
    stem,
    tags_of,
    tex_html,
    wrong_numbers,
)


def gift_text(files: Iterable[QuestionFile]) -> bytes:
    """Write all questions, in blocks that blank lines divide."""
    blocks = []
    for file in files:
        blocks.append(f"$CATEGORY: $course$/top/{file.name}")
        orders = ordered_choices(file)
        for question in file.questions:
            if isinstance(question, NumericQuestion):
                answers = _gift_numbers(question)
            else:
                answers = [_gift_choice(question, choice) for choice in orders[question.id]]
            tags = " ".join(f"[tag:{tag}]" for tag in tags_of(question))
            lines = [
                f"// [id:{question.id}] {tags}",
                f"::{question.id}::[html]{_line(stem(question))}{{",
                *answers,
                "}",
            ]
            blocks.append("\n".join(lines))
    # Blank lines divide questions.
    return ("\n\n".join(blocks) + "\n").encode()


def _gift_choice(question: SingleChoice | MultipleChoice, choice: Choice) -> str:
    # "=" would tell Moodle that only one choice can be taken.
    if isinstance(question, SingleChoice):
        mark = "=" if choice.correct else "~"
    else:
        mark = f"~%{percent_worth(question, choice)}%"
    feedback = f"#{_line(choice.feedback)}" if choice.feedback else ""
    return f"\t{mark}{_line(choice.text)}{feedback}"


def _gift_numbers(question: NumericQuestion) -> list[str]:
    number, tolerance = number_and_tolerance(question)
    lines = ["#", f"\t=%100%{digits(number)}:{digits(tolerance)}"]
    for wrong, said in wrong_numbers(question):
        lines.append(f"\t=%0%{digits(wrong)}:{digits(tolerance)}#{_line(said)}")
    if question.feedback:
        lines.append(f"\t####{_line(filled(question, question.feedback))}")
    return lines


_GIFT_ESCAPES = str.maketrans({char: f"\\{char}" for char in "\\~=#{}:"} | {"\n": "\\n"})


def _line(markdown: str) -> str:
    """Write a text on one line; it starts with a tag, not with a mark that means something."""
    return tex_html(markdown).translate(_GIFT_ESCAPES)
