"""Item analysis: its numbers are those worked out by hand, and no file can break it."""

import csv
import io
import json
import math
import os
import sys

import matplotlib as mpl
import numpy as np
import pytest
import yaml

from embeddings_course.quiz.answer_records import LARGEST_BYTES, Record
from embeddings_course.quiz.question_files import QuizError, load_questions
from embeddings_course.quiz.rendering import version_with
from embeddings_course.quiz_tools.item_analysis import (
    analyse,
    answers_to_csv,
    collect_records,
    left_out,
    look_at,
    plot,
    to_csv,
    to_markdown,
)
from embeddings_course.quiz_tools.item_statistics import item_rest_correlation, upper_lower_index
from helpers.refusals import raises


def choice(id, kind, right, wrong):
    choices = [{"text": text, "correct": True} for text in right]
    choices += [{"text": text} for text in wrong]
    return {"id": id, "kind": kind, "choices": choices}


QUESTIONS = [
    choice("a", "single", ["yes"], ["no", "perhaps", "never"]),
    choice("b", "multiple", ["one", "two"], ["three", "four"]),
    {"id": "c", "kind": "numeric", "answer": 4, "tolerance": 0},
    {
        "id": "d",
        "kind": "numeric",
        "stem": "{{rows}} rows, {{columns}} columns?",
        "variables": {"rows": [3, 5], "columns": [2, 4]},
        "answer": "rows * columns",
        "tolerance": 0,
        "mistakes": [{"answer": "rows + columns", "feedback": "That is the sum."}],
    },
]


@pytest.fixture(scope="module")
def questions(tmp_path_factory):
    path = tmp_path_factory.mktemp("bank") / "quiz.yml"
    common = {"claim": "some-claim", "level": "apply", "stem": "What is it?"}
    path.write_text(
        yaml.safe_dump({"questions": [common | entry for entry in QUESTIONS]}, sort_keys=False)
    )
    return load_questions(path)


SMALL = {"rows": 3.0, "columns": 2.0}


def given(question, answer, values=None):
    """Return an answer as a record has it; choices are named by their texts."""
    if isinstance(answer, list):
        keys = {choice.text: choice.key for choice in getattr(question, "choices", ())}
        answer = tuple(keys.get(text, text) for text in answer)
    values = values or (SMALL if question.id == "d" else {})
    return {"version": version_with(question.version, values), "answer": answer}


def record(questions, student="", **answers):
    filled = {id: given(questions[id], answer) for id, answer in answers.items()}
    return Record.model_validate({"quiz": "quiz", "student": student, "answers": filled})


@pytest.fixture
def six(questions):
    """Return six records; their scores, and the totals in which no answer counts 0.

    ===== ====== ===== ====== ====== =====
    .     a      b     c      d      total
    ===== ====== ===== ====== ====== =====
    P1    1      1     1      1      4
    P2    1      1/2   1      -      2 1/2
    P3    1      1     1      0      3
    P4    0      1/2   1      1      2 1/2
    P5    0      0     1      0      1
    P6    -      1/2   1      0      1 1/2
    ===== ====== ===== ====== ====== =====
    """
    both, half, none = ["one", "two"], ["two"], ["one", "three"]
    return [
        record(questions, a=["yes"], b=both, c="4", d="6"),
        record(questions, a=["yes"], b=half, c="4"),
        record(questions, a=["yes"], b=both, c="4.0", d="5"),
        record(questions, a=["no"], b=half, c="4", d="6"),
        record(questions, a=["no"], b=none, c="4", d="5"),
        record(questions, b=half, c="4", d="7"),
    ]


def test_difficulty_is_the_mean_score_of_those_who_answered(questions, six):
    a, b, c, d = analyse(questions.questions, six)
    assert a.difficulty == pytest.approx(3 / 5)
    assert b.difficulty == pytest.approx((1 + 0.5 + 1 + 0.5 + 0 + 0.5) / 6)
    assert c.difficulty == 1
    assert d.difficulty == pytest.approx(2 / 5)
    assert [(item.answered, item.omitted) for item in (a, b, c, d)] == [
        (5, 1),
        (6, 0),
        (6, 0),
        (5, 1),
    ]


