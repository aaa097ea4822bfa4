"""The book's figures: one style, readable with any colour vision, on light and on dark pages.

Backgrounds are transparent. Figures are vector graphics, whose letters take the colour of the page;
in pictures, where photographs or matrices are shown, letters have a grey that can be read on white
and on the book's dark page. Colours are those of Okabe and Ito (2008); no figure tells right from
wrong by colour alone.
"""

from embeddings_course.plots.geometry import cosine_histograms, cosine_matrices, scatters, vectors
from embeddings_course.plots.pictures import (
    answers,
    neighbours,
    neighbours_by_method,
    picture_map,
    wall,
)
from embeddings_course.plots.scores import (
    curves,
    intervals,
    loss_and_geometry,
    precision_recall,
    score_pairs,
    scores,
    task_winners,
)
from embeddings_course.plots.sound import sound_steps, spectrograms
from embeddings_course.plots.style import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PURPLE,
    RED,
    SKY,
    STYLE,
    use_style,
)

__all__ = [
    "BLUE",
    "GREEN",
    "GREY",
    "ORANGE",
    "PURPLE",
    "RED",
    "SKY",
    "STYLE",
    "answers",
    "cosine_histograms",
    "cosine_matrices",
    "curves",
    "intervals",
    "loss_and_geometry",
    "neighbours",
    "neighbours_by_method",
    "picture_map",
    "precision_recall",
    "scatters",
    "score_pairs",
    "scores",
    "sound_steps",
    "spectrograms",
    "task_winners",
    "use_style",
    "vectors",
    "wall",
]
