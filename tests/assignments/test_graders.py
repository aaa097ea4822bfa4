"""The graders are graded: all answers, right and wrong, should get what they are worth."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import pytest

from assignments import graders
from assignments.graders import ASSIGNMENTS, SOURCE, answers, read_source
from embeddings_course.book_build.build import pages as page_list
from embeddings_course.book_build.page_notebooks import chapter_name, notebook_pages
from embeddings_course.grading.demo_class.exercise_answers import exercises
from embeddings_course.sphinx_ext.syllabus.course_outline import claims_of
from helpers.repository import ROOT


@dataclass
class Verdicts:
    """What the graders said of the answers of an assignment."""

    points: dict[str, dict[str, float]]
    solution: dict[str, float] = field(default_factory=dict)
    stub: dict[str, float] = field(default_factory=dict)
    of: dict = field(default_factory=dict)  # answer -> points of its exercise's test cells

    def full(self):
        return {cell: points for cells in self.points.values() for cell, points in cells.items()}

    def mistakes(self):
        """Return where right answers lost points, and where wrong ones did not."""
        false_rejects, false_accepts = [], []
        for answer, points in self.of.items():
            full = self.points[answer.exercise]
            lost = {cell for cell, got in points.items() if got < full[cell]}
            where = f"{answer.exercise}, {answer.title}"
            false_rejects += [f"{where}: {cell}" for cell in sorted(lost - answer.loses)]
            false_accepts += [f"{where}: {cell}" for cell in sorted(answer.loses - lost)]
        return false_rejects, false_accepts

    def is_as_due(self):
        """Say whether there is nothing that a test of this module would report."""
        solved, untouched = self.solution == self.full(), set(self.stub.values()) == {0}
        return solved and untouched and self.mistakes() == ([], [])


@pytest.fixture(scope="module")
def kernel():
    with graders.kernels(map(read_source, ASSIGNMENTS)) as manager:
        yield manager


@pytest.fixture(scope="module", params=ASSIGNMENTS)
def verdicts(request, tmp_path_factory, kernel):
    name = request.param
    found = Verdicts(exercises(read_source(name)))
    notebooks = {graders.key_of(each): each for each in graders.notebooks(name)}
    known = {} if request.config.getoption("--everything") else graders.known(name)
    new = {key: notebook for key, notebook in notebooks.items() if key not in known}
    folder = tmp_path_factory.mktemp(name)
    with ThreadPoolExecutor(2) as pool:
        run = pool.map(lambda each: graders.in_one_kernel(each, folder, kernel), new.values())
        known.update(zip(new, run, strict=True))
    got = [{cell: verdict.points for cell, verdict in known[key].items()} for key in notebooks]
    found.solution, found.stub = got[:2]
    for batch, points in zip(graders.batches(name), got[2:], strict=True):
        for exercise, answer in batch.items():
            found.of[answer] = {cell: points[cell] for cell in found.points[exercise]}
    if new and found.is_as_due():  # what failed once, on a busy machine say, is run again
        graders.keep(name, {key: known[key] for key in notebooks})
    return found


def test_solutions_get_all_points(verdicts):
    assert verdicts.solution == verdicts.full()


def test_untouched_stubs_get_nothing_in_any_cell(verdicts):
    assert set(verdicts.stub.values()) == {0}


def test_right_answers_keep_all_points_and_wrong_ones_lose_what_they_should(verdicts, request):
    false_rejects, false_accepts = verdicts.mistakes()
    wrong = sum(bool(answer.loses) for answer in verdicts.of)
    counts = (
        f"{len(verdicts.points)} exercises, {len(verdicts.of) - wrong} unusual right answers, "
        f"{wrong} wrong answers; false rejects {len(false_rejects)}, "
        f"false accepts {len(false_accepts)}"
    )
    request.config.stash.setdefault(_COUNTS, []).append(counts)
    print(counts)
    assert not false_rejects
    assert not false_accepts


_COUNTS = pytest.StashKey[list]()


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_each_exercise_has_three_wrong_answers_and_an_unusual_right_one(assignment):
    points = exercises(read_source(assignment))
    assert set(answers(assignment)) == set(points)
    for name, some in answers(assignment).items():
        assert len({answer.title for answer in some}) == len(some), name
        assert sum(not answer.loses for answer in some) >= 1, name
        assert sum(bool(answer.loses) for answer in some) >= 3, name
        for answer in some:
            assert answer.loses <= set(points[name]), f"{name}, {answer.title}"


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_each_exercise_names_claims_of_the_book_and_its_points(assignment):
    from embeddings_course.book_build.claims import read_claims

    claims = {claim.id for claim in read_claims(SOURCE.parent / "book" / "claims.yml")}
    source = read_source(assignment)
    tasks = [cell for cell in source.cells if cell.source.startswith("## Exercise")]
    heads = [
        re.match(r"## Exercise (\d+): .+ \((\d+) points\)$", cell.source, re.M).groups()
        for cell in tasks
    ]
    points = exercises(source)
    assert len(heads) >= len(points)
    assert [int(number) for number, _ in heads] == list(range(1, len(heads) + 1))
    for (_, said), cells in zip(heads, points.values(), strict=False):
        assert int(said) == sum(cells.values())
        assert len(cells) >= 2, "part of the points for part of the work"
    for cell in tasks:
        assert claims_of(cell)
        assert set(claims_of(cell)) <= claims


_LINK = re.compile(r"\[([^\]]+)\]\(([^)]+)\)")


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_links_open_pages_of_the_book_where_students_have_them(assignment):
    pages = {chapter_name(page).as_posix(): page for page in notebook_pages(page_list(ROOT))}
    for cell in read_source(assignment).cells:
        if cell.cell_type != "markdown":
            continue
        links = _LINK.findall(re.sub(r"`[^`\n]*`", "", cell.source))
        for words, target in links:
            # From assignments/NAME/NAME.ipynb, in a folder that also has chapters/.
            text = (ROOT / pages[target.removeprefix("../../chapters/")]).read_text("utf-8")
            assert re.search(r"^# (.+)$", text, re.M)[1] == words
        if "claims" in cell.metadata:
            assert "**Read first**" in cell.source
            assert links


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_source_notebooks_hold_no_outputs_and_ids_that_stay(assignment):
    source = read_source(assignment)
    for cell in source.cells:
        assert not cell.get("outputs")
        name = cell.metadata.get("nbgrader", {}).get("grade_id")
        assert name is None or cell.id == name
    assert "widgets" not in source.metadata
    assert len({cell.id for cell in source.cells}) == len(source.cells)
