"""What programs find in Python files: layout and common mistakes, types, forbidden imports."""

import os
import subprocess
import sys

import pytest

from helpers.repository import ROOT


@pytest.mark.parametrize("check", [["check"], ["format", "--check", "--diff"]], ids=lambda c: c[0])
def test_ruff_has_no_complaints(check):
    result = subprocess.run(
        [sys.executable, "-m", "ruff", *check, "--quiet", str(ROOT)],
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stdout + result.stderr


def test_mypy_has_no_complaints():
    result = subprocess.run(
        # What it found is kept: a change then takes seconds, and not most of a minute.
        [sys.executable, "-m", "mypy", "--cache-dir", str(ROOT / "_build" / "work" / "mypy")],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stdout + result.stderr


def test_no_module_imports_what_it_should_not():
    """The contracts are in pyproject.toml."""
    lint = (
        "from importlinter.cli import lint_imports; raise SystemExit(lint_imports(no_cache=True))"
    )
    result = subprocess.run(
        [sys.executable, "-c", lint],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stdout + result.stderr
