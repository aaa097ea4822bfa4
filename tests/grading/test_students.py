"""``course students``: class lists of several forms, and what is wrong with a list."""

import pytest
from sqlalchemy.exc import OperationalError

from embeddings_course import cli
from embeddings_course._shared.messages import codes
from embeddings_course.grading.course import open_course
from embeddings_course.grading.errors import GradingError
from embeddings_course.grading.gradebook.enrol import enrol
from embeddings_course.grading.lms.class_list import read_class_list
from embeddings_course.grading.submission_record import Record, write_records
from grading.classroom import Class
from helpers.refusals import raises, says

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
    ("text", "code", "named"),
    [
        ("name,mail\nAda,a@x\n", "class-list-columns", ["name, mail", "id"]),
        ("id,nickname\nada,A\n", "class-list-columns", ["id, nickname"]),
        ("id,first_name\n", "class-list-empty", []),
        ("", "table-empty", []),
        ("id\nada\ngrace\nada\n", "class-ids-repeated", ["2", "4", "ada"]),
        ("id\nada\nAda\n", "class-ids-repeated", ["capitals"]),
        ("id\n../ada\n", "id-with-slash", ["2", "'../ada'"]),
        ("id\n.ada\n", "id-begins-with-dot", ["2", "'.ada'"]),
        ("id\nada[1]\n", "id-with-odd-character", ["2", "'['"]),
        ("id\n ada\n", "id-with-outer-space", ["2", "' ada'"]),
        ("id,email\n,a@x\n", "id-empty", ["2"]),
        ("id\nada,lovelace\n", "row-with-more-cells", ["2"]),
        ("PK\x03\x04...", "table-is-workbook", []),
    ],
)
def test_what_is_wrong_with_a_list_is_a_sentence_and_nobody_is_enrolled(
    course, write, capsys, complaints, text, code, named
):
    (course.root / "gradebook.db").unlink()
    status = cli.main(["students", str(write(text)), "--course", str(course.root)])
    said = capsys.readouterr().err
    assert status == 1
    says(complaints[0], code, *named)
    assert len(said.splitlines()) == 1
    assert not (course.root / "gradebook.db").exists()


def test_letters_that_are_not_utf_8_are_said(write):
    with raises(GradingError, "table-not-utf-8", "UTF-8"):
        read_class_list(write("id,last_name\nada,Weiß\n", "latin-1"))


def test_the_gradebook_of_another_course_is_left_alone(course, write, complaints):
    with open_course(course.root).gradebook() as book:
        book.add_student("ada")
    settings = course.root / "nbgrader_config.py"
    settings.write_text(settings.read_text().replace('"embeddings"', '"zoology"'))
    before = (course.root / "gradebook.db").read_bytes()
    with raises(GradingError, "gradebook-of-another-course", "embeddings", "zoology"):
        enrol(open_course(course.root), read_class_list(write(MOODLE)).students)
    course.hands_in("ada")
    write_records(course.root / "grading" / "hw.json", {"ada": Record(state="graded")})
    for command in ("grade", "report"):
        assert cli.main([command, "hw", "--course", str(course.root)]) == 1
        says(complaints.pop(), "gradebook-of-another-course", "embeddings")
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
    with raises(GradingError, "gradebook-not-writable", "database is locked"):
        enrol(here, read_class_list(write("id\ngrace\n")).students)
    monkeypatch.undo()
    with here.gradebook() as book:
        assert [student.id for student in book.students] == ["ada"]


# Lists of other languages, and damaged ones -------------------------------------------------------

MOODLES = {
    "German": "Vorname;Nachname;ID-Nummer;Institution;Abteilung;E-Mail-Adresse",
    "German, with Word's spaces and hyphens": "Vorname\u00a0;Nachname;ID\u2011Nummer;;;"
    "E\u2011Mail\u2011Adresse",
    "French": "Prénom;Nom de famille;Numéro d\u2019identification;Institution;Département;"
    "Adresse de courriel",
    "French of Canada": "Prénom;Nom;Numéro d'identification;Institution;Département;Courriel",
    "Spanish": "Nombre;Apellido(s);Número de ID;Institución;Departamento;Dirección de correo",
    "Spanish of Mexico": "Nombre;Apellidos;Número ID;;;Correo electrónico",
    "English, with no-break spaces": "First\u00a0name;Last\u00a0name;ID\u00a0number;;;"
    "Email\u00a0address",
}


