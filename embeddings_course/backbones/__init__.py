"""Image networks without their last layer: a picture goes in, a vector comes out.

>>> backbone = load_backbone("embedded", trained=False)
>>> backbone.dim, backbone.size
(512, 96)

``"embedded"`` is a ResNet-18 with weights that ship with this package and need no network. Every
other name is one of torchvision's classifiers with its ImageNet weights. What is cut off, and how
the rest is run, is the same for all of them.
"""

from __future__ import annotations

import difflib
import hashlib
import http.client
import io
import json
import re
from collections.abc import Callable
from contextlib import redirect_stderr
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from urllib.parse import urlparse

import safetensors.torch
import torch
import torchvision
from torch import nn
from torch.func import functional_call
from torchvision.models import WeightsEnum, get_model, get_model_weights, list_models
from torchvision.models.feature_extraction import create_feature_extractor, get_graph_node_names
from torchvision.transforms import v2

EMBEDDED_FOLDER = Path(__file__).parent / "embedded"
"""Where the embedded weights and their report lie."""

EMBEDDED_SIZE = 96
"""Input height and width of the embedded backbone in pixels, unless told otherwise."""

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


class WeightsError(RuntimeError):
    """The weights of a backbone are missing, damaged or out of reach."""


@dataclass(frozen=True)
class Backbone:
    """A network that turns images into vectors.

    Attributes
    ----------
    name : str
        What :func:`load_backbone` was asked for.
    layer : str
        The node of the network whose output is the vector.
    dim : int
        Length of a vector.
    size : int
        Height and width in pixels of what the network takes.
    network : torch.nn.Module
        In evaluation mode; float32 [b, 3, size, size], normalised -> float32 [b, dim].
    preprocess : callable
        uint8 RGB tensor [b, 3, h, w] -> float32 [b, 3, size, size], normalised. Its ``repr`` is
        part of the digest.
    """

    name: str
    layer: str
    dim: int
    size: int
    network: nn.Module = field(repr=False)
    preprocess: Callable[[torch.Tensor], torch.Tensor] = field(repr=False)

    @property
    def digest(self) -> str:
        """SHA-256 of all that decides the vectors: architecture, layer, weights, preprocessing.

        It is computed from the weights as they are now, so a network that was trained further has
        another digest. That takes about 0.1 s for 100 MB of weights.
        """
        content = hashlib.sha256(
            json.dumps([self.name, self.layer, self.size, repr(self.preprocess)]).encode()
        )
        for key, value in sorted(self.network.state_dict().items()):
            content.update(f"{key} {value.dtype} {list(value.shape)}\n".encode())
            raw = value.detach().cpu().contiguous().flatten().view(torch.uint8)
            content.update(raw.numpy())
        return content.hexdigest()


def load_backbone(
    name: str = "embedded",
    *,
    trained: bool = True,
    seed: int = 0,
    layer: str | None = None,
    size: int | None = None,
) -> Backbone:
    """Load a network and cut off its classifier.

    Parameters
    ----------
    name : str
        ``"embedded"``, or any of ``torchvision.models.list_models(module=torchvision.models)``.
        Torchvision's weights (``DEFAULT``) come from torch hub's cache, or else from the network.
    trained : bool
        False gives the same network and preprocessing with random weights, without any download.
    seed : int
        Of the random weights. The global random state stays as it was.
    layer : str, optional
        A node of the network, or a module (then its last node), whose output is the vector; for
        example ``"layer3"`` of a ResNet. By default the input of the last classifier layer.
        What a layer gives is reduced to one vector an image: maps [b, c, h, w], and the
        channels-last maps [b, h, w, c] of Swin and ConvNeXt, are averaged over space; tokens
        [b, t, d] of a transformer are averaged over all tokens, the class token included.
    size : int, optional
        Input height and width in pixels, instead of the network's default. The resizing before
        the crop is scaled with it.

    Returns
    -------
    Backbone

    Raises
    ------
    ValueError
        For an unknown name or layer, or a size or layer that gives no vector.
    WeightsError
        If the weights are missing, damaged or cannot be downloaded; the message says what to do.
    """
    _require_known(name)
    if size is not None and (isinstance(size, bool) or not isinstance(size, int) or size < 1):
        raise ValueError(f"size is {size!r}; it must be a number of pixels, 1 or more.")

    if name == "embedded":
        size = size or EMBEDDED_SIZE
        preprocess = _embedded_preprocess(size)
        weights = _embedded_weights() if trained else None
        model = _random("resnet18", seed, {})
        if weights is not None:
            # The package ships no classifier: the part that is cut off anyway stays random.
            missing, unexpected = model.load_state_dict(weights, strict=False)
            if unexpected or set(missing) != {"fc.weight", "fc.bias"}:
                raise WeightsError(
                    f"The embedded weights in {EMBEDDED_FOLDER} are not those of a ResNet-18 "
                    "without its head: report.json and resnet18.safetensors belong together. "
                    f"In a clone run: git checkout -- {EMBEDDED_FOLDER}"
                )
    else:
        enum = get_model_weights(name).DEFAULT
        preprocess, size = _imagenet_preprocess(enum, size)
        model = _imagenet(name, enum) if trained else _random(name, seed, _options(name, enum))

    network, layer, dim = _cut(model, name, layer, size)
    return Backbone(name, layer, dim, size, network, preprocess)


