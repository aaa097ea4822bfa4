"""Which files of a package some code needs, found by reading it."""

import pytest

from embeddings_course._shared.code_inputs import (
    constant_arguments,
    digest_of_files,
    imports,
    needed_files,
)

FILES = {
    "__init__.py": "",
    "plots.py": "import course.style\n",
    "style.py": "",
    "commands.py": "from course import plots\n",
    "data/__init__.py": "",
    "data/photos.py": "def open_():\n    from course.style import dark\n",
    "data/photos.toml": "",
    "data/sounds.py": "import numpy\n",
    "backbones/__init__.py": "",
    "backbones/embedded/weights.bin": "",
    "backbones/.hidden": "",
    "backbones/inner/code.py": "",
    "backbones/inner/note.txt": "",
}


@pytest.fixture
def package(tmp_path):
    for name, text in FILES.items():
        path = tmp_path / "course" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path / "course"


def names(package, *code):
    return {path.relative_to(package).as_posix() for path in needed_files(code, package)}


@pytest.mark.parametrize(
    ("code", "files"),
    [
        ("import numpy", set()),
        ("import course", {"__init__.py"}),
        ("from course import plots", {"__init__.py", "plots.py", "style.py"}),
        ("def later():\n    import course.style as s", {"__init__.py", "style.py"}),
        (
            "from course.data.photos import frames",
            {"__init__.py", "style.py", "data/__init__.py", "data/photos.py", "data/photos.toml"},
        ),
        (
            "from course.data import sounds",
            {"__init__.py", "data/__init__.py", "data/sounds.py", "data/photos.toml"},
        ),
        (
            "import course.backbones",
            {"__init__.py", "backbones/__init__.py", "backbones/embedded/weights.bin"},
        ),
    ],
)
def test_modules_are_found_through_modules_and_with_the_files_that_lie_there(package, code, files):
    assert names(package, code) == files


def test_code_that_is_not_python_alone_may_need_everything(package):
    everything = {name for name in FILES if "hidden" not in name}
    assert names(package, "%matplotlib inline\nimport course") == everything


def test_imports_come_in_their_order_once_and_those_of_functions_do_not():
    cells = [
        "import torch.nn.functional as F, numpy\nfrom torch import nn, optim",
        "%matplotlib inline\nimport lost",
        "import numpy\ndef f():\n    import inner\nfrom . import near",
    ]
    assert imports(cells) == ["torch.nn.functional", "numpy", "torch:nn", "torch:optim"]


def test_first_arguments_of_calls():
    code = 'a = vectors_from("words", seed=1); trained.vectors_from(name); other("x")'
    assert constant_arguments(code, "vectors_from") == ["words", None]
    assert constant_arguments("%run vectors_from", "vectors_from") == [None]
    assert constant_arguments("%run other", "vectors_from") == []


def test_the_digest_knows_names_and_contents_and_not_the_place(package, tmp_path):
    files = needed_files(["from course import plots"], package)
    before = digest_of_files(files, package)
    assert digest_of_files(files, package) == before
    assert digest_of_files(files[1:], package) != before
    (package / "style.py").write_text("DARK = True\n")
    assert digest_of_files(files, package) != before
