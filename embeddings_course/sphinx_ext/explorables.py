"""Sphinx extension: pages with explorables load the style and the scripts that these need."""

from __future__ import annotations

from sphinx.application import Sphinx

from embeddings_course.explorables.explorable import ASSETS
from embeddings_course.sphinx_ext._page_assets import load_where_needed

_SHARED = {"explorable", "live"}


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    load_where_needed(app, ASSETS, "explorable", 'class="explorable"')
    for script in sorted(ASSETS.glob("*.js")):
        if script.stem not in _SHARED:
            load_where_needed(app, ASSETS, script.stem, f'data-explorable="{script.stem}"')
    return {"parallel_read_safe": True, "parallel_write_safe": True}
