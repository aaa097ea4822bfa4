"""Imports are folded away, and a cell that runs a claim leads to the list of claims."""

import pytest

from embeddings_course.book_build.claims import read_claims
from embeddings_course.sphinx_ext.code_cells import row_of, sets_up
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
