"""The ways through the book that a reader can choose from: ``book/paths.yml``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import yaml

from embeddings_course._shared.messages import Message

FILE = "paths.yml"
"""Beside the pages."""


@dataclass(frozen=True)
class Stop:
    """A page of a path, without suffix, and how much of it belongs to the path.

    Attributes
    ----------
    page : str
        The name of the page.
    until : str
        The heading before which to stop. Empty: the whole page.
    questions : int, optional
        How many of the page's questions to answer. Default: all, or none if the page is not read
        to its end, where they are.
    """

    page: str
    until: str = ""
    questions: int | None = None


@dataclass(frozen=True)
class ReadingPath:
    """A way through the book. Without stops it leads through every page that has questions."""

    id: str
    title: str
    about: str
    stops: tuple[Stop, ...] = ()


def read_paths(path: Path) -> list[ReadingPath]:
    """Read the ways through the book, in their order.

    Parameters
    ----------
    path : Path
        The file.

    Raises
    ------
    ValueError
        If a path lacks a title or has what no path has, or if two have one name.
    """
    try:
        found = [
            ReadingPath(
                **{key: value for key, value in entry.items() if key != "pages"},
                stops=tuple(Stop(**stop) for stop in entry.get("pages", ())),
            )
            for entry in yaml.safe_load(path.read_text(encoding="utf-8"))
        ]
    except (TypeError, AttributeError, yaml.YAMLError) as error:
        raise ValueError(
            Message(
                "path-malformed",
                f"{path}: {error}. A path has an id, a title, a line about it and a list of pages; "
                "a page has a name and, if it is not read as a whole, until or questions.",
            )
        ) from error
    ids = [each.id for each in found]
    for name in ids:
        if ids.count(name) > 1:
            raise ValueError(Message("path-twice", f"{path} names the path {name!r} twice."))
    return found


def electives(paths: list[ReadingPath], pages: list[str]) -> set[str]:
    """Return those of the pages that no path with a list has."""
    listed = {stop.page for path in paths for stop in path.stops}
    return set(pages) - listed if listed else set()
