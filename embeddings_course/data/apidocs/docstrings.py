"""The docstrings of the installed libraries: which are read, and what of each is kept."""

from __future__ import annotations

import contextlib
import importlib
import inspect
import io
import re
import tomllib
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import ModuleType
from typing import Any

from embeddings_course._shared.messages import Message
from embeddings_course.data.apidocs.words import tokens


def read_listed(name: str) -> dict[str, Any]:
    """Read one of the files beside this module."""
    return tomllib.loads((files(__package__) / name).read_text(encoding="utf-8"))


MODULES: dict[str, tuple[str, ...]] = {
    library: tuple(modules) for library, modules in read_listed("names.toml").items()
}
"""The documented modules that are read, by library. One that a version lacks is passed over."""

LIBRARIES: tuple[str, ...] = tuple(MODULES)
"""The libraries, by the name that Python imports, in the order in which entries come."""


@dataclass(frozen=True)
class Entry:
    """One docstring.

    Attributes
    ----------
    name : str
        The name to import it by, unique: ``"numpy.linalg.det"``, ``"torch.Tensor.abs"``.
    library : str
        One of :data:`LIBRARIES`.
    kind : "class", "function", "method" or "property"
        What the name stands for. A callable object that is none of these counts as a function.
    summary : str
        The first paragraph on one line, without the signature that some docstrings begin with.
    body : str
        The rest as it stands in the source, indentation made even; may be empty.
    """

    name: str
    library: str
    kind: str
    summary: str
    body: str

    @property
    def text(self) -> str:
        """Summary and body, with an empty line between them."""
        return f"{self.summary}\n\n{self.body}" if self.body else self.summary


def entries(libraries: Sequence[str] = LIBRARIES) -> tuple[Entry, ...]:
    """Read the docstrings of the public API.

    A docstring that several names share comes once: under the class that defines it if it is
    inherited, else under the shortest name. Docstrings of fewer than five words ("See
    :func:`torch.abs`.") are passed over. What has been read is remembered: the first call takes
    seconds, most of them for importing torch, and later ones none.

    Parameters
    ----------
    libraries : sequence of str
        Which of :data:`LIBRARIES`; all by default. Their order makes no difference.

    Returns
    -------
    tuple of Entry
        By library, then name; a class before its methods.

    Raises
    ------
    ValueError
        For an unknown library, one named twice, or none at all.
    ModuleNotFoundError
        If a library is not installed.
    """
    return _entries(checked_libraries(libraries))


# What scipy writes into docstrings while it is imported, into one of numpy's too, and not always
# alike: a table of array libraries, names in the order of a set, the output of a random example.
_WRITTEN_ON_IMPORT = (
    (
        re.compile(
            r"\n\s*\*\*Array API Standard Support\*\*.*?dev-arrayapi` for more information\.\s*",
            re.DOTALL,
        ),
        "\n\n",
    ),
    (
        re.compile(
            r"\.\. deprecated:: [^\n]*\n\s+Use of argument\(s\).*?keyword-only\.\s*", re.DOTALL
        ),
        "",
    ),
    (re.compile(r"^( *array\(\[)[^\]]*(\]\) +# may vary)$", re.MULTILINE), r"\1...\2"),
)
# What decorators of torch append, without the indentation of the lines above it.
_APPENDED = re.compile(
    r"^\.\. (?:note|warning)::\n {4}(?:Backwards-compatibility for this API is guaranteed|"
    r"This API is experimental and is \*NOT\* backward-compatible)\.\s*\Z",
    re.MULTILINE,
)
# What can come before the first sentence: signatures such as "sin(x, /, out=None) -> array", which
# can span lines, and notes such as ".. warning::".
_BEFORE_SUMMARY = re.compile(
    r"\A(?:[\w.]+\((?:[^()]|\([^()]*\))*\)(?:[ \t]*->[^\n]*)?[ \t]*(?:\n|\Z)"
    r"|\.\. [^\n]*(?:\n[ \t]+[^\n]*|\n[ \t]*(?=\n))*(?:\n|\Z)"
    r"|-+(?:\n|\Z)|\n)+"
)
_LEAST_WORDS = 5


def checked_libraries(libraries: Sequence[str]) -> tuple[str, ...]:
    """Return the libraries in the order of :data:`LIBRARIES`, or say what is wrong with them."""
    if isinstance(libraries, str):
        raise ValueError(
            Message(
                "libraries-one-text",
                f"libraries is the string {libraries!r}; it must be a list of names.",
            )
        )
    libraries = tuple(libraries)
    for each in libraries:
        if each not in MODULES:
            raise ValueError(
                Message(
                    "library-unknown",
                    f"There is no documentation of {each!r}. The libraries are: "
                    f"{', '.join(LIBRARIES)}.",
                )
            )
    if not libraries:
        raise ValueError(
            Message(
                "libraries-empty", "libraries is empty; name at least one, or leave it out for all."
            )
        )
    if len(set(libraries)) < len(libraries):
        raise ValueError(
            Message("libraries-repeated", "libraries names one twice; name each one once.")
        )
    return tuple(each for each in LIBRARIES if each in libraries)


