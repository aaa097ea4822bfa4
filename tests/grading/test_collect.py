"""``course collect``: what learning platforms pack, and what is wrong with a zip file."""

import os
import shutil
import stat
import struct
import subprocess
import sys
import zipfile
import zlib
from pathlib import Path

import pytest

from embeddings_course import cli
from embeddings_course.grading.course import open_course
from embeddings_course.grading.errors import GradingError
from embeddings_course.grading.gradebook.contents import Student
from embeddings_course.grading.gradebook.enrol import enrol
from embeddings_course.grading.lms.collect import collect, file_names, zip_file
from grading.classroom import Class
from helpers.refusals import raises
from helpers.repository import ROOT

CLASS = (
    Student("ada", "Ada", "Lovelace", lms_user_id="501"),
    Student("grace", "Grace", "Hopper"),
    Student("weiss", "Lena", "Weiß"),
)
WHEN = (2026, 3, 1, 20, 15, 0)


class Term(Class):
    def __init__(self, root, empty):
        super().__init__(root)
        shutil.copy(empty, root / "gradebook.db")
        self.course = open_course(root)
        enrol(self.course, CLASS, say=lambda line: None)
        self.zip = root / "downloads.zip"

    def pack(self, files, when=None):
        with zipfile.ZipFile(self.zip, "w") as archive:
            for number, (name, content) in enumerate(files.items()):
                date = (2026, 3, 1 + number, 20, 15, 0) if when is None else when
                info = name if isinstance(name, zipfile.ZipInfo) else zipfile.ZipInfo(name, date)
                archive.writestr(info, content)
        return self.zip

    def collect(self, files=None, *, name="hw", when=None, **settings):
        if files is not None:
            self.pack(files, when)
        return collect(self.course, name, self.zip, **settings)

    def files(self):
        root = self.root / "submitted"
        return {
            path.relative_to(root).as_posix(): path.read_text()
            for path in sorted(root.rglob("*"))
            if path.is_file()
        }

    def refused(self, files=None, **settings):
        before = self.files()
        with pytest.raises(GradingError) as caught:
            self.collect(files, **settings)
        assert self.files() == before
        said = str(caught.value)
        assert "Nothing was collected." in said
        return said


@pytest.fixture
def term(tmp_path, empty):
    return Term(tmp_path / "course", empty)


def moodle(who, number, file="hw.ipynb"):
    return f"{who}_{number}_assignsubmission_file_/{file}"


@pytest.mark.parametrize(
    "names",
    [
        ["ada/hw.ipynb", "grace/hw.ipynb"],
        ["ada/hw/hw.ipynb", "grace/hw/hw.ipynb"],
        ["ada_hw.ipynb", "grace_hw.ipynb"],
        ["all of them/ada/hw.ipynb", "all of them/grace/hw.ipynb"],
        [moodle("Ada Lovelace", 501), moodle("Grace Hopper", 9)],
        [moodle("Somebody", 501), moodle("HOPPER Grace", 9)],
        ["lovelaceada_501_77_hw.ipynb", "hoppergrace_LATE_502_78_hw.ipynb"],
    ],
)  # fmt: skip
def test_names_of_each_platform_are_understood(term, names):
    done = term.collect(dict(zip(names, "12", strict=True)))
    assert done.new == ("ada", "grace")
    assert done.absent == ("weiss",)
    found = term.files()
    assert (found["ada/hw/hw.ipynb"], found["grace/hw/hw.ipynb"]) == ("1", "2")


def test_letters_with_marks_and_the_answers_to_a_quiz_come_along(term):
    # Some platforms take letters with their marks apart.
    name = moodle("Lena Weiß", 7, "")
    term.collect({f"{name}hw.ipynb": "1", f"{name}answers.json": "{}", f"{name}notes.pdf": "x"})
    assert set(term.files()) - {"weiss/hw/timestamp.txt"} == {
        "weiss/hw/hw.ipynb",
        "weiss/hw/answers.json",
    }


def test_of_work_handed_in_again_the_newest_is_taken_and_it_is_said(term):
    done = term.collect({
        "lovelaceada_501_77_hw.ipynb": "old",
        "lovelaceada_501_81_hw-2.ipynb": "newest",
        "lovelaceada_501_79_hw-1.ipynb": "newer",
    })  # fmt: skip
    assert term.files()["ada/hw/hw.ipynb"] == "newest"
    (said,) = [note for note in done.notes if "the newest" in note]
    assert "hw-2.ipynb" in said and "hw-1.ipynb" in said
    assert "To have another one, take the newest out of the zip" in said


