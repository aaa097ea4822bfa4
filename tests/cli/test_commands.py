"""The ``course`` command: its messages, how it compares notebooks, and the notebooks of lab."""

import base64
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import jupytext
import nbformat
import pytest
from nbformat import v4

from embeddings_course import cli
from embeddings_course.book_build.build import BookError, pages
from embeddings_course.book_build.lab import keep_lab, prepare_lab
from embeddings_course.cli import testing
from embeddings_course.cli.app import course
from embeddings_course.environment import bootstrap
from helpers.refusals import says
from helpers.repository import ROOT


def test_no_command_shows_help(capsys):
    assert cli.main([]) == 0
    assert "Usage: course" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [(["bok"], "No such command 'bok'"), (["book", "--quick"], "No such option '--quick'")],
)
def test_mistyped_command_or_option_is_named(arguments, complaint, capsys):
    assert cli.main(arguments) == 2
    assert complaint in capsys.readouterr().err


def test_problem_is_a_sentence_and_exit_status_1(tmp_path, monkeypatch, capsys, complaints):
    monkeypatch.setattr(cli, "ROOT", tmp_path)
    assert cli.main(["book"]) == 1
    said = capsys.readouterr().err
    says(complaints[0], "command-needs-clone", tmp_path, "book")
    assert "Traceback" not in said


TAKE_ARGUMENTS = {
    *("collect", "doctor", "feedback", "grade", "grades", "quiz", "report", "students"),
}


def test_what_is_said_before_an_installation_knows_every_command():
    assert set(bootstrap.COMMANDS) == set(course.commands)


def test_what_a_command_does_not_know_goes_to_the_program_behind_it_in_order(monkeypatch):
    ran = []
    monkeypatch.setattr(testing, "run_program", lambda command, **_: ran.append(command) or 0)
    given = ["-p", "no:cacheprovider", "tests/test_one.py", "-k", "not two", "--draw"]
    assert cli.main(["test-slow", *given]) == 0
    assert ran[0][-len(given) :] == given


def test_check_stops_at_a_complaint_about_style(monkeypatch):
    ran = []
    monkeypatch.setattr(testing, "run_program", lambda command, **_: ran.append(command) or 1)
    assert cli.main(["check"]) == 1
    assert [Path(command[-1]).name for command in ran] == ["test_style.py"]


def test_ctrl_c_is_said_and_has_its_exit_status(monkeypatch, capsys):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(testing, "run_program", interrupted)
    assert cli.main(["test-slow"]) == 130
    assert capsys.readouterr().err.strip() == "Interrupted."


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """A clone with nothing in it, so that what was measured here stays."""
    (tmp_path / "_toc.yml").touch()
    monkeypatch.setattr(cli, "ROOT", tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("statuses", "status"), [((0, 0, 0), 0), ((1, 0, 0), 1), ((0, 0, 2), 2), ((1, 0, 2), 1)]
)
def test_coverage_is_reported_whatever_comes_of_the_tests(elsewhere, monkeypatch, statuses, status):
    ran, left = [], list(statuses)

    def run_program(command, env, cwd=None):
        ran.append(command)
        assert Path(env["COVERAGE_FILE"]).is_relative_to(elsewhere)
        return left.pop(0)

    monkeypatch.setattr(testing, "run_program", run_program)
    assert cli.main(["coverage", "tests/test_one.py", "-x"]) == status
    assert [command[3] for command in ran] == ["run", "combine", "report"]
    assert ran[0][-4:] == ["-m", "not slow", "tests/test_one.py", "-x"]


def test_coverage_without_a_file_builds_the_book_and_forgets_what_was_measured(
    elsewhere, monkeypatch
):
    old = elsewhere / "_build" / "work" / "coverage" / "data.old"
    old.parent.mkdir(parents=True)
    old.touch()
    built = []
    monkeypatch.setattr(testing.book, "build", built.append)
    monkeypatch.setattr(testing, "run_program", lambda command, **_: 0)
    assert cli.main(["coverage"]) == 0
    assert built == [elsewhere]
    assert not old.exists() and old.parent.is_dir()


def test_every_target_of_the_makefile_is_a_command():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    calls = r"^\t.*-m embeddings_course ([\w-]+)(?: \$.*)?$"
    called = re.findall(calls, makefile, re.MULTILINE)
    # These take arguments of their own, which make cannot pass on.
    assert set(called) == set(bootstrap.COMMANDS) - TAKE_ARGUMENTS
    for command in bootstrap.COMMANDS:
        assert cli.main([command, "--help"]) == 0


KERNEL = {"name": "python3", "display_name": "Python 3"}


def printed(text):
    return v4.new_output("stream", name="stdout", text=text)


def shown(**data):
    bundle = {name.replace("_", "/", 1): value for name, value in data.items()}
    return v4.new_output("display_data", data=bundle)


