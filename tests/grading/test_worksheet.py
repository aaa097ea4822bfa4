"""Moodle's grading worksheet: whose a folder is, and when it was handed in."""

import pytest

from embeddings_course import cli
from embeddings_course.grading.errors import GradingError
from embeddings_course.grading.gradebook.contents import Student
from embeddings_course.grading.gradebook.enrol import enrol
from embeddings_course.grading.lms.moodle_worksheet import read_worksheet
from embeddings_course.grading.submissions.parse_dates import read_zone
from grading.test_collect import Term, moodle
from helpers.refusals import raises

CLASS = (
    Student("30210000", "Anna", "Müller", "anna@example.org"),
    Student("30210007", "Anna", "Müller", "am7@example.org"),
    Student("30210042", "Seán", "O'Connor", "sean@example.org"),
    Student("30210099", "Li", "Wei", "li@example.org"),
)
BERLIN = read_zone("Europe/Berlin")

ENGLISH = """\
Identifier,Full name,ID number,Email address,Status,Grade,Last modified (submission)
Participant 4567000,Anna Müller,30210000,anna@example.org,Sent,,"Sunday, 1 March 2026, 11:58 PM"
Participant 4567001,Anna Müller,30210007,am7@example.org,Sent,,"Monday, 2 March 2026, 12:01 AM"
Participant 4567002,Seán O'Connor,30210042,sean@example.org,Sent,,"Sunday, 1 March 2026, 8:15 PM"
Participant 4567003,Li Wei,30210099,li@example.org,No submission,,-
"""
GERMAN = """\
ID,"Vollständiger Name",E-Mail-Adresse,Status,Bewertung,"Zuletzt geändert (Abgabe)"
Teilnehmer/in4567000,"Anna Müller",anna@example.org,Abgegeben,,"Sonntag, 1. März 2026, 23:58"
Teilnehmer/in4567001,"Anna Müller",am7@example.org,Abgegeben,,"Montag, 2. März 2026, 00:01"
Teilnehmer/in4567002,"Seán O'Connor",sean@example.org,Abgegeben,,"Sonntag, 1. März 2026, 20:15"
"""
FRENCH = """\
Identifiant;Nom complet;Numéro d\u2019identification;Adresse de courriel;\
Dernière modification (travail remis)
Participant 4567000;Anna Müller;30210000;anna@example.org;dimanche 1 mars 2026, 23:58
Participant 4567001;Anna Müller;30210007;am7@example.org;lundi 2 mars 2026, 00:01
Participant 4567002;Seán O'Connor;30210042;sean@example.org;dimanche 1 mars 2026, 20:15
"""
SPANISH = """\
Identificador,Nombre\u00a0completo,Número de ID,Dirección de correo,Última modificación (entrega)
Participante 4567000,Anna Müller,30210000,anna@example.org,"domingo, 1 de marzo de 2026, 23:58"
Participante 4567001,Anna Müller,30210007,am7@example.org,"lunes, 2 de marzo de 2026, 00:01"
Participante 4567002,Seán O'Connor,30210042,sean@example.org,"domingo, 1 de marzo de 2026, 20:15"
"""
LANGUAGES = {"English": ENGLISH, "German": GERMAN, "French": FRENCH, "Spanish": SPANISH}
FILES = {
    moodle("Anna Müller", 4567001): "second Anna",
    moodle("Anna Müller", 4567000): "first Anna",
    moodle("Seán OConnor", 4567002): "Seán",
}


@pytest.fixture
def term(tmp_path, empty):
    term = Term(tmp_path / "course", empty)
    with term.course.gradebook() as book:
        for student in book.students:
            book.remove_student(student.id)
    enrol(term.course, CLASS, say=lambda line: None)
    return term


@pytest.fixture
def sheet(tmp_path):
    def written(text):
        path = tmp_path / "Grades.csv"
        path.write_text(text, encoding="utf-8")
        return path

    return written


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_says_whose_a_folder_is_and_when_it_came(term, sheet, language):
    assert "may be 30210000 or 30210007" in term.refused(FILES), "two have one name"
    worksheet = sheet(LANGUAGES[language])
    done = term.collect(FILES, worksheet=worksheet, zone="Europe/Berlin")
    assert done.new == ("30210000", "30210007", "30210042")
    assert done.absent == ("30210099",)
    found = term.files()
    assert found["30210000/hw/hw.ipynb"] == "first Anna"
    assert found["30210007/hw/hw.ipynb"] == "second Anna"
    times = {who: found[f"{who}/hw/timestamp.txt"] for who in done.new}
    assert "2026-03-01 22:58:00" in times["30210000"]
    assert "2026-03-01 23:01:00" in times["30210007"], "a minute late, where it is not in Berlin"
    assert "2026-03-01 19:15:00" in times["30210042"]
    assert any("the worksheet's, taken to be in the zone of --zone" in each for each in done.notes)


def test_blind_marking_and_user_names_are_no_matter_with_it(term, sheet):
    files = {moodle("Participant", 4567000): "1", moodle("al77 Seán OConnor", 4567002): "2"}
    assert term.collect(files, worksheet=sheet(ENGLISH)).new == ("30210000", "30210042")


