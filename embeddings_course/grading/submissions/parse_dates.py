"""Times as people, learning platforms and nbgrader write them: read for certain, or refused.

Lateness costs points, so no part of a time is guessed. Year, month, day and time of day must be
there, in an order that can be read one way only.

>>> read_time("2027-03-01 23:59 UTC"), read_time("Monday, 1 March 2027, 11:59 PM")
(datetime.datetime(2027, 3, 1, 23, 59), datetime.datetime(2027, 3, 1, 23, 59))
>>> read_time("2/3/2027 23:59")
Traceback (most recent call last):
    ...
embeddings_course.grading.submissions.parse_dates.UnclearTime: '2/3/2027 23:59' may be 2 March or \
3 February: write it as 2027-03-01 23:59 UTC
"""

from __future__ import annotations

import re
import time
import unicodedata
from datetime import UTC, datetime, timedelta, timezone, tzinfo

from embeddings_course._shared.messages import Message

LIKE = "2027-03-01 23:59 UTC"
"""How a time is written that everything here can read."""

# Of English, German, French and Spanish, without accents.
_MONTHS = (
    ("january", "januar", "janner", "janvier", "enero"),
    ("february", "februar", "feber", "fevrier", "febrero"),
    ("march", "marz", "mars", "marzo", "mrz"),
    ("april", "avril", "abril"),
    ("may", "mai", "mayo"),
    ("june", "juni", "juin", "junio"),
    ("july", "juli", "juillet", "julio"),
    ("august", "aout", "agosto"),
    ("september", "septembre", "septiembre", "setiembre", "sept"),
    ("october", "oktober", "octobre", "octubre"),
    ("november", "novembre", "noviembre"),
    ("december", "dezember", "decembre", "diciembre"),
)
_WEEKDAYS = (
    ("monday", "montag", "lundi", "lunes", "mon"),
    ("tuesday", "dienstag", "mardi", "martes", "tue"),
    ("wednesday", "mittwoch", "mercredi", "miercoles", "wed"),
    ("thursday", "donnerstag", "jeudi", "jueves", "thu"),
    ("friday", "freitag", "vendredi", "viernes", "fri"),
    ("saturday", "samstag", "sonnabend", "samedi", "sabado", "sat"),
    ("sunday", "sonntag", "dimanche", "domingo", "sun"),
)
_BETWEEN = frozenset({"a", "at", "de", "del", "las", "le", "of", "the", "um", "uhr", "y", "h"})
_SHORTEST = 3  # letters of an abbreviated month

# The separator between hours and minutes is also the one before seconds: 23:59-01 has an offset.
_CLOCK = (
    r"(?P<hour>\d{1,2})(?:(?P<sep>[:.-])(?P<minute>\d\d)(?:(?P=sep)(?P<second>\d\d)(?:[.,]\d+)?)?)"
)
_COMPACT = re.compile(r"(?<!\d)(\d{4})(\d\d)(\d\d)[ T_-]?(\d\d)(\d\d)(\d\d)?(?:\d{3})?(?!\d)")
_ISO = re.compile(r"(?<!\d)(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?!\d)")
_NUMBERS = re.compile(r"(?<!\d)(\d{1,2})([-/.])(\d{1,2})\2(\d{2,4})(?!\d)")
_DAY_FIRST = re.compile(
    r"(?<!\d)(?P<day>\d{1,2})(?:st|nd|rd|th|er|\.)?[ -]*(?:de |of )?(?P<month>[a-z]+)\.?,?[ -]*"
    r"(?:de |del )?(?P<year>\d{4})(?!\d)"
)
_MONTH_FIRST = re.compile(
    r"(?<![a-z])(?P<month>[a-z]+)\.? ?(?P<day>\d{1,2})(?:st|nd|rd|th)?,? (?P<year>\d{4})(?!\d)"
)
_TIME = re.compile(rf"(?<![\d:]){_CLOCK}(?![\d:])")
_FRENCH = re.compile(r"(?<!\d)(?P<hour>\d{1,2}) ?h ?(?P<minute>\d\d)(?!\d)")
_HOURS = re.compile(r"(?<!\d)(?P<hour>\d{1,2}?)(?P<minute>\d\d)?(?= ?[ap]m\b)")
_HALF = re.compile(r"(?<![a-z])([ap]) ?\.? ?m\b\.?")
_OFFSET = re.compile(r"(?:\b(?:utc|gmt) ?)?(?P<sign>[+\u2212-])(?P<hour>\d\d):?(?P<minute>\d\d)\b")
_PLACE = re.compile(r"\b[A-Za-z]+(?:/[A-Za-z0-9_+-]+)+")