def at_hand(name: str) -> bool:
    """Say whether ``load_backbone(name)`` needs no download.

    Parameters
    ----------
    name : str
        As for :func:`load_backbone`.

    Returns
    -------
    bool
        True for ``"embedded"``, and for others if torch hub's cache has their weights.

    Raises
    ------
    ValueError
        For an unknown name.
    """
    _require_known(name)
    return name == "embedded" or _weights_file(get_model_weights(name).DEFAULT).exists()


def _require_known(name: str) -> None:
    known = ["embedded", *list_models(module=torchvision.models)]
    if name not in known:
        raise ValueError(
            f"There is no backbone {name!r}. {_near(str(name), known)} "
            'Use "embedded", or a name of '
            "torchvision.models.list_models(module=torchvision.models)."
        )


def _near(wrong: str, known: list[str]) -> str:
    near = difflib.get_close_matches(wrong, known, n=5, cutoff=0.5)
    return f"Near names: {', '.join(near)}." if near else "No name is near it."


# --- building ------------------------------------------------------------------------------------


def _options(name: str, enum: WeightsEnum) -> dict:
    """Arguments with which torchvision builds ``name`` when it is given these weights."""
    if name in ("googlenet", "inception_v3"):
        return {"transform_input": True, "init_weights": False}
    if name.startswith("vit_"):
        return {"image_size": enum.meta["min_size"][0]}
    return {}


def _random(name: str, seed: int, options: dict) -> nn.Module:
    # Weights are drawn from the CPU's generator; the generators of other devices are not touched.
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        return get_model(name, weights=None, **options).eval()


def _embedded_preprocess(size: int) -> v2.Compose:
    return v2.Compose(
        [
            v2.Resize(size, interpolation=v2.InterpolationMode.BILINEAR, antialias=True),
            v2.CenterCrop(size),
            v2.ToDtype(torch.float32, scale=True),
            v2.Normalize(IMAGENET_MEAN, IMAGENET_STD),
        ]
    )


def _imagenet_preprocess(enum: WeightsEnum, size: int | None) -> tuple[nn.Module, int]:
    standard = enum.transforms()
    (crop,), (resize,) = standard.crop_size, standard.resize_size
    if size is None or size == crop:
        return standard, crop
    return enum.transforms(crop_size=size, resize_size=round(resize * size / crop)), size


