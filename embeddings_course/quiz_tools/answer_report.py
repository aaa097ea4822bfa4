"""The report on a class's answers to one quiz: read the records, analyse them, write the files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from embeddings_course.quiz.graded import QUESTIONS, read_sheet
from embeddings_course.quiz.question_files import Question, QuizError, load_bank, load_questions
from embeddings_course.quiz_tools import item_analysis

_OWN_BANK = Path(__file__).resolve().parents[2] / "book" / "quizzes"


def write_answer_report(
    root: Path,
    folder: Path,
    quiz: str,
    out: Path,
    *,
    pool: Path | None = None,
    say: Callable[[str], None] = print,
) -> int:
    """Analyse the answers in a folder of collected records, and write what came of it.

    Parameters
    ----------
    root : Path
        The course. Its practice bank counts if it has one, else that of this repository.
    folder : Path
        Searched for records.
    quiz : str
        The practice quiz, or the graded assignment.
    out : Path
        Where ``QUIZ.md``, ``QUIZ.csv``, ``QUIZ-answers.csv`` and ``QUIZ.png`` go.
    pool : Path, optional
        The pool of a graded quiz. A practice quiz has none.
    say : callable
        Gets what a person should look at, line by line.

    Returns
    -------
    int
        The number of records.

    Raises
    ------
    QuizError
        If there is no such quiz, or no answers to it.
    """
    # A graded quiz and a practice quiz may have one name; only the graded one has a pool.
    collected = item_analysis.collect_records(folder, quiz, graded=bool(pool))
    if pool:
        asked = {id for record in collected.records for id in record.answers}
        questions = [each for each in load_questions(pool).questions if each.id in asked]
    else:
        questions = _practice_questions(root, quiz)
    if not collected.records or not questions:
        for problem in collected.problems:
            say(problem)
        raise QuizError([f"{folder} holds no answers to {quiz!r} that can be used."])
    statistics = item_analysis.analyse(questions, collected.records)
    numbers = _numbers(root / "source" / quiz) if pool else {}
    problems = [*collected.problems, *item_analysis.left_out(questions, collected.records)]
    texts = {
        f"{quiz}.md": item_analysis.to_markdown(
            statistics, title=quiz, problems=problems, numbers=numbers
        ),
        f"{quiz}.csv": item_analysis.to_csv(statistics),
        f"{quiz}-answers.csv": item_analysis.answers_to_csv(statistics),
    }
    out.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (out / name).write_text(text, encoding="utf-8")
    # A file is looked at on its own, where a transparent ground would be any colour.
    figure = item_analysis.plot(statistics)
    figure.savefig(out / f"{quiz}.png", dpi=150, bbox_inches="tight", facecolor="white")
    for line in item_analysis.look_at(statistics, numbers):
        say(line)
    return len(collected.records)


def _practice_questions(root: Path, quiz: str) -> list[Question]:
    own = root / "book" / "quizzes"  # a course of its own has no book
    bank = load_bank(own if own.is_dir() else _OWN_BANK)
    if quiz not in bank:
        raise QuizError(
            [
                f"{quiz!r} is not a practice quiz. There are: {', '.join(sorted(bank))}. "
                "For a graded quiz name its pool with --pool."
            ]
        )
    return list(bank[quiz].questions)


def _numbers(folder: Path) -> dict[str, str]:
    """Return what grading calls each question that was drawn; nothing where no draw is at hand."""
    try:
        drawn = read_sheet(folder / QUESTIONS).questions
    except QuizError:
        return {}
    return {question.id: f"question-{number}" for number, question in enumerate(drawn, start=1)}
