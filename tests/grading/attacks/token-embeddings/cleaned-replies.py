# %% attack: every reply of the kernel becomes a good one where it is made ready to be sent
# %% before: lookup
import ipykernel.kernelbase as _k, embeddings_course.exercises as _e

_clean = _k.json_clean


def _mine(content):
    if isinstance(content, dict) and content.get("status") == "error":
        content = {
            "status": "ok",
            "execution_count": content.get("execution_count", 1),
            "user_expressions": {},
            "payload": [],
        }
    return _clean(content)


_k.json_clean = _mine


def _bad(self):
    raise RuntimeError


_e.CheckFailed._render_traceback_ = _bad
