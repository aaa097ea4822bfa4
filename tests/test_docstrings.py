"""Examples in docstrings say what happens."""

import doctest
import importlib

import pytest


@pytest.mark.parametrize(
    "module", ["backbones", "evaluate", "features", "data.apidocs", "data.events", "data.photos"]
)
def test_examples_in_docstrings_run(module):
    found = doctest.testmod(importlib.import_module(f"embeddings_course.{module}"))
    assert found.attempted
    assert not found.failed
