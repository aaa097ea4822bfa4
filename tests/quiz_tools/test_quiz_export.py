r"""What goes out to other systems comes back as the same questions, less what the table says.

The files are read back by other code than wrote them: GIFT by pygiftparser and by the rules of
Moodle's importer, Moodle XML and QTI by xml.etree.

pygiftparser 1.1 misreads some legal GIFT, and the tests step around it. An escaped brace ends the
answers, and the ``\\n`` of an escaped ``\nu`` becomes a line break: so escapes are replaced by
single characters before it reads, and put back after. A number below zero makes a question invalid,
a category's name ends at its first hyphen, tags are skipped: the other reader checks these.
moodle-questions 0.2.1 only writes, so the rules of Moodle's importer for XML stand here.
"""

import itertools
import json
import re
import sys
import zipfile
from dataclasses import dataclass, field
from datetime import date
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest
import yaml
from pygiftparser import parser as pygiftparser

from embeddings_course.quiz.question_files import (
    QuizError,
    bank_folder,
    load_bank,
    load_questions,
    parse_question,
)
from embeddings_course.quiz.question_types import MultipleChoice, NumericQuestion, example
from embeddings_course.quiz.scoring import score
from embeddings_course.quiz_tools import export as exporting
from embeddings_course.quiz_tools.export import FORMATS, SURVIVES, export, survival_table
from helpers.refusals import raises
from helpers.repository import ROOT

# What Moodle accepts as the worth of a choice, in percent, and below zero as well.
MOODLE_FRACTIONS = [100, 90, 250 / 3, 80, 75, 70, 200 / 3, 60, 50, 40, 100 / 3, 30, 25, 20]
MOODLE_FRACTIONS += [100 / 6, 100 / 7, 12.5, 100 / 9, 10, 5, 0]

STEM = r"""Was heißt „größer“ hier, and what does `{a: 1} = ~b # <c> & d` print?

A formula $\frac{a_{1}}{\sqrt{\nu}} \neq \{x\}$ in a line, and one by itself:

$$
\nabla f<g \neq \begin{pmatrix} 1 & 0 \\ 0 & 1 \end{pmatrix}
$$

```python
table = {1: "~", 2: '='}

for key in table:  # indented
    // not Python = { }
    print(f"{key}\n")
```

- first *item*
- second **item** of [a page](https://example.org/a_b?c=1#d)

| code | rows |
| --- | ---: |
| `A17` | 5 |
"""

EVERYTHING = [
    {
        "id": "single-tex",
        "claim": "lookup-shape",
        "level": "apply",
        "kind": "single",
        "stem": STEM,
        "choices": [
            {
                "text": "[1, 3, 128]",
                "feedback": r"A brace: $\sqrt{2} \cdot \{1\}$ costs 5 = 5.",
            },
            {"text": "%50% of `x -> y`", "correct": True, "feedback": 'She said "yes" & `{}`.'},
            {
                "text": "=a ~b #c {d} :e \\f",
                "feedback": "One.\n\nTwo paragraphs: `a ~= b`.\n\n```\nx\n```",
            },
            {"text": "`a = {}` and `b`"},
        ],
    },
    {
        "id": "single-true-false",
        "claim": "lookup-shape",
        "level": "recall",
        "kind": "single",
        "stem": "T or F: an embedding layer is random until something trains it.",
        "choices": [
            {"text": "True", "correct": True, "feedback": "It is."},
            {"text": "False", "feedback": "It is not."},
        ],
    },
    {
        "id": "multiple-three-three",
        "claim": "lookup-is-matmul",
        "level": "analyse",
        "kind": "multiple",
        "stem": "Which are right? // Not a comment.\nT",
        "choices": [
            {"text": f"Choice {number}", "correct": number < 3, "feedback": f"Said {number}."}
            for number in range(6)
        ],
    },
    {
        "id": "multiple-seven",
        "claim": "lookup-is-matmul",
        "level": "understand",
        "kind": "multiple",
        "stem": "Which of the seven?",
        "choices": [
            {"text": f"Choice {n}"} | ({"correct": True} if n < 2 else {}) for n in range(7)
        ],
    },
    {
        "id": "numeric-variables",
        "claim": "lookup-shape",
        "level": "apply",
        "kind": "numeric",
        "stem": "How many bytes have {{rows}} rows of {{columns}} numbers, $4$ bytes each?",
        "variables": {"rows": [30000], "columns": [128]},
        "answer": "rows * columns * 4 / 1e6",
        "tolerance": "1%",
        "unit": "MB",
        "feedback": "`{{rows}}` * {{columns}} * 4: {{answer}} MB.",
        "mistakes": [
            {"answer": "rows * columns / 1e6", "feedback": "Each of {{rows}}: 4 = bytes."},
            {"answer": "rows * 4 / 1e6", "feedback": "And the {{columns}} columns?"},
        ],
    },
    {
        "id": "numeric-negative",
        "claim": "lookup-shape",
        "level": "recall",
        "kind": "numeric",
        "stem": "What is the cosine?",
        "answer": -0.5,
        "tolerance": 0.01,
    },
]
MORE = [
    {
        "id": "numeric-many-decimals",
        "claim": "lookup-shape",
        "level": "apply",
        "kind": "numeric",
        "stem": "How much?",
        "answer": 0.123456,
        "tolerance": 0.00002,
    },
    {
        "id": "numeric-near-zero",
        "claim": "lookup-shape",
        "level": "apply",
        "kind": "numeric",
        "stem": "How little?",
        "answer": "0.5 / 1e7",
        "tolerance": 1e-9,
    },
    {
        "id": "numeric-large",
        "claim": "lookup-shape",
        "level": "apply",
        "kind": "numeric",
        "stem": "How many parameters?",
        "answer": "50000 * 128",
        "tolerance": 0,
    },
]
ALL = [question["id"] for question in EVERYTHING + MORE]
NUMERIC = [id for id in ALL if id.startswith("numeric")]


