"""Files of questions: how YAML is read, and what is wrong with it.

A file is a mapping with ``questions:``, a list. ``book/quizzes/README.md`` shows one question of
each kind. Whatever is wrong with a file is said with file, line, question and field.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, ClassVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from embeddings_course._shared.messages import Message
from embeddings_course.quiz.lost_text import escape_hint, lost_text
from embeddings_course.quiz.markdown import check_markup, is_paragraph, split_first
from embeddings_course.quiz.question_types import KINDS, Choice, Mistake, Question, example


class QuizError(ValueError):
    """What is wrong with questions or records: one line each, with its place.

    Attributes
    ----------
    problems : tuple of str
        The lines.
    """

    def __init__(self, problems: Iterable[str]):
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


class _Loader(yaml.SafeLoader):
    """YAML without dates: what looks like one is text, and the 30th of February no error."""


class _FastLoader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """The same by LibYAML, where it is there: ten times as fast, with other words for errors."""


_Loader.yaml_implicit_resolvers = _FastLoader.yaml_implicit_resolvers = {
    first: [(tag, regexp) for tag, regexp in resolvers if not tag.endswith(":timestamp")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


_QUESTION = TypeAdapter(Annotated[Question, Field(discriminator="kind")])


class Part(BaseModel):
    """A heading over some questions of a file: up to where the next part begins."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    title: str = Field(min_length=1)
    first: str  # the id of its first question


_PARTS_OF_A_FILE = TypeAdapter(list[Part])


@dataclass(frozen=True)
class QuestionFile:
    """The questions of one file, in its order, and the line each begins at."""

    path: Path
    questions: tuple[Question, ...]
    lines: Mapping[str, int]
    parts: tuple[Part, ...] = ()

    # What may stand at the top of a file.
    FIELDS: ClassVar[tuple[str, ...]] = ("parts", "questions")

    @property
    def name(self) -> str:
        """The file's name without suffix: what ``quiz("…")`` is called with."""
        return self.path.stem

    def __getitem__(self, id: str) -> Question:
        """Return the question of that id."""
        return next(question for question in self.questions if question.id == id)


def bank_folder() -> Path:
    """Return the folder of the practice questions: of the clone, or of the installed package."""
    installed = Path(__file__).parent / "questions"
    return installed if installed.is_dir() else Path(__file__).parents[2] / "book" / "quizzes"


def load_bank(folder: Path) -> dict[str, QuestionFile]:
    """Read all files of a folder.

    Parameters
    ----------
    folder : Path
        Its ``*.yml`` are read, in the order of their names.

    Returns
    -------
    dict of str to QuestionFile
        By name of the file, without suffix.

    Raises
    ------
    QuizError
        With all that is wrong in all files, ids that are used twice among them.
    """
    problems: list[str] = []
    files: dict[str, QuestionFile] = {}
    seen: dict[str, str] = {}
    for path in sorted(folder.glob("*.yml")):
        try:
            file = load_questions(path)
        except QuizError as error:
            problems += error.problems
            continue
        files[file.name] = file
        for question in file.questions:
            place = f"{path}:{file.lines[question.id]}"
            if question.id in seen:
                problems.append(
                    f"{place}: question {question.id}, id: is used already in {seen[question.id]}"
                )
            seen.setdefault(question.id, place)
    if problems:
        raise QuizError(problems)
    return files


