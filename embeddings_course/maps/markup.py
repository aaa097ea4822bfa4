"""The HTML of a map: what is drawn and listed without a script, and the data for one."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from html import escape
from typing import Any

import numpy as np

COLOURS = SHAPES = 8  # as many as map.css has
MOST_KINDS = COLOURS * SHAPES
_MARGIN = 0.05  # of the box, so that points at its edge are seen whole
_IN_TABLE = 3  # neighbours of each point

# Sphinx leaves scripts out of the book's search, from where one seems to begin to where one ends:
# so the table before the data is left out, too. Each page loads all words that can be searched.
_NOT_SEARCHED = "<!-- <script> -->"


def map_html(caption: str, alt: str, content: Mapping[str, Any], *, data: bool) -> str:
    """Make the HTML of a map: readable without a script, alive with ``map.js``.

    Parameters
    ----------
    caption, alt : str
        What to see, and what the picture shows.
    content : mapping
        What ``show_map`` computes.
    data : bool
        Whether the data of all states come with it.
    """
    pictures = content["sprite"]
    margin = 0 if pictures else _MARGIN  # a picture is in the middle of its cell
    content = {**content, "at": margin + (1 - 2 * margin) * content["at"]}
    style = ""
    if pictures:
        style = (
            f' style="--sheet:url({pictures.url});'
            f'--columns:{pictures.columns};--rows:{pictures.rows};--across:{content["across"]}"'
        )
    return (
        f'<div class="map" role="group" aria-label="{escape(caption)}"{style}>'
        f'<div class="map-plot" role="img" aria-label="{escape(alt)}">{_points(content)}</div>'
        f'<p class="map-caption">{escape(caption)}</p>{_legends(content)}'
        + (f"{_NOT_SEARCHED}{_table(content)}{_data(content)}" if data else _table(content))
        + "</div>"
    )


def _drawn(content: Mapping[str, Any]) -> int:
    """Return which state is drawn without a script: the last of the first run."""
    return len(content["states"]) - 1


def _points(content: Mapping[str, Any]) -> str:
    kinds = next(iter(content["kinds"].values()), (None, [0] * len(content["names"])))[1]
    pictures = content["sprite"]
    points = []
    for number, (name, kind) in enumerate(zip(content["names"], kinds, strict=True)):
        left, top = 100 * content["at"][_drawn(content), number]
        cut = ""
        if pictures:
            row, column = divmod(number, pictures.columns)
            cut = f";--column:{column};--row:{row}"
        shape = "map-picture" if pictures else _mark(kind)
        colour = f" map-c{kind % COLOURS}" if pictures else ""
        points.append(
            f'<span class="map-point {shape}{colour}" title="{escape(name)}"'
            f' style="left:{left:.1f}%;top:{top:.1f}%{cut}"></span>'
        )
    return "".join(points)


def _mark(kind: int) -> str:
    """Return the classes of a kind: no two kinds share colour and shape."""
    return f"map-s{(kind + kind // COLOURS) % SHAPES} map-c{kind % COLOURS}"


def _legends(content: Mapping[str, Any]) -> str:
    def mark(kind: int) -> str:
        # Pictures have frames, in the colours of their kinds.
        return f"map-s2 map-c{kind % COLOURS}" if content["sprite"] else _mark(kind)

    return "".join(
        f'<ul class="map-legend" aria-label="{escape(heading)}"{" hidden" if number else ""}>'
        + "".join(
            f'<li><span class="map-mark {mark(kind)}"></span>{escape(name)}</li> '
            for kind, name in enumerate(different)
        )
        + "</ul>"
        for number, (heading, (different, _)) in enumerate(content["kinds"].items())
    )


def _table(content: Mapping[str, Any]) -> str:
    """Return the map as a table: each point with its kinds and what is nearest to it."""
    names = content["names"]
    near, cosines = content["near"][_drawn(content)], content["cosines"][_drawn(content)]
    rows = []
    for number, name in enumerate(names):
        cells = [f'<th scope="row">{escape(name)}</th>']
        for different, of in content["kinds"].values():
            cells.append(f"<td>{escape(different[of[number]])}</td>")
        found = zip(near[number, :_IN_TABLE], cosines[number, :_IN_TABLE], strict=True)
        listed = ", ".join(f"{escape(names[other])} {shown(cosine)}" for other, cosine in found)
        rows.append(f"<tr>{''.join(cells)}<td>{listed}</td></tr>")
    heads = ["Name", *content["kinds"], "Nearest, with cosine"]
    head = "".join(f'<th scope="col">{escape(text)}</th>' for text in heads)
    state = content["states"][-1]
    return (
        '<details class="map-table"><summary>All points as a table</summary>'
        '<div tabindex="0" role="group" aria-label="All points as a table"><table><caption>'
        f"{escape(state)}</caption><thead><tr>{head}</tr></thead>"
        f"<tbody>{''.join(rows)}</tbody></table></div></details>"
    )


def shown(hundredths: int) -> str:
    """Return a cosine in hundredths as it is read, with a minus sign and two decimals."""
    sign = "\u2212" if hundredths < 0 else ""
    return f"{sign}{abs(int(hundredths)) / 100:.2f}"


def _data(content: Mapping[str, Any]) -> str:
    parts = {name: content[name] for name in ("names", "runs", "states", "start", "label")}
    parts |= {name: content[name] for name in ("dims", "measures")}
    parts["k"] = content["near"].shape[2]
    parts["shown"] = _IN_TABLE
    parts["columns"] = content["sprite"].columns if content["sprite"] else 0
    parts["kinds"] = [
        {"heading": heading, "names": different, "of": of}
        for heading, (different, of) in content["kinds"].items()
    ]
    parts["at"] = _packed(np.rint(content["at"] * 65535), "<u2")
    few = len(content["names"]) <= 256
    parts["near"] = _packed(content["near"], "u1" if few else "<u2")
    parts["cosines"] = _packed(content["cosines"], "i1")
    text = json.dumps(parts, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    return f'<script type="application/json" class="map-data">{text}</script>'


def _packed(numbers: np.ndarray, kind: str) -> str:
    return base64.b64encode(np.ascontiguousarray(numbers.astype(kind)).tobytes()).decode()
