"""Chapters and assignments as notebooks for JupyterLab, in ``lab/``; a person's changes are kept.

The folder is not part of ``_build``, which `jupyter-book clean` empties.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
from pathlib import Path

import nbformat

from embeddings_course._shared.whole_file import write_whole
from embeddings_course.book_build.build import pages
from embeddings_course.book_build.drawings import FOLDER
from embeddings_course.book_build.page_notebooks import chapter_name, notebook_pages, page_notebook


def keep_lab(root: Path) -> None:
    """Move a person's notebooks from where they were: `jupyter-book clean` would remove them."""
    old, new = root / "_build" / "lab", root / "lab"
    if not old.is_dir():
        return
    if new.exists():
        print(f"Both {old} and {new} hold notebooks of yours; only {new} is used.", file=sys.stderr)
    else:
        shutil.move(old, new)
        print(f"Your notebooks have moved from {old} to {new}.", file=sys.stderr)


def prepare_lab(root: Path) -> Path:
    """Write chapters and assignments as notebooks to ``lab/``.

    A chapter in which a person changed a cell is theirs: it is never written again, and a line
    says so when the book has a newer one. An assignment's files are only ever added.

    Parameters
    ----------
    root : Path
        The repository.

    Returns
    -------
    Path
        The folder to start JupyterLab in.
    """
    lab = root / "lab"
    chapters = lab / "chapters"
    chapters.mkdir(parents=True, exist_ok=True)
    record = lab / ".written.json"
    written = json.loads(record.read_text(encoding="utf-8")) if record.exists() else {}
    for page in notebook_pages(pages(root)):
        target = chapters / chapter_name(page)
        name = target.relative_to(lab).as_posix()
        state, written[name] = _write_chapter(root / page, target, written.get(name))
        if state == "kept":
            print(
                f"Kept your {target.relative_to(root)}. The book's version has changed: "
                "rename yours and run this again to get it."
            )
    # Only files that were written count as the course's own, so this is written last.
    write_whole(record, json.dumps(written, indent=1))
    shutil.copytree(root / "book" / FOLDER, chapters / FOLDER, dirs_exist_ok=True)
    _copy_missing(root / "assignments", lab / "assignments")
    return lab


def _write_chapter(page: Path, target: Path, before: str | None) -> tuple[str, str | None]:
    """Write a page as a notebook, unless a person changed the notebook that is there.

    Returns ``"written"``, ``"same"`` or ``"kept"``, and the digest of the text that the course
    wrote last.
    """
    notebook = page_notebook(page)
    new = _text_digest(notebook)
    if target.exists():
        try:
            current = _text_digest(nbformat.read(target, as_version=4))
        except Exception:  # no longer a notebook, so a person changed it
            current = None
        if current == new:
            return "same", new  # outputs that the person made stay
        if current != before:
            return ("kept" if new != before else "same"), before
    target.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, target)
    return "written", new


def _text_digest(notebook: nbformat.NotebookNode) -> str:
    """Return a digest of the cells' text. Running a notebook does not change it."""
    cells = [[cell["cell_type"], cell["source"]] for cell in notebook.cells]
    return hashlib.sha256(json.dumps(cells).encode()).hexdigest()


def _copy_missing(source: Path, target: Path) -> None:
    for file in sorted(source.rglob("*")):
        copy = target / file.relative_to(source)
        if file.is_file() and ".ipynb_checkpoints" not in file.parts and not copy.exists():
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, copy)
