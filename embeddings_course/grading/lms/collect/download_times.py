"""When each student handed in, as far as names, the worksheet or the zip say."""

from __future__ import annotations

import shlex
import struct
import zipfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, tzinfo

from dateutil.tz import tzlocal

from embeddings_course.grading.course import Course
from embeddings_course.grading.errors import GradingError
from embeddings_course.grading.lms.collect.findings import Problems, shown_name
from embeddings_course.grading.lms.collect.zip_file import ZippedFile
from embeddings_course.grading.lms.moodle_worksheet import Worksheet
from embeddings_course.grading.submissions.parse_dates import UnclearTime, read_time, read_zone

TIMES = ("auto", "zip", "none")
_IN_NAMES = "Times are the platform's, taken to be in {zone} where they name no zone."
# Platforms give all files of a zip the time at which it was packed.
_PACKING_SECONDS = {True: 3600, False: 600}


def clock_of(zone: str | None) -> tzinfo:
    """Return the time zone that an instructor named, or this machine's."""
    if zone is None:
        return tzlocal()
    try:
        return read_zone(zone)
    except ValueError as error:
        raise GradingError(f"--zone: {error}. Nothing was collected.") from error


def zone_in_words(clock: tzinfo) -> str:
    """Say which zone times without one were taken to be in."""
    if not isinstance(clock, tzlocal):
        return f"the zone of --zone ({datetime.now(clock).tzname()} today)"
    return (
        f"this machine's zone, {datetime.now().astimezone().tzname()} today (--zone names another)"
    )


def time_in_name(
    said: str, member: str, form: str, clock: tzinfo, problems: Problems, notes: list[str]
) -> datetime | None:
    """Read the time in a file's name, and say if it cannot be right."""
    try:
        time = read_time(said, clock)
        if (note := _IN_NAMES.format(zone=zone_in_words(clock))) not in notes:
            notes.append(note)
        return time
    except UnclearTime as error:
        if form == "pattern":
            problems.say(
                f"The group timestamp of --pattern takes {shown_name(said)!r} out of "
                f"{shown_name(member)}: {error}."
            )
        else:
            notes.append(f"{shown_name(member)}: its time was not used, as {error}.")
    return None


def dates_of(
    chosen: Sequence[ZippedFile],
    times: str,
    notes: list[str],
    sheet: Worksheet | None,
    clock: tzinfo,
) -> dict[str, datetime]:
    """Return when each student handed in, in UTC, as far as zip and worksheet know."""
    zone = zone_in_words(clock)
    said = {file.student for file in chosen if file.time}
    if sheet is not None:
        notes.append(f"Times are the worksheet's, taken to be in {zone}.")
        if untimed := sorted({file.student for file in chosen} - said):
            notes.append(
                f"The worksheet has no time for {', '.join(untimed)}, so they do not count as "
                "late: it may be older than the zip. Download both at once."
            )
    found: dict[str, datetime] = {}
    for file in chosen:
        date = file.time if file.student in said else _date(file.info, clock)
        if date is not None:
            found[file.student] = max(date, found.get(file.student, date))
    packed = {student: date for student, date in found.items() if student not in said}
    if times == "none" or not packed or sheet is not None:
        return {student: found[student] for student in said}
    span = (max(packed.values()) - min(packed.values())).total_seconds()
    platform = any(file.platform for file in chosen)
    same = span <= _PACKING_SECONDS[platform] and (platform or len(packed) > 1)
    if times == "auto" and same:
        about = f"{max(packed.values()):%Y-%m-%d %H:%M}"
        notes.append(
            f"No timestamp.txt, so nobody counts as late: all dates in the zip are about {about} "
            "UTC, when it was packed. --times zip would write them for everybody, and everybody "
            "would be late if that was after the deadline."
        )
        return {student: found[student] for student in said}
    notes.append(
        "timestamp.txt holds the files' dates in the zip, as the platform gives no other time; "
        f"dates without a time zone were taken to be in {zone}. --times none leaves them out."
    )
    return found


def _date(info: zipfile.ZipInfo, clock: tzinfo) -> datetime | None:
    """Return a file's date in UTC without a zone, as nbgrader keeps dates."""
    extra = info.extra
    while len(extra) >= 4:
        kind, size = struct.unpack("<HH", extra[:4])
        if kind == 0x5455 and size >= 5 and extra[4] & 1:  # seconds since 1970, in UTC
            seconds = struct.unpack("<i", extra[5:9])[0]
            return datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None)
        extra = extra[4 + size :]
    if info.date_time[:3] == (1980, 1, 1):  # what stands for no date
        return None
    try:
        return datetime(*info.date_time, tzinfo=clock).astimezone(UTC).replace(tzinfo=None)
    except (ValueError, OverflowError, OSError):
        return None


def late_by_canvas(course: Course, assignment: str, chosen: Sequence[ZippedFile]) -> Iterator[str]:
    """Say who was late by Canvas' mark, and where to write when they handed in."""
    late = sorted({file.student for file in chosen if file.late})
    if not late:
        return
    yield f"Late, says Canvas: {', '.join(late)}."
    places = {
        student: course.folder("submitted", student, assignment) / "timestamp.txt"
        for student in late
    }
    if untimed := [place for place in places.values() if not place.exists()]:
        yield (
            "They lose points for it only if you write down when they handed in, as Canvas shows "
            "it. Put in date, time and zone (UTC, or a place such as Europe/Berlin):"
        )
    for place in untimed:
        yield f"  echo '2027-03-02 09:00:00 UTC' > {shlex.quote(str(place))}"
