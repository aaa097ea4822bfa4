"""``course grades export``: tables for Canvas, Moodle and a spreadsheet."""

import csv
from datetime import datetime

import pytest
from nbgrader.api import Gradebook

from embeddings_course import cli
from embeddings_course.grading.course import open_course
from embeddings_course.grading.errors import GradingError
from embeddings_course.grading.lms.grade_export import export, read_grades
from embeddings_course.grading.submission_record import Record, read_records, write_records
from embeddings_course.grading.submissions.status import digests
from grading.classroom import TENTH_A_DAY, Class
from helpers.refusals import raises, says

STUDENTS = {
    "ada": ("Ada", "Lovelace", "501", Record(state="graded", score=5.5), 5.5),
    "grace": ("Grace", "Hopper", "502", Record(state="kernel-died", score=2.0), 2.0),
    "zero": ("Emil", "Null", "503", Record(state="graded", score=0.0), 0.0),
    "broken": ("=Bo", "Ng", "504", Record(state="unreadable"), None),
    "absent": ("Cy", "Dee", "", Record(state="missing"), None),
    "failed": ("Eve", "Fox", "506", Record(state="failed"), None),
}
ROSTER = """\
Student,ID,SIS User ID,SIS Login ID,Section,hw (4711),Other (4712)
    Points Possible,,,,,{},10
"Lovelace, Ada",501,u1,a.lovelace,Spring,,
"Hopper, Grace",502,u2,g.hopper,Spring,,
"Stranger, A",999,u9,stranger,Spring,,
"Student, Test",600,,,Spring,,
"""


@pytest.fixture
def course(tmp_path):
    """A class whose grades are in the gradebook, as grading leaves them there."""
    made = Class(tmp_path / "course")
    opened = open_course(made.root)
    with opened.gradebook() as book:
        book.add_assignment("hw", duedate=datetime(2026, 3, 1))
        book.add_notebook("hw", "hw")
        for name, points in (("code", 6), ("words", 4)):
            book.add_grade_cell(name, "hw", "hw", max_score=points, cell_type="code")
        for student, (first, last, number, _, points) in STUDENTS.items():
            book.add_student(student, first_name=first, last_name=last, lms_user_id=number)
            if points is None:
                continue
            book.add_submission("hw", student, timestamp=datetime(2026, 2, 1))
            grade = book.find_grade("code", "hw", "hw", student)
            grade.auto_score, grade.needs_manual_grade = points, False
            book.find_grade("words", "hw", "hw", student).needs_manual_grade = False
        book.db.commit()
    records = {student: record for student, (*_, record, _) in STUDENTS.items()}
    write_records(made.root / "grading" / "hw.json", records)
    made.opened = opened
    return made


def change(course, student, **values):
    with Gradebook(course.opened.db_url, "embeddings") as book:
        for name, value in values.items():
            grade = book.find_grade("words", "hw", "hw", student)
            if name == "late_submission_penalty":
                book.find_submission_notebook("hw", "hw", student).late_submission_penalty = value
            else:
                setattr(grade, name, value)
        book.db.commit()


def rows(path, key):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return {row[key]: row for row in csv.DictReader(file)}


def test_what_is_broken_or_missing_is_an_empty_cell_and_no_zero(course, tmp_path):
    notes = export(read_grades(course.opened), "csv", tmp_path / "out.csv")
    written = rows(tmp_path / "out.csv", "student_id")
    found = {id: (row["score"], row["state"]) for id, row in written.items()}
    assert found == {
        "ada": ("5.5", "graded"),
        "grace": ("2", "kernel-died"),
        "zero": ("0", "graded"),
        "broken": ("", "unreadable"),
        "absent": ("", "missing"),
        "failed": ("", "failed"),
    }
    assert "hw: no points for 1 unreadable: broken." in notes


def test_a_zero_that_grading_found_a_problem_with_is_named(course, tmp_path):
    told = "hw: 0 points, but with a problem that the report names: zero."
    output = tmp_path / "out.csv"
    assert told not in export(read_grades(course.opened), "csv", output)
    path = course.root / "grading" / "hw.json"
    records = read_records(path)
    for student in ("zero", "ada"):
        records[student].problems.append("No question of the quiz was answered.")
    write_records(path, records)
    assert told in export(read_grades(course.opened), "csv", output)


