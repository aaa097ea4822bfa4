"""The report of a graded class: what an instructor sees, and what nobody can do to it."""

import csv
import io
import json
import os
import random
import re
import shutil
from datetime import UTC, datetime, timedelta

import pytest
from nbgrader.api import Gradebook

from assignments.graders import read_source
from embeddings_course import cli
from embeddings_course.grading.course import open_course
from embeddings_course.grading.demo_class.exercise_answers import exercises
from embeddings_course.grading.errors import GradingError
from embeddings_course.grading.report.exercise_statistics import analyse, look_at
from embeddings_course.grading.report.page import histogram
from embeddings_course.grading.report.write import (
    Report,
    read_report,
    to_csv,
    to_html,
    write_report,
)
from embeddings_course.grading.submission_record import Record, write_records
from embeddings_course.grading.submissions.status import digests
from grading.classroom import TENTH_A_DAY
from helpers.browser import DESKTOP, PHONE, barriers, wait_for
from helpers.refusals import says
from helpers.repository import ROOT

# Points of the test cells; an exercise is what the tests are named after.
CELLS = {
    "lookup_rows": 2,
    "lookup_more": 3,
    "sgd-step_basics": 2,
    "sgd-step_more": 2,
    "checks_nothing": 0,
    "justification": 6,
}
EXERCISES = ["lookup", "sgd-step", "justification"]
DUE = datetime(2026, 3, 1)
HOSTILE = '<script>document.title = "taken over"</script>'


class Graded:
    """A course in which an assignment was graded, by what grading leaves behind."""

    def __init__(self, root, empty, cells=CELLS):
        root.mkdir(parents=True)
        settings = (ROOT / "nbgrader_config.py").read_text() + TENTH_A_DAY
        (root / "nbgrader_config.py").write_text(settings)
        shutil.copy(empty, root / "gradebook.db")
        self.root, self.cells, self.records = root, cells, {}
        source(root, cells)
        self.gradebook = Gradebook(f"sqlite:///{root / 'gradebook.db'}", "embeddings")
        with self.gradebook as book:
            book.add_assignment("hw", duedate=DUE)
            book.add_notebook("hw", "hw")
            for solution in ("lookup", "sgd-step", "justification"):
                book.add_solution_cell(solution, "hw", "hw")
            for name, points in cells.items():
                kind = "markdown" if name == "justification" else "code"
                book.add_grade_cell(name, "hw", "hw", max_score=points, cell_type=kind)

    def enrols(self, student, first=None, last=None):
        with self.gradebook as book:
            book.update_or_create_student(student, first_name=first, last_name=last)

    def grades(self, student, points=None, *, penalty=0, first=None, last=None, **record):
        """Points are a number for each cell, None where a person has to give them."""
        values = {"state": "graded", "seconds": 6.25, "peak_memory": 312_000_000} | record
        if points is not None:
            self.enrols(student, first, last)
            with self.gradebook as book:
                late = timedelta(seconds=record.get("late_seconds", 0))
                submission = book.update_or_create_submission("hw", student, timestamp=DUE + late)
                submission.notebooks[0].late_submission_penalty = penalty
                for name, earned in zip(self.cells, points, strict=True):
                    grade = book.find_grade(name, "hw", "hw", student)
                    grade.auto_score, grade.needs_manual_grade = earned, earned is None
                book.db.commit()
            if values["state"] in ("graded", "kernel-died", "timed-out"):
                values |= {"score": sum(filter(None, points)), "max_score": 15.0}
        self.records[student] = Record(**values)
        write_records(self.root / "grading" / "hw.json", self.records, assignment="hw")

    def gives_by_hand(self, student, cell, points):
        with self.gradebook as book:
            grade = book.find_grade(cell, "hw", "hw", student)
            grade.manual_score, grade.needs_manual_grade = points, False
            book.db.commit()

    @property
    def course(self):
        return open_course(self.root)

    def report(self) -> Report:
        return read_report(self.course, "hw")

    def student(self, id):
        return next(student for student in self.report().students if student.id == id)

    def rows(self):
        return {row["id"]: row for row in csv.DictReader(io.StringIO(to_csv(self.report())))}


def source(root, cells):
    """Write as much of the source notebook as a report reads."""
    marks = [{"metadata": {"nbgrader": {"grade_id": cell}}} for cell in cells]
    path = root / "source" / "hw" / "hw.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"cells": [{"metadata": {}}, *marks]}), encoding="utf-8")


