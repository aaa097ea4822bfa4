"""What a built book consists of, and how one is built without the course."""

import os
import re
import subprocess
import sys
from pathlib import Path

# With which a page of the book begins.
FRONT_MATTER = """\
---
jupytext:
  text_representation:
    extension: .md
    format_name: myst
kernelspec:
  display_name: Python 3
  language: python
  name: python3
---
"""


def pages(html: Path) -> list[Path]:
    """Every page of the book but the first, which only leads on to the welcome page."""
    found = sorted(path for path in html.rglob("*.html") if "_static" not in path.parts)
    return [path for path in found if path != html / "index.html"]


def alike(page: str, id="ID") -> str:
    """Return a built page without what differs from build to build: ids, versions of files.

    Instead of each id it has `id`, a text or what `re.sub` takes as well.
    """
    page = re.sub(r"\?v=[0-9a-f]{8}", "", page)
    return re.sub(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\bid\d+\b", id, page)


def stock(root, *arguments):
    """Run Jupyter Book as somebody does who knows it, and nothing of the course."""
    start = "from jupyter_book.cli.main import main; main()"
    return subprocess.run(
        [sys.executable, "-P", "-c", start, *map(str, arguments)],
        cwd=root,
        env={name: value for name, value in os.environ.items() if not name.startswith("COURSE_")},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