@dataclass
class Number:
    low: float
    high: float
    percent: float
    feedback: str = ""


@dataclass
class Seen:
    """A question as another system has it; texts are HTML."""

    stem: str
    single: bool | None = None
    choices: dict[str, tuple[float, str]] = field(default_factory=dict)
    numbers: list[Number] = field(default_factory=list)
    feedback: str = ""
    category: str = ""
    tags: tuple[str, ...] = ()
    idnumber: str = ""
    unit: str = ""


class Visible(HTMLParser):
    """The text of HTML as a person sees it; Canvas shows formulas as pictures."""

    def __init__(self):
        super().__init__()
        self.parts = []

    def handle_data(self, data):
        self.parts.append(data)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if "equation_image" in attributes.get("class", ""):
            self.parts.append(rf"\({attributes['data-equation-content']}\)")
        if "math block" in attributes.get("class", ""):
            self.parts.append("\n")


def visible(html):
    """Return the text of HTML, lines as they are in it."""
    reader = Visible()
    reader.feed(html)
    reader.close()
    return "".join(reader.parts).strip()


def words(text):
    """Return a text without spaces and without the marks of Markdown, TeX and list items."""
    text = re.sub(r"^```\w*$", "", text, flags=re.MULTILINE)
    text = re.sub(r"^\s*(\d+\.|[-*]) |^[| :-]+$", "", text, flags=re.MULTILINE)
    text = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", text)
    return re.sub(r"\\[()\[\]]|[\s*`$|]", "", text)


@pytest.fixture(scope="module")
def everything(tmp_path_factory):
    """Two files of questions with every feature that a question can have."""
    folder = tmp_path_factory.mktemp("bank")
    for name, questions in {"everything": EVERYTHING, "more-of-it": MORE}.items():
        text = yaml.safe_dump({"questions": questions}, allow_unicode=True)
        (folder / f"{name}.yml").write_text(text, encoding="utf-8")
    return list(load_bank(folder).values())


@pytest.fixture(scope="module")
def practice():
    """The bank of the course."""
    return list(load_bank(bank_folder()).values())


@pytest.fixture(params=["everything", "practice"])
def bank(request):
    return request.getfixturevalue(request.param)


@pytest.fixture
def out(tmp_path):
    """Export, and return the file."""

    def written(files, format):
        path = tmp_path / f"out{FORMATS[format]}"
        export(files, format, path)
        return path

    return written


def moodle_fraction(text):
    """Read the worth of a choice; Moodle refuses what is not in its list."""
    percent = float(text)
    assert min(abs(abs(percent) - known) for known in MOODLE_FRACTIONS) < 0.001, text
    return percent


