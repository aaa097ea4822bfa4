"""Cells are repaired by what the gradebook knows, and what a student wrote stays."""

import copy
import logging
import os
import sys
from pathlib import Path

import jupytext
import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output, new_raw_cell
from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI
from nbgrader.nbgraderformat import MetadataValidator
from nbgrader.preprocessors import DeduplicateIds, OverwriteCells
from nbgrader.utils import determine_grade, is_grade
from traitlets.config import Config

from embeddings_course.grading.preprocessors.hide_tests import NOT_SHOWN, HideTests
from embeddings_course.grading.submissions.expected_cells import (
    expected_cells,
    fingerprint,
    marks_fingerprint,
)
from embeddings_course.grading.submissions.repair_cells import is_unanswered, repair_cells

ADD = "def add(a, b):\n    return a + b"
SCALE = "def scale(x):\n    return 2 * x"
WHY = "Since **addition** is commutative."
ORDER = ["inputs", "add", "add_basics", "add_more", "scale", "scale_basics"]
ORDER += ["evidence", "why", "project"]
PLAIN = {"intro", "task-add", "own-look", "question", "end"}


def source_notebook():
    def marked(cell, **marks):
        wanted = {"grade": False, "locked": False, "solution": False, "task": False}
        wanted |= {"grade_id": cell.id, "schema_version": 3}
        cell.metadata["nbgrader"] = wanted | marks
        return cell

    def solution(name, text):
        text = (
            text.replace("    return", "    ### BEGIN SOLUTION\n    return")
            + "\n    ### END SOLUTION"
        )
        return marked(new_code_cell(text, id=name), solution=True)

    def test(name, text, points):
        cell = new_code_cell(text, id=name)
        return marked(cell, grade=True, locked=True, points=points)

    hidden = (
        "assert add(1, 1) == 2\n### BEGIN HIDDEN TESTS\nassert add(2, 3) == 5\n### END HIDDEN TESTS"
    )
    scheme = "Look at the data.\n### BEGIN MARK SCHEME\nOne point.\n### END MARK SCHEME"
    return new_notebook(
        cells=[
            new_markdown_cell("# Sums", id="intro"),
            marked(new_code_cell("import math", id="inputs"), locked=True),
            new_markdown_cell("## Add two numbers", id="task-add"),
            solution("add", ADD),
            test("add_basics", "assert add(1, 2) == 3", 1),
            test("add_more", hidden, 2),
            solution("scale", SCALE),
            test("scale_basics", "assert scale(1) == 2", 1.5),
            marked(new_code_cell("evidence = {'sum': 3}", id="evidence"), locked=True),
            new_code_cell("# Room for a look of your own.", id="own-look"),
            new_markdown_cell("Why does the order of the numbers not matter?", id="question"),
            marked(
                new_markdown_cell("For this reason.", id="why"), grade=True, solution=True, points=3
            ),
            marked(new_markdown_cell(scheme, id="project"), task=True, locked=True, points=1),
            new_markdown_cell("That was all.", id="end"),
        ]
    )


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    root = tmp_path_factory.mktemp("course")
    (root / "source" / "sums").mkdir(parents=True)
    nbformat.write(source_notebook(), root / "source" / "sums" / "sums.ipynb")
    config = Config()
    config.CourseDirectory.root = str(root)
    config.CourseDirectory.db_url = f"sqlite:///{root / 'gradebook.db'}"
    config.NbGrader.logfile = ""
    with pytest.MonkeyPatch.context() as patch:
        # nbgrader starts alembic by its name.
        patch.setenv("PATH", str(Path(sys.executable).parent), prepend=os.pathsep)
        result = NbGraderAPI(config=config).generate_assignment("sums")
    assert result["success"], result["log"]
    logging.getLogger("nbgrader").setLevel(logging.CRITICAL)
    released = nbformat.read(root / "release" / "sums" / "sums.ipynb", as_version=4)
    with Gradebook(config.CourseDirectory.db_url) as gradebook:
        expected = expected_cells(gradebook, "sums", "sums", ORDER)
    return released, expected, config.CourseDirectory.db_url


