"""The photographs of goods: whole, credited, split by photograph, and chosen again the same."""

import hashlib
import io
import shutil
import tomllib
import zipfile

import numpy as np
import pytest
from PIL import Image

from embeddings_course.data import goods, select_goods
from helpers.refusals import raises


def test_every_kind_has_as_many_photographs_half_of_them_for_training():
    every = goods.load()
    assert len(goods.KINDS) == 28
    assert len(every) == len(every.ids) == len(set(every.ids)) == len(every.unseen) == 672
    assert np.bincount(every.kind).tolist() == [24] * 28
    for part in goods.PARTS:
        some = goods.load(part)
        assert np.bincount(some.kind).tolist() == [12] * 28
        assert set(some.part) == {part}
        assert some.ids == tuple(np.array(every.ids)[every.part == part])
    for image, kind, id in zip(every.images, every.kind, every.ids, strict=True):
        assert image.dtype == np.uint8
        assert image.shape[2] == 3
        assert min(image.shape[:2]) == 96
        assert id.startswith(f"{every.names[kind]}/")


def test_what_is_shipped_is_small_and_has_a_credit():
    path = goods.files(goods.__package__) / "goods.zip"
    assert path.stat().st_size < 3_000_000
    assert "CC BY 4.0" in goods.CREDIT.licence
    assert "Perona" in goods.CREDIT.authors
    assert goods.CREDIT.source.startswith("https://doi.org/")
    assert str(len(goods.load()) + len(goods.load(kinds=goods.NEW_KINDS))) in goods.CREDIT.changes


def test_new_kinds_come_only_when_they_are_named():
    assert not set(goods.KINDS) & set(goods.NEW_KINDS)
    new = goods.load("test", kinds=goods.NEW_KINDS)
    assert new.names == goods.NEW_KINDS
    assert np.bincount(new.kind).tolist() == [6] * len(goods.NEW_KINDS)
    mixed = goods.load(kinds=["lamp", goods.NEW_KINDS[0]])
    assert np.bincount(mixed.kind).tolist() == [24, 12]


def test_no_photograph_is_nearly_another_of_its_kind():
    every = goods.load()
    small = [select_goods.thumbnail(Image.fromarray(image)) for image in every.images]
    for kind in range(len(every.names)):
        rows = np.flatnonzero(every.kind == kind)
        for n, one in enumerate(rows):
            for other in rows[n + 1 :]:
                assert select_goods.likeness(small[one], small[other]) < select_goods.ALIKE


def test_some_photographs_of_both_parts_were_held_out_from_the_embedded_backbone():
    every = goods.load()
    assert every.unseen.sum() > 100
    for part in goods.PARTS:
        assert every.unseen[every.part == part].any()


def test_squares_show_the_middle_in_one_shape():
    some = goods.load("test", kinds=["umbrella"])
    squares = some.squares(96)
    assert squares.shape == (12, 96, 96, 3)
    wide = next(n for n, image in enumerate(some.images) if image.shape[1] > 100)
    left = (some.images[wide].shape[1] - 96) // 2
    middle = some.images[wide][:96, left : left + 96]
    assert np.abs(squares[wide].astype(int) - middle).max() <= 1


def test_photographs_cannot_be_changed_by_accident():
    with pytest.raises(ValueError, match="read-only"):
        goods.load().images[0][0, 0] = 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"part": "left"}, ("goods-part-unknown", "left", "train", "test")),
        ({"kinds": []}, ("goods-kinds-empty",)),
        ({"kinds": "lamp"}, ("goods-kinds-one-text", "lamp")),
        ({"kinds": ["lamp", "lamp"]}, ("goods-kind-twice",)),
        ({"kinds": ["lmap"]}, ("goods-kind-unknown", "lmap", "barrel", "yin_yang")),
    ],
)
def test_impossible_wishes_are_refused_with_a_sentence(arguments, said):
    with raises(ValueError, *said):
        goods.load(**arguments)
    with raises(ValueError, "integer-out-of-range", "size", 4):
        goods.load("test", kinds=["lamp"]).squares(4)