@pytest.fixture
def graded(tmp_path, empty):
    return Graded(tmp_path / "course", empty)


@pytest.fixture(scope="module")
def small(tmp_path_factory, empty):
    """Eight students, to each of whom something else has happened."""
    made = Graded(tmp_path_factory.mktemp("small") / "course", empty)
    made.grades("ann", [2, 3, 2, 2, 0, None], first="Ann", last="Arber")
    made.grades(
        "bob",
        [2, 0, 0, 0, 0, None],
        late_seconds=33 * 3600,
        penalty=0.4,
        repaired=["The cell 'lookup_more' was deleted: it is back."],
    )
    made.grades("cleo", [2, 0, 0, 0, 0, None], state="kernel-died", problems=["The kernel ended."])
    made.grades("dora", state="unreadable", problems=["hw.ipynb was not handed in whole."])
    made.grades("fred", [0, 0, 0, 0, 0, 0])
    made.grades("gus", state="failed", problems=["nbgrader gives no reason"])
    made.grades("hal", [2, 3, 2, 1.5, 0, 4], suspicious=["A function of the tests was replaced."])
    made.enrols("eve", "Eve", "Ödegård")
    made.gives_by_hand("ann", "justification", 5)
    return made


def test_points_are_those_of_exercises_and_a_persons_points_count(small):
    report = small.report()
    assert [exercise.name for exercise in report.exercises] == EXERCISES
    assert report.max_score == 15
    rows = small.rows()
    assert list(rows) == ["ann", "bob", "cleo", "dora", "eve", "fred", "gus", "hal"]
    assert [rows["ann"][name] for name in ("name", "total", *EXERCISES)] == [
        "Ann Arber", "14", "5", "4", "5",
    ]  # fmt: skip
    assert rows["hal"]["sgd-step"] == "3.5"
    assert rows["ann"]["needs grading"] == ""
    assert rows["bob"]["needs grading"] == "justification"
    assert rows["bob"]["justification"] == "", "no zero before a person has graded it"
    assert (rows["fred"]["needs grading"], rows["fred"]["justification"]) == ("", "0")
    assert small.student("bob").waiting and not small.student("ann").waiting


def test_a_penalty_follows_from_the_points_as_they_are_now(graded, capsys):
    graded.grades("bob", [2, 0, 0, 0, 0, None], late_seconds=33 * 3600, penalty=0.4)
    graded.gives_by_hand("bob", "justification", 4)
    with graded.gradebook as book:
        book.update_or_create_assignment("hw", duedate=DUE - timedelta(days=1))
    page = write_report(graded.course, "hw")
    said = capsys.readouterr().out
    assert said == "  bob: late by 57.0 hours, which now takes off 1.8 points (before: 0.4).\n"
    (row,) = csv.DictReader(page.with_suffix(".csv").read_text("utf-8-sig").splitlines())
    assert (row["total"], row["penalty"], row["late hours"]) == ("4.2", "1.8", "57")


def test_a_penalty_is_taken_off_as_nbgrader_exports_it(small):
    bob = small.rows()["bob"]
    assert (bob["total"], bob["penalty"], bob["late hours"]) == ("1.6", "0.4", "33")


def test_a_broken_submission_is_no_honest_zero(small):
    rows, page = small.rows(), to_html(small.report())
    assert (rows["fred"]["state"], rows["fred"]["total"]) == ("graded", "0")
    assert "no score" not in row_of(page, "fred")
    for student, state, words in (
        ("dora", "unreadable", "unreadable"),
        ("gus", "failed", "grading failed"),
        ("eve", "missing", "not handed in"),
    ):
        assert rows[student]["state"] == state
        assert {rows[student][name] for name in ("total", "late hours", *EXERCISES)} == {""}
        shown = row_of(page, student)
        assert words in shown and "no score" in shown
        assert not re.search(r">0<", shown)


def row_of(page, student):
    return next(line for line in page.splitlines() if f'<th scope="row"><bdi>{student}<' in line)


def test_an_earlier_submissions_points_count_for_nothing_and_are_named(graded):
    graded.grades("ann", [2, 3, 2, 2, 0, 0])
    graded.grades("ann", state="unreadable", problems=["The file is empty."])
    assert graded.rows()["ann"]["total"] == ""
    assert "The gradebook has 9 points of an earlier submission" in graded.rows()["ann"]["problems"]


