"""Which names of a module people use, with their docstrings."""

from __future__ import annotations

import ast
import importlib
import inspect
from functools import cache
from types import ModuleType

from sphinx.pycode import ModuleAnalyzer

from embeddings_course._shared.syntax import parse

PACKAGE = __name__.partition(".")[0]


def defining_module(module: str, name: str) -> str:
    """Return the module in which a public name of a module is defined.

    Parameters
    ----------
    module : str
        Where people import the name from: ``"embeddings_course.backbones"``.
    name : str
        A name there.
    """
    return _imported(module).get(name, module)


@cache
def _imported(module: str) -> dict[str, str]:
    """Names that a module takes from others of the package, each with where it is from."""
    tree = parse(inspect.getsource(importlib.import_module(module)))
    return {
        each.asname or each.name: node.module
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith(PACKAGE)
        for each in node.names
    }


def documented(module: ModuleType) -> dict[str, list[str]]:
    """Return the public names of a module that have a docstring, with its lines, in their order.

    Public is what ``__all__`` lists; without one, what the module itself defines and does not hide
    behind an underscore.
    """
    named = getattr(module, "__all__", None)
    names = _defined(module) if named is None else named
    found = {name: _docstring(module, name) for name in names}
    return {name: lines for name, lines in found.items() if lines}


def _defined(module: ModuleType) -> list[str]:
    """Public names that a module defines, in the order of its code."""
    tree = parse(inspect.getsource(module))
    names = []
    for node in tree.body:
        targets = getattr(node, "targets", [getattr(node, "target", None)])
        for target in targets:
            names += [each.id for each in getattr(target, "elts", [target]) if hasattr(each, "id")]
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.append(node.name)
    return [name for name in dict.fromkeys(names) if not name.startswith("_")]


def _docstring(module: ModuleType, name: str) -> list[str]:
    value = getattr(module, name)
    if inspect.isclass(value) or callable(value):
        return (inspect.getdoc(value) or "").splitlines()
    return constants(defining_module(module.__name__, name)).get(("", name), [])


def constants(module: str) -> dict[tuple[str, str], list[str]]:
    """Return the docstrings below the constants of a module, in a form of Sphinx's."""
    analyzer = ModuleAnalyzer.for_module(module)
    analyzer.analyze()
    return analyzer.attr_docs


def kind(module: ModuleType, name: str) -> str:
    """Say what a name of a module stands for, in a word of Sphinx's."""
    value = getattr(module, name)
    if inspect.isclass(value):
        return "exception" if issubclass(value, BaseException) else "class"
    return "function" if callable(value) else "data"
