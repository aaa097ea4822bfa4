"""What is shown to a person in a terminal."""

import io
import shutil

import pytest

from embeddings_course._shared.console import printable, say
from embeddings_course._shared.failures import explained, keep_traceback


@pytest.mark.parametrize(
    "text",
    [
        "\x1b[2J\x1b[H",
        "\x1b]0;another title\x07",
        "\x9b31m",  # the same in one letter
        "to the left \u202e and back \u2066",
        "\u200f\ufeff\xad",
        "half \ud800",
        "\b\b\b\r",
    ],
)
def test_nothing_that_a_terminal_obeys_is_shown(text):
    assert printable(text).isprintable()
    file = io.StringIO()
    say(text, file=file)
    assert file.getvalue().rstrip("\n").isprintable()


def test_names_of_all_languages_stay_as_they_are():
    for name in ("Łukasz Żółć", "علی‌رضا", "李明", "O'Neil-Smith", "क्‍ष"):
        assert printable(name) == name


def test_lines_and_the_spaces_at_their_beginning_stay():
    file = io.StringIO()
    say("first\n  second  third\n", file=file)
    assert file.getvalue() == "first\n  second  third\n\n"


def test_what_an_encoding_lacks_is_a_question_mark():
    raw = io.BytesIO()
    file = io.TextIOWrapper(raw, encoding="cp1252", write_through=True)
    say("absent: łukasz", file=file)
    assert raw.getvalue().strip() == b"absent: ?ukasz"


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (FileNotFoundError(2, "No such file or directory", "a.csv"), "No such file"),
        (OSError("cannot identify image file 'a.png'"), "cannot identify image file 'a.png'"),
        (shutil.Error([("a", "b", "no room for b"), ("c", "d", "e")]), "no room for b; e"),
        (shutil.Error([(str(n), "", f"why {n}") for n in range(9)]), "why 2 and 6 more"),
        (OSError(), "OSError"),
        (OSError(28, "No space left on device"), "No space left on device"),
    ],
)
def test_an_error_is_explained_whatever_it_holds(error, said):
    assert said in explained(error)
    assert "None" not in explained(error)


def test_the_details_of_an_error_are_kept_and_their_place_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    try:
        raise OSError("some text")
    except OSError:
        said = keep_traceback()
    [log] = tmp_path.iterdir()
    assert str(log) in said
    text = log.read_text(encoding="utf-8")
    assert "Traceback" in text and "OSError: some text" in text
