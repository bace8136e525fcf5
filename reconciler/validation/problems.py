"""What pydantic finds wrong with a person's data, told in plain words: one problem, one mistake.

It reads no files, and echoes no value that could be a secret.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from reconciler.model.findings import Diagnostic, Severity
from reconciler.validation.suggestions import nearest
from reconciler.yaml_text.places import MERGE_KEY, Unknown
from reconciler.yaml_text.scalars import show

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic_core import ErrorDetails, ValidationError

    from reconciler.yaml_text.documents import DocumentPlaces
    from reconciler.yaml_text.places import Path

Pattern: TypeAlias = tuple[str, ...]
"""A path in which `*` stands for any one step."""

TOLD: Final = "told"
"""The type of a PydanticCustomError whose message completes "X is ..." and has a `remedy`."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong at `path`: at its key where `at_key`, else at its value."""

    rule: str
    message: str
    remedy: str
    path: Path
    at_key: bool = False
    severity: Severity = Severity.ERROR
    missing: str = ""
    """The key that is missing, where one is."""
    meant: Path = ()
    """The path that was meant, where the key at `path` is misspelt."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """What is due at some path: `what` follows "is not", `remedy` says what to write."""

    what: str
    remedy: str
    choices: tuple[str, ...] = ()
    text: bool = True
    secretive: bool = False
    """True where a secret could stand by mistake: what stands there is never echoed."""


@dataclass(frozen=True, slots=True)
class MessageCatalogue:
    """The words for one kind of document."""

    name: str
    due: Mapping[Pattern, Expectation]
    keys: Mapping[Pattern, tuple[str, ...]]
    """The lawful keys of each mapping; those of a tagged one under its tag, as a last step."""
    tagged: Pattern = ()
    """The mappings that pydantic tells apart by the value of `tag`."""
    tag: str = ""


MOST: Final = 1000
"""How many mistakes of one document are told: nobody reads on, and each takes its time."""


def find_problems(error: ValidationError, shape: MessageCatalogue) -> list[Problem]:
    """Tell each mistake once; what the YAML reader refused already is not told again."""
    details = error.errors(include_url=False)[:MOST]
    told = [_tell(each, shape) for each in details if not _told_already(each, shape)]
    meant = {each.meant for each in told if each.meant}
    return [each for each in told if (*each.path, each.missing) not in meant]


def _told_already(details: ErrorDetails, shape: MessageCatalogue) -> bool:
    found = details["input"]
    if isinstance(found, dict):
        return MERGE_KEY in found or isinstance(found.get(shape.tag), Unknown)
    return isinstance(found, Unknown)


def _tell(details: ErrorDetails, shape: MessageCatalogue) -> Problem:
    match details["type"]:
        case "extra_forbidden":
            return _unknown_key(details["loc"], shape)
        case "missing":
            return _missing_key(_untagged(details["loc"], shape), shape)
        case "union_tag_not_found":
            return _missing_key((*details["loc"], shape.tag), shape)
        case "union_tag_invalid":
            return _invalid_value((*details["loc"], shape.tag), details["input"][shape.tag], shape)
        case kind:
            path = _untagged(details["loc"], shape)
            if kind == TOLD:
                return _told(path, details)
            return _invalid_value(path, details["input"], shape)


def fits(path: Path, pattern: Pattern) -> bool:
    return len(path) == len(pattern) and all(
        wanted in ("*", step) for step, wanted in zip(path, pattern, strict=True)
    )


def _untagged(path: Path, shape: MessageCatalogue) -> Path:
    depth = len(shape.tagged)
    tagged = depth > 0 and len(path) > depth and fits(path[:depth], shape.tagged)
    return (*path[:depth], *path[depth + 1 :]) if tagged else path


def spell(path: Path, whole: str) -> str:
    """Spell a path as people write it: `spec.qualifications[0].website`."""
    if not path:
        return whole
    steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return "".join(steps).removeprefix(".")


def _unknown_key(tagged_path: Path, shape: MessageCatalogue) -> Problem:
    path = _untagged(tagged_path, shape)
    lawful = next(keys for at, keys in shape.keys.items() if fits(tagged_path[:-1], at))
    owner = spell(path[:-1], shape.name)
    if path[:-1] != tagged_path[:-1]:
        owner = f"{owner} ({tagged_path[-2]})"
    takes = f"it takes {listed(lawful)}" if len(lawful) > 1 else f"it takes only {lawful[0]}"
    secretive = _due(path[:-1], shape).secretive
    named = "an unknown key" if secretive else f"no key {show(str(path[-1]))}"
    meant = nearest(str(path[-1]), lawful)
    remedy = f"did you mean {meant}?" if meant else "take the key out, or mend its spelling"
    return Problem(
        "unknown-key",
        f"{owner} has {named}: {takes}",
        remedy,
        path,
        at_key=True,
        meant=(*path[:-1], meant) if meant else (),
    )


def listed(words: tuple[str, ...]) -> str:
    """Spell out: `a, b and c`."""
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def _missing_key(path: Path, shape: MessageCatalogue) -> Problem:
    owner = spell(path[:-1], shape.name)
    remedy = f"add {path[-1]}: {_due(path, shape).remedy}"
    key = str(path[-1])
    return Problem("missing-key", f"{owner} lacks {key}", remedy, path[:-1], missing=key)


_ANYTHING: Final = Expectation(
    "lawful here", "write what `reconciler schema` shows", secretive=True
)


def _due(path: Path, shape: MessageCatalogue) -> Expectation:
    return next((due for at, due in shape.due.items() if fits(path, at)), _ANYTHING)


def _told(path: Path, details: ErrorDetails) -> Problem:
    message = f"{spell(path, '')} is {details['msg']}"
    return Problem("invalid-value", message, details["ctx"]["remedy"], path)


def _invalid_value(path: Path, found: object, shape: MessageCatalogue) -> Problem:
    at_key = path[-1:] == ("[key]",)
    where = path[:-1] if at_key else path
    due = _due(where, shape)
    thing = f"a key of {spell(where[:-1], '')}" if at_key else spell(where, shape.name)
    hidden = due.secretive and isinstance(found, str)
    shown = "" if hidden else f"{_shown(found)}, "
    message = f"{thing} is {shown}not {due.what}"
    return Problem("invalid-value", message, _remedy(found, due), where, at_key=at_key)


def _shown(found: object) -> str:
    match found:
        case None:
            return "null"
        case bool():
            return "true" if found else "false"
        case int() | float():
            return "a number"
        case str():
            return show(found)
        case list():
            return "a list"
        case _:
            return "a mapping"


def _remedy(found: object, due: Expectation) -> str:
    if isinstance(found, str):
        meant = nearest(found, due.choices)
        return due.remedy if meant is None else f"did you mean {meant}?"
    if isinstance(found, list | dict) or not due.text:
        return due.remedy
    if found is None:
        return f"leave the key out, or quote it if the word is meant: {due.remedy}"
    return f"quote it if text is meant: {due.remedy}"


_CODE_KEY: Final = "validationcode"


def is_code_key(key: str) -> bool:
    """Tell whether a key, however it is spelt, is the one that would hold a validation code."""
    if len(key) < len(_CODE_KEY):
        return False
    return "".join(filter(str.isalnum, key.casefold())) == _CODE_KEY


def located(problem: Problem, places: DocumentPlaces) -> Diagnostic:
    """Give a problem its place in the text."""
    source = places.key(problem.path) if problem.at_key else places.value(problem.path)
    return Diagnostic(problem.rule, problem.severity, problem.message, problem.remedy, source)
