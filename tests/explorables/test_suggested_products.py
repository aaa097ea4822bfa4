"""Products picked, and what is suggested: both lists are those that Python computes."""

import base64

import numpy as np
import pytest

from embeddings_course.data.picks import operator_picks, split
from embeddings_course.explorables import suggested_products
from helpers.browser import DESKTOP, PHONE, barriers
from helpers.explorable_page import explorable_page
from helpers.refusals import raises

RANK = 4


@pytest.fixture(scope="module")
def made():
    picks = operator_picks(n_operators=60, n_products=48, n_families=4, picked=(10, 20))
    picked = split(picks.pairs, held_out=3).picked
    products = ["<P>", *picks.products[1:]]
    shown = suggested_products(picked, products, picks.family, picks.families, rank=RANK)
    return picks, picked, products, shown


@pytest.fixture
def page(tab, tmp_path, made):
    (tmp_path / "page.html").write_text(explorable_page(made[3]), encoding="utf-8")
    tab.goto((tmp_path / "page.html").as_uri())
    return tab


def computed(made, ticked):
    """Both lists, from the rounded vectors and the counts."""
    picks, picked, products, explorable = made
    data = explorable.data
    vectors = np.frombuffer(base64.b64decode(data["vectors"]["data"]), np.int8).astype(int)
    vectors = vectors.reshape(-1, RANK)
    svd, counts = vectors @ vectors[ticked].sum(axis=0), picked.sum(axis=0)
    scores = [f"{score * data['scale']:.2f}".replace("-", "\u2212") for score in svd]
    lists = []
    for of, written in ((svd, scores), (counts, counts)):
        order = [i for i in np.argsort(-of, kind="stable") if i not in ticked][:10]
        lists.append(
            [
                f"{'✓' if picks.family[i] in picks.family[ticked] else ''} "
                f"{products[i]} {picks.families[picks.family[i]]} {written[i]}".strip()
                for i in order
            ]
        )
    return lists


def shown(page):
    lists = page.locator(".suggested-products-both ol").all()
    return [[each.strip() for each in of.locator("li").all_inner_texts()] for of in lists]


def box(page, made, product):
    picks, _, products, _ = made
    name = f"{products[product]} {picks.families[picks.family[product]]}"
    return page.get_by_role("checkbox", name=name, exact=True)


def test_the_lists_follow_what_is_picked(page, made):
    offered, start = (made[3].data[key] for key in ("offered", "start"))
    ticked = list(start)
    assert shown(page) == computed(made, ticked)
    for product in (offered[4], offered[7]):
        box(page, made, product).click()
        ticked.append(product)
        assert shown(page) == computed(made, ticked)
    box(page, made, start[0]).click()
    assert shown(page) == computed(made, ticked[1:])
    by_svd = sum(line.startswith("✓") for line in shown(page)[0])
    assert f"3 picked. From their families: {by_svd} by" in page.get_by_role("status").inner_text()
    page.get_by_role("button", name="Pick nothing").click()
    assert shown(page) == [[], computed(made, [])[1]]
    assert not page.wrong


def test_rounded_vectors_suggest_what_the_whole_ones_do(made):
    """Eight bits reorder products of nearly one score, and no more."""
    _, picked, _, explorable = made
    items = np.linalg.svd(picked.astype(float), full_matrices=False)[2][:RANK].T
    data = np.frombuffer(base64.b64decode(explorable.data["vectors"]["data"]), np.int8)
    rounded = data.reshape(-1, RANK) * np.sqrt(explorable.data["scale"])
    assert np.abs(rounded - items).max() <= np.abs(items).max() / 254 + 1e-9
    seen = np.zeros(len(items))
    seen[explorable.data["start"]] = 1
    assert rounded @ (seen @ rounded) == pytest.approx(items @ (seen @ items), abs=0.02)


def test_keyboard_alone_picks(page, made):
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    assert shown(page) == computed(made, made[3].data["offered"][:3])
    for _ in range(6):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.get_by_role("status").inner_text().startswith("0 picked.")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("tab", [PHONE, DESKTOP], indirect=True, ids=["phone", "desktop"])
def test_no_barriers_nothing_too_wide_and_targets_that_a_finger_hits(tab, tmp_path, made, scheme):
    tab.emulate_media(color_scheme=scheme)
    (tmp_path / "page.html").write_text(explorable_page(made[3]), encoding="utf-8")
    tab.goto((tmp_path / "page.html").as_uri())
    assert barriers(tab) == []
    assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for target in tab.locator(".explorable-stage :is(input, button)").all():
        size = target.bounding_box()
        assert min(size["width"], size["height"]) >= 24
    assert not tab.wrong


def test_a_finger_picks(browser, tmp_path, made):
    context = browser.new_context(viewport=PHONE, has_touch=True)
    (tmp_path / "page.html").write_text(explorable_page(made[3]), encoding="utf-8")
    page = context.new_page()
    page.goto((tmp_path / "page.html").as_uri())
    box(page, made, made[3].data["offered"][5]).tap()
    assert shown(page) == computed(made, [*made[3].data["start"], made[3].data["offered"][5]])
    context.close()


def test_without_a_script_three_picks_have_their_lists(made):
    html = made[3].readable_html()
    assert "<P>" not in made[3].html()
    offered = made[3].data["offered"]
    for of in range(3):
        for lines in computed(made, offered[2 * of : 2 * of + 2]):
            for line in lines:
                assert f"<td>{line.replace('<P>', '&lt;P&gt;')}</td>" in html


def test_names_that_do_not_fit_are_refused(made):
    picks, picked, products, _ = made
    with raises(ValueError, "suggested-products-mismatch", "47", "(60, 48)"):
        suggested_products(picked, products[1:], picks.family, picks.families, rank=RANK)
