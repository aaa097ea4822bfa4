"""``course students``, ``collect``, ``grades`` and ``doctor``: what a term takes beside grading."""

from __future__ import annotations

import argparse
from pathlib import Path

from embeddings_course._shared.console import say
from embeddings_course.cli.grade import add_place, course_here, folder_here

_MOST_CHANGES = 5


def add_students_arguments(parser: argparse.ArgumentParser) -> None:
    """Give a parser the options of ``course students``."""
    parser.add_argument(
        "classlist",
        metavar="CLASSLIST.csv",
        type=Path,
        help="with the column id, or an export of Canvas or Moodle",
    )
    parser.add_argument(
        "--id-column",
        metavar="COLUMN",
        help="of such an export, the column that has the students' ids (default: the gradebook's)",
    )
    add_place(parser)


def run_students(root: Path, options: argparse.Namespace, rest: list[str]) -> int:
    """Enrol a class."""
    from embeddings_course.grading.gradebook.contents import look_at_own, shown_url
    from embeddings_course.grading.gradebook.enrol import enrol
    from embeddings_course.grading.lms.class_list import read_class_list

    course = course_here(root, options)
    listed = read_class_list(
        options.classlist, known=look_at_own(course).students, id_column=options.id_column
    )
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
    return 0


def _differences(fields: dict[str, tuple[str, ...]]) -> str:
    words = {"email": "e-mail", "lms_user_id": "the platform's number"}
    said = [
        f"{student}: {', '.join(words.get(each, each.replace('_', ' ')) for each in others)}"
        for student, others in list(fields.items())[:_MOST_CHANGES]
    ]
    if len(fields) > _MOST_CHANGES:
        said.append(f"and {len(fields) - _MOST_CHANGES} more")
    return "; ".join(said)


def add_collect_arguments(parser: argparse.ArgumentParser) -> None:
    """Give a parser the options of ``course collect``."""
    parser.add_argument("assignment", metavar="NAME", help="the assignment")
    parser.add_argument("file", metavar="FILE.zip", type=Path, help="as the platform gave it")
    parser.add_argument(
        "--pattern",
        metavar="REGEX",
        help="for other names, with groups student_id (an id, number, address or name) and "
        "file_id, and timestamp if you like",
    )
    parser.add_argument(
        "--worksheet",
        metavar="FILE.csv",
        type=Path,
        help="Moodle's grading worksheet: whose the files are, and when they were handed in",
    )
    parser.add_argument(
        "--zone",
        metavar="ZONE",
        help="of times that name none, such as Europe/Berlin (default: this machine's)",
    )
    parser.add_argument(
        "--leave-out",
        action="store_true",
        help="leave out single files and unknown students, and name them, instead of refusing all",
    )
    parser.add_argument(
        "--times",
        choices=("auto", "zip", "none"),
        default="auto",
        help="whether dates in the zip become timestamp.txt (auto: unless all are the same)",
    )
    add_place(parser)


def run_collect(root: Path, options: argparse.Namespace, rest: list[str]) -> int:
    """Unpack a download."""
    from embeddings_course.grading.lms.collect import collect, summary

    collected = collect(
        course_here(root, options),
        options.assignment,
        options.file,
        pattern=options.pattern,
        times=options.times,
        worksheet=options.worksheet,
        zone=options.zone,
        leave_out=options.leave_out,
    )
    summary(collected, options.assignment, say=say)
    return 0


def add_grades_arguments(parser: argparse.ArgumentParser) -> None:
    """Give a parser the commands of ``course grades`` and their options."""
    from embeddings_course.grading.lms.grade_export import FORMATS

    commands = parser.add_subparsers(dest="what", metavar="WHAT", required=True)
    help = "write points for Canvas, Moodle or a spreadsheet"
    export = commands.add_parser(
        "export", help=help, description=f"{help[0].upper()}{help[1:]}.", allow_abbrev=False
    )
    export.set_defaults(run=run_export)
    export.add_argument("--format", choices=FORMATS, required=True)
    export.add_argument(
        "--assignment",
        metavar="NAME",
        nargs="+",
        action="extend",
        default=[],
        help="only these (default: all of which something is graded)",
    )
    export.add_argument(
        "--output", metavar="FILE", type=Path, help="(default: grades.csv, grades-canvas.csv, …)"
    )
    export.add_argument("--roster", metavar="FILE", type=Path, help="Canvas' own gradebook export")
    export.add_argument(
        "--missing-as-zero",
        action="store_true",
        help="0 points for what is missing or cannot be read, instead of an empty cell",
    )
    export.add_argument(
        "--partial",
        action="store_true",
        help="the points so far, where a person has not graded an answer yet",
    )
    add_place(export)


def run_export(root: Path, options: argparse.Namespace, rest: list[str]) -> int:
    """Write points to a file."""
    from embeddings_course.grading.lms.grade_export import export, read_grades

    course = course_here(root, options)
    name = "grades.csv" if options.format == "csv" else f"grades-{options.format}.csv"
    output = options.output or course.root / name
    grades = read_grades(
        course,
        options.assignment,
        missing_as_zero=options.missing_as_zero,
        partial=options.partial,
        say=say,
    )
    for line in export(grades, options.format, output, roster=options.roster):
        say(line)
    say(f"Wrote {', '.join(grades.assignments)} to {output}")
    return 0


def add_doctor_arguments(parser: argparse.ArgumentParser) -> None:
    """Give a parser the options of ``course doctor``."""
    add_place(parser)


def run_doctor(root: Path, options: argparse.Namespace, rest: list[str]) -> int:
    """Check the installation; the exit status is 1 if something needed is missing."""
    from embeddings_course.environment.doctor import examine

    missing = 0
    for finding in examine(root, folder_here(root, options), options.db):
        say(finding)
        missing += finding.state == "missing"
    say(f"{missing} missing." if missing else "All that is needed is there.")
    return 1 if missing else 0
