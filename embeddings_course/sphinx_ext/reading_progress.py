"""Sphinx extension: what a reader has read and answered, kept by ``reader.js`` in their browser.

Each page gets the list of the pages that count, with their quizzes and the number of questions in
each; the first page a place for the summary. All that a reader sees of it is made by the script: so
without JavaScript nothing is there that could not work.
"""

from __future__ import annotations

import json
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

from embeddings_course.sphinx_ext.quizzes import quizzes_in

SUMMARY = '<div class="reader-summary"></div>'


def counted_pages(app: Sphinx) -> dict[str, dict[str, int]]:
    """List the pages that count for a reader's progress: those with questions, in reading order.

    Returns
    -------
    dict of str to dict
        For each page its quizzes, with the number of questions.
    """
    order = [app.config.root_doc]
    for page in order:
        order += [each for each in app.env.toctree_includes.get(page, []) if each not in order]
    found = {page: quizzes_in(app, page) for page in order}
    return {page: quizzes for page, quizzes in found.items() if quizzes}


def _add(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    app.add_js_file(None, body=f"const coursePages = {json.dumps(counted_pages(app))};")
    app.add_js_file("reader.js")
    if page == app.config.root_doc and isinstance(doctree, nodes.document):
        context["body"] = context["body"].replace("</h1>", f"</h1>\n{SUMMARY}", 1)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.connect("html-page-context", _add)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
