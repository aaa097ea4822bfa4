"""What is wrong with a zip, and names as sentences can hold them."""

from __future__ import annotations

from collections.abc import Iterable

from embeddings_course.grading.errors import GradingError

_MOST_NAMED = 5


class Problems(list):
    """Sentences about what is wrong, each said once.

    What is about one file or student can be left out; the sentence is a note then.
    """

    def __init__(self, *, leave_out: bool) -> None:
        super().__init__()
        self.leave_out = leave_out
        self.left_out: list[str] = []
        self._of_all = False

    def say(self, sentence: str) -> None:
        """Add a sentence about the zip as a whole."""
        self._of_all = True
        if sentence not in self:
            self.append(sentence)

    def say_of_one(self, sentence: str) -> None:
        """Add a sentence about one file or student."""
        said = self.left_out if self.leave_out else self
        if sentence not in said:
            said.append(sentence)

    def refuse(self) -> None:
        """Stop if there are any."""
        if self:
            can = not self._of_all and not self.leave_out
            way = " --leave-out collects the rest and names what it leaves out." if can else ""
            raise GradingError("\n".join([*self, f"Nothing was collected.{way}"]))


def shown_name(name: str) -> str:
    """Return a name that can be printed, whatever somebody has put into it."""
    text = "".join(each if each.isprintable() else "?" for each in name.rstrip("\0"))
    return text if len(text) <= 120 else f"{text[:117]}…"


def some(names: Iterable[str]) -> str:
    """Name the first of several, and say how many more there are."""
    names = [shown_name(name) for name in names]
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return f"{', '.join(names[:_MOST_NAMED])}{more}"
