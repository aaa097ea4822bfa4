"""The instructor's guide: each of its commands is run, in order, in a fresh copy of the course."""

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from helpers.repository import ROOT, copy_of_repository

GUIDE = ROOT / "book" / "teaching.md"
_BLOCK = re.compile(r"^```console\n(.*?)^```$", re.M | re.S)


@dataclass(frozen=True)
class Step:
    """A command, and what it prints; ``...`` stands for anything."""

    command: str
    prints: str


def steps(text):
    """Read the commands of a page, in order."""
    found = []
    for block in _BLOCK.findall(text):
        for line in block.splitlines(keepends=True):
            if line.startswith("$ "):
                found.append([line[2:], ""])
            elif line.startswith(("> ", ">\n")) and not found[-1][1]:
                found[-1][0] += line[2:] if line.startswith("> ") else "\n"
            else:
                found[-1][1] += line
    return [Step(command, prints) for command, prints in found]


def fits(prints, said):
    """Say whether an output is what a page shows."""
    pattern = re.escape(prints.strip()).replace(r"\.\.\.", ".*")
    return re.fullmatch(pattern, said.strip(), re.DOTALL) is not None


@pytest.fixture(scope="module")
def fresh(tmp_path_factory):
    """A copy of what the repository holds, and where commands find it."""
    root = copy_of_repository(tmp_path_factory.mktemp("guide") / "course")
    tools = root.parent / "bin"
    tools.mkdir()
    (tools / "course").write_text(
        f'#!/bin/sh\nexec {sys.executable} -m embeddings_course.cli "$@"\n'
    )
    (tools / "course").chmod(0o755)
    (root.parent / "home").mkdir()
    path = [str(tools), str(Path(sys.executable).parent), "/usr/local/bin", "/usr/bin", "/bin"]
    environ = {"HOME": str(root.parent / "home"), "PATH": os.pathsep.join(path)}
    environ |= {"PYTHONPATH": str(root), "TQDM_DISABLE": "1", "TZ": "UTC", "CI": "true"}
    return root, environ


@pytest.mark.slow
@pytest.mark.drawn("terms")
def test_the_guide_does_what_it_says(fresh):
    root, environ = fresh
    for step in steps(GUIDE.read_text(encoding="utf-8")):
        result = subprocess.run(
            ["bash", "-ec", step.command],
            cwd=root,
            env=environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=600,
        )
        assert result.returncode == 0, f"$ {step.command}{result.stdout[-3000:]}"
        assert fits(step.prints, result.stdout), f"$ {step.command}{result.stdout[-3000:]}"


def test_commands_of_several_lines_are_read_with_what_they_print():
    read = steps("Text.\n\n```console\n$ cat > a <<'END'\n> x = 1\n>\n> END\n$ ls\na\n...\n```\n")
    assert read == [Step("cat > a <<'END'\nx = 1\n\nEND\n", ""), Step("ls\n", "a\n...\n")]
    assert fits("a ... b", "a 1 (2) b\n") and not fits("a", "a\nb") and not fits("", "said")
