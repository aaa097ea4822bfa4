"""The cameras: real photographs, halves that share no pixel, and the truth about every frame."""

import numpy as np
import pytest

from embeddings_course.data import photos
from helpers.refusals import raises


def test_every_photograph_ships_with_an_installed_package_and_has_a_credit():
    assert len(photos.CAMERAS) >= 20
    for camera in (*photos.CAMERAS, photos.STEREO_RIGHT):
        picture = photos.photo(camera.name)
        assert picture.dtype == np.uint8
        assert picture.ndim == 3
        assert picture.shape[2] == 3
        assert picture.std() > 5, f"{camera.name} is blank"
        assert camera.author
        assert camera.licence
        assert camera.source.startswith("http")


def test_frames_come_with_ids_cameras_and_a_truth_for_each():
    got = photos.frames("left", per_camera=3, size=32, cameras=["coffee", "moon"])
    assert got.images.shape == (6, 32, 32, 3)
    assert got.images.dtype == np.uint8
    assert got.names == ("coffee", "moon")
    assert got.camera.tolist() == [0, 0, 0, 1, 1, 1]
    assert len(set(got.ids)) == len(got.ids) == len(got.truth) == len(got) == 6


def test_left_and_right_frames_share_no_pixel():
    for side in photos.SIDES:
        got = photos.frames(side, per_camera=30, size=8)
        for n, index in enumerate(got.camera):
            height, width = photos.photo(got.names[index]).shape[:2]
            box = got.truth[n]
            assert 0 <= box["top"] <= height - box["side"]
            if side == "left":
                assert box["left"] >= 0
                assert box["left"] + box["side"] <= width // 2
            else:
                assert box["left"] >= width - width // 2
                assert box["left"] + box["side"] <= width


def test_the_truth_tells_how_each_frame_was_made():
    got = photos.frames("right", per_camera=10, size=16)
    for n, index in enumerate(got.camera):
        height, width = photos.photo(got.names[index]).shape[:2]
        share = got.truth["side"][n] / min(height, width // 2)
        assert 0.49 <= share <= 0.96
    assert 0.3 < got.truth["mirrored"].mean() < 0.7
    for factor in ("brightness", "contrast"):
        assert got.truth[factor].min() >= 0.7
        assert got.truth[factor].max() <= 1.3
    assert got.truth["noise"].min() >= 0
    assert got.truth["noise"].max() <= 8


def test_a_frame_shows_its_crop():
    got = photos.frames("left", per_camera=10, size=64, cameras=["coffee"])
    for image, box in zip(got.images, got.truth, strict=True):
        crop = photos.photo("coffee")[
            box["top"] : box["top"] + box["side"], box["left"] : box["left"] + box["side"]
        ]
        rows = np.linspace(0, box["side"] - 1, 64).astype(int)
        small = crop[rows][:, rows[::-1] if box["mirrored"] else rows]
        assert np.corrcoef(small.ravel(), image.ravel())[0, 1] > 0.8


def test_the_same_seed_gives_the_same_frames_and_another_seed_others():
    first = photos.frames("left", per_camera=2, size=24, seed=3)
    again = photos.frames("left", per_camera=2, size=24, seed=3)
    other = photos.frames("left", per_camera=2, size=24, seed=4)
    assert np.array_equal(first.images, again.images)
    assert not np.array_equal(first.images, other.images)
    assert not set(first.ids) & set(other.ids)


def test_a_frame_does_not_depend_on_how_many_others_are_asked_for():
    many = photos.frames("right", per_camera=5, size=24)
    few = photos.frames("right", per_camera=2, size=24, cameras=["moon", "astronaut"])
    moon = many.images[many.camera == many.names.index("moon")]
    assert np.array_equal(few.images[:2], moon[:2])


def test_the_stereo_pair_is_one_scene_in_two_photographs():
    left, right = photos.stereo_pair()
    assert left.shape == right.shape
    assert not np.array_equal(left, right)
    assert "motorcycle-right" not in photos.frames("left", per_camera=1, size=8).names


def test_photographs_cannot_be_changed_by_accident():
    with pytest.raises(ValueError, match="read-only"):
        photos.photo("coffee")[0, 0] = 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"side": "top"}, ("side-unknown", "'left'", "'right'")),
        ({"per_camera": 0}, ("integer-out-of-range", "per_camera", "0", "1")),
        ({"per_camera": 2.5}, ("integer-out-of-range", "per_camera", "2.5")),
        ({"per_camera": True}, ("integer-out-of-range", "per_camera", "True")),
        ({"size": 4}, ("integer-out-of-range", "size", "4", "8")),
        ({"seed": -1}, ("integer-out-of-range", "seed", "-1")),
        ({"cameras": []}, ("cameras-empty", "cameras")),
        ({"cameras": "coffee"}, ("cameras-one-text",)),
        ({"cameras": ["coffee", "coffee"]}, ("cameras-repeated",)),
        ({"cameras": ["cofee"]}, ("camera-unknown", "'cofee'")),
    ],
)
def test_impossible_wishes_are_refused_with_a_sentence(arguments, message):
    with raises(ValueError, *message):
        photos.frames(**({"side": "left", "per_camera": 1, "size": 8} | arguments))
