"""With which versions the published book is made, and how a copy says that its own differ."""

import re

import pytest
import yaml

from embeddings_course.book_build import published_versions
from embeddings_course.environment.bootstrap import NEWEST, OLDEST
from helpers.repository import ROOT


def test_every_library_that_pages_compute_with_is_pinned():
    assert [*published_versions.published(ROOT)] == ["Python", *published_versions.LIBRARIES]


def test_the_workflow_tests_every_promised_python_and_publishes_the_book_of_the_named_one():
    text = (ROOT / ".github" / "workflows" / "book.yml").read_text(encoding="utf-8")
    tried = yaml.safe_load(text)["jobs"]["test"]["strategy"]["matrix"]["python"]
    assert tried == [f"3.{minor}" for minor in range(OLDEST[1], NEWEST[1] + 1)]
    assert published_versions.PUBLISHED_PYTHON in tried
    published = re.findall(r"matrix\.python == '([^']+)'", text)
    assert set(published) == {published_versions.PUBLISHED_PYTHON}


@pytest.mark.parametrize(
    ("here", "sentence"),
    [
        ({}, "The published book was made with the same versions."),
        (
            {"Python": "3.13.0", "scipy": "1.18.1"},
            "The published book was made with Python 3.12, scipy 1.17.1; "
            "here it is Python 3.13.0, scipy 1.18.1.",
        ),
        ({"scipy": "1.17.1+cpu"}, "The published book was made with the same versions."),
        ({"Python": "3.1.20"}, "The published book was made with Python 3.12; here it is"),
    ],
)
def test_only_what_differs_is_said(monkeypatch, tmp_path, here, sentence):
    (tmp_path / "requirements.txt").write_text("scipy==1.17.1  # why\nnumpy==2.4.6\n")
    versions = {"Python": "3.12.1", "numpy": "2.4.6", "scipy": "1.17.1", "pillow": "1"} | here
    monkeypatch.setattr(published_versions, "installed", lambda: versions)
    assert published_versions.difference(tmp_path).startswith(sentence)
