"""Maps: a picture and a table without a script, by mouse, touch and keyboard with it."""

import base64
import gzip
import json
import re
import subprocess
import sys

import nbformat
import numpy as np
import pytest
from nbformat import v4

from embeddings_course import metrics
from embeddings_course.maps import places, show_map
from embeddings_course.maps.live_widget import ASSETS
from embeddings_course.maps.markup import MOST_KINDS, shown
from embeddings_course.maps.show import MOST_POINTS
from helpers.browser import DESKTOP, PHONE, barriers, wait_for
from helpers.jupyter_server import run, serve
from helpers.refusals import raises
from helpers.repository import ROOT

NAMES = [f"{letter}{n}" for letter in "abcd" for n in range(8)]
NAMES[9] = "a <b> & \"c\" 'd'"
FAMILY = np.repeat(["north", "east", "south", "<west>"], 8)
ZONE = np.tile(["hall", "yard"], 16)
CAPTION = "Points that gather"
STATES = [f"step {n}" for n in range(8)]
K = 5


def vectors(seed, structure=1.0):
    rng = np.random.default_rng(seed)
    middles = np.repeat(rng.normal(size=(4, 12)), 8, axis=0)
    return structure * middles + 0.4 * rng.normal(size=(32, 12))


RUNS = {
    "the log": {name: vectors(n, n / 4) for n, name in enumerate(STATES)},
    "shuffled": {name: vectors(n + 100, 0) for n, name in enumerate(STATES)},
}
AUC = [[n / 10 - 0.05 for n in range(8)], [0.5] * 8]


def long_map():
    """Two runs of eight states, points of two sorts of kinds, and a measure."""
    return show_map(
        RUNS,
        NAMES,
        caption=CAPTION,
        kinds={"Family": FAMILY, "Zone": ZONE},
        neighbours=K,
        measures={"AUC": AUC},
        label="Vectors at",
    )


def picture_map():
    """Three states, with pictures."""
    rng = np.random.default_rng(0)
    images = [rng.integers(0, 256, (40, 30 + n, 3), dtype=np.uint8) for n in range(32)]
    states = {name: vectors(n, n) for n, name in enumerate(["pixels", "untrained", "trained"])}
    return show_map(states, NAMES, caption="Pictures", kinds=FAMILY, images=images, neighbours=3)


def page_of(folder, *maps, change=lambda html: html):
    """Write a page as a book of another theme has it; return its address."""
    shown_maps = change("".join(each.html() for each in maps))
    (folder / "page.html").write_text(
        "<!doctype html><html lang=en><meta charset=utf-8><title>Page</title>"
        "<meta name=viewport content='width=device-width'>"
        "<style>:root { color-scheme: light dark }</style>"
        f"<link rel=stylesheet href='{(ASSETS / 'map.css').as_uri()}'>"
        f"<script src='{(ASSETS / 'map.js').as_uri()}'></script>"
        f"<main><h1>Page</h1>{shown_maps}</main>",
        encoding="utf-8",
    )
    return (folder / "page.html").as_uri()


def data_of(made):
    return json.loads(re.search(r'class="map-data">(.*?)</script>', made.html(), re.DOTALL)[1])


def listed(page):
    """What the list of neighbours shows: names and cosines."""
    return [tuple(line.split("\n")) for line in page.locator(".map-side li").all_inner_texts()]


def computed(state, point, k=K, names=NAMES):
    """Nearest neighbours as Python's metrics have them."""
    cosine = metrics.cosines(state)[point]
    order = [i for i in np.argsort(-cosine, kind="stable") if i != point][:k]
    return [(names[i], f"{cosine[i]:.2f}".replace("-", "\u2212")) for i in order]


def said(page):
    return page.get_by_role("status").inner_text()


def settled(page):
    """Wait until no point moves."""
    page.wait_for_function(
        """() => new Promise((done) => {
            const at = () => [...document.querySelectorAll(".map-point")].map((p) => p.style.left);
            const before = `${at()}`;
            setTimeout(() => done(`${at()}` === before), 400);
        })"""
    )


# Where points lie.


