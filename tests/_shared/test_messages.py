"""Messages: sentences with codes, by which tests know them while their wording improves."""

import ast
import copy
import pickle
import re

import pytest

from embeddings_course._shared.messages import Message, codes
from embeddings_course.quiz.question_files import QuizError
from helpers.refusals import raises
from helpers.repository import ROOT

# Parts of a sentence, to which others add the beginning or the end; all others end with a full stop
# or with what is filled in.
PARTS = {
    "channel-message-too-large",
    "file-held-by-another-program",
    "formula-foreign-element",
    "id-begins-with-dot",
    "id-empty",
    "id-too-long",
    "id-with-outer-space",
    "id-with-slash",
    "not-a-date",
    "question-file-missing",
    "record-damaged",
    "record-too-large",
    "time-bad-clock",
    "time-offset-unknown",
    "time-other-weekday",
    "time-too-many-numbers",
    "time-two-digit-year",
    "time-unknown-word",
    "time-without-clock",
    "time-without-date",
    "time-without-year",
    "time-zone-ambiguous",
    "time-zone-unknown",
    "typed-ids-unreadable",
    "wire-bytes-repeated",
    "wire-texts-too-large",
    "zone-unknown",
}


def written():
    """Yield the code of each message in the package, its place, and its text; {} is filled in."""
    for path in sorted((ROOT / "embeddings_course").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            named = isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Message"
            if named and isinstance(node.args[0], ast.Constant):
                yield node.args[0].value, f"{path.name}:{node.lineno}", text_of(node.args[1])


def text_of(node):
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(text_of(part) for part in node.values)
    if isinstance(node, ast.BinOp):
        return text_of(node.left) + text_of(node.right)
    return "{}"


WRITTEN = list(written())


def test_a_code_has_one_place_and_is_written_like_all_others():
    places = {}
    for code, place, _ in WRITTEN:
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", code), f"{place}: {code}"
        assert code not in places, f"{code} is in {place} and in {places[code]}"
        places[code] = place
    assert len(places) > 200


def test_messages_are_sentences():
    known = {code for code, _, _ in WRITTEN}
    assert known >= PARTS
    for code, place, text in WRITTEN:
        assert text.strip() == text and "  " not in text.replace("\n  ", ""), f"{place}: {text}"
        assert text.endswith((".", "{}")) or code in PARTS, f"{place}: {text}"


def test_a_message_is_its_text_and_keeps_its_code_wherever_it_goes():
    message = Message("two-words", "Two words.")
    assert message == "Two words." and f"{message}" == "Two words." and str(message) == message
    moved = [pickle.loads(pickle.dumps(message)), copy.deepcopy(message), message.within("> ", "!")]
    assert [each.code for each in moved] == ["two-words"] * 3
    assert moved[2] == "> Two words.!"


def test_codes_of_an_error_are_those_of_all_its_lines_and_of_its_cause():
    cause = ValueError(Message("a-cause", "Because."))
    error = QuizError([Message("one-line", "One."), "plain", Message("another-line", "Two.")])
    error.__cause__ = cause
    assert codes(error) == ["one-line", "another-line", "a-cause"]
    assert codes(OSError(2, "No such file")) == codes("text") == codes(None) == []


@pytest.mark.parametrize(
    ("code", "named"),
    [("other-code", []), ("row-missing", ["5"]), ("row-missing", ["1"]), ("row-missing", ["x"])],
)
def test_another_error_is_not_taken_for_the_one_that_is_expected(code, named):
    def fail():
        raise ValueError(Message("row-missing", "There are 15 rows in box, 2.5 are missing."))

    with raises(ValueError, "row-missing", 15, "2.5", "box"):
        fail()
    with pytest.raises(AssertionError), raises(ValueError, code, *named):
        fail()
    with pytest.raises(ValueError), raises(KeyError, "row-missing"):
        fail()
    with pytest.raises(pytest.fail.Exception), raises(ValueError, "row-missing"):
        pass