def test_who_was_late_by_canvas_is_told_where_to_write_when(term):
    files = {"lovelaceada_LATE_501_77_hw.ipynb": "1", "hoppergrace_502_78_hw.ipynb": "2"}
    done = term.collect(files, when=WHEN)
    (packed,) = [note for note in done.notes if note.startswith("No timestamp.txt, so nobody")]
    assert "--times zip would write them for everybody" in packed
    place = term.root / "submitted" / "ada" / "hw" / "timestamp.txt"
    assert "Late, says Canvas: ada." in done.notes
    (line,) = [note.strip() for note in done.notes if "echo" in note]
    assert line == f"echo '2027-03-02 09:00:00 UTC' > {place}"
    subprocess.run(["bash", "-ec", line], check=True)
    done = term.collect(files, when=WHEN)
    assert done.unchanged == ("ada", "grace") and place.exists()
    assert not [note for note in done.notes if "echo" in note], "it is written down now"


def test_a_notebook_without_the_answers_to_its_quiz_is_said(term):
    def said(**more):
        files = {"ada/hw.ipynb": "1", "grace/hw.ipynb": "2"} | more
        return [note for note in term.collect(files).notes if "Without answers.json" in note]

    assert not said()
    (line,) = said(**{"ada/answers.json": "{}"})
    assert line.startswith("Without answers.json: grace. ") and "ask for the file" in line
    assert not said(**{"ada/answers.json": "{}", "grace/answers.json": "{}"})
    (term.root / "source" / "hw" / "questions.json").write_text("{}")  # so it is a quiz
    assert said()[0].startswith("Without answers.json: ada, grace. ")


def test_files_of_another_assignment_are_counted_with_canvas_mark_of_the_second_time(term):
    source = term.root / "source"
    shutil.copytree(source / "hw", source / "hw2")
    (source / "hw2" / "hw.ipynb").rename(source / "hw2" / "hw2.ipynb")
    files = {"lovelaceada_501_77_hw2.ipynb": "1", "hoppergrace_502_78_hw2-1.ipynb": "2"}
    assert "2 files are of the assignment hw2, not of hw" in term.refused(files)
    files.popitem()
    assert "1 file is of the assignment hw2, not of hw" in term.refused(files)


def test_dates_become_times_unless_they_only_say_when_the_zip_was_packed(term):
    term.collect({"ada/hw.ipynb": "1", "grace/hw.ipynb": "2"})
    assert "2026-03-01" in term.files()["ada/hw/timestamp.txt"]
    assert "2026-03-02" in term.files()["grace/hw/timestamp.txt"]
    done = term.collect({"ada/hw.ipynb": "3", "grace/hw.ipynb": "4"}, when=WHEN)
    assert "ada/hw/timestamp.txt" not in term.files()
    assert any("when it was packed" in note for note in done.notes)
    done = term.collect(times="zip")
    assert "ada/hw/timestamp.txt" in term.files()
    assert done.replaced == ("ada", "grace"), "the same work, with a time"
    assert term.collect(times="zip").unchanged == ("ada", "grace")


def test_times_of_an_exchange_are_taken_and_damaged_ones_are_not(term):
    when = "2026-02-27 10:00:00.000000 UTC"
    term.pack({"ada/hw.ipynb": "1", "ada/timestamp.txt": when, "grace/timestamp.txt": "soon"})
    term.collect()
    assert "2026-02-27" in term.files()["ada/hw/timestamp.txt"]
    whole = term.pack({"ada/hw.ipynb": "1", "ada/timestamp.txt": when}).read_bytes()
    place = whole.index(when.encode())
    term.zip.write_bytes(whole[:place] + b"3" + whole[place + 1 :])  # its checksum is wrong now
    assert term.collect().replaced == ("ada",)
    assert "2026-03-01" in term.files()["ada/hw/timestamp.txt"], "the notebook's own date"


def test_collected_again_the_same_stays_and_the_earlier_work_is_kept(term):
    term.collect({"ada/hw.ipynb": "1", "grace/hw.ipynb": "2"})
    done = term.collect({"ada/hw.ipynb": "1", "grace/hw.ipynb": "better"})
    assert (done.new, done.replaced, done.unchanged) == ((), ("grace",), ("ada",))
    (before,) = (term.root / "grading" / "before" / "hw").iterdir()
    assert (before / "hw.ipynb").read_text() == "2"
    (said,) = [note for note in done.notes if "To put it back" in note]
    subprocess.run(["bash", "-ec", said.partition("To put it back: ")[2]], check=True)
    assert term.files()["grace/hw/hw.ipynb"] == "2"
    done = term.collect({"ada/hw.ipynb": "1"})
    assert (done.earlier, done.absent) == (("grace",), ("weiss",))


