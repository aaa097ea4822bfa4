"""The claims of the book: ``book/claims.yml``.

A claim is a sentence that one cell of the book computes, shows and asserts. The cell has the tag
``claim-<id>``, and its page has the MyST target ``(claim-<id>)=`` above it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import yaml


@dataclass(frozen=True)
class Claim:
    """One claim: its name, the page (without suffix) that runs it, and what it says."""

    id: str
    page: str
    sentence: str


def read_claims(path: Path) -> list[Claim]:
    """Read a list of claims.

    Raises
    ------
    ValueError
        If the file is not a list of mappings with exactly ``id``, ``page`` and ``sentence``, or
        names a claim twice.
    """
    entries = yaml.safe_load(path.read_text(encoding="utf-8"))
    if not isinstance(entries, list):
        raise ValueError(f"{path} must be a list of claims, each with id, page and sentence.")
    claims = []
    for entry in entries:
        try:
            claims.append(Claim(**entry))
        except TypeError as error:
            raise ValueError(
                f"{path}: a claim has exactly id, page and sentence, not {entry!r}."
            ) from error
    ids = [claim.id for claim in claims]
    for claim in ids:
        if ids.count(claim) > 1:
            raise ValueError(f"{path} names the claim {claim!r} twice.")
    return claims
