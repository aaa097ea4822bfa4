"""Sounds become pictures: log-mel spectrograms, and the images that a backbone takes.

>>> import numpy as np
>>> time = np.arange(8000) / 8000  # one second
>>> tone = 0.5 * np.sin(2 * np.pi * 1000 * time)
>>> spectrogram = log_mel(tone[None], 8000)
>>> spectrogram.shape  # [sound, band, frame]
(1, 48, 61)
>>> round(float(spectrogram.max()))  # half of full scale is 6 dB below it
-6
>>> as_images(spectrogram).shape
(1, 96, 96, 3)

An image backbone that reads spectrograms is a makeshift, and this module is all that it takes.
"""

from __future__ import annotations

import base64
import io
import wave
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
import torch

from embeddings_course._shared.messages import Message
from embeddings_course._shared.validation import is_number, require_integer

FLOOR = -80.0
"""Decibels below which nothing is told apart, and the level of silence."""


def mel(frequency: np.ndarray | float) -> np.ndarray | float:
    """Return frequencies in Hz on the mel scale, on which equal steps sound about equally large.

    This is the formula of O'Shaughnessy (1987, Speech Communication) that HTK uses too; others,
    such as Slaney's, are linear below 1,000 Hz. 1,000 Hz are 1,000 mel.
    """
    return 2595 * np.log10(1 + np.asarray(frequency) / 700)


