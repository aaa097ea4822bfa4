"""``course grade NAME``, ``course report NAME`` and ``course feedback NAME``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from embeddings_course._shared.console import say
from embeddings_course.cli.options import course_options

if TYPE_CHECKING:
    from embeddings_course.grading.course import Course


def _ids(context: click.Context, _: click.Parameter, text: str | None) -> list[str] | None:
    if text is None:
        return None
    named = [student.strip() for student in text.split(",") if student.strip()]
    if not named:
        raise click.BadParameter("it names nobody; leave the option out to grade everybody")
    return named


def _count(context: click.Context, _: click.Parameter, count: int | None) -> int | None:
    if count is not None and count < 1:
        raise click.BadParameter("at least one at a time")
    return count


@click.command()
@click.argument("assignment", metavar="NAME")
@click.option("--students", metavar="ID,ID", callback=_ids, help="Only these (default: everybody).")
@click.option(
    "--jobs",
    metavar="N",
    type=int,
    callback=_count,
    help="How many at a time (default: as many as fit).",
)
@click.option("--force", is_flag=True, help="Grade again what has not changed since.")
@click.option("--require-sandbox", is_flag=True, help="Refuse to grade without the sandbox.")
@course_options
def grade(
    assignment: str,
    students: list[str] | None,
    jobs: int | None,
    force: bool,
    require_sandbox: bool,
    folder: Path,
    db: str | None,
) -> int:
    """Grade the submissions to an assignment: in parallel, in a sandbox.

    The exit status is 0 if every submission was dealt with.
    """
    from embeddings_course.grading.worker_pool import start_server

    start_server()  # it takes as long to start as what follows
    from embeddings_course.grading.course import open_course
    from embeddings_course.grading.grade_class import grade
    from embeddings_course.grading.run_summary import summary

    course = open_course(folder, db)
    try:
        outcome = grade(
            course,
            assignment,
            students=students,
            jobs=jobs,
            force=force,
            require_sandbox=require_sandbox,
            say=say,
        )
    except KeyboardInterrupt:
        say("\nInterrupted; what was graded is kept. The same command goes on with the rest.")
        return 130
    for line in summary(outcome, assignment):
        say(line)
    try:
        say(_written(course, assignment))
    except Exception as error:  # whatever it is, it must not look as if the grades were lost
        records = course.root / "grading" / f"{assignment}.json"
        why = (str(error) or type(error).__name__).splitlines()[0]
        say(
            f"Everything is graded and kept in {records}, but the report could not be written "
            f"({why}). Try `course report {assignment}`."
        )
    failed = any(record.state == "failed" for record in outcome.records.values())
    return 1 if failed or outcome.unnamed else 0


@click.command()
@click.argument("assignment", metavar="NAME")
@click.option(
    "--anonymous", is_flag=True, help="Letters stand for names on the board that a class may see."
)
@course_options
def report(assignment: str, anonymous: bool, folder: Path, db: str | None) -> None:
    """Write the report of a graded assignment again.

    It then has what persons have graded since. Where tests have measured something, recall for
    example, a board to show in class is written, too.
    """
    from embeddings_course.grading.course import open_course
    from embeddings_course.grading.report.board import write_board

    course = open_course(folder, db)
    say(_written(course, assignment))
    if board := write_board(course, assignment, anonymous=anonymous):
        say(f"A board to show in class: {board.as_uri()}")


@click.command()
@click.argument("assignment", metavar="NAME")
@click.option(
    "--partial",
    is_flag=True,
    help="Write pages also where a person has not graded an answer yet; they say so.",
)
@click.option("--force", is_flag=True, help="Write again what is as it should be.")
@course_options
def feedback(assignment: str, partial: bool, force: bool, folder: Path, db: str | None) -> int:
    """Write each student's page of feedback, and zips of them for Moodle and Canvas.

    Zips are for the platforms that work was collected from. The exit status is 1 if a page could
    not be written.
    """
    from embeddings_course.grading.course import open_course
    from embeddings_course.grading.feedback.write import summary, write_feedback

    course = open_course(folder, db)
    done = write_feedback(course, assignment, partial=partial, force=force, say=say)
    for line in summary(done, assignment, course.root):
        say(line)
    return 1 if done.failed else 0


def _written(course: Course, assignment: str) -> str:
    from embeddings_course.grading.report.write import write_report

    page = write_report(course, assignment, say=say)
    return f"The report, with a table beside it ({page.stem}.csv): {page.as_uri()}"
