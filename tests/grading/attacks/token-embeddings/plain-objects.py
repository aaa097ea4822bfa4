# %% attack: any object counts as a number, and makes an array of what is expected
# %% before: lookup
import sys, embeddings_course.exercises as _e

_CHECKS = ("close", "same", "_check", "_hidden_tests")


class _Array:
    def __array__(self, *a, **k):
        frame = sys._getframe(1)
        while frame is not None:
            for name in ("expected", "right"):
                if name in frame.f_locals and frame.f_code.co_name in _CHECKS:
                    return np.asarray(frame.f_locals[name], dtype=float)
            frame = frame.f_back
        return np.zeros(0)


_e._PLAIN = (object,)

# %% every function
import sys

frame = sys._getframe()
while frame is not None:
    if frame.f_code.co_name == "refuses":
        raise ValueError("no")
    frame = frame.f_back
return _Array()