@pytest.fixture
def handed_in(course):
    """What an honest student hands in, all solved."""
    notebook = copy.deepcopy(course[0])
    for name, text in {"add": ADD, "scale": SCALE, "why": WHY}.items():
        cell(notebook, name).source = text
    return notebook


def cell(notebook, name):
    return next(each for each in notebook.cells if each.id == name)


def number(notebook, name):
    return notebook.cells.index(cell(notebook, name))


def graded(notebook):
    """The cells of the assignment by their names, in the notebook's order."""
    found = [
        (c.metadata["nbgrader"]["grade_id"], c) for c in notebook.cells if "nbgrader" in c.metadata
    ]
    assert len(found) == len(dict(found))
    return dict(found)


def stock(preprocessor, notebook, url):
    about = {"notebook": "sums", "assignment": "sums", "student": "ada", "db_url": url}
    return preprocessor.preprocess(copy.deepcopy(notebook), {"nbgrader": about})[0]


def repaired(notebook, course, **options):
    """Repair, and check what holds of every repaired notebook."""
    _, expected, url = course
    before = copy.deepcopy(notebook)
    result, sentences, suspicious = repair_cells(notebook, expected, **options)
    assert notebook == before
    nbformat.validate(nbformat.from_dict(copy.deepcopy(result)))
    assert len({c.id for c in result.cells}) == len(result.cells)
    MetadataValidator().validate_nb(result)
    assert list(graded(result)) == ORDER
    assert stock(OverwriteCells(), result, url) == result
    assert stock(DeduplicateIds(), result, url) == result
    assert repair_cells(result, expected, **options) == (result, [], [])
    for each in expected:
        if each.locked:
            assert graded(result)[each.name].source == each.source
    return result, sentences, suspicious


def ran(notebook, names):
    """Run the code cells as a kernel does, and give what the notebook then has under some names."""
    scope = {}
    for each in notebook.cells:
        if each.cell_type == "code":
            try:
                exec(each.source, scope)
            except Exception:
                continue
    return [scope.get(name) for name in names]


def works(notebook):
    add, scale = ran(notebook, ["add", "scale"])
    return add(1, 2) == 3 and scale(4) == 8


def test_what_the_gradebook_holds_is_listed_in_the_order_of_the_source(course):
    released, expected, _ = course
    assert [each.name for each in expected] == ORDER
    by_name = {each.name: each for each in expected}
    for name, each in graded(released).items():
        assert by_name[name].released_source == each.source
        wanted = dict(each.metadata["nbgrader"])
        # The gradebook's checksum is of the cell with hidden tests.
        hidden = name in ("add_more", "project")
        assert (by_name[name].checksum != wanted["checksum"]) is hidden
        assert by_name[name].marks | {"checksum": wanted["checksum"]} == wanted
    assert "add(2, 3)" in by_name["add_more"].source
    assert by_name["why"].points == 3
    assert by_name["project"].task
    assert by_name["inputs"].points is None


def test_cells_that_the_order_does_not_name_come_last(course):
    with Gradebook(course[2]) as gradebook:
        some = expected_cells(gradebook, "sums", "sums", ["why", "add"])
    assert [each.name for each in some[:2]] == ["why", "add"]
    assert {each.name for each in some} == set(ORDER)


@pytest.mark.parametrize("solved", [True, False], ids=["solved", "untouched"])
def test_an_honest_notebook_comes_out_as_nbgrader_leaves_it(course, handed_in, solved):
    notebook = handed_in if solved else course[0]
    notebook.cells.insert(4, new_code_cell("print(add(3, 4))", id="mine"))
    result, sentences, suspicious = repaired(notebook, course)
    assert (sentences, suspicious) == ([], [])
    assert nbformat.writes(result) == nbformat.writes(stock(OverwriteCells(), notebook, course[2]))
    notebook.cells.pop(4)


def test_white_space_and_line_ends_make_nobody_suspicious(course, handed_in):
    for each in handed_in.cells:
        each.source = each.source.replace("\n", " \r\n") + "  \n"
    assert repaired(handed_in, course)[1:] == ([], [])


