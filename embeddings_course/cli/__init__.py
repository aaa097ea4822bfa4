"""The ``course`` command: build the book, check everything, work on it in JupyterLab."""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from embeddings_course._shared.console import say
from embeddings_course.book_build.build import Book, BookError, build_book, pages
from embeddings_course.book_build.execute_pages import kernel_command
from embeddings_course.book_build.page_cache import code_of, kernel_environment, pages_at_once
from embeddings_course.cli import class_admin
from embeddings_course.cli import grade as grading
from embeddings_course.cli.quiz import add_commands
from embeddings_course.environment.bootstrap import (
    EnvironmentProblem,
    check_command,
    clean,
    explained,
    keep_traceback,
)
from embeddings_course.environment.course_folder import ElsewhereError, course_folder, require_own
from embeddings_course.environment.optional_packages import missing, pip_line
from embeddings_course.grading.course import check_folder
from embeddings_course.grading.errors import GradingError
from embeddings_course.quiz.question_files import QuizError

ROOT = Path(__file__).resolve().parents[2]

# Not python3: kernels that tests start themselves must not run as if a book were being built.
_CHECK_KERNEL = "course-book"
# What pytest's status says.
_FAILED, _NO_TESTS = 1, 5


class CommandError(Exception):
    """Why a command could not do its work: one or two sentences for the person."""


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return the exit status."""
    # A console or a file in an older encoding, as on Windows, gets ? for what it cannot hold.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    parser, passes_on = _parser()
    options, rest = parser.parse_known_args(arguments)
    if options.command is None:
        parser.print_help()
        return 0
    if rest and options.command not in passes_on:
        parser.error(f"{options.command} does not know {' '.join(rest)}")
    # Asked to end, a build ends what it started, like on Ctrl-C.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        check_command(ROOT, [options.command])
        keep_lab(ROOT)
        _check_extras(options)
        return options.run(_folder(options), options, rest)
    except (
        BookError,
        CommandError,
        ElsewhereError,
        EnvironmentProblem,
        GradingError,
        QuizError,
    ) as problem:
        say(problem, file=sys.stderr)
        return 1
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] == __package__.partition(".")[0]:
            raise
        print(_lacks(options.command, [error.name], "instructor"), file=sys.stderr)
        return 1
    except OSError as error:
        say(f"{explained(error)}\n{keep_traceback()}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted.", file=sys.stderr)
        return 130


def _folder(options: argparse.Namespace) -> Path:
    """Return the folder that a command gets: the package's copy, or the course of this folder."""
    if options.about == "package":
        require_own(ROOT, options.command)
    return course_folder(ROOT) if options.about == "course" else ROOT


def _check_extras(options: argparse.Namespace) -> None:
    """Stop before anything is done if packages are not there that only some installations have."""
    if absent := [name for extra in options.extras for name in missing(extra)]:
        raise CommandError(_lacks(options.command, absent, *options.extras))


def _lacks(command: str, packages: list[str], *extras: str) -> str:
    are = "which is" if len(packages) == 1 else "which are"
    return (
        f"`course {command}` needs {', '.join(packages)}, {are} not installed: in the "
        f"repository's root, `{pip_line(*extras)}` installs what it needs."
    )


