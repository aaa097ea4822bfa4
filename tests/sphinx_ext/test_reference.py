"""The reference of the library: every name that people use, as a student should meet it.

That its links lead somewhere is seen where all links of the book are, in test_links.py.
"""

import ast
import json
import re
from html import unescape
from importlib import import_module
from pathlib import Path

import pytest

from embeddings_course._shared.code_inputs import imports
from embeddings_course.book_build.build import BookError
from embeddings_course.sphinx_ext.api_reference.public_names import documented
from embeddings_course.sphinx_ext.house import read_house
from helpers.refusals import raises
from helpers.repository import ROOT

PACKAGE = "embeddings_course"
PAGES = ROOT / "book" / "reference"
NAMED = re.compile(r"^\.\. automodule:: (\S+)((?:\n   :.*)*)", re.MULTILINE)
_ID = re.compile(r'\bid="([^"]+)"')


def described() -> dict[str, tuple[str, str]]:
    """By module, the page about it and the options with which it asks for the module."""
    found = {}
    for path in PAGES.glob("*.md"):
        for module, options in NAMED.findall(path.read_text(encoding="utf-8")):
            assert module not in found, f"{module} is on two pages"
            found[module] = path.stem, options
    return found


def source(module: str) -> Path:
    path = ROOT.joinpath(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def public(module: str) -> dict[str, bool]:
    """By name, whether it has a docstring, as the code has them: nothing is imported."""
    body = ast.parse(source(module).read_text(encoding="utf-8")).body
    found, elsewhere, listed = {}, {}, None
    for node, after in zip(body, [*body[1:], None], strict=True):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found[node.name] = bool(ast.get_docstring(node))
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith(PACKAGE):
            elsewhere |= {alias.name: node.module for alias in node.names}
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            text = isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)
            for target in getattr(node, "targets", None) or [node.target]:
                for name in getattr(target, "elts", [target]):
                    if isinstance(name, ast.Name):
                        found[name.id] = text
            if "__all__" in found:
                listed = listed or ast.literal_eval(node.value)
    if listed is None:
        return {name: text for name, text in found.items() if not name.startswith("_")}
    return {
        name: found[name] if name in found else public(elsewhere[name])[name] for name in listed
    }


def with_submodules(room: str) -> list[str]:
    """A room of the library, and what pages and assignments import from inside it."""
    return [room, *(name for name in imported_modules() if name.startswith(f"{room}."))]


def cells() -> list[str]:
    """The code of all pages and of the assignments as students get them."""
    blocks = re.compile(
        r"^```\{code-cell\}[^\n]*\n(?::[^\n]*\n)*(?:---\n.*?\n---\n)?(.*?)^```", re.M | re.S
    )
    found = []
    for page in (ROOT / "book").glob("*.md"):
        found += blocks.findall(page.read_text(encoding="utf-8"))
    for notebook in (ROOT / "assignments").rglob("*.ipynb"):
        for cell in json.loads(notebook.read_text(encoding="utf-8"))["cells"]:
            found += ["".join(cell["source"])] * (cell["cell_type"] == "code")
    return found


def imported_names() -> set[str]:
    names = {name.replace(":", ".") for name in imports(cells())}
    return {name for name in names if name.startswith(f"{PACKAGE}.")}


def imported_modules() -> set[str]:
    parts = imported_names() | {name.rpartition(".")[0] for name in imported_names()}
    return {name for name in parts if source(name).is_file() and not hides_module(name)}


def hides_module(name: str) -> bool:
    """Say whether a package exports something else under the name of one of its modules."""
    package, _, last = name.rpartition(".")
    return bool(package) and last in getattr(import_module(package), "__all__", ())


def text_of(html: Path, page: str) -> str:
    return (html / "book" / "reference" / f"{page}.html").read_text(encoding="utf-8")


def test_each_module_that_pages_and_assignments_import_has_a_page():
    rooms = {f"{PACKAGE}.{room}" for room in read_house(ROOT).library if not room.startswith("_")}
    used = imported_modules() - {PACKAGE}
    assert len(used) > 10
    assert rooms | used == set(described())


def test_what_pages_and_assignments_import_is_described(html):
    names = imported_names() - imported_modules()
    assert len(names) > 10
    pages = {page: set(_ID.findall(text_of(html, page))) for page, _ in described().values()}
    for name in names:
        page, _ = described()[name.rpartition(".")[0]]
        assert name in pages[page], f"{page} lacks {name}"


