"""What tests of grading share."""

import pytest

from grading.classroom import empty_gradebook


@pytest.fixture(scope="session")
def empty(tmp_path_factory):
    """A gradebook without entries, to copy."""
    path = tmp_path_factory.mktemp("empty") / "gradebook.db"
    path.write_bytes(empty_gradebook())
    return path
