"""The kernel in which submissions run: an IPython kernel that is bounded and watched.

``python -m embeddings_course.grading.isolation.watched_kernel -f CONNECTION_FILE``

It limits its own memory and files before any code of a student runs, and has it watched
(:mod:`embeddings_course.grading.isolation.watch`). What runs in one process can deceive whatever
looks from inside it, so this is for detection. Protection is the sandbox around it.
"""

from __future__ import annotations

import os
import sys
import types
from pathlib import Path
from typing import Any

GIVEN = "COURSE_GRADING_GIVEN"  # a folder whose files are copied into the working directory
MEMORY = "COURSE_GRADING_MEMORY"  # bytes
PROCESSES = 1024  # threads among them

_FILE_BYTES = 200 * 1024**2
_OPEN_FILES = 4096  # what is sent and not read waits in memory
# How deep functions may call each other, and how many of these calls an error shows.
_DEEPEST, _SHOWN_FRAMES = 100_000, 100
_state: dict[str, Any] = {}
# What ipykernel and torch exchange themselves while cells run.
_CLASSES = {"AssertionError", "BaseException", "Exception", "Module", "Tensor"}
_RESTLESS = {"builtins.input", "builtins.print", "builtins.display", "torch.manual_seed"}
# What honest code sets: a default type, an alias that numpy once had, a module loaded again.
_RESTLESS |= {"torch.Storage", "numpy.bool", "numpy.test"}
# How a tensor is shown decides nothing.
_SHOWN = (".Tensor.__repr__", ".Tensor.__str__", ".Tensor.__format__")


def attempts() -> list[tuple[str, str, str, int]]:
    """Return what code of the notebook did so far: the fields of each attempt."""
    return [tuple(attempt) for attempt in _state["watch"].attempts] if "watch" in _state else []


def remember() -> None:
    """Remember how the shell shows values, before any code of a student runs."""
    shell = _shell()
    formatter = shell.display_formatter.formatters["text/plain"]
    _state["printers"] = (formatter, dict(formatter.type_printers), formatter.float_format)
    _state["handler"] = vars(shell).get("CustomTB")


def set_aside() -> bool:
    """Take away, while a test runs, what the notebook has set up for its own cells.

    A format for numbers would change points that are shown, a handler of errors would hide those of
    a test, and what is called before each cell has no business there.

    Returns
    -------
    bool
        Whether there is something for :func:`put_back`.
    """
    shell = _shell()
    formatter, printers, number = _state["printers"]
    handler = vars(shell).get("CustomTB")
    mine = [
        (functions, list(functions))
        for functions in shell.events.callbacks.values()
        if any(map(_is_of_a_notebook, functions))
    ]
    _state["aside"] = (
        dict(formatter.type_printers),
        formatter.float_format,
        shell.custom_exceptions,
        handler,
        mine,
    )
    some = bool(mine) or handler is not _state["handler"] or formatter.float_format != number
    some |= formatter.type_printers != printers
    formatter.type_printers = dict(printers)
    formatter.float_format = number
    shell.custom_exceptions, shell.CustomTB = (), _state["handler"]
    for functions, _ in mine:
        functions[:] = [each for each in functions if not _is_of_a_notebook(each)]
    return some


def put_back() -> None:
    """Give the notebook back what :func:`set_aside` took."""
    shell, formatter = _shell(), _state["printers"][0]
    printers, number, exceptions, handler, mine = _state.pop("aside")
    formatter.type_printers, formatter.float_format = printers, number
    shell.custom_exceptions, shell.CustomTB = exceptions, handler
    for functions, before in mine:
        functions[:] = before


def inspect(modules: list[str], whole: bool) -> tuple[dict[str, int] | int, int, list]:
    """Return what a grader asks for between cells.

    Parameters
    ----------
    modules : list of str
        What tests use.
    whole : bool
        Whether to return the whole fingerprint, or one number for it.

    Returns
    -------
    tuple
        The fingerprint, the peak memory in bytes, and the attempts, as the kernel saw them.
    """
    found = fingerprint(modules)
    # This code is sent to the kernel again each time; what was seen is in the module there.
    watching = sys.modules.get("embeddings_course.grading.isolation.watched_kernel")
    seen = watching.attempts() if watching is not None else []
    return found if whole else hash(frozenset(found.items())), peak_memory(), seen


