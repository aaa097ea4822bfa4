"""What code in the sandbox can see and do, asked by running it there."""

import ast
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from jupyter_client.manager import KernelManager

from embeddings_course.grading.isolation import sandbox, system_calls
from embeddings_course.grading.isolation.fork_server import fork_server
from embeddings_course.grading.isolation.sandbox import STUDENTS, write_kernel
from helpers.repository import ROOT


@pytest.fixture(scope="module")
def bubblewrap():
    reason = sandbox.reason_against()
    if reason and not os.environ.get("CI"):
        pytest.skip(reason)
    assert reason is None, reason


class Kernel:
    """A kernel as submissions get it."""

    def __init__(self, scratch, monkeypatch, *, sandboxed=True, server=None, **bounds):
        self.scratch = scratch
        working = scratch / "working" / "ann" / "hw"
        working.mkdir(parents=True)
        (working / "data.csv").write_text("1,2\n")
        (scratch / "run").mkdir()
        write_kernel(
            scratch / "jupyter",
            STUDENTS,
            scratch,
            working,
            sandboxed=sandboxed,
            meeting=scratch / "meet",
            server=server,
            **bounds,
        )
        monkeypatch.setenv("JUPYTER_PATH", str(scratch / "jupyter"))
        monkeypatch.setenv("SECRET_OF_THE_INSTRUCTOR", "x")
        settings = {"transport": "ipc", "ip": str(scratch / "meet" / "k")} if sandboxed else {}
        self.manager = KernelManager(
            kernel_name=STUDENTS,
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


@pytest.fixture(scope="module")
def server():
    with fork_server(["torch", "numpy"], sandbox.environment()) as path:
        yield path


@pytest.fixture(params=["started", "copied"])
def kernel(request, bubblewrap, short_folder, monkeypatch):
    server = request.getfixturevalue("server") if request.param == "copied" else None
    kernel = Kernel(short_folder, monkeypatch, server=server)
    yield kernel
    assert (short_folder / sandbox.PARENT).exists() == (server is not None)
    kernel.close()


def test_it_sees_its_files_and_the_course_and_nothing_of_the_instructor(kernel):
    assert kernel.value("__import__('os').listdir()") == ["data.csv"]
    assert kernel.value("__import__('os').getcwd()") == "/submission/ann/hw"
    assert kernel.run("import torch, embeddings_course.exercises") is None
    for hidden in ("source", "tests", ".git", "nbgrader_config.py"):
        assert not kernel.value(f"__import__('os').path.exists({str(ROOT / hidden)!r})")
    inside = {"": {"run", "meet"}, "run": {"connection.json"}}
    inside["meet"] = {f"k-{number}" for number in range(1, 6)}
    for folder, names in inside.items():
        seen = kernel.value(f"__import__('os').listdir({str(kernel.scratch / folder)!r})")
        assert set(seen) == names
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
    sent = kernel.client.execute("print('begun')\nwhile True: pass")
    while kernel.client.get_iopub_msg(timeout=20)["content"].get("text") != "begun\n":
        continue
    kernel.manager.interrupt_kernel()
    reply = kernel.client.get_shell_msg(timeout=20)
    while reply["parent_header"]["msg_id"] != sent:  # a late answer to whether it was ready
        reply = kernel.client.get_shell_msg(timeout=20)
    assert reply["content"]["ename"] == "KeyboardInterrupt"


def test_attempts_are_noted_and_honest_work_is_not(kernel):
    name = "embeddings_course.grading.isolation.watched_kernel"
    seen = f"__import__('{name}', fromlist=['x']).attempts()"
    honest = [
        "import torch, numpy as np, tempfile, pathlib",
        "np.save('mine.npy', np.ones(3)); np.load('mine.npy')",
        "pathlib.Path(tempfile.mkdtemp(), 'x').write_text('y')",
        "import matplotlib.pyplot as plt; plt.plot([1, 2]); plt.savefig('figure.png')",
        "from embeddings_course.backbones import load_backbone; load_backbone('embedded')",
        "%cd /tmp\n%cd -",
        "import pathlib; (pathlib.Path.home() / 'data').mkdir(exist_ok=True)",
        "from multiprocessing import Pool\nwith Pool(1) as pool: pool.map(abs, [-1])",
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
        "!true",
        "%%bash\ntrue",
        "import os\nif os.fork() == 0: os._exit(0)",
        "import glob\nglob.glob('../../source/hw/hw.ipynb')",
        "open('/gradebook.db')",
    ):
        kernel.run(code)
    found = [(kind, what, line) for kind, what, _, line in kernel.value(seen)]
    assert found == [
        ("hidden", "/home/student/.bashrc", 1),
        ("reached", "10.0.0.1", 1),
        ("started", "true", 1),
        ("started", "true", 1),
        ("changed", "/usr/lib", 1),
        ("started", "true", 1),
        ("started", "true", 1),
        ("copied", "", 2),
        ("sought", "/submission/source/hw/hw.ipynb", 2),
        ("sought", "/gradebook.db", 1),
    ]
    assert all(re.fullmatch(r"In\[\d+\]", where) for _, _, where, _ in kernel.value(seen))


STATE = """
import os, resource, signal, sys
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
kinds = [name for name in dir(resource) if name.startswith("RLIMIT")]
state = {
    "status": {
        name: value.strip()
        for name, value in status.items()
        if name.startswith(("Cap", "Sig", "Shd", "Uid", "Gid", "NoNew", "Seccomp", "Umask", "Cpus"))
        and name != "SigQ"
    },
    "limits": {name: resource.getrlimit(getattr(resource, name)) for name in kinds},
    "nice": os.nice(0),
    "environ": dict(os.environ),
    "path": sys.path,
    "places": [os.listdir(place) for place in ("/", "/tmp", "/home/student", "/dev/shm", ".")],
    "its own session": os.getsid(0) > 0,  # one from outside has no number here
    "writable": os.access("/proc/self/oom_score_adj", os.W_OK),
    "mounts": [line.split()[1:4] for line in open("/proc/mounts")],
}
"""


def test_a_copied_kernel_is_held_as_one_that_was_started(
    bubblewrap, server, short_folder, monkeypatch
):
    states = []
    for name, where in (("started", None), ("copied", server)):
        kernel = Kernel(short_folder / name, monkeypatch, server=where)
        assert kernel.run(STATE) is None
        said = repr(kernel.value("state")).replace(str(short_folder / name), "HERE")
        states.append(ast.literal_eval(said))
        kernel.close()
    started, copied = states
    assert set(started["status"]["CapBnd"]) == {"0"}
    assert copied == started


def test_copied_kernels_share_no_chance_and_nothing_that_one_of_them_changes(
    bubblewrap, server, short_folder, monkeypatch
):
    drawn = []
    for number in range(2):
        kernel = Kernel(short_folder / str(number), monkeypatch, server=server)
        draw = "(__import__('random').random(), __import__('numpy').random.random(), "
        drawn.append(kernel.value(draw + "__import__('torch').rand(1).item())"))
        assert kernel.value("hasattr(__import__('torch'), 'mine')") is False
        assert kernel.run("import torch; torch.mine = torch.allclose = 1") is None
        assert kernel.run("open('/tmp/mine', 'x'); open('/home/student/mine', 'x')") is None
        kernel.close()
    assert not set(drawn[0]) & set(drawn[1])


def test_exit_ends_no_later_cell(kernel):
    kernel.run("exit()")
    assert kernel.value("__import__('time').sleep(2) or 'still here'") == "still here"


def test_nothing_leads_from_a_copied_kernel_to_the_server(
    bubblewrap, server, short_folder, monkeypatch
):
    kernel = Kernel(short_folder, monkeypatch, server=server)
    code = """import contextlib, os, stat
opened = []
for number in os.listdir("/proc/self/fd"):
    with contextlib.suppress(OSError):  # its threads open and close some meanwhile
        opened.append(os.readlink(f"/proc/self/fd/{number}"))
opened = [each for each in opened if each.startswith("/")]"""
    assert kernel.run(code) is None
    inside = ("/dev/null", "/home/student/")
    assert all(path.startswith(inside) for path in kernel.value("opened"))
    assert not kernel.value(f"os.path.exists({str(server.parent)!r})")
    kernel.client.execute("os.kill(-1, 9)")
    kernel.close()
    after = Kernel(short_folder / "after", monkeypatch, server=server)
    assert after.value("1 + 1") == 2
    assert (short_folder / "after" / sandbox.PARENT).exists()
    after.close()


def test_where_the_server_is_gone_kernels_start_as_without_it(
    bubblewrap, short_folder, monkeypatch
):
    with fork_server([], sandbox.environment()) as path:
        pass
    kernel = Kernel(short_folder, monkeypatch, server=path)
    assert kernel.value("1 + 1") == 2
    assert kernel.value("__import__('os').getcwd()") == "/submission/ann/hw"
    assert not (short_folder / sandbox.PARENT).exists()
    kernel.close()


def test_a_server_ends_with_who_started_it():
    program = (
        "import sys, time\n"
        "from embeddings_course.grading.isolation.fork_server import fork_server\n"
        "with fork_server([], {'PYTHONPATH': sys.path[0]}) as path:\n"
        "    print(path, flush=True); time.sleep(600)"
    )
    run = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    path = run.stdout.readline().strip()
    assert Path(path).exists()
    run.kill()
    run.wait()
    end = time.monotonic() + 10
    while _answers(path) and time.monotonic() < end:
        time.sleep(0.1)
    assert not _answers(path)
    shutil.rmtree(Path(path).parent)


def test_a_server_whose_starter_has_ended_already_does_not_begin():
    with socket.socket(socket.AF_UNIX) as listener:
        command = [sys.executable, "-m", fork_server.__module__, str(listener.fileno()), "1"]
        ended = subprocess.run(
            command, pass_fds=[listener.fileno()], cwd=ROOT, timeout=60, capture_output=True
        )
    assert ended.returncode == 1 and not ended.stderr


def _answers(path):
    with socket.socket(socket.AF_UNIX) as asked:
        return asked.connect_ex(path) == 0


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


def test_a_bubblewrap_that_lacks_an_option_is_none(tmp_path, monkeypatch):
    old = tmp_path / "bwrap"
    old.write_text(
        '#!/bin/sh\nfor each; do\nif [ "$each" = --size ]; then\n'
        'echo "Unknown option --size" >&2; exit 1\nfi\ndone\n'
    )
    old.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    assert "Unknown option --size" in sandbox.reason_against.__wrapped__()


HONEST = {
    "loader": """
import torch
from torch.utils.data import DataLoader, TensorDataset
data = TensorDataset(torch.arange(64.0).reshape(32, 2))
loader = DataLoader(data, batch_size=4, num_workers=2, persistent_workers=True)
for _ in range(2):
    total = sum(batch.sum().item() for batch, in loader)
    assert total == 2016
""",
    "pool": """
from multiprocessing import Pool
with Pool(2) as pool:
    assert pool.map(abs, range(-4, 0)) == [4, 3, 2, 1]
""",
    "executor": """
from concurrent.futures import ProcessPoolExecutor
with ProcessPoolExecutor(2) as pool:
    assert list(pool.map(abs, [-1, -2])) == [1, 2]
""",
    "joblib": """
import numpy as np
from joblib import Parallel, delayed
table = np.ones((500, 500))  # joblib shares arrays above a megabyte by a file
assert Parallel(n_jobs=2)(delayed(np.sum)(n * table) for n in range(4))[3] == 750_000
""",
    "shared tensors": """
import torch, torch.multiprocessing as mp
def add(tensor):
    tensor += 1
for strategy in ("file_descriptor", "file_system"):
    mp.set_sharing_strategy(strategy)
    shared = torch.zeros(10**5).share_memory_()
    process = mp.get_context("fork").Process(target=add, args=(shared,))
    process.start()
    process.join()
    assert shared.sum() == 10**5
""",
    "figure": """
import matplotlib.pyplot as plt
plt.plot([1, 2])
plt.savefig("figure.png")
""",
    "threads": """
import torch
torch.set_num_threads(4)
assert (torch.ones(500, 500) @ torch.ones(500, 500)).sum() == 500**3
torch.set_num_threads(1)
""",
    "shell": "assert get_ipython().getoutput('echo 1 && id -un') == ['1', 'student']",
    "who": "import getpass, os, pwd\nassert pwd.getpwuid(os.getuid()).pw_name == 'student'",
}


def test_what_honest_notebooks_do_still_works(kernel):
    for name, code in HONEST.items():
        assert kernel.run(code, 120) is None, name


CALLS = """
import ctypes, errno, platform
libc = ctypes.CDLL(None, use_errno=True)
which = ["x86_64", "aarch64"].index(platform.machine())
numbers = {
    "memfd_create": (319, 279), "shmget": (29, 194), "io_uring_setup": (425, 425),
    "userfaultfd": (323, 282), "clone3": (435, 435), "unshare": (272, 97), "setns": (308, 268),
    "mount": (165, 40), "chroot": (161, 51), "ptrace": (101, 117), "keyctl": (250, 219),
    "bpf": (321, 280), "perf_event_open": (298, 241), "sched_setaffinity": (203, 122),
    "process_vm_writev": (311, 271),
}
said = {}
for name, number in numbers.items():
    # Arguments that are wrong: a call that is let through says so with an error of its own.
    result = libc.syscall(number[which], -1, 0, 0, 0, 0, 0)
    said[name] = errno.errorcode[ctypes.get_errno()] if result == -1 else "done"
"""


@pytest.mark.skipif(not system_calls.program(), reason="there is no filter for this processor")
def test_calls_that_lead_out_of_the_bounds_are_refused(kernel):
    assert kernel.run(CALLS) is None
    said = kernel.value("said")
    assert set(said.values()) == {"ENOSYS", "EPERM"}, said
    assert {name for name in said if said[name] == "ENOSYS"} == {
        *("memfd_create", "shmget", "io_uring_setup", "userfaultfd", "clone3")
    }


def test_a_filter_knows_the_processor_and_no_other():
    for machine in ("x86_64", "aarch64"):
        assert len(system_calls.program(machine)) % 8 == 0
    assert system_calls.program("x86_64") != system_calls.program("aarch64")
    assert system_calls.program("riscv64") == b""


LOOK = """
import glob
seen = b""
for place in glob.glob("/proc/[0-9]*/environ") + glob.glob("/proc/[0-9]*/cmdline"):
    try:
        seen += open(place, "rb").read()
    except OSError:  # a process that has ended
        pass
"""


def test_no_process_in_it_shows_the_environment_or_the_options_of_the_grader(kernel):
    assert kernel.run(LOOK) is None
    seen = kernel.value("seen")
    assert b"bwrap" in seen, "or nothing was read"
    assert b"SECRET_OF_THE_INSTRUCTOR" not in seen
    assert b"--ro-bind" not in seen and str(kernel.scratch / "working").encode() not in seen


def test_it_knows_one_account(kernel):
    accounts = "[line.split(':')[0] for line in open('/etc/{}')]"
    assert kernel.value(accounts.format("passwd")) == ["student"]
    assert kernel.value(accounts.format("group")) == ["student"]


def test_what_an_environment_holds_beside_programs_is_not_there(
    bubblewrap, short_folder, monkeypatch
):
    prefix = short_folder / "env"
    for name in ("bin", "lib", "etc", "conf.d"):
        (prefix / name).mkdir(parents=True)
    for name in ("pip.conf", ".env", "pyvenv.cfg"):
        (prefix / name).write_text("password")
    for name in ("run", "working"):
        (short_folder / name).mkdir()
    monkeypatch.setattr(sys, "prefix", str(prefix))
    options = sandbox._sandbox(
        short_folder, short_folder / "working", Path("/submission/x"), None, short_folder / "meet"
    )
    command = ["bwrap", *options, "--", "/usr/bin/ls", "-A", str(prefix)]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert listed.split() == ["bin", "lib", "pyvenv.cfg"]


def test_the_folder_where_kernel_and_grader_meet_takes_nothing_of_the_disk(kernel):
    meeting = kernel.scratch / "meet"
    fill = f"open({str(meeting / 'x')!r}, 'wb').write(bytes(10**7))"
    assert kernel.run(fill) == "OSError"
    assert kernel.run(fill.replace("meet", "run")) == "OSError"
    assert str(meeting.readlink()).startswith("/proc/")
    assert kernel.value("1 + 1") == 2
    assert sandbox.files_in_memory(meeting) > 0


def test_files_in_memory_are_counted_empty_ones_too(kernel):
    before = sandbox.files_in_memory(kernel.scratch / "meet")
    assert kernel.run("open('/dev/shm/x', 'wb').write(bytes(10**7))") is None
    assert kernel.run("for n in range(1000):\n    open(f'/tmp/{n}', 'w').close()") is None
    assert sandbox.files_in_memory(kernel.scratch / "meet") - before >= 11 * 10**6


def test_its_bounds_hold_for_each_process_it_starts(bubblewrap, short_folder, monkeypatch, server):
    processor = min(os.sched_getaffinity(0))
    for name, where in (("started", None), ("copied", server)):
        kernel = Kernel(short_folder / name, monkeypatch, server=where, processors=[processor])
        try:
            assert kernel.run("import os, subprocess") is None
            assert kernel.value("os.sched_getaffinity(0)") == {processor}
            assert kernel.run("os.sched_setaffinity(0, range(1024))") == "PermissionError"
            change = "subprocess.run(['taskset', '-p', 'ff', str(os.getpid())]).returncode"
            assert kernel.value(change) != 0
            assert kernel.value("os.sched_getaffinity(0)") == {processor}
        finally:
            kernel.close()
