"""IPython extension: an assertion that fails says what its two sides are.

Pages assert what they claim. By itself, ``assert a.mean() >= b.mean()`` fails without a word. In
the kernels that build the book, the error's message has the values, so that a person whose machine
finds something else sees by how much.
"""

from __future__ import annotations

import ast
import copy
import linecache
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from reprlib import Repr
from types import TracebackType
from typing import Any

import numpy as np

from embeddings_course._shared.syntax import parse

_OPERATORS = {
    ast.Gt: np.greater,
    ast.GtE: np.greater_equal,
    ast.Lt: np.less,
    ast.LtE: np.less_equal,
    ast.Eq: np.equal,
    ast.NotEq: np.not_equal,
}
_MOST_LINES = 6
_MOST_NUMBERS = 12


def load_ipython_extension(shell: Any) -> None:
    """Make failing assertions of a kernel say what their sides are."""

    def show(
        shell: Any,
        kind: type[AssertionError],
        error: AssertionError,
        traceback: TracebackType,
        tb_offset: int | None = None,
    ) -> None:
        if not error.args:
            error.args = ("\n".join(explanation(traceback)),)
        shell.showtraceback((kind, error, traceback), tb_offset=tb_offset)

    shell.set_custom_exc((AssertionError,), show)


def explanation(traceback: TracebackType) -> list[str]:
    """Say what the sides of a failed assertion are, a line each.

    The assertion's expressions are evaluated once more, where it failed. So what they take away or
    draw again differs from what was asserted; pages assert nothing of that kind.

    Parameters
    ----------
    traceback : traceback
        Of an AssertionError.

    Returns
    -------
    list of str
        Empty if the assertion's source is not known, and shorter if a value cannot be shown.
    """
    lines: list[str] = []
    with suppress(Exception):  # must not hide the failure
        while traceback.tb_next:
            traceback = traceback.tb_next
        names = {**traceback.tb_frame.f_globals, **traceback.tb_frame.f_locals}
        for line in _sides(_failed(traceback).test, names):
            if len(lines) == _MOST_LINES:
                lines.append("and more")
                break
            lines.append(line)
    return lines


