"""What nbgrader as it comes makes of the hostile cases: python tests/grading/stock.py

Each case is graded alone between two honest students by ``nbgrader autograde`` without the course's
settings, inside a sandbox that keeps it from this machine. Attacks on assignments of the course,
which are after points, are graded without the two. What came of it goes to ``stock.yml``;
``README.md`` is the table of both, and a test compares it with the cases. Takes a quarter of an
hour for the cases, and a minute for each attack on an assignment of the course; name cases to do
only these, and say how many at once: python tests/grading/stock.py --jobs 1 own-auc
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import yaml

from helpers.repository import ROOT

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parent))

from nbgrader.api import Gradebook  # noqa: E402

from embeddings_course._shared.folders import scratch_folder  # noqa: E402
from grading.attacks import ATTACKS  # noqa: E402
from grading.cases import CASES  # noqa: E402
from grading.hostile import FULL, Case  # noqa: E402

PLAIN = """
c = get_config()
c.CourseDirectory.course_id = "embeddings"
c.CourseDirectory.release_directory = "assignments"
"""
OUTCOMES = FOLDER / "stock.yml"
PAGE = FOLDER / "README.md"
ALL = [*CASES, *ATTACKS]
_SECONDS = 150


def outcome(case: Case) -> str:
    """Grade one case with stock nbgrader, and say what came of it."""
    from grading.test_forging import attacked
    from grading.test_hostile import Hostile

    with scratch_folder() as scratch:
        place = scratch / "course"
        is_attack = case in ATTACKS
        course = attacked(place, [case], alone=True) if is_attack else Hostile(place, [case])
        root = course.root
        (root / "nbgrader_config.py").write_text(PLAIN, encoding="utf-8")
        environ = course.environ() | {"HOME": "/tmp/home", "PYTHONPATH": str(ROOT)}
        command = ["bwrap", "--unshare-all", "--die-with-parent", "--new-session", "--clearenv"]
        command += ["--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc"]
        command += ["--size", str(10**9), "--tmpfs", "/tmp", "--dir", "/tmp/home"]
        command += ["--bind", str(root), "/tmp/course", "--chdir", "/tmp/course"]
        for name, value in environ.items():
            command += ["--setenv", name, value]
        limits = ["prlimit", f"--data={6 * 1024**3}", f"--fsize={10**9}"]
        run = [*limits, sys.executable, "-m", "nbgrader", "autograde", course.name]
        try:
            status = subprocess.run(
                [*command, "--", *run], capture_output=True, timeout=_SECONDS
            ).returncode
        except subprocess.TimeoutExpired:
            status = None
        return _said(course, case, status)


def _said(course: Any, case: Case, status: int | None) -> str:
    scores, said = _scores(course)
    said += _said_of_the_class(course, course.students[case.id], scores)
    said += _said_of_the_case(course, case, scores)
    if status is None:
        said.append("the run hangs")
    elif status != 0:
        said.append(f"the run ends with status {status}")
    return ", ".join(dict.fromkeys(said)) or "right"


def _scores(course: Any) -> tuple[dict[str, float], list[str]]:
    """Return the points by student, and what is wrong with the gradebook."""
    scores: dict[str, float] = {}
    try:
        with Gradebook(f"sqlite:///{course.root / 'gradebook.db'}") as book:
            for each in book.assignment_submissions(course.name):
                scores[each.student_id] = each.score
    except Exception:  # whatever is left of it
        return scores, ["the gradebook is lost"]
    return scores, []


def _graded(course: Any) -> set[str]:
    found = (course.root / "autograded").glob(f"*/{course.name}/*.ipynb")
    return {path.parent.parent.name for path in found}


def _said_of_the_class(course: Any, student: str, scores: dict[str, float]) -> Iterator[str]:
    """Say what became of others' work."""
    root, name = course.root, course.name
    if not (root / "source" / name / f"{name}.ipynb").exists():
        yield "the solutions are deleted"
    handed_in = {path.name for path in (root / "submitted").glob("*")}
    if not handed_in.issuperset([student, *course.honest]):
        yield "submissions are deleted"
    for honest in course.honest:
        if honest not in _graded(course):
            yield "an honest student is not graded"
        elif scores.get(honest) != course.full:
            yield f"an honest student has {scores.get(honest, 0):g}"


def _said_of_the_case(course: Any, case: Case, scores: dict[str, float]) -> Iterator[str]:
    """Say what came of the case itself."""
    student = course.students[case.id]
    if student not in _graded(course):
        yield "not graded, 0 in the export"
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
        *_table(CASES, outcomes),
        "",
        "## Attacks on the course's assignments",
        "",
        "Those of `attacks/` want points without answers. `test_forging.py` grades them among",
        "students who have all points of the same assignment.",
    ]
    for name in dict.fromkeys(attack.assignment for attack in ATTACKS):
        attacks = [attack for attack in ATTACKS if attack.assignment == name]
        lines += ["", f"### {name}", "", *_table(attacks, outcomes)]
    right = sum(told == "right" for told in outcomes.values())
    lines += ["", f"nbgrader as it comes is right in {right} of {len(ALL)} cases."]
    return "\n".join(lines) + "\n"


def _table(cases: list[Case], outcomes: dict[str, str]) -> list[str]:
    lines = [
        "| case | due | nbgrader as it comes | `course grade`: state | flagged |",
        "| --- | --- | --- | --- | --- |",
    ]
    for case in cases:
        due = "none" if case.score is None else None
        flagged = {True: "suspicious", False: "", None: "may be"}[case.suspicious]
        if case.known:
            flagged = f"not noticed: {case.known}"
        repaired = {True: "repaired", False: "", None: ""}[case.repaired]
        marks = ", ".join(filter(None, [flagged, repaired]))
        told = outcomes.get(case.id, "not tried")
        lines.append(
            f"| {case.title} | {due or f'{case.score:g}'} | {told} |"
            f" {case.state or 'any'} | {marks} |"
        )
    return lines


def read_outcomes() -> dict[str, str]:
    """Read what was found before."""
    return yaml.safe_load(OUTCOMES.read_text(encoding="utf-8")) if OUTCOMES.exists() else {}


def main(names: list[str], jobs: int | None = None) -> None:
    """Grade the named cases, or all, and write the table."""
    if shutil.which("bwrap") is None:
        raise SystemExit(
            "bubblewrap is missing, and without it these cases would harm this machine."
        )
    cases = [case for case in ALL if not names or case.id in names]
    outcomes = read_outcomes()
    with ThreadPoolExecutor(jobs or os.cpu_count()) as pool:
        for case, told in zip(cases, pool.map(outcome, cases), strict=True):
            outcomes[case.id] = told
            print(f"{case.id}: {told}", flush=True)
            kept = {each.id: outcomes[each.id] for each in ALL if each.id in outcomes}
            OUTCOMES.write_text(yaml.safe_dump(kept, sort_keys=False), encoding="utf-8")
    PAGE.write_text(rendered(read_outcomes()), encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="CASE")
    parser.add_argument("--jobs", type=int)
    given = parser.parse_args()
    main(given.names, given.jobs)
