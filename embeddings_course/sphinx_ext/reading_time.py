"""Sphinx extension: says under the title how long a page takes to read.

Words of prose are counted when the page is read; code, pictures and questions take time of their
own. Tables, code and what cells show are not prose. A page without much prose says nothing.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx

from embeddings_course.quiz.rendering import SECONDS_A_QUESTION, question_minutes
from embeddings_course.sphinx_ext.drawings import CLASS
from embeddings_course.sphinx_ext.quizzes import quizzes_in

WORDS_A_MINUTE = 200
SECONDS_A_CELL = 60  # up to twenty lines, and what they print
SECONDS_A_PICTURE = 20
LEAST_WORDS = 200

NO_PROSE = "no-prose"
"""Class of what is looked up and not read through: its words are not counted."""

_NO_PROSE = (nodes.literal_block, nodes.raw, nodes.table, nodes.comment, nodes.math_block)


def reading_minutes(words: int, *, cells: int = 0, pictures: int = 0, questions: int = 0) -> int:
    """Estimate how many minutes a page takes.

    Parameters
    ----------
    words : int
        Words of prose.
    cells, pictures, questions : int
        How many there are beside the prose.

    Returns
    -------
    int
        Whole minutes; from ten on, the nearest multiple of five, as the estimate is no better.
        0 if there is not enough prose to speak of.

    Examples
    --------
    >>> reading_minutes(900), reading_minutes(2200, cells=10, pictures=4, questions=6), LEAST_WORDS
    (5, 25, 200)
    """
    if words < LEAST_WORDS:
        return 0
    seconds = cells * SECONDS_A_CELL + pictures * SECONDS_A_PICTURE + questions * SECONDS_A_QUESTION
    minutes = words / WORDS_A_MINUTE + seconds / 60
    return max(1, int(minutes + 0.5)) if minutes < 10 else 5 * int(minutes / 5 + 0.5)


def page_minutes(app: Sphinx, page: str, *, until: str = "", questions: int | None = None) -> int:
    """Return how many minutes a page of the book takes, without prose those of its questions.

    Parameters
    ----------
    app : Sphinx
        When all pages have been read.
    page : str
        Its name in the book, such as ``book/why``.
    until : str
        A heading, to count only what is above it and no questions.
    questions : int, optional
        How many are answered. Default: all, or none with `until`.

    Raises
    ------
    KeyError
        If the page has no such heading.
    """
    found = app.env.metadata.get(page, {})
    counts = found.get("reading", {"words": 0})
    if until:
        counts = found.get("reading_until", {})[until]
    if questions is None:
        questions = 0 if until else sum(quizzes_in(app, page).values())
    return reading_minutes(**counts, questions=questions) or question_minutes(questions)


def _count(app: Sphinx, doctree: nodes.document) -> None:
    """Keep what a page consists of with its metadata, which Sphinx stores and merges."""
    if next(doctree.findall(addnodes.desc), None):
        return  # a page of the reference is looked up, not read
    kept = app.env.metadata[app.env.docname]
    kept["reading"] = _counts(doctree)
    page = next(doctree.findall(nodes.section), nodes.section())
    so_far: Counter[str] = Counter()
    kept["reading_until"] = {}
    for part in page.children:
        if isinstance(part, nodes.section):
            kept["reading_until"][part.next_node(nodes.title).astext()] = dict(so_far)
        if isinstance(part, nodes.Element):
            so_far.update(_counts(part))


def _counts(part: nodes.Element) -> dict[str, int]:
    words = sum(
        len(text.astext().split())
        for text in part.findall(nodes.TextElement)
        if isinstance(text, (nodes.paragraph, nodes.title, nodes.caption, nodes.term))
        and not _is_inside(text, _NO_PROSE)
    )
    return {
        "words": words,
        "cells": sum("cell_input" in each["classes"] for each in part.findall(nodes.container)),
        "pictures": sum(1 for _ in part.findall(_is_picture)),
    }


def _is_picture(node: nodes.Node) -> bool:
    return isinstance(node, nodes.image) or (
        isinstance(node, nodes.figure) and CLASS in node["classes"]
    )


def _is_inside(node: nodes.Node | None, kinds: tuple[type, ...]) -> bool:
    while node is not None:
        if isinstance(node, kinds) or NO_PROSE in getattr(node, "attributes", {}).get(
            "classes", ()
        ):
            return True
        node = node.parent
    return False


def _show(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    counts = app.env.metadata.get(page, {}).get("reading")
    if counts is None:
        return
    questions = sum(quizzes_in(app, page).values())
    minutes = reading_minutes(**counts, questions=questions)
    if minutes:
        unit = "minute" if minutes == 1 else "minutes"
        line = f'\n<p class="reading-time">About {minutes} {unit}</p>'
        context["body"] = context["body"].replace("</h1>", f"</h1>{line}", 1)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.connect("doctree-read", _count)
    app.connect("html-page-context", _show)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
