# %% attack: errors, lines and prints hold commands for a terminal, and sentences of the grader's
# %% before: lookup
from embeddings_course.grading.judge import student as _student
from embeddings_course.grading.judge.wire import pack

_FINE = {"problem": "", "error": "", "said": "", "is_value_error": False}
_FINE |= {"lines": [], "printed": "", "lent": [], "after": []}
_odd = "\x1b[2J\x1b]0;owned\x07\u202eHTML <script>alert(1)</script> \ud800 \x00 fine"


def _reply(called, shared):
    said = {"problem": "error", "error": _odd, "said": _odd * 50, "is_value_error": True}
    said |= {"lines": [_odd * 10] * 100, "printed": "2 of 2 points\n" + _odd, "lent": [_odd] * 99}
    return pack(_FINE | said)


_student._reply = _reply

# %% every function
return 0
