"""Where executed pages are kept, and what their outputs follow from.

The cache is MyST-NB's own. It lies in ``_build/work/<digest>``, where the digest is of all that the
outputs of a page follow from besides its own text: another package, other weights or other
requirements mean an empty cache. `make book` and `jupyter-book build .` share it.
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

from embeddings_course.trained import shared_cells

if TYPE_CHECKING:  # who only grades has no cache of pages
    from jupyter_cache.cache.main import JupyterCacheBase

# What the outputs of pages follow from, besides the pages' own text.
EXECUTION_INPUTS = ("embeddings_course", "requirements.txt")

MOST_AT_ONCE = 4  # a page may need more than two gigabytes

_FAILED = "failed"  # under this name a record says why its page was not executed to its end


def execution_digest(root: Path) -> str:
    """Return a digest of all that the outputs of pages follow from, besides their own text."""
    digest = hashlib.sha256("{}.{}.{}".format(*sys.version_info[:3]).encode())
    for name in EXECUTION_INPUTS:
        path = root / name
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        for file in files:
            hidden = any(part.startswith(".") for part in file.relative_to(root).parts)
            if file.is_file() and not hidden and "__pycache__" not in file.parts:
                content = hashlib.sha256(file.read_bytes()).hexdigest()
                digest.update(f"{file.relative_to(root).as_posix()}\0{content}\0".encode())
    for page in sorted((root / "book").glob("*.md")):  # other pages may use what these train
        digest.update("\0".join([page.name, *shared_cells(page)[0]]).encode())
    return digest.hexdigest()


def work_folder(root: Path) -> Path:
    """Return the working folder of builds, which may not exist yet."""
    return root / "_build" / "work" / execution_digest(root)[:16]


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
        cache = _open(folder)
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


def about(seconds: float, failed: str = "") -> dict[str, object]:
    """Return what the cache notes about a page: its seconds, and why it failed if it did."""
    return {"execution_seconds": seconds, **({_FAILED: failed} if failed else {})}


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

    cache = _open(folder)
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


def _open(folder: Path) -> JupyterCacheBase:
    from jupyter_cache import get_cache

    return get_cache(folder)


def _repair(folder: Path) -> None:
    """Drop a cache in which a killed build left a broken entry; it would fail every build."""
    if not folder.exists():
        return
    try:
        cache = _open(folder)
        for record in cache.list_cache_records():
            cache.get_cache_bundle(record.pk)
    except Exception:  # whatever reading half a notebook or half a data base raises
        shutil.rmtree(folder)
