"""``course grade``: what is graded, what is kept, and what an instructor is told."""

import csv
import html
import itertools
import json
import os
import shutil
import signal
import sys
import time
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from nbgrader.api import Gradebook
from nbgrader.plugins import CsvExportPlugin

from embeddings_course.grading.course import open_course
from embeddings_course.grading.grade_class import grade
from embeddings_course.grading.lms.grade_export import read_grades
from embeddings_course.grading.run_summary import Outcome, summary
from embeddings_course.grading.submission_record import Record
from grading.classroom import RIGHT, TENTH_A_DAY, Class, cell
from helpers.repository import on_system

SLOW = f"import time\ntime.sleep(6)\n{RIGHT}"


@pytest.fixture
def course(tmp_path):
    return Class(tmp_path / "course")


def test_a_class_is_graded_recorded_and_not_graded_twice(course):
    (course.root / "gradebook.db").unlink()
    course.hands_in("ann")
    course.hands_in("bob", "def double(x):\n    return x + 1")
    course.hands_in("cleo", "import os; os._exit(3)")
    broken = course.hands_in("dora")
    broken.write_text(broken.read_text()[:300])
    course.nbgrader("db", "student", "add", "eve")
    status, said = course.grade_apart()
    assert status == 0, said
    records = course.records()
    states = {student: (each["state"], each["score"]) for student, each in records.items()}
    assert states == {
        "ann": ("graded", 5.5),
        "bob": ("graded", 2.0),
        "cleo": ("kernel-died", 0.0),
        "dora": ("unreadable", None),
        "eve": ("missing", None),
    }
    assert records["ann"]["max_score"] == 6
    assert records["ann"]["seconds"] > 0
    assert records["ann"]["peak_memory"] > 10_000_000
    assert "not handed in whole" in records["dora"]["problems"][0]
    assert "while the cell double was running" in records["cleo"]["problems"][0]
    assert "dora: unreadable" in said
    assert course.scores()["ann"] == 5.5
    assert (course.root / "autograded" / "ann" / "hw" / "hw.ipynb").exists()
    assert not (course.root / "autograded" / "dora").exists()
    report = course.root / "grading" / "hw.html"
    assert said.rstrip().endswith(report.as_uri())
    table = report.with_suffix(".csv").read_text(encoding="utf-8-sig")
    rows = {row["id"]: row for row in csv.DictReader(table.splitlines())}
    assert {student: row["double"] for student, row in rows.items()} == {
        "ann": "5.5", "bob": "2", "cleo": "0", "dora": "", "eve": "",
    }  # fmt: skip

    status, said = course.grade()
    assert status == 0
    assert "4 graded before, and not changed since" in said
    course.hands_in("bob")
    report.unlink()
    report.mkdir()  # so that it cannot be written
    status, said = course.grade()
    assert status == 0
    assert "3 graded before" in said
    assert "the report could not be written" in said and "Traceback" not in said
    assert course.records()["bob"]["score"] == course.scores()["bob"] == 5.5


def test_an_assignment_without_a_deadline_is_said(course):
    course.hands_in("ann")
    _, said = course.grade()
    line = 'hw has no deadline, so nobody is late: nbgrader db assignment add hw --duedate "'
    assert line in said
    course.is_due("2026-03-01 23:59:00 UTC")
    _, said = course.grade()
    assert "no deadline" not in said


def test_only_the_students_named_are_graded_and_force_grades_again(course):
    for student in ("ann", "bob"):
        course.hands_in(student)
    course.grade("--students", "bob")
    assert list(course.records()) == ["bob"]
    before = (course.root / "autograded" / "bob" / "hw" / "hw.ipynb").stat().st_mtime_ns
    course.grade("--force")
    assert set(course.records()) == {"ann", "bob"}
    assert (course.root / "autograded" / "bob" / "hw" / "hw.ipynb").stat().st_mtime_ns > before


def test_who_typed_another_id_is_graded_again_when_the_instructor_says_so(course):
    for student in ("ann", "bob"):
        course.hands_in(student)
    course.grade()
    typed = course.root / "typed-ids.json"
    typed.write_text("{")
    _, said = course.grade()
    assert "2 graded before" in said, "it is not a quiz"
    (course.root / "source" / "hw" / "questions.json").write_text("{}")
    typed.write_text("{}")
    course.grade()
    typed.write_text('{"bob": "Bobby"}')
    _, said = course.grade()
    assert "1 graded before" in said and "1 in this run" in said


