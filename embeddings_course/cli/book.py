"""``course book``, ``pdf``, ``lab``, ``clean``, ``links``, ``notebooks`` and ``bench``."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from embeddings_course._shared.messages import Message
from embeddings_course.book_build.build import Book, build_book, pages
from embeddings_course.cli.options import (
    FILE,
    PASSES_ON,
    PackageCommand,
    passes_on,
    run_program,
)


@click.command(cls=PackageCommand, extras=("book",))
@click.option("--keep-going", is_flag=True, help="Publish a page that fails, too, and mark it.")
@click.pass_obj
def book(root: Path, keep_going: bool) -> None:
    """Execute what changed and build the book in _build/html."""
    built = build(root, keep_going=keep_going)
    for run in built.failed:
        print(f"This page is marked as failed: {run.failed}", file=sys.stderr)
    print(f"The book is ready: {built.index.as_uri()}")


def build(root: Path, *, keep_going: bool = False) -> Book:
    """Build the book, and say how far it is."""
    print("Building the book ...", flush=True)
    built = build_book(
        root, report=lambda line: print(f"  {line}", flush=True), keep_going=keep_going
    )
    count = len(built.executed)
    print(
        f"Executed {count} page{'' if count == 1 else 's'}, "
        f"{len(built.cached)} from the cache, in {built.seconds:.0f} s."
    )
    return built


@click.command(cls=PackageCommand, extras=("pdf",))
@click.option("--code", is_flag=True, help="Print folded code, too; without it, a line says what.")
@click.option(
    "--all",
    "everything",
    is_flag=True,
    help="Print every page, those for instructors and the library's reference among them.",
)
@click.option("--output", type=FILE, help="The file to write, instead of _build/pdf/book.pdf.")
@click.pass_obj
def pdf(root: Path, code: bool, everything: bool, output: Path | None) -> None:
    """Print the built book as one PDF."""
    from embeddings_course.book_build.pdf import print_book

    printed = print_book(
        root,
        output or root / "_build" / "pdf" / "book.pdf",
        report=lambda line: print(f"  {line}", flush=True),
        code=code,
        everything=everything,
    )
    print(
        f"{printed.chapters} chapters on {printed.pages} pages: {printed.path.resolve().as_uri()}"
    )


@click.command(cls=PackageCommand, context_settings=PASSES_ON)
@click.option("--no-start", is_flag=True, help="Only prepare the notebooks.")
@passes_on
@click.pass_obj
def lab(root: Path, no_start: bool, arguments: tuple[str, ...]) -> int:
    """JupyterLab with chapters and assignments.

    Arguments that it does not know go to JupyterLab.
    """
    from embeddings_course.book_build.lab import prepare_lab

    folder = prepare_lab(root)
    if no_start:
        print(f"The notebooks are in {folder}")
        return 0
    return run_program([sys.executable, "-m", "jupyterlab", *arguments], cwd=folder)


@click.command(cls=PackageCommand)
@click.pass_obj
def clean(root: Path) -> None:
    """Remove what was built, except the notebooks of lab."""
    from embeddings_course.environment.clean import clean

    for removed in clean(root):
        print(f"Removed {removed}")


@click.command(cls=PackageCommand)
@click.pass_obj
def links(root: Path) -> int:
    """Ask the network whether what the built book links to is still there."""
    from embeddings_course.book_build.links import ask, external_links

    html = root / "_build" / "html"
    if not (html / "index.html").exists():
        raise click.ClickException(f"There is no book in {html}: build it first, with `make book`.")
    linking = external_links(html)
    answers = ask(linking)
    if answers and all(answer.status is None for answer in answers):
        raise click.ClickException(
            Message(
                "links-no-network",
                f"None of {len(answers)} addresses could be reached ({answers[0].reason}): this "
                "machine seems to have no network, so nothing is known about the links.",
            )
        )
    for answer in answers:
        if answer.verdict != "ok":
            why = f"{answer.status or ''} {answer.reason}".strip()
            print(f"{answer.verdict:8} {answer.url} ({why}), on {', '.join(linking[answer.url])}")
    dead = sum(answer.verdict == "dead" for answer in answers)
    print(f"{len(answers)} links lead out of the book, {dead} of them to nothing.")
    return 1 if dead else 0


@click.command(cls=PackageCommand)
@click.option("--commit", help="What they install; the newest without it.")
@click.pass_obj
def notebooks(root: Path, commit: str | None) -> None:
    """Write the notebooks that Colab and Binder open."""
    from embeddings_course.book_build.launch_branch import configured_repository, write_branch

    repository = configured_repository(root)
    if repository is None:
        print("_config.yml names no repository on GitHub: Colab and Binder have nothing to open.")
        return
    target = root / "_build" / "notebooks"
    written = write_branch(root, pages(root), target, repository, commit)
    print(f"Wrote {len(written)} notebooks to {target}")


@click.command(cls=PackageCommand, extras=("book", "instructor"))
@click.pass_obj
def bench(root: Path) -> int:
    """Measure feature extraction, grading, and the build; print the tables."""
    from embeddings_course.book_build.benchmark import measure_builds

    for name in ("bench_features.py", "bench_grading.py"):
        script = root / "tests" / "benchmarks" / name
        if not script.exists():
            raise click.ClickException(f"{script} is missing: it holds benchmarks.")
        if status := run_program([sys.executable, str(script)]):
            return status
    print(f"\n{measure_builds(root, build)}")
    return 0
