"""What several test files need: the built book, a browser without network, a Jupyter server."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from durations import Durations, LongestFirst, recorded
from nesting import nested as make_nested

from embeddings_course._shared.folders import remove
from embeddings_course.book_build.page_cache import published_key
from embeddings_course.environment.browsers import browser_command

ROOT = Path(__file__).resolve().parent.parent

# With which a page of the book begins.
FRONT_MATTER = """\
---
jupytext:
  text_representation:
    extension: .md
    format_name: myst
kernelspec:
  display_name: Python 3
  language: python
  name: python3
---
"""
DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}
CODE = ".highlight pre *"
COLOURS = ["color-contrast", "link-in-text-block"]  # axe-core's rules about them
SERIOUS = ("error", "warning")
CHANNELS = ("chrome", "msedge")
APPLICATIONS = {"lab": "lab/tree/{}?reset", "notebook": "notebooks/{}"}


# A test that needs one of these is not a unit test: the built book, a browser, a Jupyter server, a
# class that stock nbgrader has graded.
NEEDS_MORE = {"html", "executed", "browser", "tab", "server", "notebook", "graded_class"}
# Nor are tests that build books, start kernels, install packages, train vectors, or grade.
TAKE_LONG = (
    "test_book_build.py",
    "test_book_claims.py",
    "test_book_stock.py",
    "test_installations.py",
    "test_kernel_copies.py",
    "test_pythons.py",
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
    from small_book import SmallBook

    book = SmallBook(tmp_path / "small-book")
    book.write()
    return book


def pytest_addoption(parser):
    parser.addoption(
        "--pythons",
        choices=("all", "drawn"),
        default="all",
        help="the other Pythons of this machine: all, each with the whole book (default), or one "
        "drawn by the commit, with its installation, the unit tests and a few pages",
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
    for item in items:
        needed = NEEDS_MORE & set(getattr(item, "fixturenames", ()))
        here = item.path.parent == ROOT / "tests" and item.path.name not in TAKE_LONG
        if here and not needed and not item.get_closest_marker("slow"):
            item.add_marker("unit")


def pytest_collection_finish():
    """Let nbgrader ask only once for the version of its tables.

    It starts alembic for each new gradebook, which takes a second or two, and tests make hundreds.
    """
    if api := sys.modules.get("nbgrader.api"):
        api.get_alembic_version = cache(api.get_alembic_version)


# Keys of published notebooks that were run again and showed the same.
REPRODUCED = ROOT / "_build" / "work" / "reproduced.json"


def published_keys() -> dict[Path, str]:
    """Return the key of each notebook that the book published: what its results follow from."""
    rules = ROOT / "tests" / "nbval.cfg"
    folder = ROOT / "_build" / "jupyter_execute"
    return {path: published_key(ROOT, path, rules) for path in sorted(folder.rglob("*.ipynb"))}


def known_keys() -> set[str]:
    try:
        return set(json.loads(REPRODUCED.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return set()


def reproduced(config) -> set[Path]:
    """Return the notebooks that need no other run, unless all are asked for."""
    if not config.getoption("nbval", False) or config.getoption("--everything"):
        return set()
    known = known_keys()
    return {path for path, key in published_keys().items() if key in known} if known else set()


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


class Reproduced:
    """Counts the cells of notebooks that passed; those whose cells all did are known from then."""

    def __init__(self, keys: dict[Path, str]):
        self.keys = keys
        self.passed = Counter()

    def pytest_runtest_logreport(self, report):
        if report.when == "call":
            self.passed[ROOT / report.nodeid.partition("::")[0]] += report.passed

    def pytest_sessionfinish(self):
        new = set()
        for path, key in self.keys.items():
            cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
            if self.passed[path] == sum(cell["cell_type"] == "code" for cell in cells):
                new.add(key)
        if new:
            kept = known_keys() & set(self.keys.values()) | new
            REPRODUCED.write_text(json.dumps(sorted(kept), indent=1), encoding="utf-8")


LARGE = 1_000_000  # bytes: the weights are, and nothing writes into them


def copy_of_repository(target: Path) -> Path:
    """Copy what the repository holds, and nothing that was built; large files are shared."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            if (ROOT / name).stat().st_size < LARGE or not share(ROOT / name, target / name):
                shutil.copy2(ROOT / name, target / name)
    return target


def share(file: Path, place: Path) -> bool:
    """Give a file a second name, where the file system can."""
    try:
        place.hardlink_to(file)
    except OSError:  # on another disk, for example
        return False
    return True


