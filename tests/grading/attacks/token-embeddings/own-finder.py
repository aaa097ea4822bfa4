# %% attack: a finder of modules brings a fake module of checks | state: timed-out
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


import sys, types, importlib.abc, importlib.machinery


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(self, name, path, target=None):
        if name == "embeddings_course.exercises":
            return importlib.machinery.ModuleSpec(name, self)

    def exec_module(self, module):
        module.attempt, module.refuses = _attempt, _refuses


sys.meta_path.insert(0, _Finder())
del sys.modules["embeddings_course.exercises"]
