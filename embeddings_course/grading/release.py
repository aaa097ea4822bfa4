"""What students get of each assignment: nbgrader makes it of the notebooks in ``source/``."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from embeddings_course._shared.messages import Message
from embeddings_course.grading.course import check_folder
from embeddings_course.grading.errors import GradingError


def generate_assignments(root: Path, release: Path) -> list[str]:
    """Let nbgrader make what students get of everything in ``source/``.

    The instructor's gradebook is left alone: nbgrader works on a temporary one.

    Parameters
    ----------
    root : Path
        The repository, or another folder with ``source/`` and ``nbgrader_config.py``.
    release : Path
        Where the assignments go.

    Returns
    -------
    list of str
        The names of the assignments.

    Raises
    ------
    GradingError
        If nbgrader refuses one, with its reason.
    """
    check_folder(root)
    names = sorted({path.parent.name for path in (root / "source").glob("*/*.ipynb")})
    with tempfile.TemporaryDirectory() as scratch:
        command = [sys.executable, "-m", "nbgrader", "generate_assignment", "--force", "--create"]
        command.append(f"--CourseDirectory.db_url=sqlite:///{scratch}/gradebook.db")
        command.append(f"--CourseDirectory.release_directory={release}")
        # nbgrader calls alembic, which is next to Python whether the environment is active or not.
        scripts = str(Path(sys.executable).parent)
        environ = {**os.environ, "PATH": os.pathsep.join([scripts, os.environ.get("PATH", "")])}
        for name in names:
            if (answers := root / "source" / name / "answers.json").exists():
                raise GradingError(
                    Message(
                        "answers-in-source",
                        f"{answers} is somebody's answers. Students would get them, and in grading "
                        "they would replace the students' own: remove the file.",
                    )
                )
            result = subprocess.run(
                [*command, name],
                cwd=root,
                capture_output=True,
                text=True,
                errors="replace",
                env=environ,
            )
            if result.returncode != 0:
                raise GradingError(f"nbgrader refused {name}: {_reason(result.stderr)}")
    return names


def _reason(log: str) -> str:
    """Return the error in a log of nbgrader; what it says itself only points at a traceback."""
    lines = [line.strip() for line in log.splitlines()]
    errors = [line for line in lines if re.match(r"[\w.]*(Error|Exception): ", line)]
    errors = errors or [line for line in lines if "ERROR" in line]
    return errors[-1] if errors else "no reason given"
