"""Grading at length: a class of sixty, runs that are killed, a gradebook in PostgreSQL."""

import os
import pwd
import shutil
import signal
import subprocess
import time
from pathlib import Path

import nbformat
import pytest
from assignments.graders import exercises, read_source, with_answers
from nbgrader.api import Gradebook

from grading.classroom import REPOSITORY, RIGHT, Class

pytestmark = pytest.mark.slow
KINDS = 6
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


def real_class(root, assignment, students):
    """Hand in real submissions: of each kind of student one exercise more is missing."""
    course = Class(root)
    shutil.copytree(REPOSITORY / "source" / assignment, root / "source" / assignment)
    source = read_source(assignment)
    released = nbformat.read(
        REPOSITORY / "assignments" / assignment / f"{assignment}.ipynb", as_version=4
    )
    names = list(exercises(source))
    for number in range(students):
        solved = names[number % KINDS :]
        answers = {cell.id: cell.source for cell in source.cells if cell.id in solved}
        folder = root / "submitted" / f"s{number:02}" / assignment
        folder.mkdir(parents=True)
        nbformat.write(with_answers(released, answers), folder / f"{assignment}.ipynb")
    return course


@pytest.fixture(scope="module")
def stock(tmp_path_factory):
    """What nbgrader autograde gives, one after another, to one student of each kind."""
    course = real_class(tmp_path_factory.mktemp("stock") / "course", "token-embeddings", KINDS)
    course.nbgrader("generate_assignment", "token-embeddings", "--create")
    course.nbgrader("autograde", "token-embeddings")
    url = f"sqlite:///{course.root / 'gradebook.db'}"
    return {
        (int(student[1:]), name): score
        for (student, name), score in cell_scores(url, "token-embeddings").items()
    }


@pytest.mark.parametrize("kills", [0, 2])
def test_sixty_side_by_side_get_the_points_of_a_serial_run(tmp_path, stock, kills):
    course = real_class(tmp_path / "course", "token-embeddings", CLASS)
    record = course.root / "grading" / "token-embeddings.json"
    for number in range(1, kills + 1):
        process = course.start("--jobs", "2", assignment="token-embeddings")
        while process.poll() is None:
            text = record.read_text() if record.exists() else ""
            if text.count('"graded"') >= 20 * number:
                process.send_signal(signal.SIGKILL)
                process.wait()
            time.sleep(0.1)
        assert process.returncode == -signal.SIGKILL
    status, said = course.grade("--jobs", "2", assignment="token-embeddings", patience=1500)
    assert status == 0, said
    assert said.count(" graded") >= 1
    if kills:
        assert f"{20 * kills} graded before" in said or "graded before" in said
    scores = cell_scores(f"sqlite:///{course.root / 'gradebook.db'}", "token-embeddings")
    expected = {
        (f"s{number:02}", name): score
        for number in range(CLASS)
        for (kind, name), score in stock.items()
        if number % KINDS == kind
    }
    assert scores == expected
    assert len(set(scores.values())) > 2


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
    course.grade()
    sqlite = cell_scores(f"sqlite:///{course.root / 'gradebook.db'}", "hw")
    (course.root / "gradebook.db").unlink()
    shutil.rmtree(course.root / "autograded")
    status, said = course.grade("--db", server)
    assert status == 0, said
    assert cell_scores(server, "hw") == sqlite
    assert not (course.root / "gradebook.db").exists()
    course.hands_in("bob")
    status, said = course.grade("--db", server, "--students", "bob")
    assert status == 0, said
    copies = sorted((course.root / "grading" / "backups").glob("*.db"))
    assert cell_scores(f"sqlite:///{copies[-1]}", "hw") == sqlite
    assert cell_scores(server, "hw")["bob", "double_more"] == 3