def test_a_pattern_reads_other_names(term):
    done = term.collect(
        {"hw of grace.ipynb": "1"}, pattern=r"(?P<file_id>hw) of (?P<student_id>\w+)\.ipynb"
    )
    assert done.new == ("grace",)
    assert term.files()["grace/hw/hw.ipynb"] == "1"
    for pattern, words in (("(", "not a regular expression"), (r"(?P<student_id>.+)", "file_id")):
        assert words in term.refused({"x.ipynb": "1"}, pattern=pattern)


def _link(name):
    info = zipfile.ZipInfo(name)
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"final version.ipynb": "1", "ada/hw.ipynb": "2"}, "final version.ipynb"),
        ({"ada/hw.ipynb": "1", "ada_hw.ipynb": "2"}, "twice with different work"),
        ({"ada/hw.zip": "1", "grace/hw.ipynb": "2"}, "an archive inside the zip: unpack it"),
        ({"zoe/hw.ipynb": "1", "ada/hw.ipynb": "2"}, "1 not in the class list: zoe"),
        ({"../ada/hw.ipynb": "1"}, "outside of its folder"),
        ({"/ada/hw.ipynb": "1"}, "outside of its folder"),
        ({_link("ada/hw.ipynb"): "/etc/passwd"}, "is a link"),
        ({"ada/readme.pdf": "1"}, "holds no file with the ending .ipynb or .json"),
        ({"ada/a.ipynb": "1", "ada/b.ipynb": "2"}, "2 different notebooks"),
        ({}, "holds no file"),
    ],
)
def test_what_is_wrong_with_a_zip_is_a_sentence_and_nothing_is_written(term, files, words):
    assert words in term.refused(files)


def test_every_problem_of_a_zip_is_said_at_once(term):
    said = term.refused({"zoe/hw.ipynb": "1", "hm.ipynb": "2", "ada/hw.ipynb": "3"})
    assert "zoe" in said and "hm.ipynb" in said


