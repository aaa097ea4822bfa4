"""A kernel that is a copy of a process is as good as one that was started, and ends as surely."""

import ast
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import jupytext
import pytest
from jupyter_client import KernelManager
from jupyter_client.kernelspec import KernelSpec

from embeddings_course._shared import kernel_copies
from embeddings_course.book_build import failed_assertion
from embeddings_course.book_build.page_cache import kernel_environment
from helpers.repository import ROOT

pytestmark = pytest.mark.skipif(not kernel_copies.possible(), reason="kernels are not copies here")

# Never measured for `make coverage`: the tests look at what a kernel has opened and imported.
UNMEASURED = {name: text for name, text in os.environ.items() if not name.startswith("COVERAGE_")}
ENVIRON = {**UNMEASURED, **kernel_environment(ROOT)}
MODULES = ["torch", "matplotlib.pyplot", "sklearn.linear_model", "embeddings_course.shared_vectors"]


class Kernel:
    """A kernel as pages get it."""

    def __init__(self, server, folder, environ=ENVIRON):
        self.manager = KernelManager()
        self.manager._kernel_spec = KernelSpec(
            argv=kernel_copies.command(server), display_name="Python 3", language="python"
        )
        self.manager.start_kernel(
            env=dict(environ),
            cwd=str(folder),
            extra_arguments=[f"--InteractiveShellApp.extra_extensions={failed_assertion.__name__}"],
        )
        self.client = self.manager.blocking_client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=120)

    def value(self, expression):
        reply = self.client.execute_interactive(
            "", silent=True, user_expressions={"it": f"repr({expression})"}, timeout=60
        )
        return ast.literal_eval(
            ast.literal_eval(reply["content"]["user_expressions"]["it"]["data"]["text/plain"])
        )

    def run(self, code):
        reply = self.client.execute_interactive(code, timeout=60, output_hook=lambda message: None)
        return reply["content"].get("evalue")

    def close(self):
        self.client.stop_channels()
        if self.manager.has_kernel:
            self.manager.shutdown_kernel(now=True)
        self.manager.cleanup_resources()


@contextmanager
def kernel(server, folder, **settings):
    running = Kernel(server, folder, **settings)
    try:
        yield running
    finally:
        running.close()


@pytest.fixture(scope="module")
def server():
    with kernel_copies.server(MODULES, ENVIRON) as path:
        yield path


STATE = """
import __main__, locale, os, pickle, resource, sys, tempfile
loaded = "torch" in sys.modules
import numpy, torch
import matplotlib.pyplot as plt
def function(): pass
shell = get_ipython()
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
kinds = [name for name in dir(resource) if name.startswith("RLIMIT")]
settings = {name: str(value) for name, value in plt.rcParams.items()}
plt.figure()
state = {
    "status": {
        name: value.strip()
        for name, value in status.items()
        if name.startswith(("Cap", "Sig", "Shd", "Uid", "Gid", "NoNew", "Seccomp", "Umask", "Cpus"))
        and name != "SigQ"
    },
    "limits": {name: resource.getrlimit(getattr(resource, name)) for name in kinds},
    "nice": os.nice(0),
    "environ": {name: each for name, each in os.environ.items() if name != "JPY_PARENT_PID"},
    "folder": os.getcwd(),
    "path": sys.path,
    "arguments": [each for each in sys.argv if not each.endswith(".json")],
    "flags": str(sys.flags),
    "locale": locale.setlocale(locale.LC_ALL),
    "hash": hash("a text"),
    "recursion": sys.getrecursionlimit(),
    "threads": torch.get_num_threads(),
    "type": str(torch.get_default_dtype()),
    "figures": settings,
    "backend": plt.get_backend(),
    "called": {
        event: [getattr(each, "__qualname__", str(each)) for each in functions]
        for event, functions in shell.events.callbacks.items()
    },
    "extensions": sorted(shell.extension_manager.loaded),
    "main": [__main__.function is function, pickle.loads(pickle.dumps(function)) is function],
    "own group": os.getpgid(0) == os.getpid() == os.getsid(0),
    "streams": [type(each).__name__ for each in (sys.stdin, sys.stdout, sys.stderr)],
    "temporary": tempfile.gettempdir(),
}
"""


