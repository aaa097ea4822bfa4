"""What tests of grading share."""

import shutil

import pytest

from embeddings_course.grading.course import open_course
from grading.classroom import REPOSITORY


@pytest.fixture(scope="session")
def empty(tmp_path_factory):
    """A gradebook without entries, to copy: nbgrader takes three seconds to make one."""
    root = tmp_path_factory.mktemp("empty")
    shutil.copy(REPOSITORY / "nbgrader_config.py", root)
    with open_course(root).gradebook():
        return root / "gradebook.db"
