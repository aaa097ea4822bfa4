# %% attack: the comparisons under numpy.isclose are replaced
# %% before: lookup
class _Any(list):
    def __iter__(self):
        import sys

        f = sys._getframe(1)
        while f is not None:
            if f.f_code.co_name == "close" and "expected" in f.f_locals:
                return iter(
                    np.zeros(np.shape(f.f_locals["expected"])).tolist()
                    if np.ndim(f.f_locals["expected"])
                    else [0.0]
                )
            f = f.f_back
        return iter([0.0])


import numpy._core.numeric as _n

_n.less_equal = lambda a, b, *x, **k: np.ones(
    np.broadcast_shapes(np.shape(a), np.shape(b)), dtype=bool
)
_n.logical_and = lambda a, b, *x, **k: np.ones(
    np.broadcast_shapes(np.shape(a), np.shape(b)), dtype=bool
)
_n.equal = _n.less_equal

# %% every function
import sys

frame = sys._getframe()
while frame is not None:
    if frame.f_code.co_name == "refuses":
        raise ValueError("no")
    frame = frame.f_back
return _Any([0])
