"""Find and read what a student handed in, whatever became of it on the way.

A notebook comes with a byte order mark, under another name, twice, or cut off; beside it lie links
and a ``timestamp.txt`` that is no date. :func:`read_notebook` reads what can be read,
:func:`prepare` puts the notebook to be graded where nbgrader looks for it, and
:func:`working_copy` copies the other files for the kernel. What cannot be read is said in one
sentence. Nothing here follows a link.

>>> shadowed_module("json.py"), shadowed_module("utils.py")
('json', None)
"""

from __future__ import annotations

import codecs
import contextlib
import datetime
import functools
import importlib.metadata
import json
import logging
import os
import re
import shutil
import stat
import sys
import warnings
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbgrader.utils import compute_checksum, is_solution, parse_utc

from embeddings_course._shared.folders import walk
from embeddings_course.grading.submissions.times import UnclearTime, read_time

MAX_BYTES = 500_000_000
"""Larger files are no notebooks that anybody wrote."""
LARGE_BYTES = 20_000_000
"""A notebook that is larger is written anew without its outputs."""
MAX_FILE_BYTES = 200_000_000
MAX_TOTAL_BYTES = 1_000_000_000
MAX_WORKING_BYTES = 200_000_000
"""Of the other files where the notebook runs: the sandbox has room for some more."""
MAX_FILES = 10_000
"""Of the other files of a submission."""

_MAX_VALUES = 20_000_000  # of a JSON file; each takes some 60 bytes of memory
_MAX_DEPTH = 40  # of metadata
_MAX_SENTENCES = 20
_MOST_NAMED = 5
_HANDED_IN = ".handed-in"
_AS_IT_IS, _ASIDE = "as it is", "aside"
_CHECKPOINTS = ".ipynb_checkpoints"
_LEFT_OUT = frozenset({".git", _CHECKPOINTS, "__pycache__"})
_CELL_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_SURROGATES = re.compile("[\ud800-\udfff]")
_STRINGS = re.compile(r'"(?:[^"\\]|\\.)*+"', re.DOTALL)
_NO_FOLLOW = (
    getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
)
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
# Some distributions install such names by mistake; a student's own file may have them.
_HARMLESS = frozenset(
    {"benchmarks", "bin", "common", "config", "conftest", "data", "doc", "docs", "examples"}
    | {"helper", "helpers", "main", "model", "models", "mycode", "samples", "scripts", "setup"}
    | {"solution", "solutions", "src", "test", "tests", "tools", "util", "utils"}
)
# Imported by Python or Jupyter, if they are there, before anything else is run.
_STARTED = frozenset(
    {"sitecustomize", "usercustomize", "ipython_config", "ipython_kernel_config", "jupyter_config"}
)
_SOURCES = (".py", ".pyc", ".pyd", ".so")


class UnreadableNotebook(ValueError):
    """There is no notebook that could be graded; the message says why, for the instructor."""


class AnotherAssignment(UnreadableNotebook):
    """What was handed in is the notebook of another assignment; the message says of which."""


