"""The graded quiz: no key reaches students, and stock nbgrader grades whatever they hand in."""

import base64
import csv
import html as markup
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook

from embeddings_course import cli
from embeddings_course.book_build.student_bundle import write_bundle
from embeddings_course.exercises import CheckFailed
from embeddings_course.grading.course import open_course
from embeddings_course.grading.errors import GradingError
from embeddings_course.grading.grade_class import grade as grade_class
from embeddings_course.grading.release import generate_assignments
from embeddings_course.grading.report.write import write_report
from embeddings_course.grading.run_summary import summary
from embeddings_course.quiz import graded
from embeddings_course.quiz.answer_records import LARGEST_BYTES, parse_record
from embeddings_course.quiz.graded_answers import submitted_record
from embeddings_course.quiz.graded_sheet import read_sheet, student_seed
from embeddings_course.quiz.question_files import QuizError
from embeddings_course.quiz.question_types import LEVELS, NumericQuestion
from embeddings_course.quiz.typed_numbers import compute
from embeddings_course.quiz_tools.draw import (
    assignment_notebook,
    draw,
    sheet,
    sheet_json,
    write_assignment,
)
from helpers.quiz_answers import IDS, KEY, NAME, POOL, SHEET, TERM, answer, record
from helpers.refusals import raises, says
from helpers.repository import ROOT

COUNT = 20


# What students are given --------------------------------------------------------------------------


def secrets(pool) -> list[str]:
    """All of a pool that gives an answer away, in pieces that survive any markup."""
    texts, formulas = [], []
    for question in pool.questions:
        if isinstance(question, NumericQuestion):
            formulas += [str(question.answer), *(str(m.answer) for m in question.mistakes)]
            texts += [question.feedback or "", *(m.feedback for m in question.mistakes)]
        else:
            texts += [choice.feedback or "" for choice in question.choices]
    pieces = [piece for text in texts for piece in re.split(r"[`*$\\{}\"'&<>_^]", text)]
    return sorted({plain(text) for text in [*pieces, *formulas] if len(plain(text)) >= 14})


def plain(text: str) -> str:
    return " ".join(text.split()).lower()


def readings(content: bytes) -> list[str]:
    """All that a file says: as it stands, without JSON's escapes, without HTML's, from base64."""
    text = content.decode("utf-8", "replace")
    found = [text]
    for _ in range(2):  # JSON in JSON has two layers of them
        text = re.sub(r"\\+u([0-9a-fA-F]{4})", lambda match: chr(int(match[1], 16)), text)
        text = re.sub(r"(?<!\\)\\[nrt]", " ", text).replace('\\"', '"').replace("\\\\", "\\")
        found.append(text)
    found.append(markup.unescape(re.sub(r"<[^>]{0,2000}>", "", markup.unescape(found[0]))))
    for run in re.findall(rb"[A-Za-z0-9+/_-]{20,}", content):
        run = run.replace(b"-", b"+").replace(b"_", b"/")
        # A text in the middle of something longer begins at any of four places.
        for start in range(4):
            part = run[start:]
            part = part[: len(part) - (len(part) % 4 == 1)]
            decoded = base64.b64decode(part + b"=" * (-len(part) % 4))
            if sum(32 <= byte < 127 for byte in decoded[:60]) > 0.9 * len(decoded[:60]):
                found.append(decoded.decode("utf-8", "replace"))
    return sorted({plain(reading) for reading in found})


def read(files) -> list[tuple[str, list[str]]]:
    return [(name, readings(content)) for name, content in files]


def leaks(searched, pool=POOL) -> list[str]:
    """Say which files, given with their readings, give which secrets away."""
    return [
        f"{name}: {secret}"
        for secret in secrets(pool)
        for name, texts in searched
        if any(secret in text for text in texts)
    ]