def test_grades_follow_from_the_gradebook_that_there_is(course):
    course.hands_in("ann", "def double(x):\n    return 2 * x if x != 2 else 5")
    course.grade()
    graded = course.root / "gradebook.db"
    kept = graded.with_name("kept.db")
    shutil.copy(graded, kept)
    assert course.scores() == {"ann": 5.0}

    # An earlier copy of it, from before anything was graded.
    graded.unlink()
    course.release()
    _, said = course.grade()
    assert "1 in this run" in said and course.scores() == {"ann": 5.0}
    shutil.copy(kept, graded)

    # Corrected where the tests are written, but not where they are run.
    path = course.root / "source" / "hw" / "hw.ipynb"
    text = path.read_text()
    path.write_text(text.replace("assert double(1) == 2", "assert double(1) == 2 == double(2) - 2"))
    _, said = course.grade()
    assert "double_basics: changed in " in said
    assert "nbgrader generate_assignment hw --create --force" in said
    course.release()
    _, said = course.grade()
    assert "1 in this run" in said and "changed in " not in said
    assert course.scores() == {"ann": 3.0}


def test_a_time_that_was_taken_back_makes_nobody_late(course):
    settings = course.root / "nbgrader_config.py"
    settings.write_text(settings.read_text() + TENTH_A_DAY)
    course.release()
    course.is_due("2026-03-01 23:59:00 UTC")
    times = [course.hands_in(each).with_name("timestamp.txt") for each in ("ann", "bob")]
    for each in times:
        each.write_text("2026-03-03 09:00:00 UTC")
    course.grade()
    assert exported(course) == {"ann": 4.4, "bob": 4.4}
    times[0].unlink()
    _, said = course.grade()
    assert "ann: late" not in said
    assert exported(course) == {"ann": 5.5, "bob": 4.4}
    times[1].unlink()
    course.nbgrader("autograde", "hw", "--force")
    assert exported(course) == {"ann": 5.5, "bob": 5.5}


def corrects(course, name, old, new):
    """Change a cell of the assignment, and register the change as the guide says."""
    path = course.root / "source" / "hw" / "hw.ipynb"
    notebook = nbformat.read(path, as_version=4)
    for each in notebook.cells:
        if each.id == name:
            assert old in each.source
            each.source = each.source.replace(old, new)
    nbformat.write(notebook, path)
    course.release()


def edits(path, name, text):
    notebook = nbformat.read(path, as_version=4)
    next(each for each in notebook.cells if each.id == name).source = text
    nbformat.write(notebook, path)


def test_only_who_changed_a_test_is_suspicious_after_the_instructor_corrected_it(course):
    changed = "The test cell double_basics was changed: its line 1 says `assert True`."
    course.hands_in("ann")
    edits(course.hands_in("bob"), "double_basics", "assert True")
    course.grade()
    # Some had it before it was corrected, others fetch it afterwards.
    edits(course.hands_in("cleo"), "double_basics", "assert double(3) == 6  ")
    texts = ["double(1) == 2", "double(3) == 6", "double(4) == 8"]
    for old, new in itertools.pairwise(texts):  # what was released stays known
        corrects(course, "double_basics", old, new)
        status, said = course.grade()
        assert status == 0, said
        flags = {each: record["suspicious"] for each, record in course.records().items()}
        assert flags == {"ann": [], "bob": [changed], "cleo": []}
    notebook = nbformat.read(course.root / "autograded" / "ann" / "hw" / "hw.ipynb", as_version=4)
    assert "assert double(4) == 8" in [each.source for each in notebook.cells]
    said = course.nbgrader("autograde", "hw", "--force")
    assert (
        said.count("The test cell double_basics was changed: its line 1 says `assert True`.") == 1
    )
    (course.root / "grading" / "hw.released.json").write_text("[]")
    status, said = course.grade()
    assert status == 1 and "hw.released.json is not what `course grade` writes" in said


