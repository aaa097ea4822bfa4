"""A search box over passages: two searches side by side, or prepared questions with any searches.

The script splits a question into words as ``apidocs.tokens`` splits prose, scores passages by BM25
as ``text_search.bm25`` does, and by the cosine with the mean of the question's word vectors. Of
markup, which ``tokens`` takes out, it knows nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import numpy as np

from embeddings_course._shared.messages import Message
from embeddings_course.data.apidocs import Question, passages, questions, tokens
from embeddings_course.data.apidocs.words import WORD
from embeddings_course.explorables.explorable import Explorable, packed
from embeddings_course.text_search import bm25

SHOWN = 5
"""Passages that each search lists."""

_TELLING = 5
"""Words at most that are marked: those that count the most."""

_LINE = 90
"""Characters of a first line that are shown."""

# What fits into a page: passages and their first words, and words that the encoder knows there.
_PASSAGES, _PASSAGE_WORDS, _KNOWN_WORDS = 300, 60, 1300


EXAMPLES = (
    "How many working days lie between two dates?",
    "How many degrees Celsius is a temperature in Fahrenheit?",
    "blur a photo",
    "roll a loaded die",
)
"""Questions that ``documentation_box`` begins with: two plain ones, two reworded."""


def cut_passages(texts: Sequence[str], most_words: int) -> list[str]:
    """Return the first words of each text, on one line.

    Parameters
    ----------
    texts : sequence of str
    most_words : int
        Words between white space that are kept.
    """
    return [" ".join(text.split()[:most_words]) for text in texts]


def search_box(
    names: Sequence[str],
    first_lines: Sequence[str],
    passages: Sequence[str],
    words: Sequence[str],
    table: np.ndarray,
    *,
    vectors: np.ndarray,
    examples: Sequence[Question],
    caption: str,
    encoder: str = "encoder",
    k1: float = 1.2,
    b: float = 0.75,
) -> Explorable:
    """Let the reader type a question, and rank the passages by words and by an encoder.

    Parameters
    ----------
    names, first_lines, passages : sequences of str, length n
        Of the entries: their names, the lines that say what they do, and the texts that are
        searched by words and shown.
    words : sequence of str, length V
        Words that the encoder has a vector for; others are said to be unknown.
    table : float array [V, dim]
        Their vectors. A question's vector is their mean.
    vectors : float array [n, dim]
        Of the passages, by the same encoder. They and ``table`` are kept with one byte per number.
    examples : sequence of Question
        Questions to begin with, a button each; the first one is asked at once.
    caption : str
        What to do and to see.
    encoder : str
        What the second list is called.
    k1, b : float
        As for ``bm25``.

    Returns
    -------
    Explorable

    Raises
    ------
    ValueError
        If there is no example, or lengths differ.
    """
    _require_alike({"names": names, "first lines": first_lines, "passages": passages}, examples)
    _require_alike({"words": words, "rows of the table": table}, examples)
    _require_alike({"passages": passages, "vectors of passages": vectors}, examples)
    rows, scales = _bytes_of(table)
    of_passages, _ = _bytes_of(vectors)
    asked = [each.text for each in examples]
    by = {
        "BM25": bm25(_split(asked), _split(passages), k1=k1, b=b),
        encoder: _cosines(asked, words, rows * scales[:, None], of_passages.astype(float)),
    }
    fallback = _tables(names, first_lines, passages, examples, by)
    data = {
        "names": list(names),
        "lines": [_short(line) for line in first_lines],
        "texts": list(passages),
        "searches": list(by),
        "examples": [_example(each, names) for each in examples],
        "k1": k1,
        "b": b,
        "words": " ".join(words),
        "rows": packed(rows),
        "scales": packed(scales),
        "vectors": packed(of_passages),
    }
    return Explorable("text_search", caption, fallback, data)


def documentation_box(
    names: np.ndarray, words: np.ndarray, table: np.ndarray, *, caption: str
) -> Explorable:
    """Let the reader search a part of the documentation by words and by an encoder of the course.

    Searched are the first 60 words of 300 passages: all that answer a question of
    ``apidocs.questions``, and others drawn at random. The encoder has a vector for the words of
    these questions and, up to 1,300, those that most first lines of the documentation have.

    Parameters
    ----------
    names : array of str [n]
        Of the entries that may be searched, such as those held out.
    words : array of str [V]
        All that the encoder knows.
    table : float array [V, dim]
        Its vectors. The vector of a text is their mean.
    caption : str
        What to do and to see.

    Returns
    -------
    Explorable

    Raises
    ------
    ValueError
        If the documentation lacks an entry of such a name.
    """
    every = passages()
    place = {entry.name: n for n, entry in enumerate(every.entries)}
    if missing := [name for name in names if name not in place]:
        raise ValueError(
            Message("search-box-entry", f"The documentation has no passage of {missing[0]}.")
        )
    asked = questions(names)
    answers = np.isin(names, [name for question in asked for name in question.answers])
    others = np.random.default_rng(0).permutation(np.flatnonzero(~answers))
    drawn = others[: max(0, _PASSAGES - answers.sum())]
    chosen = [place[name] for name in names[np.sort([*np.flatnonzero(answers), *drawn])]]
    texts = cut_passages([every.texts[n] for n in chosen], _PASSAGE_WORDS)
    row = {word: n for n, word in enumerate(words)}
    in_lines = Counter(word for line in every.queries for word in set(tokens(line)))
    likely = [word for question in asked for word in tokens(question.text)]
    likely += sorted(in_lines, key=lambda word: (-in_lines[word], word))
    known = [word for word in dict.fromkeys(likely) if word in row][:_KNOWN_WORDS]
    split = [[row[word] for word in text if word in row] for text in _split(texts)]
    return search_box(
        [every.entries[n].name for n in chosen],
        [every.queries[n] for n in chosen],
        texts,
        known,
        table[[row[word] for word in known]],
        vectors=np.array([table[rows].sum(axis=0) for rows in split]),
        examples=[each for each in asked if each.text in EXAMPLES],
        caption=caption,
    )


def prepared_searches(
    names: Sequence[str],
    first_lines: Sequence[str],
    passages: Sequence[str],
    questions: Sequence[Question],
    scores: Mapping[str, np.ndarray],
    *,
    caption: str,
    most_words: int = 40,
) -> Explorable:
    """Let the reader choose among questions, and show what several searches found for each.

    Parameters
    ----------
    names, first_lines, passages : sequences of str, length n
        As for ``search_box``. Shared words are looked for in whole passages.
    questions : sequence of Question, length q
    scores : mapping from str to float array [q, n]
        What each search says of all passages. A passage with 0 or less is not listed.
    caption : str
        What to do and to see.
    most_words : int
        Words of a passage that are shown.

    Returns
    -------
    Explorable

    Raises
    ------
    ValueError
        If there is no question, or lengths differ.
    """
    _require_alike({"names": names, "first lines": first_lines, "passages": passages}, questions)
    for name, each in scores.items():
        _require_alike({"questions": questions, f"rows of {name}": each}, questions)
        _require_alike({"passages": passages, f"columns of {name}": each.T}, questions)
    split = _split(passages)
    idf = _idf(split)
    found = {name: [_first(row) for row in each] for name, each in scores.items()}
    used = sorted({n for each in found.values() for row in each for n, _ in row})
    place = {n: at for at, n in enumerate(used)}
    examples = []
    for at, question in enumerate(questions):
        asked = tokens(question.text)
        hits = [
            [[place[n], score, _shared(asked, split[n], idf)] for n, score in found[name][at]]
            for name in scores
        ]
        examples.append([*_example(question, [names[n] for n in used]), hits])
    data = {
        "names": [names[n] for n in used],
        "lines": [_short(first_lines[n]) for n in used],
        "texts": cut_passages([passages[n] for n in used], most_words),
        "searches": list(scores),
        "examples": examples,
    }
    kinds = {question.kind: at for at, question in reversed(list(enumerate(questions)))}
    some = sorted(kinds.values())
    by = {name: np.asarray(each)[some] for name, each in scores.items()}
    fallback = _tables(names, first_lines, passages, [questions[at] for at in some], by)
    return Explorable("text_search", caption, fallback, data)


def _require_alike(parts: Mapping[str, Any], examples: Sequence[Question]) -> None:
    sizes = {name: len(part) for name, part in parts.items()}
    if not examples or len(set(sizes.values())) > 1:
        told = ", ".join(f"{size} {name}" for name, size in sizes.items())
        raise ValueError(
            Message(
                "search-box-lengths",
                f"A search box needs a question to begin with, and as many of one as of the other: "
                f"it got {len(examples)} questions; {told}.",
            )
        )


def _bytes_of(array: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return rows as int8, and what to multiply each with to get it back."""
    scales = np.abs(array).max(axis=1).clip(1e-9) / 127
    return np.round(array / scales[:, None]).astype(np.int8), scales.astype(np.float32)


