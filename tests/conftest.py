"""What several test files need: the built book, a browser without network, a Jupyter server."""

import os
import sys
from functools import cache
from pathlib import Path

import pytest

from embeddings_course._shared.folders import remove
from embeddings_course.environment.browsers import browser_command
from helpers.browser import DESKTOP, browser_arguments, listen
from helpers.drawing import not_drawn, number_of_commit
from helpers.durations import Durations, LongestFirst, recorded
from helpers.jupyter_server import APPLICATIONS, open_notebook
from helpers.nesting import nested as make_nested
from helpers.repository import ROOT
from helpers.reproduced import Reproduced, published_keys, reproduced

SERIOUS = ("error", "warning")
CHANNELS = ("chrome", "msedge")

# A test that needs one of these is not a unit test: the built book, a browser, a Jupyter server, a
# class that stock nbgrader has graded.
NEEDS_MORE = {"html", "executed", "browser", "tab", "server", "notebook", "graded_class"}
# Nor are tests that grade, or that build books, start servers or kernels, install packages or
# train vectors, or take a network of each family apart: by file, or by test.
GRADE = ("assignments", "grading")
TAKE_LONG = (
    "test_book_build.py",
    "test_book_claims.py",
    "test_book_stock.py",
    "test_course_folder.py",
    "test_doctor.py",
    "test_installations.py",
    "test_kernel_copies.py",
    "test_packaging.py",
    "test_pythons.py",
    "test_quiz_graded.py",
    "test_systems.py",
    "test_one_of_every_family_is_cut_before_its_last_layer",
)


@pytest.fixture
def nested(tmp_path):
    """Make folders that pytest could not remove; all of this test's are removed."""
    yield make_nested
    for path in tmp_path.iterdir():
        remove(path)


@pytest.fixture
def small_book(tmp_path):
    """A small book with the course's settings, not built yet."""
    from helpers.small_book import SmallBook

    book = SmallBook(tmp_path / "small-book")
    book.write()
    return book


@pytest.fixture
def complaints(monkeypatch):
    """What the command line said was wrong, the newest last: errors and messages, with codes."""
    from embeddings_course import cli

    said = []

    def say(problem, **settings):
        said.append(problem)
        return printed(problem, **settings)

    printed = cli.say
    monkeypatch.setattr(cli, "say", say)
    return said


def pytest_addoption(parser):
    parser.addoption(
        "--draw",
        action="store_true",
        help="of what takes longest run a part, drawn by the commit: one of the other Pythons of "
        "this machine, without most pages, and a fifth of the cases that graders are tested with",
    )
    parser.addoption(
        "--everything",
        action="store_true",
        help="run again, too, what gave the right results since anything that they follow from was "
        "changed: pages of the book and what was seen of them in a browser, and notebooks that "
        "graders are tested with",
    )


def pytest_collection_modifyitems(config, items):
    """Give unit tests their mark, and leave out pages that are known to reproduce their results.

    `-m unit` runs what needs nothing but the package.
    """
    if known := reproduced(config):
        left_out = [item for item in items if item.path in known]
        items[:] = [item for item in items if item.path not in known]
        config.hook.pytest_deselected(items=left_out)
    if config.getoption("draw"):
        others = set(not_drawn(items, number_of_commit()))
        items[:] = [item for item in items if item not in others]
        config.hook.pytest_deselected(items=list(others))
    for item in items:
        needed = NEEDS_MORE & set(getattr(item, "fixturenames", ()))
        if quick(item) and not needed and not item.get_closest_marker("slow"):
            item.add_marker("unit")


def quick(item) -> bool:
    """Say whether all that a test takes may be quick: it does not grade, for example."""
    tests, names = ROOT / "tests", {item.path.name, getattr(item, "originalname", None)}
    if not item.path.is_relative_to(tests) or names.intersection(TAKE_LONG):
        return False
    return item.path.relative_to(tests).parts[0] not in GRADE


