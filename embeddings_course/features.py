"""Images in, one vector an image out, with any backbone.

>>> import numpy as np
>>> from embeddings_course.backbones import load_backbone
>>> images = np.zeros((3, 64, 64, 3), np.uint8)
>>> extract(images, load_backbone("embedded")).shape
(3, 512)

:func:`extract` takes an array, a list of images of any kind and size, or a folder. It reads and
prepares the next batches while the network works on this one, so memory holds a few batches,
however many files there are. With ``cache=`` a folder, what was computed once is read from disk.
"""

from __future__ import annotations

import hashlib
import io
import logging
import mimetypes
import os
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from functools import cache as cached
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps

from embeddings_course._shared.messages import Message
from embeddings_course._shared.precision import computing_in, usable_precision
from embeddings_course._shared.text import listed
from embeddings_course._shared.validation import require_integer
from embeddings_course._shared.vector_cache import VectorCache
from embeddings_course.backbones import Backbone
from embeddings_course.backbones.folded import folded
from embeddings_course.progress import progress_bar

logger = logging.getLogger(__name__)

# Pillow knows these when it sees them, and leaves the decoding to programs that may not be there.
_NOT_DECODED = frozenset(("BUFR", "EPS", "FPX", "GRIB", "HDF5", "IPTC", "MIC", "MPEG", "WMF"))
# Photographs that Pillow has no decoder of its own for, and Python no type.
_CAMERAS = frozenset((".arw", ".cr2", ".cr3", ".dng", ".heic", ".heif", ".jxl", ".nef", ".orf"))

ImageLike = str | Path | Image.Image | np.ndarray

# Images of equal shape are resized together until so many pixels wait, so that a batch of large
# photographs is not held in memory as a whole.
_PIXELS_TOGETHER = 4_000_000
_READERS = 4
_SHOWN = 5  # broken images named in a message
_WORTH_FOLDING = 128  # images
_FORMAT = 1  # changes when pixels are read in another way, so that old caches are left alone


class BrokenImagesError(ValueError):
    """Some images could not be read; the vectors of all others are here.

    Attributes
    ----------
    features : float32 array [n, dim]
        All vectors, with rows of NaN at the broken images.
    broken : dict of int to str
        Reason why an image could not be read, by its position.
    """

    def __init__(self, message: str, features: np.ndarray, broken: dict[int, str]) -> None:
        super().__init__(message)
        self.features = features
        self.broken = broken


@cached
def image_suffixes() -> frozenset[str]:
    """Return what :func:`list_images` takes for an image file: the endings of all Pillow reads."""
    endings = Image.registered_extensions()
    decoded = Image.OPEN.keys() - _NOT_DECODED
    return frozenset(ending for ending, kind in endings.items() if kind in decoded)


def list_images(folder: str | os.PathLike[str]) -> list[Path]:
    """List the image files of a folder in the order in which :func:`extract` takes them.

    Images that are left out, because Pillow cannot read them or their names do not end as those of
    images do, are named in the log, with the reason. Other files are not.

    Parameters
    ----------
    folder : path
        It is searched with all folders below it. Hidden files and folders are left out.

    Returns
    -------
    list of Path
        Files with one of the endings :func:`image_suffixes`, sorted by their path below the folder.

    Raises
    ------
    ValueError
        If there is no such folder, or no image in it.
    """
    folder = Path(folder)
    if folder.is_file():
        raise ValueError(
            Message(
                "folder-is-file",
                f"{folder} is a file, not a folder. For one image give a list: [path].",
            )
        )
    if not folder.is_dir():
        raise ValueError(Message("folder-missing", f"There is no folder {folder}."))
    names = {}
    for path in folder.rglob("*"):
        inner = path.relative_to(folder)
        if not any(part.startswith(".") for part in inner.parts) and path.is_file():
            names[inner.as_posix()] = path
    taken = sorted(name for name in names if names[name].suffix.lower() in image_suffixes())
    left = [
        f"{name} ({reason})"
        for name in sorted(names.keys() - taken)
        if (reason := _why_left_out(names[name]))
    ]
    told = ""
    if left:
        several = "s" * (len(left) > 1)
        told = f"{len(left)} image{several} in {folder} left out: {listed(left, _SHOWN)}."
    if not taken:
        raise ValueError(
            Message(
                "folder-without-images",
                f"The folder {folder} holds no image files. Looked for: "
                f"{', '.join(sorted(image_suffixes()))}. {told}".rstrip(),
            )
        )
    if told:
        logger.warning("%s", told)
    return [names[name] for name in taken]


