"""``course collect``: what learning platforms pack, and what is wrong with a zip file."""

import os
import shutil
import stat
import subprocess
import zipfile
from pathlib import Path

import pytest

from embeddings_course import cli
from embeddings_course.grading import collect as module
from embeddings_course.grading.collect import collect
from embeddings_course.grading.course import open_course
from embeddings_course.grading.gradebook import Student
from embeddings_course.grading.record import GradingError
from embeddings_course.grading.students import enrol
from grading.classroom import Class

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
    for pattern, words in (("(", "no regular expression"), (r"(?P<student_id>.+)", "file_id")):
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
    assert "is no zip file" in term.refused()
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
    monkeypatch.setattr(module, "MOST_BYTES", 1000)
    assert "unpacks to 1 file with" in term.refused({"ada/hw.ipynb": "1" * 2000})


def test_an_unknown_assignment_and_an_empty_class_are_said(term, tmp_path):
    assert "no assignment essay: name one of hw" in term.refused(
        {"ada/hw.ipynb": "1"}, name="essay"
    )
    assert "Nobody in downloads.zip (1 student) is in the gradebook" in term.refused(
        {"zoe/hw.ipynb": "1"}, name="essay"
    )
    empty = Class(tmp_path / "empty")
    with pytest.raises(GradingError, match="enrol the class first"):
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
