"""A small book with the course's own settings, built for real or within a second.

A real build starts Jupyter Book as a process, and a kernel for each page that changed, as
`make book` does. Most tests need neither: `in_this_process` runs Jupyter Book's own command here,
with the same arguments and settings, and `without_kernels` the cells of pages. What only processes
can show, such as a build that is killed, takes a real one.
"""

import io
import json
import os
import shutil
import threading
import traceback
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout
from types import ModuleType, SimpleNamespace
from unittest.mock import patch

from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from nbformat import v4
from traitlets.config import Config

from embeddings_course.book_build import build, execute_pages
from embeddings_course.book_build.build import build_book
from helpers.built_book import FRONT_MATTER
from helpers.repository import ROOT

SECRET = "the-solution-is-42"

PAGE = (
    FRONT_MATTER
    + """\

# Page {name}

```{{code-cell}} python
{code}
```
"""
)


class SmallBook:
    """A start page and two pages with a cell each, in a folder of its own."""

    def __init__(self, root):
        self.root = root
        self.html = root / "_build" / "html"
        self.executed_notebooks = root / "_build" / "jupyter_execute"

    def write(self):
        root = self.root
        root.mkdir()
        shutil.copy(ROOT / "_config.yml", root)
        for folder in ("assets", "drawings"):
            (root / "book" / folder).mkdir(parents=True)
        (root / "book" / "references.bib").touch()
        (root / "book" / "assets" / "course.css").touch()
        for script in (ROOT / "book" / "assets").glob("*.js"):
            shutil.copy(script, root / "book" / "assets")
        (root / "requirements.txt").write_text("numpy==2.0\n")
        package = root / "embeddings_course" / "backbones" / "embedded"
        package.mkdir(parents=True)
        (package / "resnet18.safetensors").write_bytes(b"weights")
        (package.parent / "load.py").write_text("RESNET = 18\n")
        for folder in ("source", "assignments"):
            notebook = {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
            notebook["cells"] = [
                {"cell_type": "markdown", "id": "a", "metadata": {}, "source": f"# {SECRET}"}
            ]
            (root / folder / "one").mkdir(parents=True)
            (root / folder / "one" / "secret.ipynb").write_text(json.dumps(notebook))
        self.toc("one", "two")
        (root / "book" / "index.md").write_text("# Start\n")
        self.page("one", "print('first result')")
        self.page("two", "print('second result')")

    def toc(self, *names):
        lines = ["format: jb-book", "root: book/index", "chapters:"]
        lines += [f"  - file: book/{name}" for name in names]
        (self.root / "_toc.yml").write_text("\n".join(lines) + "\n")

    def page(self, name, code):
        (self.root / "book" / f"{name}.md").write_text(PAGE.format(name=name, code=code))

    def setting(self, before, after):
        """Change a setting of the book."""
        config = self.root / "_config.yml"
        text = config.read_text(encoding="utf-8")
        assert before in text
        config.write_text(text.replace(before, after), encoding="utf-8")

    def build(self, **options):
        """Build it as `make book` does."""
        return build_book(self.root, **options)

    def render(self, *, kernels=False, **options):
        """Build it with Jupyter Book in this process; without kernels, cells run here, too."""
        with ExitStack() as stack:
            stack.enter_context(in_this_process())
            if not kernels:
                stack.enter_context(without_kernels())
            return build_book(self.root, **options)

    def text(self, page):
        return (self.html / "book" / f"{page}.html").read_text(encoding="utf-8")

    def assert_nothing_looks_finished(self):
        assert not self.html.exists()
        assert not self.executed_notebooks.exists()


def jupyter_book(*arguments, environ=None):
    """Run Jupyter Book's command in this process; return what a process would."""
    from jupyter_book.cli.main import main

    status, said = 0, io.StringIO()
    environ = dict(os.environ) if environ is None else environ
    with patch.dict(os.environ, environ, clear=True), redirect_stdout(said), redirect_stderr(said):
        try:
            main([str(argument) for argument in arguments])
        except SystemExit as ended:
            status = ended.code or 0
        except Exception:
            traceback.print_exc()
            status = 1
    return SimpleNamespace(returncode=status, stdout=said.getvalue())


class _Finished:
    """Stands in for the process of Jupyter Book; it has ended when it begins."""

    def __init__(self, command, *, env, **settings):
        done = jupyter_book(*command[command.index("build") :], environ=env)
        self.returncode = done.returncode
        self.stdout = io.StringIO(done.stdout)

    def wait(self):
        return self.returncode

    poll = wait


@contextmanager
def in_this_process():
    """Have builds run Jupyter Book in this process, which has loaded it already."""
    constants = {name: getattr(build.subprocess, name) for name in ("DEVNULL", "PIPE", "STDOUT")}
    with patch.object(build, "subprocess", SimpleNamespace(Popen=_Finished, **constants)):
        yield


_ONE_AT_A_TIME = threading.Lock()  # there is one shell, and one environment, in a process


@contextmanager
def without_kernels():
    """Have builds run the cells of pages in a shell of this process."""
    with patch.object(execute_pages, "_execute", _run_cells):
        yield


def _run_cells(page, environment, timeout, root, kernel):
    with _ONE_AT_A_TIME, patch.dict(os.environ, environment):
        settings = Config(HistoryAccessor={"enabled": False}, HistoryManager={"enabled": False})
        shell = InteractiveShell.instance(config=settings, user_module=ModuleType("page"))
        try:
            for cell in page.notebook.cells:
                if cell.cell_type == "code":
                    cell.outputs = _run_cell(cell.source, shell)
        finally:
            InteractiveShell.clear_instance()


def _run_cell(source, shell):
    """Run a cell; return what it printed and showed."""
    with capture_output() as captured:
        result = shell.run_cell(source)
    result.raise_error()
    printed = [v4.new_output("stream", text=captured.stdout)] if captured.stdout else []
    shown = [
        v4.new_output("display_data", data=output.data, metadata=output.metadata or {})
        for output in captured.outputs
    ]
    return printed + shown