def test_a_text_that_was_released_earlier_makes_nobody_suspicious(course, handed_in):
    released, expected, url = course
    older = {"add_basics": "assert add(1, 2) == 4", "project": "Look at it.", "inputs": ""}
    known = {name: [fingerprint("assert True"), fingerprint(t)] for name, t in older.items()}
    with Gradebook(url) as gradebook:
        now = expected_cells(gradebook, "sums", "sums", ORDER, earlier=known)
    for name, text in older.items():
        cell(handed_in, name).source = text + " \r\n"
    assert repaired(handed_in, (released, now, url))[1:] == ([], [])
    _, sentences, suspicious = repaired(handed_in, (released, expected, url))
    assert (len(sentences), len(suspicious)) == (2, 1)
    # What one cell said does not excuse another, nor what a student wrote.
    cell(handed_in, "add_basics").source = "assert add(1, 2)"
    cell(handed_in, "add_more").source = older["add_basics"]
    assert repaired(handed_in, (released, now, url))[2] == [
        "The test cell add_basics was changed: its line 1 says `assert add(1, 2)`.",
        "The test cell add_more was changed: its line 1 says `assert add(1, 2) == 4`.",
    ]


def lose_marks(notebook):
    for each in notebook.cells:
        each.metadata.pop("nbgrader", None)


def lose_ids(notebook):
    for n, each in enumerate(notebook.cells):
        each.id = f"other-{n}"


def lose_both(notebook):
    lose_marks(notebook)
    lose_ids(notebook)


def schema(version):
    def change(notebook):
        for each in notebook.cells:
            if "nbgrader" in each.metadata:
                each.metadata.nbgrader["schema_version"] = version

    return change


def mark(name, **marks):
    def change(notebook):
        cell(notebook, name).metadata.nbgrader.update(marks)

    return change


def remark(name, marks):
    def change(notebook):
        cell(notebook, name).metadata["nbgrader"] = marks

    return change


def retype(name, kind):
    def change(notebook):
        place, old = number(notebook, name), cell(notebook, name)
        make = {"markdown": new_markdown_cell, "raw": new_raw_cell, "code": new_code_cell}[kind]
        notebook.cells[place] = make(old.source, metadata=old.metadata, id=name)

    return change


def remove(*names):
    def change(notebook):
        notebook.cells = [each for each in notebook.cells if each.id not in names]

    return change


def double(name, text=None, at=None, own_id=False):
    def change(notebook):
        extra = copy.deepcopy(cell(notebook, name))
        extra.id = "copied"
        extra.source = extra.source if text is None else text
        place = number(notebook, name) + 1 if at is None else at
        notebook.cells.insert(place, extra)

    return change


def move(name, place):
    def change(notebook):
        each = cell(notebook, name)
        notebook.cells.remove(each)
        notebook.cells.insert(place, each)

    return change


def edit(name, text):
    def change(notebook):
        cell(notebook, name).source = text

    return change


def tag(name, *tags):
    def change(notebook):
        cell(notebook, name).metadata["tags"] = list(tags)

    return change


def swap_marks(notebook):
    """Give the answer's mark to the wrong cell: `add` claims to be `scale`."""
    cell(notebook, "add").metadata.nbgrader["grade_id"] = "scale"


