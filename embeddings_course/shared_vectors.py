"""Vectors that one page trains and other pages use.

A page marks the cells that lead to its vectors with the tag ``shared``. A page that needs the
vectors runs these cells, the very lines that the reader of that page sees, and nothing else of it.
The result is kept on disk under a key that follows from the cells, the parameters, the modules of
this package that the cells import, and the libraries, so it is trained again when any of them
changes.

A page can mark one of these cells ``parameters`` as well: what is assigned there can be replaced.
A page that names the value which is there anyway uses the same vectors as one that names none.
"""

from __future__ import annotations

import ast
import hashlib
import json
import logging
import random
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, redirect_stdout
from importlib.metadata import version
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np

from embeddings_course._shared.cache_folder import cache_folder
from embeddings_course._shared.code_inputs import (
    constant_arguments,
    digest_of_files,
    needed_files,
)
from embeddings_course._shared.messages import Message
from embeddings_course._shared.syntax import parse
from embeddings_course._shared.whole_file import writing_whole

logger = logging.getLogger(__name__)

_PACKAGE = Path(__file__).parent
_LIBRARIES = ("numpy", "scikit-learn", "scipy", "sentence-transformers", "torch", "transformers")


def pages_folder() -> Path:
    """Return the folder of the pages: of the clone, or of the installed package."""
    installed = _PACKAGE / "pages"
    return installed if installed.is_dir() else _PACKAGE.parent / "book"


def shared_cells(page: Path) -> tuple[list[str], frozenset[str]]:
    """Return the code of a page's shared cells, and the names of its parameters.

    Parameters
    ----------
    page : Path
        A MyST Markdown file of the book.
    """
    import jupytext

    cells, parameters = [], set()
    for cell in jupytext.read(page).cells:
        tags = cell.metadata.get("tags", [])
        if cell.cell_type == "code" and "shared" in tags:
            cells.append(cell.source)
            if "parameters" in tags:
                parameters |= set(_assigned(cell.source))
    return cells, frozenset(parameters)


def digest_of_inputs(cells: Iterable[str], pages: Path, package: Path) -> str:
    """Return a digest of some code, of the vectors that it uses, and of the modules it imports.

    Parameters
    ----------
    cells : iterable of str
        The code of a page's cells.
    pages : Path
        The folder of the pages: the shared cells of those whose vectors the code uses count, too.
    package : Path
        The folder of this package.
    """
    code = list(cells)
    waiting, known = list(code), set()
    while waiting:
        for page in constant_arguments(waiting.pop(), vectors_from.__name__):
            for path in pages.glob(f"{page or '*'}.md"):
                if path.name not in known:
                    known.add(path.name)
                    shared = shared_cells(path)[0]
                    code += shared
                    waiting += shared
    digest = hashlib.sha256(digest_of_files(needed_files(code, package), package).encode())
    digest.update(json.dumps(code).encode())
    return digest.hexdigest()


def vectors_from(page: str, name: str = "vectors", **parameters: Any) -> np.ndarray:
    """Return an array that the shared cells of a page compute.

    Parameters
    ----------
    page : str
        The page: ``"training"``.
    name : str
        The variable of that page.
    **parameters
        Other values for what the page marks as parameters, such as ``seed=1``; as JSON knows them.

    Returns
    -------
    ndarray
        Most often float32 ``[n, d]``, one row an item.

    Raises
    ------
    ValueError
        If there is no such page, parameter or variable, or the variable is not an array.
    """
    path = pages_folder() / f"{page}.md"
    if not path.is_file():
        raise ValueError(Message("page-unknown", f"There is no page {page!r} in {path.parent}."))
    cells, known = shared_cells(path)
    if not cells:
        raise ValueError(
            Message(
                "page-without-shared-cells", f"The page {page!r} has no cell with the tag 'shared'."
            )
        )
    unknown = sorted(set(parameters) - known)
    if unknown:
        raise ValueError(
            Message(
                "page-parameter-unknown",
                f"The page {page!r} has no parameter {unknown[0]!r}; "
                f"it has {', '.join(sorted(known)) or 'none'}.",
            )
        )
    written = _constants(cells)
    key = _key(cells, {n: v for n, v in parameters.items() if not _is_same(v, written.get(n))})
    store = _store(page, name, key)
    try:
        return np.load(store, allow_pickle=False)
    except FileNotFoundError:
        pass
    except (OSError, ValueError, EOFError) as error:
        logger.warning("%s cannot be read (%s); it is computed again.", store, error)
    names = _run(path, parameters)
    if name not in names:
        raise ValueError(
            Message(
                "shared-name-unknown",
                f"The shared cells of the page {page!r} do not compute {name!r}.",
            )
        )
    arrays = {each: array for each, value in names.items() if (array := _array(value)) is not None}
    if name not in arrays:
        kind = type(names[name]).__name__
        raise ValueError(
            Message(
                "shared-name-not-array", f"{name!r} of the page {page!r} is {kind}, not an array."
            )
        )
    # All of them, since who asks for the vectors next asks for the names that belong to them.
    for each, array in arrays.items():
        _save(_store(page, each, key), array)
    return arrays[name]


