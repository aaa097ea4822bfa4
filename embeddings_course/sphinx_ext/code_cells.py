"""Sphinx extension: code steps back behind the idea, and a cell that runs a claim says so.

A cell that only imports is folded. So is what follows a line such as ``# fold: measure recall`` in
any other cell: what scores, prints, asserts and builds controls is behind a line that says so, and
the code above it stays open. Neither changes what is executed, nor the notebook that readers
download.
"""

from __future__ import annotations

import ast
import re
from html import escape

from docutils import nodes
from sphinx.application import Sphinx

from embeddings_course._shared.syntax import parse

CLAIMS = "book/claims"
_TAG = "tag_claim-"
_SET_UP = re.compile(r"plots\.use_style\(\)|(_ = )?torch\.manual_seed\(\d+\)")


def sets_up(code: str) -> bool:
    """Say whether all that code does is to import, to seed, and to choose the style of figures.

    >>> sets_up("import numpy as np\\nplots.use_style()"), sets_up("import this\\nx = 1")
    (True, False)
    """
    try:
        lines = parse(code).body
    except SyntaxError:  # a magic of IPython
        return False
    return bool(lines) and all(
        isinstance(line, (ast.Import, ast.ImportFrom)) or _SET_UP.fullmatch(ast.unparse(line))
        for line in lines
    )


_FOLD = re.compile(r"^# fold: (.+)\n?", re.MULTILINE)


def parted(code: str) -> tuple[str, str, str]:
    """Part code at the line that folds the rest away.

    Returns
    -------
    open : str
        What a reader sees at once; all of it where nothing is folded.
    label : str
        What the folded code does.
    folded : str
        The folded code.

    >>> parted("x = 1\\n# fold: print it\\nprint(x)")
    ('x = 1', 'print it', 'print(x)')
    """
    found = _FOLD.search(code)
    if not found:
        return code, "", ""
    return code[: found.start()].rstrip("\n"), found[1].strip(), code[found.end() :].strip("\n")


def row_of(claim: str) -> str:
    """Return the id of a claim's row in the list of all claims."""
    return f"says-{claim}"


def _cells(doctree: nodes.document) -> list[nodes.container]:
    return [node for node in doctree.findall(nodes.container) if _is(node, "cell_code")]


def _is(node: nodes.Node | None, element: str) -> bool:
    return isinstance(node, nodes.container) and node.get("nb_element") == element


def _fold_imports(app: Sphinx, doctree: nodes.document) -> None:
    for cell in _cells(doctree):
        code = [part.astext() for part in cell.findall(nodes.literal_block)][:1]
        shown = [part for part in cell.findall(nodes.container) if _is(part, "cell_code_output")]
        if code and not shown and not cell.get("hide_mode") and sets_up(code[0]):
            cell["hide_mode"] = "input"
            cell["prompt_show"] = "Show what this page imports"
            cell["prompt_hide"] = "Hide what this page imports"


def _fold_the_rest(app: Sphinx, doctree: nodes.document) -> None:
    for cell in _cells(doctree):
        for block in list(cell.findall(nodes.literal_block))[:1]:
            shown, label, folded = parted(block.astext())
            if not label or not _is(block.parent, "cell_code_source"):
                continue
            rest = block.deepcopy()
            rest.children, rest.rawsource = [nodes.Text(folded)], folded
            summary = f"<summary>Code: {escape(label)}</summary>"
            opening = f'<details class="code-fold">{summary}'
            parts = [nodes.raw("", opening, format="html"), rest]
            parts += [nodes.raw("", "</details>", format="html")]
            if shown:
                block.children, block.rawsource = [nodes.Text(shown)], shown
                parts.insert(0, block.deepcopy())
            block.parent["classes"] += ["with-fold"] if shown else ["all-fold"]
            block.parent.replace(block, parts)


def _mark_claims(app: Sphinx, doctree: nodes.document, page: str) -> None:
    if app.builder.format != "html" or CLAIMS not in app.env.all_docs:
        return
    address = app.builder.get_relative_uri(page, CLAIMS)
    for cell in _cells(doctree):
        for tag in cell["classes"]:
            if tag.startswith(_TAG):
                link = nodes.reference(
                    "", "A claim, checked here", refuri=f"{address}#{row_of(tag[len(_TAG) :])}"
                )
                cell.insert(0, nodes.paragraph("", "", link, classes=["claim-badge"]))


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.connect("doctree-read", _fold_imports)
    app.connect("doctree-read", _fold_the_rest)
    app.connect("doctree-resolved", _mark_claims)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
