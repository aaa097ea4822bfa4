"""The documentation as text: what is read, what a word is, and the lists fixed beforehand."""

import hashlib
import subprocess
import sys
import tomllib
from importlib.resources import files

import numpy as np
import pytest
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

from embeddings_course.data import apidocs
from embeddings_course.data.apidocs import docstrings
from helpers.refusals import raises

LEFT_OUT = [pytest.param(name, id=f"without-{name}") for name in (None, *apidocs.LIBRARIES)]


def _others(left_out):
    return [name for name in apidocs.LIBRARIES if name != left_out]


def test_every_library_is_read_and_every_entry_says_what_it_is():
    found = apidocs.entries()
    for library in apidocs.LIBRARIES:
        assert sum(each.library == library for each in found) > 1000
    for each in found:
        assert each.name.startswith(f"{each.library}")
        assert not any(part.startswith("_") for part in each.name.split("."))
        assert each.kind in {"class", "function", "method", "property"}
        assert each.summary
        assert "\n" not in each.summary
        assert len(apidocs.tokens(each.text)) >= 5


def test_no_name_and_no_text_comes_twice():
    found = apidocs.entries()
    assert len({each.name for each in found}) == len(found)
    assert len({each.text for each in found}) == len(found)


def test_a_shared_docstring_stands_under_the_name_a_reader_would_look_for():
    found = {each.name: each for each in apidocs.entries()}
    assert found["numpy.sin"].kind == "function"
    assert found["numpy.sin"].summary == "Trigonometric sine, element-wise."
    assert found["torch.nn.Linear"].kind == "class"
    assert found["sklearn.base.BaseEstimator.set_params"].kind == "method"
    assert "sklearn.svm.SVC.set_params" not in found
    assert not any(".BoolTensor." in name for name in found)


def test_entries_come_in_the_same_order_however_libraries_are_named():
    few = apidocs.entries(["scipy", "numpy"])
    assert few == apidocs.entries(("numpy", "scipy"))
    names = [(apidocs.LIBRARIES.index(each.library), each.name) for each in few]
    assert names == sorted(names)


def test_another_process_reads_the_same_and_says_nothing():
    program = (
        "import hashlib, sys\n"
        "from embeddings_course.data import apidocs\n"
        "early = {'scipy', 'sklearn', 'torch'} & set(sys.modules)\n"
        "text = repr(apidocs.entries())\n"
        "sys.stdout.write(f'{sorted(early)} {hashlib.sha256(text.encode()).hexdigest()}')"
    )
    ran = subprocess.run(
        [sys.executable, "-W", "always::DeprecationWarning", "-c", program],
        capture_output=True,
        text=True,
        check=True,
    )
    here = hashlib.sha256(repr(apidocs.entries()).encode()).hexdigest()
    assert ran.stdout == f"[] {here}"
    assert ran.stderr == ""


NOTE = "\n\n.. note::\n    Backwards-compatibility for this API is guaranteed.\n"


def test_a_note_that_a_decorator_appended_hides_no_indentation():
    # As Python 3.12 hands a docstring over, and as 3.13 does, which takes the indentation out.
    older = "Do it.\n\n    Args:\n        n (int): how often.\n            At least once.\n    "
    newer = "Do it.\n\nArgs:\n    n (int): how often.\n        At least once.\n"
    assert docstrings._parts(older) == docstrings._parts(newer)
    summary, body = docstrings._parts(older + NOTE)
    assert (summary, body) == docstrings._parts(newer + NOTE)
    assert body.startswith("Args:\n    n (int)")
    assert body.endswith(NOTE.strip())


DOCSTRING = """Return the rows of ``n_samples``.

See https://example.org for :func:`numpy.sort` and :math:`x^2`, as in [1]_.

Parameters
----------
axis : int, optional
    The axis to sort. Default is -1!
out : ndarray
    Where to put it.

.. math::
    y = alpha x

.. versionadded:: 1.0

Examples
--------
>>> import hidden
>>> hidden.thing()
printed output

After the example::

    literal code

Args:
    dim (int): the dimension
"""


def test_code_headers_formulas_and_addresses_are_no_words():
    words = apidocs.tokens(DOCSTRING)
    for gone in ["parameters", "examples", "hidden", "printed", "literal", "alpha", "math", "func",
                 "versionadded", "https", "example.org", "args"]:  # fmt: skip
        assert gone not in words
    assert words[:5] == ["return", "the", "rows", "of", "n_samples"]
    for kept in ["numpy", "sort", "axis", "default", "after", "dimension"]:
        assert kept in words
    assert all(word == word.lower() and len(word) > 1 and word[0].isalpha() for word in words)


def test_sentences_end_at_stops_empty_lines_and_the_next_parameter():
    found = [" ".join(words) for words in apidocs.sentences(DOCSTRING)]
    assert found == [
        "return the rows of n_samples",
        "see for numpy sort and as in",
        "axis int optional the axis to sort",
        "default is",
        "out ndarray where to put it",
        "after the example",
        "dim int the dimension",
    ]


