# %% attack: an answer is a dictionary whose keys all have the same hash | state: kernel-died
# %% before: lookup
from embeddings_course.grading.judge import student as _student
from embeddings_course.grading.judge.wire import pack

_FINE = {"problem": "", "error": "", "said": "", "is_value_error": False}
_FINE |= {"lines": [], "printed": "", "lent": [], "after": []}
_same = [k * (2**61 - 1) for k in range(400_000)]


def _reply(called, shared):
    value = {"dict": [_same, [0] * len(_same)]}
    return pack(_FINE | {"value": value, "after": [None] * len(shared)})


_student._reply = _reply

# %% every function
return 0
