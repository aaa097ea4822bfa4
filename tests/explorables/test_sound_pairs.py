"""Sounds and pairs of them: heard, compared, by mouse, touch and keyboard, and without a script."""

import base64
import io
import re
import wave

import numpy as np
import pytest

from embeddings_course.explorables import sound_pairs
from helpers.browser import DESKTOP, PHONE, barriers, wait_for
from helpers.explorable_page import explorable_page
from helpers.refusals import raises

RATE = 8000
NAMES = ["low <hum>", "hum & hiss", "knocks", "squeal"]
HEARD = ["a hum", "a <hiss>", "knocks", "a squeal"]
CAPTION = "Choose a sound"
TIME = np.arange(RATE // 2) / RATE
WAVES = np.stack([0.4 * np.sin(2 * np.pi * hertz * TIME) for hertz in (200, 500, 900, 2000)])


def tables():
    found = {}
    for seed, name in enumerate(["backbone", "mean & deviation"]):
        rows = np.random.default_rng(seed).normal(size=(4, 6))
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        found[name] = rows @ rows.T
    return found


TABLES = tables()


def made(**changed):
    settings = {"names": NAMES, "heard": HEARD, "cosines": TABLES, "caption": CAPTION}
    return sound_pairs(WAVES, RATE, **settings | changed)


def expected(first, second):
    """Cosine and place of the second sound seen from the first, for each kind of vector."""
    rows = []
    for table in TABLES.values():
        others = [n for n in np.argsort(-table[first]) if n != first]
        place = {1: "nearest", 2: "2nd nearest", 3: "3rd nearest"}[others.index(second) + 1]
        rows.append((f"{table[first, second]:.2f}".replace("-", "\u2212"), place))
    return rows


def shown(page):
    cells = page.locator(".explorable-stage tr").all()
    return [tuple(row.locator("td").nth(n).inner_text() for n in (0, 2)) for row in cells]


def pressed(page):
    return page.locator("button[aria-pressed=true]").all_inner_texts()


def playing(page):
    """Numbers of the sounds that are heard."""
    return page.evaluate(
        "[...document.querySelectorAll('audio')].flatMap((a, n) => (a.paused ? [] : [n]))"
    )


@pytest.fixture
def page(tab, tmp_path):
    (tmp_path / "page.html").write_text(explorable_page(made()), "utf-8")
    tab.goto((tmp_path / "page.html").as_uri())
    return tab


def test_the_page_holds_the_sounds_that_were_given():
    (first, *rest) = re.findall(r'src="data:audio/wav;base64,(.*?)"', made().html())
    with wave.open(io.BytesIO(base64.b64decode(first))) as file:
        assert (file.getframerate(), file.getnframes(), file.getsampwidth()) == (RATE, 4000, 1)
        heard = np.frombuffer(file.readframes(4000), np.uint8) / 127 - 128 / 127
    assert np.abs(heard - WAVES[0]).max() < 0.005
    assert len(rest) == 3


def test_texts_and_tables_that_do_not_fit_the_sounds_are_refused():
    with raises(ValueError, "sound-pairs-mismatch", 4, 3):
        made(names=NAMES[:3])
    with raises(ValueError, "sound-pairs-mismatch", 4):
        made(cosines={"backbone": np.eye(3)})


def test_nothing_sounds_by_itself_and_the_first_pair_is_compared(page):
    assert playing(page) == []
    assert pressed(page) == NAMES[:2]
    assert shown(page) == expected(0, 1)
    assert not page.wrong


def test_a_click_plays_with_a_moving_line_and_compares_with_the_sound_before(page):
    page.get_by_role("button", name="squeal").click()
    assert pressed(page) == [NAMES[1], NAMES[3]]
    assert shown(page) == expected(1, 3)
    said = page.get_by_role("status").inner_text()
    assert said.startswith("squeal: a squeal. To hum & hiss, by backbone: ")
    line = page.locator(".sound-pairs-line").nth(3)
    wait_for(
        lambda: line.is_visible() and float(line.evaluate("l => parseFloat(l.style.left)")) > 5
    )
    assert playing(page) == [3]
    page.get_by_role("button", name="knocks").click()
    wait_for(lambda: playing(page) in ([2], []))
    assert shown(page) == expected(3, 2)
    wait_for(lambda: playing(page) == [] and not page.locator(".sound-pairs-line:visible").count())
    assert not page.wrong


def test_choosing_the_sound_that_plays_stops_it(page):
    page.evaluate("document.querySelectorAll('audio').forEach((a) => (a.playbackRate = 0.1))")
    squeal = page.get_by_role("button", name="squeal")
    squeal.click()
    wait_for(lambda: playing(page) == [3])
    squeal.click()
    assert playing(page) == []
    assert shown(page) == expected(1, 3)


def test_every_pair_has_the_numbers_that_python_has(page):
    first = 1
    for second in (2, 0, 3, 1, 2, 3, 0, 1, 3, 2, 1, 0, 2):
        page.get_by_role("button", name=NAMES[second]).click()
        assert shown(page) == expected(first, second)
        first = second


def test_the_keyboard_alone_plays_and_compares(page):
    for _ in range(3):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    wait_for(lambda: playing(page) == [2])
    assert shown(page) == expected(1, 2)
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    assert shown(page) == expected(2, 3)


def test_a_browser_that_plays_nothing_says_so_and_tells_what_is_to_be_heard(page):
    refuse = "Promise.reject(new DOMException('', 'NotAllowedError'))"
    page.evaluate(f"void (HTMLMediaElement.prototype.play = () => {refuse})")
    page.get_by_role("button", name="squeal").click()
    said = page.get_by_role("status")
    wait_for(lambda: "does not let the sound play. squeal: a squeal" in said.inner_text())
    assert shown(page) == expected(1, 3)
    assert not page.wrong


def test_a_finger_on_a_phone_does_the_same_and_nothing_is_wider_than_the_page(browser, tmp_path):
    (tmp_path / "page.html").write_text(explorable_page(made()), "utf-8")
    context = browser.new_context(viewport=PHONE, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto((tmp_path / "page.html").as_uri())
    page.get_by_role("button", name="knocks").tap()
    assert shown(page) == expected(1, 2)
    wait_for(lambda: playing(page) == [2])
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    context.close()


def test_without_a_script_all_can_be_heard_and_read(browser, tmp_path):
    (tmp_path / "page.html").write_text(explorable_page(made()), "utf-8")
    context = browser.new_context(java_script_enabled=False, viewport=PHONE)
    page = context.new_page()
    page.goto((tmp_path / "page.html").as_uri())
    assert page.locator("audio:visible").count() == page.locator("img:visible").count() == 4
    assert page.get_by_text("low <hum>: a hum").is_visible()
    near = page.locator("tbody tr").all_inner_texts()
    for number, row in enumerate(near):
        others = [np.where(np.arange(4) == number, -2, table[number]) for table in TABLES.values()]
        cells = [f"{NAMES[o.argmax()]}, {o.max():.2f}".replace("-", "\u2212") for o in others]
        assert row.split("\t") == [NAMES[number], *cells]
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    context.close()


def test_damaged_data_are_told_in_place(tab, tmp_path):
    html = explorable_page(made()).replace('"shape":[2,4,4]', '"shape":[2,4,5]')
    (tmp_path / "page.html").write_text(html, "utf-8")
    tab.goto((tmp_path / "page.html").as_uri())
    assert "missing or damaged" in tab.locator(".explorable-problem").inner_text()
    assert tab.locator("audio:visible").count() == 4


CELL = """\
import numpy as np
from embeddings_course.explorables import sound_pairs

waves, names = np.ones((2, 4000)) / 2, ["one", "two"]
sound_pairs(waves, 8000, names=names, heard=names, cosines={"a": np.eye(2)}, caption="Sounds")
"""


def test_in_the_book_a_sound_is_one_button_and_not_a_figure_to_enlarge(small_book, tab):
    small_book.page("one", CELL)
    small_book.render()
    tab.goto((small_book.html / "book" / "one.html").as_uri())
    assert tab.locator(".explorable button").all_inner_texts() == ["one", "two"]
    assert not tab.wrong


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_axe_finds_no_barrier(browser, tmp_path, scheme, viewport):
    (tmp_path / "page.html").write_text(explorable_page(made()), "utf-8")
    context = browser.new_context(viewport=viewport, color_scheme=scheme)
    page = context.new_page()
    page.goto((tmp_path / "page.html").as_uri())
    page.get_by_role("button", name="squeal").click()
    page.get_by_role("button", name="squeal").focus()
    assert not barriers(page)
    context.close()
