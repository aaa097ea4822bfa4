"""What formgrader must not do: run what students handed in with the rights of its server."""

from __future__ import annotations

from typing import Any

from nbconvert.exporters import NotebookExporter
from nbgrader.converters.base import NbGraderException


class GradedNotebookExporter(NotebookExporter):
    """Writes what ``nbgrader autograde`` made of a notebook; refuses to start in formgrader.

    nbgrader makes its exporter before it touches a submission, so nothing is lost by that. Its
    hooks come later: by then it has deleted what was graded before.
    """

    def __init__(self, config: Any = None, **settings: Any):
        super().__init__(config=config, **settings)
        from nbgrader.server_extensions.formgrader.formgrader import FormgradeExtension

        converter: Any = self.parent
        caller = converter  # nbgrader's converter, its interface for programs, and who uses that
        while caller is not None and not isinstance(caller, FormgradeExtension):
            caller = caller.parent
        if caller is not None:
            about = converter.coursedir
            reason = (
                "Formgrader would run this student's code with your rights, outside of the "
                "sandbox, so it does not. Nothing was run or changed. In a terminal, in the folder "
                f"of the course: course grade {about.assignment_id} --students {about.student_id}"
            )
            converter.log.error("%s", reason)
            raise NbGraderException(reason)
