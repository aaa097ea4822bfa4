"""``course grade``: a class graded side by side, each submission in a sandbox, nothing lost."""

from __future__ import annotations

import contextlib
import copy
import os
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import nbformat
import psutil

from embeddings_course.grading.course import Course, back_up
from embeddings_course.grading.grade_one import Submission, grade_submission
from embeddings_course.grading.gradebook.contents import look_at_own, students_with_points
from embeddings_course.grading.gradebook.late_penalties import (
    Lateness,
    read_lateness,
    renew_penalties,
)
from embeddings_course.grading.isolation import sandbox
from embeddings_course.grading.isolation.fork_server import fork_server
from embeddings_course.grading.submission_record import (
    ENDED,
    NOTHING_TO_GRADE,
    GradingError,
    Record,
    read_records,
    validated,
    write_records,
)
from embeddings_course.grading.submissions.released_texts import note_released
from embeddings_course.grading.submissions.repair_cells import fingerprint, imported_modules
from embeddings_course.grading.submissions.status import digests
from embeddings_course.grading.worker_pool import run_all, sweep


@dataclass(frozen=True)
class Outcome:
    """What a run did: all records of the assignment, whom it graded, and in what time.

    ``unnamed`` are folders that are no student's, as nobody can have such an id.
    """

    records: dict[str, Record]
    graded: tuple[str, ...]
    sandboxed: bool
    seconds: float
    unnamed: tuple[str, ...] = ()


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
        Everything that is known, and whom this run graded.

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
    enrolled = _enrolled(course)
    chosen = _chosen(students, handed_in, enrolled, assignment)
    sandboxed = _sandboxed(course, require_sandbox, say)
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
            _register(course, assignment, say)
        _check(course, assignment, say)
        _say_of_other_tests(course, assignment, say)
        note_released(course, assignment)
        with course.gradebook() as gradebook:
            scored = students_with_points(gradebook, assignment)
        digest = digests(course, assignment, handed_in)
        todo = []
        for student in chosen:
            if student not in handed_in:
                records[student] = Record(state="missing")
            elif force or not _is_done(
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
            for task, record in _with_progress(results, len(tasks), assignment):
                record.submission = task.digest
                records[task.student] = validated(record)
                graded.append(task.student)
                write_records(path, records, **about)
    return Outcome(records, tuple(graded), sandboxed, time.monotonic() - start, unnamed)


def jobs_that_fit() -> int:
    """Return how many submissions this machine grades at a time.

    Each has a core of its own, and may take as much memory as the sandbox allows.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    # Memory that holds copies of files is free for whoever needs it.
    free = psutil.virtual_memory().available
    return max(1, min(cores or 1, int(free / sandbox.MOST_MEMORY)))


def summary(outcome: Outcome, assignment: str) -> list[str]:
    """Return what an instructor wants to know after a run, as lines."""
    records = outcome.records
    counts = Counter(record.state for record in records.values())
    named = ", ".join(f"{count} {state}" for state, count in counts.most_common())
    lines = [f"{assignment}: {named}." if named else f"{assignment}: nothing was handed in."]
    graded = [records[student] for student in outcome.graded]
    if graded:
        each = sum(record.seconds for record in graded) / len(graded)
        lines[0] += (
            f" {len(graded)} in this run, in {outcome.seconds:.0f} s ({each:.1f} s each, side by "
            "side)."
        )
    for student, record in sorted(records.items()):
        if record.state in ENDED and record.late_seconds > 0:
            lines.append(f"  {student}: late by {record.late_seconds / 3600:.1f} hours")
        if record.state not in ("graded", "missing"):
            lines.append(f"  {student}: {record.state}. {' '.join(record.problems[:2])}".rstrip())
        elif record.state == "graded" and record.problems:
            told = " ".join(record.problems[:2])
            lines.append(f"  {student}: graded, with a problem. {told}")
        if record.suspicious:
            count = len(record.suspicious)
            more = f" (and {count - 1} more)" if count > 1 else ""
            lines.append(f"  {student}: suspicious. {record.suspicious[0]}{more}")
    return [*lines, *_repairs(records)]


# What sentences about repairs have in common, and what a count of students says of it.
_REPAIRS = {
    "was missing and was put back": "with missing cells",
    "marks were lost": "with lost marks",
    "marks had been changed": "with changed marks",
    "there twice|times; one of them": "with copied cells",
    "had been moved": "with moved cells",
    "had become": "with cells of another type",
    "had been changed": "with changed texts",
    "none of this assignment's": "with cells of another notebook",
    "": "with a file that was damaged or misnamed",
}
_MOST_NAMED = 5


def _repairs(records: Mapping[str, Record]) -> list[str]:
    """Sum up on one line who was repaired, as most repairs ask nobody to do anything."""
    kinds: Counter[str] = Counter()
    who = sorted(student for student, record in records.items() if record.repaired)
    for student in who:
        found = (
            next(words for pattern, words in _REPAIRS.items() if re.search(pattern, sentence))
            for sentence in records[student].repaired
        )
        kinds.update(list(dict.fromkeys(found)))  # each once, in their order
    if not who:
        return []
    named = ", ".join(f"{count} {words}" for words, count in kinds.most_common())
    shown = f" ({', '.join(who)})" if len(who) <= _MOST_NAMED else ""
    return [f"  {len(who)} repaired{shown}: {named}. The report says what was done."]


# What there is to do ------------------------------------------------------------------------------


def _enrolled(course: Course) -> set[str]:
    with course.gradebook() as gradebook:
        return {student.id for student in gradebook.students}


def _is_inside(folder: Path, prefix: str) -> bool:
    return folder.resolve().is_relative_to(Path(prefix).resolve())


def _chosen(
    students: Sequence[str] | None, handed_in: dict[str, Path], enrolled: set[str], assignment: str
) -> list[str]:
    if students is None:
        if not handed_in and not enrolled:
            raise GradingError(
                f"Nobody has handed in {assignment}: there is no submitted/STUDENT/{assignment}, "
                "and the gradebook has no students."
            )
        return sorted(enrolled | set(handed_in))
    unknown = sorted(set(students) - enrolled - set(handed_in))
    if unknown:
        raise GradingError(
            f"{', '.join(unknown)}: neither in the gradebook nor with a folder in submitted/."
        )
    return list(dict.fromkeys(students))


def _sandboxed(course: Course, required: bool, say: Callable[[str], None]) -> bool:
    reason, way = sandbox.reason_against(), sandbox.way_to_one()
    around = [prefix for prefix in (sys.prefix, sys.base_prefix) if _is_inside(course.root, prefix)]
    if reason is None and around:
        # What Python is made of is visible there.
        reason = f"the course lies in the folder of its Python, {around[0]}"
        way = "Move the course out of there."
    if reason is None:
        return True
    if required:
        raise GradingError(f"There is no sandbox here: {reason}. {way} Nothing was graded.")
    say(
        f"NO SANDBOX: {reason}. What students handed in runs with your rights: it can read and "
        "change your files, the gradebook, solutions and other submissions, and use the network. "
        f"{way} With --require-sandbox nothing is graded without one."
    )
    return False


def _register(course: Course, assignment: str, say: Callable[[str], None]) -> None:
    """Let nbgrader read the assignment into the gradebook; what students got stays as it is."""
    source = course.folder("source", ".", assignment)
    if not source.is_dir():
        known = sorted(path.name for path in source.parent.glob("*/") if path.is_dir())
        raise GradingError(
            f"There is no assignment {assignment}: neither in the gradebook nor in "
            f"{source.parent} ({', '.join(known) or 'which is empty'})."
        )
    with tempfile.TemporaryDirectory() as scratch:
        config = copy.deepcopy(course.config)
        config.CourseDirectory.release_directory = scratch
        result = Course(course.root, config, course.db_url).api.generate_assignment(
            assignment, force=True, create=True
        )
    if not result["success"]:
        reason = (result.get("log") or result.get("error") or "no reason given").strip()
        raise GradingError(f"nbgrader refuses {assignment}: {reason.splitlines()[-1]}")
    say(f"{assignment} was not in the gradebook yet: read from {source}.")


def _check(course: Course, assignment: str, say: Callable[[str], None]) -> None:
    """Refuse what cannot be graded right, and say what else an instructor should know before."""
    with course.gradebook() as gradebook:
        entry = gradebook.find_assignment(assignment)
        notebooks = sorted(notebook.name for notebook in entry.notebooks)
        if notebooks != [assignment]:
            raise GradingError(
                f"{assignment} has the notebooks {', '.join(notebooks) or '(none)'}; one is "
                f"graded, which must be called {assignment}.ipynb: make an assignment of each."
            )
        if entry.duedate is None:
            extended = [each.student_id for each in entry.submissions if each.extension]
            if extended:
                raise GradingError(
                    f"{', '.join(extended[:5])}: an extension, but {assignment} has no deadline. "
                    f"Set one: nbgrader db assignment add {assignment} --duedate "
                    '"2027-03-01 23:59:00 UTC"'
                )
            say(
                f"{assignment} has no deadline, so nobody is late: nbgrader db assignment add "
                f'{assignment} --duedate "2027-03-01 23:59:00 UTC"'
            )


def _say_of_other_tests(course: Course, assignment: str, say: Callable[[str], None]) -> None:
    """Say which tests in ``source/`` are others than those with which is graded."""
    path = course.folder("source", ".", assignment) / f"{assignment}.ipynb"
    try:
        cells = nbformat.read(path, as_version=4).cells
    except Exception:  # it need not be there, and grading says what is wrong
        return
    with course.gradebook() as gradebook:
        notebook = gradebook.find_notebook(assignment, assignment)
        tests = {cell.name for cell in notebook.grade_cells}
        known = {
            cell.name: fingerprint(cell.source or "")
            for cell in notebook.source_cells
            if cell.name in tests and cell.locked
        }
    changed = [
        name
        for cell in cells
        if (name := cell.metadata.get("nbgrader", {}).get("grade_id")) in known
        and fingerprint(cell.source) != known[name]
    ]
    if changed:
        say(
            f"{', '.join(changed[:5])}{' and others' if len(changed) > 5 else ''}: changed in "
            f"{path.parent}, but not in the gradebook, whose tests are run. To grade with the new "
            f"ones: nbgrader generate_assignment {assignment} --create --force, then this again."
        )


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


def _is_done(
    course: Course,
    assignment: str,
    student: str,
    record: Record | None,
    digest: str,
    scored: Collection[str],
) -> bool:
    if record is None or record.submission != digest:
        return False
    if record.state in NOTHING_TO_GRADE:
        return True
    # The gradebook may be another one, or an earlier copy of it.
    return (
        record.state in ENDED
        and student in scored
        and course.folder("autograded", student, assignment).is_dir()
    )


def _with_progress(
    results: Iterator[tuple[Submission, Record]], total: int, assignment: str
) -> Iterator[tuple[Submission, Record]]:
    from embeddings_course.progress import progress_bar

    counts: Counter[str] = Counter()
    with progress_bar(total=total, desc=assignment, unit="submission") as bar:
        for task, record in results:
            if record.state != "graded":
                counts[record.state] += 1
            counts["repaired"] += bool(record.repaired)
            counts["suspicious"] += bool(record.suspicious)
            bar.set_postfix({word: count for word, count in counts.items() if count})
            bar.update()
            yield task, record
