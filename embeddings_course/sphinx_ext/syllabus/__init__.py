"""Sphinx directive ``{syllabus}``: which page teaches what, and what asks for it.

Everything is read when the book is built: pages and their objectives, ``claims.yml``, the practice
questions, and the exercises of the assignments as students get them. An exercise is a cell that
begins ``## Exercise 2: Title (5 points)`` and names claims in its metadata: ``"claims": ["one"]``.

``{syllabus} overview`` counts, ``{syllabus} plan`` spreads the course over weeks,
``{syllabus} assignments`` leads from exercises to pages and ``{syllabus} pages`` from pages to
exercises.
"""

from __future__ import annotations

from sphinx.application import Sphinx

from embeddings_course.sphinx_ext.syllabus.course_outline import (
    Assignment,
    Course,
    Exercise,
    Page,
    read_assignment,
    read_course,
)
from embeddings_course.sphinx_ext.syllabus.directive import (
    Syllabus,
    fill_in_minutes,
    syllabus_minutes,
    syllabus_part,
)
from embeddings_course.sphinx_ext.syllabus.term_plan import Week, term_plan

__all__ = [
    "Assignment",
    "Course",
    "Exercise",
    "Page",
    "Week",
    "read_assignment",
    "read_course",
    "setup",
    "term_plan",
]


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.add_node(syllabus_part)
    app.add_node(syllabus_minutes)
    app.add_directive("syllabus", Syllabus)
    app.connect("doctree-resolved", fill_in_minutes)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
