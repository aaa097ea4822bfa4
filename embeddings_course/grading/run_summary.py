"""What an instructor is told of a run, while it goes on and afterwards."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from embeddings_course.grading.grade_one import Submission
from embeddings_course.grading.submission_record import ENDED, Record


@dataclass(frozen=True)
class Outcome:
    """What a run did: all records of the assignment, the students it graded, and how long it took.

    ``unnamed`` are folders that belong to no student, since nobody can have such an id.
    """

    records: dict[str, Record]
    graded: tuple[str, ...]
    sandboxed: bool
    seconds: float
    unnamed: tuple[str, ...] = ()


def summary(outcome: Outcome, assignment: str) -> list[str]:
    """Return what an instructor wants to know after a run, as lines."""
    records = outcome.records
    counts = Counter(record.state for record in records.values())
    named = ", ".join(f"{count} {state}" for state, count in counts.most_common())
    lines = [f"{assignment}: {named}." if named else f"{assignment}: nothing was handed in."]
    graded = [records[student] for student in outcome.graded]
    if graded:
        each = sum(record.seconds for record in graded) / len(graded)
        lines[0] += (
            f" {len(graded)} in this run, in {outcome.seconds:.0f} s ({each:.1f} s each, side by "
            "side)."
        )
    for student, record in sorted(records.items()):
        if record.state in ENDED and record.late_seconds > 0:
            lines.append(f"  {student}: late by {record.late_seconds / 3600:.1f} hours")
        if record.state not in ("graded", "missing"):
            lines.append(f"  {student}: {record.state}. {' '.join(record.problems[:2])}".rstrip())
        elif record.state == "graded" and record.problems:
            told = " ".join(record.problems[:2])
            lines.append(f"  {student}: graded, with a problem. {told}")
        if record.suspicious:
            count = len(record.suspicious)
            more = f" (and {count - 1} more)" if count > 1 else ""
            lines.append(f"  {student}: suspicious. {record.suspicious[0]}{more}")
    return [*lines, *_repairs(records)]


# What sentences about repairs have in common, and what a count of students says of it.
_REPAIRS = {
    "was missing and was put back": "with missing cells",
    "marks were lost": "with lost marks",
    "marks had been changed": "with changed marks",
    "there twice|times; one of them": "with copied cells",
    "had been moved": "with moved cells",
    "had become": "with cells of another type",
    "had been changed": "with changed texts",
    "none of this assignment's": "with cells of another notebook",
    "": "with a file that was damaged or misnamed",
}
_MOST_NAMED = 5


def _repairs(records: Mapping[str, Record]) -> list[str]:
    """Sum up on one line who was repaired, as most repairs ask nobody to do anything."""
    kinds: Counter[str] = Counter()
    who = sorted(student for student, record in records.items() if record.repaired)
    for student in who:
        found = (
            next(words for pattern, words in _REPAIRS.items() if re.search(pattern, sentence))
            for sentence in records[student].repaired
        )
        kinds.update(list(dict.fromkeys(found)))  # each once, in their order
    if not who:
        return []
    named = ", ".join(f"{count} {words}" for words, count in kinds.most_common())
    shown = f" ({', '.join(who)})" if len(who) <= _MOST_NAMED else ""
    return [f"  {len(who)} repaired{shown}: {named}. The report says what was done."]


def with_progress(
    results: Iterator[tuple[Submission, Record]], total: int, assignment: str
) -> Iterator[tuple[Submission, Record]]:
    """Show how many are graded, and what became of them."""
    from embeddings_course.progress import progress_bar

    counts: Counter[str] = Counter()
    with progress_bar(total=total, desc=assignment, unit="submission") as bar:
        for task, record in results:
            if record.state != "graded":
                counts[record.state] += 1
            counts["repaired"] += bool(record.repaired)
            counts["suspicious"] += bool(record.suspicious)
            bar.set_postfix({word: count for word, count in counts.items() if count})
            bar.update()
            yield task, record
