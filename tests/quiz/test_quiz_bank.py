"""Questions, how they are read, marked up, scored and ordered, and the records of answers."""

import itertools
import json
import random
import re
from collections import Counter
from html import escape

import pytest

from embeddings_course._shared import whole_file
from embeddings_course.quiz import answer_records
from embeddings_course.quiz.answer_records import EarlierAnswer, GivenAnswer, Record
from embeddings_course.quiz.markdown import (
    fill_in,
    placeholders,
    split_first,
    to_html,
    to_inline_html,
)
from embeddings_course.quiz.notebook_quiz import ASSETS
from embeddings_course.quiz.question_files import QuizError, load_bank, load_questions
from embeddings_course.quiz.question_files import parse_question as parse
from embeddings_course.quiz.question_types import KINDS, SingleChoice
from embeddings_course.quiz.question_types import shuffled_choices as shuffled
from embeddings_course.quiz.rendering import arrange, item, practice_html
from embeddings_course.quiz.scoring import score
from embeddings_course.quiz.typed_numbers import compute, read_number, show_number
from embeddings_course.quiz_tools.weak_questions import weak_items
from helpers.refusals import raises
from helpers.repository import ROOT

BANK = load_bank(ROOT / "book" / "quizzes")
POOL = load_questions(ROOT / "source" / "knowledge-check.pool.yml")
CLAIMS = """
    onehot-equidistant learned-geometry untrained-is-random learner-is-not-user lookup-shape
    lookup-is-matmul sparse-gradient geometry-grows-with-training context-makes-neighbours
    counting-does-it-too
    analogy-sometimes axes-mean-nothing backbone-gives-vector same-scene-near preprocessing-matters
    simple-head-is-enough text-encoder audio-encoder users-and-items one-object-everywhere
    reuse-retrieval reuse-clustering reuse-probe reuse-similarity frozen-vs-finetuned
    general-encoder encoders-carry-bias
    alignment-decides not-a-dictionary dimension-is-a-tradeoff features-may-not-fit
    lookup-is-not-sequence pictures-can-mislead transfer-saves-labels search-tradeoff dedup
    retrieval-feeds-generation how-sure real-table one-token-two-vectors hubs cutting-or-pca
    bytes-for-recall pretraining-pays three-wishes
"""
CLAIMS = frozenset(CLAIMS.split())
COMMON = {"id": "one", "claim": "some-claim", "level": "recall", "stem": "Which?"}


def choice(text, correct=False, feedback="Because."):
    return {"text": text, "correct": correct, "feedback": feedback}


def single(**changes):
    choices = [choice("two", True, "It is."), choice("four", feedback="Its square."), choice("six")]
    return parse(COMMON | {"kind": "single", "choices": choices} | changes)


def multiple(right, wrong):
    choices = [choice(f"right {n}", True, f"Yes {n}.") for n in range(right)]
    choices += [choice(f"wrong {n}", False, f"No {n}.") for n in range(wrong)]
    return single(kind="multiple", choices=choices)


def numeric(**changes):
    return parse(COMMON | {"kind": "numeric", "answer": 40, "tolerance": 0} | changes)


def keys(question, *texts):
    return tuple(choice.key for text in texts for choice in question.choices if choice.text == text)


# Files of questions.

GOOD = r"""questions:
  - id: one
    claim: some-claim
    level: recall
    kind: single
    stem: Which is $\sqrt{4}$?
    choices:
      - {text: two, correct: true, feedback: Since it is.}
      - {text: four, feedback: No.}
  - id: some
    claim: some-claim
    level: understand
    kind: multiple
    stem: Which are even?
    choices:
      - {text: two, correct: true}
      - {text: three}
  - id: number
    claim: some-claim
    level: apply
    kind: numeric
    stem: How many bytes have {{rows}} numbers?
    variables: {rows: [10, 20]}
    answer: rows * 4
    tolerance: 1%
    unit: bytes
    feedback: Four times {{rows}} is {{answer}}.
    mistakes:
      - {answer: rows, feedback: That counts numbers.}
      - {answer: rows * 2, feedback: Two are too few.}
"""


def changed(*changes):
    text = GOOD
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    return text


def line_of(text, id, part):
    """Number of the first line with this part in the question of this id."""
    lines = text.splitlines()
    start = next(n for n, line in enumerate(lines) if line.endswith(f"id: {id}"))
    return next(n for n in range(start, len(lines)) if part in lines[n]) + 1


@pytest.fixture
def problems(tmp_path):
    """Read a text as a file of questions and return what is wrong with it, without the path."""

    def problems(content, name="file.yml"):
        path = tmp_path / name
        if content is not None:
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        with pytest.raises(QuizError) as caught:
            load_questions(path)
        assert str(caught.value) == "\n".join(caught.value.problems)
        assert all(line.startswith(f"{path}:") for line in caught.value.problems)
        return [line.removeprefix(f"{path}:") for line in caught.value.problems]

    return problems


