"""A walk over a graph: the same in the browser as in Python, step by step, by any hand."""

import base64
import re

import numpy as np
import pytest

from embeddings_course import metrics
from embeddings_course.explorables import graph_walk, walk_graph
from helpers.browser import DESKTOP, PHONE, barriers
from helpers.explorable_page import explorable_page
from helpers.refusals import raises

N, K, MOST = 60, 4, 20
RNG = np.random.default_rng(0)
ALL = RNG.normal(size=(N + 3, 16)) + 2 * RNG.normal(size=(6, 16))[np.arange(N + 3) % 6]
ALL[7] = ALL[13]  # equal scores
ALL = (ALL / np.linalg.norm(ALL, axis=1, keepdims=True)).astype(np.float32)
VECTORS, QUERIES = ALL[:N], ALL[N:]
LINKS = np.hstack([metrics.nearest(VECTORS, VECTORS, 5)[:, 1:], RNG.integers(N, size=(N, 1))])
NAMES = [f"item <{n}>" for n in range(N)]
ASKED = ["a & b", "second", "third"]
SCORES = QUERIES @ VECTORS.T
MARKS = ".graph-walk > svg > .graph-walk-"


def made(**changed):
    settings = {"names": NAMES, "query_names": ASKED, "caption": "Follow it", "k": K, "most": MOST}
    return graph_walk(VECTORS, QUERIES, LINKS, **settings | changed)


def told(query, ef):
    """What a page says at the end of a walk, as Python finds it."""
    walk = walk_graph(SCORES[query], LINKS, ef)
    true = np.argsort(-SCORES[query], kind="stable")[:K].tolist()
    right = len(set(walk.best[:K]) & set(true))
    best = [
        f"{NAMES[i]}, {SCORES[query, i]:.2f}".replace("-", "\u2212") + " \u2713" * (i in true)
        for i in walk.best[:K]
    ]
    return walk, f"so far: {walk.compared} of {N}. Found: {right} of the true {K} nearest.", best


def shown(page):
    return page.get_by_role("status").inner_text(), page.locator(
        ".graph-walk ol li"
    ).all_inner_texts()


def step(page):
    return page.locator("label:has-text('Step') + b").inner_text()


def visited(page):
    """Positions of the items that are drawn as visited."""
    marks = page.locator(f"{MARKS}visited").all()
    return {mark.get_attribute("transform") for mark in marks}


def positions(explorable, items):
    data = base64.b64decode(explorable.data["at"]["data"])
    at = np.frombuffer(data, np.uint16).reshape(-1, 2)
    return at[list(items)] / 65535 * [452, 352] + 14


@pytest.fixture
def page(tab, tmp_path):
    (tmp_path / "page.html").write_text(explorable_page(made()), "utf-8")
    tab.goto((tmp_path / "page.html").as_uri())
    return tab


def test_a_walk_with_a_list_as_long_as_the_collection_finds_all_that_it_reaches():
    ring = np.stack([(np.arange(N) + 1) % N, (np.arange(N) - 1) % N], axis=1)
    walk = walk_graph(SCORES[0], ring, N)
    assert walk.compared == N
    assert list(walk.best) == sorted(range(N), key=lambda i: (-SCORES[0, i], -i))
    assert walk_graph(SCORES[0], ring, 1).compared < N
    with raises(ValueError, "integer-out-of-range", 0):
        walk_graph(SCORES[0], ring, 0)


def test_names_and_links_that_do_not_fit_are_refused():
    with raises(ValueError, "graph-walk-mismatch", N, N - 1):
        made(names=NAMES[1:])
    with raises(ValueError, "graph-walk-mismatch", 3, 2):
        made(query_names=ASKED[1:])


def test_for_every_query_and_ef_the_browser_finds_and_counts_what_python_does(page):
    for query, name in enumerate(ASKED):
        page.get_by_label("Query").select_option(name)
        for ef in range(1, MOST + 1):
            page.get_by_label("ef").fill(str(ef))
            walk, said, best = told(query, ef)
            found = shown(page)
            assert found[0].endswith(said), (query, ef)
            assert found[1] == best, (query, ef)
            assert step(page) == f"{len(walk.visited)} of {len(walk.visited)}"
    assert not page.wrong


