"""A class of invented students goes through a term: release, collection, grading, export.

``make demo-class`` runs it in ``_build/demo-class/``, in which it leaves a course as an instructor
has it. Each step is a command that an instructor gives, and is printed before it runs.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from nbgrader.api import Gradebook

from embeddings_course.grading.demo_class.hand_ins import write_class_list, write_downloads
from embeddings_course.grading.demo_class.quiz_answers import NAME as QUIZ
from embeddings_course.grading.demo_class.students import CODE, STUDENTS, WRITTEN, Student

DUE = "2026-03-01 23:59:00 UTC"


def _new_course(root: Path, repository: Path) -> None:
    """Make a course in a new folder: settings, and the source of two assignments."""
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(parents=True)
    shutil.copy(repository / "nbgrader_config.py", root)
    # An exchange of its own, or formgrader would begin with a warning that there is none.
    (root / "exchange").mkdir()
    with (root / "nbgrader_config.py").open("a", encoding="utf-8") as settings:
        settings.write('\nc.Exchange.root = str(Path(__file__).parent.resolve() / "exchange")\n')
    for name in (CODE, QUIZ):
        shutil.copytree(repository / "source" / name, root / "source" / name)


def go_through_a_term(root: Path, students: Sequence[Student], *, repository: Path) -> int:
    """Run the commands of a term in a new course, and say where their results are.

    Parameters
    ----------
    root : Path
        Where the course goes; what is there is removed.
    students : sequence of Student
        The class.
    repository : Path
        Where the course's settings and sources are, and the answers of students.

    Returns
    -------
    int
        The exit status of the command that failed, or 0.
    """
    start = time.monotonic()
    _new_course(root, repository)
    print(f"A course for {len(students)} invented students, in {root}\n")
    for status in _steps(root, students, repository):
        if status != 0:
            print(f"The last command failed, with status {status}.", file=sys.stderr)
            return status
    seconds = time.monotonic() - start
    print(f"\nA term in {seconds:.0f} s. Look at:")
    for name in (CODE, QUIZ):
        print(f"  {(root / 'grading' / f'{name}.html').as_uri()}")
    print(f"  {root / 'grades.csv'}")
    return 0


def _steps(root: Path, students: Sequence[Student], repository: Path) -> Iterator[int]:
    """Do one step after another and yield its exit status."""
    nbgrader, course = ["-m", "nbgrader"], ["-m", "embeddings_course.cli"]
    run = partial(_run, root, environment(repository))
    _say("Students get the assignments without solutions.")
    for name in (CODE, QUIZ):
        yield run([*nbgrader, "generate_assignment", name, "--create"])
    for name in (CODE, QUIZ):
        yield run([*nbgrader, "db", "assignment", "add", name, f"--duedate={DUE}"])
    _say("The class list comes from the office.")
    write_class_list(root / "class.csv", students)
    yield run([*course, "students", "class.csv"])
    _say("Weeks later the LMS gives a zip file for each assignment.")
    write_downloads(root, root / "assignments", students, repository=repository)
    for name in (CODE, QUIZ):
        yield run([*course, "collect", name, f"{name}.zip"])
    (root / "typed-ids.json").write_text(
        json.dumps({each.id: each.typed_id for each in STUDENTS if each.typed_id})
    )
    _say("Grading; whom to look at stands below.")
    for name in (CODE, QUIZ):
        yield run([*course, "grade", name])
    _say("Some answers in words are graded by hand; the others wait in formgrader.")
    _grade_by_hand(root, {each.id for each in students})
    _say("Feedback, also as a zip for the LMS; reports with links to it, and grades for the LMS.")
    for name in (CODE, QUIZ):
        yield run([*course, "feedback", name, "--partial"])
        yield run([*course, "report", name])
    for form in ("csv", "moodle"):
        yield run([*course, "grades", "export", "--format", form, "--partial"])


def _grade_by_hand(root: Path, ids: set[str]) -> None:
    with Gradebook(f"sqlite:///{root / 'gradebook.db'}") as book:
        for student, points in (("s01", 6), ("s02", 5), ("s03", 5.5), ("s04", 4)):
            if student not in ids:
                continue
            grade = book.find_grade(WRITTEN, CODE, CODE, student)
            grade.manual_score, grade.needs_manual_grade = points, False
            book.db.commit()
            print(f"  {student}: {points:g} of 6 points")


def _say(sentence: str) -> None:
    print(f"\n# {sentence}", flush=True)


def environment(repository: Path) -> dict[str, str]:
    """Return an environment in which the commands of a term are found."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    paths = [str(repository), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PATH": path, "PYTHONPATH": os.pathsep.join(paths)}


def _run(root: Path, environ: dict[str, str], command: list[str]) -> int:
    shown = " ".join(command[1:]).replace("embeddings_course.cli", "course", 1)
    print(f"\n$ {shown}", flush=True)
    quiet = command[1] == "nbgrader"
    result = subprocess.run(
        [sys.executable, *command],
        cwd=root,
        env=environ,
        stdout=subprocess.PIPE if quiet else None,
        stderr=subprocess.STDOUT if quiet else None,
        text=True,
    )
    if quiet and result.returncode != 0:
        print(result.stdout)
    return result.returncode