@cache
def _entries(libraries: tuple[str, ...]) -> tuple[Entry, ...]:
    seen: set[str] = set()
    chosen = []
    for library in libraries:
        for each in _read(library):
            if each.text not in seen:
                seen.add(each.text)
                chosen.append(each)
    return tuple(chosen)


@cache
def _read(library: str) -> tuple[Entry, ...]:
    named: dict[str, tuple[tuple[bool, int, str], Entry]] = {}  # By text; the lowest rank wins.
    # Importing, and even asking a module for an attribute, can warn or print.
    quiet = io.StringIO()
    with (
        warnings.catch_warnings(),
        contextlib.redirect_stdout(quiet),
        contextlib.redirect_stderr(quiet),
    ):
        warnings.simplefilter("ignore")
        for module in _modules(library):
            for name, kind, inherited, each in _documented(module, library):
                entry = Entry(name, library, kind, *_parts(each.__doc__))
                rank = (inherited, len(name), name)
                if entry.text not in named or rank < named[entry.text][0]:
                    named[entry.text] = (rank, entry)
    kept = (each for _, each in named.values() if len(tokens(each.text)) >= _LEAST_WORDS)
    return tuple(sorted(kept, key=lambda each: each.name))


def _modules(library: str) -> Iterator[ModuleType]:
    try:
        importlib.import_module(library)
    except ModuleNotFoundError as error:
        if error.name != library:
            raise
        raise ModuleNotFoundError(
            Message(
                "library-not-installed",
                f"{library} is not installed, so its documentation cannot be read. "
                "Install what requirements.txt names, or leave it out of libraries.",
            ),
            name=library,
        ) from error
    for name in MODULES[library]:
        # Modules come and go with versions; so do the packages that a few of them need.
        with contextlib.suppress(ImportError):
            yield importlib.import_module(name)


def _documented(module: ModuleType, library: str) -> Iterator[tuple[str, str, bool, object]]:
    for name in sorted(getattr(module, "__all__", None) or dir(module)):
        if name.startswith("_"):
            continue
        try:
            each = getattr(module, name)
        except (AttributeError, ImportError):  # Experimental or optional parts.
            continue
        if not _belongs(each, library):
            continue
        full_name = f"{module.__name__}.{name}"
        if not inspect.isclass(each):
            yield full_name, "function", False, each
            continue
        if isinstance(each.__doc__, str):
            yield full_name, "class", False, each
        yield from _methods(each, full_name, library)


def _belongs(each: object, library: str) -> bool:
    if isinstance(each, ModuleType) or not callable(each):
        return False
    if not isinstance(getattr(each, "__doc__", None), str) and not inspect.isclass(each):
        return False
    if inspect.isclass(each) or inspect.isroutine(each):
        home = getattr(each, "__module__", None)
        # Functions written in C often do not know their module.
        return not isinstance(home, str) or home.partition(".")[0] == library
    # scipy's ufuncs and distributions: objects with a docstring of their own.
    return each.__doc__ != type(each).__doc__


def _methods(cls: type, class_name: str, library: str) -> Iterator[tuple[str, str, bool, object]]:
    for name in sorted(dir(cls)):
        if name.startswith("_"):
            continue
        owner = next((base for base in cls.__mro__ if name in vars(base)), None)
        if owner is None or owner.__module__.partition(".")[0] != library:
            continue
        each = vars(owner)[name]
        each = each.__func__ if isinstance(each, classmethod | staticmethod) else each
        if isinstance(getattr(each, "__doc__", None), str):
            if inspect.isroutine(each):
                yield f"{class_name}.{name}", "method", owner is not cls, each
            elif inspect.isdatadescriptor(each):
                yield f"{class_name}.{name}", "property", owner is not cls, each


def _cleaned(doc: str) -> str:
    """Even out a docstring's indentation, which the compiler does by itself from Python 3.13 on."""
    appended = _APPENDED.search(doc)
    if appended is None:
        return inspect.cleandoc(doc)
    return f"{inspect.cleandoc(doc[: appended.start()])}\n\n{appended[0].strip()}"


@cache  # most docstrings are those of several names
def _parts(doc: str) -> tuple[str, str]:
    text = _cleaned(doc)
    for pattern, replacement in _WRITTEN_ON_IMPORT:
        text = pattern.sub(replacement, text)
    text = _BEFORE_SUMMARY.sub("", text)
    first, _, rest = text.strip().partition("\n\n")
    return " ".join(first.split()), rest.strip("\n")
