"""Sphinx directive ``{what-ran}``: with what this copy of the book was made, and how long it took.

Everything is read when the book is built: versions from the environment, times from the cache of
executed pages, the weights' checksum from their report.
"""

from __future__ import annotations

import json
import os
import platform
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.environment import BuildEnvironment
from sphinx.util.docutils import SphinxDirective

from embeddings_course.book_build.page_cache import execution_seconds, open_cache
from embeddings_course.book_build.published_versions import PUBLISHED_PYTHON, installed


class WhatRan(SphinxDirective):
    """``{what-ran}``: tables of versions, weights, and pages with their seconds."""

    def run(self) -> list[nodes.Node]:
        """Make the tables."""
        self.env.note_reread()  # or the second build would tell the times of the first
        lines = [*self._versions(), "", *self._pages()]
        return self.parse_text_to_nodes("\n".join(lines))

    def _versions(self) -> list[str]:
        from embeddings_course.backbones.weights import (
            EMBEDDED_FOLDER,  # with torch: seconds to load
        )

        weights = json.loads((EMBEDDED_FOLDER / "report.json").read_text(encoding="utf-8"))
        rows = [
            ("System", f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"),
            *installed().items(),
            ("Python of the published copy", PUBLISHED_PYTHON),
        ]
        rows.append(("Weights, SHA-256", f"`{weights['sha256']}`"))
        return ["| What | Which |", "| --- | --- |", *(f"| {a} | {b} |" for a, b in rows)]

    def _pages(self) -> list[str]:
        ran = _executions(Path(self.config.nb_execution_cache_path))
        lines = ["| Page | Seconds |", "| --- | ---: |"]
        total = 0.0
        for name in _reading_order(self.env):
            path = Path(self.env.doc2path(name))
            if path.name not in ran:
                continue
            total += ran[path.name]
            lines.append(f"| {{doc}}`/{name}` | {ran[path.name]:.0f} |")
        lines.append(f"| All, one after another | {total:.0f} |")
        return lines


def _reading_order(env: BuildEnvironment) -> list[str]:
    from sphinx_external_toc.parsing import parse_toc_yaml

    return list(parse_toc_yaml(Path(env.srcdir) / "_toc.yml"))


def _executions(folder: Path) -> dict[str, float]:
    """Seconds by file name of page, as the cache of executed pages has them."""
    return execution_seconds(open_cache(folder)) if folder.is_dir() else {}


def _name_python(app: Sphinx, config: Config) -> None:
    """Say at the foot of every page with which Python and torch this copy was made."""
    here = installed()
    made = " and ".join(f"{name} {here[name]}" for name in ("Python", "torch") if name in here)
    own = config.html_theme_options.get("extra_footer", "")
    config.html_theme_options["extra_footer"] = f"{own}<p>This copy was made with {made}.</p>"


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive with Sphinx."""
    app.add_directive("what-ran", WhatRan)
    app.connect("config-inited", _name_python)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
