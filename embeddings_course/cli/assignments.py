"""``course demo-class``, ``assignments`` and ``bundle``: before a class begins."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from embeddings_course.cli.options import (
    PASSES_ON,
    PackageCommand,
    course_here,
    passes_on,
    run_program,
)


@click.command("demo-class", cls=PackageCommand, context_settings=PASSES_ON)
@passes_on
@click.pass_obj
def demo_class(root: Path, arguments: tuple[str, ...]) -> int:
    """An invented class goes through a whole term, to look at.

    With --inputs it only writes a class list and what the class submits, to try commands with;
    --students ID,ID takes only these of s01 to s24, and --folder FOLDER says where the files go
    (default: _build/demo-class).
    """
    script = root / "tests" / "demo_class.py"
    if not script.exists():
        raise click.ClickException(f"{script} is missing: it invents the class.")
    return run_program([sys.executable, str(script), *arguments])


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
