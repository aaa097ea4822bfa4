"""The drawings of the book, ``book/drawings/NAME.svg``: ideas drawn by hand, in the page's colours.

A drawing is a file of its own, which any program shows, and it becomes part of each page that has
it. Its ``title`` and ``desc`` say in words what it shows.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from embeddings_course._shared.messages import Message

FOLDER = "drawings"
"""Beside the pages."""

_SVG = "{http://www.w3.org/2000/svg}"
_OWN_ID = re.compile(r"""(\bid="|url\(#|href="#)""")


@dataclass(frozen=True)
class Drawing:
    """A drawing as its file has it.

    Attributes
    ----------
    name : str
        Of the file, without suffix.
    title, description : str
        What it is of, and what it shows, in words.
    text : str
        The SVG.
    """

    name: str
    title: str
    description: str
    text: str

    def inline(self) -> str:
        """Return the SVG as part of an HTML page, its ids made unique and its words its name."""
        own = f"drawing-{self.name}-"
        svg = _OWN_ID.sub(rf"\1{own}", self.text[self.text.index("<svg") :])
        svg = svg.replace("<title>", f'<title id="{own}title">', 1)
        svg = svg.replace("<desc>", f'<desc id="{own}desc">', 1)
        labels = f'role="img" aria-labelledby="{own}title {own}desc"'
        return svg.replace("<svg ", f"<svg {labels} ", 1).strip()


def read_drawing(pages: Path, name: str) -> Drawing:
    """Read a drawing.

    Parameters
    ----------
    pages : Path
        The folder of the pages.
    name : str
        Of the file in the folder of drawings there, without suffix.

    Raises
    ------
    ValueError
        If there is no such drawing, it is not XML, or it lacks its words.
    """
    path = pages / FOLDER / f"{name}.svg"
    if not path.is_file():
        there = ", ".join(sorted(other.stem for other in path.parent.glob("*.svg"))) or "none"
        raise ValueError(
            Message("drawing-missing", f"There is no drawing {path}. Those there are: {there}.")
        )
    text = path.read_text(encoding="utf-8")
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        raise ValueError(
            Message("drawing-malformed", f"{path} is not well-formed XML: {error}.")
        ) from error
    words = [" ".join(root.findtext(f"{_SVG}{tag}", "").split()) for tag in ("title", "desc")]
    if not all(words):
        raise ValueError(
            Message(
                "drawing-wordless",
                f"{path} needs a <title> and a <desc> right under <svg>: what it is of, and what "
                "it shows, for readers who cannot see it.",
            )
        )
    return Drawing(name, words[0], words[1], text)
