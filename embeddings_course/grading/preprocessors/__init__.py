"""What nbgrader does to a submission, step by step; ``nbgrader_config.py`` names these classes.

They make grading right, so ``nbgrader autograde`` and ``course grade`` give the same points.
"""

from __future__ import annotations

import ast
import asyncio
import base64
import builtins
import contextlib
import json
import os
import re
import subprocess
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import nbformat
import psutil
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbclient.util import ensure_async, run_sync
from nbformat.notebooknode import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.preprocessors import Execute, NbGraderPreprocessor, SaveAutoGrades
from nbgrader.utils import is_grade, is_locked, is_solution
from traitlets import Integer, List, Unicode

from embeddings_course._shared.console import printable
from embeddings_course._shared.folders import scratch_folder
from embeddings_course.grading.course import TYPED_IDS, lend_typed_id
from embeddings_course.grading.gradebook.contents import other_names
from embeddings_course.grading.isolation import sandbox, watched_kernel
from embeddings_course.grading.isolation.control_groups import ControlGroup
from embeddings_course.grading.isolation.flags import attempted, replaced
from embeddings_course.grading.isolation.watch import MOST
from embeddings_course.grading.preprocessors.sanitize import sanitized
from embeddings_course.grading.submission_record import note, note_memory, note_of_kernel
from embeddings_course.grading.submissions.answer_files import prepare_answers
from embeddings_course.grading.submissions.files import doubtful_time, prepare, working_copy
from embeddings_course.grading.submissions.released_texts import read_released, released_file
from embeddings_course.grading.submissions.repair_cells import (
    expected_cells,
    fingerprint,
    imported_modules,
    is_unanswered,
    repair_cells,
)
from embeddings_course.quiz.graded_answers import NO_ANSWERS
from embeddings_course.quiz.graded_sheet import QUESTIONS

# The whole lines between which nbgrader takes tests out, whatever else stands in them.
_HIDDEN = re.compile(r"^[^\n]*BEGIN HIDDEN TESTS.*?END HIDDEN TESTS[^\n]*$", re.M | re.S)
_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
# What embeddings_course.quiz.graded prints where zero points do not tell what a student knows.
_QUIZ_UNGRADED = re.compile(
    rf"({re.escape(NO_ANSWERS)} .+)|\b0 of [0-9]+ questions were answered\."
)
_IN_KERNEL = "__import__('embeddings_course.grading.isolation.watched_kernel', fromlist=['x']).{}()"
_INSPECTION = Path(watched_kernel.__file__).read_text(encoding="utf-8")
# The notebook's own names are not asked: there, `exec` can be anything. Python's own are found by
# a class that Python itself has made. In letters that are shown as they are, whatever is said.
_QUESTION = (
    "(lambda own: (lambda space: own['__import__']('base64').b64encode("
    "own['__import__']('json').dumps((own['exec'](space['code'], space), "
    "space['inspect'](space['modules'], {whole}))[1]).encode()).decode())"
    "({{'__name__': 'inspection', '__builtins__': own, 'code': {code!r}, 'modules': {modules!r}}}))"
    "([each for each in ().__class__.__base__.__subclasses__() if each.__name__ == '_ModuleLock']"
    "[0].__init__.__builtins__)"
)
_ANSWER = re.compile(r"'([A-Za-z0-9+/]*={0,2})'")
_MOST_ANSWER = 4_000_000  # letters; a fingerprint of torch, numpy and the checks takes a tenth
_MOST_NUMBERS = 100_000
UNANSWERED = (
    "Nothing was answered: all answer cells are as they were released, or empty. Ask the student "
    "whether the right file was handed in."
)
# How long a kernel may take to answer when it has nothing else to do.
_ANSWER_SECONDS = 10
_TOO_MUCH_MEMORY = "The code's processes took too much memory."
# Linux knows the children of each thread.
_CHILDREN = Path("/proc/thread-self/children")