def test_what_was_handed_in_since_grading_is_no_zero_and_is_named(course, tmp_path, capsys):
    course.hands_in("ada")
    course.hands_in("grace")
    path = course.root / "grading" / "hw.json"
    records = read_records(path)
    found = digests(course.opened, "hw", course.opened.handed_in("hw"))
    for student in ("ada", "grace"):
        records[student].submission = found[student]
    write_records(path, records)
    read_grades(course.opened)
    assert capsys.readouterr().out == ""

    course.hands_in("ada", "def double(x):\n    return x + x")  # graded, with another answer
    course.hands_in("absent")  # on the class list
    course.hands_in("zoe")  # on no list
    grades = read_grades(course.opened, missing_as_zero=True)
    assert capsys.readouterr().out == (
        "hw: 3 students have handed in since it was graded: absent, ada, zoe. "
        "Run `course grade hw` first.\n"
    )
    assert "hw: no points for 1 not-graded: absent." in export(grades, "csv", tmp_path / "out.csv")
    found = {id: row["score"] for id, row in rows(tmp_path / "out.csv", "student_id").items()}
    assert (found["ada"], found["absent"], found["broken"]) == ("5.5", "", "0")


def test_who_has_a_zero_only_because_it_was_asked_for_is_named(course, tmp_path):
    for zeros, said in ((True, 2), (False, 0)):
        grades = read_grades(course.opened, missing_as_zero=zeros)
        notes = export(grades, "moodle", tmp_path / "out.csv")
        named = [note for note in notes if "by --missing-as-zero" in note]
        assert len(named) == said
        if zeros:
            assert named[0].endswith("for 1 who handed in nothing: absent.")
            assert named[1].endswith("is not a notebook, or cannot be read: broken.")


def test_missing_as_zero_gives_none_to_what_the_grader_failed_at(course, tmp_path):
    export(read_grades(course.opened, missing_as_zero=True), "moodle", tmp_path / "out.csv")
    found = {id: row["hw"] for id, row in rows(tmp_path / "out.csv", "ID number").items()}
    assert found == {
        "ada": "5.5", "grace": "2", "zero": "0", "broken": "0", "absent": "0", "failed": ""
    }  # fmt: skip


def test_what_a_spreadsheet_would_run_gets_an_apostrophe(course, tmp_path):
    export(read_grades(course.opened), "moodle", tmp_path / "out.csv")
    assert rows(tmp_path / "out.csv", "ID number")["broken"]["First name"] == "'=Bo"


def test_penalties_are_taken_off_as_the_points_are_now(course, tmp_path, capsys):
    settings = course.root / "nbgrader_config.py"
    settings.write_text(settings.read_text() + TENTH_A_DAY)
    course.opened = open_course(course.root)
    with course.opened.gradebook() as book:
        late = datetime(2026, 3, 2, 12)  # the second day has begun
        book.update_or_create_submission("hw", "ada", timestamp=late)
        book.update_or_create_submission("hw", "grace", timestamp=late)

    def exported():
        export(read_grades(course.opened), "csv", tmp_path / "out.csv")
        columns = ("raw_score", "late_submission_penalty", "score")
        found = rows(tmp_path / "out.csv", "student_id")
        return [found["ada"][each] for each in columns], capsys.readouterr().out

    # A penalty of what grading knew, and points that a person gave since.
    change(course, "ada", late_submission_penalty=0.55)
    change(course, "grace", late_submission_penalty=0.4)
    change(course, "ada", manual_score=4)
    points, said = exported()
    assert points == ["9.5", "1.9", "7.6"]
    assert said.splitlines() == [
        "hw: ada: late by 36.0 hours, which now takes off 1.9 points (before: 0.55)."
    ]
    with Gradebook(course.opened.db_url, "embeddings") as book:
        assert book.find_submission("hw", "ada").late_submission_penalty == pytest.approx(1.9)
    change(course, "ada", extra_credit=0.5)
    assert exported()[0] == ["10", "2", "8"]
    assert exported() == (["10", "2", "8"], "")
    with course.opened.gradebook() as book:
        book.grant_extension("hw", "ada", days=3)
    assert exported()[0] == ["10", "0", "10"]


def test_a_penalty_that_cannot_be_worked_out_is_said_and_no_file_is_written(course, complaints):
    settings = course.root / "nbgrader_config.py"
    settings.write_text(settings.read_text() + TENTH_A_DAY.replace("score *", "score / 0 *"))
    with open_course(course.root).gradebook() as book:
        book.update_or_create_submission("hw", "ada", timestamp=datetime(2026, 3, 2))
    arguments = ["grades", "export", "--format", "csv", "--course", str(course.root)]
    assert cli.main(arguments) == 1
    says(complaints[0], "penalty-impossible", "ada", "hw", "ZeroDivisionError")
    assert not (course.root / "grades.csv").exists()


def test_while_an_answer_waits_for_a_person_only_partial_grades_are_given(course, tmp_path):
    change(course, "ada", needs_manual_grade=True)
    with raises(GradingError, "grading-by-hand-open", "1", "ada (hw)"):
        read_grades(course.opened)
    notes = export(read_grades(course.opened, partial=True), "csv", tmp_path / "out.csv")
    assert any("a person has yet to grade 1: ada" in note for note in notes)


