"""Cutting a network at one of its layers: what is left gives one vector per image."""

from __future__ import annotations

import difflib
import io
from contextlib import redirect_stderr
from itertools import chain
from typing import Any

import torch
from torch import nn
from torch.func import functional_call
from torchvision.models.feature_extraction import create_feature_extractor, get_graph_node_names

from embeddings_course._shared.messages import Message
from embeddings_course._shared.weights import reason

BEFORE_CLASSIFIER = "pre_logits"
"""What timm calls the layer that the classifier of any of its networks takes."""


class _Cut(nn.Module):
    """The part of a network before a node, with one vector an image: [b, 3, s, s] -> [b, dim]."""

    def __init__(self, body: nn.Module) -> None:
        super().__init__()
        self.body = body
        self.averaged: tuple[int, ...] = ()  # dimensions of the node's output

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        output = self.body(images)
        output = output["vector"] if isinstance(output, dict) else output
        return output.mean(self.averaged) if self.averaged else output


def cut_network(
    model: nn.Module, name: str, layer: str | None, size: int
) -> tuple[nn.Module, str, int]:
    """Cut off what comes after a layer.

    Returns the network up to there, the layer's name, and the length of a vector. Without a layer
    it is cut before its last classifier layer; timm's networks say themselves where that is, so
    those whose graph cannot be traced can be cut there, too.
    """
    if layer is None and _is_timms(model):
        body, layer = model, BEFORE_CLASSIFIER
        reset: Any = model.reset_classifier
        reset(0)  # it knows best what its classifier is given
    else:
        body, layer = _at_layer(model, name, layer)
    cut = _Cut(body).eval()
    shape = _shape(cut, name, layer, size)
    cut.averaged = _averaged(cut, shape, name, layer, size)
    # Convolutions on a CPU are faster when the channels of a pixel lie side by side.
    cut = cut.to(memory_format=torch.channels_last)
    (dim,) = (n for axis, n in enumerate(shape) if axis not in (0, *cut.averaged))
    return cut, layer, dim


def _is_timms(model: nn.Module) -> bool:
    return hasattr(model, "reset_classifier")


def _at_layer(model: nn.Module, name: str, layer: str | None) -> tuple[nn.Module, str]:
    """Cut the graph of a network after a layer; without one before the last classifier layer."""
    settings: dict[str, Any] = {"suppress_diff_warning": True}
    lists = "torchvision.models.feature_extraction.get_graph_node_names(model)"
    if _is_timms(model):
        lists = "timm.models.get_graph_node_names(model)"
        from timm.layers import get_notrace_functions, get_notrace_modules

        # Parts that compute with sizes stay whole, as where timm cuts graphs itself.
        settings["tracer_kwargs"] = {
            "leaf_modules": get_notrace_modules(),
            "autowrap_functions": get_notrace_functions(),
        }
    try:
        _, nodes = get_graph_node_names(model, **settings)
    except Exception as error:  # whatever the network's own code raises
        raise ValueError(
            Message(
                "graph-not-traceable",
                f"{name!r} cannot be cut at the layer {layer!r}, because its graph cannot be "
                f"traced ({reason(error)}). Leave layer out for what timm takes before its "
                'classifier, or take a network whose graph can be, such as "efficientnet_lite0".',
            )
        ) from error
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
            Message(
                "layer-unknown",
                f"{name!r} has no layer {layer!r}. {near_names(str(layer), sorted(known))} "
                f"{lists} lists all.",
            )
        )
    return create_feature_extractor(model, {layer: "vector"}, **settings), layer


_PROBED = 3  # images


def _shape(cut: _Cut, name: str, layer: str, size: int) -> tuple[int, ...]:
    """Shape of a node's output for three images, without computing it."""
    tensors = chain(cut.named_parameters(), cut.named_buffers())  # also those that no file keeps
    hollow = {key: value.to("meta") for key, value in tensors}
    images = torch.empty(_PROBED, 3, size, size, device="meta")
    try:
        # A traced network prints the place of an error to stderr; our sentence says enough.
        with torch.inference_mode(), redirect_stderr(io.StringIO()):
            output = functional_call(cut, hollow, (images,))
    except Exception as error:  # whatever the network's own code raises
        raise ValueError(
            Message(
                "image-size-impossible",
                f"{name!r} cannot take images of {size} by {size} pixels up to layer {layer!r} "
                f"({reason(error)}). Leave size out for the network's own.",
            )
        ) from error
    if not isinstance(output, torch.Tensor) or not output.is_floating_point():
        raise ValueError(
            Message(
                "layer-not-tensor",
                f"Layer {layer!r} of {name!r} gives {type(output).__name__}, expected a tensor of "
                "floats with one entry an image. Choose another layer.",
            )
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


def near_names(wrong: str, known: list[str]) -> str:
    """Say which known names are like a wrong one."""
    near = difflib.get_close_matches(wrong, known, n=5, cutoff=0.5)
    return f"Near names: {', '.join(near)}." if near else "No name is near it."
