"""``course grade``: a class graded side by side, each submission in a sandbox, nothing lost."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Sequence

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
    from nbgrader.api import MissingEntry

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
        back_up(course, course.grading / "backups", say)
        try:
            with course.gradebook() as gradebook:
                gradebook.find_assignment(assignment)
        except MissingEntry:
            register(course, assignment, say)
        check(course, assignment, say)
        say_of_other_tests(course, assignment, say)
        note_released(course, assignment)
        with course.gradebook() as gradebook:
            scored = students_with_points(gradebook, assignment)
        digest = digests(course, assignment, handed_in)
        todo = []
        for student in chosen:
            if student not in handed_in:
                records[student] = Record(state="missing")
            elif force or not is_done(
                course, assignment, student, records.get(student), digest[student], scored
            ):
                todo.append(student)
        about = {"assignment": assignment, "sandbox": sandboxed}
        write_records(path, records, **about)
        done = sorted({student for student in chosen if student in handed_in} - set(todo))
        if done:
            say(f"{len(done)} graded before, and not changed since.")
            for sentence in renew_penalties(course, assignment, done, locked=True):
                say(f"  {sentence}")
            late = read_lateness(course, assignment)
            for student in done:
                records[student].late_seconds = late.get(student, Lateness()).seconds
            write_records(path, records, **about)
        graded = []
        jobs = jobs or jobs_that_fit()
        with contextlib.ExitStack() as stack:
            server = None
            if sandboxed and todo:
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
                for student in todo
            ]
            results = stack.enter_context(
                contextlib.closing(run_all(grade_submission, tasks, jobs, say))
            )
            for task, record in with_progress(results, len(tasks), assignment):
                record.submission = task.digest
                records[task.student] = validated(record)
                graded.append(task.student)
                write_records(path, records, **about)
    return Outcome(records, tuple(graded), sandboxed, time.monotonic() - start, unnamed)


def _modules(course: Course, assignment: str) -> list[str]:
    """Return what the instructor's notebook imports; nothing if it is not there, or damaged."""
    path = course.folder("source", ".", assignment) / f"{assignment}.ipynb"
    try:
        cells = nbformat.read(path, as_version=4).cells
    except Exception:  # kernels load it themselves, then, and grading says what is wrong
        return []
    found = imported_modules(cells, parts=True)
    if any("torch.optim" in cell.source for cell in cells):
        found.add("torch._dynamo")  # torch loads it for the first optimizer, in two seconds
    return sorted(found)
