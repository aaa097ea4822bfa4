"""Code steps back behind the idea, and a cell that runs a claim leads to the list of claims."""

import ast
import doctest
import re

import jupytext
import pytest

from embeddings_course.book_build.claims import read_claims
from embeddings_course.sphinx_ext import code_cells
from embeddings_course.sphinx_ext.code_cells import parted, row_of, sets_up
from helpers.repository import ROOT

CLAIMS = "- id: sums\n  page: two\n  sentence: One and one are two.\n"
LIST = "# Claims\n\n```{claims-table}\n```\n"
CLAIM = """\
# Page two

(claim-sums)=

```{code-cell} python
:tags: [claim-sums]

print(1 + 1)
```
"""


@pytest.mark.parametrize(
    ("code", "folded"),
    [
        ("import os", True),
        ("# why\nfrom os import path\n\nplots.use_style()\n_ = torch.manual_seed(0)", True),
        ("import os\nx = 1", False),
        ("import os\nprint(os.name)", False),
        ("%matplotlib inline\nimport os", False),
        ("plots.use_style(dark=True)", False),
        ("", False),
    ],
)
def test_code_that_only_sets_a_page_up_is_told_from_code_to_read(code, folded):
    assert sets_up(code) == folded


def test_imports_are_folded_and_claims_are_marked(small_book):
    small_book.page("one", "import os")
    folder = small_book.root / "book"
    front = (folder / "one.md").read_text(encoding="utf-8").partition("\n# ")[0]
    (folder / "two.md").write_text(f"{front}\n{CLAIM}")
    (folder / "claims.yml").write_text(CLAIMS)
    (folder / "claims.md").write_text(LIST)
    small_book.toc("one", "two", "claims")
    small_book.render()
    assert "Show what this page imports" in small_book.text("one")
    text = small_book.text("two")
    assert "<details" not in text.partition("<article")[2].partition("</article>")[0]
    assert f'href="claims.html#{row_of("sums")}"' in text
    assert f'id="{row_of("sums")}"' in small_book.text("claims")


def test_each_claim_of_the_book_has_a_badge_that_leads_to_its_sentence(html):
    listed = (html / "book" / "claims.html").read_text(encoding="utf-8")
    for claim in read_claims(ROOT / "book" / "claims.yml"):
        page = (html / "book" / f"{claim.page}.html").read_text(encoding="utf-8")
        assert f'href="claims.html#{row_of(claim.id)}"' in page, claim.id
        assert f'id="{row_of(claim.id)}"' in listed, claim.id


FOLDED = "found = 41 + 1\n# fold: print <it>, check it\nprint(found)\nassert found == 42"


def test_what_scores_and_prints_is_folded_behind_a_line_that_says_so(small_book, tab):
    small_book.page("one", FOLDED)
    small_book.page("two", "# fold: count\nprint(1 + 1)")
    small_book.render()
    tab.goto((small_book.html / "book" / "one.html").as_uri())
    cell = tab.locator(".cell")
    assert cell.locator(".cell_output").inner_text().strip() == "42"  # it ran
    assert cell.locator("pre").first.inner_text().strip() == "found = 41 + 1"
    summary, folded = cell.locator("summary"), cell.locator("details pre")
    assert summary.inner_text() == "Code: print <it>, check it"
    assert not folded.is_visible()
    summary.focus()
    tab.keyboard.press("Enter")
    assert folded.inner_text().strip() == "print(found)\nassert found == 42"
    tab.goto((small_book.html / "book" / "two.html").as_uri())
    assert tab.locator(".cell_input pre").count() == 1
    assert tab.locator("summary", has_text="Code: count").is_visible()
    # What is downloaded has all of it.
    page = small_book.executed_notebooks / "book" / "one.ipynb"
    assert "assert found == 42" in page.read_text(encoding="utf-8")


def test_the_example_of_a_fold_holds():
    assert not doctest.testmod(code_cells).failed


def cells(page):
    """Give each cell of a page whose code a reader sees at once, in part or all."""
    for cell in jupytext.read(page).cells:
        hidden = {"remove-input", "hide-input"} & set(cell.metadata.get("tags", []))
        if cell.cell_type == "code" and not hidden and not sets_up(cell.source):
            yield cell


@pytest.mark.parametrize("page", sorted((ROOT / "book").glob("*.md")), ids=lambda page: page.stem)
def test_open_code_is_the_idea_and_neither_prints_in_loops_nor_grows_long(page):
    for cell in cells(page):
        shown, _, _ = parted(cell.source)
        assert len(re.findall("^# fold: ", cell.source, re.MULTILINE)) < 2, cell.source
        lines = [line for line in shown.splitlines() if line.strip()]
        shared = "shared" in cell.metadata.get("tags", [])
        assert shared or len(lines) <= 24, f"{len(lines)} lines are open:\n{shown}"
        for node in ast.walk(ast.parse(shown)):
            printing = [
                inner
                for inner in ast.walk(node)
                if isinstance(node, ast.For | ast.While)
                and isinstance(inner, ast.Call)
                and getattr(inner.func, "id", "") == "print"
            ]
            assert not printing, f"A table, or folded:\n{shown}"