def test_a_copied_kernel_is_like_one_that_was_started(server, tmp_path):
    states = []
    for where in (None, server):
        with kernel(where, tmp_path) as one:
            assert one.run(STATE) is None
            assert one.value("loaded") is (where is not None)
            states.append(one.value("state"))
    started, copied = states
    assert copied == started
    assert copied["threads"] == 1 and copied["folder"] == str(tmp_path)


DRAW = "(__import__('random').random(), numpy.random.random(), torch.rand(1).item())"


def test_copies_share_no_chance_no_files_and_nothing_that_one_of_them_changes(server, tmp_path):
    drawn = []
    for _ in range(2):
        with kernel(server, tmp_path) as one:
            assert one.run("import os, numpy, torch") is None
            drawn.append(one.value(DRAW))
            assert one.value("hasattr(torch, 'mine')") is False
            assert one.run("torch.mine = torch.allclose = 1; os.environ['X'] = '1'") is None
            opened = "[os.readlink(f'/proc/self/fd/{n}') for n in os.listdir('/proc/self/fd')[:-1]]"
            assert not [path for path in one.value(opened) if str(server.parent) in path]
    assert not set(drawn[0]) & set(drawn[1])


def test_assertions_that_fail_say_what_their_sides_are(server, tmp_path):
    with kernel(server, tmp_path) as one:
        assert "`a` is 1" in one.run("a = 1\nassert a == 2")


def test_it_can_be_interrupted(server, tmp_path):
    with kernel(server, tmp_path) as one:
        note = tmp_path / "here"
        sent = one.client.execute(f"open({str(note)!r}, 'w').close()\nwhile True: pass")
        assert soon(note.exists)
        one.manager.interrupt_kernel()
        reply = one.client.get_shell_msg(timeout=30)
        while reply["parent_header"]["msg_id"] != sent:
            reply = one.client.get_shell_msg(timeout=30)
        assert reply["content"]["ename"] == "KeyboardInterrupt"
        assert one.value("1 + 1") == 2


@pytest.mark.parametrize(
    "end",
    [
        lambda one: one.manager.provisioner.process.kill(),
        lambda one: one.manager.provisioner.process.terminate(),
        lambda one: one.manager.shutdown_kernel(now=True),
        lambda one: one.manager.shutdown_kernel(),
        lambda one: one.client.execute("import os; os._exit(3)"),
        lambda one: one.client.execute("import os, signal; os.kill(os.getpid(), signal.SIGKILL)"),
    ],
    ids=["stand-in killed", "terminated", "shut down now", "shut down", "exit", "kernel killed"],
)
def test_kernel_and_stand_in_end_together_whichever_is_ended(server, tmp_path, end):
    with kernel(server, tmp_path) as one:
        process = one.manager.provisioner.process
        assert one.run("import os") is None
        pids = one.value("(os.getpid(), os.getppid())")
        end(one)
        assert soon(lambda: process.poll() is not None)
        for pid in pids:
            assert soon(lambda pid=pid: not lives(pid))


def test_what_a_kernel_has_started_ends_when_it_is_killed(server, tmp_path):
    with kernel(server, tmp_path) as one:
        assert one.run("import subprocess\nsleeping = subprocess.Popen(['sleep', '600'])") is None
        pid = one.value("sleeping.pid")
        one.manager.provisioner.process.kill()
        assert soon(lambda: not lives(pid))


def test_how_a_kernel_ended_is_told(server, tmp_path):
    for code, status in (("os._exit(3)", 3), ("os.kill(os.getpid(), 9)", 137)):
        with kernel(server, tmp_path) as one:
            process = one.manager.provisioner.process
            one.client.execute(f"import os\n{code}")
            assert process.wait(60) == status


