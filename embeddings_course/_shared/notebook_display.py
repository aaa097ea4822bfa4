"""What a notebook with a kernel shows in place of plain HTML, and how to tell that it has one.

Whatever is shown gives HTML for every reader, and adds the view of a widget where a person's kernel
runs.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any


def has_live_kernel() -> bool:
    """Say whether a person's notebook runs this: not a build, not a grader, not a plain shell."""
    if os.environ.get("COURSE_BOOK_BUILD") or os.environ.get("NBGRADER_EXECUTION"):
        return False
    try:
        from IPython import get_ipython
    except ImportError:
        return False
    return getattr(get_ipython(), "kernel", None) is not None


def with_view(widget: Any, readable: dict[str, str]) -> Any:
    """Return the widget's bundle, with the HTML for programs that show no widgets."""
    bundle = widget._repr_mimebundle_()
    data, metadata = bundle if isinstance(bundle, tuple) else (bundle, {})
    return {**(data or {}), **readable}, metadata or {}


def display_alive(shown: Any, hint: str) -> None:
    """Display an object, and where it is alive the line that helps when it has stopped living."""
    from IPython.display import display

    bundle = shown._repr_mimebundle_()
    data, metadata = bundle if isinstance(bundle, tuple) else (bundle, {})
    display(data, metadata=metadata, raw=True)
    if "application/vnd.jupyter.widget-view+json" in data:
        html = f'<p style="font-size: 0.85em; margin: 0">{hint}</p>'
        display({"text/plain": hint, "text/html": html}, raw=True)


def module(*paths: Path) -> str:
    """Join scripts to the one that anywidget asks for; ``keepKeys`` is there for all of them."""
    keys = Path(__file__).with_name("keep_keys.js")
    return "".join(path.read_text("utf-8") for path in (keys, *paths))


class Shown:
    """Something that the book and notebooks show: HTML for everyone, a widget where a kernel runs.

    Those who inherit have ``html``, which is everything that a page of the book needs,
    ``readable_html``, which is what can be read where no script runs, and ``widget``.
    """

    _hint: str
    """For a reader whose kernel was restarted."""
    _style: Path
    """What the HTML needs in a notebook; the book's pages load it themselves."""

    def html(self) -> str:
        """Return what a page of the book holds, with the data that its script needs."""
        raise NotImplementedError

    def readable_html(self) -> str:
        """Return what can be read where no script runs."""
        raise NotImplementedError

    def widget(self) -> Any:
        """Make the live widget.

        Returns
        -------
        anywidget.AnyWidget
            A new one, which an ipywidgets layout may hold.
        """
        raise NotImplementedError

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Any:
        if os.environ.get("COURSE_BOOK_BUILD"):
            return {"text/plain": repr(self), "text/html": self.html()}
        html = f"<style>{self._style.read_text('utf-8')}</style>\n{self.readable_html()}"
        readable = {"text/plain": repr(self), "text/html": html}
        return with_view(self.widget(), readable) if has_live_kernel() else readable

    def _ipython_display_(self) -> None:
        display_alive(self, self._hint)
