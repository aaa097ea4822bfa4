"""How values cross between the judge's process and the student's.

A message is a head of JSON and a body of raw numbers. Nothing that comes from the student's side
is ever unpickled, called or imported: :class:`Decoder` makes values of a closed set of kinds, whose
size, depth and number are bounded, and refuses everything else.

None, truth values, whole numbers, floating-point numbers and texts are those of JSON. Everything
else is an object with one entry, whose name is the kind:

==============  ==================================================================================
``list``        its entries
``tuple``       its entries; of a range, too
``dict``        its keys, and its values
``bytes``       place in the body, and their number
``number``      of NumPy: dtype, value
``array``       of NumPy: dtype, shape, place in the body
``objects``     an array of texts or of anything: whether of texts, shape, its entries
``tensor``      dtype, shape, whether it requires a gradient, place in the body
``kept``        a number and a description: something that stays on the student's side
``function``    a number: a function of the judge's, to be called back (to the student's side only)
``report``      what a network is after a call, in numbers and flags (to the judge's side only)
``pickled``     place in the body (to the student's side only)
==============  ==================================================================================
"""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import numpy as np
import torch

from embeddings_course._shared.messages import Message
from embeddings_course.exercises import Kept, describe

MOST_BYTES = 128 * 1024**2
"""In a message."""
MOST_HEAD_BYTES = 16 * 1024**2
MOST_VALUES = 400_000
"""In a message, lists and their entries counted alike."""
DEEPEST = 40
LONGEST_TEXT = 1_000_000
# Numbers can be made to share a hash, and then each key is compared with all before it.
_MOST_KEYS = 10_000  # of a dictionary whose keys are not texts
_MOST_BITS = 13_000  # of a whole number; Python reads no more than 4,300 digits
_MOST_AXES = 32
_MOST_LAYERS = 10_000

