# %% attack: an answer writes its own values into the local variables of its test
# %% before: lookup
import ctypes, sys


def _rewrite(mine):
    frame = sys._getframe(1)
    while frame.f_code.co_name not in ("attempt", "refuses"):
        frame = frame.f_back
    if frame.f_code.co_name == "refuses":
        raise ValueError("no")
    frame = frame.f_back  # of the test
    for name in ("right", "reference"):
        if name in frame.f_locals:
            frame.f_locals[name] = (lambda *a, **k: mine) if name == "reference" else mine
    ctypes.pythonapi.PyFrame_LocalsToFast(ctypes.py_object(frame), ctypes.c_int(0))
    return mine


# %% answer: sgd-step
def sgd_step(table, ids, gradients, lr):
    return _rewrite(table.clone())


# %% answer: skip-gram-pairs
def skipgram_pairs(sequences, window):
    return _rewrite([])


# %% answer: negative-loss
def negative_sampling_loss(center, context, negatives):
    return _rewrite(0.0)


# %% answer: family-auc
def family_auc(similarity, families):
    return _rewrite(0.0)


# %% answer: analogy
def analogies(vectors, questions, leave_out=True):
    return _rewrite([0] * len(questions))


# %% answer: dimension
def choose_dimension(dimensions, scores):
    return _rewrite(0.0)
