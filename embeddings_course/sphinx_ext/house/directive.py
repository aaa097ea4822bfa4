"""The directive ``{house}``."""

from __future__ import annotations

from pathlib import Path

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective

from embeddings_course.sphinx_ext.house.drawing import svg
from embeddings_course.sphinx_ext.house.rooms import House, read_house


class HouseDirective(SphinxDirective):
    """``{house} picture`` or ``{house} table``: what each room of the package imports."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Make what the argument names."""
        kind = directives.choice(self.arguments[0], ("picture", "table"))
        root = Path(self.env.srcdir)
        try:
            house = read_house(root)
        except ValueError as error:
            raise ExtensionError(str(error)) from error
        self.env.note_reread()  # any file of the code may have other imports by the next build
        if kind == "table":
            return self.parse_text_to_nodes("\n".join(_table(house)))
        drawn = f'<div class="house pst-scrollable-table-container">{svg(house)}</div>'
        return [nodes.raw("", drawn, format="html")]


def _table(house: House) -> list[str]:
    lines = ["| Room | imports | is imported by |", "| --- | --- | --- |"]
    for room in house.rooms:
        others = (house.imports[room], house.importers(room))
        cells = [", ".join(f"`{each}`" for each in house.rooms if each in some) for some in others]
        lines.append(f"| `{room}` | {cells[0]} | {cells[1]} |")
    return lines