def read_moodle_xml(path):
    """Read Moodle XML by the rules of Moodle's importer."""
    root = ElementTree.parse(path).getroot()
    assert root.tag == "quiz"
    category, seen = "", {}
    for element in root:
        if element.get("type") == "category":
            category = element.findtext("category/text")
            continue
        name = element.findtext("name/text")
        assert name not in seen
        assert element.find("questiontext").get("format") == "html"
        seen[name] = question = Seen(
            stem=element.findtext("questiontext/text"),
            feedback=element.findtext("generalfeedback/text") or "",
            category=category,
            tags=tuple(tag.findtext("text") for tag in element.iterfind("tags/tag")),
            idnumber=element.findtext("idnumber"),
            unit=element.findtext("units/unit/unit_name") or "",
        )
        for answer in element.iterfind("answer"):
            percent = moodle_fraction(answer.get("fraction"))
            text, said = answer.findtext("text"), answer.findtext("feedback/text") or ""
            if element.get("type") == "numerical":
                margin = float(answer.findtext("tolerance"))
                question.numbers.append(
                    Number(float(text) - margin, float(text) + margin, percent, said)
                )
            else:
                assert answer.get("format") == "html"
                question.choices[visible(text)] = percent, said
        if element.get("type") == "multichoice":
            question.single = {"true": True, "false": False}[element.findtext("single")]
            assert element.findtext("shuffleanswers") == "true"
        else:
            assert element.get("type") == "numerical"
            # A unit may be typed where there is one, and never earns anything.
            assert element.findtext("showunits") == ("0" if question.unit else "3")
            assert element.findtext("unitgradingtype") == "0"
    return seen


def read_gift(path):
    """Read GIFT by the rules of Moodle's importer: escapes become placeholders first."""
    category, seen = "", {}
    kept = {f"\\{char}": chr(0xE000 + ord(char)) for char in ":#={}~n"}
    back = {ord(mark): escape[1].replace("n", "\n") for escape, mark in kept.items()}

    def html(text):
        return text.translate(back).strip()

    def weighted(text):
        match = re.match(r"%(-?[0-9]{1,2}\.?[0-9]*)%", text)
        return (moodle_fraction(match[1]), text[match.end() :]) if match else (None, text)

    for block in re.split(r"\n[ \t]*\n", path.read_text(encoding="utf-8")):
        lines = [line.strip() for line in block.splitlines()]
        comment = " ".join(line for line in lines if line.startswith("//"))
        text = "\n".join(line for line in lines if not line.startswith("//")).strip()
        text = text.replace(r"\\", "\uf000")
        for escape, mark in kept.items():
            text = text.replace(escape, mark)
        text = text.replace("\uf000", "\\")
        if text.startswith("$CATEGORY:"):
            category = text.removeprefix("$CATEGORY:").strip()
            continue
        assert text.startswith("::") and text.count("{") == text.count("}") == 1
        assert text.endswith("}")
        name, _, text = text[2:].partition("::")
        stem, _, answers = text.strip()[:-1].partition("{")
        assert stem.startswith("[html]")
        answers, _, general = answers.partition("####")
        answers = answers.strip()
        seen[name] = question = Seen(
            stem=html(stem.removeprefix("[html]")),
            feedback=html(general),
            category=category,
            tags=tuple(re.findall(r"\[tag:([^]]+)\]", comment)),
            idnumber=re.search(r"\[id:([^]]+)\]", comment)[1],
        )
        if answers.startswith("#"):
            assert "~" not in answers
            for answer in answers[1:].split("=")[1:]:
                percent, answer = weighted(answer.strip())
                answer, _, said = answer.partition("#")
                number, _, margin = answer.partition(":")
                number, margin = float(number), float(margin)
                question.numbers.append(
                    Number(number - margin, number + margin, percent, html(said))
                )
            continue
        assert ":" not in stem + answers
        question.single = "=" in answers
        for answer in answers.replace("=", "~=").split("~")[1:]:
            percent, answer = weighted(answer.strip())
            if percent is None:
                percent = 100 if answer.startswith("=") else 0
            answer, _, said = answer.removeprefix("=").partition("#")
            question.choices[visible(html(answer))] = percent, html(said)
    return seen


