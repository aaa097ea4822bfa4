"""Why the grading of a class ends."""

from __future__ import annotations


class GradingError(Exception):
    """Why nothing was graded: a sentence or two for the instructor."""
