"""Sphinx extension: links the first use of each glossary term on a page to its entry.

Authors write plain sentences; the page ``glossary`` says which words are terms. A word is linked
where it first stands in running text, not in headings, code, formulas, links, captions or quizzes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform

from embeddings_course._shared.messages import Message

GLOSSARY = "glossary"
"""Name of the page that holds the entries, in the folder of the pages."""

_BLOCK = re.compile(r"^(`{3,}|:{3,})\{glossary\}[^\n]*\n(.*?)^\1[ ]*$", re.MULTILINE | re.DOTALL)
_AT_K = "@k"
# Where a link would be in the way, or would change what stands there.
_NOT_HERE = (
    nodes.title,
    nodes.literal,
    nodes.literal_block,
    nodes.math,
    nodes.math_block,
    nodes.reference,
    nodes.raw,
    nodes.caption,
    nodes.legend,
    nodes.table,
    nodes.strong,
    nodes.container,  # code cells and their outputs
    addnodes.pending_xref,
)


def read_terms(page: Path) -> list[str]:
    """List the terms of a glossary, each as it is written there, in its order.

    Parameters
    ----------
    page : Path
        A MyST page with a ``{glossary}`` directive: terms at the margin, definitions indented.

    Raises
    ------
    ValueError
        If there is no glossary in it, or a term stands twice.
    """
    block = _BLOCK.search(page.read_text(encoding="utf-8"))
    if block is None:
        raise ValueError(
            Message(
                "glossary-missing",
                f"{page} has no {{glossary}} directive: its terms must stand in one.",
            )
        )
    lines = [line for line in block[2].splitlines() if line and not line.startswith((" ", ":"))]
    terms = [line.strip() for line in lines]
    for term in terms:
        if [other.lower() for other in terms].count(term.lower()) > 1:
            raise ValueError(
                Message(
                    "glossary-term-repeated", f"{page} has the term {term!r} twice; keep one entry."
                )
            )
    return terms


def pattern(terms: list[str]) -> re.Pattern[str]:
    """Return what finds a term in text: whole words, any case, with or without a plural ending.

    A measure is found with the number of places that it looks at: recall@10, nDCG@10.
    """
    longest_first = sorted(terms, key=len, reverse=True)
    plain = [term for term in longest_first if not term.endswith(_AT_K)]
    measures = [term.removesuffix(_AT_K) for term in longest_first if term.endswith(_AT_K)]
    bare, at_k = (
        "|".join(re.escape(term).replace(r"\ ", r"\s+") for term in some)
        for some in (plain, measures + plain)
    )
    found = rf"(?:{at_k})@(?:k|\d+)" + (f"|{bare}" if bare else "")
    return re.compile(rf"(?<![\w-])({found})(s|es)?(?![\w-])", re.IGNORECASE)


def term_of(found: str, terms: Iterable[str]) -> str:
    """Return the term that a text found by `pattern` stands for.

    >>> [term_of(text, ["recall@k", "recall"]) for text in ("Recall@5", "recall")]
    ['recall@k', 'recall']
    """
    names = {" ".join(term.lower().split()): term for term in terms}
    word = re.sub(r"@\d+$", _AT_K, " ".join(found.lower().split()))
    return names[word] if word in names else names[word.removesuffix(_AT_K)]


class LinkTerms(SphinxTransform):
    """Turns the first use of each term into a reference to its entry."""

    default_priority = 250  # before Sphinx resolves what refers to what

    def apply(self) -> None:
        """Change the page that is being read."""
        path = Path(self.env.doc2path(self.env.docname))
        page = path.with_name(f"{GLOSSARY}.md")
        if path == page or not page.exists():
            return
        self.env.note_dependency(str(page))
        terms = read_terms(page)
        find = pattern(terms)
        linked: set[str] = set()
        for text in list(self.document.findall(nodes.Text)):
            if _may_link(text):
                _link(text, find, terms, linked)


def _may_link(text: nodes.Text) -> bool:
    above, inside_paragraph = text.parent, False
    while above is not None:
        if isinstance(above, _NOT_HERE):
            return False
        inside_paragraph = inside_paragraph or isinstance(above, nodes.paragraph)
        above = above.parent
    return inside_paragraph


def _link(text: nodes.Text, find: re.Pattern[str], terms: list[str], linked: set[str]) -> None:
    parts: list[nodes.Node] = []
    end = 0
    whole = text.astext()
    for match in find.finditer(whole):
        term = term_of(match[1], terms)
        if term in linked:
            continue
        linked.add(term)
        reference = addnodes.pending_xref(
            "", refdomain="std", reftype="term", reftarget=term, refexplicit=True, refwarn=True
        )
        reference += nodes.inline(match[0], match[0], classes=["glossary-term"])
        parts += [nodes.Text(whole[end : match.start()]), reference]
        end = match.end()
    if parts:
        parts.append(nodes.Text(whole[end:]))
        text.parent.replace(text, [part for part in parts if part.astext()])


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.add_transform(LinkTerms)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
