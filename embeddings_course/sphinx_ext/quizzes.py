"""Sphinx extension: fills quizzes into the pages that ask for them.

Executed pages hold a placeholder for each quiz. The questions come in when the page is written, so
that a changed question needs no page to be executed again.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, cast

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

from embeddings_course.book_build.claims import read_claims
from embeddings_course.quiz.notebook_quiz import ASSETS, PLACEHOLDER
from embeddings_course.quiz.question_files import QuestionFile, QuizError, load_bank
from embeddings_course.quiz.rendering import practice_html
from embeddings_course.sphinx_ext._page_assets import load_where_needed

_PLACEHOLDER = re.compile(re.escape(PLACEHOLDER).replace(r"\{name\}", '([^"]+)'))


class _Application(Sphinx):
    """Sphinx's, with what `_load` puts there for the steps after it."""

    quizzes: dict[str, QuestionFile]
    claim_pages: dict[str, str]


def quizzes_in(app: Sphinx, page: str) -> dict[str, int]:
    """Say which quizzes a page asks for, and how many questions each has."""
    asked = app.env.metadata.get(page, {}).get("quizzes", ())
    quizzes = cast(_Application, app).quizzes
    return {name: len(quizzes[name].questions) for name in asked if name in quizzes}


def _note(app: Sphinx, doctree: nodes.document) -> None:
    found = [
        name for part in doctree.findall(nodes.raw) for name in _PLACEHOLDER.findall(part.astext())
    ]
    app.env.metadata[app.env.docname]["quizzes"] = list(dict.fromkeys(found))


def _load(app: _Application) -> None:
    try:
        app.quizzes = load_bank(Path(app.srcdir) / "book" / "quizzes")
    except QuizError as error:
        raise ExtensionError(str(error)) from error
    # A book without quizzes links to no claims, and may have none.
    claims = read_claims(Path(app.srcdir) / "book" / "claims.yml") if app.quizzes else []
    app.claim_pages = {claim.id: claim.page for claim in claims}


def _fill(
    app: _Application, page: str, template: str, context: dict[str, Any], doctree: Any
) -> None:
    body = context.get("body", "")
    if not _PLACEHOLDER.search(body):
        return

    def claim_url(claim: str) -> str | None:
        if claim not in app.claim_pages:
            return None
        uri = app.builder.get_relative_uri(page, f"book/{app.claim_pages[claim]}")
        return f"{uri}#claim-{claim}"

    def page_title(claim: str) -> str:
        title = app.env.titles.get(f"book/{app.claim_pages.get(claim)}")
        return title.astext() if title else ""

    def filled(match: re.Match) -> str:
        if match[1] not in app.quizzes:
            raise ExtensionError(f"{page} asks for the quiz {match[1]!r}, which does not exist.")
        file = app.quizzes[match[1]]
        return practice_html(
            match[1],
            file.questions,
            parts=file.parts,
            claim_url=claim_url,
            page_title=page_title,
        )

    context["body"] = _PLACEHOLDER.sub(filled, body)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.connect("builder-inited", _load)
    app.connect("doctree-read", _note)
    app.connect("html-page-context", _fill)
    load_where_needed(app, ASSETS, "quiz", 'class="quiz"')
    return {"parallel_read_safe": True, "parallel_write_safe": True}
