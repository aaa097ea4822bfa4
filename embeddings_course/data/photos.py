"""Warehouse cameras made of real photographs that ship inside installed packages.

Each *camera* is one photograph of scikit-image, scikit-learn or matplotlib. A *frame* is what
that camera sends: a random square crop, perhaps mirrored, with its own brightness, contrast,
colour cast and sensor noise. Frames of the left half and frames of the right half of a photograph
share no pixel, so a model that brings them together has recognised the scene and not the pixels.

Nothing is downloaded: the files are part of the installed packages.

>>> gallery = frames("left", per_camera=2, size=32)
>>> gallery.images.shape, gallery.camera[:4].tolist(), gallery.ids[0]
((42, 32, 32, 3), [0, 0, 1, 1], 'astronaut/left/0/00')
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
from PIL import Image

from embeddings_course._shared.messages import Message
from embeddings_course._shared.validation import require_integer

SIDES = ("left", "right")


@dataclass(frozen=True)
class Camera:
    """One photograph used as a camera, with its credit.

    ``author``, ``licence`` and ``source`` repeat what the package that ships the photograph says
    of it; where it says nothing, so do they.
    """

    name: str
    title: str
    package: str
    file: str
    author: str
    licence: str
    source: str


_LISTED = tomllib.loads((files(__package__) / "photos.toml").read_text(encoding="utf-8"))

CAMERAS: tuple[Camera, ...] = tuple(Camera(**entry) for entry in _LISTED["camera"])
"""The cameras, in the order that :attr:`Frames.camera` counts them."""

NAMES: tuple[str, ...] = tuple(each.name for each in CAMERAS)
"""Their names, in the same order."""

STEREO_RIGHT = Camera(**_LISTED["stereo-right"])
"""The other view of camera ``motorcycle``: a real near-duplicate, never a camera itself."""

TRUTH_DTYPE = np.dtype(
    [
        ("top", "i4"),
        ("left", "i4"),
        ("side", "i4"),
        ("mirrored", "?"),
        ("brightness", "f8"),
        ("contrast", "f8"),
        ("cast", "f8", 3),
        ("noise", "f8"),
    ]
)
"""How a frame was made: the crop in pixels of the photograph, and what was done to it."""


@dataclass(frozen=True)
class Frames:
    """Frames of several cameras and the truth about them.

    Attributes
    ----------
    images : uint8 array [n, size, size, 3]
        RGB frames, sorted by camera.
    camera : int64 array [n]
        Which camera took the frame: an index into ``names``.
    names : tuple of str
        Names of the cameras asked for.
    ids : tuple of str, length n
        ``camera/side/seed/number``, unique over all sides and seeds.
    truth : structured array [n] of :data:`TRUTH_DTYPE`
        Crop box (``top``, ``left``, ``side``; pixels of the whole photograph), ``mirrored``,
        ``brightness`` and ``contrast`` and ``cast`` (factors) and ``noise`` (standard deviation in
        grey levels, 0 to 255).
    """

    images: np.ndarray
    camera: np.ndarray
    names: tuple[str, ...]
    ids: tuple[str, ...]
    truth: np.ndarray

    def __len__(self) -> int:
        return len(self.images)


@cache
def _photo(camera: Camera) -> np.ndarray:
    try:
        with (files(camera.package) / camera.file).open("rb") as file:
            photo = np.asarray(Image.open(file).convert("RGB"))
    except (ModuleNotFoundError, OSError) as error:
        raise FileNotFoundError(
            f"The photograph of camera {camera.name!r} is not where the installed package "
            f"{camera.package!r} should have it ({camera.file}): {error}. "
            "Install the versions that requirements.txt names."
        ) from error
    photo.setflags(write=False)
    return photo


def camera(name: str) -> Camera:
    """Return the camera called ``name``.

    Raises
    ------
    ValueError
        If there is no such camera; the message lists the names.
    """
    for candidate in (*CAMERAS, STEREO_RIGHT):
        if candidate.name == name:
            return candidate
    raise ValueError(
        Message(
            "camera-unknown", f"There is no camera {name!r}. The cameras are: {', '.join(NAMES)}."
        )
    )


def photo(name: str) -> np.ndarray:
    """Return the whole photograph of a camera.

    Parameters
    ----------
    name : str
        A name of :data:`CAMERAS`, or ``"motorcycle-right"`` for the second view of the stereo pair.

    Returns
    -------
    uint8 array [height, width, 3], RGB; grey photographs have three equal channels. Read-only.
    """
    return _photo(camera(name))


def stereo_pair() -> tuple[np.ndarray, np.ndarray]:
    """Return the left and the right view of the motorcycle: one scene, two photographs.

    Returns
    -------
    Two uint8 arrays [500, 741, 3].
    """
    return photo("motorcycle"), photo("motorcycle-right")


def frames(
    side: str,
    *,
    per_camera: int = 20,
    size: int = 64,
    seed: int = 0,
    cameras: Sequence[str] | None = None,
) -> Frames:
    """Take frames from one half of each photograph.

    A frame is a square crop of 50 to 95 % of the half's short side, scaled to ``size``. Half of
    the frames are mirrored. Brightness and contrast are multiplied by 0.7 to 1.3, each colour
    channel by 0.8 to 1.2, and Gaussian noise of up to 8 grey levels is added.

    Frame ``k`` of a camera depends on ``(seed, side, camera, k)`` alone: asking for more frames,
    or for fewer cameras, changes none of the others.

    Parameters
    ----------
    side : "left" or "right"
        The half of the photographs. Gallery and training frames come from the left, queries and
        test frames from the right: no pixel is shared.
    per_camera : int
        Frames of each camera, at least 1.
    size : int
        Height and width of a frame in pixels, at least 8.
    seed : int
        Not negative. Another seed gives other frames.
    cameras : sequence of str, optional
        Names of the cameras wanted; all of :data:`CAMERAS` by default.

    Returns
    -------
    Frames
        ``per_camera`` frames of each camera, with the truth about each.

    Raises
    ------
    ValueError
        For an unknown side or camera, a camera named twice, or a number out of range.
    """
    if side not in SIDES:
        raise ValueError(
            Message("side-unknown", f"side is {side!r}; it must be 'left' or 'right'.")
        )
    for name, value, least in (
        ("per_camera", per_camera, 1),
        ("size", size, 8),
        ("seed", seed, 0),
    ):
        require_integer(name, value, least)
    if isinstance(cameras, str):
        raise ValueError(
            Message(
                "cameras-one-text",
                f"cameras is the string {cameras!r}; it must be a list of names.",
            )
        )
    chosen = CAMERAS if cameras is None else tuple(camera(name) for name in cameras)
    if not chosen:
        raise ValueError(
            Message(
                "cameras-empty",
                "cameras is empty; name at least one camera, or leave it out for all.",
            )
        )
    if len(set(chosen)) < len(chosen):
        raise ValueError(
            Message("cameras-repeated", "cameras names a camera twice; name each one once.")
        )

    images = np.empty((len(chosen) * per_camera, size, size, 3), np.uint8)
    truth = np.empty(len(images), TRUTH_DTYPE)
    ids = []
    for index, each in enumerate(chosen):
        picture = _photo(each)
        for number in range(per_camera):
            n = index * per_camera + number
            rng = np.random.default_rng([seed, SIDES.index(side), *each.name.encode(), number])
            truth[n] = _draw(picture.shape, side, rng)
            images[n] = _render(picture, truth[n], size, rng)
            ids.append(f"{each.name}/{side}/{seed}/{number:02d}")
    return Frames(
        images=images,
        camera=np.repeat(np.arange(len(chosen)), per_camera),
        names=tuple(each.name for each in chosen),
        ids=tuple(ids),
        truth=truth,
    )


def _draw(shape: tuple[int, ...], side: str, rng: np.random.Generator) -> tuple:
    height, width = shape[:2]
    half = width // 2
    first_column = 0 if side == "left" else width - half
    short = min(height, half)
    crop = round(short * rng.uniform(0.50, 0.95))
    top = rng.integers(0, height - crop + 1)
    left = first_column + rng.integers(0, half - crop + 1)
    return (
        top,
        left,
        crop,
        rng.random() < 0.5,
        rng.uniform(0.7, 1.3),
        rng.uniform(0.7, 1.3),
        rng.uniform(0.8, 1.2, 3),
        rng.uniform(0, 8),
    )


def _render(picture: np.ndarray, truth: np.void, size: int, rng: np.random.Generator) -> np.ndarray:
    top, left, crop = int(truth["top"]), int(truth["left"]), int(truth["side"])
    patch = Image.fromarray(picture[top : top + crop, left : left + crop])
    pixels = np.asarray(patch.resize((size, size), Image.Resampling.BICUBIC), np.float64)
    if truth["mirrored"]:
        pixels = pixels[:, ::-1]
    mean = pixels.mean()
    pixels = (pixels - mean) * truth["contrast"] + mean
    pixels = pixels * truth["brightness"] * truth["cast"]
    pixels = pixels + rng.normal(0.0, truth["noise"], pixels.shape)
    return np.clip(np.rint(pixels), 0, 255).astype(np.uint8)
