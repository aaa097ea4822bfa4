# %% attack: the garbage collector is asked for the function under numpy.isclose
# %% before: lookup
import gc, types

# the implementation is found by the garbage collector, not by its name
for _f in gc.get_referents(np.isclose):
    if isinstance(_f, types.FunctionType) and _f.__name__ == "isclose":
        _f.__code__ = (
            lambda a, b, rtol=0, atol=0, equal_nan=False: np.ones(np.shape(a), dtype=bool)[()]
        ).__code__


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


# %% every function
import sys

frame = sys._getframe()
while frame is not None:
    if frame.f_code.co_name == "refuses":
        raise ValueError("no")
    frame = frame.f_back
return _Any([0])