def test_sentences_hold_the_words_that_tokens_finds():
    for each in apidocs.entries(["sklearn"])[::25]:
        joined = [word for words in apidocs.sentences(each.text) for word in words]
        assert joined == apidocs.tokens(each.text)


def test_the_vocabulary_is_sorted_by_count_and_drops_rare_words():
    everything = apidocs.vocabulary(["numpy"], min_count=1)
    often = apidocs.vocabulary(["numpy"], min_count=20)
    assert often == {word: count for word, count in everything.items() if count >= 20}
    assert list(often) == sorted(often, key=lambda word: (-often[word], word))
    assert next(iter(often)) == "the"


@pytest.mark.parametrize("unit", apidocs.UNITS)
def test_the_corpus_is_the_text_as_numbers(unit):
    text = apidocs.corpus(["numpy"], min_count=3, unit=unit)
    assert text.ids.dtype == text.counts.dtype == text.starts.dtype == np.int64
    assert np.array_equal(np.bincount(text.ids), text.counts)
    assert dict(zip(text.words, text.counts, strict=True)) == apidocs.vocabulary(
        ["numpy"], min_count=3
    )
    assert text.starts[0] == 0
    assert text.starts[-1] == len(text) == len(text.piece)
    assert np.diff(text.starts).min() > 0
    assert len(text.entry) == len(text.starts) - 1
    assert np.diff(text.entry).min() >= (0 if unit == "sentence" else 1)
    piece = len(text.starts) // 2
    words = [text.words[n] for n in text.ids[text.piece == piece]]
    known = set(text.words)
    source = apidocs.entries(["numpy"])[text.entry[piece]].text
    pieces = apidocs.sentences(source) if unit == "sentence" else [apidocs.tokens(source)]
    assert words in [[word for word in each if word in known] for each in pieces]
    assert text.words[text.index["row"]] == "row"


def test_a_passage_holds_neither_its_summary_nor_its_name():
    asked = apidocs.passages(["numpy", "scipy"], least_words=20)
    assert len(asked) == len(asked.queries) == len(asked.texts) > 1000
    assert len({query.lower() for query in asked.queries}) == len(asked)
    for entry, text in zip(asked.entries, asked.texts, strict=True):
        assert len(text.split()) >= 20
        assert entry.name.rpartition(".")[2].lower() not in apidocs.tokens(text)
    assert "Compute the determinant of an array." in asked.queries


def test_the_lists_are_well_formed_and_long_enough():
    assert len(apidocs.RELATED) >= 40
    assert len(apidocs.ANALOGIES) >= 25
    assert len({each.kind for each in apidocs.ANALOGIES}) >= 5
    assert len({frozenset(pair) for pair in apidocs.RELATED}) == len(apidocs.RELATED)
    assert len(set(apidocs.ANALOGIES)) == len(apidocs.ANALOGIES)
    for words in [
        *apidocs.RELATED,
        *((each.a, each.b, each.c, each.d) for each in apidocs.ANALOGIES),
    ]:
        assert len(set(words)) == len(words)
        for word in words:
            assert apidocs.tokens(word) == [word]


@pytest.mark.parametrize("left_out", LEFT_OUT)
def test_the_lists_are_in_the_vocabulary_with_any_library_left_out(left_out):
    known = apidocs.vocabulary(_others(left_out))
    assert len(apidocs.related_pairs(known)) >= 60
    assert len(apidocs.analogies(known)) >= 30


def test_words_that_a_vocabulary_lacks_take_their_pairs_out():
    assert apidocs.related_pairs(["row", "column", "min"]) == (("row", "column"),)
    assert apidocs.analogies(["min", "max", "minimum"]) == ()
    assert [each.d for each in apidocs.analogies(["min", "max", "minimum", "maximum"])] == [
        "maximum"
    ]
    assert apidocs.related_pairs() == apidocs.RELATED
    assert apidocs.analogies() == apidocs.ANALOGIES


def test_questions_are_well_formed_and_both_kinds_are_there():
    assert apidocs.questions() == apidocs.QUESTIONS
    assert len({each.text for each in apidocs.QUESTIONS}) == len(apidocs.QUESTIONS)
    for kind in ("plain", "reworded"):
        assert sum(each.kind == kind for each in apidocs.QUESTIONS) >= 20
    for each in apidocs.QUESTIONS:
        assert each.kind in {"plain", "reworded"}
        assert len(apidocs.tokens(each.text)) >= 2
        assert len(set(each.answers)) == len(each.answers) > 0
        for name in each.answers:
            assert name.partition(".")[0] in apidocs.LIBRARIES


