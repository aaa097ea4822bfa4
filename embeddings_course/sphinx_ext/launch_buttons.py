"""Sphinx extension: buttons that open a page's notebook in Colab or Binder.

They are there where ``_config.yml`` names a repository on GitHub: without one they would lead
nowhere.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

from embeddings_course.book_build.launch_branch import configured_repository, launch_urls


def _offer(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    # Not what the theme was told: Jupyter Book names a repository of its own where a book has none.
    repository = configured_repository(Path(app.srcdir))
    if repository is None or "ipynb_source" not in context:  # set for pages with code
        return
    buttons = [
        {
            "type": "link",
            "url": url,
            "text": place,
            "tooltip": f"Open this page's notebook in {place}",
            "icon": "fas fa-rocket",
            "label": f"launch-{place.lower()}-button",
        }
        for place, url in launch_urls(repository, Path(page).name).items()
    ]
    group = {
        "type": "group",
        "tooltip": "Run this page",
        "icon": "fas fa-rocket",
        "buttons": buttons,
        "label": "launch-buttons",
    }
    context["header_buttons"].append(group)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx, after the theme has made its buttons."""
    app.connect("html-page-context", _offer, priority=600)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
