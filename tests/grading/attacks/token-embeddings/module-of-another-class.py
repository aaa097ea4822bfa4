# %% attack: the module of checks gets a class whose checks are fakes
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


import types, embeddings_course.exercises as _e


class _Other(types.ModuleType):
    def __getattribute__(self, name):
        if name == "attempt":
            return _attempt
        if name == "refuses":
            return _refuses
        return types.ModuleType.__getattribute__(self, name)


_e.__class__ = _Other