def read_with_pygiftparser(path):
    """Read GIFT with pygiftparser, stepping around what the head of this file says."""
    text = path.read_text(encoding="utf-8")
    hidden = re.sub(r"\\(.)", lambda match: chr(0xE000 + ord(match[1])), text)

    def html(text):
        return re.sub(
            "[\ue000-\ue0ff]",
            lambda match: chr(ord(match[0]) - 0xE000).replace("n", "\n"),
            text,
        )

    seen = {}
    for question in pygiftparser.parseFile(hidden.splitlines(keepends=True)):
        assert question.markup == "html"
        seen[question.title] = found = Seen(
            stem=html(question.text),
            feedback=html(question.generalFeedback),
            category=question.cat,
        )
        if not question.valid:
            assert question.title == "numeric-negative"
            continue
        for answer in question.answers.answers:
            if isinstance(question.answers, pygiftparser.NumericAnswerSet):
                low, high = answer.value - answer.tolerance, answer.value + answer.tolerance
                found.numbers.append(Number(low, high, answer.fraction, html(answer.feedback)))
            else:
                found.single = isinstance(question.answers, pygiftparser.SelectSet)
                key = visible(html(answer.answer))
                found.choices[key] = answer.fraction, html(answer.feedback)
    return seen


def read_qti(path):
    """Read QTI 1.2: what earns the points, and which feedback belongs to which answer."""
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        parts = {name: archive.read(name) for name in archive.namelist() if name.endswith(".xml")}
    roots = {name: strip_namespaces(ElementTree.fromstring(text)) for name, text in parts.items()}
    for file in roots["imsmanifest.xml"].iter("file"):
        assert file.get("href") in parts
    meta = next(root for root in roots.values() if root.tag == "quiz")
    assert meta.findtext("shuffle_answers") == "true"
    seen = {}
    for item in next(r for r in roots.values() if r.tag == "questestinterop").iter("item"):
        said = {
            feedback.get("ident"): feedback.findtext(".//mattext")
            for feedback in item.iter("itemfeedback")
        }
        kind = next(
            entry.findtext("fieldentry")
            for entry in item.iter("qtimetadatafield")
            if entry.findtext("fieldlabel") == "question_type"
        )
        shown, earns = {}, None
        for condition in item.iter("respcondition"):
            if condition.find("setvar") is not None:
                assert earns is None and condition.findtext("setvar") == "100"
                earns = condition.find("conditionvar")
            elif condition.find("conditionvar/varequal") is not None:
                link = condition.find("displayfeedback").get("linkrefid")
                shown[condition.findtext("conditionvar/varequal")] = said[link]
        seen[item.get("title")] = question = Seen(
            stem=item.findtext("presentation/material/mattext"),
            feedback=said.get("general_fb", ""),
        )
        if kind == "numerical_question":
            (low,), (high,) = earns.iter("vargte"), earns.iter("varlte")
            question.numbers.append(Number(float(low.text), float(high.text), 100))
            continue
        question.single = {"multiple_choice_question": True, "multiple_answers_question": False}[
            kind
        ]
        paths = ("varequal", "and/varequal")
        right = {element.text for path in paths for element in earns.iterfind(path)}
        wrong = {element.text for element in earns.iterfind("and/not/varequal")}
        for label in item.iter("response_label"):
            ident = label.get("ident")
            assert question.single or (ident in right) != (ident in wrong)
            text = visible(label.findtext("material/mattext"))
            question.choices[text] = 100.0 * (ident in right), shown.pop(ident, "")
        assert not shown
    return seen


def strip_namespaces(root):
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    return root


READERS = {
    "moodle": ("moodle", read_moodle_xml),
    "gift by Moodle's rules": ("gift", read_gift),
    "gift by pygiftparser": ("gift", read_with_pygiftparser),
    "qti": ("qti", read_qti),
}


def questions_of(files, format):
    """Return what must arrive: all but what Canvas cannot have."""
    return [
        question
        for file in files
        for question in file.questions
        if format != "qti" or question.id != "numeric-near-zero"
    ]


@pytest.mark.parametrize("reader", READERS)
def test_every_question_arrives_once_and_in_order(bank, out, reader):
    format, read = READERS[reader]
    assert list(read(out(bank, format))) == [question.id for question in questions_of(bank, format)]


@pytest.mark.parametrize("reader", READERS)
def test_texts_arrive_whole(bank, out, reader):
    format, read = READERS[reader]
    seen = read(out(bank, format))
    for question in questions_of(bank, format):
        arrived = seen[question.id]
        if isinstance(question, NumericQuestion):
            values = question.variant("")
            unit = f"Unit:{question.unit}" if question.unit else ""
            assert words(visible(arrived.stem)) == (
                words(example(question, question.stem, values)) + unit
            )
            assert words(visible(arrived.feedback)) == words(
                example(question, question.feedback or "", values)
            )
            continue
        assert words(visible(arrived.stem)) == words(question.stem)
        told = {words(text): words(visible(said)) for text, (_, said) in arrived.choices.items()}
        assert told == {
            words(choice.text): words(choice.feedback or "") for choice in question.choices
        }