def test_an_extension_before_anything_was_handed_in_is_no_submission(graded):
    graded.grades("ann", [2, 3, 2, 2, 0, 0])
    graded.enrols("bob")
    with graded.gradebook as book:
        book.update_or_create_submission("hw", "bob")
        book.grant_extension("hw", "bob", days=3)
    bob = graded.student("bob")
    assert (bob.state, bob.total, bob.waiting) == ("missing", None, False)


def test_who_handed_in_and_was_not_graded_is_told_from_who_did_not(graded):
    graded.grades("ann", [2, 3, 2, 2, 0, 0])
    graded.grades("bob", state="missing")
    for student in ("bob", "zoe"):
        (graded.root / "submitted" / student / "hw").mkdir(parents=True)
    graded.enrols("eve")
    states = {student.id: student.state for student in graded.report().students}
    assert states == {
        "ann": "graded", "bob": "not-graded", "eve": "missing", "zoe": "not-graded",
    }  # fmt: skip


def test_who_handed_in_anew_since_grading_is_told(graded):
    folder = graded.root / "submitted" / "ann" / "hw"
    folder.mkdir(parents=True)
    (folder / "hw.ipynb").write_text("first")
    digest = digests(graded.course, "hw", graded.course.handed_in("hw"))["ann"]
    graded.grades("ann", [2, 3, 2, 2, 0, 0], submission=digest)
    assert not graded.student("ann").changed
    (folder / "hw.ipynb").write_text("second")
    assert graded.rows()["ann"]["total"] == "9"
    told = "Something else has been handed in since it was graded: grade again."
    assert graded.rows()["ann"]["problems"] == told
    assert told in to_html(graded.report())


def test_who_needs_a_person_is_listed_with_the_reason(small):
    page = to_html(small.report())
    attention = page.partition('id="attention"')[2].partition("</section>")[0]
    groups = dict(re.findall(r"<h3>(.*?) <b>\((\d+)\)</b></h3>", attention))
    assert groups == {
        "Grading failed": "1",
        "Unreadable": "1",
        "Kernel died": "1",
        "Suspicious": "1",
        "To grade by hand: justification": "2",
        "Not handed in": "1",
    }
    for sentence in ("hw.ipynb was not handed in whole.", "A function of the tests was replaced."):
        assert sentence in attention
    counts = dict(re.findall(r"<li class=\"([\w-]+)\"><b>(\d+)</b>", page))
    assert counts == {
        "graded": "4", "kernel-died": "1", "unreadable": "1", "failed": "1", "missing": "1",
    }  # fmt: skip


def test_a_zero_with_a_problem_is_told_before_points_by_hand_and_can_be_searched_for(graded):
    graded.grades("ann", [0, 0, 0, 0, 0, None])
    graded.grades("bob", [0, 0, 0, 0, 0, 0], problems=["There are no answers: ask for the file."])
    page = to_html(graded.report())
    attention = page.partition('id="attention"')[2].partition("</section>")[0]
    groups = re.findall(r"<h3>(.*?) <b>\((\d+)\)</b></h3>", attention)
    assert groups == [("Graded, with a problem", "1"), ("To grade by hand: justification", "1")]
    assert "There are no answers: ask for the file." in attention
    assert "1 graded with a problem" in page.partition("</header>")[0]
    assert '<option value="problem">Graded, with a problem</option>' in page
    assert 'data-is="graded problem"' in row_of(page, "bob")
    assert "problem" not in row_of(page, "ann")


def test_a_class_without_trouble_needs_nobody(graded):
    graded.grades("ann", [2, 3, 2, 2, 0, 0])
    page = to_html(graded.report())
    assert "Nobody: all were graded" in page


def test_files_are_linked_from_the_report_if_they_exist(graded):
    student = "a b#1?%41"
    graded.grades(student, [2, 3, 2, 2, 0, 0])
    graded.grades("bob", [2, 3, 2, 2, 0, 0])
    feedback = graded.root / "feedback" / student / "hw" / "hw.html"
    feedback.parent.mkdir(parents=True)
    feedback.write_text("well done")
    page = to_html(graded.report())
    assert 'href="../feedback/a%20b%231%3F%2541/hw/hw.html"' in page
    assert "feedback" not in row_of(page, "bob")
    assert "autograded" not in page


