"""Python as a syntax tree, from any thread.

On Python 3.11 all threads share the counter with which `ast.parse` watches its depth (CPython issue
106905, mended in later versions): where two of them parse, one may fail with "AST constructor
recursion depth mismatch". Whatever this package parses goes through here, one text at a time.
"""

from __future__ import annotations

import ast
import threading

_ONE_AT_A_TIME = threading.Lock()


def parse(source: str) -> ast.Module:
    """Return the syntax tree of some Python.

    Raises
    ------
    SyntaxError, ValueError
        As `ast.parse` does.
    """
    with _ONE_AT_A_TIME:
        return ast.parse(source)  # noqa: TID251


def parse_expression(source: str) -> ast.expr:
    """Return the syntax tree of one expression; errors as with `parse`."""
    with _ONE_AT_A_TIME:
        return ast.parse(source, mode="eval").body  # noqa: TID251
