"""Pick products, and see what a factor model suggests, beside what is popular."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np

from embeddings_course._shared.html_table import html_table
from embeddings_course._shared.messages import Message
from embeddings_course.explorables.explorable import Explorable, packed

PLACES = 10


def suggested_products(
    picked: np.ndarray,
    products: Sequence[str],
    family: np.ndarray,
    families: Sequence[str],
    *,
    rank: int,
    offered: int = 2,
) -> Explorable:
    """Let a reader pick products, and suggest others by PureSVD and by popularity.

    PureSVD's items are the right singular vectors of the table of picks. A reader is the sum of the
    vectors of what they pick, and a product's score the dot product of its vector with that sum.
    Vectors are rounded to whole steps, 127 for the largest number.

    Parameters
    ----------
    picked : bool array [user, product]
        Who has picked what.
    products : sequence of str
        Names.
    family : int array [product]
        What a product belongs to: an index into ``families``.
    families : sequence of str
        Their names.
    rank : int
        Length of the vectors.
    offered : int
        How many products of each family can be picked: its most popular ones.

    Raises
    ------
    ValueError
        If names, families and picks are not of as many products.
    """
    n = len(products)
    if picked.ndim != 2 or picked.shape[1] != n or family.shape != (n,):
        raise ValueError(
            Message(
                "suggested-products-mismatch",
                f"{n} products need picks [user, {n}] and {n} families; there are picks "
                f"{picked.shape} and families {family.shape}.",
            )
        )
    items = np.linalg.svd(picked.astype(float), full_matrices=False)[2][:rank].T  # [product, rank]
    step = np.abs(items).max() / 127
    vectors = np.rint(items / step).astype(np.int8)
    popularity = picked.sum(axis=0)
    by_popularity = np.argsort(-popularity, kind="stable")
    shelf = [
        int(product)
        for of in range(len(families))
        for product in by_popularity[family[by_popularity] == of][:offered]
    ]
    start = shelf[:offered]
    whole = vectors.astype(np.int64)

    def column(scores: np.ndarray, ticked: Sequence[int], written: Sequence[str]) -> list[str]:
        order = np.argsort(-scores, kind="stable")
        best = order[~np.isin(order, ticked)][:PLACES]
        fits = np.isin(family[best], family[ticked])
        return [
            f"{'✓ ' if fit else ''}{escape(products[i])} {escape(families[family[i]])} {written[i]}"
            for i, fit in zip(best, fits, strict=True)
        ]

    tables = []
    for of in range(3):
        ticked = shelf[of * offered : (of + 1) * offered]
        scores = whole @ whole[ticked].sum(axis=0)
        written = [f"{score * step**2:.2f}".replace("-", "\u2212") for score in scores]
        suggested = column(scores, ticked, written)
        popular = column(popularity, ticked, [str(count) for count in popularity])
        tables.append(
            html_table(
                "For whoever picks " + escape(" and ".join(products[i] for i in ticked)),
                ["PureSVD", "popularity"],
                list(zip(suggested, popular, strict=True)),
                classes="",
            )
        )
    return Explorable(
        "suggested_products",
        "Pick some products. At the left is what PureSVD suggests, with its scores, at the right "
        "what most operators have picked, with their number. A tick: of a family that you picked "
        "from.",
        "".join(f'<div style="overflow-x: auto">{table}</div>' for table in tables),
        {
            "products": list(products),
            "families": list(families),
            "family": family.tolist(),
            "offered": shelf,
            "start": start,
            "popularity": popularity.tolist(),
            "vectors": packed(vectors),
            "scale": float(step**2),
        },
    )