def files_of(folder):
    return [
        (path.relative_to(folder).as_posix(), path.read_bytes())
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    ]


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    """The students' zip, each file with all that it says."""
    path = write_bundle(ROOT, tmp_path_factory.mktemp("bundle") / "students.zip")
    with zipfile.ZipFile(path) as archive:
        return read((name, archive.read(name)) for name in archive.namelist())


def test_no_key_and_no_feedback_is_in_assignments_book_or_bundle(html, executed, bundle):
    assert len(secrets(POOL)) > 60, "the search must search for something"
    assert any(NAME in name for name, _ in bundle), "the assignment belongs in the bundle"
    assert leaks(read(files_of(ROOT / "assignments"))) == []
    assert leaks(bundle) == []
    text = [".html", ".js", ".css", ".md", ".ipynb", ".json", ".txt", ".inv", ".svg"]
    for folder in (html, executed):
        files = [file for file in files_of(folder) if Path(file[0]).suffix in text]
        assert leaks(read(files)) == []


@pytest.mark.parametrize(
    "hide",
    [
        str.encode,
        lambda text: json.dumps({"a": [f"é {text}"]}).encode(),
        lambda text: json.dumps(json.dumps(text.replace(" ", "\n"))).encode(),
        lambda text: markup.escape(f"<b>{text}</b>").encode(),
        lambda text: base64.b64encode(f"some text before it {text} and after".encode()),
        lambda text: b'{"data": "' + base64.urlsafe_b64encode(b"?" + text.encode()) + b'"}',
    ],
)
def test_a_planted_secret_is_found(hide):
    for secret in secrets(POOL)[::9]:
        assert leaks(read([("file", hide(secret))])), secret


def test_a_planted_key_is_found():
    formulas = [str(q.answer) for q in POOL.questions if isinstance(q, NumericQuestion)]
    formula = max(formulas, key=len)  # a short one may stand anywhere
    planted = read([(f"assignments/{NAME}/.hint", f'"key": "{formula}"'.encode())])
    assert leaks(planted)


def with_other_key(pool):
    """The same questions with other right answers, other feedback, and choices in another order."""
    changed = []
    for question in pool.questions:
        if isinstance(question, NumericQuestion):
            change = {"answer": 12345.0, "mistakes": (), "feedback": "Other.", "tolerance": 0.5}
        else:
            choices = tuple(
                choice.model_copy(update={"correct": number == 0, "feedback": f"Other {number}."})
                for number, choice in enumerate(reversed(question.choices))
            )
            change = {"choices": choices}
        changed.append(question.model_copy(update=change))
    return replace(pool, questions=tuple(reversed(changed)))


def test_what_students_read_does_not_depend_on_what_is_right(tmp_path):
    """Not the texts only: order of questions and choices, versions and keys tell nothing either."""
    made = []
    for pool in (POOL, with_other_key(POOL)):
        root = tmp_path / str(len(made))
        (root / "source").mkdir(parents=True)
        shutil.copy(ROOT / "nbgrader_config.py", root)
        write_assignment(pool, root / "source" / NAME, term=TERM, count=COUNT)
        assert generate_assignments(root, root / "assignments") == [NAME]
        made.append(files_of(root / "assignments"))
    assert [name for name, _ in made[0]] == [f"{NAME}/{NAME}.ipynb", f"{NAME}/questions.json"]
    assert made[0] == made[1]


def test_assignments_and_source_are_what_would_be_written_today(tmp_path):
    write_assignment(POOL, tmp_path / NAME, term=TERM, count=COUNT)
    assert files_of(tmp_path / NAME) == files_of(ROOT / "source" / NAME), (
        "run `course quiz draw` as CONTRIBUTING.md says"
    )
    names = generate_assignments(ROOT, tmp_path / "assignments")
    for name in names:
        made, committed = tmp_path / "assignments" / name, ROOT / "assignments" / name
        assert files_of(made) == files_of(committed), "run `make assignments`"
    kept = {path.name for path in (ROOT / "assignments").iterdir() if path.is_dir()}
    assert kept == set(names), "an assignment without a source"