def test_discrimination_is_the_correlation_with_the_rest(questions, six):
    a, b, c, d = analyse(questions.questions, six)
    # a, of P1 to P5: scores 1 1 1 0 0, mean 3/5; rest 3 3/2 2 5/2 1, mean 2.
    # Products of deviations: 2/5 (1 - 1/2 + 0) - 3/5 (1/2 - 1) = 1/2.
    # Squares: 3 · 4/25 + 2 · 9/25 = 6/5, and 1 + 1/4 + 0 + 1/4 + 1 = 5/2; their product is 3.
    assert a.discrimination == pytest.approx(0.5 / math.sqrt(3))
    # b, of all: scores 1 1/2 1 1/2 0 1/2, sum 7/2; rest 3 2 2 2 1 1, sum 11.
    # Sum of products 3 + 1 + 2 + 1 + 0 + 1/2 = 15/2, less 7/2 · 11 / 6 = 77/12: 13/12.
    # Sums of squares 11/4 - (7/2)²/6 = 17/24, and 23 - 11²/6 = 17/6; the root of their product is
    # 17/12.
    assert b.discrimination == pytest.approx(13 / 17)
    # d, of P1 P3 P4 P5 P6: scores 1 0 1 0 0, sum 2; rest 3 3 3/2 1 3/2, sum 10.
    # Sum of products 9/2 - 2 · 10 / 5 = 1/2; squares 2 - 4/5 = 6/5, and 47/2 - 20 = 7/2.
    assert d.discrimination == pytest.approx(0.5 / math.sqrt(6 / 5 * 7 / 2))
    assert (c.discrimination, c.undefined) == (None, "everybody has the same score on it")
    assert a.undefined == b.undefined == d.undefined == ""


def test_upper_lower_index_compares_27_percent(questions, six):
    a, b, c, d = analyse(questions.questions, six)
    # a: 27 % of 5 is 1.35, so 1: P1 (total 4) against P5 (total 1).
    assert a.upper_lower == pytest.approx(1 - 0)
    # b: 27 % of 6 is 1.62, so 2: P1 and P3 (1 and 1) against P5 and P6 (0 and 1/2).
    assert b.upper_lower == pytest.approx(1 - 0.25)
    assert c.upper_lower == 0
    # d, of P1 P3 P4 P5 P6: P1 against P5.
    assert d.upper_lower == pytest.approx(1 - 0)


def test_ties_at_the_border_of_a_group_share_its_last_places():
    # 27 % of 8 is 2.16, so 2. Upper: the 9, and a third of each of the three 7. Lower: half of each
    # of the four 2. (1 + 1/3 (1 + 1 + 0)) / 2 - (1/2 (1 + 0 + 0 + 0)) / 2 = 5/6 - 1/4 = 7/12.
    # Totals that differ by rounding are the same.
    totals = np.array([9, 7, 7 + 1e-12, 7 - 1e-12, 2, 2 - 1e-12, 2, 2])
    scores = np.array([1, 1, 1, 0, 1, 0, 0, 0.0])
    for seed in range(5):
        order = np.random.default_rng(seed).permutation(8)
        assert upper_lower_index(scores[order], totals[order]) == pytest.approx(7 / 12)


def test_sums_that_differ_by_rounding_only_are_equal():
    scores = np.array([0.0, 1, 0, 1])
    rest = np.array([0.1 + 0.2, 0.3, 0.3, 0.1 + 0.2])
    assert item_rest_correlation(scores, rest) == (
        None,
        "everybody has the same score on the rest",
    )
    assert upper_lower_index(scores, rest) is None


