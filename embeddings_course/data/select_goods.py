"""Select the photographs of goods from Caltech-101: goods.zip and goods.toml.

    python -m embeddings_course.data.select_goods --caltech101 DIR --to DIR
    python -m embeddings_course.data.select_goods --download DIR --to DIR

The first form reads class folders of image files (``DIR/<class>/image_0001.jpg``), the second uses
``torchvision.datasets.Caltech101`` and downloads what is missing.

Of each kind those come first whose ``SHA-256("class/file name")`` is smallest, so the choice hangs
on nothing but the names. A photograph that is nearly the same as one of its kind that was taken
before, mirrored or not, is passed over: Caltech-101 holds some things twice. What is larger than 96
pixels along the short side is scaled and saved again; what has that size already is copied byte by
byte. So the choice is the same wherever the files come from, and the bytes are only where they had
the right size.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import zipfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import torchvision
from PIL import Image
from tqdm.auto import tqdm

from embeddings_course._shared.messages import Message
from embeddings_course._shared.whole_file import write_whole
from embeddings_course.backbones.pretrain import held_out_caltech

SHORT_SIDE = 96
PER_KIND = 24
PER_NEW_KIND = 12
ALIKE = 0.9  # correlation of two small versions from which on two photographs are nearly the same

KINDS = (
    *("barrel", "binocular", "camera", "ceiling_fan", "cellphone", "chair", "chandelier"),
    *("cup", "electric_guitar", "euphonium", "ewer", "gramophone", "grand_piano", "headphone"),
    *("inline_skate", "lamp", "laptop", "mandolin", "menorah", "metronome", "saxophone"),
    *("scissors", "soccer_ball", "stapler", "umbrella", "watch", "wheelchair", "wrench"),
)
NEW_KINDS = ("bonsai", "pizza", "stop_sign", "sunflower", "windsor_chair", "yin_yang")

HEAD = """\
# The photographs of goods. Written by select_goods.py; goods.zip holds them, in the order of
# selection, and its SHA-256 is below. The first, third, fifth of a kind are for training, the
# others for tests.

sha256 = "{sha256}"
kinds = {kinds}
new_kinds = {new_kinds}

# Photographs that were held out when the embedded backbone was trained; it has seen all others.
unseen = {unseen}

[credit]
title = "Caltech 101"
authors = "Fei-Fei Li, Marco Andreetto, Marc'Aurelio Ranzato, Pietro Perona"
publisher = "CaltechDATA"
year = 2022
licence = "CC BY 4.0"
licence_url = "https://creativecommons.org/licenses/by/4.0/"
source = "https://doi.org/10.22002/D1.20086"
changes = "A selection of {count} photographs, scaled to {side} pixels along the short side."
"""


def select(names: Iterable[str], small: dict[str, np.ndarray], count: int) -> list[str]:
    """Choose photographs of one kind.

    Parameters
    ----------
    names : iterable of str
        ``class/file name`` of all of them.
    small : dict of str to float array
        What :func:`thumbnail` gives for each.
    count : int
        How many are wanted.

    Returns
    -------
    list of str

    Raises
    ------
    ValueError
        If there are too few that differ.
    """
    chosen: list[str] = []
    for name in sorted(names, key=lambda name: hashlib.sha256(name.encode()).hexdigest()):
        if all(likeness(small[name], small[other]) < ALIKE for other in chosen):
            chosen.append(name)
        if len(chosen) == count:
            return chosen
    raise ValueError(
        Message(
            "photographs-too-alike",
            f"{count} photographs are wanted, and only {len(chosen)} differ: {chosen}.",
        )
    )


def thumbnail(image: Image.Image) -> np.ndarray:
    """Return what two photographs are compared by: float [16, 16, 3], mean 0, length 1."""
    pixels = np.asarray(image.convert("RGB").resize((16, 16), Image.Resampling.BOX), float)
    pixels -= pixels.mean()
    return pixels / np.linalg.norm(pixels)


def likeness(one: np.ndarray, other: np.ndarray) -> float:
    """Return the correlation of two thumbnails, or that with one of them mirrored if it is more."""
    return float(max((one * other).sum(), (one[:, ::-1] * other).sum()))


def jpeg(path: Path) -> bytes:
    """Return a photograph as a JPEG file, no larger than is wanted."""
    with Image.open(path) as image:
        if min(image.size) == SHORT_SIDE and image.format == "JPEG":
            return path.read_bytes()
        scale = SHORT_SIDE / min(image.size)
        edges = [max(SHORT_SIDE, round(scale * edge)) for edge in image.size]
        packed = io.BytesIO()
        resized = image.convert("RGB").resize(edges, Image.Resampling.BICUBIC)
        resized.save(packed, "JPEG", quality=85)
        return packed.getvalue()


def select_goods(caltech101: Path, to: Path) -> None:
    """Write goods.zip and goods.toml.

    Parameters
    ----------
    caltech101 : Path
        The folder with the class folders.
    to : Path
        A folder that is there.
    """
    everything = [
        f"{path.parent.name}/{path.name}"
        for path in sorted(caltech101.glob("*/*.jpg"))
        if path.parent.name != "BACKGROUND_Google"
    ]
    chosen: list[str] = []
    wanted = [(kind, PER_KIND) for kind in KINDS] + [(kind, PER_NEW_KIND) for kind in NEW_KINDS]
    for kind, count in tqdm(wanted, desc="Kinds"):
        names = [name for name in everything if name.startswith(f"{kind}/")]
        small = {name: thumbnail(Image.open(caltech101 / name)) for name in names}
        chosen += select(names, small, count)

    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:  # stored: JPEG cannot be made smaller
        for name in chosen:
            archive.writestr(zipfile.ZipInfo(name), jpeg(caltech101 / name))
    aside = held_out_caltech(everything)
    text = HEAD.format(
        sha256=hashlib.sha256(packed.getvalue()).hexdigest(),
        kinds=_toml(KINDS),
        new_kinds=_toml(NEW_KINDS),
        unseen=_toml(sorted(name.removesuffix(".jpg") for name in aside & set(chosen))),
        count=len(chosen),
        side=SHORT_SIDE,
    )
    write_whole(to / "goods.zip", packed.getvalue())
    write_whole(to / "goods.toml", text)


def _toml(names: Iterable[str]) -> str:
    return "[\n" + "".join(f'  "{name}",\n' for name in names) + "]"


def main(arguments: list[str] | None = None) -> None:
    """Read the command line and select."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--caltech101", type=Path, help="folder with the class folders")
    source.add_argument("--download", type=Path, help="download it with torchvision to here")
    parser.add_argument("--to", type=Path, required=True, help="folder for the two files")
    options = parser.parse_args(arguments)
    folder = options.caltech101
    if folder is None:
        there = torchvision.datasets.Caltech101(options.download, download=True)
        folder = Path(there.root) / "101_ObjectCategories"
    if not folder.is_dir():
        parser.error(f"there is no folder {folder}")
    options.to.mkdir(parents=True, exist_ok=True)
    select_goods(folder, options.to)


if __name__ == "__main__":
    main()