def test_what_is_no_whole_zip_is_refused(term):
    term.zip.write_text("a web page")
    assert "is not a zip file" in term.refused()
    whole = term.pack({"ada/hw.ipynb": "1" * 5000}).read_bytes()
    term.zip.write_bytes(whole[: len(whole) // 2])
    assert "not a whole one" in term.refused()
    damaged = bytearray(whole)
    damaged[200] ^= 255
    term.zip.write_bytes(damaged)
    assert "download downloads.zip again" in term.refused()
    term.zip.unlink()
    assert "cannot be read" in term.refused()


def test_what_would_fill_the_disk_is_refused_before_it_is_unpacked(term, monkeypatch):
    monkeypatch.setattr(zip_file, "MOST_BYTES", 1000)
    assert "unpacks to 1 file with" in term.refused({"ada/hw.ipynb": "1" * 2000})


def test_an_unknown_assignment_and_an_empty_class_are_said(term, tmp_path):
    assert "no assignment essay: name one of hw" in term.refused(
        {"ada/hw.ipynb": "1"}, name="essay"
    )
    assert "Nobody in downloads.zip (1 student) is in the gradebook" in term.refused(
        {"zoe/hw.ipynb": "1"}, name="essay"
    )
    empty = Class(tmp_path / "empty", gradebook=False)
    with raises(GradingError, "gradebook-without-students"):
        collect(open_course(empty.root), "hw", term.zip)
    assert not (empty.root / "gradebook.db").exists()


def test_the_command_says_who_is_missing(term, capsys):
    term.pack({"ada/hw.ipynb": "1", "grace/hw.ipynb": "2"})
    arguments = ["collect", "hw", str(term.zip), "--course", str(term.root)]
    assert cli.main(arguments) == 0
    said = capsys.readouterr().out
    assert "hw: 2 collected, 2 new, 0 replaced, 0 as before." in said
    assert "Handed in nothing: weiss." in said
    assert Path(term.root, "submitted", "ada", "hw", "hw.ipynb").exists()


@pytest.mark.parametrize("name", ["hw.ipynb.txt", "hw.IPYNB"])
def test_an_ending_that_a_browser_changed_is_put_right(term, name):
    collected = term.collect({moodle("Grace Hopper", 17, name): "x"})
    assert collected.new == ("grace",)
    assert "grace/hw/hw.ipynb" in term.files()


def test_moodles_numbers_are_of_one_assignment(term):
    collected = term.collect({moodle("Ada Lovelace", 7, "hw.ipynb"): "x"})
    assert collected.new == ("ada",), "though she has another number of the platform"


@pytest.mark.skipif(os.name == "nt", reason="needs dir_fd and links")
def test_what_lies_in_a_students_folder_costs_nobody_else_anything(term, nested):
    term.collect({"ada/hw.ipynb": "1", "grace/hw.ipynb": "2"})
    nested(term.root / "submitted" / "ada" / "hw" / "deep", 1200)
    (term.root / "submitted" / "grace" / "hw" / "round").symlink_to(".")
    (term.root / "submitted" / "weiss").mkdir()
    (term.root / "submitted" / "weiss" / "hw").symlink_to("hw")
    done = term.collect({"ada/hw.ipynb": "3", "grace/hw.ipynb": "4", "weiss/hw.ipynb": "5"})
    assert done.replaced == ("ada", "grace", "weiss")
    found = {student: (term.root / "submitted" / student / "hw") for student in done.replaced}
    assert {(folder / "hw.ipynb").read_text() for folder in found.values()} == {"3", "4", "5"}
    assert not (found["ada"] / "deep").exists()
    [before] = (term.root / "grading" / "before" / "hw").glob("ada-*")
    assert (before / "deep" / "d" / "d").is_dir()


def test_a_folder_that_cannot_be_replaced_is_named_and_the_others_are_collected(term, monkeypatch):
    term.collect({"ada/hw.ipynb": "1", "grace/hw.ipynb": "2"})
    real = Path.rename

    def refuse(path, target):
        if "ada" in str(target):
            raise PermissionError(13, "Permission denied", str(target))
        return real(path, target)

    monkeypatch.setattr(Path, "rename", refuse)
    done = term.collect({"ada/hw.ipynb": "3", "grace/hw.ipynb": "4"})
    assert done.replaced == ("grace",)
    assert any(note.startswith("ada: NOT collected") and "denied" in note for note in done.notes)
    found = term.files()
    assert (found["ada/hw/hw.ipynb"], found["grace/hw/hw.ipynb"]) == ("1", "4")


@pytest.mark.parametrize(
    "inner", ["d/" * 1000, "d" * 250 + "/", "é" * 120 + "/", ("d" * 90 + "/") * 12]
)
def test_a_path_that_no_system_takes_is_left_out_and_said(term, inner):
    done = term.collect(
        {"ada/hw.ipynb": "1", f"ada/hw/{inner}hw.ipynb": "2", "grace/hw.ipynb": "3"}
    )
    assert done.new == ("ada", "grace")
    assert any("the name is too long, or lies in more than 50 folders" in n for n in done.notes)
    assert "ada/hw/hw.ipynb" in term.files()


# Names -------------------------------------------------------------------------------------------


def unflagged(names):
    """A zip with names as bytes, of which nothing says in which code page they are."""
    body, directory = b"", b""
    for name, content in names:
        size = len(content)
        head = struct.pack(
            "<HHHHHIIIHH", 20, 0, 0, 0x5000, 0x5C61, zlib.crc32(content), size, size, len(name), 0
        )
        directory += b"PK\1\2" + struct.pack("<H", 20) + head
        directory += struct.pack("<HHHII", 0, 0, 0, 0, len(body)) + name
        body += b"PK\3\4" + head + name + content
    end = struct.pack("<HHHHIIH", 0, 0, len(names), len(names), len(directory), len(body), 0)
    return body + directory + b"PK\5\6" + end


@pytest.mark.parametrize("page", ["utf-8", "cp437", "cp850", "cp1252", "mac_roman"])
@pytest.mark.parametrize("folder", ["", "Abgaben für mich/"])
def test_names_are_read_in_the_code_page_they_were_packed_in(term, page, folder):
    names = [moodle("Lena Weiß", 9), moodle("Grace Hopper", 8)]
    term.zip.write_bytes(unflagged([(f"{folder}{n}".encode(page), n.encode()) for n in names]))
    assert term.collect().new == ("grace", "weiss")
    assert term.files()["weiss/hw/hw.ipynb"] == names[0]


def test_a_name_that_a_packer_put_beside_the_other_one_is_taken(term):
    info = zipfile.ZipInfo("Lena Wei?_9_assignsubmission_file_/hw.ipynb".replace("?", "\u00e1"))
    info.flag_bits = 0
    real = moodle("Lena Weiß", 9).encode()
    term.zip.write_bytes(unflagged([(info.filename.encode("cp437"), b"1")]))
    with zipfile.ZipFile(term.zip) as archive:
        (found,) = archive.infolist()
    found.extra = struct.pack("<HHBI", 0x7075, 5 + len(real), 1, 0) + real
    from embeddings_course.grading.lms.downloads import spelt

    assert spelt([found], len) == [real.decode()]


MOODLE_CLASS = (
    Student("sean", "Seán", "O'Connor"),
    Student("chloe", "Chloé", "D\u2019Artagnan-Dupont"),
    Student("rnd", "R&D", 'Lab "East"'),
    Student("eva", "Eva-Maria", "de la Cruz", "eva@example.org"),
)


@pytest.fixture
def moodle_term(term):
    enrol(term.course, MOODLE_CLASS, say=lambda line: None)
    return term


@pytest.mark.parametrize(
    ("name", "student"),
    [
        ("Seán OConnor", "sean"),
        ("Chloé DArtagnan-Dupont", "chloe"),
        ("RD Lab East", "rnd"),
        ("eva Eva-Maria de la Cruz", "eva"),
        ("eva@example.org Eva-Maria de la Cruz", "eva"),
    ],
)
def test_names_are_compared_as_moodle_cleans_them(moodle_term, name, student):
    assert moodle_term.collect({moodle(name, 7): "1"}).new == (student,)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Group A-Ada Lovelace", "Group A-Grace Hopper"),
        ("Mo-Fr-Ada Lovelace", "Mo-Fr-Eva-Maria de la Cruz"),
        ("al1815 Ada Lovelace", "gh1906 Grace Hopper"),
        ("lovelace Lovelace Ada", "ec7 Eva-Maria de la Cruz"),
    ],
)
def test_what_moodle_puts_before_each_name_is_taken_away(moodle_term, first, second):
    done = moodle_term.collect({moodle(first, 8): "1", moodle(second, 9): "2"})
    assert done.new[0] == "ada" and len(done.new) == 2


