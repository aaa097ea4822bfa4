"""What checks say in a student's notebook: a line each, a sum, and nothing that grading reads."""

import logging
import re

import nbformat
import pytest
from nbclient import NotebookClient
from nbgrader.preprocessors import ClearHiddenTests
from nbgrader.utils import determine_grade
from nbgrader.validator import Validator

from assignments import graders
from assignments.graders import ASSIGNMENTS, answers, read_source
from embeddings_course.check_results import (
    ALL_HIDDEN,
    NONE_HIDDEN,
    SOME_HIDDEN,
    Check,
    check_of,
)
from embeddings_course.grading.demo_class.exercise_answers import exercises, with_answers
from embeddings_course.grading.submissions.repair_cells import _RUN_ON

_HIDDEN = re.compile(r"^[^\n]*BEGIN HIDDEN TESTS.*?END HIDDEN TESTS[^\n]*$", re.M | re.S)


def checks(source):
    return [
        cell
        for cell in source.cells
        if cell.cell_type == "code" and cell.metadata.get("nbgrader", {}).get("grade")
    ]


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_each_check_says_which_it_is_what_it_is_worth_and_whether_more_is_tried(assignment):
    source = read_source(assignment)
    numbers = {name: number for number, name in enumerate(exercises(source), 1)}
    found = []
    for cell in checks(source):
        seen = _HIDDEN.sub("", cell.source)
        tries = re.search(r"\b(attempt|refuses)\(", seen)
        hidden = SOME_HIDDEN if tries else ALL_HIDDEN
        exercise = numbers[cell.metadata.nbgrader.grade_id.rpartition("_")[0]]
        number = 1 + sum(check.exercise == exercise for check in found)
        points = float(cell.metadata.nbgrader.points)
        found.append(Check(exercise, number, points, hidden if seen != cell.source else ""))
        assert cell.source.partition("\n")[0] == found[-1].first_line
        assert check_of(cell.source) == found[-1]
    graded = sum(check.points for check in found if check.hidden == ALL_HIDDEN)
    tried = sum(check.points for check in found) - graded
    (total,) = (cell for cell in source.cells if cell.id == "points-so-far")
    assert f"points_so_far(tried={tried:g}, when_graded={graded:g})" in total.source


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_checks_are_folded_and_what_may_fail_does_not_stop_the_next_cells(assignment):
    source = read_source(assignment)
    for cell in source.cells:
        marks = cell.metadata.get("nbgrader", {})
        if cell.cell_type == "code" and (marks.get("grade") or marks.get("solution")):
            assert _RUN_ON in cell.metadata.tags
            assert bool(cell.metadata.get("jupyter")) == marks["grade"]
    for cell in checks(source):
        assert cell.metadata.jupyter.source_hidden


FIRST = """
from embeddings_course.check_results import follow_checks
from embeddings_course.exercises import keep_builtins

keep_builtins(globals())
follow_checks()
"""
BROKEN = "def half(x):\n    return x /"
UNWRITTEN = "def double(x):\n    raise NotImplementedError()"
WRONG = "def triple(x):\n    return [x, 2 * x]"
RIGHT = "def same(x):\n    return x"


def check(first_line, name, tests, hidden=""):
    source = f"# {first_line}\nfrom embeddings_course.exercises import attempt\n\n"
    source += tests.replace("try_", f'attempt(globals(), "{name}", ')
    if hidden:
        hidden = hidden.replace("try_", f'attempt(globals(), "{name}", ')
        source += f"\n### BEGIN HIDDEN TESTS\n{hidden}\n### END HIDDEN TESTS"
    return source


CHECKS = {
    "half_basics": check("Exercise 1, check 1: 2 points", "half", 'try_2, on="2").close(1)'),
    "double_basics": check("Exercise 2, check 1: 1 point", "double", 'try_2, on="2").close(4)'),
    "triple_basics": check(
        "Exercise 3, check 1: 1 point", "triple", 'try_2, on="2").close([2, 6])'
    ),
    "triple_more": check(
        "Exercise 3, check 2: 3 points, more inputs when graded",
        "triple",
        'try_0, on="0").close([0, 0])',
        'try_5, on="5").close([5, 15])',
    ),
    "same_basics": check("Exercise 4, check 1: 1 point", "same", 'try_2, on="2").close(2)'),
    "same_more": check(
        "Exercise 4, check 2: 5 points, tried when graded", "same", "", 'try_3, on="3").close(3)'
    ),
}
TOTAL = (
    "from embeddings_course.check_results import points_so_far\n"
    "points_so_far(tried=8, when_graded=5)"
)


