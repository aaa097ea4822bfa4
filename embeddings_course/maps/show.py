"""A map of vectors, as the book and notebooks show it.

A `Map` is not a widget itself. It always gives HTML: points drawn where the last state has them, a
legend, a table of all neighbours, and the data of all states. On the book's pages a script moves
the points, and finds and lists neighbours; in a notebook with a kernel the view of a widget does
the same with the same script. Without a script the picture and the table stay.

Libraries that draw maps were weighed before this was written, gzipped and as of 2026:
regl-scatterplot (37 kB, without what it imports) and jupyter-scatter draw on a canvas, where
neither a keyboard nor a screen reader finds a point; Observable Plot (69 kB, and 92 kB of D3) draws
SVG, but knows no states and no focus; embedding-atlas needs megabytes and a server. A page of the
book has a tenth of that to spare for its map.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from embeddings_course import metrics
from embeddings_course._shared.messages import Message
from embeddings_course._shared.notebook_display import Shown
from embeddings_course._shared.validation import require_integer
from embeddings_course.maps.live_widget import ASSETS, widget_class
from embeddings_course.maps.markup import MOST_KINDS, map_html
from embeddings_course.maps.places import columns_for, filled, on_grid, places
from embeddings_course.maps.sprite import sprite

MOST_POINTS = 2000
"""More elements than that do not move smoothly in a browser."""


def show_map(
    vectors: Any,
    names: Sequence[object],
    *,
    caption: str,
    alt: str = "",
    kinds: Sequence[object] | Mapping[str, Sequence[object]] | None = None,
    images: Sequence[np.ndarray] | None = None,
    at: Any = "tsne",
    neighbours: int = 6,
    measures: Mapping[str, Any] | None = None,
    start: str | None = None,
    label: str = "Vectors",
) -> Map:
    """Show vectors as a map: points that can be searched, followed, and asked for neighbours.

    A reader points at a point to see its name, and clicks it, or moves to it with the arrow keys
    and presses Enter, to see its nearest neighbours as lines and as a list. Neighbours and cosines
    are those of the whole vectors: they are computed here, in Python, and cosines are shown with
    two decimals. The picture itself has two dimensions only.

    Parameters
    ----------
    vectors : float array [n, d], or mapping
        The vectors. Or several states of them, by name and in order: ``{"step 0": array, "step
        10": array}``, d may differ. Or several runs, each with states of the same names:
        ``{"the log": {"step 0": array}, "shuffled": {"step 0": array}}``.
    names : sequence, length n
        What each point is called; ``str`` of each is shown.
    caption : str
        What to see, in a sentence.
    alt : str
        What the drawn picture shows, for those who do not see it. Default: the caption.
    kinds : sequence of length n, or mapping of str to such sequences, optional
        Kinds of the points, at most 64 different ones: colour and shape, and a legend. Of several,
        named by what they are ("Family", "Zone"), a reader chooses one to colour by.
    images : sequence of uint8 arrays [h, w, 3], length n, optional
        A small picture for each point, which is drawn instead of a dot: its middle square. So that
        none lies on another, each moves to the nearest free cell of a grid.
    at : "tsne", "pca", or float arrays [n, 2] in the same mappings as the vectors
        Where the points lie, as ``places`` computes it.
    neighbours : int
        How many are shown, from 1 to n - 1.
    measures : mapping of str to sequence, optional
        What was measured in each state, by what it is: one number per state, or for several runs
        as many such lists. Shown with two decimals, and as a curve where there are many states.
    start : str, optional
        The state to begin with. Default: the first. What is drawn without a script is the last.
    label : str
        What the states are states of.

    Returns
    -------
    Map
        To be the last line of its cell.

    Raises
    ------
    ValueError
        If there is no caption, if lengths differ, if a number is not finite, if there are fewer
        than 2 or more than 2,000 points, or if a state or kind cannot be shown.

    Examples
    --------
    >>> show_map([[1.0, 0], [0.9, 0.1], [0, 1]], ["a", "b", "c"], caption="Three", neighbours=1)
    Map 'Three': 3 points, 1 state
    """
    if not isinstance(caption, str) or not caption.strip():
        raise ValueError(
            Message("map-needs-caption", "A map needs a caption: a sentence on what to see in it.")
        )
    runs = _nested(vectors)
    called = [str(name) for name in names]
    states = [np.asarray(state) for run in runs.values() for state in run.values()]
    _check_counts(states, called)
    n = len(called)
    require_integer("neighbours", neighbours, 1, n - 1)
    found = [_neighbours(state, neighbours) for state in states]
    state_names = list(next(iter(runs.values())))
    if start is not None and start not in state_names:
        raise ValueError(
            Message(
                "map-start-unknown",
                f"start is {start!r}, which is not a state; there are: {', '.join(state_names)}.",
            )
        )
    placed, across = _placed(at, runs, states), columns_for(n)
    if images is not None:  # pictures that lie on each other cannot be seen
        placed = np.stack([on_grid(points, across) for points in placed])
    content = {
        "names": called,
        "runs": list(runs),
        "states": state_names,
        "start": state_names.index(start) if start is not None else 0,
        "label": label,
        "dims": [state.shape[1] for state in states],
        "at": placed,
        "across": across,
        "near": np.stack([near for near, _ in found]),
        "cosines": np.stack([cosines for _, cosines in found]),
        "kinds": _kinds(kinds, n),
        "measures": _measures(measures, len(runs), len(state_names)),
        "sprite": None if images is None else sprite(images, n),
    }
    return Map(caption.strip(), alt.strip() or caption.strip(), content)


class Map(Shown):
    """Vectors as points in the plane; ``show_map`` makes it.

    Parameters
    ----------
    caption : str
        What to see.
    alt : str
        What the picture shows.
    content : mapping
        Names, places, neighbours and all else that ``show_map`` computes.
    """

    _hint = (
        "An error instead of the map? That happens after a restart of the kernel: run this cell "
        "again."
    )
    _style = ASSETS / "map.css"

    def __init__(self, caption: str, alt: str, content: Mapping[str, Any]):
        self.caption = caption
        self.alt = alt
        self.content = content

    def __repr__(self) -> str:
        count = len(self.content["names"])
        states = len(self.content["near"])
        return f"Map {self.caption!r}: {count} points, {states} state{'' if states == 1 else 's'}"

    def html(self) -> str:
        """Return the map as HTML, with the data of all states, for a script to move the points."""
        return map_html(self.caption, self.alt, self.content, data=True)

    def readable_html(self) -> str:
        """Return the picture and the table."""
        return map_html(self.caption, self.alt, self.content, data=False)

    def widget(self) -> Any:
        """Make the live widget.

        Returns
        -------
        anywidget.AnyWidget
            A new one, which an ipywidgets layout may hold.
        """
        return widget_class()(html=self.html())


def _nested(vectors: Any) -> dict[str, dict[str, Any]]:
    """Return the vectors as runs of states, whichever of the three forms they have."""
    if not isinstance(vectors, Mapping):
        return {"": {"": vectors}}
    if not vectors:
        raise ValueError(Message("map-empty", "There are no vectors to show."))
    if not isinstance(next(iter(vectors.values())), Mapping):
        return {"": {str(name): state for name, state in vectors.items()}}
    runs = {
        str(run): {str(name): state for name, state in states.items()}
        for run, states in vectors.items()
    }
    if len({tuple(states) for states in runs.values()}) > 1 or not next(iter(runs.values())):
        raise ValueError(
            Message("map-runs-mismatch", "All runs need states of the same names, in one order.")
        )
    return runs


def _check_counts(states: Sequence[np.ndarray], names: Sequence[str]) -> None:
    for state in states:
        if state.ndim != 2 or len(state) != len(names):
            raise ValueError(
                Message(
                    "map-names-mismatch",
                    f"A map needs vectors [n, d] and n names; the vectors are {state.shape}, and "
                    f"there are {len(names)} names.",
                )
            )
    if not 2 <= len(names) <= MOST_POINTS:
        raise ValueError(
            Message(
                "map-points-out-of-range",
                f"A map needs from 2 to {MOST_POINTS:,} points, not {len(names):,}.",
            )
        )


def _neighbours(vectors: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the k nearest of each point [n, k], and their cosines in hundredths."""
    cosine = metrics.cosines(vectors)
    np.fill_diagonal(cosine, -2)  # nothing is its own neighbour
    near = np.argsort(-cosine, axis=1, kind="stable")[:, :k]
    hundredths = np.rint(100 * np.take_along_axis(cosine, near, axis=1))
    return near.astype("<u2"), hundredths.astype(np.int8)


def _placed(at: Any, runs: Mapping, states: Sequence[np.ndarray]) -> np.ndarray:
    """Return where the points lie, [state, n, 2] from 0 to 1; each run is placed by itself."""
    per_run = len(states) // len(runs)
    if isinstance(at, str):
        starts = range(0, len(states), per_run)
        return np.concatenate([places(states[first : first + per_run], at) for first in starts])
    given = [np.asarray(state) for run in _nested(at).values() for state in run.values()]
    wanted = (len(states[0]), 2)
    fits = len(given) == len(states) and all(each.shape == wanted for each in given)
    if not (fits and all(np.isfinite(each).all() for each in given)):
        raise ValueError(
            Message(
                "map-places-mismatch",
                f"at needs finite numbers {list(wanted)} for each of the {len(states)} states.",
            )
        )
    return np.stack([filled(each) for each in given])


def _kinds(kinds: Any, n: int) -> dict[str, tuple[list[str], list[int]]]:
    """Return the different kinds and each point's number among them, by heading."""
    if kinds is None:
        return {}
    found = {}
    for heading, values in (kinds if isinstance(kinds, Mapping) else {"Kind": kinds}).items():
        texts = [str(value) for value in values]
        different = list(dict.fromkeys(texts))
        if len(texts) != n or len(different) > MOST_KINDS:
            raise ValueError(
                Message(
                    "map-kinds-mismatch",
                    f"{heading!r} needs one kind for each of the {n} points, at most {MOST_KINDS} "
                    f"different ones; it has {len(texts)}, {len(different)} of them different.",
                )
            )
        number = {kind: place for place, kind in enumerate(different)}
        found[str(heading)] = (different, [number[text] for text in texts])
    return found


def _measures(measures: Mapping[str, Any] | None, runs: int, states: int) -> dict[str, list]:
    """Return what was measured, by its name, as one list over the states of all runs."""
    found = {}
    for name, values in (measures or {}).items():
        numbers = np.asarray(values, dtype=float)
        if numbers.shape not in {(runs, states), (states,) if runs == 1 else (runs, states)}:
            raise ValueError(
                Message(
                    "map-measures-mismatch",
                    f"{name!r} needs a number for each of {runs} x {states} states, not "
                    f"{numbers.shape}.",
                )
            )
        if not np.isfinite(numbers).all():
            raise ValueError(
                Message("map-measure-not-finite", f"{name!r} holds a number that is not finite.")
            )
        found[str(name)] = [round(float(number), 2) + 0.0 for number in numbers.ravel()]
    return found
