"""Any word, and arithmetic on words: what the script shows is what Python computes."""

import base64

import numpy as np
import pytest

from embeddings_course import metrics
from embeddings_course.explorables import word_vectors
from embeddings_course.explorables.word_vectors import SHOWN
from helpers.browser import DESKTOP, PHONE, barriers
from helpers.explorable_page import explorable_page
from helpers.refusals import raises

WORDS = [
    "the",
    "row",
    "rows",
    "column",
    "columns",
    "mean",
    "mend",
    "<b>",
    *(f"w{n}" for n in range(40)),
]
RNG = np.random.default_rng(0)
KINDS = {"trained": RNG.normal(size=(48, 12)), "counted": 40 * RNG.normal(size=(48, 7))}
ONE = [["row"], ["mean"]]
THREE = [["columns", "column", "row", "rows"], ["mean", "mend", "w3", "w4"]]


def rows_of(made):
    """The vectors as the page holds them."""
    return {
        kind["name"]: np.frombuffer(base64.b64decode(kind["vectors"]["data"]), np.int8).reshape(
            kind["vectors"]["shape"]
        )
        for kind in made.data["kinds"]
    }


def ranked(rows, signs, asked, leave_out=True):
    """All words by falling cosine with what is asked, and their cosines."""
    ids = [WORDS.index(word) for word in asked]
    units = rows / np.linalg.norm(rows.astype(float), axis=1, keepdims=True)
    cosine = metrics.cosines(np.array(signs)[None] @ units[ids], units)[0]
    order = np.argsort(-cosine, kind="stable")
    return [(WORDS[i], f"{cosine[i]:.2f}".replace("-", "\u2212"))
            for i in order if not leave_out or i not in ids]  # fmt: skip


def listed(page):
    """What stands in each list."""
    return {
        each.get_attribute("aria-label"): [
            tuple(part.inner_text() for part in line.locator("> *").all())
            for line in each.locator("li").all()
        ]
        for each in page.locator(".word-vectors-lists ol").all()
    }


def computed(made, *arguments, **settings):
    return {
        kind: ranked(rows, *arguments, **settings)[:SHOWN] for kind, rows in rows_of(made).items()
    }


def said(page):
    return page.get_by_role("status").inner_text()


@pytest.fixture
def shown(tab, tmp_path):
    """Show one of the two; the address has the page."""

    def show(examples):
        made = word_vectors(WORDS, KINDS, examples=examples, caption="Type")
        (tmp_path / "page.html").write_text(explorable_page(made), encoding="utf-8")
        tab.goto((tmp_path / "page.html").as_uri())
        return tab, made

    return show


def test_bytes_keep_cosines_to_a_hundredth():
    for kind, rows in rows_of(word_vectors(WORDS, KINDS, examples=ONE, caption="x")).items():
        assert np.abs(metrics.cosines(KINDS[kind]) - metrics.cosines(rows)).max() < 0.01


def test_any_word_that_is_typed_has_its_neighbours_at_once(shown):
    page, made = shown(ONE)
    assert listed(page) == computed(made, [1], ["row"])
    page.get_by_label("Word").fill("  W7 ")
    assert listed(page) == computed(made, [1], ["w7"])
    lists = listed(page).values()
    both = set.intersection(*({word for word, _ in each} for each in lists))
    assert said(page) == f"In both lists, and in bold: {len(both)} of {SHOWN}."
    bold = page.locator(".word-vectors-both").all()
    assert {each.locator("> *").first.inner_text() for each in bold} == both
    neighbour = page.locator("ol button").nth(3)
    word = neighbour.inner_text()
    neighbour.click()
    assert page.get_by_label("Word").input_value() == word
    assert listed(page) == computed(made, [1], [word])
    page.get_by_role("button", name="mean").click()
    assert listed(page) == computed(made, [1], ["mean"])
    assert not page.wrong


def test_the_beginning_of_a_word_offers_the_words_that_begin_so(shown):
    page, _ = shown(ONE)
    page.get_by_label("Word").fill("col")
    offered = page.locator("datalist option")
    assert [each.get_attribute("value") for each in offered.all()] == ["column", "columns"]


