"""Hostile cases are graded among honest students, who must not notice."""

import hashlib
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook

from embeddings_course._shared.folders import scratch_folder, walk
from embeddings_course.grading.isolation import sandbox
from embeddings_course.grading.submission_record import read_records
from grading.cases import CASES, neighbours
from grading.classroom import Class
from grading.hostile import FULL, TABLE, HandIn, assignment
from grading.stock import ALL, PAGE, read_outcomes, rendered

# What to do again as an ordinary user: a case of each kind.
AS_A_USER = (
    "exits",
    "daemon",
    "deletes-above",
    "memory",
    "opens-connection",
    "startup-file",
    "busy-sessions",
    "memory-of-many",
    "memory-without-name",
    "own-namespace",
    "fills-meeting",
    "looks-around",
)


# What takes from others while it runs, besides all of `cases/neighbours.py`.
GREEDY = {
    "daemon",
    "kills-all",
    "memory",
    "memory-in-tensors",
    "many-processes",
    "fills-disk",
    "endless-cell",
    "uninterruptible",
}
ASKED_FOR = {"fillers"}  # by its name, in tests that are not about every case
TOGETHER = 3


def seated(cases, together=TOGETHER):
    """Yield the cases in their order, and None where an honest student sits.

    An honest student protects two things. What a case leaves behind meets whoever is graded later:
    an honest one comes after a few cases, and the last one after all of them. What a case takes
    while it runs costs those who are graded at the same time, who are next in the queue: a greedy
    case sits between two honest students. Of the others most are honest enough for their
    neighbours: they are held to an exact state and score, so that they notice, too.
    """
    yield None
    since = 0
    for number, case in enumerate(cases):
        yield case
        since += 1
        beside = cases[number : number + 2]
        if since == together or len(beside) < 2 or any(map(is_greedy, beside)):
            yield None
            since = 0


def is_greedy(case):
    return case.id in GREEDY or case.edit.__module__ == neighbours.__name__


class Hostile(Class):
    """A class in which honest students sit among those of the cases."""

    name, full, together = "hw", FULL, TOGETHER

    def __init__(self, root, cases, *, alone=False):
        super().__init__(root)
        self.write_source(root / "source" / self.name)
        self.release(self.name)
        self.students = {}
        self.honest = []
        row = cases if alone else seated(cases, self.together)
        for number, case in enumerate(row):
            student = f"s{number:03}-{case.id if case else 'honest'}"
            folder = root / "submitted" / student / self.name
            released = root / "assignments" / self.name
            if case:
                self.students[case.id] = student
                submission = self.to_be_spoilt(folder, released)
                case.edit(submission)
            else:
                self.honest.append(student)
                submission = self.right(folder, released)
            submission.write()

    def write_source(self, source):
        """Write what the instructor has, and the settings."""
        nbformat.write(assignment(), source / "hw.ipynb")
        (source / "vectors.csv").write_text(TABLE)
        with (self.root / "nbgrader_config.py").open("a") as settings:
            settings.write("c.Execute.timeout = 6\n")
            # For the last output of a cell that cannot be interrupted: twice, in two runs.
            settings.write("c.RunNotebook.iopub_timeout = 15\n")

    def right(self, folder, released):
        """Return a submission that gets all points."""
        return HandIn(folder, released)

    def to_be_spoilt(self, folder, released):
        """Return what a case changes."""
        return self.right(folder, released)

    def tree(self):
        """Return a digest of each file that grading must leave alone."""
        found = {}
        for place in (self.root, self.home):
            for path, status in walk(place):
                inner = path.relative_to(place).parts
                made = inner[0] in ("autograded", "grading", "gradebook.db", ".cache", ".config")
                if (made and place == self.root) or not stat.S_ISREG(status.st_mode):
                    continue
                found[str(path)] = hashlib.sha256(path.read_bytes()).hexdigest()
        return found

    def run(self):
        self.before = self.tree()
        self.status, self.said = self.grade_apart(
            "--require-sandbox", assignment=self.name, patience=2400
        )
        self.after = self.tree()
        path = self.root / "grading" / f"{self.name}.json"
        self.found = read_records(path) if path.exists() else {}
        return self


def check(course, case):
    record = course.found[course.students[case.id]]
    told = f"{record.problems} {record.suspicious} {record.repaired}"
    if case.state is not None:
        assert record.state == case.state, told
    if case.suspicious is not None:
        assert bool(record.suspicious) == case.suspicious, told
    if case.repaired is not None:
        assert bool(record.repaired) == case.repaired, told
    if case.noted is not None:
        assert bool(record.noted) == case.noted, record.noted
    if case.score is not None or case.state == "unreadable":
        assert record.score == case.score, told


