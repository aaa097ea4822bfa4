# %% attack: random numbers of tests are zeros, for which an answer is easy
# %% before: lookup
import numpy.random as _r

_make = _r.default_rng


class _Zero:
    def __init__(self, seed):
        self.real = _make(seed)

    def normal(self, size=None, **k):
        return np.zeros(size)

    def integers(self, *a, size=None, **k):
        return np.zeros(size, dtype=int)

    def __getattr__(self, name):
        return getattr(self.real, name)


_r.default_rng = lambda seed=None: _Zero(seed)


# %% answer: sgd-step
def sgd_step(table, ids, gradients, lr):
    return table.clone()


# %% answer: negative-loss
def negative_sampling_loss(center, context, negatives):
    import math

    return (1 + negatives.shape[1]) * math.log(2)