_NOT_A_DATE = Message("not-a-date", "is not a date")
_NO_DATE = Message("time-without-date", "says no date")


class UnclearTime(ValueError):
    """Why a text is not a time that can be relied on, and how to write one, as one sentence."""

    def __init__(self, text: str, why: Message) -> None:
        shown = "".join(each if each.isprintable() else "?" for each in text[:60])
        super().__init__(why.within(f"{shown!r} ", f": write it as {LIKE}"))


def read_time(text: str, zone: tzinfo = UTC) -> datetime:
    """Read a time.

    Parameters
    ----------
    text : str
        A date and a time of day. The date begins with the year, or has its month in words (English,
        German, French, Spanish); numbers alone with the year last will do where only one order is
        possible. After it there may be a zone: ``UTC``, an offset as in ``+01:00``, or a place as
        in ``Europe/Berlin``.
    zone : tzinfo
        Of a time that names none.

    Returns
    -------
    datetime
        In UTC, without a zone, as nbgrader keeps times.

    Raises
    ------
    UnclearTime
        If any part is missing, unknown, or can be read in two ways.
    """
    # Platforms put spaces of other widths before PM.
    whole = " ".join(unicodedata.normalize("NFKC", text).replace("\ufeff", "").split())
    whole = re.sub(r"(?<=\d)T(?=\d)", " ", whole)
    found_zone, rest = _zone(whole, text)
    rest = "".join(
        each for each in unicodedata.normalize("NFD", rest.casefold()) if not _is_accent(each)
    )
    if found := _COMPACT.search(rest):
        date, clock = found.groups()[:3], found.groups()[3:]
        rest = _cut(rest, found)
    else:
        date, rest = _date(rest, text)
        clock, rest = _clock(rest, text)
    moment = _moment(date, clock, text)
    for word in re.findall(r"[^\W\d_]+", rest):
        weekday = next((day for day, names in enumerate(_WEEKDAYS) if word in names), None)
        if weekday is not None and weekday != moment.weekday():
            raise UnclearTime(
                text,
                Message(
                    "time-other-weekday",
                    f"says {word}, which is another day than {moment:%Y-%m-%d}",
                ),
            )
        if weekday is None and word not in _BETWEEN:
            raise UnclearTime(
                text,
                Message(
                    "time-unknown-word", f"holds {word!r}, which is not known as part of a time"
                ),
            )
    if re.search(r"\d", rest):
        raise UnclearTime(
            text, Message("time-too-many-numbers", "holds more numbers than a time has")
        )
    try:
        return moment.replace(tzinfo=found_zone or zone).astimezone(UTC).replace(tzinfo=None)
    except (OverflowError, ValueError):
        raise UnclearTime(text, _NOT_A_DATE) from None


def read_zone(name: str) -> tzinfo:
    """Return a zone by its name, ``UTC`` or a place such as ``Europe/Berlin``.

    Raises
    ------
    ValueError
        If there is none of this name.
    """
    from dateutil.tz import gettz

    if name.casefold() in ("utc", "gmt", "z"):
        return UTC
    zone = gettz(name) if _PLACE.fullmatch(name) else None
    if zone is None:
        raise ValueError(
            Message(
                "zone-unknown",
                f"{name!r} is not a time zone: write UTC, or a place such as Europe/Berlin",
            )
        )
    return zone


def _is_accent(character: str) -> bool:
    return unicodedata.category(character) == "Mn"


def _cut(text: str, found: re.Match[str]) -> str:
    return f"{text[: found.start()]} {text[found.end() :]}".strip()


