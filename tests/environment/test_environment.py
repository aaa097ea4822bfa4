"""``.venv``: made once, repaired after anything, and one clear sentence when it cannot be made."""

import ast
import errno
import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from embeddings_course.environment import bootstrap
from embeddings_course.environment.bootstrap import (
    EnvironmentProblem,
    ensure,
    explain,
    python_problem,
)
from embeddings_course.environment.clean import clean
from embeddings_course.environment.lock import Lock, LockedError
from helpers.repository import ROOT


class FakePip:
    """Stands in for the commands of an installation. Environments are real, packages are not."""

    def __init__(self):
        self.calls = []
        self.failure = None

    def __call__(self, command, log):
        if "venv" in command:
            self.calls.append("venv")
            subprocess.run([*command, "--without-pip"], check=True)
            (site_packages(Path(command[-1])) / "pip.py").touch()
            return 0
        self.calls.append("requirements" if "-r" in command else "course")
        if isinstance(self.failure, BaseException):
            raise self.failure
        log.write_text(self.failure or "Successfully installed everything")
        return 1 if self.failure else 0


def site_packages(venv):
    return next(iter([*venv.glob("lib/python*/site-packages"), venv / "Lib" / "site-packages"]))


@pytest.fixture
def root(tmp_path):
    (tmp_path / "requirements.txt").write_text("numpy==2.0\n")
    (tmp_path / "pyproject.toml").write_text("[project]\n")
    return tmp_path


@pytest.fixture
def pip():
    return FakePip()


def make(root, pip, *, version=sys.version_info):
    out = io.StringIO()
    python = ensure(root, out, run=pip, version=version)
    return python, out.getvalue()


@pytest.mark.parametrize("arguments", [[], ["--help"], ["bok"]])
def test_a_command_that_does_not_exist_is_said_before_anything_is_installed(arguments):
    with pytest.raises(EnvironmentProblem, match="book, pdf, check"):
        bootstrap.check_command(arguments)


READ_BY_ALL = ("__init__.py", "bootstrap.py", "clean.py", "lock.py")
EVERYTHING = ["venv", "requirements", "course"]


@pytest.mark.parametrize(
    "file", ["__init__.py", "__main__.py", *("environment/" + each for each in READ_BY_ALL)]
)
def test_old_pythons_can_read_what_tells_them_that_they_are_too_old(file):
    ast.parse(
        (ROOT / "embeddings_course" / file).read_text(encoding="utf-8"), feature_version=(3, 5)
    )


@pytest.mark.parametrize(
    ("version", "sign"),
    [((3, 6, 15), "too old"), ((3, 10, 13), "too old"), ((3, 14, 0), "too new")],
)
def test_wrong_python_gets_one_sentence_that_says_what_to_do(root, pip, version, sign):
    with pytest.raises(EnvironmentProblem) as caught:
        make(root, pip, version=version)
    message = str(caught.value)
    assert "Python {}.{}".format(*version) in message
    assert sign in message
    assert "3.11 to 3.13" in message
    assert "PYTHON=python3.12" in message
    assert pip.calls == []


@pytest.mark.parametrize("minor", [11, 12, 13])
def test_supported_pythons_are_accepted(minor):
    assert python_problem((3, minor, 0)) is None


def test_pyproject_and_the_check_agree_on_the_pythons():
    promised = f">={bootstrap.OLDEST[0]}.{bootstrap.OLDEST[1]},<3.{bootstrap.NEWEST[1] + 1}"
    assert f'requires-python = "{promised}"' in (ROOT / "pyproject.toml").read_text("utf-8")


def test_complete_environment_is_left_alone_whichever_python_asks(root, pip):
    python, _ = make(root, pip)
    assert pip.calls == EVERYTHING
    again, said = make(root, pip, version=(3, 6, 0))
    assert again == python
    assert pip.calls == EVERYTHING
    assert said == ""


@pytest.mark.parametrize("file", ["requirements.txt", "pyproject.toml"])
def test_changed_requirements_are_installed(root, pip, file):
    make(root, pip)
    (root / file).write_text("changed")
    make(root, pip)
    assert pip.calls == [*EVERYTHING, "requirements", "course"]


@pytest.mark.parametrize("failure", ["ERROR: something", KeyboardInterrupt()])
def test_failed_or_interrupted_installation_goes_on_in_the_next_run(root, pip, failure):
    pip.failure = failure
    with pytest.raises((EnvironmentProblem, KeyboardInterrupt)):
        make(root, pip)
    assert not bootstrap.is_complete(root)
    pip.failure = None
    make(root, pip)
    assert pip.calls == ["venv", "requirements", "requirements", "course"]
    assert bootstrap.is_complete(root)


def test_failed_update_is_not_taken_for_complete_when_the_old_requirements_come_back(root, pip):
    make(root, pip)
    (root / "requirements.txt").write_text("numpy==3.0\n")
    pip.failure = "ERROR: something"
    with pytest.raises(EnvironmentProblem):
        make(root, pip)
    (root / "requirements.txt").write_text("numpy==2.0\n")
    assert not bootstrap.is_complete(root)


