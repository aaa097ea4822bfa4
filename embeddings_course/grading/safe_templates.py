"""Jinja templates for pages about students: whatever is put into them is shown, never obeyed."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from embeddings_course._shared.text import printable

_LONGEST_SENTENCE = 500


def safe_templates(folder: Path) -> Environment:
    """Return what fills in the templates of a folder.

    Parameters
    ----------
    folder : Path
        Holds the templates.

    Returns
    -------
    jinja2.Environment
        All texts that go in are made one printable line of bounded length, and escaped; only a
        ``Markup`` goes in as it is.
    """
    return Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        finalize=shown,
        keep_trailing_newline=True,
        lstrip_blocks=True,
        trim_blocks=True,
        undefined=StrictUndefined,
    )


def shown(value: object) -> object:
    """Return what a page may show of a text that somebody else wrote; the page escapes it."""
    if not isinstance(value, str) or isinstance(value, Markup):
        return value
    line = printable(value)
    if len(line) > _LONGEST_SENTENCE:
        line = f"{line[: _LONGEST_SENTENCE - 1].rstrip()}…"
    return line
