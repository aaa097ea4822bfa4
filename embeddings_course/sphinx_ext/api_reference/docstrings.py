"""What autodoc takes from docstrings and signatures, and what a page about a module begins with."""

from __future__ import annotations

import ast
import inspect
from types import ModuleType
from typing import Any

from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.ext.autodoc import ALL
from sphinx.util.inspect import signature as inspected
from sphinx.util.inspect import stringify_signature

from embeddings_course.sphinx_ext.api_reference.public_names import constants, documented, kind

ORDER = ("function", "class", "exception", "data")
"""The order of a page: what people call comes before what they get."""

LONGEST_VALUE = 100
"""Characters of a constant's value that are shown; a longer one is left to the source."""


def describe(app: Sphinx, what: str, name: str, value: Any, options: Any, lines: list[str]) -> None:
    """Add to the text about a module how to import it, and what it has."""
    if what != "module":
        return
    rows = documented(value)
    if options.members is not ALL:
        rows = {each: text for each, text in rows.items() if each in options.members}
    for each, text in rows.items():
        if kind(value, each) == "data":  # also what is defined in another module
            constants(name).setdefault(("", each), text)
    place, _, short = name.rpartition(".")
    lines[:0] = [".. code-block:: python", "", f"   from {place} import {short}", ""]
    lines += ["", *_overview(value, rows)]


def hide(app: Sphinx, what: str, name: str, value: Any, options: Any, lines: list[str]) -> None:
    """Keep a text without sections from napoleon, which takes what is before a colon for a type."""
    if what in ("attribute", "data", "property"):
        app.env.temp_data["reference:text"] = list(lines)
        lines.clear()


def show(app: Sphinx, what: str, name: str, value: Any, options: Any, lines: list[str]) -> None:
    """Take back what was kept from napoleon."""
    if what in ("attribute", "data", "property"):
        lines[:] = app.env.temp_data.pop("reference:text")


def _overview(module: ModuleType, rows: dict[str, list[str]]) -> list[str]:
    """List names with the first paragraph about each, as reStructuredText."""
    if len(rows) < 2:
        return []
    lines = [".. list-table::", "   :class: reference-names", ""]
    for name in sorted(rows, key=lambda each: ORDER.index(kind(module, each))):
        text = rows[name]
        first = text[: text.index("")] if "" in text else text
        lines += [f"   * - :obj:`~{module.__name__}.{name}`", f"     - {' '.join(first)}"]
    return lines


def types(
    app: Sphinx, what: str, name: str, value: Any, options: Any, shown: str, result: str
) -> tuple[str, None] | None:
    """Show the types of arguments and of the result where the docstring has none."""
    text = inspect.getdoc(value) or ""
    if what not in ("function", "method") or "Parameters\n---" in text or "Returns\n---" in text:
        return None
    whole = inspected(value, bound_method=what == "method")
    return stringify_signature(whole, unqualified_typehints=True), None


def leave_out_values(app: Sphinx, domain: str, kind: str, content: addnodes.desc_content) -> None:
    """Leave out the value of a constant that is long, or that is another one on each machine."""
    if (domain, kind) != ("py", "data"):
        return
    for shown in list(content.parent.findall(addnodes.desc_annotation)):
        text = shown.astext()
        if text.startswith(" = ") and (len(text) > LONGEST_VALUE or not _is_literal(text[3:])):
            shown.parent.remove(shown)


def _is_literal(text: str) -> bool:
    try:
        ast.literal_eval(text)
    except (SyntaxError, ValueError):
        return False
    return True
