# %% attack: each answer is as large as a message can be | state: any
# %% before: lookup
from embeddings_course.grading.judge import student as _student
from embeddings_course.grading.judge.wire import pack

_FINE = {"problem": "", "error": "", "said": "", "is_value_error": False}
_FINE |= {"lines": [], "printed": "", "lent": [], "after": []}
_body = bytes(127 * 1024**2)


def _reply(called, shared):
    value = {"array": ["|u1", [len(_body)], 0]}
    return pack(_FINE | {"value": value, "after": [None] * len(shared)}, _body)


_student._reply = _reply

# %% every function
return 0
