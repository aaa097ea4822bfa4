"""Weights: the embedded file and torchvision's, checked before they are used."""

from __future__ import annotations

import hashlib
import http.client
import json
import re
from pathlib import Path
from urllib.parse import urlparse

import safetensors.torch
import torch
from torch import nn
from torchvision.models import WeightsEnum, get_model

from embeddings_course._shared.messages import Message
from embeddings_course._shared.weights import WeightsError, reason, require_digest

EMBEDDED_FOLDER = Path(__file__).parent / "embedded"
"""Where the embedded weights and their report lie."""


def load_embedded(model: nn.Module) -> None:
    """Give a ResNet-18 the weights that ship with this package; its classifier stays as it is."""
    # The package ships no classifier: the part that is cut off anyway stays random.
    missing, unexpected = model.load_state_dict(_embedded_weights(), strict=False)
    if unexpected or set(missing) != {"fc.weight", "fc.bias"}:
        raise WeightsError(
            f"The embedded weights in {EMBEDDED_FOLDER} are not those of a ResNet-18 "
            "without its head: report.json and resnet18.safetensors belong together. "
            f"In a clone run: git checkout -- {EMBEDDED_FOLDER}"
        )


def _embedded_weights() -> dict[str, torch.Tensor]:
    """Read the shipped file, check it, and return its weights as float32."""
    path, report = EMBEDDED_FOLDER / "resnet18.safetensors", EMBEDDED_FOLDER / "report.json"
    remedy = "Install the package again, or in a clone run: git checkout --"
    try:
        expected = json.loads(report.read_text(encoding="utf-8"))["sha256"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise WeightsError(
            Message(
                "embedded-report-unreadable",
                f"{report}, which holds the SHA-256 of the embedded weights, cannot be read "
                f"({reason(error)}). {remedy} {report}",
            )
        ) from error
    try:
        content = path.read_bytes()
    except OSError as error:
        raise WeightsError(
            Message(
                "embedded-weights-unreadable",
                f"The embedded weights {path} cannot be read ({reason(error)}); a file with "
                f"SHA-256 {expected} is expected there. {remedy} {path}",
            )
        ) from error
    found = hashlib.sha256(content).hexdigest()
    if found != expected:
        raise WeightsError(
            Message(
                "embedded-weights-damaged",
                f"The embedded weights {path} are damaged: their SHA-256 is {found}, "
                f"expected {expected}. {remedy} {path}",
            )
        )
    weights = safetensors.torch.load(content)
    return {key: w.float() if w.is_floating_point() else w for key, w in weights.items()}


def weights_file(enum: WeightsEnum) -> Path:
    """Return where torch hub keeps a file of weights, whether it is there or not."""
    return Path(torch.hub.get_dir()) / "checkpoints" / Path(urlparse(enum.url).path).name


def load_imagenet(name: str, enum: WeightsEnum) -> nn.Module:
    """Build one of torchvision's networks with its weights, which are fetched if need be."""
    path = weights_file(enum)
    digits = re.search(r"-([0-9a-f]{8,})\.\w+$", path.name)
    expected = digits.group(1) if digits else ""
    if not path.exists():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            torch.hub.download_url_to_file(enum.url, str(path), hash_prefix=expected)
        except (OSError, RuntimeError, http.client.HTTPException) as error:
            raise WeightsError(
                Message(
                    "weights-not-fetched",
                    f"The ImageNet weights of {name!r} could not be fetched from {enum.url} "
                    f"({reason(error)}). Get that file in another way and put it at {path}; "
                    'load_backbone("embedded") works without network.',
                )
            ) from error
    again = f'Delete the file; load_backbone("{name}") then downloads it again.'
    require_digest(path, expected, again)
    # torchvision's own loading, because some of its files need their keys renamed.
    with torch.random.fork_rng(devices=[]):
        return get_model(name, weights=enum, progress=False).eval()
