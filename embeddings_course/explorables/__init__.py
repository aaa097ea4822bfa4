"""Explorables: a picture that answers to the reader's hand, with its data in the page.

Each has a module here, whose function computes the data and what is read without a script, and a
script of the same name in ``assets``. `Explorable` is what they share.
"""

from embeddings_course.explorables.explorable import Explorable, packed
from embeddings_course.explorables.graph_walk import graph_walk, walk_graph
from embeddings_course.explorables.sound_pairs import sound_pairs

__all__ = ["Explorable", "graph_walk", "packed", "sound_pairs", "walk_graph"]
