"""What nbgrader as it comes makes of the hostile cases: python tests/grading/stock.py

Each case is graded alone between two honest students by ``nbgrader autograde`` without the course's
settings, inside a sandbox that keeps it from this machine. What came of it goes to ``stock.yml``;
``README.md`` is the table of both, and a test compares it with the cases. Takes a quarter of an
hour; name cases to do only these.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import yaml

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parent))

from nbgrader.api import Gradebook  # noqa: E402

from embeddings_course._shared.folders import scratch_folder  # noqa: E402
from grading.cases import CASES  # noqa: E402
from grading.classroom import REPOSITORY  # noqa: E402
from grading.hostile import FULL, Case  # noqa: E402

PLAIN = """
c = get_config()
c.CourseDirectory.course_id = "embeddings"
c.CourseDirectory.release_directory = "assignments"
"""
OUTCOMES = FOLDER / "stock.yml"
PAGE = FOLDER / "README.md"
_SECONDS = 150


def outcome(case: Case) -> str:
    """Grade one case with stock nbgrader, and say what came of it."""
    from grading.test_hostile import Hostile

    with scratch_folder() as scratch:
        course = Hostile(scratch / "course", [case])
        root = course.root
        (root / "nbgrader_config.py").write_text(PLAIN, encoding="utf-8")
        environ = course.environ() | {"HOME": "/tmp/home", "PYTHONPATH": str(REPOSITORY)}
        command = ["bwrap", "--unshare-all", "--die-with-parent", "--new-session", "--clearenv"]
        command += ["--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc"]
        command += ["--size", str(10**9), "--tmpfs", "/tmp", "--dir", "/tmp/home"]
        command += ["--bind", str(root), "/tmp/course", "--chdir", "/tmp/course"]
        for name, value in environ.items():
            command += ["--setenv", name, value]
        limits = ["prlimit", f"--data={6 * 1024**3}", f"--fsize={10**9}"]
        run = [*limits, sys.executable, "-m", "nbgrader", "autograde", "hw"]
        try:
            status = subprocess.run(
                [*command, "--", *run], capture_output=True, timeout=_SECONDS
            ).returncode
        except subprocess.TimeoutExpired:
            status = None
        return _said(root, course.students[case.id], case, status)


def _said(root: Path, student: str, case: Case, status: int | None) -> str:
    scores, said = _scores(root)
    said += _said_of_the_class(root, scores)
    said += _said_of_the_case(root, student, case, scores)
    if status is None:
        said.append("the run hangs")
    elif status != 0:
        said.append(f"the run ends with status {status}")
    return ", ".join(dict.fromkeys(said)) or "right"


def _scores(root: Path) -> tuple[dict[str, float], list[str]]:
    """Return the points by student, and what is wrong with the gradebook."""
    scores: dict[str, float] = {}
    try:
        with Gradebook(f"sqlite:///{root / 'gradebook.db'}") as book:
            for each in book.assignment_submissions("hw"):
                scores[each.student_id] = each.score
    except Exception:  # whatever is left of it
        return scores, ["the gradebook is lost"]
    return scores, []


def _graded(root: Path) -> set[str]:
    return {path.parent.parent.name for path in (root / "autograded").glob("*/hw/hw.ipynb")}


def _said_of_the_class(root: Path, scores: dict[str, float]) -> Iterator[str]:
    """Say what became of others' work."""
    if not (root / "source" / "hw" / "hw.ipynb").exists():
        yield "the solutions are deleted"
    if len(list((root / "submitted").glob("*"))) < 3:
        yield "submissions are deleted"
    for honest in ("s000-honest", "s002-honest"):
        if honest not in _graded(root):
            yield "an honest student is not graded"
        elif scores.get(honest) != FULL:
            yield f"an honest student has {scores.get(honest, 0):g}"


def _said_of_the_case(
    root: Path, student: str, case: Case, scores: dict[str, float]
) -> Iterator[str]:
    """Say what came of the case itself."""
    if student not in _graded(root):
        yield "not graded, 0 in the export"
    elif case.score is None:
        yield f"{scores.get(student, 0):g} points, not flagged"
    elif scores.get(student) != case.score:
        yield f"{scores.get(student, 0):g} points"


def rendered(outcomes: dict[str, str]) -> str:
    """Return the table of all cases."""
    lines = [
        "# The hostile suite",
        "",
        "The cases of `hostile.py` are graded among honest students, who must not notice:",
        "`test_hostile.py` checks the last two columns, and that nothing else changes. The column",
        f"of nbgrader 0.9.6 as it comes was written by `stock.py`. Full marks are {FULL:g}.",
        "",
        "| case | due | nbgrader as it comes | `course grade`: state | flagged |",
        "| --- | --- | --- | --- | --- |",
    ]
    for case in CASES:
        due = "none" if case.state == "unreadable" else "forged" if case.score is None else None
        flagged = {True: "suspicious", False: "", None: "may be"}[case.suspicious]
        if case.forged:
            flagged = "due points, or suspicious"
        if case.known:
            flagged = f"not noticed: {case.known}"
        repaired = {True: "repaired", False: "", None: ""}[case.repaired]
        marks = ", ".join(filter(None, [flagged, repaired]))
        told = outcomes.get(case.id, "not tried")
        lines.append(
            f"| {case.title} | {due or f'{case.score:g}'} | {told} |"
            f" {case.state or 'any'} | {marks} |"
        )
    wrong = sum(told != "right" for told in outcomes.values())
    lines += [
        "",
        f"nbgrader as it comes is right in {len(outcomes) - wrong} of {len(CASES)} cases.",
    ]
    return "\n".join(lines) + "\n"


def read_outcomes() -> dict[str, str]:
    """Read what was found before."""
    return yaml.safe_load(OUTCOMES.read_text(encoding="utf-8")) if OUTCOMES.exists() else {}


def main(names: list[str]) -> None:
    """Grade the named cases, or all, and write the table."""
    if shutil.which("bwrap") is None:
        raise SystemExit(
            "bubblewrap is missing, and without it these cases would harm this machine."
        )
    cases = [case for case in CASES if not names or case.id in names]
    outcomes = read_outcomes()
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for case, told in zip(cases, pool.map(outcome, cases), strict=True):
            outcomes[case.id] = told
            print(f"{case.id}: {told}", flush=True)
            kept = {each.id: outcomes[each.id] for each in CASES if each.id in outcomes}
            OUTCOMES.write_text(yaml.safe_dump(kept, sort_keys=False), encoding="utf-8")
    PAGE.write_text(rendered(read_outcomes()), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
