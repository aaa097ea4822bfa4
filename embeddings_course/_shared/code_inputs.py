"""What code follows from besides its own text: the files of this package that it needs.

These are the modules that it imports, directly or through others of them, and the files that are
not modules in the folders of these. Nothing is imported to find out: the code is only read.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from embeddings_course._shared.syntax import parse


def needed_files(code: Iterable[str], package: Path) -> list[Path]:
    """Return the files of a package that some code needs, sorted.

    Parameters
    ----------
    code : iterable of str
        Python, such as the cells of a page. Where it is not Python alone, all files count.
    package : Path
        The package's folder.
    """
    known = _modules(package)
    waiting = [name for source in code for name in _imported(source, known)]
    found: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found.add(name)
        waiting += [parent] if (parent := name.rpartition(".")[0]) in known else []
        path = known[name]
        waiting += _imported_by(path, path.stat().st_mtime_ns, tuple(known))
    files = {known[name] for name in found}
    for folder in {path.parent for path in files}:
        files.update(_other_files(folder))
    return sorted(files)


def constant_arguments(code: str, function: str) -> list[str | None]:
    """Return the first argument of each call of a function, or None where it is not a text.

    Parameters
    ----------
    code : str
        Python. A text that cannot be read has calls with unknown arguments if it has the name.
    function : str
        The name, without what stands before its last dot.
    """
    try:
        tree = parse(code)
    except SyntaxError:
        return [None] if function in code else []
    found: list[str | None] = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        if getattr(node.func, "id", getattr(node.func, "attr", None)) == function:
            first = node.args[0] if node.args else None
            text = getattr(first, "value", None) if isinstance(first, ast.Constant) else None
            found.append(text if isinstance(text, str) else None)
    return found


def imports(code: Iterable[str]) -> list[str]:
    """Return what some code imports outside of functions, in its order, each once.

    Parameters
    ----------
    code : iterable of str
        Python, such as the cells of a page. What cannot be read imports nothing.

    Returns
    -------
    list of str
        ``"torch.nn"`` for ``import torch.nn``, and ``"torch:nn"`` for ``from torch import nn``.
    """
    found: dict[str, None] = {}
    for source in code:
        try:
            statements = parse(source).body
        except SyntaxError:
            continue
        for node in statements:
            if isinstance(node, ast.Import):
                found.update(dict.fromkeys(alias.name for alias in node.names))
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names = (alias.name for alias in node.names)
                found.update(dict.fromkeys(f"{node.module}:{name}" for name in names))
    return list(found)


def digest_of_files(files: Iterable[Path], root: Path) -> str:
    """Return a digest of names, relative to `root`, and contents."""
    digest = hashlib.sha256()
    for path in files:
        state = path.stat()
        content = _digest_of_file(path, state.st_mtime_ns, state.st_size)
        digest.update(f"{path.relative_to(root).as_posix()}\0{content}\0".encode())
    return digest.hexdigest()


@cache
def _digest_of_file(path: Path, changed: int, size: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _modules(package: Path) -> dict[str, Path]:
    """Return the files of a package's modules by dotted name."""
    found = {}
    for path in package.rglob("*.py"):
        parts = path.relative_to(package.parent).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def _imported(code: str, known: Iterable[str]) -> list[str]:
    """Return which of the known modules some code imports, anywhere in it."""
    try:
        tree = parse(code)
    except SyntaxError:
        return list(known)
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return [name for name in known if name in names]


@cache
def _imported_by(path: Path, changed: int, known: tuple[str, ...]) -> list[str]:
    return _imported(path.read_text(encoding="utf-8"), known)


def _other_files(folder: Path) -> Iterator[Path]:
    """Yield what lies in a folder of modules and in its folders without modules."""
    for path in folder.iterdir():
        if path.name.startswith((".", "__pycache__")) or path.suffix == ".py":
            continue
        if path.is_file():
            yield path
        elif path.is_dir() and not any(path.rglob("*.py")):
            yield from (each for each in path.rglob("*") if each.is_file())