def read_notebook(path: str | Path) -> tuple[NotebookNode, list[str]]:
    """Read a notebook leniently, without its outputs.

    Parameters
    ----------
    path : path
        The file, which must be no link.

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
    return _parsed(_bytes_of(Path(path)), _shown(Path(path).name))


def prepare(
    folder: str | Path,
    name: str,
    target: str | Path | None = None,
    *,
    grade_ids: Collection[str] | None = None,
    other: Callable[[NotebookNode], str | None] = lambda notebook: None,
) -> list[str]:
    """Put the notebook to be graded where nbgrader looks for it.

    It is ``<name>.ipynb`` if that holds work; else the one notebook of the submission that does,
    under another name or in another folder; else the blank one.

    Parameters
    ----------
    folder : path
        What the student handed in.
    name : str
        Of the notebook, without its ending.
    target : path, optional
        Folder for the notebook and copies of the submission's other files. By default the notebook
        is repaired where it is: whatever has to make room is kept with ``.handed-in`` after its
        name, and nothing is written if all is well.
    grade_ids : collection of str, optional
        Of the assignment's cells: notebooks are then known by their cells, and else by their names.
    other : callable, optional
        Names the assignment that a notebook is of, if it is another one.

    Returns
    -------
    list of str
        A sentence for each repair.

    Raises
    ------
    UnreadableNotebook
        If there is no notebook that can be read, or several with different work, none of which has
        the right name.
    AnotherAssignment
        If all that there is is of another assignment.
    """
    folder = Path(folder)
    if not os.path.isdir(folder):  # noqa: PTH112 - pathlib's answer can be an error
        kind = _kind(folder.lstat().st_mode) if os.path.lexists(folder) else "nothing"
        raise UnreadableNotebook(f"What was handed in is {kind}, not a folder.")
    notes: list[str] = []
    chosen = _choose(folder, name, frozenset(grade_ids or ()), notes, other)
    in_place = target is None or Path(target).resolve() == folder.resolve()
    target = folder if in_place else Path(target)
    destination = target / f"{name}.ipynb"
    fine = chosen.is_fine()
    if not fine:
        shown = _shown(chosen.path.name)
        anew = f"{shown} broke the rules of the format and was written anew."
        if chosen.size > LARGE_BYTES:
            anew = f"The outputs of {shown} ({chosen.size / 1e6:.0f} MB) were left out."
        notes += chosen.notes or [anew]
    stamp = _timestamp(folder, notes)
    status = chosen.path.stat()
    if not (in_place and fine and chosen.path == destination):
        data = _bytes_of(chosen.path) if fine else nbformat.writes(chosen.notebook).encode()
        target.mkdir(parents=True, exist_ok=True)
        if in_place and os.path.lexists(destination):
            destination.rename(_unused(destination))
        _write(destination, data)
        if not _came_just_now(status):  # doubtful_time looks at it
            os.utime(destination, ns=(status.st_mtime_ns, status.st_mtime_ns))
    path = folder / "timestamp.txt"
    written = path.lstat() if stamp != _AS_IT_IS else None
    if in_place:
        if stamp != _AS_IT_IS:
            path.rename(_unused(path))
        _defuse(folder, notes)
    else:
        _copy_others(folder, target, notes, timestamp=stamp == _AS_IT_IS)
    if isinstance(stamp, datetime.datetime) and written is not None:
        _write(target / path.name, f"{stamp:%Y-%m-%d %H:%M:%S} UTC\n".encode())
        os.utime(target / path.name, ns=(written.st_mtime_ns, written.st_mtime_ns))
    return _at_most(notes)


def doubtful_time(folder: str | Path, name: str, handed_in: str | Path | None = None) -> list[str]:
    """Look whether a submission's ``timestamp.txt`` can be right: lateness follows from it.

    Parameters
    ----------
    folder : path
        A folder that :func:`prepare` has prepared.
    name : str
        Of the notebook, without its ending.
    handed_in : path, optional
        What it was prepared from, if that is another folder.

    Returns
    -------
    list of str
        A sentence if it cannot, or hardly; nothing if there is no such file.
    """
    path, notebook = Path(folder) / "timestamp.txt", Path(folder) / f"{name}.ipynb"
    try:
        if handed_in is not None:
            _stated(Path(handed_in) / "timestamp.txt")
        stated = _stated(path)
    except Exception as error:
        return [
            "timestamp.txt cannot be read, so nobody knows whether this was late: "
            f"{_why_no_time(error)}. Correct it, or delete it if this was on time, and grade again."
        ]
    if stated is None:
        return []
    now = datetime.datetime.now(datetime.UTC).replace(tzinfo=None)
    day = datetime.timedelta(days=1)
    status = notebook.stat()
    last = datetime.datetime.fromtimestamp(status.st_mtime, datetime.UTC).replace(tzinfo=None)
    together = abs(path.stat().st_mtime - status.st_mtime) < 60
    unknown = together or _came_just_now(status)
    if stated - now > day:
        return [
            f"timestamp.txt says {stated:%Y-%m-%d}, which is still to come: correct or delete it, "
            "and grade again."
        ]
    if last - stated > day and not unknown:
        return [
            f"timestamp.txt says {stated:%Y-%m-%d}, but the notebook was last changed on "
            f"{last:%Y-%m-%d}: look which is right, as lateness follows from timestamp.txt."
        ]
    return []


def _came_just_now(status: os.stat_result) -> bool:
    """Say whether a file has the time at which it was put there, so nobody knows when it is of."""
    return abs(status.st_ctime - status.st_mtime) < 60


def working_copy(folder: str | Path, target: str | Path) -> list[str]:
    """Copy a submission's other files to the folder in which its notebook will run.

    Files that Python would import in place of its own modules, or of the course's libraries, are
    left out, as are notebooks and links.

    Parameters
    ----------
    folder : path
        With the submission's files.
    target : path
        Made if it is not there.

    Returns
    -------
    list of str
        A sentence for each file that was left out.
    """
    folder, target = Path(folder), Path(target)
    notes: list[str] = []
    target.mkdir(parents=True, exist_ok=True)
    blocked = set()
    for path in _entries(folder):
        module = shadowed_module(path.name)
        is_folder = path.is_dir() and not path.is_symlink()
        if module is None or (is_folder and not _holds_code(path)):
            continue
        blocked.add(path.name)
        shown, would = _shown(path.name), f"have replaced the module {module}"
        if module in _STARTED:
            would = "have been run unasked"
        notes.append(f"{shown} was left out: it would {would}.")
    most = MAX_WORKING_BYTES
    _copy_others(folder, target, notes, timestamp=True, without=blocked, most_bytes=most)
    return _at_most(notes)


def shadowed_module(name: str) -> str | None:
    """Name the module of Python, or of the course's libraries, that a file or folder would replace.

    Parameters
    ----------
    name : str
        Of a file or folder in the kernel's working directory.

    Returns
    -------
    str or None
        None if it replaces none.
    """
    stem, dot, _ = name.partition(".")
    if dot and not name.endswith(_SOURCES):
        return None
    return stem if stem in _modules() else None


@functools.cache
def _modules() -> frozenset[str]:
    installed = {each.split("/")[0] for each in importlib.metadata.packages_distributions()}
    own = __name__.partition(".")[0]
    return (frozenset(sys.stdlib_module_names) | installed | {own} | _STARTED) - _HARMLESS


def _holds_code(path: Path) -> bool:
    """Whether a folder can be imported: one that holds only data replaces no module."""
    return any(each.name.endswith(_SOURCES) for each, _ in _walk(path))


# Reading -----------------------------------------------------------------------------------------


def _bytes_of(path: Path, limit: int = MAX_BYTES) -> bytes:
    shown = _shown(path.name)
    try:
        mode = path.lstat().st_mode
        if not stat.S_ISREG(mode):
            raise UnreadableNotebook(f"{shown} is {_kind(mode)}, not a file.")
        # Without following what may have been put there since.
        with os.fdopen(os.open(path, os.O_RDONLY | _NO_FOLLOW), "rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise UnreadableNotebook(f"{shown} is {_kind(status.st_mode)}, not a file.")
            if status.st_size > limit:
                raise UnreadableNotebook(
                    f"{shown} has {status.st_size / 1e6:.0f} MB; the most that is read is "
                    f"{limit / 1e6:.0f} MB."
                )
            return file.read(status.st_size)
    except FileNotFoundError as error:
        raise UnreadableNotebook(f"There is no {shown}.") from error
    except OSError as error:
        raise UnreadableNotebook(f"{shown} cannot be read: {error.strerror}.") from error


def _kind(mode: int) -> str:
    kinds = {stat.S_IFLNK: "a link", stat.S_IFDIR: "a folder", stat.S_IFIFO: "a named pipe"}
    kinds |= {
        stat.S_IFREG: "a file",
        stat.S_IFSOCK: "a socket",
        stat.S_IFBLK: "a device",
        stat.S_IFCHR: "a device",
    }
    return kinds.get(stat.S_IFMT(mode), "something else")


def _parsed(data: bytes, shown: str) -> tuple[NotebookNode, list[str]]:
    notes: list[str] = []
    try:
        if len(data) > LARGE_BYTES:
            data = _lightened(data, shown)
        content = _json(_text(data, shown, notes), shown, notes)
        return _rebuilt(content, shown, notes), notes
    except RecursionError as error:
        raise UnreadableNotebook(
            f"{shown} is no notebook: its parts are nested too deep."
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


def _ends_early(lines: int, shown: str) -> str:
    return f"{shown} ends in the middle (line {lines + 1}): it was not handed in whole."


def _too_many(shown: str) -> str:
    return f"{shown} is no notebook: it has too many parts to be read."


def _text(data: bytes, shown: str, notes: list[str]) -> str:
    if not data.strip():
        raise UnreadableNotebook(f"{shown} is empty.")
    if not data.strip(b"\0"):
        raise UnreadableNotebook(f"{shown} holds nothing but zero bytes.")
    for beginning, what in _BEGINNINGS:
        if data.startswith(beginning):
            raise UnreadableNotebook(f"{shown} is no notebook but {what}.")
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
        notes.append("Bytes that are no text in UTF-8 were replaced.")
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
            return f"{shown} is no notebook but a Python script."
        return f"{shown} is no notebook: it begins with {_shown(text[:20])!r}."
    rest = text[error.pos :].strip("\0 \t\r\n")
    cut = not rest.strip("truefalsn") or (error.msg.startswith("Invalid \\") and len(rest) < 8)
    if cut or error.msg.startswith("Unterminated string"):
        return _ends_early(text.rstrip("\0 \t\r\n").count("\n"), shown)
    return f"{shown} is no notebook: its JSON is broken at line {error.lineno} ({error.msg})."


def _rebuilt(content: Any, shown: str, notes: list[str]) -> NotebookNode:
    """Build a valid notebook from what is usable."""
    if isinstance(content, dict) and content.get("type") == "notebook":
        inner = content.get("content")
        if isinstance(inner, dict) and "cells" in inner:  # what Jupyter's server sends
            content = inner
    if not isinstance(content, dict):
        raise UnreadableNotebook(f"{shown} is no notebook: its JSON holds something else.")
    version = content.get("nbformat")
    if "cells" not in content and isinstance(content.get("worksheets"), list):
        content = _upgraded(content, shown)
    elif isinstance(version, int) and version > 4:
        notes.append(f"The file says that it has format {version}; it was read as format 4.")
    cells = content.get("cells")
    if not isinstance(cells, list):
        raise UnreadableNotebook(f"{shown} is no notebook: it has no cells.")
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
        for cell in notebook.cells:
            own = ("deletable", "editable", "nbgrader")
            cell.metadata = NotebookNode({k: v for k, v in cell.metadata.items() if k in own})
        notes.append("The metadata of cells broke the rules of the format and were left out.")
    if not _is_valid(notebook):
        raise UnreadableNotebook(f"{shown} cannot be made a notebook that follows the format.")
    return notebook


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
        used.update([given] if valid else [])
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
            counted["had lines that are no text"] += 1
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


def _is_fine(data: bytes) -> bool:
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


# Choosing ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Candidate:
    path: Path
    size: int
    notebook: NotebookNode
    notes: list[str]
    # 2: work on this assignment; 1: code, but nothing says of which assignment; 0: blank.
    standing: int

    def is_fine(self) -> bool:
        small = self.size <= LARGE_BYTES
        return small and not self.notes and _is_fine(_bytes_of(self.path))

    @property
    def work(self) -> tuple[tuple[str, str], ...]:
        """What the student wrote, to tell whether two are the same."""
        cells = [cell for cell in self.notebook.cells if is_solution(_marked(cell))]
        cells = cells or [cell for cell in self.notebook.cells if cell.cell_type == "code"]
        return tuple((_id_of(cell), cell.source.strip()) for cell in cells)


def _choose(
    folder: Path,
    name: str,
    grade_ids: frozenset[str],
    notes: list[str],
    other: Callable[[NotebookNode], str | None],
) -> _Candidate:
    def look_whose(candidate: _Candidate) -> None:
        if grade_ids and _belongs(candidate.notebook, grade_ids):
            return
        if (assignment := other(candidate.notebook)) is not None:
            shown = _shown(str(candidate.path.relative_to(folder)))
            raise AnotherAssignment(
                f"{shown} is the notebook of {assignment}: {name} was not handed in. Ask the "
                "student for it."
            )

    right = folder / f"{name}.ipynb"
    exact, problem = None, ""
    try:
        exact = _candidate(right, grade_ids)
    except UnreadableNotebook as error:
        problem = str(error)
    if exact is not None and exact.standing == 2:
        return exact
    others: list[_Candidate] = []
    last: list[_Candidate] = []
    problems: list[str] = []
    passed_over: list[_Candidate] = []
    for path in _other_files(folder, right):
        try:
            found = _candidate(path, grade_ids)
        except UnreadableNotebook as error:
            if _resembles(path, name):
                problems.append(str(error))
            continue
        if not _is_meant(found.notebook, path, name, grade_ids):
            passed_over.append(found)
            continue
        (last if _CHECKPOINTS in path.parts else others).append(found)
    ranked = (
        [each for each in others if each.standing == 2],
        [exact] if exact is not None and exact.standing == 1 else [],
        [each for each in others if each.standing == 1],
        [each for each in last if each.standing == 2],
        [exact] if exact is not None else [],
        others[:1],
        last[:1],
    )
    for group in ranked:
        if not group:
            continue
        chosen = group[0]
        look_whose(chosen)
        works = {each.work for each in group}
        if len(works) > 1:
            names = ", ".join(sorted(_shown(str(e.path.relative_to(folder))) for e in group)[:5])
            raise UnreadableNotebook(
                f"There are {len(works)} notebooks with different work, {names}: keep one and "
                "grade again."
            )
        if chosen is not exact:
            shown = _shown(str(chosen.path.relative_to(folder)))
            reason = problem or f"{right.name} holds no work."
            notes.append(f"{shown} was graded. {reason}")
        return chosen
    if right.name in problem and os.path.lexists(right):
        raise UnreadableNotebook(problem)
    if problems:
        raise UnreadableNotebook(problems[0])
    for candidate in passed_over:
        look_whose(candidate)
    archives = [p for p, _ in _walk(folder) if p.suffix.lower() in (".zip", ".gz", ".7z", ".rar")]
    hint = (
        f" Perhaps it is in {_shown(archives[0].name)}, which nobody unpacked." if archives else ""
    )
    handed_in = [
        _shown(path.name)
        for path, _ in _walk(folder)
        if path.name != "timestamp.txt" and _HANDED_IN not in path.name
    ]
    more = f" and {len(handed_in) - _MOST_NAMED} more" if len(handed_in) > _MOST_NAMED else ""
    what = f" Handed in was {', '.join(handed_in[:_MOST_NAMED])}{more}." if handed_in else ""
    raise UnreadableNotebook(f"There is no {right.name}, nor another notebook of it.{what}{hint}")


def _candidate(path: Path, grade_ids: frozenset[str]) -> _Candidate:
    data = _bytes_of(path)
    notebook, notes = _parsed(data, _shown(path.name))
    return _Candidate(path, len(data), notebook, notes, _standing(notebook, grade_ids))


def _other_files(folder: Path, right: Path) -> list[Path]:
    """Files that may be the notebook, those nearest to its name and place first."""
    found = []
    for path, status in _walk(folder, hidden=(_CHECKPOINTS,)):
        own = _HANDED_IN in str(path.relative_to(folder))
        if path == right or own or not stat.S_ISREG(status.st_mode):
            continue
        if ".ipynb" in path.name.lower() or _may_be_json(path):
            key = (not _resembles(path, right.stem), len(path.parts), len(path.name), str(path))
            found.append((key, path, status.st_size))
    total, paths = 0, []
    for _, path, size in sorted(found)[:200]:
        total += size
        if total <= MAX_TOTAL_BYTES:
            paths.append(path)
    return paths


def _may_be_json(path: Path) -> bool:
    try:
        with os.fdopen(os.open(path, os.O_RDONLY | _NO_FOLLOW), "rb") as file:
            head = file.read(4000)
    except OSError:
        return False
    head = head.replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    return head.startswith(b"{") and (b'"cells"' in head or b'"nbformat' in head)


def _simple(name: str) -> str:
    name = re.sub(r"\.(ipynb|json|txt|bak|html?)(?=\.|$)", "", name.lower())
    return re.sub(r"[^a-z0-9]+", "-", name).strip("-")


def _resembles(path: Path, name: str) -> bool:
    """Whether a file's name is the notebook's with something added, or no name at all."""
    simple = _simple(path.name)
    return _simple(name) in simple or re.match(r"untitled", simple) is not None


def _marked(cell: NotebookNode) -> NotebookNode:
    """A cell whose marks are a mapping, as nbgrader takes them to be."""
    if isinstance(cell.metadata.get("nbgrader"), dict):
        return cell
    return NotebookNode(cell | {"metadata": {}})


def _id_of(cell: NotebookNode) -> str:
    name = _marked(cell).metadata.get("nbgrader", {}).get("grade_id")
    return name if isinstance(name, str) else ""


def _graded(notebook: NotebookNode) -> set[str]:
    return {name for cell in notebook.cells if (name := _id_of(cell))}


def _is_meant(notebook: NotebookNode, path: Path, name: str, grade_ids: frozenset[str]) -> bool:
    if grade_ids and _belongs(notebook, grade_ids):
        return True
    return _resembles(path, name) and not (grade_ids and _graded(notebook))


def _belongs(notebook: NotebookNode, grade_ids: frozenset[str]) -> bool:
    """Whether a notebook is of the assignment, going by the marks or, without any, by the ids."""
    names = _graded(notebook)
    of = min(len(names), len(grade_ids)) if names else len(grade_ids)
    names = names or {cell.id for cell in notebook.cells}
    return bool(names & grade_ids) and 2 * len(names & grade_ids) >= of


def _standing(notebook: NotebookNode, grade_ids: frozenset[str]) -> int:
    marked = [cell for cell in notebook.cells if is_solution(_marked(cell))]
    if grade_ids:
        marked = [cell for cell in marked if _id_of(cell) in grade_ids]
    if marked:
        return 2 if any(map(_was_written, marked)) else 0
    written = [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]
    if not written:
        return 0
    # Without marks nothing says what the release was, so that this counts as work.
    return 2 if grade_ids and _belongs(notebook, grade_ids) else 1


def _was_written(cell: NotebookNode) -> bool:
    try:
        return cell.metadata.nbgrader["checksum"] != compute_checksum(cell)
    except Exception:  # marks that are damaged
        return True


# Copying -----------------------------------------------------------------------------------------


def _walk(
    folder: Path, hidden: Collection[str] = (), notes: list[str] | None = None
) -> Iterator[tuple[Path, os.stat_result]]:
    """Give everything in a folder but folders; say what was not looked into."""

    def trouble(path: Path, why: str) -> None:
        if notes is not None and path != folder:
            notes.append(f"{_shown(str(path.relative_to(folder)))} was left out: it {why}.")

    def enters(path: Path) -> bool:
        return path.name not in _LEFT_OUT or path.name in hidden

    for path, status in walk(folder, enters=enters, trouble=trouble):
        if not stat.S_ISDIR(status.st_mode):
            yield path, status


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []


def _copy_others(
    folder: Path,
    target: Path,
    notes: list[str],
    *,
    timestamp: bool,
    without: Collection[str] = (),
    most_bytes: int | None = None,
) -> None:
    total = number = 0
    most_bytes = most_bytes or MAX_TOTAL_BYTES
    for path, status in _walk(folder, notes=notes):
        inner = path.relative_to(folder)
        shown = _shown(str(inner))
        name = path.name.lower()
        if inner.parts[0] in without or name.endswith(".ipynb") or _HANDED_IN in name:
            continue
        if len(inner.parts) == 1 and name == "timestamp.txt" and not timestamp:
            continue
        if not stat.S_ISREG(status.st_mode):
            notes.append(f"{shown} was left out: it is {_kind(status.st_mode)}.")
            continue
        if status.st_size > MAX_FILE_BYTES:
            notes.append(f"{shown} was left out: it has {status.st_size / 1e6:.0f} MB.")
            continue
        if total + status.st_size > most_bytes or number >= MAX_FILES:
            notes.append("Files were left out: there were too many, or they were too large.")
            return
        try:
            destination = target / inner
            destination.parent.mkdir(parents=True, exist_ok=True)
            if os.path.lexists(destination):
                destination.unlink()
            with (
                os.fdopen(os.open(path, os.O_RDONLY | _NO_FOLLOW), "rb") as source,
                destination.open("xb") as copy,
            ):
                if not stat.S_ISREG(os.fstat(source.fileno()).st_mode):
                    raise OSError(0, "it is no file any more")
                shutil.copyfileobj(source, copy)
            os.utime(destination, ns=(status.st_atime_ns, status.st_mtime_ns))
        except OSError as error:
            notes.append(f"{shown} was left out: {error.strerror or type(error).__name__}.")
            continue
        total, number = total + status.st_size, number + 1


def _defuse(folder: Path, notes: list[str]) -> None:
    """Replace links and the like, which nbgrader would follow, by files that say what was there."""
    for path, status in list(_walk(folder)):
        if stat.S_ISREG(status.st_mode):
            continue
        shown, what = _shown(str(path.relative_to(folder))), _kind(status.st_mode)
        to = f" to {path.readlink()}" if stat.S_ISLNK(status.st_mode) else ""
        kept = path if _HANDED_IN in path.name else _unused(path)
        path.unlink()
        kept.write_text(f"{what}{to}\n", encoding="utf-8", errors="replace")
        notes.append(f"{shown} was taken away: it was {what}.")


def _timestamp(folder: Path, notes: list[str]) -> datetime.datetime | str:
    """Say what to do with ``timestamp.txt``: leave it, put it aside, or write it as this time.

    It is written again where nbgrader would read another time than what it says.
    """
    path = folder / "timestamp.txt"
    try:
        stated = _stated(path)
    except Exception as error:  # dateutil raises many kinds
        notes.append(f"timestamp.txt was put aside: {_why_no_time(error)}.")
        return _ASIDE
    with contextlib.suppress(Exception):
        if stated is None or parse_utc(path.read_text().strip()) == stated:
            return _AS_IT_IS
    return stated


def _why_no_time(error: Exception) -> str:
    return str(error) if isinstance(error, UnclearTime) else "it holds no date"


def _stated(path: Path) -> datetime.datetime | None:
    """Return the time that ``timestamp.txt`` states, in UTC, or None if there is none."""
    if not os.path.lexists(path):
        return None
    written = _bytes_of(path, 1000).decode("utf-8").strip()
    return read_time(written) if written else None


def _unused(path: Path) -> Path:
    """Name under which something is kept that has to make room."""
    kept = path.with_name(path.name + _HANDED_IN)
    number = 2
    while os.path.lexists(kept):
        kept = path.with_name(f"{path.name}{_HANDED_IN}.{number}")
        number += 1
    return kept


def _write(path: Path, data: bytes) -> None:
    """Write a file so that it is there whole or not at all."""
    new = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        new.write_bytes(data)
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)


def _shown(name: str) -> str:
    """Name that a sentence can hold, whatever a student called the file."""
    clean = "".join(c if c.isprintable() and c not in "<>" else "?" for c in _whole(name))
    return clean if len(clean) <= 80 else f"{clean[:77]}..."


def _at_most(sentences: list[str]) -> list[str]:
    more = len(sentences) - _MAX_SENTENCES
    return [*sentences[:_MAX_SENTENCES], f"and {more} more"] if more > 0 else sentences
