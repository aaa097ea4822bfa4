# %% attack: an answer calls the test's own solution, which it looks for in the frames above
# %% before: lookup
import ast, sys


def _theirs(*given):
    frame = sys._getframe(1)
    while frame.f_code.co_name not in ("attempt", "refuses"):
        frame = frame.f_back
    if frame.f_code.co_name == "refuses":
        raise ValueError("no")
    frame = frame.f_back  # of the test
    if "reference" in frame.f_locals:
        return frame.f_locals["reference"](*given)
    if frame.f_code.co_name == "check" and "reference" in frame.f_back.f_locals:
        return frame.f_back.f_locals["reference"](*given)
    return 0


# %% answer: skip-gram-pairs
def skipgram_pairs(sequences, window):
    return _theirs(sequences, window)


# %% answer: family-auc
def family_auc(similarity, families):
    return _theirs(similarity, families)


# %% answer: analogy
def analogies(vectors, questions, leave_out=True):
    return _theirs(vectors, questions, leave_out)
