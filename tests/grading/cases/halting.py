"""What one submission brings along that could end the run, or fill the machine, for the class.

What a kernel says of itself, floods of messages, and odd folders and files.
"""

import copy
import os

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell

from grading.hostile import FULL, WRONG, case, points
from helpers.nesting import nested

SESSION = "_kernel = get_ipython().kernel\n_session = _kernel.session\n"


def send(kind, content, times=1):
    return (
        f"{SESSION}for _ in range({times}):\n"
        f"    _session.send(_kernel.iopub_socket, {kind!r}, {content},\n"
        "                  parent=_kernel.get_parent())"
    )


# What the kernel says ------------------------------------------------------------------------------


def tells(attempts):
    """Let the kernel tell these attempts of the notebook, in place of those that it has seen."""
    return (
        "import types\n"
        "from embeddings_course.grading.isolation import watched_kernel as kernel\n"
        f"kernel._state['watch'] = types.SimpleNamespace(attempts={attempts})"
    )


def own_repr(said):
    return (
        "def repr(thing):\n"
        "    import builtins\n"
        f"    return {said} if isinstance(thing, tuple) else builtins.repr(thing)"
    )


@case("the notebook's repr tells a memory of 200,000 digits")
def huge_memory(it):
    it.begin(own_repr("'(0, 0x' + 'f' * 200000 + ', [])'"))


@case("the notebook's repr tells a memory that no float holds")
def large_memory(it):
    it.begin(own_repr("'(0, 1' + '0' * 4000 + ', [])'"))


@case("the notebook's repr crashes the parser of who reads it")
def nested_answer(it):
    it.begin(own_repr("'(0, 0, [' + '-' * 300000 + '1])'"))


@case("names of Python stand for something else in the notebook, when the kernel is asked")
def names_of_python(it):
    it.after(
        "norm",
        "exec = eval = __import__ = lambda *given: None\n__builtins__ = {}\ndel __builtins__",
    )


@case("the kernel's list holds half a character", suspicious=True)
def half_sentence(it):
    it.begin(tells("[('changed', '\\ud800', '', 0)]"))


@case("the kernel's list holds commands for a terminal", suspicious=True)
def terminal_commands(it):
    texts = (
        "('\\x1b[2J\\x1b[H\\x1b]0;owned\\x07all fine', 'to the left \\u202e and back\\u2066', "
        "'two\\nlines', '=HYPERLINK(\"http://evil\")')"
    )
    it.begin(tells(f"[('changed', text, text, 1) for text in {texts}]"))


@case("the kernel's list holds a hundred million letters", suspicious=None)
def long_sentence(it):
    it.begin(tells("[('changed', 'x' * 10**8, '', 0)]"))


@case("the kernel's list holds a million sentences", suspicious=None)
def many_sentences(it):
    it.begin(tells("[('changed', str(n), '', 0) for n in range(10**6)]"))


@case("the kernel's list is a number", suspicious=None)
def no_list(it):
    it.begin(tells("5"))


@case("the peak of memory is nan", suspicious=None)
def memory_nan(it):
    it.begin(
        "import resource\n"
        "class Used:\n    ru_maxrss = float('nan')\n\n"
        "resource.getrusage = lambda who: Used"
    )


@case("the peak of memory is the largest number that is printed", suspicious=None)
def memory_large(it):
    it.begin(
        "import resource\n"
        "class Used:\n    ru_maxrss = 10**4000\n\n"
        "resource.getrusage = lambda who: Used"
    )


@case("the kernel answers with something else than an answer", suspicious=None)
def odd_replies(it):
    it.begin(
        "shell = get_ipython()\n"
        "wanted = iter([5, [], {'it': 5}, {'it': {'data': [1]}}, {'it': {'data': {'text/plain': 7}}}])\n"
        "shell.user_expressions = lambda expressions: next(wanted, None)"
    )


@case("the kernel answers with 100 MB", suspicious=None)
def large_reply(it):
    it.begin(
        "shell = get_ipython()\n"
        "large = {'status': 'ok', 'metadata': {}, 'data': {'text/plain': 'x' * 100_000_000}}\n"
        "shell.user_expressions = lambda expressions: {'it': large} if expressions else {}"
    )