def test_a_double_name_is_not_another_student_of_a_group(moodle_term):
    names = [moodle("Anna-Ada Lovelace", 8), moodle("Grace Hopper", 9)]
    assert "Anna-Ada Lovelace (number 8)" in moodle_term.refused(dict.fromkeys(names, "1"))
    assert "Anna-Ada Lovelace (number 8)" in moodle_term.refused({names[0]: "1"})
    assert "mia Ada Lovelace" in moodle_term.refused({moodle("mia Ada Lovelace", 8): "1"})


def test_a_number_of_another_assignment_is_a_contradiction(term):
    said = term.refused({moodle("Grace Hopper", 501): "1", moodle("Lena Weiß", 9): "2"})
    assert "by the number it is ada in the class list, by the name grace" in said
    assert "--leave-out" not in said, "whose it is must be settled"


SUBMITTERS = """\
---
submission_11:
  :submitters:
  - :name: Ada Lovelace
    :sid: '501'
    :email: a@example.org
  :created_at: 2026-03-01 20:15:30.064036000 Z
submission_12:
  :submitters:
  - :name: Grace Hopper
    :sid:
    :email:
  - :name: Lena Weiß
    :sid: weiss
  :created_at: 2026-03-02 20:16:00.000000000 Z
"""


@pytest.mark.parametrize(
    ("files", "time"),
    [
        (
            {
                "HW_ada_attempt_2026-03-01-20-15-00_hw.ipynb": "1",
                "HW_ada_attempt_2026-03-01-20-15-00.txt": "Name: Ada",
                "HW_grace_attempt_2026-03-01-20-15-00_hw.ipynb": "2",
            },
            "20:15:00",
        ),
        (
            {
                "12-34 - Ada Lovelace - Mar 1, 2026 815 PM/hw.ipynb": "1",
                "12-35 - Grace Hopper - Mar 1, 2026 815 PM/hw.ipynb": "2",
                "index.html": "",
            },
            "20:15:00",
        ),
        (
            {
                "Home/Lovelace, Ada(ada)/Submission attachment(s)/hw.ipynb": "1",
                "Home/Lovelace, Ada(ada)/timestamp.txt": "20260301201500000",
                "Home/Hopper, Grace(gh)/Submission attachment(s)/hw.ipynb": "2",
                "Home/Hopper, Grace(gh)/timestamp.txt": "20260301201500000",
                "Home/grades.csv": "",
            },
            "20:15:00",
        ),
        ({"hw-submissions/hw-ada/hw.ipynb": "1", "hw-submissions/hw-grace/hw.ipynb": "2"}, None),
        ({"x/Ada Lovelace/Version 1/hw.ipynb": "1", "x/grace/Version 2/hw.ipynb": "2"}, None),
    ],
    ids=["Blackboard", "Brightspace", "Sakai", "GitHub Classroom", "Teams"],
)
def test_downloads_of_other_platforms_are_read(term, files, time):
    done = term.collect(files, when=WHEN, zone="UTC")
    assert done.new == ("ada", "grace")
    found = term.files()
    assert (found["ada/hw/hw.ipynb"], found["grace/hw/hw.ipynb"]) == ("1", "2")
    if time:
        assert time in found["ada/hw/timestamp.txt"]
        assert time in found["grace/hw/timestamp.txt"]
    else:
        assert "ada/hw/timestamp.txt" not in found