def with_words(course):
    """Add a question that a person grades; return how a student answers it."""
    marks = {"grade": True, "solution": True, "locked": False, "points": 4}

    def why(text):
        made = new_markdown_cell(text, id="why")
        plain = {"grade_id": "why", "schema_version": 3, "task": False}
        made.metadata.nbgrader = plain | marks
        return made

    path = course.root / "source" / "hw" / "hw.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.cells.append(why("Your words."))
    nbformat.write(notebook, path)

    def hands_in(student, words, answer=RIGHT):
        handed_in = course.hands_in(student, answer)
        notebook = nbformat.read(handed_in, as_version=4)
        notebook.cells.append(why(words))
        nbformat.write(notebook, handed_in)

    return hands_in


def gives(course, student, cell, points=None, *, extra=None, comment=None):
    """Give points as Formgrader does."""
    with course.gradebook() as book:
        grade = book.find_grade(cell, "hw", "hw", student)
        grade.manual_score, grade.extra_credit = points, extra
        grade.needs_manual_grade = False
        if comment:
            book.find_comment(cell, "hw", "hw", student).manual_comment = comment
        book.db.commit()


def by_hand(course, student, cell):
    with course.gradebook() as book:
        grade = book.find_grade(cell, "hw", "hw", student)
        return grade.manual_score, grade.extra_credit, grade.needs_manual_grade


def test_points_that_a_person_gave_wait_again_only_if_the_answer_changed(course):
    hands_in = with_words(course)
    for student in ("ann", "bob", "cleo", "dora"):
        hands_in(student, "Because.")
    course.grade()
    for student in ("ann", "bob", "cleo"):
        gives(course, student, "why", 3, comment="Well said.")
    gives(course, "ann", "double_part", 1)
    gives(course, "cleo", "double_basics", 1)
    hands_in("bob", "Because it is so.")
    hands_in("cleo", "Because.  \n", "def double(x):\n    return x + x")
    course.grade("--force")
    assert by_hand(course, "ann", "why") == (3, None, False)
    assert by_hand(course, "ann", "double_part") == (1, None, False)
    assert by_hand(course, "bob", "why") == (3, None, True)
    assert by_hand(course, "cleo", "why") == (3, None, False), "only white space is another"
    assert by_hand(course, "cleo", "double_basics") == (1, None, True)
    assert by_hand(course, "dora", "why") == (None, None, True)
    assert course.scores() == {"ann": 9, "bob": 8.5, "cleo": 7.5, "dora": 5.5}
    with course.gradebook() as book:
        assert book.find_comment("why", "hw", "hw", "ann").manual_comment == "Well said."
    # What waits goes on waiting, though nothing changes now; another test gives other points.
    corrects(course, "double_part", "double(2) == 4", "double(2) == 5")
    course.grade()
    assert by_hand(course, "bob", "why") == (3, None, True)
    assert by_hand(course, "ann", "why") == (3, None, False)
    assert by_hand(course, "ann", "double_part") == (1, None, True)


def test_extra_points_for_an_earlier_answer_stay_and_are_named_once(course):
    for student in ("ann", "bob"):
        course.hands_in(student)
    course.grade()
    for student in ("ann", "bob"):
        gives(course, student, "double_basics", extra=1)
    course.hands_in("bob", RIGHT + "\n")
    _, said = course.grade("--force")
    assert course.scores() == {"ann": 6.5, "bob": 6.5}
    assert not any(record["problems"] for record in course.records().values()), said
    course.hands_in("bob", "def double(x):\n    return x + x")
    _, said = course.grade()
    sentence = (
        "double: 1 extra point was given for an earlier answer; look whether this still holds."
    )
    assert f"  bob: graded, with a problem. {sentence}" in said.splitlines()
    assert course.scores() == {"ann": 6.5, "bob": 6.5}
    assert sentence in (course.root / "grading" / "hw.html").read_text(encoding="utf-8")
    course.grade("--force")
    assert course.records()["bob"]["problems"] == []