# What is changed to what, then question and field, what must be said, and where, if not there.
CHOICES, ID = "choices:", "id:"
ROWS = "[10, 20]}\n    answer: rows * 4"
TWO = "[10, 20], more: [1, 2]}\n    answer: 4 / (rows * more - 40)"
TWENTY = [*range(1, 21)]
PAIR = f"{TWENTY}, more: {TWENTY}}}\n    answer: 4 / (rows + more - 40)"
MANY = f"{TWENTY}, more: {TWENTY}, most: {TWENTY}}}\n    answer: most / (rows + more - 40)"
LATE = f"{[*range(8, 210), 3]}}}\n    answer: 4 / (rows - 3)"
WRONG = [
    ("kind: single", "kind: singel", "one, kind", "'singel' is unknown; it is one of single"),
    ("    kind: single\n", "", "one, kind", "is missing", ID),
    ("{text: four,", "{text: four, correct: true,", "one, choices", "this one has 2", CHOICES),
    (", correct: true, feedback", ", feedback", "one, choices", "this one has 0", CHOICES),
    ("{text: three}", "{text: three, correct: true}", "some, choices", "and a wrong", CHOICES),
    ("{text: two, correct: true}", "{text: two}", "some, choices", "needs a right", CHOICES),
    ("text: four", "text: two", "one, choices", "'two' is there twice", CHOICES),
    ("tolerance: 1%", "tolerance: -0.5", "number, tolerance", "cannot be below zero: -0.5"),
    ("tolerance: 1%", "tolerance: .inf", "number, tolerance", "finite number"),
    ("tolerance: 1%", "tolerance: 1 percent", "number, tolerance", ""),
    ("tolerance: 1%", "tolerance: -1%", "number, tolerance", ""),
    ("id: one", "id: One", "One, id", "'One' must look like small-letters-and-hyphens"),
    ("feedback: No.", "feedbak: No.", "one, choices 2, feedbak", "did you mean feedback?"),
    ("level: recall", "level: know", "one, level", "'know' is unknown; it is one of 'recall'"),
    ("    stem: Which are even?\n", "", "some, stem", "is missing", ID),
    ("stem: Which are even?", "stem: ' '", "some, stem", "at least 1 character"),
    ("stem: Which are even?", "stem: 5", "some, stem", "must be text: put 5 in quotes"),
    ("unit: bytes", "unit: bytes\n    unit: B", "number, unit", "is there twice", "unit: B"),
    ("{text: four,", "{text: a, text: b,", "one, choices 2, text", "is there twice"),
    ("{answer: rows,", "{answer: 1, answer: 2,", "number, mistakes 1, answer", "is there twice"),
    ("unit: bytes", "unit: '{{rows}} bytes'", "number, unit", "the same for all numbers"),
    (ROWS, PAIR, "number, answer", "by zero, for rows = 20, more = 20", "answer:"),
    (ROWS, MANY, "number, answer", "by zero, for rows = 20, more = 20", "answer:"),
    ("rows * 4", "sqrt(-rows)", "number, answer", "'sqrt(-rows)' cannot be computed"),
    ("Which are even?", "'- Which?'", "some, stem", "begin with a sentence"),
    ("Which are even?", "'$$x$$'", "some, stem", "begin with a sentence"),
    ("Which are even?", '"```\\na\\n\\nb\\n```"', "some, stem", "begin with a sentence"),
    ("{text: three}", "{text: '- three'}", "some, choices 2, text", "is one paragraph"),
    ("{text: three}", '{text: "a\\n\\nb"}', "some, choices 2, text", "is one paragraph"),
    ("rows * 4", "rows *", "number, answer", "'rows *' is not a formula"),
    ("rows * 4", "open(rows)", "number, answer", "'open(rows)' is not allowed"),
    ("rows * 4", "4 / (rows - 20)", "number, answer", "division by zero, for rows = 20"),
    ("rows * 4", "row * 4", "number, answer", "'row' is not among the variables: rows"),
    ("rows * 2", "rows + 60.1", "number, mistakes 2", "80.1 is a right answer, for rows = 20"),
    ("rows * 2", "row * 2", "number, mistakes 2", "'row' is not among the variables"),
    ("{{rows}} numbers", "{{row}} numbers", "number, stem", "{{row}} is not among the variables"),
    ("{{rows}} numbers", "{{answer}} numbers", "number, stem", "{{answer}} is not among"),
    ("{{answer}}", "{{anser}}", "number, feedback", "{{anser}} is not among the variables"),
    ("$\\sqrt{4}$", "$\\foo{4}$", "one, stem", "\\foo is not supported"),
    ("No.", "'$\\sqrt{2$'", "one, choices 2, feedback", "braces do not match"),
    ("tolerance: 1%", "tolerance: 1 percent", "number, tolerance", "such as 1%"),
    ("Two are too few.", "'{{x}} are.'", "number, mistakes 2, feedback", "{{x}}"),
    ("unit: bytes", "unit: $\\foo$", "number, unit", "is not supported"),
    ("[10, 20]", "[10, 20], answer: [1]", "number, variables, answer", ""),
    (ROWS, TWO, "number, answer", "by zero, for rows = 20, more = 2", "answer:"),
    (ROWS, LATE, "number, answer", "rows = 3", "answer:"),
    ("rows * 4", "rows" + " + 1" * 5000, "number, answer", ""),
]


@pytest.mark.parametrize("case", WRONG, ids=lambda case: case[2])
def test_bad_question_stops_with_line_question_and_field(problems, case):
    old, new, where, said, *at = case
    text = changed((old, new))
    id, _, field = where.partition(", ")
    (problem,) = problems(text)
    assert problem.startswith(f"{line_of(text, id, *at or [new])}: question {id}, {field}: ")
    assert said in problem.partition(f"{field}: ")[2]