def fingerprint(modules: list[str]) -> dict[str, int]:
    """Return a number for each public function and class of some modules, and of IPython's shell.

    A number that changes means that somebody has put something else in its place.

    Parameters
    ----------
    modules : list of str
        Those that are missing here are left out.

    Returns
    -------
    dict
        Number by dotted name.
    """
    import importlib

    found: dict[str, int] = {}
    for name in modules:
        try:
            module = importlib.import_module(name)
        except Exception:  # the notebook will say so itself
            continue
        found[name] = id(module)
        ours = name.startswith("embeddings_course.")
        found.update(_numbers(name, vars(module), hidden=ours))
        for attribute, value in list(vars(module).items()):
            # Large libraries have thousands of methods; these are the ones that values have.
            own = isinstance(value, type) and value.__module__.split(".")[0] == name.split(".")[0]
            if own and (attribute in _CLASSES or ours):
                inherited = set(dir(value.__base__))
                found.update(
                    (f"{name}.{attribute}.{method}", number)
                    for method, number in _numbers("", vars(value)).items()
                    # A method that a notebook adds, and that hides none, replaces nothing.
                    if method in inherited or not _is_written_in(vars(value)[method])
                )
    shell = _shell()
    if shell is not None:
        found.update(_of_the_shell(shell))
    return {
        name: number
        for name, number in found.items()
        if name not in _RESTLESS and not name.endswith(_SHOWN)
    }


def _shell() -> Any:
    """Return the shell that runs cells, whatever others a notebook starts."""
    kernel = sys.modules.get("ipykernel.kernelapp")
    app = getattr(getattr(kernel, "IPKernelApp", None), "_instance", None)
    return getattr(app, "shell", None)


def _of_the_shell(shell: Any) -> dict[str, int]:
    """Return numbers for what runs cells and sends what comes of them."""
    found: dict[str, int] = {}
    kernel = getattr(shell, "kernel", None)
    things = {
        "shell": shell,
        "kernel": kernel,
        "session": getattr(kernel, "session", None),
        "displayhook": shell.displayhook,
        "display_pub": shell.display_pub,
    }
    for name, thing in things.items():
        if thing is None:
            continue
        found[f"IPython.{name}"] = id(thing)
        found.update(_numbers(f"IPython.{name}", vars(thing), private=True))
        for klass in type(thing).__mro__:
            found.update(_numbers(f"IPython.{klass.__name__}", vars(klass)))
    transformers = [
        *shell.ast_transformers,
        *shell.input_transformer_manager.cleanup_transforms,
        *shell.input_transformer_manager.line_transforms,
        *shell.input_transformer_manager.token_transformers,
        *shell.input_transformers_post,
    ]
    found["IPython.transformers"] = hash(tuple(map(id, transformers)))
    printers = shell.display_formatter.formatters["text/plain"].type_printers
    shown = [id(printers.get(kind)) for kind in (bool, int, float, str)]
    found["IPython.printers"] = hash(tuple(shown))
    # Libraries ask to be called before or after cells; what a notebook asks for is set aside.
    called = [
        id(function)
        for functions in shell.events.callbacks.values()
        for function in functions
        if _is_of_a_notebook(function)
    ]
    found["IPython.events"] = hash(tuple(called))
    found["IPython.socket"] = id(getattr(shell.displayhook, "pub_socket", None))
    return found


def _is_written_in(function: Any) -> bool:
    """Whether a function was written in a cell."""
    file = getattr(getattr(function, "__code__", None), "co_filename", "")
    return "ipykernel_" in file or file.startswith("<ipython")


def _is_of_a_notebook(function: Any) -> bool:
    """Whether a function was written in a cell, or does not say where."""
    return not hasattr(function, "__code__") or _is_written_in(function)


