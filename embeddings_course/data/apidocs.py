"""The documentation of numpy, scipy, scikit-learn and torch as a text to learn words from.

Each *entry* is the docstring of one public function, class, method or property of the installed
libraries. Nothing is downloaded: the libraries are imported and asked for their docstrings.

>>> found = entries(["numpy"])
>>> [(each.name, each.summary) for each in found if each.name == "numpy.linalg.det"]
[('numpy.linalg.det', 'Compute the determinant of an array.')]
>>> tokens("Return ``n_samples`` rows, see :func:`numpy.sort`.")
['return', 'n_samples', 'rows', 'see', 'numpy', 'sort']
>>> questions(["torch.save"])[0].text
'keep my trained network for tomorrow'
"""

from __future__ import annotations

import contextlib
import importlib
import inspect
import io
import re
import tomllib
import warnings
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from types import ModuleType
from typing import Any

import numpy as np

from embeddings_course.checks import require_integer


def _listed(name: str) -> dict[str, Any]:
    return tomllib.loads((files(__package__) / name).read_text(encoding="utf-8"))


MODULES: dict[str, tuple[str, ...]] = {
    library: tuple(modules) for library, modules in _listed("apidocs.toml").items()
}
"""The documented modules that are read, by library. One that a version lacks is passed over."""

LIBRARIES: tuple[str, ...] = tuple(MODULES)
"""The libraries, by the name that Python imports, in the order in which entries come."""

UNITS = ("sentence", "entry")


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


@dataclass(frozen=True)
class Corpus:
    """A text as numbers: one array of word ids, and where each piece of it begins.

    Attributes
    ----------
    words : tuple of str, length V
        The vocabulary, most frequent word first; words of equal count in alphabetical order.
    counts : int64 array [V]
        How often each word occurs in ``ids``.
    ids : int64 array [N]
        The text, word after word: ``words[ids[i]]`` is the i-th. Words outside the vocabulary are
        left out, so their neighbours stand next to each other.
    starts : int64 array [P + 1]
        Piece ``p`` is ``ids[starts[p]:starts[p + 1]]``; a piece is a sentence or a whole entry.
        The last number is N. No piece is empty.
    entry : int64 array [P]
        The entry that each piece comes from: an index into ``entries``.
    entries : tuple of Entry
        The entries that were read.
    """

    words: tuple[str, ...]
    counts: np.ndarray
    ids: np.ndarray
    starts: np.ndarray
    entry: np.ndarray
    entries: tuple[Entry, ...]

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def index(self) -> dict[str, int]:
        """Word to id, the other way round of ``words``."""
        return {word: n for n, word in enumerate(self.words)}

    @property
    def piece(self) -> np.ndarray:
        """Int64 array [N]: the piece that each word stands in."""
        return np.repeat(np.arange(len(self.starts) - 1), np.diff(self.starts))


@dataclass(frozen=True)
class Passages:
    """Questions with known answers: the first paragraph of an entry, and the rest of it.

    Attributes
    ----------
    entries : tuple of Entry, length n
        Entries whose summary and body are both unlike all the others'.
    queries : tuple of str, length n
        The summary of each as prose.
    texts : tuple of str, length n
        The body of each as prose, without the words of the entry's own name: a search cannot cheat
        by looking for the name.
    """

    entries: tuple[Entry, ...]
    queries: tuple[str, ...]
    texts: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.entries)


@dataclass(frozen=True)
class Analogy:
    """``a`` is to ``b`` as ``c`` is to ``d``, and the kind of likeness that is meant."""

    a: str
    b: str
    c: str
    d: str
    kind: str


@dataclass(frozen=True)
class Question:
    """Something a person asks, in other words than the documentation's.

    Attributes
    ----------
    text : str
        What is asked.
    kind : "plain" or "reworded"
        Plain ones are asked as they come to mind. Of reworded ones no word but the likes of "of"
        and "how" stands in a passage that answers, so a search by words has nothing to go by.
    answers : tuple of str, not empty
        Names of the entries that answer; finding one of them is enough.
    """

    text: str
    kind: str
    answers: tuple[str, ...]


_FIXED = _listed("apidocs-pairs.toml")

RELATED: tuple[tuple[str, str], ...] = tuple((a, b) for a, b in _FIXED["related"])
"""Pairs of words that belong together, fixed before any vector was trained."""

ANALOGIES: tuple[Analogy, ...] = tuple(
    Analogy(*words, kind=group["kind"]) for group in _FIXED["analogies"] for words in group["words"]
)
"""Analogies, fixed before any vector was trained."""

