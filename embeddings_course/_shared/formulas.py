"""Formulas as MathML: every current browser draws it, screen readers read it, without a script."""

from __future__ import annotations

import re
from html import escape
from xml.etree import ElementTree

from latex2mathml import converter, exceptions

from embeddings_course._shared.messages import Message

# What the converter writes of itself. HTML has elements in m, too, as meta and menu.
_MATHML = re.compile(
    "math|m(?:row|i|n|o|s|text|space|style|padded|phantom|enclose|frac|sqrt|root|sub|sup|subsup|"
    "under|over|underover|multiscripts|prescripts|table|tr|td|labeledtr)|none"
)
_FOREIGN = re.compile("on.*|.*href|src|style|class|id")
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
    # The converter puts what stands in \text{} into its XML as it is.
    written = re.sub(r"\\text\{([^{}]*)\}", lambda m: rf"\text{{{_plain(m[1])}}}", latex)
    try:
        mathml = converter.convert(written, display="block" if block else "inline")
        tree = ElementTree.fromstring(mathml)
    except _CONVERTER_ERRORS as error:
        raise ValueError(type(error).__name__.removesuffix("Error")) from error
    except ElementTree.ParseError as error:
        raise ValueError("an environment or alignment in it is not supported") from error
    for element in tree.iter():
        name = element.tag.rpartition("}")[2]
        if not _MATHML.fullmatch(name) or any(map(_FOREIGN.fullmatch, element.attrib)):
            raise ValueError(
                Message("formula-foreign-element", f"it would put <{name}> into the page")
            )
        if (element.text or "").startswith("\\"):
            raise ValueError(f"the command {element.text} is not supported")
    return mathml.replace("<math ", f'<math alttext="{escape(" ".join(latex.split()))}" ', 1)


def _plain(text: str) -> str:
    return escape(re.sub(r"\\([%_&#$])", r"\1", text))