def test_what_a_kernel_was_to_do_at_its_end_is_done(server, tmp_path):
    with kernel(server, tmp_path) as one:
        code = "import tempfile\nfolder = tempfile.TemporaryDirectory()"
        assert one.run(code) is None
        folder = Path(one.value("folder.name"))
        assert folder.exists()
        one.manager.shutdown_kernel()
        assert soon(lambda: not folder.exists())


def test_where_the_server_is_gone_a_kernel_imports_for_itself(tmp_path):
    with kernel_copies.server(MODULES, ENVIRON) as path:
        pass
    with kernel(path, tmp_path) as one:
        assert one.run("import sys, os") is None
        assert one.value("'torch' in sys.modules") is False
        assert one.value("os.getpid()") == one.manager.provisioner.process.pid


def test_a_server_with_threads_copies_nothing(tmp_path):
    (tmp_path / "with_a_thread.py").write_text(
        "import threading\nthreading.Thread(target=threading.Event().wait, daemon=True).start()"
    )
    environ = {**ENVIRON, "PYTHONPATH": os.pathsep.join([str(ROOT), str(tmp_path)])}
    with (
        kernel_copies.server(["with_a_thread"], environ) as path,
        kernel(path, tmp_path, environ=environ) as one,
    ):
        assert one.run("import sys, os") is None
        assert one.value("'with_a_thread' in sys.modules") is False
        assert one.value("os.getpid()") == one.manager.provisioner.process.pid


def test_names_are_imported_as_from_import_does(tmp_path):
    package = tmp_path / "with_parts"
    package.mkdir()
    (package / "__init__.py").write_text("taken = 'by a value'\n")
    for name in ("taken", "free", "other"):
        (package / f"{name}.py").write_text("")
    environ = {**ENVIRON, "PYTHONPATH": os.pathsep.join([str(ROOT), str(tmp_path)])}
    names = ["with_parts:taken", "with_parts:free", "with_parts:nothing", "no_such_module:x"]
    with (
        kernel_copies.server(names, environ) as path,
        kernel(path, tmp_path, environ=environ) as one,
    ):
        assert one.run("import sys") is None
        loaded = "sorted(name for name in sys.modules if 'with_parts' in name)"
        assert one.value(loaded) == ["with_parts", "with_parts.free"]


TESTS = [str(ROOT / "tests"), str(Path(__file__).parent)]
PROGRAM = """
import sys, time
from pathlib import Path
sys.path[:0] = {tests!r}
from test_kernel_copies import ENVIRON, Kernel, kernel_copies
with kernel_copies.server([], ENVIRON) as path:
    one = Kernel(path, {folder!r})
    one.run("import os")
    pids = one.value("(os.getpid(), os.getppid())")
    print(path, one.manager.provisioner.process.pid, *pids, flush=True)
    time.sleep(600)
"""


def test_nothing_outlives_a_build_that_was_killed(tmp_path):
    program = PROGRAM.format(tests=TESTS, folder=str(tmp_path))
    build = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    path, *pids = build.stdout.readline().split()
    pids = [int(pid) for pid in pids]
    assert len(pids) == 3 and all(map(lives, pids))
    build.kill()
    build.wait()
    for pid in pids:
        assert soon(lambda pid=pid: not lives(pid))
    shutil.rmtree(Path(path).parent)


@pytest.mark.parametrize("asked", [False, True])
def test_a_server_ends_with_who_started_it_asked_or_not(asked):
    program = (
        "import os, time\nfrom embeddings_course._shared import kernel_copies\n"
        "with kernel_copies.server(['no_such_module'], dict(os.environ)) as path:\n"
        "    print(path, flush=True); time.sleep(600)"
    )
    build = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    path = build.stdout.readline().strip()
    server = int(Path(f"/proc/{build.pid}/task/{build.pid}/children").read_text())
    if asked:
        with socket.socket(socket.AF_UNIX) as asking:
            asking.settimeout(60)
            asking.connect(path)
            kernel_copies.send(asking, {"environ": {}, "folder": "/", "arguments": []})
            assert kernel_copies.receive(asking) == {"ready": True}
    build.kill()
    build.wait()
    assert soon(lambda: not lives(server))
    shutil.rmtree(Path(path).parent)


