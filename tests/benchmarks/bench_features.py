"""How fast `extract` is, as ratios: python tests/benchmarks/bench_features.py

Each row compares two ways to the same vectors, in interleaved rounds, because a machine's speed
changes while it is measured. The other ways are what people would use: one image at a time, as
img2vec does; timm with a DataLoader; onnxruntime on the exported network, its images prepared
beforehand (`pip install onnx onnxruntime` brings that row). The table is Markdown.
"""

from __future__ import annotations

import argparse
import copy
import importlib
import importlib.util
import logging
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import nn
from torch.utils.data import DataLoader, Dataset
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


def as_it_comes(backbone: Backbone) -> nn.Module:
    """The network as others run it: the channels of a pixel do not lie side by side."""
    return copy.deepcopy(backbone.network).eval().to(memory_format=torch.contiguous_format)


def one_at_a_time(
    images: list[Image.Image] | list[Path], backbone: Backbone, network: nn.Module
) -> np.ndarray:
    vectors = []
    with torch.inference_mode():
        for image in images:
            opened = Image.open(image) if isinstance(image, Path) else image
            pixels = backbone.preprocess(pil_to_tensor(opened.convert("RGB"))[None])
            vectors.append(network(pixels)[0].numpy())
    return np.stack(vectors)


class Files(Dataset):
    """JPEG files, read and prepared one by one, as a DataLoader of timm's recipes has them."""

    def __init__(self, files: list[Path], backbone: Backbone) -> None:
        self.files, self.backbone = files, backbone

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, row: int) -> torch.Tensor:
        pixels = pil_to_tensor(Image.open(self.files[row]).convert("RGB"))
        return self.backbone.preprocess(pixels[None])[0]


def with_a_data_loader(files: list[Path], backbone: Backbone, network: nn.Module) -> np.ndarray:
    workers = min(4, os.cpu_count() or 1)
    loader = DataLoader(Files(files, backbone), batch_size=BATCH, num_workers=workers)
    with torch.inference_mode():
        return torch.cat([network(batch) for batch in loader]).numpy()


def exported(network: nn.Module, backbone: Backbone, folder: Path) -> Callable | None:
    """Return what runs the network in onnxruntime, or None where that is not installed."""
    if not all(map(importlib.util.find_spec, ("onnx", "onnxruntime"))):
        return None
    runtime = importlib.import_module("onnxruntime")
    path, images = folder / "network.onnx", torch.zeros(BATCH, 3, backbone.size, backbone.size)
    torch.onnx.export(
        network, (images,), path, dynamo=False, input_names=["images"],
        dynamic_axes={"images": {0: "b"}},
    )  # fmt: skip
    settings = runtime.SessionOptions()
    settings.intra_op_num_threads = torch.get_num_threads()
    session = runtime.InferenceSession(path, settings, providers=["CPUExecutionProvider"])

    def run(batches: list[torch.Tensor]) -> np.ndarray:
        found = [session.run(None, {"images": batch.numpy()})[0] for batch in batches]
        return np.concatenate(found)

    return run


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
    parser.add_argument("--backbone", default="efficientnet_lite0")
    parser.add_argument("--size", type=int, help="pixels; the network's own by default")
    parser.add_argument("--untrained", action="store_true", help="random weights, no download")
    options = parser.parse_args()

    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    backbone = load_backbone(options.backbone, trained=not options.untrained, size=options.size)
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
        plain, network = [batch.contiguous() for batch in prepared], as_it_comes(backbone)
        onnx = exported(network, backbone, Path(folder))

        def ours(given: np.ndarray | list, precision: str = "float32") -> np.ndarray:
            return extract(given, backbone, batch_size=BATCH, progress=False, precision=precision)

        ways = {
            "array": lambda: ours(images),
            "array, bfloat16": lambda: ours(images, "bfloat16"),
            "bare": lambda: bare(prepared, backbone),
            "PIL, one at a time": lambda: one_at_a_time(as_pil, backbone, network),
            "files": lambda: ours(files),
            "files, bfloat16": lambda: ours(files, "bfloat16"),
            "files, one at a time": lambda: one_at_a_time(files, backbone, network),
            "files, DataLoader": lambda: with_a_data_loader(files, backbone, network),
        }
        if onnx is not None:
            ways["onnxruntime"] = lambda: onnx(plain)
        took: dict[str, list[float]] = {name: [] for name in ways}
        bare(prepared[:2], backbone)
        for _ in tqdm(range(options.rounds), desc="Rounds"):
            for name, way in ways.items():
                took[name].append(seconds(way))

    rows = (
        ("array in memory / bare network, tensors ready", "array", "bare", 0.9),
        (
            "bfloat16, array in memory / one PIL image at a time",
            "array, bfloat16",
            "PIL, one at a time",
            3.5,
        ),
        (
            "bfloat16, JPEG files / one JPEG file at a time",
            "files, bfloat16",
            "files, one at a time",
            3.5,
        ),
        ("JPEG files / timm with a DataLoader", "files", "files, DataLoader", 1.0),
        ("array in memory / onnxruntime, tensors ready", "array", "onnxruntime", ""),
        (
            "bfloat16, array in memory / onnxruntime, tensors ready",
            "array, bfloat16",
            "onnxruntime",
            1.0,
        ),
    )
    print(
        f"{len(images)} images of {PIXELS} px, {backbone.name} at {backbone.size} px, batches of "
        f"{BATCH}, {torch.get_num_threads()} threads, median of {options.rounds} rounds\n"
    )
    print("| extract | images/s | against | ratio | aim |")
    print("| --- | --- | --- | --- | --- |")
    for title, our, their, aim in rows:
        if their not in took:
            continue
        ratio = statistics.median(b / a for a, b in zip(took[our], took[their], strict=True))
        speeds = (len(images) / statistics.median(took[name]) for name in (our, their))
        print("| {} | {:.0f} | {:.0f} | {:.2f} | {} |".format(title, *speeds, ratio, aim))


if __name__ == "__main__":
    main()
