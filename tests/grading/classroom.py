"""A course with one small assignment, and students who hand it in."""

import contextlib
import functools
import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from unittest import mock

import nbformat
from nbformat.v4 import new_code_cell, new_notebook

from embeddings_course import cli
from embeddings_course.grading.course import open_course
from helpers.repository import ROOT

PYTHON = sys.executable
RIGHT = "def double(x):\n    return 2 * x"

TENTH_A_DAY = """

from nbgrader.plugins import LateSubmissionPlugin


class TenthADay(LateSubmissionPlugin):
    def late_submission_penalty(self, student_id, score, total_seconds_late):
        return score * min(1, 0.1 * -(-total_seconds_late // 86400))


c.AssignLatePenalties.plugin_class = TenthADay
"""


def cell(name, source, **marks):
    marks = {"grade": False, "solution": False, "locked": True, "task": False} | marks
    made = new_code_cell(source, id=name)
    made.metadata.nbgrader = {"grade_id": name, "schema_version": 3} | marks
    return made


def assignment():
    """One exercise of six points: a visible test, a hidden one, and one of partial credit."""
    cells = [
        cell("given", "import math"),
        cell(
            "double",
            f"### BEGIN SOLUTION\n{RIGHT}\n### END SOLUTION",
            solution=True,
            locked=False,
        ),
        cell("double_basics", "assert double(1) == 2", grade=True, points=2),
        cell(
            "double_more",
            "# Other numbers.\n### BEGIN HIDDEN TESTS\n"
            "for secret_number in (0, -7.25):\n"
            "    assert double(secret_number) == 2 * secret_number, 'double of a number is wrong'\n"
            "### END HIDDEN TESTS",
            grade=True,
            points=3,
        ),
        cell("double_part", "0.5 if double(2) == 4 else 0.0", grade=True, points=1),
    ]
    kernel = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
    return new_notebook(cells=cells, metadata={"kernelspec": kernel})


@functools.cache
def empty_gradebook() -> bytes:
    """Return a gradebook without entries, made by nbgrader: that takes it seconds each time."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(ROOT / "nbgrader_config.py", folder)
        with open_course(Path(folder)).gradebook():
            pass
        return Path(folder, "gradebook.db").read_bytes()


class Class:
    """A course with one assignment, and students who hand it in.

    It begins with an empty gradebook. With ``gradebook=False`` it has none, and whatever needs one
    has nbgrader make it.
    """

    def __init__(self, root, *, gradebook=True):
        self.root = root
        (root / "source" / "hw").mkdir(parents=True)
        shutil.copy(ROOT / "nbgrader_config.py", root)
        if gradebook:
            (root / "gradebook.db").write_bytes(empty_gradebook())
        nbformat.write(assignment(), root / "source" / "hw" / "hw.ipynb")
        self.home = root.parent / f"{root.name}-home"
        self.home.mkdir()

    def environ(self):
        path = f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin"
        threads = {"OMP_NUM_THREADS": "1", "TQDM_DISABLE": "1"}
        # Under `make coverage`, what instructors start is measured as well.
        measured = {name: text for name, text in os.environ.items() if name.startswith("COVERAGE_")}
        own = {"PATH": path, "HOME": str(self.home), "PYTHONPATH": str(ROOT)}
        return own | threads | measured

    def nbgrader(self, *arguments):
        command = [sys.executable, "-m", "nbgrader", *arguments]
        result = subprocess.run(
            command, cwd=self.root, env=self.environ(), capture_output=True, text=True
        )
        assert result.returncode == 0, result.stderr[-2000:]
        return result.stdout + result.stderr

    def hands_in(self, student, answer=RIGHT, *, name="hw"):
        notebook = assignment()
        for each in notebook.cells:
            if each.id == "double":
                each.source = answer
            elif each.id == "double_more":
                each.source = "# Other numbers."
        folder = self.root / "submitted" / student / "hw"
        folder.mkdir(parents=True, exist_ok=True)
        nbformat.write(notebook, folder / f"{name}.ipynb")
        return folder / f"{name}.ipynb"

    def start(self, *options, assignment="hw", **environ):
        command = [PYTHON, "-m", "embeddings_course.cli", "grade", assignment, *options]
        return subprocess.Popen(
            command,
            cwd=self.root,
            env=self.environ() | environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def grade(self, *options, assignment="hw"):
        """Grade by `course grade` in this process; return its status and what it printed.

        Graders and kernels have processes of their own all the same. A process for the command,
        which loads nbgrader again, takes longer than to grade a submission: see `grade_apart`.
        """
        return self.command("grade", assignment, *options)

    def grade_apart(self, *options, patience=300, **settings):
        """Grade by `course grade` in a process of its own, as instructors do."""
        process = self.start(*options, **settings)
        self.run_number = process.pid
        said, _ = process.communicate(timeout=patience)
        return process.returncode, said

    def command(self, *arguments):
        """Run a command of the course in this process; return its status and what it printed."""
        if "--course" not in arguments:
            arguments = (*arguments, "--course", str(self.root))
        said = io.StringIO()
        quiet = mock.patch.dict(os.environ, {"TQDM_DISABLE": "1"})
        with quiet, contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            try:
                status = cli.main([str(each) for each in arguments])
            except SystemExit as end:  # argparse refuses
                status = end.code
        return status, said.getvalue()

    def release(self, assignment="hw"):
        """Let nbgrader read the assignment into the gradebook, and write what students get."""
        result = open_course(self.root).api.generate_assignment(assignment, force=True, create=True)
        assert result["success"], result

    def is_due(self, when):
        """Set the deadline, in words that nbgrader reads."""
        with self.gradebook() as book:
            book.update_or_create_assignment("hw", duedate=when)

    def records(self):
        return json.loads((self.root / "grading" / "hw.json").read_text())["students"]

    def gradebook(self):
        return open_course(self.root).gradebook()

    def scores(self):
        with self.gradebook() as book:
            return {each.student_id: each.score for each in book.assignment_submissions("hw")}