def test_a_stand_in_ends_with_who_started_it_though_the_server_goes_on(server, tmp_path):
    program = PROGRAM.format(tests=TESTS, folder=str(tmp_path)).replace(
        "with kernel_copies.server([], ENVIRON) as path:", f"for path in [{str(server)!r}]:"
    )
    build = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    pids = [int(pid) for pid in build.stdout.readline().split()[1:]]
    build.send_signal(signal.SIGKILL)
    build.wait()
    for pid in pids:
        assert soon(lambda pid=pid: not lives(pid))
    with kernel(server, tmp_path) as one:
        assert one.value("1 + 1") == 2


def test_commands_hold_the_place_of_the_connection_file(tmp_path):
    for server in (None, tmp_path / "socket"):
        assert kernel_copies.command(server)[-2:] == ["-f", "{connection_file}"]
        json.dumps(kernel_copies.command(server))


def soon(holds):
    end = time.monotonic() + 60
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True


def lives(process):
    try:
        state = Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return False
    return state.rsplit(")")[-1].split()[0] != "Z"


def modules_used(code):
    """Return modules that code takes from others without importing them, each with the other."""
    tree = ast.parse(code)
    bound, imported = imports_of(tree)
    found = set()
    for home, path in attributes_of(tree, bound):
        for number in range(1, len(path) + 1):
            module = ".".join([home, *path[:number]])
            if not is_module(module):
                break
            if not any(f"{each}.".startswith(f"{module}.") for each in imported):
                found.add((home, module))
    return found


def imports_of(tree):
    """Return what each imported name stands for, and all that is imported."""
    bound, imported = {}, set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                imported.add(alias.name)
                name = alias.name if alias.asname else alias.name.partition(".")[0]
                bound[alias.asname or name] = name
        elif isinstance(node, ast.ImportFrom):
            imported.add(node.module)
            for alias in node.names:
                bound[alias.asname or alias.name] = f"{node.module}.{alias.name}"
                imported.add(f"{node.module}.{alias.name}")
    return bound, imported


def attributes_of(tree, bound):
    """Yield each chain of attributes of a name that is bound: what it stands for, and the chain."""
    for node in ast.walk(tree):
        path, inner = [], node
        while isinstance(inner, ast.Attribute):
            path.insert(0, inner.attr)
            inner = inner.value
        if path and isinstance(inner, ast.Name) and inner.id in bound:
            yield bound[inner.id], path


@cache
def is_module(name):
    try:
        return find_spec(name) is not None
    except (ImportError, AttributeError, ValueError):  # what it is asked of is not a package
        return False


MISSING = """
import {home}
for name in {names}:
    try:
        eval(name)
    except AttributeError:
        print(name)
"""


def missing(used):
    """Return those modules that are not there when the other alone has been imported."""
    told = []
    for home in sorted({home for home, _ in used}):
        names = sorted(module for each, module in used if each == home)
        program = MISSING.format(home=home, names=names)
        done = subprocess.run(
            [sys.executable, "-c", program], env=ENVIRON, capture_output=True, text=True, check=True
        )
        told += done.stdout.split()
    return told


def test_each_page_imports_the_modules_that_it_uses():
    # In a copy they are there even if only another page imports them, in a notebook they are not.
    used = set()
    for page in sorted((ROOT / "book").glob("*.md")):
        cells = jupytext.read(page).cells
        used |= modules_used("\n".join(cell.source for cell in cells if cell.cell_type == "code"))
    assert ("numpy", "numpy.linalg") in used
    assert missing(used) == []


def test_a_module_that_is_not_imported_is_found():
    code = (
        "import xml\nimport os\nimport email.mime.text\nxml.dom.minidom.parse; os.path; email.mime"
    )
    used = modules_used(code)
    assert used == {("xml", "xml.dom"), ("xml", "xml.dom.minidom"), ("os", "os.path")}
    assert missing(used) == ["xml.dom", "xml.dom.minidom"]
