"""How fast `extract` is, as ratios: python tests/benchmarks/bench_features.py

Each row compares two ways to the same vectors, in interleaved rounds, because a machine's speed
changes while it is measured. The table is Markdown.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torchvision.transforms.v2.functional import pil_to_tensor
from tqdm.auto import tqdm

from embeddings_course.backbones import Backbone, load_backbone
from embeddings_course.data import photos
from embeddings_course.features import extract

PIXELS = 224
BATCH = 32


def pictures(count: int) -> np.ndarray:
    """Photographs rather than noise, because JPEG files of noise are several times as large."""
    per_camera = -(-count // len(photos.CAMERAS))
    return photos.frames("left", per_camera=per_camera, size=PIXELS).images[:count]


def one_at_a_time(images: list[Image.Image] | list[Path], backbone: Backbone) -> np.ndarray:
    vectors = []
    with torch.inference_mode():
        for image in images:
            opened = Image.open(image) if isinstance(image, Path) else image
            pixels = backbone.preprocess(pil_to_tensor(opened.convert("RGB"))[None])
            vectors.append(backbone.network(pixels)[0].numpy())
    return np.stack(vectors)


def bare(batches: list[torch.Tensor], backbone: Backbone) -> np.ndarray:
    with torch.inference_mode():
        return torch.cat([backbone.network(batch) for batch in batches]).numpy()


def seconds(way: Callable[[], np.ndarray]) -> float:
    start = time.perf_counter()
    way()
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--images", type=int, default=512)
    parser.add_argument("--backbone", default="embedded", help="others run with random weights")
    options = parser.parse_args()

    backbone = load_backbone(options.backbone, trained=options.backbone == "embedded")
    images = pictures(options.images)
    as_pil = [Image.fromarray(image) for image in images]
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / f"{n:04}.jpg" for n in range(len(images))]
        for image, file in zip(as_pil, files, strict=True):
            image.save(file, quality=90)
        with torch.inference_mode():
            prepared = [
                backbone.preprocess(torch.from_numpy(part).permute(0, 3, 1, 2)).contiguous(
                    memory_format=torch.channels_last
                )
                for part in np.array_split(images, -(-len(images) // BATCH))
            ]

        def ours(given: np.ndarray | list) -> np.ndarray:
            return extract(given, backbone, batch_size=BATCH, progress=False)

        ways = {
            "array": lambda: ours(images),
            "bare": lambda: bare(prepared, backbone),
            "PIL, one at a time": lambda: one_at_a_time(as_pil, backbone),
            "files": lambda: ours(files),
            "files, one at a time": lambda: one_at_a_time(files, backbone),
        }
        took: dict[str, list[float]] = {name: [] for name in ways}
        bare(prepared[:2], backbone)
        for _ in tqdm(range(options.rounds), desc="Rounds"):
            for name, way in ways.items():
                took[name].append(seconds(way))

    rows = (
        ("extract, array in memory / bare network, tensors ready", "array", "bare", 0.9),
        ("extract, array in memory / one PIL image at a time", "array", "PIL, one at a time", 1.5),
        ("extract, JPEG files / one JPEG file at a time", "files", "files, one at a time", 1.5),
    )
    print(
        f"{len(images)} images of {PIXELS} px, {backbone.name} at {backbone.size} px, batches of "
        f"{BATCH}, {torch.get_num_threads()} threads, median of {options.rounds} rounds\n"
    )
    print("| throughput | images/s | against | ratio | aim |")
    print("| --- | --- | --- | --- | --- |")
    for title, our, their, aim in rows:
        ratio = statistics.median(b / a for a, b in zip(took[our], took[their], strict=True))
        speeds = (len(images) / statistics.median(took[name]) for name in (our, their))
        print("| {} | {:.0f} | {:.0f} | {:.2f} | {} |".format(title, *speeds, ratio, aim))


if __name__ == "__main__":
    main()
