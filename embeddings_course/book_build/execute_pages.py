"""Executes the pages of the book that the cache lacks, several at once.

MyST-NB would execute them one after another. Here each page has a kernel of its own with one
thread for its arithmetic, so that as many pages run as there are cores, and so that a result does
not depend on how many there are. Where it can be, a kernel is a copy of a process that has imported
what pages import (:mod:`embeddings_course._shared.kernel_copies`). What has been executed goes into
MyST-NB's own cache, and there MyST-NB finds it.
"""

from __future__ import annotations

import math
import os
import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from subprocess import DEVNULL
from typing import TYPE_CHECKING, Any

from yaml import YAMLError

from embeddings_course._shared import kernel_copies
from embeddings_course._shared.code_inputs import imports
from embeddings_course._shared.messages import Message
from embeddings_course.book_build import failed_assertion, page_cache
from embeddings_course.book_build.claims import read_claims
from embeddings_course.book_build.published_versions import difference

if TYPE_CHECKING:  # loading them takes a second
    import nbformat
    from jupyter_cache.cache.main import JupyterCacheBase

ANSI = re.compile(r"\x1b\[[0-9;]*m")
_TICK = 0.5  # seconds after which an interruption is noticed

GO_ON = (
    "The other pages do not depend on this one: `make book KEEP_GOING=1`, or `python -m "
    "embeddings_course book --keep-going`, publishes the book with this page marked."
)


class CellFailed(Exception):
    """A page could not be executed; the message says which one, why, and in which line.

    Attributes
    ----------
    details : str
        The traceback, for a log.
    """

    def __init__(self, page: str, what: Message, details: str = "", note: str = "") -> None:
        after = ""
        # IPython marks the line of each frame with an arrow; the cell's own is the first.
        arrow = re.search(r"^-+> \d+ .*$", details, re.MULTILINE)
        if arrow:
            after += f"\n  in its line {arrow[0].lstrip('-> ')}"
        if note:
            after += f"\n  {note}"
        super().__init__(what.within(f"{page}.md could not be executed: ", after))
        self.details = details


@dataclass(frozen=True)
class PageRun:
    """An executed page: its name, and the seconds that it and its cells alone took.

    Where a build goes on after a failure, `failed` says why the page was not executed to its end.
    """

    name: str
    seconds: float
    in_cells: float
    failed: str = ""


@dataclass
class _Page:
    name: str
    path: Path
    notebook: nbformat.NotebookNode
    key: str
    cells: list[str]
    client: object = None
    seconds: float = 0.0
    in_cells: float = 0.0
    failed: str = ""
    stopped: threading.Event = field(default_factory=threading.Event)


def read_page(path: Path) -> nbformat.NotebookNode | None:
    """Return a page as the notebook that MyST-NB makes of it, or None if it has no code."""
    from myst_nb.core.config import NbParserConfig
    from myst_nb.core.read import create_nb_reader
    from myst_parser.config.main import MdParserConfig

    text = path.read_text(encoding="utf-8")
    reader = create_nb_reader(str(path), MdParserConfig(), NbParserConfig(), text)
    return None if reader is None else reader.read(text)


def execute_pages(
    root: Path,
    names: Iterable[str],
    cache_folder: Path,
    *,
    environment: Mapping[str, str],
    timeout: int,
    jobs: int,
    report: Callable[[str], None] = lambda line: None,
    keep_going: bool = False,
) -> list[PageRun]:
    """Execute what the cache lacks and put it there.

    Pages that have been executed before one fails stay in the cache.

    Parameters
    ----------
    root : Path
        The repository.
    names : iterable of str
        Pages, relative to `root`, without the suffix ``.md``.
    cache_folder : Path
        MyST-NB's cache.
    environment : mapping of str to str
        Variables that the kernels get beside those of this process.
    timeout : int
        Seconds for a cell.
    jobs : int
        Pages at once, at least 1.
    report : callable
        Gets a line when a page begins and when it is done.
    keep_going : bool
        Whether to go on when a page fails. It is then cached as far as it got, with the reason,
        until the next build (:func:`embeddings_course.book_build.page_cache.failures`).

    Returns
    -------
    list of PageRun
        What was executed, in the order of `names`.

    Raises
    ------
    CellFailed
        If a cell raises an error, takes too long, or its kernel dies, unless `keep_going`.
    """
    cache = page_cache.open_cache(cache_folder)
    missing = list(_missing_pages(cache, root, names, environment))
    one_at_a_time = threading.Lock()

    def say(line: str) -> None:
        with one_at_a_time:  # or lines of two threads would mix
            report(line)

    environ = {**os.environ, **environment}

    def run(page: _Page) -> None:
        if not page.stopped.is_set():
            say(f"executing {page.name}.md")
            _execute(page, environ, timeout, root, kernel)

    code = [cell for page in missing for cell in page.cells]
    with (
        # One page alone would wait while others' modules are imported.
        kernel_command(code if len(missing) > 1 else [], environ) as command,
        ThreadPoolExecutor(max_workers=jobs) as pool,
    ):
        kernel = own_kernel(command)
        # Those that took longest the last time come first, or at the end one core would be idle.
        seconds = page_cache.execution_seconds(cache)
        first = sorted(missing, key=lambda page: -seconds.get(page.path.name, math.inf))
        waiting: dict[Future, _Page] = {pool.submit(run, page): page for page in first}
        try:
            while waiting:
                done, _ = wait(waiting, timeout=_TICK, return_when=FIRST_COMPLETED)
                for future in done:
                    page = waiting.pop(future)
                    page.failed = _failure(future, keep_going=keep_going)
                    _put_into(cache, page)
                    done_ = "failed   " if page.failed else "executed "
                    say(f"{done_} {page.name}.md in {page.seconds:.1f} s")
        finally:  # after an error, or Ctrl-C
            _stop_all(waiting)
    return [PageRun(page.name, page.seconds, page.in_cells, page.failed) for page in missing]


