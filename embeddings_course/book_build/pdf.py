"""The built book as one PDF, printed by a headless Chromium.

Page numbers are known only when the book is printed, so it is printed until they repeat: twice, as
a rule. Bookmarks have the parts of the table of contents, the chapters, and their sections.
"""

from __future__ import annotations

import io
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from embeddings_course import __version__
from embeddings_course._shared.messages import Message
from embeddings_course._shared.whole_file import write_whole
from embeddings_course.book_build.build import BookError
from embeddings_course.book_build.one_document import Document, chosen_chapters, compose
from embeddings_course.environment.browsers import browser_command

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ViewportSize
    from pypdf import PdfReader, PdfWriter
    from pypdf.generic import Fit

    _Place = tuple[int, Fit]  # page from 0, and what to show of it

_CHANNELS = ("chrome", "msedge")  # Playwright knows where they are on each system
_TIMES = 4
_MINUTES = 10

# What a page of A4 has room for, in pixels: 17.2 cm by 25.5 cm.
_PAPER: ViewportSize = {"width": 650, "height": 964}
# A long table starts below the sentence before it, and is cut between rows.
_MARK_LONG = """(most) => {
  const blocks = "table, .results, .output, .cell_output, .cell_input, .admonition, .highlight";
  const long = [...document.querySelectorAll(blocks)].filter(
    (block) => block.offsetHeight > most && !block.querySelector("figure, img, svg, .map"),
  );
  for (const block of long) block.classList.add("printed-long");
}"""


@dataclass(frozen=True)
class Printed:
    """A PDF that was written, and how long it is."""

    path: Path
    pages: int
    chapters: int


def print_book(
    root: Path,
    target: Path,
    report: Callable[[str], None] = lambda line: None,
    *,
    code: bool = False,
    everything: bool = False,
) -> Printed:
    """Write the built book as one PDF.

    Parameters
    ----------
    root : Path
        The repository, with the book in ``_build/html``.
    target : Path
        The file to write.
    report : callable
        Gets a line for each chapter, and for each time that the book is printed.
    code : bool
        Whether code that pages fold is printed, too.
    everything : bool
        Whether to print all pages, those for instructors and the reference among them.

    Raises
    ------
    BookError
        If there is no book, or no browser to print it.
    """
    html = (root / "_build" / "html").resolve()
    if not (html / "index.html").is_file():
        raise BookError(
            Message("pdf-no-book", f"There is no book in {html}: build it first, with `make book`.")
        )
    # It warns of small things in what Chromium writes, which it then reads all the same.
    logging.getLogger("pypdf").setLevel(logging.ERROR)
    title, author = _title(root)
    with _browser() as browser:
        document = compose(
            html,
            chosen_chapters(root, everything=everything),
            title=title,
            about=(author, f"Version {__version__}", "Text and figures: CC BY 4.0"),
            code=code,
            report=report,
        )
        report("Printing, to learn on which page everything is")
        content, count = _number(document, browser, report)
    bookmarked = _add_bookmarks(content, document, author)
    target.parent.mkdir(parents=True, exist_ok=True)
    write_whole(target, bookmarked)
    return Printed(target, count, len(document.chapters))


def _title(root: Path) -> tuple[str, str]:
    import yaml

    settings = yaml.safe_load((root / "_config.yml").read_text(encoding="utf-8"))
    return settings.get("title", "The book"), settings.get("author", "")


@contextmanager
def _browser() -> Iterator[Browser]:
    from playwright.sync_api import Error, sync_playwright

    found = browser_command()
    places: list[dict[str, Any]] = [{"channel": channel} for channel in _CHANNELS]
    if found:
        places = [{"executable_path": found}]
    reason = "none was found"
    with sync_playwright() as playwright:
        for place in places:
            try:
                # It opens files of the book only, without scripts; root may have no sandbox.
                browser = playwright.chromium.launch(chromium_sandbox=False, **place)
            except Error as error:
                reason = str(error).splitlines()[0]
                continue
            yield browser
            browser.close()
            return
    raise BookError(
        Message(
            "pdf-no-browser",
            "To print the book, Chromium, Chrome or Edge is needed, and none could be started "
            f"({reason}): README.md says how to get one.",
        )
    )


def _number(
    document: Document, browser: Browser, report: Callable[[str], None]
) -> tuple[bytes, int]:
    """Print a document until the page numbers in it are those of its pages."""
    from pypdf import PdfReader

    pages: dict[str, int] = {}
    for _ in range(_TIMES):
        content = _printed(document.html(pages), browser)
        reader = PdfReader(io.BytesIO(content))
        found = page_of(reader)
        if found == pages:
            return content, len(reader.pages)
        report(f"{len(reader.pages)} pages; printing again with their numbers")
        pages = found
    raise BookError(
        Message(
            "pdf-numbers-move",
            f"The book was printed {_TIMES} times, and its page numbers were still moving: please "
            "report this.",
        )
    )


def _printed(text: str, browser: Browser) -> bytes:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "book.html"
        file.write_text(text, encoding="utf-8")
        page = browser.new_page(viewport=_PAPER)
        page.set_default_timeout(_MINUTES * 60_000)
        page.emulate_media(media="print")
        page.goto(file.as_uri())
        page.evaluate(_MARK_LONG, _PAPER["height"] * 0.6)
        content = page.pdf(
            prefer_css_page_size=True, print_background=True, outline=True, tagged=True
        )
        page.close()
    return content


def page_of(reader: PdfReader) -> dict[str, int]:
    """Return on which page each place is that a link of a PDF leads to, counted from 1."""
    found = {}
    for name, destination in reader.named_destinations.items():
        number = reader.get_destination_page_number(destination)
        if number is not None:
            found[str(name).lstrip("/")] = number + 1
    return found


def _add_bookmarks(content: bytes, document: Document, author: str) -> bytes:
    """Give a PDF bookmarks with parts above its chapters, and what it is about."""
    from pypdf import PdfReader, PdfWriter

    reader = PdfReader(io.BytesIO(content))
    marks = _marks(reader)
    writer = PdfWriter(clone_from=reader)
    writer.root_object.pop("/Outlines", None)
    part, above = "", None
    for heading, (place, below) in zip(document.headings(), marks, strict=True):
        if heading.part != part:
            part, above = heading.part, None
            if part:
                above = _bookmark(writer, part, place)
        chapter = _bookmark(writer, heading.title, place, above)
        for section, inside in zip(heading.sections, below, strict=True):
            _bookmark(writer, section, inside, chapter)
    writer.add_metadata({"/Title": document.title, "/Author": author})
    writer.page_mode = "/UseOutlines"
    made = io.BytesIO()
    writer.write(made)
    return made.getvalue()


def _bookmark(writer: PdfWriter, title: str, place: _Place, above: Any = None) -> Any:
    page, fit = place
    return writer.add_outline_item(
        title=title, page_number=page, parent=above, fit=fit, is_open=False
    )


def _marks(reader: PdfReader) -> list[tuple[_Place, list[_Place]]]:
    """Return where Chromium's bookmarks of two levels lead; it writes some titles twice."""
    found: list[tuple[_Place, list[_Place]]] = []
    for entry in reader.outline:
        if isinstance(entry, list):
            found[-1][1].extend(
                _place(reader, each) for each in entry if not isinstance(each, list)
            )
        else:
            found.append((_place(reader, entry), []))
    return found


def _place(reader: PdfReader, entry: Any) -> _Place:
    from pypdf.generic import Fit

    return reader.get_destination_page_number(entry) or 0, Fit.xyz(0, float(entry.top or 0), 0)