def test_a_date_still_to_come_is_a_problem_and_a_deleted_test_comes_before_lesser_repairs(course):
    path = course.hands_in("ann")
    path.with_name("timestamp.txt").write_text("2999-01-01 00:00:00 UTC")
    notebook = nbformat.read(path, as_version=4)
    notebook.cells = [each for each in notebook.cells if each.id != "double_basics"]
    notebook.cells[0].metadata.nbgrader["points"] = 5
    nbformat.write(notebook, path)
    _, said = course.grade()
    told = [line for line in said.splitlines() if line.startswith("  ann: ")]
    assert told == [
        "  ann: graded, with a problem. timestamp.txt says 2999-01-01, which is still to come: "
        "correct or delete it, and grade again.",
    ]
    assert "  1 repaired (ann): 1 with missing cells, 1 with changed marks. The report says" in said
    first = "The test cell double_basics was missing and was put back."
    assert course.records()["ann"]["repaired"][0] == first


def test_many_repairs_take_one_line():
    records = {
        f"s{number:03}": Record(repaired=["nbgrader's marks were lost and were put back: a."])
        for number in range(300)
    }
    records["s007"].repaired.append("The file began with a byte order mark.")
    (line,) = summary(Outcome(records, (), True, 1.0), "hw")[1:]
    assert line == (
        "  300 repaired: 300 with lost marks, 1 with a file that was damaged or misnamed. The "
        "report says what was done."
    )


def halves():
    """Return the notebook of an assignment with other cells."""
    return new_notebook(
        cells=[
            new_markdown_cell("# Halves, and nothing else", id="title"),
            cell("given", "import math"),
            cell("half", "def half(x):\n    return x / 2", solution=True, locked=False),
            cell("half_basics", "assert half(2) == 1, 'half of two'", grade=True, points=2),
            cell("half_more", "assert half(-1) == -0.5, 'half of less'", grade=True, points=2),
        ]
    )


def test_what_is_no_answer_to_the_assignment_is_said_and_is_no_zero_where_it_is_another(course):
    (course.root / "source" / "halves").mkdir()
    nbformat.write(halves(), course.root / "source" / "halves" / "halves.ipynb")
    course.hands_in("ann")
    nbformat.write(halves(), course.hands_in("bob"))
    bare = halves()
    for number, each in enumerate(bare.cells):
        each.metadata, each.id = {}, f"c{number}"
    nbformat.write(bare, course.hands_in("cleo"))
    other = course.hands_in("dan")
    nbformat.write(halves(), other.with_name("halves.ipynb"))
    other.unlink()
    blank = "# YOUR CODE HERE\nraise NotImplementedError()"
    course.hands_in("eve", blank)
    course.hands_in("finn", f"import os\n{RIGHT}")
    died = nbformat.read(course.hands_in("gil"), as_version=4)
    died.cells.insert(3, new_code_cell("import os\nos._exit(1)", id="df4aeb1b"))
    nbformat.write(died, course.root / "submitted" / "gil" / "hw" / "hw.ipynb")
    status, said = course.grade()
    assert status == 0, said
    records = course.records()
    for student, file in (("bob", "hw"), ("cleo", "hw"), ("dan", "halves")):
        record = records[student]
        assert (record["state"], record["score"]) == ("other-assignment", None), student
        sentence = f"{file}.ipynb is the notebook of halves: hw was not handed in."
        assert record["problems"][0].startswith(sentence)
        assert not record["suspicious"] and not record["repaired"]
        assert f"  {student}: other-assignment. {sentence}" in said
    assert (records["eve"]["state"], records["eve"]["score"]) == ("graded", 0)
    assert "  eve: graded, with a problem. Nothing was answered: all answer cells" in said
    assert records["ann"]["problems"] == records["finn"]["problems"] == []
    running = "while a cell of the student's after the exercise double was running"
    assert running in records["gil"]["problems"][0]
    page = (course.root / "grading" / "hw.html").read_text(encoding="utf-8")
    attention = page[page.index('id="attention"') : page.index('id="students"')]
    for words in ("Another assignment <b>(3)", "Graded, with a problem <b>(1)", running):
        assert words in html.unescape(attention)
    with course.gradebook() as book:  # nobody was enrolled
        for student in ("bob", "cleo", "dan"):
            book.add_student(student)
    grades = read_grades(open_course(course.root), missing_as_zero=True)
    scores = {student: grade.score for (student, _), grade in grades.grades.items()}
    assert scores["bob"] is scores["cleo"] is scores["dan"] is None


