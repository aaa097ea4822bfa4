# %% attack: Python's import statement brings a fake module of checks
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


import builtins, types

_m = types.ModuleType("m")
_m.attempt, _m.refuses = _attempt, _refuses
_real = builtins.__import__


def _import(name, globals=None, locals=None, fromlist=(), level=0):
    if name == "embeddings_course.exercises" and fromlist and "attempt" in fromlist:
        return _m
    return _real(name, globals, locals, fromlist, level)


builtins.__import__ = _import
