"""Read a notebook leniently, whatever became of it on the way.

It comes with a byte order mark, cut off, or as something else. :func:`read_notebook` reads what can
be read; what cannot be read is said in one sentence. Nothing here follows a link.
"""

from __future__ import annotations

import codecs
import contextlib
import json
import logging
import os
import re
import stat
import warnings
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from embeddings_course._shared.messages import Message

MAX_BYTES = 500_000_000
"""Larger files are not notebooks that anybody wrote."""
LARGE_BYTES = 20_000_000
"""A notebook that is larger is written again without its outputs."""
_MAX_VALUES = 20_000_000  # of a JSON file; each takes some 60 bytes of memory
_MAX_DEPTH = 40  # of metadata
_CELL_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_SURROGATES = re.compile("[\ud800-\udfff]")
_STRINGS = re.compile(r'"(?:[^"\\]|\\.)*+"', re.DOTALL)
NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
# Inside of a text, a quotation mark has a backslash before it.
_OUTPUTS = re.compile(rb'"outputs"\s*:\s*\[')
_NEXT_BRACKET = re.compile(rb'(?:[^"\[\]]++|"[^"\\]*+(?:\\.[^"\\]*+)*+")*+([\[\]])', re.DOTALL)
# With which files begin that are sent by mistake.
_BEGINNINGS = (
    (b"PK\x03\x04", "a zip archive; unpack it"),
    (b"\x1f\x8b", "a compressed archive; unpack it"),
    (b"7z\xbc\xaf", "a compressed archive; unpack it"),
    (b"Rar!", "a compressed archive; unpack it"),
    (b"%PDF", "a PDF file: the notebook was printed, and not handed in itself"),
    (b"version https://git-lfs", "a pointer of Git LFS: the notebook itself was not handed in"),
)
_WEB_PAGE = re.compile(r"\s*(<\?xml[^>]*>\s*)?<(!doctype\s+html|html|head|body)\b", re.IGNORECASE)
_SCRIPT = re.compile(r"(#!/|# ?%%|# coding|# -\*- coding|# ---\n|\s*(import|from|def) \w)")


class UnreadableNotebook(ValueError):
    """There is no notebook that could be graded; the message says why, for the instructor."""


def read_notebook(path: str | Path) -> tuple[NotebookNode, list[str]]:
    """Read a notebook leniently, without its outputs.

    Parameters
    ----------
    path : path
        The file, which must not be a link.

    Returns
    -------
    notebook : NotebookNode
        Valid, of format 4.5. Of its metadata only what names the kernel and the language is kept.
    notes : list of str
        A sentence for each damage.

    Raises
    ------
    UnreadableNotebook
        If the file holds no notebook, or not a whole one.
    """
    return parsed(bytes_of(Path(path)), shown_name(Path(path).name))