def test_a_worksheet_of_blind_marking_names_nobody_and_says_so(term, sheet):
    blind = "Identifier,Status,Last modified (submission)\nParticipant 4567000,Sent,-\n"
    said = term.refused({moodle("Participant", 4567000): "1"}, worksheet=sheet(blind))
    assert "The worksheet names nobody" in said and "reveal identities" in said


def test_a_team_has_the_work_that_one_of_it_handed_in(term, sheet):
    teams = """\
Identifier,Full name,Email address,Group,Last modified (submission)
Participant 1,Anna Müller,anna@example.org,Team 4,"Sunday, 1 March 2026, 11:58 PM"
Participant 2,Seán O'Connor,sean@example.org,Team 4,"Sunday, 1 March 2026, 11:58 PM"
Participant 3,Li Wei,li@example.org,Default group,"Sunday, 1 March 2026, 8:00 PM"
"""
    files = {
        moodle("Team 4", 12): "ours",
        "Default group_assignsubmission_file_/hw.ipynb": "alone",
    }
    done = term.collect(files, worksheet=sheet(teams), zone="UTC")
    assert done.new == ("30210000", "30210042", "30210099")
    assert term.files()["30210042/hw/hw.ipynb"] == term.files()["30210000/hw/hw.ipynb"] == "ours"
    assert "2026-03-01 23:58:00" in term.files()["30210042/hw/timestamp.txt"]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (
            "30210042,sean@", "30210042,li@",
            "(Seán O'Connor) contradicts the class list: the ID number is 30210042's, the e-mail "
            "address is 30210099's",
        ),
        ("30210007,am7@", "30210000,anna@", "(Anna Müller) is 30210000 by the class list, as is"),
        ("4567001", "4567000", "the number 4567000 is there twice"),
        ("Participant 4567003", "Participant", "has no number under Identifier"),
        ('"Sunday, 1 March 2026, 8:15 PM"', "1/3/2026 20:15", "may be 1 March or 3 January"),
        ('"Sunday, 1 March 2026, 8:15 PM"', '"1 March, 8:15 PM"', "names no year"),
        ("Seán O'Connor,30210042,sean@", "Li Wei,30210042,sean@", "the name is 30210099's"),
    ],
)  # fmt: skip
def test_what_contradicts_the_class_list_or_is_not_certain_is_refused_by_name(
    term, sheet, old, new, words
):
    assert old in ENGLISH
    said = term.refused(FILES, worksheet=sheet(ENGLISH.replace(old, new)))
    assert words in said
    assert "Row " in said and "Correct the class list" in said


def test_a_worksheet_of_another_assignment_is_refused(term, sheet):
    other = ENGLISH.replace("4567000", "4567009").replace("4567002", "4567000")
    said = term.refused(FILES, worksheet=sheet(other))
    assert "Anna Müller (number 4567000) is Seán O'Connor in the worksheet" in said
    assert "of another assignment" in said


def test_who_is_in_the_worksheet_alone_is_not_in_the_class_list(term, sheet):
    more = ENGLISH + 'Participant 4567004,Zoe Z,1,z@example.org,Sent,,"1 March 2026, 8:15 PM"\n'
    files = FILES | {moodle("Zoe Z", 4567004): "1", moodle("Yan Y", 4567005): "1"}
    said = term.refused(files, worksheet=sheet(more))
    assert "2 not in the class list (read as Moodle's): Zoe Z (number 4567004), Yan Y" in said
    assert term.collect(files, worksheet=sheet(more), leave_out=True).new


def test_who_has_no_time_there_is_named(term, sheet):
    files = FILES | {moodle("Li Wei", 4567003): "1"}
    done = term.collect(files, worksheet=sheet(ENGLISH), zone="UTC")
    assert any("no time for 30210099, so they do not count as late" in each for each in done.notes)
    assert "30210099/hw/timestamp.txt" not in term.files()


def test_another_table_is_no_worksheet(term, sheet):
    said = term.refused(FILES, worksheet=sheet("First name,Last name\nAnna,Müller\n"))
    assert "has the columns First name, Last name; expected is Moodle's grading worksheet" in said


def test_the_command_takes_it(term, sheet, capsys):
    term.pack(FILES)
    arguments = ["collect", "hw", str(term.zip), "--course", str(term.root)]
    arguments += ["--worksheet", str(sheet(GERMAN)), "--zone", "Europe/Berlin"]
    assert cli.main(arguments) == 0
    assert "hw: 3 collected, 3 new" in capsys.readouterr().out


def test_names_in_two_columns_will_do(sheet):
    header = "ID;Vorname;Nachname;Zuletzt geändert (Abgabe)"
    text = f"{header}\nTeilnehmer*in 5;Li;Wei;1. März 2026, 23:58\n"
    read = read_worksheet(sheet(text), CLASS, BERLIN)
    assert read.entries["5"].students == ("30210099",)


def test_an_empty_worksheet_knows_nobody(sheet):
    with raises(GradingError, "table-empty"):
        read_worksheet(sheet(""), CLASS, BERLIN)
