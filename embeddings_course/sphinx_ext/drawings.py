"""Sphinx extension: ``{drawing} NAME`` puts a drawing into the page, as a figure with a caption.

The SVG becomes part of the page, so that its letters have the colour and the typeface of the text,
light and dark, and scale with the page.
"""

from __future__ import annotations

from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from embeddings_course.book_build.drawings import FOLDER, read_drawing

CLASS = "drawing"
"""Of each figure that is a drawing."""


class DrawingDirective(SphinxDirective):
    """``{drawing} NAME``, with the caption as its content."""

    required_arguments = 1
    has_content = True

    def run(self) -> list[nodes.Node]:
        """Make the figure."""
        name = self.arguments[0]
        pages = Path(self.env.doc2path(self.env.docname)).parent
        self.env.note_dependency(str(pages / FOLDER / f"{name}.svg"))
        if not self.content:
            raise self.error(f"The drawing {name} has no caption: say in a line what to see in it.")
        try:
            svg = read_drawing(pages, name).inline()
        except ValueError as error:
            raise self.error(str(error)) from error
        words, messages = self.parse_inline(" ".join(self.content), lineno=self.content_offset)
        figure = nodes.figure("", nodes.raw("", svg, format="html"), classes=[CLASS])
        figure += nodes.caption("", "", *words)
        figure["names"].append(f"drawing-{name}")
        self.set_source_info(figure)
        self.state.document.note_explicit_target(figure, figure)
        return [figure, *messages]


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.add_directive("drawing", DrawingDirective)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
