"""Sphinx directive ``{what-ran}``: with what this copy of the book was made, and how long it took.

Everything is read when the book is built: versions from the environment, times from the cache of
executed pages, seeds from the pages' code, the weights' checksum from their report.
"""

from __future__ import annotations

import ast
import json
import os
import platform
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.util.docutils import SphinxDirective

from embeddings_course.made_with import PUBLISHED_PYTHON, installed


def seeds(code: str) -> list[int]:
    """List the seeds that code names: numbers that become an argument ``seed`` or ``random_state``.

    Numbers that are computed from these, ``100 + seed`` for example, are not followed.

    Parameters
    ----------
    code : str
        Python source.

    Returns
    -------
    list of int
        In ascending order, each once.
    """
    nodes = list(ast.walk(ast.parse(code)))
    arguments = [
        node.value
        for node in nodes
        if isinstance(node, ast.keyword) and (node.arg or "").endswith(("seed", "random_state"))
    ]
    arguments += [
        argument
        for node in nodes
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("_seed", "default_rng"))
        for argument in node.args
    ]
    place = {  # of the argument, in functions that the code defines
        node.name: [each.arg for each in node.args.args].index("seed")
        for node in nodes
        if isinstance(node, ast.FunctionDef) and "seed" in [each.arg for each in node.args.args]
    }
    for node in nodes:
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in place:
            arguments += node.args[place[node.func.id] :][:1]
    found = {each.value for each in arguments if _is_integer(each)}
    names = {"seed"}.union(*map(_names, arguments))
    values: dict[str, ast.AST] = {}  # what a name was given, for "seeds = range(5)"
    for node in nodes:
        if isinstance(node, ast.Assign):
            for target in node.targets:
                values |= dict(_parts(target, node.value))
    for name in names & values.keys():
        found |= {values[name].value} if _is_integer(values[name]) else set()
    for node in nodes:
        if isinstance(node, ast.For | ast.comprehension) and _names(node.target) & names:
            where = [values[name] for name in _names(node.iter) & values.keys()]
            for inner in (each for part in (node.iter, *where) for each in ast.walk(part)):
                if isinstance(inner, ast.Call) and getattr(inner.func, "id", "") == "range":
                    bounds = [each.value for each in inner.args if _is_integer(each)]
                    if len(bounds) == len(inner.args):
                        found.update(range(*bounds))
    return sorted(found)


def _names(node: ast.AST) -> set[str]:
    return {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)}


def _parts(target: ast.AST, value: ast.AST) -> list[tuple[str, ast.AST]]:
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        return [
            part for pair in zip(target.elts, value.elts, strict=False) for part in _parts(*pair)
        ]
    return [(target.id, value)] if isinstance(target, ast.Name) else []


def _is_integer(node: ast.AST) -> bool:
    value = getattr(node, "value", None)
    return isinstance(node, ast.Constant) and type(value) is int


def in_words(numbers: list[int]) -> str:
    """Write ascending numbers briefly: ``[0, 1, 2, 3, 7]`` is "0 to 3, 7"."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    parts = []
    for run in runs:
        parts += [f"{run[0]} to {run[-1]}"] if len(run) > 2 else [str(number) for number in run]
    return ", ".join(parts)


class WhatRan(SphinxDirective):
    """``{what-ran}``: tables of versions, weights, and pages with their seconds and seeds."""

    def run(self) -> list[nodes.Node]:
        """Make the tables."""
        self.env.note_reread()  # or the second build would tell the times of the first
        lines = [*self._versions(), "", *self._pages()]
        return self.parse_text_to_nodes("\n".join(lines))

    def _versions(self) -> list[str]:
        from embeddings_course.backbones import EMBEDDED_FOLDER  # with torch: seconds to load

        weights = json.loads((EMBEDDED_FOLDER / "report.json").read_text(encoding="utf-8"))
        rows = [
            ("System", f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"),
            *installed().items(),
            ("Python of the published copy", PUBLISHED_PYTHON),
        ]
        rows.append(("Weights, SHA-256", f"`{weights['sha256']}`"))
        return ["| What | Which |", "| --- | --- |", *(f"| {a} | {b} |" for a, b in rows)]

    def _pages(self) -> list[str]:
        ran = _executions(Path(self.config.nb_execution_cache_path))
        lines = ["| Page | Seconds | Seeds in its code |", "| --- | ---: | --- |"]
        total = 0.0
        for name in _reading_order(self.env):
            path = Path(self.env.doc2path(name))
            if path.name not in ran:
                continue
            total += ran[path.name]
            numbers = in_words(seeds(_code(path)))
            lines.append(f"| {{doc}}`/{name}` | {ran[path.name]:.0f} | {numbers or 'none'} |")
        lines.append(f"| All, one after another | {total:.0f} | |")
        return lines


def _reading_order(env) -> list[str]:
    from sphinx_external_toc.parsing import parse_toc_yaml

    return list(parse_toc_yaml(Path(env.srcdir) / "_toc.yml"))


def _executions(folder: Path) -> dict[str, float]:
    """Seconds by file name of page, as the cache of executed pages has them."""
    from jupyter_cache import get_cache

    if not folder.is_dir():
        return {}
    newest = sorted(get_cache(folder).list_cache_records(), key=lambda record: record.created)
    return {
        Path(record.uri).name: record.data["execution_seconds"]
        for record in newest
        if "execution_seconds" in (record.data or {})
    }


def _code(path: Path) -> str:
    import jupytext

    cells = jupytext.read(path).cells
    return "\n".join(cell.source for cell in cells if cell.cell_type == "code")


def _name_python(app: Sphinx, config: Config) -> None:
    """Say at the foot of every page with which Python and torch this copy was made."""
    here = installed()
    made = " and ".join(f"{name} {here[name]}" for name in ("Python", "torch") if name in here)
    own = config.html_theme_options.get("extra_footer", "")
    config.html_theme_options["extra_footer"] = f"{own}<p>This copy was made with {made}.</p>"


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive with Sphinx."""
    app.add_directive("what-ran", WhatRan)
    app.connect("config-inited", _name_python)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
