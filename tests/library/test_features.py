"""Features: right vectors in the right order, little memory, nothing lost to a broken file."""

from __future__ import annotations

import copy
import logging
import multiprocessing
import os
import sqlite3
import subprocess
import sys
import threading
import time
import tracemalloc
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from embeddings_course import features
from embeddings_course._shared import precision
from embeddings_course.backbones import Backbone, load_backbone
from embeddings_course.backbones.folded import folded
from embeddings_course.data import goods
from embeddings_course.features import BrokenImagesError, extract, list_images
from helpers.refusals import raises
from helpers.repository import ROOT


@pytest.fixture(scope="module")
def resnet() -> Backbone:
    return load_backbone("embedded", trained=False, size=64)


class Means(nn.Module):
    """A network that a test can compute by hand: the mean of each channel, times a weight."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(3))
        self.seen: list[int] = []

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        self.seen.append(len(images))
        return images.mean((2, 3)) * self.weight


class AsFloat(nn.Module):
    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return nn.functional.interpolate(images.float(), size=(8, 8), mode="nearest")


as_float = AsFloat()


@pytest.fixture
def means() -> Backbone:
    return Backbone("means", "mean", 3, 8, Means().eval(), as_float)


def noise(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def plain(*colour: int, size: tuple[int, int] = (10, 12)) -> np.ndarray:
    return np.full((*size, 3), colour, np.uint8)


def save(path: Path, pixels: np.ndarray, **options) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path, **options)
    return path


@pytest.fixture
def folder(tmp_path) -> Path:
    """Five images whose vectors are their colours, in nested folders; two files are not images."""
    root = tmp_path / "photos"
    for n, name in enumerate(["b.png", "a/z.PNG", "a/y.bmp", "a-1.png", "c/d/e.tif"]):
        save(root / name, plain(10 * n, n, 100))
    (root / "notes.txt").write_text("not an image")
    (root / "._b.png").write_bytes(b"what macOS leaves beside files")
    return root


FOLDER_ORDER = [3, 2, 1, 0, 4]  # "a-1.png" < "a/y.bmp" < "a/z.PNG" < "b.png" < "c/d/e.tif"


# --- what goes in --------------------------------------------------------------------------------


def test_array_gives_float32_vectors_in_order(means):
    images = np.stack([plain(n, 2 * n, 3 * n) for n in range(70)])
    vectors = extract(images, means, batch_size=16)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(vectors, np.arange(70)[:, None] * [1.0, 2, 3], atol=1e-4)
    assert sum(means.network.seen) == 70
    assert max(means.network.seen) == 16, "one tensor a batch"


def test_array_list_pil_and_files_give_the_vectors_of_the_usual_loop(resnet, tmp_path):
    images = noise(9, 80, 100, 3)
    with torch.inference_mode():
        loop = [
            resnet.network(resnet.preprocess(torch.tensor(image).permute(2, 0, 1)[None]))[0]
            for image in images
        ]
    expected = torch.stack(loop).numpy()
    files = [save(tmp_path / f"{n}.png", image) for n, image in enumerate(images)]
    for given in (
        images,
        list(images),
        tuple(Image.fromarray(image) for image in images),
        files,
        [str(file) for file in files],
    ):
        np.testing.assert_allclose(extract(given, resnet), expected, rtol=1e-3, atol=1e-4)


def test_a_list_may_mix_kinds_shapes_and_colour_modes(means, tmp_path):
    grey16 = Image.fromarray(np.full((9, 9), 200 * 257, np.uint16))
    grey16.save(tmp_path / "grey16.png")
    palette = Image.fromarray(plain(255, 0, 0)).convert("P", palette=Image.Palette.ADAPTIVE)
    palette.save(tmp_path / "palette.gif")
    given = {
        "array": (plain(1, 2, 3), [1, 2, 3]),
        "grey array": (np.full((30, 20), 7, np.uint8), [7, 7, 7]),
        "grey PIL": (Image.new("L", (5, 6), 9), [9, 9, 9]),
        "black and white": (Image.new("1", (5, 6), 1), [255] * 3),
        "16-bit file": (tmp_path / "grey16.png", [200] * 3),
        "16-bit PIL": (grey16, [200] * 3),
        "palette file": (str(tmp_path / "palette.gif"), [255, 0, 0]),
        "opaque": (Image.new("RGBA", (4, 4), (10, 20, 30, 255)), [10, 20, 30]),
        "transparent is white": (Image.new("RGBA", (4, 4), (10, 20, 30, 0)), [255] * 3),
        "RGBA array": (np.full((6, 5, 4), (10, 20, 30, 255), np.uint8), [10, 20, 30]),
        "read-only": (np.broadcast_to(np.uint8([4, 5, 6]), (8, 9, 3)), [4, 5, 6]),
        "one pixel": (plain(1, 1, 2, size=(1, 1)), [1, 1, 2]),
    }
    vectors = extract([image for image, _ in given.values()], means, batch_size=5)
    for (name, (_, colour)), vector in zip(given.items(), vectors, strict=True):
        np.testing.assert_allclose(vector, colour, atol=0.5, err_msg=name)


def test_exif_orientation_of_a_file_is_applied(resnet, tmp_path):
    upright = noise(8, 8, 3).repeat(8, 0).repeat(10, 1)
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned clockwise for viewing
    save(tmp_path / "turned.png", np.rot90(upright).copy(), exif=exif)
    turned, as_is = extract([tmp_path / "turned.png", upright], resnet)
    np.testing.assert_allclose(turned, as_is, rtol=1e-3, atol=1e-4)


def test_folder_is_taken_in_the_order_of_list_images(means, folder):
    vectors = extract(folder, means)
    np.testing.assert_allclose(vectors[:, 1], FOLDER_ORDER, atol=1e-4)
    files = list_images(folder)
    assert [path.relative_to(folder).as_posix() for path in files] == [
        "a-1.png",
        "a/y.bmp",
        "a/z.PNG",
        "b.png",
        "c/d/e.tif",
    ]
    np.testing.assert_array_equal(extract(files, means), vectors)
    np.testing.assert_array_equal(extract(str(folder), means), vectors)


def test_vectors_do_not_depend_on_order_or_batch(resnet):
    images = [*noise(7, 70, 90, 3), *noise(6, 64, 64, 3)]
    together = extract(images, resnet)
    one_by_one = np.concatenate([extract([image], resnet) for image in images])
    order = np.random.default_rng(1).permutation(len(images))
    shuffled = extract([images[n] for n in order], resnet, batch_size=4)
    np.testing.assert_allclose(one_by_one, together, rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(shuffled, together[order], rtol=1e-3, atol=1e-4)


def test_threads_that_start_later_have_as_many_torch_threads_as_before(resnet):
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        extract(noise(3, 64, 64, 3), resnet)
        seen = [torch.get_num_threads()]
        thread = threading.Thread(target=lambda: seen.append(torch.get_num_threads()))
        thread.start()
        thread.join()
    finally:
        torch.set_num_threads(before)
    assert seen == [2, 2]


def test_frozen_and_trained_parts_of_a_network_keep_their_modes(resnet):
    network = copy.deepcopy(resnet.network).train()
    frozen = [m for m in network.modules() if isinstance(m, nn.BatchNorm2d)]
    for module in frozen:
        module.eval()
    extract(noise(2, 64, 64, 3), replace(resnet, network=network))
    assert network.training
    assert not any(module.training for module in frozen)


def test_a_network_left_in_training_mode_is_run_in_evaluation_mode_and_put_back():
    backbone = load_backbone("embedded", trained=False, size=32)
    images = noise(4, 32, 32, 3)
    expected = extract(images, backbone)
    backbone.network.train()
    np.testing.assert_allclose(extract(images, backbone), expected, rtol=1e-4, atol=1e-5)
    assert backbone.network.training


def test_many_images_get_the_vectors_of_few(monkeypatch):
    """For many images the network is made quicker first."""
    backbone, made = load_backbone("efficientnet_lite0", size=64), []
    monkeypatch.setattr(features, "folded", lambda *given: made.append(given) or folded(*given))
    images = noise(features._WORTH_FOLDING, 64, 64, 3)
    digest = backbone.digest
    together = extract(images, backbone)
    assert len(made) == 1
    apart = np.concatenate([extract(images[:60], backbone), extract(images[60:], backbone)])
    assert len(made) == 1
    np.testing.assert_allclose(together, apart, rtol=1e-3, atol=1e-4)
    assert backbone.digest == digest


# --- what is wrong with the input ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("images", "said"),
    [
        ([], ("images-empty", "images")),
        (np.empty((0, 8, 8, 3), np.uint8), ("images-without-pixels",)),
        (np.zeros((8, 8, 3), np.uint8), ("images-wrong-shape", "[8, 8, 3]", "[image]")),
        (np.zeros((5, 3, 8, 9), np.uint8), ("images-wrong-shape", "transpose")),
        (np.zeros((5, 8, 9, 2), np.uint8), ("images-wrong-shape", "[n, h, w, 3]")),
        (np.zeros((2, 8, 8, 3), np.float32), ("pixels-not-uint8", "images * 255")),
        (np.full((2, 8, 8, 3), 200.0), ("pixels-not-uint8", "images.round")),
        (np.full((2, 8, 8, 3), np.nan), ("pixels-not-uint8", "NaN")),
        (np.zeros((2, 8, 8, 3), np.int64), ("pixels-not-uint8",)),
        (np.zeros((2, 8, 8, 3), np.uint16), ("pixels-not-uint8", "// 257")),
        ([np.zeros((8, 8, 3)), np.zeros((8, 8, 3))], ("pixels-not-uint8", "images[0]")),
        (
            [np.zeros((8, 8, 3), np.uint8), np.zeros((8,), np.uint8)],
            ("image-wrong-shape", "images[1]"),
        ),
        ([np.zeros((0, 8, 3), np.uint8)], ("image-without-pixels",)),
        ([3], ("image-wrong-type", "images[0]", "int")),
        ([None], ("image-wrong-type", "NoneType")),
        (Image.new("RGB", (4, 4)), ("images-one-picture", "[image]")),
        (torch.zeros(2, 3, 8, 8), ("images-tensor", "permute")),
        ((n for n in range(3)), ("images-wrong-type", "generator")),
        (7, ("images-wrong-type", "int")),
        ("no/such/folder", ("folder-missing", "no/such/folder")),
        (__file__, ("folder-is-file", __file__)),
    ],
)
def test_wrong_input_is_refused_with_what_was_expected(means, images, said):
    with raises(ValueError, *said) as caught:
        extract(images, means)
    assert "\n" not in str(caught.value)
    assert not means.network.seen


def test_folder_without_images_is_refused(means, tmp_path):
    (tmp_path / "notes.txt").touch()
    with raises(ValueError, "folder-without-images", tmp_path):
        extract(tmp_path, means)


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"batch_size": 0}, "integer-out-of-range"),
        ({"batch_size": 2.0}, "integer-out-of-range"),
        ({"broken": "skip"}, "broken-unknown"),
        ({"precision": "float16"}, "precision-unknown"),
    ],
)
def test_wrong_option_is_refused(means, options, code):
    ((name, value),) = options.items()
    with raises(ValueError, code, name, value):
        extract(noise(2, 8, 8, 3), means, **options)


def broken_folder(folder: Path) -> Path:
    (folder / "a" / "empty.jpg").touch()
    (folder / "b2.png").write_text("this is text")
    save(folder / "z.jpg", noise(60, 60, 3))
    whole = (folder / "z.jpg").read_bytes()
    (folder / "z.jpg").write_bytes(whole[: len(whole) // 2])
    return folder


def test_broken_files_are_named_and_the_others_are_not_lost(means, folder):
    expected = extract(folder, means)
    files = list_images(broken_folder(folder))
    with pytest.raises(BrokenImagesError) as caught:
        extract(folder, means, batch_size=2)
    error = caught.value
    bad = [n for n, file in enumerate(files) if file.name in ("empty.jpg", "b2.png", "z.jpg")]
    assert list(error.broken) == bad
    assert len(bad) == 3
    for n in bad:
        assert str(files[n]) in str(error)
        assert error.broken[n] in str(error)
    assert "truncated" in error.broken[bad[-1]]
    assert 'broken="nan"' in str(error)
    assert error.features.shape == (8, 3)
    assert np.isnan(error.features[bad]).all()
    np.testing.assert_array_equal(np.delete(error.features, bad, 0), expected)


def test_broken_nan_returns_rows_of_nan_and_warns_in_the_log(means, folder, caplog):
    files = [*list_images(folder), folder / "gone.png", folder]
    with caplog.at_level(logging.WARNING):
        vectors = extract(files, means, broken="nan")
    assert np.isnan(vectors).any(1).tolist() == [False] * 5 + [True] * 2
    assert "gone.png (No such file" in caplog.text


def test_many_broken_files_are_counted_not_listed(means, tmp_path):
    files = [tmp_path / f"{n}.png" for n in range(300)]
    with raises(BrokenImagesError, "images-broken", "300", "295") as caught:
        extract(files, means)
    assert len(caught.value.broken) == 300
    assert len(str(caught.value)) < 2000


# --- memory, threads, progress -------------------------------------------------------------------


def test_thousands_of_files_hold_no_more_than_a_few_batches_of_pixels(tmp_path):
    count, batch, side = 3000, 20, 64
    image = tmp_path / "0.png"
    save(image, plain(1, 2, 3, size=(side, side)))
    ready, most = 0, 0  # images prepared, and how many of them were ahead of the network

    def preprocess(images: torch.Tensor) -> torch.Tensor:
        nonlocal ready, most
        ready += len(images)
        most = max(most, ready - sum(backbone.network.seen))
        return images.float()

    class Late(Means):
        def forward(self, images: torch.Tensor) -> torch.Tensor:
            if not self.seen:
                time.sleep(2)  # readers without a bound would be far ahead by now
            return super().forward(images)

    backbone = Backbone("means", "mean", 3, side, Late().eval(), preprocess)
    tracemalloc.start()
    try:
        vectors = extract([image] * count, backbone, batch_size=batch)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(vectors) == count
    assert most <= 10 * batch, "images prepared and waiting"
    one_batch = batch * side * side * 3
    assert peak < 20 * one_batch < count / batch * one_batch / 5, "decoded pixels alive at once"


def test_large_photographs_of_one_batch_are_not_decoded_all_at_once(means):
    class Lazy(list):
        """Twenty large images that exist only while somebody holds them."""

        def __getitem__(self, row: int) -> np.ndarray:
            return np.full((2000, 2000, 3), row, np.uint8)

        def __iter__(self):
            return iter([])

    tracemalloc.start()
    try:
        vectors = extract(Lazy(range(20)), means, batch_size=20)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    np.testing.assert_allclose(vectors[:, 0], range(20), atol=1e-3)
    assert peak < 8 * 2000 * 2000 * 3


def test_images_of_one_shape_are_prepared_together(means):
    seen = []

    def preprocess(images: torch.Tensor) -> torch.Tensor:
        seen.append(tuple(images.shape))
        assert images.dtype == torch.uint8
        return as_float(images)

    mixed = [*noise(3, 20, 30, 3), *noise(2, 30, 20, 3), *noise(3, 20, 30, 3)]
    vectors = extract(mixed, replace(means, preprocess=preprocess))
    assert sorted(seen) == [(2, 3, 30, 20), (6, 3, 20, 30)]
    np.testing.assert_allclose(vectors, extract(mixed, means))


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
def test_an_interruption_leaves_no_thread_behind(means, folder, error):
    class Interrupted(Means):
        def forward(self, images: torch.Tensor) -> torch.Tensor:
            if self.seen:
                raise error("stop")
            return super().forward(images)

    before = set(threading.enumerate())
    with pytest.raises(error) as caught:
        extract(list_images(folder) * 400, replace(means, network=Interrupted()), batch_size=4)
    assert caught.value is not None  # and with it the frames of the call
    assert set(threading.enumerate()) == before


def test_reading_goes_on_while_the_network_works(means, folder):
    """The network waits for a batch to be prepared that it has not been given yet."""
    prepared = threading.Semaphore(0)

    class Waiting(Means):
        def forward(self, images: torch.Tensor) -> torch.Tensor:
            if not self.seen:
                assert prepared.acquire(timeout=30)
                assert prepared.acquire(timeout=30), "nothing was prepared in the meantime"
            return super().forward(images)

    def preprocess(images: torch.Tensor) -> torch.Tensor:
        prepared.release()
        return as_float(images)

    backbone = replace(means, network=Waiting(), preprocess=preprocess)
    assert len(extract(list_images(folder), backbone, batch_size=1)) == 5


class Slow(Means):
    def forward(self, images: torch.Tensor) -> torch.Tensor:
        time.sleep(0.7)
        return super().forward(images)


def test_progress_is_shown_on_stderr_and_only_when_it_takes_long(means, capsys):
    images = noise(5, 8, 8, 3)
    slow = replace(means, network=Slow())
    extract(images, means, batch_size=1)
    extract(images, slow, batch_size=1, progress=False)
    assert capsys.readouterr() == ("", "")
    extract(images, slow, batch_size=1)
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "Extracting" in shown.err


def test_progress_can_be_turned_off_by_the_environment():
    run = "import test_features as t; from dataclasses import replace; import torch;"
    run += "b = t.Backbone('slow', 'mean', 3, 8, t.Slow(), t.as_float);"
    run += "t.extract(t.noise(5, 8, 8, 3), b, batch_size=1)"
    paths = [str(Path(__file__).parent), str(ROOT / "tests"), str(ROOT)]
    done = subprocess.run(
        [sys.executable, "-c", run],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "TQDM_DISABLE": "1", "PYTHONPATH": os.pathsep.join(paths)},
    )
    assert (done.stdout, done.stderr) == ("", "")


# --- cache ---------------------------------------------------------------------------------------


def computed(backbone: Backbone, images, cache: Path, **options) -> tuple[np.ndarray, int]:
    """Vectors, and how many of them went through the network."""
    backbone.network.seen.clear()
    vectors = extract(images, backbone, cache=cache, **options)
    return vectors, sum(backbone.network.seen)


def test_cache_goes_by_content_not_by_name(means, folder, tmp_path):
    cache = tmp_path / "new" / "cache"
    first, count = computed(means, folder, cache)
    assert count == 5
    again, count = computed(means, folder, cache)
    assert count == 0
    np.testing.assert_array_equal(again, first)

    (folder / "b.png").rename(folder / "renamed.png")
    save(folder / "a-1.png", plain(1, 99, 1))
    changed, count = computed(means, folder, cache)
    assert count == 1
    np.testing.assert_allclose(changed[:, 1], [99, 2, 1, 4, 0], atol=1e-4)


def test_cache_keeps_arrays_of_other_shape_or_pixels_apart(means, tmp_path):
    image = noise(6, 4, 3)
    for given, expected in (
        ([image], 1),
        ([image.reshape(4, 6, 3)], 1),
        ([image, image + 1], 1),
        ([Image.fromarray(image)], 0),
        (image[None], 0),
    ):
        vectors, count = computed(means, given, tmp_path)
        assert count == expected
        np.testing.assert_allclose(vectors, extract(given, means), rtol=1e-5)


def test_cache_keeps_backbones_apart_and_notices_further_training(means, tmp_path):
    images = noise(3, 8, 8, 3)
    computed(means, images, tmp_path)
    with torch.no_grad():
        means.network.weight.mul_(2)
    doubled, count = computed(means, images, tmp_path)
    assert count == 3
    np.testing.assert_allclose(doubled, extract(images, means))


def test_interrupted_run_keeps_what_it_did(means, tmp_path):
    class Interrupted(Means):
        def forward(self, images: torch.Tensor) -> torch.Tensor:
            if len(self.seen) == 3:
                raise KeyboardInterrupt
            return super().forward(images)

    images = noise(50, 8, 8, 3)
    with pytest.raises(KeyboardInterrupt):
        computed(replace(means, network=Interrupted()), images, tmp_path, batch_size=10)
    vectors, count = computed(means, images, tmp_path, batch_size=10)
    assert count == 20
    np.testing.assert_allclose(vectors, extract(images, means))


def test_broken_files_are_not_cached(means, folder, tmp_path):
    broken_folder(folder)
    for expected in (5, 0):
        vectors, count = computed(means, folder, tmp_path / "cache", broken="nan")
        assert count == expected
        assert np.isnan(vectors).any(1).sum() == 3


@pytest.mark.parametrize("damage", ["text", "empty", "cut", "middle", "folder", "other table"])
def test_damaged_cache_file_is_set_aside_and_computed_again(means, tmp_path, damage, caplog):
    images = noise(300, 8, 8, 3)
    expected, _ = computed(means, images, tmp_path)
    (file,) = tmp_path.glob("*.sqlite")
    content = file.read_bytes()
    file.unlink()
    if damage == "folder":
        file.mkdir()
    elif damage == "other table":
        with sqlite3.connect(file) as db:
            db.execute("CREATE TABLE vectors (something TEXT)")
        db.close()
    else:
        middle = content[:4096] + b"\xff" * (len(content) - 4096)
        changed = {"text": b"text" * 999, "empty": b"", "cut": content[:5000], "middle": middle}
        file.write_bytes(changed[damage])
    with caplog.at_level(logging.WARNING):
        vectors, _ = computed(means, images, tmp_path)
    np.testing.assert_array_equal(vectors, expected)
    assert ("computed again" in caplog.text) == (damage != "empty")
    again, count = computed(means, images, tmp_path)
    assert count == 0, "the new file works"
    np.testing.assert_array_equal(again, expected)


def test_row_of_wrong_length_is_computed_again(means, tmp_path, caplog):
    images = noise(4, 8, 8, 3)
    expected, _ = computed(means, images, tmp_path)
    (file,) = tmp_path.glob("*.sqlite")
    with sqlite3.connect(file) as db:
        db.execute("UPDATE vectors SET v = x'00' WHERE k = (SELECT min(k) FROM vectors)")
    db.close()
    with caplog.at_level(logging.WARNING):
        vectors, count = computed(means, images, tmp_path)
    assert count == 1
    assert "damaged vector" in caplog.text
    np.testing.assert_array_equal(vectors, expected)
    assert computed(means, images, tmp_path)[1] == 0


def test_cache_folder_that_cannot_be_made_is_refused(means, tmp_path):
    (tmp_path / "file").touch()
    with raises(ValueError, "cache-folder-impossible", tmp_path / "file"):
        extract(noise(1, 8, 8, 3), means, cache=tmp_path / "file")


def _extract_in_another_process(cache: Path, seed: int, start, results) -> None:
    backbone = Backbone("means", "mean", 3, 8, Means().eval(), as_float)
    start.wait()
    results.put(extract(noise(400, 8, 8, 3, seed=seed), backbone, cache=cache, batch_size=2))


def test_two_processes_share_a_cache(means, tmp_path):
    context = multiprocessing.get_context("spawn")
    start, results = context.Barrier(2), context.Queue()
    processes = [
        context.Process(target=_extract_in_another_process, args=(tmp_path, 0, start, results))
        for _ in range(2)
    ]
    for process in processes:
        process.start()
    found = [results.get(timeout=120) for _ in processes]
    for process in processes:
        process.join()
        assert process.exitcode == 0
    images = noise(400, 8, 8, 3)
    expected, count = computed(means, images, tmp_path)
    assert count == 0
    for vectors in found:
        np.testing.assert_array_equal(vectors, expected)


# --- precision -----------------------------------------------------------------------------------


@pytest.fixture
def processor(monkeypatch):
    """Say whether the processor has bfloat16: ``processor(True)``."""

    def has(whether: bool) -> None:
        monkeypatch.setattr(precision, "_has_bfloat16", lambda device: whether)
        precision._say_that_it_is_not_used.cache_clear()

    yield has
    precision._say_that_it_is_not_used.cache_clear()


@pytest.mark.parametrize("name", ["embedded", "efficientnet_lite0"])
def test_bfloat16_gives_the_same_vectors_but_for_rounding(processor, name):
    processor(True)  # where it has not, torch computes as if it had
    backbone = load_backbone(name, size=96)
    images = goods.load("test", kinds=goods.KINDS[::4]).images
    exact, rounded = (extract(images, backbone, precision=p) for p in ("float32", "bfloat16"))
    assert rounded.dtype == np.float32
    assert not np.array_equal(exact, rounded)
    exact, rounded = (v / np.linalg.norm(v, axis=1, keepdims=True) for v in (exact, rounded))
    assert (exact * rounded).sum(axis=1).min() >= 0.999
    nearest = []
    for vectors in (exact, rounded):
        cosines = vectors @ vectors.T
        np.fill_diagonal(cosines, -1)
        nearest.append(cosines.argmax(axis=1))
    assert (nearest[0] == nearest[1]).mean() >= 0.9
    # Where the nearest is another one, both were as near as rounding can tell.
    rows = np.arange(len(exact))
    gap = (exact[rows] * (exact[nearest[0]] - exact[nearest[1]])).sum(axis=1)
    assert gap.max() < 0.02


def test_the_first_layers_stay_in_float32_while_they_have_few_weights(processor):
    processor(True)
    seen = {}

    class Layers(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.few, self.many = nn.Conv2d(3, 16, 3), nn.Conv2d(16, 128, 3)
            self.later = nn.Conv2d(128, 8, 1)

        def forward(self, images: torch.Tensor) -> torch.Tensor:
            seen["few"] = self.few(images)
            seen["many"] = self.many(seen["few"])
            seen["later"] = self.later(seen["many"])
            return seen["later"].mean((2, 3))

    backbone = Backbone("layers", "later", 8, 8, Layers().eval(), as_float)
    for _ in range(2):  # each batch begins in float32
        extract(noise(2, 8, 8, 3), backbone, precision="bfloat16")
        found = {name: made.dtype for name, made in seen.items()}
        assert found.pop("few") == torch.float32
        assert set(found.values()) == {torch.bfloat16}
    extract(noise(2, 8, 8, 3), backbone)
    assert {made.dtype for made in seen.values()} == {torch.float32}


def test_a_processor_without_bfloat16_computes_in_float32_and_says_so_once(
    processor, resnet, caplog
):
    processor(False)
    images = noise(3, 64, 64, 3)
    expected = extract(images, resnet)
    for _ in range(2):
        found = extract(images, resnet, precision="bfloat16")
        np.testing.assert_array_equal(found, expected)
    (said,) = caplog.messages
    assert "does not compute in bfloat16; float32 is used instead" in said


def test_the_cache_keeps_precisions_apart_but_not_what_was_only_asked_for(
    processor, means, tmp_path
):
    images = noise(4, 8, 8, 3)
    processor(True)
    for asked, expected in (("float32", 4), ("bfloat16", 4), ("bfloat16", 0), ("float32", 0)):
        _, count = computed(means, images, tmp_path, precision=asked)
        assert count == expected
    processor(False)
    _, count = computed(means, images, tmp_path, precision="bfloat16")
    assert count == 0, "float32 was used, whose vectors are there"
    assert len(list(tmp_path.glob("*.sqlite"))) == 2


@pytest.mark.parametrize(
    ("machine", "system", "has", "expected"),
    [
        ("x86_64", "Linux", {"avx512_bf16": True}, True),
        ("AMD64", "Windows", {"amx_bf16": True}, True),
        ("x86_64", "Linux", {"avx512_f": True, "avx512_bf16": False}, False),
        ("aarch64", "Linux", {"bf16": True}, True),
        ("arm64", "Darwin", {"bf16": True}, False),
        ("x86_64", "Linux", {}, False),
    ],
)
def test_bfloat16_is_used_where_the_processor_computes_in_it(
    monkeypatch, machine, system, has, expected
):
    monkeypatch.setattr(precision.platform, "machine", lambda: machine)
    monkeypatch.setattr(precision.platform, "system", lambda: system)
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: has)
    precision._has_bfloat16.cache_clear()
    try:
        assert precision._has_bfloat16("cpu") == expected
    finally:
        precision._has_bfloat16.cache_clear()


# Kinds of files and depths ------------------------------------------------------------------------


def test_a_folder_gives_all_that_pillow_reads(means, tmp_path, caplog):
    kinds = {"a.jpg": "JPEG", "b.jfif": "JPEG", "c.avif": "AVIF", "d.jpe": "JPEG", "e.jp2": None}
    kinds |= {"f.tga": None, "g.qoi": None, "h.PNG": None, "inner/i.ico": None, "j.pcx": None}
    (tmp_path / "inner").mkdir()
    for number, (name, kind) in enumerate(kinds.items()):
        Image.new("RGB", (16, 16), (20 * number, 0, 0)).save(tmp_path / name, kind)
    (tmp_path / "labels.csv").write_text("name,label\n")
    (tmp_path / "clip.mpg").write_bytes(b"\x00\x00\x01\xb3" + bytes(20))
    vectors = extract(tmp_path, means, progress=False)
    assert len(vectors) == len(kinds)
    np.testing.assert_allclose(vectors[:, 0], 20 * np.arange(len(kinds)), atol=4)
    assert caplog.text == "", "nothing that is an image was left out"


def test_images_that_are_left_out_are_named_with_the_reason(means, tmp_path, caplog):
    Image.new("RGB", (8, 8)).save(tmp_path / "a.png")
    Image.new("RGB", (8, 8)).save(tmp_path / "b.download", "JPEG")
    Image.new("RGB", (8, 8)).save(tmp_path / "c", "PNG")
    (tmp_path / "d.heic").write_bytes(b"\0\0\0\x18ftypheic")
    (tmp_path / "e.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    for name in ("notes.txt", "labels.csv", "Thumbs.db", "data.npy", ".hidden.heic"):
        (tmp_path / name).write_text("text")
    assert [path.name for path in list_images(tmp_path)] == ["a.png"]
    (told,) = caplog.messages
    assert told == (
        f"4 images in {tmp_path} left out: b.download (its ending is not that of an image; it is "
        "JPEG, so rename it), c (its ending is not that of an image; it is PNG, so rename it), "
        "d.heic (Pillow here does not read .heic; convert it to PNG or JPEG), e.svg (Pillow here "
        "does not read .svg; convert it to PNG or JPEG)."
    )
    (tmp_path / "a.png").unlink()
    with raises(ValueError, "folder-without-images", "4", "b.download"):
        list_images(tmp_path)


@pytest.mark.parametrize(
    ("values", "told"),
    [
        (np.tile(np.arange(256, dtype=np.int32), (16, 1)), "0 to 255, which is all but black"),
        (np.tile(np.arange(256, dtype=np.uint16), (16, 1)), "0 to 255, which is all but black"),
        (np.full((8, 8), 20, np.uint16), "20 to 20, which is all but black"),
        (np.full((8, 8), 1_000_000, np.int32), "1000000 to 1000000, which was cut off"),
        (np.array([[-5, 70]], np.int32), "-5 to 70, which was cut off"),
        (np.full((8, 8), 200 * 257, np.uint16), ""),
        (np.full((8, 8), 200 * 257, np.int32), ""),
        (np.zeros((8, 8), np.uint16), ""),
    ],
)
@pytest.mark.parametrize("kind", ["file", "PIL"])
def test_deep_grey_on_another_scale_is_told(means, tmp_path, caplog, values, told, kind):
    image = Image.fromarray(values)
    image.save(tmp_path / "deep.tif")
    source = tmp_path / "deep.tif" if kind == "file" else image
    extract([noise(8, 8, 3), source], means, progress=False)
    if not told:
        assert caplog.text == ""
        return
    (message,) = caplog.messages
    name = tmp_path / "deep.tif" if kind == "file" else "images[1]"
    assert message.startswith("1 of 2 images are grey with 16 or 32 bits, taken for 0..65535")
    assert f"{name} ({told})" in message
    assert message.endswith("If 0..255 was meant, save them with 8 bits.")


@pytest.mark.parametrize(
    ("dtype", "value", "hint"),
    [
        (np.uint16, 255, "images.astype(np.uint8)"),
        (np.uint16, 256, "// 257"),
        (np.int32, 255, "images.astype(np.uint8)"),
        (np.int32, 256, "They hold 256 to 256: bring them to 0 to 255 first."),
        (np.int64, -1, "They hold -1 to -1"),
    ],
)
def test_the_hint_for_an_array_makes_it_neither_black_nor_another(means, dtype, value, hint):
    with raises(ValueError, "pixels-not-uint8") as refused:
        extract(np.full((1, 8, 8, 3), value, dtype), means)
    assert hint in str(refused.value)
