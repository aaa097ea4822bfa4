"""Pages of feedback: one HTML file for each student that needs no script and no other host."""

from __future__ import annotations

import base64
import mimetypes
import re
import shutil
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from bs4 import BeautifulSoup, NavigableString, PageElement
from nbconvert.exporters import HTMLExporter
from nbformat import NotebookNode

from embeddings_course._shared.formulas import to_mathml
from embeddings_course.grading.feedback.page import PAGE, page_head, page_style
from embeddings_course.grading.preprocessors.sanitize import clean_markdown, is_beside

_POLICY = (
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; "
    "form-action 'none'"
)
_FORMULA = re.compile(
    r"\$\$(?P<shown>.+?)\$\$|\\\[(?P<bracket>.+?)\\\]|(?P<set>\\begin\{(?P<name>[a-z]+\*?)\}.+?"
    r"\\end\{(?P=name)\})|(?<!\\)\$(?P<inline>[^$]+?)(?<!\\)\$|\\\((?P<round>.+?)\\\)",
    re.S,
)
# Where nbgrader's template has Markdown and formulas, and where these are code.
_TEXTS = ".rendered_html, .output_latex, .panel-footer"
_CODE = ["pre", "code", "math"]


class FeedbackExporter(HTMLExporter):
    """Writes a student's page of feedback, which holds all that it shows.

    On top are the points, as the preprocessor ``TellPoints`` has read them, and below them is the
    notebook. Formulas are MathML, as in the book; one that the converter does not know stays TeX.
    Pictures beside the notebook are put in. Scripts are left out, and the page's own policy would
    stop any. Files that were handed in, pages of a student's own among them, do not stay beside it.
    """

    def __init__(self, config: Any = None, **settings: Any):
        super().__init__(config=config, **settings)
        self.template_name = "classic"  # nbgrader's settings name its own
        self.template_paths = [*self._template_paths(), str(PAGE.parent)]
        self.template_file = PAGE.name
        self.register_filter("clean_markdown", clean_markdown)
        self.register_filter("page_head", page_head)

    def from_filename(  # type: ignore[override] # nbconvert's own exporters to HTML give text
        self, filename: str, resources: dict[str, Any] | None = None, **settings: Any
    ) -> tuple[str, dict[str, Any]]:
        """Write the page of a file, and remove what nbgrader copied to the page's folder before."""
        assert resources is not None, "nbgrader says in them whose page it is"
        about = resources["nbgrader"]
        converter: Any = self.parent
        pages = {Path(notebook).stem for notebook in converter.notebooks} - {about["notebook"]}
        kept = {"timestamp.txt", *(f"{name}.html" for name in pages)}
        folder = Path(converter._format_dest(about["assignment"], about["student"]))
        for path in folder.iterdir() if folder.is_dir() else []:
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            elif path.name not in kept:  # by the time, nbgrader knows what is new
                path.unlink()
        return super().from_filename(filename, resources=resources, **settings)

    def from_notebook_node(  # type: ignore[override] # as above
        self, nb: NotebookNode, resources: dict[str, Any] | None = None, **settings: Any
    ) -> tuple[str, dict[str, Any]]:
        """Write the page of one notebook."""
        styled = {**(resources or {}), "feedback_style": page_style()}
        html, resources = super().from_notebook_node(nb, styled, **settings)
        page = BeautifulSoup(html, "html.parser")
        for script in page("script"):
            script.decompose()
        folder = Path(resources["metadata"].get("path", ""))
        for picture in page.select("img[src]"):
            source = str(picture["src"])
            path = folder / unquote(source)
            if is_beside(source) and path.is_file() and not path.is_symlink():
                kind, _ = mimetypes.guess_type(path.name)
                data = base64.b64encode(path.read_bytes()).decode()
                picture["src"] = f"data:{kind};base64,{data}"
        for text in page.select(_TEXTS):
            for string in text.find_all(string=_FORMULA):
                if not string.find_parent(_CODE):
                    _write_formulas(string)
        charset = page.select_one("head meta")
        assert charset is not None, "nbgrader's template begins with it"
        for name, value in (("referrer", "no-referrer"), ("Content-Security-Policy", _POLICY)):
            kind = "name" if name == "referrer" else "http-equiv"
            charset.insert_after(page.new_tag("meta", attrs={kind: name, "content": value}))
        return str(page), resources


def _write_formulas(string: NavigableString) -> None:
    """Put MathML in the place of the formulas in a text."""
    parts: list[PageElement] = []
    end = 0
    for found in _FORMULA.finditer(string):
        tex = next(filter(None, found.group("shown", "bracket", "set", "inline", "round")))
        inline = found["inline"] or found["round"]
        try:
            mathml = to_mathml(tex.strip(), block=not inline)
        except Exception:  # TeX that the converter does not know, or is at a loss with
            continue
        parts += [NavigableString(string[end : found.start()])]
        parts += BeautifulSoup(mathml, "html.parser").contents
        end = found.end()
    string.replace_with(*parts, NavigableString(string[end:]))