def _why_left_out(path: Path) -> str:
    """Say why an image is not taken; an empty text for what is none."""
    ending = path.suffix.lower()
    try:
        with Image.open(path) as image:
            if image.format not in _NOT_DECODED:
                return f"its ending is not that of an image; it is {image.format}, so rename it"
    except Exception:  # it is not an image, or none that Pillow knows
        pass
    kind = mimetypes.guess_type(f"image{ending}")[0] or ""
    if kind.startswith("image/") or ending in _CAMERAS:
        return f"Pillow here does not read {ending}; convert it to PNG or JPEG"
    return ""


def extract(
    images: np.ndarray | Sequence[ImageLike] | str | Path,
    backbone: Backbone,
    *,
    batch_size: int = 32,
    cache: str | Path | None = None,
    broken: str = "raise",
    progress: bool = True,
    precision: str = "float32",
) -> np.ndarray:
    """Turn images into vectors.

    Parameters
    ----------
    images : uint8 array [n, h, w, 3], list, or folder
        A list may mix paths, PIL images and uint8 arrays [h, w, 3] or [h, w], of any sizes. A
        folder stands for the files that :func:`list_images` names.

        Grey images get three equal channels; grey of 16 or 32 bits is scaled from 0..65535 to
        0..255, and the log says so where its values are no such numbers.
        Transparent pixels, also [h, w, 4], are laid over white, as a white page would show them.
        Of a file with several frames the first counts. The orientation that a camera wrote into a
        file (EXIF) is applied to files, not to PIL images. Otherwise pixels stay as they are.
    backbone : Backbone
        From :func:`embeddings_course.backbones.load_backbone`. It runs on the device that its
        network lies on, in evaluation mode.
    batch_size : int
        Images that go through the network together, at least 1.
    cache : str or Path, optional
        A folder, made if need be, that keeps the vectors. They are found again by the content of
        the image and by the backbone: renaming a file changes nothing, editing it does.
    broken : "raise" or "nan"
        What happens after all others are computed when files cannot be read: an error, or rows of
        NaN and a warning in the log.
    progress : bool
        Show a progress bar on stderr when it takes longer than two seconds.
    precision : "float32" or "bfloat16"
        What the network computes in. Processors that have bfloat16 take less time with it: much
        less for a ResNet, little less for ``"efficientnet_lite0"``. The vectors differ from those
        of float32 by rounding: the cosine of the two was .999 or more for all photographs of
        :mod:`embeddings_course.data.goods`. Elsewhere float32 is used all the same, and the log
        says so once.

    Returns
    -------
    float32 array [n, dim], in the order of ``images``

    Raises
    ------
    ValueError
        For images of a wrong kind, shape or dtype, no images at all, or a wrong option.
    BrokenImagesError
        If images could not be read, with the vectors of the others in it.
    """
    require_integer("batch_size", batch_size, 1)
    if broken not in ("raise", "nan"):
        raise ValueError(
            Message("broken-unknown", f"broken is {broken!r}; it must be 'raise' or 'nan'.")
        )
    sources = _sources(images)
    device = next(backbone.network.parameters(), torch.empty(0)).device
    precision = usable_precision(precision, device)
    kept = f"{backbone.digest}-{_FORMAT}" + "-bfloat16" * (precision == "bfloat16")
    store = None if cache is None else VectorCache(cache, kept, backbone.dim)

    features = np.full((len(sources), backbone.dim), np.nan, np.float32)
    reasons: dict[int, str] = {}
    scales: dict[int, str] = {}
    bar = progress_bar(show=progress, total=len(sources), desc="Extracting", unit="image")
    try:
        with (
            bar,
            _running(backbone, precision, len(sources)) as run,
            closing(_batches(sources, backbone, batch_size, store)) as batches,
        ):
            for batch in batches:
                for row, vector in batch.known.items():
                    features[row] = vector
                reasons |= batch.broken
                scales |= batch.scales
                if batch.rows:
                    features[batch.rows] = run(batch.pixels)
                    if store is not None:
                        store.put(batch.keys, features[batch.rows])
                bar.update(len(batch.rows) + len(batch.known) + len(batch.broken))
    finally:
        if store is not None:
            store.close()

    if scales:
        named = [f"{_name(sources[row], row)} ({scales[row]})" for row in sorted(scales)]
        logger.warning(
            "%d of %d images are grey with 16 or 32 bits, taken for 0..65535, and hold other "
            "values: %s. If 0..255 was meant, save them with 8 bits.",
            len(scales),
            len(sources),
            listed(named, _SHOWN),
        )
    if reasons:
        named = [f"{_name(sources[row], row)} ({reasons[row]})" for row in sorted(reasons)]
        message = (
            f"{len(reasons)} of {len(sources)} images could not be read: {listed(named, _SHOWN)}."
        )
        if broken == "raise":
            raise BrokenImagesError(
                Message(
                    "images-broken",
                    f"{message} The vectors of the others are in this error's .features, and "
                    '.broken tells the rows. Take these images out, or pass broken="nan" for rows '
                    "of NaN.",
                ),
                features,
                dict(sorted(reasons.items())),
            )
        logger.warning("%s Their rows are NaN.", message)
    return features


