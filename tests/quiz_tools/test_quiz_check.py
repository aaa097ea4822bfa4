"""Weak items of a bank are found, and good banks are left in peace."""

import json
import random
from pathlib import Path

import pytest
import yaml

from embeddings_course.quiz.question_files import bank_folder, load_bank, load_questions
from embeddings_course.quiz.question_types import LEVELS
from embeddings_course.quiz_tools.weak_questions import weak_items


def single(number, *, right="a right answer of some length", wrong=None, **changes):
    """Write a question without weakness: the right answer is neither the longest nor the first."""
    wrong = wrong or ["a first wrong answer of much the same length", "another", "the last one"]
    choices = [{"text": f"{text} {number}", "feedback": f"Not so: {text}."} for text in wrong]
    choices.insert(1, {"text": f"{right} {number}", "correct": True, "feedback": "It is so."})
    return {
        "id": f"question-{number}",
        "claim": "some-claim",
        "level": LEVELS[number % 4],
        "kind": "single",
        "stem": f"What is the matter with number {number}?",
        "choices": choices,
    } | changes


def numeric(**changes):
    return {
        "id": "numeric",
        "claim": "some-claim",
        "level": "apply",
        "kind": "numeric",
        "stem": "How many numbers are in a table of {{rows}} rows and {{columns}} columns?",
        "variables": {"rows": [3, 5, 7], "columns": [2, 4]},
        "answer": "rows * columns",
        "tolerance": 0,
        "feedback": "Rows times columns.",
    } | changes


@pytest.fixture
def check(tmp_path):
    """Write questions, a list a file, and check them."""

    def check(*files, **options):
        loaded = []
        for number, questions in enumerate(files):
            path = tmp_path / f"file-{number}.yml"
            path.write_text(yaml.safe_dump({"questions": questions}, sort_keys=False))
            loaded.append(load_questions(path))
        return weak_items(loaded, **options)

    return check


def one(findings):
    assert len(findings) == 1, findings
    return findings[0]


def test_good_bank_has_no_findings(check):
    assert check([single(n) for n in range(12)], [numeric()], claims={"some-claim"}) == []


def test_no_files_and_a_bank_without_single_choices_are_no_error(check):
    assert weak_items([]) == []
    assert check([numeric()]) == []


def test_finding_names_path_line_and_question(check, tmp_path):
    weak = numeric(feedback=None)
    questions = [single(1), weak]
    finding = one(check(questions))
    path = tmp_path / "file-0.yml"
    line = path.read_text().splitlines().index("- id: numeric") + 1
    assert finding.startswith(f"{path}:{line}: question numeric: has no feedback")


def test_right_answer_that_is_longest_too_often_is_reported_with_both_numbers(check):
    # In 9 of 14 questions, of four choices each: 14/4 = 3.5 are expected.
    long = "a right answer that is longer than any of the wrong ones"
    bank = [single(n, right=long) if n < 8 else single(n) for n in range(13)]
    # Of this one, the right answer is the longest by most, but not yet twice as long.
    bank.append(single(13, right=f"{long}, and even a good deal longer"))
    finding = one(check(bank))
    assert "the longest in 9 of 14 single choices, 3.5 expected by chance" in finding
    assert "question question-13:" in finding


def test_probability_of_longest_answers_is_that_of_a_binomial_distribution(check):
    # Four of four, each with a chance of 1/4: (1/4)^4 = 0.0039. Three of three: 0.016, no finding.
    long = "a right answer that is longer than any of the wrong ones"
    assert check([single(n, right=long) for n in range(3)]) == []
    assert "(probability 0.0039)" in one(check([single(n, right=long) for n in range(4)]))


def test_right_answer_as_long_as_wrong_ones_is_no_clue(check):
    wrong = [f"{word} answer that has always one length" for word in ("aa", "bb", "cc")]
    wrong = [text.replace("always ", "") for text in wrong]
    right = wrong[0].replace("aa", "dd")
    assert check([single(n, right=right, wrong=wrong) for n in range(9)]) == []


def test_right_answer_twice_as_long_as_every_other_is_reported(check):
    # With the number that each text ends in, 12 characters against 25 and 24.
    wrong = ["x" * 10, "x" * 9, "x" * 8]
    finding = one(check([single(1, right="y" * 23, wrong=wrong)]))
    assert "has 25 characters, the longest wrong one 12" in finding
    assert check([single(1, right="y" * 22, wrong=wrong)]) == []
    # Numbers are short, and their lengths tell nothing.
    assert check([single(1, right="50,000", wrong=["1", "2", "3"])]) == []


def test_right_answers_in_one_place_are_reported(check):
    bank = [single(n) for n in range(12)]

    def as_written(questions):
        return {question.id: question.choices for question in questions}

    finding = one(check(bank, order=as_written))
    # The place is the second of four; 12/4 = 3 are expected there.
    assert "place 2 in 12 of 12 single choices as shown, 3.0 expected by chance" in finding
    # The order of practice quizzes spreads them, whatever stands in the file.
    assert check(bank) == []
    assert check(bank[:4], order=as_written) == []


@pytest.mark.parametrize(
    "text",
    ["All of the above.", "None of the above", "none of these", "Both a and b", "Both (a) and (c)"],
)
def test_choices_that_point_at_other_choices_are_reported(check, text):
    question = single(1)
    question["choices"][3]["text"] = text
    assert f"choice 4 is {text!r}" in one(check([question]))


