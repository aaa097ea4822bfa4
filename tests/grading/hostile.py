"""What students hand in that breaks, deceives or attacks a grader; easy to add to.

A case is a function that changes what an honest student hands in. Its decorator says what must
come of it: the state, the points that an honest grader would give, whether it is flagged as
suspicious, and whether something is repaired or noted. ``None`` asks nothing. What is ``known`` to go
wrong says why, and fails the test when it goes right. More cases are in ``cases/``, a module a kind.
"""

from __future__ import annotations

import codecs
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from grading.classroom import cell

DOUBLE = "def double(x):\n    return 2 * x"
NORM = "def norm(v):\n    return float(np.sqrt(np.sum(np.asarray(v) ** 2)))"
WRONG = "def double(x):\n    return x"
TABLE = "3,4\n6,8\n"
FULL = 14.5
BOTH = {"double_basics": 2.0, "double_more": 3.0, "norm_basics": 4.0, "norm_more": 5.0, "part": 0.5}


def assignment():
    """Two exercises with hidden tests, a test of partial credit, an answer in words."""
    hidden = "# Other inputs.\n### BEGIN HIDDEN TESTS\n{}\n### END HIDDEN TESTS"
    solution = "### BEGIN SOLUTION\n{}\n### END SOLUTION"
    answer = {"solution": True, "locked": False}
    given = 'import numpy as np\nimport torch\n\ntable = np.loadtxt("vectors.csv", delimiter=",")'
    attempt = "from embeddings_course.exercises import attempt\n\nattempt(globals(), {}, on={})"
    why = new_markdown_cell(solution.format("Because."), id="why")
    why.metadata.nbgrader = {"grade_id": "why", "grade": True, "points": 6, "task": False}
    why.metadata.nbgrader |= {"schema_version": 3, **answer}
    double_more = (
        "import torch\n\nfrom embeddings_course.exercises import attempt\n\n"
        "secret = torch.full((3,), 1.25)\n"
        'attempt(globals(), "double", secret, on="three numbers").close(2 * secret)'
    )
    norm_more = attempt.format('"norm", table[1]', '"a row of the table"') + ".close(10)"
    cells = [
        new_markdown_cell("# An assignment", id="intro"),
        cell("given", given),
        cell("double", solution.format(DOUBLE), **answer),
        cell(
            "double_basics",
            attempt.format('"double", 3', '"the number 3"') + ".close(6)",
            grade=True,
            points=2,
        ),
        cell("double_more", hidden.format(double_more), grade=True, points=3),
        cell("norm", solution.format(NORM), **answer),
        cell(
            "norm_basics",
            attempt.format('"norm", [3.0, 4.0]', '"3 and 4"') + ".close(5)",
            grade=True,
            points=4,
        ),
        cell("norm_more", hidden.format(norm_more), grade=True, points=5),
        cell(
            "part",
            attempt.format('"norm", [0.0]', '"zero"').replace("attempt(g", "length = attempt(g")
            + ".numbers(())\n0.5 if length == 0 else 0.0",
            grade=True,
            points=1,
        ),
        why,
    ]
    kernel = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
    return new_notebook(cells=cells, metadata={"kernelspec": kernel})


