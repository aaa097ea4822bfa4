"""Pages as notebooks: what JupyterLab and the download button show is Markdown, not MyST."""

import re

import pytest

from embeddings_course.book_build.page_notebooks import page_notebook, plain_markdown
from helpers.repository import ROOT


@pytest.fixture
def page(tmp_path):
    (tmp_path / "other.md").write_text("---\nx: 1\n---\n\n# The other page\n", encoding="utf-8")
    (tmp_path / "claims.yml").write_text(
        "- {id: far, page: other, sentence: It is.}\n- {id: here, page: page, sentence: It is.}\n"
    )
    works = {"one": "Rowe, Anna", "two": "Rowe, Anna and Line, Bo", "many": "Rowe, Anna and others"}
    (tmp_path / "references.bib").write_text(
        "".join(
            f"@book{{{key}, author = {{{author}}}, title = {{T}}, year = {{2001}}}}\n"
            for key, author in works.items()
        )
    )
    (tmp_path / "reference").mkdir()
    (tmp_path / "reference" / "index.md").write_text("# The names\n")
    return tmp_path / "page.md"


@pytest.mark.parametrize(
    ("myst", "markdown"),
    [
        ("See {doc}`other`.", "See [The other page](other.ipynb)."),
        ("See {doc}`that one <other>`.", "See [that one](other.ipynb)."),
        ("See {doc}`reference/index`.", "See The names."),
        ("See {ref}`the cell <claim-x>`.", "See the cell."),
        ("See {ref}`that cell <claim-far>`.", "See [that cell](other.ipynb)."),
        ("See {ref}`this cell <claim-here>`.", "See this cell."),
        ("As said {cite:p}`one`.", "As said (Rowe, 2001)."),
        ("{cite:t}`two` and {cite:t}`many`.", "Rowe and Line, 2001 and Rowe et al., 2001."),
        (
            "```{glossary}\nrow\nline\n  A thing.\n  Flat.\n\ncolumn\n  See {doc}`other`.\n```",
            "- **row, line**: A thing. Flat.\n- **column**: See [The other page](other.ipynb).",
        ),
        ("(claim-x)=\n\nText", "Text"),
        ("```{admonition} Try it\n:class: tip\n\nDo this.\n```", "> **Try it**\n> \n> Do this."),
        ("```{note}\nMind this.\n```", "> **Note**\n> \n> Mind this."),
        (
            "```{figure} a.svg\n:alt: A dot.\n:name: dot\n\nOne dot,\nalone.\n```",
            "![A dot.](a.svg)\n\n*One dot, alone.*",
        ),
        ("A term\n: Its meaning", "**A term.** Its meaning"),
        ("$a_{b}$ and `{x}` stay", "$a_{b}$ and `{x}` stay"),
    ],
)
def test_myst_becomes_plain_markdown(page, myst, markdown):
    assert plain_markdown(myst, page) == markdown


@pytest.mark.parametrize("page", sorted((ROOT / "book").glob("*.md")), ids=lambda path: path.stem)
def test_no_raw_myst_is_left_in_the_notebook_of_a_page(page):
    notebook = page_notebook(page)
    assert notebook.cells[0].source.startswith("# ")
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            assert not re.search(
                r"^(```|:::)\{|^\([\w-]+\)=|\{[\w:]+\}`", cell.source, re.MULTILINE
            )
        else:
            assert not cell.outputs


def test_the_same_page_gives_the_same_notebook():
    page = ROOT / "book" / "images.md"
    assert page_notebook(page) == page_notebook(page)