def check_the_others(course):
    assert course.status == 0, course.said
    for student in course.honest:
        record = course.found[student]
        assert (record.state, record.score) == ("graded", course.full), (student, record)
        assert not record.suspicious and not record.repaired, (student, record)
    assert course.before == course.after
    with Gradebook(f"sqlite:///{course.root / 'gradebook.db'}") as book:
        graded = book.assignment_submissions(course.name)
        scores = {each.student_id: each.score for each in graded}
    for student, record in course.found.items():
        if record.score is not None:
            assert scores[student] == record.score
    mark = f"HOME={course.home}".encode()
    for environ in Path("/proc").glob("[0-9]*/environ"):
        try:
            assert mark not in environ.read_bytes(), environ
        except OSError:
            continue
    # Those in the sandbox have a home of their own.
    listed = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True).stdout
    assert f"course-grade-{course.run_number}-" not in listed


def needs_sandbox():
    reason = sandbox.reason_against()
    if reason and not os.environ.get("CI"):
        pytest.skip(reason)
    assert reason is None, reason


@pytest.fixture(scope="module")
def course(request, tmp_path_factory):
    needs_sandbox()
    cases = CASES
    if request.config.getoption("draw"):
        asked = {item.callspec.id for item in request.session.items if hasattr(item, "callspec")}
        cases = [case for case in CASES if case.id in asked | ASKED_FOR]
    with scratch_folder("hostile-", tmp_path_factory.mktemp("hostile")) as folder:
        yield Hostile(folder / "course", cases).run()


@pytest.mark.slow
@pytest.mark.drawn
@pytest.mark.parametrize(
    "case",
    [
        pytest.param(
            case,
            id=case.id,
            marks=pytest.mark.xfail(reason=case.known, strict=True) if case.known else (),
        )
        for case in CASES
    ],
)
def test_a_case_gets_what_is_due(course, case):
    check(course, case)


@pytest.mark.slow
def test_nobody_else_notices_and_nothing_else_changes(course):
    check_the_others(course)
    with course.gradebook() as book:
        assert book.find_submission("hw", course.honest[0]).needs_manual_grade


@pytest.mark.slow
def test_what_is_kept_and_told_of_a_submission_is_bounded_and_printable(course):
    assert all(line.isprintable() for line in course.said.splitlines())
    assert (course.root / "grading" / "hw.json").stat().st_size < 5_000 * len(course.found)
    for student in course.students.values():
        notebook = course.root / "autograded" / student / "hw" / "hw.ipynb"
        if notebook.exists() and "large-source" not in student:
            assert notebook.stat().st_size < 5_000_000, student


@pytest.mark.slow
def test_what_the_grader_found_comes_before_what_a_kernel_says(course):
    told = course.found[course.students["fillers"]].suspicious
    assert "double_basics" in told[0]
    assert len(told) == 11


@pytest.mark.slow
def test_other_commands_take_the_class_as_it_is(course):
    for command in (["report", "hw"], ["grades", "export", "--format", "csv", "--partial"]):
        status, said = course.command(*command)
        assert status == 0 and "Traceback" not in said, said


@pytest.mark.slow
def test_feedback_tells_no_hidden_test(course):
    others = ",".join(course.honest[1:])
    course.nbgrader(
        *("generate_feedback", "hw", "--TellPoints.partial=True"),
        f"--CourseDirectory.student_id_exclude={others}",
    )
    for student in (*course.honest[:1], *course.students.values()):
        pages = list((course.root / "feedback" / student).rglob("*.html"))
        assert pages or course.records()[student]["score"] is None, student
        for path in pages:
            text = path.read_text(encoding="utf-8")
            for words in ("torch.full", "BEGIN HIDDEN"):
                assert words not in text, student


def test_every_case_has_honest_students_near_it_and_a_greedy_one_on_both_sides():
    assert {case.id for case in CASES} >= GREEDY
    row = list(seated(CASES))
    assert [case for case in row if case] == CASES
    assert row[0] is row[-1] is None
    for number, case in enumerate(row):
        if case and is_greedy(case):
            assert row[number - 1] is row[number + 1] is None, case.id
        assert None in row[number : number + TOGETHER + 1]


def test_no_two_cases_have_one_name():
    names = [case.id for case in ALL]
    assert sorted(set(names)) == sorted(names)


def test_the_table_beside_stock_nbgrader_holds_every_case():
    assert list(read_outcomes()) == [case.id for case in ALL], "run tests/grading/stock.py"
    assert PAGE.read_text(encoding="utf-8") == rendered(read_outcomes())


@pytest.mark.slow
@pytest.mark.skipif(
    os.name == "nt" or os.geteuid() != 0 or not shutil.which("unshare"),
    reason="whoever runs this is an ordinary user already",
)
def test_an_ordinary_user_is_protected_as_well(tmp_path, monkeypatch):
    needs_sandbox()
    cases = [case for case in CASES if case.id in AS_A_USER]
    course = Hostile(tmp_path / "course", cases)
    ordinary = tmp_path / "python"
    # Control groups are for root; without them other bounds hold.
    ordinary.write_text(
        "#!/bin/sh\nexec unshare --mount sh -c 'mount -t tmpfs none /sys/fs/cgroup && "
        f'exec unshare --user --map-user=1000 --map-group=1000 {sys.executable} "$@"\' sh "$@"\n'
    )
    ordinary.chmod(0o755)
    monkeypatch.setattr("grading.classroom.PYTHON", str(ordinary))
    course.run()
    for case in cases:
        check(course, case)
    check_the_others(course)
