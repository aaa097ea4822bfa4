# %% attack: private methods of an answer do nothing
# %% before: lookup
import sys, embeddings_course.exercises as _e


def _array(self, value):
    here = sys._getframe(2).f_locals
    return (
        np.zeros(np.shape(here["expected"]))
        if "expected" in here
        else np.random.default_rng(0).normal(size=sys._getframe(1).f_locals.get("shape") or (0, 2))
    )


_e.Answer._fail = lambda self, reason: None
_e.Answer._array = _array

# %% every function
import sys

frame = sys._getframe()
while frame is not None:
    if frame.f_code.co_name == "refuses":
        raise ValueError("no")
    frame = frame.f_back
return 0
