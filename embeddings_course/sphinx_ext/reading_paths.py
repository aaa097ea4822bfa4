"""Sphinx extension: the ways through the book, which ``book/paths.yml`` lists.

``{paths}`` puts a button for each of them into the start page, with what it takes. A click keeps
the choice in this browser, and ``paths.js`` then leads from page to page: "next" at a page's foot
is the path's next page, a line in the page says where a reader in a hurry stops, and the contents
mark the path's pages. Without a script a button is a link to the path's first page, and "next" is
the book's order. A page on no shorter path says that it is an elective, and the start page's list
of pages says how long each takes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from html import escape
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.environment import BuildEnvironment
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective

from embeddings_course._shared.messages import Message
from embeddings_course._shared.text import counted
from embeddings_course.book_build.reading_paths import (
    FILE,
    ReadingPath,
    Stop,
    electives,
    read_paths,
)
from embeddings_course.sphinx_ext.reading_progress import counted_pages
from embeddings_course.sphinx_ext.reading_time import page_minutes

ANCHOR = "paths"
"""Where the buttons are on the start page."""

_TIME = re.compile(r'(<p class="reading-time">About \d+ minutes?)</p>')


class paths_place(nodes.General, nodes.Element):  # as docutils names its nodes
    """Where the buttons come when all pages have been read."""


class Paths(SphinxDirective):
    """``{paths}``: a button for each way through the book."""

    def run(self) -> list[nodes.Node]:
        """Make the place for them."""
        return [paths_place()]


def length(minutes: int) -> str:
    """Say about how long a path takes.

    >>> length(58), length(187), length(620)
    ('about 60 minutes', 'about 3 hours', 'about 10½ hours')
    """
    if minutes < 100:
        return f"about {5 * round(minutes / 5)} minutes"
    halves = round(minutes / 30)
    return f"about {halves // 2}{'½' * (halves % 2)} hours"


def path_minutes(app: Sphinx, path: ReadingPath) -> int:
    """Add up the minutes of a path's pages, as the pages themselves give them.

    Raises
    ------
    ExtensionError
        If a page has no heading of that name; the sentence names both.
    """
    stops = path.stops or [Stop(page.removeprefix("book/")) for page in counted_pages(app)]
    return sum(_stop_minutes(app, path, stop) for stop in stops)


def _stop_minutes(app: Sphinx, path: ReadingPath, stop: Stop) -> int:
    page = f"book/{stop.page}"
    try:
        return page_minutes(app, page, until=stop.until, questions=stop.questions)
    except KeyError:
        raise ExtensionError(
            Message(
                "path-heading-missing",
                f"{FILE}: the path {path.id!r} leaves {stop.page}.md before the heading "
                f"{stop.until!r}, which is not there.",
            )
        ) from None


def _paths(app: Sphinx) -> list[ReadingPath]:
    """Read the paths, without the pages that this book has not: it may be a part of the whole."""
    file = Path(app.srcdir) / "book" / FILE
    try:
        listed = read_paths(file) if file.exists() else []
    except ValueError as error:
        raise ExtensionError(str(error)) from error
    paths = []
    for path in listed:
        stops = tuple(each for each in path.stops if f"book/{each.page}" in app.env.found_docs)
        if stops or not path.stops:
            paths.append(replace(path, stops=stops))
    return paths


def _note(app: Sphinx, config: Config) -> None:
    """Make the file part of the settings: when it changes, all pages are written again."""
    file = Path(app.srcdir) / "book" / FILE
    config["course_paths"] = file.read_text(encoding="utf-8") if file.exists() else ""


def _look_over(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Look for the paths' pages, and have the start page written: it says how long they take."""
    paths = _paths(app)
    for path in paths:
        path_minutes(app, path)
    return [app.config.root_doc] if paths else []


def _fill(app: Sphinx, doctree: nodes.document, page: str) -> None:
    for place in list(doctree.findall(paths_place)):
        place.replace_self(nodes.raw("", _buttons(app, page), format="html"))
    if page == app.config.root_doc:
        _mark_list(app, doctree, page)


def _buttons(app: Sphinx, page: str) -> str:
    links = []
    for path in _paths(app):
        stops = path.stops or [Stop(each.removeprefix("book/")) for each in counted_pages(app)]
        if not stops:
            continue
        first = app.builder.get_relative_uri(page, f"book/{stops[0].page}")
        whole = all(not (stop.until or stop.questions) for stop in stops)
        pages = counted(len(stops), "page" if whole else "stop")
        links.append(
            f'<a class="path-button" data-path="{escape(path.id)}" href="{escape(first)}">'
            f"<strong>{escape(path.title)}</strong>"
            f"<span>{pages}, {length(path_minutes(app, path))}</span>"
            f"<span>{escape(path.about)}</span></a>"
        )
    start = f'<nav class="paths" id="{ANCHOR}" aria-label="Paths through the book">'
    return f"{start}{''.join(links)}</nav>"


def _mark_list(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """Write under each page in the start page's list how long it takes and what paths it is on."""
    paths = _paths(app)
    counts = [each.removeprefix("book/") for each in counted_pages(app)]
    optional = electives(paths, counts)
    names = {
        app.builder.get_relative_uri(page, other): other.removeprefix("book/")
        for other in app.env.found_docs
    }
    for row in (row for table in doctree.findall(nodes.table) for row in table.findall(nodes.row)):
        for link in list(row.children[0].findall(nodes.reference)):
            name = names.get(link.get("refuri", ""), "")
            on = [path.title for path in paths if name in {stop.page for stop in path.stops}]
            on += ["elective"] * (name in optional)
            if on:
                facts = " · ".join([f"{page_minutes(app, f'book/{name}')} min", *on])
                mark = f'<span class="path-mark">{escape(facts)}</span>'
                link.parent.append(nodes.raw("", mark, format="html"))


def _add(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    paths = _paths(app)
    if not paths:
        return
    told = {
        path.id: {
            "title": path.title,
            "stops": [_told(app, stop) for stop in path.stops],
        }
        for path in paths
    }
    app.add_js_file(None, body=f"const readingPaths = {json.dumps(told)};")
    app.add_js_file("paths.js")
    optional = electives(paths, [each.removeprefix("book/") for each in counted_pages(app)])
    # Sphinx has a page "search" of its own, which is not the book's.
    if page in {f"book/{each}" for each in optional}:
        there = f"{app.builder.get_relative_uri(page, app.config.root_doc)}#{ANCHOR}"
        mark = rf'\1, <a href="{escape(there)}">elective</a></p>'
        context["body"] = _TIME.sub(mark, context["body"], count=1)


def _told(app: Sphinx, stop: Stop) -> dict[str, str]:
    """What the script knows of a stop: page, title, and the id of the section not to read."""
    page = f"book/{stop.page}"
    said = {"page": page, "title": app.env.titles[page].astext()}
    if stop.until:
        said["until"] = next(_ids(app.env.tocs[page], stop.until))
    return said


def _ids(contents: nodes.Element, heading: str) -> Iterator[str]:
    for link in contents.findall(nodes.reference):
        if link.astext() == heading:
            yield link["anchorname"].removeprefix("#")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.add_config_value("course_paths", "", "html", types=[str])
    app.add_node(paths_place)
    app.add_directive("paths", Paths)
    app.connect("config-inited", _note)
    app.connect("env-updated", _look_over)
    app.connect("doctree-resolved", _fill)
    app.connect("html-page-context", _add)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
