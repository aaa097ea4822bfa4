"""Waves and spectrograms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from embeddings_course.plots.style import BLUE, closed


def sound_steps(
    wave: np.ndarray,
    rate: int,
    pictures: Mapping[str, tuple[np.ndarray, Sequence[float]]],
    *,
    times: Sequence[float],
) -> Figure:
    """Show a sound and what is made of it, one below the other, over one time axis.

    Parameters
    ----------
    wave : float array [samples]
        The sound.
    rate : int
        Samples a second.
    pictures : mapping of str to (float array [rows, frames], sequence of float)
        By title: numbers, low frequencies first, and the frequency in Hz of each row. Each picture
        has a scale of its own, as its numbers may be of any unit; the bar says which.
    times : sequence of float, length frames
        The middle of each frame, in seconds.
    """
    count = 1 + len(pictures)
    figure, axes = plt.subplots(count, 1, figsize=(8.4, 1.75 * count), sharex=True)
    axes[0].plot(np.arange(len(wave)) / rate, wave, linewidth=0.4, color=BLUE)
    axes[0].set(title="the wave", xlim=(0, len(wave) / rate))
    for ax, (title, (picture, frequencies)) in zip(axes[1:], pictures.items(), strict=True):
        drawn = _spectrogram(ax, picture, frequencies, times)
        ax.set(title=title, ylabel="Hz")
        figure.colorbar(drawn, ax=ax, pad=0.01, aspect=12)
    axes[-1].set_xlabel("seconds")
    return closed(figure)


def spectrograms(
    pictures: Mapping[str, np.ndarray],
    *,
    frequencies: Sequence[float],
    times: Sequence[float],
    low: float,
    high: float,
    columns: int = 3,
) -> Figure:
    """Show spectrograms side by side, all on one scale.

    Parameters
    ----------
    pictures : mapping of str to float array [rows, frames]
        By title, decibels, low frequencies first.
    frequencies : sequence of float, length rows
        Of each row, in Hz, rising.
    times : sequence of float, length frames
        The middle of each frame, in seconds.
    low, high : float
        The ends of the scale, in dB.
    columns : int
        Pictures in a row.
    """
    rows = -(-len(pictures) // columns)
    figure, axes = plt.subplots(
        rows, columns, figsize=(8.4, 2.1 * rows), sharex=True, sharey=True, squeeze=False
    )
    for ax in axes.flat[len(pictures) :]:
        ax.axis("off")
    for ax, (title, picture) in zip(axes.flat, pictures.items(), strict=False):
        drawn = _spectrogram(ax, picture, frequencies, times, low, high)
        ax.set_title(title)
    for ax in axes[-1]:
        ax.set_xlabel("seconds")
    for ax in axes[:, 0]:
        ax.set_ylabel("Hz")
    figure.colorbar(drawn, ax=axes, label="dB", pad=0.01, aspect=30)
    return closed(figure)


def _spectrogram(
    ax: Axes,
    picture: np.ndarray,
    frequencies: Sequence[float],
    times: Sequence[float],
    low: float | None = None,
    high: float | None = None,
) -> mpl.image.AxesImage:
    hop = times[1] - times[0]
    extent = (times[0] - hop / 2, times[-1] + hop / 2, -0.5, len(picture) - 0.5)
    drawn = ax.imshow(
        picture, origin="lower", aspect="auto", cmap="viridis", extent=extent, vmin=low, vmax=high
    )
    marks: list[str] = []
    places: list[float] = []
    for mark in (3000, 2000, 1000, 500, 200):
        place = np.interp(mark, frequencies, np.arange(len(frequencies)))
        if mark <= frequencies[-1] and (not places or places[-1] - place > len(picture) / 9):
            marks.append(str(mark))
            places.append(place)
    ax.set_yticks(places, marks)
    return drawn
