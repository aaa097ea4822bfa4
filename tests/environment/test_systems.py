"""Windows and macOS: the course begins there, and says what there is not.

On Linux these systems are simulated (tests/environment/other_system), as far as that goes; on one
of them the same tests run on the system itself.
"""

import os
import subprocess
import sys

import pytest

from embeddings_course.environment.bootstrap import Lock
from helpers.repository import ROOT, on_system

SYSTEMS = {"win32": "Windows", "darwin": "macOS"}
EVERYTHING = """\
import importlib, pkgutil, traceback
import embeddings_course as course

names = [each.name for each in pkgutil.walk_packages(course.__path__, "embeddings_course.")]
failed = []
for name in names:
    try:
        importlib.import_module(name)
    except BaseException:
        failed.append(name)
        traceback.print_exc()
print(len(names), "modules,", "not imported:", failed)
"""


@pytest.fixture(params=SYSTEMS)
def system(request):
    """The name of a system, as Python has it."""
    if sys.platform not in ("linux", request.param):
        pytest.skip(f"{SYSTEMS[request.param]} is simulated on Linux only")
    return request.param


def python(system, *arguments, cwd=ROOT, **environ):
    return subprocess.run(
        [sys.executable, *map(str, arguments)],
        cwd=cwd,
        env=on_system(system) | environ,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )


def test_every_module_can_be_imported(system):
    done = python(system, "-c", EVERYTHING)
    count, _, rest = done.stdout.partition(" modules, ")
    assert rest == "not imported: []\n", done.stderr
    assert int(count) > 70


@pytest.mark.skipif(sys.platform != "linux", reason="nothing is simulated here")
def test_what_is_simulated_is_not_there(system):
    """The simulation hides something: else the other tests would say nothing."""
    asked = """
import embeddings_course.grading.isolation.sandbox as course
import ctypes
exec('''
import ctypes, os, pathlib, signal, sys
assert sys.platform == {system!r}
assert not hasattr(os, "pidfd_open") and not pathlib.Path("/proc").exists()
if {system!r} == "win32":
    assert os.name == "nt" and not hasattr(signal, "SIGKILL")
    for name in ("geteuid", "setsid", "fork", "O_NOFOLLOW"): assert not hasattr(os, name), name
    for call in ("import fcntl", "import resource", "import pwd", "ctypes.CDLL(None)"):
        try: exec(call)
        except (ImportError, TypeError): pass
        else: raise AssertionError(call)
else:
    assert not hasattr(ctypes.CDLL(None), "prctl")
''', vars(course))
ctypes.CDLL(None).getpid()
""".replace("{system!r}", repr(system))
    done = python(system, "-c", asked)
    assert done.returncode == 0, done.stderr


def test_the_doctor_says_that_there_is_no_sandbox_what_that_means_and_what_to_do(system, tmp_path):
    (tmp_path / "nbgrader_config.py").write_bytes((ROOT / "nbgrader_config.py").read_bytes())
    done = python(system, "-m", "embeddings_course.cli", "doctor", "--course", tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    assert "a check failed" not in done.stdout
    lines = done.stdout.splitlines()
    (place,) = [number for number, line in enumerate(lines) if "no sandbox for grading" in line]
    assert lines[place].startswith("note ")
    assert f"this is {SYSTEMS[system]}" in lines[place]
    assert "runs with your rights" in lines[place + 1]
    assert {"win32": "WSL2", "darwin": "Linux container"}[system] in lines[place + 1]
    assert "apt install" not in lines[place + 1]


HOLDS = """\
import sys
from pathlib import Path
from embeddings_course.environment.lock import Lock, LockedError

try:
    with Lock(Path(sys.argv[1]), f"The {sys.argv[2]} one"):
        print("locked", flush=True)
        sys.stdin.read()
except LockedError as problem:
    print(problem)
"""


def test_one_process_at_a_time_holds_a_lock(system, tmp_path):
    def start(number):
        return subprocess.Popen(
            [sys.executable, "-c", HOLDS, str(tmp_path / "lock"), number],
            env=on_system(system), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    first = start("first")
    assert first.stdout.readline() == "locked\n"
    second, _ = start("second").communicate(timeout=60)
    assert second.startswith(f"The first one is running in this folder (process {first.pid} of ")
    first.kill()
    first.wait()
    third, _ = start("third").communicate(timeout=60)
    assert third == "locked\n"
    # Or a run on a simulated system would take those of this one for dead, and remove their files.
    with Lock(tmp_path / "lock", "This one"):
        fourth, _ = start("fourth").communicate(timeout=60)
    assert fourth.startswith("This one is running in this folder")


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "utf-8"])
def test_names_that_a_console_cannot_show_stop_no_command(tmp_path, encoding):
    course = tmp_path / "Łódź"
    course.mkdir()
    (course / "nbgrader_config.py").write_bytes((ROOT / "nbgrader_config.py").read_bytes())
    (course / "class.csv").write_text("id,first_name\ns1,Łukasz\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "embeddings_course.cli", "students", "class.csv"],
        cwd=course,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": encoding},
        capture_output=True,
    )
    assert done.returncode == 0, done.stderr
    said = done.stdout.decode(encoding)
    assert "Łódź".encode(encoding, "replace").decode(encoding) in said