def _parser() -> tuple[argparse.ArgumentParser, set[str]]:
    parser = argparse.ArgumentParser(
        prog="course",
        usage="course COMMAND [OPTIONS]",
        description=__doc__,
        allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(
        dest="command", metavar="COMMAND", prog="course", help=argparse.SUPPRESS
    )
    passes_on = set()
    # argparse has no headings between commands, so they are listed by hand.
    contents: list[str] = []

    # About "package" or "course": see environment/course_folder.py. "option" has --course for it.
    def add(name, run, help, *, passes_on_to=None, passed_on="", extras=(), about="package"):
        contents.append(f"  {name:12} {help}")
        description = f"{help[0].upper()}{help[1:]}."
        if passes_on_to:
            passed_on = f"Arguments that it does not know go to {passes_on_to}."
        if passed_on:
            passes_on.add(name)
            description += f" {passed_on}"
        command = commands.add_parser(name, description=description, allow_abbrev=False)
        command.set_defaults(run=run, extras=extras, about=about)
        return command

    contents.append("For readers and students:")
    book = add(
        "book", _book, "execute what changed and build the book in _build/html", extras=("book",)
    )
    book.add_argument(
        "--keep-going", action="store_true", help="publish a page that fails, too, and mark it"
    )
    lab = add("lab", _lab, "JupyterLab with chapters and assignments", passes_on_to="JupyterLab")
    lab.add_argument("--no-start", action="store_true", help="only prepare the notebooks")
    add("clean", _clean, "remove what was built, except the notebooks of lab")

    contents.append("\nFor instructors, in the order of a term:")
    add(
        "demo-class",
        _demo_class,
        "an invented class goes through a whole term, to look at",
        passed_on="With --inputs it only writes a class list and what the class hands in, to try "
        "commands with; --students ID,ID takes only these of s01 to s24, and --folder FOLDER says "
        "where the files go (default: _build/demo-class).",
    )
    class_admin.add_doctor_arguments(
        add(
            "doctor",
            class_admin.run_doctor,
            "check the installation; say what is missing, where to get it",
            about="option",
        )
    )
    add_commands(add("quiz", None, "check, draw, export and analyse quizzes"))
    add(
        "assignments",
        _assignments,
        "write assignments/ anew from source/, with nbgrader",
        about="course",
    )
    add("bundle", _bundle, "pack what students need into one zip file")
    class_admin.add_students_arguments(
        add(
            "students",
            class_admin.run_students,
            "put a class list into the gradebook",
            about="option",
        )
    )
    class_admin.add_collect_arguments(
        add(
            "collect",
            class_admin.run_collect,
            "unpack the zip file in which an LMS gives submissions",
            about="option",
        )
    )
    grading.add_arguments(
        add(
            "grade",
            grading.run,
            "grade what was handed in: in parallel, in a sandbox",
            about="option",
        )
    )
    grading.add_report_arguments(
        add(
            "report", grading.report, "write the report of a graded assignment anew", about="option"
        )
    )
    class_admin.add_grades_arguments(
        add("grades", None, "export grades for Canvas, Moodle or a spreadsheet", about="option")
    )

    contents.append("\nFor contributors:")
    everything = ("book", "instructor", "test")
    add(
        "test",
        _test,
        "build the book, then run every check",
        passes_on_to="pytest",
        extras=everything,
    )
    add(
        "test-slow",
        _test_slow,
        "run the tests that take minutes each",
        passes_on_to="pytest",
        extras=everything,
    )
    add("links", _links, "ask the network whether what the built book links to is still there")
    notebooks = add("notebooks", _notebooks, "write the notebooks that Colab and Binder open")
    notebooks.add_argument("--commit", help="what they install; the newest without it")
    add(
        "bench",
        _bench,
        "measure feature extraction, grading, and the build; print the tables",
        extras=("book", "instructor"),
    )
    contents.append("\ncourse COMMAND --help says more.")
    parser.epilog = "\n".join(contents)
    return parser, passes_on


def _call(command: list[str], **settings) -> int:
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


def _book(root: Path, options: argparse.Namespace, rest: list[str]) -> int:
    book = _build(root, keep_going=options.keep_going)
    for run in book.failed:
        print(f"This page is marked as failed: {run.failed}", file=sys.stderr)
    print(f"The book is ready: {book.index.as_uri()}")
    return 0


def _build(root: Path, *, keep_going: bool = False) -> Book:
    print("Building the book ...", flush=True)
    book = build_book(
        root, report=lambda line: print(f"  {line}", flush=True), keep_going=keep_going
    )
    count = len(book.executed)
    print(
        f"Executed {count} page{'' if count == 1 else 's'}, "
        f"{len(book.cached)} from the cache, in {book.seconds:.0f} s."
    )
    return book


def _test_slow(root: Path, options: argparse.Namespace, rest: list[str]) -> int:
    command = [sys.executable, "-m", "pytest", "--rootdir", str(root)]
    if _names_files(rest):
        return _call([*command, "-m", "slow", *rest])
    command += [str(root / "tests"), *rest]
    # Two files at a time, as each leaves cores idle for long: while it installs something, grades
    # the last submission, or waits for a time limit.
    most = _call([*command, "-m", "slow and not alone", "-n", "2", "--dist", "loadfile"])
    if most not in (0, _FAILED, _NO_TESTS):  # interrupted, for example
        return most
    alone = _call([*command, "-m", "slow and alone"])
    # With options like -k one of the two may have nothing to run.
    return most if alone == _NO_TESTS or most == _FAILED else alone


def _test(root: Path, options: argparse.Namespace, rest: list[str]) -> int:
    _build(root)
    jupyter = root / "_build" / "work" / "jupyter"
    paths = [str(jupyter), *filter(None, [os.environ.get("JUPYTER_PATH")])]
    environ = {**os.environ, "JUPYTER_PATH": os.pathsep.join(paths)}
    command = [sys.executable, "-m", "pytest", "--rootdir", str(root), *nbval_options(root)]
    command += ["-m", "not slow"]
    # Who names files wants these; who names none wants all, side by side, a file to a process.
    if not _names_files(rest):
        # In the order of tests/durations.py: with a long file last, one process would wait for it.
        order = ["--dist", "loadfile", "--no-loadscope-reorder"]
        command += ["-n", str(pages_at_once()), *order]
        environ.setdefault("OMP_NUM_THREADS", "1")  # or each would want all cores
        command += [str(root / "tests"), str(root / "_build" / "jupyter_execute")]
    with _check_kernel(root, jupyter):
        return _call(command + rest, env=environ)


def _names_files(arguments: list[str]) -> bool:
    return any(re.search(r"\.(py|ipynb)(::|$)", argument) for argument in arguments)


def nbval_options(root: Path) -> list[str]:
    """Return the options under which pytest compares notebooks with what they show when run."""
    rules = root / "tests" / "nbval.cfg"
    return ["--nbval", "--nbval-sanitize-with", str(rules), "--nbval-kernel-name", _CHECK_KERNEL]


@contextmanager
def _check_kernel(root: Path, jupyter: Path) -> Iterator[None]:
    """Describe a kernel that runs as pages do when the book is built."""
    folder = jupyter / "kernels" / _CHECK_KERNEL
    folder.mkdir(parents=True, exist_ok=True)
    environ = kernel_environment(root)
    notebooks = sorted((root / "_build" / "jupyter_execute").rglob("*.ipynb"))
    code = [cell for path in notebooks for cell in code_of(path)]
    with kernel_command(code, {**os.environ, **environ}) as command:
        spec = {
            "argv": command,
            "display_name": "Pages of the course, when they are checked",
            "language": "python",
            "env": environ,
        }
        (folder / "kernel.json").write_text(json.dumps(spec), encoding="utf-8")
        yield


def _lab(root: Path, options: argparse.Namespace, rest: list[str]) -> int:
    folder = prepare_lab(root)
    if options.no_start:
        print(f"The notebooks are in {folder}")
        return 0
    return _call([sys.executable, "-m", "jupyterlab", *rest], cwd=folder)


def keep_lab(root: Path) -> None:
    """Move a person's notebooks from where they were: `jupyter-book clean` would remove them."""
    old, new = root / "_build" / "lab", root / "lab"
    if not old.is_dir():
        return
    if new.exists():
        print(f"Both {old} and {new} hold notebooks of yours; only {new} is used.", file=sys.stderr)
    else:
        shutil.move(old, new)
        print(f"Your notebooks have moved from {old} to {new}.", file=sys.stderr)


def prepare_lab(root: Path) -> Path:
    """Write chapters and assignments as notebooks to ``lab/``; keep a person's changes.

    The folder is no part of ``_build``, which `jupyter-book clean` empties.

    A chapter in which a person changed a cell is theirs: it is never written again, and a line
    says so when the book has a newer one. An assignment's files are only ever added.

    Returns
    -------
    Path
        The folder to start JupyterLab in.
    """
    lab = root / "lab"
    chapters = lab / "chapters"
    chapters.mkdir(parents=True, exist_ok=True)
    record = lab / ".written.json"
    written = json.loads(record.read_text(encoding="utf-8")) if record.exists() else {}
    for page in pages(root):
        target = chapters / _chapter_name(page).with_suffix(".ipynb")
        before = written.get(target.relative_to(lab).as_posix())
        state, new = _write_chapter(root / page, target, before)
        if state == "kept":
            print(
                f"Kept your {target.relative_to(root)}. The book's version has changed: "
                "rename yours and run this again to get it."
            )
        written[target.relative_to(lab).as_posix()] = new
    # Only files that were written count as the course's own; written last, replaced at once.
    new_record = record.with_suffix(".new")
    new_record.write_text(json.dumps(written, indent=1), encoding="utf-8")
    new_record.replace(record)
    shutil.copytree(root / "book" / "assets", chapters / "assets", dirs_exist_ok=True)
    _copy_missing(root / "assignments", lab / "assignments")
    return lab


def _write_chapter(page: Path, target: Path, before: str | None) -> tuple[str, str | None]:
    """Write a page as a notebook, unless a person changed the notebook that is there.

    Returns ``"written"``, ``"same"`` or ``"kept"``, and the digest of the text that the course
    wrote last.
    """
    import nbformat

    from embeddings_course.book_build.page_notebooks import page_notebook

    notebook = page_notebook(page)
    new = _text_digest(notebook)
    if target.exists():
        try:
            current = _text_digest(nbformat.read(target, as_version=4))
        except Exception:  # not a notebook any more, so a person's doing
            current = None
        if current == new:
            return "same", new  # outputs that the person made stay
        if current != before:
            return ("kept" if new != before else "same"), before
    target.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, target)
    return "written", new


