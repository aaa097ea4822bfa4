"""What all explorables share: data in the page, HTML for every reader, and one script.

Nothing is computed where a page is read that Python could compute before: a script shows what the
data hold, or repeats a computation that a test compares with Python's.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

import numpy as np

from embeddings_course._shared.messages import Message
from embeddings_course._shared.notebook_display import Shown, module
from embeddings_course.maps.sprite import Sprite

ASSETS = Path(__file__).parent / "assets"

# Sphinx leaves scripts out of the book's search, from where one seems to begin to where one ends.
NOT_SEARCHED = "<!-- <script> -->"


def packed(array: Any) -> dict[str, Any]:
    """Return an array as the scripts read it: ``{"kind": "int8", "shape": [3, 2], "data": ...}``.

    Parameters
    ----------
    array : array
        Of int8, uint8, uint16, int32 or float32, any shape.

    Raises
    ------
    TypeError
        If the numbers are of another type: what is lost is for the caller to choose.
    """
    array = np.asarray(array)
    if array.dtype.name not in {"int8", "uint8", "uint16", "int32", "float32"}:
        raise TypeError(
            Message(
                "explorable-array-type",
                f"Pages hold int8, uint8, uint16, int32 or float32, not {array.dtype.name}. "
                "Convert the array, for instance with .astype(np.float32).",
            )
        )
    little = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
    data = base64.b64encode(little.tobytes()).decode()
    return {"kind": array.dtype.name, "shape": list(array.shape), "data": data}


def photo(number: int, sheet: Sprite, label: str) -> str:
    """Return the HTML of one picture of an explorable's sheet, for where no script runs."""
    row, column = divmod(number, sheet.columns)
    return (
        f'<span class="explorable-photo" role="img" aria-label="{escape(label)}" '
        f'style="--row:{row};--column:{column}"></span>'
    )


class Explorable(Shown):
    """A picture that answers to the reader's hand.

    Parameters
    ----------
    name : str
        Of the script in ``assets``: ``"word_neighbours"`` for ``word_neighbours.js``.
    caption : str
        What to do and to see, in a sentence.
    fallback : str
        HTML for where no script runs: the same, in a few prepared states. Texts in it are escaped.
    data : mapping
        What the script gets: anything that JSON holds; arrays by ``packed``.
    sheet : Sprite, optional
        Small pictures, which `photo` and the script cut from it.

    Raises
    ------
    ValueError
        If there is no caption, or no such script.
    """

    _hint = (
        "An error instead of the picture? That happens after a restart of the kernel: run this "
        "cell again."
    )
    _style = ASSETS / "explorable.css"

    def __init__(
        self,
        name: str,
        caption: str,
        fallback: str,
        data: Mapping[str, Any],
        sheet: Sprite | None = None,
    ):
        if not isinstance(caption, str) or not caption.strip():
            raise ValueError(
                Message(
                    "explorable-needs-caption",
                    "An explorable needs a caption that says what to do and to see.",
                )
            )
        if not (ASSETS / f"{name}.js").is_file():
            raise ValueError(
                Message("explorable-unknown", f"There is no script {name}.js among the assets.")
            )
        self.name = name
        self.caption = caption.strip()
        self.fallback = fallback
        self.data = data
        self.sheet = sheet

    def __repr__(self) -> str:
        return f"Explorable {self.caption!r}"

    def html(self) -> str:
        """Return what a page of the book holds, with the data that its script needs."""
        # Nothing in the data may end the script element.
        data = json.dumps(self.data, ensure_ascii=False, separators=(",", ":"))
        data = data.replace("<", "\\u003c")
        return self._frame(
            f'{NOT_SEARCHED}<script type="application/json" class="explorable-data">{data}</script>'
        )

    def readable_html(self) -> str:
        """Return what can be read where no script runs."""
        return self._frame("")

    def _frame(self, data: str) -> str:
        sheet = self.sheet
        style = sheet and (
            f' style="--sheet:url({sheet.url});--columns:{sheet.columns};--rows:{sheet.rows}"'
        )
        return (
            f'<div class="explorable" data-explorable="{self.name}" role="group" '
            f'aria-label="{escape(self.caption)}"{style or ""}>'
            f'<div class="explorable-fallback">{self.fallback}</div>'
            f'<p class="explorable-caption">{escape(self.caption)}</p>{data}</div>'
        )

    def widget(self) -> Any:
        """Make the live widget.

        Returns
        -------
        anywidget.AnyWidget
            A new one, which an ipywidgets layout may hold.
        """
        return _widget_class(self.name)(html=self.html())


@cache
def _widget_class(name: str) -> type:
    # Only a live notebook needs these imports.
    import anywidget
    import traitlets

    class ExplorableWidget(anywidget.AnyWidget):
        """An explorable on show. All that it needs is in its HTML."""

        _esm = module(ASSETS / "explorable.js", ASSETS / f"{name}.js", ASSETS / "live.js")
        _css = (ASSETS / "explorable.css").read_text("utf-8")
        html = traitlets.Unicode().tag(sync=True)

    return ExplorableWidget