def notebook():
    """A student's notebook, hidden tests included: one answer of each kind."""
    marks = {"schema_version": 3, "locked": True, "task": False, "solution": False}
    cells = [nbformat.v4.new_code_cell(FIRST)]
    for answer in (BROKEN, UNWRITTEN, WRONG, RIGHT):
        cells.append(nbformat.v4.new_code_cell(answer, metadata={"tags": [_RUN_ON]}))
    for name, source in CHECKS.items():
        points = float(re.search(r": (\d)", source)[1])
        about = {**marks, "grade": True, "grade_id": name, "points": points}
        about["cell_type"] = "code"
        metadata = {"nbgrader": about, "tags": [_RUN_ON]}
        cells.append(nbformat.v4.new_code_cell(source, id=name, metadata=metadata))
    cells.append(nbformat.v4.new_code_cell(TOTAL, id="total"))
    return nbformat.v4.new_notebook(cells=cells)


def run(book, **environ):
    import os

    # Errors are allowed by the cells' tags alone, as in JupyterLab.
    NotebookClient(book, kernel_name="python3").execute(env={**os.environ, **environ})
    return {cell.id: said(cell) for cell in book.cells}


def said(cell):
    found = [each.text for each in cell.outputs if each.output_type == "stream"]
    found += [each.evalue for each in cell.outputs if each.output_type == "error"]
    return "".join(found).strip()


def test_a_student_sees_a_line_for_each_check_and_the_sum_after_failures():
    book, _ = ClearHiddenTests().preprocess(notebook(), {})
    found = run(book, NBGRADER_EXECUTION="")
    assert found["half_basics"].startswith("There is no function 'half'.")
    assert found["double_basics"] == "double is not written yet."
    assert found["triple_basics"] == (
        "triple, on 2: 1 of 2 numbers are wrong, the first at [1], where expected 6, yours is 4."
    )
    assert found["triple_more"] == (
        "Exercise 3, check 2: right so far, more inputs are tried when graded, 3 points."
    )
    assert found["same_basics"] == "Exercise 4, check 1: right, 1 point."
    assert found["same_more"] == "Exercise 4, check 2: more inputs are tried when graded, 5 points."
    assert found["total"].splitlines() == [
        "4 of 8 points tried are right; 5 more are tried when graded.",
        "Not right yet: exercise 1, check 1; exercise 2, check 1; exercise 3, check 1.",
        "Of those that are right, 3 depend on further inputs when graded.",
    ]


def test_the_sum_says_what_has_not_run():
    book = notebook()
    book.cells = [cell for cell in book.cells if not cell.id.startswith(("half", "double"))]
    found = run(book, NBGRADER_EXECUTION="")
    assert "Checks for 3 points have not run since the kernel started." in found["total"]


def test_when_graded_nothing_is_printed_and_each_failure_costs_its_points():
    book = notebook()
    found = run(book, NBGRADER_EXECUTION="autograde")
    assert found["same_basics"] == found["same_more"] == found["total"] == ""
    log = logging.getLogger("checks")
    points = {cell.id: determine_grade(cell, log)[0] for cell in checks(book)}
    right = {"same_basics": 1, "same_more": 5}
    assert points == {name: right.get(name, 0) for name in CHECKS}


def test_the_right_value_is_told_only_where_all_inputs_are_in_sight():
    found = run(notebook(), NBGRADER_EXECUTION="autograde")
    assert "expected 6" in found["triple_basics"]
    assert found["triple_more"].endswith("the first at [1], where yours is 10.")


def test_validate_lists_failures_of_cells_that_let_the_next_ones_run(tmp_path):
    book, _ = ClearHiddenTests().preprocess(notebook(), {})
    nbformat.write(book, tmp_path / "work.ipynb")
    failed = Validator(ignore_checksums=True).validate(str(tmp_path / "work.ipynb"))["failed"]
    assert [re.search(r"# (Exercise \d, check \d)", each["source"])[1] for each in failed] == [
        "Exercise 1, check 1",
        "Exercise 2, check 1",
        "Exercise 3, check 1",
    ]


