"""The board of a class: what tests have measured, and nothing that a student's code says."""

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from embeddings_course.grading.report.board import measured, rows_of, to_html, write_board
from embeddings_course.grading.report.class_results import Report

GOOD = "Measured: recall@1 0.915, bytes 108, seconds 0.0123\n"


def printed_by_a_test(*printed, error=False, **marks):
    outputs = [new_output("stream", text=text) for text in printed]
    if error:
        outputs.append(new_output("error", ename="CheckFailed", evalue="", traceback=[]))
    about = {"grade": True, "solution": False, "grade_id": "embed_recall", "points": 6} | marks
    return new_code_cell(outputs=outputs, metadata={"nbgrader": about})


def test_what_a_test_has_measured_is_read_from_its_last_line():
    book = new_notebook(cells=[printed_by_a_test("Measured: recall@1 1.0\n", "something\n", GOOD)])
    assert measured(book) == {"recall@1": 0.915, "bytes": 108, "seconds": 0.0123}


@pytest.mark.parametrize(
    "cell",
    [
        printed_by_a_test(GOOD, error=True),
        printed_by_a_test(GOOD, "and more\n"),
        printed_by_a_test(GOOD, solution=True),
        printed_by_a_test(GOOD, grade=False),
        printed_by_a_test("Measured: recall@1 nan, bytes ..\n"),
        printed_by_a_test(f"Measured: recall@1 0.9{'9' * 400}\n"),
        printed_by_a_test("Measured: <b>x</b> 1\n"),
        printed_by_a_test(),
    ],
    ids=["failed", "not last", "an answer", "no test", "no numbers", "too long", "markup", "empty"],
)
def test_what_no_test_has_said_last_is_not_on_the_board(cell):
    assert measured(new_notebook(cells=[cell])) == {}


class Folders:
    autograded_directory = "autograded"

    def __init__(self, root):
        self.root = root

    def format_path(self, step, student, assignment):
        return str(self.root / step / student / assignment)


class Known:
    def __init__(self, id, name=""):
        self.id, self.name = id, name


class SmallCourse:
    """As much of a course as a board asks for."""

    def __init__(self, root, scores):
        self.root, self.api = root, type("Api", (), {"coursedir": Folders(root)})
        for student, recall in scores.items():
            place = root / "autograded" / student / "hw"
            place.mkdir(parents=True)
            book = new_notebook(
                cells=[printed_by_a_test(f"Measured: recall@1 {recall}, bytes 108\n")]
            )
            nbformat.write(book, place / "hw.ipynb")


@pytest.fixture
def course(tmp_path):
    return SmallCourse(tmp_path, {"ann": 0.8, "bob": 0.9, "eve": 0.85})


@pytest.fixture
def report():
    students = (Known("ann", "Ann Arber"), Known("bob"), Known("eve", "<b>Eve</b>"), Known("dan"))
    return Report("c", "hw", (), students, None)


def test_the_board_is_ordered_and_leaves_out_who_has_nothing(course, report):
    assert [row.who for row in rows_of(course, report)] == ["bob", "<b>Eve</b>", "Ann Arber"]


def test_a_damaged_notebook_is_passed_over(course, report):
    (course.root / "autograded" / "bob" / "hw" / "hw.ipynb").write_text("{")
    assert [row.who for row in rows_of(course, report)] == ["<b>Eve</b>", "Ann Arber"]


def test_names_are_shown_as_they_are_or_not_at_all(course, report):
    page = to_html("hw", rows_of(course, report))
    assert "Ann Arber" in page and "&lt;b&gt;Eve&lt;/b&gt;" in page and "<b>Eve" not in page
    page = to_html("hw", rows_of(course, report, anonymous=True))
    assert not [name for name in ("Ann", "bob", "Eve", "eve") if name in page]
    assert [f"<bdi>{letter}</bdi>" in page for letter in "ABCD"] == [True, True, True, False]


def test_an_earlier_board_goes_when_there_is_nothing_on_it(tmp_path, monkeypatch, report):
    from embeddings_course.grading.report import board

    monkeypatch.setattr(board, "read_report", lambda course, assignment: report)
    (tmp_path / "grading").mkdir()
    course = SmallCourse(tmp_path, {"ann": 0.8})
    page = write_board(course, "hw")
    assert page.name == "hw-board.html" and "Ann Arber" in page.read_text()
    assert write_board(SmallCourse(tmp_path / "other", {}), "hw") is None
    (tmp_path / "autograded" / "ann" / "hw" / "hw.ipynb").unlink()
    assert write_board(course, "hw") is None and not page.exists()
