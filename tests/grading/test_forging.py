"""Attacks on the course's own assignments earn what their answers are worth, and cost nobody."""

import json
import shutil

import nbformat
import pytest

from embeddings_course._shared.folders import scratch_folder
from grading.attacks import ATTACKS, read_attack
from grading.hostile import Submission
from grading.test_hostile import Hostile, check, check_the_others, needs_sandbox
from helpers.quiz_answers import NAME, record
from helpers.repository import ROOT

ASSIGNMENTS = sorted({attack.assignment for attack in ATTACKS})


class Attacked(Hostile):
    """A class that hands in one of the course's assignments; attacks change its untouched stubs."""

    together = 12

    def write_source(self, source):
        shutil.copytree(ROOT / "source" / self.name, source)
        notebook = nbformat.read(source / f"{self.name}.ipynb", as_version=4)
        self.solutions = {
            cell.id: cell.source
            for cell in notebook.cells
            if cell.metadata.get("nbgrader", {}).get("solution")
        }
        marks = [cell.metadata.get("nbgrader", {}) for cell in notebook.cells]
        tests = [each for each in marks if each.get("grade") and not each["solution"]]
        self.full = sum(each["points"] for each in tests)

    def right(self, folder, released):
        submission = Submission(folder, released)
        for name, code in self.solutions.items():
            submission.answer(name, code)
        return submission

    def to_be_spoilt(self, folder, released):
        return Submission(folder, released)


class Asked(Attacked):
    """A class that answers the graded quiz."""

    def right(self, folder, released):
        folder.mkdir(parents=True)
        shutil.copyfile(released / "questions.json", folder / "questions.json")
        answers = json.dumps(record(folder.parent.name))
        (folder / "answers.json").write_text(answers, encoding="utf-8")
        return Submission(folder, released)


def attacked(root, attacks, *, alone=False):
    """Return a class with these attacks on one assignment, among honest students unless alone."""
    (assignment,) = {attack.assignment for attack in attacks}
    kind = Asked if assignment == NAME else Attacked
    return type(kind.__name__, (kind,), {"name": assignment})(root, attacks, alone=alone)


def test_an_attack_changes_answers_and_adds_cells(tmp_path):
    path = tmp_path / "token-embeddings" / "one.py"
    path.parent.mkdir()
    path.write_text(
        "# %% attack: one | points: 2.5 | state: timed-out\n"
        "# %% before: lookup\nx = 1\n# %% after: lookup\n\ny = 2\n\n"
        "# %% answer: training\nz = 3\n# %% every function\nif x:\n    return 0\n",
        encoding="utf-8",
    )
    attack = read_attack(path)
    assert (attack.id, attack.title, attack.score, attack.state) == ("one", "one", 2.5, "timed-out")
    submission = Submission(tmp_path / "handed-in", ROOT / "assignments" / "token-embeddings")
    attack.edit(submission)
    sources = [cell.source for cell in submission.notebook.cells]
    answer = sources.index("x = 1") + 1
    assert sources[answer + 1] == "y = 2"
    assert sources[answer].startswith("def one_hot(ids, n):\n    if x:\n        return 0\n\n\ndef")
    assert submission.cell("training").source == "z = 3"
    assert "leave_out=True" in submission.cell("analogy").source


@pytest.mark.parametrize(
    "text",
    [
        "x = 1\n",
        "# %% attack: no such mark | due: 1\n",
        "# %% attack: no such part\n# %% instead: lookup\n",
        "# %% attack: a part without its cell\n# %% answer\nx = 1\n",
    ],
)
def test_a_file_that_is_no_attack_is_refused(tmp_path, text):
    (tmp_path / "one.py").write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=r"see the docstring"):
        read_attack(tmp_path / "one.py")


@pytest.fixture(scope="module", params=ASSIGNMENTS)
def course(request, tmp_path_factory):
    needs_sandbox()
    attacks = [attack for attack in ATTACKS if attack.assignment == request.param]
    with scratch_folder("forging-", tmp_path_factory.mktemp("forging")) as folder:
        yield attacked(folder / "course", attacks).run()


@pytest.mark.slow
@pytest.mark.drawn
def test_attacks_get_what_is_due(course):
    wrong = []
    for attack in ATTACKS:
        if attack.assignment == course.name:
            try:
                check(course, attack)
            except AssertionError as error:
                wrong.append(f"{attack.id}: {error}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.slow
@pytest.mark.drawn
def test_honest_students_among_them_do_not_notice(course):
    check_the_others(course)