DAMAGE = {
    "marks lost": (lose_marks, ["marks were lost"], []),
    "ids lost, as with an old format": (lose_ids, [], []),
    "marks and ids lost, as by jupytext": (lose_both, ["marks were lost"], []),
    "schema version 2": (schema(2), ["had been changed"], []),
    "schema version 99": (schema(99), ["had been changed"], []),
    "schema version in words": (schema("three"), ["had been changed"], []),
    "points raised": (
        mark("add_basics", points=100),
        ["changed and were put back: add_basics."],
        [],
    ),
    "points in words": (mark("add_basics", points="many"), ["put back: add_basics."], []),
    "points infinite": (mark("add_basics", points=float("inf")), ["put back: add_basics."], []),
    "test made a solution": (mark("add_basics", solution=True), ["put back: add_basics."], []),
    "test unlocked": (mark("add_basics", locked=False, grade=False), ["back: add_basics."], []),
    "flag a number": (mark("add_basics", grade=1), ["put back: add_basics."], []),
    "checksum a number": (mark("add_basics", checksum=1), ["put back: add_basics."], []),
    "further keys": (mark("add_basics", more=[1]), ["put back: add_basics."], []),
    "id changed": (mark("add", grade_id="my add"), ["lost and were put back: add."], []),
    "id empty": (mark("add", grade_id=""), ["lost and were put back: add."], []),
    "id a list": (mark("add", grade_id=["add"]), ["lost and were put back: add."], []),
    "id of another cell": (swap_marks, ["lost and were put back: add."], []),
    "marks only in part": (remark("add", {"grade_id": "add"}), ["put back: add."], []),
    "marks a list": (remark("add", ["add"]), ["lost and were put back: add."], []),
    "test made text": (
        retype("add_basics", "markdown"),
        ["The test cell add_basics had become a text cell; it is a code cell again."],
        [],
    ),
    "answer made raw": (retype("add", "raw"), ["The answer cell add had become a raw cell"], []),
    "written answer made code": (retype("why", "code"), ["The answer cell why had become"], []),
    "given cell made text": (retype("inputs", "markdown"), ["The given cell inputs had"], []),
    "task made raw": (retype("project", "raw"), ["The task cell project had become"], []),
    "test missing": (
        remove("add_basics"),
        ["The test cell add_basics was missing and was put back."],
        [],
    ),
    "test with hidden tests missing": (remove("add_more"), ["cell add_more was missing"], []),
    "given cell missing": (remove("inputs"), ["The given cell inputs was missing"], []),
    "task missing": (remove("project"), ["The task cell project was missing"], []),
    "two tests missing": (
        remove("add_basics", "add_more"),
        ["add_basics was missing", "add_more was missing"],
        [],
    ),
    "all locked cells missing": (
        remove("inputs", "add_basics", "add_more", "scale_basics", "evidence", "project"),
        [f"cell {name} was missing" for name in ORDER if name not in ("add", "scale", "why")],
        [],
    ),
    "test twice": (double("add_basics"), ["The test cell add_basics was there twice"], []),
    "given cell twice": (double("inputs", at=9), ["The given cell inputs was there twice"], []),
    "answer twice": (double("add"), ["The answer cell add was there twice"], []),
    "answer twice, the later one blank": (double("add", ""), ["cell add was there twice"], []),
    "answer twice, the later one a stub": (
        double("add", "def add(a, b):\n    # YOUR CODE HERE\n    raise NotImplementedError()"),
        ["The answer cell add was there twice"],
        [],
    ),
    "answer twice, the older at the top": (
        double("add", "def add(a, b):\n    return 7", at=2),
        ["The answer cell add was there twice"],
        [],
    ),
    "written answer twice": (double("why", "", at=1), ["cell why was there twice"], []),
    "answer below its tests": (move("add", 6), ["Cells had been moved: add."], []),
    "test at the top": (move("scale_basics", 0), ["Cells had been moved: scale_basics."], []),
    "given cell at the end": (move("inputs", 13), ["Cells had been moved: inputs."], []),
    "test edited": (
        edit("add_basics", "assert True"),
        [],
        ["The test cell add_basics was changed: its line 1 says `assert True`."],
    ),
    "test with a line of the student's": (
        edit("add_basics", "print(add(1, 2))\nassert add(1, 2) == 3"),
        [
            "The test cell add_basics had been changed: its line 1 says `print(add(1, 2))`. It was "
            "put back."
        ],
        [],
    ),
    "test emptied": (
        edit("add_more", ""),
        [],
        ["The test cell add_more was changed: it ends before line 1."],
    ),
    "given cell edited": (
        edit("inputs", "import os"),
        [
            "The given cell inputs had been changed: its line 1 says `import os`. It was put back, "
            "and what was written there follows it."
        ],
        [],
    ),
    "test not to be run": (
        tag("add_basics", "skip-execution", "mine"),
        [],
        ["The test cell add_basics had a tag that keeps it from being run."],
    ),
    "errors wanted": (
        tag("add_basics", "raises-exception"),
        [],
        [],  # it comes with the released notebook, and no error is lost by it
    ),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_damage_is_repaired_and_answers_are_kept(course, handed_in, damage):
    change, sentences, suspicious = DAMAGE[damage]
    change(handed_in)
    plain = [each.source for each in course[0].cells if each.id in PLAIN]
    result, repairs, flags = repaired(handed_in, course, plain=plain)
    assert len(repairs) == len(sentences)
    for sentence, repair in zip(sentences, repairs, strict=True):
        assert sentence in repair
        assert repair.endswith(".")
    assert flags == suspicious
    assert works(result)
    found = graded(result)
    assert (found["add"].source, found["scale"].source, found["why"].source) == (ADD, SCALE, WHY)
    for each in result.cells:
        if is_grade(each) and each.cell_type == "code":
            assert determine_grade(each)[1] == {"add_basics": 1, "add_more": 2}.get(
                each.metadata.nbgrader["grade_id"], 1.5
            )


def test_all_damage_at_once_is_repaired(course, handed_in):
    for change in (
        retype("add_basics", "raw"),
        edit("add_more", "pass"),
        double("scale", "scale = None", at=0),
        move("evidence", 1),
        remove("inputs", "project"),
        schema(99),
        mark("why", points=50, grade_id="what"),
    ):
        change(handed_in)
    result, repairs, flags = repaired(handed_in, course)
    assert len(repairs) == 7
    assert flags == ["The test cell add_more was changed: its line 1 says `pass`."]
    assert works(result)
    assert graded(result)["why"].source == WHY


def test_exact_copies_of_tests_go_and_all_else_of_the_student_stays(course, handed_in):
    double("add_basics")(handed_in)
    double("add_basics", "print('mine')")(handed_in)
    result, _, suspicious = repaired(handed_in, course)
    assert suspicious == []
    assert [each.source for each in result.cells].count("assert add(1, 2) == 3") == 1
    mine = next(each for each in result.cells if each.source == "print('mine')")
    assert "nbgrader" not in mine.metadata


def test_a_split_answer_still_runs_whole(course, handed_in):
    edit("add", "def helper(a):\n    return a")(handed_in)
    double("add", "def add(a, b):\n    return helper(a) + b")(handed_in)
    result, _, _ = repaired(handed_in, course)
    assert works(result)
    assert graded(result)["add"].source.startswith("def add")


def test_an_older_answer_replaces_the_newer_one_in_no_order(course, handed_in):
    cell(handed_in, "add").source = "def add(a, b):\n    return 7"
    move("add", 6)(handed_in)
    double("add", ADD, at=10)(handed_in)
    result, _, _ = repaired(handed_in, course)
    assert works(result)
    assert graded(result)["add"].source == ADD
    assert "    return 7" in "".join(each.source for each in result.cells)


def test_moved_cells_take_what_follows_them_along(course, handed_in):
    mine = new_code_cell("def half(x):\n    return x / 2", id="mine")
    handed_in.cells.insert(number(handed_in, "scale") + 1, mine)
    first = handed_in.cells[0]
    scale = cell(handed_in, "scale")
    handed_in.cells.remove(scale)
    handed_in.cells.remove(mine)
    handed_in.cells += [scale, mine]
    result, sentences, _ = repaired(handed_in, course)
    assert sentences == ["Cells had been moved: scale."]
    assert result.cells[0] == first
    assert number(result, "mine") == number(result, "scale") + 1


@pytest.mark.parametrize("name", ["add", "scale"])
def test_the_stub_of_a_missing_answer_replaces_no_work(course, handed_in, name):
    # The student left the given cell and wrote into one of their own, which a tool then changed
    # so far that nothing tells what it is.
    place, text = number(handed_in, name), cell(handed_in, name).source
    remove(name)(handed_in)
    handed_in.cells.insert(place, new_code_cell("if True:\n    " + text.replace("\n", "\n    ")))
    handed_in.cells.insert(place, new_code_cell("x = 1"))
    result, sentences, _ = repaired(handed_in, course)
    assert sentences == [f"The answer cell {name} was missing and was put back."]
    assert "raise NotImplementedError" in graded(result)[name].source
    assert works(result)


def test_an_answer_that_was_never_written_is_no_response(course, handed_in):
    remove("why", "add")(handed_in)
    plain = [each.source for each in course[0].cells if each.id in PLAIN]
    result, sentences, _ = repaired(handed_in, course, plain=plain)
    assert len(sentences) == 2
    assert determine_grade(graded(result)["why"]) == (0, 3)
    assert "NotImplementedError" in graded(result)["add"].source


def test_a_missing_test_comes_after_the_students_own_helpers(course, handed_in):
    handed_in.cells.insert(number(handed_in, "add_basics"), new_code_cell("helper = 1", id="mine"))
    remove("add_basics")(handed_in)
    result, _, _ = repaired(handed_in, course)
    assert number(result, "mine") < number(result, "add_basics") < number(result, "add_more")


def test_what_was_written_into_a_task_is_kept_beside_it(course, handed_in):
    edit("project", "Look at the data. I found 3.")(handed_in)
    result, sentences, suspicious = repaired(handed_in, course)
    assert suspicious == []
    assert sentences == [
        "The task cell project had been changed: its line 1 says `Look at the data. I found 3.`. "
        "It was put back, and what was written there follows it."
    ]
    following = result.cells[number(result, "project") + 1]
    assert following.source == "Look at the data. I found 3."
    assert "nbgrader" not in following.metadata


def test_what_was_written_into_a_given_cell_still_runs(course, handed_in):
    edit("inputs", "import math\nimport statistics as st")(handed_in)
    edit("add", "def add(a, b):\n    return 2 * st.mean([a, b])")(handed_in)
    result, sentences, suspicious = repaired(handed_in, course)
    assert suspicious == [] and "line 2 says `import statistics as st`" in sentences[0]
    assert works(result)


def test_a_notebook_in_which_nothing_was_answered_is_known(course, handed_in):
    released, expected, _ = course
    plain = [each.source for each in released.cells if each.id in PLAIN]

    def unanswered(notebook):
        result, *_ = repaired(notebook, course, plain=plain)
        return is_unanswered(result, expected, plain=plain)

    blank = copy.deepcopy(released)
    assert unanswered(blank)
    blank.cells.append(new_code_cell("import numpy\nx = 3", id="mine"))
    for name in ("scale", "why"):
        cell(blank, name).source = "\n"
    assert unanswered(blank), "emptied"
    for name in ("add", "why"):
        some = copy.deepcopy(blank)
        cell(some, name).source = "4"
        assert not unanswered(some)
    blank.cells[-1].source = "add = lambda a, b: a + b"
    assert not unanswered(blank), "answered in a cell of the student's own"
    assert not unanswered(handed_in)
    tests = [each for each in expected if not each.solution]
    assert not is_unanswered(released, tests, plain=plain), "nothing to answer in it"


def test_points_that_the_instructor_changed_are_no_repair(course, handed_in):
    released, _, url = course
    cell(handed_in, "add_basics").metadata.nbgrader.points = 5
    _, sentences, _ = repaired(handed_in, course)
    assert "marks had been changed" in sentences[0]
    older = [marks_fingerprint(dict(cell(handed_in, "add_basics").metadata.nbgrader))]
    with Gradebook(url) as gradebook:
        now = expected_cells(gradebook, "sums", "sums", ORDER, earlier={"add_basics": older})
    result, sentences, suspicious = repaired(handed_in, (released, now, url))
    assert (sentences, suspicious) == ([], [])
    assert graded(result)["add_basics"].metadata.nbgrader.points == 1
    cell(handed_in, "add_more").metadata.nbgrader.points = 5
    assert "add_more" in repaired(handed_in, (released, now, url))[1][0]


@pytest.mark.parametrize("kind", ["code", "markdown"])
def test_cells_of_no_assignment_become_plain_ones(course, handed_in, kind):
    make = new_code_cell if kind == "code" else new_markdown_cell
    marks = {"grade": True, "solution": False, "locked": True, "points": 50, "schema_version": 1}
    forged = make("1 + 1", id="forged", metadata={"nbgrader": marks | {"grade_id": "<b>bonus"}})
    handed_in.cells.append(forged)
    handed_in.cells.append(make("", id="idle", metadata={"nbgrader": {"grade": False}}))
    result, sentences, _ = repaired(handed_in, course)
    assert sentences == ["The cell ?b?bonus is none of this assignment's; it is a plain cell now."]
    assert result.cells[-2].source == "1 + 1"


def test_functions_tell_an_answer_among_the_students_own_cells(course, handed_in):
    lose_both(handed_in)
    extra = ["x = 1", "def mine():\n    pass", "print(2)"]
    for text in extra:
        handed_in.cells.insert(3, new_code_cell(text))
        handed_in.cells.insert(6, new_code_cell(text))
    result, sentences, _ = repaired(handed_in, course, plain=[c.source for c in course[0].cells])
    assert len(sentences) == 1
    assert graded(result)["add"].source == ADD
    assert graded(result)["scale"].source == SCALE
    assert [each.source for each in result.cells].count("x = 1") == 2


def test_the_only_cell_between_two_that_are_known_is_the_answer(course, handed_in):
    short = "add = lambda a, b: a + b"
    cell(handed_in, "add").source = short
    cell(handed_in, "add").metadata.pop("nbgrader")
    cell(handed_in, "add").id = "other"
    result, sentences, _ = repaired(handed_in, course)
    assert sentences == ["nbgrader's marks were lost and were put back: add."]
    assert graded(result)["add"].source == short


def test_among_texts_the_longest_is_the_written_answer(course, handed_in):
    # Of no response, nbgrader makes zero points; of a wrong guess, work for a person.
    long = "It does not matter, since\n" + WHY * 5
    cell(handed_in, "why").source = long
    lose_both(handed_in)
    result, _, _ = repaired(handed_in, course)
    assert graded(result)["why"].source == long
    assert works(result)


@pytest.mark.parametrize("form", ["py:percent", "md", "py:light", "md:myst"])
def test_a_round_trip_through_jupytext_loses_nothing(course, handed_in, form):
    text = jupytext.writes(handed_in, form)
    notebook = jupytext.reads(text, form)
    lose_marks(notebook)  # as with its filter "-all"
    plain = [each.source for each in course[0].cells if each.id in PLAIN]
    result, _, suspicious = repaired(notebook, course, plain=plain)
    assert suspicious == []
    assert works(result)
    found = graded(result)
    assert (found["add"].source, found["scale"].source, found["why"].source) == (ADD, SCALE, WHY)


def test_notebooks_without_cell_ids_get_none(course, handed_in):
    handed_in.nbformat_minor = 4
    remove("add_basics")(handed_in)
    for each in handed_in.cells:
        del each["id"]
    result, sentences, _ = repair_cells(handed_in, course[1])
    nbformat.validate(result)
    assert sentences == ["The test cell add_basics was missing and was put back."]


def test_an_empty_notebook_gets_all_cells(course):
    result, sentences, suspicious = repaired(new_notebook(), course)
    assert len(result.cells) == len(sentences) == len(ORDER)
    assert suspicious == []


def test_lists_of_sentences_end(course, handed_in):
    for n in range(30):
        marks = {"grade": True, "grade_id": f"extra-{n}"}
        handed_in.cells.append(new_code_cell(str(n), metadata={"nbgrader": marks}))
    _, sentences, _ = repaired(handed_in, course)
    assert len(sentences) == 21
    assert sentences[-1] == "and 10 more"


@pytest.mark.parametrize(
    ("begin", "end"),
    [
        ("### BEGIN HIDDEN TESTS", "### END HIDDEN TESTS"),
        ("# BEGIN HIDDEN TESTS ", "#END HIDDEN TESTS (edge cases)"),
    ],
)
def test_feedback_hides_what_nbgrader_hides(begin, end):
    cell = new_code_cell(f"seen = 1\n{begin}\nassert secret == 4\n{end}\nseen = 2")
    cell.metadata.nbgrader = {"grade": True, "locked": True, "solution": False, "grade_id": "a"}
    output = new_output("stream", name="stdout", text="----> assert secret == 4\n")
    cell.outputs = [output]
    cleaned, _ = HideTests().preprocess(new_notebook(cells=[cell]), {})
    assert "secret" not in str(cleaned)
    assert cleaned.cells[0].source.startswith("seen = 1\n")
    assert cleaned.cells[0].source.endswith("\nseen = 2")


def fed_back(*outputs):
    """Return what feedback shows of the outputs of a test with hidden lines."""
    source = (
        "assert f(1) == 2\n### BEGIN HIDDEN TESTS\nassert f(3) == 4, 'four'\n### END HIDDEN TESTS"
    )
    marks = {"grade": True, "locked": True, "solution": False, "grade_id": "a"}
    test = new_code_cell(source, metadata={"nbgrader": marks}, outputs=list(outputs))
    own = new_code_cell("class Mine(Exception): pass\ndef f(x):\n    raise Mine(x)")
    cleaned, _ = HideTests().preprocess(new_notebook(cells=[own, test]), {})
    return cleaned.cells[1].outputs


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("AssertionError", "four", "AssertionError: four"),
        ("ValueError", "LEAK", "ValueError, in: assert f(1) == 2"),
        ("Mine", "LEAK", "Mine, in: assert f(1) == 2"),
        ("LEAK", "LEAK", "Error, in: assert f(1) == 2"),
        ("NotRun", "LEAK", "NotRun: The kernel had ended, or the time was over."),
    ],
)
def test_feedback_says_of_an_error_in_a_hidden_test_what_cannot_be_an_input(name, value, said):
    lines = ["----> 1 assert f(1) == 2", "----> 1 LEAK", f"{name}: {value}"]
    (output,) = fed_back(new_output("error", ename=name, evalue=value, traceback=lines))
    assert "LEAK" not in str(output)
    assert output.traceback[0].startswith(said)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("f, on 3: the number is wrong, yours is 6.", "f, on 3: the number is wrong, yours is 6."),
        ("f, on 3: it raised ValueError: LEAK.", "f, on 3: it raised ValueError."),
        ("f, on 3: it raised LEAK: LEAK.", "f, on 3: it raised an error."),
        ("f, on 3: expected a ValueError, it raised LEAK.", "expected a ValueError, it raised an"),
    ],
)
def test_feedback_shows_the_sentence_of_a_check_and_lines_that_the_student_wrote(value, said):
    lines = ["In f, line 3 of its cell: raise Mine(x)", "In LEAK, line 1 of its cell: LEAK", "LEAK"]
    (output,) = fed_back(new_output("error", ename="CheckFailed", evalue=value, traceback=lines))
    assert "LEAK" not in str(output)
    assert output.traceback[0] == lines[0] and said in output.traceback[-1]


def test_feedback_of_the_quiz_is_what_it_prints():
    source = "### BEGIN HIDDEN TESTS\nfrom embeddings_course.quiz.graded import grade\n"
    marks = {"grade": True, "locked": True, "solution": False, "grade_id": "question-1"}
    cell = new_code_cell(f"{source}grade()\n### END HIDDEN TESTS", metadata={"nbgrader": marks})
    cell.outputs = [new_output("stream", text="Right, since")]
    cleaned, _ = HideTests().preprocess(new_notebook(cells=[cell]), {})
    assert [output.text for output in cleaned.cells[0].outputs] == ["Right, since"]


def test_feedback_drops_what_was_printed_or_displayed_while_hidden_tests_ran():
    picture = {"image/png": "TEVBSw=="}
    outputs = fed_back(
        new_output("stream", text="LEAK"),
        new_output("display_data", picture),
        new_output("execute_result", {"text/plain": "LEAK"}, execution_count=1),
    )
    assert [output.text for output in outputs] == [NOT_SHOWN]
