"""What works where only a part of the packages is installed: who grades builds no book."""

import json
import os
import subprocess
import sys
from functools import cache
from importlib import metadata

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from embeddings_course.environment.bootstrap import COMMANDS
from helpers.repository import copy_of_repository

# Python runs this first, in each process of a command: what is named is not there.
HIDE = """\
import importlib.machinery, importlib.metadata, re

MODULES, PACKAGES = {modules}, {packages}


def find_spec(name, path=None, target=None, found=importlib.machinery.PathFinder.find_spec):
    return None if name.partition(".")[0] in MODULES else found(name, path, target)


def from_name(name, found=importlib.metadata.Distribution.from_name):
    if re.sub(r"[-_.]+", "-", name).lower() in PACKAGES:
        raise importlib.metadata.PackageNotFoundError(name)
    return found(name)


importlib.machinery.PathFinder.find_spec = staticmethod(find_spec)
importlib.metadata.Distribution.from_name = from_name
"""
MANY = """\
import json, sys
from embeddings_course import cli

for arguments in json.loads(sys.argv[1]):
    assert cli.main(arguments) == 0, arguments
"""


def installed_with(*extras):
    """Name every package that an installation of the course with extras has."""
    found, todo = set(), [("embeddings-course", extra) for extra in ("", *extras)]
    while todo:
        name, extra = todo.pop()
        if (name, extra) in found:
            continue
        found.add((name, extra))
        try:
            needed = [Requirement(text) for text in metadata.requires(name) or []]
        except metadata.PackageNotFoundError:  # not on this system
            continue
        for one in needed:
            if one.marker is None or one.marker.evaluate({"extra": extra}):
                todo += [(canonicalize_name(one.name), inner) for inner in ("", *one.extras)]
    return {name for name, _ in found}


@cache
def modules_of_packages():
    """Say which packages each module is from."""
    # Asked in a process of its own: in this one, other tests may have lengthened the path.
    asked = "import importlib.metadata, json\nprint(json.dumps({}))"
    asked = asked.format("importlib.metadata.packages_distributions()")
    said = subprocess.run([sys.executable, "-c", asked], capture_output=True, check=True)
    return json.loads(said.stdout)


class Installation:
    """A copy of the repository, and an environment that has some extras only."""

    def __init__(self, folder, *extras):
        there = installed_with(*extras)
        modules = modules_of_packages().items()
        hide = {
            "modules": {
                module for module, owners in modules
                if not there & {canonicalize_name(owner) for owner in owners}
            },
            "packages": {
                canonicalize_name(package.name) for package in metadata.distributions()
            } - there,
        }  # fmt: skip
        assert {"sphinx", "docutils", "jupyter_book", "pytest", "playwright"} <= hide["modules"]
        (folder / "first").mkdir()
        (folder / "first" / "sitecustomize.py").write_text(HIDE.format(**hide))
        self.root = copy_of_repository(folder / "course")
        paths = [str(folder / "first"), str(self.root)]
        scripts = os.pathsep.join([str(folder), os.environ["PATH"]])
        self.environ = {**os.environ, "PATH": scripts, "PYTHONPATH": os.pathsep.join(paths)}
        self.environ.pop("CI", None)

    def python(self, *arguments):
        return subprocess.run(
            [sys.executable, *map(str, arguments)],
            cwd=self.root,
            env=self.environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def course(self, *arguments):
        return self.python("-m", "embeddings_course.cli", *arguments)

    def does(self, *arguments):
        """Run a command, which must succeed, and return what it says."""
        done = self.course(*arguments)
        assert done.returncode == 0, done.stdout
        return done.stdout


@pytest.fixture(scope="module")
def instructors(tmp_path_factory):
    return Installation(tmp_path_factory.mktemp("instructor"), "instructor")


@pytest.fixture(scope="module", params=["instructor", "student"])
def any_installation(request, tmp_path_factory):
    if request.param == "instructor":
        return request.getfixturevalue("instructors")
    return Installation(tmp_path_factory.mktemp(request.param), request.param)


def test_every_command_can_say_what_it_does(any_installation):
    inner = [["quiz", what] for what in ("check", "draw", "export", "report")]
    inner.append(["grades", "export"])
    lines = [["--help"], *([*each, "--help"] for each in [[name] for name in COMMANDS] + inner)]
    said = any_installation.python("-c", MANY, json.dumps(lines))
    assert said.returncode == 0, said.stdout
    assert said.stdout.count("Usage: course") == len(lines)


@pytest.mark.slow
def test_doctor_has_a_word_about_the_book_and_misses_nothing_for_grading(instructors):
    said = instructors.does("doctor")
    assert "note     to build the book, not installed: jupyter-book, jupyter-cache" in said
    assert "note     to test it, not installed: " in said
    assert '-e ".[book]"' in said
    assert "All that is needed is there." in said


def test_quizzes_and_what_students_get_need_nothing_of_the_book(instructors):
    root = instructors.root
    pool = root.parent / "pool.yml"
    pool.write_bytes((root / "source" / "knowledge-check.pool.yml").read_bytes())
    draw = ["quiz", "draw", "--pool", pool, "--term", "2030-spring", "--force"]
    assert "Drew 20 questions" in instructors.does(*draw)
    assert "Wrote" in instructors.does("bundle")
    assert "questions: fine." in instructors.does("quiz", "check")
    assert "Wrote" in instructors.does("quiz", "export", "--format", "qti")


@pytest.mark.slow
def test_a_class_is_prepared_and_its_quiz_analysed_without_what_builds_the_book(instructors):
    pool = instructors.root / "source" / "knowledge-check.pool.yml"
    assert "Wrote" in instructors.does("assignments")
    ids = "s01,s05"
    instructors.does("demo-class", "--inputs", "--folder", "practice", "--students", ids)
    assert "2 added" in instructors.does("students", "practice/class.csv")
    made = instructors.python("-m", "nbgrader", "generate_assignment", "knowledge-check", "--force")
    assert made.returncode == 0, made.stdout
    said = instructors.does("collect", "knowledge-check", "practice/knowledge-check.zip")
    assert "2 collected" in said
    report = ["quiz", "report", "submitted", "--quiz", "knowledge-check", "--pool", pool]
    assert "2 records" in instructors.does(*report)


@pytest.mark.parametrize("command", ["book", "test", "bench"])
def test_a_command_that_builds_the_book_names_what_is_missing_and_the_line_for_it(
    instructors, command
):
    done = instructors.course(command)
    assert done.returncode == 1
    (sentence,) = done.stdout.splitlines()
    assert f"`course {command}` needs jupyter-book, jupyter-cache" in sentence
    assert '`pip install -c requirements.txt -e ".[book' in sentence
    assert not (instructors.root / "_build" / "work").exists()


def test_who_has_what_readers_have_learns_what_grading_needs(tmp_path):
    readers = Installation(tmp_path)
    (readers.root / "class.csv").write_text("id\ns01\n")
    done = readers.course("students", "class.csv")
    assert done.returncode == 1
    (sentence,) = done.stdout.splitlines()
    assert sentence.startswith("`course students` needs nbgrader, which is not installed")
    assert '-e ".[instructor]"' in sentence
