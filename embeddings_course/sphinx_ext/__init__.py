"""The book's Sphinx extensions; as one extension it sets up all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sphinx.application import Sphinx

EXTENSIONS = (
    "mathml",
    "claims_table",
    "code_cells",
    "controls",
    "maps",
    "explorables",
    "predict",
    "figures",
    "touchables",
    "executed_pages",
    "glossary_links",
    "theme_repairs",
    "launch_buttons",
    "notebook_downloads",
    "no_thebe",
    "webp_images",
    "quizzes",
    "syllabus",
    "build_facts",
    "reading_progress",
    "reading_time",
    "reading_paths",
    "search_spelling",
    "search_results",
    "api_reference",
    "house",
    "drawings",
)
"""In the order in which they are set up."""


def setup(app: Sphinx) -> dict[str, bool]:
    """Set up all extensions of the course."""
    for name in EXTENSIONS:
        app.setup_extension(f"{__name__}.{name}")
    return {"parallel_read_safe": True, "parallel_write_safe": True}
