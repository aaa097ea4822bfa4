"""Photographs of a student's own reach the notebook small, upright and without a place."""

import sys

import numpy as np
import pytest
from PIL import Image

from embeddings_course import own_photographs
from helpers.refusals import raises

SIDEWAYS, PLACE = 6, 0x8825  # EXIF: turn by 90 degrees; the block with GPS


def photograph(path, size=(900, 600), **options):
    """A photograph whose left third is white, as the sensor has it."""
    pixels = np.zeros((size[1], size[0], 3), np.uint8)
    pixels[:, : size[0] // 3] = 255
    Image.fromarray(pixels).save(path, **options)
    return path


def exif():
    noted = Image.Exif()
    noted[0x0112] = SIDEWAYS
    noted.get_ifd(PLACE)[2] = (52.0, 31.0, 12.0)
    return noted


@pytest.fixture
def folder(tmp_path):
    place = tmp_path / "photographs"
    place.mkdir()
    photograph(place / "door-1.jpg", exif=exif())
    photograph(place / "Door-2.PNG", (100, 80))
    photograph(place / "cat-1.webp")
    (place / "notes.txt").write_text("no photograph")
    return place


def test_photographs_are_small_upright_and_known_by_what_they_show(folder, capsys):
    own_photographs.collect(folder)
    found = own_photographs.collected()
    assert found.names == ("Door-2", "cat-1", "door-1")
    assert found.shows == ("door", "cat", "door")
    assert [image.shape for image in found.images] == [(80, 100, 3), (171, 256, 3), (256, 171, 3)]
    turned = found.images[2]  # what was at the left is at the top
    assert turned[20].mean() > 240 > 20 > turned[-20].mean()
    assert capsys.readouterr().out == "3 photographs of 2 things, at most 256 pixels on a side.\n"


def test_a_copy_says_nothing_of_where_and_when(folder, tmp_path):
    with Image.open(folder / "door-1.jpg") as image:
        assert image.getexif().get_ifd(PLACE)
    copy = tmp_path / "copy.jpg"
    copy.write_bytes(own_photographs.small_copy(folder / "door-1.jpg"))
    with Image.open(copy) as image:
        assert not image.getexif()


def test_what_cannot_be_read_is_named_and_the_rest_is_taken(folder, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    (folder / "door-3.heic").write_bytes(b"ftypheic")
    (folder / "door-4.jpg").write_bytes(b"no picture")
    own_photographs.collect(folder)
    said = capsys.readouterr().out
    assert "door-3.heic is in Apple's format HEIC" in said and "pip install pillow-heif" in said
    assert "door-4.jpg cannot be read as a picture" in said
    assert len(own_photographs.collected().images) == 3


def test_heic_without_a_reader_is_refused_with_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    with raises(ValueError, "heic-unreadable"):
        own_photographs.small_copy(tmp_path / "door.heic")


def test_no_folder_and_an_empty_one_are_a_sentence(tmp_path, capsys):
    own_photographs.collect(tmp_path / "none")
    own_photographs.collect(tmp_path)
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("There is no folder") and "no photographs that can be read" in second


def test_what_the_cell_holds_gives_the_same_photographs(folder, monkeypatch):
    written = []

    class Shell:
        def set_next_input(self, text, replace):
            written.append((text, replace))

    monkeypatch.setattr(own_photographs, "_shell", Shell)
    own_photographs.collect(folder)
    before = own_photographs.collected()
    own_photographs._collected = own_photographs.Photographs()
    ((text, replace),) = written
    assert replace and max(map(len, text.splitlines())) < 120
    exec(text, {})
    after = own_photographs.collected()
    assert (after.names, after.shows) == (before.names, before.shows)
    for one, other in zip(before.images, after.images, strict=True):
        np.testing.assert_array_equal(one, other)
