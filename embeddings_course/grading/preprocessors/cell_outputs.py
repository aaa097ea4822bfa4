"""What cells send: which of it is an output, and how much of it there is."""

from __future__ import annotations

import ast
from typing import Any

import nbformat
from nbformat.notebooknode import NotebookNode

from embeddings_course._shared.syntax import parse


def ends_in_expression(source: str) -> bool:
    """Return whether a cell ends in an expression, so that it can have a result."""
    try:
        body = parse(source).body
    except SyntaxError:
        return True
    return bool(body) and isinstance(body[-1], ast.Expr)


def number_in(output: NotebookNode) -> float | None:
    """Return the number that a result shows; None if it shows no number."""
    try:
        return float(output.data.get("text/plain", ""))
    except (ValueError, TypeError):
        return None


def took_too_long(output: NotebookNode) -> bool:
    """Return whether a check says that what it called took too long."""
    return output.output_type == "error" and "no result within" in str(output.get("evalue"))


def error_output(name: str, words: str) -> NotebookNode:
    """Return an output that says what went wrong beside the student's code."""
    return nbformat.v4.new_output("error", ename=name, evalue=words, traceback=[f"{name}: {words}"])


def part_of(message: Any, *names: str) -> Any:
    """Return a part of a message; None if it is not built like that."""
    for name in names:
        message = message.get(name) if isinstance(message, dict) else None
    return message


def kept_content(kind: str, content: Any) -> dict[str, Any]:
    """Return what an output holds, each part of the type that it must have.

    Raises
    ------
    ValueError, TypeError, AttributeError, KeyError
        If it is not output.
    """
    if kind == "error":
        lines = [str(line)[:10_000] for line in content["traceback"][-50:]]
        while len(lines) > 1 and sum(map(len, lines)) > 100_000:
            lines.pop(0)
        return {
            "ename": str(content.get("ename", ""))[:200],
            "evalue": str(content.get("evalue", ""))[:10_000],
            "traceback": lines,
        }
    if kind == "stream":
        return {"name": str(content["name"])[:20], "text": str(content["text"])}
    # Nothing that is shown needs metadata.
    return {**content, "metadata": {}} if "metadata" in content else content


def length(value: Any) -> int:
    """Return about how many letters it takes to write something down."""
    size, waiting = 0, [value]
    while waiting:
        part = waiting.pop()
        size += len(part) if isinstance(part, str) else 10
        if isinstance(part, dict):
            waiting += [*part.keys(), *part.values()]
        elif isinstance(part, list):
            waiting += part
    return size