def _text_digest(notebook) -> str:
    """Return a digest of the cells' text. Running a notebook does not change it."""
    cells = [[cell["cell_type"], cell["source"]] for cell in notebook.cells]
    return hashlib.sha256(json.dumps(cells).encode()).hexdigest()


def _assignments(root: Path, options: argparse.Namespace, rest: list[str]) -> int:
    for name in generate_assignments(root, root / "assignments"):
        print(f"Wrote {root / 'assignments' / name}")
    return 0


def generate_assignments(root: Path, release: Path) -> list[str]:
    """Let nbgrader make what students get of everything in ``source/``.

    The instructor's gradebook is left alone: nbgrader works on a temporary one.

    Parameters
    ----------
    root : Path
        The repository, or another folder with ``source/`` and ``nbgrader_config.py``.
    release : Path
        Where the assignments go.

    Returns
    -------
    list of str
        The names of the assignments.

    Raises
    ------
    CommandError
        If nbgrader refuses one, with its reason.
    """
    import tempfile

    check_folder(root)
    names = sorted(path.parent.name for path in (root / "source").glob("*/*.ipynb"))
    with tempfile.TemporaryDirectory() as scratch:
        command = [sys.executable, "-m", "nbgrader", "generate_assignment", "--force", "--create"]
        command.append(f"--CourseDirectory.db_url=sqlite:///{scratch}/gradebook.db")
        command.append(f"--CourseDirectory.release_directory={release}")
        # nbgrader calls alembic, which is beside Python whether the environment is active or not.
        scripts = str(Path(sys.executable).parent)
        environ = {**os.environ, "PATH": os.pathsep.join([scripts, os.environ.get("PATH", "")])}
        for name in dict.fromkeys(names):
            if (answers := root / "source" / name / "answers.json").exists():
                raise CommandError(
                    f"{answers} is somebody's answers. Students would get them, and in grading "
                    "they would replace the students' own: remove the file."
                )
            result = subprocess.run(
                [*command, name],
                cwd=root,
                capture_output=True,
                text=True,
                errors="replace",
                env=environ,
            )
            if result.returncode != 0:
                raise CommandError(f"nbgrader refused {name}: {_nbgraders_reason(result.stderr)}")
    return list(dict.fromkeys(names))


