"""Honest students with habits of all kinds are suspected of nothing, and lose no point."""

import nbformat
import pytest
from nbformat.v4 import new_code_cell

from embeddings_course.grading.submission_record import read_records
from grading.classroom import Class
from grading.habits import ANSWERS, CELLS
from grading.hostile import FULL, TABLE, HandIn, assignment
from grading.test_hostile import needs_sandbox

ALWAYS = {"programs", "the network", "processes"}  # what is noted of them is looked at


def with_cells(it, before, texts):
    place = it.notebook.cells.index(it.cell(before))
    made = [new_code_cell(text, id=f"habit-{number}") for number, text in enumerate(texts)]
    it.notebook.cells[place:place] = made


@pytest.fixture(scope="module")
def course(request, tmp_path_factory):
    """A class of those habits that tests of this run ask for, graded."""
    needs_sandbox()
    here = [item for item in request.session.items if item.path == request.path]
    asked = {item.callspec.id for item in here if hasattr(item, "callspec")} | ALWAYS
    course = Class(tmp_path_factory.mktemp("habits") / "course")
    nbformat.write(assignment(), course.root / "source" / "hw" / "hw.ipynb")
    (course.root / "source" / "hw" / "vectors.csv").write_text(TABLE)
    course.release()
    released = course.root / "assignments" / "hw"
    edits = {kind: lambda it, given=given: with_cells(it, *given) for kind, given in CELLS.items()}
    edits |= {name: edit for name, (edit, *_) in ANSWERS.items()}
    for name in asked:
        edit = edits[name]
        it = HandIn(course.root / "submitted" / name.replace(" ", "-") / "hw", released)
        edit(it)
        it.write()
    course.status, course.said = course.grade_apart("--require-sandbox", patience=1800)
    course.found = read_records(course.root / "grading" / "hw.json")
    return course


def record_of(course, name):
    assert course.status == 0, course.said
    record = course.found[name.replace(" ", "-")]
    assert record.suspicious == [], "an honest student is suspected"
    assert (record.state, record.problems) == ("graded", [])
    return record


@pytest.mark.slow
@pytest.mark.drawn
@pytest.mark.parametrize("kind", CELLS)
def test_habits_of_a_kind_are_suspected_of_nothing_and_cost_nothing(course, kind):
    record = record_of(course, kind)
    assert (record.score, record.repaired) == (FULL, [])


@pytest.mark.slow
@pytest.mark.drawn
@pytest.mark.parametrize("name", ANSWERS)
def test_a_habit_is_suspected_of_nothing_and_gets_what_is_due(course, name):
    _, score, repaired = ANSWERS[name]
    record = record_of(course, name)
    assert record.score == score
    assert bool(record.repaired) == repaired, record.repaired


@pytest.mark.slow
def test_programs_are_noted_with_the_line_that_started_them(course):
    noted = "\n".join(record_of(course, "programs").noted)
    for line in (
        "Cell In[1], line 1: `!ls` started another program: ls.",
        "Cell In[2], line 2: `!nvidia-smi` started another program: nvidia-smi.",
        "Cell In[5], line 2: `os.system('clear')` started another program: clear.",
        "Cell In[7], line 1: `%%bash` started another program: ls | wc -l for i in",
    ):
        assert line in noted
    (reached,) = record_of(course, "the network").noted[:1]
    assert reached == (
        "Cell In[1], line 2: `urllib.request.urlopen('http://example.org', timeout=9)` tried to "
        "reach the network: example.org."
    )
    assert record_of(course, "processes").noted == []
    page = (course.root / "grading" / "hw.html").read_text(encoding="utf-8")
    assert "`!nvidia-smi` started another program" in page
    assert "suspicious" not in course.said
