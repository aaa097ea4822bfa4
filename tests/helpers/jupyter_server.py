"""A Jupyter server with settings of its own, and its notebooks in a browser."""

import json
import os
import re
import socket
import subprocess
import sys
import urllib.request
from contextlib import contextmanager
from pathlib import Path

from helpers.browser import wait_for

APPLICATIONS = {"lab": "lab/tree/{}?reset", "notebook": "notebooks/{}"}


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
