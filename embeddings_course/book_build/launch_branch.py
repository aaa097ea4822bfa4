"""The branch of notebooks that Colab and Binder open, and the addresses that open them.

Both run what lies in a public repository. The pages lie there as Markdown, so the workflow of the
repository writes them as notebooks to a branch, ``notebooks``, with what Binder needs to install
the course (``course notebooks``). On Colab the first cell installs it.
"""

from __future__ import annotations

import re
import shutil
import tomllib
from pathlib import Path
from urllib.parse import quote

import nbformat
import yaml
from nbformat import NotebookNode

from embeddings_course.book_build.drawings import FOLDER
from embeddings_course.book_build.page_notebooks import notebook_pages, page_notebook

BRANCH = "notebooks"
PYTHON = "3.11"  # the oldest that the course runs with; Binder has it
_CPU_BUILDS = "https://download.pytorch.org/whl/cpu"
_GITHUB = re.compile(r"https://github\.com/([\w-]+/[\w.-]+?)(?:\.git)?/?")

_INSTALL = """\
# Installs the course where it is not there yet, as on Colab. That takes a minute.
try:
    import embeddings_course
except ModuleNotFoundError:
    %pip install -q git+https://github.com/{repository}{commit}"""


def repository_of(url: str | None) -> str | None:
    """Return ``OWNER/NAME`` of an address on GitHub; None for any other, which neither opens.

    Examples
    --------
    >>> repository_of("https://github.com/someone/course.git")
    'someone/course'
    >>> repository_of("https://gitlab.com/someone/course"), repository_of("")
    (None, None)
    """
    found = _GITHUB.fullmatch((url or "").strip())
    return found[1] if found else None


def configured_repository(root: Path) -> str | None:
    """Return ``OWNER/NAME`` of the repository that ``_config.yml`` names, or None."""
    settings = yaml.safe_load((root / "_config.yml").read_text(encoding="utf-8"))
    return repository_of((settings.get("repository") or {}).get("url"))


def launch_urls(repository: str, page: str) -> dict[str, str]:
    """Return the addresses that open a page's notebook.

    Parameters
    ----------
    repository : str
        ``OWNER/NAME`` on GitHub.
    page : str
        Its name without folder and suffix.
    """
    notebook = quote(f"{page}.ipynb")
    return {
        "Colab": f"https://colab.research.google.com/github/{repository}/blob/{BRANCH}/{notebook}",
        "Binder": f"https://mybinder.org/v2/gh/{repository}/{BRANCH}?labpath={notebook}",
    }


def launch_notebook(page: Path, repository: str, commit: str | None = None) -> NotebookNode:
    """Read a page as a notebook that installs the course first where it is missing.

    Parameters
    ----------
    page : Path
        A MyST Markdown file of the book.
    repository : str
        ``OWNER/NAME`` on GitHub.
    commit : str, optional
        What to install; the newest of the main branch without it.
    """
    notebook = page_notebook(page)
    if any(cell.cell_type == "code" for cell in notebook.cells):
        source = _INSTALL.format(repository=repository, commit=f"@{commit}" if commit else "")
        cell = nbformat.v4.new_code_cell(source, id="install-the-course")
        notebook.cells.insert(1, cell)  # below the title
    return notebook


def write_branch(
    root: Path, pages: list[Path], target: Path, repository: str, commit: str | None = None
) -> list[str]:
    """Write what belongs on the branch of notebooks: pages, and how Binder installs the course.

    Parameters
    ----------
    root : Path
        The repository.
    pages : list of Path
        The pages, relative to `root`.
    target : Path
        The folder to write again.
    repository, commit : str
        What the notebooks install.

    Returns
    -------
    list of str
        The names of the notebooks.
    """
    if target.exists():
        shutil.rmtree(target)
    shutil.copytree(root / "book" / FOLDER, target / FOLDER)
    written = []
    for page in notebook_pages(pages):
        written.append(f"{page.stem}.ipynb")
        nbformat.write(launch_notebook(root / page, repository, commit), target / written[-1])
    course = f"embeddings-course @ git+https://github.com/{repository}"
    requirements = [
        "# What the book was built and tested with. The CPU builds of torch are small.",
        f"--extra-index-url {_CPU_BUILDS}",
        *_student_pins(root),
        f"{course}@{commit}" if commit else course,
    ]
    (target / "requirements.txt").write_text("\n".join(requirements) + "\n", encoding="utf-8")
    (target / "runtime.txt").write_text(f"python-{PYTHON}\n", encoding="utf-8")
    (target / "README.md").write_text(
        "The pages of the course as notebooks. Written by its workflow; changes here get lost.\n",
        encoding="utf-8",
    )
    return written


def _student_pins(root: Path) -> list[str]:
    """Return the pins of what the notebooks run with, without the tools that make the book."""
    from packaging.requirements import Requirement

    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    needed = {Requirement(text).name for text in project["dependencies"]}
    lines = (root / "requirements.txt").read_text(encoding="utf-8").splitlines()
    pins = [line.partition("#")[0].strip() for line in lines]
    return [pin for pin in pins if pin and Requirement(pin).name in needed]