def mel_filters(
    *, n_mels: int, window: int, rate: int, low: float = 50.0, high: float | None = None
) -> np.ndarray:
    """Return the weights that add up Fourier bins into bands of equal width in mel.

    Each band is a triangle: 1 in its middle, 0 in the middles of its neighbours. Bands are not
    divided by their width, so a band holds the power of all that is in it.

    Parameters
    ----------
    n_mels : int
        Bands, at least 1.
    window : int
        Samples of a Fourier transform, at least 2. Its bins are ``rate / window`` Hz apart.
    rate : int
        Samples a second.
    low, high : float
        Where the lowest band begins and the highest ends, in Hz. By default the highest ends at
        half the rate, where a recording ends.

    Returns
    -------
    float32 array [n_mels, window // 2 + 1]

    Raises
    ------
    ValueError
        For a number out of range, or if a band holds no Fourier bin: low bands are narrow, and a
        short window has bins that are far apart.
    """
    for name, value, least in (("n_mels", n_mels, 1), ("window", window, 2), ("rate", rate, 1)):
        require_integer(name, value, least)
    top = rate / 2 if high is None else high
    if not (is_number(low) and is_number(top) and 0 <= low < top <= rate / 2):
        raise ValueError(
            Message(
                "mel-edges-invalid",
                f"low is {low!r} and high is {high!r}; they must be frequencies with "
                f"0 <= low < high <= {rate / 2:g} Hz, half the rate.",
            )
        )
    bins = mel(np.arange(window // 2 + 1) * rate / window)  # [bin]
    corners = np.linspace(mel(low), mel(top), n_mels + 2)  # [band + 2]
    left, middle, right = corners[:-2, None], corners[1:-1, None], corners[2:, None]
    rising, falling = (bins - left) / (middle - left), (right - bins) / (right - middle)
    filters = np.maximum(0, np.minimum(rising, falling))  # [band, bin]
    empty = np.flatnonzero(filters.max(axis=1) == 0)
    if len(empty):
        raise ValueError(
            Message(
                "mel-band-empty",
                f"{len(empty)} of {n_mels} mel bands, the first of them band {empty[0]}, hold no "
                f"Fourier bin, as bins are {rate / window:.1f} Hz apart; take fewer bands, a "
                "longer window or a higher low.",
            )
        )
    return filters.astype(np.float32)


def log_mel(
    waves: np.ndarray,
    rate: int,
    *,
    window: int = 256,
    hop: int = 128,
    n_mels: int = 48,
    low: float = 50.0,
    high: float | None = None,
    floor: float = FLOOR,
) -> np.ndarray:
    """Turn sounds into log-mel spectrograms.

    Pieces of ``window`` samples, each ``hop`` samples after the one before, are faded in and out
    (Hann), and Fourier-transformed; the power in each mel band is added up, and given in decibels:
    ten times its logarithm. 0 dB is about what a tone at full scale, from -1 to 1, has in its band.

    No sound is padded: frame ``t`` is made of the samples from ``t * hop`` on, and what is left
    after the last whole piece is not used. Silence is ``floor`` in every band, and so is anything
    below it.

    Parameters
    ----------
    waves : float array [n, samples]
        Sounds of one length, from -1 to 1.
    rate : int
        Samples a second.
    window, hop : int
        In samples: at least 2 and at least 1.
    n_mels, low, high
        As in :func:`mel_filters`.
    floor : float
        In dB, below 0.

    Returns
    -------
    float32 array [n, n_mels, frames], frames = 1 + (samples - window) // hop
        Decibels; bands from low to high, frames in order of time.

    Raises
    ------
    ValueError
        If there are no sounds, they are not [n, samples], are shorter than a window, hold integers
        (PCM is not scaled: its full scale is for you to know), NaN, infinity or numbers beyond
        [-1, 1]; for a number out of range; or as in :func:`mel_filters`.
    """
    waves = _waves(waves)
    require_integer("hop", hop, 1)
    if not is_number(floor) or not -np.inf < floor < 0:
        raise ValueError(
            Message(
                "floor-not-negative",
                f"floor is {floor!r}; it must be a number of decibels below 0.",
            )
        )
    filters = mel_filters(n_mels=n_mels, window=window, rate=rate, low=low, high=high)
    if waves.shape[1] < window:
        raise ValueError(
            Message(
                "sounds-shorter-than-window",
                f"The sounds have {waves.shape[1]} samples, but a window has {window}; take a "
                "shorter window or longer sounds.",
            )
        )
    fade = torch.hann_window(window)  # [window]
    sound = torch.from_numpy(np.array(waves, np.float32))  # [n, sample], a copy torch can take
    spectrum = torch.stft(sound, window, hop, window=fade, center=False, return_complex=True)
    power = (spectrum.abs() / (fade.sum() / 2)) ** 2  # [n, bin, frame]; 1 for a tone at full scale
    in_bands = torch.from_numpy(filters) @ power  # [n, band, frame]
    return (10 * torch.log10(in_bands.clamp(min=10 ** (floor / 10)))).numpy()


def as_images(
    spectrograms: np.ndarray, *, size: int = 96, low: float = FLOOR, high: float = 0.0
) -> np.ndarray:
    """Draw spectrograms as the square grey images that :func:`embeddings_course.features.extract`
    takes.

    One scale serves all sounds: ``low`` dB and less is black, ``high`` dB and more is white. So
    silence is black, a bang darkens nothing around it, and equal powers look equal. (A scale of its
    own for each sound, from its minimum to its maximum, would take out loudness. On the course's
    machine sounds it changed the accuracy of a probe by 0.01 ± 0.04 over ten drawings.)
    Time runs to the right, frequency upwards. Both are stretched or shrunk to ``size``, because a
    backbone resizes the shorter side and then cuts a square from the middle: of a picture that is
    wider than high it would never see how the sound begins and ends.

    Parameters
    ----------
    spectrograms : float array [n, n_mels, frames]
        In dB, as :func:`log_mel` gives them.
    size : int
        Height and width in pixels. 96 is what the embedded backbone takes, so that it resizes
        nothing once more.
    low, high : float
        The range in dB.

    Returns
    -------
    uint8 array [n, size, size, 3], its three channels equal

    Raises
    ------
    ValueError
        If there is nothing to draw, the shape is another, a number is not finite or out of range,
        or ``low`` is not below ``high``.
    """
    spectrograms = np.asarray(spectrograms)
    if spectrograms.ndim != 3 or 0 in spectrograms.shape:
        raise ValueError(
            Message(
                "spectrograms-wrong-shape",
                f"The spectrograms have the shape {list(spectrograms.shape)}; expected [n, n_mels, "
                "frames] and none of them 0. For a single one give spectrogram[None].",
            )
        )
    if not np.issubdtype(spectrograms.dtype, np.floating) or not np.isfinite(spectrograms).all():
        raise ValueError(
            Message(
                "spectrograms-not-finite",
                "The spectrograms must be finite floats, decibels as log_mel gives them; repair "
                "NaN, infinity or another type first.",
            )
        )
    require_integer("size", size, 1)
    if not (is_number(low) and is_number(high) and -np.inf < low < high < np.inf):
        raise ValueError(
            Message(
                "levels-reversed",
                f"low is {low!r} and high is {high!r}; low must be below high, in dB.",
            )
        )
    grey = torch.from_numpy(np.array(spectrograms, np.float32))
    grey = grey.flip(1)[:, None]  # [n, 1, band, frame], the highest band on top
    grey = torch.nn.functional.interpolate(grey, (size, size), mode="bilinear", antialias=True)
    grey = ((grey - low) / (high - low)).clamp(0, 1) * 255
    return grey.round().to(torch.uint8).permute(0, 2, 3, 1).repeat(1, 1, 1, 3).numpy()


@dataclass(frozen=True)
class Playable:
    """Sounds that a page or a notebook plays, with what is heard in them said in words.

    Attributes
    ----------
    waves : float array [n, samples]
        From -1 to 1.
    rate : int
        Samples a second.
    labels, heard : tuple of str, length n
        What each sound is, and what a person hears in it.
    """

    waves: np.ndarray
    rate: int
    labels: tuple[str, ...]
    heard: tuple[str, ...]

    def __repr__(self) -> str:
        return f"Sounds to play: {', '.join(self.labels)}"

    def _repr_html_(self) -> str:
        rows = []
        for sound, label, heard in zip(self.waves, self.labels, self.heard, strict=True):
            data = base64.b64encode(_wav(sound, self.rate)).decode()
            rows.append(
                f"<p><strong>{escape(label)}</strong>: {escape(heard)}<br>"
                f'<audio controls aria-label="{escape(label)}" style="max-width: 100%" '
                f'src="data:audio/wav;base64,{data}"></audio></p>'
            )
        return "".join(rows)


def playable(
    waves: np.ndarray, rate: int, *, labels: Sequence[str], heard: Sequence[str]
) -> Playable:
    """Let a reader play sounds, from the page itself: no script, no file, no network.

    The same sounds always give the same HTML. One second of one sound adds 21 kB to the page at
    8,000 samples a second: two bytes a sample, written as text.

    Parameters
    ----------
    waves : float array [n, samples]
        Sounds from -1 to 1. They are played as loud as they are.
    rate : int
        Samples a second.
    labels : sequence of str, length n
        What each sound is: the name that a screen reader says.
    heard : sequence of str, length n
        What is to be heard, for readers who cannot hear it.

    Returns
    -------
    Playable
        To be the last line of its cell.

    Raises
    ------
    ValueError
        If the lists differ in length, or as in :func:`log_mel` where the sounds are unfit.
    """
    waves = _waves(waves)
    require_integer("rate", rate, 1)
    for name, texts in (("labels", labels), ("heard", heard)):
        if isinstance(texts, str) or len(texts) != len(waves):
            raise ValueError(
                Message(
                    "sounds-texts-mismatch",
                    f"There are {len(waves)} sounds, but {name} is {texts!r}; give a list with one "
                    "text for each.",
                )
            )
    return Playable(waves, rate, tuple(labels), tuple(heard))


def _wav(sound: np.ndarray, rate: int) -> bytes:
    """Return one sound as a WAV file: PCM, 16 bits, one channel."""
    file = io.BytesIO()
    with wave.open(file, "wb") as wav:
        wav.setnchannels(1)
        wav.setsampwidth(2)
        wav.setframerate(rate)
        wav.writeframes(np.rint(sound * 32767).astype("<i2").tobytes())
    return file.getvalue()


def _waves(waves: object) -> np.ndarray:
    waves = np.asarray(waves)
    if waves.ndim != 2:
        hint = " For a single sound give wave[None]." if waves.ndim == 1 else ""
        raise ValueError(
            Message(
                "sounds-wrong-shape",
                f"The sounds have the shape {list(waves.shape)}; expected [n, samples].{hint}",
            )
        )
    if not waves.size:
        raise ValueError(
            Message(
                "sounds-empty", f"There is nothing to hear in sounds of shape {list(waves.shape)}."
            )
        )
    if np.issubdtype(waves.dtype, np.integer):
        raise ValueError(
            Message(
                "sounds-integers",
                f"The sounds are {waves.dtype}, as a file holds them, but must be floats from -1 "
                "to 1; divide by full scale, for 16 bits: waves / 32768.",
            )
        )
    if not np.issubdtype(waves.dtype, np.floating):
        raise ValueError(
            Message(
                "sounds-not-floats",
                f"The sounds are {waves.dtype}; they must be floats from -1 to 1.",
            )
        )
    broken = np.flatnonzero(~np.isfinite(waves).all(axis=1))
    if len(broken):
        raise ValueError(
            Message(
                "sound-not-finite",
                f"Sound {broken[0]} holds a number that is not finite (NaN or inf); repair it or "
                "leave it out.",
            )
        )
    if np.abs(waves).max() > 1:
        raise ValueError(
            Message(
                "sounds-too-loud",
                f"The loudest sample is {np.abs(waves).max():g}, but sounds must lie from -1 to 1; "
                "divide all of them by full scale, or by their peak.",
            )
        )
    return waves
