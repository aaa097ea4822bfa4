"""Sphinx extension: the reference of the library, from its docstrings as the book is built.

A page asks for a module with Sphinx's own ``automodule``; autodoc, napoleon and viewcode do the
work. What is here makes it read well: above the names is a list of them, functions come before
classes and constants, names in docstrings become links, and the words of a type need not be names.
"""

from __future__ import annotations

from typing import Any

from sphinx.application import Sphinx

from embeddings_course.sphinx_ext.api_reference.docstrings import (
    describe,
    hide,
    leave_out_values,
    show,
    types,
)
from embeddings_course.sphinx_ext.api_reference.links import (
    LinkNames,
    OrderNames,
    lead_back,
    resolve,
)

SETTINGS: dict[str, Any] = {
    "add_module_names": False,
    "autodoc_member_order": "bysource",
    "autodoc_typehints": "none",  # docstrings say more: shapes and units
    "autodoc_typehints_format": "short",
    "default_role": "literal",  # what stands between single backticks
    "html_domain_indices": False,  # an index of modules; the first page of the reference is one
    "napoleon_custom_sections": [("Attributes", "params_style")],
    "napoleon_google_docstring": False,
    "napoleon_use_rtype": False,
    "toc_object_entries_show_parents": "hide",
}

_NAPOLEON = 500  # its priority, which it leaves to Sphinx


def _configure(app: Sphinx, config: Any) -> None:
    for name, value in SETTINGS.items():
        config[name] = value


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    for name in ("autodoc", "napoleon", "viewcode"):
        app.setup_extension(f"sphinx.ext.{name}")
    app.connect("config-inited", _configure)
    app.connect("autodoc-process-docstring", hide, priority=_NAPOLEON - 1)
    app.connect("autodoc-process-docstring", show, priority=_NAPOLEON + 1)
    app.connect("autodoc-process-docstring", describe, priority=_NAPOLEON + 1)
    app.connect("autodoc-process-signature", types)
    app.connect("object-description-transform", leave_out_values)
    app.connect("missing-reference", resolve)
    app.connect("env-updated", lead_back)
    app.add_transform(OrderNames)
    app.add_transform(LinkNames)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
