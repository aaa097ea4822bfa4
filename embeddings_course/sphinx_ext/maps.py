"""Sphinx extension: pages with a map load the style and the script that maps need."""

from __future__ import annotations

from sphinx.application import Sphinx

from embeddings_course.maps.live_widget import ASSETS
from embeddings_course.sphinx_ext._page_assets import load_where_needed


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    load_where_needed(app, ASSETS, "map", 'class="map"')
    return {"parallel_read_safe": True, "parallel_write_safe": True}
