"""Executes and builds the book, and publishes it only if everything went well.

Pages that have been executed come from the cache (:mod:`embeddings_course.book_build.page_cache`).
Everything else is rendered again each time: that costs seconds, and an incremental Sphinx build
forgets the warnings of pages that did not change.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from embeddings_course._shared.messages import Message
from embeddings_course.book_build import page_cache
from embeddings_course.book_build.execute_pages import (
    ANSI,
    GO_ON,
    CellFailed,
    PageRun,
    execute_pages,
)
from embeddings_course.environment.lock import Lock

LOCK = "book.lock"

WORK = "COURSE_BOOK_WORK"
"""By this variable a build that holds the lock names its working folder to Jupyter Book."""

_CAUSED = re.compile("The above exception was")
_PROBLEM = re.compile(r"(^|: |\.\.\. )(WARNING|ERROR|CRITICAL|SEVERE): ")


class BookError(Exception):
    """Why there is no book: one or two sentences for the person, and where the log is."""


@dataclass(frozen=True)
class Book:
    """A finished build: where it is, and the pages that ran and that came from the cache."""

    index: Path
    runs: tuple[PageRun, ...]
    cached: tuple[str, ...]
    seconds: float

    @property
    def executed(self) -> tuple[str, ...]:
        """Names of the pages that ran."""
        return tuple(run.name for run in self.runs)

    @property
    def failed(self) -> tuple[PageRun, ...]:
        """Pages that did not run to their end, and are marked."""
        return tuple(run for run in self.runs if run.failed)


def pages(root: Path) -> list[Path]:
    """List the pages that the table of contents names, in reading order, relative to `root`.

    Raises
    ------
    BookError
        If ``_toc.yml`` is missing or malformed, or a page that it names does not exist.
    """
    import yaml

    try:
        names = list(page_names(yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8"))))
    except FileNotFoundError as error:
        raise BookError(
            Message("toc-missing", f"{root} holds no _toc.yml: this is not the course's folder.")
        ) from error
    except (yaml.YAMLError, TypeError) as error:
        raise BookError(
            Message("toc-malformed", f"_toc.yml is not a table of contents: {error}")
        ) from error
    if not names:
        raise BookError(Message("toc-empty", "_toc.yml names no page."))
    found = []
    for name in names:
        if not (root / f"{name}.md").is_file():
            raise BookError(
                Message(
                    "toc-page-missing",
                    f"_toc.yml names the page {name}, but there is no {name}.md.",
                )
            )
        found.append(Path(f"{name}.md"))
    return found


def page_names(entry: object) -> Iterator[str]:
    """Name the pages of an entry of the table of contents, depth first, as Sphinx takes them.

    Sphinx, which says what else may be wrong with one, is not there for who only grades.
    """
    if not isinstance(entry, dict):
        raise TypeError(f"{entry!r} is not an entry with a file.")
    if name := entry.get("root") or entry.get("file"):
        yield str(name)
    for inside in ("parts", "chapters", "sections"):
        for inner in entry.get(inside) or []:
            yield from page_names(inner)


def build_book(
    root: Path, report: Callable[[str], None] = lambda line: None, *, keep_going: bool = False
) -> Book:
    """Execute what changed, build the book, and publish it as ``_build/html``.

    Until the build has succeeded there is no ``_build/html`` and no ``_build/jupyter_execute``.

    Parameters
    ----------
    root : Path
        The repository.
    report : callable
        Gets a line about each page that is executed.
    keep_going : bool
        Whether a page that fails is published all the same, marked as such. Then warnings are
        only in the log: a page that ends half-way may lack what others refer to.

    Raises
    ------
    BookError
        If a page fails or Sphinx warns, unless `keep_going`, or if a file that is not a page would
        be published.
    LockedError
        If another build is running in the same repository.
    """
    build = root / "_build"
    with Lock(build / LOCK, "Another build of the book") as lock:
        start = time.monotonic()
        for name in ("html", "jupyter_execute"):
            _remove(build / name)
        names = [page.with_suffix("").as_posix() for page in pages(root)]
        _check_quizzes(root)
        work = page_cache.work_folder(root)
        page_cache.prepare(work)
        output = _empty(work)
        runs = _execute(root, names, page_cache.cache_folder(work), report, keep_going)
        page_cache.finish(work)
        page_cache.note_failures(work, {run.name: run.failed for run in runs if run.failed})
        _run_jupyter_book(root, work, lock, keep_going)
        _check_sources(output / "html", names)
        notebooks = output / "jupyter_execute"
        notebooks.mkdir(exist_ok=True)
        with_code = [name for name in names if (notebooks / f"{name}.ipynb").exists()]
        # The page that a reader opens comes last: once it is there, everything is.
        notebooks.rename(build / "jupyter_execute")
        (output / "html").rename(build / "html")
    return Book(
        index=build / "html" / "index.html",
        runs=tuple(runs),
        cached=tuple(name for name in with_code if name not in {run.name for run in runs}),
        seconds=time.monotonic() - start,
    )


def _check_quizzes(root: Path) -> None:
    """Stop before pages are executed, which takes minutes, if a question is not in order."""
    from embeddings_course.quiz.question_files import QuizError, load_bank

    try:
        load_bank(root / "book" / "quizzes")
    except QuizError as error:
        lines = "\n  ".join(problem.replace(f"{root}{os.sep}", "") for problem in error.problems)
        raise BookError(
            Message("book-quizzes-wrong", f"The quizzes are not in order:\n  {lines}")
        ) from error


def _remove(folder: Path) -> None:
    """Remove a folder at once: what is killed half-way must not leave half a book."""
    if folder.exists():
        doomed = folder.with_name(f"{folder.name}.removed")
        shutil.rmtree(doomed, ignore_errors=True)
        folder.rename(doomed)
        shutil.rmtree(doomed)


def _empty(work: Path) -> Path:
    """Empty the folder that Jupyter Book fills, except for the cache, and return it."""
    output = work / "_build"  # Jupyter Book adds the name itself.
    for name in ("html", "jupyter_execute", ".doctrees"):
        shutil.rmtree(output / name, ignore_errors=True)
    output.mkdir(parents=True, exist_ok=True)
    return output


def _execute(
    root: Path, names: list[str], cache: Path, report: Callable[[str], None], keep_going: bool
) -> list[PageRun]:
    """Execute the pages that the cache lacks."""
    import yaml

    settings = yaml.safe_load((root / "_config.yml").read_text(encoding="utf-8"))
    try:
        return execute_pages(
            root,
            names,
            cache,
            environment=page_cache.kernel_environment(root),
            timeout=settings["execute"]["timeout"],
            jobs=page_cache.pages_at_once(),
            report=report,
            keep_going=keep_going,
        )
    except CellFailed as error:
        log = root / "_build" / "book.log"
        log.write_text(f"{error}\n\n{error.details}\n", encoding="utf-8")
        failed: Message = error.args[0]
        raise BookError(failed.within(after=f"\n{GO_ON}\nThe whole log: {log}")) from error


def _run_jupyter_book(root: Path, work: Path, lock: Lock, keep_going: bool) -> None:
    """Run Jupyter Book, most often with warnings as errors. It finds all pages executed."""
    log = root / "_build" / "book.log"
    environ = {**os.environ, WORK: str(work), "PYTHONUNBUFFERED": "1", "PYTHONIOENCODING": "utf-8"}
    # -P: a folder in the current directory must not be taken for a package.
    start = "from jupyter_book.cli.main import main; main()"
    command = [sys.executable, "-P", "-c", start, "build", str(root)]
    command += ["--path-output", str(work), "-n", "--keep-going", *([] if keep_going else ["-W"])]
    process = subprocess.Popen(
        command,
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        # If this process is killed, Jupyter Book goes on, and with it the lock.
        pass_fds=() if os.name == "nt" else (lock.fileno(),),
    )
    assert process.stdout is not None, "it is a pipe"
    lines = []
    try:
        with log.open("w", encoding="utf-8") as file:
            for raw in process.stdout:
                line = ANSI.sub("", raw).rstrip()
                lines.append(line)
                file.write(line + "\n")
        process.wait()
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait()
    if process.returncode != 0:
        raise BookError(_explain(lines, root).within(after=f"\nThe whole log: {log}"))


def _explain(lines: list[str], root: Path) -> Message:
    """Say in a sentence what a failed build's log says."""
    problems = [line for line in lines if _PROBLEM.search(line)]
    if problems:
        shown = [problem.replace(f"{root}{os.sep}", "") for problem in problems[:10]]
        more = f"\n  and {len(problems) - 10} more" if len(problems) > 10 else ""
        return Message(
            "book-warnings",
            "Sphinx has complaints, and the book must have none:\n  " + "\n  ".join(shown) + more,
        )
    # What follows are errors that the first one caused, and they say less.
    first = next((n for n, line in enumerate(lines) if _CAUSED.match(line)), len(lines))
    last = next((line for line in reversed(lines[:first]) if _is_error(line)), "no reason given")
    return Message("book-not-built", f"Jupyter Book could not build the book: {last}")


def _is_error(line: str) -> bool:
    return re.match(r"^\s*([\w.]+(Error|Exception)\b|Exception:)", line) is not None


def _check_sources(html: Path, names: list[str]) -> None:
    """Stop if a file was built that the table of contents does not name.

    Jupyter Book makes pages of whatever it finds unless it is told otherwise, and the
    instructor's notebooks hold solutions.
    """
    sources = html / "_sources"
    built = [file.relative_to(sources) for file in sources.rglob("*") if file.is_file()]
    strangers = sorted(
        path.as_posix() for path in built if path.with_suffix("").as_posix() not in names
    )
    if strangers:
        raise BookError(
            Message(
                "book-publishes-stranger",
                f"The book would have published {', '.join(strangers)}, which _toc.yml does not "
                "name. Set only_build_toc_files in _config.yml and list the folder in "
                "exclude_patterns.",
            )
        )
