"""The precision that a network computes in: float32, or bfloat16 where the processor has it.

A bfloat16 number has the range of a float32 and 8 of its 24 binary digits. Processors that multiply
such numbers directly take half the time and less; others imitate them, and take longer.
"""

from __future__ import annotations

import logging
import platform
from collections.abc import Mapping
from functools import cache

import torch

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
        raise ValueError(f"precision is {asked!r}; it must be 'float32' or 'bfloat16'.")
    if asked == "float32" or _has_bfloat16(device.type):
        return asked
    _say_that_it_is_not_used(device.type)
    return "float32"


def computing_in(precision: str, device: torch.device) -> torch.autocast:
    """Return a context in which torch computes in a usable precision."""
    return torch.autocast(device.type, torch.bfloat16, enabled=precision == "bfloat16")


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