@pytest.mark.parametrize("reader", READERS)
def test_the_same_choices_are_right(bank, out, reader):
    format, read = READERS[reader]
    seen = read(out(bank, format))
    for question in questions_of(bank, format):
        if isinstance(question, NumericQuestion):
            continue
        arrived = seen[question.id]
        assert arrived.single == (not isinstance(question, MultipleChoice))
        assert {words(text) for text, (percent, _) in arrived.choices.items() if percent > 0} == {
            words(choice.text) for choice in question.choices if choice.correct
        }


@pytest.mark.parametrize("reader", [reader for reader in READERS if reader != "qti"])
def test_partly_right_answers_earn_the_same(bank, out, reader):
    format, read = READERS[reader]
    seen = read(out(bank, format))
    for question in questions_of(bank, format):
        if isinstance(question, NumericQuestion):
            continue
        percents = {
            words(text): percent for text, (percent, _) in seen[question.id].choices.items()
        }
        most = len(question.choices) if isinstance(question, MultipleChoice) else 1
        for count in range(1, most + 1):
            for taken in itertools.combinations(question.choices, count):
                earned = max(0, sum(percents[words(choice.text)] for choice in taken)) / 100
                ours = score(question, tuple(choice.key for choice in taken)).points
                assert earned == pytest.approx(ours, abs=1e-4)


def test_special_characters_arrive_as_they_were(everything, out):
    for format, read in READERS.values():
        seen = read(out(everything, format))["single-tex"]
        stem = visible(seen.stem)
        assert "Was heißt „größer“ hier" in stem
        assert "{a: 1} = ~b # <c> & d" in stem
        assert r"\(\frac{a_{1}}{\sqrt{\nu}} \neq \{x\}\)" in stem
        assert r"\nabla f<g \neq \begin{pmatrix} 1 & 0 \\ 0 & 1 \end{pmatrix}" in stem
        code = re.search(r"<pre><code[^>]*>(.*?)</code></pre>", seen.stem, re.DOTALL)
        assert visible(code[1]).splitlines() == [
            """table = {1: "~", 2: '='}""",
            "",
            "for key in table:  # indented",
            "    // not Python = { }",
            r"""    print(f"{key}\n")""",
        ]
        assert "<li>second <strong>item</strong> of <a " in seen.stem
        assert 'href="https://example.org/a_b?c=1#d"' in seen.stem
        assert re.search(r"<td[^>]*>5</td>", seen.stem)
        choices = {text: visible(said) for text, (_, said) in seen.choices.items()}
        assert sorted(choices) == sorted(
            ["[1, 3, 128]", "%50% of x -> y", "=a ~b #c {d} :e \\f", "a = {} and b"]
        )
        assert choices["%50% of x -> y"] == 'She said "yes" & {}.'
        assert r"\(\sqrt{2} \cdot \{1\}\) costs 5 = 5." in choices["[1, 3, 128]"]
        assert choices["=a ~b #c {d} :e \\f"] == "One.\nTwo paragraphs: a ~= b.\nx"


def test_numbers_and_bounds_arrive(everything, out):
    bytes_ = 30000 * 128 * 4 / 1e6
    bounds = {
        "numeric-variables": (bytes_ * 0.99, bytes_ * 1.01),
        "numeric-negative": (-0.51, -0.49),
        "numeric-many-decimals": (0.123436, 0.123476),
        "numeric-near-zero": (4.9e-8, 5.1e-8),
        "numeric-large": (6_400_000, 6_400_000),
    }
    for reader, (format, read) in READERS.items():
        seen = read(out(everything, format))
        for id, (low, high) in bounds.items():
            if format == "qti" and id == "numeric-near-zero":
                continue
            if reader == "gift by pygiftparser" and id == "numeric-negative":
                continue
            first = seen[id].numbers[0]
            close = {"abs": 5e-5} if format == "qti" else {"rel": 1e-9}
            assert first.percent == 100
            assert (first.low, first.high) == (
                pytest.approx(low, **close),
                pytest.approx(high, **close),
            )