def _array(value: object) -> np.ndarray | None:
    import torch

    if isinstance(value, torch.Tensor):
        value = value.detach().numpy()
    return value if isinstance(value, np.ndarray) and value.dtype != object else None


def _store(page: str, name: str, key: str) -> Path:
    return cache_folder("vectors") / f"{page}-{name}-{key}.npy"


def _key(cells: list[str], parameters: dict[str, Any]) -> str:
    own = f"import {__name__}"  # how the cells are run
    inputs = digest_of_inputs([*cells, own], pages_folder(), _PACKAGE)
    versions = [version(library) for library in _LIBRARIES]
    about = json.dumps([inputs, parameters, versions], sort_keys=True)
    return hashlib.sha256(about.encode()).hexdigest()[:16]


def _run(page: Path, parameters: dict[str, Any]) -> dict[str, Any]:
    """Run a page's shared cells and return their variables."""
    import jupytext

    names: dict[str, Any] = {"__name__": f"book.{page.stem}"}
    with _own_randomness(), redirect_stdout(StringIO()):
        for number, cell in enumerate(jupytext.read(page).cells):
            tags = cell.metadata.get("tags", [])
            if cell.cell_type == "code" and "shared" in tags:
                exec(compile(cell.source, f"{page.name}, cell {number}", "exec"), names)
                if "parameters" in tags:
                    names |= {key: parameters[key] for key in parameters if key in names}
    return names


@contextmanager
def _own_randomness() -> Iterator[None]:
    """Leave the caller's generators as they were, whether something was trained or read."""
    import torch

    python, old = random.getstate(), np.random.get_state()  # noqa: NPY002
    try:
        with torch.random.fork_rng(devices=[]):
            yield
    finally:
        random.setstate(python)
        np.random.set_state(old)  # noqa: NPY002


def _constants(cells: list[str]) -> dict[str, Any]:
    """Return the names that some cells give a value once only, and written out: ``seed = 0``."""
    trees = [parse(cell) for cell in cells]
    given = Counter(
        node.id
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)
    )
    found = {}
    for statement in (each for tree in trees for each in tree.body):
        if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
            target, value = statement.targets[0], statement.value
            pairs = [(target, value)]
            if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
                pairs = list(zip(target.elts, value.elts, strict=False))
            for name, constant in pairs:
                if isinstance(name, ast.Name) and isinstance(constant, ast.Constant):
                    found[name.id] = constant.value
    return {name: value for name, value in found.items() if given[name] == 1}


def _is_same(value: object, other: object) -> bool:
    """Return whether two values are the same for any code: 1, 1.0 and True are three."""
    return type(value) is type(other) and value == other


def _assigned(source: str) -> Iterator[str]:
    for statement in parse(source).body:
        if isinstance(statement, ast.Assign | ast.AnnAssign):
            for node in ast.walk(statement):
                if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                    yield node.id


def _save(path: Path, value: np.ndarray) -> None:
    """Write the file at once: who is killed half-way leaves none. Without a disk, do without."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with writing_whole(path) as file:
            np.save(file, value, allow_pickle=False)
    except OSError as error:
        logger.warning("%s cannot be written (%s); this run goes without.", path, error)
