"""Notebooks for Colab and Binder: their addresses, what they install, no button without them."""

import re

import nbformat
import pytest
import yaml

from embeddings_course import cli
from embeddings_course.book_build.build import pages
from embeddings_course.book_build.launch_branch import (
    configured_repository,
    launch_notebook,
    launch_urls,
    repository_of,
    write_branch,
)
from embeddings_course.book_build.page_notebooks import notebook_pages, page_notebook
from helpers.repository import ROOT

SOMEONE = "someone/a-course"


@pytest.mark.parametrize(
    ("url", "repository"),
    [
        ("https://github.com/someone/a-course", SOMEONE),
        ("https://github.com/someone/a-course/", SOMEONE),
        ("https://github.com/someone/a-course.git", SOMEONE),
        ("https://github.com/someone/a.course", "someone/a.course"),
        ("https://gitlab.com/someone/a-course", None),
        ("https://github.com/someone", None),
        ("https://github.com.example.org/someone/a-course", None),
        ("", None),
        (None, None),
    ],
)
def test_only_an_address_on_github_is_one_that_colab_can_open(url, repository):
    assert repository_of(url) == repository


def test_addresses_are_those_that_colab_and_binder_document():
    assert launch_urls(SOMEONE, "why") == {
        "Colab": "https://colab.research.google.com/github/someone/a-course"
        "/blob/notebooks/why.ipynb",
        "Binder": "https://mybinder.org/v2/gh/someone/a-course/notebooks?labpath=why.ipynb",
    }


def run_first_cell(cell, monkeypatch, *, there):
    """Run the cell as IPython does; return what it asked pip for."""
    import builtins

    from IPython.core.inputtransformer2 import TransformerManager

    asked = []

    class Shell:
        def run_line_magic(self, name, line):
            asked.append(f"{name} {line}")

    real = __import__

    def importing(name, *rest):
        if name == "embeddings_course" and not there:
            raise ModuleNotFoundError(name)
        return real(name, *rest)

    with monkeypatch.context() as patch:
        patch.setattr(builtins, "__import__", importing)
        exec(TransformerManager().transform_cell(cell.source), {"get_ipython": Shell})
    return asked


@pytest.mark.parametrize("commit", [None, "0123abc"])
def test_the_first_cell_installs_the_course_only_where_it_is_missing(monkeypatch, commit):
    page = ROOT / "book" / "why.md"
    notebook = launch_notebook(page, SOMEONE, commit)
    nbformat.validate(notebook)
    first = next(cell for cell in notebook.cells if cell.cell_type == "code")
    at = f"@{commit}" if commit else ""
    (asked,) = run_first_cell(first, monkeypatch, there=False)
    assert asked == f"pip install -q git+https://github.com/{SOMEONE}{at}"
    assert run_first_cell(first, monkeypatch, there=True) == []
    assert notebook.cells[0].source.startswith("# "), "the title stays on top"
    left = [cell for cell in notebook.cells if cell is not first]
    assert left == page_notebook(page).cells, "everything else is the page"


def test_the_branch_holds_every_page_and_pins_what_binder_installs(tmp_path):
    target = tmp_path / "notebooks"
    target.mkdir()
    (target / "left-the-book.ipynb").touch()
    written = write_branch(ROOT, pages(ROOT), target, SOMEONE, "0123abc")
    assert {path.name for path in target.glob("*.ipynb")} == set(written)
    assert set(written) == {f"{page.stem}.ipynb" for page in notebook_pages(pages(ROOT))}
    lines = (target / "requirements.txt").read_text(encoding="utf-8").splitlines()
    assert lines[-1] == f"embeddings-course @ git+https://github.com/{SOMEONE}@0123abc"
    pinned = {line.partition("==")[0] for line in lines if "==" in line}
    assert {"torch", "numpy", "scikit-learn", "anywidget"} <= pinned
    assert not {"jupyter-book", "pytest", "nbgrader"} & pinned, "what makes the book is not needed"
    for picture in (ROOT / "book" / "drawings").glob("*.svg"):
        assert (target / "drawings" / picture.name).exists()


def test_command_writes_nothing_where_no_repository_is_configured(tmp_path, monkeypatch, capsys):
    (tmp_path / "_config.yml").write_text("title: A course\n")
    monkeypatch.setattr(cli, "ROOT", tmp_path)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "_toc.yml").touch()
    assert cli.main(["notebooks"]) == 0
    assert "names no repository on GitHub" in capsys.readouterr().out
    assert not (tmp_path / "_build").exists()


def test_no_page_has_a_dead_button(html):
    offered = [
        path.name
        for path in html.rglob("*.html")
        if re.search('href="[^"]*(mybinder|colab)', path.read_text("utf-8"))
    ]
    assert bool(offered) == bool(configured_repository(ROOT))


def test_pages_with_code_get_buttons_where_a_repository_is_configured(small_book):
    small_book.render()
    assert "launch-buttons" not in small_book.text("one"), "without one there are no dead buttons"
    small_book.setting('url: ""', f"url: https://github.com/{SOMEONE}")
    small_book.render()
    for url in launch_urls(SOMEONE, "one").values():
        assert f'href="{url}"' in small_book.text("one")
    assert "launch-buttons" not in small_book.text("index"), "it has no code"


def test_the_workflow_publishes_the_branch_that_the_buttons_lead_to():
    path = ROOT / ".github" / "workflows" / "book.yml"
    workflow = yaml.safe_load(path.read_text(encoding="utf-8"))
    steps = workflow["jobs"]["notebooks"]["steps"]
    assert "notebooks" in launch_urls(SOMEONE, "why")["Binder"].split("/")[-1]
    assert any("git push" in step.get("run", "") and " notebooks" in step["run"] for step in steps)
    assert workflow["jobs"]["notebooks"]["permissions"] == {"contents": "write"}
    assert workflow["permissions"] == {"contents": "read"}, "nobody else may write"