def test_gradescopes_metadata_say_whose_a_submission_is_and_when_it_came(term):
    files = {f"assignment_1_export/submission_{n}/hw.ipynb": str(n) for n in (11, 12)}
    said = term.refused(files)
    assert "read as Gradescope's): submission_11, submission_12" in said
    assert "submission_metadata.yml, which belongs into the zip" in said
    assert "assignment_1_export" not in said
    done = term.collect(files | {"assignment_1_export/submission_metadata.yml": SUBMITTERS})
    assert done.new == ("ada", "grace", "weiss"), "two handed in together"
    found = term.files()
    assert found["grace/hw/hw.ipynb"] == found["weiss/hw/hw.ipynb"] == "12"
    assert "2026-03-01 20:15:30" in found["ada/hw/timestamp.txt"]


@pytest.mark.parametrize(
    ("files", "form", "who"),
    [
        ({"HW_zoe_attempt_2026-03-01-20-15-00_hw.ipynb": "1"}, "Blackboard", "zoe"),
        ({"1-2 - Zoe Z - Mar 1, 2026 815 PM/hw.ipynb": "1"}, "Brightspace", "Zoe Z (number 1-2)"),
        ({"H/Z, Zoe(zz)/Submission attachment(s)/hw.ipynb": "1"}, "Sakai", "Z, Zoe (number zz)"),
        ({"hw-submissions/hw-zoe/hw.ipynb": "1"}, "GitHub Classroom", "zoe"),
        ({"assignment_1_export/submission_1/hw.ipynb": "1"}, "Gradescope", "submission_1"),
    ],
)
def test_a_form_is_named_and_its_outer_folder_is_no_student(term, files, form, who):
    assert f"1 not in the class list (read as {form}'s): {who}." in term.refused(files)


@pytest.mark.parametrize("who", ["ada", "501", "Ada Lovelace", "LOVELACE, Ada", "a@example.org"])
def test_a_pattern_may_find_an_id_a_number_an_address_or_a_name(term, who):
    enrol(term.course, [Student("ada", email="A@example.org")], say=lambda line: None)
    pattern = r"work (?P<student_id>[^/]+)/(?P<file_id>.+)"
    assert term.collect({f"work {who}/hw.ipynb": "1"}, pattern=pattern).new == ("ada",)


def test_teams_are_named_and_marking_that_is_blind_is_said(term):
    said = term.refused({moodle("Team 4", 12): "1"})
    assert "Team 4 (number 12)" in said and "If these are teams" in said
    assert "--worksheet FILE.csv" in said
    for word in ("Participant", "Teilnehmerin", "Teilnehmer_in", "Participante"):
        said = term.refused({moodle(word, 4567000): "1"})
        assert "where marking is blind" in said and "Enrol them" not in said


# Times -------------------------------------------------------------------------------------------

ATTEMPT = r"HW_(?P<student_id>\w+?)_attempt_(?P<timestamp>[\d-]+)_(?P<file_id>.+)"


