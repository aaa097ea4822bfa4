"""Controls: live where a kernel runs, and over prepared states in the book."""

from embeddings_course.controls.explorer import Explorer, explore
from embeddings_course.controls.inputs import Choice, Text, Typed
from embeddings_course.controls.neighbour_table import neighbours_html
from embeddings_course.controls.ranking_table import rankings_html

__all__ = ["Choice", "Explorer", "Text", "Typed", "explore", "neighbours_html", "rankings_html"]
