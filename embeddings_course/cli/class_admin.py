"""``course doctor``, ``students``, ``collect`` and ``grades``: class administration."""

from __future__ import annotations

from pathlib import Path

import click

from embeddings_course._shared.console import say
from embeddings_course.cli.options import FILE, course_options

_MOST_CHANGES = 5


@click.command()
@course_options
@click.pass_obj
def doctor(root: Path, folder: Path, db: str | None) -> int:
    """Check the installation; say what is missing, where to get it.

    The exit status is 1 if something needed is missing.
    """
    from embeddings_course.environment.doctor import examine

    missing = 0
    for finding in examine(root, folder, db):
        say(finding)
        missing += finding.state == "missing"
    say(f"{missing} missing." if missing else "All that is needed is there.")
    return 1 if missing else 0


@click.command()
@click.argument("classlist", metavar="CLASSLIST.csv", type=FILE)
@click.option(
    "--id-column",
    metavar="COLUMN",
    help="Of such an export, the column that has the students' ids (default: the gradebook's).",
)
@course_options
def students(classlist: Path, id_column: str | None, folder: Path, db: str | None) -> None:
    """Put a class list into the gradebook.

    CLASSLIST.csv has the column id, or is an export of Canvas or Moodle.
    """
    from embeddings_course.grading.course import open_course
    from embeddings_course.grading.gradebook.contents import look_at_own, shown_url
    from embeddings_course.grading.gradebook.enrol import enrol
    from embeddings_course.grading.lms.class_list import read_class_list

    course = open_course(folder, db)
    listed = read_class_list(classlist, known=look_at_own(course).students, id_column=id_column)
    done = enrol(course, listed.students, guessed=listed.guessed, say=say)
    for line in listed.notes:
        say(line)
    say(
        f"{len(listed.students)} on the list (read as {listed.form}'s): {len(done.added)} added, "
        f"{len(done.changed)} changed, {len(done.unchanged)} unchanged."
    )
    if done.differences:
        say(f"Changed: {_differences(done.differences)}.")
    say(f"The gradebook: {shown_url(course)}")
    if done.not_listed:
        say(f"In the gradebook, but not on the list: {', '.join(done.not_listed)}.")
        say("Nobody was removed; `nbgrader db student remove ID` does that.")


def _differences(fields: dict[str, tuple[str, ...]]) -> str:
    words = {"email": "e-mail", "lms_user_id": "the platform's number"}
    said = [
        f"{student}: {', '.join(words.get(each, each.replace('_', ' ')) for each in others)}"
        for student, others in list(fields.items())[:_MOST_CHANGES]
    ]
    if len(fields) > _MOST_CHANGES:
        said.append(f"and {len(fields) - _MOST_CHANGES} more")
    return "; ".join(said)


@click.command()
@click.argument("assignment", metavar="NAME")
@click.argument("file", metavar="FILE.zip", type=FILE)
@click.option(
    "--pattern",
    metavar="REGEX",
    help="For other names, with groups student_id (an id, number, address or name) and file_id, "
    "and timestamp if you like.",
)
@click.option(
    "--worksheet",
    metavar="FILE.csv",
    type=FILE,
    help="Moodle's grading worksheet: whose the files are, and when they were submitted.",
)
@click.option(
    "--zone",
    metavar="ZONE",
    help="Of times that name none, such as Europe/Berlin (default: this machine's).",
)
@click.option(
    "--leave-out",
    is_flag=True,
    help="Leave out single files and unknown students, and name them, instead of refusing all.",
)
@click.option(
    "--times",
    type=click.Choice(("auto", "zip", "none")),
    default="auto",
    help="Whether dates in the zip become timestamp.txt (auto: unless all are the same).",
)
@course_options
def collect(
    assignment: str,
    file: Path,
    pattern: str | None,
    worksheet: Path | None,
    zone: str | None,
    leave_out: bool,
    times: str,
    folder: Path,
    db: str | None,
) -> None:
    """Unpack the zip file in which an LMS gives submissions.

    FILE.zip is as the platform gave it.
    """
    from embeddings_course.grading.course import open_course
    from embeddings_course.grading.lms.collect import collect, summary

    collected = collect(
        open_course(folder, db),
        assignment,
        file,
        pattern=pattern,
        times=times,
        worksheet=worksheet,
        zone=zone,
        leave_out=leave_out,
    )
    summary(collected, assignment, say=say)


@click.group()
def grades() -> None:
    """Export grades for Canvas, Moodle or a spreadsheet."""


@grades.command()
@click.option("--format", type=click.Choice(("canvas", "moodle", "csv")), required=True)
@click.option(
    "--assignment",
    "first",
    metavar="NAME",
    multiple=True,
    help="Only these (default: all of which something is graded).",
)
@click.argument("more", metavar="[NAME]...", nargs=-1)
@click.option("--output", metavar="FILE", type=FILE, help="Default: grades-canvas.csv, …")
@click.option("--roster", metavar="FILE", type=FILE, help="Canvas' own gradebook export.")
@click.option(
    "--missing-as-zero",
    is_flag=True,
    help="0 points for what is missing or cannot be read, instead of an empty cell.",
)
@click.option(
    "--partial",
    is_flag=True,
    help="The points so far, where a person has not graded an answer yet.",
)
@course_options
def export(
    format: str,
    first: tuple[str, ...],
    more: tuple[str, ...],
    output: Path | None,
    roster: Path | None,
    missing_as_zero: bool,
    partial: bool,
    folder: Path,
    db: str | None,
) -> None:
    """Write points for Canvas, Moodle or a spreadsheet.

    Several assignments may follow --assignment.
    """
    from embeddings_course.grading.course import open_course
    from embeddings_course.grading.lms.grade_export import export, read_grades

    course = open_course(folder, db)
    name = "grades.csv" if format == "csv" else f"grades-{format}.csv"
    output = output or course.root / name
    grades = read_grades(
        course, [*first, *more], missing_as_zero=missing_as_zero, partial=partial, say=say
    )
    for line in export(grades, format, output, roster=roster):
        say(line)
    say(f"Wrote {', '.join(grades.assignments)} to {output}")
