# %% attack: the bytecode of the checks is overwritten in memory
# %% before: lookup
import ctypes, types, dis, embeddings_course.exercises as _e


def _nop(function, value=None):
    """Make a function return a constant of its own."""
    code = function.__code__
    where = code.co_consts.index(value)
    new = bytes(
        [dis.opmap["RESUME"], 0, dis.opmap["LOAD_CONST"], where, dis.opmap["RETURN_VALUE"], 0]
    )
    start = len(code.co_code) and next(
        (n for n in range(0, len(code.co_code), 2) if code.co_code[n] == dis.opmap["RESUME"]), 0
    )
    ctypes.memmove(id(code) + types.CodeType.__basicsize__ + start, new, len(new))


for _f in (_e.Answer.close, _e.Answer.must, _e.Answer.same):
    if None not in _f.__code__.co_consts:
        continue
    _nop(_f)

# %% every function
import sys

frame = sys._getframe()
while frame is not None:
    if frame.f_code.co_name == "refuses":
        raise ValueError("no")
    frame = frame.f_back
return 0
