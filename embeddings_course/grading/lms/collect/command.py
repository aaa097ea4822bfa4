"""From a zip to folders: the steps of ``course collect``, and what it says of them."""

from __future__ import annotations

import functools
import tempfile
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path, PurePosixPath

from embeddings_course._shared.messages import Message
from embeddings_course.grading.course import Course
from embeddings_course.grading.errors import GradingError
from embeddings_course.grading.gradebook.contents import look_at_own, shown_url
from embeddings_course.grading.lms.collect.download_times import clock_of, dates_of, late_by_canvas
from embeddings_course.grading.lms.collect.file_names import (
    check_matches,
    compiled_pattern,
    files_of,
    known_assignments,
    newest_of,
    notebooks_among,
    say_of_nobody,
    say_of_others,
    wrong_files,
)
from embeddings_course.grading.lms.collect.findings import Problems
from embeddings_course.grading.lms.collect.owners import Register
from embeddings_course.grading.lms.collect.publish import (
    Collected,
    publish,
    through_nbgrader,
    without_answers,
    without_notebook,
)
from embeddings_course.grading.lms.collect.zip_file import (
    check_size,
    extensions_of,
    members_of,
    opened,
    submitters_of,
    with_digests,
)
from embeddings_course.grading.lms.downloads import read_names, spelt
from embeddings_course.grading.lms.moodle_worksheet import read_worksheet
from embeddings_course.grading.lms.platform_names import keep_platform_names, names_of


def collect(
    course: Course,
    assignment: str,
    path: Path,
    *,
    pattern: str | None = None,
    times: str = "auto",
    worksheet: Path | None = None,
    zone: str | None = None,
    leave_out: bool = False,
) -> Collected:
    r"""Unpack what students handed in.

    Parameters
    ----------
    course : Course
        Where; its gradebook holds the class list.
    assignment : str
        What it is.
    path : Path
        The zip file as downloaded.
    pattern : str, optional
        A regular expression for names that are not known: it must match a whole path in the zip and
        have groups ``student_id``, which is an id, a platform's number, an e-mail address or a
        name, and ``file_id``; ``timestamp`` is optional. For example
        ``(?P<student_id>\w+) - (?P<file_id>.+)``.
    times : {"auto", "zip", "none"}
        Whether the files' dates in the zip become ``timestamp.txt``. By ``auto``, they do unless
        they are all about the same: then they say when the zip was packed. With a worksheet they do
        not.
    worksheet : Path, optional
        Moodle's grading worksheet of the assignment: whose numbers are, and when they handed in.
    zone : str, optional
        The time zone of times that name none, ``UTC`` or a place. Default: this machine's.
    leave_out : bool
        Whether to leave out single files and unknown students, and name them, instead of refusing
        the zip.

    Returns
    -------
    Collected
        What was done.

    Raises
    ------
    GradingError
        If anything is wrong with the zip, a sentence a line. Nothing was written then.
    LockedError
        If the assignment is being graded.
    """
    contents = look_at_own(course)
    known = known_assignments(course, contents)
    named = compiled_pattern(pattern)
    if not contents.students:
        raise GradingError(
            Message(
                "gradebook-without-students",
                f"The gradebook {shown_url(course)} has no students: enrol the class first, with "
                "`course students CLASSLIST.csv`. Nothing was collected.",
            )
        )
    clock = clock_of(zone)
    sheet = read_worksheet(worksheet, contents.students, clock) if worksheet else None
    problems = Problems(leave_out=leave_out)
    notes: list[str] = []
    with opened(path) as archive, tempfile.TemporaryDirectory(prefix="course-collect-") as scratch:
        infos = archive.infolist()
        check_size(infos, path, problems)
        problems.refuse()
        register = Register(contents.students, sheet, submitters_of(archive, notes))
        reader = functools.partial(
            read_names,
            pattern=named,
            people=register.people,
            assignment=assignment,
            is_known=lambda match: bool(register.owner(match).students),
        )
        names = spelt(infos, lambda each: register.known(reader(notebooks_among(each), ())))
        members = members_of(
            archive, infos, names, extensions_of(course), path, clock, problems, notes
        )
        problems.refuse()
        matches = reader(members.found, [*members.others, *members.refused])
        wanted = {key: matches[key] for key in members.found}
        check_matches(wanted, named, problems, assignment)
        say_of_nobody(wanted, register, assignment, known, path, course, problems)
        lost: dict[str, list[str]] = defaultdict(list)
        files = files_of(wanted, members, register, known, assignment, clock, problems, notes, lost)
        problems.refuse()
        files = with_digests(files, archive, path, problems, lost)
        chosen = newest_of(files, assignment, problems, notes, lost)
        for name in members.refused:
            for student in register.students(matches[name]):
                lost[student].append(PurePosixPath(name.rstrip("\0")).name)
        wrong = wrong_files(members.others, matches, register, chosen)
        say_of_others(members.others, wrong, extensions_of(course), notes)
        if not chosen and not problems:
            problems.say(f"{path.name} holds no notebooks: download the submissions again.")
        problems.refuse()
        dates = dates_of(chosen, times, notes, sheet, clock)
        made = through_nbgrader(course, assignment, chosen, archive, dates, Path(scratch))
        without = without_notebook(
            course, assignment, chosen, wrong, lost, made, archive, Path(scratch), problems, notes
        )
        done = publish(course, assignment, made, contents.students, without, notes)
    keep_platform_names(course, assignment, names_of(chosen, sheet))
    more = (
        *without_answers(course, assignment, chosen),
        *late_by_canvas(course, assignment, chosen),
    )
    left = tuple(f"Left out: {sentence}" for sentence in problems.left_out)
    return replace(done, notes=(*left, *done.notes, *more), no_notebook=without)


def summary(collected: Collected, assignment: str, say: Callable[[str], None] = print) -> None:
    """Say what was done."""
    count = sum(len(group) for group in (collected.new, collected.replaced, collected.unchanged))
    say(
        f"{assignment}: {count} collected, {len(collected.new)} new, {len(collected.replaced)} "
        f"replaced, {len(collected.unchanged)} as before."
    )
    for line in collected.notes:
        say(f"  {line}")
    if without := collected.no_notebook:
        named = ", ".join(f"{student} ({', '.join(files)})" for student, files in without.items())
        say(f"{len(without)} handed in no notebook: {named}.")
    if collected.earlier:
        say(f"Handed in before, but not in this zip: {', '.join(collected.earlier)}.")
    if collected.absent:
        say(f"Handed in nothing: {', '.join(collected.absent)}.")
    else:
        say("Everybody on the class list has handed in something.")
