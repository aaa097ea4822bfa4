"""A threshold on cosines: what is reported, what the archive keeps, and the pairs nearest to it."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np
from scipy.sparse.csgraph import connected_components

from embeddings_course._shared.html_table import html_table
from embeddings_course._shared.messages import Message
from embeddings_course.explorables.explorable import Explorable, photo
from embeddings_course.maps.sprite import sprite

STEPS = range(48, 96)  # hundredths, at each of which the next pair is shown
THRESHOLDS = range(50, 96)
PREPARED = range(50, 96, 10)
HERE = "this one"


def duplicate_threshold(
    cosines: np.ndarray,
    thing: np.ndarray,
    images: np.ndarray,
    labels: Sequence[str],
    *,
    sizes: Sequence[int] = (1_000, 10_000, 100_000),
) -> Explorable:
    """Show what each threshold from 0.50 to 0.95 does to an archive with known duplicates.

    Reported pairs are chained to groups, and the archive keeps the first picture of each. The
    pairs on show are those whose cosine is next above each hundredth.

    Parameters
    ----------
    cosines : array [n, n]
        Of each picture with each.
    thing : int array [n]
        Which photograph a picture comes from: pictures of one are duplicates.
    images : uint8 array [n, h, w, 3]
        The pictures.
    labels : sequence of str, length n
        What each shows.
    sizes : sequence of int
        Numbers of pictures, for the precision in archives where each has one duplicate.

    Raises
    ------
    ValueError
        If the arguments are not of one length, or no pair is a duplicate.
    """
    n = len(thing)
    if np.shape(cosines) != (n, n) or len(images) != n or len(labels) != n:
        raise ValueError(
            Message(
                "duplicate-threshold-mismatch",
                f"{n} pictures need cosines ({n}, {n}), as many images and labels; there are "
                f"cosines {np.shape(cosines)}, {len(images)} images and {len(labels)} labels.",
            )
        )
    first, second = np.triu_indices(n, k=1)
    score = np.asarray(cosines)[first, second]  # [pair]
    same = thing[first] == thing[second]
    if not same.any():
        raise ValueError(Message("duplicate-threshold-none", "No two pictures are duplicates."))

    rows: list[dict[str, Any]] = []
    for hundredths in THRESHOLDS:
        threshold = hundredths / 100
        told = score >= threshold
        right, wrong = int(told[same].sum()), int(told[~same].sum())
        recall, false = right / same.sum(), wrong / (~same).sum()
        precision = {HERE: right / (right + wrong) if right + wrong else 1.0}
        for size in sizes:
            found, mistaken = recall / (size - 1), false * (1 - 1 / (size - 1))
            precision[f"{size:,}"] = found / (found + mistaken) if found + mistaken else 1.0
        groups = connected_components(np.asarray(cosines) >= threshold, directed=False)[1]
        kept = np.unique(groups, return_index=True)[1]
        rows.append(
            {
                "threshold": f"{threshold:.2f}",
                "precision": {of: f"{value:.3f}" for of, value in precision.items()},
                "recall": f"{recall:.3f}",
                "wrong": f"{wrong:,}",
                "kept": f"{len(kept):,}",
                "lost": f"{len(np.unique(thing)) - len(np.unique(thing[kept])):,}",
            }
        )

    rising = np.argsort(score, kind="stable")
    places = np.searchsorted(score[rising], [step / 100 for step in STEPS])
    pairs = rising[np.unique(places[places < len(rising)])[::-1]]  # falling
    pictures, at = np.unique([first[pairs], second[pairs]], return_inverse=True)
    at = at.reshape(2, -1)
    sheet = sprite(list(np.asarray(images)[pictures]), len(pictures))
    shown: list[dict[str, Any]] = [
        {
            "photos": at[:, place].tolist(),
            "labels": [labels[first[pair]], labels[second[pair]]],
            "cosine": f"{score[pair]:.3f}",
            "same": bool(same[pair]),
        }
        for place, pair in enumerate(pairs)
    ]
    above = [int((score[pairs] >= hundredths / 100).sum()) for hundredths in THRESHOLDS]

    def line(place: int) -> list[str]:
        row, pair = rows[place], shown[max(above[place] - 1, 0)]
        named = zip(pair["photos"], pair["labels"], strict=True)
        pictures = "".join(photo(number, sheet, label) for number, label in named)
        truth = "copy" if pair["same"] else "two photographs"
        cells = [row["threshold"], *row["precision"].values(), row["recall"], row["wrong"]]
        next_pair = f"{pictures} {pair['cosine']}, {truth}" if above[place] else ""
        return [*map(escape, cells), row["kept"], row["lost"], next_pair]

    heads = ["threshold", *(f"precision, {of}" for of in rows[0]["precision"]), "recall"]
    heads += ["wrong pairs", "pictures kept", "photographs lost", "next pair above"]
    table = html_table(
        f"What thresholds do to an archive of {n:,} pictures; precision also for larger ones",
        heads,
        [line(THRESHOLDS.index(hundredths)) for hundredths in PREPARED],
        classes="",
        named=True,
    )
    return Explorable(
        "duplicate_threshold",
        "Move the threshold. The lines are precision and recall at each threshold; below are the "
        "pairs next above and next below it, as a person would check them.",
        f'<div style="overflow-x: auto">{table}</div>',
        {
            "columns": sheet.columns,
            "pictures": f"{n:,}",
            "photographs": f"{len(np.unique(thing)):,}",
            "rows": [{**row, "above": n} for row, n in zip(rows, above, strict=True)],
            "pairs": shown,
        },
        sheet,
    )
