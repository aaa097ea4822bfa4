"""The build of the book: it runs what changed, publishes whole books only, and no secrets."""

import os
import re
import shutil
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
import yaml

from embeddings_course import cli
from embeddings_course._shared import kernel_copies
from embeddings_course.book_build import page_cache
from embeddings_course.book_build.build import BookError
from embeddings_course.book_build.execute_pages import execute_pages
from embeddings_course.environment.lock import Lock, LockedError
from embeddings_course.sphinx_ext import executed_pages
from helpers.built_book import alike, stock
from helpers.refusals import raises, says
from helpers.repository import ROOT
from helpers.small_book import SECRET, SmallBook, in_this_process, jupyter_book


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """One book, built once. Tests work on copies."""
    project = SmallBook(tmp_path_factory.mktemp("built") / "project")
    project.write()
    return project, project.build()


@pytest.fixture
def project(built, tmp_path):
    project, _ = built
    return SmallBook(Path(shutil.copytree(project.root, tmp_path / "copy")))


def test_first_build_executes_every_page_and_publishes_pages_and_notebooks(built):
    project, book = built
    assert book.executed == ("book/one", "book/two")
    assert book.cached == ()
    assert "first result" in project.text("one")
    notebooks = sorted(path.name for path in project.executed_notebooks.rglob("*.ipynb"))
    assert notebooks == ["one.ipynb", "two.ipynb"]


def test_address_that_is_printed_leads_to_the_first_page(built):
    project, book = built
    assert book.index == project.html / "index.html"
    target = re.search(r'url=([^"]+)"', book.index.read_text(encoding="utf-8")).group(1)
    assert (project.html / target).is_file()


def test_nothing_of_source_or_assignments_is_in_the_published_book(built):
    project, _ = built
    published = [*project.html.rglob("*"), *project.executed_notebooks.rglob("*")]
    assert [path for path in published if "secret" in path.name] == []
    assert [
        path for path in published if path.is_file() and SECRET.encode() in path.read_bytes()
    ] == []


def test_second_build_executes_nothing_and_publishes_the_same(project):
    book = project.build()
    assert book.executed == ()
    assert book.cached == ("book/one", "book/two")
    assert "first result" in project.text("one")
    notebook = nbformat.read(project.executed_notebooks / "book" / "one.ipynb", as_version=4)
    shown = [output["text"] for cell in notebook.cells for output in cell.get("outputs", [])]
    assert "first result\n" in shown


def test_extensions_of_the_book_do_not_load_torch():
    # It would add seconds to each build, of which none computes anything.
    settings = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    modules = ", ".join(settings["sphinx"]["extra_extensions"])
    asked = f"import sys, {modules}; print('torch' in sys.modules)"
    said = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert said.stdout == "False\n"


@pytest.fixture(scope="module")
def changed(built, tmp_path_factory):
    """The book after a change on a page, built once more."""
    first, _ = built
    folder = tmp_path_factory.mktemp("changed")
    project = SmallBook(Path(shutil.copytree(first.root, folder / "project")))
    project.page("two", "import time\ntime.sleep(0.5)\nprint('another result')")
    return project, project.build()


def test_only_the_page_that_changed_is_executed(changed):
    project, book = changed
    assert book.executed == ("book/two",)
    assert book.cached == ("book/one",)
    assert "another result" in project.text("two")
    assert "first result" in project.text("one")


def test_jupyter_book_finds_every_page_executed(changed):
    project, _ = changed
    log = (project.root / "_build" / "book.log").read_text(encoding="utf-8")
    assert "Using cached notebook" in log
    assert "Executing notebook" not in log


def test_times_of_cells_are_told_and_stay_out_of_the_notebooks(changed):
    project, book = changed
    (run,) = book.runs
    assert run.name == "book/two"
    assert 0.5 <= run.in_cells <= run.seconds
    notebook = nbformat.read(project.executed_notebooks / "book" / "two.ipynb", as_version=4)
    assert not [cell for cell in notebook.cells if "execution" in cell.metadata]


IMPORTS = """\
def load():
    from embeddings_course.backbones import load

    return load"""


