"""Pages of the book as notebooks that a person can read: for JupyterLab and for download.

JupyterLab knows Markdown, but not the directives and roles of MyST. Here they become plain
Markdown: references become links, admonitions quotations, figures and drawings pictures
with their caption.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import jupytext
from nbformat import NotebookNode

from embeddings_course.book_build.claims import read_claims
from embeddings_course.book_build.drawings import FOLDER, read_drawing

_FENCE = re.compile(
    r"^(?P<fence>`{3,}|:{3,})\{(?P<name>[\w-]+)\}[ ]*(?P<argument>[^\n]*)\n"
    r"(?P<options>(?::[\w-]+:[^\n]*\n)*)(?P<body>.*?)^(?P=fence)[ ]*$",
    re.MULTILINE | re.DOTALL,
)
_LABEL = re.compile(r"^\([\w-]+\)=\s*$\n?", re.MULTILINE)
_ROLE = re.compile(
    r"\{(?P<role>[\w:-]+)\}`(?:(?P<text>[^`<]+?)\s*<(?P<far>[^`>]+)>|(?P<near>[^`]+))`"
)
_DEFINITION = re.compile(r"^(?P<term>[^\n:>#`|-][^\n]*)\n: +(?P<text>[^\n]*)$", re.MULTILINE)


_REFERENCE = "reference"  # the folder of pages that are made of docstrings


def notebook_pages(pages: Iterable[Path]) -> list[Path]:
    """Leave out the pages of the reference: in a notebook, ``help`` shows the same docstrings."""
    return [page for page in pages if page.parent.name != _REFERENCE]


def page_notebook(page: Path) -> NotebookNode:
    """Read a page as a notebook without outputs, its text in plain Markdown.

    Parameters
    ----------
    page : Path
        A MyST Markdown file of the book.

    Returns
    -------
    NotebookNode
        Cell ids are numbered, so that the same page gives the same notebook.
    """
    notebook = jupytext.read(page)
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{number}"
        if cell.cell_type == "markdown":
            cell.source = plain_markdown(cell.source, page)
    notebook.cells = [cell for cell in notebook.cells if cell.source.strip()]
    return notebook


def chapter_name(page: Path) -> Path:
    """Return where a page's notebook goes in a folder of chapters.

    >>> chapter_name(Path("book/why.md")).as_posix()
    'why.ipynb'
    """
    inner = Path(*page.parts[1:]) if page.parts[0] == "book" else page
    return inner.with_suffix(".ipynb")


def plain_markdown(text: str, page: Path) -> str:
    """Turn the MyST Markdown of one cell into Markdown that every notebook program shows.

    Parameters
    ----------
    text : str
        As it stands in the page.
    page : Path
        The page; links to other pages take their titles from the files beside it.
    """
    text = _FENCE.sub(lambda match: _directive(match, page), text)
    text = _LABEL.sub("", text)
    text = _DEFINITION.sub(r"**\g<term>.** \g<text>", text)
    return _ROLE.sub(lambda match: _role(match, page), text)


def _directive(match: re.Match, page: Path) -> str:
    options = dict(re.findall(r"^:([\w-]+): *(.*)$", match["options"], re.MULTILINE))
    body = match["body"].strip()
    argument = match["argument"].strip()
    if match["name"] == "figure":
        return f"![{options.get('alt', '')}]({argument})\n\n*{' '.join(body.split())}*"
    if match["name"] == "drawing":
        shown = f"![{read_drawing(page.parent, argument).description}]({FOLDER}/{argument}.svg)"
        return f"{shown}\n\n*{' '.join(body.split())}*"
    if match["name"] == "math":
        return f"$$\n{body}\n$$"
    if match["name"] == "glossary":
        return _glossary(body, page)
    if match["name"] == "predict":
        question, _, answers = body.partition("\n\n")
        return f"*{' '.join(question.split())}*\n\n{answers}"
    if body:  # an admonition of any kind
        title = argument or match["name"].capitalize()
        return "\n".join(["> " + line for line in (f"**{title}**", "", *body.splitlines())])
    return "*(This part is made when the book is built; see the book.)*"


def _glossary(body: str, page: Path) -> str:
    """Write entries, terms at the margin and definitions indented, as a list."""
    entries = []
    for entry in re.split(r"\n\s*\n", body):
        lines = entry.splitlines()
        terms = [line.strip() for line in lines if not line.startswith(" ")]
        text = " ".join(line.strip() for line in lines if line.startswith(" "))
        entries.append(f"- **{', '.join(terms)}**: {text}")
    return "\n".join(entries)


def _citation(key: str, page: Path) -> str:
    """Name a work of the bibliography beside the page by its authors and year."""
    text = page.with_name("references.bib").read_text(encoding="utf-8")
    entry = re.search(rf"\{{{key}, author = \{{(.*)\}}, title.*year = \{{(\d+)\}}", text)
    if entry is None:
        raise ValueError(f"{page} cites {key}, which references.bib beside it does not have.")
    names = [re.sub(r"[{}]", "", name.split(",")[0]) for name in entry[1].split(" and ")]
    shown = " and ".join(names) if len(names) < 3 else f"{names[0]} et al."
    return f"{shown}, {entry[2]}" if names[1:] != ["others"] else f"{names[0]} et al., {entry[2]}"


def _role(match: re.Match, page: Path) -> str:
    target = match["far"] or match["near"]
    if match["role"].startswith("cite:"):
        cited = _citation(target, page)
        return f"({cited})" if match["role"] == "cite:p" else cited
    if match["role"] == "doc":
        there = page.parent / f"{target}.md"
        title = match["text"] or _title(there)
        return f"[{title}]({target}.ipynb)" if notebook_pages([there]) else title
    if match["role"] == "ref" and (other := _page_of_claim(target, page)):
        return f"[{match['text']}]({other}.ipynb)"
    return match["text"] or target


def _page_of_claim(target: str, page: Path) -> str | None:
    """Return the page that a reference to a claim leads to, if it is another one."""
    claims = page.with_name("claims.yml")
    if not (target.startswith("claim-") and claims.exists()):
        return None
    pages = {f"claim-{claim.id}": claim.page for claim in read_claims(claims)}
    there = pages.get(target)
    return there if there != page.stem else None


def _title(page: Path) -> str:
    heading = re.search(r"^# (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return heading[1] if heading else page.stem
