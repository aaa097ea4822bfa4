"""Where executed pages are kept, and what their outputs follow from.

The cache is MyST-NB's own, and `make book` and `jupyter-book build .` share it. MyST-NB finds a
page in it by the code of its cells. What else its outputs follow from has a key of its own, which
is noted with each entry: the modules that the page imports with their files, the cells of other
pages whose vectors it uses, the pinned requirements, Python, and the kernel's environment. An entry
with another key counts for nothing.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from embeddings_course.shared_vectors import digest_of_inputs

if TYPE_CHECKING:  # who only grades has no cache of pages
    from jupyter_cache.cache.main import JupyterCacheBase
    from nbformat import NotebookNode

MOST_AT_ONCE = 4  # a page may need more than two gigabytes

_MOST_ENTRIES = 200  # of the cache; the pages of some other states of the book are among them

_KEY = "follows_from"  # under this name a record has the key of its page
_SECONDS = "execution_seconds"  # and under this one how long it took
_FAILED = "failed"  # under this name a record says why its page was not executed to its end


def page_key(root: Path, cells: Iterable[str], environment: Mapping[str, str]) -> str:
    """Return a digest of all that the outputs of a page follow from.

    Parameters
    ----------
    root : Path
        The repository.
    cells : iterable of str
        The code of the page.
    environment : mapping of str to str
        Variables under which its kernel runs.
    """
    requirements = (root / "requirements.txt").read_text(encoding="utf-8")
    variables = {name: value.replace(str(root), "") for name, value in environment.items()}
    inputs = digest_of_inputs(cells, root / "book", root / "embeddings_course")
    about = json.dumps([sys.version_info[:3], requirements, variables, inputs], sort_keys=True)
    return hashlib.sha256(about.encode()).hexdigest()


def work_folder(root: Path) -> Path:
    """Return the working folder of builds, which may not exist yet."""
    return root / "_build" / "work" / "book"


def cache_folder(work: Path) -> Path:
    """Return the folder of the cache in a working folder."""
    return work / "_build" / ".jupyter_cache"  # where Jupyter Book itself would put it


def kernel_environment(root: Path) -> dict[str, str]:
    """Return the variables under which pages run, when they are built and when they are checked.

    Progress bars, a backend that opens windows, the number of cores, and a person's IPython
    start-up files would all change what pages show.
    """
    return {
        "COURSE_BOOK_BUILD": "1",
        "IPYTHONDIR": str(root / "_build" / "work" / "ipython"),
        "MKL_NUM_THREADS": "1",
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "PYTHONHASHSEED": "0",
        "TQDM_DISABLE": "1",
    }


def published_key(root: Path, notebook: Path, rules: Path) -> str:
    """Return a digest of a published notebook, of what it follows from, and of how it is compared.

    Parameters
    ----------
    root : Path
        The repository.
    notebook : Path
        What the book published of a page.
    rules : Path
        What may differ between two runs.
    """
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    for cell in cells:
        cell.pop("id", None)  # another one in each build
    key = page_key(root, code_of(notebook), kernel_environment(root))
    about = json.dumps([key, cells, rules.read_text(encoding="utf-8")], sort_keys=True)
    return hashlib.sha256(about.encode()).hexdigest()


def code_of(notebook: Path) -> list[str]:
    """Return the code of a notebook's cells."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]


def pages_at_once() -> int:
    """Return how many pages run side by side on this machine."""
    return min(MOST_AT_ONCE, os.cpu_count() or 1)


def prepare(work: Path) -> None:
    """Get a working folder ready: others go, and so do broken entries and pages that failed."""
    for other in work.parent.glob("*"):
        if other != work and other.name not in ("ipython", "jupyter") and other.is_dir():
            shutil.rmtree(other)
    work.mkdir(parents=True, exist_ok=True)
    folder = cache_folder(work)
    if _mark(work).exists():
        _repair(folder)
    _mark(work).touch()
    _failures(work).unlink(missing_ok=True)
    if folder.exists():
        cache = open_cache(folder)
        for record in cache.list_cache_records():
            if _FAILED in (record.data or {}):
                cache.remove_cache(record.pk)


def finish(work: Path) -> None:
    """Note that the cache is whole: no build that was killed has left half an entry."""
    _mark(work).unlink(missing_ok=True)


def note_failures(work: Path, found: Mapping[str, str]) -> None:
    """Keep which pages were not executed to their end, and why, until the next build."""
    _failures(work).write_text(json.dumps(dict(found)), encoding="utf-8")


def failures(work: Path) -> dict[str, str]:
    """Return the pages that were not executed to their end in this build, and why."""
    try:
        return json.loads(_failures(work).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}


def open_cache(folder: Path) -> JupyterCacheBase:
    """Return a cache that drops what was not used for long."""
    from jupyter_cache import get_cache

    cache = get_cache(folder)
    cache.change_cache_limit(_MOST_ENTRIES)
    return cache


def is_cached(cache: JupyterCacheBase, notebook: NotebookNode, key: str) -> bool:
    """Return whether the cache has the outputs of a page under its key."""
    try:
        return (cache.match_cache_notebook(notebook).data or {}).get(_KEY) == key
    except KeyError:
        return False


def about(key: str, seconds: float, failed: str = "") -> dict[str, object]:
    """Return what the cache notes about a page: key, seconds, and why it failed if it did."""
    return {_KEY: key, _SECONDS: seconds, **({_FAILED: failed} if failed else {})}


def execution_seconds(cache: JupyterCacheBase) -> dict[str, float]:
    """Return how long each page took when it was executed last, by the name of its file."""
    newest = sorted(cache.list_cache_records(), key=lambda record: record.created)
    return {
        Path(record.uri).name: record.data[_SECONDS]
        for record in newest
        if _SECONDS in (record.data or {})
    }


def fill_outputs(notebooks: Iterable[Path], folder: Path) -> None:
    """Put outputs into notebooks: MyST-NB leaves out those of pages from the cache.

    Parameters
    ----------
    notebooks : iterable of Path
        Those that MyST-NB wrote beside the pages. One that the cache does not know stays.
    folder : Path
        The cache.
    """
    import nbformat

    cache = open_cache(folder)
    for path in notebooks:
        try:
            _, notebook = cache.merge_match_into_notebook(nbformat.read(path, as_version=4))
        except KeyError:
            continue
        nbformat.write(notebook, path)


def _mark(work: Path) -> Path:
    return work / "running"


def _failures(work: Path) -> Path:
    return work / "failed.json"


def _repair(folder: Path) -> None:
    """Drop a cache in which a killed build left a broken entry; it would fail every build."""
    if not folder.exists():
        return
    try:
        cache = open_cache(folder)
        for record in cache.list_cache_records():
            cache.get_cache_bundle(record.pk)
    except Exception:  # whatever reading half a notebook or half a data base raises
        shutil.rmtree(folder)