def prepare_in_place(assignment: str, student: str, notebooks: list[str]) -> None:
    """Find the notebook of a submission that nbgrader is about to grade: its pre-convert hook.

    Parameters
    ----------
    assignment, student : str
        nbgrader's; not used, as both may be patterns.
    notebooks : list of str
        Paths of the submission's notebooks. It is changed to hold the one to grade.
    """
    folder = Path(notebooks[0]).parent
    for sentence in prepare(folder, folder.name):
        note("repaired", sentence)
    for sentence in doubtful_time(folder, folder.name):
        note("problems", sentence)
    for kind, sentences in zip(("repaired", "problems"), prepare_answers(folder), strict=True):
        for sentence in sentences:
            note(kind, sentence)
    notebooks[:] = [str(folder / f"{folder.name}.ipynb")]


class RepairCells(NbGraderPreprocessor):
    """Put right what happened to the cells that nbgrader knows."""

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        """Repair one notebook."""
        about = resources["nbgrader"]
        source = self._source(about)
        order, plain = _of_the_source(source / f"{about['notebook']}.ipynb")
        root = Path(self.parent.parent.coursedir.root)  # of the converter, of its exporter
        earlier = read_released(released_file(root, about["assignment"]), about["notebook"])
        with Gradebook(about["db_url"]) as gradebook:
            expected = expected_cells(
                gradebook, about["assignment"], about["notebook"], order, earlier=earlier
            )
        nb, repaired, suspicious = repair_cells(nb, expected, plain=plain)
        # Answers to a quiz are in a file, and the quiz itself says whether it has any.
        if not (source / QUESTIONS).exists() and is_unanswered(nb, expected, plain=plain):
            note("problems", UNANSWERED)
        for kind, sentences in (("repaired", repaired), ("suspicious", suspicious)):
            for sentence in sentences:
                note(kind, sentence)
                self.log.warning("%s", printable(sentence))
        return nb, resources

    def _source(self, about: dict[str, str]) -> Path:
        courses = self.parent.parent.coursedir
        return Path(courses.format_path(courses.source_directory, ".", about["assignment"]))


def _of_the_source(path: Path) -> tuple[list[str], list[str]]:
    """Return the ids of the instructor's cells in their order, and the texts of those without.

    The gradebook keeps neither.
    """
    order, plain = [], []
    for cell in nbformat.read(path, as_version=4).cells if path.exists() else []:
        name = cell.metadata.get("nbgrader", {}).get("grade_id")
        order.append(name) if name else plain.append(cell.source)
    return order, plain


