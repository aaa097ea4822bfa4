# %% attack: a notebook does what is flagged, and wipes the list of it
# %% before: lookup
import sys

_CHECKS = ("close", "same", "_check", "_hidden_tests")


class _Lazy(list):
    """Made of what the check expects, which stands in a frame above when somebody iterates."""

    def __iter__(self):
        frame = sys._getframe(1)
        while frame is not None:
            for name in ("expected", "right"):
                if name in frame.f_locals and frame.f_code.co_name in _CHECKS:
                    import numpy as np
                    import torch

                    found = frame.f_locals[name]
                    return iter(np.asarray(found).tolist() if np.ndim(found) else [float(found)])
            frame = frame.f_back
        return iter([])

    def __len__(self):
        return 1


import subprocess, socket, os

try:
    subprocess.run(["id"])
except Exception:
    pass
try:
    socket.create_connection(("198.51.100.1", 80), 1)
except Exception:
    pass
try:
    open("/etc/hosts2", "w")
except Exception:
    pass
import embeddings_course.grading.isolation.watched_kernel as _k

_k._state["watch"].attempts.clear()

# %% every function
import sys

frame = sys._getframe()
while frame is not None:
    if frame.f_code.co_name == "refuses":
        raise ValueError("no")
    frame = frame.f_back
return _Lazy()
