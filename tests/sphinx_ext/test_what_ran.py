"""The page that says what this copy of the book was made with."""

import platform
import re
from importlib.metadata import version

from helpers.built_book import pages


def test_every_page_names_the_python_that_made_it(html):
    for page in pages(html):
        text = page.read_text(encoding="utf-8")
        assert f"This copy was made with Python {platform.python_version()} and torch" in text


def test_page_names_versions_weights_and_every_page_with_code(html, executed):
    text = (html / "book" / "what-ran.html").read_text(encoding="utf-8")
    plain = re.sub(r"<[^>]+>", " ", text)
    assert re.search(rf"\btorch\s+{re.escape(version('torch'))}", plain)
    assert "7c286f5fd713a46e32062c1f6a4c67414f8572df23587be767518150f81ed710" in plain
    for notebook in (executed / "book").glob("*.ipynb"):
        row = re.search(
            rf'href="{notebook.stem}\.html".*?</tr>', text[text.index("Seconds") :], re.DOTALL
        )
        assert row, notebook.stem
        assert re.search(r">\s*(<p>)?\d+(</p>)?\s*</td>", row[0]), "seconds"
