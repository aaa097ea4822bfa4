"""Inputs for an argument: a few values to choose from, many to type, or any text."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from html import escape
from typing import Any

from embeddings_course._shared.messages import Message

# More are a list to open instead of buttons side by side.
MOST_BUTTONS = 5


class Choice:
    """An argument that takes one of a few values.

    Parameters
    ----------
    values : iterable
        What can be chosen, in the order to show. ``str`` of each is what a reader sees, and tells
        them apart; the function gets the values themselves.
    prepared : iterable, optional
        Those of the values that the book has, the first of them chosen at the start. Default: all.
    label : str, optional
        What it is called. Default: the argument's name.

    Raises
    ------
    TypeError
        If the values are one string, or nothing that can be gone through.
    ValueError
        If there are none, if two look the same, or if a prepared one is not among them.
    """

    def __init__(
        self, values: Iterable[Any], *, prepared: Iterable[Any] | None = None, label: str = ""
    ):
        kind = type(self).__name__
        self.label = label
        self.values = _by_text(values, f"The values of a {kind}")
        self.prepared = tuple(self.values)
        if prepared is not None:
            self.prepared = tuple(_by_text(prepared, f"prepared of a {kind}"))
        for text in self.prepared:
            if text not in self.values:
                raise ValueError(
                    Message(
                        "prepared-unknown",
                        f"prepared names {text!r}, which is not among the {len(self.values):,} "
                        f"values of the {kind}. {self._close_to(text)}",
                    )
                )

    def find(self, text: str) -> Any:
        """Return the value that looks like this.

        Parameters
        ----------
        text : str
            As a person chose or typed it; space around it does not count, and capital letters
            count only if they must.

        Raises
        ------
        LookupError
            If there is none; the message is a sentence for that person.
        """
        asked = text.strip()
        for known in (asked, asked.lower()):
            if known in self.values:
                return self.values[known]
        if not asked:
            raise LookupError(
                f"{self.label}: type one of the {len(self.values):,} that are known, "
                f"for example {self.prepared[0]}."
            )
        raise LookupError(
            f"{self.label}: {asked!r} is not one of the {len(self.values):,} that are known. "
            f"{self._close_to(asked)}"
        )

    def _close_to(self, text: str) -> str:
        close = difflib.get_close_matches(text.lower(), self.values, n=5)
        return f"Close to it: {', '.join(close)}." if close else "Nothing known is close to it."

    def fields(self, name: str, *, live: bool) -> str:
        """Return the inputs as HTML: of all values if `live`, else of the prepared ones.

        No input has an id, so that a page can hold any number of controls.
        """
        title = f'<span class="control-title">{escape(self.label)}</span>'
        texts = list(self.values) if live else self.prepared
        first = self.prepared[0]
        if len(texts) > MOST_BUTTONS or isinstance(self, Typed):
            options = "".join(
                f'<option value="{escape(text)}"{" selected" if text == first else ""}>'
                f"{escape(text)}</option>"
                for text in texts
            )
            return (
                f'<label class="control-field">{title}'
                f'<select name="{name}">{options}</select></label>'
            )
        buttons = "".join(
            f'<label><input type="radio" name="{name}" value="{escape(text)}"'
            f"{' checked' if text == first else ''}> {escape(text)}</label>"
            for text in texts
        )
        return (
            f'<fieldset class="control-field"><legend class="control-title">{escape(self.label)}'
            f'</legend><div class="control-buttons">{buttons}</div></fieldset>'
        )


class Typed(Choice):
    """An argument that takes one of many values, thousands if need be: a person types it.

    In the book it is a list to choose from, of the prepared values only.

    Parameters
    ----------
    values : iterable
        What can be typed. ``str`` of each is what to type, and tells them apart.
    prepared : iterable
        Those of the values that the book has, the first of them there at the start.
    label : str, optional
        What it is called. Default: the argument's name.

    Raises
    ------
    TypeError
        If the values are one string, or nothing that can be gone through.
    ValueError
        If there are none, if two look the same, if nothing is prepared, or if something prepared
        is not among the values.
    """

    def __init__(
        self, values: Iterable[Any], *, prepared: Iterable[Any] | None = None, label: str = ""
    ):
        if prepared is None:
            raise ValueError(
                Message(
                    "prepared-missing",
                    f"A {type(self).__name__} needs prepared: the few values that the book, "
                    'which has no kernel, can show, such as prepared=["row", "mean"].',
                )
            )
        super().__init__(values, prepared=prepared, label=label)

    def fields(self, name: str, *, live: bool) -> str:
        """Return the input as HTML: for text if `live`, else a list of the prepared values."""
        return self._field(name) if live else super().fields(name, live=False)

    def _field(self, name: str) -> str:
        return self._input(name, f"any of {len(self.values):,}", size=20)

    def _input(self, name: str, hint: str, *, size: int) -> str:
        return (
            f'<label class="control-field"><span class="control-title">{escape(self.label)} '
            f"<small>({hint})</small></span>"
            f'<input type="text" name="{name}" value="{escape(self.prepared[0])}" size="{size}" '
            'spellcheck="false" autocapitalize="off"></label>'
        )


class Text(Typed):
    """An argument that takes any text a person writes, such as a question.

    In the book it is a list to choose from, of the prepared texts only. No text without a letter
    or a digit reaches the function; what it does not understand, it must answer itself.

    Parameters
    ----------
    prepared : iterable of str
        Texts that the book has, the first of them there at the start.
    label : str, optional
        What it is called. Default: the argument's name.

    Raises
    ------
    TypeError
        If what is prepared is one string, or nothing that can be gone through.
    ValueError
        If nothing is prepared, or two of the texts look the same.
    """

    def __init__(self, *, prepared: Iterable[str] | None = None, label: str = ""):
        texts = None if prepared is None else _by_text(prepared, "prepared of a Text")
        super().__init__(texts or (), prepared=texts, label=label)

    def find(self, text: str) -> str:
        """Return the text without the space around it.

        Parameters
        ----------
        text : str
            As a person wrote it.

        Raises
        ------
        LookupError
            If there is no letter and no digit in it; the message is a sentence for that person.
        """
        asked = text.strip()
        if not any(character.isalnum() for character in asked):
            raise LookupError(f"{self.label}: write a few words, for example: {self.prepared[0]}")
        return asked

    def _field(self, name: str) -> str:
        return self._input(name, "write your own", size=44)


def _by_text(values: Iterable[Any], what: str) -> dict[str, Any]:
    if isinstance(values, str):
        raise TypeError(
            Message("values-one-text", f"{what} must be a list, not the single string {values!r}.")
        )
    try:
        values = list(values)
    except TypeError:
        raise TypeError(
            Message("values-not-list", f"{what} must be a list, not {values!r}.")
        ) from None
    if not values:
        raise ValueError(
            Message("values-empty", f"{what} are none: there would be nothing to choose.")
        )
    found: dict[str, Any] = {}
    for value in values:
        # What is typed has no space around it either.
        text = str(value).strip()
        if not text:
            raise ValueError(
                Message(
                    "value-invisible", f"{what} hold {value!r}, which nobody could see or type."
                )
            )
        if text in found:
            raise ValueError(Message("values-repeated", f"{what} hold {text!r} twice."))
        found[text] = value
    return found