def test_questions_keep_the_answers_that_can_be_found_and_go_without_any():
    first, second = apidocs.QUESTIONS[0], apidocs.QUESTIONS[2]
    assert len(first.answers) > 1
    found = apidocs.questions([first.answers[1], *second.answers])
    assert [each.text for each in found] == [first.text, second.text]
    assert found[0].answers == first.answers[1:2]
    assert found[1] == second
    assert apidocs.questions(name for name in ["numpy.nothing"]) == ()
    with raises(ValueError, "entry-names-one-text", "names", "'numpy.sum'"):
        apidocs.questions("numpy.sum")


def test_most_questions_can_be_answered_and_reworded_ones_share_no_word_with_the_answer():
    asked = apidocs.passages()
    text = dict(zip((each.name for each in asked.entries), asked.texts, strict=True))
    found = apidocs.questions(text)
    assert len(found) >= 0.9 * len(apidocs.QUESTIONS)
    for library in apidocs.LIBRARIES:
        others = [name for name in text if name.partition(".")[0] != library]
        assert len(apidocs.questions(others)) >= 20
    reworded = [(each, name) for each in found if each.kind == "reworded" for name in each.answers]
    shared = [
        (set(apidocs.tokens(each.text)) - ENGLISH_STOP_WORDS) & set(apidocs.tokens(text[name]))
        for each, name in reworded
    ]
    assert sum(map(bool, shared)) <= 0.1 * len(reworded)  # passages change with versions


def test_random_pairs_occur_about_as_often_as_the_related_ones():
    text = apidocs.corpus(["numpy"])
    related = apidocs.related_pairs(text.words)
    drawn = apidocs.random_pairs(text, per_pair=10, seed=1)
    assert len(drawn) == 10 * len(related)
    assert drawn == apidocs.random_pairs(text, per_pair=10, seed=1)
    assert drawn != apidocs.random_pairs(text, per_pair=10, seed=2)
    assert not {frozenset(pair) for pair in drawn} & {frozenset(pair) for pair in related}
    assert all(a != b for a, b in drawn)
    for side in range(2):
        wanted = [np.log(text.counts[text.index[pair[side]]]) for pair in related]
        got = [np.log(text.counts[text.index[pair[side]]]) for pair in drawn]
        assert abs(np.mean(wanted) - np.mean(got)) < 0.1


def test_a_vocabulary_too_small_for_random_pairs_is_refused():
    text = apidocs.corpus(["numpy"], min_count=5000)
    with raises(ValueError, "vocabulary-too-small", "100"):
        apidocs.random_pairs(text)


def test_the_files_of_the_lists_say_that_they_were_fixed_beforehand():
    text = (files(apidocs.__package__) / "pairs.toml").read_text(encoding="utf-8")
    assert "Fixed before any vector was trained" in text
    assert len(tomllib.loads(text)["related"]) == len(apidocs.RELATED)
    text = (files(apidocs.__package__) / "questions.toml").read_text(encoding="utf-8")
    assert "Fixed before any method ranked a passage" in text
    assert sum(map(len, tomllib.loads(text).values())) == len(apidocs.QUESTIONS)


@pytest.mark.parametrize(
    ("function", "arguments", "message"),
    [
        (
            apidocs.entries,
            {"libraries": ["pandas"]},
            ("library-unknown", "'pandas'", "numpy, scipy"),
        ),
        (apidocs.entries, {"libraries": []}, ("libraries-empty", "libraries")),
        (apidocs.entries, {"libraries": "numpy"}, ("libraries-one-text",)),
        (apidocs.entries, {"libraries": ["numpy", "numpy"]}, ("libraries-repeated",)),
        (apidocs.vocabulary, {"min_count": 0}, ("integer-out-of-range", "min_count", "0", "1")),
        (apidocs.vocabulary, {"min_count": 2.5}, ("integer-out-of-range", "min_count", "2.5")),
        (apidocs.vocabulary, {"min_count": 10**9}, ("words-too-rare", "1000000000")),
        (apidocs.corpus, {"min_count": True}, ("integer-out-of-range", "min_count", "True")),
        (
            apidocs.corpus,
            {"unit": "word"},
            ("unit-unknown", "unit", "'word'", "'sentence'", "'entry'"),
        ),
        (apidocs.passages, {"least_words": 0}, ("integer-out-of-range", "least_words", "0")),
        (apidocs.passages, {"least_words": 10**6}, ("passages-too-short", "1000000")),
    ],
)
def test_impossible_wishes_are_refused_with_a_sentence(function, arguments, message):
    with raises(ValueError, *message):
        function(**({"libraries": ["numpy"]} | arguments))


def test_a_library_that_is_not_installed_is_named(monkeypatch):
    monkeypatch.setitem(apidocs.MODULES, "not_there", ("not_there",))
    monkeypatch.setattr(docstrings, "LIBRARIES", (*apidocs.LIBRARIES, "not_there"))
    with raises(ModuleNotFoundError, "library-not-installed", "not_there"):
        apidocs.entries(["not_there"])
