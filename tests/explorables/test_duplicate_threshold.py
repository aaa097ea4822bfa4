"""A threshold over pairs: the numbers, the pairs and the archive that Python computes."""

import re

import numpy as np
import pytest

from embeddings_course import metrics
from embeddings_course.explorables import duplicate_threshold
from helpers.browser import DESKTOP, PHONE, barriers
from helpers.explorable_page import explorable_page
from helpers.refusals import raises

THING = np.repeat(np.arange(12), 4)


@pytest.fixture(scope="module")
def made():
    rng = np.random.default_rng(0)
    kinds = np.repeat(rng.normal(size=(4, 16)), 3, axis=0)  # of each thing
    things = kinds + 0.6 * rng.normal(size=(12, 16))
    cosines = metrics.cosines(things[THING] + 0.6 * rng.normal(size=(48, 16)))
    images = rng.integers(0, 256, (48, 16, 16, 3), dtype=np.uint8)
    labels = [f"<thing> {n}" for n in THING]
    return cosines, duplicate_threshold(cosines, THING, images, labels)


@pytest.fixture
def page(tab, tmp_path, made):
    (tmp_path / "page.html").write_text(explorable_page(made[1]), encoding="utf-8")
    tab.goto((tmp_path / "page.html").as_uri())
    return tab


def pairs_of(cosines):
    return [
        (cosines[a, b], THING[a] == THING[b], {a, b}) for a in range(48) for b in range(a + 1, 48)
    ]


def archive(cosines, threshold):
    """Chain reported pairs by hand; keep the first picture of each group."""
    group = list(range(48))
    for cosine, _, both in pairs_of(cosines):
        if cosine >= threshold:
            low, high = sorted(group[each] for each in both)
            group = [low if each == high else each for each in group]
    kept = sorted({group.index(each) for each in group})
    return len(kept), 12 - len(set(THING[kept]))


def computed(cosines, threshold, size=None):
    told = [same for cosine, same, _ in pairs_of(cosines) if cosine >= threshold]
    same = sum(each for _, each, _ in pairs_of(cosines))
    different = len(pairs_of(cosines)) - same
    recall, wrong = sum(told) / same, (len(told) - sum(told)) / different
    precision = sum(told) / len(told) if told else 1
    if size:
        base = 1 / (size - 1)
        hits = base * recall
        precision = hits / (hits + (1 - base) * wrong) if told else 1
    kept, lost = archive(cosines, threshold)
    numbers = [f"{precision:.3f}", f"{recall:.3f}", str(len(told) - sum(told))]
    return [*numbers, f"{kept} of 48", f"{lost} of 12"]


def shown(page):
    return page.locator(".duplicate-threshold-numbers dd").all_inner_texts()


@pytest.mark.parametrize("place", [0, 7, 20, 33, 45])
def test_each_threshold_shows_the_numbers_that_python_computes(page, made, place):
    page.get_by_role("slider", name="Threshold").fill(str(place))
    threshold = (50 + place) / 100
    assert page.locator(".duplicate-threshold-value").inner_text() == f"{threshold:.2f}"
    assert shown(page) == computed(made[0], threshold)
    page.get_by_role("radio", name="10,000", exact=True).click()
    assert shown(page) == computed(made[0], threshold, 10_000)
    assert shown(page)[0] in page.get_by_role("status").inner_text()
    assert not page.wrong


def test_pairs_beside_the_threshold_are_the_next_ones_with_their_truth(page, made):
    cosines, _ = made
    truth = {f"{cosine:.3f}": same for cosine, same, _ in pairs_of(cosines)}
    listed = sorted(float(each) for each in truth)
    for place in (5, 20, 40):
        page.get_by_role("slider", name="Threshold").fill(str(place))
        threshold = (50 + place) / 100
        above, below = (
            each.locator("li").all_inner_texts()
            for each in page.locator(".duplicate-threshold-pairs").all()
        )
        if max(listed) >= threshold:
            assert f"{min(n for n in listed if n >= threshold):.3f}" in above[-1]
        for texts, reported in ((above, True), (below, False)):
            for text in texts:
                cosine = re.search(r"0\.\d{3}", text)[0]
                assert (float(cosine) >= threshold) == reported
                assert text.strip().startswith("✓" if truth[cosine] == reported else "✗")
                assert text.endswith("copy" if truth[cosine] else "two photographs")


