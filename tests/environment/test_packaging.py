"""What the project says it needs, in its two places, and what it really imports."""

import ast
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import packages_distributions, requires
from importlib.metadata import version as installed

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from embeddings_course.book_build.student_bundle import LIBRARY, write_bundle
from helpers.repository import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
BUILD = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["build-system"]
TOOLS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
GROUPS = {
    "everybody": PROJECT["dependencies"],
    "build": BUILD["requires"],
    **PROJECT["optional-dependencies"],
}
PINS = [
    line for line in (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
]  # fmt: skip


def names(requirements) -> set[str]:
    return {canonicalize_name(Requirement(text.split("#")[0]).name) for text in requirements}


def brought_by_extras(requirements) -> set[str]:
    """What names with an extra in brackets stand for: psycopg[binary] for psycopg-binary, too."""
    return {
        canonicalize_name(brought.name)
        for requirement in map(Requirement, requirements)
        for extra in requirement.extras
        for brought in map(Requirement, requires(requirement.name))
        if brought.marker
        and brought.marker.evaluate({"extra": extra})
        and not brought.marker.evaluate({"extra": ""})
    }


def pip(*arguments) -> subprocess.CompletedProcess[str]:
    """Let pip say what it would install, without a network."""
    command = [sys.executable, "-m", "pip", "--isolated", "--disable-pip-version-check", "install"]
    return subprocess.run(
        [*command, "--dry-run", "--no-deps", "--no-index", *map(str, arguments)],
        capture_output=True,
        text=True,
    )


def test_no_pin_has_an_extra_which_pip_refuses_in_constraints():
    assert not [line for line in PINS if Requirement(line.partition("#")[0]).extras]


@pytest.mark.parametrize(
    "arguments", [["-r", "requirements.txt"], ["-c", "requirements.txt", "psycopg[binary]"]]
)
def test_pip_takes_the_pins_as_requirements_and_as_constraints(arguments):
    pip_says = pip(*(str(ROOT / each) if "." in each else each for each in arguments))
    assert pip_says.returncode == 0, pip_says.stderr
    assert "Would install" not in pip_says.stdout, "not what is installed here"


def test_every_pin_has_a_reason_and_is_what_is_installed():
    for line in PINS:
        pin, _, reason = line.partition("#")
        assert len(reason.split()) >= 3, f"{line}: say why it is needed"
        requirement = Requirement(pin)
        assert requirement.specifier.contains(installed(requirement.name).split("+")[0]), line


def test_pins_and_extras_name_the_same_packages_and_agree():
    declared = [text for group in GROUPS.values() for text in group]
    assert names(PINS) == names(declared) | brought_by_extras(declared)
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
    own = {"embeddings_course"} | {path.stem for path in (ROOT / "tests").iterdir()}
    return found - set(sys.stdlib_module_names) - own


def brought_by(declared: set[str]) -> set[str]:
    """What these packages need themselves: IPython comes with ipywidgets, and so on."""
    needed = [text for name in declared for text in requires(name) or []]
    return names(text for text in needed if "extra ==" not in text)


@pytest.mark.parametrize("module", LIBRARY)
def test_what_students_import_needs_only_what_students_install(module):
    path = ROOT / "embeddings_course" / module
    owners = packages_distributions()
    given = names(GROUPS["everybody"])
    given |= brought_by(given)
    for file in [path] if path.is_file() else path.rglob("*.py"):
        for name in imports(file):
            needed = {canonicalize_name(owner) for owner in owners[name]}
            assert needed & given, f"{file.name} imports {name}"


def test_everything_imported_is_declared_or_comes_with_what_is():
    declared = names(PINS)
    # One step further: Sphinx comes with Jupyter Book, nbformat with nbgrader, and so on.
    declared |= brought_by(declared)
    for sphinx in ("sphinx", "myst-nb"):
        declared |= names(text for text in requires(sphinx) or [] if "extra ==" not in text)
    owners = packages_distributions()
    for folder in ("embeddings_course", "tests"):
        for file in (ROOT / folder).rglob("*.py"):
            for name in imports(file):
                needed = {canonicalize_name(owner) for owner in owners[name]}
                assert needed & declared, f"{file.relative_to(ROOT)} imports {name}"


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    path = write_bundle(ROOT, tmp_path_factory.mktemp("bundle") / "students.zip")
    with zipfile.ZipFile(path) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    assert all(name.startswith("embeddings-course/") for name in files)
    return {name.partition("/")[2]: content for name, content in files.items()}


def test_students_get_each_assignment_and_chapter_and_nothing_of_the_instructors(bundle):
    for path in (ROOT / "assignments").glob("*/*"):
        assert path.relative_to(ROOT).as_posix() in bundle
    for page in (ROOT / "book").glob("*.md"):
        given = page.stem not in ("teaching", "trust", "house")
        assert (f"chapters/{page.stem}.ipynb" in bundle) == given
        assert (f"book/{page.name}" in bundle) == given
    assert not [name for name in bundle if "reference/" in name], "pages without text of their own"
    assert not [name for name in bundle if name.startswith(("source/", "tests/"))]
    assert not [name for name in bundle if "nbgrader_config" in name or name.endswith(".pool.yml")]
    for name, content in bundle.items():
        if name.startswith(("assignments/", "chapters/")):
            assert b"BEGIN SOLUTION" not in content, name
            assert b"BEGIN HIDDEN" not in content, name


def test_the_only_read_me_at_hand_is_the_students_own_and_serves_three_systems(bundle):
    found = {name for name in bundle if name.rpartition("/")[2] == "README.md"}
    assert found == {"README.md", "embeddings_course/backbones/embedded/README.md"}
    text = bundle["README.md"].decode()
    assert {"Linux", "macOS", "Windows"} <= set(re.findall(r"\w+", text))
    for line in (
        'pip install -c requirements.txt ".[student]"',
        ".venv/bin/jupyter lab",
        ".venv\\Scripts\\jupyter lab",
        "assignments/NAME/NAME.ipynb",
        "answers.json",
    ):
        assert line in text
    for place in ("chapters/index.ipynb", "requirements.txt", "assignments/knowledge-check/"):
        assert [name for name in bundle if name.startswith(place)]
    versions = PROJECT["requires-python"]
    for version in re.findall(r"py -(3\.\d+)", text):
        assert Requirement(f"python{versions}").specifier.contains(version)
    assert "student" in PROJECT["optional-dependencies"], "what the README installs"


def test_pip_takes_the_bundles_requirements_as_constraints(bundle, tmp_path):
    constraints = tmp_path / "requirements.txt"
    constraints.write_bytes(bundle["requirements.txt"])
    assert constraints.read_text() == (ROOT / "requirements.txt").read_text()
    assert pip("-c", constraints, "pip").returncode == 0


def test_the_bundle_holds_the_library_and_none_of_the_tools(bundle):
    parts = {name.split("/")[1] for name in bundle if name.startswith("embeddings_course/")}
    assert parts == set(LIBRARY)
    for part in LIBRARY:
        whole = ROOT / "embeddings_course" / part
        for file in [whole] if whole.is_file() else whole.rglob("*.py"):
            assert file.relative_to(ROOT).as_posix() in bundle


def test_the_bundle_holds_all_that_notebooks_may_import():
    (layers,) = (
        contract["layers"]
        for contract in TOOLS["importlinter"]["contracts"]
        if contract["type"] == "layers"
    )
    library = set(layers[-1].split(" : "))
    assert {part.removesuffix(".py") for part in LIBRARY} - {"__init__"} == library, (
        "student_bundle.LIBRARY"
    )


IMPORTS = """
import importlib, pathlib, pkgutil, sys
import embeddings_course as course
assert pathlib.Path(course.__file__).is_relative_to(sys.argv[1]), course.__file__
for module in pkgutil.walk_packages(course.__path__, "embeddings_course."):
    importlib.import_module(module.name)
from embeddings_course.quiz import quiz
print(importlib.util.find_spec("embeddings_course.cli"))
"""


def assert_lab_shows_no_menus_for_instructors(config):
    listed = subprocess.run(
        [sys.executable, "-m", "jupyter", "labextension", "list"],
        env={**os.environ, "JUPYTER_CONFIG_PATH": str(config)},
        capture_output=True,
        text=True,
    )
    said = listed.stdout + listed.stderr
    disabled = set(re.findall(r"@jupyter/nbgrader:([a-z-]+)", said))
    assert disabled == {
        *("assignment-list", "course-list", "create-assignment", "formgrader", "menu")
    }, said


def test_the_bundle_installs_and_every_module_of_it_can_be_imported(bundle, tmp_path):
    for name, content in bundle.items():
        if not name.startswith("chapters/"):
            (tmp_path / "zip" / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / "zip" / name).write_bytes(content)
    command = [sys.executable, "-m", "pip", "--isolated", "install", "--no-deps", "--no-index"]
    command += ["--no-build-isolation", "--target", tmp_path / "installed", tmp_path / "zip"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert not (tmp_path / "installed" / "bin").exists(), "a command whose module is not there"
    assert_lab_shows_no_menus_for_instructors(tmp_path / "installed" / "etc" / "jupyter")
    # -S leaves out what else this environment has of the course; its libraries come last.
    libraries = [path for path in sys.path if path.endswith("site-packages")]
    done = subprocess.run(
        [sys.executable, "-S", "-c", IMPORTS, str(tmp_path / "installed")],
        cwd=tmp_path,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(tmp_path / "installed"), *libraries]),
        },
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "None\n"


def test_the_bundle_holds_every_package_that_gets_installed(bundle):
    setup = tomllib.loads(bundle["pyproject.toml"].decode())
    folders = setup["tool"]["setuptools"]["package-dir"]
    for package in setup["tool"]["setuptools"]["packages"]:
        folder = folders.get(package, package.replace(".", "/"))
        assert [name for name in bundle if name.startswith(f"{folder}/")], package
