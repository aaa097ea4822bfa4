"""Run a submission, whatever its code does."""

from __future__ import annotations

import asyncio
import contextlib
import copy
import os
import shutil
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import psutil
from jupyter_client.client import KernelClient
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
from embeddings_course.grading.isolation.flags import attempted, read_seen
from embeddings_course.grading.isolation.processes import descendants
from embeddings_course.grading.judge.kernel import JudgesKernel
from embeddings_course.grading.judge.plan import Way, plan
from embeddings_course.grading.judge.quiz_answers import collected_text, returning
from embeddings_course.grading.judge.relay import Relay
from embeddings_course.grading.preprocessors.cell_outputs import (
    ends_in_expression,
    error_output,
    kept_content,
    length,
    number_in,
    part_of,
    took_too_long,
)
from embeddings_course.grading.preprocessors.written_answers import answers_of, tested_answers
from embeddings_course.grading.submission_record import note, note_memory, note_of_kernel
from embeddings_course.grading.submissions.copy_files import copy_others, working_copy
from embeddings_course.quiz.graded_answers import submitted_record
from embeddings_course.quiz.graded_sheet import ANSWERS, QUESTIONS, read_sheet
from embeddings_course.quiz.question_files import QuizError

_IN_KERNEL = "__import__('embeddings_course.grading.isolation.watched_kernel', fromlist=['x']).{}()"
# How long a kernel may take to answer when it has nothing else to do.
_ANSWER_SECONDS = 10
_MOST_ANSWER = 4_000_000  # letters
# What the student's kernel runs while a test asks it. A notebook may have a `globals` or an
# `__import__` of its own; a statement uses Python's.
_SERVE = (
    "from embeddings_course.grading.judge.student import serve as _course_serve\n"
    "_course_serve({}, {})"
)
_LOAD = "__import__('embeddings_course.grading.judge.student', fromlist=['x']).__name__"
_LEND = "__import__('embeddings_course.grading.judge.judge', fromlist=['x']).lend_answers"
_SILENT = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
# Seconds in which both kernels must be ready for a test.
_READY_SECONDS = 10.0
_TOO_MUCH_MEMORY = "The code's processes took too much memory."