QUESTIONS: tuple[Question, ...] = tuple(
    Question(each["text"], kind, tuple(each["answers"]))
    for kind, group in _listed("apidocs-questions.toml").items()
    for each in group
)
"""Questions in a person's own words, fixed before any method had ranked a passage for them."""


def related_pairs(words: Collection[str] | None = None) -> tuple[tuple[str, str], ...]:
    """Return the related pairs, or those of which both words are in a vocabulary.

    Parameters
    ----------
    words : collection of str, optional
        A vocabulary, such as :attr:`Corpus.words`.

    Returns
    -------
    tuple of (str, str), in the order of the file ``apidocs-pairs.toml``.
    """
    known = None if words is None else set(words)
    return tuple(pair for pair in RELATED if known is None or known.issuperset(pair))


def random_pairs(text: Corpus, *, per_pair: int = 20, seed: int = 0) -> tuple[tuple[str, str], ...]:
    """Draw pairs of words that occur about as often as the related ones: what chance looks like.

    For each word of a related pair a partner of like frequency is drawn: its place in the
    vocabulary, which is sorted by count, is at most a quarter (and 5 places) away.

    Parameters
    ----------
    text : Corpus
    per_pair : int
        Random pairs for each related pair that the vocabulary holds; at least 1.
    seed : int

    Returns
    -------
    tuple of (str, str)
        Two different words each, never a related pair; ``per_pair`` in a row belong to one pair.

    Raises
    ------
    ValueError
        If ``per_pair`` is no integer of 1 or more, or the vocabulary is smaller than 100 words.
    """
    require_integer("per_pair", per_pair, 1)
    if len(text.words) < 100:
        raise ValueError(
            f"The vocabulary has {len(text.words)} words; random pairs need at least 100. "
            "Choose a smaller min_count."
        )
    rng = np.random.default_rng(seed)
    index = text.index
    related = {frozenset(pair) for pair in RELATED}
    drawn: list[tuple[str, str]] = []
    for pair in related_pairs(text.words):
        ends = [
            (int(place / 1.25) - 5, int(place * 1.25) + 6)
            for place in (index[word] for word in pair)
        ]
        wanted = len(drawn) + per_pair
        while len(drawn) < wanted:
            places = [rng.integers(max(low, 0), min(high, len(text.words))) for low, high in ends]
            found = (text.words[places[0]], text.words[places[1]])
            if found[0] != found[1] and frozenset(found) not in related:
                drawn.append(found)
    return tuple(drawn)


def analogies(words: Collection[str] | None = None) -> tuple[Analogy, ...]:
    """Return the analogies, or those of which all four words are in a vocabulary.

    Parameters
    ----------
    words : collection of str, optional
        A vocabulary, such as :attr:`Corpus.words`.

    Returns
    -------
    tuple of Analogy, in the order of the file ``apidocs-pairs.toml``.
    """
    known = None if words is None else set(words)
    return tuple(
        each
        for each in ANALOGIES
        if known is None or known.issuperset((each.a, each.b, each.c, each.d))
    )


def questions(names: Collection[str] | None = None) -> tuple[Question, ...]:
    """Return the questions, or those that one of the named entries answers.

    Parameters
    ----------
    names : collection of str, optional
        Names of the entries that can be found, such as those of :class:`Passages`.

    Returns
    -------
    tuple of Question
        In the order of the file ``apidocs-questions.toml``; ``answers`` holds only what is among
        the names.

    Raises
    ------
    ValueError
        If `names` is a single string.
    """
    if isinstance(names, str):
        raise ValueError(f"names is the string {names!r}; it must be a list of names of entries.")
    if names is None:
        return QUESTIONS
    known = set(names)
    kept = (
        replace(each, answers=tuple(name for name in each.answers if name in known))
        for each in QUESTIONS
    )
    return tuple(each for each in kept if each.answers)


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
    return _entries(_checked(libraries))


