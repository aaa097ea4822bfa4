"""Moodle XML."""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree import ElementTree

from embeddings_course.quiz.question_files import QuestionFile
from embeddings_course.quiz.question_types import (
    Choice,
    MultipleChoice,
    NumericQuestion,
    Question,
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


def moodle_xml(files: Iterable[QuestionFile]) -> bytes:
    """Write all questions; each file is a category."""
    quiz = ElementTree.Element("quiz")
    for file in files:
        category = ElementTree.SubElement(quiz, "question", type="category")
        _add_text(ElementTree.SubElement(category, "category"), f"$course$/top/{file.name}")
        orders = ordered_choices(file)
        for question in file.questions:
            if isinstance(question, NumericQuestion):
                _add_moodle_number(quiz, question)
            else:
                _add_moodle_choices(quiz, question, orders[question.id])
    ElementTree.indent(quiz)
    return ElementTree.tostring(quiz, encoding="utf-8", xml_declaration=True) + b"\n"


def _add_moodle_choices(
    quiz: ElementTree.Element, question: SingleChoice | MultipleChoice, choices: Iterable[Choice]
) -> None:
    element = _add_moodle_question(quiz, question, "multichoice")
    single = "true" if isinstance(question, SingleChoice) else "false"
    ElementTree.SubElement(element, "single").text = single
    ElementTree.SubElement(element, "shuffleanswers").text = "true"
    ElementTree.SubElement(element, "answernumbering").text = "none"
    for choice in choices:
        answer = ElementTree.SubElement(
            element, "answer", fraction=percent_worth(question, choice), format="html"
        )
        _add_text(answer, tex_html(choice.text))
        _add_html(answer, "feedback", choice.feedback or "")


def _add_moodle_number(quiz: ElementTree.Element, question: NumericQuestion) -> None:
    element = _add_moodle_question(quiz, question, "numerical")
    number, tolerance = number_and_tolerance(question)
    # The first answer that fits counts, so the right one stands first.
    for value, fraction, feedback in [
        (number, "100", ""),
        *((wrong, "0", said) for wrong, said in wrong_numbers(question)),
    ]:
        answer = ElementTree.SubElement(element, "answer", fraction=fraction, format="plain_text")
        _add_text(answer, digits(value))
        ElementTree.SubElement(answer, "tolerance").text = digits(tolerance)
        _add_html(answer, "feedback", feedback)
    if question.unit:
        units = ElementTree.SubElement(element, "units")
        unit = ElementTree.SubElement(units, "unit")
        ElementTree.SubElement(unit, "multiplier").text = "1"
        ElementTree.SubElement(unit, "unit_name").text = question.unit
    ElementTree.SubElement(element, "unitgradingtype").text = "0"  # the unit earns nothing
    # 0: a unit may be typed; 3: only a number may be.
    ElementTree.SubElement(element, "showunits").text = "0" if question.unit else "3"


def _add_moodle_question(
    quiz: ElementTree.Element, question: Question, kind: str
) -> ElementTree.Element:
    element = ElementTree.SubElement(quiz, "question", type=kind)
    _add_text(ElementTree.SubElement(element, "name"), question.id)
    _add_html(element, "questiontext", stem(question))
    said = getattr(question, "feedback", None)
    _add_html(element, "generalfeedback", filled(question, said) if said else "")
    ElementTree.SubElement(element, "defaultgrade").text = "1"
    ElementTree.SubElement(element, "idnumber").text = question.id
    tags = ElementTree.SubElement(element, "tags")
    for tag in tags_of(question):
        _add_text(ElementTree.SubElement(tags, "tag"), tag)
    return element


def _add_text(parent: ElementTree.Element, text: str) -> None:
    ElementTree.SubElement(parent, "text").text = text


def _add_html(parent: ElementTree.Element, name: str, markdown: str) -> None:
    _add_text(ElementTree.SubElement(parent, name, format="html"), tex_html(markdown))
