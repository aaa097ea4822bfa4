"""The book's search finds one spelling by the other, in the index as in the browser."""

import json
import re

import pytest
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace

from embeddings_course.sphinx_ext import EXTENSIONS
from embeddings_course.sphinx_ext.search_spelling import English, american
from helpers.repository import ROOT

PAIRS = {
    "neighbours": "neighbors",
    "neighbourhood": "neighborhood",
    "colour": "color",
    "coloured": "colored",
    "colour_histogram": "color_histogram",
    "behaviour": "behavior",
    "normalise": "normalize",
    "normalised": "normalized",
    "normalisation": "normalization",
    "normalises": "normalizes",
    "centre": "center",
    "centres": "centers",
    "centred": "centered",
    "centring": "centering",
    "labelled": "labeled",
    "labelling": "labeling",
    "modelling": "modeling",
    "grey": "gray",
    "greyscale": "grayscale",
    "optimiser": "optimizer",
    "recognise": "recognize",
    "summarise": "summarize",
    "regularisation": "regularization",
    "visualisation": "visualization",
    "vectorised": "vectorized",
    "quantised": "quantized",
    "randomised": "randomized",
    "standardises": "standardizes",
    "tokeniser": "tokenizer",
    "analyse": "analyze",
    "catalogue": "catalog",
    "licence": "license",
    "practise": "practice",
    "artefacts": "artifacts",
    "programmes": "programs",
}
KEPT = [
    "course",
    "four",
    "hour",
    "our",
    "source",
    "noise",
    "noisy",
    "precise",
    "precision",
    "raise",
    "wise",
    "otherwise",
    "exercise",
    "promise",
    "comparison",
    "paris",
    "this",
    "is",
    "practice",
    "programmer",
    "programmed",
    "prey",
    "they",
    "journey",
    "central",
    "centroid",
    "labels",
    "model",
    "analysis",
    "dialogs",
    "concentrate",
    "recent",
    "percent",
    "increase",
]


@pytest.fixture(scope="module")
def english():
    return English({})


@pytest.mark.parametrize(("british", "american_word"), PAIRS.items())
def test_both_spellings_have_one_stem(english, british, american_word):
    assert english.stem(british) == english.stem(american_word)
    assert english.stem(british.upper()) == english.stem(american_word.capitalize())


@pytest.mark.parametrize("word", KEPT)
def test_words_that_have_one_spelling_keep_it(word):
    stays = {"promise": "promize"}  # but so it does in the index, and no other word is like it
    assert american(word) == stays.get(word, word)


def test_the_browser_has_the_stems_of_the_index(english, tab):
    words = {*PAIRS, *PAIRS.values(), *KEPT}
    for page in sorted((ROOT / "book").glob("*.md")):
        words |= {word.lower() for word in re.findall(r"[A-Za-z]{3,}", page.read_text())}
    words = sorted(word for word in words if american(word) != word or word in PAIRS.values())
    assert len(words) > 60
    by_page = tab.evaluate(
        "([code, words]) => { const stemmer = new Function(code + '; return new Stemmer()')();"
        " return words.map((word) => stemmer.stemWord(word)) }",
        [English.js_stemmer_code, words],
    )
    assert dict(zip(words, by_page, strict=True)) == {word: english.stem(word) for word in words}


def test_the_index_of_a_book_has_both_spellings_in_one_place(tmp_path):
    (tmp_path / "conf.py").write_text(
        'extensions = ["embeddings_course.sphinx_ext.search_spelling"]\n'
    )
    (tmp_path / "index.rst").write_text(
        "Nearest\n=======\n\nNeighbours.\n\n.. toctree::\n\n   us\n"
    )
    (tmp_path / "us.rst").write_text("Others\n======\n\nNearest neighbors, in color.\n")
    out = tmp_path / "out"
    places = [tmp_path, tmp_path, out, tmp_path / "trees"]
    with docutils_namespace():  # or the next book in this process would be built with warnings
        Sphinx(*places, "html", status=None, warning=None).build()
    index = json.loads(re.search(r"\{.*\}", (out / "searchindex.js").read_text())[0])
    assert sorted(index["terms"]["neighbor"]) == [0, 1]
    assert "neighbour" not in index["terms"]
    data = (out / "_static" / "language_data.js").read_text()
    assert "const spellings" in data


def test_the_book_searches_so():
    assert "search_spelling" in EXTENSIONS
    assert "- embeddings_course.sphinx_ext " in (ROOT / "_config.yml").read_text(encoding="utf-8")
