"""What code in the sandbox can see and do, asked by running it there."""

import ast
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from jupyter_client.manager import KernelManager

from embeddings_course.grading import sandbox
from embeddings_course.grading.sandbox import write_kernel

REPOSITORY = Path(__file__).parent.parent.parent


@pytest.fixture(scope="module")
def bubblewrap():
    reason = sandbox.reason_against()
    if reason and not os.environ.get("CI"):
        pytest.skip(reason)
    assert reason is None, reason


class Kernel:
    """A kernel as submissions get it."""

    def __init__(self, scratch, monkeypatch, *, sandboxed=True):
        self.scratch = scratch
        working = scratch / "working" / "ann" / "hw"
        working.mkdir(parents=True)
        (working / "data.csv").write_text("1,2\n")
        (scratch / "run").mkdir()
        write_kernel(scratch / "jupyter", scratch, working, sandboxed=sandboxed)
        monkeypatch.setenv("JUPYTER_PATH", str(scratch / "jupyter"))
        monkeypatch.setenv("SECRET_OF_THE_INSTRUCTOR", "x")
        settings = {"transport": "ipc", "ip": str(scratch / "run" / "k")} if sandboxed else {}
        self.manager = KernelManager(
            kernel_name="python3",
            connection_file=str(scratch / "run" / "connection.json"),
            **settings,
        )
        self.manager.start_kernel(cwd=str(working))
        self.client = self.manager.blocking_client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=60)

    def value(self, expression, seconds=30):
        reply = self.client.execute_interactive(
            "", silent=True, user_expressions={"it": f"repr({expression})"}, timeout=seconds
        )
        it = reply["content"]["user_expressions"]["it"]
        if it["status"] == "error":
            return it["ename"]
        return ast.literal_eval(ast.literal_eval(it["data"]["text/plain"]))

    def run(self, code, seconds=60):
        reply = self.client.execute_interactive(
            code, timeout=seconds, output_hook=lambda message: None
        )
        return reply["content"].get("ename")

    def close(self):
        self.client.stop_channels()
        if self.manager.has_kernel:
            self.manager.shutdown_kernel(now=True)
        self.manager.cleanup_resources()


@pytest.fixture
def short_folder(tmp_path):
    folder = Path("/tmp") / f"sandbox-test-{os.getpid()}-{tmp_path.name[-20:]}"
    folder.mkdir()
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def kernel(bubblewrap, short_folder, monkeypatch):
    kernel = Kernel(short_folder, monkeypatch)
    yield kernel
    kernel.close()


def test_it_sees_its_files_and_the_course_and_nothing_of_the_instructor(kernel):
    assert kernel.value("__import__('os').listdir()") == ["data.csv"]
    assert kernel.value("__import__('os').getcwd()") == "/submission/ann/hw"
    assert kernel.run("import torch, embeddings_course.exercises") is None
    for hidden in ("source", "tests", ".git", "nbgrader_config.py"):
        assert not kernel.value(f"__import__('os').path.exists({str(REPOSITORY / hidden)!r})")
    inside = {"connection.json", *(f"k-{number}" for number in range(1, 6))}
    assert set(kernel.value(f"__import__('os').listdir({str(kernel.scratch / 'run')!r})")) <= inside
    assert kernel.value(f"__import__('os').listdir({str(kernel.scratch)!r})") == ["run"]
    assert "SECRET_OF_THE_INSTRUCTOR" not in kernel.value("dict(__import__('os').environ)")
    assert kernel.value("__import__('os').environ['NBGRADER_EXECUTION']") == "autograde"
    processes = "[p for p in __import__('os').listdir('/proc') if p.isdigit()]"
    assert len(kernel.value(processes)) <= 3


def test_it_has_no_network_and_can_change_nothing_that_stays(kernel):
    assert kernel.run("import socket; socket.create_connection(('127.0.0.1', 22), 2)")
    assert kernel.value("[name for _, name in __import__('socket').if_nameindex()]") == ["lo"]
    package = Path(sandbox.__file__).parent.parent
    for place in (package / "new.py", Path(sys.prefix) / "new.py", Path("/new"), Path("/usr/new")):
        assert kernel.run(f"open({str(place)!r}, 'w')") == "OSError"
        assert not place.exists()
    assert kernel.run("open('/home/student/note', 'w').write('x')") is None
    assert kernel.run("open('/tmp/note', 'w').write('x'); open('mine', 'w').write('x')") is None
    kernel.close()
    assert not Path("/home/student").exists()
    assert sorted(path.name for path in (kernel.scratch / "working/ann/hw").iterdir()) == [
        "data.csv"
    ]


def test_memory_and_disk_are_bounded(kernel):
    assert kernel.run("x = bytearray(6 * 1024**3)") == "MemoryError"
    fill = "\n".join(
        [
            "for n in range(8):",
            "    with open(f'/tmp/{n}', 'wb') as f:",
            "        f.write(bytes(10**8))",
        ]
    )
    assert kernel.run(fill) == "OSError"
    assert kernel.run(fill.replace("/tmp/{n}", "/dev/shm/{n}")) == "OSError"
    assert kernel.value("1 + 1") == 2


def test_what_it_started_ends_with_it(kernel):
    mark = f"77{os.getpid()}.5"
    daemon = f"import subprocess; subprocess.Popen(['sleep', '{mark}'], start_new_session=True)"
    assert kernel.run(daemon) is None
    assert _running(mark)
    kernel.manager.shutdown_kernel(now=True)
    end = time.monotonic() + 10
    while _running(mark) and time.monotonic() < end:
        time.sleep(0.1)
    assert not _running(mark)


def _running(mark):
    found = subprocess.run(["pgrep", "-f", f"sleep {mark}"], capture_output=True)
    return found.returncode == 0


def test_it_can_be_interrupted(kernel):
    sent = kernel.client.execute("while True: pass")
    time.sleep(1)
    kernel.manager.interrupt_kernel()
    reply = kernel.client.get_shell_msg(timeout=20)
    assert reply["parent_header"]["msg_id"] == sent
    assert reply["content"]["ename"] == "KeyboardInterrupt"


def test_attempts_are_noted_and_honest_work_is_not(kernel):
    seen = "__import__('embeddings_course.grading.kernel', fromlist=['x']).attempts()"
    honest = [
        "import torch, numpy as np, tempfile, pathlib",
        "np.save('mine.npy', np.ones(3)); np.load('mine.npy')",
        "pathlib.Path(tempfile.mkdtemp(), 'x').write_text('y')",
        "import matplotlib.pyplot as plt; plt.plot([1, 2]); plt.savefig('figure.png')",
        "from embeddings_course.backbones import load_backbone; load_backbone('embedded')",
    ]
    for code in honest:
        assert kernel.run(code) is None
    assert kernel.value(seen) == []
    for code in (
        "open('/home/student/.bashrc', 'w')",
        "import socket; socket.socket().connect(('10.0.0.1', 80))",
        "import os; os.system('true')",
        "import subprocess; subprocess.run(['true'])",
        "import shutil; shutil.rmtree('/usr/lib')",
    ):
        kernel.run(code)
    found = " ".join(kernel.value(seen))
    for word in (".bashrc", "network", "another program", "/usr/lib"):
        assert word in found


def test_without_bubblewrap_there_is_a_reason(monkeypatch, tmp_path):
    sandbox.reason_against.cache_clear()
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "not installed" in sandbox.reason_against()
    broken = tmp_path / "bwrap"
    said = "bwrap: No permissions to create new namespace"
    broken.write_text(f"#!/bin/sh\necho '{said}' >&2\nexit 1\n")
    broken.chmod(0o755)
    sandbox.reason_against.cache_clear()
    assert said in sandbox.reason_against()
    sandbox.reason_against.cache_clear()


def test_without_the_sandbox_the_kernel_still_has_a_home_of_its_own(short_folder, monkeypatch):
    kernel = Kernel(short_folder, monkeypatch, sandboxed=False)
    try:
        assert kernel.value("__import__('os').path.expanduser('~')") == str(short_folder / "home")
        assert kernel.value("__import__('os').listdir()") == ["data.csv"]
    finally:
        kernel.close()
