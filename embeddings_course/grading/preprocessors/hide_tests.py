"""Take hidden tests out of feedback."""

from __future__ import annotations

import ast
import builtins
import re
from typing import Any

import nbformat
from nbformat.notebooknode import NotebookNode
from nbgrader.preprocessors import NbGraderPreprocessor
from nbgrader.utils import is_grade, is_locked

from embeddings_course._shared.syntax import parse

# The whole lines between which nbgrader takes tests out, whatever else stands in them.
_HIDDEN = re.compile(r"^[^\n]*BEGIN HIDDEN TESTS.*?END HIDDEN TESTS[^\n]*$", re.M | re.S)
_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
NOT_SHOWN = "(What was printed or displayed while hidden tests ran is not shown.)\n"
_QUIZ = "from embeddings_course.quiz.graded import "
# As embeddings_course.exercises writes them: a line of a student's own, and an error of its code.
_OWN_LINE = re.compile(r"In (\S+), line \d+ of its cell: (.*)")
_RAISED = re.compile(r"it raised ([^\s:.]+)[:.].*", re.S)
# A student's code can send errors of these names, so the words are not taken from them.
_OF_THE_GRADER = {
    "CellTimeoutError": "No reply from kernel before timeout.",
    "NotRun": "The kernel had ended, or the time was over. This was not graded by running it.",
    "NoGrade": "The result is not a number of points.",
}


class HideTests(NbGraderPreprocessor):
    """Take hidden tests out of feedback: out of the cells, and out of what they printed."""

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        """Clean one notebook."""
        hidden: set[str] = set()
        for cell in nb.cells:
            if is_locked(cell) or is_grade(cell):
                for region in _HIDDEN.findall(cell.source):
                    hidden.update(line.strip() for line in region.splitlines())
        written = "\n".join(cell.source for cell in nb.cells if not is_locked(cell))
        secret = sorted((line for line in hidden if len(line) >= 12), key=len, reverse=True)
        for cell in nb.cells:
            if (is_locked(cell) or is_grade(cell)) and _HIDDEN.search(cell.source):
                if "outputs" in cell:
                    cell.outputs = self._without_prints(cell, written)
                cell.source = _HIDDEN.sub("# (More inputs were tried here.)", cell.source)
            for output in cell.get("outputs", []):
                self._clean(output, secret, is_grade(cell))
        return nb, resources

    def _without_prints(self, cell: NotebookNode, written: str) -> list[NotebookNode]:
        """Return what a test with hidden lines said itself: a student's code may show its inputs.

        That is the error, with the sentence of a check, or one that the test's text has. The quiz
        calls no function of a student's, and what it prints is its feedback.
        """
        kept = [output for output in cell.outputs if output.output_type == "error"]
        sentences = _messages(cell.source)
        shown = {line.strip() for line in _HIDDEN.sub("", cell.source).splitlines()}
        for output in kept:
            name = output.ename if _is_known(output.ename, written) else "Error"
            if name == "CheckFailed":
                lines = [line for line in output.traceback if _is_own_line(line, written)]
                said = _RAISED.sub(
                    lambda found: (
                        f"it raised {found[1] if _is_known(found[1], written) else 'an error'}."
                    ),
                    output.evalue,
                )
                output.evalue, output.traceback = said, [*lines, f"{name}: {said}"]
            else:
                said = output.evalue if output.evalue in sentences else _OF_THE_GRADER.get(name, "")
                at = [line for line in _marked(output) if line in shown][-1:]
                output.ename, output.evalue = name, said
                output.traceback = [f"----> 1 {line}" for line in at]
        if any(_QUIZ in region for region in _HIDDEN.findall(cell.source)):
            kept = [each for each in cell.outputs if each in kept or each.output_type == "stream"]
        if len(kept) < len(cell.outputs):
            kept.insert(0, nbformat.v4.new_output("stream", name="stdout", text=NOT_SHOWN))
        return kept

    def _clean(self, output: NotebookNode, secret: list[str], tests: bool) -> None:
        # A check of the course shows nothing but its sentence and the student's own lines.
        if output.output_type == "error" and tests and output.ename != "CheckFailed":
            said = f"{output.ename}: {output.evalue}" if output.evalue else _failed(output, secret)
            output.traceback = [_redacted(said, secret)]
            output.evalue = _redacted(output.evalue, secret)
        elif output.output_type == "error":
            output.traceback = [_redacted(_ANSI.sub("", line), secret) for line in output.traceback]
            output.evalue = _redacted(output.evalue, secret)
        elif output.output_type == "stream":
            output.text = _redacted(output.text, secret)
        else:
            for kind, value in output.get("data", {}).items():
                if isinstance(value, str) and not kind.startswith("image/p"):
                    output.data[kind] = _redacted(value, secret)


def _is_known(name: str, written: str) -> bool:
    """Say whether an error has a name that does not come from what a test gave to the code."""
    known = name in {"CheckFailed", *_OF_THE_GRADER} or hasattr(builtins, name)
    return known or (name.isidentifier() and name in written)


def _is_own_line(line: str, written: str) -> bool:
    """Say whether a check names a function and a line that are in the student's own cells."""
    found = _OWN_LINE.fullmatch(line)
    return found is not None and all(part in written for part in found.groups())


def _messages(source: str) -> set[str]:
    """Return the messages of a test's asserts that are plain texts."""
    try:
        asserts = [each.msg for each in ast.walk(parse(source)) if isinstance(each, ast.Assert)]
    except SyntaxError:  # magics
        return set()
    values = {each.value for each in asserts if isinstance(each, ast.Constant)}
    return {value for value in values if isinstance(value, str)}


def _failed(output: NotebookNode, secret: list[str]) -> str:
    """Return the line of a visible test that failed without words of its own."""
    for line in reversed(_marked(output)):
        if line not in secret:
            return f"{output.ename}, in: {line}"
    return f"{output.ename}, in a test that is not shown."


def _marked(output: NotebookNode) -> list[str]:
    """Return the lines at which a traceback has arrows."""
    lines = [line for entry in output.traceback for line in _ANSI.sub("", entry).splitlines()]
    return [found[1].strip() for line in lines if (found := re.match(r"-+> \d+ (.*)", line))]


def _redacted(text: object, secret: list[str]) -> str:
    if not isinstance(text, str):
        return ""
    for line in secret:
        if line in text:
            text = text.replace(line, "[not shown]")
        # What a program prints of a string has its marks escaped.
        escaped = repr(line)[1:-1]
        if escaped in text:
            text = text.replace(escaped, "[not shown]")
    return text
