"""What the warehouse holds: real photographs of goods, which ship with this package.

Each photograph shows one thing: a chair, a lamp, a stapler. They are a selection of Caltech-101,
scaled to 96 pixels along the short side; ``select_goods.py`` beside this module made it and can
repeat it. Half of the photographs of each kind are for training or for a gallery, the other half
for tests or queries. Photographs that are nearly the same were left out, so none has its twin on
the other side.

>>> train = load("train")
>>> len(train), train.names[:3], train.images[0].shape, train.ids[0]
(336, ('barrel', 'binocular', 'camera'), (111, 96, 3), 'barrel/image_0010')
"""

from __future__ import annotations

import hashlib
import io
import tomllib
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
from PIL import Image

from embeddings_course._shared.messages import Message
from embeddings_course._shared.validation import require_integer

PARTS = ("train", "test")


@dataclass(frozen=True)
class Credit:
    """Who made the photographs, and what one may do with them."""

    title: str
    authors: str
    publisher: str
    year: int
    licence: str
    licence_url: str
    source: str
    changes: str


_LISTED = tomllib.loads((files(__package__) / "goods.toml").read_text(encoding="utf-8"))

CREDIT = Credit(**_LISTED["credit"])
"""For all photographs together."""

KINDS: tuple[str, ...] = tuple(_LISTED["kinds"])
"""The kinds of goods, in the order that :attr:`Goods.kind` counts them unless others are named."""

NEW_KINDS: tuple[str, ...] = tuple(_LISTED["new_kinds"])
"""Kinds that :func:`load` leaves out unless they are named: for what comes after training.

They are new to whatever learned from :data:`KINDS`. Pretrained networks may have seen such things.
"""


@dataclass(frozen=True)
class Goods:
    """Photographs of goods.

    Attributes
    ----------
    images : tuple of uint8 arrays [h, w, 3], length n
        RGB, 96 pixels along the short side, sorted by kind. Read-only.
    kind : int64 array [n]
        What a photograph shows: an index into ``names``.
    names : tuple of str
        The kinds asked for.
    ids : tuple of str, length n
        ``kind/name of the file in Caltech-101``.
    part : array of str [n]
        ``"train"`` or ``"test"``.
    unseen : bool array [n]
        Whether the embedded backbone was trained without this photograph. It has seen others of
        each kind.
    """

    images: tuple[np.ndarray, ...]
    kind: np.ndarray
    names: tuple[str, ...]
    ids: tuple[str, ...]
    part: np.ndarray
    unseen: np.ndarray

    def __len__(self) -> int:
        return len(self.images)

    def squares(self, size: int = 64) -> np.ndarray:
        """Return the middle square of each photograph, scaled.

        For methods that need all pictures in one shape, such as comparing pixels.

        Parameters
        ----------
        size : int
            Height and width in pixels, at least 8.

        Returns
        -------
        uint8 array [n, size, size, 3]

        Raises
        ------
        ValueError
            For a size that is no integer, or less than 8.
        """
        require_integer("size", size, 8)
        squares = np.empty((len(self), size, size, 3), np.uint8)
        for n, image in enumerate(self.images):
            height, width = image.shape[:2]
            side = min(height, width)
            top, left = (height - side) // 2, (width - side) // 2
            square = Image.fromarray(image[top : top + side, left : left + side])
            squares[n] = np.asarray(square.resize((size, size), Image.Resampling.BICUBIC))
        return squares


def load(part: str | None = None, *, kinds: Sequence[str] | None = None) -> Goods:
    """Return photographs of goods.

    Parameters
    ----------
    part : "train" or "test", optional
        One half of the photographs of each kind; all by default.
    kinds : sequence of str, optional
        The kinds wanted; all of :data:`KINDS` by default. Those of :data:`NEW_KINDS` are only
        given when they are named.

    Returns
    -------
    Goods

    Raises
    ------
    ValueError
        For an unknown part or kind, a kind named twice, or none.
    FileNotFoundError
        If the file with the photographs is missing or damaged.
    """
    if part is not None and part not in PARTS:
        raise ValueError(
            Message(
                "goods-part-unknown",
                f"part is {part!r}; it must be 'train', 'test', or left out for both.",
            )
        )
    if isinstance(kinds, str):
        raise ValueError(
            Message(
                "goods-kinds-one-text",
                f"kinds is the string {kinds!r}; it must be a list of names.",
            )
        )
    names = KINDS if kinds is None else tuple(kinds)
    if not names:
        raise ValueError(
            Message(
                "goods-kinds-empty",
                "kinds is empty; name at least one kind, or leave it out for all.",
            )
        )
    if len(set(names)) < len(names):
        raise ValueError(
            Message("goods-kind-twice", "kinds names a kind twice; name each one once.")
        )
    for name in names:
        if name not in (*KINDS, *NEW_KINDS):
            raise ValueError(
                Message(
                    "goods-kind-unknown",
                    f"There is no kind {name!r}. The kinds are: {', '.join((*KINDS, *NEW_KINDS))}.",
                )
            )

    photographs = _photographs()
    found = [
        (photograph, kind, PARTS[place % 2], image)
        for kind, name in enumerate(names)
        for place, (photograph, image) in enumerate(photographs[name])
        if part in (None, PARTS[place % 2])
    ]
    ids = tuple(each[0] for each in found)
    return Goods(
        images=tuple(each[3] for each in found),
        kind=np.array([each[1] for each in found]),
        names=names,
        ids=ids,
        part=np.array([each[2] for each in found]),
        unseen=np.isin(ids, _LISTED["unseen"]),
    )


@cache
def _photographs() -> dict[str, list[tuple[str, np.ndarray]]]:
    """Return the id and the pixels of all photographs of each kind, in the order of selection."""
    path = files(__package__) / "goods.zip"
    remedy = f"Install the package again, or in a clone run: git checkout -- {path}"
    try:
        packed = path.read_bytes()
    except OSError as error:
        raise FileNotFoundError(
            Message(
                "goods-unreadable",
                f"The photographs of goods, {path}, cannot be read ({error.strerror}). {remedy}",
            )
        ) from error
    digest = hashlib.sha256(packed).hexdigest()
    if digest != _LISTED["sha256"]:
        raise FileNotFoundError(
            Message(
                "goods-damaged",
                f"The photographs of goods, {path}, are damaged: their SHA-256 is {digest}, "
                f"expected {_LISTED['sha256']}. {remedy}",
            )
        )
    found: dict[str, list[tuple[str, np.ndarray]]] = {}
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        for file in archive.namelist():
            with Image.open(io.BytesIO(archive.read(file))) as image:
                pixels = np.asarray(image.convert("RGB"))
            pixels.setflags(write=False)
            found.setdefault(file.partition("/")[0], []).append((file.removesuffix(".jpg"), pixels))
    return found
