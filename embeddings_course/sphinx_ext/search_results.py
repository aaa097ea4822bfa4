"""Sphinx extension: the book's search shows sections, with a line of their text around the word.

Sphinx's own search names pages only. To quote them it would fetch each page, which browsers refuse
to do on disk. So all sections' texts lie in a script beside the index, and ``search-results.js``
finds the words in them. Only the page of the search loads the two. Of the reference it has only how
each text begins: a name is looked up there, and its page quotes itself.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx

TEXTS = "search-texts.js"
"""In the folder of static files."""

_REFERENCE, _BEGINNING = "/reference/", 300  # letters

_NOT_PROSE = (nodes.literal_block, nodes.raw, nodes.comment, nodes.math_block, nodes.title)


def sections_of(page: nodes.document) -> list[list[str]]:
    """List the sections of a page, and the entries of a glossary on it, in their order.

    Parameters
    ----------
    page : document
        As Sphinx has read it.

    Returns
    -------
    list of list of str
        For each its id, its title, and its own text without code, formulas and inner sections.
    """
    found = []
    for part in page.findall(nodes.Element):
        if isinstance(part, nodes.section):
            ids, title, text = part["ids"], next(part.findall(nodes.title)).astext(), _texts(part)
        elif _is_entry(part):
            term = next(part.findall(nodes.term))
            ids, title, text = (
                term["ids"],
                term.astext(),
                _texts(next(part.findall(nodes.definition))),
            )
        else:
            continue
        found.append([ids[0], title, " ".join(" ".join(text).split())])
    return found


def _is_entry(node: nodes.Element) -> bool:
    above = node.parent and node.parent.parent
    return isinstance(node, nodes.definition_list_item) and isinstance(above, addnodes.glossary)


def _texts(part: nodes.Element) -> list[str]:
    """Return the texts of a part, block by block."""
    found = []
    for child in part.children:
        if isinstance(child, (nodes.section, addnodes.glossary, *_NOT_PROSE)):
            continue
        if isinstance(child, nodes.TextElement):
            texts = [
                text
                for text in child.findall(nodes.Text)
                if not isinstance(text.parent, nodes.math)
            ]
            found.append("".join(texts))
        elif isinstance(child, nodes.Element):
            found += _texts(child)
    return found


def _load(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    if page == "search":
        app.add_js_file(TEXTS)
        app.add_js_file("search-results.js")


def _write(app: Sphinx, problem: Exception | None) -> None:
    if problem or app.builder.format != "html":
        return
    texts = {page: sections_of(app.env.get_doctree(page)) for page in sorted(app.env.found_docs)}
    for page in texts:
        if _REFERENCE in page:
            texts[page] = [[*said, text[:_BEGINNING]] for *said, text in texts[page]]
    said = json.dumps(texts, ensure_ascii=False, separators=(",", ":"))
    path = Path(app.outdir) / "_static" / TEXTS
    path.write_text(f"const searchTexts = {said};\n", encoding="utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.connect("html-page-context", _load)
    app.connect("build-finished", _write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
