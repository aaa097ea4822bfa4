"""The widget of a map: the same script as on the book's pages, where a kernel runs."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from embeddings_course._shared.notebook_display import module

ASSETS = Path(__file__).parent / "assets"


@cache
def widget_class() -> type:
    """Make the class, whose objects take the HTML of a map."""
    # Only a live notebook needs these imports.
    import anywidget
    import traitlets

    class MapWidget(anywidget.AnyWidget):
        """A map on show. All that it needs is in its HTML."""

        _esm = module(ASSETS / "map.js", ASSETS / "live.js")
        _css = (ASSETS / "map.css").read_text("utf-8")
        html = traitlets.Unicode().tag(sync=True)

    return MapWidget
