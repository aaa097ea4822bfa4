"""What the project says it needs, in its two places, and what it really imports."""

import ast
import sys
import tomllib
from importlib.metadata import packages_distributions, requires
from importlib.metadata import version as installed

import pytest
from conftest import ROOT
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
BUILD = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["build-system"]
GROUPS = {
    "student": PROJECT["dependencies"],
    "build": BUILD["requires"],
    **PROJECT["optional-dependencies"],
}
PINS = [
    line for line in (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
]  # fmt: skip


def names(requirements) -> set[str]:
    return {canonicalize_name(Requirement(text.split("#")[0]).name) for text in requirements}


def test_every_pin_has_a_reason_and_is_what_is_installed():
    for line in PINS:
        pin, _, reason = line.partition("#")
        assert len(reason.split()) >= 3, f"{line}: say why it is needed"
        requirement = Requirement(pin)
        assert requirement.specifier.contains(installed(requirement.name).split("+")[0]), line


def test_pins_and_extras_name_the_same_packages_and_agree():
    declared = [text for group in GROUPS.values() for text in group]
    assert names(PINS) == names(declared)
    pinned = {Requirement(line.split("#")[0]).name: line for line in PINS}
    for text in declared:
        requirement = Requirement(text)
        version = pinned[requirement.name].split("==")[1].split()[0]
        assert requirement.specifier.contains(version), f"{text} does not allow {version}"


def imports(path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found.add(node.module.split(".")[0])
    own = {"embeddings_course", "conftest", "assignments", "grading"}
    return found - set(sys.stdlib_module_names) - own


@pytest.mark.parametrize(
    "module", ["backbones", "data", "evaluate.py", "features.py", "plots.py", "progress.py"]
)
def test_what_students_import_needs_only_what_students_install(module):
    path = ROOT / "embeddings_course" / module
    owners = packages_distributions()
    for file in [path] if path.is_file() else path.rglob("*.py"):
        for name in imports(file):
            needed = {canonicalize_name(owner) for owner in owners[name]}
            assert needed & names(GROUPS["student"]), f"{file.name} imports {name}"


def test_everything_imported_is_declared_or_comes_with_what_is():
    declared = names(PINS)
    # One step further: Sphinx comes with Jupyter Book, nbformat with nbgrader, and so on.
    for pin in list(declared):
        declared |= names(text for text in requires(pin) or [] if "extra ==" not in text)
    for sphinx in ("sphinx", "myst-nb"):
        declared |= names(text for text in requires(sphinx) or [] if "extra ==" not in text)
    owners = packages_distributions()
    for folder in ("embeddings_course", "tests"):
        for file in (ROOT / folder).rglob("*.py"):
            for name in imports(file):
                needed = {canonicalize_name(owner) for owner in owners[name]}
                assert needed & declared, f"{file.relative_to(ROOT)} imports {name}"
