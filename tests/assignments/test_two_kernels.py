"""A grader that runs tests in a kernel of their own says the same as one that does not."""

import pytest
from assignments import graders

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def kernel():
    with graders.kernels(map(graders.read_source, graders.ASSIGNMENTS)) as manager:
        yield manager


@pytest.mark.parametrize("assignment", graders.ASSIGNMENTS)
def test_right_wrong_and_unusual_answers_get_the_same_points_and_messages(
    assignment, kernel, tmp_path
):
    known = graders.known(assignment)
    differences, verdicts = [], 0
    for number, notebook in enumerate(graders.notebooks(assignment)):
        one = known.get(graders.key_of(notebook))
        if one is None:
            one = graders.in_one_kernel(notebook, tmp_path, kernel)
        two = graders.in_two_kernels(notebook, tmp_path, kernel)
        assert one.keys() == two.keys()
        verdicts += len(one)
        differences += [
            f"notebook {number}, {cell}:\n one: {one[cell]}\n two: {two[cell]}"
            for cell in one
            if one[cell] != two[cell]
        ]
    assert verdicts > 50
    assert not differences, "\n".join(differences)
