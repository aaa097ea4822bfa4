"""Photographs of a student's own: small copies of them, kept in the notebook that is handed in.

>>> collected().images
()

:func:`collect` reads a folder as phones and cameras fill it, turns each photograph upright, and
writes copies of at most 256 pixels into its own cell. So they are handed in with the notebook, and
nothing else of the photographs is: no place, no time, no name of a camera.
"""

from __future__ import annotations

import base64
import importlib
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from embeddings_course._shared.messages import Message

LONGEST_SIDE = 256  # pixels
MOST = 24  # photographs
_PHONES = frozenset((".heic", ".heif"))
_TAKEN = frozenset((".bmp", ".gif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp", *_PHONES))
_LINE = 96  # characters


@dataclass(frozen=True)
class Photographs:
    """What was collected.

    Attributes
    ----------
    images : tuple of uint8 arrays [h, w, 3]
        RGB, upright, at most 256 pixels on either side.
    shows : tuple of str
        What each shows: its file's name up to the first ``-``.
    names : tuple of str
        The files' names, without what comes after the last dot.
    """

    images: tuple[np.ndarray, ...] = ()
    shows: tuple[str, ...] = ()
    names: tuple[str, ...] = ()


_collected = Photographs()


def collected() -> Photographs:
    """Return the photographs that :func:`collect` or :func:`keep` has read last."""
    return _collected


def collect(folder: str | Path) -> None:
    """Read a folder of photographs, and write small copies of them into the cell that calls this.

    What cannot be read is named and left out. Outside IPython nothing is written anywhere.

    Parameters
    ----------
    folder : str or Path
        With files whose names begin with what they show: ``door-1.jpg``, ``door-2.jpg``.
    """
    place = Path(folder)
    if not place.is_dir():
        print(f"There is no folder {str(folder)!r} next to this notebook yet.")
        return
    paths = sorted(path for path in place.iterdir() if path.suffix.lower() in _TAKEN)
    copies: dict[str, str] = {}
    for path in paths[:MOST]:
        try:
            copies[path.stem] = base64.b64encode(small_copy(path)).decode()
        except ValueError as error:
            print(error)
    if len(paths) > MOST:
        print(f"There are {len(paths)} photographs; the first {MOST} are taken.")
    if not copies:
        print(f"In {str(folder)!r} there are no photographs that can be read.")
        return
    keep(copies)
    if (shell := _shell()) is not None:
        shell.set_next_input(_cell(copies), replace=True)


def small_copy(path: Path) -> bytes:
    """Return a photograph as a small JPEG file: upright, and without what the camera noted.

    Parameters
    ----------
    path : Path
        Of a photograph. HEIC, as phones store it, can be read where pillow-heif is installed.

    Raises
    ------
    ValueError
        If it cannot be read, with what to do.
    """
    if path.suffix.lower() in _PHONES:
        try:
            importlib.import_module("pillow_heif").register_heif_opener()
        except ImportError:
            raise ValueError(
                Message(
                    "heic-unreadable",
                    f"{path.name} is in Apple's format HEIC, which cannot be read here. Save it as "
                    "JPEG: on a phone in Settings, Camera, Formats, Most Compatible, or in the app "
                    "that shows it. Or run: pip install pillow-heif.",
                )
            ) from None
    try:
        with Image.open(path) as image:
            upright = ImageOps.exif_transpose(image).convert("RGB")
    except (OSError, UnidentifiedImageError, Image.DecompressionBombError) as error:
        raise ValueError(
            Message("photograph-unreadable", f"{path.name} cannot be read as a picture: {error}")
        ) from error
    upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS)
    bare = Image.fromarray(np.asarray(upright))  # without EXIF: where and when it was taken
    file = io.BytesIO()
    bare.save(file, "JPEG", quality=80)
    return file.getvalue()


def keep(copies: Mapping[str, str]) -> None:
    """Take the copies that a cell of the notebook holds.

    Parameters
    ----------
    copies : mapping of str to str
        JPEG files in base64 by name, as :func:`collect` writes them.
    """
    global _collected
    images = []
    for text in copies.values():
        with Image.open(io.BytesIO(base64.b64decode(text))) as image:
            images.append(np.asarray(image.convert("RGB")))
    shows = tuple(name.partition("-")[0].strip().lower() for name in copies)
    _collected = Photographs(tuple(images), shows, tuple(copies))
    pixels = max(max(image.shape[:2]) for image in images) if images else 0
    print(
        f"{len(images)} photographs of {len(set(shows))} things, at most {pixels} pixels on a side."
    )


def _cell(copies: Mapping[str, str]) -> str:
    """Return the code of a cell that holds copies."""
    lines = [
        "# Copies of your photographs, written by own_photographs.collect. To take others, replace",
        '# this by: own_photographs.collect("my-photographs")',
        "from embeddings_course import own_photographs",
        "",
        "own_photographs.keep(",
        "    {",
    ]
    for name, text in copies.items():
        lines.append(f"        {name!r}: (")
        lines += [f'            "{text[n : n + _LINE]}"' for n in range(0, len(text), _LINE)]
        lines.append("        ),")
    return "\n".join([*lines, "    }", ")"])


def _shell() -> Any:
    from IPython import get_ipython

    return get_ipython()
