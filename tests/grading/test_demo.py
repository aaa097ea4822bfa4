"""The demonstration hands in whatever quiz was drawn, also from an own pool."""

import json
import shutil
import zipfile

import pytest

from embeddings_course import cli
from embeddings_course.quiz.graded_sheet import read_sheet, student_seed
from embeddings_course.quiz.question_files import load_questions
from embeddings_course.quiz.scoring import score
from embeddings_course.quiz_tools.draw import write_assignment
from helpers import quiz_answers
from helpers.quiz_answers import NAME
from helpers.repository import ROOT

POOL = """\
questions:
  - id: own-single
    claim: onehot-equidistant
    level: recall
    kind: single
    stem: Which one?
    choices:
      - {text: This, correct: true, feedback: So it is.}
      - {text: That, feedback: No.}
  - id: own-multiple
    claim: onehot-equidistant
    level: apply
    kind: multiple
    stem: Which ones?
    choices:
      - {text: One, correct: true, feedback: Yes.}
      - {text: Two, correct: true, feedback: 'Yes, $\\alpha$.'}
      - {text: Three, feedback: No.}
  - id: own-zero
    claim: onehot-equidistant
    level: understand
    kind: numeric
    stem: What is {{a}} minus {{a}}?
    variables: {a: [3, 4]}
    answer: a - a
    tolerance: 0
    feedback: Nothing is left.
"""


def test_the_keys_of_the_quiz_are_those_of_its_pool():
    assert {id: quiz_answers.POOL[id] for id in quiz_answers.IDS} == quiz_answers.KEY


@pytest.fixture
def copy(tmp_path):
    """What the demonstration reads, with a quiz from another pool."""
    root = tmp_path / "copy"
    for name in ("source", "assignments", "tests/assignments"):
        shutil.copytree(ROOT / name, root / name)
    for name in ("_toc.yml", "nbgrader_config.py"):
        shutil.copy(ROOT / name, root / name)
    pool = tmp_path / "pool.yml"
    pool.write_text(POOL)
    questions = write_assignment(
        load_questions(pool), root / "source" / NAME, term="own", count=3, force=True
    )
    return root, {question.id: question for question in questions}


def test_a_quiz_from_an_own_pool_is_handed_in(copy, tmp_path, monkeypatch):
    root, questions = copy
    made = tmp_path / "made"
    monkeypatch.setattr(cli, "ROOT", root)
    monkeypatch.chdir(root)
    only = ["--students", "s01,s09,s12"]
    assert cli.main(["demo-class", "--inputs", "--folder", str(made), *only]) == 0
    assert read_sheet(root / "source" / NAME / "questions.json").term == "own"
    with zipfile.ZipFile(made / f"{NAME}.zip") as archive:
        (name,) = (n for n in archive.namelist() if "Amal" in n and n.endswith("answers.json"))
        record = json.loads(archive.read(name))
    assert record["answers"].keys() == questions.keys()
    for id, given in record["answers"].items():
        values = questions[id].variant(student_seed("own", "s01"))
        answer = given["answer"]
        answer = answer if isinstance(answer, str) else tuple(answer)
        assert score(questions[id], answer, values).points == 1