def test_a_changed_module_executes_the_pages_that_import_it_and_no_others(project):
    project.page("two", IMPORTS)
    assert project.render().executed == ("book/two",)
    (project.root / "embeddings_course" / "backbones" / "load.py").write_text("RESNET = 34\n")
    book = project.render()
    assert book.executed == ("book/two",)
    assert book.cached == ("book/one",)


def key(project, *cells):
    return page_cache.page_key(project.root, cells, {"OMP_NUM_THREADS": "1"})


@pytest.mark.parametrize(
    ("file", "concerns"),
    [
        ("requirements.txt", "all pages"),
        ("embeddings_course/backbones/load.py", "those that import it"),
        ("embeddings_course/backbones/embedded/resnet18.safetensors", "those that import it"),
        ("embeddings_course/cli/__init__.py", "no page"),
    ],
)
def test_what_outputs_follow_from_changes_the_key_of_a_page(project, file, concerns):
    (project.root / "embeddings_course" / "cli").mkdir()
    (project.root / "embeddings_course" / "cli" / "__init__.py").write_text("import os\n")
    before = key(project, IMPORTS), key(project, "1")
    assert before == (key(project, IMPORTS), key(project, "1"))
    (project.root / file).write_bytes(b"RESNET = 50")
    changed = [
        now != then
        for now, then in zip((key(project, IMPORTS), key(project, "1")), before, strict=True)
    ]
    assert (
        changed
        == {
            "all pages": [True, True],
            "those that import it": [True, False],
            "no page": [False, False],
        }[concerns]
    )


def test_variables_of_the_kernel_change_the_key_and_the_clones_place_does_not(project):
    def with_variable(value):
        return page_cache.page_key(project.root, ["1"], {"NAME": value})

    assert with_variable("1") != with_variable("2")
    assert with_variable(f"{project.root}/x") == with_variable("/x")


def test_cells_of_a_page_whose_vectors_are_used_change_the_key_and_its_text_does_not(project):
    page = project.root / "book" / "training.md"
    text = (
        "# Page\n\n```{code-cell} python\n:tags: [shared]\n\n"
        "from embeddings_course.backbones import load\n```\n"
    )
    page.write_text(text)
    uses = 'vectors_from("training")'
    before, other = key(project, uses), key(project, 'vectors_from("words")')
    page.write_text(text.replace("# Page", "# Title"))
    assert key(project, uses) == before
    (project.root / "embeddings_course" / "backbones" / "load.py").write_text("RESNET = 34\n")
    assert (changed := key(project, uses)) != before
    page.write_text(text.replace("load\n", "load as loading\n"))
    assert key(project, uses) not in (before, changed)
    assert key(project, 'vectors_from("words")') == other


def test_renamed_module_changes_the_key_and_compiled_files_do_not(project):
    before = key(project, IMPORTS)
    package = project.root / "embeddings_course"
    (package / "backbones" / "__pycache__").mkdir()
    (package / "backbones" / "__pycache__" / "load.cpython-311.pyc").write_bytes(b"compiled")
    assert key(project, IMPORTS) == before
    (package / "backbones" / "load.py").rename(package / "backbones" / "loading.py")
    assert key(project, IMPORTS) != before


def test_failing_cell_names_page_and_error_and_leaves_no_book_until_it_is_repaired(project):
    project.page("two", "values = {}\nvalues['missing']")
    for _ in range(2):  # a failure is never taken from the cache
        with pytest.raises(BookError) as caught:
            project.render(kernels=True)
        says(caught.value, "cell-raised", "book/two.md", "KeyError: 'missing'")
        message = str(caught.value)
        assert str(project.root / "_build" / "book.log") in message
        assert "Traceback" not in message
        project.assert_nothing_looks_finished()
    project.page("two", "print('repaired')")
    assert project.render(kernels=True).executed == ("book/two",)
    assert "repaired" in project.text("two")


