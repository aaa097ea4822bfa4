# %% attack: an input transformer of IPython's own empties the test cells
# %% before: lookup
_manager = get_ipython().input_transformer_manager
_old = _manager.cleanup_transforms[0]
print(_old)
_new = lambda lines: ["pass\n"] if any("attempt" in line for line in lines) else lines
try:
    _old.__code__ = _new.__code__
except AttributeError:
    pass
