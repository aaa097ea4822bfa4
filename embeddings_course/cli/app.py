"""``course``: all commands, under headings, in the order in which people need them."""

from __future__ import annotations

import click

from embeddings_course.book_build.lab import keep_lab
from embeddings_course.cli import assignments, book, class_admin, grade, quiz, testing
from embeddings_course.cli.options import needs

_HEADINGS = {
    "For readers and students": (book.book, book.pdf, book.lab, book.clean),
    "For instructors, in the order of a term": (
        assignments.demo_class,
        class_admin.doctor,
        quiz.quiz,
        assignments.assignments,
        assignments.bundle,
        class_admin.students,
        class_admin.collect,
        grade.grade,
        grade.report,
        grade.feedback,
        class_admin.grades,
    ),
    "For contributors": (
        testing.check,
        testing.test,
        testing.test_slow,
        testing.coverage,
        book.links,
        book.notebooks,
        book.bench,
    ),
}


class _Course(click.Group):
    """A group whose help has headings, and which says what to install if a module is missing."""

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands."""
        for heading, commands in _HEADINGS.items():
            with formatter.section(heading):
                rows = [(each.name or "", each.get_short_help_str(limit=200)) for each in commands]
                formatter.write_dl(rows)

    def invoke(self, context: click.Context) -> int | None:
        """Run a command and return its exit status."""
        try:
            return super().invoke(context)
        except ModuleNotFoundError as error:
            if error.name is None or error.name.partition(".")[0] == __package__.partition(".")[0]:
                raise
            command = f"course {context.invoked_subcommand}"
            raise needs(command, [error.name], "instructor") from None


@click.group(
    cls=_Course,
    invoke_without_command=True,
    epilog="course COMMAND --help says more.",
    subcommand_metavar="COMMAND [OPTIONS]",
    options_metavar="",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.pass_context
def course(context: click.Context) -> None:
    """Build the book, check everything, work on it in JupyterLab, grade a class."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help())
        return
    keep_lab(context.obj)


for _commands in _HEADINGS.values():
    for _command in _commands:
        course.add_command(_command)
