"""``course feedback``: the pages of a class, and the zips in which platforms take them."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from embeddings_course._shared.messages import Message
from embeddings_course._shared.text import listed
from embeddings_course.grading.course import Course
from embeddings_course.grading.errors import GradingError
from embeddings_course.grading.feedback.marks import Marks, read_marks
from embeddings_course.grading.feedback.platform_zips import Zip, write_zips
from embeddings_course.grading.gradebook.late_penalties import renew_penalties
from embeddings_course.grading.lms.platform_names import read_platform_names
from embeddings_course.grading.report.class_results import in_words, read_report
from embeddings_course.grading.submission_record import ENDED
from embeddings_course.progress import progress_bar

_KEY = re.compile(rb'<meta content="([0-9a-f]*)" name="course-feedback"|'
                  rb'<meta name="course-feedback" content="([0-9a-f]*)"')  # fmt: skip
FolderOf = Callable[[str, str], Path]
_BEGINNING = 10_000  # bytes of a page


@dataclass(frozen=True)
class Feedback:
    """What `course feedback` has done.

    Attributes
    ----------
    written, unchanged : tuple of str
        Students whose pages are new, or were right already.
    failed : dict of str to str
        Why there is no page, by the student's id.
    without : dict of str to list of str
        Students without a score, by their state: they have no page.
    waiting : tuple of str
        Students to whom a person has still to give points; their pages say so.
    changed : tuple of str
        Students who have handed in something else since.
    zips : tuple of Zip
        One for each platform.
    elsewhere : dict of str to Path
        The folders of pages that are in no zip.
    """

    written: tuple[str, ...]
    unchanged: tuple[str, ...]
    failed: dict[str, str]
    without: dict[str, list[str]]
    waiting: tuple[str, ...]
    changed: tuple[str, ...]
    zips: tuple[Zip, ...] = ()
    elsewhere: dict[str, Path] = field(default_factory=dict)


def write_feedback(
    course: Course,
    assignment: str,
    *,
    partial: bool = False,
    force: bool = False,
    say: Callable[[str], None] = print,
) -> Feedback:
    """Write the pages that are missing or out of date, and a zip for each platform.

    Penalties for lateness are worked out again first. A page is out of date when points, comments,
    the penalty, the graded notebook or the template have changed since it was written.

    Parameters
    ----------
    course : Course
        Where.
    assignment : str
        What was graded.
    partial : bool
        Whether to write pages although a person has still to give points.
    force : bool
        Whether to write all pages again.
    say : callable
        Gets a line for each penalty that is another one now.

    Returns
    -------
    Feedback
        What was done.

    Raises
    ------
    GradingError
        If the assignment was never graded, nobody has a score, or a person has still to give
        points. No page was touched then.
    LockedError
        If the assignment is being graded.
    """
    report = read_report(course, assignment)
    folder_of = _folders(course, assignment)
    names = read_platform_names(course, assignment)
    with course.lock(assignment, f"`course feedback {assignment}`"):
        for sentence in renew_penalties(course, assignment, locked=True):
            say(f"  {sentence}")
        with course.gradebook() as gradebook:
            marks = read_marks(gradebook, assignment)
        graded = {s.id for s in report.students if s.state in ENDED and s.cells}
        own = _own(folder_of, marks, graded)
        waiting = tuple(who for who, found in own.items() if any(m.waiting for _, m in found))
        _refuse(assignment, own, () if partial else waiting)
        done = _pages(course, assignment, own, folder_of, force=force)
    without: dict[str, list[str]] = {}
    for student in report.students:
        if student.id not in own:
            without.setdefault(in_words(student.state), []).append(student.id)
    changed = tuple(s.id for s in report.students if s.changed and s.id in own)
    done = replace(done, without=without, waiting=waiting, changed=changed)
    pages = {}
    for who, notebooks in own.items():
        if who not in done.failed:
            folder = folder_of("feedback", who)
            pages[who] = [folder / f"{path.stem}.html" for path, _ in notebooks]
    zips = write_zips(pages, names, course.grading, assignment)
    packed = {student for each in zips for student in each.students}
    elsewhere = {who: found[0].parent for who, found in pages.items() if who not in packed}
    return replace(done, zips=tuple(zips), elsewhere=elsewhere)


def summary(done: Feedback, assignment: str, root: Path) -> Iterable[str]:
    """Say what was done, a line each."""
    count = len(done.written) + len(done.unchanged)
    yield (
        f"{assignment}: pages for {count}, {len(done.written)} written, "
        f"{len(done.unchanged)} as before."
    )
    for student, why in done.failed.items():
        yield f"  {student}: NO page, {why}"
    for state, students in done.without.items():
        yield f"  No page for {len(students)} {state}: {listed(students, 10)}."
    if done.waiting:
        yield (
            f"  A person has still to give points, which the pages say: {listed(done.waiting, 10)}."
        )
    if done.changed:
        yield (
            f"  Handed in again since: {listed(done.changed, 10)}. Their pages are of what was "
            "graded."
        )
    for each in done.zips:
        yield (
            f"For {each.platform}, {len(each.students)} in {_shown(each.path, root)} "
            f"({each.size / 1e6:.1f} MB)."
        )
    if done.elsewhere and done.zips:
        yield (
            "In no zip, as what was collected has no number of a platform for them: "
            f"{listed(done.elsewhere)}. Their pages are in "
            f"{listed((_shown(path, root) for path in done.elsewhere.values()), 3)}."
        )
    elif done.elsewhere:
        yield (
            f"No zip: `course collect` has kept no names of Moodle or Canvas for {assignment}. "
            f"The pages are in {listed((_shown(p, root) for p in done.elsewhere.values()), 1)}."
        )


def _shown(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)


def _folders(course: Course, assignment: str) -> FolderOf:
    """Return what tells a student's folder of a step."""
    # nbgrader reads all its settings each time that it is asked for its folders.
    folders = course.api.coursedir

    def folder_of(step: str, student: str) -> Path:
        name = getattr(folders, f"{step}_directory")
        return Path(folders.format_path(name, student, assignment))

    return folder_of


