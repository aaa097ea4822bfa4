"""Answers to the graded quiz: their file under any name, and ids that students typed otherwise."""

import json
import shutil

import pytest

from embeddings_course.grading.course import lend_typed_id, open_course
from embeddings_course.grading.grade_class import grade
from embeddings_course.grading.gradebook.contents import other_names
from embeddings_course.grading.submissions.answer_files import prepare_answers
from embeddings_course.quiz.answer_records import may_be_answers
from embeddings_course.quiz.graded import find_answers
from embeddings_course.quiz.graded_answers import submitted_record
from embeddings_course.quiz.question_files import QuizError
from embeddings_course.quiz_tools.item_analysis import collect_records
from grading.classroom import Class
from helpers.quiz_answers import IDS, NAME, answer, record
from helpers.refusals import raises
from helpers.repository import ROOT

FULL = json.dumps(record("ann"))
EMPTY = json.dumps(record("ann", {}))
PART = json.dumps(record("ann", {IDS[0]: answer(IDS[0], "ann")}))
OTHER = json.dumps(record("ann", {IDS[1]: answer(IDS[1], "ann", wrong=True)}))
PRACTICE = json.dumps(record("", {"another-question": answer(IDS[0], "ann")}))
NAMES = (
    "answers (1).json",
    "answers(2).json",
    "answers (1) (1).json",
    "Answers.json",
    "ANSWERS.JSON",
    "answers.json.txt",
    "answers.json.json",
    "answers - Copy.json",
    "answers - Kopie (2).json",
    "answers - copie.json",
    "answers copy.json",
    "answers_1.json",
    "answers-mia.json",
    "Copy of answers.json",
    "antworten.json",
    "knowledge-check/answers.json",
    "a/b/answers (3).json",
)


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "autograded" / "ann" / NAME
    folder.mkdir(parents=True)
    shutil.copy(ROOT / "assignments" / NAME / "questions.json", folder)

    def write(files):
        for name, text in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            data = text if isinstance(text, bytes) else text.encode()
            (folder / name).write_bytes(data)
        return folder

    return write


@pytest.mark.parametrize("name", NAMES)
def test_answers_are_found_under_any_name(folder, name):
    here = folder({name: FULL, "notes.json": "{}", "data.json": "[1, 2]"})
    same = (here / "answers.json").exists()  # on a disk that tells no capitals apart
    repaired, problems = prepare_answers(here)
    assert repaired == [f"The answers in {name} count. There is no answers.json."] * (not same)
    assert problems == []
    found = find_answers(folder=here).record
    assert len(found.answers) == len(IDS)


@pytest.mark.parametrize("empty", [EMPTY, "", "{", "<html>", PRACTICE])
def test_an_empty_file_beside_a_filled_one_is_put_aside(folder, empty):
    here = folder({"answers.json": empty, "answers (1).json": FULL})
    repaired, problems = prepare_answers(here)
    assert repaired == ["The answers in answers (1).json count. answers.json holds no answers."]
    assert problems == []
    assert (here / "answers.json.handed-in").read_text() == empty
    assert submitted_record(here, NAME)[0].student == "ann"
    assert prepare_answers(here) == ([], []), "a second look changes nothing"


@pytest.mark.parametrize(
    ("files", "right"),
    [
        ({"answers.json": PART, "answers (1).json": FULL}, "answers (1).json"),
        ({"answers (1).json": PART, "answers (2).json": FULL}, "answers (2).json"),
        ({"answers (1).json": FULL, "answers (2).json": PART}, "answers (1).json"),
        ({"answers (1).json": FULL, "answers (2).json": FULL}, "answers (1).json"),
    ],
)
def test_of_several_files_the_one_with_all_answers_counts(folder, files, right):
    here = folder(files)
    (repaired,), problems = prepare_answers(here)
    assert repaired.startswith(f"The answers in {right} count.")
    assert problems == []
    assert (here / "answers.json").read_text() == FULL


def test_of_different_answers_nobody_chooses_without_a_word(folder):
    here = folder({"answers (1).json": PART, "answers (2).json": OTHER})
    assert prepare_answers(here) == (
        [],
        [
            "There are 2 files with different answers, answers (1).json, answers (2).json: keep "
            "one, called answers.json, and grade again."
        ],
    )
    assert not (here / "answers.json").exists()
    (here / "answers.json").write_text(PART)
    (problem,) = prepare_answers(here)[1]
    assert "those of answers.json count. Look which the student means." in problem
    assert (here / "answers.json").read_text() == PART


@pytest.mark.parametrize(
    "files",
    [
        {"answers.json": FULL},
        {"answers.json": FULL, "answers (1).json": PART},
        {"answers.json": FULL, "answers (1).json": EMPTY, "answers copy.json": FULL},
        {"answers.json": EMPTY},
        {f"{NAME}.quiz.json": FULL},
        {"other.json": PRACTICE},
        {"other.json": FULL.replace(NAME, "another-quiz")},
        {},
    ],
)
def test_what_is_as_it_should_be_is_left_alone(folder, files):
    here = folder(files)
    before = {path: path.read_bytes() for path in here.rglob("*") if path.is_file()}
    assert prepare_answers(here) == ([], [])
    assert {path: path.read_bytes() for path in here.rglob("*") if path.is_file()} == before


def test_another_assignment_has_no_answers_to_look_for(tmp_path):
    (tmp_path / "answers (1).json").write_text(FULL)
    assert prepare_answers(tmp_path) == ([], [])
    assert not (tmp_path / "answers.json").exists()