def test_exercises_are_in_the_order_of_the_source_and_follow_solutions(tmp_path, empty):
    cells = dict.fromkeys(["test_mean_1", "test_mean_2", "q10_a", "q2_a", "lookup_by_two_names"], 1)
    made = Graded(tmp_path / "course", empty, cells)
    made.grades("ann", [1] * 5)
    with made.gradebook as book:
        book.add_solution_cell("lookup_by", "hw", "hw")

    def names():
        return [exercise.name for exercise in made.report().exercises]

    assert names() == ["test_mean", "q10", "q2", "lookup_by"]
    source(made.root, ["q10_a", "test_mean_1", "q2_a", "lookup_by_two_names", "test_mean_2"])
    assert names() == ["q10", "test_mean", "q2", "lookup_by"]
    (made.root / "source" / "hw" / "hw.ipynb").write_text("not here")
    assert names() == ["lookup_by", "q2", "q10", "test_mean"]


@pytest.mark.parametrize("name", ["backbone-features", "reuse-and-alignment", "token-embeddings"])
def test_exercises_of_the_courses_own_assignments_are_those_that_its_graders_know(
    tmp_path, empty, name
):
    notebook = read_source(name)
    marks = [cell.metadata.get("nbgrader", {}) for cell in notebook.cells]
    cells = {mark.grade_id: mark.points for mark in marks if mark.get("grade")}
    made = Graded(tmp_path / "course", empty, cells)
    with made.gradebook as book:
        for mark in marks:
            if mark.get("solution"):
                book.update_or_create_solution_cell(mark.grade_id, "hw", "hw")
    made.grades("ann", list(cells.values()))
    found = {each.name: each.cells for each in made.report().exercises}
    by_hand = {"justification": {"justification": 6}} if "justification" in cells else {}
    assert found == exercises(notebook) | by_hand
    assert list(found) == [*exercises(notebook), *by_hand]
    assert made.student("ann").total == sum(cells.values())


def test_nothing_that_students_bring_in_is_read_as_markup(graded):
    graded.grades(
        f'"><{HOSTILE}',
        [2, 0, 0, 0, 0, None],
        first=HOSTILE,
        suspicious=[HOSTILE, "\N{RIGHT-TO-LEFT OVERRIDE}sdrawkcab\x1b[2J", "x" * 10_000],
        repaired=[HOSTILE],
        state="kernel-died",
        problems=[HOSTILE],
    )
    page = to_html(graded.report())
    assert page.count("<script>") == 1
    assert "\N{RIGHT-TO-LEFT OVERRIDE}" not in page and "\x1b" not in page
    assert "x" * 600 not in page
    assert "script-src 'sha256-" in page and "unsafe" not in page


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t=", "\n=", " =", "＝"])  # noqa: RUF001
def test_no_cell_of_the_table_becomes_a_formula(graded, sign):
    hostile = f"{sign}HYPERLINK(1)"
    graded.grades(
        "-1+1", [2, 0, 0, 0, 0, -1], first=hostile, repaired=[hostile], problems=[hostile]
    )
    row = graded.rows()["'-1+1"]
    for name in ("name", "repaired", "problems"):
        assert row[name].startswith("'"), row
    assert row["justification"] == "-1", "a number stays a number"


def test_exercises_that_look_badly_posed_are_named(graded):
    for number in range(12):
        good = number % 2
        # The first: nobody passes one of its tests. The second: those who are good do worse.
        graded.grades(f"s{number:02}", [2 * good, 0, 2 - 2 * good, 0, 0, 6 * good])
    said = look_at(analyse(graded.report()))
    assert [line.split(":")[0] for line in said] == ["lookup", "sgd-step", "sgd-step"]
    assert "nobody earns a point in lookup_more, which is worth 3" in said[0]
    assert "do worse here (item-rest correlation -1.00" in said[2]

    for number in range(12):
        graded.grades(f"s{number:02}", [2, 3, 0, 0, 0, number % 5])
    said = look_at(analyse(graded.report()))
    assert said[0] == "lookup: everybody has all points, so it tells nobody apart."
    assert said[1].startswith("sgd-step: nobody has a point; look whether its tests pass")
    assert len(said) == 2


