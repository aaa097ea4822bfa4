"""What several test files need: the built book and a browser without network."""

import os
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}
CHANNELS = ("chrome", "msedge")
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


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

    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
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


@pytest.fixture
def tab(browser, request):
    """A tab that notes whatever goes wrong in it, and any request that leaves this machine."""
    context = browser.new_context(viewport=getattr(request, "param", DESKTOP))
    page = context.new_page()
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
    yield page
    context.close()
