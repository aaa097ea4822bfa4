"""Weak items in a bank of questions: what gives an answer away, teaches nothing, or is there twice.

Nothing here is an error: a bank with weak items works. Each finding is one line that names the
place, what was found and what to do about it.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

import numpy as np

from embeddings_course._shared.text import listed
from embeddings_course.quiz.markdown import placeholders
from embeddings_course.quiz.question_files import QuestionFile
from embeddings_course.quiz.question_types import (
    LEVELS,
    Choice,
    MultipleChoice,
    NumericQuestion,
    Question,
    SingleChoice,
)
from embeddings_course.quiz.rendering import arrange
from embeddings_course.quiz.typed_numbers import show_number

# A pattern over the whole bank is reported when chance makes it or more in one bank of a hundred.
LIKELY_BY_CHANCE = 0.01
# Below this a right answer such as "512" is easily twice as long as "1", and gives nothing away.
LONG_ENOUGH = 20
# A bank of fewer questions cannot be expected to have every level.
ENOUGH_FOR_LEVELS = 8
# How many times more often than right choices wrong ones must hold an absolute word.
ABSOLUTE_RATIO = 3
# Arrangements that are drawn to learn what chance does to the places of right answers.
_DRAWS = 20_000

_Order = Callable[[Sequence[Question]], Mapping[str, Sequence[Choice]]]
_Finding = tuple[QuestionFile, Question, str]

_CODE_OR_MATH = re.compile(r"```.*?```|`[^`]*`|\$[^$]*\$", re.DOTALL)
_ABSOLUTE = re.compile(r"\b(always|never|only|all|every)\b", re.IGNORECASE)
_OF_THE_ABOVE = re.compile(
    r"\b(all|none|both|neither) (of )?the above\b"
    r"|^(all|none|both|neither) of (these|them|the others?|the other (answers|choices))"
    r"( (is|are) (right|correct|true|wrong|false))?$"
    r"|^(both|answers|choices) [a-d1-4] and [a-d1-4]( are (right|correct|true))?$"
    r"|^neither [a-d1-4] nor [a-d1-4]( is (right|correct|true))?$"
)


def weak_items(
    files: Sequence[QuestionFile],
    *,
    claims: Collection[str] | None = None,
    order: _Order | None = None,
) -> list[str]:
    """Look for weak items in a bank.

    Question by question it finds:

    - a right answer, of 20 characters or more, more than twice as long as every wrong one
      (single choice);
    - choices such as "all of the above", "none of these" or "both a and b";
    - a stem that another question of the bank has too, but for capitals and punctuation;
    - choices and numeric questions without feedback, and one feedback given to two choices;
    - claims that no page runs;
    - variables of a numeric question that give one set of numbers only, or two sets that are shown
      alike.

    Over the whole bank it compares with chance, and reports what chance would bring about, or
    worse, with a probability below 0.01. So a bank of three questions cannot be accused, and of a
    hundred good banks about one is, by each of:

    - the right answer is the longest choice, or one of several longest (single choice; the exact
      distribution of a sum of independent events of different probability);
    - right answers stand in some places more often than in others (single choice, as shown; the
      chi-square statistic against 20,000 drawn arrangements, so small counts are no harm);
    - always, never, only, all and every stand in wrong choices and hardly in right ones: at least
      three times as often, and unlikely by the hypergeometric distribution.

    Levels without any question are reported from 8 questions on.

    Parameters
    ----------
    files : sequence of QuestionFile
        The bank.
    claims : collection of str, optional
        The ids of the claims that pages run. Default: claims are not looked at.
    order : callable, optional
        Takes the questions of a file and returns, by id, their choices in the order shown. Default:
        ``embeddings_course.quiz.rendering.arrange``, the order of practice quizzes.

    Returns
    -------
    list of str
        One line a finding, ``path:line: question id: what, and what to do``. First those about
        single questions, in the order of the bank, then those about the bank as a whole, which
        stand at the question where to begin.
    """
    found: list[_Finding] = []
    stems: dict[str, tuple[QuestionFile, Question]] = {}
    for file in files:
        for question in file.questions:
            found += [(file, question, what) for what in _about(question, claims)]
            first = stems.setdefault(_without_punctuation(question.stem), (file, question))
            if first[1] is not question:
                place = f"question {first[1].id} ({first[0].path}:{first[0].lines[first[1].id]})"
                found.append(
                    (file, question, f"asks the same as {place}: change the stem or drop one")
                )
    bank = [(file, question) for file in files for question in file.questions]
    single = [(file, each) for file, each in bank if isinstance(each, SingleChoice)]
    orders: dict[str, Sequence[Choice]] = {}
    for file in files:
        orders.update((order or arrange)(file.questions))
    found += _longest(single)
    found += _places(single, orders)
    found += _absolute_words(bank)
    found += _levels(bank)
    return [f"{f.path}:{f.lines[q.id]}: question {q.id}: {what}" for f, q, what in found]


def _about(question: Question, claims: Collection[str] | None) -> Iterator[str]:
    """Yield what is weak about one question by itself."""
    if claims is not None and question.claim not in claims:
        yield (
            f"claim {question.claim} is not run on any page of the book yet: name a claim that is, "
            "or keep the question until its page is there"
        )
    if isinstance(question, NumericQuestion):
        yield from _about_number(question)
    else:
        yield from _about_choices(question)


def _about_number(question: NumericQuestion) -> Iterator[str]:
    if not question.feedback:
        yield "has no feedback: show there how the number is found"
    values = {name: sorted(set(given)) for name, given in question.variables.items()}
    if values and all(len(given) == 1 for given in values.values()):
        yield (
            "its variables give only one set of numbers: list more values for one of them, or "
            "write the numbers into the stem"
        )
        return
    for name, given in values.items():
        if len(given) > 1 and name not in placeholders(question.stem):
            yield (
                f"two sets of numbers that differ in {name} ask the same, because the stem does "
                f"not show it: put {{{{{name}}}}} into the stem"
            )
        # Values that stand there twice, and different ones that are written alike.
        shown = Counter(show_number(value) for value in question.variables[name])
        if twice := [text for text, count in shown.items() if count > 1]:
            yield (
                f"two values of {name} are shown as {listed(twice, last='and')}, so two sets of "
                "numbers ask the same: take one away or change it"
            )


def _about_choices(question: SingleChoice | MultipleChoice) -> Iterator[str]:
    mute = [place for place, choice in enumerate(question.choices, 1) if not choice.feedback]
    if mute:
        yield (
            f"{_numbered(mute)} {'has' if len(mute) == 1 else 'have'} no feedback: say why the "
            "choice is right or wrong"
        )
    told: dict[str, list[int]] = {}
    for place, choice in enumerate(question.choices, 1):
        if choice.feedback:
            told.setdefault(_without_punctuation(choice.feedback), []).append(place)
    for places in told.values():
        if len(places) > 1:
            yield f"{_numbered(places)} have the same feedback: say what is particular to each"
    for place, choice in enumerate(question.choices, 1):
        if _OF_THE_ABOVE.search(_without_punctuation(choice.text)):
            yield (
                f"choice {place} is {choice.text!r}, but choices are shown in changing order: "
                "write out what it stands for, or make the question a multiple choice"
            )
    if isinstance(question, SingleChoice):
        right, others = _lengths(question)
        if right >= LONG_ENOUGH and right > 2 * max(others):
            yield (
                f"the right answer has {right} characters, the longest wrong one {max(others)}, so "
                "its length gives it away: shorten it, or move its reason into the feedback"
            )


def _lengths(question: SingleChoice) -> tuple[int, list[int]]:
    """Return the lengths, in characters, of the right answer and of the wrong ones."""
    right = next(_length(choice.text) for choice in question.choices if choice.correct)
    return right, [_length(choice.text) for choice in question.choices if not choice.correct]


def _length(text: str) -> int:
    """Count the characters that are seen, roughly: a command of TeX is one sign."""
    return len(re.sub(r"[`$*{}]", "", re.sub(r"\\[A-Za-z]+\s?", "x", text)))


def _longest(single: Sequence[tuple[QuestionFile, SingleChoice]]) -> list[_Finding]:
    chances, excess = [], []
    for file, question in single:
        right, others = _lengths(question)
        longest = max(right, *others)
        # With two choices of the same greatest length, taking one blindly finds one of them more
        # often: chance gets the benefit.
        chances.append([right, *others].count(longest) / len(question.choices))
        if right == longest:
            excess.append((right / max(1, *others), file, question))
    probability = _tail(chances, len(excess))
    if probability >= LIKELY_BY_CHANCE:
        return []
    excess.sort(key=lambda entry: -entry[0])
    _, file, question = excess[0]
    most = ", ".join(f"{question.id} ({ratio:.1f} times)" for ratio, _, question in excess[:5])
    what = (
        f"over the whole bank the right answer is the longest in {len(excess)} of {len(single)} "
        f"single choices, {sum(chances):.1f} expected by chance (probability "
        f"{_probability(probability)}): shorten right answers or fill out wrong ones, first where "
        f"they differ most from the longest wrong one: {most}"
    )
    return [(file, question, what)]


def _tail(chances: Sequence[float], count: int) -> float:
    """Return the probability that at least `count` of independent events happen."""
    distribution = np.ones(1)
    for chance in chances:
        distribution = np.convolve(distribution, [1 - chance, chance])
    return float(distribution[count:].sum())


def _places(
    single: Sequence[tuple[QuestionFile, SingleChoice]], orders: Mapping[str, Sequence[Choice]]
) -> list[_Finding]:
    if not single:
        return []
    sizes = np.array([len(question.choices) for _, question in single])
    stand = np.array(
        [[choice.correct for choice in orders[question.id]].index(True) for _, question in single]
    )
    places = np.arange(sizes.max())
    # Questions have different numbers of choices: those with three have no fourth place.
    expected = (1 / sizes)[:, None] * (places < sizes[:, None])  # [questions, places]
    expected = expected.sum(axis=0)
    observed = np.bincount(stand, minlength=len(places))
    draws = np.random.default_rng(0).random((_DRAWS, len(sizes)))
    drawn = (draws * sizes).astype(int)  # [draws, questions]
    counts = np.stack([(drawn == place).sum(axis=1) for place in places], axis=1)
    by_chance = ((counts - expected) ** 2 / expected).sum(axis=1)
    statistic = ((observed - expected) ** 2 / expected).sum()
    probability = float((by_chance >= statistic - 1e-9).mean())
    if probability >= LIKELY_BY_CHANCE:
        return []
    place = int((observed - expected).argmax())
    here = [entry for entry, at in zip(single, stand, strict=True) if at == place]
    what = (
        f"over the whole bank the right answer stands in place {place + 1} in {observed[place]} of "
        f"{len(single)} single choices as shown, {expected[place]:.1f} expected by chance "
        f"(probability {_probability(probability)}): give some questions another order, among "
        f"them {listed([question.id for _, question in here[:5]], last='and')}"
    )
    return [(*here[0], what)]


def _absolute_words(bank: Sequence[tuple[QuestionFile, Question]]) -> list[_Finding]:
    total: Counter[bool] = Counter()
    with_word: Counter[bool] = Counter()
    words: Counter[str] = Counter()
    places: list[tuple[QuestionFile, Question]] = []
    for file, question in bank:
        for choice in getattr(question, "choices", ()):
            total[choice.correct] += 1
            text = _CODE_OR_MATH.sub(" ", choice.text)
            used = {word.lower() for word in _ABSOLUTE.findall(text)}
            with_word[choice.correct] += bool(used)
            if used and not choice.correct:
                words.update(used)
                if (file, question) not in places:
                    places.append((file, question))
    if not with_word[False]:
        return []
    right, wrong = with_word[True] / max(1, total[True]), with_word[False] / total[False]
    held = with_word.total()
    # Of all choices, those that hold such a word: how likely are so few right ones among them?
    ways = sum(
        math.comb(total[True], few) * math.comb(total[False], held - few)
        for few in range(with_word[True] + 1)
    )
    probability = ways / math.comb(total.total(), held)
    if probability >= LIKELY_BY_CHANCE or wrong < ABSOLUTE_RATIO * right:
        return []
    counted = ", ".join(f"{word} {count}" for word, count in words.most_common())
    what = (
        f"over the whole bank absolute words stand in {with_word[False]} of {total[False]} wrong "
        f"choices ({counted}) and in {with_word[True]} of {total[True]} right ones (probability "
        f"{_probability(probability)} by chance), so they give wrong choices away: take them out, "
        f"among others in {listed([question.id for _, question in places[:5]], last='and')}"
    )
    return [(*places[0], what)]


def _levels(bank: Sequence[tuple[QuestionFile, Question]]) -> list[_Finding]:
    missing = [level for level in LEVELS if all(level != question.level for _, question in bank)]
    if not missing or len(bank) < ENOUGH_FOR_LEVELS:
        return []
    what = (
        f"over the whole bank no question has the level {listed(missing, last='or')}: write "
        "some, or look whether a question asks more than its level says"
    )
    return [(*bank[0], what)]


def _without_punctuation(text: str) -> str:
    """Reduce a text to what is compared: no capitals, punctuation or runs of spaces.

    In code and formulas signs carry the meaning, and stay.
    """
    parts, end = [], 0
    for match in _CODE_OR_MATH.finditer(text):
        parts += [_letters(text[end : match.start()]), match[0]]
        end = match.end()
    return " ".join(" ".join([*parts, _letters(text[end:])]).split())


def _letters(text: str) -> str:
    return "".join(
        " " if unicodedata.category(sign).startswith("P") else sign for sign in text.lower()
    )


def _numbered(places: Sequence[int]) -> str:
    return f"choice{'' if len(places) == 1 else 's'} {listed(places, last='and')}"


def _probability(value: float) -> str:
    return f"{value:.2g}" if value >= 0.0001 else "below 0.0001"
