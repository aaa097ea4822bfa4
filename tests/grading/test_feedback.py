"""Feedback: a page for each student, none while answers wait, and zips for learning platforms."""

import hashlib
import json
import shutil
import zipfile
from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from embeddings_course.grading.course import open_course
from embeddings_course.grading.errors import GradingError
from embeddings_course.grading.feedback.marks import Mark, Marks
from embeddings_course.grading.feedback.page import page_head
from embeddings_course.grading.feedback.page_contents import exercise_titles, page_contents
from embeddings_course.grading.feedback.platform_zips import for_canvas, for_moodle, write_zips
from embeddings_course.grading.feedback.write import page_key, summary, write_feedback
from embeddings_course.grading.lms.platform_names import (
    PlatformNames,
    keep_platform_names,
    moodle_folder,
    read_platform_names,
)
from grading.classroom import RIGHT, TENTH_A_DAY, Class, assignment, cell
from helpers.browser import DESKTOP, PHONE, barriers, listen
from helpers.refusals import raises

HOSTILE = "<script>document.title = 'ran'</script><img src=x onerror=\"document.title='ran'\">"
# A function that fails, whose name, error and prints try to become a part of the page.
WRONG = f"def double(x):\n    print({HOSTILE!r})\n    raise KeyError({HOSTILE!r})"
MOODLE = {
    "ada": "Ada Lovelace_501_assignsubmission_file_",
    "bob": "Bob Builder_502_assignsubmission_file_",
}
CANVAS = {"cy": "youngcy_LATE_901_7001_hw-1.ipynb"}
POINTS = {"ada": 5, "bob": 1, "cy": 2, "dan": 0}


def written_assignment():
    """The small assignment of the tests, with headings, and an answer in words."""
    made = assignment()
    given, double, *tests = made.cells
    head = new_markdown_cell("## Exercise 1: Twice as much (6 points)", id="head")
    ask = new_markdown_cell("# Exercise 2: Why?\n\nBecause of $\\frac{a}{b}$.", id="ask")
    why = new_markdown_cell("### BEGIN SOLUTION\nSo.\n### END SOLUTION", id="why")
    marks = cell("why", "", solution=True, grade=True, locked=False, points=6).metadata.nbgrader
    why.metadata.nbgrader = marks
    made.cells = [given, head, double, *tests, ask, why]
    return made


def handed_in(released, answer):
    made = nbformat.from_dict(json.loads(json.dumps(released)))
    for each in made.cells:
        if each.id == "double":
            each.source = answer
        elif each.id == "why":
            each.source = f"I say {HOSTILE} and $\\frac{{c}}{{d}}$."
    return nbformat.writes(made)


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """A class that handed in on Moodle, on Canvas and by mail; nobody has read the answers yet."""
    course = Class(tmp_path_factory.mktemp("feedback") / "course")
    settings = course.root / "nbgrader_config.py"
    settings.write_text(settings.read_text() + TENTH_A_DAY)
    nbformat.write(written_assignment(), course.root / "source" / "hw" / "hw.ipynb")
    course.release()
    course.is_due("2026-03-01 23:59:00 UTC")
    with course.gradebook() as book:
        book.update_or_create_student("ada", first_name="Ada", last_name="Lovelace")
        book.update_or_create_student("bob", first_name="Bob", last_name="Builder")
        book.update_or_create_student("cy", first_name="Cy", last_name="Young", lms_user_id="901")
        book.update_or_create_student("dan", first_name=HOSTILE)
        book.update_or_create_student("eve")
    released = nbformat.read(course.root / "assignments" / "hw" / "hw.ipynb", as_version=4)
    answers = {"ada": RIGHT, "bob": WRONG, "cy": RIGHT, "dan": "def double(x):\n    return 1"}
    texts = {student: handed_in(released, answer) for student, answer in answers.items()}
    for name, members in {
        "moodle": {f"{folder}/hw.ipynb": texts[who] for who, folder in MOODLE.items()},
        "canvas": {name: texts[who] for who, name in CANVAS.items()},
    }.items():
        path = course.root / f"{name}.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for member, text in members.items():
                archive.writestr(member, text)
        status, said = course.command("collect", "hw", path)
        assert status == 0, said
    (course.root / "submitted" / "dan" / "hw").mkdir(parents=True)
    (course.root / "submitted" / "dan" / "hw" / "hw.ipynb").write_text(texts["dan"])
    late = course.root / "submitted" / "ada" / "hw" / "timestamp.txt"
    late.write_text("2026-03-02 09:00:00 UTC")
    status, said = course.grade()
    assert status == 0, said
    return course.root


@pytest.fixture
def course(graded, tmp_path):
    """The same class, to change."""
    shutil.copytree(graded, tmp_path / "course")
    return open_course(tmp_path / "course")


