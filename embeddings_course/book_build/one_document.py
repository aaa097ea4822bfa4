"""The built book as one HTML document, to be printed: no scripts, no buttons, one set of ids.

Everything that a page shows without a script is kept: the last state of a map, the first of a
control, an explorable's picture. Questions are printed with letters before their choices, and
:func:`answers` collects what is right, for the end of the book.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from string import ascii_lowercase
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urldefrag, urljoin, urlsplit
from urllib.request import url2pathname

from embeddings_course._shared.messages import Message
from embeddings_course.book_build.build import BookError, page_names, pages

if TYPE_CHECKING:
    from bs4 import BeautifulSoup, Tag

GLOSSARY, CREDITS = "book/glossary", "book/credits"
_STYLE = Path(__file__).with_name("one_document.css")

# What only answers to a hand, and what would be printed twice.
_DROPPED = (
    "script, template, link, .headerlink, .copybtn, .reader-page, .reader-summary, .map-table, "
    ".explorable-stage, .control-fields, .control-states > details:not([open]), .figure-enlarge, "
    ".quiz-buttons, .quiz-status, .quiz-foot, .predict-said, .claim-badge, .prev-next-footer"
)
_REFERRING = ("for", "headers", "list", "aria-labelledby", "aria-describedby", "aria-controls")
_SHEET = re.compile(r'<link [^>]*href="([^"]+\.css[^"]*)"')
_URL = re.compile(r"""url\((['"]?)#""")
_PAGE = re.compile("\ue000([^\ue001]*)\ue001")


@dataclass(frozen=True)
class Chapter:
    """A page to be printed, and the heading that the table of contents has above it."""

    name: str
    part: str

    @property
    def prefix(self) -> str:
        """Return what its ids begin with: no two chapters have one in common."""
        return self.name.removeprefix("book/").replace("/", "-")


@dataclass(frozen=True)
class Answered:
    """What is right about one question, as HTML."""

    number: str
    right: tuple[str, ...]


@dataclass(frozen=True)
class Heading:
    """A heading of the whole document, the part that it is in, and what is below it."""

    title: str
    part: str = ""
    sections: tuple[str, ...] = ()


@dataclass(frozen=True)
class Composed:
    """A chapter as it is printed."""

    chapter: Chapter
    heading: Heading
    html: str
    answers: tuple[Answered, ...]


@dataclass
class Document:
    """All chapters as one document, in which places stand for page numbers."""

    title: str
    about: Sequence[str]
    styles: list[str] = field(default_factory=list)
    chapters: list[Composed] = field(default_factory=list)

    def html(self, page_of: Mapping[str, int]) -> str:
        """Return the document with these page numbers; what has none yet gets 000."""
        text = "".join(self._articles())
        return _PAGE.sub(lambda found: str(page_of.get(found[1], "000")), text)

    def headings(self) -> list[Heading]:
        """List the headings of the first level, in their order."""
        asking = tuple(each.heading.title for each in self._asking())
        return [
            Heading(self.title),
            Heading(CONTENTS),
            *(each.heading for each in self.chapters),
            *([Heading(ANSWERS, sections=asking)] if asking else []),
        ]

    def _asking(self) -> list[Composed]:
        return [each for each in self.chapters if each.answers]

    def _articles(self) -> Iterator[str]:
        sheets = "".join(f'<link rel="stylesheet" href="{escape(each)}">' for each in self.styles)
        heads = [(each.chapter.prefix, each.heading.title) for each in self.chapters]
        running = "".join(
            f"@page in-{name} {{ @top-right {{ content: {_css_text(title)} }} }} "
            f".in-{name} {{ page: in-{name} }}\n"
            for name, title in [*heads, ("answers", ANSWERS)]
        )
        yield (
            '<!DOCTYPE html><html lang="en" data-theme="light"><head><meta charset="utf-8">'
            f"<title>{escape(self.title)}</title>{sheets}<style>{running}"
            f"{_STYLE.read_text(encoding='utf-8')}</style></head><body><main class='bd-main'>"
            "<div class='bd-content'><div class='bd-article-container'>"
        )
        about = "".join(f"<p>{escape(line)}</p>" for line in self.about)
        yield _article("printed-title", f"<h1>{escape(self.title)}</h1>{about}")
        yield _article("printed-contents", f"<h1>{CONTENTS}</h1>{self._contents()}")
        for each in self.chapters:
            yield _article(f"in-{each.chapter.prefix}", each.html)
        if self._asking():
            yield _article("in-answers", self._answers())
        yield "</div></div></main></body></html>"

    def _contents(self) -> str:
        lines, part = [], ""
        for each in self.chapters:
            if each.heading.part != part:
                part = each.heading.part
                lines.append(f'<p class="printed-part">{escape(part)}</p>')
            lines.append(_line_of_contents(each.chapter.prefix, each.heading.title))
        if self._asking():
            lines.append(_line_of_contents("answers", ANSWERS))
        return "".join(lines)

    def _answers(self) -> str:
        parts = [f'<h1 id="answers">{ANSWERS}</h1>']
        for each in self._asking():
            title = escape(each.heading.title)
            parts.append(f'<h2><a href="#{each.chapter.prefix}">{title}</a></h2>')
            for answered in each.answers:
                right = "".join(f"<div>{text}</div>" for text in answered.right)
                parts.append(
                    f'<div class="printed-answer"><p><strong>{answered.number}</strong></p>'
                    f"{right}</div>"
                )
        return "".join(parts)


CONTENTS = "Contents"
ANSWERS = "Answers to the questions"


def _line_of_contents(target: str, title: str) -> str:
    return (
        f'<p class="printed-line"><a href="#{target}">{escape(title)}</a>'
        f"<span></span><span>\ue000{target}\ue001</span></p>"
    )


def _article(css_class: str, html: str) -> str:
    return f'<article class="bd-article printed {css_class}">{html}</article>'


def _css_text(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ") + '"'


def chosen_chapters(root: Path, *, everything: bool = False) -> list[Chapter]:
    """List the chapters to print, in the order of ``_toc.yml``.

    Parameters
    ----------
    root : Path
        The repository.
    everything : bool
        Whether to take all pages. Without it, these are the parts up to the one with the glossary,
        and the credits: no pages for instructors, no reference of the library.
    """
    import yaml

    pages(root)  # says what is wrong with the table of contents
    toc = yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8"))
    chosen, is_done = [Chapter(toc["root"], "")], False
    for part in toc.get("parts") or [{"chapters": toc.get("chapters", [])}]:
        found = [Chapter(name, part.get("caption", "")) for name in page_names(part)]
        if is_done and not everything:
            found = [Chapter(each.name, "") for each in found if each.name == CREDITS]
        chosen += found
        is_done = is_done or any(each.name == GLOSSARY for each in found)
    return chosen


def compose(
    html: Path,
    chapters: Sequence[Chapter],
    *,
    title: str,
    about: Sequence[str],
    code: bool = False,
    report: Callable[[str], None] = lambda line: None,
) -> Document:
    """Put chapters of the built book into one document.

    Parameters
    ----------
    html : Path
        The built book.
    chapters : sequence of Chapter
        In their order.
    title, about : str and sequence of str
        What the first page says.
    code : bool
        Whether folded code is printed. Without it, the line that says what it does is.
    report : callable
        Gets a line for each chapter.

    Raises
    ------
    BookError
        If a chapter is not in the built book.
    """
    from bs4 import BeautifulSoup

    document = Document(title, about)
    prefixes = {each.name: each.prefix for each in chapters}
    for number, chapter in enumerate(chapters, start=1):
        path = html / f"{chapter.name}.html"
        if not path.is_file():
            raise BookError(
                Message(
                    "pdf-page-missing",
                    f"The built book has no {chapter.name}.html, which _toc.yml names: build it "
                    "again, with `make book`.",
                )
            )
        text = path.read_text(encoding="utf-8")
        for sheet in re.findall(
            r'<link [^>]*href="([^"]+\.css[^"]*)"', text.partition("</head>")[0]
        ):
            address = urljoin(path.as_uri(), sheet)
            if address not in document.styles:
                document.styles.append(address)
        soup = BeautifulSoup(_article_of(text), "html.parser")
        _drop(soup)
        _refer(soup, path, html, chapter, prefixes)
        answers = _print_questions(soup)
        _fold(soup, code=code)
        title_there = soup.find("h1")
        sections = tuple(map(_words, soup.find_all("h2")))
        heading = Heading(
            _words(title_there) if title_there else chapter.name, chapter.part, sections
        )
        report(f"{number} of {len(chapters)}: {heading.title}")
        text = f'<div id="{chapter.prefix}">{soup.decode(formatter="minimal")}</div>'
        document.chapters.append(Composed(chapter, heading, text, tuple(answers)))
    return document


def _words(tag: Tag) -> str:
    return " ".join(tag.get_text().split())


def _article_of(text: str) -> str:
    """Return what a page shows, without what the theme puts around it."""
    _, _, after = text.partition('<article class="bd-article">')
    return after.rpartition("</article>")[0]


def _drop(soup: BeautifulSoup) -> None:
    """Remove what is of no use on paper."""
    for answers in soup.select(".predict-answers"):
        choices = [button.get_text(" ", strip=True) for button in answers.find_all("button")]
        answers.replace_with(_fragment("".join(f"<li>{escape(c)}</li>" for c in choices), "ul"))
    for found in soup.select(_DROPPED):
        found.decompose()
    for found in soup.select("[hidden]"):
        if not found.decomposed:
            found.decompose()
    for noscript in soup.find_all("noscript"):
        noscript.unwrap()


def _fold(soup: BeautifulSoup, *, code: bool) -> None:
    """Print one line for code that is folded, or all of it, and open what else is folded."""
    for fold in soup.find_all("details"):
        summary = fold.find("summary")
        if fold.find(class_="highlight") and not code:
            label = summary.get_text(" ", strip=True) if summary else "Code"
            label = label.replace("Show what this page imports", "Code: imports")
            label = re.sub(r"^(Show|Hide) code.*", "Code", label)
            fold.replace_with(_fragment(escape(label), "p", "printed-fold"))
        else:
            fold["open"] = ""
    for cell in soup.select(".cell_input, .cell"):
        if not cell.decomposed and not cell.get_text(strip=True) and not cell.find(["img", "svg"]):
            cell.decompose()


def _fragment(html: str, tag: str, css_class: str = "printed-list") -> Tag:
    from bs4 import BeautifulSoup

    made = BeautifulSoup(f'<{tag} class="{css_class}">{html}</{tag}>', "html.parser").find(tag)
    assert made is not None
    return made.extract()


def _print_questions(soup: BeautifulSoup) -> list[Answered]:
    """Put letters before choices, take the keys out, and return what is right."""
    answered = []
    for question in soup.select(".quiz-question"):
        form, *others = question.select(".quiz-form")
        for other in others:  # the same question with other numbers
            other.decompose()
        letters = {}
        for letter, choice in zip(ascii_lowercase, form.select(".quiz-choice"), strict=False):
            if box := choice.find("input"):
                letters[str(box["value"])] = f"{letter}) "
                box.replace_with(f"{letter}) ")
        for typed in form.select(".quiz-typed input"):
            typed.replace_with("_" * 12)
        right = []
        for line in form.select(".quiz-key li[data-right]"):
            told, why = line.select_one(".quiz-text"), line.select_one(".quiz-why")
            text = told.decode_contents() if told else ""
            reason = why.decode_contents() if why else ""
            letter = letters.get(str(line.get("data-key")), "")
            right.append(f"<p>{letter}<strong>{text}</strong></p>{reason}")
        number = form.select_one(".quiz-number")
        answered.append(Answered(escape(number.get_text() if number else ""), tuple(right)))
        for key in form.select(".quiz-key"):
            key.decompose()
    return answered


def _refer(
    soup: BeautifulSoup, path: Path, html: Path, chapter: Chapter, prefixes: Mapping[str, str]
) -> None:
    """Make ids and addresses hold in the whole document."""
    for tag in soup.find_all(True):
        if tag.get("id"):
            tag["id"] = f"{chapter.prefix}:{tag['id']}"
        for name, value in list(tag.attrs.items()):
            if name in _REFERRING:
                ids = value if isinstance(value, list) else str(value).split()
                tag[name] = " ".join(f"{chapter.prefix}:{each}" for each in ids)
            elif isinstance(value, str) and "url(" in value:
                tag[name] = _URL.sub(rf"url(\1#{chapter.prefix}:", value)
        if tag.name == "style" and tag.string:
            tag.string = _URL.sub(rf"url(\1#{chapter.prefix}:", tag.string)
        for name in ("src", "href", "xlink:href"):
            if tag.get(name) is not None:
                _lead(tag, name, path, html, chapter, prefixes)


def _lead(
    tag: Any, name: str, path: Path, html: Path, chapter: Chapter, prefixes: Mapping[str, str]
) -> None:
    """Make one address hold: of a picture, of a place here, of another chapter, of another host."""
    value = str(tag[name])
    if value.startswith("#"):
        tag[name] = f"#{chapter.prefix}:{value[1:]}" if value[1:] else f"#{chapter.prefix}"
        return
    if re.match(r"(https?|mailto|data):", value):
        return
    address, place = urldefrag(urljoin(path.as_uri(), value))
    if tag.name != "a":
        tag[name] = address
        return
    target = Path(url2pathname(unquote(urlsplit(address).path)))
    inside = target.is_relative_to(html) and target.relative_to(html).with_suffix("").as_posix()
    if inside not in prefixes:  # a page that is not printed, or a file to download
        tag.unwrap()
        return
    other = prefixes[str(inside)]
    goal = f"{other}:{place}" if place else other
    tag["href"] = f"#{goal}"
    is_term = inside == GLOSSARY and place.startswith("term-")
    if other != chapter.prefix and not is_term and not tag.find_parent(["h1", "h2", "h3", "nav"]):
        tag.insert_after(_fragment(f"(p.&nbsp;\ue000{goal}\ue001)", "span", "printed-page"))
        tag.insert_after(" ")
