"""Where the course keeps what it can make again."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).parents[1]


def cache_folder(what: str) -> Path:
    """Return a folder: with what a clone builds, or else in the person's cache. It may be missing.

    Parameters
    ----------
    what : str
        Name of the folder: ``"vectors"``.
    """
    if (_PACKAGE.parent / "_toc.yml").is_file():
        return _PACKAGE.parent / "_build" / what
    from platformdirs import user_cache_path

    return user_cache_path("embeddings-course", appauthor=False) / what