@pytest.mark.parametrize("pattern", [None, ATTEMPT])
def test_the_newest_attempt_has_its_own_time_to_the_minute(term, pattern):
    files = {
        "HW_ada_attempt_2026-03-02-20-15-00_hw.ipynb": "newest",
        "HW_ada_attempt_2026-03-01-23-59-00_hw.ipynb": "old",
    }
    term.collect(files, pattern=pattern, zone="UTC")
    assert term.files()["ada/hw/hw.ipynb"] == "newest"
    assert "2026-03-02 20:15:00" in term.files()["ada/hw/timestamp.txt"]
    files.popitem()
    term.collect({"HW_ada_attempt_2026-03-02-00-59-00_hw.ipynb": "3"}, zone="Europe/Berlin")
    assert "2026-03-01 23:59:00" in term.files()["ada/hw/timestamp.txt"]


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("2-3-2026 9:00", "may be 2 March or 3 February"),
        ("03.01.2026 11:59 PM", "may be 3 January or 1 March"),
        ("Mar 1 at 11:59pm", "names no year"),
        ("23:59", "says no date"),
        ("soon", "is not a date"),
    ],
)
def test_a_time_of_a_pattern_that_is_not_certain_is_refused(term, said, why):
    pattern = r"(?P<student_id>[^_]+)_(?P<timestamp>[^_]+)_(?P<file_id>.+)"
    files = {f"ada_{said}_hw.ipynb": "1"}
    if ":" in said:  # a colon in a name is another problem
        files = {f"ada_{said.replace(':', '.')}_hw.ipynb": "1"}
    refused = term.refused(files, pattern=pattern)
    assert f"{why}: write it as 2027-03-01 23:59 UTC" in refused


def test_a_zone_that_is_not_known_and_a_doubtful_time_in_the_zip_are_said(term):
    said = term.refused({"ada/hw.ipynb": "1"}, zone="Berlin")
    assert "--zone: 'Berlin' is not a time zone" in said
    done = term.collect({"ada/hw.ipynb": "1", "ada/timestamp.txt": "2/3/2026 09:00"})
    (note,) = [note for note in done.notes if "was not used" in note]
    assert "ada/timestamp.txt" in note and "may be 2 March or 3 February" in note


# One file or student ------------------------------------------------------------------------------

STRAY = {
    "an unknown student": ({"zoe/hw.ipynb": "1"}, "zoe", None),
    "a name of no form": ({"final version.ipynb": "1"}, "final version.ipynb", None),
    "an archive": ({"ada/hw.zip": "1"}, "ada/hw.zip", "hw.zip"),
    "a link": (None, "ada/hw.ipynb is a link", "left-out.txt"),
    "two works": (
        {"ada/hw.ipynb": "1", "ada_hw.ipynb": "2"},
        "twice with different",
        "left-out.txt",
    ),
    "two notebooks": ({"ada/a.ipynb": "1", "ada/b.ipynb": "2"}, "2 different", "left-out.txt"),
    "a colon": ({"ada/my: hw.ipynb": "1"}, "holds a colon", "left-out.txt"),
    "outside": ({"../ada/hw.ipynb": "1"}, "outside of its folder", None),
}


@pytest.mark.parametrize("kind", STRAY)
def test_one_stray_file_is_left_out_if_that_is_asked(term, kind):
    stray, words, kept = STRAY[kind]
    stray = {_link("ada/hw.ipynb"): "/etc/passwd"} if stray is None else stray
    files = stray | {"grace/hw.ipynb": "2"}
    said = term.refused(files)
    assert words in said and "--leave-out collects the rest" in said
    done = term.collect(files, leave_out=True)
    assert done.new == ("grace",) and term.files()["grace/hw/hw.ipynb"] == "2"
    assert any(note.startswith("Left out: ") and words in note for note in done.notes)
    assert ("ada" in done.no_notebook) is (kept is not None)
    if kept:
        assert f"ada/hw/{kept}" in term.files()
        assert done.absent == ("weiss",)


def test_what_is_about_the_whole_zip_is_not_left_out(term):
    for files in ({"zoe/hw.ipynb": "1"}, {"ada/a.ipynb": "1", "ada/b.ipynb": "2"}):
        assert "--leave-out" not in term.refused(files, leave_out=True)


def test_all_strangers_are_named(term):
    said = term.refused({f"stranger{n}/hw.ipynb": "1" for n in range(9)} | {"ada/hw.ipynb": "1"})
    assert "9 not in the class list: stranger0, " in said and "stranger8" in said


# Not a notebook -----------------------------------------------------------------------------------


def test_work_that_is_no_notebook_is_named_and_kept(term, capsys):
    more = [Student(f"s{n}", f"S{n}", "X") for n in range(8)]
    enrol(term.course, more, say=lambda line: None)
    names = ["hw.pdf", "hw.html", "hw.py", "plot.png", "hw.docx", "hw.ipynb.pdf", "a.pdf", "b.pdf"]
    term.pack({f"s{n}/{name}": "1" for n, name in enumerate(names)} | {"ada/hw.ipynb": "2"})
    assert cli.main(["collect", "hw", str(term.zip), "--course", str(term.root)]) == 0
    said = capsys.readouterr().out
    listed = ", ".join(f"s{n} ({name})" for n, name in enumerate(names))
    assert f"8 handed in no notebook: {listed}." in said
    assert "Handed in nothing: grace, weiss." in said
    assert "more" not in said
    assert {f"s{n}/hw/{name}" for n, name in enumerate(names)} <= set(term.files())