def test_points_that_the_instructor_changes_are_nobodys_repair(course):
    course.release()
    released = course.root / "assignments" / "hw" / "hw.ipynb"
    for student, points in (("ann", 2), ("bob", 2), ("cleo", 50)):
        notebook = nbformat.read(released, as_version=4)
        notebook.cells[1].source = RIGHT
        notebook.cells[2].metadata.nbgrader["points"] = points
        nbformat.write(notebook, course.hands_in(student))
    course.grade()
    assert [who for who, record in course.records().items() if record["repaired"]] == ["cleo"]
    path = course.root / "source" / "hw" / "hw.ipynb"
    source = nbformat.read(path, as_version=4)
    source.cells[2].metadata.nbgrader["points"] = 4
    nbformat.write(source, path)
    course.release()
    _, said = course.grade()
    records = course.records()
    assert records["ann"]["score"] == 7.5
    assert [student for student, record in records.items() if record["repaired"]] == ["cleo"]
    assert "  1 repaired (cleo): 1 with changed marks." in said


def test_the_gradebook_is_copied_first(course):
    course.hands_in("ann")
    course.grade()
    before = course.scores()
    course.hands_in("ann", "def double(x):\n    return 0")
    _, said = course.grade()
    assert "The gradebook as it was:" in said
    copies = sorted((course.root / "grading" / "backups").glob("*.db"))
    with Gradebook(f"sqlite:///{copies[-1]}") as book:
        kept = {each.student_id: each.score for each in book.assignment_submissions("hw")}
    assert kept == before == {"ann": 5.5}
    assert course.scores() == {"ann": 0.0}


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL], ids=["Ctrl-C", "killed"])
def test_a_run_that_is_stopped_goes_on_with_what_is_missing(course, how):
    students = [f"s{number}" for number in range(4)]
    for student in students:
        course.hands_in(student, SLOW)
    # What is started in the background of a shell may have been told to ignore it.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    process = course.start("--jobs", "2")
    signal.signal(signal.SIGINT, before)
    end = time.monotonic() + 120
    while time.monotonic() < end and "s0" not in course_records(course):
        time.sleep(0.1)
    process.send_signal(how)
    said, _ = process.communicate(timeout=60)
    if how == signal.SIGINT:
        assert process.returncode == 130
        assert "The same command goes on with the rest" in said
    done = course_records(course)
    assert 1 <= len(done) < 4
    assert gone(course.root)
    status, said = course.grade("--jobs", "2")
    assert status == 0
    assert f"{len(done)} graded before" in said
    assert course.scores() == dict.fromkeys(students, 5.5)
    assert {each["state"] for each in course.records().values()} == {"graded"}
    assert not list(Path("/tmp").glob(f"course-grade-{process.pid}-*"))


def course_records(course):
    return course.records() if (course.root / "grading" / "hw.json").exists() else {}


def gone(root, seconds=20):
    """Say whether no process of a run is left; they all have the course's folder as home."""
    mark = f"HOME={root.parent / f'{root.name}-home'}".encode()
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        left = []
        for environ in Path("/proc").glob("[0-9]*/environ"):
            try:
                if mark in environ.read_bytes():
                    left.append(environ)
            except OSError:
                continue
        if not left:
            return True
        time.sleep(0.2)
    return False


def test_without_a_sandbox_it_says_so_or_refuses(course, tmp_path):
    course.hands_in("ann")
    # bwrap is on PATH or nowhere.
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("alembic", "sh"):
        found = shutil.which(name, path=f"{Path(sys.executable).parent}:/bin:/usr/bin")
        (tools / name).symlink_to(found)
    status, said = course.grade_apart("--require-sandbox", PATH=str(tools))
    assert status == 1
    assert "bwrap) is not installed" in said and "Nothing was graded" in said
    assert not (course.root / "grading").exists()
    status, said = course.grade_apart(PATH=str(tools))
    assert status == 0
    assert "NO SANDBOX" in said and "gradebook" in said
    assert course.scores() == {"ann": 5.5}
    assert json.loads((course.root / "grading" / "hw.json").read_text())["sandbox"] is False


