"""Vectors that one page trains and others use: the page's own lines, run once."""

import logging

import numpy as np
import pytest
import torch

from embeddings_course import shared_vectors
from embeddings_course.shared_vectors import shared_cells, vectors_from
from helpers.built_book import FRONT_MATTER
from helpers.refusals import raises
from helpers.repository import ROOT

PAGE = (
    FRONT_MATTER
    + """\

# A page

```{code-cell} python
:tags: [shared]

from pathlib import Path

import numpy as np
import torch

print("not shown by those who use the page")
```

```{code-cell} python
:tags: [shared, parameters]

dim, seed = 3, 0
log = "runs.txt"
```

```{code-cell} python
raise RuntimeError("a cell that is not shared")
```

```{code-cell} python
:tags: [shared]

with Path(log).open("a") as file:
    file.write("run\\n")
torch.manual_seed(seed)
vectors = torch.randn(4, dim, requires_grad=True)
words = ["a", "b"]
names = np.array(words)
```
"""
)


@pytest.fixture
def page(tmp_path, monkeypatch):
    monkeypatch.setattr(shared_vectors, "pages_folder", lambda: tmp_path)
    monkeypatch.setattr(shared_vectors, "cache_folder", lambda what: tmp_path / "cache")
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "words.md"
    path.write_text(PAGE)
    return path


def runs(page) -> int:
    return len((page.parent / "runs.txt").read_text().splitlines())


def test_shared_cells_run_once_and_give_the_same_array_again(page, capsys):
    first = vectors_from("words")
    assert first.shape == (4, 3)
    assert first.dtype == np.float32
    assert np.array_equal(first, vectors_from("words"))
    assert runs(page) == 1
    assert capsys.readouterr().out == ""


def test_other_arrays_of_the_same_cells_need_no_second_run(page):
    vectors_from("words")
    assert vectors_from("words", "names").tolist() == ["a", "b"]
    assert runs(page) == 1
    vectors_from("words", "names", seed=1)
    vectors_from("words", seed=1)
    assert runs(page) == 2


def test_parameters_replace_what_the_page_assigns(page):
    assert vectors_from("words", dim=5).shape == (4, 5)
    assert not np.array_equal(vectors_from("words", seed=1), vectors_from("words", seed=2))
    assert runs(page) == 3


def test_a_parameter_that_is_given_its_own_value_trains_nothing_again(page):
    vectors_from("words")
    vectors_from("words", seed=0)
    vectors_from("words", dim=3, seed=0, log="runs.txt")
    assert runs(page) == 1
    vectors_from("words", dim=3, seed=1)
    vectors_from("words", seed=1)
    assert runs(page) == 2


@pytest.mark.parametrize(
    "more", ["seed = 1", "for seed in (1,): pass", "seed += 1", "seed: int = 1"]
)
def test_a_parameter_that_is_given_a_value_twice_has_none_of_its_own(page, more):
    page.write_text(PAGE.replace('log = "runs.txt"', f'log = "runs.txt"\n{more}'))
    assert not np.array_equal(vectors_from("words"), vectors_from("words", seed=0))
    assert runs(page) == 2


def test_numbers_that_are_equal_and_not_the_same_are_different_parameters(page):
    vectors_from("words")
    vectors_from("words", seed=False)
    assert runs(page) == 2


def test_a_changed_line_is_run_and_a_changed_sentence_is_not(page):
    before = vectors_from("words")
    page.write_text(PAGE.replace("# A page", "# Another title"))
    vectors_from("words")
    assert runs(page) == 1
    page.write_text(PAGE.replace("torch.randn(4, dim", "2 * torch.randn(4, dim"))
    assert np.allclose(vectors_from("words"), 2 * before)
    assert runs(page) == 2


def test_a_changed_module_trains_again_what_imports_it(page, monkeypatch, tmp_path):
    package = tmp_path / "package"
    (package / "data").mkdir(parents=True)
    (package / "data" / "events.py").write_text("EVENTS = 1\n")
    (package / "cli.py").write_text("NAME = 1\n")
    monkeypatch.setattr(shared_vectors, "_PACKAGE", package)
    page.write_text(
        PAGE.replace(
            "import torch\n", "import torch\n\nif False:\n    import package.data.events\n", 1
        )
    )
    vectors_from("words")
    (package / "cli.py").write_text("NAME = 2\n")
    vectors_from("words")
    assert runs(page) == 1
    (package / "data" / "events.py").write_text("EVENTS = 2\n")
    vectors_from("words")
    assert runs(page) == 2


def test_the_callers_random_numbers_are_left_alone(page):
    drawn = []
    for _ in range(2):  # trained, then read
        torch.manual_seed(7)
        vectors_from("words")
        drawn.append(torch.rand(1).item())
    torch.manual_seed(7)
    assert drawn == [torch.rand(1).item()] * 2


def test_a_damaged_file_is_computed_again(page, caplog):
    before = vectors_from("words")
    (file,) = (page.parent / "cache").glob("words-vectors-*.npy")
    file.write_bytes(file.read_bytes()[:20])
    with caplog.at_level(logging.WARNING):
        assert np.array_equal(vectors_from("words"), before)
    assert "computed again" in caplog.text


def test_without_a_disk_it_goes_without_one(page, caplog):
    (page.parent / "cache").write_text("a file where the folder should be")
    assert vectors_from("words").shape == (4, 3)
    assert "goes without" in caplog.text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"page": "word"}, ("page-unknown", "'word'")),
        ({"page": "words", "name": "vector"}, ("shared-name-unknown", "'vector'")),
        ({"page": "words", "name": "words"}, ("shared-name-not-array", "'words'", "list")),
        ({"page": "words", "size": 3}, ("page-parameter-unknown", "'size'", "dim, log, seed")),
    ],
)
def test_what_is_not_there_is_said(page, arguments, message):
    with raises(ValueError, *message):
        vectors_from(**arguments)


def test_a_page_without_shared_cells_is_named(page):
    page.write_text(PAGE.replace("shared", "hidden"))
    with raises(ValueError, "page-without-shared-cells", "'shared'"):
        vectors_from("words")


def test_pages_that_others_use_have_shared_cells_and_a_seed():
    cells, parameters = shared_cells(ROOT / "book" / "training.md")
    assert "def train" in "\n".join(cells)
    assert {"seed", "dim"} <= parameters