def test_statistics_leave_out_what_was_not_run_or_waits_for_a_person(graded):
    for number in range(4):
        graded.grades(f"s{number}", [2, 3, 2, number / 2, 0, None])
    graded.grades("cleo", [0, 0, 0, 0, 0, 0], state="kernel-died")
    graded.grades("dora", state="unreadable")
    graded.grades("eve", score=9.0)  # of whom the gradebook has lost the points
    assert graded.student("eve").total == 9
    assert "The gradebook has no points of it" in graded.rows()["eve"]["problems"]
    lookup, step, justification = analyse(graded.report())
    assert (lookup.counted, lookup.mean, lookup.all_points, lookup.no_points) == (4, 1, 1, 0)
    assert step.counted == 4 and step.mean == pytest.approx(2.75 / 4)
    assert step.undefined == "everybody has the same score on the rest"
    assert (justification.counted, justification.mean) == (0, None)


def test_of_a_handful_it_is_said_that_the_numbers_say_little(small):
    assert look_at(analyse(small.report()))[0].startswith("Only 4 submissions")
    assert "too few to say" in look_at([])[0]


def test_in_a_small_class_chance_is_not_taken_for_a_fault(graded):
    for number in range(6):
        graded.grades(f"s{number}", [2 * (number % 2), 0, 2 * (number < 2), 0, 0, number])
    lookup, step, _ = analyse(graded.report())
    assert step.discrimination < -0.5
    assert not [line for line in look_at([lookup, step]) if "do worse" in line]


def test_a_state_that_the_report_does_not_know_is_shown_and_needs_a_person(graded):
    graded.grades("ann", state="eaten-by-dog", problems=["Only crumbs are left."])
    page = to_html(graded.report())
    assert "<b>1</b> grading failed" in page
    attention = page.partition('id="attention"')[2].partition("</section>")[0]
    assert "not valid (state is none of the states): grade it again" in attention
    assert "no score" in row_of(page, "ann")


def test_of_several_notebooks_each_has_its_exercises(graded):
    with graded.gradebook as book:
        book.add_notebook("more", "hw")
        book.add_grade_cell("lookup_rows", "more", "hw", max_score=7, cell_type="code")
    graded.grades("ann", [2, 3, 2, 2, 0, 0])
    names = [exercise.name for exercise in graded.report().exercises]
    assert names == ["hw/lookup", "hw/sgd-step", "hw/justification", "more/lookup"]


def test_names_of_folders_that_are_no_text_spoil_nothing(graded):
    graded.grades("ann", [2, 3, 2, 2, 0, 0])
    (graded.root / "submitted" / os.fsdecode(b"caf\xe9") / "hw").mkdir(parents=True)
    page = write_report(graded.course, "hw")
    attention = page.read_text(encoding="utf-8").partition('id="attention"')[2]
    assert r"caf\udce9" in attention.partition("</section>")[0]


def test_a_histogram_counts_everybody_once():
    assert histogram([0, 1, 1, 2, 3], 2) == [("0", 1), ("1", 2), ("2", 2)]
    halves = dict(histogram([0, 0.5, 4.4, 5, 6], 5))
    assert sum(halves.values()) == 5
    assert halves["0.5 to below 1"] == 1 and halves["4.5 to 5"] == 2


def test_what_cannot_be_reported_is_a_sentence_and_writes_nothing(graded, empty, complaints):
    arguments = ["report", "hw", "--course", str(graded.root)]
    assert cli.main(arguments) == 1
    says(complaints.pop(), "report-never-graded", "hw", "course grade hw")
    graded.grades("ann", [2, 3, 2, 2, 0, 0])
    elsewhere = graded.root / "other.db"
    assert cli.main([*arguments, "--db", f"sqlite:///{elsewhere}"]) == 1
    says(complaints.pop(), "report-gradebook-missing", elsewhere)
    assert not elsewhere.exists()
    shutil.copy(empty, elsewhere)
    assert cli.main([*arguments, "--db", f"sqlite:///{elsewhere}"]) == 1
    says(complaints.pop(), "report-assignment-unknown", "hw")
    (graded.root / "grading" / "hw.json").write_text("{")
    assert cli.main(arguments) == 1
    says(complaints.pop(), "grading-record-damaged", "hw.json")
    assert [path.name for path in (graded.root / "grading").iterdir()] == ["hw.json"]
    with pytest.raises(GradingError):
        write_report(graded.course, "../hw")


