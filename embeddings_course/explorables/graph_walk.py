"""A search over a graph of neighbours, step by step, with the length of its list as a slider."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np

from embeddings_course._shared.messages import Message
from embeddings_course._shared.validation import require_integer
from embeddings_course.explorables.explorable import Explorable, packed
from embeddings_course.maps import places

PREPARED = (1, 5, 10, 20, 40)  # values of ef that are shown without a script


@dataclass(frozen=True)
class Walk:
    """What a walk over a graph did.

    Attributes
    ----------
    visited : tuple of int
        Items whose links were followed, in order.
    best : tuple of int
        The ef best items that were compared, best first.
    compared : int
        How many items were compared with the query.
    """

    visited: tuple[int, ...]
    best: tuple[int, ...]
    compared: int


def walk_graph(scores: Any, links: Any, ef: int, start: int = 0) -> Walk:
    """Search a graph for the items with the highest scores, as HNSW does on its bottom layer.

    Parameters
    ----------
    scores : float array [n]
        Of each item with the query. The walk looks only at those that it compares.
    links : int array [n, m]
        To which items each leads.
    ef : int
        Length of the list of the best, at least 1.
    start : int
        Where the walk begins.

    Returns
    -------
    Walk
    """
    require_integer("ef", ef, 1)
    score = np.asarray(scores).tolist()
    to_visit, best, seen = [(-score[start], start)], [(score[start], start)], {start}
    visited = []
    while to_visit:
        worse, item = heapq.heappop(to_visit)
        if len(best) == ef and -worse < best[0][0]:
            break
        visited.append(item)
        for other in np.asarray(links[item]).tolist():
            if other in seen:
                continue
            seen.add(other)
            if len(best) < ef or score[other] > best[0][0]:
                heapq.heappush(to_visit, (-score[other], other))
                heapq.heappush(best, (score[other], other))
            if len(best) > ef:
                heapq.heappop(best)
    found = tuple(item for _, item in sorted(best, reverse=True))
    return Walk(tuple(visited), found, len(seen))


def graph_walk(
    vectors: Any,
    queries: Any,
    links: Any,
    *,
    names: Sequence[str],
    query_names: Sequence[str],
    caption: str,
    k: int = 5,
    most: int = 40,
) -> Explorable:
    """Let a reader follow a search over a graph, and turn its knob ``ef``.

    Scores are dot products of the whole vectors. Only the picture has two dimensions: t-SNE of
    items and queries together.

    Parameters
    ----------
    vectors : float array [n, d]
        The items. The walk begins at the first.
    queries : float array [q, d]
        What is searched for; a reader chooses one.
    links : int array [n, m]
        To which items each leads.
    names, query_names : sequence of str
        What items and queries are called.
    caption : str
        What to do and to see.
    k : int
        How many nearest are wanted.
    most : int
        The largest ef.

    Returns
    -------
    Explorable
        To be the last line of its cell.

    Raises
    ------
    ValueError
        If shapes and names do not fit.
    """
    items, asked = (np.asarray(each, dtype=np.float32) for each in (vectors, queries))
    links = np.asarray(links)
    n, q = len(items), len(asked)
    require_integer("k", k, 1, n)
    require_integer("most", most, k, n)
    if (len(links), len(names), len(query_names)) != (n, n, q) or links.ndim != 2:
        raise ValueError(
            Message(
                "graph-walk-mismatch",
                f"{n} items and {q} queries need {n} rows of links and as many names, and {q} "
                f"names of queries; there are {links.shape}, {len(names)} and {len(query_names)}.",
            )
        )
    scores = asked @ items.T  # [q, n]
    nearest = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    at = places([np.vstack([items, asked])], "tsne")[0]  # [n + q, 2], from 0 to 1
    data = {
        "names": list(names),
        "queries": list(query_names),
        "scores": packed(scores),
        "links": packed(links.astype(np.uint16)),
        "at": packed(np.rint(at * 65535).astype(np.uint16)),
        "nearest": packed(nearest.astype(np.uint16)),
        "most": most,
    }
    fallback = _table(scores, links, nearest, query_names, most)
    return Explorable("graph_walk", caption, fallback, data)


def _table(
    scores: np.ndarray, links: np.ndarray, nearest: np.ndarray, names: Sequence[str], most: int
) -> str:
    n, k = len(links), nearest.shape[1]
    rows = []
    for score, true, name in zip(scores, nearest.tolist(), names, strict=True):
        cells = [f'<th scope="row">{escape(name)}</th>']
        for ef in (ef for ef in PREPARED if ef <= most):
            walk = walk_graph(score, links, ef)
            found = len(set(walk.best[:k]) & set(true))
            cells.append(f"<td>{found} of {k}, {walk.compared} compared</td>")
        rows.append(f"<tr>{''.join(cells)}</tr>")
    heads = "".join(f'<th scope="col">ef {ef}</th>' for ef in PREPARED if ef <= most)
    return (
        f'<div class="graph-walk-table" tabindex="0" role="region" aria-label="Walks">'
        f"<table><caption>True nearest that walks among {n} items find</caption>"
        f'<thead><tr><th scope="col">query</th>{heads}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )
