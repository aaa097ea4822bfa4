"""What several commands share: which folder they work on, and the packages that they need."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from embeddings_course._shared.messages import Message
from embeddings_course.environment.course_folder import CONFIGURATION, course_folder, require_own
from embeddings_course.environment.optional_packages import missing, pip_line

# Settings for a command whose unknown options go to another program, as `arguments`.
PASSES_ON = {"ignore_unknown_options": True}
FILE = click.Path(path_type=Path)


class PackageCommand(click.Command):
    """A command about the copy that the package comes from; its function gets that folder.

    Parameters
    ----------
    extras : sequence of str
        The extras of pyproject.toml without which it cannot do its work.
    """

    def __init__(self, *given: Any, extras: Sequence[str] = (), **settings: Any):
        super().__init__(*given, **settings)
        self.extras = extras

    def invoke(self, context: click.Context) -> Any:
        """Run the command, unless it would do nothing sensible here."""
        root, command = context.obj, context.command_path
        if not (root / "_toc.yml").is_file():
            raise click.ClickException(
                Message(
                    "command-needs-clone",
                    f"{root} is an installed package, not a clone of the course: "
                    f"{context.info_name} "
                    "needs the repository's book/ and assignments/. Run it in a clone.",
                )
            )
        if absent := [name for extra in self.extras for name in missing(extra)]:
            raise needs(command, absent, *self.extras)
        require_own(root, command)
        return super().invoke(context)


def needs(command: str, packages: Sequence[str], *extras: str) -> click.ClickException:
    """Say what a command lacks, and the line that installs it."""
    are = "which is" if len(packages) == 1 else "which are"
    return click.ClickException(
        f"`{command}` needs {', '.join(packages)}, {are} not installed: in the repository's root, "
        f"`{pip_line(*extras)}` installs what it needs."
    )


def course_here(root: Path) -> Path:
    """Return the course of the current folder, for a command that writes there.

    Raises
    ------
    click.ClickException
        If the current folder is in no course, and the package comes from none either.
    """
    folder = course_folder(root)
    if not (folder / CONFIGURATION).is_file():
        raise click.ClickException(
            f"There is no course here: no {CONFIGURATION} in this folder or in one above it."
        )
    return folder


def course_options(command: Callable) -> Callable:
    """Give a command ``--course`` and ``--db``, as the arguments `folder` and `db`."""
    command = click.option(
        "--db",
        metavar="URL",
        help="Another gradebook than the configured one (postgresql://…); without it, the variable "
        "COURSE_GRADEBOOK of the environment can say so, where a password does not show in the "
        "list of running programs.",
    )(command)
    return click.option(
        "--course",
        "folder",
        metavar="FOLDER",
        type=FILE,
        callback=lambda context, _, named: named or course_folder(context.obj),
        help=f"The folder with {CONFIGURATION} (default: this one, or the nearest above it).",
    )(command)


def passes_on(command: Callable) -> Callable:
    """Give a command the argument `arguments`: all that it does not know itself."""
    return click.argument("arguments", nargs=-1, type=click.UNPROCESSED)(command)


def run_program(command: Sequence[str], **settings: Any) -> int:
    """Run a program until it ends by itself; on Ctrl-C it cleans up first, as it got it too."""
    with subprocess.Popen(command, **settings) as child:
        while True:
            try:
                return child.wait()
            except KeyboardInterrupt:
                continue
            except SystemExit:
                child.terminate()
                raise