def test_what_is_not_defined_has_a_reason(questions, six):
    few = analyse(questions.questions, six[:2])
    assert {item.undefined for item in few} == {"fewer than 3 answers"}
    assert all(item.discrimination is item.upper_lower is None for item in few)
    (alone,) = analyse([questions["a"]], six)
    assert (alone.discrimination, alone.undefined) == (None, "it is the only question")
    (nobody, *_) = analyse(questions.questions, [])
    assert (nobody.difficulty, nobody.persons) == (None, 0)


def test_choices_are_counted(questions, six):
    a, b, *_ = analyse(questions.questions, six)
    assert {c.text: (c.count, c.right) for c in a.choices} == {
        "yes": (3, True),
        "no": (2, False),
        "perhaps": (0, False),
        "never": (0, False),
    }
    assert {c.text: c.count for c in b.choices} == {"one": 3, "two": 5, "three": 1, "four": 0}
    assert {c.key for c in a.choices} == {choice.key for choice in questions["a"].choices}


def test_wrong_numbers_are_counted_and_a_known_mistake_is_one_whatever_the_numbers(questions):
    large = {"rows": 5.0, "columns": 4.0}
    answers = [("5", SMALL), ("9", large), ("7", SMALL), ("7", SMALL), ("7", large), ("20", large)]
    records = [
        Record.model_validate(
            {"quiz": "quiz", "answers": {"d": given(questions["d"], answer, values)}}
        )
        for answer, values in [*answers, ("9,0", large)]
    ]
    (d,) = analyse([questions["d"]], records)
    assert d.difficulty == pytest.approx(1 / 7)  # 20 is 5 times 4
    assert [(wrong.shown, wrong.known, wrong.count) for wrong in d.wrong_numbers] == [
        ("rows + columns", True, 3),
        ("7 for rows = 3, columns = 2", False, 2),
        ("7 for rows = 5, columns = 4", False, 1),
    ]


def test_values_can_be_given_and_other_numbers_are_an_earlier_version(questions):
    asked = Record.model_validate(
        {"quiz": "quiz", "answers": {"d": given(questions["d"], "6", SMALL)}}
    )
    (same,) = analyse([questions["d"]], [asked], values_of=lambda question, record: SMALL)
    (other,) = analyse(
        [questions["d"]], [asked], values_of=lambda q, r: {"rows": 5.0, "columns": 4.0}
    )
    assert (same.answered, same.earlier, same.difficulty) == (1, 0, 1)
    assert (other.answered, other.earlier, other.difficulty) == (0, 1, None)


def test_answers_that_cannot_be_scored_are_counted_apart(questions):
    def one(answer, id="a", **changes):
        entry = given(questions[id], answer) | changes
        return Record.model_validate({"quiz": "quiz", "answers": {id: entry}})

    moved = {"question": "a", "version": "before", "answer": ["x"]}
    records = [
        one(["yes"]),
        one(["yes"], version="before"),
        Record.model_validate({"quiz": "quiz", "earlier": [moved]}),
        one(["no such choice"]),
        one(["yes", "no"]),
        one(["yes", "yes"]),
        one("yes"),
        one([]),
        one("4", id="c"),
    ]
    a, _, c, _ = analyse(questions.questions, records)
    assert (a.answered, a.earlier, a.unreadable, a.omitted) == (1, 2, 4, 2)
    assert a.answered + a.earlier + a.unreadable + a.omitted == a.persons == len(records)
    assert c.answered == 1
    for typed in ["four", "6,400", "nan", "1e999", ["yes"], "9" * 200]:
        (item,) = analyse([questions["c"]], [one(typed, id="c")])
        assert (item.answered, item.unreadable) == ((1, 0) if typed == "9" * 200 else (0, 1)), typed
    (item,) = analyse([questions["c"]], [one("  ", id="c")])
    assert item.omitted == 1


