"""Sphinx extension: has all pages executed before Sphinx reads them, no matter who started it.

After `make book` they are in the cache already, and `jupyter-book build .` gets them there: by the
same function, in the same kernels, into the same cache. Every page is then read and written again,
which costs seconds: what it shows follows from more than its own text, and Sphinx looks at that
only. A page that failed, where a build was asked to go on, says so at its top.
"""

from __future__ import annotations

import os
from html import escape
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util import logging

from embeddings_course.book_build import page_cache
from embeddings_course.book_build.build import LOCK, WORK
from embeddings_course.book_build.execute_pages import GO_ON, CellFailed, execute_pages
from embeddings_course.environment.lock import Lock, LockedError

_LATE = 700  # after the lines below the title that others add


class _Application(Sphinx):
    """Sphinx's, with what `_share_cache` and `_take_lock` put there for the steps after them."""

    course_work: Path | None
    course_lock: Lock | None


def _share_cache(app: _Application, config: Any) -> None:
    """Tell MyST-NB where executed pages are."""
    root = Path(app.srcdir)
    # Else a page is built by itself, and its folder is not a book: then everything is MyST-NB's.
    if (root / "_toc.yml").is_file() and config.nb_execution_mode == "cache":
        app.course_work = Path(os.environ.get(WORK) or page_cache.work_folder(root))
        config.nb_execution_cache_path = str(page_cache.cache_folder(app.course_work))
    else:
        app.course_work = None
    app.course_lock = None


def _take_lock(app: _Application) -> None:
    if app.course_work is None or os.environ.get(WORK):
        return
    lock = Lock(Path(app.srcdir) / "_build" / LOCK, "Another build of the book")
    try:
        app.course_lock = lock.__enter__()
    except LockedError as problem:
        raise ExtensionError(str(problem)) from problem
    page_cache.prepare(app.course_work)


def _read_all(app: _Application, env: Any, added: set, changed: set, removed: set) -> list[str]:
    return [] if app.course_work is None else sorted(env.found_docs)


def _execute(app: _Application, env: Any, names: list[str]) -> None:
    if app.course_work is None:
        return
    root = Path(app.srcdir)
    try:
        execute_pages(
            root,
            [name for name in sorted(names) if (root / f"{name}.md").is_file()],
            page_cache.cache_folder(app.course_work),
            environment=page_cache.kernel_environment(root),
            timeout=app.config.nb_execution_timeout,
            jobs=page_cache.pages_at_once(),
            report=logging.getLogger(__name__).info,
        )
    except CellFailed as error:
        page_cache.finish(app.course_work)  # what is in the cache is whole
        raise ExtensionError(f"{error}\n{GO_ON}") from error
    page_cache.finish(app.course_work)


def _mark_failed(app: _Application, page: str, template: str, context: dict, doctree: Any) -> None:
    """Say at the top of a page that it failed, and on the first page which ones did."""
    found = {} if app.course_work is None else page_cache.failures(app.course_work)
    if page in found:
        _note(
            context,
            "Failed on this machine",
            "<p>This page did not run to its end on the machine that made this copy of the book. "
            "Its results end at the cell that failed; what its text says may not hold here.</p>"
            f"<pre>{escape(found[page])}</pre>",
        )
    if page == app.config.root_doc and found:
        links = (
            f'<a href="{app.builder.get_relative_uri(page, name)}">'
            f"{escape(app.env.titles[name].astext())}</a>"
            for name in found
        )
        what = f"<p>On this machine these did not, and say so: {', '.join(links)}.</p>"
        _note(context, "Not every page ran to its end", what)


def _note(context: dict, title: str, text: str) -> None:
    note = f'<p class="admonition-title">{title}</p>{text}'
    note = f'<div class="admonition warning page-failed">{note}</div>'
    before, heading, after = context.get("body", "").partition("</h1>")
    context["body"] = f"{before}{heading}\n{note}{after}" if heading else f"{note}{before}"


def _finish(app: _Application, problem: Exception | None) -> None:
    if app.course_work is not None and not problem:
        settings: Any = app.env  # MyST-NB's are there
        folder = Path(settings.mystnb_config.output_folder)
        page_cache.fill_outputs(
            (path for name in app.env.found_docs if (path := folder / f"{name}.ipynb").is_file()),
            page_cache.cache_folder(app.course_work),
        )
    if app.course_lock:
        app.course_lock.__exit__()


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.connect("config-inited", _share_cache)
    app.connect("builder-inited", _take_lock)
    app.connect("env-get-outdated", _read_all)
    app.connect("env-before-read-docs", _execute)
    app.connect("html-page-context", _mark_failed, priority=_LATE)
    app.connect("build-finished", _finish)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
