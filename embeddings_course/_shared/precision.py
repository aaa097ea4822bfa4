"""The precision that a network computes in: float32, or bfloat16 where the processor has it.

A bfloat16 number has the range of a float32 and 8 of its 24 binary digits. Processors that multiply
such numbers directly take half the time and less; others imitate them, and take longer.
"""

from __future__ import annotations

import logging
import platform
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

from embeddings_course._shared.messages import Message

logger = logging.getLogger(__name__)

PRECISIONS = ("float32", "bfloat16")


def usable_precision(asked: str, device: torch.device) -> str:
    """Return the precision to compute in on a device: the one asked for, or else float32.

    The log says once, for each kind of device, that bfloat16 is not used.

    Raises
    ------
    ValueError
        If there is no such precision.
    """
    if asked not in PRECISIONS:
        raise ValueError(
            Message(
                "precision-unknown", f"precision is {asked!r}; it must be 'float32' or 'bfloat16'."
            )
        )
    if asked == "float32" or _has_bfloat16(device.type):
        return asked
    _say_that_it_is_not_used(device.type)
    return "float32"


@contextmanager
def computing_in(precision: str, device: torch.device) -> Iterator[None]:
    """Let torch compute in a usable precision, for one batch.

    A network's first convolutions stay in float32, up to the first one of many weights: among few,
    errors of rounding do not average out. Without this exception some vectors of EfficientNet have
    a cosine of .991 with those of float32. In a ResNet it is the very first convolution.
    """
    if precision == "float32":
        yield
        return
    with torch.autocast(device.type, torch.bfloat16), _FirstInFloat32():
        yield


_MANY = 16384  # weights of a convolution


class _FirstInFloat32(TorchFunctionMode):
    def __init__(self) -> None:
        super().__init__()
        self.over = False

    def __torch_function__(
        self, function: Any, types: Any, args: tuple = (), kwargs: Any = None
    ) -> Any:
        if function is torch.conv2d and not self.over:
            self.over = args[1].numel() >= _MANY
            if not self.over:
                with torch.autocast(args[0].device.type, enabled=False):
                    return function(args[0].float(), *args[1:], **(kwargs or {}))
        return function(*args, **(kwargs or {}))


@cache
def _has_bfloat16(device: str) -> bool:
    if device == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    if device != "cpu":
        return False
    # Older versions of torch cannot say.
    has: Mapping[str, object] = getattr(torch.cpu, "get_capabilities", dict)()
    if platform.machine() in ("arm64", "aarch64"):
        # On Apple's processors torch has no such routines, whatever the processor could do.
        return bool(has.get("bf16")) and platform.system() == "Linux"
    return bool(has.get("avx512_bf16") or has.get("amx_bf16"))


@cache
def _say_that_it_is_not_used(device: str) -> None:
    logger.warning(
        "The %s here does not compute in bfloat16; float32 is used instead. The vectors are the "
        "same but for rounding.",
        {"cpu": "processor"}.get(device, f"device {device!r}"),
    )
