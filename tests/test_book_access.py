"""Every page for everybody: no barrier that axe-core finds, and no line that has to be scrolled to.

Light pages are checked for everything. Dark ones differ in colours only, so for them colours are.
"""

import pytest
from conftest import COLOURS, DESKTOP, PHONE, barriers, pages

# A window of 1280 pixels at 200 % zoom has 640 of them, each drawn with two.
ZOOMED = {"width": 640, "height": 450}
VIEWS = {"desktop": (DESKTOP, 1), "phone": (PHONE, 2), "zoom": (ZOOMED, 2)}
NARROWEST = {"width": 320, "height": 640}  # of WCAG 2.1, 1.4.10


@pytest.fixture(scope="module", params=VIEWS)
def view(request, browser):
    """One tab for all pages, which loads each as a reader with this screen does."""
    viewport, scale = VIEWS[request.param]
    context = browser.new_context(viewport=viewport, device_scale_factor=scale)
    yield context.new_page()
    context.close()


def test_axe_finds_no_barrier_on_any_page_light_or_dark(html, view):
    found = {}
    for path in pages(html):
        view.emulate_media(color_scheme="light")
        view.goto(path.as_uri())
        assert view.evaluate("document.documentElement.dataset.theme") == "light"
        found[path.stem, "light"] = barriers(view)
        if view.viewport_size == ZOOMED:
            continue  # the colours of a phone, at another width
        view.emulate_media(color_scheme="dark")
        view.wait_for_function("document.documentElement.dataset.theme === 'dark'")
        found[path.stem, "dark"] = barriers(view, runOnly=COLOURS)
    assert not {where: what for where, what in found.items() if what}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colours_of_code_stand_out_from_their_background(html, tab, scheme):
    tab.emulate_media(color_scheme=scheme)
    tab.goto((html / "book" / "images.html").as_uri())
    assert tab.locator(".highlight pre span").count() > 100
    assert not barriers(tab, ".highlight", but="nothing", runOnly=COLOURS)


@pytest.mark.parametrize("tab", [NARROWEST], ids=["320"], indirect=True)
def test_no_page_scrolls_sideways_where_it_is_narrowest(html, tab):
    for path in pages(html):
        tab.goto(path.as_uri())
        wide = tab.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, f"{path.name} is {wide} pixels wider than the window"


def test_axe_finds_a_barrier_that_is_there(html, view):
    view.goto((html / "search.html").as_uri())
    view.evaluate("document.querySelector('main').append(new Image())")
    assert "image-alt" in " ".join(barriers(view))
