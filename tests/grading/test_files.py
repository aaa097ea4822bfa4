"""What was handed in is found and read, whatever became of it; nothing follows a link."""

import copy
import json
import os
import socket
import sys
import time
import tracemalloc
import warnings
from importlib.metadata import packages_distributions
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from nbgrader.utils import compute_checksum

from embeddings_course.grading.submissions import copy_files
from embeddings_course.grading.submissions import read_notebook as reading
from embeddings_course.grading.submissions.copy_files import shadowed_module, working_copy
from embeddings_course.grading.submissions.hand_in_time import doubtful_time
from embeddings_course.grading.submissions.prepare_submission import prepare
from embeddings_course.grading.submissions.read_notebook import UnreadableNotebook, read_notebook
from helpers.refusals import raises

STUB = "def add(a, b):\n    raise NotImplementedError()"
ADD = "def add(a, b):\n    return a + b"
OTHER = "def add(a, b):\n    return b + a"
IDS = {"add", "add_basics", "inputs"}


def released(answer=STUB, ids=("inputs", "add", "add_basics")):
    """A notebook as students get it, with an answer in it."""
    given, solution, test = ids
    cells = [new_markdown_cell("# Sums", id="intro")]
    for name, text, marks in (
        (given, "import math", {"locked": True}),
        (solution, STUB, {"solution": True}),
        (test, "assert add(1, 2) == 3", {"grade": True, "locked": True, "points": 2}),
    ):
        cell = new_code_cell(text, id=name)
        wanted = {"grade": False, "locked": False, "solution": False, "task": False}
        wanted |= {"grade_id": name, "schema_version": 3, "cell_type": "code"}
        cell.metadata["nbgrader"] = nbformat.from_dict(wanted | marks)
        cell.metadata.nbgrader["checksum"] = compute_checksum(cell)
        cells.append(cell)
    cells[2].source = answer
    about = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    return new_notebook(cells=cells, metadata=about)


def text(answer=ADD, **options):
    return nbformat.writes(released(answer, **options))


def raw(change=None, answer=ADD):
    content = json.loads(text(answer))
    if change is not None:
        change(content)
    return json.dumps(content, indent=1)


def handed_in(folder, **contents):
    """Write files, `/` in their names being folders."""
    for name, content in contents.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def everything(folder):
    """All files below a folder and their contents; links as where they lead."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            found[name] = f"-> {path.readlink()}"
        elif path.is_file():
            found[name] = path.read_bytes()
    return found


def answer_in(path):
    """The answer, by a strict reader."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        content = json.loads(path.read_text(encoding="utf-8"))
        nbformat.validate(content)
        notebook = nbformat.reads(path.read_text(encoding="utf-8"), as_version=4)
    return next(c.source for c in notebook.cells if c.cell_type == "code" and "def add" in c.source)


def cell(number, **parts):
    def change(content):
        for key, value in parts.items():
            if value is None:
                del content["cells"][number][key]
            else:
                content["cells"][number][key] = value

    return raw(change)


def version3():
    content = nbformat.convert(nbformat.reads(text(), as_version=4), 3)
    content.worksheets[0].cells[1].outputs = []
    return json.dumps(content)


def whole(**parts):
    return raw(lambda content: content.update(parts))


