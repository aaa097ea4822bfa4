"""A course on a disk and a machine that others use too: its folders, its gradebook, its locks."""

import os
import re
import shutil
import stat
import subprocess
import sys
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
import sqlalchemy

from embeddings_course import cli
from embeddings_course.environment.lock import LockedError
from embeddings_course.grading.course import GRADEBOOK, open_course
from embeddings_course.grading.errors import GradingError
from embeddings_course.grading.gradebook import backup
from embeddings_course.grading.gradebook.backup import back_up
from embeddings_course.grading.gradebook.contents import look, shown_url
from embeddings_course.grading.gradebook.late_penalties import read_lateness, renew_penalties
from grading.classroom import TENTH_A_DAY, Class
from helpers.refusals import raises
from helpers.repository import ROOT

posix = pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")


def make(root, *, settings="", gradebook=None):
    root.mkdir(parents=True, exist_ok=True)
    text = (ROOT / "nbgrader_config.py").read_text(encoding="utf-8")
    (root / "nbgrader_config.py").write_text(text + settings, encoding="utf-8")
    if gradebook is not None:
        shutil.copy(gradebook, root / "gradebook.db")
    return open_course(root)


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


# Who has handed in --------------------------------------------------------------------------------


@pytest.mark.parametrize("above", ["STUDENT", "STUDENT/STUDENT", "ann/hw", "student-0"])
def test_who_has_handed_in_does_not_depend_on_the_folder_of_the_course(tmp_path, above):
    course = make(tmp_path / above / "course")
    for student in ("ann", "STUDENT"):
        (course.root / "submitted" / student / "hw").mkdir(parents=True)
    (tmp_path / above / "neighbour").mkdir()
    assert course.handed_in("hw") == {
        student: course.root / "submitted" / student / "hw" for student in ("STUDENT", "ann")
    }


def test_a_structure_may_name_the_student_twice_and_must_once(tmp_path):
    setting = "\nc.CourseDirectory.directory_structure = {!r}\n"
    structure = "{nbgrader_step}/{student_id}/{assignment_id}/{student_id}"
    course = make(tmp_path / "twice", settings=setting.format(structure))
    for student, inner in (("ann", "ann"), ("bob", "ann")):
        (course.root / "submitted" / student / "hw" / inner).mkdir(parents=True)
    assert list(course.handed_in("hw")) == ["ann"]
    structure = "{nbgrader_step}/of-{student_id}/{assignment_id}"
    course = make(tmp_path / "part", settings=setting.format(structure))
    with raises(GradingError, "structure-without-student", "student_id"):
        course.handed_in("hw")


# Who may read -------------------------------------------------------------------------------------