def test_answers_to_unknown_questions_are_mentioned(questions, six):
    stranger = record(questions, a=["yes"])
    stranger = stranger.model_copy(update={"answers": {"gone": stranger.answers["a"]}})
    (said,) = left_out(questions.questions, [*six, stranger])
    assert said.endswith("are not counted: gone (1).")
    assert left_out(questions.questions, six) == []


def many(questions, counts):
    """Return records of a class in which so many gave each answer to question a."""
    return [record(questions, a=[text], c="4") for text, n in counts.items() for _ in range(n)]


def said_about(questions, records, id="a"):
    lines = look_at(analyse(questions.questions, records))
    return " ".join(line for line in lines if line.startswith(f"{id}: "))


def test_a_question_is_named_as_grading_names_it_where_the_draw_is_known(questions):
    found = analyse(questions.questions, many(questions, {"yes": 99, "no": 1}))
    numbers = {"a": "question-3"}
    assert [line for line in look_at(found, numbers) if line.startswith("a (question-3): ")]
    page = to_markdown(found, title="quiz", numbers=numbers)
    assert "| a (question-3) |" in page and "| c |" in page


def test_questions_that_everybody_or_nobody_gets_right_are_named(questions):
    easy = said_about(questions, many(questions, {"yes": 99, "no": 1}))
    assert "nearly everybody is right (difficulty 0.99)" in easy
    assert "nearly everybody" not in said_about(questions, many(questions, {"yes": 38, "no": 2}))
    hard = said_about(questions, many(questions, {"yes": 9, "no": 11, "perhaps": 11, "never": 9}))
    assert "difficulty 0.23, blind guessing gives 0.25" in hard
    fair = many(questions, {"yes": 10, "no": 10, "perhaps": 10, "never": 10})
    assert said_about(questions, fair) == ""


def test_wrong_choices_that_win_or_distract_nobody_are_named(questions):
    said = said_about(questions, many(questions, {"yes": 12, "no": 15, "perhaps": 3}))
    assert "'no' is taken more often than the right one, 15 times against 12" in said
    assert "nobody of 30 takes the wrong choice 'never'" in said
    assert "'perhaps'" not in said
    # One answer fewer, and an untaken choice can be chance.
    assert "nobody of" not in said_about(questions, many(questions, {"yes": 26, "no": 3}))


def test_negative_and_missing_discrimination_are_named(questions):
    # Whoever is right on a is wrong on c, and the other way round: the correlation is -1.
    records = [record(questions, a=["yes"], c="5")] * 8 + [record(questions, a=["no"], c="4")] * 8
    assert "the discrimination is negative, -1.00" in said_about(questions, records)
    # The one who is right on a is wrong on c; that nearly nobody is right does not hide it.
    records = [record(questions, a=["yes"], c="5")] + [record(questions, a=["no"], c="4")] * 8
    said = said_about(questions, records)
    assert "nearly nobody is right" in said and "negative, -1.00" in said
    # As many are right on c among the ones as among the others: the correlation is 0.
    records = [record(questions, a=[a], c=c) for a in ("yes", "no") for c in ("4", "5")] * 4
    assert "the discrimination is near zero, 0.00" in said_about(questions, records)
    records = [record(questions, a=["yes"], c="4")] * 8 + [record(questions, a=["no"], c="5")] * 8
    assert "discrimination" not in said_about(questions, records)


def test_omitted_questions_and_few_records_are_named(questions, six):
    assert "6 of 6 gave no answer" in said_about(
        questions, [record(questions, a=["yes"])] * 6, id="c"
    )
    assert look_at(analyse(questions.questions, six))[0].startswith("There are 6 records only")
    assert "only" not in look_at(analyse(questions.questions, six[:5] * 2))[0]
    assert look_at([]) == look_at(analyse(questions.questions, [])) == ["There are no records yet."]