def _failed(traceback: TracebackType) -> ast.Assert:
    """Find the assertion that raised: of several on one line, the one at its place."""
    code = traceback.tb_frame.f_code
    line, _, column, _ = list(code.co_positions())[traceback.tb_lasti // 2]
    tree = parse("".join(linecache.getlines(code.co_filename)))
    found = [node for node in ast.walk(tree) if isinstance(node, ast.Assert)]
    return next(
        each
        for each in found
        if (each.lineno, each.col_offset) <= (line, column) < (each.end_lineno, each.end_col_offset)
    )


def _sides(
    test: ast.expr, names: Mapping[str, Any], loops: Sequence[ast.comprehension] = ()
) -> Iterator[str]:
    """Describe the parts of a condition that do not hold, those of comparisons side by side."""
    match test:
        case ast.BoolOp(op=ast.And(), values=parts):
            yield from _sides_of_first(parts, names, loops)
        case ast.BoolOp(values=parts):
            yield from _sides_of_all(parts, names, loops)
        case ast.BinOp(op=ast.BitAnd() | ast.BitOr(), left=left, right=right):
            yield from _sides_of_all([left, right], names, loops)
        case ast.Call(func=ast.Name(id="all"), args=[ast.GeneratorExp() | ast.ListComp() as inner]):
            yield from _sides(inner.elt, names, [*loops, *inner.generators])
        case ast.Call(func=ast.Attribute(attr="all", value=ast.expr() as inner), args=[]):
            yield from _sides(inner, names, loops)
        case ast.Compare() if all(type(op) in _OPERATORS for op in test.ops):
            yield from _comparisons(test, names, loops)
        case _:
            for bound, (value,) in _values([test], names, loops):
                if not np.all(value):
                    yield f"{bound()}`{ast.unparse(test)}` is {_shown(value)}"


def _sides_of_all(
    parts: Sequence[ast.expr], names: Mapping[str, Any], loops: Sequence[ast.comprehension]
) -> Iterator[str]:
    for part in parts:
        yield from _sides(part, names, loops)


def _sides_of_first(
    parts: Sequence[ast.expr], names: Mapping[str, Any], loops: Sequence[ast.comprehension]
) -> Iterator[str]:
    """Describe the first part that fails: those after it were never evaluated."""
    for part in parts:
        said = _sides(part, names, loops)
        if (line := next(said, None)) is not None:
            yield line
            yield from said
            break


def _comparisons(
    test: ast.Compare, names: Mapping[str, Any], loops: Sequence[ast.comprehension]
) -> Iterator[str]:
    """Describe the sides of each comparison in a chain of them, such as ``a < b < c``."""
    sides = [test.left, *test.comparators]
    for operator, left, right in zip(test.ops, sides, sides[1:], strict=False):
        yield from _comparison(_OPERATORS[type(operator)], left, right, names, loops)


def _comparison(
    compare: Callable[[Any, Any], Any],
    left: ast.expr,
    right: ast.expr,
    names: Mapping[str, Any],
    loops: Sequence[ast.comprehension],
) -> Iterator[str]:
    for bound, (one, other) in _values([left, right], names, loops):
        try:
            holds = np.asarray(compare(_plain(one), _plain(other)))
        except (TypeError, ValueError):  # sides that only Python itself can compare
            holds = np.asarray(False)
        if np.all(holds):
            continue
        if holds.size > _MOST_NUMBERS:  # the pairs that fail say more than all numbers
            one, other = (np.broadcast_to(_plain(side), holds.shape) for side in (one, other))
            count = f"in {np.sum(~holds)} of {holds.size} places, "
            one, other = one[~holds], other[~holds]
        else:
            count = ""
        for side, value in ((left, one), (right, other)):
            if not isinstance(side, ast.Constant):
                yield f"{bound()}{count}`{ast.unparse(side)}` is {_shown(value)}"


def _values(
    sides: Sequence[ast.expr], names: Mapping[str, Any], loops: Sequence[ast.comprehension]
) -> Iterator[tuple[Callable[[], str], list]]:
    """Evaluate expressions, in each round of the loops around them.

    With the values comes a function that says what the loops' variables are.
    """
    if not loops:
        yield lambda: "", [_evaluate(side, names) for side in sides]
        return
    targets = sorted(
        {node.id for loop in loops for node in ast.walk(loop.target) if isinstance(node, ast.Name)}
    )
    parts = [*(ast.Name(name, ast.Load()) for name in targets), *sides]
    # One round at a time: there may be many, and the first that fail are enough.
    for values in _evaluate(ast.GeneratorExp(ast.Tuple(parts, ast.Load()), list(loops)), names):
        bound = [f"{name} = {{}}" for name in targets]
        yield _with(bound, values[: len(targets)]), list(values[len(targets) :])


def _with(forms: Sequence[str], values: Sequence) -> Callable[[], str]:
    return lambda: f"with {', '.join(forms)}: ".format(*map(_shown, values))


def _evaluate(node: ast.expr, names: Mapping[str, Any]) -> Any:
    expression = ast.fix_missing_locations(ast.Expression(copy.deepcopy(node)))
    # All names as globals: a comprehension would not see local ones.
    return eval(compile(expression, "<assertion>", "eval"), dict(names))


def _plain(value: Any) -> Any:
    """Turn a tensor into an array."""
    return value.detach().numpy() if hasattr(value, "detach") else value


def _shown(value: Any) -> str:
    value = _plain(value)
    if isinstance(value, list | tuple) and value and isinstance(value[0], float):
        value = np.asarray(value)
    if isinstance(value, np.ndarray):
        return np.array2string(value, precision=4, threshold=_MOST_NUMBERS, separator=", ")
    if isinstance(value, float | np.floating):
        return f"{value:.4g}"
    short = Repr()
    short.maxstring = short.maxother = 60
    return short.repr(value)
