"""What a quiz's notebook holds of answers, read as data."""

from __future__ import annotations

import ast
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from embeddings_course._shared.syntax import parse
from embeddings_course.quiz.graded_answers import right_answers

_FUNCTION = "collected"
_LONGEST = 1_000_000  # letters
# What the function gives is not written in it.
NO_DATA = ""
# What is written there are keys, as in the notebook with solutions.
_OF_THE_SOLUTION = "keys: "


def collected_text(sources: Sequence[str]) -> str | None:
    """Return what the function ``collected`` of a notebook returns, without running it.

    Parameters
    ----------
    sources : sequence of str
        The student's cells, in their order.

    Returns
    -------
    str or None
        JSON, or something else that :func:`returning` reads; ``NO_DATA`` if the function does
        more than to return what is written in it. None if there is no such function, or if it is as
        it was released.
    """
    found = None
    for source in sources:
        if _FUNCTION not in source:
            continue
        if len(source) > _LONGEST:
            found = NO_DATA
            continue
        try:
            body = parse(source).body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        for node in body:
            if isinstance(node, ast.FunctionDef) and node.name == _FUNCTION:
                found = _returned(node)
    return found


def returning(text: str | None, folder: Path | None = None) -> Callable[[], Any]:
    """Return a function that does what ``collected`` does, with what :func:`collected_text` found.

    Parameters
    ----------
    text : str or None
        What that returned.
    folder : Path, optional
        The submission's folder. Default: the current one.
    """

    def collected() -> Any:
        if text is None:
            raise NotImplementedError
        if text == NO_DATA:
            return ...  # which is not an answer
        found = json.loads(text.removeprefix(_OF_THE_SOLUTION))
        return right_answers(found, folder=folder) if text.startswith(_OF_THE_SOLUTION) else found

    return collected


def _returned(function: ast.FunctionDef) -> str | None:
    *before, last = [node for node in function.body if not _is_text(node)] or [ast.Pass()]
    if isinstance(last, ast.Raise) and not before:
        return None
    value = last.value if isinstance(last, ast.Return) else None
    head = ""
    if before and (answers := _of_the_solution([*before, last])) is not None:
        head, value = _OF_THE_SOLUTION, answers
    elif before:
        return NO_DATA
    try:
        return f"{head}{json.dumps(ast.literal_eval(value))}" if value is not None else NO_DATA
    except (ValueError, TypeError, RecursionError, MemoryError):
        return NO_DATA


def _of_the_solution(body: Sequence[ast.stmt]) -> ast.expr | None:
    """Return the keys in the instructor's own cell, which `course quiz draw` has written."""
    match body:
        case [
            ast.ImportFrom(names=[ast.alias(name="right_answers")]),
            ast.Assign(targets=[ast.Name(id=name)], value=value),
            ast.Return(value=ast.Call(func=ast.Name(id="right_answers"), args=[ast.Name(id=used)])),
        ] if name == used:
            return value
    return None


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