@case("harmless sentences leave no room for the true one", suspicious=True)
def fillers(it):
    it.begin(tells("[('changed', f'module {n}', '', 0) for n in range(20)]"))
    it.cell("double_basics").source = "assert True"


# Floods --------------------------------------------------------------------------------------------


@case("three hundred errors of half a megabyte", suspicious=None)
def error_flood(it):
    error = "{'ename': 'E', 'evalue': 'x', 'traceback': ['y' * 10_000] * 50}"
    it.begin(send("error", error, 300))


@case("an error whose name has 20 MB", suspicious=None)
def error_name(it):
    it.begin(send("error", "{'ename': 'E' * 20_000_000, 'evalue': 5, 'traceback': 'y' * 10**7}"))


@case("metadata of 20 MB with each output")
def metadata_flood(it):
    it.begin(
        "from IPython.display import publish_display_data\n"
        "for n in range(5):\n"
        "    publish_display_data({'text/plain': 'x'}, metadata={'k': 'm' * 20_000_000})"
    )


@case("updates of a display, 20 MB each")
def update_flood(it):
    it.begin(
        "from IPython.display import display\n"
        "shown = display({'text/plain': 'x'}, raw=True, display_id=True)\n"
        "for n in range(5):\n"
        "    shown.update({'text/plain': 'x' * 20_000_000}, raw=True, metadata={'k': 'm' * 10**7})"
    )


@case("a hundred thousand displays with names of their own")
def display_ids(it):
    it.begin(
        "from IPython.display import display\n"
        "for n in range(30_000):\n"
        "    display({'text/plain': ''}, raw=True, display_id='d' * 200 + str(n))"
    )


@case("widgets that keep 20 MB each", suspicious=None)
def widget_flood(it):
    content = "{'comm_id': str(_), 'target_name': 'jupyter.widget', 'data': {'state': {'s': 'x' * 20_000_000}}}"
    it.begin(send("comm_open", content, 5))


@case("an output whose parts are nested thirty deep, and half characters", suspicious=None)
def odd_output(it):
    content = (
        "{'data': {'text/plain': '\\ud800', 'application/json': eval('[' * 30 + ']' * 30)},"
        " 'metadata': {'\\udfff': 1}, 'transient': 5}"
    )
    it.begin(send("display_data", content))


@case(
    "an answer that floods its test with errors, and clears them", score=FULL - 5, suspicious=None
)
def cleared_errors(it):
    error = "{'ename': 'E', 'evalue': 'x', 'traceback': ['y' * 10_000] * 50}"
    flood = send("error", error, 30).replace("\n", "\n    ")
    clear = send("clear_output", "{'wait': False}").replace("\n", "\n    ")
    it.answer("double", f"def double(x):\n    {flood}\n    {clear}\n    return x")


# Folders and files ---------------------------------------------------------------------------------


@case("a folder nested a thousand deep", suspicious=None, repaired=True)
def deep_folder(it):
    nested(it.folder / "deep", 1000)


@case("a folder nested six thousand deep", suspicious=None, repaired=True)
def deeper_folder(it):
    nested(it.folder / "deep", 6000)


@case("the folder of the submission is a link to itself", state="unreadable", score=None)
def link_to_itself(it):
    it.folder.parent.mkdir(parents=True)
    it.folder.symlink_to("hw")
    it.write = lambda: None


@case("the folder of the submission is a file", state="unreadable", score=None)
def folder_is_a_file(it):
    it.folder.parent.mkdir(parents=True)
    it.folder.write_text("text")
    it.write = lambda: None


@case("links that lead round in a circle", repaired=True)
def circle(it):
    it.folder.mkdir(parents=True)
    (it.folder / "a").symlink_to("b")
    (it.folder / "b").symlink_to("a")
    (it.folder / "up").symlink_to("..")


@case("a pipe, a link to passwords, and a link out of the folder", repaired=True)
def pipe_and_links(it):
    it.folder.mkdir(parents=True)
    os.mkfifo(it.folder / "data.csv")
    (it.folder / "shadow").symlink_to("/etc/shadow")
    (it.folder / "sol.ipynb").symlink_to("../../../source/hw/hw.ipynb")
    it.begin(
        "try:\n    print(open('sol.ipynb').read())\nexcept OSError as error:\n    print(error)"
    )


