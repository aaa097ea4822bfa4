"""``course grade``: a class graded side by side, each submission in a sandbox, nothing lost."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Generator, Sequence

import nbformat

from embeddings_course.grading.course import Course
from embeddings_course.grading.errors import GradingError
from embeddings_course.grading.grade_one import Submission, grade_submission
from embeddings_course.grading.gradebook.backup import back_up
from embeddings_course.grading.gradebook.contents import look_at_own, students_with_points
from embeddings_course.grading.gradebook.late_penalties import (
    Lateness,
    read_lateness,
    renew_penalties,
)
from embeddings_course.grading.isolation import sandbox
from embeddings_course.grading.isolation.fork_server import fork_server
from embeddings_course.grading.isolation.imported_modules import imported_modules
from embeddings_course.grading.preflight import (
    check,
    enrolled_in,
    is_done,
    is_sandboxed,
    jobs_that_fit,
    register,
    say_of_other_tests,
    students_to_grade,
)
from embeddings_course.grading.run_summary import Outcome, with_progress
from embeddings_course.grading.submission_record import (
    Record,
    read_records,
    validated,
    write_records,
)
from embeddings_course.grading.submissions.released_texts import note_released
from embeddings_course.grading.submissions.status import digests
from embeddings_course.grading.worker_pool import run_all, sweep


def grade(
    course: Course,
    assignment: str,
    *,
    students: Sequence[str] | None = None,
    jobs: int | None = None,
    force: bool = False,
    require_sandbox: bool = False,
    say: Callable[[str], None] = print,
) -> Outcome:
    """Grade what was handed in, except for what was graded already.

    A run that was interrupted, by whatever, goes on with what is missing.

    Parameters
    ----------
    course : Course
        Where.
    assignment : str
        What.
    students : sequence of str, optional
        Only these.
    jobs : int, optional
        How many at a time. Default: what cores and memory allow.
    force : bool
        Whether to grade again what has not changed.
    require_sandbox : bool
        Whether to refuse to grade where there is no sandbox.
    say : callable
        Gets lines for the instructor.

    Returns
    -------
    Outcome
        Everything that is known, and which students this run graded.

    Raises
    ------
    GradingError
        If there is nothing to grade with: no such assignment, unknown students, a gradebook of
        another course, no sandbox where one is required. Nothing was changed then.
    LockedError
        If another command writes grades of the same assignment.
    """
    start = time.monotonic()
    sweep()
    look_at_own(course)  # opening one of another course would change it
    handed_in = course.handed_in(assignment)
    unnamed = tuple(course.unnamed(assignment))
    for name in unnamed:
        say(f"{name}: not graded, as this is not a student's id. Rename the folder, and run again.")
    enrolled = enrolled_in(course)
    chosen = students_to_grade(students, handed_in, enrolled, assignment)
    sandboxed = is_sandboxed(course, require_sandbox, say)
    with course.lock(assignment, f"`course grade {assignment}`"):
        path = course.grading / f"{assignment}.json"
        try:
            records = read_records(path)
        except ValueError as error:
            raise GradingError(str(error)) from error
        _make_ready(course, assignment, say)
        with course.gradebook() as gradebook:
            scored = students_with_points(gradebook, assignment)
        digest = digests(course, assignment, handed_in)
        there = [student for student in chosen if student in handed_in]
        records |= {student: Record(state="missing") for student in chosen if student not in there}
        todo = [
            student
            for student in there
            if force
            or not is_done(
                course, assignment, student, records.get(student), digest[student], scored
            )
        ]
        about = {"assignment": assignment, "sandbox": sandboxed}
        write_records(path, records, **about)
        if done := sorted(set(there) - set(todo)):
            say(f"{len(done)} graded before, and not changed since.")
            _renew_lateness(course, assignment, {each: records[each] for each in done}, say)
            write_records(path, records, **about)
        graded = []
        with contextlib.closing(
            _graded(course, assignment, todo, digest, sandboxed, jobs, say)
        ) as results:
            for task, record in results:
                record.submission = task.digest
                records[task.student] = validated(record)
                graded.append(task.student)
                write_records(path, records, **about)
    return Outcome(records, tuple(graded), sandboxed, time.monotonic() - start, unnamed)


def _make_ready(course: Course, assignment: str, say: Callable[[str], None]) -> None:
    """Put the assignment into the gradebook, after a copy of that, and look whether it is right."""
    from nbgrader.api import MissingEntry

    back_up(course, course.grading / "backups", say)
    try:
        with course.gradebook() as gradebook:
            gradebook.find_assignment(assignment)
    except MissingEntry:
        register(course, assignment, say)
    check(course, assignment, say)
    say_of_other_tests(course, assignment, say)
    note_released(course, assignment)


def _renew_lateness(
    course: Course, assignment: str, records: dict[str, Record], say: Callable[[str], None]
) -> None:
    """Compute again what is late of those who are not graded again: a deadline may have moved."""
    for sentence in renew_penalties(course, assignment, list(records), locked=True):
        say(f"  {sentence}")
    late = read_lateness(course, assignment)
    for student, record in records.items():
        record.late_seconds = late.get(student, Lateness()).seconds


def _graded(
    course: Course,
    assignment: str,
    students: Sequence[str],
    digest: dict[str, str],
    sandboxed: bool,
    jobs: int | None,
    say: Callable[[str], None],
) -> Generator[tuple[Submission, Record], None, None]:
    """Grade submissions side by side, and yield what is known of each when it is done.

    Closing the generator ends what is running.
    """
    jobs = jobs or jobs_that_fit()
    with contextlib.ExitStack() as stack:
        server = None
        if sandboxed and students:
            modules = _modules(course, assignment)
            server = stack.enter_context(fork_server(modules, sandbox.environment()))
        tasks = [
            Submission(
                course.root,
                course.db_url,
                assignment,
                student,
                sandboxed,
                digest[student],
                server,
            )
            for student in students
        ]
        results = stack.enter_context(
            contextlib.closing(run_all(grade_submission, tasks, jobs, say))
        )
        yield from with_progress(results, len(tasks), assignment)


def _modules(course: Course, assignment: str) -> list[str]:
    """Return what the instructor's notebook imports; nothing if it is not there, or damaged."""
    path = course.folder("source", ".", assignment) / f"{assignment}.ipynb"
    try:
        cells = nbformat.read(path, as_version=4).cells
    except Exception:  # kernels load it themselves, then, and grading says what is wrong
        return []
    found = imported_modules(cells, parts=True)
    if "embeddings_course.exercises" in found:  # its tests ask another kernel
        found |= {f"embeddings_course.grading.judge.{side}" for side in ("judge", "student")}
    if any("torch.optim" in cell.source for cell in cells):
        found.add("torch._dynamo")  # torch loads it for the first optimizer, in two seconds
    return sorted(found)