def _split(texts: Sequence[str]) -> list[list[str]]:
    return [WORD.findall(text.lower()) for text in texts]


def _cosines(
    asked: Sequence[str], words: Sequence[str], table: np.ndarray, vectors: np.ndarray
) -> np.ndarray:
    """Return the cosine of each question with each passage; 0 if it has no word of the table."""
    row = {word: n for n, word in enumerate(words)}
    sums = np.zeros((len(asked), table.shape[1]))
    for n, split in enumerate(_split(asked)):
        sums[n] = sum(table[row[word]] for word in split if word in row)
    sums /= np.linalg.norm(sums, axis=1, keepdims=True).clip(1e-9)
    return sums @ (vectors / np.linalg.norm(vectors, axis=1, keepdims=True).clip(1e-9)).T


def _short(line: str) -> str:
    return line if len(line) <= _LINE else f"{line[:_LINE].rstrip()} …"


def _example(question: Question, names: Sequence[str]) -> list[Any]:
    right = [n for n, name in enumerate(names) if name in question.answers]
    return [question.text, question.kind, right]


def _first(scores: np.ndarray) -> list[tuple[int, float]]:
    """Return the first passages with their scores, to three decimals."""
    order = np.argsort(-np.asarray(scores, np.float32), kind="stable")[:SHOWN]
    return [(int(n), round(float(scores[n]), 3)) for n in order if scores[n] > 0]