@case("names of files that are not in UTF-8, or turn the direction of the text", suspicious=None)
def odd_names(it):
    it.folder.mkdir(parents=True)
    for name in (b"caf\xe9.csv", b"\x1b[2J.csv", "a\u202eb.csv".encode(), b"two\nlines.csv"):
        (it.folder / os.fsdecode(name)).write_text("1,2\n")


@case("two hundred thousand empty folders beside the notebook", suspicious=None, repaired=None)
def many_folders(it):
    for n in range(200):
        (it.folder / f"f{n}").mkdir(parents=True)
        for k in range(600):
            (it.folder / f"f{n}" / str(k)).mkdir()


@case("code nests folders where grader and kernel meet", state=None, score=None, suspicious=None)
def deep_meeting_place(it):
    it.begin(
        "import os, ipykernel\n"
        "os.chdir(os.path.dirname(ipykernel.get_connection_file()))\n"
        "for n in range(3000):\n"
        "    os.mkdir('d')\n    os.chdir('d')\n"
        "os.chdir('/submission')\nos.chdir(os.listdir()[0])\nos.chdir('hw')"
    )


# Data ----------------------------------------------------------------------------------------------


@case("a cell of its own that says it is a test of 100 points", repaired=True)
def bonus_cell(it):
    it.after("part", "100.0")
    marks = {"grade": True, "solution": False, "locked": True, "task": False, "points": 100}
    it.notebook.cells[-2].metadata.nbgrader = marks | {"grade_id": "bonus", "schema_version": 3}


@case("points are nan, infinite, negative and a list", repaired=True)
def odd_points(it):
    content = it.json()
    wanted = iter([float("nan"), float("inf"), -5, [1], "1e999"])
    for each in content["cells"]:
        if each["metadata"].get("nbgrader", {}).get("grade"):
            each["metadata"]["nbgrader"]["points"] = next(wanted, 7)
    it.write_json(content)


@case(
    "tags that let tests fail, in many spellings",
    score=points("norm_basics", "norm_more", "part"),
    suspicious=True,
    repaired=None,
)
def many_tags(it):
    it.answer("double", WRONG)
    tags = ["raises-exception", "skip-execution", "Raises-Exception", "nbval-raises-exception"]
    for each in it.notebook.cells:
        each.metadata.tags = list(tags)
        each.metadata.jupyter = {"source_hidden": True, "outputs_hidden": True}


@case(
    "the outputs of a full pass are in the file", score=points("norm_basics", "norm_more", "part")
)
def outputs_of_a_pass(it):
    it.answer("double", WRONG)
    for number, each in enumerate(it.notebook.cells, 1):
        if each.cell_type == "code":
            each.execution_count = number
            data = {"text/plain": "3.0"}
            each.outputs = [nbformat.v4.new_output("execute_result", data, execution_count=number)]


@case("each test is there twice, its own with the right id first", repaired=True, suspicious=None)
def own_tests_first(it):
    for name in ("double_basics", "norm_basics", "norm_more"):
        own = copy.deepcopy(it.cell(name))
        own.source = "pass"
        own.id, it.cell(name).id = name, f"{name}-old"
        place = [each.id for each in it.notebook.cells].index(f"{name}-old")
        it.notebook.cells.insert(place, own)


@case("five thousand cells of its own")
def many_cells(it):
    for n in range(2500):
        it.notebook.cells.append(new_markdown_cell(f"Text {n}.", id=f"text-{n}"))
        it.notebook.cells.append(new_code_cell(f"{n}", id=f"code-{n}"))


@case("a comment of 30 MB, and metadata nested 39 deep", repaired=None, score=None)
def large_source(it):
    it.answer("norm", f"{it.cell('norm').source}\n# {'x' * 30_000_000}")
    deep = {}
    for _ in range(38):
        deep = {"in": deep}
    it.cell("double").metadata["deep"] = deep


@case("a number of a hundred thousand digits in the metadata", repaired=None, score=None)
def long_number(it):
    it.notebook.metadata["n"] = 7
    text = nbformat.writes(it.notebook).replace('"n": 7', f'"n": {"9" * 100_000}')
    it.text = text.encode()
