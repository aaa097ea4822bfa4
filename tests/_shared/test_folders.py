"""Folders that somebody else has filled."""

import os
import stat

import pytest

from embeddings_course._shared import folders
from embeddings_course._shared.folders import MOST_LEVELS, remove, scratch_folder, walk


def names(folder, **options):
    return [path.relative_to(folder).as_posix() for path, _ in walk(folder, **options)]


def test_a_walk_gives_everything_in_order_and_what_each_is(tmp_path):
    (tmp_path / "b" / "c").mkdir(parents=True)
    (tmp_path / "b" / "c" / "d.txt").write_text("text")
    (tmp_path / "a.txt").write_text("text")
    assert names(tmp_path) == ["a.txt", "b", "b/c", "b/c/d.txt"]
    kinds = [stat.S_ISDIR(status.st_mode) for _, status in walk(tmp_path)]
    assert kinds == [False, True, True, False]


def test_a_walk_enters_only_what_it_shall(tmp_path):
    (tmp_path / "kept").mkdir()
    (tmp_path / "left").mkdir()
    (tmp_path / "kept" / "a").touch()
    (tmp_path / "left" / "a").touch()
    found = names(tmp_path, enters=lambda path: path.name != "left")
    assert found == ["kept", "left", "kept/a"]


@pytest.mark.skipif(os.name == "nt", reason="links need a right there")
def test_a_walk_follows_no_link(tmp_path):
    (tmp_path / "round").symlink_to(".")
    (tmp_path / "up").symlink_to("..")
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    assert names(tmp_path) == ["a", "b", "round", "up"]


@pytest.mark.skipif(os.name == "nt", reason="needs dir_fd")
@pytest.mark.parametrize("depth", [1000, 5000])
def test_a_walk_into_the_deep_ends_and_says_so(tmp_path, depth, nested):
    nested(tmp_path / "deep", depth)
    said = []
    found = names(tmp_path, trouble=lambda path, why: said.append(why))
    assert len(found) == MOST_LEVELS + 1
    assert said == [f"is nested more than {MOST_LEVELS} deep"]
    remove(tmp_path / "deep")
    assert not (tmp_path / "deep").exists()


def test_a_walk_gives_a_bounded_number_of_files(tmp_path, monkeypatch):
    monkeypatch.setattr(folders, "MOST_ENTRIES", 5)
    for number in range(7):
        (tmp_path / f"{number}").touch()
    said = []
    assert len(names(tmp_path, trouble=lambda path, why: said.append(why))) == 5
    assert said == ["holds more than the 5 files that are looked at"]


def test_a_folder_that_cannot_be_read_is_named(tmp_path, monkeypatch):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "c").touch()
    scandir = os.scandir

    def refuse(path):
        if os.fspath(path).endswith("a"):
            raise PermissionError(13, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    said = []
    found = names(tmp_path, trouble=lambda path, why: said.append((path.name, why)))
    assert found == ["a", "b", "b/c"]
    assert said == [("a", "cannot be read: Permission denied")]


@pytest.mark.skipif(os.name == "nt", reason="needs dir_fd and links")
def test_removing_leaves_what_a_link_leads_to(tmp_path, nested):
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "file").touch()
    doomed = tmp_path / "doomed"
    nested(doomed / "0" / "deep", 3)
    (doomed / "0" / "link").symlink_to(tmp_path / "kept")
    (doomed / "0" / "deep" / "link").symlink_to(tmp_path / "kept" / "file")
    os.mkfifo(doomed / "pipe")
    (doomed / "0" / "deep").chmod(0)
    remove(doomed)
    assert not doomed.exists() and (tmp_path / "kept" / "file").exists()
    (tmp_path / "link").symlink_to(tmp_path / "kept")
    remove(tmp_path / "link")
    assert not (tmp_path / "link").exists() and (tmp_path / "kept" / "file").exists()
    remove(tmp_path / "not-there")


@pytest.mark.skipif(os.name == "nt", reason="needs dir_fd")
def test_a_scratch_folder_is_gone_afterwards_whatever_was_put_there(tmp_path, nested):
    with pytest.raises(KeyError), scratch_folder("mine-", tmp_path) as folder:
        assert folder.name.startswith("mine-")
        nested(folder / "deep", 3000)
        raise KeyError
    assert not list(tmp_path.iterdir())
