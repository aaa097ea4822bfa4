"""The lists of association tests are fair: of one length, without a word on both sides."""

import doctest

import pytest

from embeddings_course.data import associations


def test_the_example_in_the_docstring_holds():
    assert doctest.testmod(associations).failed == 0


@pytest.mark.parametrize("test", associations.tests(), ids=lambda test: test.name)
def test_groups_have_eight_words_and_attributes_are_equally_long(test):
    assert len(test.x) == len(test.y) == 8
    assert len(test.a) == len(test.b) >= 8
    for words in (test.x, test.y, test.a, test.b):
        assert len(set(words)) == len(words)
        assert all(word == word.strip() and word for word in words)


@pytest.mark.parametrize("test", associations.tests(), ids=lambda test: test.name)
def test_no_word_is_on_both_sides(test):
    assert not set(test.x) & set(test.y)
    assert not set(test.a) & set(test.b)
    assert not {*test.x, *test.y} & {*test.a, *test.b}


def test_one_test_is_a_control():
    assert [test.control for test in associations.tests()].count(True) == 1