def peak_memory() -> int:
    """Return the most memory that this process has used so far, in bytes; 0 where unknown."""
    try:
        import resource
    except ImportError:  # Windows
        return 0
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def _numbers(
    prefix: str, namespace: Any, *, private: bool = False, hidden: bool = False
) -> dict[str, int]:
    found = {}
    for name, value in list(namespace.items()):
        if isinstance(value, (staticmethod, classmethod)):
            value = value.__func__
        function = isinstance(value, (types.FunctionType, types.MethodType))
        named = hidden or not name.startswith("_") or (name.startswith("__") and function)
        counts = callable(value) or isinstance(value, types.ModuleType)
        # Of an instance, methods of its own, as they hide those of its class. A display hook has
        # the last results, too.
        if not (function and name.strip("_") if private else named and counts):
            continue
        # Without a prefix, names stay as they are.
        found[f"{prefix}.{name}" if prefix else name] = _number(value)
    return found


def _number(value: Any) -> int:
    if not isinstance(value, types.FunctionType):
        return id(value)
    # By what it does: a module that is loaded again has the same functions in new objects.
    inner = tuple(id(cell) for cell in value.__closure__ or ())
    given = (str(value.__defaults__ or ""), str(value.__kwdefaults__ or ""))
    return hash((value.__code__, id(value.__globals__), inner, given))


def main() -> None:
    """Start the kernel."""
    # The current directory holds files of a student: nothing may be imported from there yet.
    sys.path[:] = [entry for entry in sys.path if entry not in ("", str(Path.cwd()))]
    _limit()
    from ipykernel.kernelapp import IPKernelApp

    app = IPKernelApp.instance()
    app.initialize()
    # `exit()` would end the kernel a tenth of a second later, whatever runs then.
    assert app.shell is not None, "it has been initialised"
    app.shell.unobserve_all("exit_now")
    _shorten_recursion(app.shell)
    if GIVEN in os.environ:
        import shutil

        shutil.copytree(os.environ.pop(GIVEN), Path.cwd(), dirs_exist_ok=True)
    from embeddings_course.grading.isolation.watch import Watch

    _state["watch"] = Watch(Path.cwd(), app.shell)
    app.start()


def _limit() -> None:
    try:
        import resource
    except ImportError:  # Windows
        return
    os.nice(5)  # the process that looks after this one must get a turn
    limits = {"RLIMIT_CORE": 0, "RLIMIT_FSIZE": _FILE_BYTES, "RLIMIT_NOFILE": _OPEN_FILES}
    if GIVEN in os.environ:  # elsewhere, all of a person's programs count
        limits["RLIMIT_NPROC"] = PROCESSES
    if MEMORY in os.environ:
        # Not RLIMIT_AS: torch reserves far more addresses than it uses.
        limits["RLIMIT_DATA"] = int(os.environ.pop(MEMORY))
    for name, limit in limits.items():
        kind = getattr(resource, name, None)
        if kind is None:
            continue
        _, hard = resource.getrlimit(kind)
        if hard != resource.RLIM_INFINITY:
            limit = min(limit, hard)
        try:
            resource.setrlimit(kind, (limit, limit))
        except (OSError, ValueError):  # a system that does not know this one
            continue


def _shorten_recursion(shell: Any) -> None:
    """Let endless recursion end, and be shown, within seconds.

    A recursion limit of a billion fills the memory with calls, and IPython takes milliseconds to
    show each of them.
    """
    set_limit = sys.setrecursionlimit

    def setrecursionlimit(limit: int, /) -> None:
        set_limit(min(limit, _DEEPEST) if isinstance(limit, int) else limit)

    sys.setrecursionlimit = setrecursionlimit
    shown = shell.InteractiveTB.structured_traceback

    def structured_traceback(kind: Any, error: Any, *given: Any, **named: Any) -> Any:
        each = error
        for _ in range(10):  # the error, and those that it came from
            if isinstance(each, BaseException):
                _shorten(each.__traceback__)
                each = each.__cause__ or each.__context__
        return shown(kind, error, *given, **named)

    shell.InteractiveTB.structured_traceback = structured_traceback


def _shorten(traceback: types.TracebackType | None) -> None:
    """Take out the middle of a long traceback."""
    frames = []
    while traceback is not None:
        frames.append(traceback)
        traceback = traceback.tb_next
    if len(frames) > _SHOWN_FRAMES:
        frames[_SHOWN_FRAMES // 2].tb_next = frames[-_SHOWN_FRAMES // 2]


if __name__ == "__main__":
    # The module that the inspection imports must be this one.
    sys.modules["embeddings_course.grading.isolation.watched_kernel"] = sys.modules["__main__"]
    main()