def read_answers(course, points=POINTS):
    with course.gradebook() as book:
        for student, given in points.items():
            grade = book.find_grade("why", "hw", "hw", student)
            grade.manual_score, grade.needs_manual_grade = given, False
            book.find_comment("why", "hw", "hw", student).manual_comment = f"Comment for {student}."
        book.db.commit()


def page(course, student):
    path = course.root / "feedback" / student / "hw" / "hw.html"
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


def table(shown):
    rows = shown.select("table.points tbody tr, table.points tfoot tr")
    return {
        row.th.get_text(strip=True): [each.get_text(" ", strip=True) for each in row("td")]
        for row in rows
    }


@pytest.fixture(scope="module")
def handed_back(graded, tmp_path_factory):
    """The class with all answers read, and with what `course feedback` has written."""
    root = tmp_path_factory.mktemp("back") / "course"
    shutil.copytree(graded, root)
    course = open_course(root)
    read_answers(course)
    return course, write_feedback(course, "hw", say=lambda line: None)


def test_no_page_is_written_while_answers_wait_for_a_person(course):
    with raises(GradingError, "feedback-grading-open", "4", "ada", "--partial"):
        write_feedback(course, "hw")
    assert not list(course.root.glob("feedback/*/*/*.html"))
    result = course.api.generate_feedback("hw", "ada")  # what `nbgrader generate_feedback` does
    assert not result["success"]
    assert "Exercise 2: Why?" in result["log"] + (result["error"] or "")
    assert not list(course.root.glob("feedback/*/*/*.html"))


def test_asked_for_a_page_says_what_waits_for_a_person(course):
    done = write_feedback(course, "hw", partial=True, say=lambda line: None)
    assert done.waiting == ("ada", "bob", "cy", "dan")
    shown = page(course, "cy")
    assert table(shown)["Exercise 2: Why?"][0] == "\N{EN DASH} of 6 not graded yet"
    assert "Exercise 2: Why?" in shown.select_one(".waits").get_text()
    assert "so far" in shown.select_one(".total").get_text()


def test_a_page_has_points_penalty_and_total_on_top(handed_back):
    course, done = handed_back
    assert done.written == ("ada", "bob", "cy", "dan") and done.without == {
        "not handed in": ["eve"]
    }
    shown = page(course, "ada")
    assert table(shown) == {
        "Exercise 1: Twice as much": ["5.5 of 6 some points", "A check gives 0.5 of 1 point."],
        "Exercise 2: Why?": ["5 of 6 some points, by hand", "Comment for ada."],
        "Late penalty": ["\N{MINUS SIGN}1.05", ""],
        "Total": ["9.45 of 12", ""],
    }
    assert shown.select_one(".total b").get_text() == "9.45"
    assert "9.0 hours" in shown.select_one("header").get_text()
    assert "Ada Lovelace" in shown.h1.get_text()


def test_each_exercise_leads_to_its_cells_and_says_what_failed_first(handed_back):
    course, _ = handed_back
    shown = page(course, "dan")
    row = shown.find("a", string="Exercise 1: Twice as much")
    assert row.find_parent("tr").select("td")[1].get_text().startswith("AssertionError")
    target = shown.find(id=row["href"].removeprefix("#"))
    assert "double_basics" in target.get_text()


def test_what_a_student_brings_stays_text(handed_back, tab):
    course, _ = handed_back
    for student in ("bob", "dan"):
        shown = page(course, student)
        assert not shown.select("script, iframe, [onerror]")
        tab.goto((course.root / "feedback" / student / "hw" / "hw.html").as_uri())
        assert tab.title() == "hw: feedback"
        assert tab.wrong == []
    assert HOSTILE in shown.h1.get_text(), "a name is shown as it is"
    assert "KeyError" in table(page(course, "bob"))["Exercise 1: Twice as much"][1]


def test_formulas_and_comments_are_shown(handed_back):
    course, _ = handed_back
    shown = page(course, "cy")
    assert len(shown.select("#notebook math mfrac")) == 2
    assert "Comment for cy." in shown.select_one(".panel-footer").get_text()


