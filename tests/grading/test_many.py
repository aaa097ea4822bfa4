"""Grading at length: a class of sixty, runs that are killed, a gradebook in PostgreSQL."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import sqlalchemy
from nbgrader.api import Gradebook

from embeddings_course.grading.course import open_course
from embeddings_course.grading.demo_class.hand_ins import QUIZ
from embeddings_course.grading.demo_class.students import CODE, STUDENTS
from embeddings_course.grading.gradebook.backup import back_up
from embeddings_course.grading.submission_record import read_records
from grading.classroom import RIGHT, Class
from grading.hostile import DOUBLE, HandIn
from grading.stock import PLAIN
from grading.test_hostile import Hostile
from helpers.repository import ROOT

pytestmark = pytest.mark.slow
CLASS = 60


def cell_scores(url, assignment):
    """Return the points of each test cell of each student."""
    found = {}
    with Gradebook(url) as book:
        for submission in book.assignment_submissions(assignment):
            for notebook in submission.notebooks:
                for grade in notebook.grades:
                    found[submission.student_id, grade.name] = grade.score
    return found


# One for each kind of student, in turn. nbgrader as it comes gives the last one no points at all.
DOUBLES = (
    DOUBLE,
    "import warnings\nwarnings.warn('careful')\n" + DOUBLE,
    "def double(x):\n    return 2 * x if isinstance(x, int) else x",
    "def double(x):\n    return x + 1",
    "def double(x):\n    return undefined",
    "import os\nos._exit(3)",
)
DIES = len(DOUBLES) - 1


def a_class(root, students):
    """Let students hand in answers whose tests ask through `attempt`."""
    course = Hostile(root, [], alone=True)
    for number in range(students):
        folder = root / "submitted" / f"s{number:02}" / course.name
        submission = HandIn(folder, root / "assignments" / course.name)
        submission.answer("double", DOUBLES[number % len(DOUBLES)])
        if number % 2:
            submission.answer("norm", "def norm(v):\n    return float(np.abs(v).sum())")
        submission.write()
    return course


def stock_scores(course):
    """Return what nbgrader as it comes gives, one after another, in one kernel each."""
    (course.root / "nbgrader_config.py").write_text(PLAIN, encoding="utf-8")
    course.nbgrader("generate_assignment", course.name, "--create", "--force")
    course.nbgrader("autograde", course.name)
    return cell_scores(f"sqlite:///{course.root / 'gradebook.db'}", course.name)


@pytest.mark.drawn("terms")
def test_sixty_get_the_points_of_stock_nbgrader_though_the_run_is_killed_twice(tmp_path):
    stock = stock_scores(a_class(tmp_path / "stock", DIES))
    course = a_class(tmp_path / "course", CLASS)
    record = course.root / "grading" / "hw.json"
    for number in (1, 2):
        process = course.start("--jobs", "2")
        while process.poll() is None:
            text = record.read_text() if record.exists() else ""
            if text.count('"seconds"') >= 15 * number:
                process.send_signal(signal.SIGKILL)
                process.wait()
            time.sleep(0.05)
        assert process.returncode == -signal.SIGKILL
    status, said = course.grade_apart("--jobs", "2", patience=900)
    assert status == 0, said
    before = int(re.search(r"(\d+) graded before", said)[1])
    assert 30 <= before < CLASS
    scores = cell_scores(f"sqlite:///{course.root / 'gradebook.db'}", "hw")
    for number in range(CLASS):
        kind, student = number % len(DOUBLES), f"s{number:02}"
        mine = {name: score for (who, name), score in scores.items() if who == student}
        if kind == DIES:  # there is nothing before that exercise
            assert mine and not any(mine.values()), student
        else:
            theirs = {name: score for (who, name), score in stock.items() if who == f"s{kind:02}"}
            assert mine == theirs, student
    assert len(set(stock.values())) > 3


@pytest.fixture
def server():
    """A PostgreSQL server of our own, on a socket in a folder of its own."""
    programs = [*Path("/usr/lib/postgresql").glob("*/bin"), *[Path("/usr/bin")]]
    found = next((path for path in programs if (path / "initdb").exists()), None)
    if found is None and shutil.which("initdb"):
        found = Path(os.path.realpath(shutil.which("initdb"))).parent
    if found is None and not os.environ.get("CI"):
        pytest.skip("PostgreSQL is not installed")
    assert found is not None, "PostgreSQL is not installed"
    folder = Path("/tmp") / f"course-postgres-{os.getpid()}"
    folder.mkdir()
    settings = {}
    if os.geteuid() == 0:  # the server refuses root
        import pwd  # not at the top: Windows has none

        entry = pwd.getpwnam("postgres")
        os.chown(folder, entry.pw_uid, entry.pw_gid)
        settings = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}

    def run(program, *arguments):
        subprocess.run(
            [found / program, *arguments],
            cwd=folder,
            check=True,
            stdout=subprocess.DEVNULL,
            **settings,
        )

    data = folder / "data"
    run("initdb", "-D", data, "-A", "trust", "-U", "grader", "-E", "UTF8")
    listen = f"-c listen_addresses= -c unix_socket_directories={folder}"
    run("pg_ctl", "-D", data, "-w", "-l", folder / "log", "-o", listen, "start")
    try:
        run("createdb", "-h", folder, "-U", "grader", "gradebook")
        yield f"postgresql+psycopg://grader@/gradebook?host={folder}"
    finally:
        run("pg_ctl", "-D", data, "-m", "fast", "stop")
        shutil.rmtree(folder)


def test_a_gradebook_in_postgresql_holds_the_same_grades(tmp_path, server):
    course = Class(tmp_path / "course")
    answers = {
        "ann": RIGHT,
        "bob": "def double(x):\n    return x + 1",
        "cleo": "def double(x):\n    return abs(2 * x)",
        "dora": "import os; os._exit(3)",
    }
    for student, answer in answers.items():
        course.hands_in(student, answer)
    course.grade_apart()
    sqlite = cell_scores(f"sqlite:///{course.root / 'gradebook.db'}", "hw")
    (course.root / "gradebook.db").unlink()
    shutil.rmtree(course.root / "autograded")
    status, said = course.grade_apart("--db", server)
    assert status == 0, said
    assert cell_scores(server, "hw") == sqlite
    assert not (course.root / "gradebook.db").exists()
    course.hands_in("bob")
    status, said = course.grade_apart("--db", server, "--students", "bob")
    assert status == 0, said
    copies = sorted((course.root / "grading" / "backups").glob("*.db"))
    assert cell_scores(f"sqlite:///{copies[-1]}", "hw") == sqlite
    assert cell_scores(server, "hw")["bob", "double_more"] == 3


def test_a_backup_of_postgresql_is_of_one_moment(tmp_path, server):
    root = Class(tmp_path / "course").root
    course = open_course(root, server)
    with course.gradebook() as book:
        book.add_assignment("hw")
        book.add_student("ann")
    seen = []

    def write(connection, cursor, statement, *_):
        """Another grader enrols a student when the backup has read its first table."""
        if not seen and statement.startswith("SELECT course."):
            seen.append(statement)
            with Gradebook(server) as book:
                book.add_student("bob")

    sqlalchemy.event.listen(sqlalchemy.Engine, "after_cursor_execute", write)
    try:
        copy = back_up(course, course.grading / "backups", say=lambda line: None)
    finally:
        sqlalchemy.event.remove(sqlalchemy.Engine, "after_cursor_execute", write)
    assert seen
    with Gradebook(f"sqlite:///{copy}") as book:
        assert [student.id for student in book.students] == ["ann"]
    with Gradebook(server) as book:
        assert {student.id for student in book.students} == {"ann", "bob"}


@pytest.mark.drawn("terms")
def test_a_demonstration_goes_through_a_term_and_each_student_gets_what_is_due(tmp_path):
    root = tmp_path / "demo"
    command = [sys.executable, "-m", "embeddings_course.cli", "demo-class", "--folder", str(root)]
    environ = os.environ | {"CI": "true", "TQDM_DISABLE": "1"}
    result = subprocess.run(
        command, cwd=ROOT, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert result.returncode == 0, result.stdout[-3000:]
    code, quiz = (read_records(root / "grading" / f"{name}.json") for name in (CODE, QUIZ))
    states = {student: record.state for student, record in code.items()}
    assert states.pop("s15") == states.pop("s16") == "missing"
    assert states.pop("s19") == "unreadable"
    assert states.pop("s20") == "kernel-died"
    assert set(states.values()) == {"graded"} and len(states) == 20
    for student in STUDENTS:
        if student.right is not None:
            assert quiz[student.id].score == student.right, student
        if student.solved == 8 and states.get(student.id):
            assert code[student.id].score >= 40, student
    suspicious = {student for student, record in code.items() if record.suspicious}
    assert suspicious == {"s23", "s24"}, "what s22 replaces is of no use"
    assert {each.id for each in STUDENTS if code[each.id].late_seconds > 0} == {"s13", "s14"}
    repaired = {student for student, record in code.items() if record.repaired}
    assert repaired == {"s17", "s18", "s21"}
    page = (root / "grading" / f"{CODE}.html").read_text(encoding="utf-8")
    assert f"../feedback/s05/{CODE}/{CODE}.html" in page
    table = (root / "grades-moodle.csv").read_text(encoding="utf-8")
    assert "Omar,Aziz,s15,s15@example.org,," in table
