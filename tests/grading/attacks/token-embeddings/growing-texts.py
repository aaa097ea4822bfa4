# %% attack: an array of texts takes a thousand times what was sent | state: kernel-died
# %% before: lookup
from embeddings_course.grading.judge import student as _student
from embeddings_course.grading.judge.wire import pack

_FINE = {"problem": "", "error": "", "said": "", "is_value_error": False}
_FINE |= {"lines": [], "printed": "", "lent": [], "after": []}


def _reply(called, shared):
    value = {"objects": [True, [1000], ["x" * 10**6] + [""] * 999]}
    return pack(_FINE | {"value": value, "after": [None] * len(shared)})


_student._reply = _reply

# %% every function
return 0
