"""What is run of tests that take long, where not all of them shall be: a part drawn by the commit.

Items whose tests have the mark ``drawn`` form groups, and with ``--draw`` one in `ONE_IN` of each
group is run. The same commit draws the same ones, and successive commits draw all of them.
"""

import subprocess
from collections import defaultdict

from helpers.repository import ROOT

ONE_IN = 5


def number_of_commit() -> int:
    """Return the commit that is checked out, as a number; 0 outside of a repository."""
    asked = ["git", "rev-parse", "HEAD"]
    said = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True).stdout.strip()
    return int(said or "0", 16)


def not_drawn(items, number: int) -> list:
    """Return those of the tests with the mark that are not drawn.

    A group is a test with all its arguments, or what the mark names: ``drawn("terms")``.
    """
    groups = defaultdict(list)
    for item in items:
        if mark := item.get_closest_marker("drawn"):
            test = f"{item.path}::{item.originalname}"
            groups[mark.args[0] if mark.args else test].append(item)
    return [
        item
        for group in groups.values()
        for place, item in enumerate(group)
        if place % min(ONE_IN, len(group)) != number % min(ONE_IN, len(group))
    ]