@pytest.mark.parametrize("header", MOODLES.values(), ids=MOODLES)
@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
def test_moodle_in_other_languages_is_read_like_the_english_one(write, header, delimiter):
    rows = "Ada;Lovelace;a1;;;ada@example.org\nGrace;Hopper;g2;;;grace@example.org\n"
    read = read_class_list(write(f"{header}\n{rows}".replace(";", delimiter)))
    assert read.form == "Moodle"
    assert [(s.id, s.first_name, s.last_name, s.email) for s in read.students] == [
        ("a1", "Ada", "Lovelace", "ada@example.org"),
        ("g2", "Grace", "Hopper", "grace@example.org"),
    ]


@pytest.mark.parametrize(
    ("header", "participant"),
    [
        ("Identifier,Full name,ID number,Email address,Status,Grade", "Participant 4567000"),
        ("ID,Vollständiger Name,ID-Nummer,E-Mail-Adresse,Status,Bewertung", "Teilnehmer/in4567000"),
        ("Identifiant,Nom complet,Numéro d'identification,Adresse de courriel,Statut,Note", "P 1"),
        ("Identificador,Nombre completo,Número de ID,Correo electrónico,Estado,Nota", "P 1"),
    ],
)
def test_moodles_worksheet_is_read_in_other_languages(write, header, participant):
    text = f"{header}\n{participant},Willem van der Berg,w1,w@example.org,,\n"
    read = read_class_list(write(text))
    assert (read.form, read.students[0].id, read.students[0].email) == (
        "Moodle",
        "w1",
        "w@example.org",
    )
    assert read.students[0].full_name == "Willem van der Berg"
    assert read.guessed == {"w1"}


def test_an_own_column_id_is_not_passed_over_for_an_address(write):
    with raises(GradingError, "class-list-columns", "ID, Full name, Email address"):
        read_class_list(write("ID,Full name,Email address\nm1,Ada Lovelace,a@x\n"))


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('id,first_name\nm1,"Ada\nm2,Bo\nm3,Cy\n', 2),
        ('id,first_name\nm1,Ada\nm2,"Bo\nm3,Cy\n"m4",Di\n', 3),
        ('id,first_name\nm1,Ada\nm2,"Bo\nm3,"\nm4,Di\n', 3),
        ('id,first_name,last_name\nm1,Ada,L\nm2,Bo,"K\nm3,"Cy",M\n', 3),
        ('id,"first_name\nm1,Ada\nm2,Bo\n', 1),
        ('sep=;\nid;first_name\nm1;Ada\nm2;"Bo\nm3;Cy\n', 4),
        (CANVAS.replace(",u1,ada,Spring", ',u1,ada,"Spring'), 3),
        (MOODLE.replace("ada,ada@", 'ada,"ada@'), 2),
    ],
)
def test_a_quotation_mark_that_is_not_closed_swallows_nobody(course, write, complaints, text, line):
    (course.root / "gradebook.db").unlink()
    status = cli.main(["students", str(write(text)), "--course", str(course.root)])
    assert status == 1
    assert codes(complaints[0])[0] in ("quote-not-closed", "cell-over-lines")
    assert f"Line {line} of " in str(complaints[0])
    assert not (course.root / "gradebook.db").exists()


def test_quotation_marks_inside_of_names_are_kept(write):
    read = read_class_list(write('id,first_name\nm1,"Ada ""the"" first"\nm2,Bo "B" K\n'))
    assert [each.first_name for each in read.students] == ['Ada "the" first', 'Bo "B" K']


@pytest.mark.parametrize(
    "value",
    [
        "1.23457E+11",
        "1,23457E+11",
        "1E+11",
        "1.07e16",
        "1234567.0",
        "1234567,00",
        "#######",
        "#N/A",
        "#NAME?",
        "#WERT!",
        "'00123",
        "=00123",
    ],
)
@pytest.mark.parametrize("field", ["id", "lms_user_id"])
def test_numbers_that_a_spreadsheet_rewrote_are_refused(write, value, field):
    other = "lms_user_id" if field == "id" else "id"
    text = f"{field};{other};first_name\n1234;5678;Ada\n{value};m2;Bo\n"
    with pytest.raises(GradingError) as refused:
        read_class_list(write(text))
    assert str(refused.value).startswith("Row 3 of ")
    assert repr(value) in str(refused.value)
    assert "spreadsheet" in str(refused.value)


