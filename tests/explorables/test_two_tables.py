"""Two tables that turn and stretch: what the script shows is what Python computes."""

import numpy as np
import pytest

from embeddings_course.explorables import two_tables
from embeddings_course.explorables.two_tables import pair_loss, transformed
from helpers.browser import DESKTOP, PHONE, barriers
from helpers.explorable_page import explorable_page
from helpers.refusals import raises

RNG = np.random.default_rng(0)
NAMES, CONTEXTS = ["row", "sin", "<b>"], ["matrix", "pi", "angle", "gpu"]
GIVEN = {
    "u": RNG.normal(size=(3, 2)).round(3),
    "v": RNG.normal(size=(4, 2)).round(3),
    "real": RNG.random((3, 4)) / 12,
    "made_up": RNG.random((3, 4)) / 3,
}


def made(**changes):
    return two_tables(
        **{**GIVEN, "names": NAMES, "contexts": CONTEXTS, "caption": "Turn", **changes}
    )


@pytest.fixture
def page(tab, tmp_path):
    (tmp_path / "page.html").write_text(explorable_page(made()), encoding="utf-8")
    tab.goto((tmp_path / "page.html").as_uri())
    return tab


def listed(page):
    rows = page.locator("tbody tr:visible").all()
    return {
        row.locator("th").inner_text(): [each.inner_text() for each in row.locator("td").all()]
        for row in rows
    }


def computed(angle, stretch, i=0, j=1, k=0):
    u, v = transformed(GIVEN["u"], GIVEN["v"], angle, stretch)
    told = {
        "loss": pair_loss(u, v, GIVEN["real"], GIVEN["made_up"]),
        f"score of {NAMES[i]} with {CONTEXTS[k]}": u[i] @ v[k],
        f"first number of {NAMES[i]}": u[i, 0],
        f"cosine of {NAMES[i]} and {NAMES[j]}": u[i]
        @ u[j]
        / np.linalg.norm(u[i])
        / np.linalg.norm(u[j]),
    }
    return {name: f"{value:.2f}".replace("-", "\u2212") for name, value in told.items()}


def expected(*state, **rows):
    before, now = computed(0, 1, **rows), computed(*state, **rows)
    return {name: [before[name], now[name]] for name in before}


def said(page):
    return page.get_by_role("status").inner_text()


@pytest.mark.parametrize(("angle", "stretch"), [(0, 1), (35, 1), (35, 7), (200, 0.5)])
def test_scores_and_loss_stay_and_only_a_stretch_changes_cosines(angle, stretch):
    u, v = transformed(GIVEN["u"], GIVEN["v"], angle, stretch)
    assert np.allclose(u @ v.T, GIVEN["u"] @ GIVEN["v"].T)
    weights = GIVEN["real"], GIVEN["made_up"]
    assert np.isclose(pair_loss(u, v, *weights), pair_loss(GIVEN["u"], GIVEN["v"], *weights))
    assert np.allclose(u @ u.T, GIVEN["u"] @ GIVEN["u"].T) == (stretch == 1)


def test_sliders_turn_and_stretch_and_every_number_is_pythons(page):
    assert listed(page) == expected(0, 1)
    assert said(page) == "All is as it was trained."
    page.get_by_label("Turn the axes").fill("40")
    assert listed(page) == expected(40, 1)
    assert said(page) == "Changed: first number of row. All else stays."
    page.get_by_label("Stretch the first").fill("4")
    assert listed(page) == expected(40, 4)
    assert said(page) == "Changed: first number of row; cosine of row and sin. All else stays."
    page.get_by_role("combobox", name="Word", exact=True).select_option("<b>")
    page.get_by_label("with the word").select_option("row")
    page.get_by_label("and the context").select_option("gpu")
    assert listed(page) == expected(40, 4, i=2, j=0, k=3)
    assert not page.wrong


def drawn(page, which):
    """Where arrows end: [row, 2], y upwards."""
    lines = page.locator("svg").nth(which).locator(".two-tables-arrow").all()
    ends = [[float(line.get_attribute(name)) for name in ("x2", "y2")] for line in lines]
    return np.array(ends) * [1, -1]


def test_the_picture_keeps_still_under_a_turn_and_shows_true_angles(page):
    before = [drawn(page, which) for which in (0, 1)]
    page.get_by_label("Turn the axes").fill("75")
    now = [drawn(page, which) for which in (0, 1)]
    assert all(np.allclose(*each, atol=0.01) for each in zip(before, now, strict=True))
    page.get_by_label("Stretch the first").fill("6")
    for which, rows in enumerate(transformed(GIVEN["u"], GIVEN["v"], 75, 6)):
        ends, unit = drawn(page, which), [each / np.linalg.norm(each) for each in rows]
        names = page.locator("svg").nth(which).locator("text").all_text_contents()
        order = [(NAMES, CONTEXTS)[which].index(name) for name in names]
        ends /= np.linalg.norm(ends, axis=1, keepdims=True)
        assert np.allclose(ends @ ends.T, np.array(unit)[order] @ np.array(unit)[order].T)


def test_the_picture_turns_under_the_hand(page):
    box = page.locator("svg").first.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x + 60, y)
    page.mouse.down()
    page.mouse.move(x + 42, y - 42)
    page.mouse.move(x, y - 60)
    page.mouse.up()
    assert page.get_by_label("Turn the axes").input_value() == "90"
    assert listed(page) == expected(90, 1)
    page.mouse.move(x - 60, y)
    assert listed(page) == expected(90, 1)


def test_keyboard_alone_turns_and_stretches(page):
    page.keyboard.press("Tab")
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    assert listed(page) == expected(15, 1)
    page.keyboard.press("Tab")
    page.keyboard.press("End")
    assert listed(page) == expected(15, 10)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("tab", [DESKTOP, PHONE], indirect=True, ids=["desktop", "phone"])
def test_nobody_is_shut_out_and_nothing_is_wider_than_the_page(tab, tmp_path, scheme):
    tab.emulate_media(color_scheme=scheme)
    (tmp_path / "page.html").write_text(explorable_page(made()), encoding="utf-8")
    tab.goto((tmp_path / "page.html").as_uri())
    tab.get_by_label("Stretch the first").fill("10")
    assert barriers(tab) == []
    assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for each in tab.locator(".explorable :is(select, input):visible").all():
        assert min(each.bounding_box()[side] for side in ("width", "height")) >= 24
    drawn_at = tab.locator("svg").first.bounding_box()
    assert 14 * min(drawn_at["width"], drawn_at["height"]) / 260 >= 12
    assert not tab.wrong


def test_without_a_script_three_states_can_be_read_and_texts_are_escaped():
    html = made(names=["<b>", "sin", "cos"]).readable_html()
    assert "<b>" not in html
    loss = f"{pair_loss(*(GIVEN[each] for each in ('u', 'v', 'real', 'made_up'))):.2f}"
    assert html.count(f"<td>{loss}</td>") == 3


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"names": NAMES[:2]}, "two-tables-mismatch"),
        ({"u": np.ones((3, 3))}, "two-tables-mismatch"),
        ({"names": ["a"], "u": np.ones((1, 2))}, "two-tables-mismatch"),
        ({"v": np.full((4, 2), np.nan)}, "two-tables-not-finite"),
    ],
)
def test_what_cannot_be_shown_is_refused(changes, code):
    with raises(ValueError, code):
        made(**changes)
