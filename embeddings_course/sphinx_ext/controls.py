"""Sphinx extension: pages with controls load the style and the script that controls need."""

from __future__ import annotations

from sphinx.application import Sphinx

from embeddings_course.controls.live_widget import ASSETS
from embeddings_course.sphinx_ext._page_assets import load_where_needed


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    load_where_needed(app, ASSETS, "control", 'class="control"')
    return {"parallel_read_safe": True, "parallel_write_safe": True}