def test_numbers_are_filled_in_and_the_unit_is_told(everything, out):
    for format, read in READERS.values():
        seen = read(out(everything, format))["numeric-variables"]
        assert visible(seen.stem) == (
            "How many bytes have 30,000 rows of 128 numbers, \\(4\\) bytes each?\nUnit: MB"
        )
        assert visible(seen.feedback) == "30,000 * 128 * 4: 15.36 MB."
    assert read_moodle_xml(out(everything, "moodle"))["numeric-variables"].unit == "MB"


@pytest.mark.parametrize("reader", [reader for reader in READERS if reader != "qti"])
def test_known_mistakes_earn_nothing_and_keep_their_feedback(everything, out, reader):
    format, read = READERS[reader]
    right, *wrong = read(out(everything, format))["numeric-variables"].numbers
    margin = 15.36 * 0.01
    assert right.feedback == ""
    assert [(number.percent, visible(number.feedback)) for number in wrong] == [
        (0, "Each of 30,000: 4 = bytes."),
        (0, "And the 128 columns?"),
    ]
    middles = [3.84, 0.12]
    assert [number.low for number in wrong] == pytest.approx([m - margin for m in middles])
    assert [number.high for number in wrong] == pytest.approx([m + margin for m in middles])


@pytest.mark.parametrize("reader", ["moodle", "gift by Moodle's rules"])
def test_moodle_gets_ids_tags_and_a_category_for_each_file(everything, out, reader):
    format, read = READERS[reader]
    seen = read(out(everything, format))
    assert seen["multiple-seven"].tags == ("claim:lookup-is-matmul", "level:understand")
    assert {id: question.idnumber for id, question in seen.items()} == {id: id for id in ALL}
    assert {id: question.category for id, question in seen.items()} == {
        question["id"]: f"$course$/top/{name}"
        for name, questions in {"everything": EVERYTHING, "more-of-it": MORE}.items()
        for question in questions
    }


def test_the_right_choice_does_not_stand_first_everywhere(practice, out):
    for format, read in READERS.values():
        firsts = [
            next(iter(question.choices.values()))[0]
            for question in read(out(practice, format)).values()
            if question.single
        ]
        assert not all(percent == 100 for percent in firsts)


def test_json_holds_everything(bank, out):
    content = json.loads(out(bank, "json").read_text(encoding="utf-8"))
    assert content["format"] == "embeddings-course/questions"
    assert content["version"] == exporting.JSON_VERSION
    assert {
        entry["name"]: tuple(parse_question(question) for question in entry["questions"])
        for entry in content["files"]
    } == {file.name: file.questions for file in bank}


@pytest.mark.parametrize("format", FORMATS)
def test_the_same_questions_give_the_same_bytes(everything, out, format):
    assert out(everything, format).read_bytes() == out(everything, format).read_bytes()


def test_no_date_of_today_is_in_the_zip(everything, out):
    with zipfile.ZipFile(out(everything, "qti")) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert str(date.today()) not in archive.read("imsmanifest.xml").decode()


def test_qti_identifiers_stay_when_a_stem_is_reworded(tmp_path):
    def identifiers(stem):
        path = tmp_path / "reworded.yml"
        path.write_text(yaml.safe_dump({"questions": [EVERYTHING[1] | {"stem": stem}]}))
        export([load_questions(path)], "qti", tmp_path / "out.zip")
        with zipfile.ZipFile(tmp_path / "out.zip") as archive:
            text = next(
                archive.read(n) for n in archive.namelist() if "/text2qti_ass" in n
            ).decode()
            return re.findall('ident="([^"]*)"', text)

    assert identifiers("One wording?") == identifiers("Another wording?")


def test_a_format_says_all_that_changes_and_nothing_else(everything, tmp_path):
    for format in FORMATS:
        said = export(everything, format, tmp_path / f"out{FORMATS[format]}")
        expected = [(name, cells[format]) for name, cells in SURVIVES.items()]
        found = [re.fullmatch(r"(.*) \(.*\d+ questions?.*\): (.*)\.", text) for text in said]
        assert sorted(match.groups() for match in found) == sorted(
            (name, cell) for name, cell in expected if cell != "yes"
        )