CHANGING = """\
import datetime, tempfile
from IPython.display import HTML, SVG, Image, display
print(object(), tempfile.mkdtemp(), datetime.datetime.now())
display({"text/html": "<img src='data:image/png;base64,QUJD'>"}, raw=True)
display({"image/png": "QUJD"}, raw=True)
display({"image/svg+xml": "<svg><path id='p1'/>\\n</svg>"}, raw=True)
display({"application/papermill.record/image/png": "QUJD" * 200}, raw=True)
"""
OTHER = base64.b64encode(bytes(range(256)) * 3).decode()
ADDRESS = "<object object at 0x7f0123456789> /tmp/tmpabcdef12 2020-01-02 03:04:05.678901\n"

# What a cell is, what its notebook shows, and whether that passes.
COMPARED = {
    "the same outputs": ("print(f'recall@1: {2 / 3:.2f}')", [printed("recall@1: 0.67\n")], True),
    "a changed number": ("print(f'recall@1: {2 / 3:.2f}')", [printed("recall@1: 0.68\n")], False),
    "a warning that the notebook did not show": (
        "import warnings\nprint(1)\nwarnings.warn('later than this')",
        [printed("1\n")],
        False,
    ),
    "a changed number in markup": (
        "display({'text/html': '<td>0.67</td>'}, raw=True)",
        [shown(text_html="<td>0.68</td>")],
        False,
    ),
    "other addresses, temporary folders, times and pictures": (
        CHANGING,
        [
            printed(ADDRESS),
            shown(text_html="<img src='data:image/png;base64,REVG'>"),
            shown(image_png=OTHER),
            v4.new_output("display_data", data={"image/svg+xml": "<svg><path id='p2'/></svg>"}),
            v4.new_output("display_data", data={"application/papermill.record/image/png": OTHER}),
        ],
        True,
    ),
}


@pytest.fixture(scope="module")
def passed(tmp_path_factory):
    """Run nbval on them, as ``course test`` calls it; return whether each passed."""
    folder = tmp_path_factory.mktemp("compared")
    for number, (code, outputs, _) in enumerate(COMPARED.values()):
        cell = v4.new_code_cell(code, outputs=outputs, execution_count=1)
        notebook = v4.new_notebook(cells=[cell], metadata={"kernelspec": KERNEL})
        nbformat.write(notebook, folder / f"page{number}.ipynb")
    options = testing.nbval_options(ROOT)
    options[options.index("--nbval-kernel-name") + 1] = "python3"
    result = subprocess.run(
        [sys.executable, "-m", "pytest", *options, "-p", "no:cacheprovider", "-rA", "."],
        cwd=folder,
        capture_output=True,
        text=True,
    )
    assert result.returncode == 1, result.stdout + result.stderr
    verdicts = re.findall(r"^(PASSED|FAILED) .*\bpage(\d)\b", result.stdout, re.MULTILINE)
    names = list(COMPARED)
    return {names[int(number)]: verdict == "PASSED" for verdict, number in verdicts}


@pytest.mark.parametrize("name", COMPARED)
def test_a_notebook_is_compared_with_what_it_shows(passed, name):
    *_, expected = COMPARED[name]
    assert passed[name] == expected


@pytest.fixture
def project(tmp_path):
    """A folder with two pages and one assignment."""
    (tmp_path / "_toc.yml").write_text(
        "format: jb-book\nroot: book/index\nchapters:\n  - file: book/images\n"
    )
    (tmp_path / "book" / "drawings").mkdir(parents=True)
    (tmp_path / "book" / "drawings" / "picture.svg").write_text("<svg/>")
    for page in ("index", "images"):
        write_page(tmp_path, page, "print(1)")
    (tmp_path / "assignments" / "one").mkdir(parents=True)
    (tmp_path / "assignments" / "one" / "one.ipynb").write_text("the task")
    return tmp_path


def test_the_table_of_contents_is_read_as_sphinx_reads_it(tmp_path):
    from sphinx_external_toc.parsing import parse_toc_yaml

    assert [page.as_posix() for page in pages(ROOT)] == [
        f"{name}.md" for name in parse_toc_yaml(ROOT / "_toc.yml")
    ]
    for text in ("", "- a", "root: a\nchapters: b", "root: a\nchapters:\n- b", "root: [", "x: 1"):
        (tmp_path / "_toc.yml").write_text(text)
        with pytest.raises(BookError, match=r"_toc\.yml"):
            pages(tmp_path)


def write_page(project, page, code):
    notebook = v4.new_notebook(cells=[v4.new_markdown_cell("# Title"), v4.new_code_cell(code)])
    jupytext.write(notebook, project / "book" / f"{page}.md", fmt="md:myst")


def code_of(chapter):
    cells = nbformat.read(chapter, as_version=4).cells
    return [cell.source for cell in cells if cell.cell_type == "code"]


def change(chapter, code):
    notebook = nbformat.read(chapter, as_version=4)
    notebook.cells[-1].source = code
    nbformat.write(notebook, chapter)