def test_platforms_own_texts_and_checkpoints_are_work_too(term):
    done = term.collect({
        "lovelaceada_501_77_hw.ipynb": "1",
        "hoppergrace_502_question_9_text.html": "<p>",
        "weißlena_503_text.html": "<p>",
    })  # fmt: skip
    assert done.no_notebook == {"grace": ("text.html",), "weiss": ("text.html",)}
    shutil.rmtree(term.root / "submitted")
    text = "Grace Hopper_9_assignsubmission_onlinetext_/onlinetext.html"
    checkpoint = "weiss/.ipynb_checkpoints/hw-checkpoint.ipynb"
    done = term.collect({moodle("Ada Lovelace", 8): "1", text: "<p>"})
    assert done.no_notebook == {"grace": ("onlinetext.html",)}
    done = term.collect({"ada/hw.ipynb": "1", checkpoint: "2"})
    assert done.no_notebook == {"weiss": ("hw-checkpoint.ipynb",)}


def test_a_notebook_that_came_before_stays_where_something_else_comes(term):
    term.collect({"ada/hw.ipynb": "1", "grace/hw.ipynb": "2"})
    done = term.collect({"ada/hw.pdf": "printed", "grace/hw.ipynb": "3"})
    assert term.files()["ada/hw/hw.ipynb"] == "1"
    assert any("ada: what came this time is not a notebook (hw.pdf)" in note for note in done.notes)
    assert (done.earlier, done.absent) == ((), ("weiss",))


def test_a_notebook_that_comes_later_replaces_what_was_none(term):
    term.collect({"ada/hw.pdf": "printed", "grace/hw.ipynb": "2"})
    assert term.collect({"ada/hw.ipynb": "1", "grace/hw.ipynb": "2"}).replaced == ("ada",)
    assert "ada/hw/hw.pdf" not in term.files()


# Where files go -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "place",
    [
        "C:/Users/x/evil.ipynb", "sub/C:evil.ipynb", "hw.ipynb:stream.ipynb", "CON.ipynb",
        "nul/hw.ipynb", "LPT1.hw.ipynb", "sub./hw.ipynb", "sub /hw.ipynb",
    ],
)  # fmt: skip
@pytest.mark.parametrize("folder", ["ada/", moodle("Ada Lovelace", 501, "")])
def test_what_windows_would_put_elsewhere_is_refused_everywhere(term, folder, place):
    said = term.refused({f"{folder}{place}": "1", "grace/hw.ipynb": "2"})
    assert any(
        words in said
        for words in ("holds a colon", "device on Windows", "ends with a dot or space")
    )


def test_a_name_that_only_looks_like_a_device_is_collected(term):
    done = term.collect({"ada/hw.ipynb": "1", "ada/console.json": "{}", "ada/com10.json": "{}"})
    assert done.new == ("ada",) and "ada/hw/console.json" in term.files()


def test_nothing_is_written_outside_whatever_slips_through(term, monkeypatch):
    monkeypatch.setattr(file_names, "unfit", lambda path: None)
    monkeypatch.setattr(zip_file, "outside", lambda name: False)
    said = term.refused({"ada/../../../hw.ipynb": "1", "grace/hw.ipynb": "2"})
    assert "would be written outside of its folder" in said


# The command --------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "cp850"])
def test_names_that_a_pipe_cannot_show_end_nothing(term, encoding):
    enrol(term.course, [Student("łukasz", "Łukasz", "Kowal")], say=lambda line: None)
    term.pack({"ada/hw.ipynb": "1"})
    environ = os.environ | {
        "PYTHONUTF8": "0",
        "PYTHONIOENCODING": encoding,
        "PYTHONPATH": str(ROOT),
    }
    command = [sys.executable, "-m", "embeddings_course.cli", "collect", "hw", str(term.zip)]
    result = subprocess.run(
        [*command, "--course", str(term.root)], env=environ, capture_output=True, check=False
    )
    assert result.returncode == 0, result.stderr
    assert b"?ukasz" in result.stdout and b"Traceback" not in result.stderr