def test_canvas_gets_its_own_columns_and_its_own_name_of_the_assignment(course, tmp_path):
    roster = tmp_path / "roster.csv"
    roster.write_text(ROSTER.format(10), encoding="utf-8")
    out = tmp_path / "out.csv"
    notes = export(read_grades(course.opened), "canvas", out, roster=roster)
    found = rows(out, "Student")
    assert list(found["Lovelace, Ada"]) == [
        "Student", "ID", "SIS User ID", "SIS Login ID", "Section", "hw (4711)"
    ]  # fmt: skip
    assert found["Lovelace, Ada"]["hw (4711)"] == "5.5"
    assert found["Stranger, A"]["hw (4711)"] == ""
    assert found["    Points Possible"]["hw (4711)"] == "10"
    said = " ".join(notes)
    assert "not in the gradebook: Stranger, A" in said
    assert "zero" in said, "who is not on the roster is named"
    roster.write_text(ROSTER.format(100), encoding="utf-8")
    assert "Canvas gives 100 points" in " ".join(
        export(read_grades(course.opened), "canvas", out, roster=roster)
    )


@pytest.mark.parametrize(
    ("columns", "title", "words"),
    [
        ("HW (4711)", "HW (4711)", ""),
        ("H_W (4711)", "H_W (4711)", "hw goes to H_W (4711), Canvas' assignment."),
        ("hw (1),H-w (2)", "hw (1)", ""),
        ("h w (1),H-w (2)", "hw", "has h w (1) and H-w (2), and nothing says which is hw"),
        (
            "Essay (7),HW2 (8)",
            "hw",
            "No column of roster.csv is called hw, so Canvas will make a new assignment of it; "
            "near: HW2 (8).",
        ),
        ("Essay (7)", "hw", "No column of roster.csv is called hw, so Canvas will make a new "
         "assignment of it."),
    ],
)  # fmt: skip
def test_canvas_own_assignment_is_found_or_its_twin_is_announced(
    course, tmp_path, columns, title, words
):
    more = "," * columns.count(",")
    roster = tmp_path / "roster.csv"
    roster.write_text(
        f"Student,ID,SIS User ID,SIS Login ID,Section,{columns}\n"
        f"    Points Possible,,,,,{more}\n"
        f'"Lovelace, Ada",501,u1,a.lovelace,Spring,{more}\n'
    )
    out = tmp_path / "out.csv"
    notes = export(read_grades(course.opened), "canvas", out, roster=roster)
    assert rows(out, "Student")["Lovelace, Ada"][title] == "5.5"
    said = [note for note in notes if "(7)" in note or "Canvas will" in note or "goes to" in note]
    assert words in " ".join(said) and bool(words) == bool(said)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--format", "csv", "--assignment", "essay"], ("assignment-not-in-gradebook", "essay")),
        (["--format", "canvas"], ("canvas-needs-roster", "--roster")),
        (["--format", "canvas", "--roster", "other.csv"], ("roster-columns", "Name, Points")),
        (["--format", "moodle", "--roster", "other.csv"], ("roster-without-canvas", "--roster")),
    ],
)
def test_what_is_wrong_is_a_sentence_and_no_file_is_written(course, complaints, arguments, said):
    (course.root / "other.csv").write_text("Name,Points\nAda,1\n")
    arguments = [str(course.root / "other.csv") if a == "other.csv" else a for a in arguments]
    assert cli.main(["grades", "export", *arguments, "--course", str(course.root)]) == 1
    says(complaints[0], *said)
    assert not list(course.root.glob("grades*.csv"))


def test_without_a_gradebook_or_grades_there_is_nothing_to_export(course, tmp_path):
    empty = Class(tmp_path / "empty", gradebook=False)
    with raises(GradingError, "gradebook-missing"):
        read_grades(open_course(empty.root))
    assert not (empty.root / "gradebook.db").exists()
    with open_course(empty.root).gradebook() as book:
        book.add_student("ada")
    with raises(GradingError, "nothing-graded"):
        read_grades(open_course(empty.root))
    with course.opened.gradebook() as book:
        book.add_assignment("later")
    with raises(GradingError, "nothing-graded", "later"):
        read_grades(course.opened, ["later"])
    assert read_grades(course.opened).assignments == ("hw",)


def test_the_command_writes_beside_the_gradebook(course, capsys):
    assert cli.main(["grades", "export", "--format", "moodle", "--course", str(course.root)]) == 0
    assert f"Wrote hw to {course.root / 'grades-moodle.csv'}" in capsys.readouterr().out


def test_a_file_that_cannot_be_written_leaves_nothing_beside_it(course, tmp_path, capsys):
    (tmp_path / "out").mkdir()
    arguments = ["grades", "export", "--format", "csv", "--output", str(tmp_path / "out")]
    assert cli.main([*arguments, "--course", str(course.root)]) == 1
    assert "directory" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir() if "out" in path.name] == ["out"]
