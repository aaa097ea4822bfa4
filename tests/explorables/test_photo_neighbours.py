"""Photographs and their neighbours: what is shown is what Python computes, by hand and by key."""

import re

import numpy as np
import pytest

from embeddings_course import metrics
from embeddings_course.data import photos
from embeddings_course.explorables import photo_neighbours
from helpers.browser import DESKTOP, PHONE, barriers
from helpers.explorable_page import explorable_page
from helpers.refusals import raises

CAMERAS = ["astronaut", "brick", "chelsea", "coffee", "coins"]


@pytest.fixture(scope="module")
def made():
    queries, gallery = (
        photos.frames(side, per_camera=n, size=32, cameras=CAMERAS)
        for side, n in (("right", 1), ("left", 3))
    )
    rng = np.random.default_rng(0)
    pixels, guessed = (
        [each.images.reshape(len(each), -1) / 255 for each in (queries, gallery)],
        [rng.normal(size=(len(each), 8)) for each in (queries, gallery)],
    )
    cosines = {"pixels": metrics.cosines(*pixels), "<guess>": metrics.cosines(*guessed)}
    return queries, gallery, cosines, photo_neighbours(queries, gallery, cosines)


@pytest.fixture
def page(tab, tmp_path, made):
    (tmp_path / "page.html").write_text(explorable_page(made[3]), encoding="utf-8")
    tab.goto((tmp_path / "page.html").as_uri())
    return tab


def computed(made, asked):
    """Marks and cosines of the five nearest, by each method."""
    queries, gallery, cosines, _ = made
    found = []
    for each in cosines.values():
        order = np.argsort(-each[asked], kind="stable")[:5]
        right = gallery.camera[order] == queries.camera[asked]
        numbers = [f"{value:.2f}".replace("-", "\u2212") for value in each[asked, order]]
        found.append(
            [f"{'✓' if fits else '✗'} {n}" for fits, n in zip(right, numbers, strict=True)]
        )
    return found


def shown(page):
    rows = page.locator(".photo-neighbours-found").all()
    return [[each.strip() for each in row.locator("li").all_inner_texts()] for row in rows]


def tallies(page):
    return page.locator(".photo-neighbours-tally").all_inner_texts()


def right(made, asked):
    queries, gallery, cosines, _ = made
    first = [gallery.camera[each.argmax(axis=1)] == queries.camera for each in cosines.values()]
    return [f"first place right: {each[asked].sum()} of {len(asked)}" for each in first]


def test_a_click_shows_the_neighbours_that_python_finds_and_counts_what_was_chosen(page, made):
    assert shown(page) == computed(made, 0)
    assert tallies(page) == right(made, [0])
    page.get_by_role("radio", name="coffee").click()
    assert shown(page) == computed(made, 3)
    page.get_by_role("radio", name="brick").click()
    page.get_by_role("radio", name="coffee").click()  # counts once
    assert tallies(page) == right(made, [0, 3, 1])
    assert page.get_by_role("status").inner_text().startswith("A frame of coffee: found")
    page.get_by_role("button", name="Ask with all 5").click()
    assert tallies(page) == right(made, range(5))
    assert tallies(page)[0] in page.get_by_role("status").inner_text()
    assert not page.wrong


def test_a_photograph_is_named_by_its_camera_and_cut_from_its_place_in_the_sheet(page, made):
    queries, gallery, cosines, explorable = made
    nearest = len(queries) + cosines["pixels"][0].argmax()
    first = page.locator(".photo-neighbours-found .explorable-photo").first
    camera = gallery.names[gallery.camera[nearest - len(queries)]]
    assert first.get_attribute("aria-label").split(",")[0] == camera
    row, column = divmod(nearest, explorable.sheet.columns)
    style = first.get_attribute("style")
    assert [int(n) for n in re.findall(r": (\d+)", style)] == [row, column]


def test_keyboard_alone_asks_with_each(page, made):
    page.keyboard.press("Tab")
    outline = "getComputedStyle(document.activeElement).outlineStyle"
    assert page.evaluate(outline) == "solid"
    for asked in (1, 2, 3):
        page.keyboard.press("ArrowRight")
        assert shown(page) == computed(made, asked)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert tallies(page) == right(made, range(5))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("tab", [PHONE, DESKTOP], indirect=True, ids=["phone", "desktop"])
def test_no_barriers_nothing_too_wide_and_targets_that_a_finger_hits(tab, tmp_path, made, scheme):
    tab.emulate_media(color_scheme=scheme)
    (tmp_path / "page.html").write_text(explorable_page(made[3]), encoding="utf-8")
    tab.goto((tmp_path / "page.html").as_uri())
    assert barriers(tab) == []
    assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for target in tab.locator(".explorable-stage :is(input, button)").all():
        box = target.bounding_box()
        assert min(box["width"], box["height"]) >= 24
    assert not tab.wrong


def test_a_finger_chooses(browser, tmp_path, made):
    context = browser.new_context(viewport=PHONE, has_touch=True)
    (tmp_path / "page.html").write_text(explorable_page(made[3]), encoding="utf-8")
    page = context.new_page()
    page.goto((tmp_path / "page.html").as_uri())
    page.get_by_role("radio", name="coins").tap()
    assert shown(page) == computed(made, 4)
    context.close()


def test_without_a_script_two_photographs_and_the_whole_count_are_there(made):
    html = made[3].readable_html()
    assert "&lt;guess&gt;" in html and "<guess>" not in made[3].html()
    assert html.count("Nearest to a frame of") == 2
    for count in right(made, range(5)):
        assert f"<td>{count.removeprefix('first place right: ')}</td>" in html
    for asked in (0, 2):
        for marks in computed(made, asked):
            ticks = "".join(mark[0] for mark in marks)
            assert ticks in re.sub(r"<span[^>]*></span>| ", "", html)


def test_cosines_that_do_not_fit_are_refused(made):
    queries, gallery, cosines, _ = made
    with raises(ValueError, "photo-neighbours-mismatch", "5", "15", "(15, 5)"):
        photo_neighbours(queries, gallery, {"pixels": cosines["pixels"].T})