def test_package_whose_installation_was_killed_is_installed_again(root, pip):
    pip.failure = "ERROR: killed"
    with pytest.raises(EnvironmentProblem):
        make(root, pip)
    packages = site_packages(root / ".venv")
    for name, files in {"half": ["METADATA"], "whole": ["METADATA", "RECORD"]}.items():
        (packages / f"{name}-1.dist-info").mkdir()
        for file in files:
            (packages / f"{name}-1.dist-info" / file).touch()
    pip.failure = None
    make(root, pip)
    assert [info.name for info in packages.glob("*.dist-info")] == ["whole-1.dist-info"]


def test_environment_without_a_working_python_is_made_anew(root, pip):
    python, _ = make(root, pip)
    python.unlink()
    python.symlink_to(root / "gone")
    make(root, pip)
    assert pip.calls == EVERYTHING * 2
    subprocess.run([str(python), "-c", ""], check=True)


def test_environment_without_pip_is_made_anew(root, pip):
    make(root, pip)
    (site_packages(root / ".venv") / "pip.py").unlink()
    (root / "requirements.txt").write_text("changed")
    make(root, pip)
    assert pip.calls == EVERYTHING * 2


def test_moved_repository_gets_a_new_environment(root, pip, tmp_path_factory):
    make(root, pip)
    moved = tmp_path_factory.mktemp("elsewhere") / "repository"
    root.rename(moved)
    make(moved, pip)
    assert pip.calls == EVERYTHING * 2


def test_a_disk_that_is_full_when_the_log_is_written_gets_the_same_sentence(root, pip):
    pip.failure = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    with pytest.raises(EnvironmentProblem, match="The disk is full"):
        make(root, pip)


NETWORK = """\
WARNING: Retrying (Retry(total=1, connect=None, read=None)) after connection broken by \
'NewConnectionError('<pip._vendor.urllib3.connection.HTTPSConnection object at 0x7f>: Failed to \
establish a new connection: [Errno -3] Temporary failure in name resolution')': /simple/torch/
ERROR: Could not find a version that satisfies the requirement torch==2.14.1 (from versions: none)
ERROR: No matching distribution found for torch==2.14.1
"""
WINDOWS_NETWORK = """\
ERROR: Could not install packages due to an OSError: HTTPSConnectionPool(host='pypi.org', \
port=443): Max retries exceeded with url: /simple/ (Caused by NameResolutionError("[Errno 11001] \
getaddrinfo failed"))
"""
PROXY = """\
WARNING: Retrying after connection broken by 'ProxyError('Cannot connect to proxy.', OSError(\
'Tunnel connection failed: 403 Forbidden'))': /simple/torch/
"""
DISK = """\
  Downloading torch-2.14.1.whl (900 MB)
ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device
"""
NO_VENV = """\
The virtual environment was not created successfully because ensurepip is not
available.  On Debian/Ubuntu systems, you need to install the python3-venv
"""
OTHER = """\
Collecting torch==99
ERROR: Could not find a version that satisfies the requirement torch==99 (from versions: 2.1, 2.2)
ERROR: No matching distribution found for torch==99
[notice] A new release of pip is available
"""


@pytest.mark.parametrize(
    ("output", "sentence"),
    [
        (NETWORK, "no network"),
        (WINDOWS_NETWORK, "no network"),
        (PROXY, "no network, or a proxy"),
        (DISK, "The disk is full"),
        (NO_VENV, "`sudo apt install python3-venv`"),
        (OTHER, "could not be installed: ERROR: No matching distribution found for torch==99"),
        ("", "pip said nothing"),
    ],
)
def test_what_pip_says_becomes_one_sentence(output, sentence):
    assert sentence in explain(output)
    assert "\n" not in explain(output)


def test_failed_installation_names_the_log(root, pip):
    pip.failure = NETWORK
    with pytest.raises(EnvironmentProblem) as caught:
        make(root, pip)
    assert str(root / "_build" / "install.log") in str(caught.value)
    assert "no network" in str(caught.value)


def test_two_installations_at_once_do_not_meet(root, pip):
    with (
        Lock(root / "_build" / "install.lock", "Another installation"),
        pytest.raises(LockedError, match=str(os.getpid())),
    ):
        make(root, pip)
    make(root, pip)


def test_lock_of_a_killed_process_blocks_nobody(root):
    path = root / "lock"
    code = (
        "import pathlib, sys, time; from embeddings_course.environment.lock import Lock\n"
        "with Lock(pathlib.Path(sys.argv[1]), 'Another'):\n"
        "    print('locked', flush=True); time.sleep(600)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout.readline() == "locked\n"
        with (
            pytest.raises(LockedError, match=str(holder.pid)),
            Lock(path, "Another"),
        ):
            pass
        holder.kill()
    with Lock(path, "Another"):
        pass


def test_real_pip_failure_is_one_sentence_and_a_log_without_a_stack_trace(root, monkeypatch):
    # Nothing listens on port 9 of this machine.
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    for name in ("PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "PIP_NO_INDEX"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_RETRIES", "0")
    with pytest.raises(EnvironmentProblem, match="no network"):
        ensure(root, io.StringIO())
    log = (root / "_build" / "install.log").read_text(encoding="utf-8")
    assert "127.0.0.1" in log


def test_clean_removes_what_was_built_and_no_persons_work(root):
    for name in ("html/index.html", "book.log", "lab/chapters/mine.ipynb"):
        (root / "_build" / name).parent.mkdir(parents=True, exist_ok=True)
        (root / "_build" / name).touch()
    clean(root)
    assert [path.name for path in (root / "_build").rglob("*")] == ["lab", "chapters", "mine.ipynb"]