@pytest.mark.skipif(sys.platform != "linux", reason="other systems are simulated on Linux only")
@pytest.mark.parametrize(("system", "name"), [("win32", "Windows"), ("darwin", "macOS")])
def test_other_systems_have_no_sandbox_and_grade_without_it_or_refuse(course, system, name):
    course.hands_in("ann")
    course.hands_in("bob", "def double(x):\n    return x")
    environ = {key: on_system(system)[key] for key in ("PYTHONPATH", "PRETEND_SYSTEM")}
    status, said = course.grade_apart("--require-sandbox", **environ)
    assert status == 1
    assert f"this is {name}" in said and "Nothing was graded" in said
    assert "Traceback" not in said and "apt install" not in said
    assert not (course.root / "grading").exists()
    status, said = course.grade_apart(**environ)
    assert status == 0, said
    assert f"NO SANDBOX: bubblewrap needs Linux, and this is {name}." in said
    assert "virtual machine with Linux" in said
    assert course.scores() == {"ann": 5.5, "bob": 0.0}
    assert {each["state"] for each in course.records().values()} == {"graded"}


def test_the_sandbox_is_used_where_it_works(course):
    if shutil.which("bwrap") is None and not os.environ.get("CI"):
        pytest.skip("bubblewrap is not installed")
    secret = course.root / "secret.txt"
    secret.write_text("x")
    course.hands_in("ann", f"import os\nassert not os.path.exists({str(secret)!r})\n{RIGHT}")
    status, said = course.grade("--require-sandbox")
    assert status == 0, said
    assert course.scores() == {"ann": 5.5}
    notebook = nbformat.read(course.root / "autograded" / "ann" / "hw" / "hw.ipynb", as_version=4)
    assert not [out for each in notebook.cells for out in each.outputs if "ename" in out]


def test_folders_that_are_no_students_are_named_and_cost_nobody_else_anything(course, nested):
    course.hands_in("ann")
    nested(course.root / "submitted" / "bob" / "hw" / "deep", 1200)
    (course.root / "submitted" / "cleo").mkdir()
    (course.root / "submitted" / "cleo" / "hw").symlink_to("hw")
    for name in (b"caf\xe9", b"\x1b[2Jdora"):
        (course.root / "submitted" / os.fsdecode(name) / "hw").mkdir(parents=True)
    status, said = course.grade()
    assert status == 1 and "Traceback" not in said
    for name in ("'caf\\udce9'", "'\\x1b[2Jdora'"):
        assert f"{name}: not graded, as this is not a student's id." in said
    states = {student: each["state"] for student, each in course.records().items()}
    assert states == {"ann": "graded", "bob": "unreadable", "cleo": "unreadable"}
    for command in (["report", "hw"], ["grades", "export", "--format", "csv"]):
        status, said = course.command(*command)
        assert status == 0, said
    course.nbgrader("generate_feedback", "hw")
    assert (course.root / "feedback" / "ann" / "hw" / "hw.html").exists()


def test_a_number_that_no_earlier_version_checked_costs_nobody_the_report(course):
    course.hands_in("ann")
    course.hands_in("bob")
    status, said = course.grade()
    assert status == 0, said
    path = course.root / "grading" / "hw.json"
    content = json.loads(path.read_text())
    content["students"]["bob"]["peak_memory"] = 10**4000
    path.write_text(json.dumps(content))
    status, said = course.command("report", "hw")
    assert status == 0, said
    rows = list(csv.DictReader((path.parent / "hw.csv").read_text("utf-8-sig").splitlines()))
    assert [(row["id"], row["state"]) for row in rows] == [("ann", "graded"), ("bob", "failed")]
    assert "peak_memory is not a number" in rows[1]["problems"]
    status, said = course.command("grades", "export", "--format", "csv")
    assert status == 0, said
    status, said = course.grade()
    assert status == 0 and course.records()["bob"]["score"] == 5.5


