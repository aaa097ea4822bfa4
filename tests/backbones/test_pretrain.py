"""The script that trained the embedded backbone: held-out photographs, views, resuming."""

import pickle
import random
import shutil
from dataclasses import dataclass

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn
from torchvision.datasets import cifar

from embeddings_course.backbones import pretrain
from embeddings_course.backbones.pretrain import Recipe
from helpers.refusals import raises


@dataclass(frozen=True)
class TinyRecipe(Recipe):
    """A few small views in each step."""

    steps: int = 4
    cifar_per_step: int = 4
    caltech_per_step: int = 3
    size: int = 32
    final_size: int = 32
    final_share: float = 0.5


class TinyNetwork(nn.Module):
    """Stands in for a ResNet-18, which takes seconds for a step: it has normalisation as well."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3)
        self.norm = nn.BatchNorm2d(8)
        self.fc = nn.Linear(8, 10)

    def forward(self, images):
        return self.fc(self.norm(self.conv(images)).relu().mean((2, 3)))


@pytest.fixture
def tiny_network(monkeypatch):
    monkeypatch.setattr(pretrain.torchvision.models, "resnet18", TinyNetwork)


@pytest.fixture
def folders(tmp_path):
    """Two tiny data sets in class folders, with noise for pictures."""
    rng = np.random.default_rng(0)

    def save(path, height, width):
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, 256, (height, width, 3), dtype=np.uint8)).save(path)

    for part in ("train", "test"):
        for name in ("cat", "ship"):
            for n in range(5):
                save(tmp_path / "cifar10" / part / name / f"{n:04d}.png", 32, 32)
    for name in ("Faces", "Faces_easy", "BACKGROUND_Google"):
        for n in range(6):
            save(tmp_path / "caltech101" / name / f"image_{n:04d}.jpg", 120, 200 if n else 480)
    return tmp_path


@pytest.fixture
def tiny_data(folders, monkeypatch):
    monkeypatch.setattr(pretrain, "HELD_OUT_CALTECH", 4)
    return pretrain.read_data(folders / "cifar10", folders / "caltech101", None)


def test_the_held_out_photographs_do_not_depend_on_order_or_place():
    names = [f"class{n % 7}/image_{n:04d}.jpg" for n in range(2000)]
    shuffled = random.Random(0).sample(names, len(names))
    held_out = pretrain.held_out_caltech(names)
    assert held_out == pretrain.held_out_caltech(shuffled)
    assert len(held_out) == pretrain.HELD_OUT_CALTECH


def test_both_copies_of_a_face_are_on_the_same_side():
    names = [f"{c}/image_{n:04d}.jpg" for c in ("Faces", "Faces_easy", "chair") for n in range(435)]
    held_out = pretrain.held_out_caltech(names)
    for n in range(435):
        copies = {f"{c}/image_{n:04d}.jpg" in held_out for c in ("Faces", "Faces_easy")}
        assert len(copies) == 1


def test_reading_splits_scales_and_leaves_the_background_class_out(tiny_data):
    data, classes = tiny_data
    assert classes == ["cat", "ship", "Faces", "Faces_easy"]
    assert len(data["cifar10-train"].label) == len(data["cifar10-test"].label) == 10
    train, test = data["caltech101-train"], data["caltech101-test"]
    assert len(test.label) >= 4
    assert len(train.label) + len(test.label) == 12
    assert (train.extent.min(1).values == pretrain.CALTECH_SHORT_SIDE).all()
    assert train.extent.max() == pretrain.CALTECH_LONGEST


def test_torchvisions_own_data_sets_are_read_alike(folders, tmp_path, monkeypatch):
    root = tmp_path / "downloaded"
    batches = root / "cifar-10-batches-py"
    batches.mkdir(parents=True)
    for name in [f"data_batch_{n}" for n in range(1, 6)] + ["test_batch"]:
        rows = {"data": np.zeros((2, 3072), np.uint8), "labels": [0, 1]}
        (batches / name).write_bytes(pickle.dumps(rows))
    (batches / "batches.meta").write_bytes(pickle.dumps({"label_names": ["cat", "ship"]}))
    shutil.copytree(folders / "caltech101", root / "caltech101" / "101_ObjectCategories")
    monkeypatch.setattr(cifar, "check_integrity", lambda *_: True)  # of the real files' sums
    monkeypatch.setattr(pretrain, "HELD_OUT_CALTECH", 4)

    data, classes = pretrain.read_data(None, None, root)
    assert classes == ["cat", "ship", "Faces", "Faces_easy"]
    assert [len(data[f"cifar10-{part}"].label) for part in ("train", "test")] == [10, 2]
    from_folders, _ = pretrain.read_data(folders / "cifar10", folders / "caltech101", None)
    for part in ("caltech101-train", "caltech101-test"):
        assert torch.equal(data[part].pixels, from_folders[part].pixels)


def test_a_data_set_that_is_not_named_is_asked_for(tmp_path):
    with raises(ValueError, "pretrain-folders-missing"):
        pretrain.read_data(tmp_path, None, None)


def test_views_stay_inside_the_used_part_of_the_canvas(tiny_data):
    data, _ = tiny_data
    pictures = data["caltech101-train"]
    white = torch.zeros_like(pictures.pixels)
    for n, (height, width) in enumerate(pictures.extent.int().tolist()):
        white[n, :, :height, :width] = 255
    rows = torch.arange(len(pictures.label)).repeat(20)
    views = pretrain.views(
        pretrain.Pictures(white, pictures.extent, pictures.label),
        rows,
        32,
        0.25,
        torch.Generator().manual_seed(0),
    )
    assert views.shape == (len(rows), 3, 32, 32)
    # Whatever its brightness, a view of an all-white picture is even, but for the noise.
    assert views.std(dim=(2, 3)).max() < 0.05


def test_the_contrastive_loss_is_low_only_when_views_find_their_partner():
    anchors = torch.eye(8)
    right = pretrain.nt_xent(torch.cat([anchors, anchors]), 0.1)
    wrong = pretrain.nt_xent(torch.cat([anchors, anchors.roll(1, 0)]), 0.1)
    assert right < 0.01 < 5 < wrong


def test_every_pass_shows_every_picture_once():
    rows = torch.cat([pretrain.rows_of(step, 10, 4, seed=1) for step in range(5)])
    assert sorted(rows[:10].tolist()) == list(range(10)) == sorted(rows[10:].tolist())
    assert rows[:10].tolist() != rows[10:].tolist()


@pytest.mark.usefixtures("tiny_network")
def test_an_interrupted_training_goes_on_where_it_was(tiny_data, tmp_path, monkeypatch):
    data, classes = tiny_data
    monkeypatch.setattr(pretrain, "CHECKPOINT_EVERY", 2)
    for name in ("whole", "halves"):
        (tmp_path / name).mkdir()
    whole, _ = pretrain.train(data, classes, TinyRecipe(), tmp_path / "whole")

    original, calls = pretrain.nt_xent, []

    def interrupted(*arguments):
        calls.append(1)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return original(*arguments)

    monkeypatch.setattr(pretrain, "nt_xent", interrupted)
    with pytest.raises(KeyboardInterrupt):
        pretrain.train(data, classes, TinyRecipe(), tmp_path / "halves")
    halves, _ = pretrain.train(data, classes, TinyRecipe(), tmp_path / "halves")
    assert len(calls) == 4 + 2, "the second run must start at the checkpoint"
    for name, value in whole.state_dict().items():
        assert torch.equal(value, halves.state_dict()[name]), name


@pytest.mark.usefixtures("tiny_network")
def test_a_checkpoint_of_another_recipe_is_refused(tiny_data, tmp_path):
    data, classes = tiny_data
    pretrain.train(data, classes, TinyRecipe(), tmp_path)
    with raises(SystemExit, "checkpoint-of-another-recipe"):
        pretrain.train(data, classes, TinyRecipe(steps=5), tmp_path)


def test_the_command_writes_weights_that_the_package_can_read(folders, tmp_path, monkeypatch):
    monkeypatch.setattr(pretrain, "HELD_OUT_CALTECH", 4)
    monkeypatch.setattr(pretrain, "Recipe", TinyRecipe)
    work = tmp_path / "work"
    data = ["--cifar10", str(folders / "cifar10"), "--caltech101", str(folders / "caltech101")]
    pretrain.main([*data, "--work", str(work), "--steps", "2"])
    assert (work / "resnet18.safetensors").stat().st_size > 20_000_000
    assert '"sha256"' in (work / "report.json").read_text()


@pytest.mark.parametrize("wrong", ["nowhere", "empty"])
def test_missing_pictures_are_said_in_a_sentence(tmp_path, wrong):
    (tmp_path / "empty").mkdir()
    with pytest.raises(SystemExit, match=wrong):
        pretrain.read_data(tmp_path / wrong, tmp_path / wrong, None)