def test_reports_show_each_question_and_are_safe_to_show(questions, six):
    statistics = analyse(questions.questions, six)
    markdown = to_markdown(statistics, title="quiz", problems=["<b>x</b> | holds no answers."])
    assert "| a | single | 5 | 1 | 0 | 0 | 0.60 | 0.29 | 1.00 |" in markdown
    assert "| c | numeric | 6 | 0 | 0 | 0 | 1.00 | - (everybody has the same score" in markdown
    assert "| `rows + columns` | known mistake | 2 |" in markdown
    assert "<b>" not in markdown.replace(r"\<b", "")
    rows = list(csv.DictReader(io.StringIO(to_csv(statistics))))
    assert [row["id"] for row in rows] == ["a", "b", "c", "d"]
    assert float(rows[1]["discrimination"]) == pytest.approx(13 / 17, abs=1e-4)
    assert rows[2]["discrimination"] == ""
    answers = list(csv.DictReader(io.StringIO(answers_to_csv(statistics))))
    taken = {row["answer"]: row["count"] for row in answers if row["id"] == "a"}
    assert taken == {"yes": "3", "no": "2", "perhaps": "0", "never": "0"}


def test_reports_of_nothing_are_written_too(questions):
    for statistics in ([], analyse(questions.questions, [])):
        assert "0 records." in to_markdown(statistics, title="quiz")
        assert to_csv(statistics).startswith("id,kind,")
        assert answers_to_csv(statistics).startswith("id,key,")
        plot(statistics)


def test_plot_has_a_row_for_each_question_and_leaves_the_style_of_others_alone(questions, six):
    with mpl.rc_context({"text.color": "red"}):
        figure = plot(analyse(questions.questions, six))
        assert mpl.rcParams["text.color"] == "red"
    left, right = figure.axes
    assert [label.get_text() for label in left.get_yticklabels()] == ["a", "b", "c", "d"]
    assert [bar.get_width() for bar in left.patches] == pytest.approx([3 / 5, 3.5 / 6, 1, 2 / 5])
    assert [text.get_text() for text in right.texts] == ["not defined"]  # that of c
    assert figure.get_facecolor()[3] == 0


def write(folder, record, name="answers.json", time=None):
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(record.to_json() if isinstance(record, Record) else record, encoding="utf-8")
    if time:
        os.utime(path, (time, time))
    return path


def test_practice_and_graded_records_are_found_anywhere_below(tmp_path, questions):
    plain = record(questions, a=["yes"])
    write(tmp_path / "anna", plain, "quiz.quiz.json")
    write(tmp_path / "deep" / "er" / "ben", plain, "quiz.quiz.json")
    write(tmp_path / "submitted" / "c" / "quiz", record(questions, "c", a=["no"]))
    write(tmp_path / "anna", plain, "other.quiz.json")
    found = collect_records(tmp_path, "quiz")
    assert found.problems == ()
    assert [path.relative_to(tmp_path).as_posix() for path in found.paths] == [
        "anna/quiz.quiz.json",
        "deep/er/ben/quiz.quiz.json",
        "submitted/c/quiz/answers.json",
    ]
    assert [r.student for r in found.records] == ["", "", "c"]


def test_of_two_records_of_a_student_the_newer_counts_and_that_is_said(tmp_path, questions):
    write(tmp_path / "1", record(questions, "Ada", a=["no"]), time=1_000_000)
    newer = write(tmp_path / "2", record(questions, " ada ", a=["yes"]), time=2_000_000)
    write(tmp_path / "3", record(questions, "ada", a=["no"]), time=1_500_000)
    found = collect_records(tmp_path, "quiz")
    assert found.paths == (newer,)
    assert found.records[0].answers["a"].answer == given(questions["a"], ["yes"])["answer"]
    assert found.problems == (
        "1/answers.json is not used: 2/answers.json is of student 'ada' too and newer.",
        "3/answers.json is not used: 2/answers.json is of student 'ada' too and newer.",
    )


def test_order_of_equally_old_records_is_settled(tmp_path, questions):
    first = write(tmp_path / "1", record(questions, "ada", a=["no"]), time=1_000_000)
    write(tmp_path / "2", record(questions, "ada", a=["yes"]), time=1_000_000)
    found = collect_records(tmp_path, "quiz")
    assert found.paths == (first,)
    assert "as old" in found.problems[0]