def _embedded_weights() -> dict[str, torch.Tensor]:
    """Read the shipped file, check it, and return its weights as float32."""
    path, report = EMBEDDED_FOLDER / "resnet18.safetensors", EMBEDDED_FOLDER / "report.json"
    remedy = "Install the package again, or in a clone run: git checkout --"
    try:
        expected = json.loads(report.read_text(encoding="utf-8"))["sha256"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise WeightsError(
            f"{report}, which holds the SHA-256 of the embedded weights, cannot be read "
            f"({_reason(error)}). {remedy} {report}"
        ) from error
    try:
        content = path.read_bytes()
    except OSError as error:
        raise WeightsError(
            f"The embedded weights {path} cannot be read ({_reason(error)}); a file with "
            f"SHA-256 {expected} is expected there. {remedy} {path}"
        ) from error
    found = hashlib.sha256(content).hexdigest()
    if found != expected:
        raise WeightsError(
            f"The embedded weights {path} are damaged: their SHA-256 is {found}, "
            f"expected {expected}. {remedy} {path}"
        )
    weights = safetensors.torch.load(content)
    return {key: w.float() if w.is_floating_point() else w for key, w in weights.items()}


def _reason(error: Exception) -> str:
    """Say what went wrong, without numbers and paths of the system call."""
    reason = getattr(error, "reason", None) or getattr(error, "strerror", None) or error
    return str(getattr(reason, "strerror", None) or reason) or type(error).__name__


# --- torchvision's weights -----------------------------------------------------------------------


def _weights_file(enum: WeightsEnum) -> Path:
    return Path(torch.hub.get_dir()) / "checkpoints" / Path(urlparse(enum.url).path).name


def _imagenet(name: str, enum: WeightsEnum) -> nn.Module:
    path = _weights_file(enum)
    digits = re.search(r"-([0-9a-f]{8,})\.\w+$", path.name)
    expected = digits.group(1) if digits else ""
    if not path.exists():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            torch.hub.download_url_to_file(enum.url, str(path), hash_prefix=expected)
        except (OSError, RuntimeError, http.client.HTTPException) as error:
            raise WeightsError(
                f"The ImageNet weights of {name!r} could not be fetched from {enum.url} "
                f"({_reason(error)}). Get that file in another way and put it at {path}; "
                'load_backbone("embedded") works without network.'
            ) from error
    status = path.stat()
    found = _sha256(path, status.st_size, status.st_mtime_ns)
    if not found.startswith(expected):
        raise WeightsError(
            f"The weights file {path} is incomplete or damaged: its SHA-256 begins with "
            f"{found[: len(expected)]}, expected {expected}. Delete the file; "
            f'load_backbone("{name}") then downloads it again.'
        )
    # torchvision's own loading, because some of its files need their keys renamed.
    with torch.random.fork_rng(devices=[]):
        return get_model(name, weights=enum, progress=False).eval()


@cache
def _sha256(path: Path, size: int, changed: int) -> str:
    """Hash a file once in a process; size and time in the arguments tell when it was replaced."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


# --- cutting -------------------------------------------------------------------------------------


class _Cut(nn.Module):
    """The part of a network before a node, with one vector an image: [b, 3, s, s] -> [b, dim]."""

    def __init__(self, body: nn.Module) -> None:
        super().__init__()
        self.body = body
        self.averaged: tuple[int, ...] = ()  # dimensions of the node's output

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        output = self.body(images)["vector"]
        return output.mean(self.averaged) if self.averaged else output


def _cut(model: nn.Module, name: str, layer: str | None, size: int) -> tuple[_Cut, str, int]:
    _, nodes = get_graph_node_names(model, suppress_diff_warning=True)
    if layer is None:
        modules = dict(model.named_modules())
        last = [
            node for node in nodes if isinstance(modules.get(node), nn.Linear | nn.Conv2d)
        ].pop()
        layer = nodes[nodes.index(last) - 1]
    elif not any(node == layer or node.startswith(f"{layer}.") for node in nodes):
        parts = [node.split(".") for node in nodes]
        known = {".".join(part[:end]) for part in parts for end in range(1, len(part) + 1)}
        raise ValueError(
            f"{name!r} has no layer {layer!r}. {_near(str(layer), sorted(known))} "
            "torchvision.models.feature_extraction.get_graph_node_names(model) lists all."
        )

    body = create_feature_extractor(model, {layer: "vector"}, suppress_diff_warning=True)
    cut = _Cut(body).eval()
    shape = _shape(cut, name, layer, size)
    cut.averaged = _averaged(cut, shape, name, layer, size)
    # Convolutions on a CPU are faster when the channels of a pixel lie side by side.
    cut = cut.to(memory_format=torch.channels_last)
    (dim,) = (n for axis, n in enumerate(shape) if axis not in (0, *cut.averaged))
    return cut, layer, dim


_PROBED = 3  # images


def _shape(cut: _Cut, name: str, layer: str, size: int) -> tuple[int, ...]:
    """Shape of a node's output for three images, without computing it."""
    hollow = {key: value.to("meta") for key, value in cut.state_dict().items()}
    images = torch.empty(_PROBED, 3, size, size, device="meta")
    try:
        # A traced network prints the place of an error to stderr; our sentence says enough.
        with torch.inference_mode(), redirect_stderr(io.StringIO()):
            output = functional_call(cut, hollow, (images,))
    except Exception as error:  # whatever the network's own code raises
        raise ValueError(
            f"{name!r} cannot take images of {size} by {size} pixels up to layer {layer!r} "
            f"({str(error).splitlines()[0]}). Leave size out for the network's own."
        ) from error
    if not isinstance(output, torch.Tensor) or not output.is_floating_point():
        raise ValueError(
            f"Layer {layer!r} of {name!r} gives {type(output).__name__}, expected a tensor of "
            "floats with one entry an image. Choose another layer."
        )
    return tuple(output.shape)


def _averaged(
    cut: _Cut, shape: tuple[int, ...], name: str, layer: str, size: int
) -> tuple[int, ...]:
    """Which dimensions to average so that one vector an image is left."""
    if shape[:1] == (_PROBED,):
        if len(shape) == 2:
            return ()
        if len(shape) == 3:
            return (1,)
        if len(shape) == 4:
            first, last = shape[2] == shape[3], shape[1] == shape[2]
            if first and last:  # as many channels as pixels a side: see what grows with the image
                first = _shape(cut, name, layer, 2 * size)[1] == shape[1]
            if first or last:
                return (2, 3) if first else (1, 2)
    raise ValueError(
        f"Layer {layer!r} of {name!r} gives the shape {list(shape)} for {_PROBED} images; "
        "expected [b, d], [b, tokens, d], or square maps [b, c, h, w] or [b, h, w, c]. "
        "Choose another layer."
    )