@pytest.mark.parametrize(
    "text",
    ["Both matrices and both vectors", "None of the vectors changes", "Both `a` and `b`", "A or B"],
)
def test_choices_that_only_sound_alike_are_not_reported(check, text):
    question = single(1)
    question["choices"][3]["text"] = text
    assert check([question]) == []


def test_same_stem_in_two_files_is_reported_at_the_second(check, tmp_path):
    finding = one(
        check(
            [single(1, stem="What is a *vector*, after all?")],
            [single(2, stem="what is a vector after all")],
        )
    )
    assert finding.startswith(f"{tmp_path / 'file-1.yml'}:2: question question-2:")
    assert f"question question-1 ({tmp_path / 'file-0.yml'}:2)" in finding


def test_stems_that_differ_in_a_formula_are_different(check):
    assert check([single(1, stem="What is $x - y$?"), single(2, stem="What is $x / y$?")]) == []


def test_missing_and_repeated_feedback_is_reported(check):
    mute, double = single(1), single(2)
    del mute["choices"][0]["feedback"], mute["choices"][2]["feedback"]
    double["choices"][0]["feedback"] = "No, it is not."
    double["choices"][2]["feedback"] = "No: it is not!"
    first, second = check([mute, double])
    assert "question question-1: choices 1 and 3 have no feedback" in first
    assert "question question-2: choices 1 and 3 have the same feedback" in second


@pytest.mark.parametrize("reported", [True, False])
def test_absolute_words_are_reported_only_if_they_give_wrong_choices_away(check, reported):
    bank = []
    for number in range(12):
        question = single(number)
        # Where right answers hold such words too they tell nothing.
        for choice in question["choices"]:
            if reported and choice.get("correct"):
                continue
            choice["text"] = f"{choice['text']} always"
        bank.append(question)
    found = check(bank)
    if not reported:
        assert found == []
        return
    assert "36 of 36 wrong choices (always 36) and in 0 of 12 right ones" in one(found)


def test_few_absolute_words_may_be_chance(check):
    bank = [single(number) for number in range(12)]
    for question in bank[:5]:
        question["choices"][0]["text"] += " only"
    assert check(bank) == []


@pytest.mark.parametrize(
    ("questions", "wrong", "right"),
    [
        # Nearly five times as often, but one right choice among the 15 is not a rare chance: 0.04.
        (12, 14, 1),
        # No chance, but only twice as often: such a word tells little.
        (60, 120, 20),
    ],
)
def test_absolute_words_in_right_choices_too_are_not_reported(check, questions, wrong, right):
    bank = [single(number) for number in range(questions)]
    choices = [choice for question in bank for choice in question["choices"]]
    for correct, count in ((None, wrong), (True, right)):
        for choice in [c for c in choices if c.get("correct") is correct][:count]:
            choice["text"] = f"every {choice['text']}"
    assert not [line for line in check(bank) if "absolute" in line]


def test_claims_that_no_page_runs_are_reported(check):
    bank = [single(1), single(2, claim="other-claim")]
    finding = one(check(bank, claims={"some-claim"}))
    assert (
        "question question-2: claim other-claim is not run on any page of the book yet" in finding
    )
    assert check(bank) == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"variables": {"rows": [3], "columns": [2]}}, "give only one set of numbers"),
        (
            {"variables": {"rows": [3, 5, 3], "columns": [2, 4]}},
            "two values of rows are shown as 3",
        ),
        (
            {"variables": {"rows": [0.12345671, 0.12345672], "columns": [2, 4]}},
            "two values of rows are shown as 0.123457",
        ),
        (
            {"stem": "How many numbers are in {{rows}} rows?"},
            "two sets of numbers that differ in columns ask the same",
        ),
    ],
)
def test_variables_that_vary_nothing_are_reported(check, changes, said):
    assert said in one(check([numeric(**changes)]))


def test_missing_levels_are_reported_from_eight_questions_on(check):
    bank = [single(n, level="recall") for n in range(8)]
    assert "no question has the level understand, apply or analyse" in one(check(bank))
    assert check(bank[:7]) == []


def test_small_banks_give_no_false_alarms(tmp_path):
    # Lengths, places and absolute words by chance: of the three checks each may accuse one bank in
    # a hundred, so of 200 banks six on average, and more than 15 by a chance of one in a thousand.
    draw = random.Random(3)
    alarms = 0
    path = tmp_path / "bank.yml"
    for _ in range(200):
        questions = []
        for number in range(draw.randint(1, 12)):
            texts = [
                f"answer {place} {'x' * draw.randint(20, 35)} {draw.choice(['only', 'also'])}"
                for place in range(draw.randint(3, 5))
            ]
            right = texts.pop(draw.randrange(len(texts)))
            questions.append(single(number, right=right, wrong=texts))
        for question in questions:
            draw.shuffle(question["choices"])
        # JSON is YAML, and faster to write.
        path.write_text(json.dumps({"questions": questions}))
        found = weak_items(
            [load_questions(path)], order=lambda asked: {q.id: q.choices for q in asked}
        )
        alarms += sum("by chance" in line for line in found)
    assert alarms <= 15


def test_banks_of_the_book_can_be_checked():
    files = list(load_bank(Path(bank_folder())).values())
    assert all(": question " in line for line in weak_items(files))
