"""The kernel in which submissions run: an IPython kernel that is bounded and watched.

``python -m embeddings_course.grading.kernel -f CONNECTION_FILE``

It limits its own memory and files before any code of a student runs, and notes what such code
tries: other programs, the network, files outside its folder. What runs in one process can deceive
whoever looks from inside of it, so this is for detection. Protection is the sandbox around it.
"""

from __future__ import annotations

import os
import sys
import sysconfig
import types
from pathlib import Path
from typing import Any

GIVEN = "COURSE_GRADING_GIVEN"  # a folder whose files are copied into the working directory
MEMORY = "COURSE_GRADING_MEMORY"  # bytes
PROCESSES = 1024  # threads among them

_MOST_ATTEMPTS = 20
_MOST_LETTERS = 300
_FILE_BYTES = 200 * 1024**2
_OPEN_FILES = 4096  # what is sent and not read waits in memory
# How deep functions may call each other, and how many of these calls an error shows.
_DEEPEST, _SHOWN_FRAMES = 100_000, 100
_attempts: list[str] = []
# What ipykernel and torch exchange themselves while cells run.
_CLASSES = {"AssertionError", "BaseException", "Exception", "Module", "Tensor"}
_RESTLESS = {"builtins.input", "builtins.print", "builtins.display", "torch.manual_seed"}


def attempts() -> list[str]:
    """Return what code of the notebook tried so far, each as a sentence."""
    return [attempt[:_MOST_LETTERS] for attempt in _attempts[:_MOST_ATTEMPTS]]


def inspect(modules: list[str], whole: bool) -> tuple[dict[str, int] | int, int, list[str]]:
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
    # This code is sent to the kernel anew each time; what was seen is in the module there.
    watching = sys.modules.get("embeddings_course.grading.kernel")
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
                found.update(_numbers(f"{name}.{attribute}", vars(value)))
    shell = sys.modules.get("IPython") and sys.modules["IPython"].get_ipython()
    if shell is not None:
        found.update(_of_the_shell(shell))
    return {name: number for name, number in found.items() if name not in _RESTLESS}


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
    # Libraries ask to be called before or after cells; code in cells has no honest reason to.
    called = [
        id(function)
        for functions in shell.events.callbacks.values()
        for function in functions
        if _is_of_a_cell(getattr(getattr(function, "__code__", None), "co_filename", ""))
    ]
    found["IPython.events"] = hash(tuple(called))
    found["IPython.socket"] = id(getattr(shell.displayhook, "pub_socket", None))
    return found


def _is_of_a_cell(file: str) -> bool:
    return "ipykernel_" in file or file.startswith("<ipython")


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
        # Of an instance, methods of its own, as they hide those of its class.
        if not (function if private else named and counts):
            continue
        number = id(value)
        if isinstance(value, types.FunctionType):
            named = str(value.__kwdefaults__) if value.__kwdefaults__ else ""
            number = hash((number, id(value.__code__), id(value.__defaults__), named))
        found[f"{prefix}.{name}"] = number
    return found


def main() -> None:
    """Start the kernel."""
    # The current directory holds files of a student: nothing may be imported from there yet.
    sys.path[:] = [entry for entry in sys.path if entry not in ("", str(Path.cwd()))]
    _limit()
    from ipykernel.kernelapp import IPKernelApp

    app = IPKernelApp.instance()
    app.initialize()
    # `exit()` would end the kernel a tenth of a second later, whatever runs then.
    app.shell.unobserve_all("exit_now")
    _shorten_recursion(app.shell)
    if GIVEN in os.environ:
        import shutil

        shutil.copytree(os.environ.pop(GIVEN), Path.cwd(), dirs_exist_ok=True)
    _watch(Path.cwd())
    app.start()


def _limit() -> None:
    try:
        import resource
    except ImportError:  # Windows
        return
    os.nice(5)  # whoever looks after this process must get a turn
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


def _watch(folder: Path) -> None:
    """Note what code in cells does from now on: directly, or by functions of Python or IPython."""
    import tempfile

    packages = (sysconfig.get_path("purelib"), sysconfig.get_path("platlib"))
    # What a cell does with these, it does itself; other packages have reasons of their own.
    own = ("IPython", "ipykernel", "pexpect", "ptyprocess")
    library = (sysconfig.get_path("stdlib"), "<frozen ")
    library += tuple(str(Path(packages[0], name)) for name in own)
    cache = str(Path("~/.cache").expanduser())
    free = (str(folder), tempfile.gettempdir(), "/dev", cache)
    installed = (sys.prefix, sys.base_prefix, str(Path(__file__).resolve().parent.parent))
    writes = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
    programs = {"subprocess.Popen", "os.system", "os.fork", "os.forkpty", "os.posix_spawn"}
    programs |= {"os.exec", "os.spawn", "pty.spawn"}
    network = {"socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"}
    files = {"os.remove", "os.rename", "os.rmdir", "os.mkdir", "os.link", "os.symlink"}
    files |= {"os.truncate", "os.chmod", "os.chown", "shutil.rmtree"}
    interesting = programs | network | files | {"open", "os.kill", "os.killpg"}

    def by_cell() -> bool:
        frame = sys._getframe(3)
        while frame is not None:
            name = frame.f_code.co_filename
            if name.startswith(packages) and not name.startswith(library):
                return False
            if not name.startswith(library):
                return "ipykernel_" in name or name.startswith("<") or name.startswith(free[:2])
            frame = frame.f_back
        return False

    def say(sentence: str) -> None:
        if sentence not in _attempts and len(_attempts) < _MOST_ATTEMPTS and by_cell():
            _attempts.append(sentence)

    def outside(path: Any) -> str | None:
        if not isinstance(path, (str, bytes, os.PathLike)):
            return None
        text = os.path.abspath(os.fsdecode(path))  # noqa: PTH100 - must not touch the disk
        # An environment may lie in a folder for temporary files, and is nobody's to change.
        allowed = any(text == place or text.startswith(place + os.sep) for place in free)
        return None if allowed and not text.startswith(installed) else text[:200]

    def hook(event: str, arguments: tuple) -> None:
        if event not in interesting:
            return
        try:
            if event in programs:
                say("The code tried to start another program.")
            elif event in network:
                say("The code tried to reach the network.")
            elif event in ("os.kill", "os.killpg"):
                say("The code tried to end a process.")
            elif event in files:
                for path in arguments[:2]:
                    if (place := outside(path)) is not None:
                        say(f"The code tried to change {place}.")
            else:
                path, mode, flags = arguments
                changes = set(mode or "") & set("wax+") if mode else (flags or 0) & writes
                if changes and (place := outside(path)) is not None:
                    say(f"The code tried to write {place}.")
        except Exception:  # whatever a student's object does when it is looked at
            if len(_attempts) < _MOST_ATTEMPTS:
                _attempts.append("The code tried something that could not be looked at.")

    sys.addaudithook(hook)


if __name__ == "__main__":
    # The module that the inspection imports must be this one.
    sys.modules["embeddings_course.grading.kernel"] = sys.modules["__main__"]
    main()
