"""What explorables share: how data reach the page, and what is refused."""

import base64
import gzip
import json
import re
from importlib import import_module

import numpy as np
import pytest

from embeddings_course.explorables import Explorable, packed
from embeddings_course.explorables.explorable import ASSETS, photo
from embeddings_course.maps.sprite import sprite
from helpers.refusals import raises
from helpers.repository import ROOT

SHARED = {"explorable", "live"}
NAMES = sorted(path.stem for path in ASSETS.glob("*.js") if path.stem not in SHARED)


@pytest.mark.parametrize("kind", ["int8", "uint8", "uint16", "int32", "float32"])
def test_a_packed_array_is_the_array(kind):
    array = np.arange(6).reshape(2, 3).astype(kind)
    found = packed(array[:, ::-1])
    assert (found["kind"], found["shape"]) == (kind, [2, 3])
    data = np.frombuffer(base64.b64decode(found["data"]), np.dtype(kind).newbyteorder("<"))
    assert np.array_equal(data.reshape(2, 3), array[:, ::-1])


def test_numbers_that_would_be_cut_are_refused():
    with raises(TypeError, "explorable-array-type"):
        packed(np.zeros(3))


def test_an_explorable_needs_a_caption_and_a_script():
    with raises(ValueError, "explorable-needs-caption"):
        Explorable(NAMES[0] if NAMES else "x", " ", "", {})
    with raises(ValueError, "explorable-unknown"):
        Explorable("not_there", "Try it", "", {})


@pytest.fixture
def made(monkeypatch, tmp_path):
    (tmp_path / "one.js").touch()
    monkeypatch.setattr("embeddings_course.explorables.explorable.ASSETS", tmp_path)
    return Explorable("one", " A <caption> ", "<p>prepared</p>", {"text": "</script><b>", "n": 1})


def test_nothing_in_the_data_ends_the_script_and_readers_without_one_see_what_is_prepared(made):
    html = made.html()
    (data,) = re.findall(r'class="explorable-data">(.*?)</script>', html, re.DOTALL)
    assert json.loads(data) == {"text": "</script><b>", "n": 1}
    assert "A &lt;caption&gt;" in html and "<p>prepared</p>" in html
    assert "script" not in made.readable_html()
    assert repr(made) == "Explorable 'A <caption>'"


def test_the_book_gets_the_data_and_a_saved_notebook_what_can_be_read(made, monkeypatch):
    monkeypatch.setenv("COURSE_BOOK_BUILD", "1")
    assert made._repr_mimebundle_()["text/html"] == made.html()
    monkeypatch.delenv("COURSE_BOOK_BUILD")
    saved = made._repr_mimebundle_()["text/html"]
    assert saved.startswith("<style>") and saved.endswith(made.readable_html())


@pytest.mark.parametrize("name", NAMES)
def test_each_script_has_its_function_and_its_test(name):
    assert import_module(f"embeddings_course.explorables.{name}")
    assert (ROOT / "tests" / "explorables" / f"test_{name}.py").is_file()


def test_all_scripts_together_are_small():
    scripts = [path.read_bytes() for path in ASSETS.glob("*.js")]
    assert sum(len(gzip.compress(script)) for script in scripts) <= 20_000


def test_pictures_of_a_sheet_have_their_place_and_a_label(monkeypatch, tmp_path):
    (tmp_path / "one.js").touch()
    monkeypatch.setattr("embeddings_course.explorables.explorable.ASSETS", tmp_path)
    sheet = sprite([np.zeros((8, 8, 3), np.uint8)] * 5, 5)  # in two rows of three
    assert 'aria-label="a &lt;cat&gt;" style="--row:1;--column:1"' in photo(4, sheet, "a <cat>")
    html = Explorable("one", "Look", photo(4, sheet, "x"), {}, sheet).readable_html()
    assert f'style="--sheet:url({sheet.url});--columns:3;--rows:2"' in html