def test_warning_of_sphinx_fails_this_build_and_the_next(project):
    index = project.root / "book" / "index.md"
    index.write_text("# Start\n\nSee {doc}`nowhere`.\n")
    for _ in range(2):  # an incremental build would have forgotten the warning
        with raises(BookError, "book-warnings", "book/index.md:3: WARNING: ", "nowhere"):
            project.render()
        project.assert_nothing_looks_finished()


CLAIM = """\
from statistics import fmean

ranked = {"by words": [0.4, 0.2], "by vectors": [0.3, 0.2]}
assert fmean(ranked["by vectors"]) >= fmean(ranked["by words"])"""


@pytest.fixture
def with_false_claim(project):
    """The small book, with a claim that does not hold on this machine."""
    (project.root / "book" / "claims.yml").write_text(
        "- {id: vectors-win, page: two, sentence: Vectors find more than words.}\n"
    )
    (project.root / "requirements.txt").write_text("numpy==1.0\n")
    project.page("two", CLAIM)
    page = project.root / "book" / "two.md"
    page.write_text(
        page.read_text().replace("python\nfrom", "python\n:tags: [claim-vectors-win]\n\nfrom")
    )
    return project


def test_a_claim_that_does_not_hold_is_named_with_its_numbers_and_with_other_versions(
    with_false_claim,
):
    with pytest.raises(BookError) as caught:
        with_false_claim.render(kernels=True)
    says(caught.value, "cell-assertion-fails")
    message = str(caught.value)
    for part in [
        "book/two.md",
        "The claim vectors-win: Vectors find more than words.",
        "`fmean(ranked['by vectors'])` is 0.25",
        "`fmean(ranked['by words'])` is 0.3",
        "in its line 4 assert fmean(",
        "The published book was made with",
        "numpy 1.0; here it is",
        f"numpy {version('numpy')}.",
        "The other pages do not depend on this one: `make book KEEP_GOING=1`",
    ]:
        assert part in message
    with_false_claim.assert_nothing_looks_finished()


def test_asked_to_go_on_a_build_publishes_a_failing_page_and_marks_it(with_false_claim, tab):
    project = with_false_claim
    book = project.render(kernels=True, keep_going=True)
    assert [run.name for run in book.failed] == ["book/two"]
    assert "Vectors find more than words" in book.failed[0].failed
    for page, words in {
        "two": ("did not run to its end", "ranked['by words'])` is 0.3"),
        "index": ("Not every page ran to its end", "Page two"),
    }.items():
        tab.goto((project.html / "book" / f"{page}.html").as_uri())
        mark = tab.locator("h1 + .page-failed")
        assert mark.is_visible()
        assert all(word in mark.inner_text() for word in words)
    assert "first result" in project.text("one")
    assert "page-failed" not in project.text("one")
    assert not tab.wrong
    # A failure is taken from no cache, and once it is repaired nothing is marked.
    with raises(BookError, "cell-assertion-fails"):
        project.render(kernels=True)
    project.page("two", "print('repaired')")
    assert project.render(keep_going=True).failed == ()
    assert "page-failed" not in project.text("two") + project.text("index")


SHOWN = """\
from embeddings_course.controls import Choice, explore
from embeddings_course.quiz import quiz
explore(lambda k: f"<b>{k}</b>", caption="Numbers", k=Choice([2, 1]))
quiz("images")"""


def test_jupyter_books_own_command_builds_the_same_pages_and_its_clean_removes_no_work(with_quiz):
    project = with_quiz
    project.page("two", SHOWN)
    project.build()
    pages = {path.name: path.read_text() for path in (project.html / "book").glob("*.html")}
    work = project.root / "lab" / "mine.ipynb"
    work.parent.mkdir()
    work.write_text("a person's own")
    assert stock(project.root, "clean", ".").returncode == 0
    assert not project.html.exists()
    assert work.read_text() == "a person's own"
    project.page("one", "print('another result')")
    done = stock(project.root, "build", ".")
    assert done.returncode == 0, done.stdout
    assert "executed  book/one.md" in done.stdout
    assert "WARNING" not in done.stdout
    for name in ("index", "two"):
        assert alike(project.text(name)) == alike(pages[f"{name}.html"])
    assert "another result" in project.text("one")
    assert "widget-view" not in project.text("two")
    assert "Which is even?" in project.text("two")
    notebook = nbformat.read(project.executed_notebooks / "book" / "one.ipynb", as_version=4)
    assert any(cell.get("outputs") for cell in notebook.cells)
    assert project.render().executed == (), "both share what has been executed"


