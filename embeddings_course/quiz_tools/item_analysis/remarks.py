"""Which questions deserve a look, and why, in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from embeddings_course.quiz_tools.item_analysis.statistics import ItemStatistics
from embeddings_course.quiz_tools.item_statistics import (
    FEW_RECORDS,
    NEARLY_NONE_RIGHT,
    chance_in_words,
    is_easy,
    is_hard,
    meaning_of,
)

# A wrong choice that nobody takes means something from so many answers on.
ENOUGH_FOR_DISTRACTORS = 30
MANY_OMITTED = 0.2


def look_at(
    statistics: Sequence[ItemStatistics], numbers: Mapping[str, str] | None = None
) -> list[str]:
    """Name the questions that deserve a look, and why.

    They are those that

    - more than 95 % of the points are earned on, or hardly any: less than blind guessing earns, for
      a single choice, otherwise less than 10 %;
    - have a discrimination below 0.1;
    - have a wrong choice that is taken more often than a right one, or, with 30 answers or more,
      a wrong choice that nobody takes;
    - more than 20 % omitted, or nobody answered.

    With fewer than 10 records the first sentence says that all this means little.

    Parameters
    ----------
    statistics : sequence of ItemStatistics
        What ``analyse`` returns.
    numbers : mapping of str to str, optional
        What a graded quiz calls a question, such as ``question-3``, by its id.

    Returns
    -------
    list of str
        Sentences, in the order of the questions.
    """
    persons = max((item.persons for item in statistics), default=0)
    if not persons:
        return ["There are no records yet."]
    said = []
    if persons < FEW_RECORDS:
        said.append(
            f"There {'is 1 record' if persons == 1 else f'are {persons} records'} only: with fewer "
            f"than {FEW_RECORDS} all numbers here say little."
        )
    for item in statistics:
        said += [f"{numbered(item, numbers)}: {what}." for what in _remarks(item)]
    return said


def numbered(item: ItemStatistics, numbers: Mapping[str, str] | None) -> str:
    """Name a question, with what a graded quiz calls it where that is known."""
    number = (numbers or {}).get(item.id)
    return f"{item.id} ({number})" if number else item.id


def _remarks(item: ItemStatistics) -> Iterator[str]:
    if item.omitted > MANY_OMITTED * item.persons:
        yield f"{item.omitted} of {item.persons} gave no answer"
    if item.difficulty is None:
        yield "no answer could be scored"
        return
    easy = is_easy(item.difficulty)
    least = NEARLY_NONE_RIGHT if item.chance is None else item.chance
    hard = is_hard(item.difficulty, least)
    if easy:
        yield (
            f"nearly everybody is right (difficulty {item.difficulty:.2f}), so it tells nobody "
            "apart; that is fine for a question that opens a quiz"
        )
    if hard:
        yield (
            f"nearly nobody is right: difficulty {item.difficulty:.2f}, "
            + ("blind guessing gives " if item.chance else "the limit is ")
            + f"{least:.2f}; look whether the right answer is marked as right"
        )
    r = item.discrimination
    if r is not None and (meaning := meaning_of(r, extreme=easy or hard)):
        kind = "negative" if r < 0 else "near zero"
        yield (
            f"the discrimination is {kind}, {r:.2f}: {meaning}; "
            f"{chance_in_words(item.answered, 'answers')}"
        )
    yield from _remarks_on_choices(item)


def _remarks_on_choices(item: ItemStatistics) -> Iterator[str]:
    if not item.choices:
        return
    rarest = min((choice for choice in item.choices if choice.right), key=lambda c: c.count)
    for choice in item.choices:
        if choice.right:
            continue
        if choice.count > rarest.count:
            right = "the right one" if item.kind == "single" else "a right one"
            yield (
                f"the wrong choice {_short(choice.text)!r} is taken more often than {right}, "
                f"{choice.count} times against {rarest.count}"
            )
    idle = [choice for choice in item.choices if not choice.right and not choice.count]
    if idle and item.answered >= ENOUGH_FOR_DISTRACTORS:
        several = "s" if len(idle) > 1 else ""
        named = ", ".join(repr(_short(choice.text)) for choice in idle)
        yield (
            f"nobody of {item.answered} takes the wrong choice{several} {named}: a misconception "
            "that people have would distract better"
        )


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 60 else f"{line[:59].rstrip()}…"
