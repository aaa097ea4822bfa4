"""The bank of questions for other systems: Moodle XML, GIFT, QTI for Canvas, and plain JSON.

Most formats have a place for less than the bank holds. ``SURVIVES`` says what becomes of each
feature in each format; ``export`` returns what that means for the questions at hand.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from html import escape
from pathlib import Path
from xml.etree import ElementTree

from embeddings_course._shared.whole_file import write_whole
from embeddings_course.quiz.markdown import to_html
from embeddings_course.quiz.question_files import QuestionFile, QuizError
from embeddings_course.quiz.question_types import (
    Choice,
    MultipleChoice,
    NumericQuestion,
    Question,
    SingleChoice,
    example,
)
from embeddings_course.quiz.rendering import arrange
from embeddings_course.quiz.typed_numbers import compute

# The formats, and the suffix of the file that each is written to.
FORMATS = {"moodle": ".xml", "gift": ".gift.txt", "qti": ".zip", "json": ".json"}
# Goes up when a program that reads the JSON must change.
JSON_VERSION = 1

# Canvas keeps four decimals, and text2qti refuses bounds of a range that would become zero.
_CANVAS_DECIMALS = 4
# Where a date must stand and none is meant: the earliest that a zip file can hold.
_NO_DATE = (1980, 1, 1)

_YES = "yes"


@dataclass(frozen=True)
class _Feature:
    """Something that questions have; each cell but "yes" says what a format makes of it."""

    name: str
    moodle: str
    gift: str
    qti: str
    concerns: Callable[[Question], bool] = lambda question: True

    def cells(self) -> dict[str, str]:
        return {"moodle": self.moodle, "gift": self.gift, "qti": self.qti, "json": _YES}


def _is_numeric(question: Question) -> bool:
    return isinstance(question, NumericQuestion)


def _right_and_wrong(question: MultipleChoice) -> tuple[int, int]:
    right = len(question.correct)
    return right, len(question.choices) - right


def _has_formula(question: Question) -> bool:
    # Quotes in a text are escaped, so that only the converter can write this.
    return any('class="math ' in _tex_html(_filled(question, text)) for _, text in question.texts())


def _is_rounded_by_canvas(question: Question) -> bool:
    if not _is_numeric(question) or _is_refused_by_canvas(question):
        return False
    number, tolerance = _number_and_tolerance(question)
    return any(
        abs(bound - round(bound, _CANVAS_DECIMALS)) > 1e-12 * abs(bound)
        for bound in (number - tolerance, number, number + tolerance)
    )


def _is_refused_by_canvas(question: Question) -> bool:
    if not _is_numeric(question):
        return False
    number, tolerance = _number_and_tolerance(question)
    return min(abs(number - tolerance), abs(number + tolerance)) < 10**-_CANVAS_DECIMALS


_SHOWN_TO_ALL = "is shown after any answer, not only after a right one"
_IN_STEM = "stands below the question"

_FEATURES = (
    _Feature("Single choice: stem, choices, the right one", _YES, _YES, _YES),
    _Feature("Multiple choice: stem, choices, the right ones, part of the point", _YES, _YES, _YES),
    _Feature("Number: stem, right answer, tolerance", _YES, _YES, _YES),
    _Feature("Lists, tables, code blocks, inline code, links", _YES, _YES, _YES),
    _Feature(
        "Formulas",
        moodle="are TeX, for the site's MathJax filter",
        gift="are TeX, for MathJax",
        qti="are pictures that Canvas draws from TeX",
        concerns=_has_formula,
    ),
    _Feature("Id", _YES, _YES, _YES),
    _Feature(
        "Claim and level",
        moodle="are tags",
        gift="are tags in a comment, which Moodle reads and other systems skip",
        qti="are dropped",
    ),
    _Feature(
        "Feedback for each choice taken",
        _YES,
        _YES,
        _YES,
        concerns=lambda question: not _is_numeric(question),
    ),
    _Feature(
        "Feedback for right choices missed",
        moodle="is dropped",
        gift="is dropped",
        qti="is dropped",
        concerns=lambda question: (
            isinstance(question, MultipleChoice)
            and any(choice.correct and choice.feedback for choice in question.choices)
        ),
    ),
    _Feature(
        "What wrong choices cost, where there are more or fewer of them than right ones",
        _YES,
        _YES,
        qti="follows Canvas: a wrong choice costs as much as a right one earns",
        concerns=lambda question: (
            isinstance(question, MultipleChoice) and len(set(_right_and_wrong(question))) == 2
        ),
    ),
    _Feature(
        "Numbers drawn from variables",
        moodle="are the same for everybody",
        gift="are the same for everybody",
        qti="are the same for everybody",
        concerns=lambda question: _is_numeric(question) and bool(question.variables),
    ),
    _Feature(
        "Tolerance in percent",
        moodle="becomes an absolute one",
        gift="becomes an absolute one",
        qti="becomes an absolute one",
        concerns=lambda question: _is_numeric(question) and isinstance(question.tolerance, str),
    ),
    _Feature(
        "Numbers and tolerances of more than four decimals",
        _YES,
        _YES,
        qti="are rounded to four",
        concerns=_is_rounded_by_canvas,
    ),
    _Feature(
        "Numbers whose tolerance begins or ends within 0.0001 of zero",
        _YES,
        _YES,
        qti="cannot be told from zero: the questions are left out",
        concerns=_is_refused_by_canvas,
    ),
    _Feature(
        "Ways to type a number, such as 0,5 and 6,400,000",
        moodle="are those of the site's language",
        gift="are those of the system that reads it",
        qti="are those of Canvas",
        concerns=_is_numeric,
    ),
    _Feature(
        "Unit",
        moodle=f"{_IN_STEM}, and may be typed after the number",
        gift=_IN_STEM,
        qti=_IN_STEM,
        concerns=lambda question: _is_numeric(question) and bool(question.unit),
    ),
    _Feature(
        "Feedback for a number",
        moodle=_SHOWN_TO_ALL,
        gift=_SHOWN_TO_ALL,
        qti=_SHOWN_TO_ALL,
        concerns=lambda question: _is_numeric(question) and bool(question.feedback),
    ),
    _Feature(
        "Feedback for known wrong numbers",
        _YES,
        _YES,
        qti="is dropped",
        concerns=lambda question: _is_numeric(question) and bool(question.mistakes),
    ),
)
_SEVERAL_FILES = _Feature("Division into files", _YES, _YES, qti="is dropped: all are one quiz")

# What becomes of each feature in each format; "yes" where nothing changes.
SURVIVES: dict[str, dict[str, str]] = {
    feature.name: feature.cells() for feature in (*_FEATURES, _SEVERAL_FILES)
}


def survival_table() -> str:
    """Return ``SURVIVES`` as a table in Markdown, one line a feature."""
    rows = [["", *FORMATS], ["---"] * (1 + len(FORMATS))]
    rows += [[name, *(cells[format] for format in FORMATS)] for name, cells in SURVIVES.items()]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows) + "\n"


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
        *most, last = FORMATS
        raise QuizError(
            [f"The format {format!r} is unknown. Choose {', '.join(most)} or {last} with --format."]
        )
    if not any(file.questions for file in files):
        raise QuizError(["There are no questions to export. Name a quiz that has some."])
    said = []
    if format == "qti":
        files, said = _without_refused(files)
    content = {"moodle": _moodle, "gift": _gift, "qti": _qti, "json": _json}[format](files)
    _replace_file(out, content)
    return said + _changes(files, format)


def _without_refused(files: Sequence[QuestionFile]) -> tuple[list[QuestionFile], list[str]]:
    """Leave out the questions that Canvas cannot have, and say which."""
    kept = [
        replace(file, questions=tuple(q for q in file.questions if not _is_refused_by_canvas(q)))
        for file in files
    ]
    feature = next(f for f in _FEATURES if f.concerns is _is_refused_by_canvas)
    refused = [q for file in files for q in file.questions if _is_refused_by_canvas(q)]
    if not any(file.questions for file in kept):
        raise QuizError(
            [
                f"There is nothing to export: {feature.name.lower()} cannot go to Canvas, and all "
                "these questions have them. Choose another format with --format."
            ]
        )
    count = sum(len(file.questions) for file in files)
    return kept, [_sentence(feature, "qti", refused, of=count)] if refused else []


def _changes(files: Sequence[QuestionFile], format: str) -> list[str]:
    questions = [question for file in files for question in file.questions]
    several = len([file for file in files if file.questions]) > 1
    said = []
    for feature in (*_FEATURES, *([_SEVERAL_FILES] if several else [])):
        concerned = [question for question in questions if feature.concerns(question)]
        if concerned and feature.cells()[format] != _YES:
            said.append(_sentence(feature, format, concerned, of=len(questions)))
    return said


def _sentence(feature: _Feature, format: str, questions: Sequence[Question], *, of: int) -> str:
    """Say what a format makes of a feature, and name the questions unless it is all of them."""
    which = f"{len(questions)} question{'s' if len(questions) > 1 else ''}"
    if len(questions) == of > 1:
        which = f"all {which}"
    else:
        which += f": {', '.join(question.id for question in questions)}"
    return f"{feature.name} ({which}): {feature.cells()[format]}."


def _replace_file(path: Path, content: bytes) -> None:
    """Write a file at once: who is interrupted leaves the file before, or none."""
    try:
        write_whole(path, content)
    except OSError as error:
        raise QuizError(
            [f"{path} cannot be written: {error.strerror}. Choose another file with --out."]
        ) from None


def _filled(question: Question, text: str) -> str:
    return example(question, text, question.variant(""))


def _stem(question: Question) -> str:
    """Return the stem; other systems have no place for the unit, so it stands below."""
    unit = getattr(question, "unit", None)
    stem = _filled(question, question.stem)
    return f"{stem}\n\nUnit: {unit}" if unit else stem


def _choices(file: QuestionFile) -> dict[str, list[Choice]]:
    """Order choices as the pages do; in a file the right one often stands first."""
    return arrange(file.questions)


def _number_and_tolerance(question: NumericQuestion) -> tuple[float, float]:
    """Return the right number and the largest distance from it, without the noise of computing."""
    number = compute(question.answer, question.variant(""))
    tolerance = question.tolerance
    if isinstance(tolerance, str):
        tolerance = abs(number) * float(tolerance.rstrip("% ")) / 100
    return float(f"{number:.12g}"), float(f"{tolerance:.12g}")


def _numbers(question: NumericQuestion) -> list[tuple[float, str]]:
    """Return the known wrong numbers and what to say to each."""
    values = question.variant("")
    return [
        (compute(mistake.answer, values), _filled(question, mistake.feedback))
        for mistake in question.mistakes
    ]


def _digits(value: float) -> str:
    """Write a number without exponent, which not every reader of GIFT knows."""
    return f"{Decimal(f'{value:.12g}'):f}"


def _percent(question: SingleChoice | MultipleChoice, choice: Choice) -> str:
    """Return what a choice is worth, in the percentages that Moodle knows: 33.33333, not 33.3.

    Moodle adds up what was taken, and gives nothing below zero: that is our own rule.
    """
    if isinstance(question, SingleChoice):
        return "100" if choice.correct else "0"
    right, wrong = _right_and_wrong(question)
    worth = 100 / right if choice.correct else -100 / wrong
    return f"{worth:.5f}".rstrip("0").rstrip(".")


def _tex(latex: str, *, block: bool) -> str:
    """Write a formula for MathJax, which reads the text of the page after its tags."""
    opening, closing = (r"\[", r"\]") if block else (r"\(", r"\)")
    return f"{opening}{escape(latex.strip(), quote=False)}{closing}"


def _tex_html(text: str) -> str:
    return to_html(text, formula=_tex)


def _moodle(files: Iterable[QuestionFile]) -> bytes:
    quiz = ElementTree.Element("quiz")
    for file in files:
        category = ElementTree.SubElement(quiz, "question", type="category")
        _add_text(ElementTree.SubElement(category, "category"), f"$course$/top/{file.name}")
        orders = _choices(file)
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
            element, "answer", fraction=_percent(question, choice), format="html"
        )
        _add_text(answer, _tex_html(choice.text))
        _add_html(answer, "feedback", choice.feedback or "")


def _add_moodle_number(quiz: ElementTree.Element, question: NumericQuestion) -> None:
    element = _add_moodle_question(quiz, question, "numerical")
    number, tolerance = _number_and_tolerance(question)
    # The first answer that fits counts, so the right one stands first.
    for value, fraction, feedback in [
        (number, "100", ""),
        *((wrong, "0", said) for wrong, said in _numbers(question)),
    ]:
        answer = ElementTree.SubElement(element, "answer", fraction=fraction, format="plain_text")
        _add_text(answer, _digits(value))
        ElementTree.SubElement(answer, "tolerance").text = _digits(tolerance)
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
    _add_html(element, "questiontext", _stem(question))
    said = getattr(question, "feedback", None)
    _add_html(element, "generalfeedback", _filled(question, said) if said else "")
    ElementTree.SubElement(element, "defaultgrade").text = "1"
    ElementTree.SubElement(element, "idnumber").text = question.id
    tags = ElementTree.SubElement(element, "tags")
    for tag in _tags(question):
        _add_text(ElementTree.SubElement(tags, "tag"), tag)
    return element


def _tags(question: Question) -> tuple[str, str]:
    return f"claim:{question.claim}", f"level:{question.level}"


def _add_text(parent: ElementTree.Element, text: str) -> None:
    ElementTree.SubElement(parent, "text").text = text


def _add_html(parent: ElementTree.Element, name: str, markdown: str) -> None:
    _add_text(ElementTree.SubElement(parent, name, format="html"), _tex_html(markdown))


def _gift(files: Iterable[QuestionFile]) -> bytes:
    blocks = []
    for file in files:
        blocks.append(f"$CATEGORY: $course$/top/{file.name}")
        orders = _choices(file)
        for question in file.questions:
            if isinstance(question, NumericQuestion):
                answers = _gift_numbers(question)
            else:
                answers = [_gift_choice(question, choice) for choice in orders[question.id]]
            tags = " ".join(f"[tag:{tag}]" for tag in _tags(question))
            lines = [
                f"// [id:{question.id}] {tags}",
                f"::{question.id}::[html]{_gift_text(_stem(question))}{{",
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
        mark = f"~%{_percent(question, choice)}%"
    feedback = f"#{_gift_text(choice.feedback)}" if choice.feedback else ""
    return f"\t{mark}{_gift_text(choice.text)}{feedback}"


def _gift_numbers(question: NumericQuestion) -> list[str]:
    number, tolerance = _number_and_tolerance(question)
    lines = ["#", f"\t=%100%{_digits(number)}:{_digits(tolerance)}"]
    for wrong, said in _numbers(question):
        lines.append(f"\t=%0%{_digits(wrong)}:{_digits(tolerance)}#{_gift_text(said)}")
    if question.feedback:
        lines.append(f"\t####{_gift_text(_filled(question, question.feedback))}")
    return lines


_GIFT_ESCAPES = str.maketrans({char: f"\\{char}" for char in "\\~=#{}:"} | {"\n": "\\n"})


def _gift_text(markdown: str) -> str:
    """Write a text on one line; it starts with a tag, not with a mark that means something."""
    return _tex_html(markdown).translate(_GIFT_ESCAPES)


def _qti(files: Sequence[QuestionFile]) -> bytes:
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
                "The format qti needs text2qti, which is not installed. Install what instructors "
                "need: pip install '.[instructor]'."
            ]
        ) from None
    texts = {}
    lines = [f"Quiz title: {', '.join(f.name for f in files if f.questions)}"]
    lines += ["Shuffle answers: true", ""]
    for file in files:
        orders = _choices(file)
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

    lines = [f"Title: {question.id}", f"1. {name('', _stem(question))}"]
    if isinstance(question, NumericQuestion):
        if question.feedback:
            lines.append(f"... {name('.feedback', _filled(question, question.feedback))}")
        number, tolerance = _number_and_tolerance(question)
        lines.append(f"= {_digits(number)} +- {_digits(tolerance)}")
    marks = ("[ ]", "[*]") if isinstance(question, MultipleChoice) else ("a)", "*a)")
    for choice in choices:
        lines.append(f"{marks[choice.correct]} {name(f'.{choice.key}', choice.text)}")
        if choice.feedback:
            lines.append(f"... {name(f'.{choice.key}.feedback', choice.feedback)}")
    return [*lines, ""]


def _same_zip(content: bytes) -> bytes:
    """Pack a zip file anew, so that time, platform and compressor leave no trace in it."""
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(packed, "w") as new:
        for name in old.namelist():
            entry = zipfile.ZipInfo(name, (*_NO_DATE, 0, 0, 0))
            entry.create_system = 3  # Unix, wherever it is written
            entry.external_attr = (0o40755 if name.endswith("/") else 0o100644) << 16
            new.writestr(entry, old.read(name))
    return packed.getvalue()


def _json(files: Iterable[QuestionFile]) -> bytes:
    content = {
        "format": "embeddings-course/questions",
        "version": JSON_VERSION,
        "files": [
            {
                "name": file.name,
                "questions": [question.model_dump(mode="json") for question in file.questions],
            }
            for file in files
        ],
    }
    return (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode()