def test_answers_beside_the_source_are_not_handed_out(tmp_path):
    (tmp_path / "source").mkdir()
    shutil.copy(ROOT / "nbgrader_config.py", tmp_path)
    folder = tmp_path / "source" / NAME
    write_assignment(POOL, folder, term=TERM, count=3)
    (folder / "answers.json").write_text("{}")
    with raises(GradingError, "answers-in-source", "answers.json"):
        generate_assignments(tmp_path, tmp_path / "assignments")
    assert not (tmp_path / "assignments").exists()


def test_the_instructors_copy_keeps_no_answers(tmp_path, monkeypatch):
    monkeypatch.setattr(graded, "has_live_kernel", lambda: True)
    monkeypatch.setenv("JUPYTERHUB_USER", "ann")
    widgets, make = [], graded.make_widget
    monkeypatch.setattr(graded, "make_widget", lambda *a: widgets.append(make(*a)) or widgets[-1])
    for place, kept in (("source", False), ("assignments", True)):
        folder = tmp_path / place / NAME
        write_assignment(POOL, folder, term=TERM, count=COUNT)
        shown = graded.graded_quiz(folder=folder)
        shown._repr_mimebundle_()
        widget = widgets[-1]
        assert widget.student == "ann", "a hub knows who its users are"
        assert "Question 1" in widget.html
        asked = next(q for q in shown.sheet.questions if q.choices)
        widget.answers = {asked.id: {"version": asked.version, "answer": [asked.choices[0].key]}}
        assert (folder / "answers.json").exists() == kept
        assert ("instructor's copy" in widget.saved["text"]) == (not kept)


# What is drawn ------------------------------------------------------------------------------------


def test_a_term_draws_the_same_questions_each_time_and_another_term_others():
    drawn = [question.id for question in draw(POOL, term="2027-spring", count=COUNT)]
    turned = replace(POOL, questions=tuple(reversed(POOL.questions)))
    assert [question.id for question in draw(turned, term="2027-spring", count=COUNT)] == drawn
    assert [question.id for question in draw(POOL, term="2027-autumn", count=COUNT)] != drawn
    assert len(set(drawn)) == COUNT


@pytest.mark.parametrize("count", [1, 4, 7, 20, 41, len(POOL.questions)])
def test_each_level_gets_its_share(count):
    for term in ("a", "b", "c"):
        chosen = draw(POOL, term=term, count=count)
        assert len(chosen) == count
        for level in LEVELS:
            have = sum(question.level == level for question in POOL.questions)
            got = sum(question.level == level for question in chosen)
            assert abs(got - count * have / len(POOL.questions)) <= 1, level


def test_pool_may_lie_anywhere_and_another_terms_notebook_is_not_overwritten(
    tmp_path, monkeypatch, capsys, complaints
):
    root = tmp_path / "course"
    for name in ("nbgrader_config.py", "book/claims.yml"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, root / name)
    pool = tmp_path / "private" / "pool.yml"
    pool.parent.mkdir()
    shutil.copy(POOL.path, pool)

    monkeypatch.chdir(root)

    def course(*arguments):
        return cli.main(["quiz", "draw", "--pool", str(pool), *arguments])

    def refused(*arguments):
        assert course(*arguments) == 1
        return complaints.pop()

    assert course("--term", "2027-spring", "--count", "5") == 0
    assert "Drew 5 questions for 2027-spring" in capsys.readouterr().out
    notebook = root / "source" / NAME / f"{NAME}.ipynb"
    before = notebook.read_bytes()
    assert course("--term", "2027-spring", "--count", "5") == 0
    again = refused("--term", "2027-autumn", "--count", "5")
    says(again, "draw-would-overwrite", "knowledge-check.ipynb", "--force")
    assert notebook.read_bytes() == before
    assert course("--term", "2027-autumn", "--count", "5", "--force") == 0
    assert notebook.read_bytes() != before
    most = len(POOL.questions)
    too_many = refused("--term", "2028", "--count", str(most + 1))
    says(too_many, "draw-count-impossible", most, most + 1)
    pool = tmp_path / "nowhere.yml"
    missing = refused("--term", "2028", "--count", "1")
    says(missing, "question-file-missing", "nowhere.yml")


