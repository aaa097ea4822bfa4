"""Several copies of the course on one machine: what a command works on, and leaves alone."""

import hashlib
import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from embeddings_course.environment import course_folder as place
from embeddings_course.environment.course_folder import ElsewhereError, course_folder
from helpers.refusals import raises
from helpers.repository import ROOT, copy_of_repository

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
        file.relative_to(folder): digest(file, file.stat().st_ctime_ns, file.stat().st_size)
        for file in folder.rglob("*") if file.is_file()
    }  # fmt: skip


@cache
def digest(file, changed, size):
    """Read a file once for each time that it was changed; nobody can set that time."""
    return hashlib.sha256(file.read_bytes()).hexdigest()


# Runs commands one after the other: a process for each would take seconds to load.
MANY = """\
import contextlib, io, json, os, sys
from embeddings_course import cli

for folder, command in json.loads(sys.argv[1]):
    os.chdir(folder)
    said = io.StringIO()
    with contextlib.redirect_stderr(said), contextlib.redirect_stdout(io.StringIO()):
        status = cli.main(command.split())
    print(json.dumps([command, status, said.getvalue()]))
"""


def refusals(first, *commands):
    """Run commands, each in its folder, which must be refused; return them with a sentence each."""
    done = subprocess.run(
        [sys.executable, "-P", "-c", MANY, json.dumps([[str(here), c] for here, c in commands])],
        env={**os.environ, "PYTHONPATH": str(first), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(answers) == len(commands)
    for command, status, said in answers:
        assert status == 1, command
        (sentence,) = said.splitlines()
        yield command, sentence


def test_what_would_be_written_into_another_copy_is_refused(copies):
    first, second = copies
    before = [contents(each) for each in copies]
    commands = ["book", "lab --no-start", "clean", "bundle", "demo-class"]
    places = [(second, command) for command in [*commands, "quiz export --format json"]]
    for command, sentence in refusals(first, *places, (second / "book" / "quizzes", "bundle")):
        assert sentence.startswith(f"{second} holds another course than {first},"), command
        name = command.partition(" --")[0]
        assert f"`python -m embeddings_course {name}` uses the copy's own environment" in sentence
    assert [contents(each) for each in copies] == before


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
    assert f"{tmp_path} holds another course than {first}," in done.stderr
    assert contents(first) == before


def test_outside_of_any_course_and_deep_inside_the_own_copy_all_is_as_in_its_root(copies, tmp_path):
    first, _ = copies
    for here in (first, first / "book" / "quizzes", tmp_path):
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


# Somebody else's settings -------------------------------------------------------------------------

TRAP = "open({!r}, 'w').write('this ran')\nc = get_config()\n"
OTHER = 54321


@pytest.fixture
def owners(monkeypatch):
    """Give paths another owner, as only root could on the disk: ``owners[path] = OTHER``."""
    given = {}
    real = os.lstat

    class Stat:
        def __init__(self, path):
            self.real, self.path = real(path), Path(path)

        def __getattr__(self, name):
            if name == "st_uid" and self.path in given:
                return given[self.path]
            return getattr(self.real, name)

    monkeypatch.setattr(Path, "lstat", lambda self: Stat(self))
    return given


@pytest.fixture
def above(tmp_path):
    """A course, with a folder of one's own in it."""
    tmp_path = tmp_path.resolve()
    (tmp_path / "nbgrader_config.py").write_text("c = get_config()\n")
    (tmp_path / "mine" / "deep").mkdir(parents=True)
    return tmp_path


posix = pytest.mark.skipif(os.name == "nt", reason="Windows does not say who owns a file")


def test_the_course_above_is_found_where_all_is_ones_own(above):
    assert course_folder(ROOT, above / "mine" / "deep") == above


@posix
@pytest.mark.parametrize("whose", [".", "nbgrader_config.py"])
def test_a_course_above_that_is_somebody_elses_is_named_and_not_taken(above, owners, whose):
    owners[above / whose] = OTHER
    for here in (above / "mine", above / "mine" / "deep"):
        with pytest.raises(ElsewhereError) as caught:
            course_folder(ROOT, here)
        assert f"{above} holds a course, but {above / whose} does not belong to you." in str(
            caught.value
        )
        assert f"run the command in {above} itself, or become the owner" in str(caught.value)
    # Whoever goes there has chosen it.
    assert course_folder(ROOT, above) == above


@posix
def test_what_somebody_left_in_a_folder_that_is_open_to_all_is_not_taken_even_there(above, owners):
    owners[above / "nbgrader_config.py"] = OTHER
    above.chmod(0o1777)
    with raises(ElsewhereError, "course-in-open-folder", "--course"):
        course_folder(ROOT, above)
    owners[above] = OTHER  # a folder of that person's is chosen with what is in it
    assert course_folder(ROOT, above) == above


@posix
def test_a_link_counts_as_whoever_made_it(above, owners):
    settings = above / "nbgrader_config.py"
    settings.rename(above / "mine.py")
    settings.symlink_to(above / "mine.py")
    owners[settings] = OTHER
    with raises(ElsewhereError, "course-of-another-person"):
        course_folder(ROOT, above / "mine")


def test_nothing_above_the_home_folder_counts(above, monkeypatch):
    monkeypatch.setattr(place, "_home", lambda: above / "mine")
    with raises(ElsewhereError, "course-above-home"):
        course_folder(ROOT, above / "mine" / "deep")
    # The home folder itself does, and so do folders that have nothing to do with it.
    monkeypatch.setattr(place, "_home", lambda: above)
    assert course_folder(ROOT, above / "mine" / "deep") == above
    monkeypatch.setattr(place, "_home", lambda: above / "another")
    assert course_folder(ROOT, above / "mine" / "deep") == above


def test_the_copy_that_the_package_comes_from_counts_whoever_owns_it(above, owners):
    owners[above] = OTHER
    assert course_folder(above, above / "mine") == above


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can")
def test_settings_of_another_person_are_not_run_by_any_command(above):
    trace = above / "mine" / "trace"
    (above / "nbgrader_config.py").write_text(TRAP.format(str(trace)))
    os.chown(above / "nbgrader_config.py", OTHER, OTHER)
    commands = ["doctor", "report hw", "assignments", "bundle", "grade hw"]
    for command, sentence in refusals(ROOT, *((above / "mine", each) for each in commands)):
        named = f"{above} holds a course, but {above / 'nbgrader_config.py'}"
        assert sentence.startswith(named), command
    assert not trace.exists()
