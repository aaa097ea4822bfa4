"""Lists of words and names for association tests of encoders.

The lists are in ``associations.toml``, fixed before any encoder had read them. What such a test
measures is a property of an encoder and of these lists. It says nothing about people.

>>> first = tests()[0]
>>> first.name, first.asks
('flowers and insects', 'pleasant or unpleasant')
>>> len(first.x), len(first.y)
(8, 8)
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib.resources import files


@dataclass(frozen=True)
class AssociationTest:
    """Are the words of ``x`` nearer to ``a`` than to ``b``, compared with the words of ``y``?

    After the word embedding association test, WEAT (Caliskan, Bryson and Narayanan, 2017,
    https://doi.org/10.1126/science.aal4230).

    Attributes
    ----------
    name : str
        The two groups.
    asks : str
        The two attributes.
    x, y : tuple of str, both of one length
        The words of the two groups. None is in both.
    a, b : tuple of str, both of one length
        The words of the two attributes. None is in both.
    control : bool
        Whether the groups are halves of one list, so that nothing should be found.
    """

    name: str
    asks: str
    x: tuple[str, ...]
    y: tuple[str, ...]
    a: tuple[str, ...]
    b: tuple[str, ...]
    control: bool = False


def tests() -> tuple[AssociationTest, ...]:
    """Return the tests, in the order of the file ``associations.toml``."""
    text = (files(__package__) / "associations.toml").read_text(encoding="utf-8")
    return tuple(
        AssociationTest(
            each["name"],
            each["asks"],
            x=tuple(each["x"]),
            y=tuple(each["y"]),
            a=tuple(each["a"]),
            b=tuple(each["b"]),
            control=each.get("control", False),
        )
        for each in tomllib.loads(text)["tests"]
    )