def test_steps_visit_the_items_that_python_visits_in_this_order(page):
    explorable, (walk, said, _) = made(), told(0, K)
    assert step(page) == f"0 of {len(walk.visited)}"
    assert shown(page)[0].startswith("The walk begins at item <0>.")
    for number, item in enumerate(walk.visited, start=1):
        page.get_by_role("button", name="Next step").click()
        assert shown(page)[0].startswith(f"Visited {NAMES[item]}, ")
        places = [re.findall(r"[\d.]+", each) for each in visited(page)]
        there = np.array(sorted(tuple(map(float, place)) for place in places))
        wanted = positions(explorable, walk.visited[:number])
        assert np.allclose(there, wanted[np.lexsort(wanted.T[::-1])], atol=1e-3)
    assert shown(page)[0].endswith(said) and "The end: " in shown(page)[0]
    assert page.get_by_role("button", name="Next step").is_disabled()
    page.get_by_label("Step").fill("1")
    assert shown(page)[0].startswith(f"Visited {NAMES[walk.visited[0]]}, ")
    assert page.locator(f"{MARKS}wanted").count() == K
    kinds = ["unseen", "left", "waiting", "visited"]
    assert sum(page.locator(f"{MARKS}{kind}").count() for kind in kinds) == N


def test_the_keyboard_alone_chooses_steps_and_turns_the_knob(page):
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.press("End")
    assert shown(page)[0].endswith(told(1, MOST)[1])
    page.keyboard.press("ArrowLeft")
    assert shown(page)[0].endswith(told(1, MOST - 1)[1])
    page.keyboard.press("Tab")
    page.keyboard.press("Home")
    assert step(page).startswith("0 of ")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Space")
    assert step(page).startswith("2 of ")


def test_a_finger_on_a_phone_does_the_same_and_nothing_is_wider_than_the_page(browser, tmp_path):
    (tmp_path / "page.html").write_text(explorable_page(made()), "utf-8")
    context = browser.new_context(viewport=PHONE, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto((tmp_path / "page.html").as_uri())
    page.get_by_role("button", name="Next step").tap()
    assert step(page).startswith("1 of ")
    box = page.get_by_label("ef").bounding_box()
    page.touchscreen.tap(box["x"] + box["width"] - 2, box["y"] + box["height"] / 2)
    assert shown(page)[0].endswith(told(0, MOST)[1])
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    context.close()


def test_without_a_script_the_table_has_the_ends_of_prepared_walks(browser, tmp_path):
    (tmp_path / "page.html").write_text(explorable_page(made()), "utf-8")
    context = browser.new_context(java_script_enabled=False, viewport=PHONE)
    page = context.new_page()
    page.goto((tmp_path / "page.html").as_uri())
    for query, row in enumerate(page.locator("tbody tr").all_inner_texts()):
        cells = row.split("\t")
        assert cells[0] == ASKED[query]
        for ef, cell in zip((1, 5, 10, 20), cells[1:], strict=True):
            walk, said, _ = told(query, ef)
            right = re.search(r"Found: (\d)", said)[1]
            assert cell == f"{right} of {K}, {walk.compared} compared"
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    context.close()


def test_damaged_data_are_told_in_place(tab, tmp_path):
    html = explorable_page(made()).replace('"queries":["a & b",', '"queries":[')
    (tmp_path / "page.html").write_text(html, "utf-8")
    tab.goto((tmp_path / "page.html").as_uri())
    assert "missing or damaged" in tab.locator(".explorable-problem").inner_text()
    assert tab.locator("tbody tr:visible").count() == 3


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_axe_finds_no_barrier(browser, tmp_path, scheme, viewport):
    (tmp_path / "page.html").write_text(explorable_page(made()), "utf-8")
    context = browser.new_context(viewport=viewport, color_scheme=scheme)
    page = context.new_page()
    page.goto((tmp_path / "page.html").as_uri())
    page.get_by_role("button", name="Next step").click()
    assert not barriers(page)
    context.close()
