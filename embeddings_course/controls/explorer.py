"""One function, shown with controls for its arguments.

An `Explorer` is not a widget itself. It always gives HTML in which every prepared state stands,
each under a fold, so that it can be read without kernel and without script; on the book's pages a
script makes native inputs of it. In a notebook with a kernel it gives also the view of a widget
that calls the function with anything that can be chosen or typed.
"""

from __future__ import annotations

import copy
import inspect
import itertools
import json
import math
from collections.abc import Callable, Iterable, Mapping
from html import escape
from typing import Any

from embeddings_course._shared.messages import Message
from embeddings_course._shared.notebook_display import Shown
from embeddings_course.controls.inputs import Choice
from embeddings_course.controls.live_widget import ASSETS, widget_class

# A page holds all states, and without a script a reader scrolls past them.
MOST_STATES = 60


def explore(render: Callable[..., Any], *, caption: str, **controls: Choice) -> Explorer:
    """Show what a function returns, with controls for its arguments.

    In a notebook a change calls the function. The book has no kernel, so every combination of
    prepared values is computed here, when the cell is run.

    Parameters
    ----------
    render : callable
        Gets every control's value under the control's name; returns HTML, or an object with
        ``_repr_html_`` such as a data frame. What is in it must be escaped where it is not HTML.
    caption : str
        What the controls are for, in a few words.
    **controls : Choice, Typed or Text
        By the name of the function's argument, in the order to show.

    Returns
    -------
    Explorer
        To be the last line of its cell.

    Raises
    ------
    TypeError
        If `render` cannot be called with these names, or returns no HTML; if a control is neither
        a `Choice` nor a `Typed`.
    ValueError
        If there is no caption, no control, or more than 60 combinations of prepared values.
    Exception
        Whatever `render` raises, with a note that says for which values.

    Examples
    --------
    >>> def table(k, vectors):
    ...     return f"<p>{k} of the {vectors} vectors</p>"
    >>> explore(
    ...     table, caption="Neighbours", k=Choice([1, 5]), vectors=Choice(["raw", "trained"])
    ... )
    Explorer 'Neighbours': 4 prepared states
    """
    return Explorer(render, controls, caption)


