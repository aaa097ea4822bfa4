"""The rooms of the package and their imports, read from its code."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from embeddings_course._shared.messages import Message
from embeddings_course._shared.syntax import parse

PACKAGE = "embeddings_course"


@dataclass(frozen=True)
class House:
    """Rooms in three parts, one above the other, and who imports whom.

    Attributes
    ----------
    entrances : tuple of str
        What a person starts.
    tools : tuple of str
        What the ``course`` command runs.
    library : tuple of str
        What pages and assignments import.
    imports : dict of str to frozenset of str
        For each room the others that it imports, anywhere in its code.
    """

    entrances: tuple[str, ...]
    tools: tuple[str, ...]
    library: tuple[str, ...]
    imports: dict[str, frozenset[str]]

    @property
    def rooms(self) -> tuple[str, ...]:
        """All rooms, from the top."""
        return self.entrances + self.tools + self.library

    def importers(self, room: str) -> frozenset[str]:
        """Return which rooms import a room."""
        return frozenset(each for each in self.rooms if room in self.imports[each])

    @property
    def foundations(self) -> tuple[str, ...]:
        """Rooms that more than half of the others import, and that import none."""
        return tuple(
            room
            for room in self.rooms
            if not self.imports[room] and 2 * len(self.importers(room)) > len(self.rooms) - 1
        )


def read_house(root: Path) -> House:
    """Read which rooms there are and what each of them imports.

    The former name of a module, a file that only passes on what another one has, is not a room.

    Parameters
    ----------
    root : Path
        The repository.

    Raises
    ------
    ValueError
        If the layers in ``pyproject.toml`` lack a room.
    """
    layers = _layers(root / "pyproject.toml")
    package = root / PACKAGE
    found = {name: path for name, path in _top(package) if not _passes_on(path)}
    named = {name for layer in layers for name in layer}
    if missing := sorted(found.keys() - named):
        raise ValueError(
            Message(
                "room-without-layer",
                f"The layers of import-linter in pyproject.toml lack {', '.join(missing)}: give "
                "it a place there.",
            )
        )
    *above, tools, library = [[name for name in layer if name in found] for layer in layers]
    return House(
        entrances=tuple(name for layer in above for name in layer),
        tools=tuple(tools),
        library=tuple(library),
        imports={
            name: frozenset(_imports(path) & found.keys() - {name}) for name, path in found.items()
        },
    )


def _layers(settings: Path) -> list[list[str]]:
    contracts = tomllib.loads(settings.read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    (layers,) = [each["layers"] for each in contracts if each["type"] == "layers"]
    return [[name.strip() for name in layer.split(":")] for layer in layers]


def _top(package: Path) -> Iterator[tuple[str, Path]]:
    for path in sorted(package.iterdir()):
        if path.suffix == ".py" and path.stem != "__init__":
            yield path.stem, path
        elif (path / "__init__.py").is_file():
            yield path.name, path


def _files(room: Path) -> list[Path]:
    return [room] if room.is_file() else sorted(room.rglob("*.py"))


def _passes_on(room: Path) -> bool:
    """Whether this is a file with nothing but a docstring, imports and ``__all__``."""
    if room.is_dir():
        return False
    tree = parse(room.read_text(encoding="utf-8"))
    return bool(tree.body) and all(
        isinstance(node, ast.ImportFrom)
        or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
        or (isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__")
        for node in tree.body
    )


def _imports(room: Path) -> set[str]:
    """Return what a room imports of the package, by the first name below it."""
    names: set[str] = set()
    for path in _files(room):
        for node in ast.walk(parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names.update(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return {name.split(".")[1] for name in names if name.startswith(f"{PACKAGE}.")}