UNCLOSED = changed(("Which are even?", "'Which?"))
FILES = [
    (changed(("Which are even?", "Which: these?")), line_of(GOOD, "some", "stem"), "not YAML"),
    (changed(("    unit", "\tunit")), line_of(GOOD, "number", "unit"), "not YAML"),
    (b"", 1, "must be a mapping with questions:"),
    (b"# Only a comment\n", 1, "must be a mapping with questions:"),
    (b"- id: one\n", 1, "must be a mapping with questions:"),
    (b"questions: {}\n", 1, "must be a mapping with questions:"),
    (b"questions: []\n", 1, "has no questions"),
    (f"\n\ntitle: x\n{GOOD}", 3, "title: is not a field of a file"),
    (f"parts: yes\n{GOOD}", 1, "parts: must be a list"),
    (f"parts:\n  - {{title: A}}\n{GOOD}", 1, "parts: must be a list"),
    (f"parts:\n  - {{title: A, first: gone}}\n{GOOD}", 2, "there is no question 'gone'"),
    (f"parts:\n  - {{title: A, first: some}}\n{GOOD}", 1, "begin with the first question"),
    (b"questions:\n  - \n", 2, "question number 1: must be a mapping"),
    (b"questions: [!!python/object:os.system {}]\n", 1, "not YAML"),
    (GOOD.replace("Which are", "Wh\u00efch are").encode("latin-1"), None, "cannot be read"),
    (b"questions: \0\n", 1, "U+0000"),
    (None, None, "there is no such file"),
    (UNCLOSED, line_of(UNCLOSED, "some", "stem"), "not YAML"),
    (b"questions: &all\n  - *all\n", 1, "question number 1"),
    (b"questions: " + b"9" * 5000, None, "a value cannot be read"),
    (b"questions: " + b"[" * 3000, None, "nested too deeply"),
]


@pytest.mark.parametrize(("content", "line", "said"), FILES)
def test_file_that_holds_no_questions_stops_with_its_line(problems, content, line, said):
    (problem,) = problems(content)
    assert problem.startswith(f"{line}: " if line else " ")
    assert said in problem


def test_good_file_is_read_with_the_lines_of_its_questions(tmp_path):
    path = tmp_path / "good.yml"
    path.write_bytes(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())  # as Windows writes
    file = load_questions(path)
    assert [question.id for question in file.questions] == ["one", "some", "number"]
    assert file.lines == {id: line_of(GOOD, id, "id:") for id in ("one", "some", "number")}


def test_all_problems_of_all_files_are_said_at_once(problems, tmp_path):
    text = changed(
        ("feedback: No.", "feedbak: No."),
        ("text: three", "text: two"),
        ("tolerance: 1%", "tolerance: -1"),
        ("unit: bytes", "unit: 5"),
    )
    fields = [("one", "feedbak"), ("some", "choices"), ("number", "tolerance"), ("number", "unit")]
    first = problems(text, "a.yml")
    for line, (id, field) in zip(first, fields, strict=True):
        assert re.match(rf"{line_of(text, id, f'{field}:')}: question {id}, .*\b{field}: ", line)
    second = problems(changed(("kind: single", "kind: x")), "b.yml")
    with pytest.raises(QuizError) as caught:
        load_bank(tmp_path)
    assert len(caught.value.problems) == len(first) + len(second)


def test_id_used_twice_in_one_file_or_two_is_said_at_the_second(problems, tmp_path):
    text = changed(("id: some", "id: one"))
    first, second = (n for n, line in enumerate(text.splitlines(), 1) if "id: one" in line)
    assert problems(text) == [f"{second}: question one, id: is used already in line {first}"]
    other = changed(("id: one", "id: other"), ("id: number", "id: amount"))
    for name, content in [("file.yml", GOOD), ("other.yml", f"# A comment\n{other}")]:
        (tmp_path / name).write_text(content, encoding="utf-8")
    with pytest.raises(QuizError) as caught:
        load_bank(tmp_path)
    line = line_of(GOOD, "some", "id:")
    assert caught.value.problems == (
        f"{tmp_path / 'other.yml'}:{line + 1}: question some, id: is used already in "
        f"{tmp_path / 'file.yml'}:{line}",
    )


# Markup.


def test_formulas_code_and_tables_become_html_wherever_they_stand():
    inline = r"$\frac{1}{2}$ of `a < b`"
    blocks = "Which?\n\n```python\nx < 1\n```\n\n| a | b |\n| - | - |\n| 1 | $y$ |"
    choices = [choice(inline, True, blocks), choice("no", False, inline)]
    html = practice_html("quiz", [single(stem=f"{inline} {blocks}", choices=choices)])
    fraction = "<mfrac><mrow><mn>1</mn></mrow><mrow><mn>2</mn></mrow></mfrac>"
    # The stem, the choice, the same choice beside its feedback, and the other's feedback.
    assert html.count(fraction) == html.count("<code>a &lt; b</code>") == 4
    assert html.count('<pre><code class="language-python">x &lt; 1\n</code></pre>') == 2
    assert html.count("<td>1</td>") == html.count("<mi>y</mi>") == 2
    assert "$" not in html and "```" not in html
    assert to_html("`$x$` costs $5 and $6") == "<p><code>$x$</code> costs $5 and $6</p>"


def test_only_a_list_that_begins_with_one_ends_a_paragraph_and_percent_signs_are_shown():
    assert split_first("In the year\n1984. Which?") == ("In the year\n1984. Which?", "")
    assert split_first("Which?\n1. this") == ("Which?", "1. this")
    assert "<mtext>50%</mtext>" in to_html(r"$\text{50\%}$")


