# %% attack: the shell's compiler empties the test cells
# %% before: lookup
_compiler = get_ipython().compile
_parse = _compiler.ast_parse


def _mine(source, *a, **k):
    return _parse("pass" if "attempt" in source else source, *a, **k)


_compiler.ast_parse = _mine
