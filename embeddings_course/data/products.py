"""Pictures of a warehouse's products, drawn, with independent factors that are known.

A product has a *kind* (what it is), a *colour*, a *line* (the series it is sold in, printed on it
as a pattern) and may be *damaged*. A photograph of it adds a *turn*, a place, a light, a background
and noise. All of these are drawn independently of each other, so a model that learns one of them
has learned nothing about the others. Customers furnish in one line: what is bought together is of
one line, apart from noise, whatever its kind and its colour.

Nothing is downloaded or photographed: all of it is drawn from ``seed``.

>>> products = draw(500, seed=0)
>>> products.images.shape, products.images.dtype.name
((500, 32, 32, 3), 'uint8')
>>> products.describe(0)
'yellow wedge, plain, damaged'
>>> pairs = bought_together(products, n_pairs=1000, noise=0)
>>> bool((products.line[pairs[:, 0]] == products.line[pairs[:, 1]]).all())
True
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from importlib.resources import files

import matplotlib as mpl
import numpy as np

from embeddings_course._shared.messages import Message
from embeddings_course._shared.validation import require_integer, require_number

KINDS: tuple[str, ...] = ("mug", "bracket", "tee", "arch", "dome", "wedge", "funnel", "key")
"""What a product is: its outline. None looks the same when it is turned."""

COLOURS: tuple[str, ...] = (
    "red",
    "orange",
    "yellow",
    "green",
    "turquoise",
    "blue",
    "violet",
    "pink",
)
"""Its colour, by name; the hue varies a little around it."""

LINES: tuple[str, ...] = ("plain", "striped", "dotted", "checked", "two-tone", "badged")
"""The line it is sold in: a pattern on its surface."""

TURNS: tuple[str, ...] = (
    "up",
    "up left",
    "left",
    "down left",
    "down",
    "down right",
    "right",
    "up right",
)
"""Which way a product points in its photograph, in steps of 45 degrees, up to 12 degrees off."""

SIZE = 32
"""Height and width of a picture in pixels."""

_HUES = (0.0, 0.07, 0.15, 0.33, 0.48, 0.6, 0.76, 0.9)
_BLACK = 0.06  # of a crack
_FINER = 2  # pictures are drawn at so many times their size, so that edges are smooth
_TOGETHER = 256


@dataclass(frozen=True)
class Products:
    """Products, one photograph of each, and the truth about both.

    Attributes
    ----------
    images : uint8 array [n, 32, 32, 3]
        RGB.
    kind, colour, line : int64 array [n]
        Truth about the product: indices into :data:`KINDS`, :data:`COLOURS`, :data:`LINES`.
    damaged : bool array [n]
        Truth about the product: whether it has a crack.
    turn : int64 array [n]
        Truth about the photograph: an index into :data:`TURNS`.
    ids : tuple of str, length n
        ``product/seed/number``, the same in every photograph of a product.
    """

    images: np.ndarray
    kind: np.ndarray
    colour: np.ndarray
    line: np.ndarray
    damaged: np.ndarray
    turn: np.ndarray
    ids: tuple[str, ...]
    _looks: np.ndarray = field(repr=False)  # [n, 3]: shade of the colour, course of the crack

    def __len__(self) -> int:
        return len(self.images)

    def describe(self, row: int) -> str:
        """Say in words what the product of a row is."""
        words = f"{COLOURS[self.colour[row]]} {KINDS[self.kind[row]]}, {LINES[self.line[row]]}"
        return words + (", damaged" if self.damaged[row] else "")


def draw(n: int, *, damaged: float = 0.2, seed: int = 0) -> Products:
    """Draw products and photograph each of them once.

    Product ``k`` depends on ``(seed, k)`` alone, apart from whether it is damaged, which depends on
    ``damaged`` as well: more products change none of those before.

    Parameters
    ----------
    n : int
        How many, at least 1.
    damaged : float
        Probability that a product has a crack, from 0 to 1.
    seed : int
        Not negative. Another seed gives other products.

    Returns
    -------
    Products
        Its arrays are read-only.

    Raises
    ------
    ValueError
        For a number out of range.
    """
    require_integer("n", n, 1)
    require_integer("seed", seed, 0)
    require_number("damaged", damaged, 0, 1)
    rng = np.random.default_rng([seed, 0])
    drawn = rng.random((n, 7))  # [n, factor], row by row
    kind, colour, line = (
        (drawn[:, place] * len(names)).astype(np.int64)
        for place, names in enumerate((KINDS, COLOURS, LINES))
    )
    looks = drawn[:, 4:]
    return _photographed(
        kind,
        colour,
        line,
        drawn[:, 3] < damaged,
        looks,
        tuple(f"product/{seed}/{number}" for number in range(n)),
        [seed, 1],
    )


def photograph_again(products: Products, *, seed: int = 0) -> Products:
    """Return other photographs of the same products: other turns, places, lights, backgrounds.

    Parameters
    ----------
    products : Products
        As ``draw`` returns them.
    seed : int
        Not negative. Another seed gives other photographs; none is the one that ``draw`` takes.

    Returns
    -------
    Products
        Row by row the same products.
    """
    require_integer("seed", seed, 0)
    return _photographed(
        products.kind,
        products.colour,
        products.line,
        products.damaged,
        products._looks,
        products.ids,
        [seed, 2],
    )


def bought_together(
    products: Products, *, n_pairs: int, noise: float = 0.1, seed: int = 0
) -> np.ndarray:
    """Draw pairs of products that stood on one receipt.

    Parameters
    ----------
    products : Products
        What is on sale.
    n_pairs : int
        How many pairs, at least 1.
    noise : float
        Probability that the second product is any one at all, from 0 to 1; else it is of the line
        of the first.
    seed : int
        Not negative.

    Returns
    -------
    int64 array [n_pairs, 2]
        Rows of ``products``; the two of a pair are never the same.

    Raises
    ------
    ValueError
        For a number out of range, or a line with a single product, which has no partner.
    """
    require_integer("n_pairs", n_pairs, 1)
    require_integer("seed", seed, 0)
    require_number("noise", noise, 0, 1)
    members = [np.flatnonzero(products.line == index) for index in range(len(LINES))]
    for name, rows in zip(LINES, members, strict=True):
        if len(rows) == 1:
            raise ValueError(
                Message(
                    "product-line-of-one",
                    f"Only one product is {name}, so nothing of its line can be bought with it; "
                    "draw more products.",
                )
            )
    rng = np.random.default_rng([seed, 3])
    first = rng.integers(len(products), size=n_pairs)
    # The partner is so many places further on, in a circle: never the product itself.
    anyone = (first + rng.integers(1, len(products), size=n_pairs)) % len(products)
    second = np.empty(n_pairs, np.int64)
    for index, rows in enumerate(members):
        asked = np.flatnonzero(products.line[first] == index)
        if len(asked):
            place = np.searchsorted(rows, first[asked])
            second[asked] = rows[(place + rng.integers(1, len(rows), size=len(asked))) % len(rows)]
    second = np.where(rng.random(n_pairs) < noise, anyone, second)
    pairs = np.stack([first, second], axis=1)
    pairs.setflags(write=False)
    return pairs


def predicted_winners() -> dict[str, str]:
    """Return by task the objective that should give the best vectors for it.

    The list is ``products_predictions.toml`` beside this module. It was written before any network
    was trained on these pictures, and is kept as it was.
    """
    text = (files(__package__) / "products_predictions.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def _photographed(
    kind: np.ndarray,
    colour: np.ndarray,
    line: np.ndarray,
    damaged: np.ndarray,
    looks: np.ndarray,
    ids: tuple[str, ...],
    stream: list[int],
) -> Products:
    scenes = np.random.default_rng(stream).random(
        (len(kind), 9)
    )  # [n, what a photograph adds], row by row
    turn = (scenes[:, 0] * len(TURNS)).astype(np.int64)
    images = np.empty((len(kind), SIZE, SIZE, 3), np.uint8)
    for start in range(0, len(kind), _TOGETHER):
        rows = slice(start, start + _TOGETHER)
        pictures = _drawn(
            kind[rows],
            colour[rows],
            line[rows],
            damaged[rows],
            looks[rows],
            turn[rows],
            scenes[rows],
        )
        grain = np.random.default_rng([*stream, 1 + start])
        pictures += 0.025 * grain.standard_normal(pictures.shape, np.float32)
        images[rows] = np.clip(255 * pictures, 0, 255).astype(np.uint8)
    for array in (images, kind, colour, line, damaged, turn, looks):
        array.setflags(write=False)
    return Products(images, kind, colour, line, damaged, turn, ids, looks)


def _drawn(
    kind: np.ndarray,
    colour: np.ndarray,
    line: np.ndarray,
    damaged: np.ndarray,
    looks: np.ndarray,
    turn: np.ndarray,
    scenes: np.ndarray,
) -> np.ndarray:
    """Draw photographs without grain: float array [n, 32, 32, 3], 0 to 1 and a little beyond."""
    side = SIZE * _FINER
    steps = (np.arange(side, dtype=np.float32) + 0.5) / side * 2 - 1
    looks, scenes = looks.astype(np.float32), scenes.astype(np.float32)
    y, x = -steps[None, :, None], steps[None, None, :]
    off, across, up, size, light, grey, slope, lean = (
        scenes[:, place, None, None] for place in range(1, 9)
    )
    angle = np.deg2rad(45 * turn[:, None, None].astype(np.float32) + 24 * off - 12)
    size = 0.78 + 0.16 * size
    x, y = x - 0.24 * (across - 0.5), y - 0.24 * (up - 0.5)
    u = (np.cos(angle) * x + np.sin(angle) * y) / size  # [n, side, side], upright: u to the right
    v = (np.cos(angle) * y - np.sin(angle) * x) / size  # and v upwards

    inside = np.zeros(u.shape, bool)
    for index, name in enumerate(KINDS):
        rows = kind == index
        inside[rows] = _OUTLINES[name](u[rows], v[rows])
    shade = np.ones(u.shape, np.float32)
    for index, name in enumerate(LINES):
        rows = line == index
        shade[rows] = _PATTERNS[name](u[rows], v[rows])
    course, height = looks[:, 1, None, None] * np.pi, 0.5 * (looks[:, 2, None, None] - 0.5)
    rows = np.flatnonzero(damaged)
    along = np.cos(course[rows]) * u[rows] + np.sin(course[rows]) * v[rows]
    beside = np.cos(course[rows]) * v[rows] - np.sin(course[rows]) * u[rows] - height[rows]
    zigzag = 0.12 * (np.abs((3 * along) % 2 - 1) - 0.5)
    crack = np.zeros(u.shape, bool)
    crack[rows] = np.abs(beside - zigzag) < 0.055

    # Paint, white of badges, and wall: how much of each a pixel shows.
    sound = inside & ~crack
    painted = _coarse(np.where(sound, np.minimum(shade, 1), 0))
    white = _coarse(np.where(sound, np.maximum(shade - 1, 0), np.where(inside, _BLACK, 0)))
    wall = 0.78 + 0.14 * grey + 0.08 * (slope - 0.5) * x + 0.08 * (lean - 0.5) * y
    behind = _coarse(np.where(inside, 0, wall))
    hue = (np.asarray(_HUES)[colour] + 0.03 * (looks[:, 0] - 0.5)) % 1
    rest = np.full_like(hue, 0.8), np.full_like(hue, 0.9)  # saturation and value
    paint = mpl.colors.hsv_to_rgb(np.stack([hue, *rest], axis=1)).astype(np.float32)
    picture = painted[..., None] * paint[:, None, None, :] + (white + behind)[..., None]
    return picture * (0.75 + 0.4 * light)[..., None]


def _coarse(fine: np.ndarray) -> np.ndarray:
    """Average blocks of pixels: [n, 64, 64] -> [n, 32, 32]."""
    return fine.reshape(len(fine), SIZE, _FINER, SIZE, _FINER).mean(axis=(2, 4))


def _disc(u: np.ndarray, v: np.ndarray, radius: float) -> np.ndarray:
    return u**2 + v**2 < radius**2


_OUTLINES = {
    "mug": lambda u, v: (
        ((np.abs(u + 0.15) < 0.48) & (np.abs(v) < 0.62))
        | (_disc(u - 0.33, v, 0.38) & ~_disc(u - 0.33, v, 0.2))
    ),
    "bracket": lambda u, v: (
        ((np.abs(u + 0.35) < 0.25) & (np.abs(v) < 0.7))
        | ((np.abs(u) < 0.6) & (np.abs(v + 0.45) < 0.25))
    ),
    "tee": lambda u, v: (
        ((np.abs(u) < 0.66) & (np.abs(v - 0.45) < 0.25)) | ((np.abs(u) < 0.24) & (np.abs(v) < 0.7))
    ),
    "arch": lambda u, v: (
        (np.abs(u) < 0.62) & (np.abs(v) < 0.62) & ~((np.abs(u) < 0.22) & (v < 0.2))
    ),
    "dome": lambda u, v: (v > -0.35) & _disc(u, v + 0.35, 0.78),
    "wedge": lambda u, v: (u > -0.55) & (v > -0.55) & (u + v < 0.4),
    "funnel": lambda u, v: (np.abs(v) < 0.66) & (np.abs(u) < 0.42 + 0.4 * v),
    "key": lambda u, v: (
        _disc(u, v - 0.32, 0.42)
        | ((np.abs(u) < 0.17) & (np.abs(v + 0.3) < 0.48))
        | ((np.abs(u - 0.28) < 0.2) & (np.abs(v + 0.6) < 0.17))
    ),
}

# Factors of the paint; what is above 1 is added as white.
_PATTERNS = {
    "plain": lambda u, v: np.ones_like(u),
    "striped": lambda u, v: np.where((2.2 * u) % 1 < 0.5, 0.5, 1),
    "dotted": lambda u, v: np.where(
        _disc((u + 0.2) % 0.4 - 0.2, (v + 0.2) % 0.4 - 0.2, 0.115), 0.35, 1
    ),
    "checked": lambda u, v: np.where(((2.2 * u) % 1 < 0.5) ^ ((2.2 * v) % 1 < 0.5), 0.5, 1),
    "two-tone": lambda u, v: np.where(v < 0, 0.5, 1),
    "badged": lambda u, v: np.where(_disc(u, v - 0.45, 0.3) | (np.abs(v + 0.45) < 0.12), 1.6, 1),
}