def test_code_right_below_the_question_is_a_block_too():
    assert "<pre>" in practice_html("quiz", [single(stem="Which?\n```python\nx\n```")])


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        *[("<script>alert(1)</script>",) * 2, ('<img src=x onerror="alert(1)">',) * 2],
        *[("`</code><script>x</script>`", "</code><script>"), ("![alt](x.png)", "")],
        *[("</span></form><iframe srcdoc=x>",) * 2, ("[link](javascript:alert)", "javascript:")],
        (r"$\text{<script>alert(1)</script>}$", "<script>alert(1)</script>"),
    ],
)
def test_raw_html_is_shown_and_not_obeyed(text, shown):
    choices = [choice(text, True, text), choice("other")]
    questions = [single(stem=f"{text}\n\n{text}", choices=choices), numeric(unit=text)]
    for html in [to_html(text), to_inline_html(text), practice_html("quiz", questions)]:
        assert escape(shown) in html
        html = re.sub(r' data-unit="[^"<>]*"', "", html)  # nothing gets out of these quotes
        assert not re.search(r"<(script|img|iframe)|<[^>]*\son\w+=|href=.javascript", html)


def test_numbers_are_filled_into_formulas_code_and_feedback():
    stem = "What is $2^{{{bits}}}$, or `2 ** {{ bits }}`?"
    given = {"variables": {"bits": [10]}, "answer": "2 ** bits", "feedback": "${{answer}}$"}
    question = numeric(stem=stem, **given)
    assert item(question, {"bits": 10.0}).stem == "What is $2^{10}$, or `2 ** 10`?"
    html = practice_html("quiz", [question])
    assert "<msup><mn>2</mn><mrow><mn>10</mn></mrow></msup>" in html
    assert "<code>2 ** 10</code>" in html and "<mn>1024</mn>" in html
    assert placeholders("{{a}} {{ b_c }} {{D}} {e}") == {"a", "b_c"}
    assert fill_in("{{a}} {{b}}", {"a": "{{b}}"}) == "{{b}} {{b}}"


# Numbers.

READ = {
    **{"0.5": 0.5, "0,5": 0.5, " 5 ": 5, "+.5": 0.5, ",5": 0.5, "5.": 5, "007": 7, "-0": 0},
    **{"\u22125": -5, "1e-3": 0.001, "1E3": 1000, "1,5e3": 1500, "01,000": 1, "0,500": 0.5},
    **{"1 000": 1000, "1\u202f000": 1000, "1\u00a0000\u2009000": 1e6, "1_000": 1000},
    **{"1'000": 1000, "1\u2019000": 1000, "6,400,000": 6.4e6, "-6,400,000.25": -6400000.25},
    **{"6,400.5": 6400.5, "6 400,5": 6400.5, "1.000": 1, "6400,000": 6400, "1e308": 1e308},
    **{"3/7": 3 / 7, "-1 / 8": -0.125, "\u22121/2": -0.5, "1 000/3": 1000 / 3, "2/1 000": 0.002},
    **{"1e-999": 0, "9007199254740993": 9007199254740992, "0,1234": 0.1234},
}
NO_NUMBER = [
    *["", "   ", "-", "+", ".", ",", "--5", "+-5", "1e", "e5", "1e3.5", "1 e3", "five", "5 GB"],
    *["1e999", "-1e999", "1e1000", "9" * 400, "inf", "-Infinity", "NaN", "0x10", "0b1", "1j"],
    *["1.000.000", "1.000,5", "1,00,000", "1,,000", "1 0000", "1  000", "_1000", "1__000"],
    *["\u0661\u0662", "\uff15", "\u00b2", "1e\u0663", "1 \u0660\u0660\u0660", "50%", "$5"],
    *["1/0", "1//2", "1/2/3", "0.5/2", "1/-2", "1/2.", "1 1/2", "/2", "1/", f"1/{'9' * 16}"],
    *["\u20135", "5\u200b", "<b>5</b>", "1+1", "${5}", "null", "1\u00bd"],
]
TWO_WAYS = {
    **{"6,400": "6400 or 6.400", "-1,000": "-1000 or -1.000", "\u22121,000": "-1000 or -1.000"},
    **{"1,500e3": "1500e3 or 1.500e3", "1,000 000": "1000000 or 1.000000"},
}
HOSTILE = [
    *[chr(sign) + "5" for sign in range(0x1C)],
    *["1\u2028000", "1\n000", "\u30005", "\u180e5", "1\t000", "1 234,567", "1,000 000e2", "1,5e3"],
]


UNITS = {
    ("128 MB", "MB"): 128,
    **{("20%", "%"): 20, ("20 %", "%"): 20, ("1,5\u00a0MB ", "MB"): 1.5, ("3/7 MB", "MB"): 3 / 7},
    **{("2 standard deviations", "standard deviations"): 2, ("5", "MB"): 5, ("5", None): 5},
    **{("5 mb", "MB"): None, ("MB", "MB"): None, ("MB 5", "MB"): None, ("5 MB MB", "MB"): None},
    **{("5 GB", "MB"): None, ("0.2", "%"): 0.2, ("5 MB", None): None, ("", "MB"): None},
    **{("6,400 MB", "MB"): None, ("5 <b>", "<b>"): 5, ("5 \"'&", "\"'&"): 5},
}


def read(text, unit=None):
    try:
        return read_number(text, unit)
    except ValueError as error:
        return str(error)


def test_numbers_are_read_as_people_mean_them():
    assert {text: read(text) for text in READ} == READ
    for text in NO_NUMBER:
        assert read(text) == (
            f"{text.strip() or 'Nothing'} is not a number. Write digits, such as 0.25 or 1e6."
        )
    for text, either in TWO_WAYS.items():
        said = f"{text} can be read in two ways. Write {either}, without the comma."
        assert read(text) == said


