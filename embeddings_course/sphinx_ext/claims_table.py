"""``{claims-table}``: the Sphinx directive that lists the claims of the book."""

from __future__ import annotations

from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from embeddings_course.book_build.claims import read_claims
from embeddings_course.sphinx_ext.code_cells import row_of


class ClaimsTable(SphinxDirective):
    """``{claims-table}``: every claim, with a link to the cell that runs it."""

    def run(self) -> list[nodes.Node]:
        """Make the table from the ``claims.yml`` beside the page."""
        path = Path(self.env.doc2path(self.env.docname)).with_name("claims.yml")
        self.env.note_dependency(str(path))
        lines = ["| Claim | Where it is run |", "| --- | --- |"]
        claims = read_claims(path)
        for claim in claims:
            lines.append(f"| {claim.sentence} | {{ref}}`{claim.id} <claim-{claim.id}>` |")
        made = self.parse_text_to_nodes("\n".join(lines))
        rows = [row for part in made for row in part.findall(nodes.row)][1:]
        for claim, row in zip(claims, rows, strict=True):
            row["ids"].append(row_of(claim.id))
        return made


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive with Sphinx."""
    app.add_directive("claims-table", ClaimsTable)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
