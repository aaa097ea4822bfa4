"""Markdown of questions: TeX between dollar signs, inline code, short code blocks, no raw HTML."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache

from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin

from embeddings_course._shared.formulas import to_mathml

# A blank line, or the line before code, a list, a table or a formula of its own.
_BLOCK = re.compile(r"\n[ \t]*\n|\n(?=```|~~~|[-*+] |1[.)] |\||\$\$)")
_PLACEHOLDER = re.compile(r"\{\{\s*([a-z][a-z_]*)\s*\}\}")


@lru_cache(maxsize=4)
def _parser(formula: Callable[..., str] = to_mathml) -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    # Headings would break the outline of the page that a quiz stands in; pictures need alt text
    # and a file that is not there in JupyterLab.
    parser.disable(["heading", "lheading", "image", "html_block", "html_inline", "reference"])
    parser.use(
        dollarmath_plugin,
        renderer=lambda latex, options: formula(latex, block=options["display_mode"]),
        allow_space=False,
    )
    return parser


def to_html(text: str, *, formula: Callable[..., str] = to_mathml) -> str:
    """Convert a text of one or more blocks; ``formula(latex, block=...)`` writes each formula."""
    return _parser(formula).render(text).strip()


def to_inline_html(text: str) -> str:
    """Convert a text of one paragraph, without the paragraph."""
    return _parser().renderInline(text.strip())


def split_first(text: str) -> tuple[str, str]:
    """Split a text into its first paragraph and the rest, which may be empty."""
    first, *rest = _BLOCK.split(text.strip(), maxsplit=1)
    return first, "".join(rest).strip()


def is_paragraph(text: str) -> bool:
    """Say whether a text is one paragraph: no list, table, code block or formula of its own."""
    return [token.type for token in _parser().parse(text)] == [
        "paragraph_open",
        "inline",
        "paragraph_close",
    ]


def placeholders(text: str) -> set[str]:
    """Return the names that stand between double braces."""
    return set(_PLACEHOLDER.findall(text))


def fill_in(text: str, values: Mapping[str, str]) -> str:
    """Replace ``{{name}}`` by its value; what has no value stays."""
    return _PLACEHOLDER.sub(lambda match: values.get(match[1], match[0]), text)


def check_markup(text: str) -> None:
    """Raise ValueError if a formula in the text cannot be converted, with its reason."""
    for token in _parser().parse(text):
        for part in [token, *(token.children or [])]:
            if part.type.startswith("math"):
                try:
                    to_mathml(part.content, block=False)
                except ValueError as error:
                    raise ValueError(f"formula {part.content!r}: {error}") from None
