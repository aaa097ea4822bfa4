"""Controls: live where a kernel runs, and over prepared states in the book."""

from embeddings_course.controls.explorer import Choice, Explorer, Typed, explore
from embeddings_course.controls.tables import neighbours_html

__all__ = ["Choice", "Explorer", "Typed", "explore", "neighbours_html"]