@contextmanager
def _running(backbone: Backbone, precision: str, count: int) -> Iterator:
    """Give a function that runs the network on a batch: float32 [b, 3, s, s] -> array [b, dim].

    For a number of images it pays to make a quicker copy of the network first.
    """
    network = backbone.network
    weight = next(network.parameters(), torch.empty(0))
    modes = [(module, module.training) for module in network.modules()]
    network.eval()  # batch norm and dropout must not let the images of a batch change each other

    quick: torch.nn.Module | None = None if count >= _WORTH_FOLDING else network

    def run(pixels: torch.Tensor) -> np.ndarray:
        nonlocal quick
        quick = quick or folded(network, backbone.size)
        with torch.inference_mode(), computing_in(precision, weight.device):
            return quick(pixels.to(weight.device, weight.dtype)).float().cpu().numpy()

    try:
        yield run
    finally:
        for module, training in modes:  # one by one: some may be frozen, others not
            module.training = training


# --- what was given ------------------------------------------------------------------------------


def _sources(images: object) -> Sequence[ImageLike]:
    """Check what was given, as far as that is possible without reading files."""
    if isinstance(images, str | os.PathLike):
        return list_images(images)
    if isinstance(images, np.ndarray):
        _check_array(images)
        return list(images)
    if isinstance(images, Image.Image):
        raise ValueError(
            Message("images-one-picture", "images is a single PIL image; give a list: [image].")
        )
    if isinstance(images, torch.Tensor):
        raise ValueError(
            Message(
                "images-tensor",
                "images is a tensor; expected an array. For uint8 [n, 3, h, w] write "
                "images.permute(0, 2, 3, 1).numpy().",
            )
        )
    if not isinstance(images, Sequence):
        raise ValueError(
            Message(
                "images-wrong-type",
                f"images is of type {type(images).__name__}; expected a uint8 array [n, h, w, "
                "3], a list of paths, PIL images or arrays, or a folder. list(images) may help.",
            )
        )
    if not len(images):
        raise ValueError(Message("images-empty", "images is empty; give at least one image."))
    for row, image in enumerate(images):
        _check_image(image, f"images[{row}]")
    return images


def _check_array(images: np.ndarray) -> None:
    if images.ndim != 4 or images.shape[3] not in (1, 3, 4):
        hint = ""
        if images.ndim == 4 and images.shape[1] == 3:
            hint = " Move the channels to the end: images.transpose(0, 2, 3, 1)."
        elif images.ndim in (2, 3):
            hint = " For one image give [image], for grey images list(images)."
        raise ValueError(
            Message(
                "images-wrong-shape",
                f"The images have the shape {list(images.shape)}; expected [n, h, w, 3].{hint}",
            )
        )
    if not images.size:
        raise ValueError(
            Message(
                "images-without-pixels",
                f"There are no pixels in images of shape {list(images.shape)}.",
            )
        )
    _check_dtype(images, "The images")


