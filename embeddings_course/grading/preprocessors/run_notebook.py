"""Run a submission, whatever its code does."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import subprocess
import time
from collections import Counter
from pathlib import Path
from typing import Any, Literal, overload

import nbformat
import psutil
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbclient.util import ensure_async, run_sync
from nbformat.notebooknode import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.preprocessors import Execute
from nbgrader.utils import is_grade
from traitlets import Integer, List, Unicode

from embeddings_course._shared.console import printable
from embeddings_course._shared.folders import scratch_folder
from embeddings_course.grading.course import TYPED_IDS, lend_typed_id
from embeddings_course.grading.gradebook.contents import other_names
from embeddings_course.grading.isolation import sandbox
from embeddings_course.grading.isolation.control_groups import ControlGroup
from embeddings_course.grading.isolation.flags import attempted, replaced
from embeddings_course.grading.isolation.processes import descendants
from embeddings_course.grading.isolation.watch import MOST
from embeddings_course.grading.preprocessors.cell_outputs import (
    ends_in_expression,
    error_output,
    kept_content,
    length,
    number_in,
    part_of,
    took_too_long,
)
from embeddings_course.grading.preprocessors.tamper_check import (
    INSPECTION,
    MOST_ANSWER,
    QUESTION,
    changed_functions,
    modules_of_tests,
    read_answer,
)
from embeddings_course.grading.preprocessors.written_answers import answers_of, tested_answers
from embeddings_course.grading.submission_record import note, note_memory, note_of_kernel
from embeddings_course.grading.submissions.copy_files import working_copy
from embeddings_course.quiz.graded_answers import NO_ANSWERS
from embeddings_course.quiz.graded_sheet import QUESTIONS

# What embeddings_course.quiz.graded prints where zero points do not tell what a student knows.
_QUIZ_UNGRADED = re.compile(
    rf"({re.escape(NO_ANSWERS)} .+)|\b0 of [0-9]+ questions were answered\."
)
_IN_KERNEL = "__import__('embeddings_course.grading.isolation.watched_kernel', fromlist=['x']).{}()"
# How long a kernel may take to answer when it has nothing else to do.
_ANSWER_SECONDS = 10
_TOO_MUCH_MEMORY = "The code's processes took too much memory."


class RunNotebook(Execute):
    """Run a submission; whatever its code does, what was earned before stays earned.

    - The working directory is a copy of the submission's other files.
    - A kernel that ends, or does not react to an interrupt, costs the cells after it, and only
      these.
    - Output is bounded.
    - What test cells write to standard error costs nothing: honest code warns.
    - What is not output of a test cell is not taken for a grade.
    - Functions that the tests use are compared with what they were at the start.
    """

    iopub_timeout = Integer(
        30, help="Seconds for a cell's last output to come, on a machine that has much to do."
    ).tag(config=True)
    total_timeout = Integer(600, help="Seconds that a whole submission may take.").tag(config=True)
    cell_output_bytes = Integer(200_000, help="Output kept of each cell.").tag(config=True)
    total_output_bytes = Integer(
        20_000_000, help="Output kept of a whole submission; errors of its tests come on top."
    ).tag(config=True)
    most_processes = Integer(128, help="Processes of a submission at which the kernel ends.").tag(
        config=True
    )
    most_memory = Integer(
        sandbox.MOST_MEMORY, help="Bytes that a submission may use, processes and files together."
    ).tag(config=True)
    control_group = List(
        Unicode(), help="Folders of the control group that bounds memory, if there is one."
    ).tag(config=True)
    meeting = Unicode("", help="Where the sockets of a sandbox are.").tag(config=True)
    kernel_parent = Unicode(
        "", help="A file with the number of the kernel's parent, if Jupyter does not start it."
    ).tag(config=True)

    def preprocess(
        self, nb: NotebookNode, resources: Any = None, km: Any = None
    ) -> tuple[NotebookNode, Any]:
        """Run one notebook."""
        self._end = time.monotonic() + self.total_timeout
        self._why_ended: str | None = None
        self._cell = "this cell"
        self._ran: dict[int, NotebookNode] = {}
        self._exercises = list(answers_of(nb))
        self._last_known: str | None = None
        self.forget_outputs()
        self._modules = modules_of_tests(nb)
        self._before: dict[str, int] | None = None
        self._quiz_told = False
        # A tag must not make a test pass unseen.
        self.skip_cells_with_tag = "\0"
        submission = Path(resources["metadata"]["path"])
        with scratch_folder() as scratch:
            # If the caller supplied a kernel, it also chose the working directory.
            place = Path(os.environ.get(WORKING) or scratch / "working")
            working = place / submission.parent.name / submission.name
            working.mkdir(parents=True, exist_ok=True)
            names = []
            if (submission / QUESTIONS).exists():
                with Gradebook(resources["nbgrader"]["db_url"]) as gradebook:
                    names = other_names(gradebook, submission.parent.name)
            lend_typed_id(submission.parents[2], submission.parent.name, place.parent, names)
            for sentence in working_copy(submission, working):
                note("suspicious", sentence)
            resources["metadata"]["path"] = str(working)
            try:
                nb, resources = super().preprocess(nb, resources, km)
            finally:
                resources["metadata"]["path"] = str(submission)
        return nb, resources

    def preprocess_cell(self, cell: NotebookNode, resources: Any, index: int) -> tuple:
        """Run one cell."""
        _keep_valid_tags(cell)
        if cell.cell_type != "code":
            return cell, resources
        if self._before is None:
            # No code of a student's has run yet. Loading what the tests use takes its time.
            self._before = self._inspect(whole=True, seconds=self.startup_timeout) or {}
            self._number = self._inspect(whole=False)
            self._ask(_IN_KERNEL.format("remember"))
        if self._why_ended is None and time.monotonic() > self._end:
            self._stop("timed-out", f"The submission took longer than {self.total_timeout} s.")
        aside = False
        if self._why_ended is None:
            # What the notebook set up for its own cells is not for tests.
            aside = is_grade(cell) and self._ask(_IN_KERNEL.format("set_aside")) == "True"
            self._run(cell, index)
        if self._why_ended is not None and cell.source.strip():
            cell.outputs.append(error_output("NotRun", self._why_ended))
        if is_grade(cell):
            self._check_outputs(cell)
            self._look_for_answers(cell)
            if self._why_ended is None:
                self._compare()
            if aside and self._why_ended is None:
                self._ask(_IN_KERNEL.format("put_back"))
        return cell, resources

    async def async_start_new_kernel(self, **settings: Any) -> None:
        """Start the kernel; what it says beside cells is for nobody."""
        silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        await super().async_start_new_kernel(**silent, **settings)

    start_new_kernel = run_sync(async_start_new_kernel)

    def _run(self, cell: NotebookNode, index: int) -> None:
        about = cell.metadata.get("nbgrader")
        name = about.get("grade_id") if isinstance(about, dict) else None
        self._last_known = name or self._last_known
        self._cell = f"the cell {name}" if name else self._of_the_student()
        try:
            self.execute_cell(cell, index, store_history=True)
        except DeadKernelError:
            full = bool(self.control_group) and self._group().out_of_memory()
            why = "The kernel ended while this cell was running."
            self._stop("kernel-died", _TOO_MUCH_MEMORY if full else why)
        except CellTimeoutError:  # no more output came, and no end of it
            why = (
                "This cell was over, but the kernel did not say so: endless recursion, an error of "
                "enormous length or processes it started keep it busy, or the code goes on sending."
            )
            self._stop("timed-out", why)
        except Exception as error:  # messages that no honest kernel sends
            self._stop(
                "kernel-died", f"The kernel sent what is not output ({type(error).__name__})."
            )
            note("suspicious", "The code sent messages in the kernel's name.")
        else:
            if isinstance(cell.execution_count, int):
                self._ran[cell.execution_count] = cell
            timed_out = any(output.get("ename") == "CellTimeoutError" for output in cell.outputs)
            if timed_out or any(map(took_too_long, cell.outputs)):
                note("out_of_time", self._cell)
            if timed_out and not self._reacts():
                self._stop("timed-out", "This cell ran too long, and could not be interrupted.")

    def _of_the_student(self) -> str:
        """Say where a cell of the student's own is: by the exercise that it follows."""
        if self._last_known is None:
            first = f" before the exercise {self._exercises[0]}" if self._exercises else ""
            return f"a cell of the student's{first}"
        exercise = tested_answers(self._last_known, self._exercises)
        after = f"the exercise {exercise[0]}" if len(exercise) == 1 else self._last_known
        return f"a cell of the student's after {after}"

    def _stop(self, state: str, why: str) -> None:
        """End the kernel, if it has not ended by itself."""
        if self._why_ended is None:
            self._why_ended = f"{why} It and what comes after it was not graded by running it."
            # In the notebook it stands below the cell, elsewhere it must be named.
            at_first = f"{self._cell[0].upper()}{self._cell[1:]}"
            why = why.replace("this cell", self._cell).replace("This cell", at_first)
            note("problems", why, state=state)
            if state == "timed-out":
                note("out_of_time", self._cell)
            self.log.error("%s", printable(why))
        if self.km is not None and self.km.has_kernel:
            _wait(self.km.shutdown_kernel(now=True))

    def _reacts(self) -> bool:
        try:
            return self._ask("1") is not None
        except Exception:  # a kernel that has ended meanwhile
            return False

    def _ask(self, expression: str, seconds: float = _ANSWER_SECONDS) -> str | None:
        """Evaluate an expression in the kernel, silently; None if nothing comes back in time."""
        request = self.kc.execute("", silent=True, user_expressions={"it": expression})
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            try:
                reply = _wait(self.kc.shell_channel.get_msg(timeout=left))
            except Exception:  # queue.Empty, or a message that cannot be read
                continue
            if part_of(reply, "parent_header", "msg_id") == request:
                said = part_of(reply, "content", "user_expressions", "it", "data", "text/plain")
                return said if isinstance(said, str) and len(said) <= MOST_ANSWER else None
        return None

    @overload
    def _inspect(
        self, *, whole: Literal[True], seconds: float = _ANSWER_SECONDS
    ) -> dict[str, int] | None: ...

    @overload
    def _inspect(
        self, *, whole: Literal[False], seconds: float = _ANSWER_SECONDS
    ) -> int | None: ...

    def _inspect(
        self, *, whole: bool, seconds: float = _ANSWER_SECONDS
    ) -> dict[str, int] | int | None:
        """Return what the functions are that the tests use, all of them or one number for all.

        What the kernel saw meanwhile is noted.
        """
        question = QUESTION.format(whole=whole, code=INSPECTION, modules=self._modules)
        try:
            found, memory, attempts = read_answer(self._ask(question, seconds), whole=whole)
        except (ValueError, TypeError, MemoryError, RecursionError):
            return None
        note_memory(memory)
        for attempt in attempts[: 10 * MOST]:
            kind, sentence = attempted(attempt, self._ran) or ("", "")
            if kind == "suspicious":
                note_of_kernel(sentence)
            elif kind:
                note(kind, sentence)
        return found

    def _compare(self) -> None:
        """Note which functions are no longer what they were."""
        number = self._inspect(whole=False)
        if number == self._number or not self._before:
            return
        self._number = number  # modules that load more names change it, too
        now = self._inspect(whole=True)
        if now is None:
            note("suspicious", "The kernel does not let itself be inspected.")
            return
        if changed := changed_functions(self._before, now):
            for sentence in replaced(changed, self._ran):
                note("suspicious", sentence)

    def _check_outputs(self, cell: NotebookNode) -> None:
        """Leave of a test cell's outputs what a test can have said."""
        points = float(cell.metadata.nbgrader.get("points") or 0)
        results = [output for output in cell.outputs if output.output_type == "execute_result"]
        if results and (len(results) > 1 or not ends_in_expression(cell.source)):
            note("suspicious", f"Results of {_name(cell)} were forged.")
            kept = results[-1:] if ends_in_expression(cell.source) else []
            cell.outputs = [
                output
                for output in cell.outputs
                if output.output_type != "execute_result" or output in kept
            ]
            results = kept
        for output in results:
            grade = number_in(output)
            if grade is not None and not 0 <= grade <= points:
                note("suspicious", f"{_name(cell)} was given {grade:g} of {points:g} points.")
                said = "The result is not a number of points."
                cell.outputs.append(error_output("NoGrade", said))
        for output in cell.outputs:
            if output.output_type == "stream":
                output.name = "stdout"
        # nbgrader believes what comes first, and no cell that fails has a result.
        if any(output.output_type == "error" for output in cell.outputs):
            cell.outputs = [
                output for output in cell.outputs if output.output_type != "execute_result"
            ]

    def _look_for_answers(self, cell: NotebookNode) -> None:
        """Note, once, that a graded quiz found no answers: its zero is not an honest one.

        A student's code can print the same, and gains a line in the report by it.
        """
        if self._quiz_told:
            return
        said = " ".join(
            output.text for output in cell.outputs if output.output_type == "stream"
        )  # in lines of a certain length
        if found := _QUIZ_UNGRADED.search(" ".join(said.split())):
            self._quiz_told = True
            note("problems", _ungraded(found[1]))

    async def _async_poll_kernel_alive(self) -> None:
        """Look after the kernel while a cell runs."""
        while True:
            # Processes that multiply fill a machine within a second.
            for _ in range(10):
                await asyncio.sleep(0.1)
                if self._processes() > self.most_processes:
                    await self._kill("kernel-died", "The code started too many processes.")
                    break
            try:
                if time.monotonic() > self._end:
                    why = f"The submission took longer than {self.total_timeout} s."
                    await self._kill("timed-out", why)
                elif self._is_out_of_memory():
                    await self._kill("kernel-died", _TOO_MUCH_MEMORY)
                await self._async_check_alive()
            except DeadKernelError:
                if self.task_poll_for_reply is not None:
                    self.task_poll_for_reply.cancel()
                return
            except OSError as error:  # a submission that nobody looks after must not go on
                await self._kill("kernel-died", f"It could not be looked after: {error}.")

    def _processes(self) -> int:
        """Return how many processes the kernel has started that still run."""
        return len(self._started())

    def _is_out_of_memory(self) -> bool:
        """Return whether processes and files take too much memory, or did and were ended for it."""
        if self.control_group:
            return self._group().out_of_memory()
        started = self._started()
        total = sandbox.files_in_memory(Path(self.meeting)) if self.meeting else 0
        for pid in started:
            with contextlib.suppress(psutil.Error):
                process = psutil.Process(pid)
                held = process.memory_info().rss
                if held > self.most_memory / 50:
                    # What processes share counts once, where the system tells.
                    with contextlib.suppress(psutil.Error):
                        held = getattr(process.memory_full_info(), "pss", held)
                total += held
        return total > self.most_memory

    def _started(self) -> list[int]:
        """Return the numbers of the processes."""
        if self.control_group:
            return self._group().processes()
        parents = [getattr(self.km.provisioner, "pid", None)]
        with contextlib.suppress(OSError, ValueError):
            parents.append(int(Path(self.kernel_parent).read_text(encoding="utf-8")))
        return descendants([pid for pid in parents if pid])

    def _group(self) -> ControlGroup:
        return ControlGroup(tuple(map(Path, self.control_group)))

    async def _kill(self, state: str, why: str) -> None:
        self._why_ended = f"{why} What comes after it was not run."
        note("problems", why, state=state)
        if state == "timed-out":
            note("out_of_time", self._cell)
        await ensure_async(self.km.shutdown_kernel(now=True))

    def output(self, outs: list, msg: dict, display_id: str | None, cell_index: int) -> Any:
        """Keep an output, if there is room left for its cell."""
        content = msg["content"] = kept_content(msg["msg_type"], msg["content"])
        left = min(
            self.cell_output_bytes - self._sizes[cell_index],
            self.total_output_bytes - self._sizes.total(),
        )
        if self._has_room(cell_index, 200 + length(content)):
            return super().output(outs, msg, display_id, cell_index)
        # A test that failed, or gives a part of its points, must not pass for want of room.
        if msg["msg_type"] == "error":
            there = any(output.output_type == "error" for output in outs)
            if there and not self.clear_before_next_output:
                return None
            content["evalue"] = content["evalue"][:1_000]
            content["traceback"] = [line[:1_000] for line in content["traceback"][-1:]]
            return super().output(outs, msg, display_id, cell_index)
        if msg["msg_type"] == "execute_result":
            results = [output for output in outs if output.output_type == "execute_result"]
            for each in results[:-1]:  # of two it is known that one was forged
                outs.remove(each)
            said = str(part_of(content, "data", "text/plain"))[:1_000]
            msg["content"] = {"data": {"text/plain": said}, "metadata": {}, "execution_count": None}
            return super().output(outs, msg, None, cell_index)
        if cell_index in self._full:
            return None
        self._full.add(cell_index)
        if msg["msg_type"] == "stream":
            content["text"] = content["text"][: max(0, left)]
            self._sizes[cell_index] += len(content["text"])
            super().output(outs, msg, display_id, cell_index)
        text = "\n[The rest of the output was left out.]\n"
        outs.append(nbformat.v4.new_output("stream", name="stdout", text=text))
        return None

    def _update_display_id(self, display_id: str, msg: dict[str, Any]) -> None:
        """Show something else wherever an output stands, if there is room for it each time."""
        cells = self._display_id_map.get(display_id, {}) if isinstance(display_id, str) else {}
        content = msg["content"] = kept_content("display_data", msg["content"])
        places = sum(map(len, cells.values()))
        if cells and self._has_room(max(cells), places * (200 + length(content))):
            super()._update_display_id(display_id, msg)

    def handle_comm_msg(self, outs: list, msg: dict, cell_index: int) -> None:
        """Leave widgets alone: nobody is there to use them, and what they hold has no bounds."""

    def forget_outputs(self) -> None:
        """Begin to count what is kept of outputs."""
        self._sizes: Counter[int] = Counter()
        self._full: set[int] = set()

    def _has_room(self, cell_index: int, size: int) -> bool:
        """Say whether an output may be kept, and count it if so."""
        room = (
            cell_index not in self._full
            and self._sizes[cell_index] + size <= self.cell_output_bytes
            and self._sizes.total() + size <= self.total_output_bytes
        )
        self._sizes[cell_index] += size if room else 0
        return room


WORKING = "COURSE_GRADING_WORKING"  # a folder for working directories, given by who brings kernels


def _name(cell: NotebookNode) -> str:
    return f"the test cell {cell.metadata.nbgrader.get('grade_id')}"


def _keep_valid_tags(cell: NotebookNode) -> None:
    tags = cell.metadata.pop("tags", [])
    if valid := [tag for tag in tags if isinstance(tag, str)] if isinstance(tags, list) else []:
        cell.metadata.tags = valid


def _ungraded(reason: str | None) -> str:
    """Say what to do about a quiz without answers, and why there are none."""
    if reason is None:
        return (
            "No question of the quiz was answered: ask the student whether the right file was "
            "handed in."
        )
    reason = printable(reason[:400])
    if "made out to" in reason:
        return (
            f"{reason} Ask the student; if the answers are theirs, a line in {TYPED_IDS} lets them "
            "count."
        )
    if "names no student" in reason:
        return f"{reason} Ask the student to type the id, and to hand in the file again."
    return f"{reason} Ask the student for the file, and grade again."


def _wait(awaitable: Any) -> Any:
    async def waiting() -> Any:
        return await ensure_async(awaitable)

    return run_sync(waiting)()
