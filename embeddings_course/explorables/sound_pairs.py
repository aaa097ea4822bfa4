"""Sounds to hear beside their spectrograms, and how alike two of them are to several vectors."""

from __future__ import annotations

import base64
import io
import wave
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import numpy as np
from PIL import Image

from embeddings_course._shared.messages import Message
from embeddings_course.audio import as_images, log_mel
from embeddings_course.explorables.explorable import Explorable, packed

SIZE = (224, 112)  # of a spectrogram, in pixels
LOW, HIGH = -70.0, -10.0  # dB, black and white
QUALITY = 60  # of 100


def sound_pairs(
    waves: Any,
    rate: int,
    *,
    names: Sequence[str],
    heard: Sequence[str],
    cosines: Mapping[str, Any],
    caption: str,
    start: tuple[int, int] = (0, 1),
) -> Explorable:
    """Let a reader hear sounds, and compare two of them by several vectors.

    A click on a spectrogram plays its sound. The last two that were chosen are compared: by the
    cosine of each kind of vector, and by the place that this gives the second among all that could
    be nearest to the first.

    A sound of one second adds 11 kB to the page at 8,000 samples per second, its picture about 3.

    Parameters
    ----------
    waves : float array [n, samples]
        From -1 to 1, played as loud as they are, with 8 bits per sample.
    rate : int
        Samples per second.
    names, heard : sequence of str, length n
        What each sound is called, and what a person hears in it.
    cosines : mapping of str to float array [n, n]
        By the name of the vectors: the cosines of all pairs.
    caption : str
        What to do and to see.
    start : pair of int
        The sounds that are compared first.

    Returns
    -------
    Explorable
        To be the last line of its cell.

    Raises
    ------
    ValueError
        If lengths differ, or as in ``log_mel`` where the sounds are unfit.
    """
    pictures = as_images(log_mel(waves, rate), low=LOW, high=HIGH)[..., 0]  # [n, 96, 96]
    n = len(pictures)
    tables = {name: np.asarray(table) for name, table in cosines.items()}
    shapes = {table.shape for table in tables.values()}
    if shapes != {(n, n)} or {len(names), len(heard)} != {n}:
        raise ValueError(
            Message(
                "sound-pairs-mismatch",
                f"{n} sounds need {n} names, {n} texts and tables of {n} by {n} cosines; there are "
                f"{len(names)}, {len(heard)} and tables of {sorted(shapes)}.",
            )
        )
    places = np.stack([_places(table) for table in tables.values()])  # [kind, n, n]
    figures = [
        f'<figure><img alt="spectrogram of {escape(name)}" src="{_picture(picture)}">'
        f"<figcaption><strong>{escape(name)}</strong>: <span>{escape(text)}</span></figcaption>"
        f'<audio controls preload="none" aria-label="{escape(name)}" src="{_wav(sound, rate)}">'
        "</audio></figure>"
        for picture, sound, name, text in zip(pictures, waves, names, heard, strict=True)
    ]
    fallback = f'<div class="sound-pairs">{"".join(figures)}</div>{_nearest(names, tables)}'
    data = {
        "kinds": list(tables),
        "start": list(start),
        "cosines": packed(np.stack([np.rint(100 * t) for t in tables.values()]).astype(np.int8)),
        "places": packed(places.astype(np.uint8)),
    }
    return Explorable("sound_pairs", caption, fallback, data)


def _places(table: np.ndarray) -> np.ndarray:
    """Return at [i, j] the place of j among all but i, by falling cosine with i; 1 is nearest."""
    others = np.where(np.eye(len(table), dtype=bool), -np.inf, table)
    return others.argsort(axis=1)[:, ::-1].argsort(axis=1) + 1


def _nearest(names: Sequence[str], tables: Mapping[str, np.ndarray]) -> str:
    heads = "".join(f'<th scope="col">{escape(kind)}</th>' for kind in tables)
    rows = []
    for number, name in enumerate(names):
        cells = [f'<th scope="row">{escape(name)}</th>']
        for table in tables.values():
            near = int(np.flatnonzero(_places(table)[number] == 1)[0])
            cosine = f"{table[number, near]:.2f}".replace("-", "\u2212")
            cells.append(f"<td>{escape(names[near])}, {cosine}</td>")
        rows.append(f"<tr>{''.join(cells)}</tr>")
    return (
        "<table><caption>The nearest of each sound, and its cosine</caption>"
        f'<thead><tr><th scope="col">sound</th>{heads}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table>"
    )


def _picture(grey: np.ndarray) -> str:
    file = io.BytesIO()
    Image.fromarray(grey).resize(SIZE, Image.Resampling.BICUBIC).save(
        file, "WEBP", quality=QUALITY, method=6
    )
    return f"data:image/webp;base64,{base64.b64encode(file.getvalue()).decode()}"


def _wav(sound: np.ndarray, rate: int) -> str:
    """Return a sound as a WAV file: PCM, 8 bits, one channel."""
    file = io.BytesIO()
    with wave.open(file, "wb") as wav:
        wav.setnchannels(1)
        wav.setsampwidth(1)
        wav.setframerate(rate)
        wav.writeframes(np.rint(128 + 127 * np.asarray(sound)).astype(np.uint8).tobytes())
    return f"data:audio/wav;base64,{base64.b64encode(file.getvalue()).decode()}"
