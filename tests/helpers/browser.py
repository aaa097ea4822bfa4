"""A browser: its windows, what goes wrong in it, and the barriers that axe-core finds."""

import os
import time

from axe_playwright_python.base import AXE_SCRIPT

DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}
CODE = ".highlight pre *"
COLOURS = ["color-contrast", "link-in-text-block"]  # axe-core's rules about them


def browser_arguments() -> list[str]:
    """Return the options with which Chromium finds no other host."""
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