class Submission:
    """What a student is about to hand in: an assignment as it was released, to be filled in.

    Parameters
    ----------
    folder : Path
        Where it goes.
    released : Path
        The released assignment, in a folder of its name.
    """

    def __init__(self, folder: Path, released: Path):
        self.folder, self.released = folder, released
        self.name = f"{released.name}.ipynb"
        self.path = folder / self.name
        self.notebook = nbformat.read(released / self.name, as_version=4)
        self.text: bytes | None = None

    def cell(self, name):
        return next(each for each in self.notebook.cells if each.id == name)

    def answer(self, name, code):
        self.cell(name).source = code

    def begin(self, code):
        """Add a first cell."""
        self.notebook.cells.insert(0, new_code_cell(code, id="mine-first"))

    def after(self, name, code):
        """Add a cell after another."""
        self._insert(self.notebook.cells.index(self.cell(name)) + 1, code)

    def before(self, name, code):
        """Add a cell before another."""
        self._insert(self.notebook.cells.index(self.cell(name)), code)

    def _insert(self, place, code):
        self.notebook.cells.insert(place, new_code_cell(code, id=f"mine-{place}"))

    def json(self):
        return json.loads(nbformat.writes(self.notebook))

    def write_json(self, content):
        self.text = json.dumps(content).encode()

    def write(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        if self.text is not None:
            self.path.write_bytes(self.text)
        elif not self.path.exists() and not self.path.is_symlink():
            nbformat.write(self.notebook, self.path)


class HandIn(Submission):
    """Right answers to the assignment of the suite, to be spoilt."""

    def __init__(self, folder: Path, released: Path):
        super().__init__(folder, released)
        self.answer("double", DOUBLE)
        self.answer("norm", NORM)
        self.cell("why").source = "I measured it."

    def write(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "vectors.csv").write_text(TABLE)
        super().write()


@dataclass(frozen=True)
class Case:
    title: str
    edit: Callable[[Submission], None]
    state: str | None
    score: float | None
    suspicious: bool | None
    repaired: bool | None
    known: str = ""
    noted: bool | None = None
    assignment: str = "hw"

    @property
    def id(self):
        return self.edit.__name__.replace("_", "-")


CASES: list[Case] = []


def case(
    title,
    *,
    state="graded",
    score=FULL,
    suspicious=False,
    repaired=False,
    known="",
    noted=None,
):
    def add(edit):
        CASES.append(Case(title, edit, state, score, suspicious, repaired, known, noted))
        return edit

    return add


def points(*names):
    return sum(BOTH[name] for name in names)


# Notebooks that were damaged -----------------------------------------------------------------------


@case("a test cell was deleted", repaired=True)
def test_deleted(it):
    it.notebook.cells.remove(it.cell("double_more"))


@case("a test cell is there twice", repaired=True)
def test_twice(it):
    place = it.notebook.cells.index(it.cell("norm_basics"))
    copy = nbformat.from_dict(it.notebook.cells[place])
    copy.id = "norm-copy"
    it.notebook.cells.insert(place, copy)


@case("an answer is there twice, the second one right", repaired=True)
def answer_twice(it):
    copy = nbformat.from_dict(it.cell("double"))
    copy.id, copy.source = "double-old", WRONG
    it.notebook.cells.insert(it.notebook.cells.index(it.cell("double")), copy)


@case("the given cell was deleted", repaired=True)
def given_deleted(it):
    it.notebook.cells.remove(it.cell("given"))


@case("an answer was deleted", score=points("norm_basics", "norm_more", "part"), repaired=True)
def answer_deleted(it):
    it.notebook.cells.remove(it.cell("double"))


@case("the cells stand in reverse order", repaired=True)
def reversed_order(it):
    it.notebook.cells.reverse()


@case("a test cell became text", repaired=True)
def retyped(it):
    old = it.cell("norm_more")
    new = new_markdown_cell(old.source, id=old.id, metadata=old.metadata)
    it.notebook.cells[it.notebook.cells.index(old)] = new


@case("points were raised", repaired=True)
def points_raised(it):
    it.cell("double_more").metadata.nbgrader.points = 1000


@case("points are not a number", repaired=True)
def points_no_number(it):
    it.cell("double_more").metadata.nbgrader.points = "nan"


@case("marks are of nbgrader's second schema", repaired=True)
def schema_2(it):
    for each in it.notebook.cells:
        if "nbgrader" in each.metadata:
            each.metadata.nbgrader.schema_version = 2


@case("marks are of a schema to come", repaired=True)
def schema_99(it):
    it.cell("norm").metadata.nbgrader.schema_version = 99


@case("marks are a list", repaired=True)
def marks_are_a_list(it):
    it.cell("norm").metadata["nbgrader"] = ["grade"]


@case("ids of an answer and a test were changed", repaired=True)
def ids_changed(it):
    for name in ("double", "double_basics"):
        it.cell(name).metadata.nbgrader.grade_id = f"{name}-2"


@case("all marks were lost", repaired=True)
def marks_lost(it):
    for each in it.notebook.cells:
        each.metadata.clear()


@case("tags keep tests from running", suspicious=None, repaired=None)
def tags(it):
    it.answer("double", DOUBLE)
    for name in ("double_more", "norm_more"):
        it.cell(name).metadata.tags = ["skip-execution", "raises-exception"]


@case(
    "a wrong answer, and its tests tagged to be skipped",
    score=FULL - 5,
    suspicious=True,
    repaired=None,
)
def skipped_tests(it):
    it.answer("double", WRONG)
    for name in ("double_basics", "double_more"):
        it.cell(name).metadata.tags = ["skip-execution"]


@case("the notebook wants another kernel")
def other_kernel(it):
    it.notebook.metadata.kernelspec = {"name": "bash", "display_name": "Bash"}


@case("the file begins with a byte order mark", repaired=True)
def byte_order_mark(it):
    it.text = codecs.BOM_UTF8 + nbformat.writes(it.notebook).encode()


@case("the file is in UTF-16", repaired=True)
def utf_16(it):
    it.text = nbformat.writes(it.notebook).encode("utf-16")


@case("the file is of format 3", repaired=None)
def format_3(it):
    it.text = nbformat.writes(it.notebook, version=3).encode()


@case("texts hold NUL and half characters", repaired=None)
def odd_characters(it):
    content = it.json()
    content["cells"][0]["source"] = "# \ud800 and \x00"
    it.write_json(content)


@case("sources are numbers and cells have no metadata", repaired=True)
def odd_types(it):
    content = it.json()
    content["cells"].append({"cell_type": "code", "source": 7})
    content["cells"].append("no cell")
    it.write_json(content)


@case("the file ends in the middle", state="unreadable", score=None)
def truncated(it):
    it.text = nbformat.writes(it.notebook).encode()[:1500]


@case("the file is empty", state="unreadable", score=None)
def empty(it):
    it.text = b""


@case("the file is a web page", state="unreadable", score=None)
def web_page(it):
    it.text = b"<!DOCTYPE html><html><body>Log in</body></html>"


@case("a notebook without cells", score=0, repaired=True)
def no_cells(it):
    it.notebook.cells = []


@case("outputs of 100 MB", repaired=None)
def large_outputs(it):
    content = it.json()
    content["cells"][2]["outputs"] = [
        {"output_type": "stream", "name": "stdout", "text": "x" * 100_000_000}
    ]
    it.write_json(content)


# Files beside the notebook -------------------------------------------------------------------------


@case("a second notebook holds the work, beside a blank one", repaired=True)
def second_notebook(it):
    it.folder.mkdir(parents=True)
    nbformat.write(it.notebook, it.folder / "hw-Copy1.ipynb")
    it.text = (it.released / "hw.ipynb").read_bytes()


@case("the notebook has another name", repaired=True)
def other_name(it):
    it.folder.mkdir(parents=True)
    nbformat.write(it.notebook, it.folder / "Homework (1).ipynb")
    it.path = it.folder / "Homework (1).ipynb"


@case("the notebook lies in an inner folder, and ends in .txt", repaired=True)
def inner_folder(it):
    (it.folder / "my work").mkdir(parents=True)
    it.path = it.folder / "my work" / "hw.ipynb.txt"
    nbformat.write(it.notebook, it.folder / "my work" / "hw.ipynb")
    (it.folder / "my work" / "hw.ipynb").rename(it.path)


@case("a folder is named like the notebook", state="unreadable", score=None, repaired=None)
def folder_as_notebook(it):
    it.path.mkdir(parents=True)


@case("a pipe is named like the notebook", state="unreadable", score=None, repaired=None)
def pipe_as_notebook(it):
    it.folder.mkdir(parents=True)
    os.mkfifo(it.path)


@case("the notebook is a link to another student's", state="unreadable", score=None, repaired=None)
def link_to_another(it):
    it.folder.mkdir(parents=True)
    it.path.symlink_to(it.folder.parent.parent / "s000-honest" / "hw" / "hw.ipynb")


@case("a link to the gradebook lies beside the notebook", repaired=None)
def link_to_gradebook(it):
    it.folder.mkdir(parents=True)
    (it.folder / "data.db").symlink_to(it.folder.parent.parent.parent / "gradebook.db")
    it.after(
        "norm", "open('data.db', 'w').write('x') if __import__('os').path.exists('data.db') else 0"
    )


@case("a timestamp.txt that is not a date", repaired=True)
def no_timestamp(it):
    it.folder.mkdir(parents=True)
    (it.folder / "timestamp.txt").write_bytes(b"yesterday \xff")


@case("a timestamp.txt that is a link", repaired=None)
def link_as_timestamp(it):
    it.folder.mkdir(parents=True)
    (it.folder / "timestamp.txt").symlink_to("/etc/passwd")


@case("json.py beside the notebook", suspicious=True)
def own_json(it):
    it.folder.mkdir(parents=True)
    (it.folder / "json.py").write_text("raise SystemExit('own json')")


@case("a torch.py that finds everything close", score=FULL - 5, suspicious=True)
def own_torch(it):
    it.folder.mkdir(parents=True)
    (it.folder / "torch.py").write_text("allclose = lambda *given: True")
    it.answer("double", WRONG)


@case("sitecustomize.py beside the notebook", suspicious=True)
def own_sitecustomize(it):
    it.folder.mkdir(parents=True)
    (it.folder / "sitecustomize.py").write_text("import os; os._exit(0)")


@case("a module of the student's own")
def own_module(it):
    it.folder.mkdir(parents=True)
    (it.folder / "helpers.py").write_text("def twice(x):\n    return 2 * x")
    it.answer("double", "from helpers import twice\n\ndef double(x):\n    return twice(x)")


@case("three thousand files beside the notebook", repaired=None)
def many_files(it):
    (it.folder / "many").mkdir(parents=True)
    for number in range(3000):
        (it.folder / "many" / f"{number}.txt").write_text("x")


# Attacks on what is not theirs ---------------------------------------------------------------------


@case("raises its points in the gradebook", suspicious=None)
def gradebook_update(it):
    it.after(
        "norm",
        "import sqlite3, glob\n"
        "for place in glob.glob('/tmp/**/gradebook.db', recursive=True) + ['../../../gradebook.db']:\n"
        "    base = sqlite3.connect(place)\n"
        "    base.execute('update grade set manual_score = 100')\n"
        "    base.commit()",
    )


@case("deletes what it finds above its folder", suspicious=None)
def deletes_above(it):
    it.after(
        "norm",
        "import os, shutil, pathlib\n"
        "here = pathlib.Path.cwd()\n"
        "for name in ('gradebook.db', 'source', 'submitted', 'autograded', 'nbgrader_config.py'):\n"
        "    for folder in list(here.parents):\n"
        "        shutil.rmtree(folder / name, ignore_errors=True)\n"
        "os.chdir(here) if here.exists() else os.makedirs(here)",
    )


@case("reads the solutions", suspicious=None)
def reads_source(it):
    it.after(
        "norm",
        "import glob\n"
        "found = [p for p in glob.glob('/**/source/hw/hw.ipynb', recursive=True)]\n"
        "assert not found, 'solutions found'\n"
        "print('nothing found')",
    )


@case("leaves code in the home folder for later students", suspicious=True)
def startup_file(it):
    it.after(
        "norm",
        "import pathlib\n"
        "place = pathlib.Path.home() / '.ipython' / 'profile_default' / 'startup'\n"
        "place.mkdir(parents=True, exist_ok=True)\n"
        "(place / '00-zero.py').write_text('import os; os._exit(0)')",
    )


@case("writes into the installed packages", suspicious=True)
def writes_packages(it):
    it.after(
        "norm",
        "import embeddings_course.exercises as e\n"
        "try:\n    open(e.__file__, 'a').write('# hacked')\nexcept OSError as error:\n    print(error)",
    )


# Honest code tries to install and to download; where nothing can be reached, that hurts nobody.
@case("opens a connection", noted=True)
def opens_connection(it):
    it.after(
        "norm",
        "import socket\n"
        "try:\n    socket.create_connection(('198.51.100.1', 80), 2)\n"
        "except OSError as error:\n    print(error)",
    )


@case("leaves a daemon behind", suspicious=True)
def daemon(it):
    it.after(
        "norm",
        "import os, time\n"
        "if os.fork() == 0:\n"
        "    os.setsid()\n"
        "    if os.fork() == 0:\n"
        "        time.sleep(300)\n"
        "    os._exit(0)",
    )


@case("runs shell commands", suspicious=True)
def shell(it):
    it.after("norm", "!rm -rf ~/* ../* /tmp/* 2>/dev/null; true")


@case(
    "ends all processes it can reach, its own among them",
    state="kernel-died",
    score=points("double_basics", "double_more"),
)
def kills_all(it):
    it.after(
        "double_more",
        "import os, signal\n"
        "for number in [os.getppid(), *range(2, 500)]:\n"
        "    if number != os.getpid():\n"
        "        try:\n            os.kill(number, signal.SIGKILL)\n"
        "        except OSError:\n            pass",
    )


# Resources -----------------------------------------------------------------------------------------

DIED = {"state": "kernel-died", "score": points("double_basics", "double_more")}


@case("the kernel exits in the middle", **DIED)
def exits(it):
    it.after("double_more", "import os\nos._exit(0)")


@case("the kernel ends itself by a signal", **(DIED | {"suspicious": None}))
def signals_itself(it):
    it.after("double_more", "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)")


@case("a segmentation fault", **DIED)
def segfault(it):
    it.after("double_more", "import ctypes\nctypes.string_at(0)")


@case("asks for 50 GB of memory")
def memory(it):
    it.after("norm", "x = bytearray(50 * 1024**3)")


@case("touches 20 GB of memory in tensors")
def memory_in_tensors(it):
    it.after("norm", "x = [torch.ones(2**28) for _ in range(20)]")


@case("three hundred processes", **(DIED | {"suspicious": None}))
def many_processes(it):
    it.after(
        "double_more",
        "import subprocess, time\n"
        "many = [subprocess.Popen(['sleep', '60']) for _ in range(300)]\n"
        "time.sleep(30)",
    )


@case("fills the disk", suspicious=False)
def fills_disk(it):
    it.after(
        "norm",
        "for place in ('.', '/tmp'):\n"
        "    try:\n"
        "        for number in range(40):\n"
        "            open(f'{place}/{number}.bin', 'wb').write(bytes(10**7))\n"
        "    except OSError as error:\n        print(error)",
    )


@case("an endless loop in a cell")
def endless_cell(it):
    it.after("norm", "while True:\n    pass")


@case("an endless loop in an answer", score=points("norm_basics", "norm_more", "part"))
def endless_answer(it):
    it.answer("double", "def double(x):\n    while True:\n        pass")


@case("a loop that cannot be interrupted", state="timed-out", score=DIED["score"])
def uninterruptible(it):
    it.after(
        "double_more",
        "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True:\n    pass",
    )


@case("asks for input")
def asks_input(it):
    it.after("norm", "name = input('Your name? ')")


@case("sys.exit, exit and quit")
def exits_politely(it):
    it.after("norm", "exit()")
    it.after("norm", "import sys\nsys.exit(1)")


@case("100 MB in one print")
def large_print(it):
    it.after("norm", "print('x' * 100_000_000)")


@case("a hundred thousand prints in an answer")
def many_prints(it):
    it.answer(
        "double", "def double(x):\n    for n in range(100_000):\n        print(n)\n    return 2 * x"
    )


@case("ten thousand displays")
def many_displays(it):
    code = "from IPython.display import HTML, display\nfor n in range(10_000):\n    display(HTML('<b>'))"
    it.after("norm", code)


# Verdicts that are forged in the kernel ------------------------------------------------------------


@case("torch.allclose is always content", score=FULL - 5, suspicious=None)
def forged_allclose(it):
    it.answer("double", f"torch.allclose = lambda *given, **named: True\n{WRONG}")


@case(
    "numpy's functions are replaced",
    score=points("norm_basics", "norm_more", "part"),
    suspicious=None,
)
def forged_numpy(it):
    it.answer("double", f"np.isclose = lambda *given, **named: np.array(True)\n{WRONG}")


@case("attempt is replaced", score=FULL - 5, suspicious=None)
def forged_attempt(it):
    it.answer(
        "double",
        "import embeddings_course.exercises as e\n"
        "class Fine:\n    close = same = must = lambda self, *given, **named: None\n"
        f"e.attempt = lambda *given, **named: Fine()\n{WRONG}",
    )


@case("the module with the checks is replaced", score=FULL - 5, suspicious=None)
def forged_module(it):
    it.answer(
        "double",
        "import sys, types\n"
        "fake = types.ModuleType('embeddings_course.exercises')\n"
        "class Fine:\n    close = same = must = lambda self, *given, **named: None\n"
        "fake.attempt = lambda *given, **named: Fine()\n"
        f"sys.modules['embeddings_course.exercises'] = fake\n{WRONG}",
    )


@case("asserts are taken out of cells", score=FULL - 5, suspicious=None)
def stripped_asserts(it):
    it.answer(
        "double",
        "import ast\n"
        "class Strip(ast.NodeTransformer):\n"
        "    def visit_Assert(self, node):\n        return ast.Pass()\n"
        f"get_ipython().ast_transformers.append(Strip())\n{WRONG}",
    )


@case("the shell runs no more cells", state="timed-out", score=0, suspicious=None)
def forged_shell(it):
    it.answer(
        "double",
        f"shell = get_ipython()\nold = shell.run_code\n"
        f"async def fine(*given, **named):\n    return False\nshell.run_code = fine\n{WRONG}",
    )


@case("builtins are replaced", score=FULL, suspicious=None)
def forged_builtins(it):
    it.after(
        "norm",
        "import builtins\nbuiltins.sum = lambda *given: 0\nbuiltins.AssertionError = Warning",
    )


@case("equal to everything", score=FULL - 5, suspicious=None)
def equal_to_everything(it):
    it.answer(
        "double",
        "class Anything:\n    def __eq__(self, other):\n        return True\n"
        "    def __float__(self):\n        return 6.0\n\n"
        "def double(x):\n    return Anything()",
    )


@case("results are sent in the grader's name", score=FULL - 5, suspicious=None)
def forged_results(it):
    it.answer(
        "double",
        "def double(x):\n"
        "    hook = get_ipython().displayhook\n"
        "    content = {'data': {'text/plain': '2'}, 'metadata': {}, 'execution_count': 1}\n"
        "    parent = get_ipython().kernel.get_parent()\n"
        "    hook.session.send(hook.pub_socket, 'execute_result', content, parent=parent)\n"
        "    return x",
    )


@case("a thousand points are sent in the grader's name", score=FULL - 0.5, suspicious=None)
def forged_points(it):
    it.answer(
        "norm",
        f"{NORM}\n\n_norm = norm\n\ndef norm(v):\n"
        "    if list(v) == [0.0]:\n"
        "        hook = get_ipython().displayhook\n"
        "        content = {'data': {'text/plain': '1000'}, 'metadata': {}, 'execution_count': 1}\n"
        "        parent = get_ipython().kernel.get_parent()\n"
        "        hook.session.send(hook.pub_socket, 'execute_result', content, parent=parent)\n"
        "        raise ValueError\n"
        "    return _norm(v)",
    )


@case("a test was made to pass", score=FULL - 5, suspicious=True)
def edited_test(it):
    it.answer("double", WRONG)
    it.cell("double_basics").source = "assert True"


@case("prints the hidden tests")
def prints_tests(it):
    it.answer(
        "double", "def double(x):\n    print(get_ipython().user_ns['In'][-1])\n    return 2 * x"
    )


@case("closes its standard output", suspicious=None)
def closes_output(it):
    it.after("norm", "import os\nos.close(1)\nos.close(2)")


@case("replaces sys.stdout")
def replaces_stdout(it):
    it.after("norm", "import sys, io\nsys.stdout = sys.stderr = io.StringIO()")


@case("a thread that goes on printing")
def thread_prints(it):
    it.after(
        "norm",
        "import threading, time, sys\n"
        "def talk():\n    for _ in range(30):\n        print('x', file=sys.stderr); time.sleep(0.1)\n"
        "threading.Thread(target=talk, daemon=True).start()",
    )


# Honest work that is often punished ----------------------------------------------------------------


@case("an answer that warns")
def warns(it):
    it.answer(
        "double", f"import warnings\n{DOUBLE.replace('return', 'warnings.warn(str(x)); return')}"
    )


@case("an answer with a progress bar")
def progress_bar(it):
    it.answer(
        "double",
        "from tqdm import tqdm\n\ndef double(x):\n    for _ in tqdm(range(3)):\n        pass\n    return 2 * x",
    )


@case("an answer that logs")
def logs(it):
    logging = NORM.replace("return", "logging.error(v)\n    return")
    it.answer("norm", f"import logging\n\n{logging}")


@case("names of modules are overwritten")
def overwritten(it):
    it.after("double", "torch = 3")


@case("an answer that fails", score=points("norm_basics", "norm_more", "part"))
def fails(it):
    it.answer("double", "def double(x):\n    return undefined")


@case("a syntax error", score=points("norm_basics", "norm_more", "part"))
def syntax_error(it):
    it.answer("double", "def double(x)\n    return 2 * x")


@case("files of its own, written and read")
def own_files(it):
    it.after("norm", "np.save('mine.npy', table)\nassert np.load('mine.npy').shape == (2, 2)")
