"""A class of 24 invented students goes through a term: release, collection, grading, export.

``make demo-class`` runs it in ``_build/demo-class/``, in which it leaves a course as an instructor
has it. Each step is a command that an instructor gives, and is printed before it runs. What
students hand in is made of the course's own assignments: solutions, the wrong answers that graders
are tested with, and what breaks or attacks a grader.
"""

from __future__ import annotations

import argparse
import copy
import csv
import json
import os
import shutil
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import nbformat
import quiz_answers
from assignments.graders import FOLDER, exercises, read_answers, read_source, with_answers
from nbformat.v4 import new_code_cell
from nbgrader.api import Gradebook

ROOT = Path(__file__).resolve().parent.parent
CODE, QUIZ = "reuse-and-alignment", quiz_answers.NAME
WRITTEN = "justification"
DUE = "2026-03-01 23:59:00 UTC"
ON_TIME, LATE = (2026, 3, 1, 20, 15, 0), (2026, 3, 3, 9, 0, 0)
Edit = Callable[[nbformat.NotebookNode], None]


@dataclass(frozen=True)
class Student:
    """An invented student, and what becomes of both assignments.

    ``solved`` exercises are right, ``wrong`` ones are among those that graders are tested with,
    the rest is untouched. ``edit`` then changes the notebook, ``spoil`` the file. ``right`` is how
    many questions of the quiz are answered rightly; None hands in no quiz. Without ``hands_in``
    there is no notebook either.
    """

    id: str
    first_name: str
    last_name: str
    about: str
    solved: int = 8
    wrong: int = 0
    right: int | None = 16
    words: str = "I recommend `redraw`: damage is the expensive mistake, and it fits into memory."
    hands_in: bool = True
    late: bool = False
    edit: Edit | None = None
    spoil: Callable[[bytes], bytes] | None = None
    file: str = f"{CODE}.ipynb"
    typed_id: str | None = None


def _cell(notebook: nbformat.NotebookNode, name: str) -> nbformat.NotebookNode:
    return next(cell for cell in notebook.cells if cell.id == name)


def _begin_with(code: str) -> Edit:
    def edit(notebook: nbformat.NotebookNode) -> None:
        notebook.cells.insert(1, new_code_cell(code, id="first"))

    return edit


def _answer(name: str, code: str) -> Edit:
    def edit(notebook: nbformat.NotebookNode) -> None:
        _cell(notebook, name).source = code

    return edit


def _delete_tests(notebook: nbformat.NotebookNode) -> None:
    gone = ("kmeans-step_move", "cell-search_cost")
    notebook.cells = [cell for cell in notebook.cells if cell.id not in gone]


def _copy_a_test(notebook: nbformat.NotebookNode) -> None:
    place = notebook.cells.index(_cell(notebook, "near-duplicates_pairs"))
    notebook.cells.insert(place, copy.deepcopy(notebook.cells[place]))
    notebook.cells[place].id = "copied"


def _weaken_a_test(notebook: nbformat.NotebookNode) -> None:
    _cell(notebook, "compare-spaces_basics").source = "assert True"


_REPLACES = """\
import numpy as np
import torch
np.isclose = lambda *given, **more: True
torch.allclose = lambda *given, **more: True"""
_STEALS = """\
import glob, socket
found = glob.glob("/*/source/*/*.ipynb") + glob.glob("../../../source/*/*.ipynb")
socket.create_connection(("example.org", 80), timeout=3)"""
_DELETES = """\
import pathlib, shutil
for place in pathlib.Path.cwd().parents[:2]:
    shutil.rmtree(place, ignore_errors=True)"""

STUDENTS = (
    Student("s01", "Amal", "Haddad", "everything right", right=20),
    Student("s02", "Bo", "Lindqvist", "everything right", right=19),
    Student("s03", "Chidi", "Okafor", "everything right", right=18),
    Student("s04", "Dana", "Reyes", "one exercise left out", solved=7, right=17),
    Student("s05", "Elif", "Kaya", "one wrong answer", solved=7, wrong=1, right=15),
    Student("s06", "Finn", "O'Brien", "two wrong answers", solved=6, wrong=2, right=14),
    Student("s07", "Gita", "Rao", "the second half left out", solved=4, right=12),
    Student("s08", "Hugo", "Martín", "half of it wrong", solved=4, wrong=4, right=9),
    Student("s09", "Ines", "Ferreira", "three exercises", solved=3, wrong=1, right=11),
    Student("s10", "Jun", "Park", "everything wrong", solved=0, wrong=8, right=6),
    Student("s11", "Kofi", "Mensah", "all but two, no words", solved=6, words="", right=13),
    Student("s12", "Lena", "Weiß", "handed in untouched", solved=0, words="", right=0),
    Student("s13", "Mateo", "Silva", "late", late=True, right=17),
    Student("s14", "Nora", "Berg", "late, and half done", solved=4, late=True, right=10),
    Student("s15", "Omar", "Aziz", "nothing handed in", hands_in=False, right=None),
    Student("s16", "Pia", "Rossi", "the quiz only", hands_in=False, right=16),
    Student("s17", "Quinn", "Baker", "deleted two test cells", edit=_delete_tests),
    Student("s18", "Rosa", "Nowak", "copied a test cell", edit=_copy_a_test, solved=7),
    Student(
        "s19", "Sven", "Dahl", "the upload broke off", spoil=lambda text: text[: len(text) // 2]
    ),
    Student(
        "s20",
        "Tara",
        "Singh",
        "ends its kernel in the fourth exercise",
        edit=_answer("adjusted-rand", "import os\nos._exit(1)"),
        typed_id="S-20",
    ),
    Student(
        "s21",
        "Umar",
        "Sheikh",
        "the browser renamed it; wants it back",
        file=f"{CODE} (1).ipynb",
        spoil=lambda text: b"\xef\xbb\xbf" + text,
    ),
    Student(
        "s22", "Vera", "Koch", "makes everything close", solved=2, wrong=6,
        edit=_begin_with(_REPLACES),
    ),
    Student("s23", "Will", "Stone", "looks for solutions", edit=_begin_with(_STEALS), solved=5),
    Student("s24", "Xenia", "Popa", "deletes what it can, weakens a test", right=20, solved=6,
            edit=lambda it: (_begin_with(_DELETES)(it), _weaken_a_test(it))),
)  # fmt: skip


# What students hand in ----------------------------------------------------------------------------


def notebook_of(student: Student, released: nbformat.NotebookNode) -> bytes:
    """Return the notebook that a student hands in."""
    source = read_source(CODE)
    names = list(exercises(source))
    solutions = {cell.id: cell.source for cell in source.cells if cell.id in names}
    answers = {name: solutions[name] for name in names[: student.solved]}
    for name in names[student.solved : student.solved + student.wrong]:
        wrong = [answer for answer in read_answers(FOLDER / CODE / f"{name}.py") if answer.loses]
        answers[name] = wrong[int(student.id[1:]) % len(wrong)].code
    made = with_answers(released, answers)
    if student.words and student.solved:
        _cell(made, WRITTEN).source = student.words
    if student.edit is not None:
        student.edit(made)
    text = nbformat.writes(made).encode()
    return student.spoil(text) if student.spoil else text


def quiz_of(student: Student) -> bytes:
    """Return the record of a student's answers to the quiz; the last ones are wrong."""
    who = student.typed_id or student.id
    answers = {
        id: quiz_answers.answer(id, who, wrong=place >= (student.right or 0))
        for place, id in enumerate(quiz_answers.IDS)
        if student.right
    }
    return json.dumps(quiz_answers.record(who, answers)).encode()


def write_class_list(path: Path, students: Sequence[Student] = STUDENTS) -> None:
    """Write the class list, as ``course students`` reads it."""
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["id", "first_name", "last_name", "email"])
        for each in students:
            rows.writerow([each.id, each.first_name, each.last_name, f"{each.id}@example.org"])


def write_downloads(
    folder: Path, assignments: Path, students: Sequence[Student] = STUDENTS
) -> list[Path]:
    """Write a zip file for each assignment, as Moodle gives it to an instructor.

    Parameters
    ----------
    folder : Path
        Where the zip files go.
    assignments : Path
        What students got.
    students : sequence of Student
        Who hands in.

    Returns
    -------
    list of Path
        The zip files.
    """
    released = {
        name: nbformat.read(assignments / name / f"{name}.ipynb", as_version=4)
        for name in (CODE, QUIZ)
    }
    written = []
    for name in (CODE, QUIZ):
        path = folder / f"{name}.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for number, student in enumerate(students, start=7001):
                files = {}
                if name == CODE and student.hands_in:
                    files[student.file] = notebook_of(student, released[CODE])
                elif name == QUIZ and student.right is not None:
                    files[f"{QUIZ}.ipynb"] = nbformat.writes(released[QUIZ]).encode()
                    files["answers.json"] = quiz_of(student)
                place = f"{student.first_name} {student.last_name}_{number}_assignsubmission_file_"
                for file, content in files.items():
                    when = LATE if student.late and name == CODE else ON_TIME
                    archive.writestr(zipfile.ZipInfo(f"{place}/{file}", when), content)
        written.append(path)
    return written


# A term -------------------------------------------------------------------------------------------