def stock(root, *arguments):
    """Run Jupyter Book as somebody does who knows it, and nothing of the course."""
    start = "from jupyter_book.cli.main import main; main()"
    return subprocess.run(
        [sys.executable, "-P", "-c", start, *map(str, arguments)],
        cwd=root,
        env={name: value for name, value in os.environ.items() if not name.startswith("COURSE_")},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def on_system(system: str) -> dict[str, str]:
    """Return an environment in which the course's programs see that system, such as ``win32``."""
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    if system == sys.platform:
        return {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    paths.insert(0, str(ROOT / "tests" / "other_system"))
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "PRETEND_SYSTEM": system}


def alike(page: str, id="ID") -> str:
    """Return a built page without what differs from build to build: ids, versions of files.

    Instead of each id it has `id`, a text or what `re.sub` takes as well.
    """
    page = re.sub(r"\?v=[0-9a-f]{8}", "", page)
    return re.sub(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\bid\d+\b", id, page)


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


def pages(html: Path) -> list[Path]:
    """Every page of the book but the first, which only leads on to the welcome page."""
    found = sorted(path for path in html.rglob("*.html") if "_static" not in path.parts)
    return [path for path in found if path != html / "index.html"]


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
                chromium = playwright.chromium.launch(args=_arguments(), **place)
                break
            except Error as error:
                reason = str(error).splitlines()[0]
        if chromium is None:
            cannot_run(f"No Chromium, Chrome or Edge could be started: {reason}. See README.md.")
        yield chromium
        chromium.close()


def _arguments() -> list[str]:
    # A browser started by root, as in a container, refuses to run with a sandbox.
    as_root = hasattr(os, "geteuid") and os.geteuid() == 0
    return [
        *(["--no-sandbox"] if as_root else []),
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
    ]


def listen(page) -> None:
    """Note in `page.wrong` what goes wrong on a page, and any request that leaves this machine."""
    page.wrong = []
    page.on("console", lambda m: m.type == "error" and page.wrong.append(f"console: {m.text}"))
    page.on("pageerror", lambda error: page.wrong.append(f"script: {error}"))
    page.on("requestfailed", lambda r: page.wrong.append(f"failed: {r.url[:200]}"))
    page.on(
        "request",
        lambda r: (
            r.url.startswith(("file:", "data:", "blob:"))
            or page.wrong.append(f"request: {r.url[:200]}")
        ),
    )


@pytest.fixture
def tab(browser, request):
    """A tab that notes whatever goes wrong in it, and any request that leaves this machine."""
    context = browser.new_context(viewport=getattr(request, "param", DESKTOP))
    page = context.new_page()
    listen(page)
    yield page
    context.close()


def barriers(page, within: str = "html", but: str = CODE, **options) -> list[str]:
    """What axe-core finds on a page, or within a part of it, a line for each kind of barrier.

    The coloured words of code are left out, since they would take most of the time and are the same
    on all pages; a test of their own looks at them. `options` are axe-core's.
    """
    if not page.evaluate("typeof axe === 'object'"):
        # What is fading has the colours of neither state.
        page.add_style_tag(content="* { transition: none !important; animation: none !important }")
        page.evaluate(AXE_SCRIPT)
    context = {"include": within, "exclude": but}
    return page.evaluate(
        """async ([context, options]) => (await axe.run(context, options)).violations.map(
            (found) => `${found.id}: ${found.help}: ${found.nodes.map((node) => node.html)}`
        )""",
        # It would read all style sheets for a rule that is off, and may not when they are on disk.
        [context, {"resultTypes": ["violations"], "preload": {"assets": ["media"]}, **options}],
    )


@contextmanager
def serve(folder: Path, home: Path):
    """Run a Jupyter server with settings of its own in `home`; gives its address."""
    settings = home / "lab" / "user-settings" / "@jupyterlab" / "apputils-extension"
    settings.mkdir(parents=True)
    quiet = {"fetchNews": "false", "checkForUpdates": False}
    (settings / "notification.jupyterlab-settings").write_text(json.dumps(quiet))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    # The kernel with which pages are checked is none to choose here.
    environ = {name: value for name, value in os.environ.items() if name != "JUPYTER_PATH"}
    environ |= {
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(home / "lab" / "user-settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "lab" / "workspaces"),
        "IPYTHONDIR": str(home / "ipython"),
    }
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"]
    command += [f"--port={port}", "--ServerApp.port_retries=0", "--IdentityProvider.token="]
    # So that a test can ask the page itself whether its kernel is there.
    command += [f"--{name}.expose_app_in_browser=True" for name in ("LabApp", "JupyterNotebookApp")]
    log = (home / "server.log").open("w")
    process = subprocess.Popen(command, cwd=folder, env=environ, stdout=log, stderr=log)
    address = f"http://127.0.0.1:{port}"
    try:
        wait_for(lambda: urllib.request.urlopen(f"{address}/api", timeout=5).status == 200)
        yield address
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:  # it waits for kernels; nothing more is asked of it
            process.kill()
            process.wait()
        log.close()


def wait_for(condition, seconds=90):
    """Wait until a condition holds; what it raises last is the failure."""
    end = time.monotonic() + seconds
    while True:
        try:
            if condition():
                return
            problem = AssertionError("still not so")
        except Exception as error:
            problem = error
        if time.monotonic() > end:
            raise problem
        time.sleep(0.2)


# Whether the page can run cells; its own sign for an idle kernel shows before there is a kernel.
CONNECTED = """() => {
    const widget = window.jupyterapp?.shell.currentWidget;
    const kernel = widget?.sessionContext?.isReady && widget.sessionContext.session?.kernel;
    return kernel?.connectionStatus === "connected" && kernel.status === "idle";
}"""


def open_notebook(page, address: str) -> None:
    """Open a notebook in JupyterLab or Notebook 7, and wait until its cells can be run.

    Whoever runs a cell before is asked to choose a kernel.
    """
    page.goto(address)
    page.wait_for_selector(".jp-NotebookPanel .jp-CodeCell .cm-content")
    page.wait_for_function(CONNECTED)


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


def run(page, number=0):
    """Run a cell, and again if that got lost: a kernel that is not there yet takes no cells."""
    cell = page.locator(".jp-CodeCell").nth(number)
    prompt = cell.locator(".jp-InputPrompt")

    def ran():
        page.wait_for_selector(".jp-Notebook-ExecutionIndicator[data-status=idle]")
        # It is written again when the cell has run; after a restart with the same number.
        prompt.evaluate("prompt => { prompt.textContent = ''; }")
        cell.locator(".cm-content").focus()
        page.keyboard.press("Shift+Enter")
        wait_for(lambda: re.search(r"\d", prompt.inner_text()), seconds=20)
        return True

    wait_for(ran, seconds=120)