@pytest.mark.parametrize(
    ("damage", "code"),
    [
        ("missing", "goods-unreadable"),
        ("truncated", "goods-damaged"),
        ("altered", "goods-damaged"),
    ],
)
def test_a_damaged_file_is_named_with_what_to_do(tmp_path, monkeypatch, damage, code):
    folder = goods.files(goods.__package__)
    content = bytearray((folder / "goods.zip").read_bytes())
    content[1000] ^= 1
    if damage != "missing":
        (tmp_path / "goods.zip").write_bytes(content[:5000] if damage == "truncated" else content)
    monkeypatch.setattr(goods, "files", lambda package: tmp_path)
    goods._photographs.cache_clear()
    try:
        with raises(FileNotFoundError, code, tmp_path / "goods.zip", "git checkout") as e:
            goods.load()
    finally:
        goods._photographs.cache_clear()
    assert "\n" not in str(e.value)


@pytest.fixture
def caltech(tmp_path, monkeypatch):
    """A tiny Caltech-101: two kinds of goods with a twin in one of them, and two other classes."""
    rng = np.random.default_rng(0)
    for name in ("lamp", "yin_yang", "ant", "BACKGROUND_Google"):
        (tmp_path / name).mkdir()
        for n in range(1, 6):
            pixels = rng.integers(0, 256, (6, 8, 3), np.uint8).repeat(40, 0).repeat(40, 1)
            Image.fromarray(pixels).save(tmp_path / name / f"image_{n:04}.jpg")
    with Image.open(tmp_path / "lamp" / "image_0001.jpg") as image:
        image.transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(tmp_path / "lamp" / "image_0002.jpg")
    monkeypatch.setattr(select_goods, "KINDS", ("lamp",))
    monkeypatch.setattr(select_goods, "NEW_KINDS", ("yin_yang",))
    monkeypatch.setattr(select_goods, "PER_KIND", 4)
    monkeypatch.setattr(select_goods, "PER_NEW_KIND", 2)
    monkeypatch.setattr(select_goods, "held_out_caltech", lambda names: set(names[:2] + names[-1:]))
    return tmp_path


def test_the_selection_can_be_made_again_from_class_folders(caltech, tmp_path, monkeypatch):
    select_goods.main(["--caltech101", str(caltech), "--to", str(tmp_path / "a")])
    select_goods.main(["--caltech101", str(caltech), "--to", str(tmp_path / "b")])
    first, again = ((tmp_path / to / "goods.zip").read_bytes() for to in "ab")
    assert first == again
    listed = tomllib.loads((tmp_path / "a" / "goods.toml").read_text("utf-8"))
    assert listed["sha256"] == hashlib.sha256(first).hexdigest()
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        names = archive.namelist()
        assert [name.partition("/")[0] for name in names] == ["lamp"] * 4 + ["yin_yang"] * 2
        twins = {"lamp/image_0001.jpg", "lamp/image_0002.jpg"}
        assert len(twins & set(names)) == 1, "a mirrored copy is nearly the same"
        with Image.open(io.BytesIO(archive.read(names[0]))) as image:
            assert image.size == (128, 96)
    monkeypatch.setattr(select_goods, "PER_KIND", 5)
    with raises(ValueError, "photographs-too-alike", 5, 4):
        select_goods.select_goods(caltech, tmp_path / "a")


def test_a_photograph_of_the_right_size_is_copied_byte_by_byte(tmp_path):
    Image.new("RGB", (120, 96)).save(tmp_path / "a.jpg", quality=33)
    assert select_goods.jpeg(tmp_path / "a.jpg") == (tmp_path / "a.jpg").read_bytes()


def test_torchvision_can_bring_the_photographs(caltech, tmp_path_factory, monkeypatch):
    folder = tmp_path_factory.mktemp("downloaded")

    class Caltech101:
        def __init__(self, root, download):
            assert download
            self.root = root / "caltech101"
            shutil.copytree(caltech, self.root / "101_ObjectCategories")

    monkeypatch.setattr(select_goods.torchvision.datasets, "Caltech101", Caltech101)
    select_goods.main(["--download", str(folder), "--to", str(folder / "a")])
    assert (folder / "a" / "goods.zip").is_file()