class RunNotebook(Execute):
    """Run a submission; whatever its code does, what was earned before stays earned.

    - The working directory is a copy of the submission's other files.
    - A kernel that ends, or does not react to an interrupt, costs the cells after it, and only
      these.
    - Output is bounded.
    - What test cells write to standard error costs nothing: honest code warns.
    - What is no output of a test cell is not taken for a grade.
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
        self._exercises = list(_answers(nb))
        self._last_known: str | None = None
        self.forget_outputs()
        self._modules = _modules_of_tests(nb)
        self._before: dict[str, int] | None = None
        self._quiz_told = False
        # A tag must not make a test pass unseen.
        self.skip_cells_with_tag = "\0"
        submission = Path(resources["metadata"]["path"])
        with scratch_folder() as scratch:
            # Whoever brings a kernel of his own has said where it works.
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
        if isinstance(cell.metadata.get("tags", []), list):
            tags = [tag for tag in cell.metadata.get("tags", []) if isinstance(tag, str)]
        else:
            tags = []
        cell.metadata.pop("tags", None)
        if tags:
            cell.metadata.tags = tags
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
            cell.outputs.append(_error("NotRun", self._why_ended))
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
                "kernel-died", f"The kernel sent what is no output ({type(error).__name__})."
            )
            note("suspicious", "The code sent messages in the kernel's name.")
        else:
            if isinstance(cell.execution_count, int):
                self._ran[cell.execution_count] = cell
            timed_out = any(output.get("ename") == "CellTimeoutError" for output in cell.outputs)
            if timed_out or any(map(_took_too_long, cell.outputs)):
                note("out_of_time", self._cell)
            if timed_out and not self._reacts():
                self._stop("timed-out", "This cell ran too long, and could not be interrupted.")

    def _of_the_student(self) -> str:
        """Say where a cell of the student's own is: by the exercise that it follows."""
        if self._last_known is None:
            first = f" before the exercise {self._exercises[0]}" if self._exercises else ""
            return f"a cell of the student's{first}"
        exercise = _tested(self._last_known, self._exercises)
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
            if _inside(reply, "parent_header", "msg_id") == request:
                said = _inside(reply, "content", "user_expressions", "it", "data", "text/plain")
                return said if isinstance(said, str) and len(said) <= _MOST_ANSWER else None
        return None

    def _inspect(
        self, *, whole: bool, seconds: float = _ANSWER_SECONDS
    ) -> dict[str, int] | int | None:
        """Return what the functions are that the tests use, all of them or one number for all.

        What the kernel saw meanwhile is noted.
        """
        question = _QUESTION.format(whole=whole, code=_INSPECTION, modules=self._modules)
        try:
            found, memory, attempts = _answer(self._ask(question, seconds), whole=whole)
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
        changed = [name for name, number in self._before.items() if now.get(name) != number]
        # A method of an object's own hides that of its class, and one of a class its parent's.
        new = sorted(now.keys() - self._before)
        changed += [name for name in new if name.startswith(("IPython.", "torch.Tensor."))]
        if changed:
            for sentence in replaced(changed, self._ran):
                note("suspicious", sentence)

    def _check_outputs(self, cell: NotebookNode) -> None:
        """Leave of a test cell's outputs what a test can have said."""
        points = float(cell.metadata.nbgrader.get("points") or 0)
        results = [output for output in cell.outputs if output.output_type == "execute_result"]
        if results and (len(results) > 1 or not _ends_in_expression(cell.source)):
            note("suspicious", f"Results of {_name(cell)} were forged.")
            kept = results[-1:] if _ends_in_expression(cell.source) else []
            cell.outputs = [
                output
                for output in cell.outputs
                if output.output_type != "execute_result" or output in kept
            ]
            results = kept
        for output in results:
            grade = _number(output)
            if grade is not None and not 0 <= grade <= points:
                note("suspicious", f"{_name(cell)} was given {grade:g} of {points:g} points.")
                cell.outputs.append(_error("NoGrade", "The result is no number of points."))
        for output in cell.outputs:
            if output.output_type == "stream":
                output.name = "stdout"
        # nbgrader believes what comes first, and no cell that fails has a result.
        if any(output.output_type == "error" for output in cell.outputs):
            cell.outputs = [
                output for output in cell.outputs if output.output_type != "execute_result"
            ]

    def _look_for_answers(self, cell: NotebookNode) -> None:
        """Note, once, that a graded quiz found no answers: its zero is no honest one.

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
        return _descendants([pid for pid in parents if pid])

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
        content = msg["content"] = _kept(msg["msg_type"], msg["content"])
        left = min(
            self.cell_output_bytes - self._sizes[cell_index],
            self.total_output_bytes - self._sizes.total(),
        )
        if self._has_room(cell_index, 200 + _length(content)):
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
            said = str(_inside(content, "data", "text/plain"))[:1_000]
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
        content = msg["content"] = _kept("display_data", msg["content"])
        places = sum(map(len, cells.values()))
        if cells and self._has_room(max(cells), places * (200 + _length(content))):
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


class SaveScores(SaveAutoGrades):
    """Write the points of a notebook into the gradebook, all of them or none.

    nbgrader keeps the time of an earlier submission where the one that it grades has none. Here it
    is forgotten, and the penalty with it.

    nbgrader asks for a person again wherever one has given points. Here these points stand, if the
    answer is still the one that the person saw, which is that of the notebook as it was graded
    before; those on a test stand if the test gives as many by itself as before, too. What was
    waiting goes on waiting. Extra points stay in any case, and where the answer has changed since,
    this is noted, when it is first graded.
    """

    earlier = Unicode(
        "", help="Folder of the submission as it was graded before; without it everything waits."
    ).tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        """Save one notebook's points."""
        about = resources["nbgrader"]
        self.notebook_id = about["notebook"]
        self.assignment_id = about["assignment"]
        self.student_id = about["student"]
        self._now = _answers(nb)
        self._before = _answers_in(Path(self.earlier), self.notebook_id) if self.earlier else {}
        self._extra: Counter[str] = Counter()
        self.gradebook = Gradebook(about["db_url"])
        with self.gradebook:
            session = self.gradebook.db
            commit, session.commit = session.commit, session.flush
            try:
                for index, cell in enumerate(nb.cells):
                    self.preprocess_cell(cell, resources, index)
                if not self._stated_time(resources):
                    found = self.gradebook.find_submission(self.assignment_id, self.student_id)
                    found.timestamp = None
                commit()
            finally:
                session.commit = commit
        for exercise, points in self._extra.items():
            note(
                "problems",
                f"{exercise}: {points:g} extra point{'s were' if points != 1 else ' was'} given "
                "for an earlier answer; look whether this still holds.",
            )
        return nb, resources

    def _stated_time(self, resources: Any) -> Any:
        courses = self.parent.parent.coursedir  # of the converter, of its exporter
        return courses.get_existing_timestamp(resources["metadata"]["path"])

    def _add_score(self, cell: NotebookNode, resources: Any) -> None:
        """Save one cell's points, and say whether a person has to look."""
        name = cell.metadata.nbgrader["grade_id"]
        grade = self.gradebook.find_grade(
            name, self.notebook_id, self.assignment_id, self.student_id
        )
        given = grade.manual_score is not None and not grade.needs_manual_grade
        auto_score = grade.auto_score
        super()._add_score(cell, resources)
        answers = [name] if is_solution(cell) else _tested(name, self._now)
        same = bool(answers) and all(self._now[each] == self._before.get(each) for each in answers)
        by_itself = is_solution(cell) or grade.auto_score == auto_score
        if given and same and by_itself:
            grade.needs_manual_grade = False
        if grade.extra_credit and self._before and not same:
            self._extra[answers[0] if len(answers) == 1 else name] += grade.extra_credit


