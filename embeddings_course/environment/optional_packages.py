"""Packages that only some installations have: what pyproject.toml calls extras.

Who only grades has no Sphinx, and who only reads has no nbgrader. So a command can say what it
lacks, and how to get it.
"""

from __future__ import annotations

from importlib import metadata

_COURSE = "embeddings-course"


def missing(extra: str) -> list[str]:
    """Name the packages of an extra that are not installed.

    Parameters
    ----------
    extra : str
        As in ``pyproject.toml``: ``"book"``, ``"instructor"``, ``"test"``.

    Returns
    -------
    list of str
        Also empty where the course was not installed, but is run from its folder: then nothing
        says what belongs to the extra.
    """
    from packaging.requirements import Requirement

    try:
        asked = [Requirement(text) for text in metadata.requires(_COURSE) or []]
    except metadata.PackageNotFoundError:
        return []
    absent = []
    for requirement in asked:
        marker = requirement.marker
        if marker and marker.evaluate({"extra": extra}) and not marker.evaluate({"extra": ""}):
            try:
                metadata.version(requirement.name)
            except metadata.PackageNotFoundError:
                absent.append(requirement.name)
    return absent


def pip_line(*extras: str) -> str:
    """Return the line that installs them, to be typed in the repository's root."""
    return f'pip install -c requirements.txt -e ".[{",".join(extras)}]"'
