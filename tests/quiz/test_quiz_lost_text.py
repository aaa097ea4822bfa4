"""Text that YAML would take out of a question is found, and what loses nothing is left alone."""

import xml.etree.ElementTree as ET

import pytest
import yaml

from embeddings_course import cli
from embeddings_course.quiz.lost_text import lost_text
from embeddings_course.quiz.question_files import QuizError, load_questions
from embeddings_course.quiz_tools.export import export

QUESTION = """\
questions:
  - id: one
    claim: onehot-equidistant
    level: recall
    kind: single
    stem: {stem}
    choices:
      - text: {text}
        correct: true
        feedback: {feedback}
      - text: Another
        feedback: Because of that.
"""
GOOD = {"stem": "What is it?", "text": "This", "feedback": "So it is."}
LINES = {"stem": 6, "text": 8, "feedback": 10}


@pytest.fixture
def problems(tmp_path):
    """Load a question with one field changed, and return what is said against it."""

    def problems(field, value):
        path = tmp_path / "bank.yml"
        path.write_text(QUESTION.format(**GOOD | {field: value}), encoding="utf-8")
        try:
            load_questions(path)
        except QuizError as error:
            return [problem.removeprefix(f"{path}:") for problem in error.problems]
        return []

    return problems


@pytest.mark.parametrize("field", LINES)
@pytest.mark.parametrize(
    ("value", "ends"),
    [
        ("What does option #3 of `fit` do?", "What does option"),
        ("It is choice #1", "It is choice"),
        ("Now `x = 1  # one` prints", "Now `x = 1"),
        ("In C# one writes #include", "In C# one writes"),
        ("See the issue\t#12", "See the issue"),
        ("See the issue\n          #12 of them", "See the issue"),
        ("See the issue\n          # 12 of them\n          and more", "See the issue"),
    ],
)
def test_a_text_that_ends_at_a_number_sign_is_found(problems, field, value, ends):
    said = problems(field, value)[0]
    assert said.startswith(f"{LINES[field]}: {field}: ends at “{ends}”")
    assert "put the text in quotes" in said


def test_a_number_sign_in_braces_is_said_before_what_follows_from_it(tmp_path):
    path = tmp_path / "bank.yml"
    lines = QUESTION.format(**GOOD).splitlines()
    lines[7:] = ["      - {text: Rank #1, correct: true, feedback: So.}"]
    path.write_text("\n".join(lines))
    with pytest.raises(QuizError) as refused:
        load_questions(path)
    assert refused.value.problems[0] == (
        f"{path}:8: text: ends at “Rank”, as YAML takes a # after a space for a comment; put the "
        "text in quotes"
    )


# Letters after which a backslash in double quotes is an escape, as TeX has them.
TEX = [
    r"\neq",
    r"\nabla",
    r"\nu",
    r"\not",
    r"\ni",
    r"\text{none}",
    r"\times",
    r"\theta",
    r"\tau",
    r"\tan",
    r"\to",
    r"\rho",
    r"\rightarrow",
    r"\right)",
    r"\beta",
    r"\bar{x}",
    r"\frac{1}{2}",
    r"\forall",
    r"\vec{v}",
    r"\varepsilon",
    r"\epsilon",
    r"\exp",
    r"\eta",
    r"\alpha",
    r"\arctan",
    r"\approx",
    r"\Lambda",
    r"\Lleftarrow",
    r"\Pi",
    r"\Phi",
    r"\Psi",
    r"\Nu",
    r"\_",
    r"\0",
]


@pytest.mark.parametrize("command", TEX)
@pytest.mark.parametrize("form", ['"${}$"', '"It is $x {}$ then."', "'a \"quoted\" one'"])
def test_tex_that_loses_its_letters_in_double_quotes_is_found(problems, command, form):
    said = problems("text", form.format(command))
    if form.startswith("'"):
        assert said == []
        return
    assert said[0].startswith("8: text: in double quotes YAML takes the beginning of “\\")
    assert "single quotes or as a block" in said[0]
    assert len(said) == 1, "what follows from it is not said as well"


@pytest.mark.parametrize("command", [r"\sqrt{2}", r"\xi", r"\underline{x}", r"\delta", r"\Ubar"])
def test_tex_that_is_no_yaml_gets_the_same_advice(problems, command):
    (said,) = problems("feedback", f'"${command}$"')
    assert said.startswith("10: this is not YAML")
    assert "single quotes or as a block" in said


