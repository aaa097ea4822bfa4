"""Batch norm as part of the convolution before it: the same vectors in less time.

In evaluation mode batch norm multiplies each channel by a number and adds another one. A
convolution can do both on the way, so that one pass over memory is saved for each of them. That
pays for networks like EfficientNet, whose depthwise convolutions compute little for each number
that they read; a ResNet gains nothing.
"""

from __future__ import annotations

import copy
from typing import Any

import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_weights

_CLOSE = 1e-3  # of the largest number of a vector


def folded(network: nn.Module, size: int) -> nn.Module:
    """Return a copy of a network without the batch norms that follow a convolution.

    Parameters
    ----------
    network : torch.nn.Module
        In evaluation mode; float32 [b, 3, size, size] -> [b, dim]. It stays as it is.
    size : int
        Height and width in pixels of what it takes.

    Returns
    -------
    torch.nn.Module
        The network itself where that does not pay, or where the copy gives other vectors: then what
        a convolution gives goes somewhere else as well.
    """
    modules = list(network.modules())
    grouped = any(isinstance(each, nn.Conv2d) and each.groups > 1 for each in modules)
    if not grouped or not any(type(each) in _norms() for each in modules):
        return network
    shorter = copy.deepcopy(network).eval()
    weight = next(shorter.parameters())
    noise = torch.randn(2, 3, size, size, generator=torch.Generator().manual_seed(0))
    noise = noise.to(weight.device, weight.dtype)
    with torch.inference_mode():
        pairs, expected = _pairs(shorter, noise)
        for convolution, norm in pairs.items():
            _fold(shorter, convolution, norm)
        found = shorter(noise)
    close = (found - expected).abs().max() <= _CLOSE * expected.abs().max()
    return shorter if close else network


def _norms() -> tuple[type[nn.Module], ...]:
    from timm.layers import BatchNormAct2d

    return (nn.BatchNorm2d, BatchNormAct2d)


def _pairs(
    network: nn.Module, images: torch.Tensor
) -> tuple[dict[nn.Conv2d, nn.Module], torch.Tensor]:
    """Run a network; return which norm took what which convolution gave, and the vectors."""
    made: dict[int, tuple[nn.Conv2d, torch.Tensor]] = {}  # by id, and kept, so that it stays theirs
    pairs: dict[nn.Conv2d, nn.Module] = {}

    def note(module: nn.Module, inputs: tuple, output: torch.Tensor) -> None:
        if isinstance(module, nn.Conv2d):
            made[id(output)] = module, output
        elif type(module) in _norms() and id(inputs[0]) in made:
            pairs[made[id(inputs[0])][0]] = module

    watched: tuple[type[nn.Module], ...] = (nn.Conv2d, *_norms())
    hooks = [m.register_forward_hook(note) for m in network.modules() if isinstance(m, watched)]
    vectors = network(images)
    for hook in hooks:
        hook.remove()
    return pairs, vectors


def _fold(network: nn.Module, convolution: nn.Conv2d, norm: Any) -> None:
    weight, bias = fuse_conv_bn_weights(
        convolution.weight, convolution.bias,
        norm.running_mean, norm.running_var, norm.eps, norm.weight, norm.bias,
    )  # fmt: skip
    side_by_side = weight.detach().contiguous(memory_format=torch.channels_last)
    convolution.weight = nn.Parameter(side_by_side, requires_grad=False)
    convolution.bias = nn.Parameter(bias.detach(), requires_grad=False)
    (name,) = (name for name, module in network.named_modules() if module is norm)
    # timm's norm has the activation that follows in it.
    rest = nn.Identity() if type(norm) is nn.BatchNorm2d else nn.Sequential(norm.drop, norm.act)
    network.set_submodule(name, rest)
