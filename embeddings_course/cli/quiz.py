"""``course quiz …``: check the bank, draw a graded quiz, export, analyse answers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from embeddings_course._shared.console import say
from embeddings_course.book_build.claims import read_claims
from embeddings_course.cli.options import FILE, PackageCommand, course_here
from embeddings_course.quiz.question_files import (
    QuestionFile,
    QuizError,
    load_bank,
    load_questions,
)


@click.group()
def quiz() -> None:
    """Check, draw, export and analyse quizzes."""


@quiz.command(cls=PackageCommand)
@click.argument("files", nargs=-1, type=FILE)
@click.pass_obj
def check(root: Path, files: tuple[Path, ...]) -> int:
    """Look for weak items in the practice bank.

    FILES are other files of questions, a pool perhaps.
    """
    from embeddings_course.quiz_tools.weak_questions import weak_items

    if files:
        read = [load_questions(path) for path in files]
    else:
        read = list(load_bank(root / "book" / "quizzes").values())
    claims = {claim.id for claim in read_claims(root / "book" / "claims.yml")}
    findings = weak_items(read, claims=claims)
    for finding in findings:
        say(finding.replace(f"{root}/", ""))
    count = sum(len(file.questions) for file in read)
    say(
        f"{count} questions, {len(findings)} to look at."
        if findings
        else f"{count} questions: fine."
    )
    return 1 if findings else 0


@quiz.command()
@click.option("--pool", type=FILE, required=True, help="The pool's YAML file, anywhere.")
@click.option("--term", required=True, help="The seed, such as 2027-spring.")
@click.option("--count", type=int, default=20, show_default=True, help="Questions to draw.")
@click.option("--points", type=float, default=1, show_default=True, help="Points per question.")
@click.option("--name", default="knowledge-check", show_default=True, help="The assignment.")
@click.option("--force", is_flag=True, help="Replace another term's notebook.")
@click.pass_obj
def draw(
    root: Path, pool: Path, term: str, count: int, points: float, name: str, force: bool
) -> None:
    """Draw a graded quiz from a pool and write its assignment to source/."""
    from embeddings_course.quiz_tools.draw import write_assignment

    folder = course_here(root) / "source" / name
    questions = write_assignment(
        load_questions(pool), folder, term=term, count=count, points=points, force=force
    )
    say(f"Drew {len(questions)} questions for {term} into {folder}")
    say(
        "Next: `course assignments`, or `nbgrader generate_assignment "
        f"{name}`. The notebook in source/ holds the keys: keep it where no student reads."
    )


@quiz.command(cls=PackageCommand)
@click.option("--format", type=click.Choice(("moodle", "gift", "qti", "json")), required=True)
@click.option("--out", type=FILE, help="The file to write (default: in _build/export).")
@click.argument("quizzes", metavar="[QUIZ]...", nargs=-1)
@click.pass_obj
def export(root: Path, format: str, out: Path | None, quizzes: tuple[str, ...]) -> None:
    """Write the practice bank for another system: these quizzes (default: all)."""
    from embeddings_course.quiz_tools.export import FORMATS as suffixes
    from embeddings_course.quiz_tools.export import export

    files = _chosen(load_bank(root / "book" / "quizzes"), quizzes)
    out = out or root / "_build" / "export" / f"quizzes{suffixes[format]}"
    out.parent.mkdir(parents=True, exist_ok=True)
    dropped = export(files, format, out)
    count = sum(len(file.questions) for file in files)
    say(f"Wrote {count} questions to {out}")
    for sentence in dropped:
        say(f"  {sentence}")


def _chosen(bank: dict[str, QuestionFile], names: Sequence[str]) -> list[QuestionFile]:
    if unknown := [name for name in names if name not in bank]:
        raise QuizError(
            [f"There is no quiz {', '.join(unknown)}. There are: {', '.join(sorted(bank))}."]
        )
    return [bank[name] for name in names or bank]


@quiz.command()
@click.argument("folder", type=FILE)
@click.option("--quiz", required=True, help="The quiz, or the graded assignment's name.")
@click.option("--pool", type=FILE, help="The pool of a graded quiz.")
@click.option("--out", type=FILE, help="Folder for the report (default: _build/report).")
@click.pass_obj
def report(root: Path, folder: Path, quiz: str, pool: Path | None, out: Path | None) -> None:
    """Analyse the answers in a folder of collected records.

    FOLDER is searched for records, such as submitted/.
    """
    from embeddings_course.quiz_tools.answer_report import write_answer_report

    root = course_here(root)
    out = out or root / "_build" / "report"
    count = write_answer_report(root, folder, quiz, out, pool=pool, say=say)
    say(f"{count} records. The report and its plot: {out / quiz}.md, .png")