def test_jupyter_books_own_command_again_shows_what_changed_since(with_quiz):
    project = with_quiz
    shown = project.root / "book" / "two.md"
    right = shown.read_text()
    assert jupyter_book("build", project.root).returncode == 0
    assert "Which is even?" in project.text("two")
    # Meanwhile: another question, a page that fails, and a build that was asked to go on.
    project.quiz.write_text(QUESTION.replace("even", "odd"))
    project.page("two", "1 / 0")
    assert project.render(kernels=True, keep_going=True).failed
    with pytest.raises(BookError):
        project.render(kernels=True)
    shown.write_text(right)
    done = jupyter_book("build", project.root)
    assert done.returncode == 0, done.stdout
    assert "Which is odd?" in project.text("two")
    for page in ("one", "two", "index"):
        assert "page-failed" not in project.text(page)
    notebooks = project.executed_notebooks / "book"
    assert {path.name for path in notebooks.glob("*.ipynb")} == {"one.ipynb", "two.ipynb"}


def test_jupyter_book_may_be_told_to_execute_nothing(project):
    project.setting("execute_notebooks: cache", 'execute_notebooks: "off"')
    project.page("two", "1 / 0")
    assert jupyter_book("build", project.root).returncode == 0
    assert "1</span>" in project.text("two")


