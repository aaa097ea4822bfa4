"""Pretrain the embedded ResNet-18 on CIFAR-10 and Caltech-101.

    python -m embeddings_course.backbones.pretrain --cifar10 DIR --caltech101 DIR --work DIR
    python -m embeddings_course.backbones.pretrain --download DIR --work DIR

The first form reads class folders of image files (``DIR/train/<class>/``, ``DIR/test/<class>/``
for CIFAR-10, ``DIR/<class>/`` for Caltech-101), the second uses ``torchvision.datasets`` and
downloads what is missing. ``--work`` keeps a checkpoint: interrupt the run whenever you like and
start the same command again. At the end the folder holds ``resnet18.safetensors`` and
``report.json``, which the package's ``embedded/`` folder takes over.

Recipe. Every image of a batch is seen in two augmented views. One loss asks for the class of each
view (one head over the classes of both data sets), the other asks which view belongs to which
(NT-Xent; Chen and others, SimCLR, 2020). The first makes features that tell kinds of things apart,
the second keeps what tells one scene from another, which photographs of kinds never trained on
need. Joining the two is known to transfer better than labels alone (Islam and others, "A Broad
Study on the Transferability of Visual Representations with Contrastive Learning", 2021).

Held out before training: the test set of CIFAR-10 and 800 photographs of Caltech-101, those whose
``SHA-256("class/file name")`` comes first, so that the split is the same wherever the files come
from. ``Faces`` and ``Faces_easy`` hold the same photographs, so both copies stay on one side.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import platform
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torchvision
from PIL import Image
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional as F
from tqdm.auto import tqdm

from embeddings_course._shared.messages import Message
from embeddings_course._shared.whole_file import writing_whole
from embeddings_course.backbones import IMAGENET_MEAN, IMAGENET_STD

HELD_OUT_CALTECH = 800
CALTECH_SHORT_SIDE = 96
CALTECH_LONGEST = 160
CHECKPOINT_EVERY = 100  # steps


@dataclass(frozen=True)
class Recipe:
    """Everything that decides the weights, beside the photographs."""

    steps: int = 4800
    cifar_per_step: int = 88  # images of CIFAR-10 in a batch; each is seen in two views
    caltech_per_step: int = 40
    size: int = 64  # pixels of a view
    final_size: int = 96  # ... in the last `final_share` of the steps
    final_share: float = 0.15
    contrastive_weight: float = 0.5
    temperature: float = 0.2
    label_smoothing: float = 0.1
    peak_rate: float = 0.1
    warm_up: float = 0.15  # share of the steps in which the learning rate rises
    momentum: float = 0.9
    weight_decay: float = 5e-4
    smallest_crop: float = 0.25  # of the area
    seed: int = 0


@dataclass(frozen=True)
class Pictures:
    """Images on one canvas size: ``pixels`` uint8 [n, 3, H, W], used area ``extent`` [n, 2]."""

    pixels: torch.Tensor
    extent: torch.Tensor  # float32 [n, 2]: height and width that the image fills, from the top left
    label: torch.Tensor  # int64 [n]


# --- reading the two data sets -------------------------------------------------------------------


def held_out_caltech(names: list[str]) -> set[str]:
    """Choose the photographs that training must not see.

    Parameters
    ----------
    names : list of str
        ``class/file name`` of all photographs, in any order.

    Returns
    -------
    set of str
        At least :data:`HELD_OUT_CALTECH` names; both copies of a photograph or neither.
    """

    def key(name: str) -> str:
        return hashlib.sha256(name.replace("Faces_easy/", "Faces/").encode()).hexdigest()

    ordered = sorted(names, key=lambda name: (key(name), name))
    last = key(ordered[HELD_OUT_CALTECH - 1])
    return {name for name in ordered if key(name) <= last}


def _canvases(
    listed: list[tuple[Path | Image.Image, int]], size: int | None, what: str
) -> Pictures:
    """Put images on canvases; with ``size`` the short side is scaled to it first."""
    longest = 32 if size is None else CALTECH_LONGEST
    pixels = np.zeros((len(listed), longest, longest, 3), np.uint8)
    extent = np.empty((len(listed), 2), np.float32)
    for n, (source, _) in enumerate(tqdm(listed, desc=f"Reading {what}")):
        image = (Image.open(source) if isinstance(source, Path) else source).convert("RGB")
        if size is not None and min(image.size) != size:
            scale = size / min(image.size)
            edges = [max(size, round(scale * edge)) for edge in image.size]
            image = image.resize(edges, Image.Resampling.BICUBIC)
        width, height = image.size
        left, top = max(0, width - longest) // 2, max(0, height - longest) // 2
        width, height = min(width, longest), min(height, longest)
        pixels[n, :height, :width] = np.asarray(image.crop((left, top, left + width, top + height)))
        extent[n] = height, width
    return Pictures(
        torch.from_numpy(pixels).permute(0, 3, 1, 2).contiguous(),
        torch.from_numpy(extent),
        torch.tensor([label for _, label in listed]),
    )


def _class_folders(path: Path) -> list[tuple[Path, str]]:
    if not path.is_dir():
        sys.exit(f"There is no folder {path}. Give the folder with the class folders, see --help.")
    files = sorted(file for file in path.glob("*/*") if file.suffix.lower() in (".jpg", ".png"))
    if not files:
        sys.exit(f"{path} holds no class folders with .jpg or .png files. See --help.")
    return [(file, file.parent.name) for file in files]


def read_data(
    cifar10: Path | None, caltech101: Path | None, download: Path | None
) -> tuple[dict[str, Pictures], list[str]]:
    """Read both data sets; return their training and held-out parts, and the classes' names.

    Raises
    ------
    ValueError
        If there is no folder to download to, and one of the data sets is not named.
    """
    cifar: Mapping[str, Sequence[tuple[Path | Image.Image, str]]]
    if download is not None:
        sets = {
            part: torchvision.datasets.CIFAR10(download, train=part == "train", download=True)
            for part in ("train", "test")
        }
        cifar = {part: [(image, d.classes[n]) for image, n in d] for part, d in sets.items()}
        caltech101 = Path(torchvision.datasets.Caltech101(download, download=True).root)
        caltech101 /= "101_ObjectCategories"
    elif cifar10 is None or caltech101 is None:
        raise ValueError(
            Message(
                "pretrain-folders-missing",
                "Name the folders of both data sets, or one to download them to.",
            )
        )
    else:
        cifar = {part: _class_folders(cifar10 / part) for part in ("train", "test")}
    caltech = [(f, c) for f, c in _class_folders(caltech101) if c != "BACKGROUND_Google"]

    classes = sorted({c for _, c in cifar["train"]}) + sorted({c for _, c in caltech})
    number = {name: n for n, name in enumerate(classes)}
    aside = held_out_caltech([f"{c}/{file.name}" for file, c in caltech])
    data = {}
    for part in ("train", "test"):
        listed = [(image, number[c]) for image, c in cifar[part]]
        data[f"cifar10-{part}"] = _canvases(listed, None, f"CIFAR-10, {part}")
        listed = [
            (file, number[c])
            for file, c in caltech
            if (f"{c}/{file.name}" in aside) == (part == "test")
        ]
        data[f"caltech101-{part}"] = _canvases(listed, CALTECH_SHORT_SIDE, f"Caltech-101, {part}")
    return data, classes


# --- views ---------------------------------------------------------------------------------------


def views(
    pictures: Pictures, rows: torch.Tensor, size: int, smallest: float, rng: torch.Generator
) -> torch.Tensor:
    """Cut one augmented view of each picture: float32 [len(rows), 3, size, size] in [0, 1]."""

    def uniform(low: float, high: float, *shape: int) -> torch.Tensor:
        return torch.rand(len(rows), *shape, generator=rng) * (high - low) + low

    canvas = pictures.pixels[rows].float().div_(255)
    extent = pictures.extent[rows]  # [b, 2]
    area = uniform(smallest, 1.0)
    aspect = torch.exp(uniform(-math.log(4 / 3), math.log(4 / 3)))
    side = torch.sqrt(area * extent.prod(1))
    crop = torch.stack([side / aspect.sqrt(), side * aspect.sqrt()], 1).minimum(extent)  # [b, 2]
    corner = torch.rand(len(rows), 2, generator=rng) * (extent - crop)
    mirror = torch.where(torch.rand(len(rows), generator=rng) < 0.5, -1.0, 1.0)

    # The sampling grid in grid_sample's units: -1 and 1 are the canvas' outer edges.
    edge = canvas.shape[-1]
    centre = (2 * corner + crop) / edge - 1  # [b, 2] as (y, x)
    half = crop / edge
    steps = (2 * torch.arange(size) + 1) / size - 1
    y = centre[:, 0, None] + half[:, 0, None] * steps  # [b, size]
    x = centre[:, 1, None] + half[:, 1, None] * steps * mirror[:, None]
    grid = torch.stack([x[:, None, :].expand(-1, size, -1), y[:, :, None].expand(-1, -1, size)], -1)
    view = F.grid_sample(canvas, grid, mode="bilinear", padding_mode="border", align_corners=False)

    # Colour: contrast, brightness, saturation, a cast of each channel, now and then no colour.
    mean = view.mean((1, 2, 3), keepdim=True)
    view = (view - mean) * uniform(0.6, 1.4, 1, 1, 1) + mean
    view = view * uniform(0.6, 1.4, 1, 1, 1) * uniform(0.85, 1.15, 3, 1, 1)
    grey = view.mean(1, keepdim=True)
    saturation = uniform(0.4, 1.4, 1, 1, 1)
    saturation[torch.rand(len(rows), generator=rng) < 0.15] = 0.0
    view = (view - grey) * saturation + grey
    noise = torch.randn(view.shape, generator=rng) * uniform(0.0, 0.03, 1, 1, 1)
    return (view + noise).clamp_(0, 1)


def normalise(images: torch.Tensor) -> torch.Tensor:
    """Shift and scale float32 [b, 3, h, w] in [0, 1] as the network expects it."""
    mean, std = (torch.tensor(v)[:, None, None] for v in (IMAGENET_MEAN, IMAGENET_STD))
    return ((images - mean) / std).contiguous(memory_format=torch.channels_last)


# --- training ------------------------------------------------------------------------------------


class Learner(nn.Module):
    """The backbone with the two heads of training; only the backbone is kept."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.backbone = torchvision.models.resnet18()
        width = self.backbone.fc.in_features
        self.backbone.fc = nn.Identity()
        self.classifier = nn.Linear(width, classes)
        self.projector = nn.Sequential(nn.Linear(width, width), nn.ReLU(), nn.Linear(width, 128))

    def forward(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the class scores [b, classes] and the projections [b, 128] of [b, 3, h, w]."""
        features = self.backbone(images)  # [b, 512]
        return self.classifier(features), self.projector(features)


def nt_xent(projected: torch.Tensor, temperature: float) -> torch.Tensor:
    """Contrastive loss over two views: rows ``i`` and ``i + n`` of [2n, d] belong together."""
    z = F.normalize(projected.float(), dim=1)
    similarity = z @ z.T / temperature
    similarity.fill_diagonal_(-torch.inf)
    partner = torch.arange(len(z)).roll(len(z) // 2)
    return F.cross_entropy(similarity, partner)


def rate(step: int, recipe: Recipe) -> float:
    """Learning rate of a step: a cosine up to the peak, then a cosine down to zero."""
    rise = recipe.warm_up * recipe.steps
    if step < rise:
        return recipe.peak_rate * (0.04 + 0.96 * (1 - math.cos(math.pi * step / rise)) / 2)
    return recipe.peak_rate * (1 + math.cos(math.pi * (step - rise) / (recipe.steps - rise))) / 2


def rows_of(step: int, count: int, batch: int, seed: int) -> torch.Tensor:
    """Rows of a data set for a step: endless reshuffled passes, the same after a resume."""
    wanted = range(step * batch, (step + 1) * batch)
    order = {
        epoch: np.random.default_rng([seed, count, epoch]).permutation(count)
        for epoch in range(wanted[0] // count, wanted[-1] // count + 1)
    }
    return torch.tensor([int(order[p // count][p % count]) for p in wanted])


def train(
    data: dict[str, Pictures], classes: list[str], recipe: Recipe, work: Path
) -> tuple[Learner, float]:
    """Train, or go on from ``work/checkpoint.pt``; return the learner and the seconds it took."""
    torch.manual_seed(recipe.seed)
    learner = Learner(len(classes)).to(memory_format=torch.channels_last)
    decayed = [p for p in learner.parameters() if p.ndim > 1]
    plain = [p for p in learner.parameters() if p.ndim == 1]
    groups: list[dict[str, Any]] = [
        {"params": decayed, "weight_decay": recipe.weight_decay},
        {"params": plain},
    ]
    optimiser = torch.optim.SGD(
        groups,
        lr=recipe.peak_rate,
        momentum=recipe.momentum,
        nesterov=True,
    )
    first, seconds = 0, 0.0
    checkpoint = work / "checkpoint.pt"
    if checkpoint.exists():
        state = torch.load(checkpoint, weights_only=True)
        if state["recipe"] != asdict(recipe):
            sys.exit(
                Message(
                    "checkpoint-of-another-recipe",
                    f"{checkpoint} is of another recipe; choose another --work or remove it.",
                )
            )
        learner.load_state_dict(state["learner"])
        optimiser.load_state_dict(state["optimiser"])
        first, seconds = state["step"], state["seconds"]

    learner.train()
    started = time.monotonic()
    bar = tqdm(range(first, recipe.steps), initial=first, total=recipe.steps, desc="Pretraining")
    for step in bar:
        for group in optimiser.param_groups:
            group["lr"] = rate(step, recipe)
        late = step >= recipe.steps * (1 - recipe.final_share)
        size = recipe.final_size if late else recipe.size
        rng = torch.Generator().manual_seed(recipe.seed * 1_000_003 + step)
        parts, labels = [], []
        for part, batch in (
            ("cifar10-train", recipe.cifar_per_step),
            ("caltech101-train", recipe.caltech_per_step),
        ):
            rows = rows_of(step, len(data[part].label), batch, recipe.seed)
            parts.append([views(data[part], rows, size, recipe.smallest_crop, rng) for _ in "12"])
            labels.append(data[part].label[rows])
        images = normalise(torch.cat([p[v] for v in (0, 1) for p in parts]))
        target = torch.cat(labels).repeat(2)

        with torch.autocast("cpu", torch.bfloat16):
            logits, projected = learner(images)
        classified = F.cross_entropy(logits.float(), target, label_smoothing=recipe.label_smoothing)
        contrasted = nt_xent(projected, recipe.temperature)
        loss = classified + recipe.contrastive_weight * contrasted
        if not torch.isfinite(loss):
            sys.exit(f"The loss became {loss.item()} in step {step}; lower peak_rate.")
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()

        if step % 20 == 0:
            bar.set_postfix(classes=f"{classified:.2f}", views=f"{contrasted:.2f}")
        if (step + 1) % CHECKPOINT_EVERY == 0 or step + 1 == recipe.steps:
            state = {
                "recipe": asdict(recipe),
                "learner": learner.state_dict(),
                "optimiser": optimiser.state_dict(),
                "step": step + 1,
                "seconds": seconds + time.monotonic() - started,
            }
            with writing_whole(checkpoint) as file:
                torch.save(state, file)
    return learner, seconds + time.monotonic() - started


def accuracy(learner: Learner, pictures: Pictures, size: int) -> float:
    """Accuracy on whole pictures, their used area scaled to ``size`` by ``size``."""
    learner.eval()
    right = 0
    for rows in torch.arange(len(pictures.label)).split(200):
        squares = []
        for row in rows:
            height, width = pictures.extent[row].int().tolist()
            squares.append(
                F.interpolate(
                    pictures.pixels[row, :, :height, :width].float()[None] / 255,
                    size=(size, size),
                    mode="bilinear",
                    antialias=True,
                )
            )
        with torch.inference_mode():
            logits, _ = learner(normalise(torch.cat(squares)))
        right += (logits.argmax(1) == pictures.label[rows]).sum().item()
    return right / len(pictures.label)


# --- command line --------------------------------------------------------------------------------


def main(arguments: list[str] | None = None) -> None:
    """Read the command line, train, measure, and write weights and report."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cifar10", type=Path, help="folder with train/ and test/ class folders")
    parser.add_argument("--caltech101", type=Path, help="folder with the class folders")
    parser.add_argument("--download", type=Path, help="download both with torchvision to here")
    parser.add_argument("--work", type=Path, required=True, help="folder for checkpoint and result")
    parser.add_argument("--steps", type=int, default=Recipe.steps, help="training steps")
    options = parser.parse_args(arguments)
    if not options.download and not (options.cifar10 and options.caltech101):
        parser.error("give --cifar10 and --caltech101, or --download")
    options.work.mkdir(parents=True, exist_ok=True)

    recipe = Recipe(steps=options.steps)
    data, classes = read_data(options.cifar10, options.caltech101, options.download)
    learner, seconds = train(data, classes, recipe, options.work)
    sizes = (recipe.size, recipe.final_size, 128)
    report = {
        "recipe": asdict(recipe),
        "classes": len(classes),
        "images": {part: len(pictures.label) for part, pictures in data.items()},
        "accuracy": {
            part: {size: round(accuracy(learner, data[part], size), 4) for size in sizes}
            for part in ("caltech101-test", "cifar10-test")
        },
        "training minutes": round(seconds / 60, 1),
        "machine": f"{platform.machine()}, {torch.get_num_threads()} threads",
        "torch": torch.__version__,
    }
    weights = {
        name: (value.half() if value.is_floating_point() else value).contiguous()
        for name, value in learner.backbone.state_dict().items()
    }
    save_file(weights, options.work / "resnet18.safetensors")
    digest = hashlib.sha256((options.work / "resnet18.safetensors").read_bytes()).hexdigest()
    report["sha256"] = digest
    (options.work / "report.json").write_text(json.dumps(report, indent=2) + "\n")
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