def _own(
    folder_of: FolderOf, marks: dict[tuple[str, str], Marks], graded: set[str]
) -> dict[str, list[tuple[Path, Marks]]]:
    """Return the graded notebooks of each student, with what the gradebook has of them."""
    own: dict[str, list[tuple[Path, Marks]]] = {}
    for (student, notebook), found in sorted(marks.items()):
        path = folder_of("autograded", student) / f"{notebook}.ipynb"
        if student in graded and path.is_file():
            own.setdefault(student, []).append((path, found))
    return own


def _refuse(assignment: str, own: dict[str, Any], waiting: tuple[str, ...]) -> None:
    if not own:
        raise GradingError(
            Message(
                "feedback-nobody-graded",
                f"Nobody has a score for {assignment} in the gradebook, so there is nothing to "
                f"give back: run `course grade {assignment}` first.",
            )
        )
    if waiting:
        raise GradingError(
            Message(
                "feedback-grading-open",
                f"{len(waiting)} of {len(own)} wait for a person to give points: "
                f"{listed(waiting, 5)}. Do it in Formgrader (`jupyter lab`, Nbgrader, Formgrader), "
                "or write pages that say so with --partial. No page was written.",
            )
        )


def _pages(
    course: Course,
    assignment: str,
    own: dict[str, list[tuple[Path, Marks]]],
    folder_of: FolderOf,
    *,
    force: bool,
) -> Feedback:
    """Let nbgrader write the pages that are not right."""
    config = copy.deepcopy(course.config)
    config.TellPoints.partial = True  # whose turn it is was decided for the class
    api = replace(course, config=config).api
    written, unchanged, failed = [], [], {}
    course.make_private(course.root / course.step("feedback"))
    with progress_bar(total=len(own), desc="feedback", unit="page") as bar:
        for student, notebooks in own.items():
            folder = folder_of("feedback", student)
            right = all(
                page_key(folder / f"{path.stem}.html") == marks.digest(path)
                for path, marks in notebooks
            )
            if right and not force:
                unchanged.append(student)
            else:
                result = api.generate_feedback(assignment, student, force=True)
                if result["success"]:
                    written.append(student)
                else:
                    failed[student] = _reason(result)
            bar.update()
    return Feedback(tuple(written), tuple(unchanged), failed, {}, (), ())


def page_key(page: Path) -> str:
    """Return what a page was written from, as it says itself; empty if it is not one of ours."""
    try:
        with page.open("rb") as file:
            found = _KEY.search(file.read(_BEGINNING))
    except OSError:
        return ""
    return next(filter(None, found.groups()), b"").decode() if found else ""


def _reason(result: dict[str, Any]) -> str:
    """Return the line of nbgrader's log that says most."""
    lines = f"{result.get('log') or ''}\n{result.get('error') or ''}".splitlines()
    said = [line.strip() for line in lines if re.match(r"\s*[\w.]*(Error|Exception)\b", line)]
    return said[0] if said else "as nbgrader could not write it: see `nbgrader generate_feedback`."