def test_files_of_another_quiz_share_a_sentence(tmp_path, questions):
    other = record(questions, a=["yes"]).model_copy(update={"quiz": "other"})
    write(tmp_path / "1", other)
    write(tmp_path / "2", other)
    found = collect_records(tmp_path, "quiz")
    assert found.records == ()
    assert found.problems == ("1/answers.json and 1 more hold answers to another quiz, 'other'.",)


GOOD = {"format": 1, "quiz": "quiz", "student": "x", "answers": {}, "earlier": []}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "not JSON"),
        ("{", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("9" * 10_000, "not JSON"),
        ("[]", "not a record"),
        ("null", "not a record"),
        (json.dumps(GOOD | {"answers": []}), "not a record"),
        (json.dumps(GOOD | {"answers": {"a": 3}}), "not a record"),
        (json.dumps(GOOD | {"answers": {"a": {"version": "x", "answer": [[]]}}}), "not a record"),
        (json.dumps(GOOD | {"answers": {"a": {"version": 1, "answer": "x"}}}), "not a record"),
        (json.dumps(GOOD | {"answers": {"k\n" * 9999: 1}}), "not a record"),
        (json.dumps(GOOD | {"student": "\ud800"}), "not a record"),
        (json.dumps(GOOD | {"format": 2}), "not a record"),
        (json.dumps(GOOD | {"quiz": "\x1b[31m\nred"}), "another quiz"),
        (json.dumps(GOOD), "no answers"),
        (" " * (LARGEST_BYTES + 1), "not a record"),
    ],
    ids=lambda text: repr(text[:30]),
)
def test_files_that_are_no_records_are_a_sentence(tmp_path, questions, content, said):
    write(tmp_path / "bad", content)
    write(tmp_path / "good", record(questions, a=["yes"]))
    found = collect_records(tmp_path, "quiz")
    assert len(found.records) == 1
    (problem,) = found.problems
    assert problem.startswith("bad/answers.json") and said in problem
    assert problem.isprintable() and len(problem) < 500


def test_bytes_that_are_no_text_are_a_sentence(tmp_path):
    (tmp_path / "answers.json").write_bytes(b"\xff\xfe\x00{")
    assert "answers.json is damaged" in collect_records(tmp_path, "quiz").problems[0]


def test_folders_named_like_records_are_a_sentence_and_looked_into(tmp_path, questions):
    write(tmp_path / "answers.json", record(questions, a=["yes"]), "quiz.quiz.json")
    found = collect_records(tmp_path, "quiz")
    assert len(found.records) == 1
    assert found.problems == ("answers.json is a folder, not a record of answers.",)


@pytest.mark.skipif(sys.platform == "win32", reason="links and pipes are for administrators there")
def test_links_in_circles_and_pipes_do_not_stop_it(tmp_path, questions):
    write(tmp_path / "good", record(questions, a=["yes"]))
    for name in ("circle", "broken", "pipe"):
        (tmp_path / name).mkdir()
    (tmp_path / "circle" / "answers.json").symlink_to(tmp_path / "circle" / "answers.json")
    (tmp_path / "circle" / "up").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "broken" / "answers.json").symlink_to(tmp_path / "nothing")
    os.mkfifo(tmp_path / "pipe" / "answers.json")
    found = collect_records(tmp_path, "quiz")
    assert len(found.records) == 1
    assert sorted(problem.split()[0] for problem in found.problems) == [
        "broken/answers.json",
        "circle/answers.json",
        "circle/up",
        "pipe/answers.json",
    ]


def test_folder_that_is_not_there_is_named(tmp_path):
    with raises(QuizError, "records-folder-missing", tmp_path / "nowhere"):
        collect_records(tmp_path / "nowhere", "quiz")