class Explorer(Shown):
    """A function with controls for its arguments, as the book and notebooks show it.

    Parameters
    ----------
    render : callable
        Makes the HTML of one state.
    controls : mapping of str to Choice
        By the name of the argument.
    caption : str
        What the controls are for.
    """

    _hint = (
        "An error instead of the control, or no answer from it? That happens after a restart of "
        "the kernel: run this cell again."
    )
    _style = ASSETS / "control.css"

    def __init__(self, render: Callable[..., Any], controls: Mapping[str, Choice], caption: str):
        _check(render, controls, caption)
        self.render = render
        self.caption = caption
        self.controls = {name: copy.copy(control) for name, control in controls.items()}
        for name, control in self.controls.items():
            # A single letter is a symbol: k is not K.
            words = name.replace("_", " ")
            control.label = control.label or (words if len(name) == 1 else words.capitalize())
        prepared = [control.prepared for control in self.controls.values()]
        self.states = {texts: self._prepare(texts) for texts in itertools.product(*prepared)}

    def __repr__(self) -> str:
        plural = "" if len(self.states) == 1 else "s"
        return f"Explorer {self.caption!r}: {len(self.states)} prepared state{plural}"

    def _prepare(self, texts: tuple[str, ...]) -> str:
        try:
            return self._made(self._values(dict(zip(self.controls, texts, strict=True))))
        except Exception as error:
            error.add_note(f"This happened for the prepared state {self._named(texts)}.")
            raise

    def _values(self, texts: Mapping[str, str]) -> dict[str, Any]:
        return {name: control.find(texts[name]) for name, control in self.controls.items()}

    def _made(self, values: Mapping[str, Any]) -> str:
        made = self.render(**values)
        html = made
        if not isinstance(made, str):
            as_html = getattr(made, "_repr_html_", None)
            html = as_html() if callable(as_html) else None
        if not isinstance(html, str) or not html.strip():
            got = "an empty string" if isinstance(made, str) else type(made).__name__
            raise TypeError(
                Message(
                    "control-not-html",
                    f"{_name_of(self.render)} must return HTML, as a string or as an object with "
                    f"_repr_html_; it returned {got}.",
                )
            )
        return html

    def _named(self, texts: Iterable[str]) -> str:
        labels = (control.label for control in self.controls.values())
        return ", ".join(f"{label}: {text}" for label, text in zip(labels, texts, strict=True))

    def answer(self, texts: Mapping[str, str]) -> str:
        """Return the HTML for what a person chose and typed: a sentence if that does not work.

        Parameters
        ----------
        texts : mapping of str to str
            By the control's name.
        """
        try:
            values = self._values(texts)
        except LookupError as problem:
            return _sentence(str(problem))
        try:
            return self._made(values)
        except Exception as error:  # a person's own function may raise anything
            state = self._named(texts[name] for name in self.controls)
            return _sentence(
                f"{_name_of(self.render)} failed for {state}. {type(error).__name__}: {error}"
            )

    def html(self) -> str:
        """Return all prepared states, each under a fold, and inputs, hidden until a script runs."""
        return self._frame(f"{self._form(live=False)}{self._folds()}")

    def readable_html(self) -> str:
        """Return all prepared states, each under a fold, the first one open.

        There are no inputs: where no script runs they would be dead, and some programs show them
        even if they are hidden.
        """
        return self._frame(self._folds())

    def _folds(self) -> str:
        states = "".join(
            f"<details data-state='{escape(_key(texts))}'{'' if number else ' open'}>"
            f"<summary>{escape(self._named(texts))}</summary><div>{html}</div></details>"
            for number, (texts, html) in enumerate(self.states.items())
        )
        return f'<div class="control-states">{states}</div>'

    def live_html(self) -> str:
        """Return the inputs, of all values, and an empty place for the result."""
        return self._frame(self._form(live=True))

    def _form(self, *, live: bool) -> str:
        fields = "".join(control.fields(name, live=live) for name, control in self.controls.items())
        return (
            f'<form class="control-fields" autocomplete="off"{"" if live else " hidden"}>'
            f'{fields}</form><div class="control-result" role="status"></div>'
        )

    def _frame(self, inner: str) -> str:
        return (
            f'<div class="control"><fieldset><legend>{escape(self.caption)}</legend>'
            f"{inner}</fieldset></div>"
        )

    def widget(self) -> Any:
        """Make the live widget: its ``values`` are what is chosen, its ``result`` is what to show.

        Returns
        -------
        anywidget.AnyWidget
            A new one, which an ipywidgets layout may hold.
        """
        return widget_class()(self)


def _check(render: Any, controls: Mapping[str, Any], caption: Any) -> None:
    if not callable(render):
        raise TypeError(
            Message(
                "explore-needs-function",
                f"explore needs a function that makes HTML, not {render!r}. Give the function "
                "itself, without calling it.",
            )
        )
    if not isinstance(caption, str) or not caption.strip():
        raise ValueError(
            Message(
                "explore-needs-caption",
                "explore needs a caption that says what the controls are for.",
            )
        )
    if not controls:
        raise ValueError(
            Message(
                "explore-needs-control",
                "explore needs at least one control, named like an argument of the function: "
                "k=Choice([1, 5]).",
            )
        )
    for name, control in controls.items():
        if not isinstance(control, Choice):
            raise TypeError(
                Message(
                    "control-wrong-type",
                    f"{name} must be a Choice or a Typed, not {control!r}: write "
                    f"{name}=Choice([...]).",
                )
            )
    try:
        inspect.signature(render).bind(**controls)
    except TypeError as error:
        raise TypeError(
            Message(
                "control-arguments-mismatch",
                f"{_name_of(render)} cannot be called with the controls {', '.join(controls)}: "
                f"{error}.",
            )
        ) from None
    except ValueError:  # some built-in functions do not tell their arguments
        pass
    counts = {name: len(control.prepared) for name, control in controls.items()}
    if (total := math.prod(counts.values())) > MOST_STATES:
        product = " times ".join(f"{count} for {name}" for name, count in counts.items())
        raise ValueError(
            Message(
                "prepared-states-too-many",
                f"There are {total:,} prepared states ({product}), and a page of the book holds at "
                f"most {MOST_STATES}. Name fewer values in prepared=[...].",
            )
        )


def _key(texts: tuple[str, ...]) -> str:
    """Name a state as ``JSON.stringify`` does."""
    return json.dumps(texts, ensure_ascii=False, separators=(",", ":"))


def _name_of(function: Callable) -> str:
    return getattr(function, "__name__", type(function).__name__)


def _sentence(text: str) -> str:
    return f'<p class="control-problem">{escape(text)}</p>'
