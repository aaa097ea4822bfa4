"""The search box: what is typed is split, scored and ranked in the browser as Python does it."""

import json
import re

import numpy as np
import pytest

from embeddings_course.data import apidocs
from embeddings_course.data.apidocs import Question
from embeddings_course.data.apidocs.words import WORD
from embeddings_course.explorables import (
    cut_passages,
    documentation_box,
    prepared_searches,
    search_box,
)
from embeddings_course.explorables.explorable import ASSETS
from embeddings_course.explorables.text_search import EXAMPLES as EXAMPLES_OF_THE_BOX
from embeddings_course.text_search import bm25, reciprocal_rank_fusion
from helpers.browser import DESKTOP, PHONE, barriers
from helpers.explorable_page import explorable_page
from helpers.refusals import raises

EXAMPLES = (
    Question("How do I ignore NaN in an average?", "plain", ("numpy.nanmean",)),
    Question("largest whole number that divides both", "reworded", ("numpy.gcd",)),
)
# What people type, and what nobody should.
STRANGE = [
    "How do I read a text file?",
    "how DO i Read A TEXT file",
    "mean mean mean of the array",
    "Größe über alle Maße ändern",
    "the naïve café average",
    "İstanbul KELVIN \u212a sort",
    "sort 🎉 array🎉s",
    "👩‍👩‍👧 only a family",
    "",
    "     ",
    "?!… — ()[]{}",
    "-----",
    "a",
    "a b c d",
    "x" * 10_000,
    "array " * 2_000,
    "<b>sort</b> <script>alert(1)</script>",
    "</script><img src=x onerror=alert(1)>",
    "&lt;array&gt; &amp; sum",
    "blorf wibble",
    "blorf mean",
    "n_samples and _private and __init__",
    "2d_array 3x3 9lives float64 int_8",
    "np.mean(a, axis=0)",
    "`numpy.sort` and |x| bars",
    ":func:`numpy.sort` see :class:`~numpy.ndarray <the array>` there",
    "see [1]_ and [Größe]_ for the sum",
    "cost $a + b$ or $$c = d$$ more $ money",
    "read https://numpy.org/mean?x=sum now <http://a.b/c> and sort",
    ":math:`sum x` of an array",
    ">>> np.mean(array)",
    ".. note:: the mean",
    ".. math:: the mean",
    ".. a full stop twice, the mean",
    "Returns:",
    "see also::",
    "notes: the mean of an array",
    "mean::",
    "don't sort the array's axis",
    "\tmean\tof\tarray",
    "mean\u00a0of\u2003array\u200bsum",
    "ΑΒΓ ΣΑΣ среднее 平均 mean",
    "the largest ² and ½ number of \uff14 arrays",
    'quote "mean" \\ back\\slash %s {0}',
    "constructor __proto__ hasOwnProperty toString mean",
]


@pytest.fixture(scope="module")
def parts():
    """A hundred passages of numpy, and an encoder that knows some of their words."""
    every = apidocs.passages(["numpy"])
    names = [entry.name for entry in every.entries]
    right = [names.index(name) for each in EXAMPLES for name in each.answers if name in names]
    rows = [*right, *(n for n in range(0, len(names), 9) if n not in right)][:100]
    passages = cut_passages([every.texts[n] for n in rows], 60)
    words = sorted({w for n in rows for w in apidocs.tokens(every.queries[n])})
    words = [*words, "array", "the", "mean", "number"]
    words = list(dict.fromkeys(words))
    rng = np.random.default_rng(0)
    table = rng.normal(size=(len(words), 16)) * rng.uniform(0.2, 3, (len(words), 1))
    return {
        "names": [names[n] for n in rows],
        "first_lines": [every.queries[n] for n in rows],
        "passages": passages,
        "words": words,
        "table": table,
        "vectors": rng.normal(size=(len(rows), 16)),
    }


@pytest.fixture(scope="module")
def box(parts):
    return search_box(**parts, examples=EXAMPLES, caption="Ask <in> your words", encoder="own")


@pytest.fixture(scope="module")
def prepared(parts):
    asked = [apidocs.tokens(each.text) for each in EXAMPLES]
    split = [apidocs.tokens(text) for text in parts["passages"]]
    by = {"BM25": bm25(asked, split), "other": np.random.default_rng(1).random((2, len(split)))}
    by["fused"] = reciprocal_rank_fusion(*by.values())
    keys = ("names", "first_lines", "passages")
    own = {key: parts[key] for key in keys}
    return prepared_searches(**own, questions=EXAMPLES, scores=by, caption="Choose"), by


