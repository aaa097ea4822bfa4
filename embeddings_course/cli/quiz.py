"""``course quiz …``: check the bank, draw a graded quiz, export, analyse answers."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from embeddings_course._shared.console import say
from embeddings_course.book_build.claims import read_claims
from embeddings_course.quiz.question_files import QuestionFile, QuizError, load_bank, load_questions
from embeddings_course.quiz.question_types import Question

_PACKAGE = Path(__file__).resolve().parent.parent
FORMATS = ("moodle", "gift", "qti", "json")


def add_commands(parser: argparse.ArgumentParser) -> None:
    """Give a parser the commands and their options."""
    commands = parser.add_subparsers(dest="what", metavar="WHAT", required=True)

    def add(name: str, run, help: str, about: str = "package") -> argparse.ArgumentParser:
        description = f"{help[0].upper()}{help[1:]}."
        command = commands.add_parser(name, help=help, description=description, allow_abbrev=False)
        command.set_defaults(run=run, about=about)
        return command

    check = add("check", _check, "look for weak items in the practice bank")
    check.add_argument(
        "files", nargs="*", type=Path, help="other files of questions, a pool perhaps"
    )

    draw = add(
        "draw",
        _draw,
        "draw a graded quiz from a pool and write its assignment to source/",
        about="course",
    )
    draw.add_argument("--pool", type=Path, required=True, help="the pool's YAML file, anywhere")
    draw.add_argument("--term", required=True, help="the seed, such as 2027-spring")
    draw.add_argument("--count", type=int, default=20, help="questions to draw (20)")
    draw.add_argument("--points", type=float, default=1, help="points for each question (1)")
    draw.add_argument("--name", default="knowledge-check", help="the assignment (knowledge-check)")
    draw.add_argument("--force", action="store_true", help="replace another term's notebook")

    export = add("export", _export, "write the practice bank for another system")
    export.add_argument("--format", choices=FORMATS, required=True)
    export.add_argument("--out", type=Path, help="the file to write (default: in _build/export)")
    export.add_argument("quizzes", nargs="*", metavar="QUIZ", help="only these (default: all)")

    report = add(
        "report", _report, "analyse the answers in a folder of collected records", "course"
    )
    report.add_argument("folder", type=Path, help="searched for records, such as submitted/")
    report.add_argument("--quiz", required=True, help="the quiz, or the graded assignment's name")
    report.add_argument("--pool", type=Path, help="the pool of a graded quiz")
    report.add_argument("--out", type=Path, help="folder for the report (default: _build/report)")


def _check(root: Path, options: argparse.Namespace, rest: list[str]) -> int:
    from embeddings_course.quiz_tools.weak_questions import weak_items

    if options.files:
        files = [load_questions(path) for path in options.files]
    else:
        files = list(load_bank(root / "book" / "quizzes").values())
    claims = {claim.id for claim in read_claims(root / "book" / "claims.yml")}
    findings = weak_items(files, claims=claims)
    for finding in findings:
        say(finding.replace(f"{root}/", ""))
    count = sum(len(file.questions) for file in files)
    say(
        f"{count} questions, {len(findings)} to look at."
        if findings
        else f"{count} questions: fine."
    )
    return 1 if findings else 0


def _draw(root: Path, options: argparse.Namespace, rest: list[str]) -> int:
    from embeddings_course.quiz_tools.draw import write_assignment

    folder = root / "source" / options.name
    questions = write_assignment(
        load_questions(options.pool),
        folder,
        term=options.term,
        count=options.count,
        points=options.points,
        force=options.force,
    )
    say(f"Drew {len(questions)} questions for {options.term} into {folder}")
    say(
        "Next: `course assignments`, or `nbgrader generate_assignment "
        f"{options.name}`. The notebook in source/ holds the keys: keep it where no student reads."
    )
    return 0


def _export(root: Path, options: argparse.Namespace, rest: list[str]) -> int:
    from embeddings_course.quiz_tools.export import FORMATS as suffixes
    from embeddings_course.quiz_tools.export import export

    files = _chosen(load_bank(root / "book" / "quizzes"), options.quizzes)
    out = options.out or root / "_build" / "export" / f"quizzes{suffixes[options.format]}"
    out.parent.mkdir(parents=True, exist_ok=True)
    dropped = export(files, options.format, out)
    count = sum(len(file.questions) for file in files)
    say(f"Wrote {count} questions to {out}")
    for sentence in dropped:
        say(f"  {sentence}")
    return 0


def _numbers(folder: Path) -> dict[str, str]:
    """Return what grading calls each question that was drawn; nothing where no draw is at hand."""
    from embeddings_course.quiz.graded_sheet import QUESTIONS, read_sheet

    try:
        drawn = read_sheet(folder / QUESTIONS).questions
    except QuizError:
        return {}
    return {question.id: f"question-{number}" for number, question in enumerate(drawn, start=1)}


def _chosen(bank: dict[str, QuestionFile], names: Sequence[str]) -> list[QuestionFile]:
    if unknown := [name for name in names if name not in bank]:
        raise QuizError(
            [f"There is no quiz {', '.join(unknown)}. There are: {', '.join(sorted(bank))}."]
        )
    return [bank[name] for name in names or bank]


def _report(root: Path, options: argparse.Namespace, rest: list[str]) -> int:
    from embeddings_course.quiz_tools import item_analysis

    # A graded quiz and a practice quiz may have one name; only the graded one has a pool.
    collected = item_analysis.collect_records(
        options.folder, options.quiz, graded=bool(options.pool)
    )
    if options.pool:
        asked = {id for record in collected.records for id in record.answers}
        questions: list[Question] = [
            question for question in load_questions(options.pool).questions if question.id in asked
        ]
    else:
        own = root / "book" / "quizzes"  # a course of its own has no book
        bank = load_bank(own if own.is_dir() else _PACKAGE.parent / "book" / "quizzes")
        if options.quiz not in bank:
            raise QuizError(
                [
                    f"{options.quiz!r} is no practice quiz. There are: {', '.join(sorted(bank))}. "
                    "For a graded quiz name its pool with --pool."
                ]
            )
        questions = list(bank[options.quiz].questions)
    if not collected.records or not questions:
        for problem in collected.problems:
            say(problem)
        raise QuizError(
            [f"{options.folder} holds no answers to {options.quiz!r} that can be used."]
        )
    statistics = item_analysis.analyse(questions, collected.records)
    numbers = _numbers(root / "source" / options.quiz) if options.pool else {}
    problems = [*collected.problems, *item_analysis.left_out(questions, collected.records)]
    out = options.out or root / "_build" / "report"
    out.mkdir(parents=True, exist_ok=True)
    text = item_analysis.to_markdown(
        statistics, title=options.quiz, problems=problems, numbers=numbers
    )
    (out / f"{options.quiz}.md").write_text(text, encoding="utf-8")
    (out / f"{options.quiz}.csv").write_text(item_analysis.to_csv(statistics), encoding="utf-8")
    answers = item_analysis.answers_to_csv(statistics)
    (out / f"{options.quiz}-answers.csv").write_text(answers, encoding="utf-8")
    # A file is looked at on its own, where a transparent ground would be any colour.
    figure = item_analysis.plot(statistics)
    figure.savefig(out / f"{options.quiz}.png", dpi=150, bbox_inches="tight", facecolor="white")
    for line in item_analysis.look_at(statistics, numbers):
        say(line)
    say(f"{len(collected.records)} records. The report and its plot: {out / options.quiz}.md, .png")
    return 0