@pytest.mark.parametrize("module", sorted(described()))
def test_each_public_name_with_a_docstring_is_on_the_page_of_its_module(html, module):
    page, options = described()[module]
    only = re.findall(r":members: (.+)", options)
    wanted = {name for name, has_text in public(module).items() if has_text}
    if only:
        assert set(only[0].split(", ")) <= wanted
        wanted = set(only[0].split(", "))
    shown = set(_ID.findall(text_of(html, page)))
    there = {name for name in wanted if f"{module}.{name}" in shown}
    assert there == wanted, f"the page {page} lacks names"
    hidden = {name for name in shown if re.match(rf"{re.escape(module)}\.(?:\w+\.)*_", name)}
    assert not hidden


def test_a_page_about_a_name_says_what_it_takes_returns_raises_and_where_its_code_is(html):
    text = text_of(html, "features")
    start = text.index('id="embeddings_course.features.extract"')
    plain = " ".join(
        unescape(re.sub(r"<[^>]+>", "", text[start : text.index("</dd></dl>", start)])).split()
    )
    for part in ("Parameters:", "uint8 array [n, h, w, 3]", "Returns:", "float32 array [n, dim]"):
        assert part in plain
    assert "Raises:" in plain and "BrokenImagesError" in plain
    assert 'href="backbones.html#embeddings_course.backbones.Backbone"' in text
    assert "_modules/embeddings_course/features.html#extract" in text
    assert "from embeddings_course import features" in re.sub(r"<[^>]+>", "", text)


def test_pages_of_the_reference_are_not_chapters(html):
    progress = re.search(r"const coursePages = (\{.*?\});", text_of(html, "index"))
    assert not [name for name in json.loads(progress[1]) if "reference" in name]
    for page in [
        *(html / "book" / "reference").glob("*.html"),
        *(html / "_modules").rglob("*.html"),
    ]:
        text = page.read_text(encoding="utf-8")
        assert "reading-time" not in text, page.name
        assert not re.search(r'href="[^"]*\.ipynb"', text), f"{page.name} offers a notebook"
        assert "glossary-term" not in text, f"{page.name}: a name and a term are not told apart"


def test_nothing_of_the_machine_that_made_the_book_is_in_the_reference(html):
    for page, _ in described().values():
        assert str(ROOT) not in text_of(html, page), page
        assert " object at 0x" not in text_of(html, page), page


# What follows shows that what is wrong with a docstring is seen.

PAGE = "# A module\n\n```{eval-rst}\n.. automodule:: embeddings_course.metrics\n   :members:\n```\n"


@pytest.fixture
def book(small_book):
    (small_book.root / "book" / "metrics.md").write_text(PAGE)
    small_book.toc("metrics")
    return small_book


@pytest.mark.parametrize(
    "wrong", [":func:`no_such_name`", "``is not closed", "   Parameters\n ----", ":no-role:`x`"]
)
def test_a_docstring_that_cannot_be_shown_stops_the_build(book, monkeypatch, wrong):
    from embeddings_course import metrics

    monkeypatch.setattr(metrics.ari, "__doc__", f"Return something.\n\n{wrong}\n\n")
    with raises(BookError, "book-warnings", "embeddings_course.metrics.ari"):
        book.render()


def test_a_name_without_a_docstring_or_outside_of_all_is_left_out(book, monkeypatch):
    from embeddings_course import metrics

    monkeypatch.setattr(metrics.ari, "__doc__", None)
    monkeypatch.setattr(metrics, "__all__", ["auc", "ari"], raising=False)
    assert list(documented(metrics)) == ["auc"]
    book.render()
    text = book.text("metrics")
    assert 'id="embeddings_course.metrics.auc"' in text
    assert 'id="embeddings_course.metrics.ari"' not in text
    assert 'id="embeddings_course.metrics.nmi"' not in text


def test_names_in_docstrings_become_links_but_names_of_arguments_do_not(book, monkeypatch):
    from embeddings_course import metrics

    def scored(nearest):
        """Score with ``cosines`` what `nearest` holds, as ``ari()`` or numpy's ``cosine`` would.

        Returns
        -------
        float
            What :func:`numpy.mean` gives.
        """

    scored.__module__ = metrics.__name__
    monkeypatch.setattr(metrics, "__all__", ["cosines", "nearest", "ari", "scored"], raising=False)
    monkeypatch.setattr(metrics, "scored", scored, raising=False)
    book.render()
    text = book.text("metrics")
    text = text[text.index('id="embeddings_course.metrics.scored"') :]
    linked = re.findall(
        r'href="#embeddings_course\.metrics\.(\w+)"', text[: text.index("numpy.mean")]
    )
    assert set(linked) - {"scored"} == {"cosines", "ari"}
