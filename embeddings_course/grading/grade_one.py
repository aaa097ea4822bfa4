"""Grades one submission with nbgrader, in folders and with a kernel of its own."""

from __future__ import annotations

import copy
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from embeddings_course._shared.folders import remove
from embeddings_course.grading.course import (
    GRADEBOOK,
    TYPED_IDS,
    Course,
    lend_typed_id,
    open_course,
)
from embeddings_course.grading.gradebook.contents import other_names
from embeddings_course.grading.isolation import sandbox
from embeddings_course.grading.isolation.control_groups import control_group
from embeddings_course.grading.isolation.watched_kernel import PROCESSES
from embeddings_course.grading.submission_record import Record
from embeddings_course.grading.worker_pool import Place
from embeddings_course.quiz.graded_sheet import QUESTIONS


@dataclass(frozen=True)
class Submission:
    """What to grade, with which gradebook, and whether in the sandbox.

    ``digest`` is what the grade follows from, ``server`` where a fork server for kernels listens.
    """

    root: Path
    db_url: str
    assignment: str
    student: str
    sandboxed: bool
    digest: str
    server: Path | None = None


def grade_submission(task: Submission, place: Place, record: Record) -> None:
    """Grade one submission, and put what nbgrader made of it into ``autograded/``.

    It changes this process's environment: it is to run in one of its own.

    Parameters
    ----------
    task : Submission
        What to grade.
    place : Place
        Where to work.
    record : Record
        Gets what was found.
    """
    from embeddings_course.grading.submissions.choose_notebook import AnotherAssignment
    from embeddings_course.grading.submissions.hand_in_time import doubtful_time
    from embeddings_course.grading.submissions.prepare_submission import prepare
    from embeddings_course.grading.submissions.read_notebook import UnreadableNotebook
    from embeddings_course.grading.submissions.released_texts import (
        known_releases,
        other_assignment,
    )

    def other(notebook: NotebookNode) -> str | None:
        return other_assignment(notebook, task.assignment, known_releases(course))

    scratch = place.scratch
    course = open_course(task.root, task.db_url)
    submitted = scratch / "submitted" / task.student / task.assignment
    submitted.mkdir(parents=True)
    handed_in = course.folder("submitted", task.student, task.assignment)
    with course.gradebook() as gradebook:
        notebook = gradebook.find_notebook(task.assignment, task.assignment)
        ids = {cell.name for cell in notebook.source_cells}
        is_quiz = (course.folder("source", ".", task.assignment) / QUESTIONS).exists()
        names = other_names(gradebook, task.student) if is_quiz else []
    try:
        record.repaired += prepare(
            handed_in, task.assignment, submitted, grade_ids=ids, other=other
        )
    except UnreadableNotebook as error:
        another = isinstance(error, AnotherAssignment)
        record.state = "other-assignment" if another else "unreadable"
        record.problems.append(str(error))
        return
    record.problems += doubtful_time(submitted, task.assignment, handed_in)
    kernels = _folders_of_kernels(scratch)
    meetings = {
        sandbox.STUDENTS: place.meeting,
        sandbox.JUDGES: place.meeting.with_name(f"{place.meeting.name}-j"),
    }
    _work_in(scratch)
    published = course.folder("autograded", task.student, task.assignment)
    config = _settings(course, task, scratch, meetings, published)
    for folder in kernels.values():
        lend_typed_id(course.root, task.student, folder, names)
    with control_group(place.name, memory=sandbox.MOST_MEMORY, processes=PROCESSES) as group:
        if group is not None:
            config.RunNotebook.control_group = [str(folder) for folder in group.folders]
        for name, folder in kernels.items():
            sandbox.write_kernel(
                scratch / "jupyter",
                name,
                folder,
                folder / "working" / task.student / task.assignment,
                sandboxed=task.sandboxed,
                meeting=meetings[name],
                # The judge runs no code of the student's, and is bounded by what it reads.
                entrances=group.entrances if group and name == sandbox.STUDENTS else (),
                processors=place.processors,
                beside=folder / TYPED_IDS,
                server=task.server,
            )
        result = Course(course.root, config, course.db_url).api.autograde(
            task.assignment, task.student, force=True, create=True
        )
    if not result["success"]:
        record.state = "failed"
        record.problems.append(_reason(result))
        return
    course.make_private(published.parent)
    _publish(scratch / "autograded" / task.student / task.assignment, published)
    with course.gradebook() as gradebook:
        submission = gradebook.find_submission(task.assignment, task.student)
        record.score, record.max_score = submission.score, submission.max_score
        record.late_seconds = float(submission.total_seconds_late or 0)


def _folders_of_kernels(scratch: Path) -> dict[str, Path]:
    """Make a folder for each kernel, which sees nothing of the other's."""
    from embeddings_course.grading.preprocessors.run_notebook import JUDGES_WORKING, WORKING

    found = {sandbox.STUDENTS: scratch / "student", sandbox.JUDGES: scratch / "judge"}
    for each in found.values():
        for folder in (each / "working", each / "run"):
            folder.mkdir(parents=True)
    os.environ[WORKING] = str(found[sandbox.STUDENTS] / "working")
    os.environ[JUDGES_WORKING] = str(found[sandbox.JUDGES] / "working")
    return found


def _work_in(scratch: Path) -> None:
    """Let this process, and the kernels that it starts, keep all that passes in one folder."""
    (scratch / "jupyter").mkdir()
    os.environ["JUPYTER_PATH"] = str(scratch / "jupyter")
    os.environ["JUPYTER_RUNTIME_DIR"] = str(scratch / "student" / "run")
    os.environ["TMPDIR"] = str(scratch)
    tempfile.tempdir = None
    os.environ.pop(GRADEBOOK, None)  # kernels inherit what is there


def _settings(
    course: Course, task: Submission, scratch: Path, meetings: dict[str, Path], published: Path
) -> Any:
    """Return nbgrader's settings for one submission."""
    config = copy.deepcopy(course.config)
    config.CourseDirectory.submitted_directory = str(scratch / "submitted")
    config.CourseDirectory.autograded_directory = str(scratch / "autograded")
    config.SaveScores.earlier = str(published)
    config.RunNotebook.kernel_parent = str(scratch / "student" / sandbox.PARENT)
    config.KernelManager.connection_file = str(scratch / "student" / "run" / "connection.json")
    config.RunNotebook.judges_connection = str(scratch / "judge" / "run" / "connection.json")
    if task.sandboxed:
        # Without a network, only files lead into the sandbox.
        config.KernelManager.transport = "ipc"
        config.RunNotebook.meeting = str(meetings[sandbox.STUDENTS])
        config.KernelManager.ip = str(meetings[sandbox.STUDENTS] / "k")
        config.RunNotebook.judges_meeting = str(meetings[sandbox.JUDGES])
    return config


def _reason(result: dict[str, Any]) -> str:
    lines = (result.get("log") or result.get("error") or "").strip().splitlines()
    errors = [line for line in lines if "Error" in line or "Exception" in line]
    return (errors or lines or ["nbgrader gives no reason"])[-1].strip()[:500]


def _publish(made: Path, place: Path) -> None:
    """Put a folder in the place of another one, at once."""
    new, old = (place.parent / f".{place.name}.{word}" for word in ("new", "old"))
    for folder in (new, old):
        remove(folder)
    shutil.copytree(made, new, symlinks=True)
    if place.exists():
        place.rename(old)
    new.rename(place)
    remove(old)
