"""The former name of :mod:`embeddings_course.metrics`, for notebooks that were saved with it."""

from embeddings_course.metrics import *  # noqa: F403