def test_what_is_wrong_is_said_in_a_sentence_and_nothing_is_written(course, tmp_path):
    course.hands_in("ann")
    for arguments, words in (
        (["--students", "zoe"], "zoe: neither in the gradebook nor"),
        (["--course", str(tmp_path / "home")], "holds no nbgrader_config.py"),
        (["--jobs", "0"], "at least one at a time"),
    ):
        (tmp_path / "home").mkdir(exist_ok=True)
        status, said = course.grade(*arguments)
        assert status != 0
        assert words in said
        assert "Traceback" not in said
    course.release()
    with course.gradebook() as book:
        book.update_or_create_student("ann")
        book.update_or_create_submission("hw", "ann")
        book.grant_extension("hw", "ann", days=1)
    status, said = course.grade()
    assert status == 1 and "ann: an extension, but hw has no deadline." in said
    with course.gradebook() as book:
        book.update_or_create_assignment("hw", duedate="2026-03-01 23:59:00 UTC")
        book.add_notebook("more", "hw")
    status, said = course.grade()
    assert status == 1 and "hw has the notebooks hw, more; one is graded" in said
    with course.gradebook() as book:
        book.remove_notebook("more", "hw")
    assert not (course.root / "grading" / "hw.json").exists()
    shutil.move(
        course.root / "submitted" / "ann" / "hw", course.root / "submitted" / "ann" / "other"
    )
    status, said = course.grade(assignment="other")
    assert status == 1
    assert "There is no assignment other" in said and "hw" in said
    assert not (course.root / "grading" / "other.json").exists()


def test_a_damaged_record_file_is_refused_and_kept(course):
    course.hands_in("ann")
    (course.root / "grading").mkdir()
    (course.root / "grading" / "hw.json").write_text("{")
    status, said = course.grade()
    assert status == 1
    assert "is not what `course grade` writes" in said
    assert (course.root / "grading" / "hw.json").read_text() == "{"


def test_stock_nbgrader_gives_the_same_points(course):
    course.hands_in("ann", "import warnings\nwarnings.warn('careful')\n" + RIGHT)
    course.hands_in("bob", "import os; os._exit(3)")
    course.hands_in("cleo", name="HW (2)")
    two = course.hands_in("dora", name="hw-Copy1")
    course.release()
    shutil.copy(course.root / "assignments" / "hw" / "hw.ipynb", two.parent / "hw.ipynb")
    course.nbgrader("autograde", "hw")
    stock = course.scores()
    (course.root / "gradebook.db").unlink()
    shutil.rmtree(course.root / "autograded")
    status, said = course.grade()
    assert status == 0, said
    assert course.scores() == stock == {"ann": 5.5, "bob": 0.0, "cleo": 5.5, "dora": 5.5}


def test_feedback_shows_what_failed_and_no_hidden_test(course):
    leak = "def double(x):\n    print(get_ipython().user_ns['In'][-1])\n    return 1"
    for student, answer in (
        ("ann", RIGHT),
        ("bob", "def double(x):\n    return 1"),
        ("cleo", leak),
    ):
        course.hands_in(student, answer)
    course.grade()
    course.nbgrader("generate_feedback", "hw")
    for student in ("ann", "bob", "cleo"):
        html = (course.root / "feedback" / student / "hw" / "hw.html").read_text()
        assert "secret_number" not in html, student
        assert "7.25" not in html, student
        assert "HIDDEN TESTS" not in html, student
    bob = (course.root / "feedback" / "bob" / "hw" / "hw.html").read_text()
    assert "double of a number is wrong" in bob
    assert "assert double(1) == 2" in bob


