"""Prose states no results: each number in it is in the page's code, or the year of a source."""

import ast
import re

import jupytext
import pytest

from embeddings_course.book_build.build import pages
from helpers.repository import ROOT

PAGES = [ROOT / page for page in pages(ROOT)]

# What is not prose, in the order in which it is taken out.
_NOT_PROSE = [
    re.compile(r"^(`{3,}|:{3,})\{math\}.*?^\1", re.MULTILINE | re.DOTALL),
    re.compile(r"^```console$.*?^```$", re.MULTILINE | re.DOTALL),  # test_guide.py runs these
    re.compile(r"^(`{3,}|:{3,}).*$|^:[\w-]+:.*$", re.MULTILINE),  # directives and their options
    re.compile(r"^\([\w-]+\)=$", re.MULTILINE),  # labels
    re.compile(r"\$\$.*?\$\$|\$[^$]+\$", re.DOTALL),
    re.compile(r"\{[\w:-]+\}`[^`]*`|`[^`]*`"),  # roles and code
    re.compile(r"\]\([^)]*\)|https?://\S+"),
    re.compile(r"\bCC(0|\s+BY)(-SA)?\s+\d\.\d"),  # licences
    re.compile(r"^ *\d+\. ", re.MULTILINE),  # items of lists
    re.compile(r"\([A-Z][^()]*?,? (19|20)\d\d\)"),  # sources: (Mikolov et al., 2013)
]
# Not part of a name such as A17 or ResNet-18.
_NUMERAL = re.compile(r"(?<![\w.,-])\d+(?:[.,]\d+)*(?![\w-])")


def typed_numerals(notebook) -> set[str]:
    """Return numerals in the prose that the code of the same page does not have."""
    prose = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    for pattern in _NOT_PROSE:
        prose = pattern.sub(" ", prose)
    known = set()
    for cell in notebook.cells:
        if cell.cell_type == "code":
            for node in ast.walk(ast.parse(cell.source)):
                if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
                    known.add(float(node.value))
    found = {numeral: float(numeral.replace(",", "")) for numeral in _NUMERAL.findall(prose)}
    return {numeral for numeral, value in found.items() if value not in known}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_no_result_is_typed_into_prose(page):
    assert not typed_numerals(jupytext.read(page))


def test_a_typed_result_is_found_and_settings_names_and_years_are_not():
    text = (
        "---\njupytext: {text_representation: {format_name: myst}}\n---\n\n"
        "The AUC rises to 0.97, over 1,234 pairs and 40 % of A17 and ResNet-18, at $x = 3$.\n"
        "With 32 numbers (Firth, 1957), see `dim=8`.\n\n1. an item\n\n"
        "```{code-cell} python\ndim = 32\n```\n"
    )
    assert typed_numerals(jupytext.reads(text, "md:myst")) == {"0.97", "1,234", "40"}


# What is looked up rather than read through, and what is for instructors and contributors.
_REFERENCE = {
    "claims", "credits", "glossary", "index", "key-insights", "resources", "syllabus", "what-ran",
    "teaching", "trust", "house", "accessibility",
}  # fmt: skip


@pytest.mark.parametrize(
    "page",
    [p for p in PAGES if p.stem not in _REFERENCE and p.parent.name != "reference"],
    ids=lambda p: p.stem,
)
def test_a_page_begins_with_objectives_and_ends_with_recap_and_quiz(page):
    text = page.read_text(encoding="utf-8")
    objectives = text.index("After this page you can")
    recap = text.index("## Recap")
    assert objectives < text.index("```{code-cell}")
    assert f'quiz("{page.stem}")' in text
    assert text.count("\n- ", objectives, recap) >= 2
