"""The order of names on a page, and links between them."""

from __future__ import annotations

import sys
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform

from embeddings_course.sphinx_ext.api_reference.docstrings import ORDER
from embeddings_course.sphinx_ext.api_reference.public_names import PACKAGE


class OrderNames(SphinxTransform):
    """Puts what people call before what they get: functions, then classes, errors, constants."""

    default_priority = 230

    def apply(self) -> None:
        """Change the page that is being read."""
        described = [node for node in self.document.findall(addnodes.desc) if _is_outermost(node)]
        if not described:
            return
        parent = described[0].parent
        # Each comes with a node for the index before it.
        pairs = [(parent[parent.index(node) - 1], node) for node in described]
        first = parent.index(pairs[0][0])
        for node in (each for pair in pairs for each in pair):
            parent.remove(node)
        pairs.sort(key=lambda pair: ORDER.index(pair[1]["objtype"]))
        parent[first:first] = [each for pair in pairs for each in pair]


def _is_outermost(node: addnodes.desc) -> bool:
    return isinstance(node.parent, nodes.section)


class LinkNames(SphinxTransform):
    """Turns the names of what a page of the reference describes into links, wherever they are."""

    default_priority = 240  # before terms of the glossary become links

    def apply(self) -> None:
        """Change the page that is being read."""
        here = {}
        for each in self.document.findall(addnodes.desc_signature):
            here[each.get("fullname")] = each.get("module")
        if not here:
            return
        for word in list(self.document.findall(nodes.literal)):
            name = word.astext().removesuffix("()")
            if name in here and _may_link(word, name):
                self._link(word, "obj", f"{here[name]}.{name}")
        for kind in list(self.document.findall(nodes.emphasis)):
            name = kind.astext()  # the type of a result
            if _is_class_name(name) and _is_inside(kind, nodes.field) and _may_link(kind, name):
                self._link(kind, "class", name, refspecific=True)

    def _link(self, word: nodes.TextElement, kind: str, target: str, **settings: Any) -> None:
        at = {"refdomain": "py", "reftype": kind, "reftarget": target, "refwarn": True}
        link = addnodes.pending_xref("", refdoc=self.env.docname, **at, **settings)
        word.replace_self(link)
        link += word


def _is_class_name(text: str) -> bool:
    return text.isidentifier() and text[0].isupper()


def _is_inside(node: nodes.Node, kind: type[nodes.Node]) -> bool:
    while node is not None and not isinstance(node, kind):
        node = node.parent
    return node is not None


def _may_link(word: nodes.TextElement, name: str) -> bool:
    """Whether this is neither a link nor the name of an argument of what is described there."""
    above = word.parent
    while above is not None:
        if isinstance(above, (nodes.reference, addnodes.pending_xref, nodes.title)):
            return False
        if isinstance(above, addnodes.desc):
            arguments = above.findall(addnodes.desc_parameter)
            names = [each.astext().partition("=")[0].strip("* ") for each in arguments]
            own = [each.get("fullname") for each in above.findall(addnodes.desc_signature)]
            if name in names or name in own:
                return False
        above = above.parent
    return True


def resolve(
    app: Sphinx, env: Any, node: addnodes.pending_xref, shown: nodes.Element
) -> nodes.Element | None:
    """Settle what is not the name of anything described: types in words, and other libraries."""
    if node.get("refdomain") != "py":
        return None
    if not isinstance(shown, nodes.literal):  # "float array [n, d]", and types in signatures
        return shown
    target = node["reftarget"]
    owner, dot, _ = target.rpartition(".")
    if node["reftype"] == "attr" and dot:  # these stand with their class
        domain = env.get_domain("py")
        return domain.resolve_xref(env, node["refdoc"], app.builder, "class", owner, node, shown)
    root = target.partition(".")[0]
    return shown if dot and root != PACKAGE and root in sys.modules else None


def lead_back(app: Sphinx, env: Any) -> None:
    """Have the code of a module lead to the page about it, not to one that passes its names on."""
    described = env.get_domain("py")
    sources = getattr(env, "_viewcode_modules", {})
    for module in sources.keys() & described.modules.keys():
        if not sources[module]:
            continue
        code, tags, used, _ = sources[module]
        for name in used:
            if entry := described.objects.get(f"{module}.{name}"):
                used[name] = entry.docname
        sources[module] = code, tags, used, module