@pytest.fixture
def page(tab, box, tmp_path):
    return opened(tab, box, tmp_path)


def opened(tab, explorable, folder):
    (folder / "page.html").write_text(explorable_page(explorable), encoding="utf-8")
    tab.goto((folder / "page.html").as_uri())
    return tab


def listed(page):
    """What is on show: for each search its name, and what it lists or says."""
    lists = []
    for column in page.locator(".text-search-lists > div").all():
        rows = column.locator(".text-search-head").all()
        found = [
            (row.locator("b").inner_text(), float(row.locator("span").inner_text())) for row in rows
        ]
        lists.append(found or column.locator("p").last.inner_text())
    return lists


def whole_numbers(array):
    """Rows as they are after they were kept with one byte per number."""
    scales = (np.abs(array).max(axis=1, keepdims=True) / 127).astype(np.float32)
    return np.round(array / scales) * scales


def by_python(parts, text):
    """Scores of all passages by both searches; None where a search knows no word."""
    words = WORD.findall(text.lower())
    split = [re.findall(r"[a-z0-9_]+", passage.lower()) for passage in parts["passages"]]
    split = [[w for w in ws if len(w) > 1 and w[0].isalpha()] for ws in split]
    spelt = bm25([words], split)[0]
    known = [parts["words"].index(word) for word in words if word in parts["words"]]
    if not known:
        return spelt, None
    mean = whole_numbers(parts["table"])[known].mean(axis=0)
    vectors = whole_numbers(parts["vectors"])
    lengths = np.linalg.norm(vectors, axis=1) * np.linalg.norm(mean)
    return spelt, vectors @ mean / lengths


def check(parts, text, found):
    for scores, column in zip(by_python(parts, text), found, strict=True):
        if scores is None or not scores.any():
            assert isinstance(column, str), (text[:60], column)
            continue
        best = np.sort(scores)[::-1][:5]
        best = best[best > 0]
        assert len(column) == len(best), text[:60]
        for (name, score), expected in zip(column, best, strict=True):
            assert score == pytest.approx(expected, abs=0.00051), text[:60]
            at = parts["names"].index(name)
            assert scores[at] == pytest.approx(score, abs=0.00051), text[:60]


def test_whatever_is_typed_is_scored_as_python_scores_it(page, parts):
    assert len(STRANGE) >= 30
    for text in STRANGE:
        page.locator("input").fill(text)
        check(parts, text, listed(page))
    assert page.wrong == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_questions_without_markup_are_split_as_the_pages_split_them():
    every = apidocs.questions(["numpy.pad", "numpy.gcd", "torch.save", "numpy.nanmean"])
    plain = [text for text in STRANGE if not set(text) & set("`:$[>.")]
    for text in [*plain, *(each.text for each in every)]:
        assert WORD.findall(text.lower()) == apidocs.tokens(text)


def test_words_that_nobody_knows_are_named_and_long_ones_cut(page):
    page.locator("input").fill("blorf mean " + "y" * 10_000)
    said = page.get_by_role("status").inner_text()
    assert "blorf" in said and "mean" not in said and "yyy…" in said and len(said) < 300
    page.locator("input").fill("?!")
    assert listed(page) == ["There is no word in the question."] * 2
    assert page.get_by_role("status").inner_text() == ""


def test_the_page_begins_with_a_question_and_its_answer_is_ticked(page, parts):
    assert page.locator("input").input_value() == EXAMPLES[0].text
    check(parts, EXAMPLES[0].text, listed(page))
    (ticked,) = (
        page.locator(".text-search-lists > div")
        .first.locator("li", has_text="✓ answers")
        .locator("b")
        .all_inner_texts()
    )
    assert ticked == "numpy.nanmean"


def test_the_words_that_count_are_marked_in_any_case_and_only_these(page):
    page.locator("input").fill("ARRAY of zeros")
    marks = page.locator(".text-search-lists > div").first.locator("mark").all_inner_texts()
    assert {mark.lower() for mark in marks} <= {"array", "of", "zeros"}
    assert "zeros" in {mark.lower() for mark in marks}


def test_keys_alone_ask_and_choose(page, parts):
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.type") == "search":
            break
    page.keyboard.press("Control+A")
    page.keyboard.type("smallest element")
    check(parts, "smallest element", listed(page))
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"
    page.keyboard.press("Enter")
    assert page.locator("input").input_value() == EXAMPLES[1].text
    check(parts, EXAMPLES[1].text, listed(page))