def test_long_numbers_that_end_in_zeros_are_refused_only_if_all_do(write):
    text = "id,lms_user_id\nm1,{}\nm2,{}\n"
    with raises(GradingError, "class-number-rewritten", "'10700000000123400'"):
        read_class_list(write(text.format("10700000000123400", "10700000000123500")))
    read = read_class_list(write(text.format("10700000000123400", "10700000000123517")))
    assert [each.lms_user_id for each in read.students][1] == "10700000000123517"


@pytest.mark.parametrize("student", ["12e5", "s1.20", "1.2.0", "007", "a.0", "3.14", "E12"])
def test_ids_that_only_resemble_such_numbers_are_taken(write, student):
    assert read_class_list(write(f"id\n{student}\nm2\n")).students[0].id == student


def test_a_number_of_the_platform_is_of_one_person(write):
    with raises(GradingError, "class-number-repeated", "2", "4", "lms_user_id", "501"):
        read_class_list(write("id,lms_user_id\nm1,501\nm2,\nm3,501\n"))
    twice = CANVAS.replace("Grace,502".replace("Grace,", 'Grace",'), 'Grace",501')
    with raises(GradingError, "class-number-repeated", "3", "4"):
        read_class_list(write(twice))


@pytest.mark.parametrize("student", ["m1\u200b", "\u202am1\u202c", "m\u00ad1", "m1\u2028x"])
def test_a_character_that_nobody_sees_is_no_part_of_an_id(write, student):
    with raises(GradingError, "id-with-unseen-character", "U+"):
        read_class_list(write(f"id,first_name\n{student},Ada\n"))


def test_a_column_that_is_there_twice_is_refused(write):
    with raises(GradingError, "column-repeated", "first_name"):
        read_class_list(write("id,first_name,first_name\nm1,Ada,Bo\n"))
    with raises(GradingError, "column-repeated", "Email address"):
        read_class_list(write(MOODLE.replace("ID number", "Email address")))


# Which column is the id ---------------------------------------------------------------------------

NEWCOMER = "Nina,Neu,,nina@example.org\n"


def run(course, path, *more):
    return cli.main(["students", str(path), "--course", str(course.root), *more])


def enrolled(course):
    with open_course(course.root).gradebook() as book:
        return sorted(student.id for student in book.students)


def test_the_column_that_became_the_id_is_said(course, write, capsys):
    run(course, write(MOODLE))
    assert "The students' id is what the column ID number holds." in capsys.readouterr().out
    read = read_class_list(write(CANVAS.replace(",ada,", ",,").replace(",grace,", ",,")))
    assert read.notes[-1] == "The students' id is what the column SIS User ID holds."


@pytest.mark.parametrize("enrolled_before", [True, False])
def test_one_student_without_a_number_does_not_change_everybodys_id(
    course, write, capsys, enrolled_before
):
    if enrolled_before:
        run(course, write(MOODLE))
        capsys.readouterr()
    assert run(course, write(MOODLE + NEWCOMER)) == 1
    said = capsys.readouterr().err
    assert "no ID number, which is the others' id, in row 4 (Nina Neu)" in said
    assert "--id-column 'Email address'" in said
    if enrolled_before:
        assert enrolled(course) == ["ada", "grace"]


@pytest.mark.parametrize("newcomer", ['"Neu, Nina",503,u3,,Spring,', '"Neu, Nina",503,,,Spring,'])
def test_one_student_without_a_login_does_not_change_everybodys_id(course, write, capsys, newcomer):
    run(course, write(CANVAS))
    assert run(course, write(CANVAS + newcomer + "\n")) == 1
    assert "no SIS Login ID, which is the others' id, in row 6" in capsys.readouterr().err
    assert enrolled(course) == ["ada", "grace"]


def test_who_lacks_a_number_is_recognised_by_the_address(course, write, capsys):
    run(course, write(MOODLE))
    assert run(course, write(MOODLE.replace(",ada,", ",,").replace("Ada,", "Augusta,"))) == 0
    said = capsys.readouterr().out
    assert "Row 2 has no ID number: Augusta Lovelace is ada in the gradebook" in said
    assert "Changed: ada: first name." in said
    assert enrolled(course) == ["ada", "grace"]
    run(course, write(CANVAS))
    assert run(course, write(CANVAS.replace(",u1,ada,", ",u1,,"))) == 0
    assert "Lovelace is ada in the gradebook" in capsys.readouterr().out


