"""Terms of the glossary: read, found in text whole, and linked once on each page."""

import re

import pytest

from embeddings_course.sphinx_ext.glossary_links import pattern, read_terms, term_of
from helpers.refusals import raises
from helpers.repository import ROOT

GLOSSARY = ROOT / "book" / "glossary.md"


def test_terms_are_read_in_their_order_without_definitions(tmp_path):
    page = tmp_path / "glossary.md"
    page.write_text("# G\n\n```{glossary}\nrow\nline\n  A thing.\n\ncolumn\n  Another.\n```\n")
    assert read_terms(page) == ["row", "line", "column"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("# G\n", ("glossary-missing",)),
        ("```{glossary}\nrow\n  One.\n\nRow\n  Two.\n```\n", ("glossary-term-repeated", "'row'")),
    ],
)
def test_glossary_without_entries_or_with_one_twice_is_refused(tmp_path, text, problem):
    page = tmp_path / "glossary.md"
    page.write_text(text)
    with raises(ValueError, *problem):
        read_terms(page)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("A linear probe reads.", ["linear probe"]),
        ("Probes and Heads.", ["Head"]),
        ("one-head, headless, ahead", []),
        ("the nearest\nneighbours of", ["nearest\nneighbour"]),
    ],
)
def test_whole_words_are_found_in_any_case_with_plural_and_across_lines(text, found):
    find = pattern(["head", "linear probe", "nearest neighbour"])
    assert [match[1] for match in find.finditer(text)] == found


def test_a_measure_is_found_with_the_number_of_its_places():
    terms = ["hit@k", "recall", "recall@k", "nDCG"]
    text = "A hit: recall@10s, Hit@1, hit@k, nDCG@10, recall, recall@one."
    found = [match[1] for match in pattern(terms).finditer(text)]
    assert found == ["recall@10", "Hit@1", "hit@k", "nDCG@10", "recall", "recall"]
    meant = [term_of(each, terms) for each in found]
    assert meant == ["recall@k", "hit@k", "hit@k", "nDCG", "recall", "recall"]


def linked(html, page):
    text = (html / "book" / f"{page}.html").read_text(encoding="utf-8")
    return re.findall(r'href="glossary\.html#term-([^"]+)"', text)


def test_each_term_is_linked_from_some_page_and_no_page_links_one_twice(html):
    everywhere = set()
    for path in (html / "book").glob("*.html"):
        links = linked(html, path.stem)
        if path.stem != "glossary":
            assert len(links) == len(set(links)), f"{path.stem} links a term twice"
            everywhere |= set(links)
    entries = re.findall(r'<dt id="term-([^"]+)"', (html / "book" / "glossary.html").read_text())
    assert len(entries) == len(read_terms(GLOSSARY))
    # An entry may have two names; one of them is enough.
    blocks = re.findall(r"((?:<dt id=\"term-[^>]+>.*?</dt>)+)<dd>", flat(html))
    unused = [b for b in (names(block) for block in blocks) if not set(b) & everywhere]
    assert not unused


def flat(html):
    return re.sub(r"\s*\n\s*", "", (html / "book" / "glossary.html").read_text(encoding="utf-8"))


def names(block):
    return re.findall(r'<dt id="term-([^"]+)"', block)


def test_headings_code_and_captions_hold_no_links_of_terms(html):
    for path in (html / "book").glob("*.html"):
        text = path.read_text(encoding="utf-8")
        for kind in (r"<h\d.*?</h\d>", r"<pre.*?</pre>", r"<figcaption.*?</figcaption>"):
            for part in re.findall(kind, text, re.DOTALL):
                assert "glossary-term" not in part, f"{path.stem}: {part[:100]}"


def test_the_search_finds_a_term_from_disk(small_book, tab):
    glossary = "# Terms\n\n```{glossary}\nHypersphere\n  All points at one distance.\n```\n"
    (small_book.root / "book" / "glossary.md").write_text(glossary)
    small_book.toc("one", "two", "glossary")
    small_book.render()
    tab.goto((small_book.html / "search.html").as_uri() + "?q=hypersphere")
    found = tab.locator("#search-results li a[href*='#term-Hypersphere']").first
    found.click()
    tab.wait_for_url("**/book/glossary.html*#term-Hypersphere")
    assert tab.locator("#term-Hypersphere").inner_text().startswith("Hypersphere")
    assert not tab.wrong
