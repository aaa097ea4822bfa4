"""Links of the built book: those inside must lead somewhere, those outside can be asked.

Inside the book nothing but files is needed to tell. Whether other hosts still have what the book
links to only the network can say, so that is a command of its own, ``course links``.
"""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from html.parser import HTMLParser
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.parse import unquote, urldefrag
from urllib.request import Request, urlopen

_GONE = (404, 410)
_AT_ONCE = 8


class _Page(HTMLParser):
    """Collects what a page links to and what can be linked to in it."""

    def __init__(self) -> None:
        super().__init__()
        self.links: set[str] = set()
        self.anchors: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the links and the names in one tag."""
        values = dict(attrs)
        self.anchors |= {value for key in ("id", "name") if (value := values.get(key))}
        self.links |= {value for key in ("href", "src", "action") if (value := values.get(key))}


@dataclass(frozen=True)
class Link:
    """A link of the book: the page it is on, relative to the book's folder, and its address."""

    page: str
    url: str


def _read(html: Path) -> dict[Path, _Page]:
    pages = {}
    for path in sorted(html.rglob("*.html")):
        if "_static" not in path.relative_to(html).parts:
            pages[path.resolve()] = page = _Page()
            page.feed(path.read_text(encoding="utf-8"))
    return pages


def broken_links(html: Path) -> list[Link]:
    """List the links inside the book that lead nowhere, to no file or to no place in it.

    Parameters
    ----------
    html : Path
        Folder of the built book.
    """
    pages = _read(html)
    broken = []
    for path, page in pages.items():
        for url in sorted(page.links):
            file, anchor = urldefrag(url)
            if ":" in file or file.startswith("//"):
                continue
            target = (path.parent / unquote(file.partition("?")[0])).resolve() if file else path
            there = target.is_file()
            # The browser knows the place #top without any name; "#" alone is the page itself.
            if there and anchor and target in pages and anchor != "top":
                there = unquote(anchor) in pages[target].anchors
            if not there:
                broken.append(Link(path.relative_to(html.resolve()).as_posix(), url))
    return broken


def external_links(html: Path) -> dict[str, list[str]]:
    """Map each address outside the book to the pages that link to it."""
    found: dict[str, list[str]] = {}
    for path, page in _read(html).items():
        for url in page.links:
            if url.startswith(("http://", "https://")):
                name = path.relative_to(html.resolve()).as_posix()
                found.setdefault(urldefrag(url)[0], []).append(name)
    return dict(sorted(found.items()))


@dataclass(frozen=True)
class Answer:
    """What a host said: its status code, or None and why there was no answer."""

    url: str
    status: int | None
    reason: str = ""

    @property
    def verdict(self) -> str:
        """``"ok"``, ``"dead"``, or ``"unclear"``: some hosts turn programs away."""
        if self.status is None or self.status in _GONE:
            return "dead"
        return "ok" if self.status < 400 else "unclear"


def ask(urls: Iterable[str], *, timeout: float = 20) -> list[Answer]:
    """Ask the hosts for each address, several at once.

    Parameters
    ----------
    urls : iterable of str
        Addresses that begin with ``http://`` or ``https://``.
    timeout : float
        Seconds to wait for an answer.
    """
    with ThreadPoolExecutor(max_workers=_AT_ONCE) as pool:
        return list(pool.map(lambda url: _ask(url, timeout), urls))


def _ask(url: str, timeout: float) -> Answer:
    answer = Answer(url, None)
    for method in ("HEAD", "GET"):  # not every host answers HEAD, or truly
        request = Request(url, method=method, headers={"User-Agent": "Mozilla/5.0 (course links)"})
        try:
            with urlopen(request, timeout=timeout) as reply:
                return Answer(url, reply.status)
        except HTTPError as error:
            answer = Answer(url, error.code, error.reason)
        except URLError as error:
            answer = Answer(url, None, str(error.reason))
        except (OSError, HTTPException, ValueError) as error:
            answer = Answer(url, None, str(error) or type(error).__name__)
    return answer
