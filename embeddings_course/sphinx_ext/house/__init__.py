"""Sphinx directive ``{house}``: which room of the package imports which, drawn or as a table.

A room is a module or a folder at the top of ``embeddings_course/``. The layers in
``pyproject.toml``, to which import-linter holds the code, say which rooms there are and what is
above what; the imports are read from the code when the book is built.

``{house} picture`` draws boxes and arrows, ``{house} table`` lists the same in words.
"""

from __future__ import annotations

from sphinx.application import Sphinx

from embeddings_course.sphinx_ext.house.directive import HouseDirective
from embeddings_course.sphinx_ext.house.drawing import svg
from embeddings_course.sphinx_ext.house.rooms import House, read_house

__all__ = ["House", "read_house", "setup", "svg"]


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.add_directive("house", HouseDirective)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
