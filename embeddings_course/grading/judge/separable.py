"""Whether the tests of a notebook can be run in a process that does not have the student's names.

They can if all that they and the given cells use is in the given cells, in the tests, or Python's
own: a function of the student's is called by its name, through
:func:`embeddings_course.exercises.attempt`.

>>> given, test = "import math", 'attempt(globals(), "half", 2, on="2").close(1)'
>>> separate([("given", given)], [("half_basics", "from exercises import attempt\\n" + test)]).names
{}
>>> separate([("given", given)], [("half_basics", "assert half(2) == 1")]).names
{'half_basics': ['half']}
"""

from __future__ import annotations

import ast
import builtins
import symtable
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from embeddings_course._shared.syntax import parse

# IPython's, besides Python's own.
_THERE = {*dir(builtins), "__file__", "__name__", "display", "get_ipython", "exit", "quit"}
# What reads names that are nowhere in the text.
_DYNAMIC, _MAGIC = {"eval", "exec", "locals", "vars"}, {"run_cell_magic", "run_line_magic"}
# Magic commands that run no code of the notebook.
_QUIET = {"autoreload", "config", "load_ext", "matplotlib", "pip", "precision"}
# What `globals().get(...)` may ask for: the answers to a quiz, which the grader reads itself.
_DATA = {"collected"}
# What calls functions of the student's by their names.
_CALLING = {"attempt", "refuses"}


@dataclass(frozen=True)
class Separation:
    """What of a notebook the judge can run.

    Attributes
    ----------
    given : frozenset of str
        The given cells that use nothing of the student's.
    names : dict of str to list of str
        What test cells use that is nowhere but in the student's code, by their names.
    calls : bool
        Whether tests or given cells call functions of the student's.
    """

    given: frozenset[str]
    names: dict[str, list[str]]
    calls: bool = True

    @property
    def possible(self) -> bool:
        """Whether no test uses a name of the student's."""
        return not self.names


def separate(given: Sequence[tuple[str, str]], tests: Sequence[tuple[str, str]]) -> Separation:
    """Find out what tests and given cells use that only the student's code can define.

    Parameters
    ----------
    given, tests : sequence of (str, str)
        Names and sources of the cells that students cannot change: first those without points.
    """
    read = {name: _Cell(source) for name, source in (*given, *tests)}
    closed = {name for name, _ in given}
    while True:
        known = _THERE.union(*(read[name].binds for name in closed))
        open_ = {name for name in closed if read[name].unknown(known)}
        if not open_:
            break
        closed -= open_
    known = known.union(*(read[name].binds for name, _ in tests))
    names = {name: sorted(unknown) for name, _ in tests if (unknown := read[name].unknown(known))}
    calls = any(each.uses & _CALLING for each in read.values())
    return Separation(frozenset(closed), names, calls)


class _Cell:
    """What a cell binds and uses of the notebook's names."""

    def __init__(self, source: str):
        self.binds: set[str] = set()
        self.uses: set[str] = set()
        try:
            text = _as_python(source)
            tree = parse(text)
            _collect(symtable.symtable(text, "cell", "exec"), self.binds, self.uses)
        except (SyntaxError, ValueError):  # it fails wherever it is run
            return
        self.uses |= set(_by_text(tree))

    def unknown(self, known: Iterable[str]) -> set[str]:
        """Return what it uses that is not there."""
        return self.uses - self.binds - set(known)


def _as_python(source: str) -> str:
    """Return a cell as Python, with IPython's own commands turned into calls."""
    from IPython.core.inputtransformer2 import TransformerManager

    return TransformerManager().transform_cell(source)


def _collect(table: symtable.SymbolTable, binds: set[str], uses: set[str]) -> None:
    whole = str(table.get_type()) == "module"
    for symbol in table.get_symbols():
        if whole:
            if symbol.is_assigned() or symbol.is_imported():
                binds.add(symbol.get_name())
            if symbol.is_referenced():
                uses.add(symbol.get_name())
        elif symbol.is_global() and symbol.is_referenced():
            uses.add(symbol.get_name())
        elif symbol.is_declared_global() and symbol.is_assigned():
            binds.add(symbol.get_name())
    for inner in table.get_children():
        _collect(inner, binds, uses)


def _by_text(tree: ast.AST) -> Iterable[str]:
    """Return names that a cell reaches by text, or in a way that its text does not show."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and any(each.name == "*" for each in node.names):
            yield f"from {node.module} import *"
        elif isinstance(node, ast.Name) and node.id in _DYNAMIC:
            yield f"{node.id}(...)"
        elif magic := _magic(node):
            yield f"{magic}(...)"
        elif isinstance(node, ast.Subscript) and _is_globals(node.value):
            yield _text(node.slice)
        elif (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and _is_globals(node.func.value)
        ):
            name = _text(node.args[0]) if node.args else f"globals().{node.func.attr}()"
            if name not in _DATA:
                yield name


def _magic(node: ast.AST) -> str | None:
    """Return what calls a magic command that may run code of the notebook."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
        return None
    quiet = bool(node.args) and _text(node.args[0]) in _QUIET
    return node.func.attr if node.func.attr in _MAGIC and not quiet else None


def _is_globals(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "globals"
    )


def _text(node: ast.AST) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    return "globals()[...]"
