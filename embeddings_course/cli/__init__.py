"""The ``course`` command: one file for each group of commands, which only delegate.

`app` puts the groups together; `options` has what several commands share.
"""

from __future__ import annotations

import io
import signal
import sys
from pathlib import Path

import click

from embeddings_course._shared.console import say
from embeddings_course._shared.failures import explained, keep_traceback
from embeddings_course.book_build.build import BookError
from embeddings_course.cli.app import course
from embeddings_course.environment.course_folder import ElsewhereError
from embeddings_course.environment.lock import LockedError
from embeddings_course.grading.errors import GradingError
from embeddings_course.quiz.question_files import QuizError

ROOT = Path(__file__).resolve().parents[2]


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return the exit status: 2 if it was called in a wrong way."""
    # A console or a file in an older encoding, as on Windows, gets ? for what it cannot hold.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    # Asked to end, a build ends what it started, like on Ctrl-C.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        return course.main(arguments, prog_name="course", standalone_mode=False, obj=ROOT) or 0
    except click.UsageError as error:
        error.show()
        return error.exit_code
    except click.ClickException as problem:
        say(problem.format_message(), file=sys.stderr)
        return 1
    except (BookError, ElsewhereError, GradingError, LockedError, QuizError) as problem:
        say(problem, file=sys.stderr)
        return 1
    except OSError as error:
        say(f"{explained(error)}\n{keep_traceback()}", file=sys.stderr)
        return 1
    except click.Abort:  # what click makes of Ctrl-C
        print("Interrupted.", file=sys.stderr)
        return 130