def test_students_have_numbers_of_their_own_and_capitals_do_not_matter():
    numeric = next(shown for shown in SHEET.questions if shown.variables)
    stems = {numeric.item(student_seed(TERM, f"student-{n}")).stem for n in range(30)}
    assert len(stems) > 5
    assert numeric.item(student_seed(TERM, " Ann ")) == numeric.item(student_seed(TERM, "ann"))
    assert "{{" not in stems.pop()


def test_damaged_or_missing_questions_are_said_in_a_sentence(tmp_path):
    with raises(QuizError, "sheet-missing"):
        read_sheet(tmp_path / "questions.json")
    for text in ("{", "[]", '{"quiz": 1}', sheet_json(SHEET).replace('"key"', '"correct"')):
        (tmp_path / "questions.json").write_text(text)
        with raises(QuizError, "sheet-damaged"):
            read_sheet(tmp_path / "questions.json")


# What nbgrader makes of it ------------------------------------------------------------------------

MULTIPLE = [id for id in IDS if KEY[id].kind == "multiple"]
NUMERIC = [id for id in IDS if KEY[id].kind == "numeric"]
TYPOS = ("typo", "tpyo")  # an id, and how its owner typed it
SINGLE = [id for id in IDS if KEY[id].kind == "single"]

BOBS = {
    # Two of three right choices, and one of two wrong ones: 2/3 - 1/2.
    "what-bm25-counts": answer(
        "what-bm25-counts",
        "bob",
        texts=[
            "In how many passages of the collection a word of the query occurs",
            "How long this passage is, compared with the others",
            "How close other words of this passage are in meaning",
        ],
    ),
    # One of three right choices.
    "too-large-for-the-data": answer(
        "too-large-for-the-data",
        "bob",
        texts=["On the training data 512 numbers do better than 64."],
    ),
    # Right, typed as people do.
    "ceiling-of-recall": answer("ceiling-of-recall", "bob"),
    "auc-with-ties": answer("auc-with-ties", "bob", number="a lot"),
    "nearest-one-hot": answer("nearest-one-hot", "bob"),
    "split-of-a-video": answer("split-of-a-video", "bob", wrong=True),
}
BOBS["ceiling-of-recall"]["answer"] = BOBS["ceiling-of-recall"]["answer"].replace(".", ",")
# Of the numeric questions, those in which this student has other numbers than ann.
OTHERS = [
    id
    for id in NUMERIC
    if KEY[id].variant(student_seed(TERM, "other-numbers"))
    != KEY[id].variant(student_seed(TERM, "ann"))
]

# The five known records of the class, then what else comes in: points, and what the feedback says.
EXPECTED = {
    "ann": (20, ["The answers in answers.json count.", "20 of 20 questions were answered."]),
    "bob": (
        0.17 + 0.33 + 1 + 1,
        [
            *["Partly right: 0.17 of 1 point. Right: ", "Partly right: 0.33 of 1 point. Right: "],
            *["Not right: How close other words", "a lot is not a number", "Not answered."],
            f"Not a number, so it cannot be graded: question {IDS.index('auc-with-ties') + 1}.",
        ],
    ),
    "bea": (0, ["A pair of codes of one family was", "You answered 0.5.", "The right number: "]),
    "cyd": (3, ["The answers in the notebook count.", "There is no answers.json."]),
    "dan": (0, ["is made out to 'ann', but this submission is from 'dan'"]),
    "eve": (0, ["answers.json is damaged: it is not JSON", "the notebook holds no answers"]),
    "file-invalid": (1, ["answers.json is not a record of answers: answers", "The answers in the"]),
    "file-wins": (2, ["The answers in answers.json count.", "the notebook has other answers"]),
    "huge": (0, ["it is not a record of answers"]),
    "nothing": (0, ["there is no answers.json; the notebook holds no answers"]),
    "nobody": (0, ["names no student"]),
    "no-record-cell": (20, []),
    "old-wording": (20, ["to an earlier wording or to other numbers"]),
    "other-numbers": (1, ["to an earlier wording or to other numbers"]),
    "Capital": (20, []),
    "peeks": (0, ["No answers that can be graded"]),
    "raises": (0, ["the notebook's cell does not return answers"]),
    "solution": (20, ["The answers in the notebook count."]),
    "typo": (20, ["They are made out to 'tpyo', and count for 'typo', with the"]),
    "typo-of-another": (0, ["made out to 'tpyo', but this submission is from 'typo-of-another'"]),
    "unknown-choice": (1, ["The answer cannot be graded: there is no choice"]),
}