READABLE = {
    "in order": (text(), []),
    "mark of UTF-8": (
        b"\xef\xbb\xbf" + text().encode(),
        ["The file began with a byte order mark."],
    ),
    "UTF-16": (text().encode("utf-16"), ["byte order mark"]),
    "UTF-16, big end first": (b"\xfe\xff" + text().encode("utf-16-be"), ["byte order mark"]),
    "UTF-16 without a mark": (text().encode("utf-16-le"), ["written in UTF-16"]),
    "UTF-32": (text().encode("utf-32"), ["byte order mark"]),
    "Latin-1": (text().replace("Sums", "S\xe4tze").encode("latin-1"), ["not text in UTF-8"]),
    "Windows' line ends": (text().replace("\n", "\r\n"), []),
    "format 3": (version3(), []),
    "format 4.0, as Colab's": (
        raw(lambda c: (c.update(nbformat_minor=0), [each.pop("id") for each in c["cells"]])),
        [],
    ),
    "format 4.99": (whole(nbformat_minor=99), []),
    "format 5": (whole(nbformat=5), ["says that it has format 5"]),
    "no format": (raw(lambda c: c.pop("nbformat")), []),
    "no metadata": (raw(lambda c: c.pop("metadata")), []),
    "metadata a list": (whole(metadata=[1]), []),
    "kernelspec empty": (whole(metadata={"kernelspec": {}, "language_info": 3}), []),
    "widgets that are broken": (whole(metadata={"widgets": {"a": 1}}), []),
    "not a number": (whole(metadata={"x": float("nan")}), []),
    "a number without end": (
        raw(lambda c: c.update(more=0)).replace('"more": 0', '"more": ' + "9" * 5000),
        [],
    ),
    "cells that are none": (raw(lambda c: c["cells"].insert(1, 7)), ["1 cell could not be read."]),
    "two that are none": (
        raw(lambda c: c["cells"].extend([None, "x"])),
        ["2 cells could not be read."],
    ),
    "source a list": (cell(2, source=ADD.splitlines(keepends=True)), []),
    "source with numbers": (cell(2, source=[ADD, 1, None]), ["had lines that are not text"]),
    "source a number": (cell(1, source=1), ["1 cell had no text."]),
    "source missing": (cell(1, source=None), []),
    "half a character": (cell(1, source="x = '\ud800'"), ["had characters that are none"]),
    "half a character in metadata": (cell(1, metadata={"x\udc00": "\ud800"}), []),
    "metadata of a cell missing": (cell(1, metadata=None), []),
    "metadata of a cell a list": (cell(1, metadata=[]), ["no metadata that can be read"]),
    "tags twice": (cell(1, metadata={"tags": ["a", "a"]}), ["metadata of cells broke the rules"]),
    "tags in words": (cell(1, metadata={"tags": "mine"}), ["metadata of cells broke the rules"]),
    "metadata nested deep": (
        cell(1, metadata={"a": "deep"}).replace('"deep"', '{"b": [' * 300 + "]}" * 300),
        [],
    ),
    "type unknown, with outputs": (cell(2, cell_type="python"), ["no type that is known"]),
    "type unknown": (cell(0, cell_type="heading"), ["no type that is known"]),
    "type missing": (cell(2, cell_type=None), ["no type that is known"]),
    "ids twice": (cell(1, id="add"), ["1 cell had the id of another."]),
    "id with spaces": (cell(2, id="my add"), ["1 cell had no id that is one."]),
    "id missing": (cell(2, id=None), ["1 cell had no id that is one."]),
    "id a number": (cell(2, id=3), ["1 cell had no id that is one."]),
    "outputs broken": (cell(2, outputs=[1, {"a": 2}]), []),
    "outputs missing": (cell(2, outputs=None, execution_count=None), []),
    "execution count in words": (cell(2, execution_count="many"), []),
    "attachments broken": (cell(0, attachments={"a.png": 1, "b.png": {"image/png": 2}}), []),
    "further keys": (cell(2, more=1), []),
    "text after the end": (text() + text(), ["went on after the notebook's end"]),
    "zero bytes after the end": (text() + "\0" * 100, []),
    "raw line breaks": (text().replace("\\n", "\n"), ["line breaks or tabs"]),
    "as Jupyter's server sends it": (
        json.dumps({"type": "notebook", "content": json.loads(text())}),
        [],
    ),
}


@pytest.mark.parametrize("kind", READABLE)
def test_damaged_files_are_read(tmp_path, kind):
    content, sentences = READABLE[kind]
    path = handed_in(tmp_path, **{"sums.ipynb": content}) / "sums.ipynb"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        notebook, notes = read_notebook(path)
        nbformat.validate(notebook)
        nbformat.writes(notebook).encode("utf-8")
    assert len(notes) == len(sentences)
    for sentence, note in zip(sentences, notes, strict=True):
        assert sentence in note
        assert note.endswith(".")
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    assert set(notebook.metadata) <= {"kernelspec", "language_info"}
    sources = [each.source for each in notebook.cells]
    assert any(each.replace("\r", "") == ADD for each in sources)
    assert len({each.id for each in notebook.cells}) == len(sources)
    assert not any(each.get("outputs") for each in notebook.cells)
    assert notebook == read_notebook(path)[0]  # ids too
    # What is read with a note is mended for nbgrader; all is then in order.
    notes = prepare(tmp_path, "sums")
    assert answer_in(path).replace("\r", "") == ADD
    copy.deepcopy(nbformat.read(path, as_version=4))  # as nbconvert begins
    assert prepare(tmp_path, "sums") == []
    assert (
        path.read_bytes() == (content if isinstance(content, bytes) else content.encode()) or notes
    )


@pytest.mark.parametrize("kind", READABLE)
def test_outputs_that_are_cut_out_before_reading_change_nothing(tmp_path, monkeypatch, kind):
    path = handed_in(tmp_path, **{"sums.ipynb": READABLE[kind][0]}) / "sums.ipynb"
    wanted = read_notebook(path)
    monkeypatch.setattr(reading, "LARGE_BYTES", 0)
    assert read_notebook(path) == wanted


