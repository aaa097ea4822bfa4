"""A grader that runs tests in a kernel of their own says the same as one that does not."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from assignments import graders

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def kernel():
    with graders.kernels(map(graders.read_source, graders.ASSIGNMENTS)) as manager:
        yield manager


@pytest.mark.drawn
@pytest.mark.parametrize("assignment", graders.ASSIGNMENTS)
def test_right_wrong_and_unusual_answers_get_the_same_points_and_messages(
    assignment, kernel, tmp_path
):
    notebooks, known = graders.notebooks(assignment), graders.known(assignment)

    def both(notebook):
        one = known.get(graders.key_of(notebook))
        one = one or graders.in_one_kernel(notebook, tmp_path, kernel)
        return one, graders.in_two_kernels(notebook, tmp_path, kernel)

    # Some answers take all of the time that they have, and leave the cores to others.
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(both, notebooks))
    differences, verdicts = [], 0
    for number, (one, two) in enumerate(found):
        assert one.keys() == two.keys()
        verdicts += len(one)
        differences += [
            f"notebook {number}, {cell}:\n one: {one[cell]}\n two: {two[cell]}"
            for cell in one
            if one[cell] != two[cell]
        ]
    assert verdicts > 50
    assert not differences, "\n".join(differences)
