"""What several test files need: the built book and a browser without network."""

import os
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
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
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        cannot_run(f"No browser found, looked for {', '.join(BROWSERS)}. See README.md, Tests.")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=found,
            args=[
                # A browser started by root, as in a container, refuses to run with a sandbox.
                *(["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []),
                "--host-resolver-rules=MAP * ~NOTFOUND",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
            ],
        )
        yield chromium
        chromium.close()