def test_outputs_are_cut_out_as_a_whole_and_texts_about_them_stay(tmp_path, monkeypatch):
    monkeypatch.setattr(reading, "LARGE_BYTES", 0)
    about = 'print(\'"outputs": [1, 2\')\n"outputs": ["'
    outputs = [{"a": ['["]\\"', "]]", [[], ["\\"]]]}, {"outputs": ["x", ["outputs"]]}]
    path = handed_in(tmp_path, a=cell(1, source=about, outputs=outputs)) / "a"
    notebook, notes = read_notebook(path)
    assert notes == []
    assert [each.source for each in notebook.cells][1:3] == [about, ADD]
    content = path.read_text()
    path.write_text(content[: content.index("]]")])
    with raises(UnreadableNotebook, "notebook-cut-off"):
        read_notebook(path)
    monkeypatch.setattr(reading, "_MAX_VALUES", 10)
    path.write_text('{"cells": [{"outputs": [' + "[" * 20 + "]" * 20 + "]}]}")
    with raises(UnreadableNotebook, "notebook-too-many-parts"):
        read_notebook(path)


def test_ids_and_attachments_are_kept(tmp_path):
    content = released(ADD)
    content.cells[0]["attachments"] = {"a.png": {"image/png": "AAAA"}}
    notebook, _ = read_notebook(handed_in(tmp_path, a=nbformat.writes(content)) / "a")
    assert [each.id for each in notebook.cells] == ["intro", "inputs", "add", "add_basics"]
    assert notebook == content


def test_colab_keeps_ids_in_the_metadata(tmp_path):
    def as_colab(content):
        content["nbformat_minor"] = 0
        for each in content["cells"]:
            each["metadata"]["id"] = each.pop("id")

    notebook, notes = read_notebook(handed_in(tmp_path, a=raw(as_colab)) / "a")
    assert [each.id for each in notebook.cells] == ["intro", "inputs", "add", "add_basics"]
    assert notes == []


LINE = len(text()[:600].rstrip().splitlines())
DEEP = '{"cells": [], "metadata": ' + "[" * 100_000
UNREADABLE = {
    "empty": (b"", "sums.ipynb is empty."),
    "white space": (b" \n\t", "sums.ipynb is empty."),
    "zeros": (b"\0" * 4000, "holds nothing but zero bytes"),
    "cut off": (text()[:600], f"ends in the middle (line {LINE}): it was not handed in whole."),
    "cut off in a word": (text()[: text().index("false") + 2], "ends in the middle"),
    "cut off after a comma": (text()[: text().index(",") + 1], "ends in the middle"),
    "cut off in an escape": ('{"cells": ["\\u12', "ends in the middle"),
    "no JSON": (text().replace('"cells"', "cells", 1), "its JSON is broken at line 2"),
    "text": ("Dear teacher, here is my work.", "it begins with 'Dear teacher, here i'"),
    "list": ("[1, 2]", "its JSON holds something else"),
    "number": ("12", "its JSON holds something else"),
    "no cells": ('{"nbformat": 4, "metadata": {}}', "it has no cells"),
    "cells a mapping": ('{"nbformat": 4, "cells": {}}', "it has no cells"),
    "old and broken": ('{"nbformat": 3, "worksheets": [1]}', "old format of notebooks"),
    "nested without end": (DEEP, "nested too deep"),
    "merge": (
        text().replace(' "cells"', '<<<<<<< HEAD\n "cells"\n=======\n>>>>>>> other\n', 1),
        "a merge of Git that was not finished",
    ),
    "pointer": ("version https://git-lfs.github.com/spec/v1\noid sha256:1\n", "Git LFS"),
    "web page": ("<!DOCTYPE html>\n<html><body>Sign in</body></html>", "is a web page"),
    "web page without a type": ("\n<html lang=en>", "is a web page"),
    "zip": (b"PK\x03\x04\x14\0\0\0", "zip archive"),
    "gzip": (b"\x1f\x8b\x08", "compressed archive"),
    "PDF": (b"%PDF-1.7", "a PDF file"),
    "script": ("#!/usr/bin/env python\n# coding: utf-8\n", "a Python script"),
    "jupytext": ("# %%\nimport math\n", "a Python script"),
    "imports": ("import math\n", "a Python script"),
}


@pytest.mark.parametrize("kind", UNREADABLE)
def test_what_is_no_notebook_is_refused_with_the_reason(tmp_path, kind):
    content, sentence = UNREADABLE[kind]
    handed_in(tmp_path, **{"sums.ipynb": content})
    before = everything(tmp_path)
    with pytest.raises(UnreadableNotebook) as error:
        read_notebook(tmp_path / "sums.ipynb")
    assert sentence in str(error.value)
    assert str(error.value).startswith("sums.ipynb ")
    assert "\n" not in str(error.value)
    with pytest.raises(UnreadableNotebook) as again:
        prepare(tmp_path, "sums")
    assert str(again.value) == str(error.value)
    with pytest.raises(UnreadableNotebook):
        prepare(tmp_path, "sums", tmp_path.parent / "graded")
    assert everything(tmp_path) == before


