"""What a kernel says and sends is checked before it is believed, and bounded before it is kept."""

import base64
import json
import types

import nbformat
import pytest

from embeddings_course.grading.isolation.flags import attempted, read_seen
from embeddings_course.grading.preprocessors.run_notebook import RunNotebook


def said(*answer):
    return f"'{base64.b64encode(json.dumps(answer).encode()).decode()}'"


def test_an_answer_is_read():
    assert read_seen(said(7, ["One."])) == (7, ["One."])


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "5",
        "(1, [])",
        "'not base64'",
        "'AAAA'",
        said(),
        said(1),
        said(1, [], 3),
        said(-1, []),
        said(2**60, []),
        said(1.5, []),
        said(None, []),
        said(float("nan"), []),
        said(2, "text"),
        said(2, {"a": "b"}),
        f"'{base64.b64encode(b'[' * 10**6).decode()}'",
        f"'{base64.b64encode(b'[1' + b'0' * 10**5 + b', []]').decode()}'",
    ],
)
def test_what_is_no_answer_is_not_believed(text):
    with pytest.raises((ValueError, TypeError, RecursionError)):
        read_seen(text)


def test_what_a_kernel_says_of_attempts_is_printable_and_bounded():
    odd = ["\ud800", "\x1b[2J", "\u202e", "x" * 10**5]
    attempts = [["changed", what, "In[1]", 1] for what in odd]
    attempts += [5, None, "text", ["changed"], ["changed", "x", "In[1]", "first"], [[], 1, 2, 3]]
    _, given = read_seen(said(2, attempts))
    found = [attempted(attempt, {}) for attempt in given]
    assert found[4:] == [None] * 6
    assert all(kind == "suspicious" and sentence.isprintable() for kind, sentence in found[:4])
    assert max(len(sentence) for _, sentence in found[:4]) < 300


class Sent:
    """Messages to a cell, and what is kept of them."""

    def __init__(self, **settings):
        self.run = RunNotebook(**settings)
        self.run.nb = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell()])
        self.run.reset_execution_trackers()
        self.run.clear_before_next_output = False
        self.run.forget_outputs()
        self.cell = self.run.nb.cells[0]

    def send(self, kind, content, cell_index=0):
        message = {"msg_type": kind, "header": {"msg_type": kind}, "parent_header": {}}
        self.run.process_message(message | {"content": content}, self.cell, cell_index)

    @property
    def size(self):
        return len(json.dumps(self.run.nb))

    def kinds(self):
        return [output.output_type for output in self.cell.outputs]


LONG = "x" * 10**6
ERROR = {"ename": "E", "evalue": "x", "traceback": ["y" * 10_000] * 50}
FLOODS = {
    "errors": ("error", ERROR),
    "an error's name": ("error", {"ename": LONG, "evalue": LONG, "traceback": [LONG]}),
    "texts": ("stream", {"name": "stdout", "text": LONG}),
    "a stream's name": ("stream", {"name": LONG, "text": ""}),
    "data": ("display_data", {"data": {"text/plain": LONG}, "metadata": {}}),
    "a kind of data": ("display_data", {"data": {LONG: "x"}, "metadata": {}}),
    "metadata": ("display_data", {"data": {"text/plain": "x"}, "metadata": {"k": LONG}}),
    "metadata in lists": ("display_data", {"data": {}, "metadata": {"k": [[LONG], {LONG: 1}]}}),
    "numbers": ("display_data", {"data": {"application/json": [1] * 10**5}, "metadata": {}}),
    "results": (
        "execute_result",
        {"data": {"text/plain": LONG}, "metadata": {"k": LONG}, "execution_count": 1},
    ),
    "names of displays": (
        "display_data",
        {"data": {}, "metadata": {}, "transient": {"display_id": LONG}},
    ),
    "widgets": ("comm_open", {"comm_id": "a", "data": {"state": {"k": LONG}}}),
}


@pytest.mark.parametrize("name", FLOODS)
def test_what_is_kept_of_a_cell_is_bounded(name):
    sent = Sent()
    kind, content = FLOODS[name]
    for _ in range(30):
        sent.send(kind, json.loads(json.dumps(content)))
    assert sent.size < 500_000
    assert len(json.dumps(sent.run.widget_state)) < 100
    assert len(json.dumps(sent.run._display_id_map)) < 300_000


def test_updates_of_a_display_are_bounded():
    sent = Sent()
    shown = {"data": {"text/plain": "x"}, "metadata": {}, "transient": {"display_id": "a"}}
    sent.send("display_data", shown)
    sent.send("update_display_data", shown | {"data": {"text/plain": "new"}})
    assert sent.cell.outputs[0].data == {"text/plain": "new"}
    for content in ({"data": {"text/plain": LONG}}, {"metadata": {"k": LONG}}):
        sent.send("update_display_data", shown | content)
        assert sent.size < 10_000


def test_what_is_kept_of_a_submission_is_bounded():
    sent = Sent(total_output_bytes=1_000_000)
    for number in range(100):
        for kind in ("stream", "error", "display_data"):
            content = {"name": "stdout", "text": LONG[:50_000], "data": {"a": LONG[:50_000]}}
            sent.send(kind, content | {"metadata": {}} | ERROR, cell_index=number)
    assert sent.size < 2_000_000


@pytest.mark.parametrize("name", [name for name in FLOODS if name not in ("errors", "results")])
def test_a_flood_hides_neither_the_error_of_a_test_nor_its_points(name):
    sent = Sent()
    kind, content = FLOODS[name]
    for _ in range(30):
        sent.send(kind, json.loads(json.dumps(content)))
    result = {"data": {"text/plain": "0.5"}, "metadata": {}, "execution_count": 1}
    sent.send("execute_result", result)
    assert sent.cell.outputs[-1].data["text/plain"] == "0.5"
    sent.send("error", ERROR | {"ename": "AssertionError"})
    assert "error" in sent.kinds()


@pytest.mark.parametrize("wait", [False, True])
def test_errors_that_were_cleared_leave_room_for_the_true_one(wait):
    sent = Sent()
    for _ in range(30):
        sent.send("error", dict(ERROR))
    sent.send("clear_output", {"wait": wait})
    sent.send("error", ERROR | {"ename": "AssertionError"})
    assert sent.kinds() == ["error"]


def test_forged_results_leave_room_for_the_true_one():
    sent = Sent()
    for text in ["1.0"] * 3000 + ["0.5"]:
        result = {"data": {"text/plain": text}, "metadata": {}, "execution_count": 1}
        sent.send("execute_result", result)
    said = [output.data["text/plain"] for output in sent.cell.outputs if "data" in output]
    assert len(said) >= 2 and said[-1] == "0.5"


def test_a_reply_of_another_form_is_no_answer(monkeypatch):
    run = RunNotebook()
    replies = [
        5,
        {},
        {"parent_header": 5},
        {"parent_header": {"msg_id": "a"}, "content": 5},
    ]

    async def get_msg(timeout):
        return replies.pop(0)

    run.kc = types.SimpleNamespace(
        execute=lambda *given, **named: "a", shell_channel=types.SimpleNamespace(get_msg=get_msg)
    )
    assert run._ask("1", seconds=5) is None and not replies