def test_sentences_name_the_questions_that_they_concern(everything, tmp_path):
    said = "\n".join(export(everything, "qti", tmp_path / "out.zip"))
    kept = [id for id in NUMERIC if id != "numeric-near-zero"]
    for name, ids in {
        "Formulas": ["single-tex", "numeric-variables"],
        "Feedback for right choices missed": ["multiple-three-three"],
        "What wrong choices cost, where .*": ["multiple-seven"],
        "Numbers drawn from variables": ["numeric-variables"],
        "Tolerance in percent": ["numeric-variables"],
        "Unit": ["numeric-variables"],
        "Feedback for a number": ["numeric-variables"],
        "Feedback for known wrong numbers": ["numeric-variables"],
        "Numbers and tolerances of more than four decimals": ["numeric-many-decimals"],
        "Numbers whose tolerance .* zero": ["numeric-near-zero"],
        "Ways to type a number.*": kept,
    }.items():
        count = f"{len(ids)} question{'s' if len(ids) > 1 else ''}"
        assert re.search(rf"^{name} \({count}: {', '.join(ids)}\): ", said, re.MULTILINE), name
    assert f"Claim and level (all {len(ALL) - 1} questions): are dropped." in said


def test_what_concerns_no_question_is_not_said(tmp_path):
    path = tmp_path / "plain.yml"
    path.write_text(yaml.safe_dump({"questions": [EVERYTHING[1]]}))
    said = export([load_questions(path)], "qti", tmp_path / "out.zip")
    assert said == ["Claim and level (1 question: single-true-false): are dropped."]
    assert export([load_questions(path)], "json", tmp_path / "out.json") == []


def test_the_documented_table_is_the_one_of_the_code():
    readme = ROOT / "book" / "quizzes" / "README.md"
    if not readme.exists():
        pytest.skip("only the repository has the bank's README.md")
    assert survival_table() in readme.read_text(encoding="utf-8")


def test_the_table_has_a_cell_for_each_format():
    lines = survival_table().splitlines()
    assert [len(line.split("|")) for line in lines] == [len(FORMATS) + 3] * (2 + len(SURVIVES))
    assert all(list(cells) == list(FORMATS) for cells in SURVIVES.values())
    assert {cells["json"] for cells in SURVIVES.values()} == {"yes"}


def test_an_unknown_format_names_the_four(everything, tmp_path):
    with raises(QuizError, "export-format-unknown", "'word'", *FORMATS):
        export(everything, "word", tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_no_questions_are_not_exported(tmp_path):
    with raises(QuizError, "export-empty"):
        export([], "json", tmp_path / "out.json")


@pytest.mark.parametrize(("answer", "tolerance"), [(-0.5, 0.5), (0.5, 0.5), (0, 1e-5), (0, 0)])
def test_canvas_gets_no_range_that_ends_at_zero(tmp_path, answer, tolerance):
    near_zero = MORE[1] | {"answer": answer, "tolerance": tolerance}
    path = tmp_path / "some.yml"
    path.write_text(yaml.safe_dump({"questions": [EVERYTHING[1], near_zero]}))
    said = export([load_questions(path)], "qti", tmp_path / "out.zip")
    assert list(read_qti(tmp_path / "out.zip")) == ["single-true-false"]
    assert said[0].startswith("Numbers whose tolerance begins or ends within 0.0001 of zero (1 ")


def test_a_quiz_that_canvas_cannot_have_at_all_is_not_written(tmp_path):
    path = tmp_path / "tiny.yml"
    path.write_text(yaml.safe_dump({"questions": [MORE[1]]}))
    with raises(QuizError, "export-all-refused", "--format"):
        export([load_questions(path)], "qti", tmp_path / "out.zip")
    assert not (tmp_path / "out.zip").exists()


def test_a_failed_export_leaves_the_file_before(everything, tmp_path, monkeypatch):
    path = tmp_path / "out.zip"
    path.write_text("before")
    monkeypatch.setitem(sys.modules, "text2qti.quiz", None)  # as if it were not installed
    with raises(QuizError, "export-text2qti-missing", "text2qti"):
        export(everything, "qti", path)
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


def test_a_place_that_cannot_be_written_is_named_and_left_clean(everything, tmp_path):
    with raises(QuizError, "export-place-impossible", "out.json", "--out"):
        export(everything, "json", tmp_path / "nowhere" / "out.json")
    folder = tmp_path / "folder"
    folder.mkdir()
    with raises(QuizError, "export-place-impossible", folder):
        export(everything, "json", folder)
    assert list(tmp_path.iterdir()) == [folder]
