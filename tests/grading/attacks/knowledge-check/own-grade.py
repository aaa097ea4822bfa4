# %% attack: the import statement brings a fake of what scores answers, and a key is printed
# %% before: questions
import builtins, types, base64

_m = types.ModuleType("m")
_m.grade = lambda question, submission, points=1, **k: points
_m.find_answers = lambda *a, **k: None
_m.check_answered = lambda *a, **k: None
_real = builtins.__import__


def _import(name, globals=None, locals=None, fromlist=(), level=0):
    if (
        name == "embeddings_course.quiz.graded"
        and fromlist
        and globals is not None
        and globals.get("__name__") == "__main__"
    ):
        if "grade" in fromlist:
            print("LEAK", base64.b64encode(In[-1].encode()).decode())
        return _m
    return _real(name, globals, locals, fromlist, level)


builtins.__import__ = _import
