"""One sentence for a setting that is out of range: which, what it is, and what it may be."""

from __future__ import annotations

from numbers import Real
from typing import Any

import numpy as np

from embeddings_course._shared.messages import Message


def require_integer(name: str, value: Any, least: int, most: int | None = None) -> None:
    """Raise unless `value` is an integer from `least` to `most`; booleans are refused.

    Raises
    ------
    ValueError
        With the name, the value and the span.
    """
    whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if not whole or value < least or (most is not None and value > most):
        span = f"{least} or more" if most is None else f"from {least} to {most}"
        raise ValueError(
            Message("integer-out-of-range", f"{name} is {value!r}; it must be an integer, {span}.")
        )


def is_number(value: object) -> bool:
    """Say whether something is a real number; booleans are not."""
    return isinstance(value, Real) and not isinstance(value, bool)


def require_number(name: str, value: Any, least: float, most: float) -> None:
    """Raise unless `value` is a real number from `least` to `most`; booleans are refused.

    Raises
    ------
    ValueError
        With the name, the value and the span.
    """
    if not is_number(value) or not least <= value <= most:
        raise ValueError(
            Message(
                "number-out-of-range",
                f"{name} is {value!r}; it must be a number from {least:g} to {most:g}.",
            )
        )
