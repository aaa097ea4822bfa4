"""The head of a page of feedback, as HTML; ``assets/`` has what it looks like."""

from __future__ import annotations

from pathlib import Path

from markupsafe import Markup

from embeddings_course._shared.text import counted, listed
from embeddings_course.grading.feedback.page_contents import PageContents
from embeddings_course.grading.report.class_results import plain
from embeddings_course.grading.safe_templates import safe_templates

ASSETS = Path(__file__).parent / "assets"
PAGE = ASSETS / "feedback_page.html.j2"
"""The template of the whole page, which nbconvert fills in."""


def page_head(contents: PageContents) -> Markup:
    """Write what is above the notebook: the total, what waits, and the table of exercises.

    Parameters
    ----------
    contents : PageContents
        Names and sentences in it may come from anybody: they are shown as text.
    """
    templates = safe_templates(ASSETS)
    templates.filters["plain"] = plain
    templates.globals |= {"counted": counted, "listed": listed}
    written = templates.get_template("feedback_head.html.j2").render(page=contents)
    return Markup(written)


def page_style() -> Markup:
    """Return the style sheet, for light and dark screens."""
    return Markup((ASSETS / "feedback.css").read_text(encoding="utf-8"))