def _idf(split: Sequence[Sequence[str]]) -> dict[str, float]:
    found_in = np.unique([word for words in split for word in set(words)], return_counts=True)
    return {
        str(word): float(np.log(1 + (len(split) - n + 0.5) / (n + 0.5)))
        for word, n in zip(*found_in, strict=True)
    }


def _shared(asked: Sequence[str], passage: Sequence[str], idf: Mapping[str, float]) -> list[str]:
    """Return the words that a question and a passage share, those that count the most first."""
    both = [word for word in dict.fromkeys(asked) if word in set(passage)]
    return sorted(both, key=lambda word: -idf[word])[:_TELLING]


def _tables(
    names: Sequence[str],
    first_lines: Sequence[str],
    passages: Sequence[str],
    questions: Sequence[Question],
    scores: Mapping[str, np.ndarray],
) -> str:
    """Return a table for each question: the first passages of each search."""
    tables = []
    for at, question in enumerate(questions):
        rows = ""
        for name, each in scores.items():
            for place, (n, score) in enumerate(_first(each[at]), 1):
                tick = " ✓ answers" if names[n] in question.answers else ""
                rows += (
                    f"<tr><td>{escape(name)}</td><td>{place}</td><td>{escape(names[n])}{tick}</td>"
                    f"<td>{escape(_short(first_lines[n]))}</td><td>{score:.3f}</td></tr>"
                )
        heads = "".join(
            f'<th scope="col">{head}</th>'
            for head in ("Search", "Place", "Entry", "First line", "Score")
        )
        tables.append(
            f"<table><caption>{escape(question.kind)}: {escape(question.text)}</caption>"
            f"<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"
        )
    return "".join(tables)