def test_course_report_writes_page_and_table_anew_and_says_where(graded, capsys):
    graded.grades("ann", [2, 3, 2, 2, 0, None], first="Zoë")
    assert cli.main(["report", "hw", "--course", str(graded.root)]) == 0
    page = graded.root / "grading" / "hw.html"
    assert capsys.readouterr().out.strip().endswith(page.as_uri())
    table = page.with_suffix(".csv")
    assert table.read_bytes().startswith(b"\xef\xbb\xbf"), "else spreadsheets garble names"
    assert "Zoë" in table.read_text(encoding="utf-8")
    graded.gives_by_hand("ann", "justification", 5)
    assert cli.main(["report", "hw", "--course", str(graded.root)]) == 0
    with table.open(encoding="utf-8-sig", newline="") as file:
        assert next(csv.DictReader(file))["total"] == "14"
    assert "by hand" in page.read_text(encoding="utf-8")
    assert sorted(path.name for path in page.parent.iterdir()) == ["hw.csv", "hw.html", "hw.json"]


# A class of five hundred, and the page in a browser ----------------------------------------------


def large_class(root, empty, number=500):
    """A class in which everything happens to somebody, with as many test cells as assignments have.

    Rows are written straight away, as going through nbgrader's objects takes a minute.
    """
    from nbgrader.api import Grade, SubmittedAssignment, SubmittedNotebook
    from nbgrader.api import Student as Person

    chance = random.Random(7)
    names = [
        f"{word}-exercise_{part}" for word in "abcdefghi" for part in ("basics", "more", "edge")
    ]
    made = Graded(root, empty, dict.fromkeys(names, 2) | {"justification": 6})
    records = {}
    with made.gradebook as book:
        entry = book.find_assignment("hw")
        notebook = book.find_notebook("hw", "hw")
        for place in range(number):
            id = f"student{place:03}"
            book.db.add(Person(id=id, first_name="Given", last_name=f"Family{place}"))
            state = chance.choices(
                ["graded", "kernel-died", "timed-out", "unreadable", "failed", "missing"],
                [90, 3, 2, 2, 1, 2],
            )[0]
            record = Record(state=state, seconds=chance.uniform(3, 9), peak_memory=310_000_000)
            if state not in ("graded", "missing"):
                record.problems.append(
                    "What went wrong is said in a sentence of usual length here."
                )
            if chance.random() < 0.1:
                record.repaired.append("The cell 'a-exercise_more' had been deleted: it is back.")
            if chance.random() < 0.05:
                record.suspicious.append(
                    "The function 'attempt' of the tests was replaced by code."
                )
            records[id] = record
            if state in ("unreadable", "failed", "missing"):
                continue
            skill = chance.random()
            submission = SubmittedAssignment(assignment=entry, student_id=id)
            inner = SubmittedNotebook(notebook=notebook, assignment=submission)
            for cell in notebook.grade_cells:
                by_hand = cell.name == "justification"
                waits = by_hand and chance.random() < 0.5
                earned = chance.choice([3, 4, 5, 6]) if by_hand else 2 * (chance.random() < skill)
                Grade(
                    cell_id=cell.id,
                    notebook=inner,
                    auto_score=None if by_hand else earned,
                    manual_score=earned if by_hand and not waits else None,
                    needs_manual_grade=waits,
                )
            book.db.add(submission)
        book.db.commit()
    write_records(root / "grading" / "hw.json", records, assignment="hw")
    return made


@pytest.fixture(scope="module")
def large(tmp_path_factory, empty):
    made = large_class(tmp_path_factory.mktemp("large") / "course", empty)
    return write_report(made.course, "hw")


@pytest.fixture(scope="module")
def page(small):
    return write_report(small.course, "hw")


def test_the_page_of_500_students_stays_small(large):
    assert large.stat().st_size < 1_500_000
    assert large.read_text(encoding="utf-8").count("<tr id=") == 500


def students(tab):
    return tab.locator("#class tbody tr:visible th > bdi").all_inner_texts()