@pytest.mark.parametrize("screen", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_barrier(handed_back, browser, screen, scheme):
    course, _ = handed_back
    context = browser.new_context(viewport=screen, color_scheme=scheme)
    tab = context.new_page()
    listen(tab)
    tab.goto((course.root / "feedback" / "bob" / "hw" / "hw.html").as_uri())
    assert barriers(tab, but=".no-part") == []
    width = tab.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert width[0] <= width[1]
    context.close()


def test_zips_have_the_names_by_which_platforms_know_whose_a_page_is(handed_back):
    course, done = handed_back
    expected = {
        "Moodle": {f"{folder}/hw.html": who for who, folder in MOODLE.items()},
        "Canvas": {"youngcy_LATE_901_7001_hw-1.html": "cy"},
    }
    for each in done.zips:
        with zipfile.ZipFile(each.path) as archive:
            found = {name: archive.read(name) for name in archive.namelist()}
        assert set(found) == set(expected[each.platform])
        for name, who in expected[each.platform].items():
            path = course.root / "feedback" / who / "hw" / "hw.html"
            assert found[name] == path.read_bytes()
    assert {each.platform for each in done.zips} == set(expected)
    assert set(done.elsewhere) == {"dan"}
    said = "\n".join(summary(done, "hw", course.root))
    assert "dan" in said and "feedback/dan/hw" in said and "eve" in said


def test_only_pages_that_are_out_of_date_are_written_again(handed_back, tmp_path):
    shutil.copytree(handed_back[0].root, tmp_path / "course")
    course = open_course(tmp_path / "course")

    def written(**settings):
        return write_feedback(course, "hw", say=lambda line: None, **settings).written

    zips = [hashlib.sha256(p.read_bytes()).digest() for p in course.grading.glob("*feedback*.zip")]
    assert written() == ()
    again = [hashlib.sha256(p.read_bytes()).digest() for p in course.grading.glob("*feedback*.zip")]
    assert again == zips and len(zips) == 2
    read_answers(course, {"bob": 2})
    assert written() == ("bob",)
    assert table(page(course, "bob"))["Exercise 2: Why?"][0].startswith("2 of 6")
    (course.root / "feedback" / "cy" / "hw" / "hw.html").unlink()
    assert written() == ("cy",)
    assert written(force=True) == ("ada", "bob", "cy", "dan")


def test_the_command_says_what_it_did_and_fails_with_a_sentence(handed_back, complaints):
    root = handed_back[0].root
    classroom = Class.__new__(Class)
    classroom.root = root
    status, said = classroom.command("feedback", "hw")
    assert status == 0 and "4 as before" in said
    assert "hw-feedback-moodle.zip" in said and "hw-feedback-canvas.zip" in said
    status, _ = classroom.command("feedback", "hx")
    assert status == 1
    assert "Traceback" not in str(complaints[-1])


def test_nobody_with_a_score_is_an_error_with_a_code(course):
    with course.gradebook() as book:
        for student in POINTS:
            book.remove_submission("hw", student)
    with raises(GradingError, "feedback-nobody-graded", "hw"):
        write_feedback(course, "hw")


def test_platform_names_are_kept_when_work_is_collected(graded):
    names = read_platform_names(open_course(graded), "hw")
    assert {who: found.moodle for who, found in names.items() if found.moodle} == MOODLE
    assert names["cy"] == PlatformNames("", {"hw.ipynb": CANVAS["cy"]})
    assert set(names) == {"ada", "bob", "cy"}


def test_platform_names_of_others_stay_and_those_that_cannot_be_files_are_left_out(course):
    keep_platform_names(
        course,
        "hw",
        {
            "ada": PlatformNames("", {"hw.ipynb": "a_1_2_hw.ipynb"}),
            "dan": PlatformNames("up/there_1_assignsubmission_file_"),
            "eve": PlatformNames(".hidden_1_assignsubmission_file_"),
        },
    )
    names = read_platform_names(course, "hw")
    assert names["ada"] == PlatformNames(MOODLE["ada"], {"hw.ipynb": "a_1_2_hw.ipynb"})
    assert set(names) == {"ada", "bob", "cy"}


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        '{"students": {"ada": {"moodle": "../x", "canvas": {}}}}',
        '{"students": {"a": 1}}',
    ],
)
def test_platform_names_that_are_damaged_are_refused_and_replaced_by_the_next_zip(course, text):
    path = course.grading / "collected" / "hw.json"
    path.write_text(text)
    with raises(GradingError, "platform-names-damaged", path):
        read_platform_names(course, "hw")
    keep_platform_names(course, "hw", {"ada": PlatformNames(MOODLE["ada"])})
    assert set(read_platform_names(course, "hw")) == {"ada"}


@pytest.mark.parametrize(
    ("member", "folder"),
    [
        ("Ada Lovelace_501_assignsubmission_file_/hw.ipynb", MOODLE["ada"]),
        ("Ada Lovelace_501_assignsubmission_file/hw.ipynb", MOODLE["ada"]),
        ("all/Ada Lovelace_501_assignsubmission_file_/deep/hw.ipynb", MOODLE["ada"]),
        ("Ada Lovelace_501_assignsubmission_file_hw.ipynb", MOODLE["ada"]),
        ("Ada Lovelace_501_assignsubmission_onlinetext_/text.html", MOODLE["ada"]),
        ("Ada Lovelace_assignsubmission_file_/hw.ipynb", ""),
        ("lovelaceada_12_34_hw.ipynb", ""),
    ],
)
def test_folders_of_moodle_are_found(member, folder):
    assert moodle_folder(member) == folder


