"""The widget of a control, which calls its function in a notebook with a kernel."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from embeddings_course._shared.notebook_display import module
from embeddings_course.controls.inputs import Typed

if TYPE_CHECKING:
    from embeddings_course.controls.explorer import Explorer

ASSETS = Path(__file__).parent / "assets"


@cache
def widget_class() -> type:
    """Make the class, whose objects are made of an `Explorer`."""
    # Only a live notebook needs these imports.
    import anywidget
    import traitlets

    class ControlWidget(anywidget.AnyWidget):
        """Controls on show. ``values`` come from the person, the rest goes there."""

        _esm = module(ASSETS / "live.js")
        _css = (ASSETS / "control.css").read_text("utf-8")
        html = traitlets.Unicode().tag(sync=True)
        names = traitlets.Dict().tag(sync=True)
        values = traitlets.Dict().tag(sync=True)
        result = traitlets.Dict().tag(sync=True)

        def __init__(self, explorer: Explorer):
            first = next(iter(explorer.states))
            typed = {
                name: list(control.values)
                for name, control in explorer.controls.items()
                if isinstance(control, Typed)
            }
            super().__init__(
                html=explorer.live_html(),
                names=typed,
                values=dict(zip(explorer.controls, first, strict=True)),
                result={"html": explorer.states[first], "n": 0},
            )
            self._explorer = explorer
            self.observe(self._answer, names=["values"])

        def _answer(self, change: dict) -> None:
            # The number changes even if the HTML does not: the page waits for an answer.
            html = self._explorer.answer(change["new"])
            self.result = {"html": html, "n": self.result["n"] + 1}

    return ControlWidget
