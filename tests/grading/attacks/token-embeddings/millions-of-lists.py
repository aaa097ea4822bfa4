# %% attack: the head of an answer holds five million lists | state: any
# %% before: lookup
from embeddings_course.grading.judge import student as _student

_text = b'{"problem": "", "value": [' + b"[]," * 5_000_000 + b"[]]}"
_reply = _student._reply
_long = iter([len(_text).to_bytes(8, "little") + _text] * 2)
_student._reply = lambda called, shared: next(_long, None) or _reply(called, shared)

# %% every function
return 0
