"""What is written down of a submission, whatever its code says."""

import json
import math

import pytest

from embeddings_course.grading.submission_record import (
    Record,
    collect,
    note,
    note_of_kernel,
    read_records,
    validated,
    write_records,
)


def test_a_valid_record_stays_as_it_is(tmp_path):
    record = Record(
        state="graded", repaired=["a."], suspicious=["b."], problems=["c."], peak_memory=2**35,
        score=1.5, max_score=2, late_seconds=3.0, seconds=0.5, submission="0123-4567",
    )  # fmt: skip
    assert validated(record) == record
    write_records(tmp_path / "hw.json", {"ann": record}, assignment="hw")
    assert read_records(tmp_path / "hw.json") == {"ann": record}


WRONG = {
    "peak_memory": [10**4000, int("f" * 2000, 16), -1, 2**60, math.nan, "5", None],
    "score": [math.nan, math.inf, -math.inf, 10**400, "5", []],
    "late_seconds": [math.nan, 10**400, None],
    "state": ["fine", 5, None],
    "suspicious": ["a text", [5], None, {"a": 1}],
    "submission": [5, "\x1b[2J", None],
}


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, values in WRONG.items() for value in values]
)
def test_a_record_that_is_not_valid_fails_for_its_student_only(tmp_path, name, value):
    path = tmp_path / "hw.json"
    bad, good = Record(**{"score": 1.0, name: value}), Record(score=2.0)
    write_records(path, {"eve": bad, "ann": good}, assignment="hw")
    found = read_records(path)
    assert found["ann"] == good
    assert (found["eve"].state, found["eve"].score) == ("failed", None)
    assert name in found["eve"].problems[0] and "grade it again" in found["eve"].problems[0]


@pytest.mark.parametrize("digits", ["1" + "0" * 400, "9" * 5000, "1e999", "NaN", "-5"])
def test_a_number_that_an_earlier_version_wrote_costs_nobody_else_the_report(tmp_path, digits):
    path = tmp_path / "hw.json"
    write_records(path, {"ann": Record(score=2.0), "eve": Record(score=1.0)})
    text = path.read_text().replace('"peak_memory": 0', f'"peak_memory": {digits}', 2)
    path.write_text(text.replace(f'"peak_memory": {digits}', '"peak_memory": 0', 1))
    found = read_records(path)
    assert found["ann"].score == 2.0
    assert found["eve"].state == "failed" and "peak_memory" in found["eve"].problems[0]


def test_a_record_of_another_form_is_named(tmp_path):
    path = tmp_path / "hw.json"
    write_records(path, {"ann": Record(score=2.0)})
    content = json.loads(path.read_text())
    content["students"] |= {"eve": [], "fay": {"colour": "red"}}
    path.write_text(json.dumps(content))
    found = read_records(path)
    assert [found[each].state for each in ("ann", "eve", "fay")] == ["graded", "failed", "failed"]


def test_sentences_are_printable_and_bounded(tmp_path):
    path = tmp_path / "hw.json"
    odd = ["\ud800 half", "\x1b[2Jgone", "to the left \u202e", "x" * 10**7, "two\nlines"]
    record = Record(suspicious=odd, problems=[str(number) for number in range(10_000)])
    write_records(path, {"eve": record})
    found = read_records(path)["eve"]
    assert path.stat().st_size < 10_000
    assert all(each.isprintable() for each in found.suspicious)
    assert found.suspicious[4] == "two lines" and len(found.suspicious[3]) == 2000
    assert found.problems[-1] == "and 9971 more"


def test_what_the_kernel_says_takes_no_room_from_what_the_grader_found():
    record = Record()
    with collect(record):
        for number in range(50):
            note_of_kernel(f"Python loaded a module ({number}).")
        note("suspicious", "The code replaced numpy.isclose.")
        note("suspicious", "Results were forged.")
    assert record.suspicious[:2] == ["The code replaced numpy.isclose.", "Results were forged."]
    assert len(record.suspicious) == 12


def test_a_sentence_of_the_kernel_is_kept_where_grading_breaks_off():
    record = Record()
    with pytest.raises(KeyError), collect(record):
        note_of_kernel("The code tried to reach the network.")
        raise KeyError
    assert record.suspicious == ["The code tried to reach the network."]
