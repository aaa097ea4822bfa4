"""Times: what people and platforms write is read right, or refused with a way out."""

from datetime import UTC, datetime

import pytest

from embeddings_course.grading.submissions.parse_dates import UnclearTime, read_time, read_zone
from helpers.refusals import raises

LATE = datetime(2027, 3, 1, 23, 59)


@pytest.mark.parametrize(
    "text",
    [
        "2027-03-01 23:59 UTC",
        "2027-03-01 23:59:00",
        "2027-03-01T23:59:00Z",
        "2027-03-01 23:59:00.000000 UTC",
        "2027-03-01 23:59 GMT",
        "2027-03-02 00:59:00 +0100",
        "2027-03-02T00:59+01:00",
        "2027-03-01T22:59:00-01:00",
        "2027-03-02 00:59:00 Europe/Berlin",
        "2027-03-01 18:59 America/New_York",
        "2027-03-01-23-59-00",
        "2027/3/1 23:59",
        "20270301T235900",
        "20270301235900000",
        "2027-03-01 11:59:00 PM",
        "2027-03-01 11:59 p.m.",
        "Mar 1, 2027 11:59 PM",
        "Mar 1, 2027 1159 PM",
        "March 1st, 2027 at 11:59pm",
        "1 March 2027 23:59",
        "Monday, 1 March 2027, 11:59 PM",
        "Monday, March 1, 2027, 11:59 PM",
        "Montag, 1. März 2027, 23:59",
        "lundi 1 mars 2027, 23:59",
        "lundi 1er mars 2027 à 23h59",
        "lunes, 1 de marzo de 2027, 23:59",
        "lunes, 1 de marzo de 2027, 11:59 p. m.",
        "Monday, 1 March 2027, 11:59\u202fPM",
        "\ufeff2027-03-01 23:59 UTC\n",
    ],
)
def test_a_time_that_can_be_read_one_way_is_read(text):
    assert read_time(text) == LATE


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("13/3/2027 09:00", datetime(2027, 3, 13, 9)),
        ("3/13/2027 9:00 AM", datetime(2027, 3, 13, 9)),
        ("3.3.2027 09:00", datetime(2027, 3, 3, 9)),
        ("2027-03-01 12:30 AM", datetime(2027, 3, 1, 0, 30)),
        ("2027-03-01 12:30 PM", datetime(2027, 3, 1, 12, 30)),
        ("jeudi 12 août 2027, 08:05", datetime(2027, 8, 12, 8, 5)),
        ("2. Dez. 2027 9 PM", datetime(2027, 12, 2, 21)),
        ("2027-03-01 23:59:30.5 UTC", datetime(2027, 3, 1, 23, 59, 30)),
    ],
)
def test_what_leaves_only_one_order_is_read(text, when):
    assert read_time(text) == when


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("2/3/2027 09:00", ("time-day-or-month", "2 March", "3 February")),
        ("02.03.2027 09:00", ("time-day-or-month", "2 March", "3 February")),
        ("2.3.2027 9:00:00 UTC", ("time-day-or-month", "2 March", "3 February")),
        ("03/01/2027 11:59 PM", ("time-day-or-month", "3 January", "1 March")),
        ("01-02-2027 10:00", ("time-day-or-month", "1 February", "2 January")),
        ("13/3/27 09:00", ("time-two-digit-year",)),
        ("23:59", ("time-without-date",)),
        ("Mar 1 at 11:59pm", ("time-without-year",)),
        ("1. März, 23:59", ("time-without-year",)),
        ("2027-03-01", ("time-without-clock",)),
        ("2027-03-01 13:59 PM", ("time-bad-clock",)),
        ("2027-02-30 10:00", ("not-a-date",)),
        ("2027-03-01 25:00", ("not-a-date",)),
        ("Sunday, 1 March 2027, 23:59", ("time-other-weekday", "sunday")),
        ("2027-03-01 23:59 Europe/Berln", ("time-zone-unknown", "Europe/Berln")),
        ("2027-03-01 23:59 XST", ("time-zone-ambiguous", "XST")),
        ("2027-03-01 23:59 tomorrow", ("time-unknown-word", "'tomorrow'")),
        ("2027-03-01 23:59 10:00", ("time-too-many-numbers",)),
        ("1 jui 2027 10:00", ("time-without-date",)),
        ("yesterday", ("not-a-date",)),
        ("", ("not-a-date",)),
        ("10", ("not-a-date",)),
        ("0001-01-01 00:00:00 +1400", ("not-a-date",)),
    ],
)
def test_a_time_that_is_not_certain_is_refused_and_says_what_to_write(text, why):
    with raises(UnclearTime, *why, "2027-03-01 23:59 UTC"):
        read_time(text)


def test_a_time_without_a_zone_has_the_one_that_is_given():
    berlin = read_zone("Europe/Berlin")
    assert read_time("2027-03-01 23:59", berlin) == datetime(2027, 3, 1, 22, 59)
    assert read_time("2027-07-01 23:59", berlin) == datetime(2027, 7, 1, 21, 59)
    assert read_time("2027-03-01 23:59 UTC", berlin) == LATE
    assert read_zone("utc") is UTC
    for name in ("Berlin", "CET", "Europe/Berln", "UTC+1", ""):
        with raises(ValueError, "zone-unknown", repr(name)):
            read_zone(name)


def test_an_abbreviation_counts_where_it_is_this_machines_own(monkeypatch):
    import time

    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    try:
        assert read_time("2027-03-02 00:59:00.000000 CET") == LATE
        assert read_time("2027-07-01 12:00:00 CEST") == datetime(2027, 7, 1, 10)
        with raises(UnclearTime, "time-zone-ambiguous", "CEST"):
            read_time("2027-03-02 00:59:00 CEST")
    finally:
        monkeypatch.undo()
        time.tzset()