def test_files_without_end_are_refused(tmp_path, monkeypatch):
    path = tmp_path / "sums.ipynb"
    with path.open("wb") as file:
        file.truncate(reading.MAX_BYTES + 1)  # takes no room on the disk
    with raises(UnreadableNotebook, "notebook-too-large", "500"):
        read_notebook(path)
    monkeypatch.setattr(reading, "_MAX_VALUES", 1000)
    path.write_text('{"cells": [' + "[]," * 2000 + "[]]}")
    with raises(UnreadableNotebook, "notebook-too-many-parts"):
        read_notebook(path)
    path.write_text(whole(metadata={"x": "[," * 2000}))
    read_notebook(path)


def special(folder, kind):
    path = folder / "sums.ipynb"
    if kind == "a link":
        (folder.parent / "elsewhere.ipynb").write_text(text())
        path.symlink_to(folder.parent / "elsewhere.ipynb")
    elif kind == "a folder":
        path.mkdir()
    elif kind == "a named pipe":
        os.mkfifo(path)
    elif kind == "a socket":
        with socket.socket(socket.AF_UNIX) as server:
            place = Path.cwd()
            os.chdir(folder)  # names of sockets are short
            try:
                server.bind(path.name)
            finally:
                os.chdir(place)
    elif kind == "a device":
        os.mknod(path, 0o600 | 0o020000, os.makedev(1, 5))  # /dev/zero
    return path


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such files")
@pytest.mark.parametrize("kind", ["a link", "a folder", "a named pipe", "a socket", "a device"])
def test_what_is_no_file_is_neither_opened_nor_followed(tmp_path, kind):
    folder = tmp_path / "ada"
    folder.mkdir()
    try:
        path = special(folder, kind)
    except PermissionError:
        pytest.skip("only root can make one")
    with raises(UnreadableNotebook, "notebook-not-file", "sums.ipynb", kind):
        read_notebook(path)
    with raises(UnreadableNotebook, "notebook-not-file", "sums.ipynb", kind):
        prepare(folder, "sums")
    # It has to make room for a notebook that is one.
    handed_in(folder, **{"work/sums.ipynb": text()})
    [first, *others] = prepare(folder, "sums")
    assert first == f"work/sums.ipynb was graded. sums.ipynb is {kind}, not a file."
    assert answer_in(folder / "sums.ipynb") == ADD
    kept = folder / "sums.ipynb.handed-in"
    assert kept.is_dir() if kind == "a folder" else kept.read_text().startswith(kind)
    assert len(others) == (kind != "a folder")
    assert prepare(folder, "sums") == []


def test_a_notebook_in_order_is_left_alone(tmp_path):
    handed_in(tmp_path, **{"sums.ipynb": text(), "data.csv": "1", "sums (1).ipynb": text(OTHER)})
    (tmp_path / "sums.ipynb").chmod(0o444)
    before, when = everything(tmp_path), (tmp_path / "sums.ipynb").stat().st_mtime_ns
    assert prepare(tmp_path, "sums", grade_ids=IDS) == []
    assert everything(tmp_path) == before
    assert (tmp_path / "sums.ipynb").stat().st_mtime_ns == when


def test_what_is_replaced_is_kept_under_numbers(tmp_path):
    marked = b"\xef\xbb\xbf" + text().encode()
    for _ in range(3):
        handed_in(tmp_path, **{"sums.ipynb": marked})
        assert prepare(tmp_path, "sums") == ["The file began with a byte order mark."]
    assert sorted(everything(tmp_path)) == [
        "sums.ipynb",
        "sums.ipynb.handed-in",
        "sums.ipynb.handed-in.2",
        "sums.ipynb.handed-in.3",
    ]
    assert (tmp_path / "sums.ipynb.handed-in").read_bytes() == marked


NAMES = [
    "sums (1).ipynb",
    "sums-Copy1.ipynb",
    "Copy of sums.ipynb",
    "sums.ipynb.txt",
    "sums.ipynb.json",
    "sums.json",
    "SUMS.IPYNB",
    "ada_sums.ipynb",
    "ada_4711_2210_sums-2.ipynb",
    "Untitled.ipynb",
    "Untitled1.ipynb",
    "sums/sums.ipynb",
    "hand in/final/Sums final.ipynb",
    ".ipynb_checkpoints/sums-checkpoint.ipynb",
]