def test_first_lines_are_read_back_as_they_are_written():
    for hidden in (NONE_HIDDEN, SOME_HIDDEN, ALL_HIDDEN):
        for points in (1.0, 2.5):
            check = Check(3, 12, points, hidden)
            assert check_of(f"{check.first_line}\nimport numpy") == check
    assert check_of("# Exercise 3 is hard\n") is None


# Answers that miss what an exercise is about. They fail before anything is handed in.
IDEAS = {
    "backbone-features": {
        "before-head": [
            "stays in the mode in which the network comes",
            "puts the mode of the whole back to all modules",
            "the node is called flatten",
        ],
        "in-batches": ["one batch too many where the size divides the number"],
        "evaluation-mode": ["right numbers, and the running statistics are left changed"],
        "feature-cache": ["the digest of the backbone is no part of the key"],
    },
    "reuse-and-alignment": {
        "linear-probe": ["columns in the order of the alphabet"],
        "split-by-group": [
            "the first groups, whatever the seed",
            "the seed is not used, and bad numbers are not refused",
        ],
        "adjusted-rand": ["scikit-learn as it comes", "leaves items out altogether"],
        "choose-embedding": [
            "a lead against the spread of the best one's own scores",
            "spreads that are not paired",
        ],
    },
    "token-embeddings": {
        "lookup": ["refuses only ids that are too large, so that -1 is the last row"],
        "sgd-step": [
            "of an id that repeats, only the last gradient counts",
            "changes the table that was given",
        ],
        "skip-gram-pairs": [
            "leaves out pairs of a code with itself",
            "pairs across the end of a sequence",
        ],
        "draw-negatives": ["codes are drawn as often as they occur"],
        "negative-loss": ["averages over the made-up contexts"],
        "family-auc": ["a tie counts as lost"],
        "analogy": ["the dot product instead of the cosine"],
    },
}


def exercise_of(cell):
    return cell.metadata.get("nbgrader", {}).get("grade_id", "").partition("_")[0]


@pytest.mark.parametrize("assignment", IDEAS)
def test_who_misses_the_idea_of_an_exercise_sees_it_before_handing_in(assignment, tmp_path):
    source = read_source(assignment)
    written = {
        (name, answer.title): answer.code
        for name, some in answers(assignment).items()
        for answer in some
    }
    ideas = IDEAS[assignment]
    released, _ = ClearHiddenTests().preprocess(source, {})
    passed = []
    with graders.kernels([source]) as kernel:
        for number in range(max(map(len, ideas.values()))):
            tried = {name: titles[number] for name, titles in ideas.items() if number < len(titles)}
            codes = {name: written[name, title] for name, title in tried.items()}
            book = with_answers(released, codes)
            book.cells = [cell for cell in book.cells if exercise_of(cell) in {*tried, "inputs"}]
            found = graders.in_one_kernel(book, tmp_path, kernel)
            failed = {cell.partition("_")[0] for cell, verdict in found.items() if verdict.said}
            passed += [f"{name}: {tried[name]}" for name in tried.keys() - failed]
    assert not passed


def test_a_network_that_ran_in_training_mode_is_told_by_name():
    import torch

    from embeddings_course.exercises import CheckFailed, attempt

    network = torch.nn.Sequential(torch.nn.Conv2d(3, 2, 1), torch.nn.BatchNorm2d(2))
    for body, sentence in {
        "return net(x)": "1.running_mean and 2 more changed: the network ran in training mode; "
        "call .eval() first.",
        "return net.eval()(x)": "3 of 3 modules are not in the mode they were in, the first is the "
        "network itself, whose .training was True.",
        "net[0].weight.data += 1": "0.weight changed: the network's numbers must stay what they "
        "were.",
        "net[0].weight.requires_grad_(False)": "0.weight.requires_grad is no longer True: leave it "
        "as it was.",
        "net[1].register_forward_hook(print)": "a hook was left on 1: call .remove() on what "
        "registering it returned.",
        "net.append(torch.nn.ReLU())": "the network must keep its head and all its layers.",
    }.items():
        names = {"torch": torch}
        exec(f"def f(net, x):\n    {body}\n    return 1", names)
        answer = attempt(names, "f", network, torch.ones(2, 3, 4, 4), on="a small network")
        with pytest.raises(CheckFailed) as caught:
            answer.network_unchanged()
        assert str(caught.value) == f"f, on a small network: {sentence}"