def _missing_pages(
    cache: JupyterCacheBase, root: Path, names: Iterable[str], environment: Mapping[str, str]
) -> Iterator[_Page]:
    """Read the pages with code that the cache lacks."""
    for name in names:
        path = root / f"{name}.md"
        notebook = read_page(path)
        if notebook is None:
            continue
        cells = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
        key = page_cache.page_key(root, cells, environment)
        if not page_cache.is_cached(cache, notebook, key):
            yield _Page(name, path, notebook, key, cells)


def _failure(future: Future, *, keep_going: bool) -> str:
    """Return why a page was not executed to its end; raise it unless the build goes on."""
    try:
        future.result()
    except CellFailed as error:
        if not keep_going:
            raise
        return str(error)
    return ""


def _put_into(cache: JupyterCacheBase, page: _Page) -> None:
    from jupyter_cache.base import CacheBundleIn

    noted = page_cache.about(page.key, page.seconds, page.failed)
    bundle = CacheBundleIn(page.notebook, str(page.path), data=noted)
    cache.cache_notebook_bundle(bundle, check_validity=False, overwrite=True)


def _stop_all(waiting: Mapping[Future, _Page]) -> None:
    """End what still runs, and wait until it has ended."""
    while True:  # a kernel that is about to start is there the next time
        for page in waiting.values():
            _stop(page)
        if not wait(waiting, timeout=_TICK).not_done:
            break


@contextmanager
def kernel_command(code: Iterable[str], environ: Mapping[str, str]) -> Iterator[list[str]]:
    """Provide the command that starts a kernel for pages; it works as long as the context is open.

    Parameters
    ----------
    code : iterable of str
        The cells of all these pages. What they import is imported once, if there are any.
    environ : mapping of str to str
        The whole environment of kernels.
    """
    if not (modules := imports(code)) or not kernel_copies.possible():
        yield kernel_copies.command(None)
        return
    with kernel_copies.server(modules, environ) as socket:
        yield kernel_copies.command(socket)


def _execute(
    page: _Page, environment: Mapping[str, str], timeout: int, root: Path, kernel: type
) -> None:
    """Fill in the outputs of a page."""
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    start = time.monotonic()
    page.client = NotebookClient(
        page.notebook,
        kernel_manager_class=kernel,
        timeout=timeout,
        resources={"metadata": {"path": str(page.path.parent)}},
        record_timing=True,
        extra_arguments=[f"--InteractiveShellApp.extra_extensions={failed_assertion.__name__}"],
    )
    try:
        # What a kernel itself writes is of no use to readers; outputs of cells come another way.
        page.client.execute(env=environment, stdout=DEVNULL, stderr=DEVNULL)
    except CellExecutionError as error:
        details = ANSI.sub("", error.traceback)
        raise CellFailed(page.name, _what_failed(page, error), details, difference(root)) from error
    except CellTimeoutError as error:
        raise CellFailed(
            page.name, Message("cell-too-slow", f"a cell took longer than {timeout} s.")
        ) from error
    except DeadKernelError as error:
        what = Message("page-kernel-died", "its kernel died. Most often that is a lack of memory.")
        raise CellFailed(page.name, what) from error
    except RuntimeError as error:  # a kernel that does not answer, for example
        raise CellFailed(page.name, Message("page-kernel-failed", str(error).strip())) from error
    finally:
        page.seconds = time.monotonic() - start
        _take_out_times(page)


def _take_out_times(page: _Page) -> None:
    for cell in page.notebook.cells:
        # Out of the notebook with them: times differ from build to build.
        times = cell.metadata.pop("execution", {})
        if "shell.execute_reply" in times:
            began, ended = (
                datetime.fromisoformat(times[key])
                for key in ("iopub.status.busy", "shell.execute_reply")
            )
            page.in_cells += (ended - began).total_seconds()


def _what_failed(page: _Page, error: Any) -> Message:
    """Say what failed. Of an assertion that is the claim, and the numbers on both sides."""
    if error.ename != "AssertionError":
        return Message("cell-raised", f"{error.ename}: {error.evalue}".strip())
    *_, failed = (
        cell
        for cell in page.notebook.cells
        if any(output.output_type == "error" for output in cell.get("outputs", ()))
    )
    tags = {tag.removeprefix("claim-") for tag in failed.metadata.get("tags", ())}
    try:
        claims = read_claims(page.path.with_name("claims.yml"))
    except (OSError, ValueError, YAMLError):  # a broken list must not hide what failed
        claims = []
    lines = [f"  The claim {each.id}: {each.sentence}" for each in claims if each.id in tags]
    lines += [f"  {line}" for line in error.evalue.splitlines()]
    failed_here = Message("cell-assertion-fails", "what it asserts does not hold here.")
    return failed_here.within(after="".join(f"\n{line}" for line in lines).rstrip())


def own_kernel(command: list[str]) -> type:
    """Return a manager of kernels that such a command starts, whatever else is installed."""
    from jupyter_client import AsyncKernelManager
    from jupyter_client.kernelspec import KernelSpec

    class OwnKernel(AsyncKernelManager):
        @property
        def kernel_spec(self) -> KernelSpec:
            return KernelSpec(argv=list(command), display_name="Python 3", language="python")

    return OwnKernel


def _stop(page: _Page) -> None:
    """Kill the kernel of a page, wherever it is in its work."""
    page.stopped.set()
    manager = getattr(page.client, "km", None)
    process = getattr(getattr(manager, "provisioner", None), "process", None)
    if process is not None:
        process.kill()
