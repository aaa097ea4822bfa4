"""The lists that encoders are asked about can be asked."""

import re

import pytest

from embeddings_course.data.english import RELATED, SENSES


def test_related_words_are_there_once_and_neither_contains_the_other():
    words = [word for pair in RELATED for word in pair]
    assert len(set(words)) == len(words) >= 60
    assert not any(a in b or b in a for a, b in RELATED)


@pytest.mark.parametrize("each", SENSES, ids=lambda each: each.word)
def test_each_sentence_has_its_word_once(each):
    assert len(set(each.names)) == 2
    assert len(each.sentences[0]) == len(each.sentences[1]) >= 4
    for sentence in (*each.sentences[0], *each.sentences[1]):
        assert re.findall(r"\w+", sentence.lower()).count(each.word) == 1


def test_sentences_are_there_once():
    sentences = [text for each in SENSES for half in each.sentences for text in half]
    assert len(set(sentences)) == len(sentences)
