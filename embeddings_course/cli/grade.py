"""``course grade NAME`` and ``course report NAME``."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from embeddings_course._shared.console import say
from embeddings_course.grading.errors import GradingError

if TYPE_CHECKING:
    from embeddings_course.grading.course import Course

__all__ = [
    "GradingError",
    "add_arguments",
    "add_place",
    "add_report_arguments",
    "course_here",
    "folder_here",
    "report",
    "run",
]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Give a parser the options of ``course grade``."""
    parser.add_argument("assignment", metavar="NAME", help="the assignment")
    parser.add_argument(
        "--students", metavar="ID,ID", type=_ids, help="only these (default: everybody)"
    )
    parser.add_argument(
        "--jobs", metavar="N", type=_count, help="how many at a time (default: as many as fit)"
    )
    parser.add_argument(
        "--force", action="store_true", help="grade again what has not changed since"
    )
    parser.add_argument(
        "--require-sandbox", action="store_true", help="refuse to grade without the sandbox"
    )
    add_place(parser)


def add_report_arguments(parser: argparse.ArgumentParser) -> None:
    """Give a parser the options of ``course report``."""
    parser.add_argument("assignment", metavar="NAME", help="the assignment, graded before")
    add_place(parser)


def add_place(parser: argparse.ArgumentParser) -> None:
    """Give a parser the options that say which course, and which gradebook."""
    parser.add_argument(
        "--course",
        metavar="FOLDER",
        type=Path,
        help="the folder with nbgrader_config.py (default: this one, or the nearest above it)",
    )
    parser.add_argument(
        "--db",
        metavar="URL",
        help="another gradebook than the configured one (postgresql://…); without it, the variable "
        "COURSE_GRADEBOOK of the environment can say so, where a password does not show in the "
        "list of running programs",
    )


def run(root: Path, options: argparse.Namespace, rest: list[str]) -> int:
    """Grade an assignment; the exit status is 0 if every submission was dealt with."""
    from embeddings_course.grading.worker_pool import start_server

    start_server()  # it takes as long to start as what follows
    from embeddings_course.grading.grade_class import grade
    from embeddings_course.grading.run_summary import summary

    course = course_here(root, options)
    try:
        outcome = grade(
            course,
            options.assignment,
            students=options.students,
            jobs=options.jobs,
            force=options.force,
            require_sandbox=options.require_sandbox,
            say=say,
        )
    except KeyboardInterrupt:
        say("\nInterrupted; what was graded is kept. The same command goes on with the rest.")
        return 130
    for line in summary(outcome, options.assignment):
        say(line)
    try:
        say(_written(course, options.assignment))
    except Exception as error:  # whatever it is, it must not look as if the grades were lost
        records = course.root / "grading" / f"{options.assignment}.json"
        why = (str(error) or type(error).__name__).splitlines()[0]
        say(
            f"Everything is graded and kept in {records}, but the report could not be written "
            f"({why}). Try `course report {options.assignment}`."
        )
    failed = any(record.state == "failed" for record in outcome.records.values())
    return 1 if failed or outcome.unnamed else 0


def report(root: Path, options: argparse.Namespace, rest: list[str]) -> int:
    """Write the report of an assignment anew, with what persons have graded since."""
    say(_written(course_here(root, options), options.assignment))
    return 0


def folder_here(root: Path, options: argparse.Namespace) -> Path:
    """Return the course's folder: the one named, else that of the current folder."""
    from embeddings_course.environment.course_folder import course_folder

    return options.course or course_folder(root)


def course_here(root: Path, options: argparse.Namespace) -> Course:
    """Open the course that a command is about."""
    from embeddings_course.grading.course import open_course

    return open_course(folder_here(root, options), options.db)


def _written(course: Course, assignment: str) -> str:
    from embeddings_course.grading.report.write import write_report

    page = write_report(course, assignment, say=say)
    return f"The report, with a table beside it ({page.stem}.csv): {page.as_uri()}"


def _ids(text: str) -> list[str]:
    return [student.strip() for student in text.split(",") if student.strip()]


def _count(text: str) -> int:
    count = int(text)
    if count < 1:
        raise argparse.ArgumentTypeError("at least one at a time")
    return count
