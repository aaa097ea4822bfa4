"""Docstrings as prose, and prose as sentences and words."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Iterator


def prose(text: str) -> str:
    """Take out of a docstring what is not prose.

    Gone are code (examples after ``>>>`` with their output, literal blocks after ``::``), formulas,
    section headers with their rulers, directives such as ``.. versionadded::`` and web addresses.
    Of a role such as ``:func:`numpy.sort```, the name is kept. Line breaks and indentation stay.
    """
    clean = "\n".join(_without_markup(_outside_code(inspect.cleandoc(text).splitlines())))
    for pattern, replacement in _INLINE:
        clean = pattern.sub(replacement, clean)
    return clean.strip("\n")


def _outside_code(lines: Iterable[str]) -> Iterator[str]:
    """Leave out examples, literal blocks, and what is set in under directives without prose."""
    skip_deeper_than: int | None = None
    in_example = False
    for line in lines:
        stripped = line.strip()
        if not stripped:
            in_example = False
            yield ""
            continue
        indent = len(line) - len(line.lstrip())
        if skip_deeper_than is not None and indent > skip_deeper_than:
            continue
        skip_deeper_than = None
        in_example = in_example or stripped.startswith(">>>")
        if in_example:
            continue
        if _opens_code(stripped):
            skip_deeper_than = indent
        yield line


def _opens_code(stripped: str) -> bool:
    """Say whether what is set in below a line is no prose."""
    if _RULER.fullmatch(stripped):
        return False
    if directive := _DIRECTIVE.match(stripped):
        return _is_without_prose(directive)
    return stripped.endswith("::")


def _is_without_prose(directive: re.Match[str]) -> bool:
    return _DIRECTIVES_WITHOUT_PROSE.fullmatch(directive["name"] or "") is not None


def _without_markup(lines: Iterable[str]) -> list[str]:
    """Take out directives, and section headers with the rulers under them."""
    kept: list[str] = []
    for line in lines:
        stripped = line.strip()
        if _RULER.fullmatch(stripped):
            # The ruler under a header takes the header with it.
            if kept and len(kept[-1].split()) <= 3:
                kept.pop()
        elif directive := _DIRECTIVE.match(stripped):
            if not _is_without_prose(directive):
                kept.append("")
        else:
            kept.append("" if _HEADER.fullmatch(stripped) else line)
    return kept


def tokens(text: str) -> list[str]:
    """Split a text into words: the runs of letters, digits and underscores in its prose.

    Words are lower-case, at least two characters long and begin with a letter; ``n_samples`` is one
    word, ``numpy.sort`` two.
    """
    return WORD.findall(prose(text).lower())


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
        pieces[-1] += WORD.findall(first)
        pieces += [WORD.findall(part) for part in others]
    return [piece for piece in pieces if piece]


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
WORD = re.compile(r"(?<![a-z0-9_])[a-z][a-z0-9_]+")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+")