def prose(text: str) -> str:
    """Take out of a docstring what is not prose.

    Gone are code (examples after ``>>>`` with their output, literal blocks after ``::``), formulas,
    section headers with their rulers, directives such as ``.. versionadded::`` and web addresses.
    Of a role such as ``:func:`numpy.sort```, the name is kept. Line breaks and indentation stay.
    """
    kept: list[str] = []
    skip_deeper_than: int | None = None  # Inside a literal block, or code under a directive.
    in_example = False
    for line in inspect.cleandoc(text).splitlines():
        stripped = line.strip()
        indent = len(line) - len(line.lstrip())
        if not stripped:
            in_example = False
            kept.append("")
            continue
        if skip_deeper_than is not None:
            if indent > skip_deeper_than:
                continue
            skip_deeper_than = None
        in_example = in_example or stripped.startswith(">>>")
        if in_example:
            continue
        if _RULER.fullmatch(stripped):
            # The ruler under a header takes the header with it.
            if kept and len(kept[-1].split()) <= 3:
                kept.pop()
            continue
        directive = _DIRECTIVE.match(stripped)
        if directive:
            if _DIRECTIVES_WITHOUT_PROSE.fullmatch(directive["name"] or ""):
                skip_deeper_than = indent
            else:
                kept.append("")
            continue
        if stripped.endswith("::"):
            skip_deeper_than = indent
        if _HEADER.fullmatch(stripped):
            kept.append("")
            continue
        kept.append(line)
    clean = "\n".join(kept)
    for pattern, replacement in _INLINE:
        clean = pattern.sub(replacement, clean)
    return clean.strip("\n")


def tokens(text: str) -> list[str]:
    """Split a text into words: the runs of letters, digits and underscores in its prose.

    Words are lower-case, at least two characters long and begin with a letter; ``n_samples`` is one
    word, ``numpy.sort`` two.
    """
    return _WORD.findall(prose(text).lower())


def sentences(text: str) -> list[list[str]]:
    """Split a text into sentences, and each of them into words as :func:`tokens` does.

    A sentence ends at a full stop, question or exclamation mark with white space behind it, at an
    empty line, and where the indentation becomes less (the next parameter of a list).
    """
    pieces: list[list[str]] = [[]]
    before = 0
    for line in prose(text).splitlines():
        indent = len(line) - len(line.lstrip())
        if not line.strip() or indent < before:
            pieces.append([])
        before = indent if line.strip() else 0
        first, *others = _SENTENCE_END.split(line.lower())
        pieces[-1] += _WORD.findall(first)
        pieces += [_WORD.findall(part) for part in others]
    return [piece for piece in pieces if piece]


def vocabulary(libraries: Sequence[str] = LIBRARIES, *, min_count: int = 5) -> dict[str, int]:
    """Count the words of the documentation.

    Parameters
    ----------
    libraries : sequence of str
        Which of :data:`LIBRARIES`; all by default.
    min_count : int
        Words that occur less often are left out; at least 1.

    Returns
    -------
    dict from word to count, most frequent first; words of equal count in alphabetical order.

    Raises
    ------
    ValueError
        As for :func:`entries`, for a ``min_count`` that is no integer of 1 or more, and if no word
        occurs that often.
    """
    return _vocabulary(_sentences(_checked(libraries)), min_count)


def corpus(
    libraries: Sequence[str] = LIBRARIES, *, min_count: int = 5, unit: str = "sentence"
) -> Corpus:
    """Return the documentation as one array of word ids.

    Parameters
    ----------
    libraries : sequence of str
        Which of :data:`LIBRARIES`; all by default.
    min_count : int
        Words that occur less often are left out; at least 1.
    unit : "sentence" or "entry"
        What a piece of the corpus is.

    Returns
    -------
    Corpus

    Raises
    ------
    ValueError
        As for :func:`vocabulary`, and for an unknown unit.
    """
    if unit not in UNITS:
        raise ValueError(f"unit is {unit!r}; it must be 'sentence' or 'entry'.")
    libraries = _checked(libraries)
    split = _sentences(libraries)
    counted = _vocabulary(split, min_count)
    index = {word: n for n, word in enumerate(counted)}
    pieces: list[list[int]] = []
    origin: list[int] = []
    for number, of_entry in enumerate(split):
        found = [[index[word] for word in words if word in index] for words in of_entry]
        if unit == "entry":
            found = [[word for words in found for word in words]]
        found = [words for words in found if words]
        pieces += found
        origin += [number] * len(found)
    return Corpus(
        words=tuple(counted),
        counts=np.array(list(counted.values()), np.int64),
        ids=np.array([word for words in pieces for word in words], np.int64),
        starts=np.cumsum([0, *map(len, pieces)], dtype=np.int64),
        entry=np.array(origin, np.int64),
        entries=_entries(libraries),
    )