def _nbgraders_reason(log: str) -> str:
    """Return the error in a log of nbgrader; what it says itself only points at a traceback."""
    lines = [line.strip() for line in log.splitlines()]
    errors = [line for line in lines if re.match(r"[\w.]*(Error|Exception): ", line)]
    errors = errors or [line for line in lines if "ERROR" in line]
    return errors[-1] if errors else "no reason given"


def _bundle(root: Path, options: argparse.Namespace, rest: list[str]) -> int:
    print(f"Wrote {write_bundle(root, root / '_build' / 'embeddings-course-students.zip')}")
    return 0


_BUNDLE_README = """\
# Embeddings and Feature Extraction: for students

You need Python 3.11, 3.12 or 3.13, from https://www.python.org, and network for the installation
only. Unpack the zip file and open a terminal in its folder `embeddings-course`.

## Install, and start JupyterLab

On **Linux** and **macOS**:

```sh
python3 -m venv .venv
.venv/bin/pip install -c requirements.txt ".[student]"
.venv/bin/jupyter lab
```

On **Windows**, in PowerShell:

```powershell
py -3.13 -m venv .venv
.venv\\Scripts\\pip install -c requirements.txt ".[student]"
.venv\\Scripts\\jupyter lab
```

The first two lines are for the first time only; after that the last one starts it again.

- Another Python on Windows is `py -3.12` or `py -3.11`. `python3` opens the Store there.
- On Debian and Ubuntu, `sudo apt install python3-venv` first.
- On Linux, pip takes the build of torch for NVIDIA GPUs, several gigabytes. Nothing here needs one.
  Write `--extra-index-url https://download.pytorch.org/whl/cpu` after `install`, and it takes the
  small one: about 2 GB in all.
- Macs need an Apple chip (M1 or later): torch has no build of this version for Intel ones.

## Read

Begin with `chapters/index.ipynb`. Each page of the course is a notebook in `chapters/`: run its
cells as you read.

## Work on an assignment

1. Open `assignments/NAME/NAME.ipynb`. Its first cell says how it works.
2. Write your answer where the code says so, and run the cells below the exercise. They say what is
   wrong, and on which input.
3. The button *Validate*, above the notebook, runs all checks that you have, in a fresh
   kernel. Save first: it looks at the saved file.
4. When something is odd: *Kernel*, *Restart Kernel and Run All Cells*. What you have deleted or run
   in another order is gone then.

## Hand in

- `assignments/NAME/NAME.ipynb`, saved, under this very name, where your instructor says.
- For `knowledge-check` also the file `answers.json` beside it.

Do not delete, copy or rename cells with tests. When your notebook is graded, more inputs are tried.

## What else is here

`book/` and `embeddings_course/` are what gets installed. You need not open them.
"""