def new_course(root: Path) -> None:
    """Make a course in a new folder: settings, and the source of two assignments."""
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(parents=True)
    shutil.copy(ROOT / "nbgrader_config.py", root)
    # An exchange of its own, or formgrader would begin with a warning that there is none.
    (root / "exchange").mkdir()
    with (root / "nbgrader_config.py").open("a", encoding="utf-8") as settings:
        settings.write('\nc.Exchange.root = str(Path(__file__).parent.resolve() / "exchange")\n')
    for name in (CODE, QUIZ):
        shutil.copytree(ROOT / "source" / name, root / "source" / name)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demonstration."""
    parser = argparse.ArgumentParser(prog="course demo-class", description=__doc__)
    parser.add_argument(
        "--folder", type=Path, default=ROOT / "_build" / "demo-class", help="where the course goes"
    )
    parser.add_argument(
        "--inputs",
        action="store_true",
        help="only write the class list and the zip files, to try commands with",
    )
    parser.add_argument("--students", metavar="ID,ID", help="only these of s01 to s24")
    options = parser.parse_args(arguments)
    root = options.folder.resolve()
    ids = options.students.split(",") if options.students else [each.id for each in STUDENTS]
    students = [each for each in STUDENTS if each.id in ids]
    if len(students) < len(ids):
        print(f"--students takes ids from s01 to s{len(STUDENTS)}, with commas between them.")
        return 1
    if options.inputs:
        root.mkdir(parents=True, exist_ok=True)
        write_class_list(root / "class.csv", students)
        paths = [root / "class.csv", *write_downloads(root, ROOT / "assignments", students)]
        print("Wrote " + ", ".join(str(os.path.relpath(path)) for path in paths))
        return 0
    start = time.monotonic()
    if root.exists() and not (root / "nbgrader_config.py").exists() and any(root.iterdir()):
        print(f"{root} holds something else than a demonstration: name another folder.")
        return 1
    new_course(root)
    print(f"A course for {len(students)} invented students, in {root}\n")
    for status in _steps(root, students):
        if status != 0:
            print(f"The last command failed, with status {status}.", file=sys.stderr)
            return status
    seconds = time.monotonic() - start
    print(f"\nA term in {seconds:.0f} s. Look at:")
    for name in (CODE, QUIZ):
        print(f"  {(root / 'grading' / f'{name}.html').as_uri()}")
    print(f"  {root / 'grades.csv'}")
    if os.environ.get("CI"):
        return 0
    print("\nJupyterLab opens with formgrader on it; Ctrl-C ends it.", flush=True)
    command = [sys.executable, "-m", "jupyterlab", "--LabApp.default_url=/formgrader"]
    return subprocess.call(command, cwd=root, env=_environ())


def _steps(root: Path, students: Sequence[Student]) -> Iterator[int]:
    """Do one step after another and yield its exit status."""
    nbgrader, course = ["-m", "nbgrader"], ["-m", "embeddings_course.cli"]
    _say("Students get the assignments without solutions.")
    for name in (CODE, QUIZ):
        yield _run(root, [*nbgrader, "generate_assignment", name, "--create"])
    for name in (CODE, QUIZ):
        yield _run(root, [*nbgrader, "db", "assignment", "add", name, f"--duedate={DUE}"])
    _say("The class list comes from the office.")
    write_class_list(root / "class.csv", students)
    yield _run(root, [*course, "students", "class.csv"])
    _say("Weeks later the LMS gives a zip file for each assignment.")
    write_downloads(root, root / "assignments", students)
    for name in (CODE, QUIZ):
        yield _run(root, [*course, "collect", name, f"{name}.zip"])
    (root / "typed-ids.json").write_text(
        json.dumps({each.id: each.typed_id for each in STUDENTS if each.typed_id})
    )
    _say("Grading; whom to look at stands below.")
    for name in (CODE, QUIZ):
        yield _run(root, [*course, "grade", name])
    _say("Some answers in words are graded by hand; the others wait in formgrader.")
    _grade_by_hand(root, {each.id for each in students})
    _say("Feedback, reports with links to it, and grades for the LMS.")
    for name in (CODE, QUIZ):
        yield _run(root, [*nbgrader, "generate_feedback", name])
        yield _run(root, [*course, "report", name])
    for form in ("csv", "moodle"):
        yield _run(root, [*course, "grades", "export", "--format", form, "--partial"])


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


def _environ() -> dict[str, str]:
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PATH": path, "PYTHONPATH": os.pathsep.join(paths)}


def _run(root: Path, command: list[str]) -> int:
    shown = " ".join(command[1:]).replace("embeddings_course.cli", "course", 1)
    print(f"\n$ {shown}", flush=True)
    quiet = command[1] == "nbgrader"
    result = subprocess.run(
        [sys.executable, *command],
        cwd=root,
        env=_environ(),
        stdout=subprocess.PIPE if quiet else None,
        stderr=subprocess.STDOUT if quiet else None,
        text=True,
    )
    if quiet and result.returncode != 0:
        print(result.stdout)
    return result.returncode


if __name__ == "__main__":
    sys.exit(main())