@pytest.mark.parametrize("ids", [None, IDS], ids=["by name", "by cells"])
@pytest.mark.parametrize("beside", ["nothing", "blank", "broken"])
@pytest.mark.parametrize("name", NAMES)
def test_work_under_another_name_is_found(tmp_path, name, beside, ids):
    handed_in(tmp_path, **{name: text()})
    first = tmp_path / "sums.ipynb"
    reasons = {"nothing": "There is no sums.ipynb.", "blank": "sums.ipynb holds no work."}
    if beside != "nothing":
        first.write_text(text(STUB) if beside == "blank" else text(STUB)[:300])
    notes = prepare(tmp_path, "sums", grade_ids=ids)
    assert len(notes) == 1
    assert notes[0].startswith(f"{name} was graded. {reasons.get(beside, 'sums.ipynb ends in')}")
    assert answer_in(first) == ADD
    assert (tmp_path / name).exists()
    assert (tmp_path / "sums.ipynb.handed-in").exists() == (beside != "nothing")
    assert prepare(tmp_path, "sums", grade_ids=ids) == []


def test_cells_tell_of_which_assignment_a_notebook_is(tmp_path):
    others = {"sums-of-squares.ipynb": text(OTHER, ids=("x", "squares", "squares_more"))}
    handed_in(tmp_path, **others, **{"homework.ipynb": text(), "answers.json": '{"cells": 3}'})
    handed_in(tmp_path, **{"sums.ipynb": nbformat.writes(new_notebook())})
    [note] = prepare(tmp_path, "sums", grade_ids=IDS)
    assert note == "homework.ipynb was graded. sums.ipynb holds no work."


@pytest.mark.parametrize("ids", [None, IDS], ids=["by name", "by cells"])
def test_notebooks_of_something_else_are_not_graded(tmp_path, ids):
    bare = nbformat.writes(new_notebook(cells=[new_code_cell("x = 1")]))
    handed_in(tmp_path, **{"diary.ipynb": bare})
    if ids:
        squares = text(OTHER, ids=("x", "squares", "squares_more"))
        handed_in(tmp_path, **{"sums-of-squares.ipynb": squares})
    else:
        handed_in(tmp_path, **{"squares.ipynb": text()})
    with raises(UnreadableNotebook, "notebook-missing", "sums.ipynb"):
        prepare(tmp_path, "sums", grade_ids=ids)


def test_the_wrong_notebook_under_the_right_name_gives_way(tmp_path):
    wrong = text(OTHER, ids=("x", "squares", "squares_more"))
    handed_in(tmp_path, **{"sums.ipynb": wrong, "squares.ipynb": text()})
    [note] = prepare(tmp_path, "sums", grade_ids=IDS)
    assert note == "squares.ipynb was graded. sums.ipynb holds no work."


def test_work_without_marks_comes_before_an_older_checkpoint(tmp_path):
    bare = new_notebook(cells=[new_code_cell(ADD)])
    old = ".ipynb_checkpoints/sums-checkpoint.ipynb"
    handed_in(tmp_path, **{"sums.ipynb": nbformat.writes(bare), old: text(OTHER)})
    assert prepare(tmp_path, "sums", grade_ids=IDS) == []
    assert answer_in(tmp_path / "sums.ipynb") == ADD


def test_of_different_work_the_one_with_the_right_name_is_graded(tmp_path):
    handed_in(tmp_path, **{"sums.ipynb": text(OTHER), "sums (1).ipynb": text()})
    assert prepare(tmp_path, "sums", grade_ids=IDS) == []


def test_different_work_without_the_right_name_is_for_a_person(tmp_path):
    contents = {"sums (1).ipynb": text(), "sums (2).ipynb": text(OTHER), "sums (3).ipynb": text()}
    handed_in(tmp_path, **contents, **{"sums.ipynb": text(STUB)})
    before = everything(tmp_path)
    with pytest.raises(UnreadableNotebook) as error:
        prepare(tmp_path, "sums", grade_ids=IDS)
    assert str(error.value) == (
        "There are 2 notebooks with different work, sums (1).ipynb, sums (2).ipynb, "
        "sums (3).ipynb: keep one and grade again."
    )
    assert everything(tmp_path) == before


def test_the_same_work_twice_is_no_question(tmp_path):
    handed_in(tmp_path, **{"sums (1).ipynb": text(), "b/sums.ipynb": text()})
    assert len(prepare(tmp_path, "sums", grade_ids=IDS)) == 1


def test_a_blank_notebook_is_graded_if_there_is_no_other(tmp_path):
    handed_in(tmp_path, **{"sums.ipynb": text(STUB), "sums-Copy1.ipynb": text(STUB)})
    assert prepare(tmp_path, "sums", grade_ids=IDS) == []
    (tmp_path / "sums.ipynb").unlink()
    assert prepare(tmp_path, "sums") == ["sums-Copy1.ipynb was graded. There is no sums.ipynb."]


