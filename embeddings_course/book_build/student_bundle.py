"""The students' zip file: chapters and assignments as notebooks, and the library they import.

It holds nothing of the instructor's, and none of the tools behind the ``course`` command.
"""

from __future__ import annotations

import json
import tomllib
import zipfile
from collections.abc import Mapping
from pathlib import Path

import nbformat

from embeddings_course.book_build.build import pages
from embeddings_course.book_build.drawings import FOLDER
from embeddings_course.book_build.page_notebooks import chapter_name, notebook_pages, page_notebook

# What notebooks import; pyproject.toml has a contract that it imports none of the tools.
LIBRARY = (
    "__init__.py",
    "_shared",
    "audio.py",
    "backbones",
    "check_results.py",
    "controls",
    "cooccurrence.py",
    "data",
    "evaluate.py",
    "exercises.py",
    "explorables",
    "features.py",
    "maps",
    "metrics.py",
    "own_photographs.py",
    "plots",
    "progress.py",
    "quiz",
    "shared_vectors.py",
    "tables.py",
    "text_encoders.py",
    "text_search.py",
    "trained.py",
    "uncertainty.py",
)
# These speak to instructors, to contributors, and to people who write assignments or questions.
_NOT_FOR_STUDENTS = (
    "assignments/README.md",
    "book/house.md",
    "book/quizzes/README.md",
    "book/teaching.md",
    "book/trust.md",
)
# nbgrader's menus for instructors, and the side bar that changes a notebook's tests. The button
# Validate stays. Where the package is installed, JupyterLab finds this file.
_INSTRUCTORS = ("assignment-list", "course-list", "create-assignment", "formgrader", "menu")
_LAB_CONFIG = "labconfig/page_config.json"
_README = Path(__file__).with_name("student_readme.md")


def write_bundle(root: Path, target: Path) -> Path:
    """Pack the library, the chapters as notebooks and the assignments.

    Parameters
    ----------
    root : Path
        The repository.
    target : Path
        The zip file to write.

    Returns
    -------
    Path
        `target`.
    """
    texts = {
        "README.md": _README.read_text(encoding="utf-8"),
        "pyproject.toml": student_project((root / "pyproject.toml").read_text(encoding="utf-8")),
        _LAB_CONFIG: json.dumps(
            {"disabledExtensions": {f"@jupyter/nbgrader:{name}": True for name in _INSTRUCTORS}},
            indent=2,
        )
        + "\n",
    }
    chapters = [
        page for page in notebook_pages(pages(root)) if page.as_posix() not in _NOT_FOR_STUDENTS
    ]
    for page in chapters:
        notebook = nbformat.writes(page_notebook(root / page))
        texts[f"chapters/{chapter_name(page).as_posix()}"] = notebook + "\n"
    target.parent.mkdir(parents=True, exist_ok=True)
    new = target.with_suffix(".new")
    with zipfile.ZipFile(new, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in texts.items():
            archive.writestr(f"embeddings-course/{name}", text)
        for name, file in _files(root, chapters).items():
            archive.write(file, f"embeddings-course/{name}")
    return new.replace(target)


def _files(root: Path, chapters: list[Path]) -> dict[str, Path]:
    """Return the file that goes into the bundle under each name."""
    files = {name: root / name for name in ("requirements.txt", "LICENSE")}
    files |= {page.as_posix(): root / page for page in sorted(chapters)}
    folders = {
        "assignments": "assignments",
        f"book/{FOLDER}": f"chapters/{FOLDER}",
        "book/quizzes": "book/quizzes",
        **{f"embeddings_course/{part}": f"embeddings_course/{part}" for part in LIBRARY},
    }
    for folder, name in folders.items():
        source = root / folder
        for file in [source] if source.is_file() else sorted(source.rglob("*")):
            inner = file.relative_to(source)
            hidden = any(part.startswith((".", "__pycache__")) for part in inner.parts)
            packed = (Path(name) / inner).as_posix()
            if file.is_file() and not hidden and packed not in _NOT_FOR_STUDENTS:
                files[packed] = file
    return files


def student_project(text: str) -> str:
    """Return a pyproject.toml that installs the library, with what a student needs.

    Parameters
    ----------
    text : str
        The repository's pyproject.toml, which installs the tools as well.

    Returns
    -------
    str
        Without the packages of the tools, without the ``course`` command, with one extra,
        ``student``, and with what switches nbgrader's menus for instructors off.
    """
    whole = tomllib.loads(text)
    project, setup = whole["project"], whole["tool"]["setuptools"]
    project = {
        **{key: value for key, value in project.items() if key != "scripts"},
        "optional-dependencies": {"student": project["optional-dependencies"]["student"]},
    }
    setup = {
        **setup,
        "packages": [name for name in setup["packages"] if _is_library(name)],
        "package-data": {k: v for k, v in setup["package-data"].items() if _is_library(k)},
        "data-files": {"etc/jupyter/labconfig": [_LAB_CONFIG]},
    }
    kept = {
        "build-system": whole["build-system"],
        "project": project,
        "tool": {"setuptools": setup},
    }
    return "\n".join(_toml_lines(kept)) + "\n"


def _is_library(package: str) -> bool:
    """Say whether a package is the course's own, one of the library's, or holds pages."""
    _, _, inner = package.partition(".")
    return inner.partition(".")[0] in ("", "pages", *LIBRARY)


def _toml_lines(table: Mapping[str, object], *above: str) -> list[str]:
    """Write a table whose values are texts, lists of texts, and tables of the same kind."""
    inner = {key: value for key, value in table.items() if isinstance(value, Mapping)}
    # JSON's texts and lists of texts are TOML's, too.
    lines = [
        f"{json.dumps(key)} = {json.dumps(value, ensure_ascii=False)}"
        for key, value in table.items() if key not in inner
    ]  # fmt: skip
    if lines and above:
        lines = ["", f"[{'.'.join(map(json.dumps, above))}]", *lines]
    for key, value in inner.items():
        lines += _toml_lines(value, *above, key)
    return lines
