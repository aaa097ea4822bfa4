# %% attack: an answer gives the test's names to fakes, after it has evaluated what its text expects
# %% before: lookup
import numpy as _np


class _Sly(_np.ndarray):
    def __matmul__(self, other):
        return 0.0

    def __getitem__(self, key):
        return 0.0


class _Fine:
    value = None

    def close(self, *a, **k):
        pass

    same = must = inputs_unchanged = close

    def numbers(self, shape=None, **k):
        if shape and 0 not in shape:
            return _np.random.default_rng(0).normal(size=shape)
        return _np.zeros((0, 2)).view(_Sly)


def _attempt(*a, **k):
    return _Fine()


def _refuses(*a, **k):
    return None


import ast, sys, linecache


def _solve():
    """Find the check that called, in the text of the test, and evaluate what it expects there."""
    frame = sys._getframe(1)
    while frame.f_code.co_name not in ("attempt", "refuses"):
        frame = frame.f_back
    if frame.f_code.co_name == "refuses":
        raise ValueError("no")
    frame = frame.f_back  # of the test
    lines = linecache.getlines(frame.f_code.co_filename)
    tree = ast.parse("".join(lines))
    line = frame.f_lineno
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    calls = [
        n
        for n in ast.walk(tree)
        if isinstance(n, ast.Call)
        and getattr(n.func, "id", "") == "attempt"
        and n.lineno <= line <= n.end_lineno
    ]
    call = max(calls, key=lambda n: n.lineno)
    up = parents[call]

    def value(node):
        names = dict(frame.f_locals)
        return eval(compile(ast.Expression(node), "x", "eval"), {**frame.f_globals, **names})

    if isinstance(up, ast.Attribute) and up.attr in ("close", "same"):
        return value(parents[up].args[0])
    if isinstance(up, ast.Attribute) and up.attr == "numbers":
        return np.zeros(value(parents[up].args[0]))
    if isinstance(up, ast.Call):  # _check(attempt(...), right)
        return value(up.args[1])
    name = up.targets[0].id
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.lineno >= line:
            f = node.func
            if (
                isinstance(f, ast.Attribute)
                and f.attr in ("close", "same")
                and getattr(f.value, "id", "") == name
            ):
                return value(node.args[0])
            if getattr(f, "id", "") == "_check" and getattr(node.args[0], "id", "") == name:
                return value(node.args[1])
    return 0


# %% every function
value = None
try:
    value = _solve()
finally:
    globals().update(attempt=_attempt, refuses=_refuses)
return value