def test_the_unit_that_is_asked_for_may_follow_the_number():
    for (text, unit), number in UNITS.items():
        if number is None:
            assert isinstance(read(text, unit), str), (text, unit)
        else:
            assert read(text, unit) == number, (text, unit)
    assert read("forty MB", "MB").startswith("forty MB is not a number.")
    assert read("6,400 MB", "MB").startswith("6,400 MB can be read in two ways. Write 6400 or")


@pytest.mark.parametrize(
    "texts",
    [
        [*READ, *NO_NUMBER, *TWO_WAYS, *HOSTILE],
        ["1,\u0660\u0660\u0660", "1,\uff10\uff10\uff10", "1\u0660,000"],
        [f"{sign}5" for sign in "\x1c\x1d\x1e\x1f\x85"],
        [f"1{sign}000" for sign in "\x1c\x1d\x1e\x1f\x85"],
        ["\ufeff5", "5\ufeff", "1\ufeff000"],
        [*UNITS, *[(f"{text}{gap}kB", "kB") for text in READ for gap in ("", "\u202f", " \u3000")]],
    ],
)
def test_page_reads_numbers_as_python_does(tab, texts):
    asked = [text if isinstance(text, tuple) else (text, None) for text in texts]
    by_page = tab.evaluate(
        "([code, asked]) => { const read = new Function(code + '; return readNumber')();"
        " return asked.map(([text, unit]) => {"
        " try { return read(text, unit ?? undefined) } catch (e) { return `${e}` } }) }",
        [(ASSETS / "quiz.js").read_text(encoding="utf-8"), asked],
    )
    by_python = [read(text, unit) for text, unit in asked]
    assert [*zip(asked, by_page, strict=True)] == [*zip(asked, by_python, strict=True)]


def test_page_reads_random_texts_as_python_does(tab):
    draw = random.Random(1)
    signs = "0123456789000,,..  _'-+e/%\u2212\u202f\u2019"
    texts = [("".join(draw.choices(signs, k=draw.randint(1, 9))), "%") for _ in range(20_000)]
    assert sum(isinstance(read(*text), float) for text in texts) > 2000, "too few to compare"
    test_page_reads_numbers_as_python_does(tab, texts)


def test_formulas_are_computed():
    values = {
        **{7: 7, "7": 7, "rows * columns * 4": 120, "-rows + +columns": -7, "7 // 2 + 7 % 4": 6},
        **{"2 ** -1": 0.5, "2 ** 3 ** 2": 512, "rows / 4": 2.5, "ceil(log2(rows))": 4},
        **{"max(rows, columns, 12)": 12, "round(2.6)": 3, "sqrt(abs(-9))": 3, "floor(pi)": 3},
        **{"min(2, exp(0) * 2)": 2, " 1e3 ": 1000},
    }
    assert {formula: compute(formula, {"rows": 10, "columns": 3}) for formula in values} == values


@pytest.mark.parametrize(
    "formula",
    [
        *["rows *", "", "1 2", "rows = 1", "row", "1 < 2", "True", "1j", "'a'", "None", "[1][0]"],
        *["rows.real", "__import__('os')", "(lambda: 1)()", "open(1)", "abs(1, x=2)", "abs(*[1])"],
        *["max()", "max(1)", "1 / 0", "1 // 0", "1 % 0", "9 ** 9 ** 9", "1e308 * 10", "1e400"],
        *["sqrt(-1)", "log(0)", "(-8) ** 0.5", "exp(1000)", "rows if 1 else 2", "9" * 400, "\0"],
    ],
)
def test_formula_that_is_none_or_has_no_value_is_refused(formula):
    with pytest.raises(ValueError, match=r"^.+$"):
        compute(formula, {"rows": 10.0})


def test_numbers_are_shown_in_groups_without_needless_decimals():
    shown = {2.0: "2", 0.25: "0.25", 9999: "9999", 10_000: "10,000", 6.4e6: "6,400,000"}
    shown |= {-12345: "-12,345", -0.0: "0", 0.1 + 0.2: "0.3", 1 / 3: "0.333333", 1234.5: "1234.5"}
    assert {value: show_number(value) for value in shown} == shown


def test_number_of_many_digits_is_shown_as_it_is():
    assert float(show_number(1234567.5).replace(",", "")) == 1234567.5


# Scores.


@pytest.mark.parametrize(
    ("right", "wrong", "hits", "misses", "points"),
    [
        *[(1, 1, 1, 0, 1), (1, 1, 0, 1, 0), (1, 1, 1, 1, 0), (1, 1, 0, 0, 0)],
        *[(2, 2, 1, 0, 1 / 2), (2, 2, 2, 1, 1 / 2), (2, 2, 1, 1, 0), (2, 2, 2, 2, 0)],
        *[(3, 2, 1, 0, 1 / 3), (3, 2, 2, 1, 1 / 6), (3, 2, 3, 1, 1 / 2), (3, 2, 1, 1, 0)],
        *[(2, 4, 1, 1, 1 / 4), (2, 4, 2, 1, 3 / 4), (2, 4, 2, 2, 1 / 2), (2, 4, 2, 4, 0)],
        *[(1, 5, 1, 2, 3 / 5), (5, 1, 5, 1, 0), (5, 1, 4, 0, 4 / 5), (3, 3, 3, 0, 1)],
    ],
)
def test_multiple_choice_earns_a_share_and_tells_all(right, wrong, hits, misses, points):
    question = multiple(right, wrong)
    taken = [f"right {n}" for n in range(hits)] + [f"wrong {n}" for n in range(misses)]
    scored = score(question, keys(question, *taken))
    assert scored.points == pytest.approx(points, abs=1e-12)
    told = [f"Right: right {n} — Yes {n}." for n in range(hits)]
    told += [f"Not right: wrong {n} — No {n}." for n in range(misses)]
    told += [f"Missed: right {n} — Yes {n}." for n in range(hits, right)]
    assert scored.feedback == tuple(told)