def passages(libraries: Sequence[str] = LIBRARIES, *, least_words: int = 20) -> Passages:
    """Return questions about the documentation with the passage that answers each.

    Parameters
    ----------
    libraries : sequence of str
        Which of :data:`LIBRARIES`; all by default.
    least_words : int
        Passages of fewer words, names taken out, are left out; at least 1.

    Returns
    -------
    Passages
        Of entries with the same summary, or the same passage, only the first is there: there is one
        right answer to each query.

    Raises
    ------
    ValueError
        As for :func:`entries`, for a ``least_words`` that is no integer of 1 or more, and if no
        passage is that long.
    """
    require_integer("least_words", least_words, 1)
    chosen: list[tuple[Entry, str, str]] = []
    seen: set[str] = set()
    for each in entries(libraries):
        query = " ".join(prose(each.summary).split())
        text = _without_name(prose(each.body), each.name)
        asked, answered = " ".join(tokens(query)), " ".join(_WORD.findall(text.lower()))
        if answered.count(" ") + 1 < least_words or not asked or seen & {asked, answered}:
            continue
        seen |= {asked, answered}
        chosen.append((each, query, text))
    if not chosen:
        raise ValueError(
            f"No passage has {least_words} words or more; choose a smaller least_words."
        )
    return Passages(*(tuple(column) for column in zip(*chosen, strict=True)))


# What docstrings are made of.
_RULER = re.compile(r"[-=~^+*\s]{3,}")
_DIRECTIVE = re.compile(r"\.\. (?P<name>[\w:-]+)::|\.\. (?:_[^:]+:|\[\w+\]$|\|)")
_DIRECTIVES_WITHOUT_PROSE = re.compile(
    "math|plot|code|code-block|image|figure|table|jupyterlite|toctree|autosummary|test.*|doctest|raw"
)
# Google style, as torch has it: "Args:", "Keyword args:". numpydoc's are found by their rulers.
_HEADER = re.compile(
    r"(?:args?|arguments?|keyword arg(?:ument)?s|keyword arguments?|kwargs|inputs?|outputs?|shape|"
    r"returns?|yields?|raises?|examples?|notes?|warnings?|attributes?|variables|references?|"
    r"methods|parameters|see also):{1,2}",
    re.IGNORECASE,
)
_INLINE = (
    (re.compile(r":math:`+[^`]*`+"), " "),
    (re.compile(r"\$\$.*?\$\$|\$[^$\n]+\$", re.DOTALL), " "),
    (re.compile(r"<?https?://\S+"), " "),
    (re.compile(r":[\w:+-]+:`~?([^`<]+?)(?:\s*<[^`>]*>)?`"), r"\1"),
    (re.compile(r"\[[\w.-]+\]_"), " "),
    (re.compile(r"[`|]+"), ""),
)
_WORD = re.compile(r"(?<![a-z0-9_])[a-z][a-z0-9_]+")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+")
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


def _checked(libraries: Sequence[str]) -> tuple[str, ...]:
    if isinstance(libraries, str):
        raise ValueError(f"libraries is the string {libraries!r}; it must be a list of names.")
    libraries = tuple(libraries)
    for each in libraries:
        if each not in MODULES:
            raise ValueError(
                f"There is no documentation of {each!r}. The libraries are: {', '.join(LIBRARIES)}."
            )
    if not libraries:
        raise ValueError("libraries is empty; name at least one, or leave it out for all.")
    if len(set(libraries)) < len(libraries):
        raise ValueError("libraries names one twice; name each one once.")
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
def _sentences(libraries: tuple[str, ...]) -> tuple[list[list[str]], ...]:
    return tuple(_split(each) for each in _entries(libraries))


@cache
def _split(entry: Entry) -> list[list[str]]:
    return sentences(entry.text)


def _vocabulary(split: tuple[list[list[str]], ...], min_count: int) -> dict[str, int]:
    require_integer("min_count", min_count, 1)
    counter = Counter(word for of_entry in split for words in of_entry for word in words)
    kept = [(word, count) for word, count in counter.items() if count >= min_count]
    if not kept:
        raise ValueError(
            f"No word occurs {min_count} times or more; choose a min_count of "
            f"{max(counter.values())} or less."
        )
    return dict(sorted(kept, key=lambda item: (-item[1], item[0])))


def _without_name(text: str, name: str) -> str:
    last = name.rpartition(".")[2]
    whole = rf"(?<![\w])(?:[\w.]+\.)?{re.escape(last)}(?![\w])"
    return re.sub(whole, " ", text, flags=re.IGNORECASE)


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
    # The words of its sentences, since these are wanted again.
    kept = (each for _, each in named.values() if sum(map(len, _split(each))) >= _LEAST_WORDS)
    return tuple(sorted(kept, key=lambda each: each.name))


def _modules(library: str) -> Iterator[ModuleType]:
    try:
        importlib.import_module(library)
    except ModuleNotFoundError as error:
        if error.name != library:
            raise
        raise ModuleNotFoundError(
            f"{library} is not installed, so its documentation cannot be read. "
            "Install what requirements.txt names, or leave it out of libraries.",
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
