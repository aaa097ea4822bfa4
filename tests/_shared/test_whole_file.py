"""Files are written whole, and readable by whom their owner wants."""

import os
import stat

import numpy as np
import pytest

from embeddings_course import shared_vectors
from embeddings_course._shared import whole_file
from embeddings_course._shared.whole_file import write_whole
from embeddings_course.grading.submission_record import write_at_once
from embeddings_course.quiz import answer_records
from embeddings_course.quiz_tools import export
from helpers.refusals import raises

posix = pytest.mark.skipif(os.name == "nt", reason="Windows has no umask")

WRITERS = {
    "whole": lambda path: write_whole(path, "text"),
    "answers to a quiz": lambda path: answer_records.write_record(
        path, answer_records.Record(quiz="one")
    ),
    "an exported quiz": lambda path: export._replace_file(path, b"text"),
    "vectors of a page": lambda path: shared_vectors._save(path, np.zeros(3)),
    "grades": lambda path: write_at_once(path, "text"),
}


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def umask():
    """Set the umask, for this test only."""
    before = os.umask(0o022)
    yield os.umask
    os.umask(before)


@posix
@pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS)
@pytest.mark.parametrize("mask", [0o022, 0o077, 0o027, 0o002])
def test_nobody_can_read_a_new_file_whom_the_umask_forbids_it(tmp_path, umask, write, mask):
    umask(mask)
    for _ in range(2):  # new, and again over itself
        write(tmp_path / "file")
        assert mode(tmp_path / "file") == 0o666 & ~mask


@posix
@pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS)
def test_nobody_can_read_it_whom_the_file_before_forbade_it(tmp_path, umask, write):
    path = tmp_path / "file"
    path.touch(0o600)
    write(path)
    assert mode(path) == 0o600


def test_text_is_in_utf_8_with_its_own_ends_of_lines_on_every_system(tmp_path):
    write_whole(tmp_path / "file", "Łukasz\nand\r\nAda\n")
    assert (tmp_path / "file").read_bytes() == "Łukasz\nand\r\nAda\n".encode()


class Windows:
    """The part of ``os`` that keeps a file from being replaced while a program has it open."""

    def __init__(self, tries):
        self.name, self.tries, self.real = "nt", tries, os.replace

    def replace(self, new, path):
        self.tries -= 1
        if self.tries >= 0:
            raise PermissionError(13, "The process cannot access the file", str(new))
        self.real(new, path)


def on_windows(monkeypatch, tries):
    system = Windows(tries)
    monkeypatch.setattr(os, "replace", system.replace)
    monkeypatch.setattr(whole_file, "os", type("os", (), {"name": "nt", "fsync": os.fsync}))
    monkeypatch.setattr(whole_file, "_PATIENCE", (0.01, 0.01))
    return system


def test_a_program_that_has_the_file_open_for_a_moment_is_waited_for(tmp_path, monkeypatch):
    path = tmp_path / "file"
    path.write_text("before")
    on_windows(monkeypatch, 2)
    write_whole(path, "text")
    assert path.read_text() == "text"
    assert [*tmp_path.iterdir()] == [path]


def test_a_file_that_stays_open_is_named_and_kept(tmp_path, monkeypatch):
    path = tmp_path / "file"
    path.write_text("before")
    on_windows(monkeypatch, 99)
    with raises(PermissionError, "file-held-by-another-program") as caught:
        write_whole(path, "text")
    assert caught.value.filename == str(path)
    assert path.read_text() == "before"
    assert [*tmp_path.iterdir()] == [path]