@pytest.mark.parametrize("method", ["pca", "tsne"])
def test_places_bring_groups_together_and_are_the_same_each_time(method):
    states = [vectors(0, 0), vectors(0, 1), vectors(0, 2)]
    found = places(states, method)
    assert found.shape == (3, 32, 2)
    assert found.min() == 0
    assert found.max() == 1
    assert np.array_equal(found, places(states, method))
    gaps = np.linalg.norm(found[:, :, None] - found[:, None], axis=3)  # [state, n, n]
    same = FAMILY[:, None] == FAMILY
    within, across = gaps[:, same].mean(axis=1), gaps[:, ~same].mean(axis=1)
    assert 0.8 < within[0] / across[0] < 1.2, "vectors without groups get none"
    assert within[2] / across[2] < 0.6


@pytest.mark.parametrize("method", ["pca", "tsne"])
def test_the_same_vectors_turned_lie_where_they_lay(method):
    """What differs between two pictures is what differs between the vectors, not their turn."""
    turn = np.linalg.qr(np.random.default_rng(5).normal(size=(12, 12)))[0]
    first, second = places([vectors(1, 2), 3 * vectors(1, 2) @ turn], method)
    assert np.abs(first - second).mean() < 0.1


def test_few_points_and_equal_points_have_places():
    for method in ("pca", "tsne"):
        for rows in ([[1, 0], [0, 1]], np.ones((4, 3)), np.zeros((3, 2)), np.eye(3)):
            assert np.isfinite(places([np.asarray(rows, float)], method)).all()


# What is computed, and what is refused.


def test_numbers_in_the_page_are_those_that_metrics_compute():
    made = long_map()
    data = data_of(made)
    near = np.frombuffer(base64.b64decode(data["near"]), "u1").reshape(16, 32, K)
    cosines = np.frombuffer(base64.b64decode(data["cosines"]), "i1").reshape(16, 32, K)
    states = [state for run in RUNS.values() for state in run.values()]
    for number, state in enumerate(states):
        for point in range(32):
            pairs = zip(near[number, point], cosines[number, point], strict=True)
            assert [(NAMES[i], shown(c)) for i, c in pairs] == computed(state, point)
    assert data["measures"]["AUC"][0] == -0.05
    assert data["dims"] == [12] * 16


def test_more_points_than_a_byte_counts_find_their_neighbours(tab, tmp_path):
    angle = np.linspace(0, 3, 300)
    made = show_map(
        np.column_stack([np.cos(angle), np.sin(angle)]), range(300), caption="x", at="pca"
    )
    tab.goto(page_of(tmp_path, made))
    tab.get_by_label("Find").fill("298")
    tab.keyboard.press("Enter")
    assert {name for name, _ in listed(tab)} == {"299", "297", "296", "295", "294", "293"}


def test_texts_are_escaped_and_nothing_ends_the_data():
    names = ["</script><b>", *NAMES[1:]]
    kinds = {"<i>": ["</ul>"] * 32}
    made = show_map(vectors(0), names, caption="<u>", alt='"', kinds=kinds, at="pca")
    html = made.html()
    for tag in ("<b>", "<i>", "<u>"):
        assert tag not in html
    assert html.count("</ul>") == html.count("</script>") == 1
    assert "<b>" in data_of(made)["names"][0]
    assert data_of(made)["names"][0] == "</script><b>"


