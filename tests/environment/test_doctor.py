"""``course doctor``: what is missing is said, with how to get it, and nothing stops the rest."""

import os
import shutil
import subprocess
from importlib import metadata

import pytest

from embeddings_course import cli
from embeddings_course.environment import doctor
from embeddings_course.grading.course import open_course
from embeddings_course.grading.isolation import sandbox
from helpers.refusals import says
from helpers.repository import ROOT


@pytest.fixture
def course(tmp_path):
    shutil.copy(ROOT / "nbgrader_config.py", tmp_path)
    return tmp_path


@pytest.fixture
def another(tmp_path):
    """The gradebook of another course."""
    (tmp_path / "another").mkdir()
    settings = (ROOT / "nbgrader_config.py").read_text().replace('"embeddings"', '"zoology"')
    (tmp_path / "another" / "nbgrader_config.py").write_text(settings)
    with open_course(tmp_path / "another").gradebook() as book:
        book.add_student("ann")
    return f"sqlite:///{tmp_path / 'another' / 'gradebook.db'}"


@pytest.fixture
def quick(monkeypatch):
    """Without the programs that take seconds."""
    done = subprocess.CompletedProcess([], 0, "works\nnbgrader enabled", "")
    monkeypatch.setattr(doctor.subprocess, "run", lambda *given, **more: done)
    monkeypatch.setattr(sandbox, "reason_against", lambda: None)


def found(course, root=ROOT, **settings):
    return {str(finding) for finding in doctor.examine(root, course, **settings)}


def line(lines, words):
    (one,) = [each for each in lines if words in each]
    return one


def test_what_the_course_installs_is_healthy(course, capsys):
    with open_course(course).gradebook() as book:
        book.add_student("ann")
    assert cli.main(["doctor", "--course", str(course)]) == 0
    said = capsys.readouterr().out
    assert "missing " not in said
    assert "1 student, 0 assignments" in said
    assert f"ok       torch {metadata.version('torch')}" in said
    assert "All that is needed is there." in said


def test_nothing_is_written(course, quick):
    before = sorted(course.iterdir())
    assert line(found(course), "no gradebook yet").startswith("note")
    assert sorted(course.iterdir()) == before


def test_other_versions_are_noted_and_missing_packages_named(course, quick, monkeypatch, tmp_path):
    root = tmp_path / "root"
    root.mkdir()
    (root / "requirements.txt").write_text("nbgrader==0.1\n")
    assert "was tested with 0.1" in line(found(course, root), "nbgrader 0.")

    def version(name):
        if name in ("torch", "nbval", "jupyter-cache"):
            raise metadata.PackageNotFoundError(name)
        return "1"

    monkeypatch.setattr(doctor.metadata, "version", version)
    lines = found(course)
    assert line(lines, "torch is not installed").startswith("missing")
    assert line(lines, "to test it, not installed: nbval").startswith("note")
    assert line(lines, "to build the book, not installed: jupyter-cache").startswith("note")


def test_builds_that_do_not_fit_extensions_that_are_off_and_no_sandbox(course, quick, monkeypatch):
    broken = subprocess.CompletedProcess(
        [], 1, "nbgrader disabled", "RuntimeError: operator torchvision::nms does not exist"
    )
    monkeypatch.setattr(doctor.subprocess, "run", lambda *given, **more: broken)
    monkeypatch.setattr(sandbox, "reason_against", lambda: "it is off")
    lines = found(course)
    assert "torchvision::nms" in line(lines, "same build")
    assert line(lines, "nbgrader in JupyterLab, server side").startswith("missing")
    assert line(lines, "no sandbox for grading: it is off").startswith("note")


def test_a_folder_without_a_course_and_a_gradebook_of_another(course, another, quick, tmp_path):
    empty = tmp_path / "empty"
    empty.mkdir()
    assert "holds no nbgrader_config.py" in line(found(empty), "no course")
    assert line(found(course, db_url=another), "zoology").startswith("missing")


def test_the_copy_that_the_package_comes_from_is_named_and_another_one_found(course, quick):
    assert line(found(course), f"package comes from {ROOT}").startswith("ok")
    (course / "embeddings_course").mkdir()
    said = line(found(course), f"belongs to another copy of the course, {ROOT}")
    assert said.startswith("missing")
    assert f"activate the environment of {course}, .venv, which `make book` makes" in said


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_what_others_on_the_machine_can_read_is_noted(course, quick, monkeypatch):
    for name in ("grading", "submitted"):
        (course / name).mkdir()
    (course / "grading").chmod(0o700)
    (course / "submitted").chmod(0o755)
    (course / "gradebook.db").touch(0o644)
    # pytest keeps its folders to their owner, and then nobody else comes so far.
    assert not any("can read" in each for each in found(course))
    monkeypatch.setattr(doctor.stat, "S_IXOTH", 0o100)
    said = line(found(course), "can read gradebook.db, submitted")
    assert said.startswith("note") and f"chmod go-rwx {course}" in said
    (course / "submitted").chmod(0o700)
    (course / "gradebook.db").chmod(0o600)
    assert not any("can read" in each for each in found(course))


def test_little_room_is_noted(course, quick, monkeypatch):
    usage = shutil.disk_usage(course)._replace(free=10**9)
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda folder: usage)
    assert line(found(course), "GB of disk are free").startswith("note     1 GB")


def test_a_check_that_fails_does_not_stop_the_others(course, quick, monkeypatch):
    def fails(root):
        raise RuntimeError("the disk is on fire")

    monkeypatch.setattr(doctor, "_packages", fails)
    lines = found(course)
    assert "the disk is on fire" in line(lines, "a check failed")
    assert any("GB of memory" in each for each in lines)


@pytest.mark.parametrize("name", ["K[1]", "K%20x", "what?", "a*b", "%41"])
def test_a_folder_that_nbgrader_takes_for_a_pattern_is_said_at_once(
    tmp_path, quick, monkeypatch, complaints, name
):
    course = tmp_path / name
    (course / "source" / "hw").mkdir(parents=True)
    shutil.copy(ROOT / "nbgrader_config.py", course)
    said = line(found(course), "rename the folder")
    assert said.startswith("missing ") and str(course) in said
    monkeypatch.chdir(course)
    (course / "a.csv").write_text("id\nada\n")
    for command in (
        ["assignments"],
        ["students", "a.csv"],
        ["collect", "hw", "a.zip"],
        ["grade", "hw"],
        ["report", "hw"],
        ["grades", "export", "--format", "csv"],
    ):
        assert cli.main(command) == 1, command
        says(complaints.pop(), "course-folder-name", course)
    assert sorted(path.name for path in course.iterdir()) == [
        "a.csv",
        "nbgrader_config.py",
        "source",
    ]


@pytest.mark.parametrize("name", ["Kurs (Übung) {1}", "100%", "K%x", "a'b #$&;"])
def test_other_folders_are_as_good_as_any(tmp_path, capsys, name):
    course = tmp_path / name
    course.mkdir()
    shutil.copy(ROOT / "nbgrader_config.py", course)
    (course / "a.csv").write_text("id\nada\n")
    assert cli.main(["students", str(course / "a.csv"), "--course", str(course)]) == 0
    assert f"The gradebook: {course / 'gradebook.db'}" in capsys.readouterr().out
    assert (course / "gradebook.db").exists()
