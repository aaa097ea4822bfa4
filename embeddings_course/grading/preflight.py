"""What is looked at before a class is graded: whom, with what, and whether it can be right."""

from __future__ import annotations

import copy
import os
import sys
import tempfile
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

import nbformat
import psutil

from embeddings_course.grading.course import Course
from embeddings_course.grading.errors import GradingError
from embeddings_course.grading.isolation import sandbox
from embeddings_course.grading.judge.plan import in_one_kernel, tests_with_students_names
from embeddings_course.grading.submission_record import ENDED, NOTHING_TO_GRADE, Record
from embeddings_course.grading.submissions.expected_cells import fingerprint


def jobs_that_fit() -> int:
    """Return how many submissions this machine grades at a time.

    Each has a core of its own, and may take as much memory as the sandbox allows.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    # Memory that holds copies of files is free for any process that needs it.
    free = psutil.virtual_memory().available
    return max(1, min(cores or 1, int(free / sandbox.MOST_MEMORY)))


def enrolled_in(course: Course) -> set[str]:
    """Return the ids of the students in a course's gradebook."""
    with course.gradebook() as gradebook:
        return {student.id for student in gradebook.students}


def _is_inside(folder: Path, prefix: str) -> bool:
    return folder.resolve().is_relative_to(Path(prefix).resolve())


def students_to_grade(
    students: Sequence[str] | None, handed_in: dict[str, Path], enrolled: set[str], assignment: str
) -> list[str]:
    """Return whom to look at: the students named, or everybody."""
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


def is_sandboxed(course: Course, required: bool, say: Callable[[str], None]) -> bool:
    """Say whether code runs in a sandbox; refuse to grade without one if it is required."""
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


def register(course: Course, assignment: str, say: Callable[[str], None]) -> None:
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


def check(course: Course, assignment: str, say: Callable[[str], None]) -> None:
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
        if sentence := in_one_kernel(tests_with_students_names(gradebook, assignment)):
            say(sentence)


def say_of_other_tests(course: Course, assignment: str, say: Callable[[str], None]) -> None:
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


def is_done(
    course: Course,
    assignment: str,
    student: str,
    record: Record | None,
    digest: str,
    scored: Collection[str],
) -> bool:
    """Say whether what was handed in has been graded already, into this gradebook."""
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