def test_what_is_missing_is_said(tmp_path):
    handed_in(tmp_path, **{"notes.txt": "x", "empty.json": "{}"})
    with pytest.raises(UnreadableNotebook) as error:
        prepare(tmp_path, "sums")
    assert str(error.value) == (
        "There is no sums.ipynb, nor another notebook of it. Handed in was empty.json, notes.txt."
    )
    handed_in(tmp_path, **{"sums.ipynb.handed-in": text()})  # was put aside for a reason
    with raises(UnreadableNotebook, "notebook-missing", "sums.ipynb"):
        prepare(tmp_path, "sums")
    handed_in(tmp_path, **{"work.zip": "PK"})
    with raises(UnreadableNotebook, "notebook-missing", "work.zip"):
        prepare(tmp_path, "sums")
    handed_in(tmp_path, **{"sums (1).ipynb": text()[:100]})
    with raises(UnreadableNotebook, "notebook-cut-off", "sums (1).ipynb"):
        prepare(tmp_path, "sums")


def test_links_to_notebooks_are_no_candidates(tmp_path):
    outside = handed_in(tmp_path / "bob", **{"sums.ipynb": text()})
    folder = tmp_path / "ada"
    folder.mkdir()
    (folder / "sums (1).ipynb").symlink_to(outside / "sums.ipynb")
    (folder / "inner").symlink_to(outside)
    with raises(UnreadableNotebook, "notebook-missing", "sums.ipynb"):
        prepare(folder, "sums")


STAMPS = {
    "words": b"yesterday evening",
    "number": b"10",
    "number without end": b"9" * 40,
    "no text": b"\xff\xfe\x00\xd8",
    "either order": b"02.03.2026 09:00",
    "no year": b"Mar 1 at 11:59pm",
    "long": b"2026-01-01 00:00:00 UTC" + b" " * 2000,
    "before all time": b"0001-01-01 00:00:00 +1400",
}


@pytest.mark.parametrize("kind", [*STAMPS, "folder", "link", "pipe"])
@pytest.mark.parametrize("away", [False, True], ids=["in place", "elsewhere"])
def test_a_timestamp_that_is_no_date_is_put_aside(tmp_path, kind, away):
    folder = handed_in(tmp_path / "ada", **{"sums.ipynb": text()})
    path = folder / "timestamp.txt"
    if kind == "folder":
        path.mkdir()
    elif kind == "link":
        (tmp_path / "date").write_text("2020-01-01 00:00:00 UTC")
        path.symlink_to(tmp_path / "date")
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        path.write_bytes(STAMPS[kind])
    target = tmp_path / "graded" if away else folder
    notes = prepare(folder, "sums", target if away else None)
    [note] = [note for note in notes if note.startswith("timestamp.txt was put aside: ")]
    assert note.endswith(("it holds no date.", ": write it as 2027-03-01 23:59 UTC."))
    if kind == "either order":
        assert "'02.03.2026 09:00' may be 2 March or 3 February" in note
    if away:
        [problem] = doubtful_time(target, "sums", folder)
        assert problem.startswith("timestamp.txt cannot be read, so nobody knows whether this was")
    assert not os.path.lexists(target / "timestamp.txt")
    assert (target / "sums.ipynb").exists()
    assert os.path.lexists(folder / "timestamp.txt.handed-in") is not away
    if not away:
        assert prepare(folder, "sums") == []


@pytest.mark.parametrize(
    "stamp", ["2026-01-01 10:00:00 UTC", "2026-01-01T10:00:00+01:00", " ", "13/1/2026 10:00"]
)
@pytest.mark.parametrize("away", [False, True], ids=["in place", "elsewhere"])
def test_a_timestamp_that_nbgrader_reads_stays(tmp_path, stamp, away):
    folder = handed_in(tmp_path / "ada", **{"sums.ipynb": text(), "timestamp.txt": stamp})
    target = tmp_path / "graded" if away else folder
    assert prepare(folder, "sums", target if away else None) == []
    assert (target / "timestamp.txt").read_text() == stamp


