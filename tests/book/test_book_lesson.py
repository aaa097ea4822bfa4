"""Each sentence of substance of the lesson has its place in the book; lesson.yml says where."""

import re

import pytest
import yaml

from embeddings_course.book_build.build import pages
from embeddings_course.book_build.claims import read_claims
from embeddings_course.quiz.question_files import load_bank
from embeddings_course.sphinx_ext.glossary_links import read_terms
from helpers.repository import ROOT

BOOK = ROOT / "book"
PARTS = yaml.safe_load((ROOT / "tests" / "book" / "lesson.yml").read_text(encoding="utf-8"))
LINES = [line for part in PARTS for line in part["lines"]]


def is_there(page: str, kind: str, what: str) -> bool:
    text = (BOOK / f"{page}.md").read_text(encoding="utf-8")
    if kind == "claim":
        return what in {c.id for c in read_claims(BOOK / "claims.yml") if c.page == page}
    if kind == "heading":
        return what in re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    if kind == "question":
        return what in {question.id for question in load_bank(BOOK / "quizzes")[page].questions}
    if kind == "term":
        return what in read_terms(BOOK / f"{page}.md")
    if kind == "link":
        return f"]({what})" in " ".join(text.split())
    assert kind == "words", f"{kind} is none of claim, heading, question, term, link, words"
    return what in " ".join(text.replace("*", "").split())


@pytest.mark.parametrize("line", LINES, ids=lambda line: line["says"])
def test_the_book_has_what_the_lesson_says(line):
    assert f"book/{line['in']}.md" in {page.as_posix() for page in pages(ROOT)}
    ((kind, what),) = [(key, line[key]) for key in line if key not in ("says", "in")]
    assert is_there(line["in"], kind, what), f"{line['in']}.md has no {kind} {what!r}"


def test_what_is_not_there_is_missed():
    for kind in ("claim", "heading", "term", "link", "words"):
        assert not is_there("glossary", kind, "nowhere-to-be-found")
    assert not is_there("why", "question", "nowhere-to-be-found")


def test_every_claim_of_the_book_but_those_beyond_the_lesson_is_asked_for():
    asked = {line.get("claim") for line in LINES} - {None}
    beyond = {claim.id for claim in read_claims(BOOK / "claims.yml")} - asked
    assert beyond == {
        "lookup-is-matmul",
        "sparse-gradient",
        "counting-does-it-too",
        "frequency-alone",
        "preprocessing-matters",
        "pretraining-pays",
        "pictures-can-mislead",
        "general-encoder",
        "encoders-carry-bias",
        "how-sure",
        "real-table",
        "one-token-two-vectors",
        "hubs",
        "cutting-or-pca",
        "bytes-for-recall",
        "three-wishes",
    }
