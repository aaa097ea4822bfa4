"""Ask with a photograph: its nearest neighbours by several methods, right or wrong."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

import numpy as np

from embeddings_course._shared.html_table import html_table
from embeddings_course._shared.messages import Message
from embeddings_course.data.photos import Frames
from embeddings_course.explorables.explorable import Explorable, packed, photo
from embeddings_course.maps.sprite import sprite


def photo_neighbours(
    queries: Frames, gallery: Frames, cosines: Mapping[str, np.ndarray], k: int = 5
) -> Explorable:
    """Show the ``k`` nearest gallery frames to each query, by each method.

    Parameters
    ----------
    queries : Frames
        Photographs to ask with, n of them.
    gallery : Frames
        Photographs to find, m of them; 256 in all, at most. Of the same cameras.
    cosines : mapping of text to array [n, m]
        By method, the cosine of each query with each gallery frame.
    k : int
        How many neighbours to show.

    Raises
    ------
    ValueError
        If cosines do not fit the frames, or there are too many frames.
    """
    n, m = len(queries), len(gallery)
    if n + m > 256 or any(np.shape(each) != (n, m) for each in cosines.values()):
        shapes = ", ".join(str(np.shape(each)) for each in cosines.values())
        raise ValueError(
            Message(
                "photo-neighbours-mismatch",
                f"{n} queries and {m} gallery frames, 256 together at most, need cosines of "
                f"shape ({n}, {m}); they have {shapes}.",
            )
        )
    order = {
        name: np.argsort(-each, axis=1, kind="stable")[:, :k] for name, each in cosines.items()
    }
    near = np.array([n + each for each in order.values()])  # [method, query, rank]
    of_near = [np.take_along_axis(cosines[name], each, 1) for name, each in order.items()]
    hundredths = np.rint(100 * np.array(of_near)).astype(np.int8)
    camera = np.concatenate([queries.camera, gallery.camera])
    right = camera[near] == queries.camera[:, None]  # [method, query, rank]

    sheet = sprite([*queries.images, *gallery.images], n + m)

    def row(method: int, asked: int) -> list[str]:
        marks = zip(near[method, asked], right[method, asked], strict=True)
        shown = "".join(
            f"{photo(at, sheet, queries.names[camera[at]])} {'✓' if fits else '✗'} "
            for at, fits in marks
        )
        return [escape(list(cosines)[method]), shown]

    tables = [
        html_table(
            f"Nearest to a frame of {escape(queries.names[camera[asked]])} "
            f"{photo(asked, sheet, 'the frame')}",
            ["method", f"the {k} nearest, ✓ from the same camera"],
            [row(method, asked) for method in range(len(cosines))],
            classes="photo-neighbours-table",
            named=True,
        )
        for asked in (0, n // 2)
    ]
    shares = [
        [escape(name), f"{first.sum()} of {n}"]
        for name, first in zip(cosines, right[:, :, 0], strict=True)
    ]
    tables.append(
        html_table("All frames", ["method", "first place right"], shares, classes="", named=True)
    )
    return Explorable(
        "photo_neighbours",
        "Choose a photograph. Each row has its nearest neighbours by one method, with their "
        "cosines; a tick says that both are from one camera. The count goes over all that you "
        "have chosen.",
        "".join(f'<div style="overflow-x: auto">{table}</div>' for table in tables),
        {
            "columns": sheet.columns,
            "names": queries.names,
            "camera": camera.tolist(),
            "methods": list(cosines),
            "near": packed(near.astype(np.uint8)),
            "cosines": packed(hundredths),
        },
        sheet,
    )