def pytest_collection_finish():
    """Let nbgrader ask only once for the version of its tables.

    It starts alembic for each new gradebook, which takes a second or two, and tests make hundreds.
    """
    if api := sys.modules.get("nbgrader.api"):
        api.get_alembic_version = cache(api.get_alembic_version)


TIMES_OF_TESTS = ROOT / "_build" / "test-times.txt"
RECORDED_TIMES = ROOT / "_build" / "work" / "test-times.json"


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node):
    """Tell each of several processes what tests took: all must put them in the same order."""
    node.workerinput["seconds"] = recorded(RECORDED_TIMES)


def pytest_sessionstart(session):
    """Note what tests take, and which notebooks pass.

    Keys of notebooks are taken first: somebody may change files meanwhile.
    """
    config = session.config
    if hasattr(config, "workerinput"):  # one of several processes; another one counts
        config.pluginmanager.register(LongestFirst(config.workerinput["seconds"]))
        return
    config.pluginmanager.register(Durations(TIMES_OF_TESTS, RECORDED_TIMES))
    if config.getoption("nbval", False):
        config.pluginmanager.register(Reproduced(published_keys()))


def cannot_run(reason: str) -> None:
    """Skip on a person's machine, fail in CI: there, nothing may be left unchecked unnoticed."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def html() -> Path:
    """Folder of the built book."""
    folder = ROOT / "_build" / "html"
    if not (folder / "index.html").exists():
        pytest.fail(f"There is no book in {folder}. Run `make book`, or `make test`, which does.")
    return folder


@pytest.fixture(scope="session")
def executed() -> Path:
    """Folder of the executed notebooks that the book published."""
    folder = ROOT / "_build" / "jupyter_execute"
    if not folder.is_dir():
        pytest.fail(f"There are no notebooks in {folder}. Run `make book`.")
    return folder


@pytest.fixture(scope="session")
def browser():
    """The system's Chromium, headless, for which no host has an address."""
    from playwright.sync_api import Error, sync_playwright

    found = browser_command()
    # Not on the path: playwright knows where Chrome and Edge are installed on each system.
    places = [{"executable_path": found}] if found else [{"channel": c} for c in CHANNELS]
    with sync_playwright() as playwright:
        chromium = None
        for place in places:
            try:
                chromium = playwright.chromium.launch(args=browser_arguments(), **place)
                break
            except Error as error:
                reason = str(error).splitlines()[0]
        if chromium is None:
            cannot_run(f"No Chromium, Chrome or Edge could be started: {reason}. See README.md.")
        yield chromium
        chromium.close()


@pytest.fixture
def tab(browser, request):
    """A tab that notes whatever goes wrong in it, and any request that leaves this machine."""
    context = browser.new_context(viewport=getattr(request, "param", DESKTOP))
    page = context.new_page()
    listen(page)
    yield page
    context.close()


@pytest.fixture(params=APPLICATIONS)
def notebook(request, browser, server):
    """Open a notebook of the server in JupyterLab or in Notebook 7: ``notebook(name)``."""
    address, folder = server
    context = browser.new_context(viewport={"width": 1280, "height": 1400})
    page = context.new_page()
    page.set_default_timeout(60_000)
    # pytest shows what is printed where a test fails.
    page.on("console", lambda m: m.type in SERIOUS and print(f"{m.type}: {m.text[:300]}"))
    page.on("pageerror", lambda error: print(f"script: {error}"))

    def open_(kind):
        place = folder / f"{kind}-{request.param}"
        name = next(place.glob("*.ipynb")).relative_to(folder).as_posix()
        open_notebook(page, f"{address}/{APPLICATIONS[request.param].format(name)}")
        return page, place

    yield open_
    if page.locator(".jp-OutputArea").count():
        print("outputs:", page.locator(".jp-OutputArea").first.inner_html()[:3000])
    context.close()
