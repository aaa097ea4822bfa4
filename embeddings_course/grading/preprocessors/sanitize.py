"""What a person opens of a submission is data: text, pictures, tables and formulas.

nbgrader shows a graded notebook in formgrader, on the Jupyter server's own address, and in
feedback, and passes on what students wrote as it is: a script in it would run with the rights of
whoever looks. :class:`Sanitize` is the last step of grading, so that the notebook in
``autograded/`` is harmless by itself. It is also a step of each page that is made of one, since an
earlier version of the course may have graded it.

It goes by lists of what is kept, and does not look for what is bad. Markdown that is nothing but
text stays as it was typed. Other Markdown, with HTML or links in it, becomes the HTML that it
means, cleaned, in which no character means anything to Markdown.
"""

from __future__ import annotations

import base64
import binascii
import copy
import re
from collections.abc import Mapping
from html import escape, unescape
from typing import Any

from bs4 import BeautifulSoup
from bs4.element import PreformattedString
from bs4.formatter import HTMLFormatter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbformat import NotebookNode
from nbgrader.preprocessors import NbGraderPreprocessor

LEFT_OUT = "(An output that is neither text nor a picture nor a table was left out.)"
_PICTURES = ("image/png", "image/jpeg")
_TABLE = {"table", "caption", "thead", "tbody", "tfoot", "tr", "th", "td"}
_TEXT = {
    *("p", "br", "hr", "div", "span", "font", "center", "blockquote", "pre", "code", "kbd", "samp"),
    *("b", "strong", "i", "em", "u", "s", "del", "ins", "sub", "sup", "small", "mark", "var", "q"),
    *("h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "dl", "dt", "dd", "img"),
}
_OTHER = re.compile(rf"<(?!/?(?:{'|'.join(_TEXT | _TABLE)})(?=[\s/>]))", re.I)
_COMMENT = re.compile(r"<!--.*?-->", re.S)
# Elements whose content is not text to read.
_NO_TEXT = ["script", "style", "template", "noscript", "iframe", "object", "svg", "math", "title"]
# A picture is in the notebook, or lies beside it.
_EMBEDDED = re.compile(r"data:image/(?:png|jpeg|gif|webp);base64,[A-Za-z0-9+/=\s]+")
_BESIDE = re.compile(r"(?:[\w.-]|%20| )+\.(?:png|jpe?g|gif|webp)", re.I)
# Commands of MathJax that link, that style, or that load more of it.
_MORE_THAN_A_FORMULA = re.compile(
    r"\\(?=(?:href|url|require|style|class|cssId|bbox|mmlToken|unicode)(?![A-Za-z]))"
)
# Longer Markdown, without its pictures, and HTML of more tags is shown as it was typed: there are
# texts for which parsers take minutes.
_LONGEST = 20_000
_MOST_TAGS = 5_000
_MARKS = (
    *("cell_type", "checksum", "grade", "grade_id", "locked", "points", "schema_version"),
    *("solution", "task"),
)


class Sanitize(NbGraderPreprocessor):
    """Keep of a notebook what is data."""

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        """Clean one notebook."""
        about = {}
        for part in ("kernelspec", "language_info"):
            given = nb.metadata.get(part)
            if isinstance(given, dict):
                about[part] = {k: v for k, v in given.items() if isinstance(v, str)}
        nb.metadata = NotebookNode({k: NotebookNode(v) for k, v in about.items()})
        nb.cells = [sanitized(cell) for cell in nb.cells]
        return nb, resources


def sanitized(cell: NotebookNode) -> NotebookNode:
    """Return a copy of a cell that keeps what is data; code stays as it is.

    Parameters
    ----------
    cell : NotebookNode
        Of format 4.

    Returns
    -------
    NotebookNode
        Of the metadata, nbgrader's marks are left. Sanitizing it again changes nothing.
    """
    cell = copy.deepcopy(cell)
    cell.metadata = _metadata(cell.get("metadata"))
    if cell.cell_type == "code":
        count = cell.get("execution_count")
        cell.execution_count = count if type(count) is int else None
        cell.outputs = [_output(output) for output in cell.get("outputs", [])]
        return cell
    attachments = {}
    for name, forms in cell.pop("attachments", {}).items():
        kept = {kind: data for kind, data in forms.items() if _is_picture(kind, data)}
        if kept:
            attachments[name] = NotebookNode(kept)
    if cell.cell_type == "markdown":
        cell.source = clean_markdown(cell.source, attachments)
        if attachments and "attachment:" in cell.source:
            cell.attachments = NotebookNode(attachments)
    else:
        cell.source = clean_html(cell.source)
    return cell


def clean_html(html: str) -> str:
    """Return HTML of the elements that mean text, tables and pictures; others are shown as text.

    No element keeps an attribute but the size of table cells, a table's border, the first number
    of a list, and the source of a picture that needs no other host. It takes the place of
    nbconvert's filter of this name, which knows no heads of tables.
    """
    if html.count("<") > _MOST_TAGS:
        return _plain(html)
    # What begins no such element is text, with all that follows.
    html = _OTHER.sub("&lt;", _COMMENT.sub("", html))
    return str(_clean(html, _TEXT | _TABLE))


def clean_markdown(source: str, attachments: Mapping[str, Mapping[str, str]] | None = None) -> str:
    """Return Markdown of which nbconvert makes nothing but text, tables, pictures and formulas.

    Parameters
    ----------
    source : str
        Markdown, with HTML perhaps.
    attachments : mapping, optional
        Data by kind, for each picture that came with the cell.

    Returns
    -------
    str
        The source itself if it is such a text, else what it stands for, as HTML.
    """
    if len(_EMBEDDED.sub("", unescape(source))) > _LONGEST:
        return _as_markdown(_plain(source))
    renderer = _Renderer(attachments or {})
    safe = _MORE_THAN_A_FORMULA.sub("", source)
    try:
        written = MarkdownWithMath(renderer=renderer).render(safe)
        if safe == source and not renderer.changed:
            return source
        # What is sanitized again when a page is made, or when an answer is compared with the one
        # that was graded, must not change.
        for _ in range(5):
            before, written = written, _as_markdown(clean_html(written))
            if written == before:
                return written
    except Exception:  # as deeply nested as no text is
        pass
    return _as_markdown(_plain(source))


class _Renderer(IPythonRenderer):
    """Renders as nbconvert does, but links and pictures as text; notes if that makes a difference.

    Without HTML, links and foreign pictures, the elements that nbconvert writes are its own.
    """

    def __init__(self, attachments: Mapping[str, Mapping[str, str]]):
        own = {name: dict(formats) for name, formats in attachments.items()}
        super().__init__(escape=False, attachments=own, exclude_anchor_links=True)
        self.changed = False

    def inline_html(self, html: str) -> str:
        self.changed = True
        return html

    def block_html(self, html: str) -> str:
        self.changed = True
        return html

    def block_mermaidjs(self, code: str) -> str:
        self.changed = True
        return _plain(code)

    def link(self, text: str, url: str, title: str | None = None) -> str:
        self.changed = True
        address = escape(url)
        return text if text == address else f"{text} ({address})"

    def image(self, text: str, url: str, title: str | None = None) -> str:
        here = url.startswith("attachment:") and url.removeprefix("attachment:") in self.attachments
        if here or _is_source(url):
            return super().image(text, url)
        self.changed = True
        return f"[{text or 'picture'}: {escape(url[:200])}]"

    def task_list_item(self, text: str, checked: bool = False) -> str:
        return f"<li>{'☑' if checked else '☐'} {text}</li>\n"


def _clean(html: str, tags: set[str]) -> BeautifulSoup:
    """Read HTML, and keep elements, and what they may have; of others what is in them.

    However a browser would have read it, what is written of this has no other elements.
    """
    page = BeautifulSoup(html, "html.parser")
    for string in page.find_all(string=lambda each: isinstance(each, PreformattedString)):
        string.extract()  # comments and declarations
    for element in page.find_all(True):
        if element.name not in tags:
            element.unwrap()
        element.attrs = {k: v for k, v in element.attrs.items() if _keeps(element.name, k, str(v))}
        if element.name == "img" and not element.get("src"):
            element.extract()
    return page


def _keeps(tag: str, name: str, value: str) -> bool:
    """Say whether an element keeps an attribute."""
    if (tag in ("td", "th") and name in ("colspan", "rowspan")) or (tag, name) == ("ol", "start"):
        return value.isdecimal() and len(value) <= 3
    if (tag, name) == ("table", "border"):
        return value in ("0", "1")
    return tag == "img" and (name == "alt" or (name == "src" and _is_source(value)))


def _plain(text: str) -> str:
    if len(text) > _LONGEST:
        text = f"{text[: _LONGEST - 100]}\n(The rest was left out.)"
    return f"<pre>{escape(text)}</pre>"


def _as_markdown(html: str) -> str:
    """Write cleaned HTML so that Markdown passes it on: in one line, without a sign of its own."""
    page = BeautifulSoup(html.strip(), "html.parser")
    written = page.decode(formatter=HTMLFormatter(_as_entities))
    whole = len(page.contents) == 1 and getattr(page.contents[0], "name", "") == "div"
    return written if whole else f"<div>{written}</div>"


def _as_entities(text: str) -> str:
    return re.sub(r"[^\w ]|_", lambda sign: f"&#{ord(sign[0])};", text)


def is_beside(url: str) -> bool:
    """Say whether an address is the name of a picture beside the notebook."""
    return bool(_BESIDE.fullmatch(url))


def _is_source(url: str) -> bool:
    return bool(_EMBEDDED.fullmatch(url)) or is_beside(url)


def _is_picture(kind: str, data: Any) -> bool:
    if kind not in _PICTURES or not isinstance(data, str):
        return False
    try:
        return bool(base64.b64decode("".join(data.split()), validate=True))
    except (binascii.Error, ValueError):
        return False


def _metadata(given: Any) -> NotebookNode:
    marks = given.get("nbgrader") if isinstance(given, dict) else None
    if not isinstance(marks, dict) or not re.fullmatch(r"[\w-]+", str(marks.get("grade_id"))):
        return NotebookNode()
    kept = {name: marks[name] for name in _MARKS if name in marks}
    plain = {name: v for name, v in kept.items() if isinstance(v, bool | int | float | str)}
    return NotebookNode(nbgrader=NotebookNode(plain))


def _output(output: NotebookNode) -> NotebookNode:
    """Return an output that keeps what is data."""
    kind = output.output_type
    if kind == "stream":
        name = "stderr" if output.get("name") == "stderr" else "stdout"
        return NotebookNode(output_type=kind, name=name, text=_text(output.get("text")))
    if kind == "error":
        lines = output.get("traceback")
        return NotebookNode(
            output_type=kind,
            ename=_text(output.get("ename")),
            evalue=_text(output.get("evalue")),
            traceback=[_text(line) for line in (lines if isinstance(lines, list) else [])],
        )
    kept = NotebookNode(output_type=kind, metadata=NotebookNode(), data=_data(output.get("data")))
    if kind == "execute_result":
        count = output.get("execution_count")
        kept.execution_count = count if type(count) is int else None
    return kept


def _data(given: Any) -> NotebookNode:
    given = given if isinstance(given, dict) else {}
    kept = {kind: data for kind, data in given.items() if _is_picture(kind, data)}
    texts = {kind: data for kind, data in given.items() if isinstance(data, str)}
    if "text/plain" in texts:
        kept["text/plain"] = texts["text/plain"]
    if "text/latex" in texts:
        kept["text/latex"] = _MORE_THAN_A_FORMULA.sub("", texts["text/latex"])
    if "text/markdown" in texts:
        kept["text/markdown"] = clean_markdown(texts["text/markdown"])
    if html := _html(texts.get("text/html", ""), texts.get("text/plain", "")):
        kept["text/html"] = html
    return NotebookNode(kept or {"text/plain": LEFT_OUT})


def _html(html: str, plain: str) -> str:
    """Return what is left of an output in HTML: a table, or what has no other form."""
    if html.count("<") > _MOST_TAGS:
        return ""
    page = BeautifulSoup(html, "html.parser")
    for element in page(_NO_TEXT):
        element.decompose()
    if page.find("table"):
        return str(_clean(str(page), _TABLE | {"p"}))
    if plain and not plain.startswith("<IPython.core.display."):
        return ""
    page = _clean(str(page), _TEXT | _TABLE)
    return str(page) if page.get_text().strip() else ""


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
