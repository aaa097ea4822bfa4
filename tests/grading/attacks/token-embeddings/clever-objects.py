# %% attack: objects in place of functions evaluate what the text of a test expects
# %% before: lookup
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


class _Clever:
    def __call__(self, *a, **k):
        return _solve()


# %% after: dimension
globals().update(
    dict.fromkeys(
        [
            "analogies",
            "choose_dimension",
            "draw_negatives",
            "family_auc",
            "look_up",
            "negative_sampling_loss",
            "one_hot",
            "sgd_step",
            "skipgram_pairs",
            "train_codes",
        ],
        _Clever(),
    )
)