@pytest.mark.parametrize(
    "stamp",
    [
        "2026-03-01-23-59-00",
        "Sonntag, 1. März 2026, 23:59",
        "\ufeff2026-03-01 23:59:00 UTC",
        "2026-03-02 00:59:00 +0100",
    ],
)
@pytest.mark.parametrize("away", [False, True], ids=["in place", "elsewhere"])
def test_a_time_that_nbgrader_reads_as_another_is_written_so_that_it_reads_it(
    tmp_path, stamp, away
):
    folder = handed_in(tmp_path / "ada", **{"sums.ipynb": text(), "timestamp.txt": stamp})
    target = tmp_path / "graded" if away else folder
    assert prepare(folder, "sums", target if away else None) == []
    assert (target / "timestamp.txt").read_text() == "2026-03-01 23:59:00 UTC\n"
    kept = folder / ("timestamp.txt" if away else "timestamp.txt.handed-in")
    assert kept.read_text(encoding="utf-8") == stamp
    assert prepare(target, "sums") == []


def test_dates_that_cannot_be_are_said_and_kept(tmp_path):
    handed_in(tmp_path, **{"sums.ipynb": text(), "timestamp.txt": "2999-01-01 00:00:00 UTC"})
    assert prepare(tmp_path, "sums") == [], "which repairs nothing"
    assert doubtful_time(tmp_path, "sums") == [
        "timestamp.txt says 2999-01-01, which is still to come: correct or delete it, and grade "
        "again."
    ]
    handed_in(tmp_path, **{"timestamp.txt": "2020-01-01 00:00:00 UTC"})
    assert doubtful_time(tmp_path, "sums") == []  # both unpacked just now, which says nothing
    long_ago = time.time() - 10**6
    os.utime(tmp_path / "timestamp.txt", (long_ago, long_ago))
    assert doubtful_time(tmp_path, "sums") == []  # nor does a notebook that was unpacked just now
    day = time.mktime((2021, 5, 4, 12, 0, 0, 0, 0, 0))
    os.utime(tmp_path / "sums.ipynb", (day, day))
    (tmp_path / "sums.ipynb").rename(tmp_path / "sums (2).ipynb")
    target = tmp_path / "prepared"
    prepare(tmp_path, "sums", target)
    assert doubtful_time(target, "sums") == [
        "timestamp.txt says 2020-01-01, but the notebook was last changed on 2021-05-04: look "
        "which is right, as lateness follows from timestamp.txt."
    ]
    assert (tmp_path / "timestamp.txt").exists()
    (target / "timestamp.txt").write_text("yesterday")
    assert "'yesterday' is not a date: write it as" in doubtful_time(target, "sums")[0]


def test_other_files_come_along_and_nothing_from_outside(tmp_path, monkeypatch):
    monkeypatch.setattr(copy_files, "MAX_FILE_BYTES", 1000)
    (tmp_path / "secret").write_text("key")
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "key").write_text("key")
    folder = handed_in(
        tmp_path / "ada",
        **{"sums.ipynb": text(), "data/a.csv": "1", "utils.py": "x = 1", "big": b"0" * 1001},
        **{"sums (1).ipynb": text(STUB), "sums.ipynb.handed-in": "old", ".hidden": "2"},
        **{
            ".git/HEAD": "x",
            ".ipynb_checkpoints/a-checkpoint.ipynb": "x",
            "b/__pycache__/c.pyc": "x",
        },
    )
    (folder / "link").symlink_to(tmp_path / "secret")
    (folder / "links").symlink_to(tmp_path / "secrets")
    os.mkfifo(folder / "data" / "pipe")
    before = everything(folder)
    target = tmp_path / "graded"
    notes = prepare(folder, "sums", target)
    assert sorted(everything(target)) == [".hidden", "data/a.csv", "sums.ipynb", "utils.py"]
    assert (target / "sums.ipynb").read_text() == text()
    assert sorted(notes) == [
        "big was left out: it has 0 MB.",
        "data/pipe was left out: it is a named pipe.",
        "link was left out: it is a link.",
        "links was left out: it is a link.",
    ]
    assert everything(folder) == before
    # nbgrader would follow them where they are.
    prepare(folder, "sums")
    now = everything(folder)
    assert now.pop("link.handed-in") == f"a link to {tmp_path / 'secret'}\n".encode()
    assert b"secrets" in now.pop("links.handed-in")
    assert now.pop("data/pipe.handed-in") == b"a named pipe\n"
    assert now == {name: content for name, content in before.items() if not name.startswith("link")}
    assert (tmp_path / "secrets" / "key").exists()


@pytest.mark.parametrize("limit", ["MAX_FILES", "MAX_TOTAL_BYTES"])
def test_copies_have_an_end(tmp_path, monkeypatch, limit):
    monkeypatch.setattr(copy_files, limit, 5)
    folder = handed_in(tmp_path / "ada", **{"sums.ipynb": text()})
    handed_in(folder, **{f"{number}.txt": "1" for number in range(9)})
    notes = prepare(folder, "sums", tmp_path / "graded")
    assert notes == ["Files were left out: there were too many, or they were too large."]
    assert len(everything(tmp_path / "graded")) == 6