BAD = np.where(np.eye(32, 12) == 1, np.nan, 1.0)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"vectors": BAD}, ("vectors-not-finite", "0")),
        ({"vectors": vectors(0)[:1], "names": ["a"]}, ("map-points-out-of-range", "1")),
        (
            {"vectors": np.ones((2001, 2)), "names": range(2001)},
            ("map-points-out-of-range", f"{MOST_POINTS:,}", "2,001"),
        ),
        ({"names": NAMES[:-1]}, ("map-names-mismatch", "(32, 12)", "31")),
        ({"vectors": np.ones(32)}, ("map-names-mismatch", "(32,)")),
        ({"vectors": {"a": vectors(0), "b": vectors(0)[:9]}}, ("map-names-mismatch", "(9, 12)")),
        ({"vectors": {}}, ("map-empty",)),
        (
            {"vectors": {"a": {"x": vectors(0)}, "b": {"y": vectors(0)}}},
            ("map-runs-mismatch",),
        ),
        ({"caption": " "}, ("map-needs-caption",)),
        ({"kinds": FAMILY[:5]}, ("map-kinds-mismatch", "'Kind'", "32", "5")),
        (
            {"vectors": np.eye(65), "names": range(65), "kinds": range(65)},
            ("map-kinds-mismatch", "65", MOST_KINDS),
        ),
        ({"images": [np.zeros((4, 4, 3), np.uint8)]}, ("map-images-mismatch", "32", "1")),
        ({"images": [np.zeros((4, 4))] * 32}, ("map-images-mismatch", "float64 (4, 4)")),
        ({"at": "umap"}, ("map-method-unknown", "'umap'", "'tsne'")),
        ({"at": np.zeros((32, 3))}, ("map-places-mismatch", "[32, 2]")),
        ({"at": np.full((32, 2), np.inf)}, ("map-places-mismatch",)),
        ({"neighbours": 32}, ("integer-out-of-range", "neighbours", "32", "31")),
        ({"start": "end"}, ("map-start-unknown", "'end'")),
        ({"measures": {"AUC": [1, 2]}}, ("map-measures-mismatch", "'AUC'", "(2,)")),
        ({"measures": {"AUC": [np.nan]}}, ("map-measure-not-finite", "'AUC'")),
    ],
)
def test_what_cannot_be_shown_is_refused_with_a_sentence(changes, message):
    arguments = {"vectors": vectors(0), "names": NAMES, "caption": "x", "at": "pca"} | changes
    with raises(ValueError, *message):
        show_map(arguments.pop("vectors"), arguments.pop("names"), **arguments)


@pytest.mark.parametrize(
    ("states", "message"),
    [
        ([], ("map-without-states",)),
        ([np.ones((1, 3))], ("map-too-few-points",)),
        ([np.ones((3, 3)), np.ones((4, 3))], ("map-states-mismatch", "3, 4")),
        ([BAD], ("vectors-not-finite",)),
    ],
)
def test_states_that_cannot_be_placed_are_refused(states, message):
    with raises(ValueError, *message):
        places(states)


# What is in the output of a cell.


def test_book_gets_data_and_readers_of_a_saved_notebook_the_picture_and_the_table(monkeypatch):
    made = long_map()
    monkeypatch.setenv("COURSE_BOOK_BUILD", "1")
    built = made._repr_mimebundle_()
    assert built == long_map()._repr_mimebundle_(), "a page that runs again must show the same"
    assert built["text/html"] == made.html()
    assert built["text/plain"] == f"Map {CAPTION!r}: 32 points, 16 states"
    monkeypatch.delenv("COURSE_BOOK_BUILD")
    saved = made._repr_mimebundle_()
    assert set(saved) == {"text/plain", "text/html"}, "no kernel here"
    assert saved["text/html"].startswith("<style>")
    assert "script" not in saved["text/html"]
    assert saved["text/html"].count('class="map-point') == 32


MAP = """\
from embeddings_course.maps import show_map

names = [letter * 4 for letter in "xyz"]
show_map([[1, 0], [0, 1], [1, 1]], names, caption="Three", neighbours=1)
"""


def test_only_a_page_with_a_map_loads_what_maps_need(small_book):
    small_book.page("two", MAP)
    small_book.render()
    for name in ("map.css", "map.js"):
        assert name in small_book.text("two")
        assert name not in small_book.text("one")
        assert (small_book.html / "_static" / name).is_file()
    assert small_book.text("two").count('class="map-point') == 3
    assert "xxxx" in small_book.text("two")
    searched = (small_book.html / "searchindex.js").read_text(encoding="utf-8")
    assert "xxxx" not in searched, "each page loads all words that can be searched"
    assert "two" in searched