PEEK = """\
def collected():
    import gc, inspect, sys
    frames, seen = [], sys._getframe()
    while seen:
        frames.append({**seen.f_globals, **seen.f_locals})
        seen = seen.f_back
    text = repr(frames) + repr(inspect.stack())
    assert "'correct': True" not in text, "found the key"
    return {"format": 1, "quiz": "knowledge-check", "student": "somebody else", "answers": {}}
collect(collected)"""


def collect_cell(content):
    return f"def collected():\n    return {content!r}\n\n\ncollect(collected)"


def submit(root, student, *, file=None, cell=None, source=None, drop=()):
    """Write what a student hands in."""
    folder = root / "submitted" / student / NAME
    shutil.copytree(root / "assignments" / NAME, folder)
    path = folder / f"{NAME}.ipynb"
    notebook = nbformat.read(source or path, as_version=4)
    if cell is not None:
        notebook.cells[3].source = cell
    notebook.cells = [c for c in notebook.cells if c.metadata.nbgrader.grade_id not in drop]
    nbformat.write(notebook, path)
    if file is not None:
        text = file if isinstance(file, str) else json.dumps(file)
        (folder / "answers.json").write_text(text, encoding="utf-8")


@pytest.fixture(scope="module")
def graded_class(tmp_path_factory):
    """A class of students, graded with nbgrader's own commands."""
    root = tmp_path_factory.mktemp("course")
    shutil.copy(ROOT / "nbgrader_config.py", root)
    shutil.copytree(ROOT / "source", root / "source")
    nbgrader(root, "generate_assignment", NAME)
    submit(root, "ann", file=record("ann"))
    submit(root, "bob", file=record("bob", BOBS))
    wrong = answer("auc-with-ties", "bea", number="0.5")
    submit(root, "bea", file=record("bea", {"auc-with-ties": wrong}))
    few = {id: answer(id, "cyd") for id in IDS[:3]}
    submit(root, "cyd", cell=collect_cell(record("cyd", few)))
    submit(root, "dan", file=record("ann"))
    submit(root, "eve", file=json.dumps(record("eve"))[:200])
    invalid = record("file-invalid", {IDS[0]: {"version": "x", "answer": 5}})
    one = {SINGLE[0]: answer(SINGLE[0], "file-invalid")}
    submit(root, "file-invalid", file=invalid, cell=collect_cell(record("file-invalid", one)))
    two = {id: answer(id, "file-wins") for id in IDS[:2]}
    submit(root, "file-wins", file=record("file-wins", two), cell=collect_cell(record("file-wins")))
    submit(root, "huge", file=" " * (LARGEST_BYTES + 1))
    submit(root, "nothing")
    submit(root, "nobody", file=record(""))
    submit(root, "no-record-cell", file=record("no-record-cell"), drop=["record"])
    old = record("old-wording")
    for given in old["answers"].values():
        given["version"] = "00000000"
    submit(root, "old-wording", file=old)
    # Answers that are right for ann's numbers, under one's own name.
    copied = {id: answer(id, "ann") for id in OTHERS} | {SINGLE[0]: answer(SINGLE[0], "ann")}
    submit(root, "other-numbers", file=record("other-numbers", copied))
    submit(root, "Capital", file=record("capital "))
    submit(root, "peeks", cell=PEEK)
    submit(root, "raises", cell="def collected():\n    return 1 / 0\n\n\ncollect(collected)")
    submit(root, "solution", source=root / "source" / NAME / f"{NAME}.ipynb")
    submit(root, "typo", file=record("tpyo"))
    submit(root, "typo-of-another", file=record("tpyo"))
    typed = json.dumps({"typo": "Tpyo", "typo-of-another": "ann"})
    (root / "typed-ids.json").write_text(typed, encoding="utf-8")
    strange = {
        SINGLE[0]: answer(SINGLE[0], "unknown-choice") | {"answer": ["ffffffff"]},
        SINGLE[1]: answer(SINGLE[1], "unknown-choice"),
        SINGLE[2]: answer(SINGLE[2], "unknown-choice") | {"answer": "text"},
    }
    submit(root, "unknown-choice", file=record("unknown-choice", strange))
    nbgrader(root, "autograde", NAME)
    nbgrader(root, "generate_feedback", NAME)
    return root