def test_search_filter_and_sorting_work_offline_from_a_file(page, tab):
    tab.goto(page.as_uri())
    everybody = ["ann", "bob", "cleo", "dora", "eve", "fred", "gus", "hal"]
    assert students(tab) == everybody
    tab.get_by_label("Search").fill("replaced")  # in a sentence that is folded
    assert students(tab) == ["hal"]
    assert tab.locator("#shown").inner_text() == "1 of 8 shown"
    tab.get_by_label("Search").fill("ÖDEGÅRD")
    assert students(tab) == ["eve"]
    tab.get_by_label("Search").fill("")
    tab.get_by_label("Show").select_option("Unreadable")
    assert students(tab) == ["dora"]
    tab.get_by_label("Show").select_option("To grade by hand")
    assert students(tab) == ["bob", "cleo"]
    tab.locator("#attention ~ details a", has_text="hal").first.click()
    assert students(tab) == everybody, "a link to somebody who is filtered out shows them"
    total = tab.locator("#class th", has_text="Total")
    total.get_by_role("button").focus()
    tab.keyboard.press("Enter")
    assert total.get_attribute("aria-sort") == "descending"
    assert students(tab) == ["ann", "hal", "cleo", "bob", "fred", "dora", "eve", "gus"]
    tab.keyboard.press("Enter")
    assert total.get_attribute("aria-sort") == "ascending"
    assert students(tab) == ["fred", "bob", "cleo", "hal", "ann", "dora", "eve", "gus"]
    assert "hal" in tab.locator("#attention ~ details").all_inner_texts()[3]
    state = tab.locator("#class th", has_text="State")
    state.get_by_role("button").click()
    assert total.get_attribute("aria-sort") is None
    assert students(tab) == ["ann", "bob", "fred", "hal", "cleo", "dora", "gus", "eve"]
    assert not tab.wrong


def test_what_students_bring_in_runs_nowhere(graded, tab):
    graded.grades(f'"><{HOSTILE}', [2, 0, 0, 0, 0, 0], first=HOSTILE, suspicious=[HOSTILE])
    tab.goto(write_report(graded.course, "hw").as_uri())
    tab.get_by_label("Search").fill("<script>")
    assert len(students(tab)) == 1
    assert "taken over" not in tab.title()
    # And if something slipped through, the page's own policy would stop it.
    ran = tab.evaluate(
        """() => {
            const script = document.createElement("script");
            script.textContent = "window.ran = true";
            document.body.append(script);
            return window.ran === true;
        }"""
    )
    assert not ran


def test_without_javascript_there_is_a_plain_table_and_no_dead_control(page, browser):
    context = browser.new_context(java_script_enabled=False)
    try:
        tab = context.new_page()
        tab.goto(page.as_uri())
        assert len(students(tab)) == 8
        assert tab.locator("button").count() == 0
        assert tab.locator("[aria-sort]").count() == 0
        assert not tab.locator("input, select").first.is_visible()
        assert not tab.locator(".controls").is_visible()
    finally:
        context.close()


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_barrier(page, browser, viewport, scheme):
    # axe comes in by a script, which the page's policy would stop.
    context = browser.new_context(viewport=viewport, color_scheme=scheme, bypass_csp=True)
    try:
        tab = context.new_page()
        tab.goto(page.as_uri())
        tab.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true; })")
        assert not barriers(tab)
        wide = tab.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, "only the table scrolls sideways, in its own box"
    finally:
        context.close()


@pytest.mark.parametrize("tab", [PHONE], ids=["phone"], indirect=True)
def test_heads_and_students_stay_in_sight_while_the_table_scrolls(large, tab):
    tab.goto(large.as_uri())
    tab.locator(".scroll[tabindex='0']").focus()  # Chromium needs no tabindex, others do
    tab.keyboard.press("ArrowRight")
    # Not by wait_for_function: the page's policy lets no text be run as code, and it may have to
    # look twice.
    table = tab.locator(".scroll")
    wait_for(lambda: table.evaluate("box => box.scrollLeft") > 0)
    table.evaluate("box => box.scrollTo(600, 4000)")
    box = table.bounding_box()
    name = tab.locator("#class tbody tr").nth(120).locator("th").bounding_box()
    head = tab.locator("#class thead th").nth(8).bounding_box()
    assert abs(name["x"] - box["x"]) < 3
    assert abs(head["y"] - box["y"]) < 3
    assert name["width"] < 0.45 * box["width"]
    assert not tab.wrong


def test_the_report_says_when_it_was_written(small):
    written = small.report().written
    assert abs((datetime.now(UTC) - written).total_seconds()) < 60
