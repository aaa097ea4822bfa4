"""Styles and scripts that only those pages of the book load that need them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.config import Config

# After the pages are filled in, which happens at the usual 500.
_LATE = 600


def load_where_needed(app: Sphinx, folder: Path, name: str, mark: str) -> None:
    """Make pages with a mark in their HTML load ``<name>.js``, and ``<name>.css`` if there is one.

    Parameters
    ----------
    app : Sphinx
        While an extension is set up.
    folder : Path
        Holds the files.
    name : str
        Their name without suffix.
    mark : str
        What stands in pages that need them, and in no other: ``'class="quiz"'``.
    """

    def add_folder(app: Sphinx, config: Config) -> None:
        if str(folder) not in config.html_static_path:
            config.html_static_path.append(str(folder))

    def add_files(app: Sphinx, page: str, template: str, context: dict[str, Any], _: Any) -> None:
        if mark in context.get("body", ""):
            if (folder / f"{name}.css").is_file():
                app.add_css_file(f"{name}.css")
            app.add_js_file(f"{name}.js")

    app.connect("config-inited", add_folder)
    app.connect("html-page-context", add_files, priority=_LATE)
