"""The page that says what this copy of the book was made with."""

import platform
import re
from importlib.metadata import version

import pytest
from conftest import pages

from embeddings_course.sphinx_ext.build_facts import in_words, seeds


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("f(seed=3)", [3]),
        ("for seed in range(5): f(seed)", [0, 1, 2, 3, 4]),
        ("seeds = range(2)\n[f(random_state=s) for s in seeds]", [0, 1]),
        ("dim, seed = 32, 7", [7]),
        ("torch.manual_seed(1); np.random.default_rng(2)", [1, 2]),
        ("def train(x, seed): pass\nfor n in bar(range(3)): train(1, n)", [0, 1, 2]),
        ("f(seed=100 + draw)\nfor draw in range(2): pass", [0, 1]),
        ("for row in range(9): f(row)", []),
        ("f(seed=True, depth=4)", []),
    ],
)
def test_seeds_are_read_from_code(code, found):
    assert seeds(code) == found


def test_runs_of_numbers_are_written_briefly():
    assert in_words([0, 1, 2, 3, 7, 9, 10]) == "0 to 3, 7, 9, 10"
    assert in_words([]) == ""


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
            rf'href="{notebook.stem}\.html".*?</tr>', text[text.index("Seeds in") :], re.DOTALL
        )
        assert row, notebook.stem
        assert re.search(r">\s*(<p>)?\d+(</p>)?\s*</td>", row[0]), "seconds"