def _check_image(image: object, what: str) -> None:
    if isinstance(image, np.ndarray):
        if not (image.ndim == 2 or (image.ndim == 3 and image.shape[2] in (1, 3, 4))):
            raise ValueError(
                Message(
                    "image-wrong-shape",
                    f"{what} has the shape {list(image.shape)}; expected [h, w, 3] or [h, w].",
                )
            )
        if not image.size:
            raise ValueError(
                Message(
                    "image-without-pixels", f"{what} of shape {list(image.shape)} has no pixels."
                )
            )
        _check_dtype(image, what)
    elif not isinstance(image, str | os.PathLike | Image.Image):
        raise ValueError(
            Message(
                "image-wrong-type",
                f"{what} is of type {type(image).__name__}; expected a path, a PIL image or a "
                "uint8 array [h, w, 3].",
            )
        )


def _check_dtype(image: np.ndarray, what: str) -> None:
    if image.dtype == np.uint8:
        return
    must = Message("pixels-not-uint8", f"{what} must be uint8, 0 to 255, not {image.dtype}.")
    hint = ""
    if np.issubdtype(image.dtype, np.floating):
        if not np.isfinite(image).all():
            hint += " They hold NaN or infinity: repair that first."
        if not (image > 1).any():
            hint += " From values in [0, 1]: (images * 255).round().astype(np.uint8)."
        else:
            hint += " From values in [0, 255]: images.round().astype(np.uint8)."
    elif image.dtype == np.uint16 and not 0 < image.max() <= 255:
        hint = " From 16 bits: (images // 257).astype(np.uint8)."
    elif image.dtype != bool and (image.max() > 255 or image.min() < 0):
        hint = f" They hold {image.min()} to {image.max()}: bring them to 0 to 255 first."
    else:
        hint = " From values in 0 to 255: images.astype(np.uint8)."
    raise ValueError(must.within(after=hint))


def _name(source: ImageLike, row: int) -> str:
    return str(source) if isinstance(source, str | os.PathLike) else f"images[{row}]"


# --- reading and preparing, in the background ----------------------------------------------------


@dataclass(frozen=True)
class _Batch:
    """What the readers found out about some rows."""

    rows: list[int] = field(default_factory=list)  # for the network, with keys and pixels
    keys: list[bytes] = field(default_factory=list)
    pixels: torch.Tensor | None = None  # float32 [len(rows), 3, s, s]
    known: dict[int, np.ndarray] = field(default_factory=dict)  # vectors from the cache
    broken: dict[int, str] = field(default_factory=dict)
    scales: dict[int, str] = field(default_factory=dict)  # what was strange about deep grey


def _batches(
    sources: Sequence[ImageLike], backbone: Backbone, batch_size: int, store: VectorCache | None
) -> Generator[_Batch, None, None]:
    """Prepare batches in threads, in order, only a few ahead of the one in use."""
    stop = threading.Event()
    readers = min(_READERS, os.cpu_count() or 1)
    starts = iter(range(0, len(sources), batch_size))
    waiting: deque = deque()
    # A reader with threads of its own would take them from the network: 0.8 of its speed, not 0.9.
    threads = torch.get_num_threads()
    pool = ThreadPoolExecutor(readers, "extract", initializer=torch.set_num_threads, initargs=(1,))

    def submit() -> None:
        for start in starts:
            rows = range(start, min(start + batch_size, len(sources)))
            waiting.append(pool.submit(_prepare, sources, rows, backbone, store, stop))
            break

    try:
        for _ in range(readers + 1):
            submit()
        while waiting:
            batch = waiting.popleft().result()
            submit()
            yield batch
    finally:  # also when the caller was interrupted: the readers end after the image at hand
        stop.set()
        pool.shutdown(cancel_futures=True)
        torch.set_num_threads(threads)  # which threads that start later inherit


