"""The versions that a copy of the book is made with, and those of the published copy."""

from __future__ import annotations

import platform
import re
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PUBLISHED_PYTHON = "3.12"
"""The Python whose book the workflow publishes."""

LIBRARIES = (
    "torch",
    "torchvision",
    "timm",
    "sentence-transformers",
    "transformers",
    "numpy",
    "scipy",
    "scikit-learn",
    "scikit-image",
    "matplotlib",
    "pillow",
    "usearch",
    "jupyter-book",
    "nbgrader",
    "ipywidgets",
)
"""The libraries that pages compute with, and those that show what they compute."""


def installed() -> dict[str, str]:
    """Return the versions of Python and of the libraries that are installed here."""
    found = {"Python": platform.python_version()}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:  # a leaner installation; what is not there did not run
            continue
    return found


def published(root: Path) -> dict[str, str]:
    """Return the versions of the published copy: the pinned ones.

    Parameters
    ----------
    root : Path
        The repository, with its ``requirements.txt``.
    """
    try:
        text = (root / "requirements.txt").read_text(encoding="utf-8")
    except OSError:
        text = ""
    pins = dict(re.findall(r"^([\w.-]+)==([^\s#]+)", text, re.MULTILINE))
    return {"Python": PUBLISHED_PYTHON} | {name: pins[name] for name in LIBRARIES if name in pins}


def difference(root: Path) -> str:
    """Say in a sentence how the versions here differ from those of the published copy."""
    theirs, here = published(root), installed()
    # The published Python is named without its last number, which changes no result; nor does
    # it matter whether torch is the build for the CPU, "+cpu".
    other = [
        name
        for name, number in theirs.items()
        if name in here and not f"{here[name].partition('+')[0]}.".startswith(f"{number}.")
    ]
    if not other:
        return "The published book was made with the same versions."
    made = ", ".join(f"{name} {theirs[name]}" for name in other)
    this = ", ".join(f"{name} {here[name]}" for name in other)
    return f"The published book was made with {made}; here it is {this}."
