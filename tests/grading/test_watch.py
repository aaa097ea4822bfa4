"""What code in a kernel does, seen and told apart: harm, and what hurts nobody."""

import os

import pytest
from nbformat.v4 import new_code_cell

from embeddings_course.grading.isolation.flags import attempted
from embeddings_course.grading.isolation.watch import HARMFUL, Places, harm
from grading.classroom import cell


@pytest.fixture
def places(tmp_path, monkeypatch):
    """A folder in a submission's folder, and a home, away from the folder for temporary files."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    for name in ("home/.cache", "submission/ann/hw", "others"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "others" / "notes.txt").write_text("x")
    (tmp_path / "home" / "mine.txt").write_text("x")
    (tmp_path / "submission" / "ann" / "hw" / "data.csv").write_text("x")
    return Places(str(tmp_path / "home"), str(tmp_path / "submission" / "ann" / "hw"))


@pytest.mark.parametrize(
    "command",
    [
        "ls -la | wc -l",
        "rm -rf checkpoints data.csv *.pyc",
        "rm -rf ~/.cache/torch ./* && mkdir -p out/figures",
        "mv data.csv table.csv; cp table.csv ~/mine.txt",
        "python --version > version.txt 2>/dev/null",
        "pip install -q sentencepiece 2>&1",
        "mv data.csv ~; cp ~/data.csv ~/",
        "kill 99999999 2>&1",
        "chmod 600 ~/.kaggle/kaggle.json",
        "mkdir -p ~/.kaggle && cp kaggle.json ~/.kaggle/",
        "git clone https://example.org/x.git; cd x && rm -rf .git",
        'for i in 1 2; do echo $i; done\necho "it\'s"',
        "echo 'rm -rf /usr'",
        "kill 0 2>/dev/null; kill -0 1; kill 99999999",
        "nvidia-smi; clear; which python",
    ],
)
def test_usual_commands_harm_nothing(places, command):
    assert harm(command, places) is None


@pytest.mark.parametrize(
    ("command", "what"),
    [
        ("rm -rf ~/* ../* /tmp/* 2>/dev/null; true", "home"),
        ("rm -rf ../*", "submission/ann"),
        ("cd ../.. && rm -rf *", "submission"),
        ("sudo rm -r {root}/others", "others"),
        ("bash -c 'rm {root}/others/notes.txt'", "others/notes.txt"),
        ("FORCE=1 mv {root}/others/notes.txt .", "others/notes.txt"),
        ("echo x >> {root}/others/notes.txt", "others/notes.txt"),
        ("echo x | tee {root}/others/notes.txt", "others/notes.txt"),
        ("echo 'import os' > ~/.ipython/profile_default/startup/0.py", None),
        ("cat key >> $HOME/.ssh/authorized_keys", None),
        ("cp x.sh ~/.bashrc", "home/.bashrc"),
        ("touch ../gradebook.db", "submission/ann/gradebook.db"),
        ("kill -9 1", "processes"),
        ("kill -9 -1", "processes"),
        ("dd if=/dev/zero of=/etc/motd", None),
    ],
)
def test_commands_that_reach_for_what_is_not_the_students_are_found(places, command, what):
    root = os.path.dirname(places.home)  # noqa: PTH120
    found = harm(command.format(root=root), places)
    assert found is not None
    if what == "processes":
        assert found == what
    elif what is not None:
        assert found == os.path.join(root, what)  # noqa: PTH118


def test_what_code_makes_outside_of_its_folder_is_its_own_from_then_on(places):
    path = os.path.join(os.path.dirname(places.home), "content")  # noqa: PTH118, PTH120
    assert places.verdict(path, changes=True) is None, "nothing is there"
    assert places.verdict(path, changes=False) == "wrote"
    os.mkdir(path)  # noqa: PTH102
    assert places.verdict(path, changes=False) is None
    assert places.verdict(f"{path}/data", changes=True) is None
    assert places.verdict(os.path.dirname(path), changes=True) == "changed"  # noqa: PTH120


def test_own_files_are_nobodys_business_and_installed_ones_are_the_courses(places):
    for path in ("/dev/null", f"{places.folder}/x", f"{places.home}/data/x", f"{places.home}/.x"):
        assert places.verdict(path, changes=True) is None
    for name in ("db", "db/dhist", "history.sqlite"):
        assert (
            places.verdict(f"{places.home}/.ipython/profile_default/{name}", changes=True) is None
        )
    for name in (".ipython/profile_default/startup/0.py", ".bashrc", ".zprofile", ".ssh/config"):
        assert places.verdict(f"{places.home}/{name}", changes=False) == "hidden"
    assert places.verdict(os.path.abspath(os.__file__), changes=True) == "changed"  # noqa: PTH100
    assert places.verdict("/etc/cron.d/new", changes=False) == "changed"


def test_to_look_for_what_the_course_keeps_is_seen(places):
    above = os.path.dirname(os.path.dirname(places.folder))  # noqa: PTH120
    for path in (f"{above}/source/hw/hw.ipynb", "/*/source/*/*.ipynb", "/gradebook.db"):
        assert places.seeks(path)
    for path in ("/content/source/a.csv", "/data/hw.ipynb", f"{places.folder}/source/a/b.ipynb"):
        assert not places.seeks(path)


LINES = "import os\n\nos.system('ls')"


def test_a_sentence_names_the_cell_the_line_and_what_is_written_there():
    ran = {7: new_code_cell(LINES)}
    assert attempted(("started", "ls", "In[7]", 3), ran) == (
        "noted",
        "Cell In[7], line 3: `os.system('ls')` started another program: ls.",
    )
    kind, said = attempted(("changed", "/usr/x", "tools.py", 4), ran)
    assert (kind, said) == ("suspicious", "tools.py, line 4: tried to change /usr/x.")
    assert attempted(("copied", "", "", 0), ran)[1].startswith("The code tried to copy or replace")


def test_what_the_instructors_own_cells_do_is_not_the_students():
    assert attempted(("started", "ls", "In[1]", 1), {1: cell("given", "!ls")}) is None


@pytest.mark.parametrize(
    "attempt",
    [
        None,
        3,
        [],
        ["started"],
        ["nothing", "", "", 1],
        ["changed", "x", "In[1]", "two"],
        [[], 1, 2, 3],
    ],
)
def test_what_a_kernel_makes_up_is_passed_over(attempt):
    assert attempted(attempt, {}) is None


def test_what_a_kernel_makes_up_is_shown_on_one_short_line():
    for attempt in (
        ["changed", "\x1b[2J\u202ex\n=HYPERLINK(1)" + "y" * 10_000, "In[1]", 1],
        ["changed", "x", "\x1b]0;t\x07" * 1000, 10**30],
        ["changed", 10**30, "In[999999]", -1],
    ):
        kind, said = attempted(attempt, {1: new_code_cell("\x1b[31m" + "z" * 10_000)})
        assert kind == "suspicious" and len(said) < 500 and said.isprintable()


def test_kinds_of_harm_have_words():
    assert all(words.count("{}") <= 1 for words in HARMFUL.values())
