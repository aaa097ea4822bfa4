# %% attack: a private method of an answer returns what the check expects
# %% before: lookup
import sys, embeddings_course.exercises as _e

_CHECKS = ("close", "same", "_check", "_hidden_tests")


def _array(self, value):
    frame = sys._getframe(1)
    while frame is not None:
        found = frame.f_locals
        for name in ("expected", "right"):
            if name in found and frame.f_code.co_name in _CHECKS:
                return np.asarray(found[name], dtype=float)
        if frame.f_code.co_name == "numbers" and found.get("shape") is not None:
            return np.random.default_rng(0).normal(size=found["shape"])
        frame = frame.f_back
    return np.zeros((0, 2))


_e.Answer._array = _array

# %% every function
import sys

frame = sys._getframe()
while frame is not None:
    if frame.f_code.co_name == "refuses":
        raise ValueError("no")
    frame = frame.f_back
return 0