def test_names_that_no_sentence_can_hold_are_shown_as_they_can(tmp_path):
    folder = handed_in(tmp_path / "ada", **{"sums.ipynb": text()})
    (folder / "<b>\n\x1b[31m").symlink_to("/etc/passwd")
    (folder / os.fsdecode(b"\xff\xfe")).symlink_to("/etc/passwd")
    notes = prepare(folder, "sums", tmp_path / "graded")
    assert len(notes) == 2
    for note in notes:
        assert note.isprintable()
        assert "<" not in note
        note.encode("utf-8")


def test_large_outputs_are_left_out(tmp_path):
    content = json.loads(text())
    lines = ["0123456789abcde\n"] * 1_100_000
    content["cells"][2]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": lines}]
    folder = handed_in(tmp_path / "ada", **{"sums.ipynb": json.dumps(content)})
    tracemalloc.start()
    try:
        notes = prepare(folder, "sums", tmp_path / "graded")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 2 * (folder / "sums.ipynb").stat().st_size
    assert notes == ["The outputs of sums.ipynb (23 MB) were left out."]
    assert (tmp_path / "graded" / "sums.ipynb").stat().st_size < 5000
    assert prepare(folder, "sums") == notes
    assert prepare(folder, "sums") == []


def test_files_that_replace_modules_do_not_reach_the_kernel(tmp_path):
    code = {f"{name}.py": "x" for name in ("json", "torch", "random", "sitecustomize", "PIL")}
    code |= {f"{name}.py": "x" for name in ("embeddings_course", "nbgrader", "ipykernel", "zmq")}
    code |= {"numpy/__init__.py": "x", "os.pyc": "x", "re.so": "x", "ipython_config.py": "x"}
    code |= {"csv.cpython-311-x86_64-linux-gnu.so": "x", "sklearn/deep/a.py": "x", "io.pyd": "x"}
    kept = {"utils.py": "x", "helpers.py": "x", "mycode.py": "x", "tests/test_a.py": "x"}
    kept |= {"data/json.py": "x", "json.txt": "x", "statistics/a.csv": "1", "mine/__init__.py": "x"}
    kept |= {"a.csv": "1", "torch": "without an ending, not a module", "timestamp.txt": "10"}
    folder = handed_in(tmp_path / "ada", **code, **{k: v for k, v in kept.items() if k != "torch"})
    handed_in(folder, **{"sums.ipynb": "x", "Other.IPYNB": "x", "in/b.ipynb": "x", "c.py": "x"})
    notes = working_copy(folder, tmp_path / "work")
    wanted = sorted([*(name for name in kept if name != "torch"), "c.py"])
    assert sorted(everything(tmp_path / "work")) == wanted
    assert len(notes) == len(code)
    assert "json.py was left out: it would have replaced the module json." in notes
    assert "numpy was left out: it would have replaced the module numpy." in notes
    assert "sitecustomize.py was left out: it would have been run unasked." in notes


def test_links_do_not_reach_the_kernel(tmp_path):
    (tmp_path / "json.py").write_text("x")
    folder = tmp_path / "ada"
    folder.mkdir()
    (folder / "json.py").symlink_to(tmp_path / "json.py")
    (folder / "numpy").symlink_to(tmp_path)
    (folder / "data").symlink_to(tmp_path)
    notes = working_copy(folder, tmp_path / "work")
    assert everything(tmp_path / "work") == {}
    assert "data was left out: it is a link." in notes


def test_no_module_of_the_course_can_be_replaced():
    wanted = {"torch", "torchvision", "numpy", "scipy", "sklearn", "skimage", "matplotlib", "PIL"}
    wanted |= {"embeddings_course", "IPython", "ipykernel", "ipywidgets", "anywidget", "nbgrader"}
    wanted |= {"zmq", "traitlets", "jupyter_client", "pytest", "tornado", "usearch", "safetensors"}
    wanted |= {"json", "typing", "_socket", "sitecustomize", "usercustomize"}
    assert [name for name in sorted(wanted) if shadowed_module(f"{name}.py") != name] == []
    assert "torch" in packages_distributions()
    for name in ("utils", "helpers", "mycode", "tests", "data", "my_model", "sums"):
        assert shadowed_module(f"{name}.py") is None


def test_modules_that_are_installed_by_mistake_forbid_no_names(monkeypatch):
    monkeypatch.setattr(
        copy_files.importlib.metadata,
        "packages_distributions",
        lambda: {"utils": ["x"], "y/z": ["y"]},
    )
    copy_files._modules.cache_clear()
    try:
        assert shadowed_module("utils.py") is None
        assert shadowed_module("y.py") == "y"
    finally:
        copy_files._modules.cache_clear()
