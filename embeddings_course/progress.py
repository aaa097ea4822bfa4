"""Progress bars that stay out of the way: none for short work, none in the built book."""

from __future__ import annotations

import os
from typing import Any

from tqdm.auto import tqdm


def progress_bar(*, show: bool = True, **settings: Any) -> tqdm:
    """Return a progress bar on stderr or, in a notebook, as a widget.

    It appears once the work has taken two seconds. Where the environment has ``TQDM_DISABLE`` set,
    as while the book is built, it never does; tqdm's own widget would not look.

    Parameters
    ----------
    show : bool
        False for no bar at all.
    **settings
        Passed on to tqdm, for example ``total``, ``desc`` and ``unit``.
    """
    silenced = os.environ.get("TQDM_DISABLE", "") not in ("", "0")
    return tqdm(delay=2, disable=silenced or not show, **settings)