@pytest.mark.parametrize(
    "value",
    [
        r'''"What does `print('a\nb')` print?"''',
        r'"It is in C:\new\folder or in C:\temp."',
        r'"$$\na \neq b\n$$"',
        r'"Before.\n\nThen $a\ b$."',
    ],
)
def test_other_escapes_that_nobody_meant_are_found(problems, value):
    assert "for an escape" in problems("stem", value)[0]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (r"'$\neq \tan \alpha$ #3'", r"$\neq \tan \alpha$ #3"),
        (r'"$\\neq$ and `\\n`"', r"$\neq$ and `\n`"),
        (r'"Here:\n\n```python\nnew = {}\nprint(new)\n```"', None),
        (r'"Here:\n\n- one\n- two"', "Here:\n\n- one\n- two"),
        (r'"$$\nx\n$$"'.replace("$$", "So:\\n\\n$$", 1), None),
        (r'"caf\u00e9, \"so\", \x41"', 'café, "so", A'),
        ('"one \\\n          two"', "one two"),
        ("It is C#, F# and #3", None),
        ("$\\neq$", "$\\neq$"),
        ("|\n          $\\neq$ #3\n          # and this\n", "$\\neq$ #3\n# and this"),
        (">\n          long\n          text #3\n", "long text #3"),
        ("It is plain.\n        # about the next field", "It is plain."),
    ],
)
def test_what_loses_nothing_is_left_alone(tmp_path, value, text):
    if "F# and" in value:  # only what begins a word is a comment
        value = value.replace(" #3", "#3")
    path = tmp_path / "bank.yml"
    path.write_text(QUESTION.format(**GOOD | {"feedback": value}), encoding="utf-8")
    assert list(lost_text(path.read_text(encoding="utf-8"))) == []
    read = load_questions(path)["one"].choices[0].feedback
    assert text is None or read == text


@pytest.mark.parametrize(("width", "unicode"), [(40, True), (40, False), (1000, True)])
def test_what_a_library_writes_is_read_without_findings(tmp_path, width, unicode):
    texts = [
        "A long text with a # sign, “quotes”, a 'quote' and $\\neq$ or `a\\nb` in it, and more.",
        "Here:\n\n```python\nnew = {1: 'ä'}  # one\nprint(new)\n```\n\nWhat is printed?",
        "$$\n\\nabla f\n$$",
    ]
    content = yaml.safe_load(QUESTION.format(**GOOD))
    for text in texts:
        content["questions"][0]["stem"] = f"What? {text}"
        written = yaml.safe_dump(content, width=width, allow_unicode=unicode, sort_keys=False)
        assert list(lost_text(written)) == []


@pytest.mark.parametrize("style", [">", ""])
def test_a_code_block_that_loses_its_lines_is_found(problems, style):
    value = f"{style}\n      What?\n      ```python\n      a = 1\n      ```\n"
    assert "write the text as a block that keeps them (|)" in problems("stem", value)[0]


def test_an_ampersand_is_kept_or_said(problems, tmp_path):
    assert "6: stem: loses its beginning, &x," in problems("stem", "&x it?")[0]
    text = QUESTION.format(**GOOD | {"stem": "&x What?", "feedback": "*x"})
    assert list(lost_text(text)) == [], "it is used, so it was meant"


@pytest.mark.parametrize(
    ("value", "sign"),
    [
        (r'"\x07 bell"', "07"),
        (r'"a \x1b[0m"', "1B"),
        (r'"a\x85b"', "85"),
        (r'"\ud800"', "D800"),
        (r'"\u2028"', "2028"),
        ("a\x08b", "08"),
        ("'a\x00b'", "00"),
        ("a\x7fb", "7F"),
    ],
)
def test_control_characters_are_refused_with_their_line(problems, value, sign):
    said = problems("feedback", value)[0]
    assert said.startswith("10: ")
    assert f"U+{sign.zfill(4)}" in said


def test_what_is_accepted_can_be_exported(tmp_path):
    path = tmp_path / "bank.yml"
    path.write_text(QUESTION.format(**GOOD | {"text": r"'$\neq$ #3 \x07'"}), encoding="utf-8")
    export([load_questions(path)], "moodle", tmp_path / "bank.xml")
    assert "#3 " in "".join(ET.parse(tmp_path / "bank.xml").getroot().itertext())


def test_check_names_the_lines(tmp_path, capsys):
    path = tmp_path / "bank.yml"
    path.write_text(QUESTION.format(**GOOD | {"text": '"$\\neq$"', "feedback": "See #3"}))
    assert cli.main(["quiz", "check", str(path)]) == 1
    said = "".join(capsys.readouterr())
    assert f"{path}:8: text: in double quotes" in said
    assert f"{path}:10: feedback: ends at “See”" in said