def test_the_ids_of_the_gradebook_decide_which_column_is_read(course, write, capsys):
    path = write(MOODLE + NEWCOMER)
    assert run(course, path, "--id-column", "email ADDRESS") == 0
    before = ["ada@example.org", "grace@example.org", "nina@example.org"]
    assert enrolled(course) == before
    assert run(course, write(MOODLE), "--id-column", "ID number") == 1
    assert "ada is ada@example.org there, by the e-mail address" in capsys.readouterr().err
    assert run(course, path) == 0
    assert "The students' id is what the column Email address holds." in capsys.readouterr().out
    assert enrolled(course) == before


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (MOODLE, MOODLE.replace(",ada,", ",30210001,").replace(",grace,", ",30210002,")),
        (MOODLE, "First name,Last name,Email address\nA.,L.,ADA@example.org\n"),
        (CANVAS, "id,lms_user_id\nu1,501\n"),
        (CANVAS, "id,first_name,last_name\nu1,Ada,Lovelace\nu2,Grace,Hopper\n"),
        ("id,email\nu1,ada@example.org\n", "id,first_name\nada@example.org,Ada\n"),
        ("id\nada\n", "id\nAda\n"),
    ],
)
def test_nobody_is_in_the_gradebook_twice(course, write, capsys, first, second):
    assert run(course, write(first)) == 0
    before = enrolled(course)
    assert run(course, write(second)) == 1
    said = capsys.readouterr().err
    assert "would be in the gradebook twice" in said
    assert "--id-column" in said
    assert enrolled(course) == before


def test_namesakes_are_enrolled_and_pointed_out(course, write, capsys):
    run(course, write("id,first_name,last_name\nm1,Mia,Muster\nm2,Bo,Berg\n"))
    assert run(course, write("id,first_name,last_name\nm2,Bo,Berg\nm7,Mia,Muster\n")) == 0
    assert "m7 has the name of m1" in capsys.readouterr().out
    told_apart = "id,first_name,last_name,email\nm1,Mia,Muster,one@x\nm7,Mia,Muster,two@x\n"
    run(course, write(told_apart))
    capsys.readouterr()
    assert run(course, write("id,first_name,last_name\nm8,Cy,Cole\n")) == 0
    assert "has the name of" not in capsys.readouterr().out
    assert enrolled(course) == ["m1", "m2", "m7", "m8"]


def test_two_with_one_address_on_one_list_are_two(course, write):
    assert run(course, write("id,email\nm1,family@x\nm2,family@x\n")) == 0
    assert run(course, write("id,email\nm1,family@x\nm2,family@x\nm3,family@x\n")) == 0
    assert enrolled(course) == ["m1", "m2", "m3"]


def test_a_worksheets_full_names_replace_no_better_ones(course, write, capsys):
    good = "First name,Last name,ID number,Email address\nWillem,van der Berg,w1,w@x\n"
    worksheet = "Identifier,Full name,ID number,Email address\nParticipant 1,{},w1,{}\n"
    run(course, write(good))
    capsys.readouterr()
    assert run(course, write(worksheet.format("Willem van der Berg", "new@x"))) == 0
    assert "Changed: w1: e-mail." in capsys.readouterr().out
    with open_course(course.root).gradebook() as book:
        assert book.find_student("w1").last_name == "van der Berg"
    canvas = "Student,ID,SIS Login ID,Section\nWillem van der Berg,501,w1,A\n"
    run(course, write(canvas))
    assert "Changed: w1: the platform's number." in capsys.readouterr().out


def test_a_worksheets_full_names_are_better_than_none(course, write):
    run(course, write("id\nw1\n"))
    run(course, write("Identifier,Full name,ID number\nParticipant 1,Ada Lovelace,w1\n"))
    with open_course(course.root).gradebook() as book:
        assert book.find_student("w1").last_name == "Lovelace"


def test_an_id_column_that_is_not_there_is_said(course, write, capsys):
    assert run(course, write(MOODLE), "--id-column", "Matrikel") == 1
    assert "has no column Matrikel; it has First name, Last name" in capsys.readouterr().err
    assert run(course, write("id\nada\n"), "--id-column", "id") == 1
    assert "leave out --id-column" in capsys.readouterr().err
