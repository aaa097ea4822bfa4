"""The documentation of numpy, scipy, scikit-learn and torch as a text to learn words from.

Each *entry* is the docstring of one public function, class, method or property of the installed
libraries. Nothing is downloaded: the libraries are imported and asked for their docstrings.

>>> found = entries(["numpy"])
>>> [(each.name, each.summary) for each in found if each.name == "numpy.linalg.det"]
[('numpy.linalg.det', 'Compute the determinant of an array.')]
>>> tokens("Return ``n_samples`` rows, see :func:`numpy.sort`.")
['return', 'n_samples', 'rows', 'see', 'numpy', 'sort']
>>> questions(["torch.save"])[0].text
'keep my trained network for tomorrow'
"""

from embeddings_course.data.apidocs.corpus import (
    UNITS,
    Corpus,
    Passages,
    corpus,
    passages,
    vocabulary,
)
from embeddings_course.data.apidocs.docstrings import LIBRARIES, MODULES, Entry, entries
from embeddings_course.data.apidocs.pairs import (
    ANALOGIES,
    QUESTIONS,
    RELATED,
    Analogy,
    Question,
    analogies,
    questions,
    random_pairs,
    related_pairs,
)
from embeddings_course.data.apidocs.words import prose, sentences, tokens

__all__ = [
    "ANALOGIES",
    "LIBRARIES",
    "MODULES",
    "QUESTIONS",
    "RELATED",
    "UNITS",
    "Analogy",
    "Corpus",
    "Entry",
    "Passages",
    "Question",
    "analogies",
    "corpus",
    "entries",
    "passages",
    "prose",
    "questions",
    "random_pairs",
    "related_pairs",
    "sentences",
    "tokens",
    "vocabulary",
]
