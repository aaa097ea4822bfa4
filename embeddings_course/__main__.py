"""``python -m embeddings_course COMMAND``: what ``make COMMAND`` does, for people without make.

Makes the environment where it is missing, then runs the command with the environment's Python.
This file and those of environment/ that it imports use the standard library only, and syntax that
old Pythons can read, so that a Python which is too old gets a sentence instead of a syntax error.
"""

import signal
import subprocess
import sys
from pathlib import Path

from embeddings_course.environment import bootstrap
from embeddings_course.environment.clean import clean
from embeddings_course.environment.lock import LockedError


def main(arguments):
    """Run one command in the course's environment and return its exit status."""
    root = Path(__file__).resolve().parent.parent
    try:
        bootstrap.check_command(arguments)
        if not (root / "_toc.yml").is_file():
            raise bootstrap.EnvironmentProblem(
                "{} is an installed package, not a clone of the course, and has an environment "
                "already: the command is `course {}`.".format(root, arguments[0])
            )
        # Needs no environment, and must also work where making one failed.
        if arguments == ["clean"]:
            for removed in clean(root):
                print("Removed {}".format(removed))
            return 0
        python = bootstrap.ensure(root, sys.stderr)
    except (bootstrap.EnvironmentProblem, LockedError) as problem:
        sys.stderr.write("{}\n".format(problem))
        return 1
    except OSError as error:
        sys.stderr.write("{}\n".format(error))
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("\nInterrupted. The next run goes on from here.\n")
        return 130
    child = subprocess.Popen([str(python), "-m", "embeddings_course.cli", *arguments])
    signal.signal(signal.SIGTERM, lambda *_: child.terminate())
    while True:
        try:
            status = child.wait()
        except KeyboardInterrupt:
            continue  # The command got it as well, cleans up and says so itself.
        return status if status >= 0 else 128 - status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