class _Resizer:
    """Prepares images for a backbone; those of one shape together, which takes less time."""

    def __init__(self, preprocess: Callable[[torch.Tensor], torch.Tensor]):
        self.prepared: dict[int, torch.Tensor] = {}  # row: float32 [3, s, s]
        self._preprocess = preprocess
        self._alike: dict[tuple[int, ...], dict[int, np.ndarray]] = {}  # by shape, then by row

    def add(self, row: int, image: np.ndarray) -> None:
        """Take an image: uint8 [h, w, 3]. It is prepared now or later."""
        self._alike.setdefault(image.shape, {})[row] = image
        pixels = sum(len(each) * np.prod(shape[:2]) for shape, each in self._alike.items())
        if pixels > _PIXELS_TOGETHER:
            self.finish()

    def finish(self) -> None:
        """Prepare all that wait."""
        for group in filter(None, self._alike.values()):
            stack = torch.from_numpy(np.stack(list(group.values())))  # [k, h, w, 3]
            with torch.inference_mode():
                resized = self._preprocess(stack.permute(0, 3, 1, 2))
                self.prepared.update(zip(group, resized, strict=True))
            group.clear()


def _prepare(
    sources: Sequence[ImageLike],
    rows: range,
    backbone: Backbone,
    store: VectorCache | None,
    stop: threading.Event,
) -> _Batch:
    batch = _Batch()
    resizer = _Resizer(backbone.preprocess)
    for row in rows:
        if stop.is_set():
            return batch
        key = b""
        try:
            raw, scale = _raw(sources[row])
            if store is not None:
                key = _key(raw)
                vector = store.get(key)
                if vector is not None:
                    batch.known[row] = vector
                    continue
            image, scale = (raw, scale) if isinstance(raw, np.ndarray) else _rgb(raw)
        except Exception as error:  # a decoder may raise anything on a damaged file
            batch.broken[row] = _reason(error)
            continue
        if scale:
            batch.scales[row] = scale
        batch.rows.append(row)
        batch.keys.append(key)
        resizer.add(row, image)
    resizer.finish()
    if not batch.rows:
        return batch
    pixels = torch.stack([resizer.prepared[row] for row in batch.rows])
    pixels = pixels.contiguous(memory_format=torch.channels_last)
    return replace(batch, pixels=pixels)


def _raw(source: ImageLike) -> tuple[bytes | np.ndarray, str]:
    """Give what identifies an image: the bytes of a file, the pixels of anything else.

    With pixels comes what was strange about their scale.
    """
    if isinstance(source, np.ndarray) and source.ndim == 3 and source.shape[2] == 3:
        return source, ""
    if isinstance(source, np.ndarray):
        source = Image.fromarray(source.squeeze(2) if source.shape[2:] == (1,) else source)
    if isinstance(source, Image.Image):
        return _flat(source)
    return Path(source).read_bytes(), ""


def _rgb(raw: bytes) -> tuple[np.ndarray, str]:
    """Decode a file: uint8 [h, w, 3], and what was strange about its scale."""
    with Image.open(io.BytesIO(raw)) as image:
        image.load()
        return _flat(ImageOps.exif_transpose(image))


def _flat(image: Image.Image) -> tuple[np.ndarray, str]:
    """Bring any mode of PIL to uint8 RGB [h, w, 3], and say what was strange about its scale."""
    if image.mode == "F":
        raise ValueError("its pixels are floats, without a known range")
    if image.mode.startswith("I"):  # 16 bits, or 32 as PIL reads some 16-bit files
        deep = np.asarray(image)
        low, high, scale = deep.min(), deep.max(), ""
        if low < 0 or high > 65535:
            scale = f"{low} to {high}, which was cut off"
        elif 0 < high <= 255:
            scale = f"{low} to {high}, which is all but black"
        grey = deep.clip(0, 65535) // 257
        return np.repeat(grey.astype(np.uint8)[:, :, None], 3, axis=2), scale
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return np.asarray(image.convert("RGB")), ""


def _reason(error: Exception) -> str:
    if isinstance(error, Image.UnidentifiedImageError):
        return "not an image that Pillow knows"
    return str(getattr(error, "strerror", None) or error).strip() or type(error).__name__


# --- the cache -----------------------------------------------------------------------------------


def _key(raw: bytes | np.ndarray) -> bytes:
    if isinstance(raw, bytes):
        return hashlib.sha256(b"file" + raw).digest()
    content = hashlib.sha256(f"pixels {raw.shape}".encode())
    content.update(np.ascontiguousarray(raw).data)
    return content.digest()