def test_single_choice_is_right_or_not_and_tells_nothing_of_others():
    question = single()
    answers = [(), keys(question, "two"), keys(question, "four")]
    scored = [score(question, answer) for answer in answers]
    assert [one.points for one in scored] == [0, 1, 0]
    assert [one.feedback for one in scored] == [(), ("two — It is.",), ("four — Its square.",)]


NUMBER = {
    "variables": {"rows": [10]},
    "answer": "rows * 4",
    "feedback": "Four times {{rows}} is {{answer}}.",
    "mistakes": [
        {"answer": "rows", "feedback": "These are {{rows}} numbers."},
        {"answer": "rows * 8", "feedback": "Half of it."},
    ],
}
# Changes of this question, and what is right and wrong at the borders of the tolerance.
BORDERS = [
    ({"tolerance": 0}, ["40", "40.0", "4e1"], ["40.0001", "39.9999", "-40", "0"]),
    ({"tolerance": 0.5}, ["39.5", "40,5"], ["39.499", "40.501"]),
    ({"tolerance": "1%"}, ["39.6", "40.4"], ["39.599", "40.401"]),
    ({"tolerance": "2.5 %"}, ["39", "41"], ["38.99", "41.01"]),
    ({"answer": 0.3, "tolerance": 0.1}, ["0.4", "0.2"], ["0.401", "0.199"]),  # 0.4 - 0.3 > 0.1
    ({"answer": "-rows * 4", "tolerance": "1%"}, ["\u221240.4", "-39.6"], ["-40.5", "40"]),
    ({"answer": 0, "tolerance": "10%"}, ["0", "-0"], ["0.001"]),
    ({"answer": "1e-9", "tolerance": "1%"}, ["1e-9", "1.01e-9"], ["1.02e-9", "0"]),
]


@pytest.mark.parametrize(("changes", "right", "wrong"), BORDERS)
def test_number_is_right_up_to_the_border_of_its_tolerance(changes, right, wrong):
    question = numeric(**NUMBER | changes)
    assert [score(question, text).points for text in right] == [1] * len(right)
    assert [score(question, text).points for text in wrong] == [0] * len(wrong)


def test_known_mistakes_are_explained_with_the_numbers_that_were_shown():
    question = numeric(**NUMBER | {"variables": {"rows": [10, 20]}, "tolerance": "1%"})
    ten, twenty = {"rows": 10.0}, {"rows": 20.0}
    assert score(question, "40", ten).feedback == ("Four times 10 is 40.",)
    assert score(question, "80", ten) == score(question, "160", twenty)
    assert score(question, "80", ten).feedback == ("Half of it.",)
    assert score(question, "20.1", twenty).feedback == ("These are 20 numbers.",)
    assert score(question, "30", ten).feedback == ()
    assert [score(question, "80", values).points for values in (ten, twenty)] == [0, 1]


MANY = multiple(3, 3)


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        *[(numeric(), ("40",)), (numeric(), "forty"), (numeric(), ""), (numeric(), "40,000")],
        *[(single(), "two"), (single(), ("two",)), (single(), keys(single(), "two", "four"))],
        *[(MANY, ("",)), (MANY, keys(MANY, "right 0") * 2), (MANY, keys(single(), "two"))],
    ],
)
def test_answer_of_a_wrong_form_is_refused(question, answer):
    with pytest.raises(ValueError):
        score(question, answer)


def as_on_page(question, answer):
    """Verdict, score, lines told and texts of missed choices, as the page should show them."""
    try:
        if not answer:
            raise ValueError("Answer first, then check.")
        scored = score(question, answer)
    except ValueError as error:
        return [str(error), "0", [], []]
    points = f"{round(scored.points, 2):g}"
    partly = f"Partly right: {points} of 1 point."
    leads = {"r": "Right: ", "w": "Not right: ", "M": ""} if question.kind == "multiple" else {}
    told = [leads.get(line[0], "") + line.replace(" — ", "") for line in scored.feedback]
    missed = re.findall("Missed: (right .)", "\n".join(told))
    return [{"0": "Not right.", "1": "Right."}.get(points, partly), points, sorted(told), missed]


CHECK = """(answers) => answers.map((answer) => {
  const form = document.querySelector('.quiz-form');
  for (const input of form.querySelectorAll('input'))
    if (input.name === 'number') input.value = answer;
    else input.checked = answer.includes(input.value);
  form.dispatchEvent(new Event('input'));  // as typing and clicking do
  form.requestSubmit();
  const texts = (part) => [...form.querySelectorAll(part)].map((e) => e.textContent.trim()).sort();
  const points = document.querySelector('.quiz-score').textContent.match(/Score: (.*) of 1/)[1];
  const said = texts('.quiz-status strong').join();
  return [said, points, texts('.quiz-status > div'), texts('[data-mark=missed]')];
})"""


# What only the page says, after a wrong number: what to try, then how it is worked out.
ON_THE_WAY = (
    "The sign is",
    "The digits are",
    "Close, but",
    "Too large",
    "Too small",
    "Try again.",
    "Worked solution: ",
)


def without_hints(said, points, told, missed):
    """Leave out hints, which a wrong number must get, and nothing else."""
    hints = [line for line in told if line.startswith(ON_THE_WAY)]
    assert bool(hints) == (said == "Not right."), (said, told)
    return [said, points, [line for line in told if line not in hints], missed]