def test_using_maps_without_a_notebook_loads_no_widgets():
    code = (
        "import sys; from embeddings_course.maps import *; "
        "print({'anywidget', 'ipywidgets', 'torch'} & set(sys.modules))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert ran.stdout.strip() == "set()", ran.stderr


def test_script_and_style_are_small():
    for kind, most in (("*.js", 9_000), ("*.css", 4_000)):
        whole = b"".join(path.read_bytes() for path in sorted(ASSETS.glob(kind)))
        assert len(gzip.compress(whole)) <= most


# By hand.


@pytest.fixture
def page(tab, tmp_path):
    tab.goto(page_of(tmp_path, long_map()))
    return tab


def at(page, name):
    """Where a point is on the screen."""
    box = page.locator(".map-point").nth(NAMES.index(name)).bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_mouse_points_chooses_and_follows_a_point_through_states_and_runs(page):
    page.mouse.move(*at(page, "a3"))
    assert page.locator(".map-tip").inner_text() == "a3, north, yard"
    page.mouse.click(*at(page, "a3"))
    assert listed(page) == computed(RUNS["the log"]["step 0"], 3)
    assert said(page).startswith("Nearest to a3, north, yard: ")
    assert page.locator(".map-lines line").count() == K
    assert "12 numbers" in page.locator(".map-about").inner_text()
    page.get_by_label("Vectors at").fill("7")
    assert page.locator(".map-range .map-value").inner_text() == "step 7"
    assert listed(page) == computed(RUNS["the log"]["step 7"], 3)
    assert page.locator(".map-measure .map-value").inner_text() == "0.65"
    page.get_by_role("radio", name="shuffled").check()
    assert listed(page) == computed(RUNS["shuffled"]["step 7"], 3)
    assert page.locator(".map-measure .map-value").inner_text() == "0.50"
    settled(page)
    first = page.locator(".map-lines line").first
    point = page.locator(".map-point").nth(3)
    ends = page.evaluate(
        "([line, point]) => [line.getAttribute('x1'), point.style.left].map(parseFloat)",
        [first.element_handle(), point.element_handle()],
    )
    assert ends[0] == pytest.approx(ends[1], abs=0.01)
    page.locator(".map-side button").first.click()  # a neighbour is chosen from the list
    name = computed(RUNS["shuffled"]["step 7"], 3)[0][0]
    assert page.locator(".map-heading").inner_text().split() == ["Nearest", "to", name]
    page.mouse.click(*at(page, name))
    box = page.locator(".map-plot").bounding_box()
    page.mouse.click(box["x"] + 1, box["y"] + 1)  # nothing is there
    assert page.locator(".map-lines line").count() == 0
    assert listed(page) == []
    assert not page.wrong


def test_points_move_from_state_to_state_and_jump_where_a_reader_wants_no_motion(page):
    def left():
        return page.locator(".map-point").first.evaluate("p => parseFloat(p.style.left)")

    settled(page)
    before = left()
    page.get_by_label("Vectors at").fill("7")
    places_seen = page.evaluate(
        """() => new Promise((done) => {
            const seen = new Set();
            const look = () => {
                seen.add(document.querySelector(".map-point").style.left);
                if (seen.size < 5) requestAnimationFrame(look); else done([...seen]);
            };
            look();
        })"""
    )
    assert len(places_seen) == 5
    settled(page)
    assert left() != before
    page.emulate_media(reduced_motion="reduce")
    page.get_by_label("Vectors at").fill("0")
    page.wait_for_timeout(60)
    assert left() == before


def test_play_goes_through_all_states_and_ends(page):
    page.clock.install()
    play = page.get_by_role("button", name="Play")
    play.click()
    page.clock.run_for(450 * 3)
    assert page.locator(".map-range .map-value").inner_text() == "step 3"
    page.get_by_role("button", name="Pause").click()
    page.clock.run_for(2000)
    assert page.locator(".map-range .map-value").inner_text() == "step 3"
    play.click()
    page.clock.run_for(10_000)
    assert page.locator(".map-range .map-value").inner_text() == "step 7"
    assert play.is_visible()


def test_keyboard_alone_reaches_every_point_chooses_and_leaves(page):
    plot = page.locator(".map-plot")
    for _ in range(12):
        page.keyboard.press("Tab")
        if plot.evaluate("p => p === document.activeElement"):
            break
    assert said(page) == "a0, north, hall."
    seen = {said(page)}
    rng = np.random.default_rng(0)
    for key in rng.choice(["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"], 400):
        before = page.locator(".map-ring").bounding_box()
        page.keyboard.press(key)
        after = page.locator(".map-ring").bounding_box()
        side = "x" if key in ("ArrowLeft", "ArrowRight") else "y"
        sign = 1 if key in ("ArrowRight", "ArrowDown") else -1
        assert sign * (after[side] - before[side]) >= 0, key
        seen.add(said(page))
    assert len(seen) >= 28
    name = page.locator(".map-tip").inner_text().split(",")[0]
    page.keyboard.press("Enter")
    assert listed(page) == computed(RUNS["the log"]["step 0"], NAMES.index(name))
    page.keyboard.press("Escape")
    assert listed(page) == []
    page.keyboard.press("Shift+Tab")  # the search
    page.keyboard.type("d7")
    assert "1 of 32 fit" in said(page)
    page.keyboard.press("Enter")
    assert listed(page) == computed(RUNS["the log"]["step 0"], 31)
    page.keyboard.press("Shift+Tab")  # colours
    page.keyboard.press("ArrowRight")
    assert page.locator(".map-legend:visible").inner_text().split() == ["hall", "yard"]
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Shift+Tab")  # the slider
    page.keyboard.press("End")
    assert listed(page) == computed(RUNS["the log"]["step 7"], 31)
    assert not page.wrong


@pytest.mark.parametrize("make", [long_map, picture_map], ids=["dots", "pictures"])
def test_touch_on_a_phone_chooses_and_nothing_is_wider_than_the_window(browser, tmp_path, make):
    context = browser.new_context(viewport=PHONE, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto(page_of(tmp_path, make()))
    x, y = at(page, "b5")
    page.touchscreen.tap(x + 2, y + 2)
    heading = page.locator(".map-heading strong").inner_text()
    chosen = NAMES.index(heading)
    state = RUNS["the log"]["step 0"] if make is long_map else vectors(0, 0)
    assert listed(page) == computed(state, chosen, K if make is long_map else 3)
    assert abs(at(page, heading)[0] - x) < 26
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for text in page.locator(".map *:visible").filter(has_text=re.compile(r"\S")).all():
        assert text.evaluate("e => parseFloat(getComputedStyle(e).fontSize)") >= 12
    context.close()


@pytest.mark.parametrize("tab", [PHONE], indirect=True)
@pytest.mark.parametrize("letters", [30, 90])
def test_a_long_name_stays_within_the_map(tab, tmp_path, letters):
    names = [letter * letters for letter in "abcdef"]
    tab.goto(page_of(tmp_path, show_map(np.eye(6), names, caption="x", at="pca", neighbours=2)))
    plot = tab.locator(".map-plot").bounding_box()
    for name in names:
        tab.get_by_label("Find").fill(name)
        tab.keyboard.press("Enter")
        tip = tab.locator(".map-tip").bounding_box()
        assert plot["x"] <= tip["x"]
        assert tip["x"] + tip["width"] <= plot["x"] + plot["width"] + 1
        assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_search_and_legend_dim_what_does_not_fit(page):
    page.get_by_label("Find").fill(" B")
    assert said(page) == "8 of 32 fit. Enter chooses the first."  # one of them with <b>
    assert page.locator(".map-point.map-out").count() == 24
    page.get_by_label("Find").fill("nobody")
    assert said(page) == "0 of 32 fit."
    page.keyboard.press("Enter")
    assert listed(page) == []
    page.get_by_label("Find").fill("")
    east = page.get_by_role("button", name="east")
    east.click()
    assert page.locator(".map-point.map-out").count() == 24
    assert east.get_attribute("aria-pressed") == "true"
    east.click()
    assert page.locator(".map-point.map-out").count() == 0


def test_kinds_differ_in_shape_as_well_as_in_colour(tab, tmp_path):
    made = show_map(np.eye(64), range(64), kinds=range(64), caption="x", at="pca")
    tab.goto(page_of(tmp_path, made))
    marks = tab.locator(".map-point").evaluate_all("all => all.map((p) => p.className)")
    assert len(set(marks)) == 64


def test_table_has_all_points_and_follows_the_state(page):
    page.get_by_label("Vectors at").fill("6")
    page.get_by_text("All points as a table").click()
    table = page.get_by_role("table", name="the log, step 6")
    table.wait_for()
    rows = table.locator("tbody tr")
    assert rows.count() == 32
    found = computed(RUNS["the log"]["step 6"], 9)[:3]
    assert rows.nth(9).locator("td").last.inner_text() == ", ".join(map(" ".join, found))
    assert rows.nth(9).locator("th").inner_text() == NAMES[9]


def test_screen_reader_gets_names_roles_and_values(page):
    group = page.get_by_role("group", name=CAPTION)
    plot = group.get_by_role("application")
    assert "Arrow keys" in plot.get_attribute("aria-label")
    assert (
        group.get_by_role("slider", name="Vectors at").get_attribute("aria-valuetext") == "step 0"
    )
    assert group.get_by_role("radio", name="shuffled").count() == 1
    assert group.get_by_role("searchbox", name="Find").count() == 1


def test_without_script_there_is_the_picture_of_the_last_state_a_legend_and_the_table(
    browser, tmp_path
):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    made = picture_map()
    page.goto(page_of(tmp_path, made))
    assert page.get_by_role("img", name="Pictures").is_visible()
    points = page.locator(".map-point")
    assert points.count() == 32
    box = page.locator(".map-plot").bounding_box()
    for number in (0, 31):
        there = points.nth(number).bounding_box()
        middle = (there["x"] + there["width"] / 2 - box["x"]) / box["width"]
        assert middle == pytest.approx(made.content["at"][2, number, 0], abs=0.01)
    assert points.first.get_attribute("title") == "a0"
    assert page.locator(".map-legend").is_visible()
    assert not page.locator("input:visible, button:visible").count()
    page.get_by_text("All points as a table").click()
    assert page.locator("tbody tr").count() == 32
    context.close()


@pytest.mark.parametrize(
    "change",
    [
        lambda html: re.sub("<script type.*?</script>", "", html),
        lambda html: html.replace('"names":["a0",', '"names":['),
        lambda html: html.replace('"near":"', '"near":"?'),
    ],
    ids=["gone", "too few", "not base64"],
)
def test_data_that_are_missing_or_damaged_are_told_in_place_and_the_picture_stays(
    tab, tmp_path, change
):
    tab.goto(page_of(tmp_path, long_map(), change=change))
    assert "missing or damaged" in tab.locator(".map .map-problem").inner_text()
    assert tab.get_by_role("img", name=CAPTION).is_visible()
    assert tab.locator(".map-form").count() == 0
    assert not tab.wrong


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_axe_finds_no_barrier(browser, tmp_path, scheme, viewport, script):
    context = browser.new_context(viewport=viewport, color_scheme=scheme)
    page = context.new_page()
    address = page_of(tmp_path, long_map(), picture_map())
    if not script:
        file = tmp_path / "page.html"
        whole = file.read_text("utf-8")
        file.write_text(re.sub("<script (src|type).*?</script>", "", whole), "utf-8")
    page.goto(address)
    assert page.locator(".map-form").count() == (2 if script else 0)
    if script:
        page.locator(".map-plot").first.click()
        page.locator(".map-plot").first.press("Enter")
        page.locator(".map-legend button").first.click()
    page.evaluate("document.querySelectorAll('details').forEach((each) => (each.open = true))")
    assert not barriers(page)
    context.close()


# Alive.


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A Jupyter server with a notebook of one cell; gives its address and the folder it shows."""
    folder = tmp_path_factory.mktemp("notebooks")
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    for name in ("map-lab", "map-notebook"):
        (folder / name).mkdir()
        notebook = v4.new_notebook(cells=[v4.new_code_cell(MAP)], metadata={"kernelspec": kernel})
        nbformat.write(notebook, folder / name / "map.ipynb")
    with serve(folder, tmp_path_factory.mktemp("home")) as address:
        yield address, folder


def test_a_notebook_shows_a_live_map_of_a_persons_own_vectors(notebook):
    page, folder = notebook("map")
    run(page)
    cells = page.locator(".jp-CodeCell").count()
    group = page.get_by_role("group", name="Three").locator("visible=true").first
    group.get_by_label("Find").fill("xxxx")
    page.keyboard.press("Enter")
    group.get_by_text("Nearest to xxxx:").wait_for(state="attached")
    assert group.locator(".map-side li").inner_text().split() == ["zzzz", "0.71"]
    # Arrows and letters belong to the map, not to the notebook.
    group.locator(".map-plot").focus()
    for key in ("b", "ArrowDown", "ArrowUp", "ArrowLeft", "ArrowRight", "Enter"):
        page.keyboard.press(key)
    assert page.locator(".jp-CodeCell").count() == cells
    assert not barriers(page, ".map")
    page.keyboard.press("Escape")
    page.keyboard.press("Control+s")
    path = next(folder.glob("*.ipynb"))
    wait_for(lambda: nbformat.read(path, as_version=4).cells[0].get("outputs"))
    outputs = nbformat.read(path, as_version=4).cells[0].outputs
    assert outputs[0].data["text/html"].count('class="map-point') == 3, "without a kernel"
    assert "run this cell again" in outputs[1].data["text/html"]
