"""The weights that ship: what the card says of them, and that they are good enough."""

import json

import numpy as np

from embeddings_course.backbones import EMBEDDED_FOLDER, load_backbone
from embeddings_course.data import photos
from embeddings_course.features import extract


def test_the_model_card_says_what_the_report_says():
    card = (EMBEDDED_FOLDER / "README.md").read_text(encoding="utf-8")
    report = json.loads((EMBEDDED_FOLDER / "report.json").read_text(encoding="utf-8"))
    assert report["sha256"] in card
    for part in ("caltech101-test", "cifar10-test"):
        row = " | ".join(f"{100 * value:.1f} %" for value in report["accuracy"][part].values())
        assert row in card, f"{part}: {row}"
    for count in report["images"].values():
        assert f"{count:,}" in card
    assert f"{report['recipe']['steps']:,} steps" in card
    assert f"{report['training minutes']:.0f} minutes" in card


def test_frames_of_one_camera_are_neighbours():
    # The book asserts the comparison with baselines; this guards the weights themselves.
    backbone = load_backbone("embedded")
    known, asked = (photos.frames(side, per_camera=10) for side in photos.SIDES)
    vectors = [extract(frames.images, backbone) for frames in (known, asked)]
    gallery, queries = (v / np.linalg.norm(v, axis=1, keepdims=True) for v in vectors)
    nearest = known.camera[(queries @ gallery.T).argmax(axis=1)]
    assert (nearest == asked.camera).mean() >= 0.70
