"""Examples in docstrings say what happens."""

import doctest
import importlib

import pytest

MODULES = ["audio", "backbones", "cooccurrence", "features", "metrics", "text_encoders"]
MODULES += ["uncertainty"]
MODULES += [f"data.{name}" for name in ("apidocs", "events", "goods", "photos", "picks")]
MODULES += ["data.products", "data.sounds"]


@pytest.mark.parametrize("module", MODULES)
def test_examples_in_docstrings_run(module):
    found = doctest.testmod(importlib.import_module(f"embeddings_course.{module}"))
    assert found.attempted
    assert not found.failed