def _zone(whole: str, text: str) -> tuple[tzinfo | None, str]:
    """Take the zone out of a text; this needs its capitals."""
    from dateutil.tz import tzlocal

    if found := _PLACE.search(whole):
        try:
            return read_zone(found[0]), _cut(whole, found)
        except ValueError:
            raise UnclearTime(
                text, Message("time-zone-unknown", f"names the zone {found[0]}, which is not known")
            ) from None
    # An offset follows a time of day; elsewhere a hyphen stands between numbers of a date.
    if found := re.search(
        rf"(?<=\d)(?P<clock>:\d\d(?:[.,]\d+)?|\d{{6}}) ?{_OFFSET.pattern}$", whole, re.I
    ):
        size = timedelta(hours=int(found["hour"]), minutes=int(found["minute"]))
        if size >= timedelta(days=1):
            raise UnclearTime(
                text, Message("time-offset-unknown", "names a zone that is not known")
            )
        offset = timezone(size if found["sign"] == "+" else -size)
        return offset, whole[: found.end("clock")]
    if found := re.search(r"(?<![A-Za-z])(UTC|GMT)$|(?<=[\d ])Z$", whole):
        return UTC, _cut(whole, found)
    if found := re.search(r"(?<= )[A-Z]{3,5}$", whole):  # as this machine's nbgrader writes it
        if found[0] in time.tzname:
            local, rest = tzlocal(), _cut(whole, found)
            moment = read_time(rest, UTC).replace(tzinfo=local)
            if moment.tzname() == found[0]:
                return local, rest
        raise UnclearTime(
            text,
            Message(
                "time-zone-ambiguous",
                f"names the zone {found[0]}, which is not the same everywhere",
            ),
        )
    return None, whole


def _date(rest: str, text: str) -> tuple[tuple[str | int, ...], str]:
    if found := _ISO.search(rest):
        return (found[1], found[3], found[4]), _cut(rest, found)
    for form in (_DAY_FIRST, _MONTH_FIRST):
        for found in form.finditer(rest):
            if month := _month(found["month"]):
                return (found["year"], month, found["day"]), _cut(rest, found)
    if found := _NUMBERS.search(rest):
        one, other, year = int(found[1]), int(found[3]), found[4]
        if len(year) != 4:
            raise UnclearTime(text, Message("time-two-digit-year", "has a year of two digits"))
        if max(one, other) <= 12 and one != other:
            either = (
                f"{one} {_MONTHS[other - 1][0].title()} or {other} {_MONTHS[one - 1][0].title()}"
            )
            raise UnclearTime(text, Message("time-day-or-month", f"may be {either}"))
        day, month = (one, other) if other <= 12 else (other, one)
        return (year, month, day), _cut(rest, found)
    if any(_month(word) for word in re.findall(r"[a-z]+", rest)):
        raise UnclearTime(text, Message("time-without-year", "names no year"))
    raise UnclearTime(text, _NO_DATE if _TIME.search(rest) else _NOT_A_DATE)


def _month(word: str) -> int | None:
    found = {
        number
        for number, names in enumerate(_MONTHS, start=1)
        for name in names
        if name == word or (len(word) >= _SHORTEST and name.startswith(word))
    }
    return found.pop() if len(found) == 1 else None


def _clock(rest: str, text: str) -> tuple[tuple[str | int | None, ...], str]:
    rest = " ".join(_HALF.sub(r" \1m ", rest).split())
    half = re.findall(r"\b([ap])m\b", rest)
    found = _TIME.search(rest) or _FRENCH.search(rest) or (half and _HOURS.search(rest)) or None
    if found is None:
        raise UnclearTime(text, Message("time-without-clock", "says no time of day"))
    parts = found.groupdict()
    hour = int(parts["hour"])
    rest = _cut(rest, found)
    if half:
        if len(half) > 1 or not 1 <= hour <= 12:
            raise UnclearTime(text, Message("time-bad-clock", "is not a time of day"))
        hour = hour % 12 + 12 * (half[0] == "p")
        rest = re.sub(r"\b[ap]m\b", " ", rest)
    return (hour, parts.get("minute") or 0, parts.get("second") or 0), rest


def _moment(
    date: tuple[str | int, ...], clock: tuple[str | int | None, ...], text: str
) -> datetime:
    try:
        year, month, day, hour, minute, second = (int(each or 0) for each in (*date, *clock))
        return datetime(year, month, day, hour, minute, second)
    except ValueError:
        raise UnclearTime(text, _NOT_A_DATE) from None