def bytes_of(path: Path, limit: int = MAX_BYTES) -> bytes:
    """Read a file, which must be neither a link nor too large."""
    shown = shown_name(path.name)
    try:
        mode = path.lstat().st_mode
        if not stat.S_ISREG(mode):
            raise UnreadableNotebook(_not_a_file(mode, shown))
        # Without following what may have been put there since.
        with os.fdopen(os.open(path, os.O_RDONLY | NO_FOLLOW), "rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise UnreadableNotebook(_not_a_file(status.st_mode, shown))
            if status.st_size > limit:
                raise UnreadableNotebook(
                    Message(
                        "notebook-too-large",
                        f"{shown} has {status.st_size / 1e6:.0f} MB; the most that is read is "
                        f"{limit / 1e6:.0f} MB.",
                    )
                )
            return file.read(status.st_size)
    except FileNotFoundError as error:
        raise UnreadableNotebook(f"There is no {shown}.") from error
    except OSError as error:
        raise UnreadableNotebook(f"{shown} cannot be read: {error.strerror}.") from error


def _not_a_file(mode: int, shown: str) -> Message:
    return Message("notebook-not-file", f"{shown} is {kind_of(mode)}, not a file.")


def kind_of(mode: int) -> str:
    """Name the kind of file that a mode says."""
    kinds = {stat.S_IFLNK: "a link", stat.S_IFDIR: "a folder", stat.S_IFIFO: "a named pipe"}
    kinds |= {
        stat.S_IFREG: "a file",
        stat.S_IFSOCK: "a socket",
        stat.S_IFBLK: "a device",
        stat.S_IFCHR: "a device",
    }
    return kinds.get(stat.S_IFMT(mode), "something else")


def parsed(data: bytes, shown: str) -> tuple[NotebookNode, list[str]]:
    """Build a notebook of a file's content, and say what was damaged."""
    notes: list[str] = []
    try:
        if len(data) > LARGE_BYTES:
            data = _lightened(data, shown)
        content = _json(_text(data, shown, notes), shown, notes)
        return _rebuilt(content, shown, notes), notes
    except RecursionError as error:
        raise UnreadableNotebook(
            f"{shown} is not a notebook: its parts are nested too deep."
        ) from error
    except MemoryError as error:
        raise UnreadableNotebook(f"{shown} takes more memory to read than there is.") from error


def _lightened(data: bytes, shown: str) -> bytes:
    """Cut outputs out of a file before it is read: read, they take several times their size."""
    parts, start, steps = [], 0, 0
    while found := _OUTPUTS.search(data, start):
        parts.append(data[start : found.end()])
        start, depth = found.end(), 1
        while depth:
            bracket = _NEXT_BRACKET.match(data, start)
            steps += 1
            if bracket is None:
                raise UnreadableNotebook(_ends_early(data.rstrip(b"\0 \t\r\n").count(b"\n"), shown))
            if steps > _MAX_VALUES:
                raise UnreadableNotebook(_too_many(shown))
            depth += 1 if bracket[1] == b"[" else -1
            start = bracket.end()
        start -= 1
    return b"".join([*parts, data[start:]])


def _ends_early(lines: int, shown: str) -> Message:
    return Message(
        "notebook-cut-off",
        f"{shown} ends in the middle (line {lines + 1}): it was not handed in whole.",
    )


def _too_many(shown: str) -> Message:
    return Message(
        "notebook-too-many-parts", f"{shown} is not a notebook: it has too many parts to be read."
    )


def _text(data: bytes, shown: str, notes: list[str]) -> str:
    if not data.strip():
        raise UnreadableNotebook(f"{shown} is empty.")
    if not data.strip(b"\0"):
        raise UnreadableNotebook(f"{shown} holds nothing but zero bytes.")
    for beginning, what in _BEGINNINGS:
        if data.startswith(beginning):
            raise UnreadableNotebook(f"{shown} is not a notebook but {what}.")
    marks = (
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
        (codecs.BOM_UTF32_BE, "utf-32-be"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    )
    encoding = "utf-8"
    for mark, other in marks:
        if data.startswith(mark):
            data, encoding = data[len(mark) :], other
            notes.append("The file began with a byte order mark.")
            break
    else:
        if data[1:2] == b"\0" or data[:1] == b"\0":
            encoding = "utf-16-le" if data[1:2] == b"\0" else "utf-16-be"
            notes.append("The file was written in UTF-16.")
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        notes.append("Bytes that are not text in UTF-8 were replaced.")
        return data.decode(encoding, errors="replace")


def _without_outputs(content: dict[str, Any]) -> dict[str, Any]:
    """Let go of a cell's outputs as soon as they are read."""
    if "outputs" in content and ("cell_type" in content or "source" in content):
        content["outputs"] = []
    return content


def _json(text: str, shown: str, notes: list[str]) -> Any:
    text = text.lstrip("\ufeff \t\r\n")
    # Counted exactly only where it may be too many: outputs hold commas and brackets too.
    if text.count(",") > _MAX_VALUES or text.count("[") + text.count("{") > _MAX_VALUES:
        bare = _STRINGS.sub("", text)
        if max(bare.count(","), bare.count("[") + bare.count("{")) > _MAX_VALUES:
            raise UnreadableNotebook(_too_many(shown))
    decoder = json.JSONDecoder(object_hook=_without_outputs)
    try:
        content, end = decoder.raw_decode(text)
    except json.JSONDecodeError as error:
        if "control character" not in error.msg:
            raise UnreadableNotebook(_why_no_json(text, error, shown)) from None
        decoder = json.JSONDecoder(object_hook=_without_outputs, strict=False)
        try:
            content, end = decoder.raw_decode(text)
        except json.JSONDecodeError as other:
            raise UnreadableNotebook(_why_no_json(text, other, shown)) from None
        notes.append("Texts in the file held line breaks or tabs that do not belong there.")
    except ValueError:
        # A number with more digits than Python reads.
        decoder = json.JSONDecoder(object_hook=_without_outputs, parse_int=float, strict=False)
        try:
            content, end = decoder.raw_decode(text)
        except json.JSONDecodeError as other:
            raise UnreadableNotebook(_why_no_json(text, other, shown)) from None
    if text[end:].strip("\0 \t\r\n"):
        notes.append("The file went on after the notebook's end; what followed was left out.")
    return content


def _why_no_json(text: str, error: json.JSONDecodeError, shown: str) -> str:
    if re.search(r"^<{7} ", text, re.MULTILINE):
        return f"{shown} holds the marks of a merge of Git that was not finished."
    if _WEB_PAGE.match(text):
        return f"{shown} is a web page: a view of the notebook was saved, and not the notebook."
    if not text.startswith(("{", "[")):
        if _SCRIPT.match(text):
            return f"{shown} is not a notebook but a Python script."
        return f"{shown} is not a notebook: it begins with {shown_name(text[:20])!r}."
    rest = text[error.pos :].strip("\0 \t\r\n")
    cut = not rest.strip("truefalsn") or (error.msg.startswith("Invalid \\") and len(rest) < 8)
    if cut or error.msg.startswith("Unterminated string"):
        return _ends_early(text.rstrip("\0 \t\r\n").count("\n"), shown)
    return f"{shown} is not a notebook: its JSON is broken at line {error.lineno} ({error.msg})."


def _rebuilt(content: Any, shown: str, notes: list[str]) -> NotebookNode:
    """Build a valid notebook from what is usable."""
    content = _unwrapped(content)
    if not isinstance(content, dict):
        raise UnreadableNotebook(f"{shown} is not a notebook: its JSON holds something else.")
    version = content.get("nbformat")
    if "cells" not in content and isinstance(content.get("worksheets"), list):
        content = _upgraded(content, shown)
    elif isinstance(version, int) and version > 4:
        notes.append(f"The file says that it has format {version}; it was read as format 4.")
    cells = content.get("cells")
    if not isinstance(cells, list):
        raise UnreadableNotebook(f"{shown} is not a notebook: it has no cells.")
    counted: Counter[str] = Counter()
    minor = content.get("nbformat_minor")
    has_ids = isinstance(minor, int) and minor >= 5 and version == 4
    ids = _cell_ids([cell for cell in cells if isinstance(cell, dict)], counted, has_ids=has_ids)
    made = []
    for cell in cells:
        if isinstance(cell, dict):
            made.append(_rebuilt_cell(cell, next(ids), counted))
        else:
            counted["could not be read"] += 1
    for what, number in counted.items():
        notes.append(f"{number} cell{'s' * (number > 1)} {what}.")
    notebook = nbformat.from_dict(
        {"cells": made, "metadata": _about(content), "nbformat": 4, "nbformat_minor": 5}
    )
    if not _is_valid(notebook):
        _leave_out_metadata(notebook)
        notes.append("The metadata of cells broke the rules of the format and were left out.")
    if not _is_valid(notebook):
        raise UnreadableNotebook(f"{shown} cannot be made a notebook that follows the format.")
    return notebook


def _unwrapped(content: Any) -> Any:
    """Return the notebook in what Jupyter's server sends; anything else as it is."""
    if isinstance(content, dict) and content.get("type") == "notebook":
        inner = content.get("content")
        if isinstance(inner, dict) and "cells" in inner:
            return inner
    return content


def _leave_out_metadata(notebook: NotebookNode) -> None:
    """Keep of the metadata of cells only what nbgrader and Jupyter look at."""
    for cell in notebook.cells:
        own = ("deletable", "editable", "nbgrader")
        cell.metadata = NotebookNode({k: v for k, v in cell.metadata.items() if k in own})


def _upgraded(content: dict[str, Any], shown: str) -> dict[str, Any]:
    try:
        for sheet in content["worksheets"]:
            for cell in sheet["cells"]:
                if cell["cell_type"] == "code":
                    cell["outputs"] = []
                for text in ("input", "source"):  # on disk, a list of lines
                    if isinstance(cell.get(text), list):
                        cell[text] = "".join(map(str, cell[text]))
        with warnings.catch_warnings(), _quiet():
            warnings.simplefilter("ignore")
            upgraded = nbformat.convert(nbformat.from_dict(content), 4)
        for cell in upgraded["cells"]:
            cell.pop("id", None)  # drawn by chance
        return upgraded
    except Exception as error:
        raise UnreadableNotebook(
            f"{shown} has an old format of notebooks and is damaged ({type(error).__name__})."
        ) from error


def _cell_ids(
    cells: list[dict[str, Any]], counted: Counter[str], *, has_ids: bool
) -> Iterator[str]:
    """Give the id of each cell, or one of its own if it has none that is valid and unique."""
    used: set[str] = set()
    kept: list[str | None] = []
    for cell in cells:
        given = cell.get("id")
        metadata = cell.get("metadata")
        if given is None and isinstance(metadata, dict):
            given = metadata.get("id")  # there Colab keeps it
        valid = isinstance(given, str) and _CELL_ID.fullmatch(given) and given not in used
        if not valid and (has_ids or "id" in cell):
            twice = isinstance(given, str) and given in used
            counted["had the id of another" if twice else "had no id that is one"] += 1
        kept.append(given if valid else None)
        if given is not None and valid:
            used.add(given)
    for number, each in enumerate(kept, 1):
        new = each or f"cell-{number}"
        while each is None and new in used:
            new += "-"
        used.add(new)
        yield new


def _rebuilt_cell(cell: dict[str, Any], name: str, counted: Counter[str]) -> dict[str, Any]:
    kind = cell.get("cell_type")
    if kind not in ("code", "markdown", "raw"):
        counted["had no type that is known"] += 1
        ran = "outputs" in cell or "execution_count" in cell
        kind = "code" if ran else "raw"
    source = cell.get("source", cell.get("input", ""))
    if isinstance(source, list):
        if not all(isinstance(line, str) for line in source):
            counted["had lines that are not text"] += 1
        source = "".join(line for line in source if isinstance(line, str))
    if not isinstance(source, str):
        counted["had no text"] += 1
        source = ""
    whole = _whole(source)
    if whole != source:
        counted["had characters that are none"] += 1
    metadata = cell.get("metadata", {})
    if not isinstance(metadata, dict):
        counted["had no metadata that can be read"] += 1
        metadata = {}
    made: dict[str, Any] = {
        "cell_type": kind,
        "id": name,
        "metadata": _plain(metadata),
        "source": whole,
    }
    if kind == "code":
        made |= {"execution_count": None, "outputs": []}
    elif isinstance(cell.get("attachments"), dict):
        made["attachments"] = {
            _whole(file): {_whole(mime): _joined(part) for mime, part in parts.items()}
            for file, parts in cell["attachments"].items()
            if isinstance(parts, dict) and all(_joined(part) is not None for part in parts.values())
        }
    return made


def _joined(part: Any) -> str | None:
    if isinstance(part, list) and all(isinstance(line, str) for line in part):
        part = "".join(part)
    return _whole(part) if isinstance(part, str) else None


def _whole(text: str) -> str:
    """Replace halves of characters, which no file in UTF-8 can hold."""
    if not _SURROGATES.search(text):
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _plain(value: Any, depth: int = 0) -> Any:
    """Metadata that can be copied and written: no half characters, nothing nested without end."""
    if depth > _MAX_DEPTH:
        return None
    if isinstance(value, dict):
        return {_whole(str(key)): _plain(inner, depth + 1) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner, depth + 1) for inner in value]
    return _whole(value) if isinstance(value, str) else value


def _about(content: dict[str, Any]) -> dict[str, Any]:
    metadata = content.get("metadata")
    metadata = _plain(metadata) if isinstance(metadata, dict) else {}
    kept = {}
    for part, needed in (("kernelspec", ("name", "display_name")), ("language_info", ("name",))):
        about = metadata.get(part)
        if isinstance(about, dict) and all(isinstance(about.get(key), str) for key in needed):
            texts = {key: text for key, text in about.items() if isinstance(text, str)}
            mode = about.get("codemirror_mode")
            kept[part] = texts | ({"codemirror_mode": mode} if isinstance(mode, dict) else {})
    return kept


def _is_valid(notebook: NotebookNode) -> bool:
    try:
        nbformat.validate(notebook)
    except nbformat.ValidationError:
        return False
    return True


def is_fine(data: bytes) -> bool:
    """Whether nbformat reads and writes it, without a complaint, as it is."""
    try:
        with warnings.catch_warnings(), _quiet():
            warnings.simplefilter("error")
            content = json.loads(data.decode("utf-8"))
            if _plain(content, -5) != content:
                return False  # nested so deep that it could not be copied
            if content["nbformat"] == 4:
                nbformat.validate(content)
            notebook = nbformat.reads(data.decode("utf-8"), as_version=4)
            nbformat.validate(notebook)
            nbformat.writes(notebook).encode("utf-8")
    except Exception:  # whatever it is, nbgrader would meet it too
        return False
    return True


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep nbformat from writing to the log what sentences say."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)


def shown_name(name: str) -> str:
    """Name that a sentence can hold, whatever a student called the file."""
    clean = "".join(c if c.isprintable() and c not in "<>" else "?" for c in _whole(name))
    return clean if len(clean) <= 80 else f"{clean[:77]}..."
