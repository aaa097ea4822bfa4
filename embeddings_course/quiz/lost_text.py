"""What YAML would take out of a question's text without a word.

A plain text ends at a ``#`` after a space; in double quotes a backslash begins an escape, so that
TeX loses its first letters; a folded text loses the lines of its code. Each is found at the tokens
that YAML's own scanner makes of a file, in the fields that hold text.

>>> [what for line, what in lost_text("stem: Option #3?")]
['stem: ends at “Option”, as YAML takes a # after a space for a comment; put the text in quotes']
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import yaml

FIELDS = frozenset({"stem", "text", "feedback", "unit"})
"""What holds text that people read."""

# No XML file may have the first ones, and no page shows any of them.
_UNSHOWN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
# Code blocks, code, and formulas on lines of their own or within one.
_SPAN = re.compile(r"```.*?```|`[^`]+`|\$\$.+?\$\$|\$(?! )[^$]+(?<! )\$", re.DOTALL)
_COMMAND = re.compile(r"\\n(e|eq|eg|abla|u|i|ot|otin|exists|mid|leq|geq|onumber)(?![A-Za-z])")
_DRIVE = re.compile(r"(?<![A-Za-z])[A-Za-z]:$")
_INSTEAD = "write the text in single quotes or as a block (|), where a backslash stays one"
_LONG = 30


def lost_text(source: str) -> Iterator[tuple[int, str]]:
    """Find text that would be lost.

    Parameters
    ----------
    source : str
        A file of questions. If it is not YAML, what comes before the first error is looked at.

    Yields
    ------
    int, str
        The line, from 1, and what is lost there, as a sentence that begins with the field.
    """
    follows_key = False
    key: yaml.ScalarToken | None = None
    anchor: yaml.AnchorToken | None = None
    unused: dict[str, tuple[int, str]] = {}  # anchors at which a text seems to begin
    for token in _tokens(source):
        if isinstance(token, yaml.KeyToken):
            follows_key = True
        elif isinstance(token, yaml.AliasToken):
            unused.pop(token.value, None)
        elif isinstance(token, yaml.ScalarToken) and follows_key:
            key, follows_key = token, False
        elif isinstance(token, yaml.ScalarToken):
            if key is not None and key.value in FIELDS and anchor is not None:
                unused[anchor.value] = _lost_to_anchor(key, anchor, token)
            yield from _lost_in_value(source, key, token)
            key = None
        anchor = token if isinstance(token, yaml.AnchorToken) else None
    yield from unused.values()


def _tokens(source: str) -> Iterator[yaml.Token]:
    """Yield what YAML's scanner makes of a file, up to the first error."""
    tokens = yaml.scan(source, Loader=yaml.SafeLoader)
    while True:
        try:
            token = next(tokens)
        except (StopIteration, yaml.YAMLError, ValueError, RecursionError):
            return  # loading the file says what is wrong with it
        yield token


def _lost_to_anchor(
    key: yaml.ScalarToken, anchor: yaml.AnchorToken, value: yaml.ScalarToken
) -> tuple[int, str]:
    return (
        value.start_mark.line + 1,
        f"{key.value}: loses its beginning, &{anchor.value}, which names the text for other "
        "places in the file; put the text in quotes",
    )


def _lost_in_value(
    source: str, key: yaml.ScalarToken | None, value: yaml.ScalarToken
) -> Iterator[tuple[int, str]]:
    """Find what is lost in a value, or an entry of a list, of which there is no key."""
    line = value.start_mark.line + 1
    if key is not None and key.value in FIELDS:
        for down, what in _losses(source, value, key.start_mark.column):
            yield line + down, f"{key.value}: {what}"
    elif found := _UNSHOWN.search(value.value):
        yield line, f"{key.value if key else 'this'}: {_unshown(found[0])}"


def _losses(source: str, token: yaml.ScalarToken, column: int) -> Iterator[tuple[int, str]]:
    """Find what one text loses: lines below its first, and sentences."""
    raw = source[token.start_mark.index : token.end_mark.index]
    if token.plain:
        yield from _comment(source, token, raw, column)
    escapes = list(_lost_escapes(raw)) if token.style == '"' else []
    yield from escapes
    if not escapes and (found := _UNSHOWN.search(token.value)):
        yield 0, _unshown(found[0])
    if token.style != "|" and re.search(r"```[^\n]*```", token.value):
        yield 0, "its code block has lost its lines; write the text as a block that keeps them (|)"


def _comment(
    source: str, token: yaml.ScalarToken, raw: str, column: int
) -> Iterator[tuple[int, str]]:
    after = source[token.end_mark.index :]
    here = re.match(r"[ \t]+#", after)
    # A comment below that is set in as far as the text would be.
    below = re.match(r"[ \t]*\n( *)#", after)
    if here or (below and len(below[1]) > column):
        shown = raw if len(raw) <= _LONG else f"…{raw[-_LONG:]}"
        shown = " ".join(shown.split())
        what = f"ends at “{shown}”, as YAML takes a # after a space for a comment"
        yield raw.count("\n"), f"{what}; put the text in quotes"


def _lost_escapes(raw: str) -> Iterator[tuple[int, str]]:
    """Find escapes in double quotes that their authors did not mean as escapes."""
    spans = [(span.start(), span.end(), span[0]) for span in _SPAN.finditer(raw)]
    told: set[int] = set()
    for escape in _ESCAPE.finditer(raw):
        sign, start = escape[1], escape.start()
        span = next((text for begin, end, text in spans if begin < start < end), "")
        block = span.startswith("```")
        if sign in "abefv0NLP_":
            lost = True
        elif sign in "tr":
            lost = not block
        elif sign == "n":
            inside = bool(span) and not block and not span.startswith("$$")
            command = span.startswith("$$") and bool(_COMMAND.match(raw, start))
            lost = inside or command or bool(_DRIVE.search(raw[:start]))
        else:
            lost = sign == " " and span.startswith("$")
        down = raw[:start].count("\n")
        if lost and down not in told:
            told.add(down)
            shown = re.match(r"\\.[A-Za-z]*", raw[start:], re.DOTALL)
            assert shown is not None, "every escape begins with a backslash"
            what = f"in double quotes YAML takes the beginning of “{shown[0]}” for an escape"
            yield down, f"{what}; {_INSTEAD}"


def _unshown(sign: str) -> str:
    return f"holds the control character U+{ord(sign):04X}, which no page shows; take it out"


def escape_hint(problem: str) -> str:
    """Return what to do about a problem of YAML's with a backslash; an empty text for others."""
    if "escape" not in problem:
        return ""
    return f"In double quotes a backslash begins an escape: {_INSTEAD}."