# These speak to instructors, and to whoever writes assignments and questions.
_NOT_FOR_STUDENTS = (
    "assignments/README.md",
    "book/quizzes/README.md",
    "book/teaching.md",
    "book/trust.md",
)


def write_bundle(root: Path, target: Path) -> Path:
    """Pack the package, the chapters as notebooks and the assignments; nothing of the instructor's.

    Parameters
    ----------
    root : Path
        The repository.
    target : Path
        The zip file to write.

    Returns
    -------
    Path
        `target`.
    """
    import zipfile

    import nbformat

    from embeddings_course.book_build.page_notebooks import page_notebook

    texts = {"README.md": _BUNDLE_README}
    chapters = [page for page in pages(root) if page.as_posix() not in _NOT_FOR_STUDENTS]
    for page in chapters:
        notebook = nbformat.writes(page_notebook(root / page))
        texts[f"chapters/{_chapter_name(page).with_suffix('.ipynb').as_posix()}"] = notebook + "\n"
    files = {name: root / name for name in ("pyproject.toml", "requirements.txt", "LICENSE")}
    files |= {page.as_posix(): root / page for page in sorted(chapters)}
    folders = {
        "assignments": "assignments",
        "book/assets": "chapters/assets",
        "book/quizzes": "book/quizzes",
        "embeddings_course": "embeddings_course",
    }
    for folder, name in folders.items():
        for file in sorted((root / folder).rglob("*")):
            inner = file.relative_to(root / folder)
            hidden = any(part.startswith((".", "__pycache__")) for part in inner.parts)
            packed = f"{name}/{inner.as_posix()}"
            if file.is_file() and not hidden and packed not in _NOT_FOR_STUDENTS:
                files[packed] = file
    target.parent.mkdir(parents=True, exist_ok=True)
    new = target.with_suffix(".new")
    with zipfile.ZipFile(new, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in texts.items():
            archive.writestr(f"embeddings-course/{name}", text)
        for name, file in files.items():
            archive.write(file, f"embeddings-course/{name}")
    return new.replace(target)


def _chapter_name(page: Path) -> Path:
    """Return a page's path without the folder that all pages are in."""
    return Path(*page.parts[1:]) if page.parts[0] == "book" else page


def _copy_missing(source: Path, target: Path) -> None:
    for file in sorted(source.rglob("*")):
        copy = target / file.relative_to(source)
        if file.is_file() and ".ipynb_checkpoints" not in file.parts and not copy.exists():
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, copy)


