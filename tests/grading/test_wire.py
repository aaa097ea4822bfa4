"""What crosses between the two kernels: the same values, or nothing at all."""

import json
import math
import random

import numpy as np
import pytest
import torch

from embeddings_course.exercises import Kept
from embeddings_course.grading.judge import wire
from embeddings_course.grading.judge.wire import (
    CannotBeSent,
    Decoder,
    Encoder,
    NotAMessage,
    pack,
    text_in,
    unpack,
)
from helpers.refusals import raises


def sent(value, **sides):
    """Return a value as it is on the other side."""
    encoder = Encoder(**sides)
    head = {"value": encoder.encode(value)}
    head, body = unpack(pack(head, encoder.body))
    return Decoder(body).decode(head["value"])


PLAIN = [
    None,
    True,
    0,
    -(2**70),
    1.5,
    -0.0,
    math.inf,
    "text with \u20ac and \x00",
    b"\x00\xff",
    [],
    [1, [2.0, ["x"]], None],
    (1, (2,)),
    {"a": 1, 2: [3], (4, "b"): {"c": None}, b"d": 5},
]


@pytest.mark.parametrize("value", PLAIN, ids=repr)
def test_plain_values_are_the_same_on_the_other_side(value):
    got = sent(value)
    assert got == value and type(got) is type(value)
    assert json.dumps(repr(got)) == json.dumps(repr(value))


@pytest.mark.parametrize("code", "?bBhHiIlLqQefdFD")
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 0, 4), (2, 3, 4)])
def test_arrays_and_their_numbers_are_the_same_on_the_other_side(code, shape):
    array = np.random.default_rng(0).integers(0, 2, shape).astype(code)
    for each in (array, array.T, array.astype(array.dtype.newbyteorder(">"))):
        got = sent(each)
        assert (got.dtype, got.shape) == (array.dtype, each.shape)
        assert np.array_equal(got, each) and got.flags.writeable
    if array.size:
        number = array.ravel()[0]
        assert sent(number) == number and sent(number).dtype == number.dtype


def test_arrays_of_texts_and_of_anything_are_the_same_on_the_other_side():
    texts = np.array([["a", "bcd"], ["", "e"]])
    assert np.array_equal(sent(texts), texts) and sent(texts).dtype.kind == "U"
    things = np.array([None, [1, 2], "x"], dtype=object)
    assert sent(things).tolist() == things.tolist()
    assert sent(np.str_("a")) == "a"
    assert math.isnan(sent(float("nan")))
    assert sent(np.longdouble(1.5)) == 1.5


@pytest.mark.parametrize("name", wire._TENSORS)
def test_tensors_are_the_same_on_the_other_side(name):
    dtype = wire._TENSORS[name]
    tensor = torch.tensor([[0, 1], [1, 1], [0, 0]]).to(dtype)
    for each in (tensor, tensor.T, tensor[:0], tensor[0, 0]):
        got = sent(each)
        assert got.dtype == dtype and got.shape == each.shape and torch.equal(got, each)
    if dtype.is_floating_point:
        assert sent(tensor.requires_grad_()).requires_grad
    assert torch.equal(sent(torch.nn.Parameter(torch.ones(2))), torch.ones(2))
    assert torch.equal(sent(torch.eye(2).to_sparse()), torch.eye(2))


class Liar(torch.Tensor):
    """Says something else of itself than it holds."""

    @classmethod
    def __torch_function__(cls, function, types, given=(), named=None):
        return torch.tensor(6.0)


class LyingList(list):
    """Shows other entries than it has."""

    def __iter__(self):
        return iter([6])


class Equal:
    """Equal to everything."""

    def __eq__(self, other):
        return True

    __hash__ = None


def test_what_a_class_says_of_itself_counts_for_nothing():
    kept = []

    def keep(value):
        kept.append(value)
        return len(kept) - 1

    assert sent(LyingList([5]), keep=keep) == [5]
    assert sent(torch.Tensor._make_subclass(Liar, torch.tensor(5.0)), keep=keep) == 5.0
    for value in (Equal(), lambda x: x, torch.nn.Linear(1, 1), {1, 2}, {Kept: 1}, object()):
        got = sent(value, keep=keep)
        assert type(got) is Kept and kept[got.number] is value
    assert sent(True) is True and sent([Equal()], keep=keep) != [6]


def test_what_is_kept_comes_back_as_itself():
    thing = object()
    there = sent(thing, keep=lambda value: 7)
    encoder = Encoder(functions=[])
    entry = encoder.encode(there)
    assert Decoder(encoder.body, kept={7: thing}.__getitem__).decode(entry) is thing