@pytest.mark.parametrize("which", ["box", "prepared"])
def test_touch_on_a_phone_and_nothing_is_wider_than_it(browser, box, prepared, tmp_path, which):
    context = browser.new_context(viewport=PHONE, has_touch=True, is_mobile=True)
    tab = opened(context.new_page(), box if which == "box" else prepared[0], tmp_path)
    if which == "box":
        tab.locator("button").nth(1).tap()
        assert tab.locator("input").input_value() == EXAMPLES[1].text
    assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
    sizes = tab.evaluate(
        """() => [...document.querySelectorAll(".explorable-stage *")].map((e) =>
            parseFloat(getComputedStyle(e).fontSize))"""
    )
    assert min(sizes) >= 12
    for target in tab.locator("button, input, select").all():
        assert min(target.bounding_box()["width"], target.bounding_box()["height"]) >= 24
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_axe_finds_no_barrier(browser, box, prepared, tmp_path, scheme, viewport):
    context = browser.new_context(viewport=viewport, color_scheme=scheme)
    for each in (box, prepared[0]):
        tab = opened(context.new_page(), each, tmp_path)
        assert barriers(tab) == []
    context.close()


def test_prepared_questions_show_what_each_search_said(tab, prepared, parts, tmp_path):
    explorable, by = prepared
    page = opened(tab, explorable, tmp_path)
    for row, question in enumerate(EXAMPLES):
        page.locator("select").select_option(label=question.text)
        found = listed(page)
        assert page.locator(".text-search-name").all_inner_texts() == list(by)
        for scores, column in zip(by.values(), found, strict=True):
            order = np.argsort(-scores[row].astype(np.float32), kind="stable")[:5]
            expected = [(parts["names"][n], round(scores[row, n], 3)) for n in order]
            assert column == [each for each in expected if each[1] > 0]
    told = page.get_by_role("status").inner_text()
    assert re.search(r"BM25: \d", told) and "fused" in told
    assert page.wrong == []


def test_without_a_script_the_examples_can_be_read(box, prepared, parts):
    spelt, meant = by_python(parts, EXAMPLES[0].text)
    html = box.readable_html()
    for scores in (spelt, meant):
        best = int(np.argmax(scores))
        assert parts["names"][best] in html and f"{scores[best]:.3f}" in html
    assert html.count("<table>") == 2 and "✓ answers" in html
    assert prepared[0].readable_html().count("<table>") == 2


def test_damaged_data_leave_what_was_prepared(tab, box, tmp_path):
    html = explorable_page(box).replace('"kind":"int8"', '"kind":"int9"')
    (tmp_path / "page.html").write_text(html, encoding="utf-8")
    tab.goto((tmp_path / "page.html").as_uri())
    assert tab.locator(".explorable-problem").is_visible()
    assert tab.locator("table").first.is_visible()


def test_parts_that_do_not_belong_together_are_refused(parts):
    with raises(ValueError, "search-box-lengths", len(parts["names"]) - 1):
        search_box(**{**parts, "passages": parts["passages"][1:]}, examples=EXAMPLES, caption="Ask")
    with raises(ValueError, "search-box-lengths", 0):
        search_box(**parts, examples=(), caption="Ask")


def test_the_data_hold_one_byte_per_number(box, parts):
    data = json.loads(re.search(r'explorable-data">(.*?)</script>', box.html(), re.DOTALL)[1])
    assert data["rows"]["kind"] == data["vectors"]["kind"] == "int8"
    assert (ASSETS / "text_search.js").is_file()


def test_the_box_of_the_documentation_has_all_that_answer_and_fits_into_a_page():
    every = apidocs.passages()
    names = np.array([entry.name for entry in every.entries])
    answers = {name for each in apidocs.questions(names) for name in each.answers}
    names = names[np.isin(names, list(answers)) | (np.arange(len(names)) % 9 == 0)]
    words = np.array(sorted({word for text in every.queries for word in apidocs.tokens(text)}))
    table = np.random.default_rng(0).normal(size=(len(words), 128))
    made = documentation_box(names, words, table, caption="Ask")
    assert len(made.data["names"]) == len(set(made.data["names"])) == 300
    assert answers & set(names) <= set(made.data["names"]) <= set(names)
    assert {text for text, _, _ in made.data["examples"]} == set(EXAMPLES_OF_THE_BOX)
    known = set(made.data["words"].split())
    asked = {w for each in apidocs.questions(names) for w in apidocs.tokens(each.text)}
    assert known <= set(words) and asked & set(words) <= known
    assert max(len(text.split()) for text in made.data["texts"]) <= 60
    assert len(made.html()) < 450_000
    with raises(ValueError, "search-box-entry", "numpy.not_there"):
        documentation_box(np.array(["numpy.not_there"]), words, table, caption="Ask")