def _links(root: Path, options: argparse.Namespace, rest: list[str]) -> int:
    from embeddings_course.book_build.links import ask, external_links

    html = root / "_build" / "html"
    if not (html / "index.html").exists():
        raise CommandError(f"There is no book in {html}: build it first, with `make book`.")
    pages = external_links(html)
    answers = ask(pages)
    if answers and all(answer.status is None for answer in answers):
        raise CommandError(
            f"None of {len(answers)} addresses could be reached ({answers[0].reason}): this "
            "machine seems to have no network, so nothing is known about the links."
        )
    for answer in answers:
        if answer.verdict != "ok":
            why = f"{answer.status or ''} {answer.reason}".strip()
            print(f"{answer.verdict:8} {answer.url} ({why}), on {', '.join(pages[answer.url])}")
    dead = sum(answer.verdict == "dead" for answer in answers)
    print(f"{len(answers)} links lead out of the book, {dead} of them to nothing.")
    return 1 if dead else 0


def _notebooks(root: Path, options: argparse.Namespace, rest: list[str]) -> int:
    from embeddings_course.book_build.launch_branch import configured_repository, write_branch

    repository = configured_repository(root)
    if repository is None:
        print("_config.yml names no repository on GitHub: Colab and Binder have nothing to open.")
        return 0
    target = root / "_build" / "notebooks"
    written = write_branch(root, pages(root), target, repository, options.commit)
    print(f"Wrote {len(written)} notebooks to {target}")
    return 0


def _bench(root: Path, options: argparse.Namespace, rest: list[str]) -> int:
    for name in ("bench_features.py", "bench_grading.py"):
        script = root / "tests" / name
        if not script.exists():
            raise CommandError(f"{script} is missing: it holds benchmarks.")
        status = _call([sys.executable, str(script)])
        if status != 0:
            return status
    for name in ("work", "vectors"):  # executed pages, and what they trained
        shutil.rmtree(root / "_build" / name, ignore_errors=True)
    cold, again = _build(root), build_book(root)
    in_cells = sum(run.in_cells for run in cold.runs)
    print("\n| page | seconds | in its cells |\n| --- | --- | --- |")
    for run in cold.runs:
        print(f"| {run.name} | {run.seconds:.1f} | {run.in_cells:.1f} |")
    print("\n| build | seconds | ratio | aim |\n| --- | --- | --- | --- |")
    print(f"| cold / all cells one after another | {cold.seconds:.0f}", end="")
    print(f" | {cold.seconds / in_cells:.2f} | 1.2 |")
    print(f"| second, nothing changed / cold | {again.seconds:.1f}", end="")
    print(f" | {again.seconds / cold.seconds:.3f} | |")
    return 0


def _demo_class(root: Path, options: argparse.Namespace, rest: list[str]) -> int:
    script = root / "tests" / "demo_class.py"
    if not script.exists():
        raise CommandError(f"{script} is missing: it invents the class.")
    return _call([sys.executable, str(script), *rest])


def _clean(root: Path, options: argparse.Namespace, rest: list[str]) -> int:
    for removed in clean(root):
        print(f"Removed {removed}")
    return 0
