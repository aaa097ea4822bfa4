"""Many small pictures as one, from which a page cuts what it shows."""

from __future__ import annotations

import base64
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from embeddings_course._shared.messages import Message

LARGEST = 64  # pixels: sharp on screens that draw each CSS pixel with two
QUALITY = 60  # of 100


@dataclass(frozen=True)
class Sprite:
    """Pictures in rows of `columns`, as a data URL."""

    url: str
    columns: int
    rows: int


def sprite(images: Sequence[np.ndarray], n: int) -> Sprite:
    """Put the middle squares of pictures side by side into one WebP picture.

    Raises
    ------
    ValueError
        If there are not `n` pictures, or one of them is not uint8 [h, w, 3].
    """
    pictures = [np.asarray(image) for image in images]
    odd = next((p for p in pictures if p.dtype != np.uint8 or p.shape[2:] != (3,)), None)
    if len(pictures) != n or odd is not None:
        got = f"{len(pictures)} pictures" if odd is None else f"{odd.dtype} {odd.shape}"
        raise ValueError(
            Message(
                "map-images-mismatch",
                f"A map of {n} points needs {n} pictures, uint8 [h, w, 3]; there is {got}.",
            )
        )
    large = min(LARGEST, max(min(picture.shape[:2]) for picture in pictures))  # not above its own
    columns = math.ceil(math.sqrt(n))
    rows = math.ceil(n / columns)
    sheet = Image.new("RGB", (columns * large, rows * large))
    for number, picture in enumerate(pictures):
        height, width = picture.shape[:2]
        side = min(height, width)
        top, left = (height - side) // 2, (width - side) // 2
        square = Image.fromarray(picture[top : top + side, left : left + side])
        row, column = divmod(number, columns)
        sheet.paste(
            square.resize((large, large), Image.Resampling.LANCZOS), (column * large, row * large)
        )
    packed = io.BytesIO()
    sheet.save(packed, "WEBP", quality=QUALITY, method=6)
    text = base64.b64encode(packed.getvalue()).decode()
    return Sprite(f"data:image/webp;base64,{text}", columns, rows)
