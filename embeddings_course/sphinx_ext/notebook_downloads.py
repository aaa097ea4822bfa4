"""Sphinx extension: offers every page with code as a notebook, behind its download button."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
from sphinx.application import Sphinx

from embeddings_course.book_build.page_notebooks import page_notebook


def _offer(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    source = Path(app.env.doc2path(page)) if page in app.env.all_docs else None
    if (
        source is None
        or not (Path(app.outdir).parent / "jupyter_execute" / f"{page}.ipynb").exists()
    ):
        return
    target = Path(app.outdir) / "_sources" / f"{page}.ipynb"
    target.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(page_notebook(source), target)
    context["ipynb_source"] = f"{page}.ipynb"  # the theme makes a button of it


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx, before the theme makes its buttons."""
    app.connect("html-page-context", _offer)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