def test_members_of_a_team_get_their_pages_in_one_folder(tmp_path):
    pages = {who: [tmp_path / who / "hw.html"] for who in ("ada", "bob", "cy")}
    team = PlatformNames("Team A_7_assignsubmission_file_")
    own = PlatformNames("Cy Young_8_assignsubmission_file_")
    members = for_moodle(pages, {"ada": team, "bob": team, "cy": own})
    assert {name: who for name, (who, _) in members.items()} == {
        "Team A_7_assignsubmission_file_/hw-ada.html": "ada",
        "Team A_7_assignsubmission_file_/hw-bob.html": "bob",
        "Cy Young_8_assignsubmission_file_/hw.html": "cy",
    }


def test_a_notebook_of_another_name_still_gives_canvas_its_numbers(tmp_path):
    names = {
        "ada": PlatformNames("", {"answers.json": "a_1_3_answers.json", "HW.ipynb": "a_1_2_HW"})
    }
    assert set(for_canvas({"ada": [tmp_path / "hw.html"]}, names)) == {"a_1_2_HW.html"}
    assert for_canvas({"bob": [tmp_path / "hw.html"]}, names) == {}


def test_a_zip_of_an_earlier_time_goes_when_nothing_belongs_into_it(tmp_path):
    old = tmp_path / "hw-feedback-canvas.zip"
    old.write_text("old")
    assert write_zips({"ada": []}, {}, tmp_path, "hw") == []
    assert not old.exists()


def quiz_page(printed):
    source = (
        "# Question 1\nfrom embeddings_course.quiz.graded import check_answered\n\n"
        "check_answered(1)\n# (More inputs were tried here.)"
    )
    marks = {"grade": True, "locked": True, "solution": False, "grade_id": "question-1"}
    test = new_code_cell(source, metadata={"nbgrader": marks})
    test.outputs = [new_output("stream", name="stdout", text=printed)]
    found = new_code_cell("# Whether answers were found")
    found.metadata.nbgrader = test.metadata.nbgrader | {"grade_id": "record"}
    found.outputs = [new_output("stream", name="stdout", text="0 of 1 questions\nwere answered.\n")]
    nb = new_notebook(cells=[test, found])
    marks = Marks({"question-1": Mark(0, 1), "record": Mark(0, 0)}, {})
    contents = page_contents(nb, marks, assignment="quiz", student="ada", titles={})
    return contents, nb.cells[0].metadata["feedback"]["question"]


def test_the_quiz_is_told_apart_into_what_was_asked_and_what_was_said():
    contents, question = quiz_page(
        "How many bytes are\n4 floats?\nNot right.\nYou answered 4. The right number: 16\n"
        "Four each."
    )
    assert question["asked"] == "How many bytes are\n4 floats?"
    assert question["said"].split("\n\n")[0] == "Not right."
    assert "You answered 4." in question["said"] and "Four each." in question["said"]
    assert contents.notes == ("0 of 1 questions were answered.",)
    (row,) = contents.exercises
    assert (row.title, row.state, row.said) == ("Question 1", "no points", "Not right.")


def test_a_quiz_without_answers_says_why_in_the_table():
    contents, question = quiz_page("0 points. There is no answers.json.")
    assert question["asked"] == "" and question["verdict"] == contents.exercises[0].said
    assert contents.exercises[0].said.startswith("0 points.")


def test_a_heading_belongs_to_the_answer_below_it(tmp_path):
    nbformat.write(written_assignment(), tmp_path / "hw.ipynb")
    titles = {"double": "Exercise 1: Twice as much", "why": "Exercise 2: Why?"}
    assert exercise_titles(tmp_path / "hw.ipynb") == titles
    assert exercise_titles(tmp_path / "gone.ipynb") == {}
    Path(tmp_path, "odd.ipynb").write_text('{"cells": [1]}')
    assert exercise_titles(tmp_path / "odd.ipynb") == {}


def test_the_head_of_a_page_escapes_all_that_is_put_in():
    marks = Marks({}, {}, name=HOSTILE)
    contents = page_contents(
        new_notebook(), marks, assignment=HOSTILE, student=f"a\x1b{HOSTILE}", titles={}
    )
    head = BeautifulSoup(page_head(contents), "html.parser")
    assert not head.select("script, img") and HOSTILE in head.get_text()


def test_a_page_of_somebody_else_has_no_key(tmp_path):
    assert page_key(tmp_path / "gone.html") == ""
    (tmp_path / "other.html").write_text("<html></html>")
    assert page_key(tmp_path / "other.html") == ""
