"""Sphinx extension: formulas become MathML when the book is built.

Every current browser draws MathML, and screen readers read it, so a page with formulas needs no
script, no font and no other host. Used with ``html_math_renderer: mathml``. A formula that the
converter does not understand is a Sphinx warning at its place in the page.
"""

from __future__ import annotations

from html import escape
from xml.etree import ElementTree

from docutils import nodes
from latex2mathml import converter, exceptions
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.writers.html5 import HTML5Translator

logger = logging.getLogger(__name__)

# The converter's errors have no common base class.
_CONVERTER_ERRORS = tuple(
    error
    for error in vars(exceptions).values()
    if isinstance(error, type) and issubclass(error, Exception)
)


def to_mathml(latex: str, *, block: bool) -> str:
    r"""Convert one formula.

    Parameters
    ----------
    latex : str
        TeX without the dollar signs.
    block : bool
        Whether the formula stands on a line of its own.

    Returns
    -------
    str
        A ``<math>`` element that carries the TeX as its ``alttext``.

    Raises
    ------
    ValueError
        If a command or environment is unknown or braces do not match. The converter itself lets
        those through and would print ``\foo`` to the reader.
    """
    if latex.replace(r"\{", "").count("{") != latex.replace(r"\}", "").count("}"):
        raise ValueError("its braces do not match")
    try:
        mathml = converter.convert(latex, display="block" if block else "inline")
        tree = ElementTree.fromstring(mathml)
    except _CONVERTER_ERRORS as error:
        raise ValueError(type(error).__name__.removesuffix("Error")) from error
    except ElementTree.ParseError as error:
        raise ValueError("an environment or alignment in it is not supported") from error
    for element in tree.iter():
        if (element.text or "").startswith("\\"):
            raise ValueError(f"the command {element.text} is not supported")
    return mathml.replace("<math ", f'<math alttext="{escape(" ".join(latex.split()))}" ', 1)


def _convert(node: nodes.Element, *, block: bool) -> str:
    try:
        return to_mathml(node.astext(), block=block)
    except ValueError as error:
        logger.warning("formula %r: %s", node.astext(), error, location=node)
        return escape(node.astext())


def _inline(translator: HTML5Translator, node: nodes.math) -> None:
    translator.body.append(_convert(node, block=False))
    raise nodes.SkipNode


def _block(translator: HTML5Translator, node: nodes.math_block) -> None:
    translator.body.append(translator.starttag(node, "div", CLASS="math notranslate"))
    if node.get("number"):
        translator.body.append(f'<span class="eqno">({node["number"]})')
        translator.add_permalink_ref(node, "Link to this equation")
        translator.body.append("</span>")
    translator.body.append(_convert(node, block=True))
    translator.body.append("</div>\n")
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the renderer with Sphinx."""
    app.add_html_math_renderer(
        "mathml", inline_renderers=(_inline, None), block_renderers=(_block, None)
    )
    return {"parallel_read_safe": True, "parallel_write_safe": True}