def test_the_lines_are_the_precision_and_recall_of_all_thresholds(page, made):
    def heights(name):
        points = page.locator(f"polyline.duplicate-threshold-{name}").get_attribute("points")
        return np.array([float(each.split(",")[1]) for each in points.split()])

    for size, radio in ((None, "this one"), (100_000, "100,000")):
        page.get_by_role("radio", name=radio, exact=True).click()
        for name, number in (("precision", 0), ("recall", 1)):
            wanted = [float(computed(made[0], n / 100, size)[number]) for n in (50, 60, 80)]
            assert heights(name)[[0, 10, 30]] == pytest.approx(108 - 98 * np.array(wanted))


def test_keyboard_alone_moves_the_threshold_and_changes_the_archive(page, made):
    page.keyboard.press("Tab")
    for _ in range(3):
        page.keyboard.press("ArrowLeft")
    assert shown(page) == computed(made[0], 0.67)
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    assert shown(page) == computed(made[0], 0.67, 1_000)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("tab", [PHONE, DESKTOP], indirect=True, ids=["phone", "desktop"])
def test_no_barriers_nothing_too_wide_and_targets_that_a_finger_hits(tab, tmp_path, made, scheme):
    tab.emulate_media(color_scheme=scheme)
    (tmp_path / "page.html").write_text(explorable_page(made[1]), encoding="utf-8")
    tab.goto((tmp_path / "page.html").as_uri())
    assert barriers(tab) == []
    assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for target in tab.locator(".explorable-stage input").all():
        box = target.bounding_box()
        assert min(box["width"], box["height"]) >= 24
    for text in tab.locator(".duplicate-threshold-plot text").all():
        assert text.bounding_box()["height"] >= 12
    assert not tab.wrong


def test_a_finger_moves_the_threshold(browser, tmp_path, made):
    context = browser.new_context(viewport=PHONE, has_touch=True)
    (tmp_path / "page.html").write_text(explorable_page(made[1]), encoding="utf-8")
    page = context.new_page()
    page.goto((tmp_path / "page.html").as_uri())
    box = page.get_by_role("slider", name="Threshold").bounding_box()
    page.touchscreen.tap(box["x"] + box["width"] - 2, box["y"] + box["height"] / 2)
    assert shown(page) == computed(made[0], 0.95)
    page.get_by_text("1,000", exact=True).tap()
    assert shown(page) == computed(made[0], 0.95, 1_000)
    context.close()


def test_without_a_script_five_thresholds_are_there(made):
    html = made[1].readable_html()
    assert "<thing>" not in made[1].html()
    for n in (50, 60, 70, 80, 90):
        precision, recall, wrong, kept, _ = computed(made[0], n / 100)
        line = re.search(rf">{n / 100:.2f}</th>(.*?)</tr>", html)[1]
        cells = re.findall(r"<td>([\d.,]+)</td>", line)
        assert (cells[0], *cells[4:7]) == (precision, recall, wrong, kept.split()[0])


def test_what_does_not_fit_is_refused(made):
    with raises(ValueError, "duplicate-threshold-mismatch", "48", "2"):
        duplicate_threshold(made[0], THING, np.zeros((48, 8, 8, 3), np.uint8), ["a", "b"])
    with raises(ValueError, "duplicate-threshold-none"):
        duplicate_threshold(made[0], np.arange(48), np.zeros((48, 8, 8, 3), np.uint8), ["a"] * 48)
