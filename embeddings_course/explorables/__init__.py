"""Explorables: a picture that answers to the reader's hand, with its data in the page.

Each has a module here, whose function computes the data and what is read without a script, and a
script of the same name in ``assets``. `Explorable` is what they share.
"""

from embeddings_course.explorables.duplicate_threshold import duplicate_threshold
from embeddings_course.explorables.explorable import Explorable, packed
from embeddings_course.explorables.graph_walk import graph_walk, walk_graph
from embeddings_course.explorables.lookup_steps import lookup_steps
from embeddings_course.explorables.photo_neighbours import photo_neighbours
from embeddings_course.explorables.sound_pairs import sound_pairs
from embeddings_course.explorables.suggested_products import suggested_products
from embeddings_course.explorables.text_search import (
    cut_passages,
    documentation_box,
    prepared_searches,
    search_box,
)
from embeddings_course.explorables.two_tables import two_tables
from embeddings_course.explorables.word_vectors import word_vectors

__all__ = [
    "Explorable",
    "cut_passages",
    "documentation_box",
    "duplicate_threshold",
    "graph_walk",
    "lookup_steps",
    "packed",
    "photo_neighbours",
    "prepared_searches",
    "search_box",
    "sound_pairs",
    "suggested_products",
    "two_tables",
    "walk_graph",
    "word_vectors",
]