def test_lab_holds_chapters_assignments_and_pictures(project):
    lab = prepare_lab(project)
    assert code_of(lab / "chapters" / "images.ipynb") == ["print(1)"]
    assert (lab / "chapters" / "index.ipynb").exists()
    assert (lab / "chapters" / "drawings" / "picture.svg").exists()
    assert (lab / "assignments" / "one" / "one.ipynb").read_text() == "the task"


def test_lab_of_an_earlier_version_moves_out_of_what_is_built(project, capsys):
    old, new = project / "_build" / "lab", project / "lab"
    old.mkdir(parents=True)
    (old / "mine.ipynb").write_text("my notebook")
    keep_lab(project)
    assert (new / "mine.ipynb").read_text() == "my notebook"
    assert not old.exists()
    assert f"have moved from {old} to {new}" in capsys.readouterr().err
    old.mkdir()
    keep_lab(project)
    assert f"Both {old} and {new} hold notebooks" in capsys.readouterr().err
    assert (new / "mine.ipynb").exists()


def test_newer_chapter_replaces_one_that_was_only_run(project):
    chapter = prepare_lab(project) / "chapters" / "images.ipynb"
    notebook = nbformat.read(chapter, as_version=4)
    notebook.cells[-1].outputs = [printed("1\n")]
    nbformat.write(notebook, chapter)
    prepare_lab(project)
    assert nbformat.read(chapter, as_version=4).cells[-1].outputs  # nothing newer: outputs stay
    write_page(project, "images", "print(2)")
    prepare_lab(project)
    assert code_of(chapter) == ["print(2)"]


def test_chapter_that_a_person_changed_is_kept_and_said(project, capsys):
    chapter = prepare_lab(project) / "chapters" / "images.ipynb"
    change(chapter, "print('mine')")
    prepare_lab(project)
    assert capsys.readouterr().out == ""  # the book has nothing newer
    write_page(project, "images", "print(2)")
    for _ in range(2):
        prepare_lab(project)
        assert code_of(chapter) == ["print('mine')"]
        assert "Kept your lab/chapters/images.ipynb" in capsys.readouterr().out


def test_chapter_stays_the_persons_own_when_what_was_written_is_unknown(project):
    lab = prepare_lab(project)
    change(lab / "chapters" / "images.ipynb", "print('mine')")
    (lab / ".written.json").unlink()
    prepare_lab(project)
    assert code_of(lab / "chapters" / "images.ipynb") == ["print('mine')"]


def test_students_assignment_is_never_overwritten_and_a_removed_one_comes_back(project):
    lab = prepare_lab(project)
    mine = lab / "assignments" / "one" / "one.ipynb"
    mine.write_text("my answer")
    (project / "assignments" / "two").mkdir()
    (project / "assignments" / "two" / "two.ipynb").write_text("another task")
    prepare_lab(project)
    assert mine.read_text() == "my answer"
    assert (lab / "assignments" / "two" / "two.ipynb").read_text() == "another task"
    shutil.rmtree(mine.parent)
    prepare_lab(project)
    assert mine.read_text() == "the task"


@pytest.mark.parametrize(
    ("statuses", "status"),
    [((0, 0), 0), ((1, 0), 1), ((0, 1), 1), ((1, 5), 1), ((0, 5), 0), ((5, 1), 1), ((5, 5), 5)],
)
def test_slow_tests_run_two_files_at_a_time_and_alone_what_must_be(monkeypatch, statuses, status):
    commands, left = [], list(statuses)

    def run_program(command):
        commands.append(command)
        return left.pop(0)

    monkeypatch.setattr(testing, "run_program", run_program)
    assert cli.main(["test-slow", "--durations=5"]) == status
    together, alone = (command[command.index("-m", 3) + 1 :] for command in commands)
    assert together == ["slow and not alone", "-n", "2", "--dist", "loadfile"]
    assert alone == ["slow and alone"]
    assert all("--durations=5" in command for command in commands)


@pytest.mark.parametrize(
    ("cores", "gigabytes", "processes"), [(2, 24, 3), (16, 64, 8), (4, 9, 2), (1, 2, 1)]
)
def test_tests_run_side_by_side_as_cores_and_memory_allow(monkeypatch, cores, gigabytes, processes):
    monkeypatch.setattr("os.cpu_count", lambda: cores)
    monkeypatch.setattr("psutil.virtual_memory", lambda: SimpleNamespace(total=gigabytes * 1e9))
    assert testing.tests_at_once() == processes


def test_slow_tests_that_are_interrupted_or_named_run_once(monkeypatch):
    commands = []
    monkeypatch.setattr(testing, "run_program", lambda command: commands.append(command) or 2)
    assert cli.main(["test-slow"]) == cli.main(["test-slow", "tests/test_one.py"]) == 2
    assert [command[command.index("-m", 3) + 1] for command in commands] == [
        "slow and not alone",
        "slow",
    ]
