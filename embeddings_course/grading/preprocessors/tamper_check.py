"""Ask a kernel whether functions that tests use are what they were, and read what it says."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path

from nbformat.notebooknode import NotebookNode
from nbgrader.utils import is_grade, is_locked

from embeddings_course.grading.isolation import watched_kernel
from embeddings_course.grading.isolation.imported_modules import imported_modules

INSPECTION = Path(watched_kernel.__file__).read_text(encoding="utf-8")
# The notebook's own names are not asked: there, `exec` can be anything. Python's own are found by
# a class that Python itself has made. In letters that are shown as they are, whatever is said.
QUESTION = (
    "(lambda own: (lambda space: own['__import__']('base64').b64encode("
    "own['__import__']('json').dumps((own['exec'](space['code'], space), "
    "space['inspect'](space['modules'], {whole}))[1]).encode()).decode())"
    "({{'__name__': 'inspection', '__builtins__': own, 'code': {code!r}, 'modules': {modules!r}}}))"
    "([each for each in ().__class__.__base__.__subclasses__() if each.__name__ == '_ModuleLock']"
    "[0].__init__.__builtins__)"
)
_ANSWER = re.compile(r"'([A-Za-z0-9+/]*={0,2})'")
MOST_ANSWER = 4_000_000  # letters; a fingerprint of torch, numpy and the checks takes a tenth
_MOST_NUMBERS = 100_000


def modules_of_tests(nb: NotebookNode) -> list[str]:
    """Return the modules that tests import, and what they use without importing it."""
    tests = [cell for cell in nb.cells if is_locked(cell) or is_grade(cell)]
    found = {"builtins"} | imported_modules(tests)
    for module, more in _MORE.items():
        if module in found:
            found.update(more)
    return sorted(found)


# Tests that call the one reach the others through it.
_MORE = {
    "torch": ("torch.nn.functional", "torch.linalg", "torch.testing"),
    "numpy": ("numpy.linalg", "numpy.testing"),
    "embeddings_course.exercises": ("numpy", "torch"),
}


def read_answer(said: str | None, *, whole: bool) -> tuple[dict[str, int] | int, int, list]:
    """Read what a kernel says of itself: a student's code can make it say anything.

    Raises
    ------
    ValueError, TypeError, RecursionError
        If it is no such answer.
    """
    text = _ANSWER.fullmatch(said or "")
    if text is None:
        raise ValueError("not an answer")
    found, memory, attempts = json.loads(base64.b64decode(text[1]))
    numbers = found if whole else {"all": found}
    if not isinstance(numbers, dict) or len(numbers) > _MOST_NUMBERS:
        raise ValueError("not a fingerprint")
    if not all(type(each) is int and abs(each) < 2**64 for each in numbers.values()):
        raise ValueError("not numbers of functions")
    if type(memory) is not int or not 0 <= memory < 2**50:
        raise ValueError("not a size of memory")
    if not isinstance(attempts, list):
        raise ValueError("not attempts")
    return found, memory, attempts


def changed_functions(before: dict[str, int], now: dict[str, int]) -> list[str]:
    """Return the names of functions that are no longer what they were."""
    changed = [name for name, number in before.items() if now.get(name) != number]
    # A method of an object's own hides that of its class, and one of a class its parent's.
    new = sorted(now.keys() - before)
    return changed + [name for name in new if name.startswith(("IPython.", "torch.Tensor."))]