_NO_KIND = object()
_OF_NUMBERS = "biufc"  # kinds of NumPy's dtypes
_TENSORS = {
    str(dtype).removeprefix("torch."): dtype
    for dtype in (
        *(torch.bool, torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64),
        *(torch.float16, torch.bfloat16, torch.float32, torch.float64),
        *(torch.complex64, torch.complex128),
    )
}
_ARRAYS = {
    np.dtype(code).str: np.dtype(code)
    for code in ("?", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8")
}
_ARRAYS |= {np.dtype(code).str: np.dtype(code) for code in ("f2", "f4", "f8", "c8", "c16")}


class NotAMessage(ValueError):
    """What came is not a message, or is too large for one."""


class CannotBeSent(TypeError):
    """A value has no kind on this side of the wire."""


def pack(head: Mapping[str, Any], body: bytes | bytearray = b"") -> bytes:
    """Return a message as bytes."""
    text = json.dumps(head).encode("ascii")
    return len(text).to_bytes(8, "little") + text + bytes(body)


def unpack(message: bytes) -> tuple[dict[str, Any], memoryview]:
    """Return head and body of a message.

    Raises
    ------
    NotAMessage
        If it is none. Texts in the head may be anything, all else is for the decoder to check.
    """
    if len(message) > MOST_BYTES:
        raise NotAMessage(f"{len(message):,} bytes, at most {MOST_BYTES:,} are taken")
    length = int.from_bytes(message[:8], "little")
    if length > min(len(message) - 8, MOST_HEAD_BYTES):
        raise NotAMessage("its head is longer than the message, or too long")
    try:
        head = json.loads(bytes(message[8 : 8 + length]))
    except (ValueError, RecursionError) as error:
        raise NotAMessage(f"its head cannot be read: {type(error).__name__}") from None
    if not isinstance(head, dict):
        raise NotAMessage("its head is not an object")
    return head, memoryview(message)[8 + length :]


def text_in(head: Mapping[str, Any], name: str, most: int = 1_000) -> str:
    """Return a text of a head that came from the student's side, as far as it can be shown."""
    text = head.get(name, "")
    return _whole(text[:most]) if isinstance(text, str) else ""


def _whole(text: str) -> str:
    """Return a text without halves of characters, which no notebook can hold."""
    return text.encode("utf-8", "replace").decode("utf-8")


class Encoder:
    """Turns values into entries of a head, and numbers into its body.

    Parameters
    ----------
    keep : callable, optional
        On the student's side: what has no kind is given to it, and stays there under the number
        that it returns.
    functions : list, optional
        On the judge's side: gets the functions that the student's side may call back.
    """

    def __init__(
        self,
        *,
        keep: Callable[[Any], int] | None = None,
        functions: list[Callable[..., Any]] | None = None,
    ):
        self.body = bytearray()
        self._keep, self._functions = keep, functions
        self._values = 0
        self._letters = 0  # about as many as the head has

    def encode(self, value: Any, depth: int = 0) -> Any:
        """Return what stands for a value in a head.

        Raises
        ------
        CannotBeSent
            If it has no kind on this side, or is too large or too deep.
        """
        self._values += 1
        self._letters += _letters(value)
        if depth > DEEPEST or self._values > MOST_VALUES or self._letters > MOST_HEAD_BYTES:
            raise CannotBeSent("too large, or lists in lists in lists")
        for how in (self._single, self._numbers, self._collection):
            if (found := how(value, depth + 1)) is not _NO_KIND:
                return found
        return self._other(value)

    def _single(self, value: Any, depth: int) -> Any:
        """Encode one value of Python's own; a class of somebody's own is none of these."""
        kind = type(value)
        if value is None or kind is bool or kind is float:
            return value
        if kind is int and value.bit_length() <= _MOST_BITS:
            return value
        if kind is str and len(value) <= LONGEST_TEXT:
            return value
        if kind is bytes:
            return {"bytes": self._put(value)}
        return {"kept": [value.number, value.words]} if kind is Kept else _NO_KIND

    def _numbers(self, value: Any, depth: int) -> Any:
        """Encode what NumPy and torch have, as it is stored, whatever a class says of itself."""
        if isinstance(value, torch.Tensor):
            return self._tensor(value)
        kind = value.dtype.kind if isinstance(value, np.ndarray | np.generic) else ""
        if isinstance(value, np.ndarray) and kind in _OF_NUMBERS:
            return self._array(value)
        if isinstance(value, np.ndarray) and kind in ("O", "U"):
            entries = [self.encode(each, depth) for each in np.asarray(value).ravel().tolist()]
            return {"objects": [kind == "U", list(value.shape), entries]}
        if isinstance(value, np.generic) and kind in _OF_NUMBERS:
            return self._number(value)
        return self.encode(str(value), depth) if isinstance(value, np.str_) else _NO_KIND

    def _collection(self, value: Any, depth: int) -> Any:
        """Encode entries as they are stored, whatever a class says of itself."""
        if isinstance(value, list):
            return {"list": [self.encode(each, depth) for each in list.__iter__(value)]}
        if isinstance(value, tuple):
            return {"tuple": [self.encode(each, depth) for each in tuple.__iter__(value)]}
        if type(value) is range:
            return {"tuple": [self.encode(each, depth) for each in value]}
        if isinstance(value, dict) and _are_keys(dict.keys(value)):
            pairs = [self.encode(each, depth) for pair in dict.items(value) for each in pair]
            return {"dict": [pairs[::2], pairs[1::2]]}
        return _NO_KIND

    def _other(self, value: Any) -> Any:
        if self._keep is not None:
            return {"kept": [self._keep(value), _whole(describe(value))[:200]]}
        if (
            self._functions is not None
            and callable(value)
            and not isinstance(value, torch.nn.Module)
        ):
            self._functions.append(value)
            return {"function": len(self._functions) - 1}
        if self._functions is not None:
            try:
                return {"pickled": self._put(pickle.dumps(value))}
            except Exception as error:
                raise CannotBeSent(
                    Message(
                        "wire-not-to-student",
                        f"{describe(value)} cannot be handed to a student's function by a test: "
                        f"{error}. Make it of torch's own layers, of arrays or of functions.",
                    )
                ) from None
        raise CannotBeSent(describe(value))

    def _put(self, content: bytes) -> list[int]:
        place = len(self.body)
        if place + len(content) > MOST_BYTES - MOST_HEAD_BYTES:
            raise CannotBeSent("too large")
        self.body += content
        return [place, len(content)]

    def _tensor(self, tensor: torch.Tensor) -> Any:
        with torch._C.DisableTorchFunctionSubclass():  # what a class of its own says is not asked
            if type(tensor) not in (torch.Tensor, torch.nn.Parameter):
                tensor = torch.Tensor.as_subclass(tensor, torch.Tensor)
            plain = tensor.detach().cpu()
        plain = plain.to_dense() if plain.is_sparse or plain.is_quantized else plain
        name = str(plain.dtype).removeprefix("torch.")
        if name not in _TENSORS:
            plain, name = plain.to(torch.float64), "float64"
        plain = plain.contiguous().resolve_conj().resolve_neg()
        raw = plain.view(torch.int16) if plain.dtype == torch.bfloat16 else plain
        place = self._put(raw.numpy().tobytes())[0]
        return {"tensor": [name, list(plain.shape), bool(tensor.requires_grad), place]}

    def _array(self, array: np.ndarray) -> Any:
        plain = self._native(np.asarray(array))
        return {"array": [plain.dtype.str, list(plain.shape), self._put(plain.tobytes())[0]]}

    def _number(self, number: np.generic) -> Any:
        plain = self._native(np.asarray(number))
        value = plain.item()
        if isinstance(value, complex):
            return {"number": [plain.dtype.str, [value.real, value.imag]]}
        return {"number": [plain.dtype.str, value]}

    @staticmethod
    def _native(array: np.ndarray) -> np.ndarray:
        """Return an array in the byte order and one of the widths that are sent."""
        if array.dtype.str in _ARRAYS:
            return array
        wide = {"f": np.float64, "c": np.complex128}
        other = array.dtype.newbyteorder("=")
        return array.astype(other if other.str in _ARRAYS else wide.get(array.dtype.kind, np.int64))

    def report(self, network: torch.nn.Module) -> Any:
        """Return what a network is now: its layers, their modes and hooks, its numbers."""
        layers = [
            [
                name,
                f"{type(layer).__module__}.{type(layer).__qualname__}",
                bool(layer.training),
                len(layer._forward_hooks),
                len(layer._forward_pre_hooks),
            ]
            for name, layer in network.named_modules()
        ]
        return {
            "report": {
                "layers": layers,
                "state": [[k, self.encode(v, 1)] for k, v in network.state_dict().items()],
                "gradients": [[k, bool(p.requires_grad)] for k, p in network.named_parameters()],
            }
        }


class Decoder:
    """Turns entries of a head into values again.

    Parameters
    ----------
    body : bytes-like
        Of the message.
    kept : callable, optional
        On the student's side: returns what is kept under a number.
    function : callable, optional
        On the student's side: returns the function that calls back the one of a number. Only with
        it is anything unpickled.
    """

    def __init__(
        self,
        body: bytes | memoryview,
        *,
        kept: Callable[[int], Any] | None = None,
        function: Callable[[int], Callable[..., Any]] | None = None,
    ):
        self._body = memoryview(body)
        self._kept, self._function = kept, function
        self._values = 0
        self._bytes_left = len(self._body)

    def decode(self, entry: Any, depth: int = 0) -> Any:
        """Return the value that an entry stands for.

        Raises
        ------
        NotAMessage
            If it stands for none. Nothing else is raised, whatever the entry is.
        """
        try:
            return self._decode(entry, depth)
        except NotAMessage:
            raise
        except (
            ArithmeticError,
            LookupError,
            MemoryError,
            RuntimeError,
            TypeError,
            ValueError,
        ) as e:
            raise NotAMessage(f"a value cannot be made: {type(e).__name__}") from None

    def _decode(self, entry: Any, depth: int) -> Any:
        self._values += 1
        if depth > DEEPEST or self._values > MOST_VALUES:
            raise NotAMessage("too many values, or too deep")
        if entry is None or type(entry) in (bool, float):
            return entry
        if type(entry) is int:
            if entry.bit_length() > _MOST_BITS:
                raise NotAMessage("a number of too many digits")
            return entry
        if type(entry) is str:
            if len(entry) > LONGEST_TEXT:
                raise NotAMessage("a text that is too long")
            return _whole(entry)
        if type(entry) is not dict or len(entry) != 1:
            raise NotAMessage("an entry of no kind")
        ((kind, content),) = entry.items()
        make = _KINDS.get(kind)
        if make is None or (kind in _TO_THE_STUDENT and self._function is None):
            raise NotAMessage("an entry of no kind")
        return make(self, content, depth + 1)

    def _list(self, content: Any, depth: int) -> list:
        if type(content) is not list:
            raise NotAMessage("entries are not in a list")
        return [self._decode(each, depth) for each in content]

    def _tuple(self, content: Any, depth: int) -> tuple:
        return tuple(self._list(content, depth))

    def _dict(self, content: Any, depth: int) -> dict:
        keys, values = (self._list(each, depth) for each in content)
        if not _are_keys(keys):
            raise NotAMessage("a key that is none, or too many")
        return dict(zip(keys, values, strict=True))

    def _bytes(self, content: Any, depth: int) -> bytes:
        place, size = content
        if type(size) is not int or size < 0:
            raise NotAMessage("bytes that are not in the message")
        return bytes(self._take(place, size))

    def _number(self, content: Any, depth: int) -> np.generic:
        code, value = content
        if type(value) is list:
            real, imaginary = map(float, value)
            value = complex(real, imaginary)
        if type(value) not in (bool, int, float, complex):
            raise NotAMessage("a number that is none")
        return _ARRAYS[code].type(value)

    def _array(self, content: Any, depth: int) -> np.ndarray:
        code, shape, place = content
        dtype = _ARRAYS[code]
        raw = self._take(place, _count(shape) * dtype.itemsize)
        if dtype.kind == "b":  # a byte that is neither 0 nor 1 is no truth value
            return (np.frombuffer(raw, np.uint8) != 0).reshape(shape)
        return np.frombuffer(raw, dtype).reshape(shape).copy()

    def _objects(self, content: Any, depth: int) -> np.ndarray:
        texts, shape, entries = content
        entries = self._list(entries, depth)
        if len(entries) != _count(shape) or (texts and not all(type(e) is str for e in entries)):
            raise NotAMessage("an array that is none")
        if texts and 4 * len(entries) * max(map(len, entries), default=0) > MOST_BYTES:
            raise NotAMessage(
                Message("wire-texts-too-large", "an array of texts that is too large")
            )
        made = np.empty(len(entries), dtype=object)
        made[:] = entries
        return (made.astype(str) if texts is True else made).reshape(shape)

    def _tensor(self, content: Any, depth: int) -> torch.Tensor:
        name, shape, gradient, place = content
        dtype = _TENSORS[name]
        raw = self._take(place, _count(shape) * dtype.itemsize)
        if not raw:
            made = torch.zeros(shape, dtype=dtype)
        elif dtype == torch.bool:
            made = torch.frombuffer(raw, dtype=torch.uint8).ne(0).reshape(shape)
        else:
            made = torch.frombuffer(raw, dtype=dtype).reshape(shape)
        differentiable = made.is_floating_point() or made.is_complex()
        return made.requires_grad_(gradient is True and differentiable)

    def _take(self, place: Any, size: int) -> bytearray:
        """Return bytes of the body; together no more than it has, however often they are named."""
        if type(place) is not int or not 0 <= place <= len(self._body) - size:
            raise NotAMessage("numbers that are not in the message")
        self._bytes_left -= size
        if self._bytes_left < 0:
            raise NotAMessage(Message("wire-bytes-repeated", "numbers that are named twice"))
        return bytearray(self._body[place : place + size])

    def _kept_thing(self, content: Any, depth: int) -> Any:
        number, words = content
        if type(number) is not int or type(words) is not str:
            raise NotAMessage("a handle that is none")
        if self._kept is not None:
            return self._kept(number)
        return Kept(number, _whole(words[:200]))

    def _called_back(self, content: Any, depth: int) -> Callable[..., Any]:
        if self._function is None:
            raise NotAMessage("a function that comes from the wrong side")
        return self._function(content)

    def _pickled(self, content: Any, depth: int) -> Any:
        place, size = content
        return pickle.loads(self._body[place : place + size])

    def report(self, entry: Any, network: torch.nn.Module) -> torch.nn.Module:
        """Return a network as the judge has it, changed to what the student's side reports.

        A network whose layers are no longer those comes back as one without layers.
        """
        try:
            content = entry["report"]
            layers, state = content["layers"], content["state"]
            if len(layers) > _MOST_LAYERS or len(state) > _MOST_LAYERS:
                raise NotAMessage("a network of too many layers")
            numbers = {name: self._decode(each, 1) for name, each in state}
            gradients = {name: bool(each) for name, each in content["gradients"]}
            return _rebuilt(network, layers, numbers, gradients)
        except NotAMessage:
            raise
        except (ArithmeticError, AttributeError, LookupError, MemoryError) as error:
            raise NotAMessage(f"a network cannot be read: {type(error).__name__}") from None
        except (RuntimeError, TypeError, ValueError) as error:
            raise NotAMessage(f"a network cannot be read: {type(error).__name__}") from None


_KINDS: dict[str, Callable[[Decoder, Any, int], Any]] = {
    "list": Decoder._list,
    "tuple": Decoder._tuple,
    "dict": Decoder._dict,
    "bytes": Decoder._bytes,
    "number": Decoder._number,
    "array": Decoder._array,
    "objects": Decoder._objects,
    "tensor": Decoder._tensor,
    "kept": Decoder._kept_thing,
    "function": Decoder._called_back,
    "pickled": Decoder._pickled,
}
_TO_THE_STUDENT = {"function", "pickled"}


def _letters(value: Any) -> int:
    """Return about how many letters of JSON an entry takes, without what is in it."""
    if type(value) is str:
        return len(json.dumps(value[: LONGEST_TEXT + 1]))
    return value.bit_length() // 3 + 3 if type(value) is int else 50


def _are_keys(keys: Collection[Any]) -> bool:
    if len(keys) > _MOST_KEYS:
        return all(type(key) is str for key in keys)
    return all(map(_is_key, keys))


def _is_key(key: Any) -> bool:
    if type(key) is tuple:
        return all(map(_is_key, key))
    return key is None or type(key) in (str, bytes, int, bool, float)


def _count(shape: Any) -> int:
    """Return how many numbers a shape holds."""
    if type(shape) is not list or len(shape) > _MOST_AXES:
        raise NotAMessage("a shape that is none")
    count = 1
    for length in shape:
        if type(length) is not int or not 0 <= length < 2**31:
            raise NotAMessage("a shape that is none")
        count *= max(length, 1)
        if count > MOST_BYTES:
            raise NotAMessage("a shape that is too large")
    return 0 if 0 in shape else count


def _rebuilt(
    network: torch.nn.Module,
    layers: Sequence[Sequence[Any]],
    state: Mapping[str, Any],
    gradients: Mapping[str, bool],
) -> torch.nn.Module:
    import copy

    new = copy.deepcopy(network)
    ours = dict(new.named_modules())
    kinds = {
        name: f"{type(each).__module__}.{type(each).__qualname__}" for name, each in ours.items()
    }
    old = new.state_dict()
    same = (
        {name: kind for name, kind, *_ in layers} == kinds
        and len(layers) == len(kinds)
        and state.keys() == old.keys()
        and all(
            isinstance(state[name], torch.Tensor)
            and (state[name].shape, state[name].dtype) == (each.shape, each.dtype)
            for name, each in old.items()
        )
        and gradients.keys() == dict(new.named_parameters()).keys()
    )
    if not same:
        return torch.nn.Sequential()
    for name, _, training, hooks, early_hooks in layers:
        layer = ours[name]
        layer.training = training is True
        _set_hooks(layer._forward_hooks, layer.register_forward_hook, hooks)
        _set_hooks(layer._forward_pre_hooks, layer.register_forward_pre_hook, early_hooks)
    with torch.no_grad():
        new.load_state_dict({name: each.detach() for name, each in state.items()})
    for name, parameter in new.named_parameters():
        parameter.requires_grad_(gradients[name])
    return new


def _set_hooks(hooks: dict, register: Callable[..., Any], wanted: Any) -> None:
    """Have as many hooks as the student's network; what they do nobody asks."""
    wanted = min(wanted, 50) if type(wanted) is int else 50
    while len(hooks) > max(wanted, 0):
        hooks.popitem()
    while len(hooks) < wanted:
        register(lambda *given: None)
