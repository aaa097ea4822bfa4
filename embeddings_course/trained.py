"""The former name of :mod:`embeddings_course.shared_vectors`, for notebooks saved with it."""

from embeddings_course.shared_vectors import vectors_from

__all__ = ["vectors_from"]