@posix
def test_grades_and_submissions_that_commands_write_are_for_their_owner(tmp_path):
    course = Class(tmp_path / "course")
    course.release()
    (course.root / "gradebook.db").unlink()
    zipped = tmp_path / "zipped" / "ann"
    zipped.mkdir(parents=True)
    shutil.move(course.hands_in("ann"), zipped / "hw.ipynb")
    shutil.rmtree(course.root / "submitted")
    shutil.make_archive(str(tmp_path / "download"), "zip", zipped.parent)
    (tmp_path / "class.csv").write_text("id\nann\n")
    for command in (
        ["students", str(tmp_path / "class.csv")],
        ["collect", "hw", str(tmp_path / "download.zip")],
        ["grade", "hw"],
    ):
        done = subprocess.run(
            [sys.executable, "-m", "embeddings_course.cli", *command],
            cwd=course.root, env=course.environ(), capture_output=True, text=True, umask=0o022,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
    assert course.scores() == {"ann": 5.5}
    made = ["grading", "grading/backups", "submitted", "submitted/ann", "autograded"]
    assert {name: oct(mode(course.root / name)) for name in made} == dict.fromkeys(made, "0o700")
    assert mode(course.root / "gradebook.db") == 0o600


@posix
def test_folders_that_are_there_stay_as_they_are_and_a_group_may_share_them(tmp_path):
    course = make(tmp_path / "course")
    course.grading.mkdir()
    course.grading.chmod(0o755)
    course.make_private(course.grading / "backups")
    assert (mode(course.grading), mode(course.grading / "backups")) == (0o755, 0o700)
    shared = make(tmp_path / "shared", settings="\nc.CourseDirectory.groupshared = True\n")
    shared.make_private(shared.grading / "backups")
    assert mode(shared.grading) == mode(shared.grading / "backups") == 0o2770


# One at a time ------------------------------------------------------------------------------------

HOLDS = """\
import sys
from pathlib import Path
from embeddings_course.grading.course import open_course

with open_course(Path(sys.argv[1])).lock("hw", "`course grade hw`"):
    print("locked", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def late(tmp_path, empty):
    """A course with one late submission, whose penalty has changed since it was graded."""
    course = make(tmp_path / "course", gradebook=empty)
    with course.gradebook() as book:
        book.add_assignment("hw", duedate=datetime(2026, 3, 1))
        book.add_notebook("hw", "hw")
        book.add_grade_cell("double", "hw", "hw", max_score=10, cell_type="code")
        book.add_student("ann")
        submission = book.add_submission("hw", "ann", timestamp=datetime(2026, 3, 2))
        grade = book.find_grade("double", "hw", "hw", "ann")
        grade.auto_score = 10
        book.db.commit()
        assert submission.total_seconds_late == 86400
    return make(tmp_path / "course", settings=TENTH_A_DAY)


@pytest.fixture
def grading(late):
    """Another process that grades the same assignment."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDS, str(late.root)],
        env=os.environ | {"PYTHONPATH": str(ROOT), "LOGNAME": "grace"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "locked\n"
    yield process
    process.kill()
    process.wait()


def test_penalties_are_written_by_one_command_at_a_time_which_is_named(late, grading, capsys):
    before = (late.root / "gradebook.db").read_bytes()
    with pytest.raises(LockedError) as caught:
        renew_penalties(late, "hw")
    today = datetime.now().strftime("%Y-%m-%d")
    assert re.fullmatch(
        rf"`course grade hw` is running in this folder \(process {grading.pid} of grace, since "
        rf"{today} \d\d:\d\d:\d\d\)\. Wait until it has ended, .*",
        str(caught.value),
    )
    export = ["grades", "export", "--format", "csv", "--course", str(late.root)]
    assert cli.main(export) == 1
    assert "`course grade hw` is running" in capsys.readouterr().err
    assert (late.root / "gradebook.db").read_bytes() == before
    grading.kill()
    grading.wait()
    (sentence,) = renew_penalties(late, "hw")
    assert "now takes off 1 point (before: 0)" in sentence
    assert read_lateness(late, "hw")["ann"].penalty == 1


def test_whoever_holds_the_lock_need_not_take_it_again_and_the_next_may(late):
    with late.lock("hw", "`course grade hw`"):
        assert len(renew_penalties(late, "hw", locked=True)) == 1
        with pytest.raises(LockedError), late.lock("hw", "`course collect hw`"):
            pass
    with late.lock("hw", "`course collect hw`"), late.lock("another", "`course grade another`"):
        pass


def test_a_backup_that_another_command_has_just_removed_is_no_error(late, monkeypatch):
    folder = late.grading / "backups"
    for _ in range(backup._MOST_BACKUPS + 1):
        back_up(late, folder, say=lambda line: None)
    real = Path.unlink

    def unlink(path, *arguments, **options):
        if path.parent == folder and path.exists():
            real(path)  # the other command
        real(path, *arguments, **options)

    monkeypatch.setattr(Path, "unlink", unlink)
    assert back_up(late, folder, say=lambda line: None).exists()
    assert len(list(folder.glob("*.db"))) == backup._MOST_BACKUPS


def test_a_gradebook_in_memory_leaves_nothing_to_copy(late):
    assert back_up(replace(late, db_url="sqlite://"), late.grading / "backups") is None


# The address of the gradebook ---------------------------------------------------------------------

SECRET = "s3cr3t"


def test_the_gradebook_may_be_named_in_the_environment(tmp_path, monkeypatch, capsys):
    course = make(tmp_path / "course")
    monkeypatch.setenv(GRADEBOOK, f"sqlite:///{tmp_path / 'elsewhere.db'}")
    (tmp_path / "class.csv").write_text("id\nann\n")
    assert cli.main(["students", str(tmp_path / "class.csv"), "--course", str(course.root)]) == 0
    assert str(tmp_path / "elsewhere.db") in capsys.readouterr().out
    assert not (course.root / "gradebook.db").exists()
    # nbgrader's own commands take it from the settings.
    from traitlets.config import PyFileConfigLoader

    loaded = PyFileConfigLoader("nbgrader_config.py", path=str(course.root)).load_config()
    assert loaded.CourseDirectory.db_url == os.environ[GRADEBOOK]
    # Settings of another course need not know of the variable; --db has the last word.
    (course.root / "nbgrader_config.py").write_text("c = get_config()\n")
    assert "elsewhere.db" in open_course(course.root).db_url
    named = open_course(course.root, f"sqlite:///{tmp_path / 'named.db'}")
    assert "named.db" in named.db_url


@pytest.mark.parametrize("command", [["grade"], ["report"], ["doctor"], ["grades", "export"]])
def test_the_help_names_the_variable(command, capsys):
    assert cli.main([*command, "--help"]) == 0
    assert GRADEBOOK in capsys.readouterr().out


ADDRESSES = [
    f"postgresql+psycopg://grader:{SECRET}@127.0.0.1:9/grades",
    f"postgresql+psycopg://127.0.0.1:9/grades?user=grader&password={SECRET}",
    f"postgresql+psycopg://grader:p@{SECRET}@127.0.0.1:9/grades",
    f"postgresql+psycopg://grader:p@x:{SECRET}@127.0.0.1/grades",
    f"postgresql+psycopg://grader:x{SECRET}",
    f"nothing://grader:{SECRET}@127.0.0.1:9/grades",
    f"grader:{SECRET}",
    f"{SECRET}",
]


@pytest.mark.parametrize("how", ["--db", "environment", "settings"])
@pytest.mark.parametrize("address", ADDRESSES, ids=range(len(ADDRESSES)))
def test_the_password_is_in_no_message(tmp_path, monkeypatch, capfd, caplog, address, how):
    make(tmp_path / "course")
    options = ["--course", str(tmp_path / "course")]
    if how == "--db":
        options += ["--db", address]
    elif how == "environment":
        monkeypatch.setenv(GRADEBOOK, address)
    else:
        setting = f"\nc.CourseDirectory.db_url = {address!r}\n"
        with (tmp_path / "course" / "nbgrader_config.py").open("a") as file:
            file.write(setting)
    (tmp_path / "class.csv").write_text("id\nann\n")
    for command in (
        ["students", str(tmp_path / "class.csv")],
        ["grade", "hw"],
        ["grades", "export", "--format", "csv"],
    ):
        assert cli.main([*command, *options]) == 1
        said = "".join(capfd.readouterr()) + caplog.text
        assert "gradebook" in said
        assert SECRET not in said


def test_an_address_with_a_password_is_shown_without_it(tmp_path):
    root = make(tmp_path / "course").root
    for address in ADDRESSES[:2]:
        shown = shown_url(open_course(root, address))
        assert "127.0.0.1:9/grades" in shown
        assert SECRET not in shown
    password = "p%40s%3As%2F"
    opened = open_course(root, f"postgresql+psycopg://grader:{password}@host/grades")
    assert sqlalchemy.make_url(opened.db_url).password == "p@s:s/"
    with raises(GradingError, "gradebook-unreadable"):
        look(open_course(root, ADDRESSES[0]))
