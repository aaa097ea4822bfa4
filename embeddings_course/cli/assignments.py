"""``course demo-class``, ``assignments`` and ``bundle``: before a class begins."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from embeddings_course.cli.options import FILE, PackageCommand, course_here, run_program
from embeddings_course.environment.course_folder import CONFIGURATION

if TYPE_CHECKING:
    from embeddings_course.grading.demo_class.students import Student


def _named(_: click.Context, __: click.Parameter, ids: str | None) -> list[Student]:
    """Return the students with some ids, or all of them."""
    from embeddings_course.grading.demo_class.students import STUDENTS

    named = ids.split(",") if ids else [each.id for each in STUDENTS]
    students = [each for each in STUDENTS if each.id in named]
    if len(students) < len(named):
        raise click.ClickException(
            f"--students takes ids from s01 to s{len(STUDENTS)}, with commas between them."
        )
    return students


@click.command("demo-class", cls=PackageCommand)
@click.option(
    "--folder", type=FILE, help="Where the files go (default: _build/demo-class).", metavar="FOLDER"
)
@click.option(
    "--inputs",
    is_flag=True,
    help="Only write a class list and what the class submits, to try commands with.",
)
@click.option("--students", callback=_named, metavar="ID,ID", help="Take only these of s01 to s24.")
@click.pass_obj
def demo_class(root: Path, folder: Path | None, inputs: bool, students: list[Student]) -> int:
    """An invented class goes through a whole term, to look at."""
    from embeddings_course.grading.demo_class.hand_ins import write_class_list, write_downloads
    from embeddings_course.grading.demo_class.term import environment, go_through_a_term

    course = (folder or root / "_build" / "demo-class").resolve()
    if inputs:
        course.mkdir(parents=True, exist_ok=True)
        paths = [write_class_list(course / "class.csv", students)]
        paths += write_downloads(course, root / "assignments", students, repository=root)
        print("Wrote " + ", ".join(str(os.path.relpath(path)) for path in paths))
        return 0
    if course.exists() and not (course / CONFIGURATION).exists() and any(course.iterdir()):
        raise click.ClickException(
            f"{course} holds something else than a demonstration: name another folder."
        )
    if (status := go_through_a_term(course, students, repository=root)) or os.environ.get("CI"):
        return status
    print("\nJupyterLab opens with formgrader on it; Ctrl-C ends it.", flush=True)
    command = [sys.executable, "-m", "jupyterlab", "--LabApp.default_url=/formgrader"]
    return run_program(command, cwd=course, env=environment(root))


@click.command()
@click.pass_obj
def assignments(root: Path) -> None:
    """Write assignments/ again from source/, with nbgrader."""
    from embeddings_course.grading.release import generate_assignments

    folder = course_here(root)
    for name in generate_assignments(folder, folder / "assignments"):
        print(f"Wrote {folder / 'assignments' / name}")


@click.command(cls=PackageCommand)
@click.pass_obj
def bundle(root: Path) -> None:
    """Pack what students need into one zip file."""
    from embeddings_course.book_build.student_bundle import write_bundle

    print(f"Wrote {write_bundle(root, root / '_build' / 'embeddings-course-students.zip')}")