class RunNotebook(Execute):
    """Run a submission; whatever its code does, what was earned before stays earned.

    - The working directory is a copy of the submission's other files.
    - A kernel that ends, or does not react to an interrupt, costs the cells after it, and only
      these.
    - Output is bounded.
    - What test cells write to standard error costs nothing: honest code warns.
    - What is not output of a test cell is not taken for a grade.
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
    judges_meeting = Unicode("", help="The same for the judge's.").tag(config=True)
    judges_connection = Unicode(
        "", help="Where the connection file of the judge's kernel is to be."
    ).tag(config=True)
    kernel_parent = Unicode(
        "", help="A file with the number of the kernel's parent, if Jupyter does not start it."
    ).tag(config=True)

    def preprocess(
        self, nb: NotebookNode, resources: Any = None, km: Any = None
    ) -> tuple[NotebookNode, Any]:
        """Run one notebook."""
        self.nb = nb
        self._end = time.monotonic() + self.total_timeout
        self._why_ended: str | None = None
        self._cell = "this cell"
        self._ran: dict[int, NotebookNode] = {}
        self._exercises = list(answers_of(nb))
        self._last_known: str | None = None
        self.forget_outputs()
        self._begun = False  # what the first cell of all asks of the kernel
        cells = [
            cell.source for cell in nb.cells if cell.cell_type == "code" and not is_grade(cell)
        ]
        self._collected = collected_text(cells)
        self._judge: JudgesKernel | None = None
        self._relay: Relay | None = None
        self._ticks = 0
        # A tag must not make a test pass unseen.
        self.skip_cells_with_tag = "\0"
        submission = Path(resources["metadata"]["path"])
        source = self._source_folder(resources)
        is_quiz = source is not None and (source / QUESTIONS).exists()
        self._plan = plan(nb, resources.get("nbgrader", {}), is_quiz=is_quiz)
        with scratch_folder() as scratch, contextlib.ExitStack() as stack:
            # If the caller supplied a kernel, it also chose the working directory.
            place = Path(os.environ.get(WORKING) or scratch / "working")
            working = _working_folder(place, submission)
            for sentence in working_copy(submission, working):
                note("suspicious", sentence)
            if self._plan.way != Way.ONE_KERNEL:
                place = Path(os.environ.get(JUDGES_WORKING) or scratch / "judge" / "working")
                judges = _working_folder(place, submission)
                self._give_to_the_judge(judges, working, resources)
            if self._plan.way == Way.TWO_KERNELS:
                self._judge = stack.enter_context(self._judges_kernel(nb, judges))
                self._sockets = self._folders_of_sockets(scratch)
            elif self._plan.way == Way.ANSWERS_ONLY:
                working = judges
            if is_quiz:
                self._lend_typed_id(working, submission, resources)
            resources["metadata"]["path"] = str(working)
            try:
                nb, resources = super().preprocess(nb, resources, km)
            finally:
                resources["metadata"]["path"] = str(submission)
            if is_quiz:
                _note_unanswered(working, self._collected)
        return nb, resources

    @property
    def way(self) -> Way:
        """How the notebook that was run last was graded."""
        return self._plan.way

    def create_kernel_manager(self) -> Any:
        """Return what starts the kernel of the submission's cells."""
        if self._plan.way == Way.ANSWERS_ONLY:  # they are the judge's
            config = self._judges_config()
            self.km = self.kernel_manager_class(config=config, **self._judges_name())
            return self.km
        return super().create_kernel_manager()

    def preprocess_cell(self, cell: NotebookNode, resources: Any, index: int) -> tuple:
        """Run one cell."""
        _keep_valid_tags(cell)
        if cell.cell_type != "code":
            return cell, resources
        if self._plan.way == Way.ANSWERS_ONLY:
            self._run_for_answers(cell, index)
        elif self._judge is not None:
            self._run_in_two(self._judge, cell, index)
        else:
            self._run_in_one(cell, index)
        if is_grade(cell):
            self._check_outputs(cell)
        return cell, resources

    def _run_in_one(self, cell: NotebookNode, index: int) -> None:
        """Run a cell where tests use the student's names, and so the student's kernel."""
        if not self._begun:
            self._begun = True  # no code of a student's has run yet
            self._ask(_IN_KERNEL.format("remember"), self.startup_timeout)
        self._end_in_time()
        aside = False
        if self._why_ended is None:
            # What the notebook set up for its own cells is not for tests.
            aside = is_grade(cell) and self._ask(_IN_KERNEL.format("set_aside")) == "True"
            self._run(cell, index)
        self._say_if_not_run(cell)
        if is_grade(cell) and self._why_ended is None:
            self._see()
            if aside:
                self._ask(_IN_KERNEL.format("put_back"))

    def _run_in_two(self, judge: JudgesKernel, cell: NotebookNode, index: int) -> None:
        """Run a test in the judge's kernel, and everything else in the student's."""
        if not self._begun:
            self._begun = True  # no code of a student's can change what is imported now
            self._ask(_LOAD, self.startup_timeout)
        self._end_in_time()
        if self._why_ended is None:
            if index in self._plan.tests:
                self._run_test(judge, cell, index)
                self._see()
            else:
                self._run(cell, index)
        if index in self._plan.given:
            given = judge.run_given(self._plan.given[index], index)
            if _timed_out(given):  # tests that need it will fail, and no student is to blame
                self._name_of(cell)
                note("out_of_time", self._cell)
        self._say_if_not_run(cell)

    def _run_for_answers(self, cell: NotebookNode, index: int) -> None:
        """Run what is the instructor's; this kernel is the judge's."""
        cell.outputs, cell.execution_count = [], None
        if index in self._plan.tests or index in self._plan.given:
            self._end_in_time()
            if self._why_ended is None:
                if not self._begun:
                    self._begun = True
                    self._ask(f"{_LEND}({self._collected!r})", self.startup_timeout)
                self._run(cell, index)
            self._say_if_not_run(cell)

    def _end_in_time(self) -> None:
        if self._why_ended is None and time.monotonic() > self._end:
            self._stop("timed-out", f"The submission took longer than {self.total_timeout} s.")

    def _say_if_not_run(self, cell: NotebookNode) -> None:
        if self._why_ended is not None and cell.source.strip():
            cell.outputs.append(error_output("NotRun", self._why_ended))

    # The judge's kernel ---------------------------------------------------------------------------

    @contextlib.contextmanager
    def _judges_kernel(self, nb: NotebookNode, working: Path) -> Iterator[JudgesKernel]:
        """Start the judge's kernel, not waiting for it, and end it afterwards."""
        judge = JudgesKernel(
            nb,
            self._look_after_students,
            config=self._judges_config(),
            kernel_manager_class=self.kernel_manager_class,
            **self._judges_name(),
            resources={"metadata": {"path": str(working)}},
            timeout=self.timeout,
            startup_timeout=self.startup_timeout,
            iopub_timeout=self.iopub_timeout,
            raise_on_iopub_timeout=True,
            interrupt_on_timeout=True,
            error_on_timeout=self.error_on_timeout,
            allow_errors=True,
            shutdown_kernel="immediate",
        )
        with judge.launched(**_SILENT):
            yield judge

    def _judges_name(self) -> dict[str, str]:
        """Return which kernel the judge's is: that of the notebook, unless there is one for it."""
        name = self.kernel_name or self.nb.metadata.get("kernelspec", {}).get("name")
        name = sandbox.JUDGES if os.environ.get(JUDGES_WORKING) else name
        return {"kernel_name": name} if name else {}

    def _judges_config(self) -> Any:
        config = copy.deepcopy(self.config)
        if self.judges_connection:
            config.KernelManager.connection_file = self.judges_connection
        if self.judges_meeting:
            config.KernelManager.ip = str(Path(self.judges_meeting) / "k")
        return config

    def _folders_of_sockets(self, scratch: Path) -> tuple[Path, Path]:
        """Return where the sockets are at which the judge's and the student's kernel connect."""
        if self.meeting and self.judges_meeting:
            return Path(self.judges_meeting), Path(self.meeting)
        return scratch, scratch

    def _give_to_the_judge(self, folder: Path, working: Path, resources: Any) -> None:
        """Copy what the instructor's notebook finds beside it, and the answers to a quiz."""
        source = self._source_folder(resources)
        if source is not None:
            copy_others(source, folder, [], timestamp=False)
            if (source / QUESTIONS).exists() and (working / ANSWERS).is_file():
                shutil.copyfile(working / ANSWERS, folder / ANSWERS)

    def _lend_typed_id(self, working: Path, submission: Path, resources: Any) -> None:
        student = submission.parent.name
        with Gradebook(resources["nbgrader"]["db_url"]) as gradebook:
            names = other_names(gradebook, student)
        lend_typed_id(submission.parents[2], student, working.parents[2], names)

    def _source_folder(self, resources: Any) -> Path | None:
        """Return the folder of the instructor's notebook, if this is a step of nbgrader's."""
        courses = getattr(getattr(self.parent, "parent", None), "coursedir", None)
        name = resources.get("nbgrader", {}).get("assignment")
        if courses is None or name is None:
            return None
        return Path(courses.format_path(courses.source_directory, ".", name))

    def _run_test(self, judge: JudgesKernel, cell: NotebookNode, index: int) -> None:
        """Run a test in the judge's kernel, while the student's answers its calls."""
        self._name_of(cell)
        shown, cell.source = cell.source, self._plan.tests[index]
        cell.outputs = []
        if not _wait(self.km.is_alive()):
            self._find_out_why()
            return
        relay = self._relay = Relay(*self._sockets)
        try:
            address = relay.student
            serve = _SERVE.format(repr(address.place), repr(address.word))
            request = self.kc.execute(serve, store_history=False, allow_stdin=False)
            judge.begin(relay.judge.place, relay.judge.word)
            if relay.open(_READY_SECONDS):
                why = judge.run_test(cell, index)
                if why and self._why_ended is None:
                    self._stop("timed-out", why)
            else:
                self._stop("timed-out", "Before this cell, the kernel did not get ready for it.")
        finally:
            cell.source = shown
            relay.close()
            self._relay = None
        if relay.forged:
            note("suspicious", f"What was sent to {_name(cell)} was not a result.")
            if self._why_ended is None:
                self._stop("kernel-died", "This cell was sent what is not a result.")
        if relay.wish == "ended" and self._why_ended is None:  # nobody was there to fulfil it
            self._stop("timed-out", f"{relay.reason[0].upper()}{relay.reason[1:]}.")
        if any(map(took_too_long, cell.outputs)) or _timed_out(cell):
            note("out_of_time", self._cell)
        if self._why_ended is None and self._reply_to(request, _ANSWER_SECONDS) is None:
            self._find_out_why()

    def _find_out_why(self) -> None:
        """Say why the student's kernel does not react after a test."""
        if _wait(self.km.is_alive()):
            self._stop("timed-out", "This cell ran too long, and could not be interrupted.")
            return
        full = bool(self.control_group) and self._group().out_of_memory()
        why = "The kernel ended while this cell was running."
        self._stop("kernel-died", _TOO_MUCH_MEMORY if full else why)

    async def _look_after_students(self) -> None:
        """Look after the student's kernel while the judge's runs a test."""
        relay, self._ticks = self._relay, self._ticks + 1
        if relay is None or self._why_ended is not None:
            return
        wish, relay.wish = relay.wish, None
        if wish == "interrupted":
            await ensure_async(self.km.interrupt_kernel())
        elif wish == "ended":
            await self._kill("timed-out", f"{relay.reason[0].upper()}{relay.reason[1:]}.")
        else:
            await self._bound_students(self._ticks % 10 == 0)

    # The student's kernel -------------------------------------------------------------------------

    async def async_start_new_kernel(self, **settings: Any) -> None:
        """Start the kernel; what it says beside cells is for nobody."""
        await super().async_start_new_kernel(**_SILENT, **settings)

    start_new_kernel = run_sync(async_start_new_kernel)

    async def async_start_new_kernel_client(self) -> KernelClient:
        """Wait for the kernel, and at the same time for the judge's, if there is one."""
        own = super().async_start_new_kernel_client()
        if self._judge is None:
            return await own
        client, _ = await asyncio.gather(own, self._judge.async_start_new_kernel_client())
        return client

    start_new_kernel_client = run_sync(async_start_new_kernel_client)

    def _run(self, cell: NotebookNode, index: int) -> None:
        self._name_of(cell)
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
            timed_out = _timed_out(cell)
            if timed_out or any(map(took_too_long, cell.outputs)):
                note("out_of_time", self._cell)
            if timed_out and not self._reacts():
                self._stop("timed-out", "This cell ran too long, and could not be interrupted.")

    def _name_of(self, cell: NotebookNode) -> None:
        """Note what sentences call a cell."""
        about = cell.metadata.get("nbgrader")
        name = about.get("grade_id") if isinstance(about, dict) else None
        self._last_known = name or self._last_known
        self._cell = f"the cell {name}" if name else self._of_the_student()

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
        reply = self._reply_to(request, seconds)
        said = part_of(reply, "content", "user_expressions", "it", "data", "text/plain")
        return said if isinstance(said, str) and len(said) <= _MOST_ANSWER else None

    def _reply_to(self, request: str, seconds: float) -> Any:
        """Return the kernel's reply to a request; None if none comes in time."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            try:
                reply = _wait(self.kc.shell_channel.get_msg(timeout=min(left, 1)))
            except Exception:  # queue.Empty, or a message that cannot be read
                if not _wait(self.km.is_alive()):
                    return None
                continue
            if part_of(reply, "parent_header", "msg_id") == request:
                return reply
        return None

    def _see(self) -> None:
        """Note what the student's kernel says of itself: hints, as its code can change them."""
        if self._why_ended is not None:
            return
        said = self._ask(_IN_KERNEL.format("seen"))
        if said is None:  # a busy kernel says nothing, an honest one, too
            return
        try:
            memory, attempts = read_seen(said)
        except (ValueError, TypeError, MemoryError, RecursionError):
            note_of_kernel("What the kernel says of the code that it ran cannot be read.")
            return
        note_memory(memory)
        for attempt in attempts:
            kind, sentence = attempted(attempt, self._ran) or ("", "")
            if kind == "suspicious":
                note_of_kernel(sentence)
            elif kind:
                note(kind, sentence)

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

    async def _async_poll_kernel_alive(self) -> None:
        """Look after the kernel while a cell runs."""
        while True:
            # Processes that multiply fill a machine within a second.
            for tick in range(10):
                await asyncio.sleep(0.1)
                await self._bound_students(tick == 9)
            try:
                await self._async_check_alive()
            except DeadKernelError:
                if self.task_poll_for_reply is not None:
                    self.task_poll_for_reply.cancel()
                return

    async def _bound_students(self, thoroughly: bool) -> None:
        """End the kernel if it takes more than it may; what is known at once, or all of it."""
        if self._why_ended is not None:
            return
        try:
            if self._processes() > self.most_processes:
                await self._kill("kernel-died", "The code started too many processes.")
            elif thoroughly and time.monotonic() > self._end:
                why = f"The submission took longer than {self.total_timeout} s."
                await self._kill("timed-out", why)
            elif thoroughly and self._is_out_of_memory():
                await self._kill("kernel-died", _TOO_MUCH_MEMORY)
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


# Folders for working directories, given by who brings kernels.
WORKING, JUDGES_WORKING = "COURSE_GRADING_WORKING", "COURSE_GRADING_JUDGES_WORKING"


def _working_folder(place: Path, submission: Path) -> Path:
    folder = place / submission.parent.name / submission.name
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _timed_out(cell: NotebookNode) -> bool:
    return any(output.get("ename") == "CellTimeoutError" for output in cell.outputs)


def _name(cell: NotebookNode) -> str:
    return f"the test cell {cell.metadata.nbgrader.get('grade_id')}"


def _keep_valid_tags(cell: NotebookNode) -> None:
    tags = cell.metadata.pop("tags", [])
    if valid := [tag for tag in tags if isinstance(tag, str)] if isinstance(tags, list) else []:
        cell.metadata.tags = valid


def _note_unanswered(working: Path, collected: str | None) -> None:
    """Note that a quiz found no answers: its zero is not an honest one."""
    try:
        quiz = read_sheet(working / QUESTIONS).quiz
        record, _ = submitted_record(working, quiz, returning(collected, working))
    except QuizError as error:
        note("problems", _ungraded(str(error)))
    else:
        if not record.answers:
            note("problems", _ungraded(None))


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
