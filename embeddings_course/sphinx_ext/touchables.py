"""Sphinx extension: what a reader can touch is a step from the top, and keeps what was chosen.

Controls, maps and explorables are below much text. A link at the top of the page, next to the
theme's own that skips to the content, leads the keyboard to the first of them. ``choices.js`` keeps
what a reader chooses in them through a reload.
"""

from __future__ import annotations

import re
from typing import Any

from sphinx.application import Sphinx

FIRST = "first-control"
"""Id of the first of them on a page; ``theme_repairs`` makes the link to it."""

_LATE = 600  # after the pages are filled in, at the usual 500
_ROOT = re.compile(r'<div class="(?:control|map|explorable)"')


def _add(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    body = context.get("body", "")
    found = _ROOT.search(body)
    if found is None:
        return
    start = found.start() + len("<div")
    context["body"] = f'{body[:start]} id="{FIRST}" tabindex="-1"{body[start:]}'
    app.add_js_file("choices.js")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.connect("html-page-context", _add, priority=_LATE)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