def test_a_cache_that_may_hold_half_an_entry_is_looked_at_by_the_next_build(project, monkeypatch):
    def full_disk(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(executed_pages, "execute_pages", full_disk)
    work = page_cache.work_folder(project.root)
    page_cache.prepare(work)
    app = SimpleNamespace(course_work=work, srcdir=project.root, course_lock=None)
    app.config = SimpleNamespace(nb_execution_timeout=1)
    with pytest.raises(OSError, match="No space left"):
        executed_pages._execute(app, None, ["book/one"])
    assert (work / "running").exists()
    stored = next((page_cache.cache_folder(work) / "executed").glob("*/base.ipynb"))
    stored.write_text(stored.read_text()[:100])
    monkeypatch.undo()
    assert project.render().executed


def test_jupyter_books_own_command_says_what_failed_and_waits_for_no_other_build(with_false_claim):
    root = with_false_claim.root
    done = jupyter_book("build", root)
    assert done.returncode != 0
    assert "The claim vectors-win: Vectors find more than words." in done.stdout
    assert "make book KEEP_GOING=1" in done.stdout
    with Lock(root / "_build" / "book.lock", "Another build of the book"):
        done = jupyter_book("build", root)
    assert done.returncode != 0
    assert "Another build of the book is running" in done.stdout


QUESTION = """\
questions:
  - id: which
    claim: some-claim
    level: recall
    kind: single
    stem: Which is even?
    choices:
      - {text: two, correct: true, feedback: Twice one.}
      - {text: three, feedback: One more than two.}
"""


@pytest.fixture
def with_quiz(project):
    """The small book, with a quiz on one page; its name is that of a quiz of the course."""
    (project.root / "book" / "quizzes").mkdir()
    (project.root / "book" / "claims.yml").write_text(
        "- {id: some-claim, page: one, sentence: It is so.}\n"
    )
    project.quiz = project.root / "book" / "quizzes" / "images.yml"
    project.quiz.write_text(QUESTION)
    project.page("two", "from embeddings_course.quiz import quiz\n\nquiz('images')")
    return project


def test_quiz_is_filled_in_and_changing_a_question_executes_no_page(with_quiz):
    assert with_quiz.render().executed == ("book/two",)
    assert "Which is even?" in with_quiz.text("two")
    assert "one.html#claim-some-claim" in with_quiz.text("two")
    for name in ("quiz.css", "quiz.js"):
        assert name in with_quiz.text("two")
        assert name not in with_quiz.text("one")
    with_quiz.quiz.write_text(QUESTION.replace("even", "odd"))
    assert with_quiz.render().executed == ()
    assert "Which is odd?" in with_quiz.text("two")
    assert "Which is even?" not in with_quiz.text("two")


@pytest.mark.parametrize(
    ("right", "wrong", "complaint"),
    [
        ("kind: single", "kind: essay", "5: question which, kind: 'essay' is unknown"),
        ("{text: three,", "{text: three, correct: true,", "7: question which, choices: a single"),
        ("recall", "recal", "4: question which, level: 'recal' is unknown"),
        ("even?", "even? ]: [", "6: this is not YAML"),
    ],
)
def test_wrong_question_stops_the_build_with_file_line_and_reason(
    with_quiz, right, wrong, complaint
):
    with_quiz.quiz.write_text(QUESTION.replace(right, wrong))
    with pytest.raises(BookError) as caught:
        with_quiz.render()
    message = str(caught.value)
    assert message.startswith("The quizzes are not in order"), "said before a page is executed"
    assert f"book/quizzes/images.yml:{complaint}" in message
    with_quiz.assert_nothing_looks_finished()


def test_quiz_that_is_not_there_any_more_is_named_with_the_page_that_asks_for_it(with_quiz):
    with_quiz.quiz.rename(with_quiz.quiz.with_name("pictures.yml"))
    with raises(BookError, "book-not-built", "book/two", "'images'"):
        with_quiz.render()
    with_quiz.assert_nothing_looks_finished()


def test_page_that_left_the_table_of_contents_leaves_the_book(project):
    project.toc("one")
    project.render()
    left = [
        path.name
        for folder in (project.html, project.executed_notebooks)
        for path in folder.rglob("two.*")
    ]
    assert left == []
    assert "two.html" not in project.text("one")


def test_instructors_notebooks_stop_the_build_where_the_settings_would_publish_them(project):
    project.setting("only_build_toc_files: true", "only_build_toc_files: false")
    project.setting("source, assignments, ", "")
    for folder in ("source", "assignments"):
        (project.root / folder / "one" / "secret.ipynb").unlink()
    # Sphinx warns of pages outside the table of contents, but not of those that say so.
    hidden = project.root / "source" / "one" / "hidden.md"
    hidden.write_text("---\norphan: true\n---\n# Secret\n")
    with raises(BookError, "book-publishes-stranger", "source/one/hidden"):
        project.render()
    project.assert_nothing_looks_finished()


def test_page_that_does_not_exist_is_named(project):
    project.toc("one", "three")
    with raises(BookError, "toc-page-missing", "book/three.md"):
        project.render()


BUILD = """\
import pathlib, sys
from embeddings_course import cli
from embeddings_course.book_build import page_cache
from embeddings_course.sphinx_ext import executed_pages
from embeddings_course.book_build.build import build_book
build_book(pathlib.Path(sys.argv[1]), report=lambda line: print(line, flush=True))
"""


def test_killed_build_leaves_no_book_no_kernel_and_does_not_stop_the_next_one(project):
    note = project.root / "kernel"
    waiting = f"""import os, pathlib, time
if not pathlib.Path({str(note)!r}).exists():
    pathlib.Path({str(note)!r}).write_text(str(os.getpid()))
    time.sleep(100)"""
    project.page("two", waiting)
    with subprocess.Popen(
        [sys.executable, "-c", BUILD, str(project.root)], stdout=subprocess.PIPE, text=True
    ) as build:
        assert "executing book/two.md" in build.stdout.readline()
        assert _soon(lambda: note.exists() and note.read_text())
        # Somebody else starts a build meanwhile.
        with pytest.raises(LockedError, match=str(build.pid)):
            project.build()
        build.kill()
    project.assert_nothing_looks_finished()
    assert _soon(lambda: not _lives(int(note.read_text())))
    book = project.build()
    assert sorted(book.executed + book.cached) == ["book/one", "book/two"]
    assert project.html.exists()


def test_failing_page_stops_the_others_and_leaves_no_kernel(project):
    note, end = project.root / "kernel", project.root / "end"
    project.page(
        "one",
        f"""import os, pathlib, time
pathlib.Path({str(note)!r}).write_text(str(os.getpid()))
time.sleep(100)
pathlib.Path({str(end)!r}).touch()""",
    )
    project.page(
        "two",
        f"""import pathlib, time
while not pathlib.Path({str(note)!r}).exists():
    time.sleep(0.1)
1 / 0""",
    )
    with raises(BookError, "cell-raised", "book/two.md", "ZeroDivisionError"):
        project.render(kernels=True)
    assert _soon(lambda: not _lives(int(note.read_text())))
    assert not end.exists()


def test_pages_run_side_by_side_in_kernels_of_one_thread(project):
    # Each waits for the other: one after the other they would never end.
    for name, other in (("one", "two"), ("two", "one")):
        project.page(
            name,
            f"""import os, pathlib, time
folder = pathlib.Path({str(project.root)!r})
(folder / "{name}.here").touch()
for _ in range(300):
    if (folder / "{other}.here").exists():
        break
    time.sleep(0.1)
else:
    raise TimeoutError
print("threads:", os.environ["OMP_NUM_THREADS"])""",
        )
    assert project.render(kernels=True).executed == ("book/one", "book/two")
    assert "threads: 1" in project.text("one")


@pytest.mark.skipif(not kernel_copies.possible(), reason="kernels are not copies here")
def test_kernels_of_several_pages_are_copies_that_have_imported_what_pages_import(project):
    for name in ("one", "two"):
        # Before it is imported, it is there.
        code = f"import sys\nprint('{name}:', 'colorsys' in sys.modules)\nimport colorsys"
        project.page(name, code)
    project.build()
    assert "one: True" in project.text("one")
    assert "two: True" in project.text("two")
    project.page("two", code + "\nprint('alone')")
    project.build()
    assert "two: False" in project.text("two"), "one page alone imports for itself"


def test_pages_that_took_longest_the_last_time_begin_first(project, monkeypatch):
    monkeypatch.setattr(page_cache, "execution_seconds", lambda cache: {"one.md": 1, "two.md": 9})
    for name in ("zero", "one", "two"):
        project.page(name, f"print('{name}, changed')")
    lines = []
    names = ["book/one", "book/two", "book/zero"]
    cache = page_cache.cache_folder(page_cache.work_folder(project.root))
    runs = execute_pages(
        project.root, names, cache, environment={}, timeout=60, jobs=1, report=lines.append
    )
    begun = [line for line in lines if line.startswith("executing")]
    assert begun == [f"executing book/{name}.md" for name in ("zero", "two", "one")]
    assert [run.name for run in runs] == names
    monkeypatch.undo()
    seconds = page_cache.execution_seconds(page_cache.open_cache(cache))
    assert seconds == {Path(run.name).name + ".md": run.seconds for run in runs}


def test_kernel_that_dies_is_reported(project):
    project.page("two", "import os\nos._exit(1)")
    with raises(BookError, "page-kernel-died", "book/two.md"):
        project.render(kernels=True)
    project.assert_nothing_looks_finished()


def _soon(holds):
    for _ in range(300):
        if holds():
            return True
        time.sleep(0.1)
    return False


def _lives(process):
    try:
        os.kill(process, 0)
    except OSError:
        return False
    return "Z" not in Path(f"/proc/{process}/stat").read_text().rsplit(")")[-1].split()[0]


def test_page_that_was_stored_only_half_is_executed_again(project):
    work = next(
        path for path in (project.root / "_build" / "work").iterdir() if path.name != "ipython"
    )
    stored = sorted((work / "_build" / ".jupyter_cache" / "executed").glob("*/base.ipynb"))
    assert len(stored) == 2
    stored[0].unlink()
    (work / "running").touch()  # what a killed build leaves
    book = project.render()
    assert "first result" in project.text("one")
    assert "second result" in project.text("two")
    assert book.executed != ()


@pytest.fixture
def sphinx_here():
    """Builds of commands run Jupyter Book in this process."""
    with in_this_process():
        yield


@pytest.mark.usefixtures("sphinx_here")
def test_command_test_builds_then_runs_tests_and_notebooks_as_the_book_did(
    project, monkeypatch, capfd
):
    note = project.root / "note"
    code = f"""import os, sys
with open({str(note)!r}, "a") as file:
    print("colorsys" in sys.modules, file=file)
import colorsys
print(os.environ["TQDM_DISABLE"], 2)"""
    project.page("two", code)
    tests = project.root / "tests"
    (tests / "book").mkdir(parents=True)
    shutil.copy(ROOT / "tests" / "book" / "nbval.cfg", tests / "book")
    # What makes pages the same every time is for kernels of the book only.
    code = "import os\n\ndef test_kernel(): assert 'COURSE_BOOK_BUILD' not in os.environ\n"
    (tests / "test_one.py").write_text(code)
    (project.root / "pytest.ini").write_text("[pytest]\nmarkers = slow\n")
    monkeypatch.setattr(cli, "ROOT", project.root)
    monkeypatch.chdir(project.root)
    assert cli.main(["test", "-p", "no:cacheprovider"]) == 0
    said = capfd.readouterr().out
    assert "Executed 1 page, 1 from the cache" in said
    assert "3 passed" in said
    # The page that was built alone had a kernel of its own, the check's was a copy.
    assert note.read_text().split() == ["False", str(kernel_copies.possible())]
    (tests / "test_two.py").write_text("def test_two(): assert False\n")
    assert cli.main(["test", "-p", "no:cacheprovider"]) == 1, "notebooks passed, a test did not"
    notebook = project.executed_notebooks / "book" / "two.ipynb"
    changed = notebook.read_text(encoding="utf-8").replace("1 2", "1 3")
    (tests / "test_two.py").unlink()
    monkeypatch.setattr(cli.book, "build", lambda root: notebook.write_text(changed, "utf-8"))
    assert cli.main(["test", "-p", "no:cacheprovider"]) == 1, "a notebook shows something else now"


@pytest.mark.usefixtures("sphinx_here")
def test_a_page_that_reproduced_its_results_is_run_again_only_after_a_change(
    project, monkeypatch, capfd
):
    tests = project.root / "tests"
    (tests / "book").mkdir(parents=True)
    for name in ("conftest.py", "book/nbval.cfg"):
        shutil.copy(ROOT / "tests" / name, tests / name)
    helpers = ROOT / "tests" / "helpers"
    shutil.copytree(helpers, tests / "helpers", ignore=shutil.ignore_patterns("test_*"))
    (tests / "test_one.py").write_text("def test_one(): pass\n")
    (project.root / "pytest.ini").write_text(
        "[pytest]\npythonpath = tests\nmarkers =\n    slow\n    unit\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(ROOT))  # and not what lies in the small book
    monkeypatch.setattr(cli, "ROOT", project.root)
    monkeypatch.chdir(project.root)

    def passes(*options):
        status = cli.main(["test", "-p", "no:cacheprovider", *options])
        last = capfd.readouterr().out.splitlines()[-1]
        return status, re.findall(r"\d+ (?:passed|failed|deselected)", last)

    assert passes() == (0, ["3 passed"])
    table = (project.root / "_build" / "test-times.txt").read_text(encoding="utf-8")
    for name in ("tests/test_one.py", "_build/jupyter_execute/book/two.ipynb", "gw1"):
        assert name in table
    assert passes("-n", "0") == (0, ["1 passed", "2 deselected"])
    assert passes("--everything", "-n", "0") == (0, ["3 passed"])
    project.page("two", "import os\nprint(len(os.environ.get('ONCE', '')))")
    assert passes("-n", "0") == (0, ["2 passed", "1 deselected"])
    notebook = project.executed_notebooks / "book" / "two.ipynb"
    changed = notebook.read_text(encoding="utf-8").replace("0\\n", "1\\n")
    monkeypatch.setattr(cli.book, "build", lambda root: notebook.write_text(changed, "utf-8"))
    for _ in range(2):  # what failed is never known
        assert passes("-n", "0") == (1, ["1 failed", "1 passed", "1 deselected"])