def test_a_word_that_is_not_there_is_named_with_three_near_spellings(shown):
    page, made = shown(ONE)
    page.get_by_label("Word").fill("meen")
    assert "“meen” is not among these 48 words" in said(page)
    near = page.locator(".explorable-row:not([hidden]) button:not([aria-pressed])")
    assert near.all_inner_texts() == ["mean", "mend", "the"]
    assert page.get_by_label("Word").get_attribute("aria-invalid") == "true"
    near.nth(1).click()
    assert listed(page) == computed(made, [1], ["mend"])
    assert not near.first.is_visible()
    page.get_by_label("Word").fill("")
    assert said(page) == "Type one of these 48 words."


def test_arithmetic_leaves_out_the_questions_words_unless_it_is_told_not_to(shown):
    page, made = shown(THREE)
    for (b, a, c, answer), name in zip(
        THREE, ("column : columns = row : ?", "mend : mean = w3 : ?"), strict=True
    ):
        page.get_by_role("button", name=name).click()
        for leave_out in (True, False):
            page.get_by_role("checkbox").set_checked(leave_out)
            assert listed(page) == computed(made, [1, -1, 1], [b, a, c], leave_out=leave_out)
            places = []
            for kind, rows in rows_of(made).items():
                order = [word for word, _ in ranked(rows, [1, -1, 1], [b, a, c], leave_out)]
                places.append(f"{1 + order.index(answer)} ({kind})")
            assert said(page) == (
                f"The riddle\u2019s answer is {answer}. Its place: {', '.join(places)}."
            )
    page.get_by_label("+ c").fill("w9")
    found = computed(made, [1, -1, 1], ["mean", "mend", "w9"], leave_out=False)
    assert listed(page) == found
    first = ", ".join(f"{each[0][0]} ({kind})" for kind, each in found.items())
    assert said(page) == f"In the first place: {first}."
    assert not page.wrong


def test_keyboard_alone_does_it_all(shown):
    page, made = shown(THREE)
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")  # the second riddle
    assert listed(page) == computed(made, [1, -1, 1], THREE[1][:3])
    page.keyboard.press("Tab")
    page.keyboard.type("rows")  # instead of what is there: it is selected
    assert listed(page) == computed(made, [1, -1, 1], ["rows", *THREE[1][1:3]])
    for _ in range(3):
        page.keyboard.press("Tab")
    page.keyboard.press("Space")
    assert listed(page) == computed(made, [1, -1, 1], ["rows", *THREE[1][1:3]], leave_out=False)


@pytest.mark.parametrize("examples", [ONE, THREE])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("tab", [DESKTOP, PHONE], indirect=True, ids=["desktop", "phone"])
def test_nobody_is_shut_out_and_nothing_is_wider_than_the_page(tab, shown, scheme, examples):
    tab.emulate_media(color_scheme=scheme)
    page, _ = shown(examples)
    page.get_by_role("textbox").first.or_(page.get_by_role("combobox").first).fill("xx")
    assert barriers(page) == []
    page.get_by_role("button").first.click()
    assert barriers(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for each in page.locator(".explorable :is(button, input):visible").all():
        box = each.bounding_box()
        assert min(box["width"], box["height"]) >= 24
    assert not page.wrong


def test_without_a_script_the_examples_can_be_read_and_texts_are_escaped():
    for examples, signs in ((ONE, [1]), (THREE, [1, -1, 1]), ([["<b>"]], [1])):
        made = word_vectors(WORDS, KINDS, examples=examples, caption="x")
        html = made.readable_html()
        assert "<b>" not in html
        assert html.count("<table") == len(examples)
        for word, cosine in ranked(rows_of(made)["trained"], signs, examples[0][: len(signs)])[
            :SHOWN
        ]:
            text = f"{word} {cosine}".replace("<", "&lt;").replace(">", "&gt;")
            assert text.replace("\u2212", "-") in html


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"examples": []}, "word-examples-lengths"),
        ({"examples": [["row"], ["row", "rows"]]}, "word-examples-lengths"),
        ({"examples": [["raw"]]}, "word-example-unknown"),
        ({"kinds": {"k": np.ones((3, 3))}}, "word-vectors-mismatch"),
        ({"kinds": {"k": np.zeros((48, 3))}}, "word-vector-without-direction"),
        ({"kinds": {"k": np.full((48, 3), np.nan)}}, "word-vector-without-direction"),
    ],
)
def test_what_cannot_be_shown_is_refused(changes, code):
    arguments = {"words": WORDS, "kinds": KINDS, "examples": ONE, "caption": "x"} | changes
    with raises(ValueError, code):
        word_vectors(**arguments)