def test_page_scores_as_python_does(tab, tmp_path):
    cases = []
    for changes, right, wrong in BORDERS:
        typed = [*right, *wrong, "10", "80", "1e999", "40,000", ""]
        cases.append((numeric(**NUMBER | changes), typed, None))
    # How many of the 64 ways to answer earn what, counted by hand.
    three = {"1": 1, "0.67": 6, "0.33": 15, "0": 42}
    two = {"1": 1, "0.75": 4, "0.5": 8, "0.25": 12, "0": 39}
    for question, counts in [(MANY, three), (multiple(2, 4), two)]:
        taken = itertools.product([False, True], repeat=6)
        all_keys = [choice.key for choice in question.choices]
        cases.append((question, [tuple(itertools.compress(all_keys, t)) for t in taken], counts))
    page = tmp_path / "page.html"
    script = f"<script src='{(ASSETS / 'quiz.js').as_uri()}'></script>"
    for question, answers, counts in cases:
        html = practice_html("quiz", [question])
        page.write_text(f"<meta charset=utf-8>{html}{script}", encoding="utf-8")
        tab.goto(page.as_uri())
        by_page = tab.evaluate(CHECK, answers)
        if question.kind == "numeric":
            by_page = [without_hints(*each) for each in by_page]
        by_python = [as_on_page(question, answer) for answer in answers]
        assert [*zip(answers, by_page, strict=True)] == [*zip(answers, by_python, strict=True)]
        assert counts in (None, Counter(points for _, points, *_ in by_page))
    assert not tab.wrong


# The order of choices, and versions.


def test_right_answers_of_the_bank_stand_in_all_places_alike():
    for file in BANK.values():
        orders = arrange(file.questions)
        places = {}
        for question in file.questions:
            if isinstance(question, SingleChoice):
                order = [choice.correct for choice in orders[question.id]]
                places.setdefault(len(order), [0] * len(order))[order.index(True)] += 1
        assert places
        for counts in places.values():
            assert max(counts) - min(counts) <= 1, f"{file.name}: {counts}"


def test_right_answer_stands_in_each_place_for_some_students():
    orders = [[choice.correct for choice in shuffled(single(), f"{n}")] for n in range(300)]
    counts = Counter(order.index(True) for order in orders)
    assert min(counts[place] for place in range(3)) > 70, "100 are expected, and 8 the deviation"


def test_order_and_version_tell_nothing_of_the_order_in_the_file():
    draw = random.Random(2)
    asked = [question for file in [*BANK.values(), POOL] for question in file.questions]
    for question in [question for question in asked if question.kind != "numeric"]:
        choices = tuple(draw.sample(question.choices, len(question.choices)))
        other = question.model_copy(update={"choices": choices})
        assert other.version == question.version
        for seed in ("", "some student"):
            assert shuffled(other, seed) == shuffled(question, seed)
            assert arrange([other], seed) == arrange([question], seed)


def test_order_numbers_and_version_stay_the_same_everywhere():
    # Students' answers are stored with versions, and scored with the numbers of their seed.
    question = numeric(variables={"rows": [*range(100)]})
    assert [choice.text for choice in shuffled(single(), "student")] == ["four", "two", "six"]
    assert (single().version, question.version) == ("0d6914fc", "e4d7e12a")
    assert question.variant("student") == {"rows": 23.0}


def pair(text="four", correct=False, feedback="No."):
    return {"choices": [choice("two", not correct), choice(text, correct, feedback)]}


@pytest.mark.parametrize(
    ("make", "before", "after", "same"),
    [
        (single, {}, {"stem": "What?"}, False),
        (single, pair(), pair(text="five"), False),
        (single, pair(), {"choices": [*pair()["choices"], choice("five")]}, False),
        (numeric, {"unit": "kB"}, {"unit": "MB"}, False),
        (numeric, {"unit": "kB"}, {}, False),
        (numeric, NUMBER, NUMBER | {"variables": {"rows": [10, 20]}}, False),
        (single, pair(), pair(feedback="Other."), True),
        (single, pair(), pair(correct=True), True),
        (single, {}, {"claim": "other-claim", "level": "apply"}, True),
        (numeric, {}, {"answer": 41, "tolerance": "3%", "feedback": "Other."}, True),
        (numeric, NUMBER, NUMBER | {"answer": "rows * 5", "mistakes": []}, True),
    ],
)
def test_version_follows_what_is_asked_and_not_what_is_right(make, before, after, same):
    assert (make(**before).version == make(**after).version) is same


# The questions of the course.


@pytest.mark.parametrize("files", [[*BANK.values()], [POOL]], ids=["practice", "pool"])
def test_questions_of_the_course_explain_every_answer_and_have_no_weak_items(files):
    for question in (question for file in files for question in file.questions):
        assert question.claim in CLAIMS, question.id
        assert all(choice.feedback for choice in getattr(question, "choices", ())), question.id
        assert getattr(question, "feedback", "-"), question.id
    assert weak_items(files) == []


def test_every_page_has_its_number_of_questions():
    assert len(BANK["images"].questions) >= 6
    assert len(BANK["images-in-use"].questions) >= 6
    assert len(BANK["knowledge-check"].questions) >= 12


def test_practice_and_pool_have_no_text_or_id_in_common():
    practice, pool = (
        {
            " ".join(text.lower().split())
            for q in questions
            for at, text in [("id", q.id), *q.texts()]
            if at != ("unit",)
        }
        for questions in [[q for file in BANK.values() for q in file.questions], POOL.questions]
    )
    assert len(practice) > 100 < len(pool)
    assert not practice & pool


# Records.

