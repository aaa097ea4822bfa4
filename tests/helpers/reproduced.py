"""Pages that are known to show the same when they are run again."""

import json
from collections import Counter
from pathlib import Path

from embeddings_course.book_build.page_cache import published_key
from helpers.repository import ROOT

# Keys of published notebooks that were run again and showed the same.
REPRODUCED = ROOT / "_build" / "work" / "reproduced.json"


def published_keys() -> dict[Path, str]:
    """Return the key of each notebook that the book published: what its results follow from."""
    rules = ROOT / "tests" / "book" / "nbval.cfg"
    folder = ROOT / "_build" / "jupyter_execute"
    return {path: published_key(ROOT, path, rules) for path in sorted(folder.rglob("*.ipynb"))}


def known_keys() -> set[str]:
    try:
        return set(json.loads(REPRODUCED.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return set()


def reproduced(config) -> set[Path]:
    """Return the notebooks that need no other run, unless all are asked for."""
    if not config.getoption("nbval", False) or config.getoption("--everything"):
        return set()
    known = known_keys()
    return {path for path, key in published_keys().items() if key in known} if known else set()


class Reproduced:
    """Counts the cells of notebooks that passed; those whose cells all did are known from then."""

    def __init__(self, keys: dict[Path, str]):
        self.keys = keys
        self.passed = Counter()

    def pytest_runtest_logreport(self, report):
        if report.when == "call":
            self.passed[ROOT / report.nodeid.partition("::")[0]] += report.passed

    def pytest_sessionfinish(self):
        new = set()
        for path, key in self.keys.items():
            cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
            if self.passed[path] == sum(cell["cell_type"] == "code" for cell in cells):
                new.add(key)
        if new:
            kept = known_keys() & set(self.keys.values()) | new
            REPRODUCED.write_text(json.dumps(sorted(kept), indent=1), encoding="utf-8")
