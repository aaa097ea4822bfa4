"""An embedding layer by hand: rows, products and steps are those of torch."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from torch import nn

from embeddings_course.explorables import lookup_steps
from embeddings_course.explorables.lookup_steps import OPTIMISERS, train_rows
from helpers.browser import DESKTOP, PHONE, barriers
from helpers.explorable_page import explorable_page
from helpers.refusals import raises

WEIGHTS = np.random.default_rng(0).normal(size=(8, 4)).astype(np.float32)
STEPS = [[1, 4], [6], [6, 1], [0], [2, 3, 7]]
MAKE = {
    "SGD": lambda p: torch.optim.SGD(p, lr=0.1),
    "SGD with momentum": lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9),
    "SGD with weight decay": lambda p: torch.optim.SGD(p, lr=0.1, weight_decay=0.1),
    "Adam": lambda p: torch.optim.Adam(p, lr=0.1),
    "SparseAdam": lambda p: torch.optim.SparseAdam(p, lr=0.1),
}


def trained(optimiser, steps=STEPS):
    """A layer's weights after each step, and before the first, by torch."""
    layer = nn.Embedding.from_pretrained(
        torch.tensor(WEIGHTS), freeze=False, sparse=optimiser == "SparseAdam"
    )
    found, taken = [WEIGHTS], MAKE[optimiser](list(layer.parameters()))
    for ids in steps:
        taken.zero_grad()
        layer(torch.tensor(ids)).pow(2).sum().backward()
        taken.step()
        found.append(layer.weight.detach().numpy().copy())
    return found


def moved_rows(before, after):
    return np.flatnonzero((after != before).any(axis=1)).tolist()


def number(value):
    return f"{value:.2f}".replace("-0.00", "0.00").replace("-", "\u2212")


@pytest.fixture
def page(tab, tmp_path):
    made = lookup_steps(WEIGHTS, caption="Choose")
    (tmp_path / "page.html").write_text(explorable_page(made), encoding="utf-8")
    tab.goto((tmp_path / "page.html").as_uri())
    return tab


def said(page):
    return page.get_by_role("status").inner_text()


def matrix(page):
    """The numbers on show, and how far each row moved."""
    rows = page.locator(".lookup-steps-table tbody tr").all()
    cells = [[each.inner_text() for each in row.locator("td").all()[1:]] for row in rows]
    return [row[:-1] for row in cells], [row[-1] for row in cells]


def choose(page, ids):
    """Choose rows and no others."""
    for i in range(len(WEIGHTS)):
        button = page.get_by_role("button", name=f"Look up {i}")
        if (button.get_attribute("aria-pressed") == "true") != (i in ids):
            button.click()


@pytest.mark.parametrize("optimiser", OPTIMISERS)
def test_python_takes_the_steps_that_torch_takes(optimiser):
    mine, theirs = [WEIGHTS, *train_rows(WEIGHTS, STEPS, optimiser)], trained(optimiser)
    assert np.allclose(mine, theirs, atol=1e-5)
    for one, other in zip(pairwise(mine), pairwise(theirs), strict=True):
        assert np.array_equal(moved_rows(*one), moved_rows(*other))


@pytest.mark.parametrize("optimiser", OPTIMISERS)
def test_the_page_takes_the_steps_that_torch_takes(page, optimiser):
    page.get_by_role("radio", name=optimiser, exact=True).check()
    weights = trained(optimiser)
    lines = []
    for n, ids in enumerate(STEPS):
        choose(page, ids)
        page.get_by_role("button", name="Take a step").click()
        before, after = weights[n : n + 2]
        numbers, moves = matrix(page)
        assert numbers == [[number(each) for each in row] for row in train_rows(
            WEIGHTS, STEPS, optimiser)[n]]  # fmt: skip
        far = np.linalg.norm(after - before, axis=1)
        assert (
            np.abs([float(each) - by for each, by in zip(moves, far, strict=True)]).max() < 0.0051
        )
        moved = moved_rows(before, after)
        marked = page.locator(".lookup-steps-table tbody tr").evaluate_all(
            "rows => rows.flatMap((r, i) => r.classList.contains('lookup-steps-moved') ? [i] : [])"
        )
        assert marked == moved
        asked, all_moved = (", ".join(map(str, sorted(each))) for each in (ids, moved))
        rest = ", ".join(str(i) for i in moved if i not in ids) or "none"
        assert said(page) == (
            f"Step {n + 1} looked up {asked} and moved {all_moved}. "
            f"Moved without being looked up: {rest}."
        )
        lines.append([str(n + 1), asked, all_moved])
    log = page.locator(".explorable-stage table").last.locator("tbody tr").all()
    assert [[each.inner_text() for each in row.locator("td").all()] for row in log] == lines
    page.get_by_role("button", name="Start again").click()
    assert matrix(page)[0] == [[number(each) for each in row] for row in WEIGHTS]
    assert page.locator(".explorable-stage table").last.locator("tbody tr").count() == 0
    assert not page.wrong


def test_a_row_that_is_chosen_lights_up_and_is_the_product(page):
    choose(page, [5])
    row = ", ".join(number(each) for each in np.eye(8)[5] @ WEIGHTS)
    product = page.locator(".lookup-steps-product")
    assert product.inner_text() == f"[0 0 0 0 0 1 0 0] W = [{row}], row 5 of W"
    lit = page.locator(".lookup-steps-asked")
    assert lit.count() == 1
    assert lit.get_by_role("button").inner_text() == "5"
    choose(page, [5, 2])
    assert product.inner_text().endswith("row 2 of W")
    choose(page, [5])
    assert product.inner_text().endswith("row 5 of W")
    choose(page, [])
    assert product.inner_text() == "Choose a row to look up."


def test_keyboard_alone_looks_up_and_steps(page):
    page.keyboard.press("Tab")
    page.keyboard.press("Space")  # row 0, too
    for _ in range(8):
        page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")  # with momentum
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert said(page).startswith("Step 1 looked up 0, 1, 4 and moved 0, 1, 4.")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert said(page) == "Nothing is trained yet."


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("tab", [DESKTOP, PHONE], indirect=True, ids=["desktop", "phone"])
def test_nobody_is_shut_out_and_nothing_is_wider_than_the_page(tab, tmp_path, scheme):
    tab.emulate_media(color_scheme=scheme)
    made = lookup_steps(-3 * np.abs(WEIGHTS), caption="Choose")
    (tmp_path / "page.html").write_text(explorable_page(made), encoding="utf-8")
    tab.goto((tmp_path / "page.html").as_uri())
    tab.get_by_role("button", name="Take a step").click()
    assert barriers(tab) == []
    assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for each in tab.locator(".explorable :is(button, input):visible").all():
        assert min(each.bounding_box()[side] for side in ("width", "height")) >= 24
    assert not tab.wrong


def test_without_a_script_it_says_which_rows_move():
    html = lookup_steps(WEIGHTS, caption="x").readable_html()
    for optimiser in OPTIMISERS:
        weights = trained(optimiser, STEPS[:2])
        cells = (", ".join(map(str, moved_rows(*each))) for each in pairwise(weights))
        assert f"{optimiser}</th>{''.join(f'<td>{each}</td>' for each in cells)}" in html


@pytest.mark.parametrize("weights", [np.ones(8), np.ones((6, 4)), np.full((8, 4), np.nan)])
def test_what_cannot_be_shown_is_refused(weights):
    with raises(ValueError, "lookup-weights-shape"):
        lookup_steps(weights, caption="x")