RECORD = Record(
    quiz="images",
    student="Zo\u00eb \u738b",
    answers={
        "one": GivenAnswer(version="v2", answer=("k1", "k2"), checked=True),
        "two": GivenAnswer(version="v1", answer="1,5"),
    },
    earlier=(EarlierAnswer(question="one", version="v1", answer=("k9",)),),
)
WHOLE = RECORD.to_json()


def test_record_is_read_as_it_was_written(tmp_path):
    path = tmp_path / "record.json"
    assert answer_records.read_record(path) is None
    answer_records.write_record(path, RECORD)
    assert answer_records.read_record(path) == RECORD
    assert "Zo\u00eb" in path.read_text(encoding="utf-8"), "people can read it"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert answer_records.read_record(path) == RECORD, (
        "with the mark that Windows editors put first"
    )
    assert answer_records.parse_record(path.read_text(encoding="utf-8"), "text") == RECORD, (
        "as text too"
    )
    assert [*tmp_path.iterdir()] == [path]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        *[("", ("record-damaged",)), (WHOLE[:-20], ("record-damaged",))],
        *[("[" * 100_000, ("record-damaged",)), ("\xff", ("record-damaged",))],
        *[("9" * 5000, ("record-damaged",)), (WHOLE + " " * 10**6, ("record-too-large",))],
        *[("null", ("record-wrong-content",)), ("[]", ("record-wrong-content",))],
        ("{}", ("record-wrong-content", "quiz")),
        ('{"cells": [], "nbformat": 4}', ("record-wrong-content", "quiz")),
        ('{"quiz": "q", "format": 2}', ("record-wrong-content", "format: ")),
        ('{"quiz": "q", "points": 1}', ("record-wrong-content", "points: ")),
        ('{"quiz": 7}', ("record-wrong-content", "quiz: ")),
        (
            '{"quiz": "q", "answers": {"a": {"version": "v", "answer": 5}}}',
            ("record-wrong-content", "answers, a, answer"),
        ),
        (
            '{"quiz": "q", "answers": {"a": {"version": "v", "answer": [[]]}}}',
            ("record-wrong-content", "answers, a, answer"),
        ),
        (
            '{"quiz": "q", "answers": {"a": {"answer": "5"}}}',
            ("record-wrong-content", "answers, a, version"),
        ),
        (json.dumps({"quiz": "x" * 201}), ("record-wrong-content", "quiz: ")),
        ('{"quiz": "\\ud800"}', ("record-wrong-content", "quiz: ")),
        (
            '{"quiz": "q", "earlier": [{"version": "v", "answer": "5"}]}',
            ("record-wrong-content", "earlier, 0, question"),
        ),
    ],
)
def test_what_is_no_record_is_said_in_a_sentence(tmp_path, content, said):
    path = tmp_path / "record.json"
    path.write_bytes(content.encode("latin-1" if content == "\xff" else "utf-8"))
    with raises(QuizError, *said, "record.json") as caught:
        answer_records.read_record(path)
    assert "\n" not in str(caught.value)
    with raises(QuizError, "record-unreadable", tmp_path.name):
        answer_records.read_record(tmp_path)


def test_a_file_that_is_no_record_is_set_aside_under_a_name_of_its_own(tmp_path):
    for number in (1, 2):
        path = tmp_path / "record.json"
        path.write_text(f"damaged {number}")
        aside = answer_records.set_aside(path)
        assert not path.exists()
        assert aside.read_text() == f"damaged {number}"
    assert len([*tmp_path.iterdir()]) == 2


def test_answers_to_other_versions_are_kept_and_come_back_with_their_wording():
    assert RECORD.brought_up_to({"one": ["v2"], "two": ["v0", "v1"]}) == RECORD
    new = RECORD.brought_up_to({"one": ["v3"]})  # the second question is gone
    assert new.answers == {}
    assert {(old.question, old.version, old.answer, old.checked) for old in new.earlier} == {
        ("one", "v1", ("k9",), False),
        ("one", "v2", ("k1", "k2"), True),
        ("two", "v1", "1,5", False),
    }
    assert new.brought_up_to({"one": ["v2"], "two": ["v1"]}) == RECORD
    oldest = RECORD.brought_up_to({"one": ["v1"], "two": ["v1"]})
    assert oldest.answers["one"].answer == ("k9",)
    assert [old.version for old in oldest.earlier] == ["v2"]
    assert answer_records.parse_record(oldest.to_json(), "record.json") == oldest


@pytest.mark.parametrize("step", ["fsync", "replace"])
@pytest.mark.parametrize(
    "error", [OSError("disk full"), KeyboardInterrupt()], ids=["full", "killed"]
)
def test_failed_write_leaves_the_file_before_and_nothing_else(tmp_path, monkeypatch, step, error):
    def fail(*_):
        raise error

    path = tmp_path / "record.json"
    answer_records.write_record(path, RECORD)
    monkeypatch.setattr(whole_file.os, step, fail)
    with pytest.raises(type(error)):
        answer_records.write_record(path, Record(quiz="other"))
    assert path.read_text(encoding="utf-8") == WHOLE
    assert [*tmp_path.iterdir()] == [path]


def test_the_examples_in_the_readme_are_questions_without_weakness(tmp_path):
    readme = (ROOT / "book" / "quizzes" / "README.md").read_text(encoding="utf-8")
    (tmp_path / "example.yml").write_text(re.search(r"```yaml\n(.*?)```", readme, re.S)[1])
    file = load_questions(tmp_path / "example.yml")
    assert [question.kind for question in file.questions] == list(KINDS)
    assert weak_items([file]) == []