def test_functions_and_networks_go_to_the_students_side_only():
    functions = []
    encoder = Encoder(functions=functions)
    entries = [encoder.encode(each) for each in (len, torch.nn.Linear(2, 3))]
    assert functions == [len]
    for entry in entries:
        with pytest.raises(NotAMessage):
            Decoder(encoder.body).decode(entry)
    called, layer = (
        Decoder(encoder.body, function=lambda number: functions[number]).decode(entry)
        for entry in entries
    )
    assert called is len and (layer.in_features, layer.out_features) == (2, 3)
    with raises(CannotBeSent, "wire-not-to-student"):
        Encoder(functions=[]).encode(torch.nn.Sequential(Unpicklable()))


class Unpicklable(torch.nn.Module):
    """Cannot be written down."""

    def __reduce_ex__(self, protocol):
        raise TypeError("not this one")


def test_too_much_is_not_sent():
    deep = []
    for _ in range(wire.DEEPEST + 2):
        deep = [deep]
    endless = []
    endless.append(endless)
    for value in (deep, endless, [0] * (wire.MOST_VALUES + 1)):
        with pytest.raises(CannotBeSent):
            Encoder().encode(value)


def report_of(network):
    encoder = Encoder(keep=lambda value: 0)
    return encoder.report(network), encoder.body


def test_a_network_comes_back_as_it_is_after_the_call():
    ours = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.BatchNorm1d(3)).eval()
    theirs = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.BatchNorm1d(3)).train()
    theirs[1].register_forward_hook(print)
    theirs[0].weight.requires_grad_(False)
    entry, body = report_of(theirs)
    got = Decoder(body).report(entry, ours)
    assert [each.training for each in got.modules()] == [True] * 3
    assert [len(each._forward_hooks) for each in got.modules()] == [0, 0, 1]
    assert not got[0].weight.requires_grad and got[0].bias.requires_grad
    for name, value in theirs.state_dict().items():
        assert torch.equal(got.state_dict()[name], value)
    assert not ours[1]._forward_hooks and not ours.training, "ours stays as it was"


@pytest.mark.parametrize(
    "other",
    [
        torch.nn.Sequential(torch.nn.Linear(2, 3)),
        torch.nn.Sequential(torch.nn.Linear(2, 4), torch.nn.BatchNorm1d(4)),
        torch.nn.Sequential(torch.nn.Linear(2, 3).double(), torch.nn.BatchNorm1d(3)),
        torch.nn.Linear(2, 3),
    ],
)
def test_a_network_of_other_layers_comes_back_without_any(other):
    entry, body = report_of(other)
    ours = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.BatchNorm1d(3))
    assert len(Decoder(body).report(entry, ours)) == 0


BAD = [
    {"tensor": ["float32", [2**31], False, 0]},
    {"tensor": ["float32", [-1], False, 0]},
    {"tensor": ["float32", [2], False, -4]},
    {"tensor": ["float32", [2], False, 10**9]},
    {"tensor": ["float32", [2] * 40, False, 0]},
    {"tensor": ["float32", [1.5], False, 0]},
    {"tensor": ["float32", "2", False, 0]},
    {"tensor": ["object", [1], False, 0]},
    {"tensor": ["__class__", [1], False, 0]},
    {"tensor": ["qint8", [1], False, 0]},
    {"tensor": 5},
    {"array": ["|O", [1], 0]},
    {"array": ["<U4", [1], 0]},
    {"array": ["<f8", [10**6, 10**6], 0]},
    {"array": ["<f8", [0, 2**40], 0]},
    {"number": ["<i8", "5"]},
    {"number": ["<i8", 2**80]},
    {"number": ["<i8", [1, 2, 3]]},
    {"number": ["|O", 5]},
    {"objects": [True, [2], ["a"]]},
    {"objects": [True, [1], [5]]},
    {"objects": [False, [10**6], []]},
    {"bytes": [0, -1]},
    {"bytes": [0, 10**6]},
    {"list": 5},
    {"tuple": {"list": []}},
    {"dict": [[{"list": []}], [1]]},
    {"dict": [[1, 2], [3]]},
    {"kept": ["0", "a"]},
    {"kept": [0, 5]},
    {"function": 0},
    {"pickled": [0, 4]},
    {"report": {}},
    {"no kind": 1},
    {"list": [], "tuple": []},
    {},
    [],
    [1],
]


@pytest.mark.parametrize("entry", BAD, ids=lambda entry: json.dumps(entry)[:60])
def test_what_is_no_value_is_refused(entry):
    with pytest.raises(NotAMessage):
        Decoder(bytes(16)).decode(entry)


