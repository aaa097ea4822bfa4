"""Batch norm of an untrained network gets the statistics of the images that it is given."""

import numpy as np
import pytest
import torch
from torch import nn

from embeddings_course.backbones import Backbone, calibrated, load_backbone
from embeddings_course.features import extract
from helpers.refusals import raises

# Sorted, as galleries are: dark images first, bright ones last.
IMAGES = np.repeat(np.linspace(20, 230, 40).astype(np.uint8), 16 * 16 * 3).reshape(40, 16, 16, 3)


def tiny(*layers):
    """A network whose vector is what it gives, averaged over places."""
    network = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten()).eval()
    return Backbone("tiny", "1", 3, 16, network, lambda pixels: pixels.float())


def test_the_statistics_are_those_of_the_images_although_they_are_sorted():
    backbone = tiny(nn.BatchNorm2d(3, affine=False))
    vectors = extract(IMAGES, calibrated(backbone, IMAGES, batch_size=8), progress=False)
    assert np.allclose(vectors.mean(axis=0), 0, atol=1e-3)
    assert np.allclose(vectors.std(axis=0), 1, atol=0.05)
    assert extract(IMAGES, backbone, progress=False).min() > 19, "the backbone stays as it is"


@pytest.mark.parametrize("name", ["embedded", "efficientnet_lite0"])
def test_weights_stay_and_vectors_do_not_depend_on_the_batch(name):
    untrained = load_backbone(name, trained=False, size=32)
    noise = np.random.default_rng(0).integers(0, 256, (12, 32, 32, 3), dtype=np.uint8)
    ready = calibrated(untrained, noise)
    for before, after in zip(
        untrained.network.parameters(), ready.network.parameters(), strict=True
    ):
        assert torch.equal(before, after)
    assert ready.digest != untrained.digest
    together = extract(noise, ready, progress=False)
    alone = extract(noise[:1], ready, progress=False)
    assert np.allclose(together[:1], alone, rtol=1e-3, atol=1e-4)


def test_dropout_stays_off_while_statistics_are_collected():
    backbone = tiny(nn.Dropout(0.9), nn.BatchNorm2d(3, affine=False))
    norm = calibrated(backbone, IMAGES).network[1]
    assert torch.allclose(norm.running_mean, torch.full((3,), float(IMAGES.mean())), rtol=0.01)


def test_what_cannot_be_calibrated_is_refused():
    with raises(ValueError, "calibration-without-batch-norm", "'tiny'"):
        calibrated(tiny(nn.Conv2d(3, 3, 1)), IMAGES)
    backbone = tiny(nn.BatchNorm2d(3))
    for wrong in (IMAGES[:0], IMAGES[..., :1], IMAGES.astype(np.float32), IMAGES[0]):
        with raises(ValueError, "calibration-images-wrong"):
            calibrated(backbone, wrong)
