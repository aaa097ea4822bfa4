"""What invented students hand in, as an instructor gets it: a class list and Moodle's zip files.

It is made of the course's own assignments: solutions, the wrong answers that graders are tested
with, and what breaks or attacks a grader.
"""

from __future__ import annotations

import csv
import json
import zipfile
from collections.abc import Sequence
from pathlib import Path

import nbformat

from embeddings_course.grading.demo_class.exercise_answers import (
    exercises,
    read_answers,
    with_answers,
)
from embeddings_course.grading.demo_class.quiz_answers import NAME as QUIZ
from embeddings_course.grading.demo_class.quiz_answers import DrawnQuiz
from embeddings_course.grading.demo_class.students import CODE, STUDENTS, WRITTEN, Student, cell_of

ON_TIME, LATE = (2026, 3, 1, 20, 15, 0), (2026, 3, 3, 9, 0, 0)


def notebook_of(student: Student, released: nbformat.NotebookNode, repository: Path) -> bytes:
    """Return the notebook that a student hands in."""
    source = nbformat.read(repository / "source" / CODE / f"{CODE}.ipynb", as_version=4)
    given = repository / "tests" / "assignments" / CODE  # what graders are tested with
    names = list(exercises(source))
    solutions = {cell.id: cell.source for cell in source.cells if cell.id in names}
    answers = {name: solutions[name] for name in names[: student.solved]}
    for name in names[student.solved : student.solved + student.wrong]:
        wrong = [answer for answer in read_answers(given / f"{name}.py") if answer.loses]
        answers[name] = wrong[int(student.id[1:]) % len(wrong)].code
    made = with_answers(released, answers)
    if student.words and student.solved:
        cell_of(made, WRITTEN).source = student.words
    if student.edit is not None:
        student.edit(made)
    text = nbformat.writes(made).encode()
    return student.spoil(text) if student.spoil else text


def quiz_of(student: Student, quiz: DrawnQuiz) -> bytes:
    """Return the record of a student's answers to the quiz; the last ones are wrong."""
    who = student.typed_id or student.id
    answers = {
        shown.id: quiz.answer(shown.id, who, wrong=place >= (student.right or 0))
        for place, shown in enumerate(quiz.sheet.questions)
        if student.right
    }
    return json.dumps(quiz.record(who, answers)).encode()


def write_class_list(path: Path, students: Sequence[Student] = STUDENTS) -> Path:
    """Write the class list, as ``course students`` reads it; return the file."""
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["id", "first_name", "last_name", "email"])
        for each in students:
            rows.writerow([each.id, each.first_name, each.last_name, f"{each.id}@example.org"])
    return path


def write_downloads(
    folder: Path,
    assignments: Path,
    students: Sequence[Student] = STUDENTS,
    *,
    repository: Path,
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
    repository : Path
        Where the sources with the solutions are, and the wrong answers.

    Returns
    -------
    list of Path
        The zip files.
    """
    released = {
        name: nbformat.read(assignments / name / f"{name}.ipynb", as_version=4)
        for name in (CODE, QUIZ)
    }
    quiz = DrawnQuiz(repository / "source")
    written = []
    for name in (CODE, QUIZ):
        path = folder / f"{name}.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for number, student in enumerate(students, start=7001):
                files = {}
                if name == CODE and student.hands_in:
                    files[student.file] = notebook_of(student, released[CODE], repository)
                elif name == QUIZ and student.right is not None:
                    files[f"{QUIZ}.ipynb"] = nbformat.writes(released[QUIZ]).encode()
                    files["answers.json"] = quiz_of(student, quiz)
                place = f"{student.first_name} {student.last_name}_{number}_assignsubmission_file_"
                for file, content in files.items():
                    when = LATE if student.late and name == CODE else ON_TIME
                    archive.writestr(zipfile.ZipInfo(f"{place}/{file}", when), content)
        written.append(path)
    return written
