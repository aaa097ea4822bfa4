"""Browsers that can show the book to its tests: Chromium and what is made of it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

_COMMANDS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "msedge",
)
_CHROME_ON_A_MAC = Path("/Applications/Google Chrome.app")


def browser_command() -> str | None:
    """Return the program of a browser that is on the path; Playwright finds some others itself."""
    return next(filter(None, map(shutil.which, _COMMANDS)), None)


def browser_found() -> str | None:
    """Say which browser the tests can use, or None if there seems to be none."""
    if command := browser_command():
        return command
    # Windows comes with Edge.
    return "Chrome or Edge" if os.name == "nt" or _CHROME_ON_A_MAC.exists() else None