def nbgrader(root, *arguments):
    environ = {"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "HOME": str(root)}
    # The package that these tests import, where another one is installed.
    environ |= {name: os.environ[name] for name in ("PYTHONPATH",) if name in os.environ}
    command = [sys.executable, "-m", "nbgrader", *arguments]
    result = subprocess.run(command, cwd=root, env=environ, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr[-6000:]
    return result.stderr


def feedback(graded_class, student):
    path = graded_class / "feedback" / student / NAME / f"{NAME}.html"
    body = path.read_text(encoding="utf-8").partition("<body")[2]
    return plain(markup.unescape(re.sub(r"<[^>]*>", "", body)))


def test_the_example_has_questions_of_each_kind():
    assert len(SINGLE) >= 3 and MULTIPLE and NUMERIC and OTHERS
    assert len(IDS) == COUNT


@pytest.mark.parametrize("student", EXPECTED)
def test_stock_nbgrader_gives_exactly_these_points_and_says_why(graded_class, student):
    points, said = EXPECTED[student]
    with Gradebook(f"sqlite:///{graded_class}/gradebook.db") as gradebook:
        submission = gradebook.find_submission(NAME, student)
        assert submission.max_score == COUNT
        assert submission.score == pytest.approx(points, abs=1e-9)
        # A graded cell that a student removed was put back, so nobody has to look.
        assert not submission.needs_manual_grade
    told = feedback(graded_class, student)
    for sentence in said:
        assert plain(sentence) in told, sentence
    assert "traceback" not in told


def test_whoever_grades_is_told_once_of_a_quiz_that_cannot_be_graded(tmp_path):
    """Its zero is not an honest one: each sentence says why it is there, and what to do."""
    shutil.copy(ROOT / "nbgrader_config.py", tmp_path)
    shutil.copytree(ROOT / "source" / NAME, tmp_path / "source" / NAME)
    shutil.copytree(ROOT / "assignments" / NAME, tmp_path / "assignments" / NAME)
    wrong = {SINGLE[0]: answer(SINGLE[0], "honest", wrong=True)}
    submit(tmp_path, "honest", file=record("honest", wrong))
    submit(tmp_path, "anna", file=record("s01"))
    submit(tmp_path, "nothing")
    submit(tmp_path, "opened", file=record("opened", {}))
    said = []
    outcome = grade_class(open_course(tmp_path), NAME, say=said.append)
    assert {each: (r.state, r.score) for each, r in outcome.records.items()} == dict.fromkeys(
        ["honest", "anna", "nothing", "opened"], ("graded", 0)
    )
    expected = {
        "honest": "",
        "anna": "No answers that can be graded: answers.json is made out to 's01', but this "
        "submission is from 'anna'; the notebook holds no answers. Ask the student; if the "
        "answers are theirs, a line in typed-ids.json lets them count.",
        "nothing": "No answers that can be graded: there is no answers.json; the notebook holds "
        "no answers. Ask the student for the file, and grade again.",
        "opened": "No question of the quiz was answered: ask the student whether the right file "
        "was handed in.",
    }
    assert {each: " ".join(r.problems) for each, r in outcome.records.items()} == expected
    lines = summary(outcome, NAME)
    page = write_report(open_course(tmp_path), NAME)
    table = csv.DictReader(page.with_suffix(".csv").read_text("utf-8-sig").splitlines())
    assert {row["id"]: row["problems"] for row in table} == expected
    attention = markup.unescape(page.read_text(encoding="utf-8").partition('id="students"')[0])
    for student, sentence in expected.items():
        assert (f"  {student}: graded, with a problem. {sentence}" in lines) is bool(sentence)
        assert sentence in attention
    assert "Graded, with a problem <b>(3)</b>" in attention


def test_a_wrong_number_gets_the_way_to_the_right_one(graded_class):
    (said,) = re.findall(r"you answered 0\.5\. the right number: .*", feedback(graded_class, "bea"))
    question = KEY["auc-with-ties"]
    words = plain(question.feedback.rpartition("{{answer}}.")[2])
    assert words
    assert words in said


def test_a_wrong_choice_is_named_and_so_is_the_right_one(tmp_path, capsys):
    shutil.copy(ROOT / "assignments" / NAME / "questions.json", tmp_path)
    asked = KEY[SINGLE[0]]
    given = record("ann", {asked.id: answer(asked.id, "ann", wrong=True)})
    submission = graded.Submission(parse_record(json.dumps(given), "the file"))
    question = asked.model_dump(exclude_none=True)
    assert graded.grade(question, submission, points=1, folder=tmp_path) == 0
    said = " ".join(capsys.readouterr().out.split())
    (right,) = (choice for choice in asked.choices if choice.correct)
    (taken,) = given["answers"][asked.id]["answer"]
    (chosen,) = (choice for choice in asked.choices if choice.key == taken)
    assert f"Not right. You chose: {chosen.text} " in said
    assert f"The right choice: {right.text} — {right.feedback}" in said


def test_a_typed_id_that_counts_has_numbers_that_its_owner_does_not_have():
    numbers = [[KEY[id].variant(student_seed(TERM, who)) for id in NUMERIC] for who in TYPOS]
    assert numbers[0] != numbers[1], "else the test above would not see whose numbers count"


@pytest.mark.parametrize("text", ["{", "[]", '{"typo": 3}', '["typo"]', "\udcff"])
def test_typed_ids_that_cannot_be_read_concern_only_those_with_another_id(tmp_path, text):
    folder = tmp_path / "autograded" / "typo" / NAME
    shutil.copytree(ROOT / "assignments" / NAME, folder)
    (tmp_path / "typed-ids.json").write_bytes(text.encode(errors="surrogateescape"))
    for who in TYPOS:
        (folder / "answers.json").write_text(json.dumps(record(who)))
        if who == "typo":
            assert submitted_record(folder, NAME)[0].student == who
        else:
            with raises(QuizError, "typed-ids-unreadable", "typed-ids.json"):
                submitted_record(folder, NAME)


def test_notes_are_sentences(tmp_path):
    (tmp_path / "answers.json").write_text(json.dumps(record("ann", {})))
    other = record("ann", {SINGLE[0]: answer(SINGLE[0], "ann")})
    assert submitted_record(tmp_path, NAME, lambda: other)[1] == [
        "The answers in answers.json count.",
        f"The notebook has other answers, which do not count, to: {SINGLE[0]}.",
    ]


def test_collecting_names_the_answers_that_are_no_numbers(tmp_path, monkeypatch, capsys):
    from IPython.core.interactiveshell import InteractiveShell

    with_unit = next(id for id in NUMERIC if KEY[id].unit)
    wrong = [id for id in NUMERIC if not KEY[id].unit][:2]
    monkeypatch.setattr(graded, "has_live_kernel", lambda: True)
    shutil.copy(ROOT / "assignments" / NAME / "questions.json", tmp_path)
    texts = {with_unit: f"128 {KEY[with_unit].unit}", wrong[0]: "3/7", wrong[1]: "5"}
    said = []
    InteractiveShell.instance()
    try:
        for change in ({}, {wrong[0]: "20 %"}, {wrong[0]: "20 %", wrong[1]: "five"}):
            typed = {id: answer(id, "ann", number=text) for id, text in {**texts, **change}.items()}
            (tmp_path / "answers.json").write_text(json.dumps(record("ann", typed)))
            graded.collect(None, folder=tmp_path)
            said.append(capsys.readouterr().out)
    finally:
        InteractiveShell.clear_instance()
    assert all("Collected 3 answers of ann to 20 questions." in text for text in said)
    assert "cannot be graded" not in said[0]
    places = [IDS.index(id) + 1 for id in wrong]
    assert f"Not a number, so it cannot be graded: question {places[0]}.\n" in said[1]
    places = ", ".join(map(str, sorted(places)))
    assert f"Not numbers, so they cannot be graded: questions {places}.\n" in said[2]


def test_the_visible_tests_name_what_has_no_answer(tmp_path, monkeypatch):
    def told(number, typed=None, who="ann", collected=None):
        if typed is not None:
            (tmp_path / "answers.json").write_text(json.dumps(record(who, typed)))
        try:
            graded.check_answered(number, collected, folder=tmp_path)
        except CheckFailed as failure:
            return str(failure)
        return "nothing"

    shutil.copy(ROOT / "assignments" / NAME / "questions.json", tmp_path)
    number = NUMERIC[0]
    place, single = IDS.index(number) + 1, IDS.index(SINGLE[0]) + 1
    assert "there is no answers.json" in told(1)
    given = {SINGLE[0]: answer(SINGLE[0], "ann"), number: answer(number, "ann", number="many")}
    assert told(single, given) == "nothing"
    assert "'many' is not a number" in told(place)
    assert (
        told(IDS.index(SINGLE[1]) + 1) == f"question {IDS.index(SINGLE[1]) + 1} is not answered yet"
    )
    assert "student id" in told(single, given, who="")
    (tmp_path / "answers.json").unlink()
    assert told(single, collected=lambda: record("ann", given)) == "nothing"
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    assert told(1) == "nothing", "grading says it in its own words"


def test_three_digits_are_enough_as_the_introduction_says():
    for question in (question for question in POOL.questions if question.kind == "numeric"):
        for values in question._some_variants():
            right = compute(question.answer, values)
            if not right.is_integer():
                assert question.is_right(float(f"{right:.3g}"), values), (question.id, values)


def test_everybody_is_in_the_table_of_points(graded_class):
    assert set(EXPECTED) == {path.name for path in (graded_class / "submitted").iterdir()}


def test_grading_leaves_the_records_as_they_were_handed_in(graded_class):
    for student in EXPECTED:
        handed_in = graded_class / "submitted" / student / NAME / "answers.json"
        after = graded_class / "autograded" / student / NAME / "answers.json"
        assert handed_in.exists() == after.exists()
        assert not handed_in.exists() or handed_in.read_bytes() == after.read_bytes()
        assert list(after.parent.glob("*damaged*")) == []


def test_notebook_with_other_points_and_another_name_says_so_to_students():
    notebook = assignment_notebook("quiz-2", draw(POOL, term="x", count=4), term="x", points=2.5)
    assert "4 questions, 10 points, about 5 minutes" in notebook.cells[0].source
    assert [cell.metadata.nbgrader.get("points") for cell in notebook.cells[-4:]] == [2.5] * 4
    assert sheet("quiz-2", draw(POOL, term="x", count=4), term="x").quiz == "quiz-2"
