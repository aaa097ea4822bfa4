"""Sphinx extension: takes the scripts of Thebe out of every page.

Jupyter Book loads Thebe's extension whether it is used or not. It names another host, and it
declares its constants twice, which browsers report as an error.
"""

from __future__ import annotations

from typing import Any

from sphinx.application import Sphinx


def _drop_thebe(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any
) -> None:
    context["script_files"] = [
        script
        for script in context.get("script_files", [])
        if "thebe" not in str(script).lower()
        and "thebe" not in getattr(script, "attributes", {}).get("body", "").lower()
    ]


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx, after all that add scripts to a page."""
    app.connect("html-page-context", _drop_thebe, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