NOT_SHOWN = "(What was printed or displayed while hidden tests ran is not shown.)\n"


_QUIZ = "from embeddings_course.quiz.graded import "
# As embeddings_course.exercises writes them: a line of a student's own, and an error of its code.
_OWN_LINE = re.compile(r"In (\S+), line \d+ of its cell: (.*)")
_RAISED = re.compile(r"it raised ([^\s:.]+)[:.].*", re.S)
# A student's code can send errors of these names, so the words are not taken from them.
_OF_THE_GRADER = {
    "CellTimeoutError": "No reply from kernel before timeout.",
    "NotRun": "The kernel had ended, or the time was over. This was not graded by running it.",
    "NoGrade": "The result is no number of points.",
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
    return bool(found) and all(part in written for part in found.groups())


def _messages(source: str) -> set[str]:
    """Return the messages of a test's asserts that are plain texts."""
    try:
        asserts = [each.msg for each in ast.walk(ast.parse(source)) if isinstance(each, ast.Assert)]
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


def _redacted(text: str, secret: list[str]) -> str:
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


def _answers(nb: NotebookNode) -> dict[str, tuple[str, str]]:
    """Return what a student wrote, text and pictures, by the name of the answer's cell.

    As a person sees it: what was graded before is sanitized, or was not yet.
    """
    return {
        cell.metadata.nbgrader["grade_id"]: (
            fingerprint(cell.source),
            repr(sorted(cell.get("attachments", {}).items())),
        )
        for cell in (sanitized(each) for each in nb.cells if is_solution(each))
    }


def _answers_in(folder: Path, notebook: str) -> dict[str, tuple[str, str]]:
    """Return the same of a notebook that was graded before; nothing if there is none."""
    try:
        return _answers(nbformat.read(folder / f"{notebook}.ipynb", as_version=4))
    except Exception:  # gone, or not what grading wrote: then everything waits for a person
        return {}


def _tested(name: str, answers: Iterable[str]) -> list[str]:
    """Return the answer that a test is named after, or all of them if it is named after none."""
    found = [each for each in answers if name == each or name.startswith(f"{each}_")]
    return [max(found, key=len)] if found else list(answers)


def _modules_of_tests(nb: NotebookNode) -> list[str]:
    """Return the modules that tests import, and what they use without importing it."""
    tests = [cell for cell in nb.cells if is_locked(cell) or is_grade(cell)]
    found = {"builtins"} | imported_modules(tests)
    for module, more in _MORE.items():
        if module in found:
            found.update(more)
    return sorted(found)


# Tests that call the one reach the others through it.
_MORE = {
    "torch": ("torch.nn.functional", "torch.linalg", "torch.testing"),
    "numpy": ("numpy.linalg", "numpy.testing"),
    "embeddings_course.exercises": ("numpy", "torch"),
}


def _ends_in_expression(source: str) -> bool:
    try:
        body = ast.parse(source).body
    except SyntaxError:
        return True
    return bool(body) and isinstance(body[-1], ast.Expr)


def _number(output: NotebookNode) -> float | None:
    try:
        return float(output.data.get("text/plain", ""))
    except (ValueError, TypeError):
        return None


def _name(cell: NotebookNode) -> str:
    return f"the test cell {cell.metadata.nbgrader.get('grade_id')}"


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


def _took_too_long(output: NotebookNode) -> bool:
    """Return whether a check says that what it called took too long."""
    return output.output_type == "error" and "no result within" in str(output.get("evalue"))


def _error(name: str, words: str) -> NotebookNode:
    return nbformat.v4.new_output("error", ename=name, evalue=words, traceback=[f"{name}: {words}"])


def _inside(message: Any, *names: str) -> Any:
    """Return a part of a message; None if it is not built like that."""
    for name in names:
        message = message.get(name) if isinstance(message, dict) else None
    return message


def _answer(said: str | None, *, whole: bool) -> tuple[dict[str, int] | int, int, list]:
    """Read what a kernel says of itself: a student's code can make it say anything.

    Raises
    ------
    ValueError, TypeError, RecursionError
        If it is no such answer.
    """
    text = _ANSWER.fullmatch(said or "")
    if text is None:
        raise ValueError("not an answer")
    found, memory, attempts = json.loads(base64.b64decode(text[1]))
    numbers = found if whole else {"all": found}
    if not isinstance(numbers, dict) or len(numbers) > _MOST_NUMBERS:
        raise ValueError("not a fingerprint")
    if not all(type(each) is int and abs(each) < 2**64 for each in numbers.values()):
        raise ValueError("not numbers of functions")
    if type(memory) is not int or not 0 <= memory < 2**50:
        raise ValueError("not a size of memory")
    if not isinstance(attempts, list):
        raise ValueError("not attempts")
    return found, memory, attempts


def _kept(kind: str, content: Any) -> dict[str, Any]:
    """Return what an output holds, each part of the type that it must have.

    Raises
    ------
    ValueError, TypeError, AttributeError, KeyError
        If it is no output.
    """
    if kind == "error":
        lines = [str(line)[:10_000] for line in content["traceback"][-50:]]
        while len(lines) > 1 and sum(map(len, lines)) > 100_000:
            lines.pop(0)
        return {
            "ename": str(content.get("ename", ""))[:200],
            "evalue": str(content.get("evalue", ""))[:10_000],
            "traceback": lines,
        }
    if kind == "stream":
        return {"name": str(content["name"])[:20], "text": str(content["text"])}
    # Nothing that is shown needs metadata.
    return {**content, "metadata": {}} if "metadata" in content else content


def _length(value: Any) -> int:
    """Return about how many letters it takes to write something down."""
    size, waiting = 0, [value]
    while waiting:
        part = waiting.pop()
        size += len(part) if isinstance(part, str) else 10
        if isinstance(part, dict):
            waiting += [*part.keys(), *part.values()]
        elif isinstance(part, list):
            waiting += part
    return size


def _descendants(parents: list[int]) -> list[int]:
    """Return the numbers of all processes that some have started, directly or not."""
    found: list[int] = []
    waiting = list(parents)
    while waiting:
        pid = waiting.pop()
        try:
            # To look at all processes of a machine, as psutil does, would take long on a large one.
            for thread in os.scandir(f"/proc/{pid}/task"):
                children = Path(thread.path, "children").read_text(encoding="ascii").split()
                waiting += map(int, children)
                found += map(int, children)
        except (FileNotFoundError, ProcessLookupError):  # it has ended, or there is no such file
            if not _CHILDREN.exists():
                with contextlib.suppress(psutil.Error):
                    children = psutil.Process(pid).children(recursive=True)
                    found += [child.pid for child in children]
    return found


def _wait(awaitable: Any) -> Any:
    async def waiting() -> Any:
        return await ensure_async(awaitable)

    return run_sync(waiting)()
