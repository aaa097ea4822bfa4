"""Explorables: a picture that answers to the reader's hand, with its data in the page.

Each has a module here, whose function computes the data and what is read without a script, and a
script of the same name in ``assets``. `Explorable` is what they share.
"""

from embeddings_course.explorables.explorable import Explorable, packed
from embeddings_course.explorables.text_search import (
    cut_passages,
    documentation_box,
    prepared_searches,
    search_box,
)

__all__ = [
    "Explorable",
    "cut_passages",
    "documentation_box",
    "packed",
    "prepared_searches",
    "search_box",
]
