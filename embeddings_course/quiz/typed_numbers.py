"""Numbers in quizzes: how a typed answer is read, and how an instructor's formula is computed."""

from __future__ import annotations

import ast
import math
import operator
import re
from collections.abc import Callable, Mapping

from embeddings_course._shared.syntax import parse_expression

# What JavaScript takes for white space, and no more, because pages read numbers too.
_SPACE = "\t\n\v\f\r \u00a0\u1680\u2028\u2029\u202f\u205f\u3000\ufeff" + "".join(
    map(chr, range(0x2000, 0x200B))
)
_SEPARATORS = re.compile(f"(?<=[0-9])[{_SPACE}_'\u2019](?=[0-9]{{3}}(?![0-9]))")
_GROUPED = re.compile(
    r"[+-]?[1-9]\d{0,2}(,\d{3}){2,}(\.\d+)?|[+-]?[1-9]\d{0,2}(,\d{3})+\.\d+", re.ASCII
)
_AMBIGUOUS = re.compile(
    rf"[+-]?[1-9]\d{{0,2}},\d{{3}}([{_SPACE}_'\u2019]\d{{3}})*(e[+-]?\d+)?",
    re.IGNORECASE | re.ASCII,
)
_FRACTION = re.compile(r"([+-]?\d{1,15}) ?/ ?(\d{1,15})", re.ASCII)
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d{1,3})?", re.IGNORECASE | re.ASCII)

_OPERATORS: dict[type[ast.AST], Callable[..., float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: math.pow,
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
}
_FUNCTIONS: dict[str, Callable[..., float]] = {
    "abs": abs,
    "ceil": math.ceil,
    "exp": math.exp,
    "floor": math.floor,
    "log": math.log,
    "log2": math.log2,
    "max": max,
    "min": min,
    "round": round,
    "sqrt": math.sqrt,
}


def read_number(text: str, unit: str | None = None) -> float:
    """Read a number as people type it; ``quiz.js`` reads it the same way.

    A point or a comma may separate decimals, and commas, spaces, apostrophes or underscores may
    group digits by three. One whole number over another is a number too.

    Parameters
    ----------
    text : str
        ``"0.5"``, ``"0,5"``, ``"1e-3"``, ``"3/7"``, ``"6 400 000"`` or ``"6,400,000"``.
    unit : str, optional
        What may stand after the number, written just so: the unit that is asked for.

    Raises
    ------
    ValueError
        If it is not a finite number, or can be read in two ways, such as ``"6,400"``.

    Examples
    --------
    >>> [read_number(text) for text in ("0,5", "6,400,000", "1e-3", "3/4")]
    [0.5, 6400000.0, 0.001, 0.75]
    >>> read_number("128 MB", "MB")
    128.0
    """
    shown = text.strip(_SPACE)
    bare = shown.removesuffix(unit or "").rstrip(_SPACE)
    typed = bare.replace("\u2212", "-")
    number = _SEPARATORS.sub("", typed)
    if _AMBIGUOUS.fullmatch(typed):
        thousands, decimal = number.replace(",", ""), number.replace(",", ".")
        raise ValueError(
            f"{shown} can be read in two ways. Write {thousands} or {decimal}, without the comma."
        )
    fraction = _FRACTION.fullmatch(number)
    if fraction and int(fraction[2]):
        return int(fraction[1]) / int(fraction[2])
    number = number.replace(",", "" if _GROUPED.fullmatch(number) else ".")
    if not _NUMBER.fullmatch(number) or not math.isfinite(float(number)):
        raise ValueError(
            f"{shown or 'Nothing'} is not a number. Write digits, such as 0.25 or 1e6."
        )
    return float(number)


def show_number(value: float) -> str:
    """Write a number for people: six digits, from 10,000 on in groups with two decimals.

    Examples
    --------
    >>> show_number(6400000), show_number(0.25), show_number(2.0)
    ('6,400,000', '0.25', '2')
    """
    if float(value).is_integer() and abs(value) < 1e15:
        return f"{int(value):,}" if abs(value) >= 10_000 else f"{int(value)}"
    if 10_000 <= abs(value) < 1e15:
        return f"{value:,.2f}".rstrip("0").rstrip(".")
    return f"{value:.6g}"


def compute(formula: float | str, variables: Mapping[str, float]) -> float:
    """Compute an arithmetic formula over named numbers; nothing else can be written in it.

    Parameters
    ----------
    formula : float or str
        ``"rows * columns * 4"``. Operators of Python, and abs, ceil, exp, floor, log, log2, max,
        min, round, sqrt and pi.
    variables : mapping of str to float
        The values of the names.

    Raises
    ------
    ValueError
        If it is no such formula, names something unknown, or has no finite value.

    Examples
    --------
    >>> compute("rows * columns", {"rows": 50_000, "columns": 128})
    6400000.0
    """
    if not isinstance(formula, str):
        return float(formula)
    try:
        value = float(_value(parse_expression(formula.strip()), variables))
    except (RecursionError, MemoryError):
        raise ValueError(f"the formula {formula[:40]!r} … is nested too deeply") from None
    except SyntaxError:
        raise ValueError(f"{formula!r} is not a formula") from None
    except (ArithmeticError, TypeError) as error:
        raise ValueError(f"{formula!r} cannot be computed: {error}") from None
    if not math.isfinite(value):
        raise ValueError(f"{formula!r} has no finite value")
    return value


def _value(node: ast.expr, variables: Mapping[str, float]) -> float:
    match node:
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            return number
        case ast.Name(id=name) if name in variables:
            return variables[name]
        case ast.Name(id="pi"):
            return math.pi
        case ast.Name(id=name):
            known = ", ".join(variables) or "none"
            raise ValueError(f"{name!r} is not among the variables: {known}")
        case ast.BinOp() if type(node.op) in _OPERATORS:
            left, right = _value(node.left, variables), _value(node.right, variables)
            return _apply(_OPERATORS[type(node.op)], left, right)
        case ast.UnaryOp() if type(node.op) in _OPERATORS:
            return _OPERATORS[type(node.op)](_value(node.operand, variables))
        case ast.Call(func=ast.Name(id=name), keywords=[]) if name in _FUNCTIONS:
            return _apply(_FUNCTIONS[name], *(_value(one, variables) for one in node.args))
    raise ValueError(f"{ast.unparse(node)!r} is not allowed in a formula")


def _apply(function: Callable[..., float], *numbers: float) -> float:
    try:
        return function(*numbers)
    except ValueError as error:  # as for the root of -1
        raise ArithmeticError(error) from None
