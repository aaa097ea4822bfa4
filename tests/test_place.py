"""Several copies of the course on one machine: what a command works on, and leaves alone."""

import hashlib
import os
import subprocess
import sys

import pytest
from conftest import ROOT, copy_of_repository

from embeddings_course.place import another_copy, course_folder

DRAW = ["quiz", "draw", "--term", "2030-spring", "--count", "5", "--force"]
QUIZ = "source/knowledge-check/knowledge-check.ipynb"


@pytest.fixture(scope="module")
def copies(tmp_path_factory):
    """Two copies of the repository; the environment belongs to the first."""
    folder = tmp_path_factory.mktemp("copies")
    return copy_of_repository(folder / "first"), copy_of_repository(folder / "second")


def course(first, here, *arguments):
    """Run a command in a folder, with the package of the first copy."""
    return subprocess.run(
        [sys.executable, "-P", "-m", "embeddings_course.cli", *map(str, arguments)],
        cwd=here,
        env={**os.environ, "PYTHONPATH": str(first), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
    )


def contents(folder):
    return {
        file.relative_to(folder): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in folder.rglob("*") if file.is_file()
    }  # fmt: skip


@pytest.mark.parametrize(
    ("command", "inside"),
    [
        ("book", "."),
        ("lab --no-start", "."),
        ("clean", "."),
        ("bundle", "."),
        ("bundle", "book/quizzes"),
        ("quiz export --format json", "."),
        ("demo-class", "."),
    ],
)
def test_what_would_be_written_into_another_copy_is_refused(copies, command, inside):
    first, second = copies
    before = [contents(each) for each in copies]
    done = course(first, second / inside, *command.split())
    assert done.returncode == 1
    (sentence,) = done.stderr.splitlines()
    assert f"{second} is a copy of the course" in sentence
    assert f"belongs to another copy, {first}," in sentence
    assert "`make book` makes it" in sentence
    assert [contents(each) for each in copies] == before


def test_a_copy_that_has_an_environment_is_told_how_to_activate_it(copies):
    first, second = copies
    (second / ".venv").mkdir()
    said = course(first, second, "bundle").stderr
    (second / ".venv").rmdir()
    assert f"`source {second}/.venv/bin/activate`" in said


@pytest.mark.parametrize("inside", [".", "book"])
def test_the_quiz_is_drawn_into_the_copy_of_the_current_folder(copies, inside):
    first, second = copies
    before = contents(first)
    (second / QUIZ).write_text("the quiz of another term")
    pool = first / "source" / "knowledge-check.pool.yml"
    done = course(first, second / inside, *DRAW, "--pool", pool)
    assert done.returncode == 0, done.stderr
    assert str(second / "source") in done.stdout
    assert "2030-spring" in (second / QUIZ).read_text(encoding="utf-8")
    assert contents(first) == before


def test_a_course_without_a_package_of_its_own_is_drawn_into_and_not_bundled(copies, tmp_path):
    first, _ = copies
    (tmp_path / "nbgrader_config.py").write_bytes((ROOT / "nbgrader_config.py").read_bytes())
    before = contents(first)
    pool = first / "source" / "knowledge-check.pool.yml"
    done = course(first, tmp_path, *DRAW, "--pool", pool)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / QUIZ).is_file()
    done = course(first, tmp_path, "bundle")
    assert done.returncode == 1
    assert f"{tmp_path} holds a course of its own" in done.stderr
    assert contents(first) == before


def test_outside_of_any_course_and_deep_inside_the_own_copy_all_is_as_in_its_root(copies, tmp_path):
    first, _ = copies
    for here in (first, first / "book" / "quizzes", tmp_path):
        assert another_copy(first, here) is None
        assert course_folder(first, here) == first


def test_students_are_enrolled_in_the_course_above_and_the_gradebook_is_named(copies, tmp_path):
    first, second = copies
    (tmp_path / "class.csv").write_text("id\ns01\n")
    done = course(first, second / "book", "students", tmp_path / "class.csv")
    assert done.returncode == 0, done.stderr
    assert f"The gradebook: {second / 'gradebook.db'}" in done.stdout
    assert (second / "gradebook.db").exists()
    assert not (first / "gradebook.db").exists()
    # From nowhere, it is the course that the environment belongs to, and that is said.
    done = course(first, tmp_path, "students", tmp_path / "class.csv")
    assert f"The gradebook: {first / 'gradebook.db'}" in done.stdout
    (first / "gradebook.db").unlink()