def test_links_are_not_followed(folder, tmp_path):
    here = folder({})
    (tmp_path / "theirs.json").write_text(FULL)
    (here / "answers (1).json").symlink_to(tmp_path / "theirs.json")
    assert prepare_answers(here) == ([], [])


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
def test_a_file_that_an_editor_saved_is_read(folder, encoding):
    here = folder({"answers.json": FULL.encode(encoding)})
    assert submitted_record(here, NAME)[0].student == "ann"


def test_the_item_analysis_reads_the_same_names(tmp_path):
    for number, name in enumerate(name for name in NAMES if may_be_answers(name)):
        path = tmp_path / str(number) / name
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(record(f"s{number}")))
    (tmp_path / "answers-checkpoint.json").write_text(FULL)
    assert len(collect_records(tmp_path, NAME, graded=True).records) == number + 1 >= 12
    assert collect_records(tmp_path, NAME, graded=False).records == ()


# Ids ----------------------------------------------------------------------------------------------

STUDENTS = {
    "30210042": ("Mia", "Müller", "mia.mueller@example.org", "501"),
    "30210043": ("Tom", "Berg", "tom@example.org", "30210044"),
    "30210044": ("Anna", "Berg", "family@example.org", None),
    "anna-k": ("Anna", "Keller", "family@example.org", "77"),
    "annak": ("Anna", "Keller", None, None),
    "x1": ("Anna", None, "", None),
}


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    made = Class(tmp_path_factory.mktemp("names") / "course")
    here = open_course(made.root)
    with here.gradebook() as book:
        for id, (first, last, mail, number) in STUDENTS.items():
            book.add_student(id, first_name=first, last_name=last, email=mail, lms_user_id=number)
    return here


@pytest.mark.parametrize(
    ("student", "typed", "counts"),
    [
        ("30210042", "30 210042", True),
        ("30210042", "30-210-042", True),
        ("30210042", "Mia.Mueller@Example.org ", True),
        ("30210042", "mia muller", True),
        ("30210042", "Müller, Mia", True),
        ("30210042", "501", True),
        ("30210043", "Tom Berg", True),
        ("anna-k", "77", True),
        ("30210042", "Mia", False),
        ("30210042", "30210043", False),
        ("30210042", "Tom Berg", False),
        ("30210042", "tom@example.org", False),
        ("30210042", "3021004", False),
        ("30210042", "-", False),
        ("30210043", "30210044", False),  # it is another's id, too
        ("30210044", "family@example.org", False),  # two have it
        ("anna-k", "Anna Keller", False),
        ("anna-k", "anna k", False),
        ("x1", "Anna", False),
    ],
)
def test_a_typed_name_counts_if_it_is_of_the_one_who_handed_in(
    course, tmp_path, student, typed, counts
):
    folder = tmp_path / "autograded" / student / NAME
    folder.mkdir(parents=True)
    shutil.copy(ROOT / "assignments" / NAME / "questions.json", folder)
    (folder / "answers.json").write_text(json.dumps(record(typed)))
    with course.gradebook() as book:
        lend_typed_id(tmp_path, student, tmp_path, other_names(book, student))
    if not counts:
        with raises(QuizError, "answers-of-another-student", repr(typed), repr(student)):
            submitted_record(folder, NAME)
        return
    found, notes = submitted_record(folder, NAME)
    assert found.student == typed
    assert any(f"made out to {typed!r}, and count for {student!r}" in note for note in notes)


@pytest.mark.parametrize("written", ['{"m1": "tpyo"}', '{"m2": "x"}', "{", '{"m1": 3}', None])
def test_what_an_instructor_wrote_counts_beside_other_names(tmp_path, written):
    target = tmp_path / "lent"
    target.mkdir()
    if written is not None:
        (tmp_path / "typed-ids.json").write_text(written)
    for _ in range(2):  # what was lent once is lent again, to the kernel
        lend_typed_id(tmp_path, "m1", target, ["mia", "m1"])
        lent = json.loads((target / "typed-ids.json").read_text())
        expected = {'{"m1": "tpyo"}': {"m1": ["tpyo", "mia", "m1"]}, "{": "unreadable"}
        expected |= {'{"m1": 3}': {"m1": 3}}
        assert lent == expected.get(written, {"m1": ["mia", "m1"]})
        tmp_path = target


@pytest.mark.parametrize("stock", [False, True], ids=["course grade", "nbgrader autograde"])
def test_a_class_hands_in_its_quiz_under_other_names(tmp_path, stock):
    made = Class(tmp_path / "course")
    shutil.copytree(ROOT / "source" / NAME, made.root / "source" / NAME)
    made.release(NAME)
    here = open_course(made.root)
    with here.gradebook() as book:
        book.add_student("ann", first_name="Ann", last_name="Lee", email="ann@example.org")
        book.add_student("bob", first_name="Bob", last_name="Orr", email="bob@example.org")
    handed_in = {"ann": ("answers (1).json", "Ann Lee"), "bob": ("answers.json", "ann@example.org")}
    for student, (name, who) in handed_in.items():
        place = made.root / "submitted" / student / NAME
        shutil.copytree(ROOT / "assignments" / NAME, place)
        (place / name).write_text(json.dumps(record(who)))
    if stock:
        made.nbgrader("autograde", NAME)
    else:
        done = grade(here, NAME, jobs=1, say=lambda line: None).records
        assert done["ann"].repaired == [
            "The answers in answers (1).json count. There is no answers.json."
        ]
        assert "is made out to 'ann@example.org'" in done["bob"].problems[0]
    with here.gradebook() as book:
        assert book.find_submission(NAME, "ann").score == 20
        assert book.find_submission(NAME, "bob").score == 0, "the answers are another's"
