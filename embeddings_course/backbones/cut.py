"""Cutting a network at one of its layers: what is left gives one vector per image."""

from __future__ import annotations

import difflib
import io
from contextlib import redirect_stderr

import torch
from torch import nn
from torch.func import functional_call
from torchvision.models.feature_extraction import create_feature_extractor, get_graph_node_names

from embeddings_course._shared.messages import Message


class _Cut(nn.Module):
    """The part of a network before a node, with one vector an image: [b, 3, s, s] -> [b, dim]."""

    def __init__(self, body: nn.Module) -> None:
        super().__init__()
        self.body = body
        self.averaged: tuple[int, ...] = ()  # dimensions of the node's output

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        output = self.body(images)["vector"]
        return output.mean(self.averaged) if self.averaged else output


def cut_network(
    model: nn.Module, name: str, layer: str | None, size: int
) -> tuple[nn.Module, str, int]:
    """Cut off what comes after a layer.

    Returns the network up to there, the layer's name, and the length of a vector. Without a layer
    it is cut before its last classifier layer.
    """
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
            Message(
                "layer-unknown",
                f"{name!r} has no layer {layer!r}. {near_names(str(layer), sorted(known))} "
                "torchvision.models.feature_extraction.get_graph_node_names(model) lists all.",
            )
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
            Message(
                "image-size-impossible",
                f"{name!r} cannot take images of {size} by {size} pixels up to layer {layer!r} "
                f"({str(error).splitlines()[0]}). Leave size out for the network's own.",
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
