"""The published book as a reader meets it: opened by double click, with no network."""

import ast
import json
import re
from base64 import b64decode
from html import unescape
from io import BytesIO
from pathlib import Path
from unicodedata import normalize

import pytest
from fontTools.ttLib import TTFont
from PIL import Image, ImageChops, ImageStat
from pypdf import PdfReader

from embeddings_course.book_build.build import pages as pages_in_order
from embeddings_course.book_build.claims import read_claims
from embeddings_course.book_build.student_bundle import LIBRARY
from helpers.browser import DESKTOP
from helpers.built_book import pages
from helpers.repository import ROOT


def chapters(html: Path) -> list[Path]:
    return sorted((html / "book").glob("*.html"))


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
    line = 'backbone = load_backbone("efficientnet_lite0", size=96)  # the size of the frames'
    assert line in published(html, executed)
    assert line in lines_of(html / "book" / "images.html"), "code with quotes, in markup"


def test_nothing_of_the_instructors_folder_is_published(html, executed):
    sources = [path for path in (ROOT / "source").rglob("*") if path.is_file()]
    secret = set().union(*(lines_of(path) for path in sources))
    # Exercises take up what pages do: lines of the pages themselves are nobody's secret.
    secret -= set().union(*(lines_of(path) for path in (ROOT / "book").rglob("*.md")))
    # And those of the library are in the reference, and in what students get.
    library = [ROOT / "embeddings_course" / part for part in LIBRARY]
    files = [file for part in library for file in (part.rglob("*.py") if part.is_dir() else [part])]
    known = set().union(*(lines_of(file) for file in files))
    # Also as an example in a docstring, or as code that is written into a notebook.
    secret -= known | {line.removeprefix(">>> ").strip('",') for line in known}
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


PAPERLESS = (
    "#pst-primary-sidebar",
    ".bd-sidebar-secondary",
    ".bd-header-article",
    ".prev-next-footer",
    ".copybtn",
    ".quiz-buttons",
    ".reader-page",
    "#jb-print-docs-body",
)
ICONS = ("download", "expand", "bars")


def test_icons_are_drawn_with_and_without_a_script_and_say_nothing_to_screen_readers(html, browser):
    for script in (True, False):
        context = browser.new_context(java_script_enabled=script)
        page = context.new_page()
        page.goto((html / "book" / "images.html").as_uri())
        assert not page.locator("i[class*='fa-']:not([aria-hidden])").count()
        for name in ICONS:
            box = page.locator(f".fa-{name}:visible").first.bounding_box()
            assert box["width"] >= 10, name
        context.close()
    style = (html / "_static" / "icons.css").read_text(encoding="utf-8")
    font = TTFont(BytesIO(b64decode(re.search(r"base64,([^\"]+)", style)[1])))
    assert {0xF019, 0xF065, 0xF002, 0xF00D} <= set(font.getBestCmap()), "the last is the script's"
    assert len(style) < 20_000
    for path in pages(html):
        assert "fontawesome.js" not in path.read_text(encoding="utf-8"), path.name


def as_seen(picture):
    """On white, and from so far away that single pixels of noise are not told apart."""
    paper = Image.new("RGBA", picture.size, "white")
    return Image.alpha_composite(paper, picture.convert("RGBA")).convert("RGB").reduce(4)


def test_heavy_pictures_go_out_lighter_and_as_large(html, executed):
    light = sorted((html / "_images").glob("*.webp"))
    assert light, "no page has a heavy picture"
    for path in light:
        drawn = executed / f"{path.stem}.png"
        assert path.stat().st_size < drawn.stat().st_size / 1.3
        with Image.open(path) as shown, Image.open(drawn) as original:
            assert shown.size == original.size
            apart = ImageChops.difference(as_seen(shown), as_seen(original))
            assert max(ImageStat.Stat(apart).mean) < 3, "of 255"


def test_pages_lead_to_the_previous_and_the_next_in_the_order_of_the_contents(html):
    order = [html / path.with_suffix(".html") for path in pages_in_order(ROOT)]
    for place, page in enumerate(order):
        text = page.read_text(encoding="utf-8")
        for side, neighbour in (("left-prev", place - 1), ("right-next", place + 1)):
            found = re.search(rf'<a class="{side}"\s+href="([^"]+)"', text)
            expected = order[neighbour] if 0 <= neighbour < len(order) else None
            assert (found and (page.parent / found[1]).resolve()) == expected, f"{page}, {side}"


def test_a_deep_link_opens_from_disk_at_its_place(html, tab):
    claim = read_claims(ROOT / "book" / "claims.yml")[-1]
    tab.goto(f"{(html / 'book' / f'{claim.page}.html').as_uri()}#claim-{claim.id}")
    place = tab.locator(f"#claim-{claim.id}")
    tab.wait_for_function("window.scrollY > 0")
    assert 0 <= place.bounding_box()["y"] < DESKTOP["height"]
    tab.locator(".bd-docs-nav").get_by_role("link", name="Words in context").click()
    tab.wait_for_url("**/words.html")
    assert not tab.wrong


@pytest.mark.parametrize("paper", ["A4", "Letter"])
def test_key_insights_are_one_sheet_with_the_address_of_each_cell(html, tab, paper):
    tab.goto((html / "book" / "key-insights.html").as_uri())
    sheet = PdfReader(BytesIO(tab.pdf(format=paper)))
    assert len(sheet.pages) == 1
    links = tab.locator("#key-insights a[href*='.html#claim-']")
    addresses = links.evaluate_all("links => links.map(link => link.getAttribute('href'))")
    assert len(addresses) > 30
    # Some pairs of letters are printed as one.
    printed = re.sub(r"\s", "", normalize("NFKC", sheet.pages[0].extract_text()))
    assert not [address for address in addresses if f"[{address}]" not in printed]


def test_on_paper_a_page_is_its_text_in_ink_and_as_wide_as_the_paper(html, tab):
    tab.emulate_media(media="print", color_scheme="dark")
    tab.set_viewport_size({"width": 673, "height": 1000})  # A4 without its margins
    tab.goto((html / "book" / "training.html").as_uri())
    for gone in PAPERLESS:
        assert not tab.locator(gone).first.is_visible(), gone
    assert tab.locator("article h1").is_visible()
    assert tab.locator("article").bounding_box()["width"] == 673
    assert tab.evaluate("document.documentElement.scrollWidth") <= 673
    cut = tab.evaluate(
        "[...document.querySelectorAll('article pre')].filter("
        "p => p.scrollWidth > p.clientWidth).map(p => p.innerText)"
    )
    assert not cut, "code that the paper cuts off"
    a_line = tab.locator(".cell_input pre").first
    a_line.evaluate("p => { p.textContent = 'x'.repeat(88) }")
    height = a_line.evaluate("p => p.clientHeight / parseFloat(getComputedStyle(p).lineHeight)")
    assert height < 3, "a line of 88 characters is broken"
    for kind in (".cell_input", "article figure"):
        assert tab.locator(kind).first.evaluate("e => getComputedStyle(e).breakInside") == "avoid"
    ink = "e => getComputedStyle(e).color"
    for text in ("article p", ".highlight pre span"):
        assert tab.locator(text).last.evaluate(ink) in ("rgb(0, 0, 0)", "rgb(68, 68, 68)"), text
