"""Errors are known by the code of their message: its wording may improve."""

import re
from contextlib import contextmanager

import pytest

from embeddings_course._shared.messages import codes


@contextmanager
def raises(kind, code, *named):
    """Expect an error whose message has a code, and names these values: an id, a number, a remedy.

    Parameters
    ----------
    kind : type or tuple of types
        What is raised.
    code : str
        The code of the message, or of one of several that it consists of.
    *named
        What the message must contain, as it is; its other words do not matter.
    """
    with pytest.raises(kind) as caught:
        yield caught
    says(caught.value, code, *named)


def says(problem, code, *named):
    """Fail unless an error, or a message, has a code and names these values."""
    assert code in codes(problem), f"{problem!r} has the codes {codes(problem)}"
    missing = [value for value in named if not _names(str(problem), str(value))]
    assert not missing, f"{problem} does not name {missing}"


def _names(sentence, value):
    """Say whether a value is in a sentence, and not only as a part of another word or number."""
    before = r"(?<!\w)(?<!\d[.,])(?<!-)" if value[0].isalnum() else ""
    after = r"(?!\w)(?![.,]\d)" if value[-1].isalnum() else ""
    return re.search(f"{before}{re.escape(value)}{after}", sentence) is not None
