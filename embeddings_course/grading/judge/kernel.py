"""The judge's kernel, as the grader runs it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from nbclient import NotebookClient
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from nbformat.v4 import new_output

_MODULE = "embeddings_course.grading.judge.judge"


class JudgesKernel(NotebookClient):
    """Runs tests, and given cells that tests need; nothing of a student's.

    Parameters
    ----------
    nb : NotebookNode
        The submission; tests leave their outputs in its cells.
    look_after : callable
        Awaited ten times a second while a cell runs.
    **settings
        Those of :class:`nbclient.NotebookClient`.
    """

    def __init__(
        self, nb: NotebookNode, look_after: Callable[[], Awaitable[None]], **settings: Any
    ):
        super().__init__(nb, **settings)
        self._look_after = look_after

    @contextmanager
    def launched(self, **settings: Any) -> Iterator[None]:
        """Start the kernel, and end it afterwards.

        It is not waited for: ``async_start_new_kernel_client`` does that, and is to be called
        before anything is run.
        """
        self.create_kernel_manager()
        self.start_new_kernel(**settings)
        try:
            yield
        finally:
            self._cleanup_kernel()

    async def _async_poll_kernel_alive(self) -> None:
        while True:
            await asyncio.sleep(0.1)
            await self._look_after()
            try:
                await self._async_check_alive()
            except DeadKernelError:
                if self.task_poll_for_reply is not None:
                    self.task_poll_for_reply.cancel()
                return

    def run_given(self, source: str, index: int) -> NotebookNode:
        """Run a given cell for what it defines; what it shows is shown by the student's kernel.

        Returns
        -------
        NotebookNode
            The cell, with its outputs.
        """
        cell = NotebookNode(cell_type="code", source=source, metadata={}, outputs=[])
        there = self.nb.cells[index]
        with suppress(Exception):  # a test says what is missing
            self.execute_cell(cell, index, store_history=False)
        self.nb.cells[index] = there
        return cell

    def run_test(self, cell: NotebookNode, index: int) -> str:
        """Run a test, which has failed unless the kernel says that it went well.

        Returns
        -------
        str
            Why this kernel cannot run another test; empty if it can.
        """
        if not cell.source.strip():
            return ""
        self._reply: Any = None
        why = ""
        try:
            self.execute_cell(cell, index, store_history=True)
        except DeadKernelError:
            why = "The kernel of the tests ended while this cell was running."
        except CellTimeoutError:  # it takes no interrupt: what came may not be all
            why = "This cell ran too long, and could not be interrupted."
        content: dict[str, Any] = self._reply["content"] if self._reply else {}
        failed = any(output.output_type == "error" for output in cell.outputs)
        if (why or content.get("status") != "ok") and not failed:
            name = content.get("ename") or "NotRun"
            said = content.get("evalue") or why or "It was not run to its end."
            lines = [f"{name}: {said}"]
            cell.outputs.append(new_output("error", ename=name, evalue=said, traceback=lines))
        return why

    def on_cell_executed(self, *, execute_reply: Any, **_: Any) -> None:
        """Remember what the kernel said of a cell, for nbclient."""
        self._reply = execute_reply

    def begin(self, place: str, word: str) -> None:
        """Let the tests that follow ask the student's kernel."""
        code = f"__import__({_MODULE!r}, fromlist=['x']).begin({place!r}, {word!r})"
        cell = NotebookNode(cell_type="code", source=code, metadata={}, outputs=[])
        kept, self.nb = self.nb, NotebookNode(cells=[cell], metadata={})
        try:
            self.execute_cell(cell, 0, store_history=False)
        finally:
            self.nb = kept
        for output in cell.outputs:
            if output.output_type == "error":
                raise RuntimeError(f"the judge's kernel: {output.ename}: {output.evalue}")
