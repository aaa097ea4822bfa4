"""Grading one and six submissions: `course grade` beside plain `nbgrader autograde`.

Both grade the same submissions in the same run, and the grades must be the same. Plain means
nbgrader as it comes: the course's settings are left out but for where the files are.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import nbformat
from nbgrader.api import Gradebook

from embeddings_course.grading.demo_class.exercise_answers import exercises, with_answers
from embeddings_course.grading.submission_record import read_records

ROOT = Path(__file__).resolve().parents[2]
ASSIGNMENT = "token-embeddings"
PLAIN = """
c = get_config()
c.CourseDirectory.course_id = "embeddings"
c.CourseDirectory.release_directory = "assignments"
"""


def main() -> None:
    """Print a table of seconds and ratios."""
    print("\n| submissions | nbgrader autograde, s | course grade, s | ratio | aim |")
    print("| --- | --- | --- | --- | --- |")
    seconds_of: dict[int, tuple[float, float]] = {}
    for count, aim in ((1, ""), (6, "0.34")):
        with tempfile.TemporaryDirectory() as scratch:
            plain, ours = (course(Path(scratch, name), name, count) for name in ("plain", "ours"))
            slow = seconds(plain, ["-m", "nbgrader", "autograde", ASSIGNMENT])
            command = ["-m", "embeddings_course.cli", "grade", ASSIGNMENT]
            fast = seconds(ours, [*command, "--require-sandbox"])
            if grades(plain) != grades(ours):
                raise SystemExit(f"The grades differ: {grades(plain)} and {grades(ours)}.")
            records = read_records(ours / "grading" / f"{ASSIGNMENT}.json").values()
        seconds_of[count] = slow, fast
        print(f"| {count} | {slow:.1f} | {fast:.1f} | {fast / slow:.2f} | {aim} |", flush=True)
    each = [(six - one) / 5 for one, six in zip(seconds_of[1], seconds_of[6], strict=True)]
    peak = max(record.peak_memory for record in records) / 1e6
    print(
        f"\nEach further submission of {ASSIGNMENT} adds {each[0]:.1f} s with nbgrader and "
        f"{each[1]:.1f} s with course grade, on {os.cpu_count()} cores. A kernel takes up to "
        f"{peak:.0f} MB."
    )


def course(root: Path, kind: str, count: int) -> Path:
    """Make a course in which some students have handed in an assignment."""
    root.mkdir()
    if kind == "plain":
        (root / "nbgrader_config.py").write_text(PLAIN, encoding="utf-8")
    else:
        shutil.copy(ROOT / "nbgrader_config.py", root)
    shutil.copytree(ROOT / "source" / ASSIGNMENT, root / "source" / ASSIGNMENT)
    seconds(root, ["-m", "nbgrader", "generate_assignment", ASSIGNMENT, "--create"])
    source = nbformat.read(ROOT / "source" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb", as_version=4)
    released = nbformat.read(
        root / "assignments" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb", as_version=4
    )
    names = list(exercises(source))
    for number in range(count):
        # The first has everything right, the others leave out one exercise more each.
        solved = names[: len(names) - number]
        answers = {cell.id: cell.source for cell in source.cells if cell.id in solved}
        folder = root / "submitted" / f"student-{number}" / ASSIGNMENT
        folder.mkdir(parents=True)
        nbformat.write(with_answers(released, answers), folder / f"{ASSIGNMENT}.ipynb")
    return root


def seconds(root: Path, command: list[str]) -> float:
    """Run a Python command in a folder and return how long it took."""
    environ = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    environ |= {"PYTHONPATH": str(ROOT), "TQDM_DISABLE": "1"}
    start = time.perf_counter()
    result = subprocess.run(
        [sys.executable, *command], cwd=root, env=environ, capture_output=True, text=True
    )
    if result.returncode != 0:
        raise SystemExit(f"{' '.join(command)} failed:\n{result.stdout}{result.stderr}")
    return time.perf_counter() - start


def grades(root: Path) -> dict[tuple[str, str], float]:
    """Return the points of each test cell of each student."""
    found = {}
    with Gradebook(f"sqlite:///{root / 'gradebook.db'}") as book:
        for submission in book.assignment_submissions(ASSIGNMENT):
            for notebook in submission.notebooks:
                for grade in notebook.grades:
                    found[submission.student_id, grade.name] = grade.score
    return found


if __name__ == "__main__":
    main()