def test_lateness_costs_what_the_settings_say_and_an_extension_gives_it_back(course):
    """As the guide tells instructors."""
    settings = course.root / "nbgrader_config.py"
    settings.write_text(settings.read_text() + TENTH_A_DAY)
    for student, when in (("ann", "01 22:00"), ("bob", "03 09:00"), ("cleo", "03 09:00")):
        notebook = course.hands_in(student)
        notebook.with_name("timestamp.txt").write_text(f"2026-03-{when}:00 UTC")
    course.release()
    course.is_due("2026-03-01 23:59:00 UTC")
    with course.gradebook() as book:
        book.update_or_create_student("cleo")
        book.update_or_create_submission("hw", "cleo")
        book.grant_extension("hw", "cleo", days=3)  # before it is graded
    status, said = course.grade()
    assert status == 0, said
    assert "bob: late by 33.0 hours" in said
    assert "ann: late" not in said
    assert "cleo: late" not in said
    assert exported(course) == {"ann": 5.5, "bob": 4.4, "cleo": 5.5}

    # All this after it was graded: nothing is run again, and what a person gave stays as it is.
    notebook = course.root / "autograded" / "bob" / "hw" / "hw.ipynb"
    before = notebook.stat().st_mtime_ns

    def told():
        said = []
        grade(open_course(course.root), "hw", say=said.append)
        assert "3 graded before, and not changed since." in said
        return [line.strip() for line in said if "takes off" in line]

    assert not told()
    with course.gradebook() as book:
        points = book.find_grade("double_more", "hw", "hw", "bob")
        points.manual_score, points.needs_manual_grade = 1, False
        book.db.commit()
    assert told() == ["bob: late by 33.0 hours, which now takes off 0.7 points (before: 1.1)."]
    with course.gradebook() as book:
        book.grant_extension("hw", "bob", days=1)
    assert told() == ["bob: late by 9.0 hours, which now takes off 0.35 points (before: 0.7)."]
    settings.write_text(settings.read_text().replace("0.1 *", "0.2 *"))
    assert told() == ["bob: late by 9.0 hours, which now takes off 0.7 points (before: 0.35)."]
    with course.gradebook() as book:
        book.grant_extension("hw", "bob", days=3)
    assert told() == ["bob: late by 0.0 hours, which now takes off 0 points (before: 0.7)."]
    assert course.records()["bob"]["late_seconds"] == 0
    assert not told()
    assert notebook.stat().st_mtime_ns == before
    with course.gradebook() as book:
        assert not book.find_grade("double_more", "hw", "hw", "bob").needs_manual_grade
    assert exported(course) == {"ann": 5.5, "bob": 3.5, "cleo": 5.5}


def exported(course):
    """Return the points that `nbgrader export` writes, by its plugin."""
    with course.gradebook() as book:
        CsvExportPlugin(to=str(course.root / "grades.csv")).export(book)
    with (course.root / "grades.csv").open(encoding="utf-8", newline="") as file:
        return {row["student_id"]: float(row["score"]) for row in csv.DictReader(file)}


def test_times_as_people_type_them_make_late_or_are_a_problem_and_never_another_time(course):
    stamps = {
        "ann": "2026-03-01-23-59-00",
        "bob": "2026-03-01 11:59:00 PM",
        "cy": "Sonntag, 1. März 2026, 23:59",
        "dan": "2026-03-02 00:59 +01:00",
        "eve": "02.03.2026 09:00",
        "fay": "23:59",
        "gus": "2026-03-01 11:59:00 UTC",
    }
    for student, stamp in stamps.items():
        path = course.hands_in(student)
        path.with_name("timestamp.txt").write_text(f"{stamp}\n", encoding="utf-8")
    course.release()
    course.is_due("2026-03-01 12:00:00 UTC")
    _, said = course.grade()
    records = course.records()
    late = {student: record["late_seconds"] / 60 for student, record in records.items()}
    after = 11 * 60 + 59
    assert late == dict.fromkeys(("ann", "bob", "cy", "dan"), after) | dict.fromkeys(
        ("eve", "fay", "gus"), 0
    )
    assert [student for student, record in records.items() if record["problems"]] == ["eve", "fay"]
    assert "'02.03.2026 09:00' may be 2 March or 3 February: write it as" in said


def test_work_that_is_no_notebook_is_unreadable_and_its_name_is_said(course):
    for student, name in (("ann", "hw.pdf"), ("bob", "hw.py"), ("cy", "hw.ipynb.docx")):
        path = course.root / "submitted" / student / "hw" / name
        path.parent.mkdir(parents=True)
        path.write_bytes(b"%PDF-1.7" if name.endswith("pdf") else b"import torch")
    course.hands_in("dan")
    course.grade()
    states = {student: record["state"] for student, record in course.records().items()}
    assert states == {"ann": "unreadable", "bob": "unreadable", "cy": "unreadable", "dan": "graded"}
    for student, name in (("ann", "hw.pdf"), ("bob", "hw.py"), ("cy", "hw.ipynb.docx")):
        (problem,) = course.records()[student]["problems"]
        assert name in problem, student
        assert problem in (course.root / "grading" / "hw.html").read_text(encoding="utf-8")