def test_bytes_that_are_named_again_and_again_fill_no_memory():
    entry = {"list": [{"array": ["|u1", [1000], 0]}] * 1000}
    with raises(NotAMessage, "wire-bytes-repeated"):
        Decoder(bytes(1000)).decode(entry)


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"short",
        (10**6).to_bytes(8, "little") + b"{}",
        (2).to_bytes(8, "little") + b"[]",
        (2).to_bytes(8, "little") + b"\xff\xff",
        (10**5).to_bytes(8, "little") + b"[" * 10**5,
        (10**5).to_bytes(8, "little") + b"9" * 10**5,
    ],
)
def test_what_is_no_message_is_refused(message):
    with pytest.raises(NotAMessage):
        unpack(message)


def test_truth_values_of_other_bytes_are_true_or_false():
    for entry in ({"array": ["|b1", [4], 0]}, {"tensor": ["bool", [4], False, 0]}):
        got = Decoder(bytes([0, 1, 2, 255])).decode(entry)
        assert got.tolist() == [False, True, True, True]


def test_texts_hold_whole_characters():
    assert Decoder(b"").decode("a\ud800b") == "a?b"
    assert text_in({"said": "\udc80" * 10}, "said", 3) == "???"
    assert text_in({"said": 5}, "said") == ""


KINDS = [*wire._KINDS, "report", "", "x"]
ATOMS = [
    None,
    True,
    0,
    1,
    -1,
    2**31,
    2**63,
    1.5,
    "",
    "float32",
    "<f8",
    "|u1",
    "|O",
    [],
    {},
    "\ud800",
]


def any_entry(rng, depth=0):
    """Make something that looks like an entry."""
    if depth > 4 or rng.random() < 0.3:
        return rng.choice(ATOMS)
    if rng.random() < 0.5:
        return [any_entry(rng, depth + 1) for _ in range(rng.randrange(5))]
    return {rng.choice(KINDS): any_entry(rng, depth + 1) for _ in range(rng.randrange(1, 3))}


def changed(rng, message):
    """Return a message with a few bytes that are others."""
    message = bytearray(message)
    for _ in range(rng.randrange(1, 6)):
        place = rng.randrange(len(message))
        how = rng.randrange(3)
        if how == 0:
            message[place] = rng.randrange(256)
        elif how == 1:
            del message[place : place + rng.randrange(1, 9)]
        else:
            message[place:place] = rng.randbytes(rng.randrange(1, 9))
        if not message:
            break
    return bytes(message)


def test_whatever_comes_is_a_value_or_no_message():
    """Entries made at random, and right messages in which bytes were changed."""
    rng = random.Random(0)
    layers = torch.nn.Sequential(torch.nn.Linear(1, 2), torch.nn.BatchNorm1d(2))
    values = [each for each in PLAIN if each is not None]
    values += [np.arange(6.0).reshape(2, 3), torch.eye(3), np.float32(2), np.array(["a", "b"])]
    made = refused = 0
    for number in range(6000):
        decoder = Decoder(rng.randbytes(64))
        if number % 3 == 0:
            entry = any_entry(rng)
        else:
            encoder = Encoder()
            head = {"value": encoder.encode(rng.choice(values))}
            try:
                head, body = unpack(changed(rng, pack(head, encoder.body)))
            except NotAMessage:
                refused += 1
                continue
            entry, decoder = head.get("value"), Decoder(body)
        try:
            decoder.decode(entry)
            made += 1
        except NotAMessage:
            refused += 1
        try:
            Decoder(bytes(64)).report(entry, layers)
        except NotAMessage:
            refused += 1
    assert made > 500 and refused > 2000


def test_keys_that_can_share_a_hash_are_few():
    many = [k * (2**61 - 1) for k in range(10_001)]
    assert len({hash(key) for key in many}) == 1
    with pytest.raises(NotAMessage):
        Decoder(b"").decode({"dict": [many, [0] * len(many)]})
    assert sent(dict.fromkeys(range(10_001)), keep=lambda value: 0) == Kept(
        0, "a dict of length 10001"
    )
    texts = dict.fromkeys(map(str, range(10_001)), 0)
    assert sent(texts) == texts


def test_an_array_of_texts_is_no_larger_than_a_message():
    with raises(NotAMessage, "wire-texts-too-large"):
        Decoder(b"").decode({"objects": [True, [1000], ["x" * 10**6, *[""] * 999]]})


@pytest.mark.parametrize(
    "value", [torch.zeros(30 * 1024**2), ["x" * 10**6] * 70, ["\x00" * 10**6] * 12]
)
def test_what_is_larger_than_a_message_is_not_sent_in_part(value, monkeypatch):
    monkeypatch.setattr(wire, "MOST_BYTES", 100 * 1024**2)
    with pytest.raises(CannotBeSent):
        Encoder(keep=lambda value: 0).encode(value)