def load_questions(path: Path) -> QuestionFile:
    """Read one file of questions.

    Raises
    ------
    QuizError
        With file, line, question and field of all that is wrong.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise QuizError(
            [Message("question-file-missing", f"{path}: there is no such file")]
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise QuizError([f"{path}: cannot be read: {error}"]) from None
    return _read(path, text)


@lru_cache(maxsize=128)  # reading takes a tenth of a second each, and nobody changes what is read
def _read(path: Path, text: str) -> QuestionFile:
    lost = [f"{path}:{line}: {what}" for line, what in lost_text(text)]
    node, content = _parsed(path, text, lost)
    entries = content.get("questions") if isinstance(content, dict) else None
    if not isinstance(node, yaml.MappingNode) or not isinstance(entries, list):
        raise QuizError([f"{path}:1: must be a mapping with questions:, a list of questions"])
    problems = [
        *lost,
        *(f"{path}:{line}: {place}is there twice" for line, place in _repeated(node, content)),
        *(
            f"{path}:{_line(node, (field,))}: {field}: is not a field of a file"
            for field in content
            if field not in QuestionFile.FIELDS
        ),
    ]
    where = {problem[: problem.index(": ")] for problem in lost}
    questions: list[Question] = []
    lines: dict[str, int] = {}
    for number, entry in enumerate(entries):
        at = ("questions", number)
        question, wrong = _read_question(entry)
        name = _name(entry, number)
        for loc, what in wrong:  # where text was lost, nothing else about it is worth saying
            place = f"{path}:{_line(node, at + loc)}"
            problems += [] if place in where else [f"{place}: {name}{what}"]
        if question is None:
            continue
        if question.id in lines:
            problems.append(
                f"{path}:{_line(node, (*at, 'id'))}: {name}, id: is used already in line "
                f"{lines[question.id]}"
            )
        questions.append(question)
        lines.setdefault(question.id, _line(node, at))
    if not entries:
        problems.append(f"{path}:1: has no questions")
    parts, wrong_parts = _read_parts(content.get("parts"), [question.id for question in questions])
    if not problems:  # a part may name a question that is wrong itself
        problems += [f"{path}:{_line(node, loc)}: {what}" for loc, what in wrong_parts]
    if problems:
        raise QuizError(problems)
    return QuestionFile(path=path, questions=tuple(questions), lines=lines, parts=parts)


def _read_parts(
    entries: Any, ids: Sequence[str]
) -> tuple[tuple[Part, ...], list[tuple[tuple[str | int, ...], str]]]:
    """Return the parts of a file, and what is wrong with them: places and sentences."""
    if entries is None:
        return (), []
    try:
        parts = _PARTS_OF_A_FILE.validate_python(entries)
    except ValidationError:
        return (), [(("parts",), "parts: must be a list, each with title and first, an id")]
    begins = [ids.index(part.first) if part.first in ids else -1 for part in parts]
    wrong: list[tuple[tuple[str | int, ...], str]] = [
        (("parts", number), f"parts {number + 1}, first: there is no question {part.first!r}")
        for number, part in enumerate(parts)
        if begins[number] < 0
    ]
    if not wrong and (begins[:1] != [0] or begins != sorted(set(begins))):
        said = "parts: begin with the first question, and follow the order of the questions"
        wrong = [(("parts",), said)]
    return tuple(parts), wrong


def _parsed(path: Path, text: str, lost: Sequence[str]) -> tuple[yaml.Node | None, Any]:
    """Return what YAML makes of a text, as nodes with places and as values."""
    try:
        node = yaml.compose(text, Loader=_Loader)  # says what is wrong, and where
        return node, yaml.load(text, Loader=_FastLoader)
    except yaml.YAMLError as error:  # which may follow from what was lost before
        raise QuizError([*lost, _yaml_problem(path, error, text)]) from None
    except RecursionError:
        raise QuizError([f"{path}: brackets or indents are nested too deeply"]) from None
    except ValueError as error:  # a number of thousands of digits
        raise QuizError([f"{path}: a value cannot be read: {error}"]) from None


def parse_question(content: Any) -> Question:
    """Read one question that stands outside of a file.

    Raises
    ------
    QuizError
        With the fields that are wrong.
    """
    question, wrong = _read_question(content)
    if question is None:
        raise QuizError(f"{_name(content, 0)}{what}" for _, what in wrong)
    return question


def _read_question(entry: Any) -> tuple[Question | None, list[tuple[tuple, str]]]:
    """Return the question, or None, and what is wrong with it: places and sentences."""
    try:
        question = _QUESTION.validate_python(entry)
    except ValidationError as error:
        return None, _simplify(error)
    wrong = []
    values = question.variant("")
    for loc, text in question.texts():
        try:
            check_markup(example(question, text, values))
            if loc == ("stem",) and not is_paragraph(split_first(text)[0]):
                raise ValueError(
                    "begins with a list, a table, code or a formula; begin with a sentence"
                )
            if loc[-1] == "text" and not is_paragraph(text):
                raise ValueError("is one paragraph; lists, tables and code blocks go into the stem")
        except ValueError as error:
            wrong.append((loc, f", {_field(loc)}: {error}"))
    return (None if wrong else question), wrong


def _simplify(error: ValidationError) -> list[tuple[tuple, str]]:
    unique: dict[tuple, str] = {}
    for detail in error.errors():
        loc, what = _place_and_problem(detail)
        # Of two readings of one field, the first says enough; but only the pattern's says how a
        # percentage is written.
        if loc not in unique or "must look like" in what:
            unique[loc] = what
    # What holds something wrong is not wrong itself.
    inner = [
        loc for loc in unique if any(len(o) > len(loc) and o[: len(loc)] == loc for o in unique)
    ]
    return [(loc, what) for loc, what in unique.items() if loc not in inner]


def _place_and_problem(detail: ErrorDetails) -> tuple[tuple, str]:
    """Return where in a question something is wrong, and what, as the end of a sentence."""
    loc = tuple(detail["loc"])
    if detail["type"] in ("union_tag_invalid", "union_tag_not_found"):
        given = detail["input"].get("kind") if isinstance(detail["input"], dict) else None
        what = "is missing" if given is None else f"{given!r} is unknown"
        return ("kind",), f", kind: {what}; it is one of {', '.join(KINDS)}"
    if detail["type"] == "model_attributes_type" or not loc:
        return loc, ": must be a mapping with id, claim, level, kind, stem, …"
    tag, *rest = loc
    # A number or a formula: pydantic reports both readings, and names them at the end.
    rest = [part for part in rest if part not in _UNION_MEMBERS]
    what = _problem(detail, str(tag), rest)
    if not rest:  # a validator of the whole question names the field itself
        field, _, what = what.partition(": ")
        rest = [int(part) if part.isdigit() else part for part in field.split(".")]
    return tuple(rest), f", {_field(rest)}: {what}"


def _problem(detail: ErrorDetails, tag: str, rest: Sequence[int | str]) -> str:
    """Say what pydantic found, in the words of who writes questions."""
    kind, given, context = detail["type"], detail["input"], detail.get("ctx", {})
    if kind == "missing":
        return "is missing"
    if kind == "extra_forbidden":
        return _not_a_field(tag, rest)
    if kind == "string_type" and isinstance(given, bool | int | float):
        return f"must be text: put {given!r} in quotes"
    if kind == "string_pattern_mismatch":
        return f"{given!r} must look like {_PATTERNS.get(context['pattern'])}"
    if kind == "literal_error":
        return f"{given!r} is unknown; it is one of {context['expected']}"
    if kind == "value_error":
        return str(context["error"])
    if kind in ("too_short", "too_long"):
        bound = context.get("min_length") or context["max_length"]
        return f"needs {'at least' if kind == 'too_short' else 'at most'} {bound}"
    return f"{detail['msg'][0].lower()}{detail['msg'][1:]}"


def _not_a_field(tag: str, rest: Sequence[int | str]) -> str:
    fields = list(KINDS[tag].model_fields) if len(rest) == 1 else list(_PARTS.get(str(rest[0]), ()))
    if close := get_close_matches(str(rest[-1]), fields, n=1):
        return f"is not a field here; did you mean {close[0]}?"
    return f"is not a field here; the fields are {', '.join(fields)}"


_UNION_MEMBERS = {"float", "[key]", "constrained-str"}
_PARTS = {"choices": Choice.model_fields, "mistakes": Mistake.model_fields}
_PATTERNS = {
    r"^[a-z0-9]+(-[a-z0-9]+)*$": "small-letters-and-hyphens",
    r"^[a-z][a-z_]*$": "a name of small letters",
    r"^\d+(\.\d+)?\s*%$": "a number, or a percentage such as 1%",
}


def _field(loc: Iterable[str | int]) -> str:
    """Name a place for people, who count from one: choices 2, feedback."""
    named = ""
    for part in loc:
        named += f" {part + 1}" if isinstance(part, int) else f", {part}" if named else str(part)
    return named


def _name(entry: Any, number: int) -> str:
    id = entry.get("id") if isinstance(entry, dict) else None
    return f"question {id}" if isinstance(id, str) else f"question number {number + 1}"


def _yaml_problem(path: Path, error: yaml.YAMLError, text: str) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or str(error).splitlines()[0]
    if "end of stream" in problem:  # something was opened and not closed: name where
        mark = getattr(error, "context_mark", None) or mark
    line = mark.line + 1 if mark else None
    if isinstance(error, yaml.reader.ReaderError):
        line = text.count("\n", 0, error.position) + 1
        sign = error.character if isinstance(error.character, int) else ord(error.character)
        problem = f"it holds the control character U+{sign:04X}"
    where = f"{path}:{line}" if line else str(path)
    what = escape_hint(problem) or "Text with a colon or a quote needs quotes or |."
    what = "Take it out." if isinstance(error, yaml.reader.ReaderError) else what
    return f"{where}: this is not YAML: {problem}. {what}"


def _line(node: yaml.Node, loc: tuple[str | int, ...]) -> int:
    """Return the line of a place in the file, or of what is around it."""
    line = node.start_mark.line + 1
    for part in loc:
        if isinstance(node, yaml.MappingNode):
            found = [(key, value) for key, value in node.value if key.value == part]
            if not found:
                return line
            line, node = found[0][0].start_mark.line + 1, found[0][1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int):
            if part >= len(node.value):
                return line
            node = node.value[part]
            line = node.start_mark.line + 1
        else:
            return line
    return line


def _repeated(
    node: yaml.Node, content: Any, name: str = "", above: tuple[yaml.Node, ...] = ()
) -> Iterator[tuple[int, str]]:
    """Yield fields that stand twice in one mapping; YAML would silently keep the last."""
    if node in above:  # an alias of what it stands in
        return
    above = (*above, node)
    if isinstance(node, yaml.MappingNode):
        seen = set()
        for key, value in node.value:
            if key.value in seen:
                yield key.start_mark.line + 1, f"{name}{key.value}: "
            seen.add(key.value)
            part = f"{key.value} " if key.value in _PARTS else ""
            yield from _repeated(value, content, name + part, above)
    elif isinstance(node, yaml.SequenceNode):
        part = name.rpartition(", ")[2].rstrip()
        for number, value in enumerate(node.value, start=1):
            inner = f"{name}{number}, " if part in _PARTS else _question_name(value) or name
            yield from _repeated(value, content, inner, above)


def _question_name(node: yaml.Node) -> str:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == "id":
                return f"question {value.value}, "
    return ""
