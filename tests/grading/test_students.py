"""``course students``: class lists of several forms, and what is wrong with a list."""

import pytest
from sqlalchemy.exc import OperationalError

from embeddings_course import cli
from embeddings_course.grading.course import open_course
from embeddings_course.grading.record import GradingError, Record, write_records
from embeddings_course.grading.students import enrol, read_class_list
from grading.classroom import Class

CANVAS = """\
Student,ID,SIS User ID,SIS Login ID,Section,Homework (4711)
    Points Possible,,,,,10
"Lovelace, Ada",501,u1,ada,Spring,
"Hopper, Grace",502,u2,grace,Spring,7
"Student, Test",599,,,Spring,
"""
MOODLE = """\
First name,Last name,ID number,Email address
Ada,Lovelace,ada,ada@example.org
Grace,Hopper,grace,grace@example.org
"""


@pytest.fixture
def course(tmp_path):
    return Class(tmp_path / "course")


@pytest.fixture
def write(tmp_path):
    def written(text, encoding="utf-8"):
        path = tmp_path / "class.csv"
        path.write_bytes(text.encode(encoding))
        return path

    return written


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("id,first_name,last_name\nada,Ada,Lovelace\ngrace,Grace,Hopper\n", "nbgrader"),
        ("ID;First_Name;last_name\r\nada;Ada;Lovelace\r\ngrace;Grace;Hopper\r\n", "nbgrader"),
        ("id\tfirst_name\tlast_name\nada\tAda\tLovelace\n\ngrace\tGrace\tHopper\n", "nbgrader"),
        (CANVAS, "Canvas"),
        (MOODLE, "Moodle"),
        (MOODLE.replace("Last name", "Surname"), "Moodle"),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_lists_are_read_as_platforms_and_spreadsheets_write_them(write, text, form, encoding):
    read = read_class_list(write(text, encoding))
    assert read.form == form
    assert [(each.id, each.full_name) for each in read.students] == [
        ("ada", "Ada Lovelace"),
        ("grace", "Grace Hopper"),
    ]


def test_canvas_numbers_are_kept_as_downloads_name_students_by_them(write):
    read = read_class_list(write(CANVAS))
    assert [each.lms_user_id for each in read.students] == ["501", "502"]
    assert "Test" in read.notes[0]


def test_a_second_list_adds_and_changes_and_removes_nobody(course, write):
    here = open_course(course.root)
    first = enrol(here, read_class_list(write("id,email\nada,a@x\ngrace,g@x\n")).students)
    assert first.added == ("ada", "grace")
    again = write("id,first_name,email\nada,Ada,\ncleo,Cleo,c@x\n")
    second = enrol(here, read_class_list(again).students)
    assert (second.added, second.changed, second.unchanged) == (("cleo",), ("ada",), ())
    assert second.not_listed == ("grace",)
    with here.gradebook() as book:
        assert len(book.students) == 3
        ada = book.find_student("ada")
        assert (ada.first_name, ada.email) == ("Ada", "a@x"), "an empty cell takes nothing away"
    assert enrol(here, read_class_list(again).students).unchanged == ("ada", "cleo")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("name,mail\nAda,a@x\n", "has the columns name, mail; expected are id"),
        ("id,nickname\nada,A\n", "has the columns id, nickname; expected are id"),
        ("id,first_name\n", "no students below it"),
        ("", "is empty"),
        ("id\nada\ngrace\nada\n", "Rows 2 and 4"),
        ("id\nada\nAda\n", "but for capitals"),
        ("id\n../ada\n", "holds a slash"),
        ("id\n.ada\n", "begins with a dot"),
        ("id\nada[1]\n", "holds the character '['"),
        ("id\n ada\n", "begins or ends with a space"),
        ("id,email\n,a@x\n", "is empty"),
        ("id\nada,lovelace\n", "put cells that hold a comma"),
        ("PK\x03\x04...", "a workbook"),
    ],
)
def test_what_is_wrong_with_a_list_is_a_sentence_and_nobody_is_enrolled(
    course, write, capsys, text, words
):
    status = cli.main(["students", str(write(text)), "--course", str(course.root)])
    said = capsys.readouterr().err
    assert status == 1
    assert words in said
    assert len(said.splitlines()) == 1
    assert not (course.root / "gradebook.db").exists()


def test_letters_that_are_not_utf_8_are_said(write):
    with pytest.raises(GradingError, match="no text in UTF-8"):
        read_class_list(write("id,last_name\nada,Weiß\n", "latin-1"))


def test_the_gradebook_of_another_course_is_left_alone(course, write, capsys):
    with open_course(course.root).gradebook() as book:
        book.add_student("ada")
    settings = course.root / "nbgrader_config.py"
    settings.write_text(settings.read_text().replace('"embeddings"', '"zoology"'))
    before = (course.root / "gradebook.db").read_bytes()
    with pytest.raises(GradingError, match="is of the course embeddings, not of zoology"):
        enrol(open_course(course.root), read_class_list(write(MOODLE)).students)
    course.hands_in("ada")
    write_records(course.root / "grading" / "hw.json", {"ada": Record(state="graded")})
    for command in ("grade", "report"):
        assert cli.main([command, "hw", "--course", str(course.root)]) == 1
        assert "is of the course embeddings" in capsys.readouterr().err
    assert (course.root / "gradebook.db").read_bytes() == before


def test_the_command_says_who_is_new(course, write, capsys):
    assert cli.main(["students", str(write(MOODLE)), "--course", str(course.root)]) == 0
    said = capsys.readouterr().out
    assert "2 on the list (read as Moodle's): 2 added, 0 changed, 0 unchanged." in said


def test_the_command_says_what_has_changed(course, write, capsys):
    here = open_course(course.root)
    enrol(here, read_class_list(write(MOODLE)).students)
    capsys.readouterr()
    again = MOODLE.replace("Lovelace", "King").replace("ada@", "king@").replace("Grace", "G.")
    assert cli.main(["students", str(write(again)), "--course", str(course.root)]) == 0
    said = capsys.readouterr().out
    assert "Changed: ada: last name, e-mail; grace: first name." in said
    many = "id,first_name\n" + "".join(f"s{number},A\n" for number in range(8))
    enrol(here, read_class_list(write(many)).students)
    cli.main(["students", str(write(many.replace("A", "B"))), "--course", str(course.root)])
    assert "s4: first name; and 3 more." in capsys.readouterr().out


def test_an_id_with_a_space_in_it_is_warned_of(course, write, capsys):
    path = write("id\nada\nanna keller\n")
    assert cli.main(["students", str(path), "--course", str(course.root)]) == 0
    said = capsys.readouterr().out
    assert "1 id in class.csv with a space: 'anna keller' (row 3)." in said
    assert "2 added" in said
    assert read_class_list(write("id\nada\n")).notes == ()


def test_a_gradebook_that_cannot_be_written_is_said(course, write, monkeypatch):
    here = open_course(course.root)
    enrol(here, read_class_list(write("id\nada\n")).students)

    def locked(self):
        raise OperationalError("INSERT", {}, Exception("database is locked"))

    monkeypatch.setattr("sqlalchemy.orm.Session.commit", locked)
    with pytest.raises(GradingError, match=r"database is locked.*Nobody was enrolled"):
        enrol(here, read_class_list(write("id\ngrace\n")).students)
    monkeypatch.undo()
    with here.gradebook() as book:
        assert [student.id for student in book.students] == ["ada"]
