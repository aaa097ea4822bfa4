"""The published book as a reader meets it: opened by double click, with no network."""

import ast
import json
import re
from html import unescape
from pathlib import Path

import pytest
from conftest import DESKTOP, PHONE, ROOT, pages

from embeddings_course.claims import read_claims


def chapters(html: Path) -> list[Path]:
    return sorted((html / "book").glob("*.html"))


def load_everything(page) -> None:
    """Scroll to the end, so that pictures that load when they come into view do."""
    page.evaluate("document.querySelectorAll('img').forEach(i => { i.loading = 'eager'; })")
    page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    page.evaluate("Promise.all([...document.images].map(i => i.decode().catch(() => {})))")


@pytest.mark.parametrize("tab", [DESKTOP, PHONE], ids=["desktop", "phone"], indirect=True)
def test_every_page_opens_from_disk_complete_and_asks_no_other_host(html, tab):
    assert len(chapters(html)) >= 5
    for path in pages(html):
        tab.goto(path.as_uri())
        load_everything(tab)
        broken = tab.evaluate(
            "[...document.images].filter(i => !i.complete || !i.naturalWidth).map(i => i.src)"
        )
        assert not broken, f"{path.name}: images that did not load: {broken}"
        assert not tab.wrong, f"{path.name}: {tab.wrong}"
        wide = tab.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert wide <= 0, f"{path.name} is {wide} pixels wider than the window"


def test_the_first_page_leads_into_the_book(html, tab):
    tab.goto((html / "index.html").as_uri())
    tab.wait_for_url("**/book/index.html")
    assert "Embeddings and Feature Extraction" in tab.inner_text("h1")
    tab.get_by_role("link", name="An image becomes a vector").first.click()
    tab.wait_for_url("**/images.html")
    assert not tab.wrong


def test_search_works_without_a_server(html, tab):
    tab.goto((html / "search.html").as_uri() + "?q=histogram")
    tab.wait_for_selector("#search-results li")
    assert "An image becomes a vector" in tab.inner_text("#search-results")
    assert not tab.wrong


def test_formulas_are_drawn_without_a_script(html, browser):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((html / "book" / "images.html").as_uri())
    formula = page.locator("div.math math")
    assert formula.count() >= 1
    box = formula.first.bounding_box()
    assert box["width"] > 50
    assert box["height"] > 20
    context.close()


def test_every_picture_says_what_it_shows(html, tab):
    for path in chapters(html):
        tab.goto(path.as_uri())
        bare = tab.evaluate(
            "[...document.querySelectorAll('article img')].filter(i => !(i.alt || '').trim()"
            " || /^(_images|\\.\\.)/.test(i.alt)).map(i => i.src)"
        )
        assert not bare, f"{path.name}: pictures without alt text: {bare}"


def test_each_page_with_code_offers_its_notebook(html, executed):
    for notebook in (executed / "book").glob("*.ipynb"):
        page = (html / "book" / f"{notebook.stem}.html").read_text(encoding="utf-8")
        offered = re.search(r'href="(\.\./_sources/[^"]+\.ipynb)"', page)
        assert offered, f"{notebook.stem} has no download of its notebook"
        assert (html / "book" / offered[1]).exists()


def lines_of(path: Path) -> set[str]:
    """Long lines of a file as a person reads them: no markup, no escapes."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".ipynb":
        text = "\n".join("".join(cell["source"]) for cell in json.loads(text)["cells"])
    elif path.suffix == ".html":
        text = unescape(re.sub(r"<[^>]+>", "", text))
    return {line.strip() for line in text.splitlines() if len(line.strip()) > 30}


def published(html: Path, executed: Path) -> set[str]:
    kinds = {".html", ".md", ".txt", ".ipynb", ".py"}
    files = [path for root in (html, executed) for path in root.rglob("*")]
    return set().union(*(lines_of(path) for path in files if path.suffix in kinds))


def test_the_search_for_leaks_finds_what_is_published(html, executed):
    line = 'backbone = load_backbone("embedded")'
    assert line in published(html, executed)
    assert line in lines_of(html / "book" / "images.html"), "code with quotes, in markup"


def test_nothing_of_the_instructors_folder_is_published(html, executed):
    sources = [path for path in (ROOT / "source").rglob("*") if path.is_file()]
    secret = set().union(*(lines_of(path) for path in sources))
    assert secret, "source/ has no text to look for"
    assert not secret & published(html, executed)
    assert not [path for path in html.rglob("*") if "source" in path.relative_to(html).parts]


def test_every_claim_was_run_and_asserted_on_its_page(executed):
    claims = read_claims(ROOT / "book" / "claims.yml")
    tagged = {}
    for path in (executed / "book").glob("*.ipynb"):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            for tag in cell["metadata"].get("tags", []):
                if tag.startswith("claim-"):
                    assert tag not in tagged, f"two cells are tagged {tag}"
                    tagged[tag] = (path.stem, cell)
    assert {f"claim-{claim.id}" for claim in claims} == set(tagged)
    for claim in claims:
        page, cell = tagged[f"claim-{claim.id}"]
        assert page == claim.page, f"{claim.id} runs on {page}, claims.yml says {claim.page}"
        assert cell["outputs"], f"{claim.id} did not run or shows nothing"
        tree = ast.parse("".join(cell["source"]))
        asserted = [node.test for node in ast.walk(tree) if isinstance(node, ast.Assert)]
        assert asserted, f"{claim.id} asserts nothing"
        for condition in asserted:
            names = [node for node in ast.walk(condition) if isinstance(node, ast.Name)]
            assert names, f"{claim.id} asserts a constant: {ast.unparse(condition)}"


def test_published_pages_hold_no_stack_trace_and_no_progress_bar(html):
    for path in chapters(html):
        text = path.read_text(encoding="utf-8")
        assert "Traceback (most recent call last)" not in text, path.name
        assert 'class="output stderr' not in text, path.name
