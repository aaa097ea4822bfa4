"""The book's search takes British and American spelling for one: neighbours and neighbors.

Sphinx reduces words to their stems twice, in Python for the index and in the browser for what is
searched. Here both turn British spelling into American before that.
"""

from __future__ import annotations

import json
import re
from typing import Any

from sphinx.application import Sphinx
from sphinx.search.en import SearchEnglish

# What is kept in front, what is British after it, and what is American. Python and JavaScript read
# these patterns alike.
SPELLINGS = (
    (r"(neighb|col|behavi|fav|flav|hon|lab|hum|harb|rum)our", "or"),
    (r"(catal|dial|anal)ogue", "og"),
    (r"(label|model|cancel|travel|signal|channel|level)l(?=ed|ing|er)", ""),
    (r"(al|el|il|bol|im|om|gn|an|en|in|on|ar|er|ir|or|ur|rd|et|nt)is(?=e|ing|ation|ab)", "iz"),
    (r"(anal|paral)ys(?=e|ing)", "yz"),
    (r"(cent)r(?=ed|ing)", "er"),
    (r"(cent|theat|fib)re", "er"),
    (r"(gr)ey", "ay"),
    (r"(licen|defen|offen)ce", "se"),
    (r"(practi)se", "ce"),
    (r"(art)efact", "ifact"),
    (r"(judg)ement", "ment"),
    (r"(program)me(?!r|d)", ""),
)


def american(word: str) -> str:
    """Return a word of small letters in American spelling.

    >>> american("neighbours"), american("normalised"), american("labelled"), american("course")
    ('neighbors', 'normalized', 'labeled', 'course')
    """
    for british, instead in SPELLINGS:
        word = re.sub(british, rf"\g<1>{instead}", word)
    return word


_SCRIPT = """
/* British spelling is taken for American, as when the index was made. */
Stemmer = (function (Plain) {
  const spellings = %s;
  return function () {
    const plain = new Plain();
    this.stemWord = function (word) {
      for (const [british, instead] of spellings)
        word = word.replace(new RegExp(british, "g"), (_, kept) => kept + instead);
      return plain.stemWord(word);
    };
  };
})(Stemmer);
"""


class English(SearchEnglish):
    """Sphinx's English, with one spelling."""

    js_stemmer_code = SearchEnglish.js_stemmer_code + _SCRIPT % json.dumps(SPELLINGS)

    def stem(self, word: str) -> str:
        """Return the stem of a word."""
        return super().stem(american(word.lower()))


def setup(app: Sphinx) -> dict[str, Any]:
    """Make it the language of the search; Sphinx calls this."""
    app.add_search_language(English)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
